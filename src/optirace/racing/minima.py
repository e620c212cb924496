"""Looks for the lowest point of a surface of which none is known, and says where there is none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from optirace.numerics import correctly_rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from optirace.surfaces import Array, Point, Surface

GRID = 49
"""Points along each side of the coarse grid; the distance between two of them, a cell, is the unit of length of the search."""

MOST_CANDIDATES = 12
"""Dips of the grid that are followed down; the start and the lowest point of every racer are, too."""

MOST_MINIMA = 16
"""Equal minima that are told; a surface with more is as good as one with a valley of them."""

MOST_ROUGH = 3
"""Points that the compass search is asked for, the lowest first: it takes longer than all else."""

FEW = 2
"""More equal minima than these, on a floor that is level, are a valley."""

ROUNDS = 80
"""Newton steps at most. A quartic minimum, where each is two thirds of the last, takes forty."""

SETTLED = 1e-5
"""Cells: a Newton step shorter than this has arrived."""

DIGITS = 6
"""Digits to which the losses of the grid are compared: numpy's functions differ between CPUs in their last ones."""

PLAIN = 7
"""Digits in which a minimum is written if its loss is no higher there: it is 0, and not 1e-17."""

SAME = 1e-12
"""A gap below this share of how much the loss varies is rounding."""

LEVEL = 1e-3
"""A rise below this share of the steepest one is a floor that is level, seen in the nearest of 64 directions."""

FARTHEST = 8
"""The last doublings of the distance, of thirty, beyond which a loss that is still falling falls without end."""

MOST_DIPS = 3
"""Directions of a compass between which a crease may run."""

CLOSER = 6
"""How often the compass looks sixteen times as closely for it."""

MOST_TURNS = 150
"""Turns of the compass."""

CLOSE = 1e-3
"""Cells: compasses that come so near to each other go to the same place."""

FINEST = 1e-8
"""Cells: nearer than this the direction of a crease is lost in rounding."""

_GAP = math.pi / 8.0
_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))


class Found(NamedTuple):
    """The lowest points of a surface."""

    loss: float
    points: tuple[Point, ...]
    """Every one that was found, in order; one alone, the nearest to the start, where they are a whole valley."""


def search(surface: Surface, start: Point, seen: Sequence[Point]) -> Found | None:
    """Look for the global minimum around a start and the lowest points that racers saw; None where there is none to be found.

    The dips of a coarse grid, the start and `seen` are followed down by Newton's method with the exact gradient, whose
    differences are the second derivatives, and where a kink ends that by a compass search that turns. Losses far away tell a
    surface that falls without end, or only comes near its lowest value. Same bits on every machine, except where the dips of
    two grids that differ in last digits do.
    """
    with np.errstate(all="ignore"):
        return _Search(surface, start, seen).found()


class _Search:
    def __init__(self, surface: Surface, start: Point, seen: Sequence[Point]) -> None:
        self._fast: Callable[[Any, Any], Any] = surface.value
        self._value, self._gradient = correctly_rounded.rounded(surface.value), correctly_rounded.rounded(surface.gradient)
        self._start = np.array(start)
        self._seeds = np.array([start, *seen], float)
        low, high = self._seeds.min(axis=0), self._seeds.max(axis=0)
        near = np.maximum(np.abs(self._seeds).max(axis=0), 1e-12 * np.abs(self._seeds).max())
        # Wide enough for the origin, which most formulas are written about, unless all of the race lies far from it.
        is_far = near > 100.0 * np.maximum(high - low, 1e-300)
        half = np.where(is_far & (high > low), 2.0 * (high - low), 1.25 * near)
        half = np.where(half > 0.0, half, max(1.0, float(half.max())))
        self._centre = np.where(is_far & (high > low), (low + high) / 2.0, 0.0)
        self._half = half
        if surface.view is not None:
            corners = np.array(surface.view).reshape(2, 2)
            self._centre, self._half = corners.mean(axis=1), np.diff(corners)[:, 0] / 2.0
        self._scale = 1.0
        """How much the loss varies; set by the grid."""
        self._unit = 1.0
        self._cell = 2.0 * self._half / (GRID - 1)

    def found(self) -> Found | None:
        grid, scale = self._dips()
        if scale is None:
            return None
        self._scale, self._unit = scale, 10.0 ** (math.floor(math.log10(scale)) - 12)
        points = np.concatenate([self._seeds, grid])
        far = self._far(float(self._losses(points).min()) - 1e-9 * scale)
        if far is None:
            return None
        points, losses, has_settled = self._polished(np.concatenate([points, far]))
        least = float(losses.min())
        far = self._far(least - 1e-9 * scale)
        if far is None or len(far):
            return None
        is_least = losses <= least + SAME * scale
        if not has_settled[is_least].any() or not has_settled[int(losses.argmin())]:
            return None
        return self._told(points[is_least & has_settled], least, scale)

    def _dips(self) -> tuple[Array, float | None]:
        """Return the points of the grid that no neighbour lies below, the lowest first, and how much the loss varies."""
        axes = [np.linspace(c - h, c + h, GRID) for c, h in zip(self._centre, self._half, strict=True)]
        x, y = axes[0][None, :], axes[1][:, None]
        losses = np.broadcast_to(np.asarray(self._fast(x, y), float), (GRID, GRID))
        finite = losses[np.isfinite(losses)]
        own = np.asarray(self._value(self._seeds[:, 0], self._seeds[:, 1]), float)
        if (losses == -np.inf).any() or not np.isfinite(own[0]):
            return np.empty((0, 2)), None
        spread = [float(np.median(finite) - finite.min())] if len(finite) else []
        scale = max([*spread, float(np.ptp(own[np.isfinite(own)])), SAME * abs(float(own[0]))]) or 1.0
        coarse = np.full((GRID + 2, GRID + 2), np.inf)
        unit = 10.0 ** (math.floor(math.log10(scale)) - DIGITS)
        coarse[1:-1, 1:-1] = np.where(np.isfinite(losses), np.round(losses / unit), np.inf)
        here = coarse[1:-1, 1:-1]
        around = [
            coarse[1 + down : GRID + 1 + down, 1 + across : GRID + 1 + across]
            for down in (-1, 0, 1)
            for across in (-1, 0, 1)
            if down or across
        ]
        rows, columns = np.nonzero((here <= np.minimum.reduce(around)) & np.isfinite(here))
        order = np.argsort(here[rows, columns], kind="stable")[:MOST_CANDIDATES]
        return np.column_stack([axes[0][columns[order]], axes[1][rows[order]]]), scale

    def _polished(self, points: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Follow points, float64[n, 2], down; return where they come to, their losses, and which of them have arrived."""
        cell, losses = self._cell, self._losses(points)
        points, losses = points[np.isfinite(losses)], losses[np.isfinite(losses)]
        radius, last = np.full(len(points), 2.0), np.full(len(points), np.inf)
        for _ in range(ROUNDS):
            going = np.flatnonzero(last > 1e-13)
            if not len(going):
                break
            here = points[going]
            step = self._newton(here)
            length = np.sqrt((step * step).sum(axis=1))
            step *= np.minimum(1.0, radius[going] / np.maximum(length, 1e-300))[:, None]
            there = here + step * cell
            new = self._losses(there)
            is_lower = (new < losses[going]) & np.isfinite(new)
            points[going[is_lower]], losses[going[is_lower]] = there[is_lower], new[is_lower]
            length = np.where(np.isfinite(length), length, np.inf)
            radius[going] = np.where(is_lower, np.minimum(2.0 * radius[going], 1e6), np.minimum(length, radius[going]) / 4.0)
            last[going] = np.where(is_lower | (length > radius[going] * 4.0), length, np.minimum(length, last[going]))
            stalled = ~is_lower & ((length <= SETTLED) | (radius[going] < 1e-14))
            last[going[stalled]] = np.where(length[stalled] <= SETTLED, 0.0, -1.0)
        has_settled = (last >= 0.0) & (last <= SETTLED)
        # Where a kink, a pole or an edge stopped a point above one that has arrived, it cannot matter any more.
        rough = np.flatnonzero(~has_settled & (losses < losses[has_settled].min(initial=np.inf)))
        rough = rough[np.argsort(losses[rough], kind="stable")[:MOST_ROUGH]]
        ends: list[Array] = []
        for index in rough:
            near = self._creased(points[index])
            if any((np.abs(near - end) <= 10.0 * CLOSE * cell).all() for end in ends):
                continue
            ends.append(near)
            if (loss := float(self._losses(near[None])[0])) < losses[index]:
                points[index], losses[index] = near, loss
            points[index], losses[index], has_settled[index] = self._compass(points[index], float(losses[index]))
        return points, losses, has_settled

    def _newton(self, points: Array) -> Array:
        """Return Newton's step from each point in cells, or one downhill where the surface is not curved upwards."""
        reach, cell = 1e-4, self._cell
        across, up = np.array([reach * cell[0], 0.0]), np.array([0.0, reach * cell[1]])
        around = np.concatenate([points, points + across, points - across, points + up, points - up])
        slopes = np.array([np.broadcast_to(each, len(around)) for each in self._gradient(around[:, 0], around[:, 1])], float)
        slope, right, left, above, below = np.split(slopes.T * cell, 5)
        xx, yy = (right - left)[:, 0] / (2.0 * reach), (above - below)[:, 1] / (2.0 * reach)
        xy = ((right - left)[:, 1] + (above - below)[:, 0]) / (4.0 * reach)
        middle, spread = (xx + yy) / 2.0, np.sqrt((xx - yy) * (xx - yy) / 4.0 + xy * xy)
        largest = np.abs(middle) + spread
        damping = np.maximum(0.0, 1e-9 * largest - (middle - spread))
        damping = np.where(damping > 2e-9 * largest, damping + 0.1 * largest, damping)
        xx, yy = xx + damping, yy + damping
        determinant = xx * yy - xy * xy
        step = np.column_stack([xy * slope[:, 1] - yy * slope[:, 0], xy * slope[:, 0] - xx * slope[:, 1]])
        step /= determinant[:, None]
        flat = ~np.isfinite(step).all(axis=1)
        steepness = np.sqrt((slope[flat] * slope[flat]).sum(axis=1))[:, None]
        step[flat] = np.where(steepness > 0.0, -slope[flat] / np.where(steepness > 0.0, steepness, 1.0), 0.0)
        return step

    def _compass(self, point: Array, loss: float) -> tuple[Array, float, bool]:
        """Look around a point in sixteen directions, which turn, nearer and nearer; say whether that comes to an end."""
        reach, misses = 1.0, 0
        for turn in range(100):
            angles = np.arange(16) * (math.pi / 8.0) + (0.0 if turn % 2 == 0 else turn * _GOLDEN)
            around = point + reach * np.column_stack(_directions(angles)) * self._cell
            losses = self._losses(around)
            best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
            if losses[best] < loss:
                point, loss, misses = around[best], float(losses[best]), 0
                reach *= 1.5
            else:
                misses += 1
                reach *= 1.0 if misses % 2 else 0.25
            if reach < 1e-14:
                break
        return point, loss, reach <= 1e-9

    def _creased(self, point: Array) -> Array:
        """Follow a point down along a crease, where there is only one direction that descends: it is looked for on a circle.

        Losses are numpy's, as there are thousands; they are compared to so many digits that those of all CPUs are alike.
        """
        reach, misses, loss = 1.0, 0, self._roughly(point[None])[0]
        for turn in range(MOST_TURNS):
            angles = np.arange(16) * _GAP + (0.0 if turn % 2 == 0 else turn * _GOLDEN)
            there, lowest = self._lowest_around(point, reach, angles, CLOSER if misses else 0, loss)
            if lowest < loss:
                point, loss, misses = there, lowest, 0
                reach *= 1.5
                continue
            misses += 1
            if misses == 2:
                reach, misses = 0.25 * reach, 0
            if reach < FINEST:
                break
        return point

    def _lowest_around(self, point: Array, reach: float, angles: NDArray[Any], closer: int, loss: float) -> tuple[Array, float]:
        """Return the lowest of the points at a distance, and its loss; where none is lower look so often between them."""
        gap = _GAP
        for level in range(1 + closer):
            around = point + reach * np.column_stack(_directions(angles.ravel())) * self._cell
            losses = self._roughly(around)
            best = int(losses.argmin())
            if losses[best] < loss:
                break
            rows = losses.reshape(angles.shape)
            if level == 0:
                dips = np.flatnonzero((rows <= np.roll(rows, 1)) & (rows <= np.roll(rows, -1)))
                middles = angles[dips[np.argsort(rows[dips], kind="stable")[:MOST_DIPS]]]
            else:
                middles = np.take_along_axis(angles, rows.argmin(axis=1)[:, None], axis=1)[:, 0]
            angles, gap = middles[:, None] + np.linspace(-gap, gap, 33), gap / 16.0
        return around[best], float(losses[best])

    def _roughly(self, points: Array) -> Array:
        """Return losses to twelve digits of how much the loss varies; infinity where there is none."""
        losses = np.broadcast_to(np.asarray(self._fast(points[:, 0], points[:, 1]), float), len(points))
        return np.where(np.isnan(losses), np.inf, np.round(losses / self._unit))

    def _losses(self, points: Array) -> Array:
        return np.array(np.broadcast_to(np.asarray(self._value(points[:, 0], points[:, 1]), float), len(points)))

    def _far(self, least: float) -> Array | None:
        """Return points far out that lie below a loss, before it rises again; None where it falls as far as one can see.

        On both halves of each of thirty rings the lowest of 32 directions is looked at nearer and nearer, as a valley that
        falls is narrow, and rises on the other side.
        """
        radii = np.repeat(2.0 ** np.arange(31), 2)[:, None]
        angles = np.tile((np.arange(64) * (math.pi / 32.0)).reshape(2, 32), (31, 1))
        gap = math.pi / 32.0
        for _ in range(14):
            along, sideways = _directions(angles)
            x, y = self._centre[0] + radii * self._half[0] * along, self._centre[1] + radii * self._half[1] * sideways
            losses = np.broadcast_to(np.asarray(self._fast(x, y), float), x.shape)
            if (losses == -np.inf).any():
                return None
            losses = np.where(np.isnan(losses), np.inf, losses)
            at = losses.argmin(axis=1)[:, None]
            angles, gap = np.take_along_axis(angles, at, axis=1) + np.linspace(-gap, gap, 9), gap / 4.0
        lowest = np.take_along_axis(losses, at, axis=1)[:, 0]
        points = np.column_stack([np.take_along_axis(each, at, axis=1)[:, 0] for each in (x, y)])
        farthest = lowest[-2 * FARTHEST :].min()
        if farthest < least and farthest <= lowest[: -2 * FARTHEST].min():
            return None
        order = np.argsort(lowest, kind="stable")[:4]
        return points[order[lowest[order] < least]]

    def _told(self, points: Array, least: float, scale: float) -> Found | None:
        """Write each of the least points once, in as few digits as have no higher loss; None where they are no minimum."""
        plain = [self._plain(point) for point in points]
        losses = self._losses(np.array(plain))
        least = float(losses.min()) + 0.0
        low = [point for point, loss in zip(plain, losses.tolist(), strict=True) if loss <= least + SAME * scale]
        near = [point for point in low if (np.abs(point - self._centre) <= 2.0 * self._half).all()]
        kept: list[Array] = []
        for point in sorted(near or low, key=lambda each: float((((each - self._start) / self._cell) ** 2).sum())):
            if all((np.abs(point - other) > 1e-4 * self._cell).any() for other in kept):
                kept.append(point)
        if any(self._is_pole(point, least, scale) for point in kept):
            return None
        least_rise, largest_rise = self._rises(kept[0], least, 0.01)
        if len(kept) > MOST_MINIMA or (len(kept) > FEW and least_rise <= LEVEL * largest_rise):
            kept = kept[:1]
        is_flat = least_rise == 0.0 or self._rises(kept[0], least, 1.0)[1] <= SAME * scale
        if is_flat and not near:
            return None  # a loss that only comes near its lowest is, far enough away, rounded to it
        ordered = sorted((float(x) + 0.0, float(y) + 0.0) for x, y in kept)
        return Found(least, tuple(ordered))

    def _plain(self, point: Array) -> Array:
        """Return the point in the fewest digits that have no higher loss; of very few digits it may be higher by rounding."""
        loss = float(self._losses(point[None])[0])
        first = math.floor(math.log10(float(self._cell.max()))) + 1
        rounded = np.array([[round(x, digit) for x in point.tolist()] for digit in range(-first, PLAIN - first)])
        allowed = loss + np.where(np.arange(PLAIN) < 4, 0.1 * SAME * self._scale, 0.0)
        is_as_low = self._losses(rounded) <= allowed
        return np.array(rounded[int(is_as_low.argmax())] if is_as_low.any() else point)

    def _is_pole(self, point: Array, loss: float, scale: float) -> bool:
        """Say whether the loss jumps right beside a point, as it does where it falls without end."""
        around = point + 1e-9 * np.column_stack(_directions(np.arange(8) * (math.pi / 4.0))) * self._cell
        losses = self._losses(around)
        return bool((np.abs(losses[np.isfinite(losses)] - loss) > 0.1 * scale).any())

    def _rises(self, point: Array, loss: float, reach: float) -> tuple[float, float]:
        """Return the least and the largest of how much the loss rises so many cells off, on both sides of a point."""
        around = reach * np.column_stack(_directions(np.arange(64) * (math.pi / 64.0))) * self._cell
        rises = np.fmax(self._losses(point + around), self._losses(point - around)) - loss
        return float(np.nanmin(rises, initial=np.inf)), float(np.nanmax(rises, initial=0.0))


def _directions(angles: NDArray[Any]) -> tuple[Array, Array]:
    """Return cosines and sines to twelve digits, which every machine has alike."""
    return np.asarray(np.round(np.cos(angles), 12)), np.asarray(np.round(np.sin(angles), 12))
