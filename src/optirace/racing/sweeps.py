"""Runs a rule with very many hyperparameters at once, and says with which of them it works."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optirace.errors import InvalidValueError
from optirace.racing import minima, noise, outcomes, stability, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from optirace.optimizers import Optimizer
    from optirace.racing.engine import Race, Racer
    from optirace.racing.outcomes import Minimum, MinimumSource
    from optirace.surfaces import Array, Point, Surface

Steps: TypeAlias = NDArray[np.int32]

METRICS = ("loss", "steps")
"""What a chart can show of a run: its last loss, or its steps to convergence."""

MOST_RUNS = 12_000_000
"""Runs of all racers together."""

CHUNK = 8192
"""Runs that go side by side: a rule's arrays stay in the cache, and numpy's calls cost little
beside their work.
"""

WORTH_A_PROCESS = 50_000_000
"""Steps of all runs together from which on starting processes takes less time than it saves."""

NEVER = -1


class Ends(NamedTuple):
    """How runs ended; arrays of one shape."""

    loss: Array
    """The last loss, which for a diverged run is the one that says so; it may be infinite or
    NaN.
    """

    best: Array
    """The lowest loss on the way, the start's included, and without the one that says that a run
    has diverged.
    """

    converged: Steps
    """Since which step the gap to the minimum is within tol; NEVER for a run that has not
    converged.
    """

    diverged: Steps
    """The step that diverged; NEVER for a run that has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Where a racer works; a value that there is none of is None."""

    beta: float | None
    """The beta that this is told for, None for a racer that is swept over lr alone."""

    lr: tuple[float, float] | None
    """The lowest and the highest rate of the longest row of neighbouring rates that all
    converge.
    """

    fastest: float | None
    """The rate that converges in the fewest steps; of several the one with the lowest last loss."""

    steps: int | None
    """How many steps that takes."""

    diverges: float | None
    """The lowest rate that diverges."""

    best: float
    """The rate that sees the lowest loss."""

    loss: float
    """That loss."""


@dataclass(frozen=True, slots=True)
class Swept:
    """A racer that has been run with every rate, and beta if it has one to sweep."""

    racer: Racer
    beta: Array | None
    """float64[m]; None for a racer that is swept over lr alone."""

    ends: Ends
    """Each [n rates, m betas], read-only; m is 1 for a racer that is swept over lr alone."""


@dataclass(frozen=True, slots=True, repr=False)
class Sweep:
    """A race that has been run over a grid: its racers in their order."""

    race: Race
    lr: Array
    """float64[n], ascending."""

    beta: Array | None
    """float64[m], ascending; None where lr alone is swept."""

    minimum: float
    """The loss that gaps are measured from: the surface's minimum, or what a run saw below it or
    without it.
    """

    minimum_from: MinimumSource
    """Who says so."""

    minima: tuple[Point, ...]
    """Where the loss is that low; empty where nobody knows."""

    swept: tuple[Swept, ...]

    def __repr__(self) -> str:
        betas = "" if self.beta is None else f" and {len(self.beta)} betas"
        return f"<Sweep of {self.race.named} over {len(self.lr)} learning rates{betas}>"

    def ranges(self, swept: Swept) -> tuple[Range, ...]:
        """Say where a racer works, for each of its betas."""
        betas: Sequence[float | None] = [None] if swept.beta is None else swept.beta.tolist()
        columns = [Ends(*column) for column in zip(*(each.T for each in swept.ends), strict=True)]
        return tuple(
            _range(self.lr, beta, column) for beta, column in zip(betas, columns, strict=True)
        )

    def range(self, swept: Swept) -> Range:
        """Say where a racer works, for the beta with which it is fastest."""
        return self.ranges(swept)[favourite(swept.ends)[1]]


def run(
    race: Race,
    *,
    lr: Sequence[float] | Array,
    beta: Sequence[float] | Array | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Run every racer with every lr, and where its rule has a beta with every beta; both ascending.

    `race` gives the surface, the rules with their other values, start, steps and tol. A run's
    numbers and outcome are those of `engine.run` for the same racer alone, except that a loss below
    the known minimum, or without one the lowest loss, counts whichever run saw it (the grid is then
    run twice), and that sin, exp and the like are numpy's own: a sweep is a map, not a trajectory,
    and its last digits may differ between CPUs.

    `jobs` processes share the work, by default one for a small grid and else as many as there are
    cores; the numbers do not depend on it. `progress` is told (runs done, runs in all). Raises
    InvalidValueError for values out of range, and OptiraceError when a process dies.
    """
    race = dataclasses.replace(
        race, rates_tried=(), betas_tried=(), seeds_tried=()
    )  # what was tuned is swept here
    rates = _axis("lr", lr)
    betas = None if beta is None else _axis("beta", beta)
    jobs = _jobs(race, rates, betas, jobs)
    for racer in race.racers:
        _check(racer.optimizer, rates, betas)
    found = None
    if not race.surface.minima:
        found, is_bounded = minima.search(race.surface, race.start, ())
        race = dataclasses.replace(
            race,
            surface=dataclasses.replace(
                race.surface, is_bounded=race.surface.is_bounded and is_bounded
            ),
        )
    minimum = outcomes.minimum(race.surface, race.tol, math.inf, found)
    draws = race.noise * noise.draws(race.seed, race.steps) if race.noise else None
    plan = _Plan(race, rates, betas, minimum, draws)
    ends = _all(plan, jobs, progress)
    lowest = outcomes.minimum(race.surface, race.tol, _lowest(race, ends), found)
    if lowest.loss < minimum.loss:
        plan = dataclasses.replace(plan, minimum=lowest)
        ends = _all(plan, jobs, progress)
    swept = (
        Swept(racer, plan.betas(racer.optimizer), each)
        for racer, each in zip(race.racers, ends, strict=True)
    )
    return Sweep(
        race,
        rates,
        betas,
        plan.minimum.loss,
        plan.minimum.source,
        plan.minimum.points,
        tuple(swept),
    )


def favourite(ends: Ends) -> tuple[int, ...]:
    """Return the index of the run that converges first, else of the one with the lowest last loss
    that has not diverged.
    """
    late = np.where(ends.converged == NEVER, np.iinfo(np.int32).max, ends.converged)
    fewest = late == late.min()
    loss = np.where(fewest & (ends.diverged == NEVER), ends.loss, np.inf)
    return tuple(int(index) for index in np.unravel_index(np.argmin(loss), loss.shape))


def limit(rule: Optimizer, beta: Array, surface: Surface) -> Array | None:
    """Return the lr from which on a rule climbs, float64[n] for n betas; None off a quadratic, or
    where none is known.
    """
    largest = stability.curvature(surface) if stability.is_quadratic(surface) else None
    known, name = stability.limit(rule), beta_name(rule)
    if largest is None or known is None or name is None:
        return None
    return np.asarray(known.rate(_with(rule, {name: beta}), largest))


def beta_name(rule: Optimizer) -> str | None:
    """Return what a rule calls the share of a velocity or an average that a step keeps, beta or mu;
    None if it has none.
    """
    names = {field.name for field in dataclasses.fields(rule)}  # type: ignore[arg-type]
    return next((name for name in ("beta", "mu") if name in names), None)


def at_beta(race: Race, beta: float, but: Container[int] = ()) -> Race:
    """Return the race with one share for every racer that calls it mu, but for those of some
    places, which have their own.
    """
    racers = [
        dataclasses.replace(racer, optimizer=_with(racer.optimizer, {"mu": beta}))
        if beta_name(racer.optimizer) == "mu" and place not in but
        else racer
        for place, racer in enumerate(race.racers)
    ]
    return dataclasses.replace(race, racers=tuple(racers))


def _with(rule: Optimizer, values: Mapping[str, Any]) -> Optimizer:
    return dataclasses.replace(rule, **values)  # type: ignore[type-var]


def _axis(name: str, values: Sequence[float] | Array) -> Array:
    axis = np.array(values, float)
    if (
        axis.ndim != 1
        or not len(axis)
        or not np.isfinite(axis).all()
        or (axis[1:] <= axis[:-1]).any()
    ):
        raise InvalidValueError(name, "must be finite numbers that ascend")
    axis.flags.writeable = False
    return axis


def _check(rule: Optimizer, lr: Array, beta: Array | None) -> None:
    """Try the outermost values of the grid: if a rule takes these, it takes all."""
    if ":" in rule.name or "lr" not in {field.name for field in dataclasses.fields(rule)}:  # type: ignore[arg-type]
        raise InvalidValueError(
            "optimizer",
            "cannot be swept, as it takes no learning rates side by side",
            value=rule.name,
        )
    name = beta_name(rule)
    for end in (0, -1):
        _with(
            rule,
            {"lr": float(lr[end])}
            | ({} if beta is None or name is None else {name: float(beta[end])}),
        )


def _jobs(race: Race, lr: Array, beta: Array | None, jobs: int | None) -> int:
    runs = sum(
        len(lr) * (len(beta) if beta is not None and beta_name(racer.optimizer) else 1)
        for racer in race.racers
    )
    if runs > MOST_RUNS:
        raise InvalidValueError(f"grid of {runs} runs", f"at most {MOST_RUNS}, all racers together")
    if jobs is not None and not 1 <= jobs <= 1024:
        raise InvalidValueError("jobs", "must be from 1 to 1024", value=jobs)
    if jobs is None:
        jobs = workers.cores() if runs * race.steps >= WORTH_A_PROCESS else 1
    return min(jobs, math.ceil(runs / CHUNK))


def _range(lr: Array, beta: float | None, ends: Ends) -> Range:
    has_converged, has_diverged = ends.converged != NEVER, ends.diverged != NEVER
    edges = np.flatnonzero(np.diff(has_converged, prepend=False, append=False))
    firsts, lasts = edges[::2], edges[1::2] - 1
    longest = int(np.argmax(lasts - firsts)) if len(edges) else None
    (fastest,) = favourite(ends)
    best = int(np.nanargmin(ends.best))
    return Range(
        beta=beta,
        lr=None if longest is None else (float(lr[firsts[longest]]), float(lr[lasts[longest]])),
        fastest=float(lr[fastest]) if has_converged.any() else None,
        steps=int(ends.converged[fastest]) if has_converged.any() else None,
        diverges=float(lr[int(np.argmax(has_diverged))]) if has_diverged.any() else None,
        best=float(lr[best]),
        loss=float(ends.best[best]),
    )


Task: TypeAlias = tuple[int, int, int]
"""Which racer, and from which to before which of its runs."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What every process must know: small, and pickled once."""

    race: Race
    lr: Array
    beta: Array | None
    minimum: Minimum
    draws: Array | None
    """float64[steps, 2]: the noise on the gradient."""

    def betas(self, rule: Optimizer) -> Array | None:
        return self.beta if beta_name(rule) else None

    def shape(self, rule: Optimizer) -> tuple[int, int]:
        betas = self.betas(rule)
        return len(self.lr), 1 if betas is None else len(betas)

    def tasks(self) -> list[Task]:
        # Neighbours in lr go together, whatever their beta: they diverge together, and then the
        # whole chunk is done.
        return [
            (index, begin, min(begin + CHUNK, math.prod(self.shape(racer.optimizer))))
            for index, racer in enumerate(self.race.racers)
            for begin in range(0, math.prod(self.shape(racer.optimizer)), CHUNK)
        ]

    def do(self, task: Task) -> Ends:
        which, begin, end = task
        racer = self.race.racers[which]
        rule, at = racer.optimizer, np.arange(begin, end)
        betas, name = self.betas(rule), beta_name(rule)
        columns = {"lr": self.lr[at // self.shape(rule)[1], None]}
        if betas is not None and name is not None:
            columns[name] = betas[at % len(betas), None]
        swept = dataclasses.replace(racer, optimizer=_with(rule, columns))
        return _descend(self.race, swept, len(at), self.minimum, self.draws)


def _all(plan: _Plan, jobs: int, progress: Callable[[int, int], None] | None) -> list[Ends]:
    tasks = plan.tasks()
    shapes = [plan.shape(racer.optimizer) for racer in plan.race.racers]
    total, done = sum(map(math.prod, shapes)), 0
    whole = [
        Ends(np.empty(n), np.empty(n), np.empty(n, np.int32), np.empty(n, np.int32))
        for n in map(math.prod, shapes)
    ]
    for (which, begin, end), part in workers.shared(plan.do, tasks, jobs):
        pairs: Iterable[tuple[Any, Any]] = zip(whole[which], part, strict=True)
        for array, piece in pairs:
            array[begin:end] = piece
        done += end - begin
        if progress:
            progress(done, total)
    return [
        Ends(*(_frozen(array.reshape(shape)) for array in ends))
        for ends, shape in zip(whole, shapes, strict=True)
    ]


def _frozen(array: Any) -> Any:
    array.flags.writeable = False
    return array


def _lowest(race: Race, ends: Sequence[Ends]) -> float:
    """Return the lowest loss that a run saw, other than one that fell without end, if there is
    one.
    """
    floor = outcomes.limits(race.surface, race.start).low
    stayed = [each.best[~(each.loss < floor)] for each in ends]
    return min(
        float(np.nanmin(best))
        for best in ([best for best in stayed if best.size] or [each.best for each in ends])
    )


def _descend(race: Race, racer: Racer, runs: int, minimum: Minimum, draws: Array | None) -> Ends:
    """Run a racer whose hyperparameters are columns, float64[runs, 1]; the definitions are the
    engine's.
    """
    rule, surface = racer.optimizer, race.surface
    # Columns of theta lie side by side in memory, so that numpy's inner loops run over the runs and
    # not over two numbers.
    theta = np.empty((2, runs)).T
    theta[:] = race.start
    x, y = theta.T
    lr: Any = rule.lr
    rates = None if racer.schedule is None else racer.schedule.shares(race.steps)
    limits, goal = outcomes.limits(surface, race.start), outcomes.goal(race, minimum.source)
    window = outcomes.window(race.steps)
    path = np.zeros(runs)
    with np.errstate(all="ignore"):
        loss = np.array(surface.value(x, y))
        outside = np.where(loss - minimum.loss > goal.tol, 0, NEVER).astype(np.int32)
        diverged = np.full(runs, NEVER, np.int32)
        best, last, lowest = loss.copy(), loss.copy(), loss.copy()
        state = (rule if rates is None else _with(rule, {"lr": lr * rates[0]})).init(theta)
        for step in range(1, race.steps + 1):
            slope = np.array(surface.gradient(x, y)).T
            if draws is not None:
                slope += draws[step - 1]
            if rates is not None:
                rule = _with(rule, {"lr": lr * rates[step - 1]})
            change, state = rule.update(slope, state)
            theta = theta - change
            before, (x, y) = (x, y), theta.T
            if step > race.steps - window and not goal.is_sure:
                path += np.sqrt(np.square(x - before[0]) + np.square(y - before[1]))
            loss = surface.value(x, y)
            is_sound = limits.hold(x, y, loss)
            if not is_sound.all():
                new = ~is_sound & (diverged == NEVER)
                if new.any():
                    diverged[new], last[new], lowest[new] = step, loss[new], best[new]
                    if (diverged != NEVER).all():
                        break
            np.copyto(outside, step, where=loss - minimum.loss > goal.tol)
            np.fmin(best, loss, out=best)
    has_ended = diverged != NEVER
    is_near = ~has_ended & (outside <= race.steps - window)
    has_converged = goal.has_converged(is_near, outside != NEVER, path <= goal.standstill)
    return Ends(
        loss=np.where(has_ended, last, loss),
        best=np.where(has_ended, lowest, best),
        converged=np.where(has_converged, outside + 1, NEVER).astype(np.int32),
        diverged=diverged,
    )
