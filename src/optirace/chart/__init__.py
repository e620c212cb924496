"""Draws a sweep: loss or steps against the learning rate, or a map over learning rate and beta."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from optirace import encoders, grids, plotting, provenance
from optirace.chart import about, curves, maps, sheets
from optirace.encoders import drafts, target
from optirace.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.grids import Sweep
    from optirace.provenance import Origin
    from optirace.style import Style
    from optirace.surfaces import Array


LEAST, MOST = 1e-100, 1e100
"""Learning rates: an axis that goes a little beyond them, and its ticks, are numbers still."""


def check(paths: Sequence[Path], lr: Sequence[float] | Array) -> None:
    """Refuse, before there is any work to lose, names that no chart can be written at, and too few rates; touches nothing."""
    for path in paths:
        if path.suffix.lower() not in plotting.CANVASES:
            raise InvalidValueError(f"output {target.shown(path)}: a sweep is drawn as one of {', '.join(plotting.CANVASES)}")
        target.check_place(path)
    target.check_distinct(paths)
    if len(lr) < 2 or lr[0] <= 0.0:
        raise InvalidValueError("lr: a chart needs two rates or more, all above 0")
    for rate in (lr[0], lr[-1]):
        if not LEAST <= rate <= MOST:
            raise InvalidValueError(f"lr {rate:g}: a chart shows rates from {LEAST:g} to {MOST:g}; leave -o out for a table")


def render(found: Sweep, paths: Sequence[Path], *, look: Style, metric: str = "loss", origin: Origin | None = None) -> None:
    """Draw a sweep into files; the suffix chooses the format (.png, .svg, .pdf), `look` the size in pixels and the theme.

    Each file carries `origin`, what it was asked for with, and the versions that decide its bytes; without it, nothing.

    The same sweep gives the same bytes, whatever fonts, styles and settings there are on the machine. Either all files are
    in place, or none has changed. Raises InvalidValueError for a name or a metric that is none, or a sweep of one rate, and
    OutputError when a file cannot be made.
    """
    check(paths, found.lr)
    with ExitStack() as stack:
        # Each is pushed before it is entered: a signal in between would leave it there.
        made = [stack.push(target.Draft(path, path.suffix)).__enter__() for path in paths]
        for draft, path in zip(made, paths, strict=True):
            note = ""
            if origin is not None:
                versions = encoders.versions_of(path, has_strip=True)
                note = provenance.text(origin, numbers=provenance.numbers_of_sweep(found), versions=versions)
            try:
                draft.path.write_bytes(encoded(found, path.suffix.lower(), look=look, metric=metric, note=note))
                draft.digest()
            except OSError as error:
                raise target.refused(draft, error) from error
        drafts.commit(made)


def encoded(found: Sweep, suffix: str, *, look: Style, metric: str = "loss", note: str = "") -> bytes:
    """Draw a sweep of two rates or more, all above 0, and return the file, which carries a note, ASCII."""
    if metric not in grids.METRICS:
        raise InvalidValueError(f"metric {metric!r}: must be one of {', '.join(grids.METRICS)}")
    with plotting.settings(_settings(look)):
        sheet = sheets.Sheet(found, look, metric)
        figure = curves.draw(sheet) if all(each.beta is None for each in found.swept) else maps.draw(sheet)
        figure.draw_without_rendering()  # makes the ticks, so that every word is there
        for text in figure.findobj(Text):
            _set_font(text)
        return plotting.encoded(figure, suffix, (look.width, look.height), about.about(found, metric), note)


def _settings(look: Style) -> dict[str, Any]:
    theme = look.theme
    return {
        "axes.edgecolor": theme.quiet,
        "axes.facecolor": theme.paper,
        "axes.labelcolor": theme.text,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "figure.facecolor": theme.paper,
        "hatch.color": theme.quiet,
        "hatch.linewidth": 0.7,
        "text.color": theme.text,
        "xtick.color": theme.quiet,
        "ytick.color": theme.quiet,
        "xtick.labelsize": 15,
        "ytick.labelsize": 15,
        "axes.labelsize": 17,
    }


def _set_font(words: Text) -> None:
    """Name the file of the font, which no font of the machine can stand in for."""
    face = "DejaVuSans-Bold" if words.get_fontweight() == "bold" else "DejaVuSans"
    path = Path(mpl.get_data_path(), "fonts", "ttf", f"{face}.ttf")
    words.set_fontproperties(FontProperties(fname=path, size=words.get_fontsize(), math_fontfamily="cm"))
