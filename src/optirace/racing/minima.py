"""Looks for the lowest point of a surface of which none is known, and says where there is none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from optirace.numerics import correctly_rounded
from optirace.racing import descent, unbounded
from optirace.racing.descent import Ends, Ground, directions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optirace.surfaces import Array, Point, Surface

GRID = 49
"""Points along each side of the coarse grid; the distance between two of them, a cell, is the unit
of length of the search.
"""

MOST_CANDIDATES = 12
"""Dips of the grid that are followed down; the start and the lowest point of every racer are,
too.
"""

NARROWEST = 0.125
"""The shorter side of the grid is at least this share of the longer one: a start on an axis says
nothing of the other.
"""

MOST_MINIMA = 16
"""Equal minima that are told; a surface with more is as good as one with a valley of them."""

MOST_ROUGH = 3
"""Points that are followed along kinks, the lowest first: it takes longer than all else."""

ROUNDS, SMOOTH_ROUNDS = 24, 25
"""Rounds of a descent with numpy's functions along kinks, and by Newton's method, in which all
points take a step each.
"""

EXACT_ROUNDS = 16
"""Rounds of a descent that begins near its end."""

CIRCLES = 10
"""Circles around a point on which creases are looked for."""

DIGITS = 6
"""Digits to which the losses of the grid are compared: numpy's functions differ between CPUs in
their last ones.
"""

LATTICE = 1e-7
"""Cells to which the points are rounded that numpy's functions led to."""

MOVED = 0.15
"""Cells that a minimum may be moved to be written in fewer digits, where its loss stays the
same.
"""

PLAIN = 7
"""Digits in which a minimum is written if its loss is no higher there: it is 0, and not 1e-17."""

SAME = 1e-12
"""A gap below this share of how much the loss varies is rounding."""

ALIKE = 1e-6
"""A gap above this share of how much the loss varies is none, however well the functions were
computed.
"""

DEEP = 3.0
"""At a pole the loss is so many times as deep below all of a grid as it varies; at a jump it is
not.
"""

CLOSE = 1e-4
"""Cells: points that come so near to each other are one."""

BESIDE = 0.25
"""Cells from a minimum at which others are, if it lies in a valley of them."""

LEVEL = 1e-3
"""A rise above this share of the usual one is no floor of a valley, seen on a circle."""

WIDER = 8.0
"""A second grid is so many times as wide."""

PULL = 1e-12
"""How strongly the nearest minimum of a valley is pulled towards the start, by how much the loss
varies.
"""

RINGS = 6
"""Circles around a minimum in a valley on which a nearer one is looked for, each eight times as
wide as the one inside it.
"""

WALKED = 1e-6
"""Cells: nearer than that nothing is looked for."""

WALKS = 12
"""How often that is done, each time from the nearest."""


class Found(NamedTuple):
    """The lowest points of a surface."""

    loss: float
    points: tuple[Point, ...]
    """Every one that was found, in order; one alone, the nearest to the start, where they are a
    whole valley.
    """


class Findings(NamedTuple):
    """What is found out about a surface."""

    found: Found | None
    """None where there is no lowest point, or none that was found."""

    is_bounded: bool
    """Whether the loss is bounded below, as far as can be seen."""


def search(surface: Surface, start: Point, seen: Sequence[Point]) -> Findings:
    """Look for the global minimum around a start and the lowest points that racers saw.

    Of a loss that falls without end it is the lowest point of the view, unless that lies on its
    border. Nothing is found of a surface that raises an exception far from the race.

    The dips of a coarse grid, the start and `seen` are followed down by Newton's method with the
    exact gradient, whose differences are the second derivatives, and along the kinks that end it.
    Losses far away tell a surface that falls without end, or only comes near its lowest value. All
    this takes numpy's functions. What it leads to is rounded and followed down again with exact
    ones, so that the bits are the same on every machine, except where two dips differ in last
    digits.
    """
    with np.errstate(all="ignore"):
        try:
            return _Search(surface, start, seen).findings()
        except Exception:  # noqa: BLE001 - a plugin may refuse points where no racer goes, in any way
            return Findings(None, is_bounded=True)


class _Search:
    def __init__(self, surface: Surface, start: Point, seen: Sequence[Point]) -> None:
        self._start, self._view = np.array(start), surface.view
        self._seeds = np.array([start, *seen], float)
        low, high = self._seeds.min(axis=0), self._seeds.max(axis=0)
        near = np.maximum(np.abs(self._seeds).max(axis=0), NARROWEST * np.abs(self._seeds).max())
        # Wide enough for the origin, which most formulas are written about, unless all of the race
        # lies far from it.
        is_far = near > 100.0 * np.maximum(high - low, 1e-300)
        half = np.where(is_far & (high > low), 2.0 * (high - low), 1.25 * near)
        half = np.where(half > 0.0, half, max(1.0, float(half.max())))
        self._centre = np.where(is_far & (high > low), (low + high) / 2.0, 0.0)
        self._half = half
        if surface.view is not None:
            corners = np.array(surface.view).reshape(2, 2)
            self._centre, self._half = corners.mean(axis=1), np.diff(corners)[:, 0] / 2.0
        cell = 2.0 * self._half / (GRID - 1)
        self._metric = cell if cell.max() > 100.0 * cell.min() else np.full(2, cell.max())
        exact = correctly_rounded.rounded
        self._fast = Ground(surface.value, surface.gradient, cell, -math.inf)
        self._exact = Ground(exact(surface.value), exact(surface.gradient), cell, -math.inf)
        self._scale = 1.0
        """How much the loss varies; set by the grid."""

    def findings(self) -> Findings:
        own = self._exact.losses(self._seeds)
        near, losses = self._dips(self._centre, self._half, MOST_CANDIDATES)
        if not np.isfinite(own[0]):
            return Findings(None, is_bounded=True)
        self._scale = scale = _scale(losses, own)
        self._fast, self._exact = (
            each._replace(bottom=-descent.BOTTOM * scale) for each in (self._fast, self._exact)
        )
        rings = unbounded.rings(self._fast, self._centre, self._half)
        points = np.concatenate([self._seeds, near])
        least = float(np.fmin.reduce(losses, axis=None, initial=np.inf))
        if rings is None or least == -np.inf or rings.is_falling(least, LEVEL * scale):
            return Findings(self._lowest_in_view(points, least), is_bounded=False)
        wide, _ = self._dips(
            self._centre, WIDER * np.full(2, self._half.max()), MOST_CANDIDATES // 2
        )
        far = rings.below(float(self._fast.losses(points).min()))
        ends = self._descended(self._fast, np.concatenate([points, wide, far]))
        if self._is_endless(self._fast, ends):
            lowest = float(ends.losses.min())
            is_at_pole = (
                not ends.is_settled[int(ends.losses.argmin())] and lowest < least - DEEP * scale
            )
            is_bounded = lowest >= self._fast.bottom and not is_at_pole
            return Findings(None if is_bounded else self._lowest_in_view(points, least), is_bounded)
        found = self._lowest(ends)
        return Findings(
            None if found is None or len(rings.below(found.loss - SAME * scale)) else found,
            is_bounded=True,
        )

    def _lowest(self, ends: Ends) -> Found | None:
        """Return the lowest of the points that have come down."""
        lowest = self._distinct(
            ends.points, ends.losses, float(ends.losses.min()) + ALIKE * self._scale
        )[: MOST_MINIMA + 1]
        lowest = lowest[~unbounded.is_falling(self._fast, ends.points[lowest], 2)]
        if not len(lowest):
            return None
        ends = self._again(ends.points[lowest])
        if self._is_endless(self._exact, ends):
            return None
        least = float(ends.losses.min())
        is_least = ends.is_settled & (ends.losses <= least + self._doubt(ends.points))
        return self._told(ends.points[is_least], least) if is_least.any() else None

    def _lowest_in_view(self, points: Array, least: float) -> Found | None:
        """Return the lowest of the points inside the view of a loss that falls without end, if
        nothing in it is lower.
        """
        if self._view is None:
            return None
        ends = self._descended(self._fast, points)
        is_inside = (np.abs(ends.points - self._centre) <= self._half).all(axis=1)
        if not is_inside.any() or float(ends.losses[is_inside].min()) > least:
            return None
        points, losses, is_settled, is_endless = ends
        return self._lowest(
            Ends(points[is_inside], losses[is_inside], is_settled[is_inside], is_endless[is_inside])
        )

    def _dips(self, centre: Array, half: Array, most: int) -> tuple[Array, Array]:
        """Return the points of a grid that no neighbour lies below, the lowest first, and the
        losses of all of it.
        """
        axes = [np.linspace(c - h, c + h, GRID) for c, h in zip(centre, half, strict=True)]
        x, y = axes[0][None, :], axes[1][:, None]
        losses = np.broadcast_to(np.asarray(self._fast.value(x, y), float), (GRID, GRID))
        unit = 10.0 ** (
            math.floor(math.log10(_scale(losses, self._exact.losses(self._seeds)))) - DIGITS
        )
        coarse = np.full((GRID + 2, GRID + 2), np.inf)
        coarse[1:-1, 1:-1] = np.where(np.isfinite(losses), np.round(losses / unit), np.inf)
        here = coarse[1:-1, 1:-1]
        around = [
            coarse[1 + down : GRID + 1 + down, 1 + across : GRID + 1 + across]
            for down in (-1, 0, 1)
            for across in (-1, 0, 1)
            if down or across
        ]
        rows, columns = np.nonzero((here <= np.minimum.reduce(around)) & np.isfinite(here))
        order = np.argsort(here[rows, columns], kind="stable")[:most]
        return np.column_stack([axes[0][columns[order]], axes[1][rows[order]]]), losses

    def _descended(self, ground: Ground, points: Array) -> Ends:
        """Follow points down with numpy's functions."""
        ends = descent.smooth(ground, points, SMOOTH_ROUNDS)
        if self._is_endless(ground, ends):
            return ends
        # Where a kink or an edge stopped a point above one that has settled, it cannot matter any
        # more.
        least = ends.losses[ends.is_settled].min(initial=np.inf)
        rough = np.flatnonzero(~ends.is_settled & (ends.losses < least))
        rough = rough[self._distinct(ends.points[rough], ends.losses[rough], math.inf)][:MOST_ROUGH]
        return self._along_kinks(ground, ends, rough, ROUNDS, 1.0, CIRCLES)

    def _again(self, points: Array) -> Ends:
        """Follow points down with exact functions, from where others led to."""
        lattice = LATTICE * self._exact.cell
        ends = descent.smooth(self._exact, np.round(points / lattice) * lattice, EXACT_ROUNDS)
        rough = np.flatnonzero(~ends.is_settled)[:MOST_ROUGH]
        return self._along_kinks(self._exact, ends, rough, EXACT_ROUNDS, 10.0 * LATTICE, 0)

    def _along_kinks(
        self,
        ground: Ground,
        ends: Ends,
        rough: NDArray[np.intp],
        rounds: int,
        reach: float,
        circles: int,
    ) -> Ends:
        """Follow some of the points on along kinks."""
        if len(rough):
            followed = descent.kinked(ground, ends.points[rough], rounds, reach, circles)
            for every, some in zip(ends, followed, strict=True):
                every[rough] = some
        return ends

    def _is_endless(self, ground: Ground, ends: Ends) -> bool:
        """Say whether the lowest point went too far, or to a pole."""
        lowest = int(ends.losses.argmin())
        return bool(ends.is_endless[lowest]) or (
            not ends.is_settled[lowest]
            and unbounded.is_pole(ground, ends.points[lowest], self._scale)
        )

    def _distinct(self, points: Array, losses: Array, highest: float) -> NDArray[np.intp]:
        """Return the indices of points up to a loss that are apart from each other, the lowest
        first.
        """
        kept: list[int] = []
        for index in np.argsort(losses, kind="stable").tolist():
            if losses[index] > highest:
                break
            if (
                not kept
                or (np.abs(points[kept] - points[index]) > CLOSE * self._exact.cell)
                .any(axis=1)
                .all()
            ):
                kept.append(index)
        return np.array(kept, np.intp)

    def _doubt(self, points: Array) -> Array:
        """Return by how much the losses at points may be higher than the least and yet be it."""
        losses = self._exact.losses(points)
        rounding = 4.0 * descent.ROUNDING * np.abs(losses) + SAME * self._scale
        return np.asarray(
            rounding + np.minimum(self._exact.jitter(points, losses), ALIKE * self._scale)
        )

    def _told(self, points: Array, least: float) -> Found | None:
        """Write each of the least points once, in as few digits as have no higher loss; None where
        they are no minimum.
        """
        plain = np.array([self._plain(point) for point in points])
        losses = self._exact.losses(plain)
        least = float(losses.min()) + 0.0
        low = plain[losses <= least + self._doubt(plain)]
        is_near = (np.abs(low - self._centre) <= 2.0 * self._half).all(axis=1)
        low = low[is_near] if is_near.any() else low
        kept = low[self._distinct(low, self._away(low), math.inf)]
        if not is_near.any() and unbounded.is_falling(self._fast, kept[:1], descent.CLOSER)[0]:
            return None
        if any(unbounded.is_pole(self._exact, point, self._scale) for point in kept):
            return None
        if not is_near.any() and self._is_rounded(kept[0], least):
            return None
        if len(kept) > MOST_MINIMA or self._is_in_valley(kept[0], least):
            kept = self._nearest(kept, least)[None]
        return Found(least, tuple(sorted((float(x) + 0.0, float(y) + 0.0) for x, y in kept)))

    def _plain(self, point: Array) -> Array:
        """Return the point in the fewest digits that have no higher loss; of very few digits it may
        be higher by rounding.

        Both numbers are rounded alike, or else one of them.
        """
        loss = float(self._exact.losses(point[None])[0])
        first = math.floor(math.log10(float(self._exact.cell.max()))) + 1
        rounded = np.array(
            [[round(x, digit) for x in point.tolist()] for digit in range(-first, PLAIN - first)]
        )
        allowed = loss + np.where(
            np.arange(PLAIN) < 4, descent.ROUNDING * max(abs(loss), self._scale), 0.0
        )
        for axes in ([0, 1], [0], [1]):
            tried = np.repeat(point[None], PLAIN, axis=0)
            tried[:, axes] = rounded[:, axes]
            is_as_low = (self._exact.losses(tried) <= allowed) & (
                np.abs(tried - point) <= MOVED * self._exact.cell
            ).all(axis=1)
            if is_as_low.any():
                point = tried[int(is_as_low.argmax())]
                if len(axes) == 2:
                    break
        return point

    def _is_rounded(self, point: Array, least: float) -> bool:
        """Say whether the loss is the least on and on, but only to one side.

        What only comes near its lowest is so: far enough away it is rounded to it.
        """
        away = math.sqrt(float((((point - self._centre) / self._exact.cell) ** 2).sum()))
        (places,), (losses,) = descent.lowest_on_circles(
            self._fast, point[None], away * np.array([[0.25, 0.5, 1.0, 1.25]])
        )
        is_least = losses <= least + SAME * self._scale
        is_behind = ((places - point) * (places[-1, losses[-1].argmin()] - point)).sum(axis=2) < 0.0
        return bool(is_least.any(axis=1).all() and not (is_least & is_behind).any(axis=1).all())

    def _is_in_valley(self, point: Array, least: float) -> bool:
        """Say whether a minimum has others beside it: on a circle, the nearer one looks the less
        the loss rises.
        """
        radii = np.array([BESIDE])
        nearer, near = (
            float(descent.lowest_on_circles(self._fast, point[None], radii[None], closer)[1].min())
            - least
            for closer in (descent.CLOSER, descent.CLOSER - 3)
        )
        if nearer > LEVEL * self._usual_rises(point, least, radii)[0]:
            return False
        return nearer <= 2.0 * descent.ROUNDING * abs(least) or near > 1.5 * nearer

    def _usual_rises(self, point: Array, least: float, radii: Array) -> Array:
        """Return the median rises of the loss on circles around a point."""
        around = np.column_stack(directions(np.arange(16) * (math.pi / 8.0))) * self._exact.cell
        rises = self._fast.losses(point + radii[:, None, None] * around) - least
        return np.asarray(np.sort(rises, axis=1)[:, 8])

    def _nearest(self, points: Array, least: float) -> Array:
        """Return the minimum that is nearest to the start, of a valley in which some points lie,
        the nearest first.

        It is walked along from dip to dip of circles; on a plateau their sides towards the start
        count as dips.
        """
        here, pulled, reach = self._entered(points[0], least), self._pulled(), 1.0
        for _ in range(WALKS):
            radii = reach * np.array([8.0 ** (2 - each) for each in range(RINGS)])
            (places,), _ = descent.lowest_on_circles(pulled, here[None], radii[None])
            is_least = (
                self._fast.losses(places)
                <= least + LEVEL * self._usual_rises(here, least, radii)[:, None]
            )
            away = np.where(is_least, self._away(places), np.inf)
            ring = int(away.min(axis=1).argmin())
            best = int(away[ring].argmin())
            is_behind = ((places[ring] - here) * (places[ring, best] - here)).sum(axis=1) < 0.0
            nearest, other = np.array(
                [away[ring, best], away[ring][is_behind].min(initial=np.inf)]
            ) - self._away(here)
            ahead = (
                radii[ring] * (other - nearest) / (2.0 * (other + nearest))
            )  # where the parabola is lowest
            ahead = ahead if math.isfinite(ahead) and other > -nearest else radii[ring]
            if nearest < 0.0:
                here, ahead = places[ring, best], abs(ahead - radii[ring])
            elif ahead <= WALKED:
                break
            reach = float(np.clip(ahead, WALKED, 1.0))
        tried = np.array(
            [self._plain(each) for each in [*self._again(here[None]).points, here, points[0]]]
            + [self._start]
        )
        is_least = self._exact.losses(tried) <= least + self._doubt(tried)
        away = np.where(is_least, self._away(tried), np.inf)
        return np.asarray(tried[int((away <= away.min() * (1.0 + CLOSE)).argmax())])

    def _entered(self, point: Array, least: float) -> Array:
        """Return the first least point on the way from the start to one, as far as sixty on a line
        show it.
        """
        share = np.linspace(0.0, 1.0, 65)
        for _ in range(5):
            line = self._start + share[:, None] * (point - self._start)
            is_least = self._exact.losses(line) <= least + SAME * self._scale
            is_least[-1] = True
            first = int(is_least.argmax())
            share = np.linspace(share[max(first - 1, 0)], share[first], 65)
        return np.array(line[first])

    def _away(self, points: Array) -> Array:
        """Return the squares of the distances from the start, in cells; these are no measure only
        where they are very long.
        """
        return np.asarray((((points - self._start) / self._metric) ** 2).sum(axis=-1))

    def _pulled(self) -> Ground:
        """Return the surface with a faint bowl around the start added, which has no slopes."""
        ground, (x0, y0), (width, height) = self._fast, self._start, self._metric
        return ground._replace(
            value=lambda x, y: (
                ground.value(x, y)
                + PULL * self._scale * (((x - x0) / width) ** 2 + ((y - y0) / height) ** 2)
            )
        )


def _scale(losses: Array, own: Array) -> float:
    """Return how much losses vary near their lowest, or else at all."""
    finite, own = np.sort(losses[np.isfinite(losses)]), own[np.isfinite(own)]
    rises = [
        float(finite[int(share * (len(finite) - 1))] - finite[0])
        for share in (0.1, 0.5, 1.0)
        if len(finite)
    ]
    each = [
        *rises,
        float(np.ptp(own)) if len(own) else 0.0,
        SAME * abs(float(own[0])) if len(own) else 0.0,
    ]
    return next((scale for scale in each if 0.0 < scale < math.inf), 1.0)
