"""The axes that a race is drawn along, and the ticks on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.look.geometry import Box
    from optirace.racing.engine import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """How a quantity lies along a line of pixels."""

    low: float
    high: float
    start: float
    """The pixel edge of `low`."""
    end: float

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixels for values; what lies very far away, or nowhere, is brought within reach of
        arithmetic.
        """
        scale = (self.end - self.start) / (self.high - self.low)
        with np.errstate(over="ignore", invalid="ignore"):
            pixels = self.start + (values - self.low) * scale
        return np.nan_to_num(np.clip(pixels, -1e7, 1e7), nan=-1e7)


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most so many round numbers from low to high, equally spaced by 1, 2 or 5 times a
    power of ten.

    >>> nice_ticks(-6.0, 3.0, 10)
    [-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]
    """
    power = math.floor(math.log10((high - low) / most))
    for step in (
        10.0**power,
        2 * 10.0**power,
        5 * 10.0**power,
        10.0 ** (power + 1),
        2 * 10.0 ** (power + 1),
    ):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            break
    return [round(index * step, max(0, 2 - power)) for index in range(first, last + 1)]


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
        return nice_ticks(
            self.x.low,
            self.x.high,
            max(4, min(10, int(self._layout.surface.width / (62 * self._layout.unit)))),
        )

    def y_ticks(self) -> list[float]:
        """Return the labelled values of theta2."""
        return nice_ticks(
            self.y.low,
            self.y.high,
            max(5, min(9, int(self._layout.surface.height / (44 * self._layout.unit)))),
        )

    def step_ticks(self) -> list[float]:
        """Return the labelled steps of the chart."""
        return nice_ticks(
            0,
            self.step.high,
            max(2, min(6, int(self._layout.chart.width / (56 * self._layout.unit)))),
        )

    def powers(self) -> range:
        """Return the labelled powers of ten of the chart."""
        low, high = round(self.decade.low), round(self.decade.high)
        most = max(2, min(7, int(self._layout.chart.height / (30 * self._layout.unit))))
        stride = next(
            step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if (high - low) / step < most
        )
        return range(math.ceil(low / stride) * stride, high + 1, stride)


def _decades(result: Result, chart: Box) -> Axis:
    """Choose whole powers of ten that hold the gaps of the race, within what a chart can show."""
    gaps = np.concatenate(
        [trajectory.losses - result.minimum for trajectory in result.trajectories]
    )
    gaps = gaps[np.isfinite(gaps) & (gaps > 0.0)]
    if not len(gaps):
        gaps = np.ones(1)
    start = max(float(result.trajectories[0].losses[0] - result.minimum), 1e-300)
    high = math.ceil(math.log10(min(float(gaps.max()), 1e3 * start)) - 0.02)
    low = math.floor(math.log10(max(float(gaps.min()), 1e-11 * 10.0**high)))
    return Axis(
        low=float(min(low, high - 2)), high=float(high) + 0.25, start=chart.y1, end=chart.y0
    )
