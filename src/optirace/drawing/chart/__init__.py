"""Draws a sweep: loss or steps against the learning rate, or a map over learning rate and beta."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from optirace.drawing import plotting
from optirace.drawing.chart import about, curves, maps, sheets
from optirace.errors import chosen
from optirace.racing import sweeps

if TYPE_CHECKING:
    from optirace.look.themes import Style
    from optirace.racing.sweeps import Sweep


def encoded(
    found: Sweep, suffix: str, *, look: Style, metric: str = "loss", note: str = ""
) -> bytes:
    """Draw a sweep of two rates or more, all above 0, and return the file, which carries a note,
    ASCII, but for a PNG.
    """
    metric = chosen("metric", metric, sweeps.METRICS)
    with plotting.settings(_settings(look)):
        sheet = sheets.Sheet(found, look, metric)
        figure = (
            curves.draw(sheet)
            if all(each.beta is None for each in found.swept)
            else maps.draw(sheet)
        )
        figure.draw_without_rendering()  # makes the ticks, so that every word is there
        for text in figure.findobj(Text):
            _set_font(text)
        return plotting.encoded(
            figure, suffix, (look.width, look.height), about.about(found, metric), note
        )


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
    words.set_fontproperties(
        FontProperties(fname=path, size=words.get_fontsize(), math_fontfamily="cm")
    )
