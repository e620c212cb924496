"""Draws the surface as shapes: its bands from the lowest to the highest, each on top of the last,
and a line at every level.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from contourpy import FillType, LineType, contour_generator
from matplotlib.path import Path as Outline

from optirace.drawing import bands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.vector.page import Page
    from optirace.look.geometry import Box
    from optirace.look.themes import Theme
    from optirace.surfaces import Surface, View

GRAIN = 2.0
"""Pixels, of 768 in the surface, between the points at which the loss is asked for."""

NEARNESS = 0.04
"""Pixels that a curve may be off for having fewer corners."""

STRENGTHS = 4
"""How many strengths a line has: where rings crowd, a line each would be a blot."""

OPACITY = 0.62


def draw(
    page: Page,
    surface: Surface,
    view: View,
    box: Box,
    theme: Theme,
    unit: float,
    *,
    floor: float | None = None,
) -> None:
    """Draw the surface of a view into a box; where the loss is not a number, the paper shows.

    `floor` as in `shade`.
    """
    x0, x1, y0, y1 = view
    columns, rows = (
        max(32, round(side / (GRAIN * max(0.5, unit)))) for side in (box.width, box.height)
    )
    across, up = (x1 - x0) / columns, (y1 - y0) / rows
    # One row more on every side, so that edges lie where nobody sees them.
    x, y = x0 + across * np.arange(-1, columns + 2), y1 - up * np.arange(-1, rows + 2)
    with np.errstate(all="ignore"):
        losses = np.asarray(surface.value(x[None, :], y[:, None]), np.float64)
    losses = np.broadcast_to(losses, (len(y), len(x)))
    inside = losses[1:-1, 1:-1]
    finite = inside[np.isfinite(inside)]
    if not len(finite):
        return
    floor = float(finite.min()) if floor is None else floor
    levels = bands.levels_of(float(finite.max()) - floor, is_log=surface.log_levels)
    # The root of a bowl is a cone, on whose sides what lies between two points of the grid is
    # exact.
    height = np.sqrt(np.maximum(np.ma.masked_invalid(losses) - floor, 0.0))
    at_x = box.x0 + (x - x0) * (box.width / (x1 - x0))
    at_y = box.y0 + (y1 - y) * (box.height / (y1 - y0))
    rings = contour_generator(
        at_x, at_y, height, fill_type=FillType.OuterOffset, line_type=LineType.Separate
    )
    roots = [-1.0, *np.sqrt(levels)]
    for band, root in enumerate(roots):
        colour = bands.mixed(theme.deep, theme.high, round(band * 255 / bands.RINGS) / 255)
        page.fill(_shape(*rings.filled(root, np.finfo(float).max)), colour, clip=box)
    edges = np.concatenate([[-levels[-1]], levels, [4.0 * levels[-1]]])
    runs: list[list[NDArray[np.float64]]] = [[] for _ in range(STRENGTHS + 1)]
    for ring, root in enumerate(roots[1:]):
        for line in rings.lines(root):
            corners = simplified(np.asarray(line))
            places = (
                x0 + (corners[:, 0] - box.x0) / box.width * (x1 - x0),
                y1 - (corners[:, 1] - box.y0) / box.height * (y1 - y0),
            )
            with np.errstate(all="ignore"):
                slope_x, slope_y = surface.gradient(*places)
                steepness = np.hypot(
                    slope_x * (x1 - x0) / box.width, slope_y * (y1 - y0) / box.height
                )
                widths = np.diff(edges[ring : ring + 3])[:, None] / np.maximum(steepness, 1e-300)
            strength = np.nan_to_num(np.clip((widths - 2.0 * unit) / (4.0 * unit), 0.0, 1.0)).mean(
                axis=0
            )
            for index, run in _runs(corners, strength):
                runs[index].append(run)
    for index, lines in enumerate(runs[1:], 1):
        alpha = OPACITY * index / STRENGTHS
        page.stroke(
            _lines(lines), 0.5 * max(1.0, unit), theme.contour, alpha=alpha, clip=box, cap="butt"
        )


def simplified(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a curve, float64[n, 2], without the corners that it nearly goes straight on at; its
    ends stay.
    """
    for _ in range(3):
        before, here, after = corners[:-2:2], corners[1:-1:2], corners[2::2]
        chord, way = after - before, here - before
        length = np.maximum(np.hypot(chord[:, 0], chord[:, 1]), 1e-9)
        is_kept = np.ones(len(corners), bool)
        is_kept[1:-1:2] = (
            np.abs(chord[:, 0] * way[:, 1] - chord[:, 1] * way[:, 0]) > NEARNESS * length
        )
        corners = corners[is_kept]
    return np.round(corners, 2)


def _shape(polygons: list[NDArray[np.float64]], offsets: list[NDArray[np.uint32]]) -> Outline:
    """Return polygons with their holes as one shape."""
    parts: list[NDArray[np.float64]] = []
    codes: list[NDArray[np.uint8]] = []
    for polygon, borders in zip(polygons, offsets, strict=True):
        for first, last in itertools.pairwise(borders):
            ring = simplified(polygon[first:last])
            code = np.full(len(ring), Outline.LINETO, np.uint8)
            code[0], code[-1] = Outline.MOVETO, Outline.CLOSEPOLY
            parts.append(ring)
            codes.append(code)
    if not parts:
        return Outline(np.empty((0, 2)))
    return Outline(np.concatenate(parts), np.concatenate(codes))


def _runs(
    corners: NDArray[np.float64], strength: NDArray[np.float64]
) -> list[tuple[int, NDArray[np.float64]]]:
    """Cut a line where it grows fainter or stronger; `strength` float64[n] is from 0 to 1 at each
    corner.
    """
    grades = np.rint((strength[1:] + strength[:-1]) / 2.0 * STRENGTHS).astype(int)
    cuts = [0, *(np.flatnonzero(np.diff(grades)) + 1).tolist(), len(grades)]
    return [
        (int(grades[first]), corners[first : last + 1])
        for first, last in itertools.pairwise(cuts)
        if last > first
    ]


def _lines(lines: list[NDArray[np.float64]]) -> Outline:
    if not lines:
        return Outline(np.empty((0, 2)))
    codes = np.full(sum(map(len, lines)), Outline.LINETO, np.uint8)
    codes[np.cumsum([0, *map(len, lines[:-1])])] = Outline.MOVETO
    return Outline(np.concatenate(lines), codes)
