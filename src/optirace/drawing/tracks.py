"""Measures what a race leaves on a picture: paths, loss curves and velocity arrows, its markers,
and how thick they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing.elements import Mark
from optirace.look.themes import MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.drawing.projection import Projection
    from optirace.drawing.scales import Scales
    from optirace.look.geometry import Box
    from optirace.look.themes import Style, Theme
    from optirace.racing.engine import Result, Trajectory

TAIL = 12
"""How many of the last steps are bright; older ones fade, so that a racer that bounces forever
hides nobody.
"""

OUTWARD = ("triangle", "triangle-down", "triangle-left", "triangle-right")
"""The markers of a racer that has left the surface at the top, the bottom, the left and the
right.
"""


@dataclass(frozen=True, slots=True)
class Pen:
    """A line or a dot in a racer's colour."""

    radius: float
    opacity: float


@dataclass(frozen=True, slots=True)
class Pens:
    """What a race is drawn with, in pixels."""

    trail: Pen
    dot: Pen
    """A step, on the trail."""

    curve: Pen
    """Losses in the chart."""

    tail: Pen
    """The last steps, arrows and what leads to the marker."""

    casing: float
    """How far paper reaches round the tail."""

    marker_casing: float


def pens(unit: float) -> Pens:
    """Return the pens for a unit of the layout."""
    return Pens(
        trail=Pen(max(0.5, 0.85 * unit), 0.42),
        dot=Pen(max(0.7, 1.75 * unit), 0.85),
        curve=Pen(max(0.6, 1.15 * unit), 1.0),
        tail=Pen(max(0.9, 1.8 * unit), 1.0),
        casing=max(0.8, 0.9 * unit),
        marker_casing=max(0.8, 1.5 * unit),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What one racer leaves, in pixels from the upper left corner."""

    path: NDArray[np.float64]
    """float64[n + 1, 2]: its points."""

    curve: NDArray[np.float64]
    """float64[n + 1, 2]: its losses in the chart."""

    velocity: NDArray[np.float64] | None
    """float64[n + 1, 2]: the arrow of each step; None where none is shown."""


def measured(
    trajectory: Trajectory,
    result: Result,
    projection: Projection,
    scales: Scales,
    box: Box,
    *,
    arrows: bool | None,
) -> Track:
    """Measure a racer on a surface that stands in a box, and in the chart; `arrows` as in Style."""
    points, losses = trajectory.points, trajectory.losses
    path = projection.place(points, losses)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        powers = np.log10(np.maximum(losses - result.minimum, 1e-320))
    powers = np.clip(
        np.where(np.isnan(powers), np.inf, powers), scales.decade.low, scales.decade.high
    )
    heights = scales.decade.place(powers)
    curve = np.stack(
        [scales.step.place(np.arange(len(losses)).astype(np.float64)), heights], axis=1
    )
    rule = trajectory.racer.optimizer
    is_shown = rule.is_velocity if arrows is None else arrows
    if trajectory.velocity is None or not is_shown:
        return Track(path=path, curve=curve, velocity=None)
    with np.errstate(over="ignore", invalid="ignore"):
        velocity = projection.along(-trajectory.velocity, points)
        velocity[np.abs(velocity) < 1e-140] = (
            0.0  # the square of less is no number that a length could come of
        )
        lengths = np.sqrt((velocity * velocity).sum(axis=1))
        lengths = lengths[np.isfinite(lengths)]
        scale = 0.36 * min(box.width, box.height) / max(float(lengths.max(initial=0.0)), 1e-300)
        velocity = np.nan_to_num(velocity * scale, nan=0.0, posinf=0.0, neginf=0.0)
    return Track(path=path, curve=curve, velocity=velocity)


def arrowhead(
    foot: NDArray[np.float64], arrow: NDArray[np.float64], unit: float
) -> NDArray[np.float64] | None:
    """Return the corners, float64[3, 2], of the head of an arrow from a foot; None where it is too
    short to be drawn.
    """
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


def marks(result: Result, projection: Projection, plan: Layout, style: Style) -> Iterator[Mark]:
    """Describe the star of each minimum and the ring of the start, where they are in view; one on
    the edge is drawn whole.
    """
    u, colours = plan.unit, (style.theme.text, style.theme.paper)
    for name, size, points in (("star", 7.0, result.minima), ("ring", 6.0, (result.race.start,))):
        for x, y in placed(result, projection, points):
            if outward((x, y), plan.surface) is None:
                yield Mark(name, x, y, size * u, pens(u).marker_casing, colours)


def placed(
    result: Result, projection: Projection, points: Sequence[Sequence[float]]
) -> list[tuple[float, float]]:
    """Return where points of the plane stand."""
    plane = np.array(points, np.float64).reshape(-1, 2)
    with np.errstate(all="ignore"):
        value = result.race.surface.value(plane[:, 0], plane[:, 1])
    losses = np.broadcast_to(np.asarray(value, np.float64), len(plane))
    return [(float(x), float(y)) for x, y in projection.place(plane, losses)]


def head(worn: int, theme: Theme, unit: float) -> Mark:
    """Describe the marker of a racer that is in view, at no place yet."""
    return Mark(
        list(MARKERS)[worn],
        0.0,
        0.0,
        7.5 * unit,
        pens(unit).marker_casing,
        (theme.racers[worn], theme.paper),
    )


def exit_(name: str, worn: int, theme: Theme, unit: float) -> Mark:
    """Describe the marker, one of OUTWARD, of a racer that has left the surface."""
    return replace(head(worn, theme, unit), shape=name, size=5.5 * unit)


def leader(worn: int, theme: Theme, unit: float) -> Mark:
    """Describe the marker at the end of a racer's curve in the chart."""
    large = head(worn, theme, unit)
    return replace(large, size=5.0 * unit, casing=0.7 * large.casing)


def at_edge(place: tuple[float, float], plan: Layout) -> tuple[float, float]:
    """Return where the marker of a racer that has left the surface stands: at its edge."""
    box, inset = plan.surface, 7.0 * plan.unit
    x, y = place
    return min(max(x, box.x0 + inset), box.x1 - inset), min(max(y, box.y0 + inset), box.y1 - inset)


def outward(place: tuple[float, float], box: Box) -> str | None:
    """Return which way a place lies outside a box, as the marker that says so, or None if it is
    inside.
    """
    x, y = place
    beyond = dict(zip(OUTWARD, (box.y0 - y, y - box.y1, box.x0 - x, x - box.x1), strict=True))
    farthest = max(beyond, key=lambda name: beyond[name])
    return farthest if beyond[farthest] > 0.0 else None
