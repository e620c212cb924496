"""Runs every racer from the same start, records every step, and says how each one ended."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from optirace import optimizers
from optirace.errors import InvalidValueError
from optirace.numerics import correctly_rounded
from optirace.racing import outcomes
from optirace.racing.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.optimizers import Optimizer
    from optirace.racing.lr_schedule import RateSchedule
    from optirace.racing.minima import Findings, Found
    from optirace.racing.outcomes import Limits, MinimumSource
    from optirace.settings.option import Asked
    from optirace.surfaces import Array, Point, Surface, View

RateSource: TypeAlias = Literal["given", "tuned", "convention", "surface", "rule"]

MOST_STEPS = 1_000_000
MOST_RACERS = 12

FAR = 4.0
"""A racer that runs so many times as far as the others is not what a view of its own is made
for.
"""

LEAST_SIDE, LARGEST_SIDE, LEAST_SHARE = 1e-100, 1e100, 1e-9
"""Of a view: what is computed of its sides then is a number, and neighbouring pixels stand for
different points.
"""


@dataclass(frozen=True, slots=True)
class Racer:
    """A rule at the start line."""

    label: str
    optimizer: Optimizer
    style: int
    """Which row of the theme's colours and of the markers it wears."""

    lr_from: RateSource = "rule"
    """Who chose its learning rate."""

    schedule: RateSchedule | None = None
    """How its learning rate changes; None where it does not."""

    tuned: tuple[str, ...] = ()
    """The names of its hyperparameters that are the best of those tried."""

    @property
    def settings(self) -> dict[str, Any]:
        """What people are told of its rule, by name: the hyperparameters, the form where it is not
        the usual, the schedule.

        Where the rate stands is told where that matters: while a schedule changes it.
        """
        told = optimizers.told(self.optimizer)
        if self.schedule is None:
            return {name: value for name, value in told.items() if name != "lr_in"}
        return {**told, "schedule": self.schedule.text}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Race:
    """Everything that decides the numbers."""

    surface: Surface
    racers: tuple[Racer, ...]
    start: Point
    steps: int = 200
    tol: float = 1e-3

    noise: float = 0.0
    """The standard deviation of what is added to each part of the gradient; the same draw for every
    racer at a step.
    """

    seed: int = 0

    rates_tried: tuple[float, ...] = ()
    """The learning rates that were tried to find each racer its best, ascending; empty where none
    was tuned.
    """

    betas_tried: tuple[float, ...] = ()
    """The betas that were tried likewise, besides each rule's own."""

    seeds_tried: tuple[int, ...] = ()
    """The seeds over which the median was taken of what was tried; empty without noise."""

    def __repr__(self) -> str:
        return f"<Race of {self.named}>"

    @property
    def named(self) -> str:
        """What it is, in a few words."""
        labels = ", ".join(racer.label for racer in self.racers[:4]) + ", ..." * (
            len(self.racers) > 4
        )
        return f"{labels} on {self.surface.name} for {self.steps} steps"

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise InvalidValueError("steps", f"must be from 1 to {MOST_STEPS}", value=self.steps)
        if not 0.0 <= self.tol < math.inf:
            raise InvalidValueError("tol", "must be a finite number, 0 or more", value=self.tol)
        if not 0.0 <= self.noise < math.inf:
            raise InvalidValueError("noise", "must be a finite number, 0 or more", value=self.noise)
        if not 0 <= self.seed < 2**64:
            raise InvalidValueError("seed", "must be from 0 to 2^64 - 1", value=self.seed)
        self._check_places()
        if not 1 <= len(self.racers) <= MOST_RACERS:
            raise InvalidValueError(
                f"{len(self.racers)} racers",
                f"must be from 1 to {MOST_RACERS}",
                about=("optimizer",),
            )

    def _check_places(self) -> None:
        start: tuple[float, ...] = self.start  # Python may pass more
        if len(start) != 2 or not all(map(math.isfinite, start)):
            raise InvalidValueError("start", "must be two finite numbers", value=start)
        if self.surface.view is not None and len(self.surface.view) != 4:
            raise InvalidValueError(
                "view", "must be four numbers, (x0, x1, y0, y1)", value=self.surface.view
            )
        x0, x1, y0, y1 = self.surface.view or (0.0, 1.0, 0.0, 1.0)
        if not (
            x0 < x1 < math.inf
            and y0 < y1 < math.inf
            and min(x0, y0) > -math.inf
            and x1 - x0 + y1 - y0 < math.inf
        ):
            raise InvalidValueError(
                "view",
                "must be finite numbers, X0 below X1 and Y0 below Y1",
                value=(x0, x1, y0, y1),
            )
        for low, high in ((x0, x1), (y0, y1)):
            if (
                not max(LEAST_SIDE, max(abs(low), abs(high)) * LEAST_SHARE)
                <= high - low
                <= LARGEST_SIDE
            ):
                raise InvalidValueError(
                    "view",
                    f"its sides must be from {LEAST_SIDE:g} to {LARGEST_SIDE:g} long,"
                    f" and {LEAST_SHARE:g} of the numbers at their ends or more",
                    value=(x0, x1, y0, y1),
                )
        self._check_losses()
        for name, place in (
            ("start", self.start),
            *(("minimum", each) for each in self.surface.minima),
        ):
            if max(map(abs, place)) > LARGEST_SIDE:
                raise InvalidValueError(
                    name,
                    f"must be two numbers from {-LARGEST_SIDE:g} to {LARGEST_SIDE:g}",
                    value=place,
                    shown=_words(place),
                )

    def _check_losses(self) -> None:
        with np.errstate(all="ignore"):
            loss = correctly_rounded.rounded(self.surface.value)(*np.array(self.start))
            lowest = self.surface.minimum
        if not np.isfinite(loss):
            raise InvalidValueError(
                "start",
                f"the loss is {loss} there",
                value=self.start,
                shown=_words(self.start),
                hint="choose a start where it is finite",
            )
        if lowest is not None and not math.isfinite(lowest):
            raise InvalidValueError(
                "minimum",
                f"the loss is {lowest} there",
                value=self.surface.minima[0],
                shown=_words(self.surface.minima[0]),
                hint="must be finite",
            )


def _words(point: Point) -> str:
    return f"{point[0]:.15g},{point[1]:.15g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """What one racer did, step by step; a divergent one stops at the step that is its outcome's."""

    racer: Racer
    points: Array
    """float64[n + 1, 2], read-only."""

    losses: Array
    """float64[n + 1], read-only."""

    velocity: Array | None
    """float64[n + 1, 2], read-only: the velocity or first moment that made each step; None for a
    rule without.
    """

    outcome: Outcome

    @property
    def steps(self) -> int:
        """How many steps it made, n."""
        return len(self.losses) - 1

    @property
    def best_step(self) -> int:
        """The first step with the lowest loss."""
        return int(np.nanargmin(self.losses))

    @property
    def tail_loss(self) -> float:
        """The median of the last 20 losses."""
        tail = np.sort(self.losses[-outcomes.WINDOW :])
        return float(tail[(len(tail) - 1) // 2] + tail[len(tail) // 2]) / 2.0


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """A race that has been run: its trajectories in the order of its racers."""

    race: Race
    trajectories: tuple[Trajectory, ...]

    minimum: float
    """The loss that gaps are measured from: the surface's minimum, or what a racer saw below it or
    without it.
    """

    minimum_from: MinimumSource
    """Who says so."""

    minima: tuple[Point, ...]
    """Where the loss is that low; empty where nobody knows."""

    asked: Asked | None = field(default=None, repr=False, compare=False)
    """What it was asked for with, which a film of it carries; None for a race that was put together
    by hand.
    """

    def __repr__(self) -> str:
        ends = ", ".join(f"{each.racer.label} {each.outcome}" for each in self.standings[:1])
        return f"<Result of {self.race.named}; best: {ends}>"

    @property
    def view(self) -> View:
        """The part of the plane to look at: the surface's own, or else what the race covers; and
        all that stays near.

        It is widened about its centre, its aspect kept, until the start and every racer that stays
        near it are inside.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            x0, x1, y0, y1 = self.race.surface.view or self._covered()
        centre, half = (
            np.array([(x0 + x1) / 2, (y0 + y1) / 2]),
            np.array([(x1 - x0) / 2, (y1 - y0) / 2]),
        )
        reach = max(1.0, float((np.abs(np.array(self.race.start) - centre) / half).max()) * 1.08)
        for trajectory in self.trajectories:
            with np.errstate(over="ignore", invalid="ignore"):
                away = (np.abs(trajectory.points - centre) / half).max(axis=1)
            if trajectory.outcome.kind != "diverged" and away.max() <= 2.0 * reach:
                reach = max(reach, float(away.max()) * 1.04)
        half *= reach
        centre, half = (
            centre.clip(-LARGEST_SIDE, LARGEST_SIDE),
            half.clip(LEAST_SIDE, 2.0 * LARGEST_SIDE),
        )
        half = np.maximum(half, np.abs(centre) * LEAST_SHARE)
        return centre[0] - half[0], centre[0] + half[0], centre[1] - half[1], centre[1] + half[1]

    def _covered(self) -> View:
        """Return the box round the start, the minima, and the paths of the racers that do not run
        far from the others.

        No racer is far that goes no farther than the minima lie, nor is the best one, unless the
        loss falls without end.
        """
        start = np.array(self.race.start)
        paths = [each.points for each in self.standings if each.outcome.kind != "diverged"]
        reaches = [float(np.abs(path - start).max()) for path in paths]
        goals = [float(np.abs(np.array(minimum) - start).max()) for minimum in self.minima]
        usual = max([*sorted(reaches)[(len(reaches) - 1) // 2 :][:1], *goals], default=0.0)
        most = [
            math.inf if self.race.surface.is_bounded else FAR * usual,
            *[FAR * usual] * len(paths),
        ]
        near = [
            path for path, reach, far in zip(paths, reaches, most, strict=False) if reach <= far
        ]
        points = np.concatenate([[start], *(np.array([minimum]) for minimum in self.minima), *near])
        low, high = points.min(axis=0), points.max(axis=0)
        span, far = float((high - low).max()), float(np.abs(start).max())
        if span <= 1e-4 * far:  # nobody moved to speak of, and ticks could not tell such a view
            span = 2.0 * max(1.0, far)
        half = 1.36 * np.maximum(high - low, 0.4 * span) / 2
        centre = (low + high) / 2
        return centre[0] - half[0], centre[0] + half[0], centre[1] - half[1], centre[1] + half[1]

    @property
    def standings(self) -> tuple[Trajectory, ...]:
        """The trajectories, best first: the converged by step, the others by tail loss, the
        diverged late first.
        """
        return tuple(sorted(self.trajectories, key=_standing))


def run(race: Race, findings: Findings | None = None) -> Result:
    """Run every racer to its end, and judge it; `findings` spares looking for a minimum that is not
    known once more.
    """
    draws = None
    if race.noise:
        from optirace.racing import noise  # a quiet race draws nothing

        with np.errstate(over="ignore"):  # what is not finite ends a racer
            draws = race.noise * noise.draws(race.seed, race.steps)
    limits = outcomes.limits(race.surface, race.start)
    raw = [_descend(race, racer, limits, draws) for racer in race.racers]
    found = None
    if not race.surface.minima:
        race, found = _looked_into(race, raw, findings)
        limits = outcomes.limits(race.surface, race.start)
        raw = [_until_lost(each, limits) for each in raw]
    minimum = outcomes.minimum(race.surface, race.tol, outcomes.lowest(raw, limits), found)
    goal = outcomes.goal(race, minimum.source)
    return Result(
        race,
        tuple(replace(each, outcome=outcomes.judged(each, minimum, goal)) for each in raw),
        *minimum,
    )


def _looked_into(
    race: Race, raw: Sequence[Trajectory], findings: Findings | None
) -> tuple[Race, Found | None]:
    """Look for the minimum of a surface of which none is known, from where racers came lowest, too;
    say if it is unbounded.
    """
    from optirace.racing import minima  # most surfaces tell their minimum

    sound = [each for each in raw if each.outcome.kind != "diverged"]
    seen = [tuple(each.points[each.best_step].tolist()) for each in sound]
    found, is_bounded = findings or minima.search(race.surface, race.start, seen)
    return replace(
        race, surface=replace(race.surface, is_bounded=race.surface.is_bounded and is_bounded)
    ), found


def _descend(race: Race, racer: Racer, limits: Limits, draws: Array | None) -> Trajectory:
    rule, surface = racer.optimizer, race.surface
    gradient = correctly_rounded.rounded(surface.gradient)
    points = np.empty((race.steps + 1, 2))
    velocity = np.zeros((race.steps + 1, 2)) if rule.momentum else None
    theta = points[0] = np.array(race.start)
    rates = (
        None if racer.schedule is None else (rule.lr * racer.schedule.shares(race.steps)).tolist()
    )
    if rates is not None:  # Rprop's steps begin at the rate of the first one
        rule = replace(rule, lr=rates[0])  # type: ignore[type-var]  # the protocol cannot ask for a dataclass
    state = rule.init(theta)
    with np.errstate(all="ignore"):
        for step in range(1, race.steps + 1):
            slope = np.array(gradient(theta[0], theta[1]))
            if draws is not None:
                slope += draws[step - 1]
            if rates is not None:
                rule = replace(rule, lr=rates[step - 1])  # type: ignore[type-var]  # the protocol cannot ask for a dataclass
            change, state = rule.update(slope, state)
            theta = points[step] = theta - change
            if velocity is not None:
                velocity[step] = getattr(state, rule.momentum or "")
        losses = np.asarray(correctly_rounded.rounded(surface.value)(points[:, 0], points[:, 1]))
    return _until_lost(
        Trajectory(
            racer=racer,
            points=points,
            losses=losses,
            velocity=velocity,
            outcome=Outcome("descending"),
        ),
        limits,
    )


def _until_lost(trajectory: Trajectory, limits: Limits) -> Trajectory:
    """Return a trajectory up to the step by which it has diverged, read-only."""
    points, losses, velocity, outcome = (
        trajectory.points,
        trajectory.losses,
        trajectory.velocity,
        trajectory.outcome,
    )
    with np.errstate(all="ignore"):
        is_lost = ~limits.hold(points[:, 0], points[:, 1], losses)
    if is_lost.any():
        end = int(is_lost.argmax())
        points, losses = points[: end + 1].copy(), losses[: end + 1].copy()
        velocity = None if velocity is None else velocity[: end + 1].copy()
        outcome = Outcome("diverged", end)
    for array in (points, losses, velocity):
        if array is not None:
            array.flags.writeable = False
    return replace(trajectory, points=points, losses=losses, velocity=velocity, outcome=outcome)


def _standing(trajectory: Trajectory) -> tuple[int, float]:
    outcome = trajectory.outcome
    if outcome.kind == "converged":
        return 0, outcome.at_step or 0
    if outcome.kind == "diverged":
        return 2, -(outcome.at_step or 0)
    return 1, trajectory.tail_loss
