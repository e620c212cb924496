"""Finds every racer the best settings of a grid, by running each of them as the race itself is
run.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from optirace.errors import InvalidValueError
from optirace.racing import engine, minima, workers

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from optirace.optimizers import Optimizer
    from optirace.racing.engine import Race, Racer
    from optirace.racing.minima import Findings

WHAT = ("lr", "beta")
"""What can be tuned."""

RATES = tuple(float(f"{digit}e{power}") for power in range(-4, 1) for digit in (1, 2, 5)) + (10.0,)
"""The learning rates that are tried: 1, 2, 5 from 1e-4 to 10."""

BETAS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)
"""The betas that are tried, besides the rule's own: so to tune both is never worse than to tune the
rate.
"""

SEEDS = 9
"""Over how many seeds a noisy race is judged, from its own on; odd, so that the median is one of
them.
"""

_BETAS = ("beta", "mu", "beta1")
"""What rules call the share of a velocity or an average that a step keeps; the first that a rule
has is tuned.
"""

_WORTH_A_PROCESS = 200_000
"""Steps of all runs together from which on starting processes takes less time than it saves."""

Key: TypeAlias = tuple[int, float, float]
"""How good an end is: the smallest is the best."""


class End(NamedTuple):
    """How a racer ended that ran alone."""

    kind: str
    at_step: int
    tail_loss: float
    is_measured: bool
    """Whether its loss is measured from a minimum, and not from the lowest loss that it saw
    itself.
    """


def asked(
    race: Race,
    tune: bool | str | Sequence[str],
    shared: Container[str],
    typed: Sequence[Container[str]],
) -> Race:
    """Return the race tuned as a person asks for it: True for the rates, or the words of WHAT, as a
    list or with commas.

    `shared` are the names of the values that were given for all, which cannot be tuned as well.
    """
    what = words(tune)
    for name in [*what, *(["beta1"] if "beta" in what else [])]:
        if name in shared:
            raise InvalidValueError(
                f"--{name} and --tune", "use one or the other", about=(name, "tune")
            )
    return tuned(race, what, typed) if what else race


def words(tune: bool | str | Sequence[str]) -> tuple[str, ...]:
    """Read what is to be tuned; `none` is nothing.

    >>> words(True), words("lr, beta"), words(["beta"]), words("none")
    (('lr',), ('lr', 'beta'), ('beta',), ())
    """
    if isinstance(tune, bool):
        return ("lr",) if tune else ()
    told = [word.strip().lower() for word in (tune.split(",") if isinstance(tune, str) else tune)]
    if told == ["none"]:
        return ()
    for word in told or [""]:
        if word not in WHAT:
            raise InvalidValueError(
                "tune", "must be lr, beta, both as lr,beta, or none", value=word
            )
    return tuple(dict.fromkeys(told))


def settings(
    racer: Racer, what: Container[str], typed: Container[str] = ()
) -> list[dict[str, float]]:
    """Return what is tried for a racer: every combination of the values of what is tuned and not
    typed, in ascending order.

    That is nothing at all where all is typed, or the rule has no such value. Raises
    InvalidValueError for another library's object.
    """
    rule: Any = racer.optimizer
    axes: dict[str, Sequence[float]] = {}
    if "lr" in what and "lr" not in typed:
        axes["lr"] = RATES
    name = beta_name(rule)
    if "beta" in what and name is not None and name not in typed:
        axes[name] = sorted({*BETAS, getattr(rule, name)})
    if axes and ":" in rule.name:
        raise InvalidValueError(
            "optimizer", "cannot be tuned", value=rule.name, hint="give its learning rate"
        )
    tried: list[dict[str, float]] = [{}] if axes else []
    for key, values in reversed(axes.items()):
        tried = [{**one, key: value} for one in tried for value in values]
    return tried


def beta_name(rule: Optimizer) -> str | None:
    """Return the name of the beta of a rule that is tuned; None if it has none."""
    names = {field.name for field in dataclasses.fields(rule)}  # type: ignore[arg-type]  # the protocol cannot ask for a dataclass
    return next((name for name in _BETAS if name in names), None)


def tuned(race: Race, what: Sequence[str] = ("lr",), typed: Sequence[Container[str]] = ()) -> Race:
    """Return the race with every racer at the best of what is tried for it, except for the values
    that were typed.

    `typed` are the names of those, for each racer; by default a learning rate that was given.

    Each setting runs alone, as `engine.run` runs it, in every bit; only a minimum that is not known
    is looked for once. Best is what converges in the fewest steps, of these what has the lowest
    tail loss; where nothing converges, or no minimum is known, what has the lowest tail loss; where
    all diverge, what diverges last. With noise it is what is best by the median over SEEDS seeds.
    Of equals the first is taken, by beta and then by rate. What it costs is the race's to tell:
    `Race.rates_tried`, `betas_tried` and `seeds_tried`.
    """
    typed = typed or [{"lr"} if racer.lr_from == "given" else set() for racer in race.racers]
    tried = [settings(racer, what, names) for racer, names in zip(race.racers, typed, strict=True)]
    seeds = (
        tuple((race.seed + each) % 2**64 for each in range(SEEDS)) if race.noise else (race.seed,)
    )
    ends = _ends(race, tried, seeds)
    racers = [
        _best(racer, each, of_racer)
        for racer, each, of_racer in zip(race.racers, tried, ends, strict=True)
    ]
    names = {name for racer in racers for name in racer.tuned}
    return dataclasses.replace(
        race,
        racers=tuple(racers),
        rates_tried=RATES if "lr" in names else (),
        betas_tried=BETAS if names - {"lr"} else (),
        seeds_tried=seeds if names and race.noise else (),
    )


def _ends(
    race: Race, tried: list[list[dict[str, float]]], seeds: Sequence[int]
) -> list[list[list[End]]]:
    """Race what is tried; return the ends with each seed, by racer and setting."""
    work = _Work(
        race,
        tried,
        None
        if race.surface.minima or not any(tried)
        else minima.search(race.surface, race.start, ()),
    )
    tasks = [
        (place, at, seed)
        for place, each in enumerate(tried)
        for at in range(len(each))
        for seed in seeds
    ]
    jobs = min(workers.cores(), len(tasks)) if len(tasks) * race.steps >= _WORTH_A_PROCESS else 1
    ends = dict(workers.shared(work.do, tasks, jobs))
    return [
        [[ends[place, at, seed] for seed in seeds] for at in range(len(each))]
        for place, each in enumerate(tried)
    ]


def _best(
    racer: Racer, tried: Sequence[Mapping[str, float]], ends: Sequence[Sequence[End]]
) -> Racer:
    """Return a racer at the best of its settings, whose ends with each seed are given; as it is
    where none was tried.
    """
    if not tried:
        return racer
    is_measured = all(end.is_measured for one in ends for end in one)
    keys = [sorted(key(end, is_measured=is_measured) for end in one)[len(one) // 2] for one in ends]
    found = tried[keys.index(min(keys))]
    source = {"lr_from": "tuned"} if "lr" in found else {}
    return dataclasses.replace(_with(racer, found), tuned=tuple(found), **source)  # type: ignore[arg-type]  # a literal


def key(end: End, *, is_measured: bool) -> Key:
    """Say how good an end is, where all those that it is compared with are measured from a minimum
    or not.
    """
    if end.kind == "diverged":
        return 2, -end.at_step, 0.0
    if end.kind == "converged" and is_measured:
        return 0, end.at_step, end.tail_loss
    return 1, end.tail_loss, 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class _Work:
    """What every process must know."""

    race: Race
    tried: list[list[dict[str, float]]]

    findings: Findings | None
    """What is found out about a surface whose minimum is not known: once for all, as it takes
    longer than a race.
    """

    def do(self, task: tuple[int, int, int]) -> End:
        place, at, seed = task
        racer = _with(self.race.racers[place], self.tried[place][at])
        return ended(dataclasses.replace(self.race, racers=(racer,), seed=seed), self.findings)


def ended(race: Race, findings: Findings | None = None) -> End:
    """Run a race of one, and say how its racer ended."""
    result = engine.run(race, findings)
    (only,) = result.trajectories
    return End(
        only.outcome.kind, only.outcome.at_step or 0, only.tail_loss, result.minimum_from != "seen"
    )


def _with(racer: Racer, values: dict[str, float]) -> Racer:
    rule: Any = racer.optimizer
    return dataclasses.replace(racer, optimizer=dataclasses.replace(rule, **values))
