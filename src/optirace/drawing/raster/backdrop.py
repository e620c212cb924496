"""Paints what never moves: paper, title, surface, axes and the empty chart."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import picture
from optirace.drawing.raster import printer, rasterize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.drawing.raster.rasterize import Packed
    from optirace.look.geometry import Box
    from optirace.look.themes import Style, Theme
    from optirace.racing.engine import Result
    from optirace.surfaces import Surface, View

RINGS = 17
"""Contour levels between the minimum and the highest corner of the view."""

RING_RATIO = 0.62
"""How the gaps of neighbouring rings relate, where levels are spaced in the logarithm of the gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """How a quantity lies along a line of pixels."""

    low: float
    high: float
    start: float
    """The pixel edge of `low`."""
    end: float

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixels for values; what lies very far away, or nowhere, is brought within reach of arithmetic."""
        scale = (self.end - self.start) / (self.high - self.low)
        with np.errstate(over="ignore", invalid="ignore"):
            pixels = self.start + (values - self.low) * scale
        return np.nan_to_num(np.clip(pixels, -1e7, 1e7), nan=-1e7)


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most so many round numbers from low to high, equally spaced by 1, 2 or 5 times a power of ten.

    >>> nice_ticks(-6.0, 3.0, 10)
    [-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
    """
    power = math.floor(math.log10((high - low) / most))
    for step in (10.0**power, 2 * 10.0**power, 5 * 10.0**power, 10.0 ** (power + 1), 2 * 10.0 ** (power + 1)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    return [round(index * step, max(0, 2 - power)) for index in range(first, last + 1)]


def shade(
    surface: Surface, view: View, width: int, height: int, theme: Theme, unit: float, *, floor: float | None = None
) -> Packed:
    """Colour the surface, uint32[height, width]: bands in a quiet ramp, and a thin line at every level above a floor.

    The floor is the minimum; None takes the lowest loss in view.

    Each pixel is coloured from its own loss and gradient, so that bands and lines are exact at any size; where the loss
    is not a number, the paper shows.
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
        levels = levels_of(float(high - floor), is_log=surface.log_levels)
        painted = np.empty((height, width), np.uint32)
        for rows, part in zip(blocks, parts, strict=True):
            slope_x, slope_y = surface.gradient(x, y[rows])
            steepness = np.sqrt((slope_x * across) ** 2 + (slope_y * up) ** 2)
            gap = np.broadcast_to(part - floor, painted[rows].shape)
            painted[rows] = _shaded(gap, np.maximum(steepness, 1e-300), levels, theme, unit)
    return painted


def floor_of(result: Result) -> float | None:
    """Return the loss that the rings of a surface begin at: its minimum, known or found; None leaves it to the view."""
    return result.minimum if result.minimum_from == "found" else result.race.surface.minimum


def _extent(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least and the greatest of those that are finite; inf and -inf where none is."""
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(low - high):  # else all are, and need not be looked through for the others
        finite = values[np.isfinite(values)]
        low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    return low, high


def levels_of(highest: float, *, is_log: bool) -> NDArray[np.float64]:
    """Return the gaps of the rings, float64[RINGS], ascending, under the highest gap in view."""
    if is_log:
        return np.array([highest * RING_RATIO ** (RINGS - ring) for ring in range(RINGS)])
    return np.array([highest * (ring + 1) / (RINGS + 1) for ring in range(RINGS)])


def _shaded(
    gap: NDArray[np.float64], steepness: NDArray[np.float64], levels: NDArray[np.float64], theme: Theme, unit: float
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
    colours = _ramp(theme).take(np.clip(tone * (255.0 / RINGS) + 0.5, 0.0, 255.0).astype(np.intp))
    colours = rasterize.over(colours, rasterize.packed(theme.contour), (line * (0.62 * 255.0)).astype(np.uint8))
    colours[is_hole] = rasterize.packed(theme.paper)
    return colours


@functools.cache
def _ramp(theme: Theme) -> Packed:
    return np.array([mixed(theme.deep, theme.high, index / 255.0) for index in range(256)], np.uint32)


def mixed(first: str, second: str, share: float) -> int:
    """Return a packed pixel so far from one colour to another."""
    one, two = rasterize.packed(first), rasterize.packed(second)
    mixed = 0xFF000000
    for shift in (0, 8, 16):
        start, end = one >> shift & 0xFF, two >> shift & 0xFF
        mixed |= round(start + (end - start) * share) << shift
    return mixed


class Scales:
    """The axes that a race is drawn along, and the ticks on them."""

    def __init__(self, result: Result, layout: Layout) -> None:
        surface, chart = layout.surface, layout.chart
        self._layout = layout
        self.view = x0, x1, y0, y1 = result.view
        self.x = Axis(low=x0, high=x1, start=surface.x0, end=surface.x1)
        self.y = Axis(low=y0, high=y1, start=surface.y1, end=surface.y0)
        self.step = Axis(low=0.0, high=float(result.race.steps), start=chart.x0, end=chart.x1)
        self.decade = _decades(result, chart)

    def pixel(self, point: tuple[float, float]) -> tuple[float, float]:
        """Return where a point of the plane lies."""
        x, y = np.array(point)
        return float(self.x.place(x)), float(self.y.place(y))

    def x_ticks(self) -> list[float]:
        """Return the labelled values of theta1."""
        return nice_ticks(self.x.low, self.x.high, max(4, min(10, int(self._layout.surface.width / (62 * self._layout.unit)))))

    def y_ticks(self) -> list[float]:
        """Return the labelled values of theta2."""
        return nice_ticks(self.y.low, self.y.high, max(5, min(9, int(self._layout.surface.height / (44 * self._layout.unit)))))

    def step_ticks(self) -> list[float]:
        """Return the labelled steps of the chart."""
        return nice_ticks(0, self.step.high, max(2, min(6, int(self._layout.chart.width / (56 * self._layout.unit)))))

    def powers(self) -> range:
        """Return the labelled powers of ten of the chart."""
        low, high = round(self.decade.low), round(self.decade.high)
        most = max(2, min(7, int(self._layout.chart.height / (30 * self._layout.unit))))
        stride = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if (high - low) / step < most)
        return range(math.ceil(low / stride) * stride, high + 1, stride)


def _decades(result: Result, chart: Box) -> Axis:
    """Choose whole powers of ten that hold the gaps of the race, within what a chart can show."""
    gaps = np.concatenate([trajectory.losses - result.minimum for trajectory in result.trajectories])
    gaps = gaps[np.isfinite(gaps) & (gaps > 0.0)]
    if not len(gaps):
        gaps = np.ones(1)
    start = max(float(result.trajectories[0].losses[0] - result.minimum), 1e-300)
    high = math.ceil(math.log10(min(float(gaps.max()), 1e3 * start)) - 0.02)
    low = math.floor(math.log10(max(float(gaps.min()), 1e-11 * 10.0**high)))
    return Axis(low=float(min(low, high - 2)), high=float(high) + 0.25, start=chart.y1, end=chart.y0)


class Backdrop:
    """The paper and what is printed on it, and the axes that the race is drawn along."""

    def __init__(self, result: Result, style: Style, layout: Layout, pixels: Packed) -> None:
        self._pixels = pixels
        box = layout.surface
        self.scales = scales = Scales(result, layout)
        self.view, self.x, self.y, self.step, self.decade = scales.view, scales.x, scales.y, scales.step, scales.decade

        pixels[:] = rasterize.packed(style.theme.paper)
        pixels[box.y0 : box.y1, box.x0 : box.x1] = shade(
            result.race.surface, scales.view, box.width, box.height, style.theme, layout.unit, floor=floor_of(result)
        )
        printer.paint(picture.ticks(scales, layout, style, 15 * layout.unit), pixels, layout.unit)
        printer.paint(picture.frame(result, layout, style), pixels, layout.unit)
        printer.paint(picture.chart(result, scales, layout, style), pixels, layout.unit)
        self.fill(layout.progress, style.theme.rule)

    def fill(self, box: Box, colour: str) -> None:
        """Fill a box."""
        self._pixels[box.y0 : box.y1, box.x0 : box.x1] = rasterize.packed(colour)
