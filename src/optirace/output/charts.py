"""Makes files of the charts of a sweep."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from optirace.drawing import chart, plotting
from optirace.errors import InvalidValueError
from optirace.output import outputs, provenance, versions
from optirace.output.files import drafts, target
from optirace.output.read import png_chunks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from optirace.look.themes import Style
    from optirace.output.provenance import Origin
    from optirace.racing.sweeps import Sweep
    from optirace.surfaces import Array

LEAST, MOST = 1e-100, 1e100
"""Learning rates: an axis that goes a little beyond them, and its ticks, are numbers still."""


def check(paths: Sequence[Path], lr: Sequence[float] | Array) -> None:
    """Refuse, before there is any work to lose, names that no chart can be written at, and too few
    rates; touches nothing.
    """
    for path in paths:
        if path.suffix.lower() not in plotting.CANVASES:
            raise target.refusal(path, f"a sweep is drawn as one of {', '.join(plotting.CANVASES)}")
        target.check_place(path)
    target.check_distinct(paths)
    if len(lr) < 2 or lr[0] <= 0.0:
        raise InvalidValueError("lr", "a chart needs two rates or more, all above 0")
    for rate in (lr[0], lr[-1]):
        if not LEAST <= rate <= MOST:
            raise InvalidValueError(
                "lr",
                f"a chart shows rates from {LEAST:g} to {MOST:g}",
                value=rate,
                shown=f"{rate:g}",
                hint="leave -o out for a table",
            )


def render(
    found: Sweep,
    paths: Sequence[Path],
    *,
    look: Style,
    metric: str = "loss",
    origin: Origin | None = None,
) -> None:
    """Draw a sweep into files; the suffix chooses the format (.png, .svg, .pdf), `look` the size in
    pixels and the theme.

    Each file carries `origin`, what it was asked for with, and the versions that decide its bytes;
    without it, nothing.

    The same sweep gives the same bytes, whatever fonts, styles and settings there are on the
    machine. Either all files are in place, or none has changed. Raises InvalidValueError for a name
    or a metric that is none, or a sweep of one rate, and OutputError when a file cannot be made.
    """
    check(paths, found.lr)
    with ExitStack() as stack:
        # Each is pushed before it is entered: a signal in between would leave it there.
        made = [stack.push(target.Draft(path, path.suffix)).__enter__() for path in paths]
        for draft, path in zip(made, paths, strict=True):
            note = ""
            if origin is not None:
                libraries = versions.of(outputs.output(path).libraries(has_strip=True))
                note = provenance.text(
                    origin, numbers=provenance.numbers_of_sweep(found), versions=libraries
                )
            try:
                draft.path.write_bytes(_drawn(found, path.suffix.lower(), look, metric, note))
                draft.digest()
            except OSError as error:
                raise target.refused(draft, error) from error
        drafts.commit(made)


def _drawn(found: Sweep, suffix: str, look: Style, metric: str, note: str) -> bytes:
    whole = chart.encoded(found, suffix, look=look, metric=metric, note=note)
    return png_chunks.with_note(whole, note) if suffix == ".png" else whole
