"""Follows many points of a surface down at once: by Newton's method where it is smooth, and along
kinks where it is not.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from optirace.surfaces import Array

SETTLED = 1e-5
"""Cells: a Newton step shorter than this has arrived."""

SHORTEST = 1e-9
"""Cells: the last step that is made."""

NEARLY = 0.05
"""Cells: so has one shorter than this that promises no more than rounding, as the last ones to a
quartic minimum do.
"""

LADDER = np.array([1.0, 0.5, 3.0, 7.0, 20.0, 0.125, 1.0 / 64.0, 1.0 / 1024.0])
"""Shares of a Newton step that are tried together; 3, 7 and 20 are whole steps to a minimum of
degree 4, 8 and 21.
"""

REACH = 1e-4
"""Cells between the slopes whose differences are the second derivatives."""

FLATTEST = 1e-12
"""A curvature below this share of that across it is rounding."""

GONE = 1e9
"""Cells: a point that comes so far from where it began falls without end."""

BOTTOM = 1e12
"""So many times as deep as the loss varies there is no minimum."""

ROUNDING = 4e-16
"""A share of a loss that is rounding."""

SPOKES = 8
"""Directions from a point in which slopes are taken for its planes."""

CUTS = 3
"""Planes that are added where they lack one."""

STRIDES = np.array([1.0, 0.5, 0.25, 0.0625, 2.0, 8.0, 64.0])
"""Shares of a step to where planes cross that are tried together."""

KEPT = 0.3
"""A step that gains less than this share of what the planes promise has lost a crease that
bends.
"""

FANS = 12
"""Directions of a circle between which creases are looked for."""

MOST_DIPS = 3
"""Creases that are looked for on a circle."""

CLOSER = 10
"""How often each of them is looked at eight times as closely."""

FACTOR = 6.0
"""How much wider each of the circles is than the one inside it."""

FINEST = 1e-9
"""Cells: a point is settled where nothing is lower on circles down to this radius."""

_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))
_WALLS = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
_BOX = 4.0
_TRIPLES = {
    count: np.array(list(itertools.combinations(range(count), 3))).T
    for count in range(SPOKES + len(_WALLS), SPOKES + len(_WALLS) + CUTS + 1)
}
_ULPS = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1)])
_FAN = np.linspace(-1.0, 1.0, 17)


class Ground(NamedTuple):
    """A surface under points, float64[n, 2], whose unit of length is a cell."""

    value: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], tuple[Any, Any]]
    cell: Array
    bottom: float
    """A loss below which there is no minimum."""

    def losses(self, points: Array) -> Array:
        """Return the losses of points, float64[..., 2]; infinite where there is none."""
        losses = np.broadcast_to(
            np.asarray(self.value(points[..., 0].ravel(), points[..., 1].ravel()), float),
            points[..., 0].size,
        )
        return np.where(np.isnan(losses), np.inf, losses).reshape(points.shape[:-1])

    def slopes(self, points: Array) -> Array:
        """Return the slopes for each cell, of the shape of the points."""
        slopes = self.gradient(points[..., 0].ravel(), points[..., 1].ravel())
        both = [np.broadcast_to(each, points[..., 0].size) for each in slopes]
        return np.asarray((np.array(both, float).T * self.cell).reshape(points.shape))

    def jitter(self, points: Array, losses: Array) -> Array:
        """Return by how much the losses of points change with the last bits of the points."""
        ulp = np.maximum(np.spacing(np.abs(points)), 1e-17 * self.cell)
        changes = np.abs(self.losses(points[:, None] + ulp[:, None] * _ULPS) - losses[:, None])
        return np.asarray(np.where(np.isfinite(changes), changes, 0.0).max(axis=1))

    def is_endless(self, points: Array, begun: Array, losses: Array) -> NDArray[np.bool_]:
        """Say of each point whether it has gone too far from where it began, or too deep."""
        return np.asarray(
            (np.abs(points - begun) > GONE * self.cell).any(axis=1) | (losses < self.bottom)
        )


class Ends(NamedTuple):
    """Where points came to."""

    points: Array
    losses: Array
    is_settled: NDArray[np.bool_]
    """Whether it is a minimum as far as can be seen."""

    is_endless: NDArray[np.bool_]
    """Whether it fell so far or so deep that it has no end."""


def smooth(ground: Ground, points: Array, rounds: int) -> Ends:
    """Follow points down by Newton's method; each is settled where a step is very short, or
    promises no more than rounding.

    Shares of the step and multiples of it are tried at once, and the lowest is taken.
    """
    begun, points, losses = points, points.copy(), ground.losses(points)
    radius = np.full(len(points), 2.0)
    is_settled, is_endless = np.zeros((2, len(points)), bool)
    going = np.flatnonzero(np.isfinite(losses))
    for _ in range(rounds):
        if not len(going):
            break
        here, before = points[going], losses[going]
        step, length, gain = _newton(ground, here)
        step *= np.minimum(1.0, radius[going] / np.maximum(length, 1e-300))[:, None]
        there = here[:, None] + LADDER[:, None] * step[:, None] * ground.cell
        rungs = ground.losses(there)
        best, rows = rungs.argmin(axis=1), np.arange(len(going))
        slack = ROUNDING * np.abs(before)
        # At a kink slopes differ as if it were curved, but the loss does not fall.
        falls = (rungs[:, 0] <= before - gain / 4.0) | (
            gain <= 4.0 * slack - 4.0 * ROUNDING / BOTTOM * ground.bottom
        )
        is_near = (length <= SETTLED) & falls
        is_there = is_near | ((length <= NEARLY) & (gain <= slack))
        # The last steps are by the slope alone: they are too short for the loss to tell.
        is_last = is_near & (rungs[:, 0] <= before + slack)
        best[is_last] = 0
        new = rungs[rows, best]
        is_lower = new < before
        moves = is_lower | is_last
        points[going[moves]], losses[going[moves]] = there[moves, best[moves]], new[moves]
        shares = LADDER[best]
        radius[going] *= np.where(is_lower, np.where(shares >= 1.0, 8.0, shares), LADDER.min())
        is_settled[going] = is_there & (~is_lower | (length <= SHORTEST))
        is_endless[going] = ground.is_endless(points[going], begun[going], losses[going])
        is_done = (
            (is_settled[going] & ~(is_last & (length > SHORTEST)))
            | is_endless[going]
            | (radius[going] < 1e-13)
        )
        going = going[~is_done]
    return Ends(points, losses, is_settled, is_endless)


def _newton(ground: Ground, points: Array) -> tuple[Array, Array, Array]:
    """Return Newton's steps in cells, how long they are and what they promise.

    Where the surface bends downwards the step goes as far as where it bends upwards, but down.
    """
    across, up = np.array([REACH * ground.cell[0], 0.0]), np.array([0.0, REACH * ground.cell[1]])
    slope, right, left, above, below = ground.slopes(
        np.array([points, points + across, points - across, points + up, points - up])
    )
    xx, yy = (right - left)[:, 0] / (2.0 * REACH), (above - below)[:, 1] / (2.0 * REACH)
    xy = ((right - left)[:, 1] + (above - below)[:, 0]) / (4.0 * REACH)
    half, spread = (xx - yy) / 2.0, np.sqrt((xx - yy) * (xx - yy) / 4.0 + xy * xy)
    # The directions of most and least curvature are (u, v) and (-v, u).
    u, v = np.where(half >= 0.0, half + spread, xy), np.where(half >= 0.0, xy, spread - half)
    size = np.sqrt(u * u + v * v)
    u, v = np.where(size > 0.0, u / size, 1.0), np.where(size > 0.0, v / size, 0.0)
    middle = (xx + yy) / 2.0
    most, least = np.abs(middle) + spread, FLATTEST * (np.abs(middle) + spread)
    other = np.abs(xx * yy - xy * xy) / most
    larger, smaller = np.where(middle >= 0.0, most, other), np.where(middle >= 0.0, other, most)
    along = -(u * slope[:, 0] + v * slope[:, 1]) / np.maximum(larger, least)
    sideways = -(u * slope[:, 1] - v * slope[:, 0]) / np.maximum(smaller, least)
    step = np.column_stack([u * along - v * sideways, v * along + u * sideways])
    is_flat = ~np.isfinite(step).all(axis=1)
    steepness = np.sqrt((slope[is_flat] * slope[is_flat]).sum(axis=1))[:, None]
    step[is_flat] = np.where(
        steepness > 0.0, -slope[is_flat] / np.where(steepness > 0.0, steepness, 1.0), 0.0
    )
    length = np.sqrt((step * step).sum(axis=1))
    length[~np.isfinite(length)] = np.inf
    return step, length, np.abs((slope * step).sum(axis=1))


def kinked(ground: Ground, points: Array, rounds: int, reach: float, circles: int) -> Ends:
    """Follow points down where slopes jump, beginning with circles of a radius in cells.

    The slopes around a point make planes, and the lowest place of the highest of them is where
    kinks cross. Where that is not lower a crease bends, and is looked for between the directions of
    some circles. A point is settled where there is none.
    """
    begun, points, losses = points, points.copy(), ground.losses(points)
    radius = np.full(len(points), reach)
    is_settled, is_endless = np.zeros((2, len(points)), bool)
    going = np.flatnonzero(np.isfinite(losses))
    for turn in range(rounds):
        if not len(going):
            break
        here, before, wide = points[going], losses[going], radius[going]
        slack = ROUNDING * np.abs(before) + ground.jitter(here, before)
        there, new, promise = _crossing(ground, here, before, wide, turn * _GOLDEN)
        gain = before - new
        is_certain = (promise <= slack) & (gain <= slack) & (wide <= 1e-2)
        moved = np.sqrt((((there - here) / ground.cell) ** 2).sum(axis=1))
        next_ = np.clip(2.0 * moved, wide / 16.0, 64.0 * wide)
        next_[gain <= slack] = wide[gain <= slack] / 8.0
        lost = np.flatnonzero((gain <= np.maximum(slack, KEPT * promise)) & ~is_certain)
        if circles and len(lost):
            places, lowest, far = _creases(ground, here[lost], wide[lost], circles)
            is_better = lowest < new[lost]
            better = lost[is_better]
            there[better], new[better], next_[better] = (
                places[is_better],
                lowest[is_better],
                far[is_better],
            )
            gain = before - new
            nothing = lost[gain[lost] <= slack[lost]]
            next_[nothing] = wide[nothing] * FACTOR ** (3.0 - circles)
        moves = gain > 0.0
        points[going[moves]], losses[going[moves]] = there[moves], new[moves]
        radius[going] = next_
        is_settled[going] = is_certain | ((gain <= slack) & (next_ <= FINEST))
        is_endless[going] = ground.is_endless(points[going], begun[going], losses[going])
        going = going[~(is_settled[going] | is_endless[going])]
    return Ends(points, losses, is_settled, is_endless)


def _crossing(
    ground: Ground, points: Array, losses: Array, reach: Array, turned: float
) -> tuple[Array, Array, Array]:
    """Step to where the highest of the tangent planes around each point is lowest; return the
    place, its loss, the promise.

    Where the loss there is much higher than the planes are they lack one, which is added.
    """
    offsets = reach[:, None, None] * np.column_stack(
        directions(np.arange(SPOKES) * (2.0 * math.pi / SPOKES) + turned)
    )
    around = points[:, None] + offsets * ground.cell
    rim = ground.losses(around)
    planes = _Planes(points, losses, reach)
    planes.add(offsets, rim, ground.slopes(around))
    rows, best = np.arange(len(points)), rim.argmin(axis=1)
    there, lowest = around[rows, best], rim[rows, best]
    for cut in range(CUTS + 1):
        step, promise = planes.lowest()
        places = points[:, None] + STRIDES[:, None] * step[:, None] * ground.cell
        tried = ground.losses(places)
        best = tried.argmin(axis=1)
        is_lower = tried[rows, best] < lowest
        there[is_lower], lowest[is_lower] = (
            places[rows, best][is_lower],
            tried[rows, best][is_lower],
        )
        if cut == CUTS or (losses - lowest >= KEPT * promise).all():
            break
        planes.add(step[:, None], tried[:, :1], ground.slopes(places[:, :1]))
    return there, lowest, promise


class _Planes:
    """Tangent planes around some points each, in units of a reach, and four steep ones that stand
    around the point.
    """

    def __init__(self, points: Array, losses: Array, reach: Array) -> None:
        self._losses, self._reach = losses, reach
        self._slopes, self._heights = np.zeros((len(points), 0, 2)), np.zeros((len(points), 0))

    def add(self, offsets: Array, losses: Array, slopes: Array) -> None:
        """Add planes that touch the surface at offsets in cells; none may lie above the point
        itself.
        """
        is_good = np.isfinite(losses) & np.isfinite(slopes).all(axis=2)
        slopes = np.where(is_good[:, :, None], slopes, 0.0)
        heights = (
            np.where(is_good, losses - (slopes * offsets).sum(axis=2), -np.inf)
            - self._losses[:, None]
        )
        self._slopes = np.concatenate([self._slopes, slopes * self._reach[:, None, None]], axis=1)
        self._heights = np.concatenate([self._heights, np.minimum(heights, 0.0)], axis=1)

    def lowest(self) -> tuple[Array, Array]:
        """Return the steps in cells to where the highest plane is lowest, and how much lower that
        is than the point.

        It is one of the places where three planes meet.
        """
        wall = 16.0 * np.abs(self._slopes).max(axis=(1, 2))[:, None]
        g = np.concatenate([wall[:, :, None] * _WALLS, self._slopes], axis=1)
        c = np.concatenate([np.repeat(-_BOX * wall, len(_WALLS), axis=1), self._heights], axis=1)
        one, two, three = _TRIPLES[g.shape[1]]
        p, q = g[:, one] - g[:, two], g[:, one] - g[:, three]
        a, b = c[:, two] - c[:, one], c[:, three] - c[:, one]
        determinant = p[:, :, 0] * q[:, :, 1] - p[:, :, 1] * q[:, :, 0]
        x = (a * q[:, :, 1] - b * p[:, :, 1]) / determinant
        y = (b * p[:, :, 0] - a * q[:, :, 0]) / determinant
        heights = (g[:, :, :1] * x[:, None] + g[:, :, 1:] * y[:, None] + c[:, :, None]).max(axis=1)
        heights = np.where(np.isfinite(heights), heights, np.inf)
        best, rows = heights.argmin(axis=1), np.arange(len(heights))
        height = heights[rows, best]
        step = np.column_stack([x[rows, best], y[rows, best]]) * self._reach[:, None]
        step[~np.isfinite(height)] = 0.0
        return step, np.where(np.isfinite(height), -height, 0.0)


def _creases(
    ground: Ground, points: Array, reach: Array, circles: int
) -> tuple[Array, Array, Array]:
    """Return the lowest places on circles around points, their losses, and how much farther the
    lowest may be.

    Circles from 216 times a radius inwards are looked at.
    """
    radii = reach[:, None] * FACTOR ** (3.0 - np.arange(circles))
    places, losses = lowest_on_circles(ground, points, radii)
    rows, dip = np.arange(len(points)), losses.argmin(axis=2)[..., None]
    depths = np.take_along_axis(losses, dip, axis=2)[..., 0]
    ring = depths.argmin(axis=1)
    return places[rows, ring, dip[rows, ring, 0]], depths[rows, ring], _farther(radii, depths, ring)


def lowest_on_circles(
    ground: Ground, points: Array, radii: Array, closer: int = CLOSER
) -> tuple[Array, Array]:
    """Return the lowest places on circles around points, [points, circles, dips, 2], and their
    losses.

    `radii`, [points, circles], are in cells. Each circle is looked at nearer and nearer around its
    dips.
    """
    heading = np.column_stack(directions(np.arange(FANS) * (2.0 * math.pi / FANS)))
    rim = ground.losses(points[:, None, None] + radii[:, :, None, None] * heading * ground.cell)
    is_dip = (rim <= np.roll(rim, 1, axis=2)) & (rim <= np.roll(rim, -1, axis=2))
    dips = np.argsort(np.where(is_dip, rim, np.inf), axis=2, kind="stable")[:, :, :MOST_DIPS]
    heading, size = heading[dips], radii[:, :, None, None]
    gap = math.tan(math.pi / FANS) * 1.1
    for _ in range(closer):
        sideways = np.stack([-heading[..., 1], heading[..., 0]], axis=-1)
        fan = heading[..., None, :] + gap * _FAN[:, None] * sideways[..., None, :]
        heights = ground.losses(points[:, None, None, None] + size[..., None] * fan * ground.cell)
        at = heights.argmin(axis=3)[..., None]
        heading, gap = np.take_along_axis(fan, at[..., None], axis=3)[..., 0, :], gap / 8.0
    lowest = np.take_along_axis(heights, at, axis=3)[..., 0]
    return points[:, None, None] + size * heading * ground.cell, lowest


def _farther(radii: Array, depths: Array, ring: NDArray[np.intp]) -> Array:
    """Return how far from the lowest of some circles the parabola through it and its neighbours is
    lowest.
    """
    rows, middle = np.arange(len(radii)), np.clip(ring, 1, radii.shape[1] - 2)
    (r0, f0), (r1, f1), (r2, f2) = (
        (radii[rows, middle + each], depths[rows, middle + each]) for each in (-1, 0, 1)
    )
    upper, lower = (f0 - f1) / (r0 - r1), (f1 - f2) / (r1 - r2)
    bend = (upper - lower) / (r0 - r2)
    lowest = (r0 + r1) / 2.0 - upper / (2.0 * bend)
    here = radii[rows, ring]
    away = np.abs(lowest - here)
    is_bent = (ring == middle) & np.isfinite(away) & (bend > 0.0)
    return np.asarray(np.where(is_bent, np.clip(away, here / FACTOR**2, FACTOR * here), here))


def directions(angles: NDArray[Any]) -> tuple[Array, Array]:
    """Return cosines and sines to twelve digits, which every machine has alike."""
    return np.asarray(np.round(np.cos(angles), 12)), np.asarray(np.round(np.sin(angles), 12))
