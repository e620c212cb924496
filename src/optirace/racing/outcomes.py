"""Says how a racer stands after a step, and how it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from optirace.numerics import correctly_rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optirace.racing.engine import Race, Result, Trajectory
    from optirace.racing.minima import Found
    from optirace.surfaces import Array, Point, Surface

OutcomeKind: TypeAlias = Literal[
    "converged", "oscillating", "stuck", "descending", "climbing", "diverged"
]
KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)

VerdictKind: TypeAlias = Literal[OutcomeKind, "within", "undecided"]
"""What can be said while the race runs: no racer has converged yet, but it may be within tol for
now.
"""

VERDICTS: tuple[VerdictKind, ...] = (*KINDS, "within", "undecided")

MinimumSource: TypeAlias = Literal["known", "found", "seen"]
"""Whether a minimum is known to the surface, was found on it, or is only the lowest loss that a
racer saw.
"""

WINDOW = 20
"""The last steps, by which a racer is judged; a quarter of all steps where these are fewer than
80.
"""

LONG_WINDOW = 100
"""The same where there is noise: a few steps are luck."""

STEADY = 40
"""So many losses of which each is below the one before descend, however slowly."""

BLOWN_UP = 1e6
"""A loss of so many times the loss at the start has diverged."""

SHARE = 0.01
"""A loss at the start counts as at least this share of how much the loss varies around it."""

STANDSTILL = 1e-6
"""A path shorter than this share of the view's diagonal is no movement."""

PROGRESS = 0.99
"""A smallest gap not below this share of the one before is no progress."""

RISING = 3.0
"""A loss that rises so many times as much as it falls climbs."""

FEWEST = 4
"""A race is told to climb by so many steps at least: one that rises says little of it."""

HELD = 10
"""Steps for which a verdict must hold before it is shown: until then it may be a flicker."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a racer ended."""

    kind: OutcomeKind
    at_step: int | None = None
    """Since when it is so, for `converged` and `diverged`."""

    def __str__(self) -> str:
        return self.kind if self.at_step is None else f"{self.kind} at {self.at_step}"


class Minimum(NamedTuple):
    """What gaps are measured from."""

    loss: float
    source: MinimumSource
    points: tuple[Point, ...] = ()
    """Where the loss is that low; empty where nobody knows."""


def minimum(surface: Surface, tol: float, seen: float, found: Found | None = None) -> Minimum:
    """Return what gaps are measured from where `seen` is the lowest loss seen: the one place that
    decides it.

    That is the surface's own minimum, or else the one that was found, if no loss was more than
    `tol` below it; else the lowest loss seen.
    """
    known = surface.minimum
    if known is not None and seen >= known - tol:
        return Minimum(min(seen, known), "known", surface.minima)
    if known is None and found is not None and seen >= found.loss - tol:
        return Minimum(min(seen, found.loss) + 0.0, "found", found.points)
    return Minimum(seen, "seen")


@dataclass(frozen=True, slots=True)
class Limits:
    """Beyond which a racer has diverged."""

    low: float
    high: float
    box: tuple[float, float, float, float] | None
    """x0, x1, y0, y1 of the view of a surface that has no lowest point; it reaches as far as the
    start.
    """

    def hold(self, x: Array, y: Array, loss: Array) -> NDArray[np.bool_]:
        """Say, for every point and its loss, whether it lies within; what is not finite does
        not.
        """
        is_within = (
            (self.low <= loss)
            & (loss <= self.high)
            & np.isfinite(loss)
            & np.isfinite(x)
            & np.isfinite(y)
        )
        if self.box is not None:
            x0, x1, y0, y1 = self.box
            is_within &= (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
        return np.asarray(is_within)


def limits(surface: Surface, start: Point) -> Limits:
    """Return what a race from a start stays within: losses of a million times the loss at the
    start.

    Where that loss happens to be near 0, a hundredth of how much the loss varies around the start
    stands for it. So the limits scale with the loss. There is a lower one only where no minimum is
    known: there a loss may have none.
    """
    x, y = start
    reach = np.array([-1.0, -0.5, 0.0, 0.5, 1.0]) * max(1.0, abs(x), abs(y))
    with np.errstate(all="ignore"):
        loss = float(correctly_rounded.rounded(surface.value)(*np.array(start)))
        around = np.asarray(
            correctly_rounded.rounded(surface.value)(
                *map(np.ravel, np.meshgrid(x + reach, y + reach))
            )
        )
        changes = np.abs(around - loss)
        changes = np.sort(changes[np.isfinite(changes)])
        scale = max(abs(loss), SHARE * float(changes[len(changes) // 2]) if len(changes) else 0.0)
    high = BLOWN_UP * scale or math.inf
    box = None
    if surface.view is not None and not surface.is_bounded:
        x0, x1, y0, y1 = surface.view
        box = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
    return Limits(-math.inf if surface.minima else -high, high, box)


def window(end: int) -> int:
    """Return how many steps per racer is judged by after step `end`."""
    return max(1, min(WINDOW, end // 4))


@dataclass(frozen=True, slots=True)
class Goal:
    """What must be known of a race to judge a racer of it."""

    tol: float
    """The gap within which a racer has arrived; -inf on a surface that has no lowest point."""

    standstill: float
    """A path of this length over a window is no movement."""

    is_sure: bool
    """Whether gaps are measured from the minimum, and not from what was seen."""

    is_noisy: bool

    def has_converged(self, is_near: Any, has_come: Any, is_still: Any) -> Any:
        """Say whether a racer has converged, of one or of many at once.

        `is_near`: within tol for a whole window. Whoever saw the lowest loss is always near it; so
        where the minimum is not known it must also have come there from farther away, and stand
        still.
        """
        return is_near & (self.is_sure | (has_come & is_still))


def goal(race: Race, source: MinimumSource) -> Goal:
    """Return what the racers of a race are judged by, whose minimum is from a source."""
    surface = race.surface
    has_minimum = surface.is_bounded or bool(surface.minima) or source != "seen"
    size = max(1.0, abs(race.start[0]), abs(race.start[1]))
    if surface.view is not None:
        x0, x1, y0, y1 = surface.view
        size = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
    return Goal(
        race.tol if has_minimum else -math.inf,
        STANDSTILL * size,
        source != "seen",
        race.noise > 0.0,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of a racer after a step, not knowing what comes; str() of it is empty where
    that is nothing.
    """

    kind: VerdictKind
    at_step: int | None
    """Since when it is so, for `within` and `diverged`, and for `converged` at the end."""

    tol: float
    is_final: bool
    """Whether the race is over, and this is the racer's outcome."""

    def __str__(self) -> str:
        if self.kind == "within":
            return f"within {self.tol:g} since {self.at_step}"
        if self.kind == "undecided" or (self.kind == "descending" and not self.is_final):
            return ""
        return self.kind if self.at_step is None else f"{self.kind} at {self.at_step}"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What can be said of a racer after each of its steps; only the last is its outcome."""

    trajectory: Trajectory
    tol: float
    kinds: NDArray[np.int8]
    """int8[n + 1]: indices into VERDICTS."""

    is_near: NDArray[np.bool_]
    """bool[n + 1]: whether the loss is within tol of the lowest known by then."""

    floor: Array
    """float64[n + 1]: the loss that gaps are measured from at each step."""

    def at(self, step: int) -> Verdict:
        """Return the verdict after a step; past the racer's end, its last."""
        step, outcome = min(step, self.trajectory.steps), self.trajectory.outcome
        if step == self.trajectory.steps:
            return Verdict(outcome.kind, outcome.at_step, self.tol, is_final=True)
        kind = VERDICTS[self.kinds[step]]
        since = (
            _since(self.trajectory.losses[: step + 1], self.floor[step], self.tol)
            if kind == "within"
            else None
        )
        return Verdict(kind, since, self.tol, is_final=False)


def _since(losses: Array, floor: float, tol: float) -> int:
    """Return the step since which all losses are within tol."""
    outside = np.flatnonzero(losses - floor > tol)
    return int(outside[-1]) + 1 if len(outside) else 0


def judged(trajectory: Trajectory, least: Minimum, goal: Goal) -> Outcome:
    """Say how a racer ended that has run; one that has diverged keeps that outcome."""
    end = trajectory.steps
    if trajectory.outcome.kind == "diverged":
        return trajectory.outcome
    kind = KINDS[_Course(trajectory).kinds(np.full(end + 1, least.loss), goal, end)[0]]
    return Outcome(
        kind, _since(trajectory.losses, least.loss, goal.tol) if kind == "converged" else None
    )


def verdicts(result: Result, trajectory: Trajectory) -> Verdicts:
    """Judge a racer after each step by the steps up to it; what has not held for a while is
    undecided.
    """
    race, floor = result.race, _floor(result, trajectory.steps)
    aim, steps = goal(race, result.minimum_from), np.arange(trajectory.steps + 1)
    kinds = _Course(trajectory).kinds(floor, aim, 0)
    with np.errstate(all="ignore"):
        is_near = trajectory.losses - floor <= aim.tol
    is_within = is_near if aim.is_sure else kinds == KINDS.index("converged")
    kinds[is_within] = VERDICTS.index("within")
    starts = np.maximum.accumulate(np.where(np.diff(kinds, prepend=kinds[0]) != 0, steps, 0))
    kinds[steps - starts < HELD] = VERDICTS.index("undecided")
    kinds[-1] = KINDS.index(trajectory.outcome.kind)
    return Verdicts(trajectory, race.tol, kinds, is_near, floor)


def lowest(trajectories: Sequence[Trajectory], limits: Limits) -> float:
    """Return the lowest loss that racers saw.

    The step by which a racer is lost shows nothing of the surface, nor does a racer that fell
    without end.
    """
    stayed = [each for each in trajectories if not each.losses[-1] < limits.low] or trajectories
    return min(float(_sound(each).min()) for each in stayed)


def _sound(trajectory: Trajectory) -> Array:
    """Return the losses without the one that says that a racer has diverged."""
    return trajectory.losses[:-1] if trajectory.outcome.kind == "diverged" else trajectory.losses


def _floor(result: Result, end: int) -> Array:
    """Return the loss that gaps are measured from after each step up to `end`: of what is only
    seen, what was seen by then.
    """
    if result.minimum_from != "seen":
        return np.full(end + 1, result.minimum)
    race, known = result.race, result.race.surface.minimum
    low = limits(race.surface, race.start).low
    floor, fallen = (np.full(end + 1, math.inf if known is None else known) for _ in range(2))
    for each in result.trajectories:
        best = np.minimum.accumulate(_sound(each)[: end + 1])
        np.minimum(fallen[: len(best)], best, out=fallen[: len(best)])
        np.minimum(fallen[len(best) :], best[-1], out=fallen[len(best) :])
        np.minimum(floor[: len(best)], best, out=floor[: len(best)])
        if not each.losses[-1] < low:
            np.minimum(floor[len(best) :], best[-1], out=floor[len(best) :])
    return np.where(np.isfinite(floor), floor, fallen)


class _Course:
    """What the rule looks at in a racer's steps.

    Each array has a place a step; what a step changes stands at its end.
    """

    def __init__(self, trajectory: Trajectory) -> None:
        losses, points = trajectory.losses, trajectory.points
        with np.errstate(all="ignore"):
            moves = np.diff(points, axis=0, prepend=points[:1])
            changes = np.diff(losses, prepend=losses[0])
            self.losses = losses
            self.strides = np.sqrt((moves * moves).sum(axis=1))
            self.rises, self.falls = np.maximum(changes, 0.0), np.maximum(-changes, 0.0)
            self.has_turned = np.append(False, (moves[1:] * moves[:-1]).sum(axis=1) < 0.0)
            self.best, self.worst = np.minimum.accumulate(losses), np.maximum.accumulate(losses)
            steps = np.arange(len(losses))
            self.falling = steps - np.maximum.accumulate(np.where(changes < 0.0, 0, steps))
            """int64: for how many steps on end the loss has fallen."""

    def kinds(self, floor: Array, goal: Goal, first: int) -> NDArray[np.int8]:
        """Judge each step from `first` on as if the race had ended there: int8, indices into
        KINDS.
        """
        end = len(self.losses) - 1
        kinds = np.full(end + 1 - first, KINDS.index("descending"), np.int8)
        with np.errstate(all="ignore"):
            for low, high, length in _stretches(first, end, WINDOW):
                kinds[low - first : high + 1 - first] = self._kinds(
                    floor[low : high + 1], goal, low, high, length
                )
            if goal.is_noisy:
                for low, high, length in _stretches(max(first, 4), end, LONG_WINDOW):
                    self._outdo_luck(kinds[low - first : high + 1 - first], low, high, length)
        return kinds

    def _kinds(
        self, floor: Array, goal: Goal, low: int, high: int, length: int
    ) -> NDArray[np.int8]:
        """Judge the steps from low to high by windows of one length; the order is the definition,
        the last that fits holds.
        """

        def over(ufunc: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
            return _over(ufunc, values[low - length + 1 : high + 1], length)

        now, before = over(np.minimum, self.losses), self.best[low - length : high + 1 - length]
        rises, falls = over(np.add, self.rises), over(np.add, self.falls)
        inner = max(1, length - 1)
        inside = slice(low - inner + 1, high + 1)
        is_straight = ~_over(np.logical_or, self.has_turned[inside], inner) & (rises == 0.0)
        is_still = over(np.add, self.strides) <= goal.standstill
        is_falling = self.falling[low : high + 1] >= np.minimum(
            STEADY - 1, np.arange(low, high + 1)
        )
        gains = (now - floor < PROGRESS * (before - floor)) | is_straight | is_falling
        is_near = over(np.maximum, self.losses) - floor <= goal.tol
        kinds = np.full(high + 1 - low, KINDS.index("oscillating"), np.int8)
        kinds[(now > before) & self._rises_mostly(low, high, max(length, FEWEST))] = KINDS.index(
            "climbing"
        )
        kinds[gains] = KINDS.index("descending")
        kinds[is_still | (is_straight & (rises == 0.0) & (falls == 0.0))] = KINDS.index("stuck")
        has_come = self.worst[low : high + 1] - floor > goal.tol
        kinds[goal.has_converged(is_near, has_come, is_still)] = KINDS.index("converged")
        return kinds

    def _rises_mostly(self, low: int, high: int, length: int) -> NDArray[np.bool_]:
        """Say of each step whether the loss rose much more than it fell in so many steps up to it,
        or in all that there are.
        """
        lacking = np.zeros(max(0, length - 1 - low))
        rises, falls = (
            _over(
                np.add, np.concatenate([lacking, each[max(0, low - length + 1) : high + 1]]), length
            )
            for each in (self.rises, self.falls)
        )
        return np.asarray(rises >= RISING * falls)

    def _outdo_luck(self, kinds: NDArray[np.int8], low: int, high: int, length: int) -> None:
        """Judge anew, by windows of one length, whether a racer with noise gains: by all of a
        window, not by its best loss.
        """
        # Of a race of fewer than 400 steps the window is a quarter, and what went before it is
        # about all the rest.
        mean = _over(np.add, self.losses[low - length + 1 : high + 1], length) / length
        highest = _over(
            np.maximum, self.losses[low - 4 * length + 1 : high + 1 - length], 3 * length
        )
        moves = kinds >= 0
        for kind in ("stuck", "converged"):
            moves &= kinds != KINDS.index(kind)
        is_steady = np.minimum(STEADY - 1, np.arange(low, high + 1))
        is_down = (mean < self.best[low - length : high + 1 - length]) | (
            self.falling[low : high + 1] >= is_steady
        )
        kinds[moves] = KINDS.index("oscillating")
        kinds[moves & (mean > highest)] = KINDS.index("climbing")
        kinds[moves & is_down] = KINDS.index("descending")


def _stretches(first: int, end: int, longest: int) -> list[tuple[int, int, int]]:
    """Return (from, to, window) of the steps that are judged by windows of one length; step 0 has
    none.
    """
    found = []
    low = max(1, first)
    while low <= end:
        length = max(1, min(longest, low // 4))
        high = end if length == longest else min(end, 4 * length + 3)
        found.append((low, high, length))
        low = high + 1
    return found


def _over(ufunc: np.ufunc, values: NDArray[Any], length: int) -> NDArray[Any]:
    """Join every `length` neighbours; always in the same order, so that each machine gets the same
    bits.
    """
    count = len(values) + 1 - length
    joined = values[:count].copy()
    for shift in range(1, length):
        ufunc(joined, values[shift : shift + count], out=joined)
    return joined
