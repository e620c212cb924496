"""Draws loss or steps against the learning rate, and below it where each racer converges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from optirace.drawing.chart import sheets
from optirace.racing import sweeps

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optirace.racing.sweeps import Swept

MOST_POINTS = 2_000
"""Rates on a curve; of more, every so many-th is drawn."""


def draw(sheet: sheets.Sheet) -> Figure:
    """Draw the two charts, one above the other, with the names of the racers on the left and a
    key.
    """
    found, theme = sheet.found, sheet.look.theme
    figure = sheet.figure()
    row = min(38.0, 0.36 * sheet.height / len(found.swept))
    left, right = (236.0, sheet.width - 236.0) if sheet.is_wide else (190.0, sheet.width - 34.0)
    foot = sheet.height - 84.0
    split = foot - row * len(found.swept) - 22.0
    top = 112.0 if sheet.is_wide else 150.0
    upper = sheet.axes(figure, left, top, right, split)
    lower = sheet.axes(figure, left, split + 22.0, right, foot)
    for axes in (upper, lower):
        axes.set_xscale("log")
        axes.set_xlim(found.lr[0], found.lr[-1])
        axes.grid(axis="x", color=theme.rule, linewidth=1.0)
        axes.set_axisbelow(True)
    upper.tick_params(labelbottom=False, which="both", bottom=False)
    sheets.scale(sheet, upper)
    every = max(1, len(found.lr) // MOST_POINTS)
    for place, swept in enumerate(found.swept):
        _curve(sheet, upper, swept, place, every)
        _row(sheet, lower, swept, place, every)
        y = split + 22.0 + row * (place + 0.5)
        sheets.mark(sheet, figure, left - 24.0, y, sheets.dot(sheet, swept))
        label = swept.racer.label
        sheet.write_label(
            figure, left - 44.0, y, label, size=min(17.0, 0.62 * row), room=left - 60.0, ha="right"
        )
        if sheet.is_wide:
            told = found.range(swept)
            words = (
                "does not converge"
                if told.fastest is None
                else f"{told.steps} steps at {told.fastest:.2g}"
            )
            sheet.write(
                figure, right + 26.0, y, words, size=min(16.0, 0.62 * row), color=theme.quiet
            )
    lower.set_ylim(len(found.swept), 0)
    lower.set_yticks([])
    lower.spines["left"].set_visible(False)
    lower.set_xlabel(r"learning rate $\eta$", labelpad=6)
    _explain(sheet, figure, *(right + 26.0, top + 14.0) if sheet.is_wide else (40.0, 115.0))
    return figure


def _curve(sheet: sheets.Sheet, axes: Axes, swept: Swept, place: int, every: int) -> None:
    colour, paper = sheet.colour(swept), sheet.look.theme.paper
    lr, values = sheet.found.lr[::every], sheet.values(swept)[::every, 0]
    if sheet.metric == "loss":
        is_lost = swept.ends.diverged[::every, 0] != sweeps.NEVER
        is_edge = is_lost & ~(np.append(is_lost[1:], True) & np.insert(is_lost[:-1], 0, True))
        values = np.where(is_edge, axes.get_ylim()[1], values)  # it leaves at the top
    marked = max(1, len(lr) // 9)
    axes.plot(
        *(lr, values),
        color=colour,
        linewidth=3.2,
        solid_joinstyle="round",
        path_effects=[withStroke(linewidth=5.6, foreground=paper)],
        zorder=3 + 0.1 * place,
    )
    low, high = axes.get_ylim()
    marks = np.arange((place + 1) * marked // (len(sheet.found.swept) + 1), len(lr), marked)
    marks = marks[(values[marks] >= low) & (values[marks] <= high)]
    axes.plot(
        *(lr[marks], values[marks]),
        linestyle="",
        marker=sheet.shape(swept),
        markersize=10,
        markeredgewidth=1.6,
        color=colour,
        markeredgecolor=paper,
        clip_on=False,  # one on an edge is whole
        zorder=5,
    )
    told = sheet.found.range(swept)
    if told.diverges is not None and sheet.metric == "loss":
        sheets.cross(axes, told.diverges, float(axes.get_ylim()[1]), colour, paper)


def _row(sheet: sheets.Sheet, axes: Axes, swept: Swept, place: int, every: int) -> None:
    """Draw where a racer converges as a thick line, where it is fastest, and where divergence
    starts.
    """
    theme, colour, y = sheet.look.theme, sheet.colour(swept), place + 0.5
    borders = sheets.edges(sheet.found.lr[::every])
    axes.plot([borders[0], borders[-1]], [y, y], color=theme.rule, linewidth=2.0, zorder=2)
    lines: tuple[tuple[Any, dict[str, Any]], ...] = (
        (swept.ends.converged, {"linewidth": 9.0, "solid_capstyle": "butt"}),
        (swept.ends.diverged, {"linewidth": 1.8, "linestyle": (0, (1, 2.5))}),
    )
    for steps, line in lines:
        changes = np.flatnonzero(
            np.diff(steps[::every, 0] != sweeps.NEVER, prepend=False, append=False)
        )
        x = np.full(3 * (len(changes) // 2), np.nan)  # every third is a gap
        x[0::3], x[1::3] = borders[changes[::2]], borders[changes[1::2]]
        axes.plot(x, np.full(len(x), y), color=colour, zorder=3, **line)
    told = sheet.found.range(swept)
    if told.fastest is not None:
        sheets.head(sheet, axes, told.fastest, y, swept)
    if told.diverges is not None:
        sheets.cross(axes, told.diverges, y, colour, theme.paper)


def _explain(sheet: sheets.Sheet, figure: Figure, x: float, y: float) -> None:
    theme = sheet.look.theme
    marks: dict[str, Artist] = {
        "converges": Line2D(
            [0, 1], [0.5, 0.5], color=theme.quiet, linewidth=9.0, solid_capstyle="butt"
        ),
        "fastest": Line2D(
            [0.5], [0.5], color=theme.quiet, marker="o", markersize=14, markeredgewidth=0
        ),
        "diverges": Line2D(
            [0.5], [0.5], color=theme.quiet, marker="x", markersize=11, markeredgewidth=3.4
        ),
    }
    if sheet.metric == "loss":
        marks["tol"] = Line2D(
            [0, 1], [0.5, 0.5], color=theme.text, linewidth=1.6, linestyle=(0, (5, 4))
        )
    sheets.key(sheet, figure, x, y, marks, is_column=sheet.is_wide)
