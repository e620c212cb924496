"""Measures what a race leaves on a picture: paths, loss curves and velocity arrows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.drawing.raster.backdrop import Scales
    from optirace.look.geometry import Box
    from optirace.racing.engine import Result, Trajectory

OUTWARD = ("triangle", "triangle-down", "triangle-left", "triangle-right")
"""The markers of a racer that has left the surface at the top, the bottom, the left and the right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What one racer leaves, in pixels from the upper left corner."""

    path: NDArray[np.float64]
    """float64[n + 1, 2]: its points."""

    curve: NDArray[np.float64]
    """float64[n + 1, 2]: its losses in the chart."""

    velocity: NDArray[np.float64] | None
    """float64[n + 1, 2]: the arrow of each step; None where none is shown."""


def measured(trajectory: Trajectory, result: Result, scales: Scales, layout: Layout, *, arrows: bool | None) -> Track:
    """Measure a racer along the axes of a picture; `arrows` as in Style."""
    points, losses = trajectory.points, trajectory.losses
    path = np.stack([scales.x.place(points[:, 0]), scales.y.place(points[:, 1])], axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        powers = np.log10(np.maximum(losses - result.minimum, 1e-320))
    powers = np.clip(np.where(np.isnan(powers), np.inf, powers), scales.decade.low, scales.decade.high)
    heights = scales.decade.place(powers)
    curve = np.stack([scales.step.place(np.arange(len(losses)).astype(np.float64)), heights], axis=1)
    rule = trajectory.racer.optimizer
    is_shown = rule.is_velocity if arrows is None else arrows
    if trajectory.velocity is None or not is_shown:
        return Track(path=path, curve=curve, velocity=None)
    box = layout.surface
    x0, x1, y0, y1 = scales.view
    with np.errstate(over="ignore", invalid="ignore"):
        velocity = trajectory.velocity * np.array([-box.width / (x1 - x0), box.height / (y1 - y0)])
        velocity[np.abs(velocity) < 1e-140] = 0.0  # the square of less is no number that a length could come of
        lengths = np.sqrt((velocity * velocity).sum(axis=1))
        lengths = lengths[np.isfinite(lengths)]
        scale = 0.36 * min(box.width, box.height) / max(float(lengths.max(initial=0.0)), 1e-300)
        velocity = np.nan_to_num(velocity * scale, nan=0.0, posinf=0.0, neginf=0.0)
    return Track(path=path, curve=curve, velocity=velocity)


def arrowhead(foot: NDArray[np.float64], arrow: NDArray[np.float64], unit: float) -> NDArray[np.float64] | None:
    """Return the corners, float64[3, 2], of the head of an arrow from a foot; None where it is too short to be drawn."""
    length = math.sqrt(float(arrow @ arrow))
    if length < 12.0 * unit:
        return None
    size = min(13.0 * unit, 0.5 * length)
    forward = arrow / length
    sideways = np.array([-forward[1], forward[0]])
    tip = foot + arrow
    return np.array(
        [
            tip + forward * 0.4 * size,
            tip - forward * size + sideways * 0.55 * size,
            tip - forward * size - sideways * 0.55 * size,
        ]
    )


def marks(result: Result, scales: Scales, box: Box) -> Iterator[tuple[str, float, tuple[float, float]]]:
    """Yield the marker, its radius in units and its place for each minimum and for the start, where they are in view.

    One on the edge is drawn whole.
    """
    for name, size, points in (("star", 7.0, result.minima), ("ring", 6.0, (result.race.start,))):
        for place in map(scales.pixel, points):
            if outward(place, box) is None:
                yield name, size, place


def outward(place: tuple[float, float], box: Box) -> str | None:
    """Return which way a place lies outside a box, as the marker that says so, or None if it is inside."""
    x, y = place
    beyond = dict(zip(OUTWARD, (box.y0 - y, y - box.y1, box.x0 - x, x - box.x1), strict=True))
    farthest = max(beyond, key=lambda name: beyond[name])
    return farthest if beyond[farthest] > 0.0 else None
