"""Paints what never moves: paper, title, surface, axes and the empty chart."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import bands, picture
from optirace.drawing.raster import printer, rasterize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.drawing.projection import Projection
    from optirace.drawing.raster.rasterize import Packed
    from optirace.drawing.scales import Scales
    from optirace.look.themes import Style, Theme
    from optirace.racing.engine import Result
    from optirace.surfaces import Surface, View


def shade(
    surface: Surface,
    view: View,
    width: int,
    height: int,
    theme: Theme,
    unit: float,
    *,
    floor: float | None = None,
) -> Packed:
    """Colour the surface, uint32[height, width]: bands in a quiet ramp, and a thin line at every
    level above a floor.

    The floor is the minimum; None takes the lowest loss in view.

    Each pixel is coloured from its own loss and gradient, so that bands and lines are exact at any
    size; where the loss is not a number, the paper shows.
    """
    x0, x1, y0, y1 = view
    across, up = (x1 - x0) / width, (y1 - y0) / height
    x = (x0 + (np.arange(width) + 0.5) * across)[None, :]
    y = (y1 - (np.arange(height) + 0.5) * up)[:, None]
    # A few rows at a time stay in the cache: three times as fast as the whole picture at once.
    blocks = [slice(top, top + 16) for top in range(0, height, 16)]
    with np.errstate(all="ignore"):
        parts = [np.asarray(surface.value(x, y[rows]), np.float64) for rows in blocks]
        lows, highs = zip(*map(_extent, parts), strict=True)
        low, high = min(lows), max(highs)
        floor = low if floor is None else floor
        levels = bands.levels_of(float(high - floor), is_log=surface.log_levels)
        painted = np.empty((height, width), np.uint32)
        for rows, part in zip(blocks, parts, strict=True):
            slope_x, slope_y = surface.gradient(x, y[rows])
            steepness = np.sqrt((slope_x * across) ** 2 + (slope_y * up) ** 2)
            gap = np.broadcast_to(part - floor, painted[rows].shape)
            painted[rows] = _shaded(gap, np.maximum(steepness, 1e-300), levels, theme, unit)
    return painted


def _extent(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least and the greatest of those that are finite; inf and -inf where none is."""
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(low - high):  # else all are, and need not be looked through for the others
        finite = values[np.isfinite(values)]
        low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    return low, high


def _shaded(
    gap: NDArray[np.float64],
    steepness: NDArray[np.float64],
    levels: NDArray[np.float64],
    theme: Theme,
    unit: float,
) -> Packed:
    """Colour gaps, float64[n, m], whose change from pixel to pixel is `steepness`."""
    edges = np.concatenate([[-levels[-1]], levels, [4.0 * levels[-1]]])
    band = np.searchsorted(levels, gap)
    below, above = (gap - edges[band]) / steepness, (edges[band + 1] - gap) / steepness
    tone = band - np.clip(0.5 - below, 0.0, 0.5) + np.clip(0.5 - above, 0.0, 0.5)
    line = np.clip(0.5 * max(1.0, unit) + 0.5 - np.minimum(below, above), 0.0, 1.0)
    # Where rings crowd, a line each would be a blot.
    line *= np.clip((below + above - 2.0 * unit) / (4.0 * unit), 0.0, 1.0)
    is_hole = ~np.isfinite(gap)
    if not np.isfinite(tone).all():
        tone, line = np.nan_to_num(tone), np.where(is_hole, 0.0, np.nan_to_num(line))
    colours = _ramp(theme).take(
        np.clip(tone * (255.0 / bands.RINGS) + 0.5, 0.0, 255.0).astype(np.intp)
    )
    colours = rasterize.over(
        colours, rasterize.packed(theme.contour), (line * (0.62 * 255.0)).astype(np.uint8)
    )
    colours[is_hole] = rasterize.packed(theme.paper)
    return colours


@functools.cache
def _ramp(theme: Theme) -> Packed:
    return np.array(
        [
            rasterize.packed(bands.mixed(theme.deep, theme.high, index / 255.0))
            for index in range(256)
        ],
        np.uint32,
    )


def print_on(
    pixels: Packed,
    result: Result,
    projection: Projection,
    scales: Scales,
    layout: Layout,
    style: Style,
) -> None:
    """Print the paper and what is on it."""
    box, line, theme = layout.surface, layout.progress, style.theme
    pixels[:] = rasterize.packed(theme.paper)
    pixels[box.y0 : box.y1, box.x0 : box.x1] = shade(
        result.race.surface,
        scales.view,
        box.width,
        box.height,
        theme,
        layout.unit,
        floor=bands.floor_of(result),
    )
    printer.paint(picture.printed(result, projection, scales, layout, style), pixels, layout.unit)
    pixels[line.y0 : line.y1, line.x0 : line.x1] = rasterize.packed(theme.rule)
