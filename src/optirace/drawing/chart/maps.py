"""Draws a map over learning rate and beta for every racer that has one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from optirace.drawing.chart import sheets
from optirace.racing import stability, sweeps

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optirace.racing.sweeps import Swept

MOST_CELLS = 400
"""Columns, and rows, of a map; of more rates or betas, every so many-th is drawn."""


def draw(sheet: sheets.Sheet) -> Figure:
    """Draw the maps side by side or in rows, with one ramp of colours for all and a key."""
    figure = sheet.figure()
    drawn = [each for each in sheet.found.swept if each.beta is not None]
    left, right, top, foot = 84.0, sheet.width - 138.0, 182.0, sheet.height - 78.0
    columns = _columns(len(drawn), right - left, foot - top)
    rows = math.ceil(len(drawn) / columns)
    across, down = (right - left + 40.0) / columns, (foot - top + 62.0) / rows
    norm = (
        LogNorm(sheet.floor, sheet.ceiling)
        if sheet.metric == "loss"
        else Normalize(0, sheet.found.race.steps)
    )
    for place, swept in enumerate(drawn):
        x, y = left + across * (place % columns), top + down * (place // columns)
        axes = sheet.axes(figure, x, y, x + across - 40.0, y + down - 62.0)
        _map(sheet, axes, swept, norm)
        is_last, is_first = place + columns >= len(drawn), place % columns == 0
        axes.tick_params(labelbottom=is_last, labelleft=is_first)
        axes.set_xlabel(r"learning rate $\eta$" if is_last else "", labelpad=4)
        axes.set_ylabel(r"$\beta$" if is_first else "", labelpad=6, rotation=0, ha="right", size=20)
        _name(sheet, figure, swept, x, y - 20.0, across - 40.0)
    _ramp(sheet, figure, norm, sheet.width - 118.0, top, foot)
    _explain(sheet, figure)
    return figure


def _columns(panels: int, width: float, height: float) -> int:
    """Return how many panels stand side by side, so that each is about 5 wide and 4 high and few
    places are empty.
    """

    def strain(columns: int) -> float:
        rows = math.ceil(panels / columns)
        return abs(math.log((width / columns) / (height / rows) / 1.25)) + 0.2 * (
            rows * columns - panels
        )

    return min(range(1, panels + 1), key=strain)


def _map(sheet: sheets.Sheet, axes: Axes, swept: Swept, norm: Normalize) -> None:
    found, theme, colour = sheet.found, sheet.look.theme, sheet.colour(swept)
    beta = np.array(swept.beta)
    lr_every, beta_every = (max(1, math.ceil(len(axis) / MOST_CELLS)) for axis in (found.lr, beta))
    part = np.s_[::lr_every, ::beta_every]
    x, y = sheets.edges(found.lr[::lr_every]), sheets.edges(beta[::beta_every], is_linear=True)
    axes.set_xscale("log")
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    axes.pcolormesh(
        x, y, sheet.values(swept)[part].T, norm=norm, cmap=_colours(sheet), rasterized=True
    )
    # Each cell's borders twice: a contour between them is a staircase along the cells, and not a
    # line across them.
    at_x, at_y = np.repeat(x, 2)[1:-1], np.repeat(y, 2)[1:-1]
    has_converged, has_diverged = (
        np.repeat(np.repeat((steps[part] != sweeps.NEVER).T, 2, axis=0), 2, axis=1).astype(float)
        for steps in (swept.ends.converged, swept.ends.diverged)
    )
    if has_diverged.any():
        axes.contourf(at_x, at_y, has_diverged, levels=[0.5, 1.5], colors="none", hatches=["///"])
        axes.contour(at_x, at_y, has_diverged, levels=[0.5], colors=theme.quiet, linewidths=1.2)
    if has_converged.any() and not has_converged.all():
        for width, shade in ((5.0, theme.paper), (2.8, colour)):
            axes.contour(at_x, at_y, has_converged, levels=[0.5], colors=shade, linewidths=width)
    fine = np.linspace(max(0.0, y[0]), min(y[-1], 1.0 - 1e-9), 400)
    limit = sweeps.limit(swept.racer.optimizer, fine, found.race.surface)
    if limit is not None and swept.racer.schedule is None:  # a rate that changes has another limit
        axes.plot(limit, fine, color=theme.text, linewidth=2.4, linestyle=(0, (5, 3)), zorder=4)
    told = found.range(swept)
    if told.fastest is not None and told.beta is not None:
        sheets.head(sheet, axes, told.fastest, told.beta, swept)


def _colours(sheet: sheets.Sheet) -> Colormap:
    theme = sheet.look.theme
    ramp = LinearSegmentedColormap.from_list("quiet", [theme.deep, theme.high, theme.contour])
    # As on the films the least loss is palest; the fewest steps are strongest, as beside them there
    # is bare paper.
    return (ramp if sheet.metric == "loss" else ramp.reversed()).with_extremes(bad=theme.paper)


def _name(
    sheet: sheets.Sheet, figure: Figure, swept: Swept, x: float, y: float, width: float
) -> None:
    sheets.mark(sheet, figure, x + 12.0, y, sheets.dot(sheet, swept))
    label = swept.racer.label
    sheet.write_label(figure, x + 34.0, y, label, size=18, room=width - 34.0)
    has_limit = stability.is_quadratic(sheet.found.race.surface) and swept.racer.schedule is None
    known = stability.limit(swept.racer.optimizer) if has_limit else None
    limit = "" if known is None else rf"$\eta = {known.formula}$"
    if (
        limit
        and 34.0 + 18.0 * sheets.width(sheets.worded(label)[0]) + 24.0 + 15.0 * sheets.width(limit)
        <= width
    ):
        sheet.write(figure, x + width, y, limit, size=15, ha="right", color=sheet.look.theme.quiet)


def _ramp(
    sheet: sheets.Sheet, figure: Figure, norm: Normalize, x: float, top: float, foot: float
) -> None:
    axes = sheet.axes(figure, x, top, x + 20.0, foot)
    edges = norm.inverse(np.linspace(0.0, 1.0, 257))
    axes.pcolormesh(
        [0, 1], edges, edges[1:, None], norm=norm, cmap=_colours(sheet), rasterized=True
    )
    axes.set_xticks([])
    axes.yaxis.tick_right()
    sheets.scale(sheet, axes)
    for line in list(axes.lines):
        line.remove()
    axes.grid(visible=False)
    axes.yaxis.set_label_position("right")
    axes.spines["left"].set_visible(False)


def _explain(sheet: sheets.Sheet, figure: Figure) -> None:
    theme = sheet.look.theme
    box: dict[str, Any] = {
        "xy": (0.0, 0.15),
        "width": 1.0,
        "height": 0.7,
        "facecolor": "none",
        "edgecolor": theme.quiet,
    }
    marks: dict[str, Artist] = {
        "converges": Rectangle(**box, linewidth=2.8),
        "diverges": Rectangle(**box, linewidth=1.0, hatch="///"),
        "fastest": Line2D(
            [0.5], [0.5], color=theme.quiet, marker="o", markersize=14, markeredgewidth=0
        ),
    }
    if stability.is_quadratic(sheet.found.race.surface):
        marks["stability limit"] = Line2D(
            [0, 1], [0.5, 0.5], color=theme.text, linewidth=2.4, linestyle=(0, (3, 2))
        )
    sheets.key(sheet, figure, 40.0, 115.0, marks, is_column=False)
