"""Remakes the gallery: a still of every surface, and the page that shows them with what each one
teaches.
"""

from pathlib import Path

import optirace
from optirace.surfaces import SURFACES, Surface

HERE = Path(__file__).parent
SIZE = 800, 450


def page() -> str:
    head = [
        "# The surfaces",
        "",
        (
            "Every surface with the lecture's four racers, at its suggested learning rates, "
            "from its own start. `--surface NAME`"
        ),
        (
            "selects one; `optirace explain adam --surface NAME` explains an optimizer on it. "
            "`make demo` rebuilds this page."
        ),
        "",
    ]
    return "\n".join([*head, *(line for surface in SURFACES.values() for line in section(surface))])


def section(surface: Surface) -> list[str]:
    minima = ", ".join(f"({x:.6g}, {y:.6g})" for x, y in surface.minima)
    lowest = f"Minimum {surface.minimum:.6g} at {minima}." if surface.minima else "No minimum."
    return [
        f"## {surface.label}",
        "",
        (
            f"![{surface.label}: contour plot with the paths of SGD, momentum, RMSProp and "
            f"Adam](gallery/{surface.name}.png)"
        ),
        "",
        surface.lesson,
        "",
        f"    optirace render --surface {surface.name} -o {surface.name}.mp4",
        "",
        (
            f"L = `{surface.expression}`. {lowest} Start ({surface.start[0]:g}, "
            f"{surface.start[1]:g}). {surface.source}."
        ),
        "",
    ]


def main() -> None:
    (HERE / "gallery").mkdir(exist_ok=True)
    for surface in SURFACES.values():
        still = HERE / "gallery" / f"{surface.name}.png"
        optirace.render(optirace.race(surface=surface.name), still, size=SIZE, title=surface.label)
    (HERE / "gallery.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
