"""`optirace explain`: what a rule does, term by term, and how far it can be pushed."""

import dataclasses
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from optirace import optimizers
from optirace.cli import terminal
from optirace.errors import InvalidValueError
from optirace.options.race import RaceOptions, race
from optirace.racing import stability
from optirace.settings.kinds import TEXT
from optirace.settings.option import option, options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optirace.racing.engine import Race
    from optirace.settings.option import Asked

_UNUSED = {
    "optimizers": "not used here: explain takes one optimizer, named first; remove it",
    "tune": "nothing is raced here, so no rate is the best; leave it out, or give --lr",
    "tol": "nothing is raced here, so nothing converges; leave it out",
    "view": "there is no picture here; leave it out",
}
"""Options of a race that change nothing of what is said, and why."""

_VALUES = {
    **{name: name for name in ("lr", "beta", "beta1", "beta2", "eps")},
    "lr_schedule": "schedule",
}
"""Options that are a value of the rule, and what the value is called behind its name."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RuleOptions:
    """The rule."""

    rule: str = option(
        "",
        TEXT,
        "Optimizer, written as for -O: adam or adam:lr=0.3.",
        metavar="NAME[:KEY=VALUE,...]",
        is_argument=True,
    )


GROUPS = (RuleOptions, RaceOptions)


def explain(asked: "Asked") -> None:
    """Explain an optimizer: its update term by term, the library variants, the stability limit, and
    one worked step.
    """
    from optirace.text import explanation  # the words and the libraries' forms, for who asks

    rule = asked.of(RuleOptions).rule
    for name, why in _UNUSED.items():
        _refuse(asked, name, why)
    told = race(replace(asked.of(RaceOptions), optimizers=[rule]))
    for name, why in _idle(told, rule):
        _refuse(asked, name, why)
    terminal.say(explanation.explain(told, terminal.width()))


def _refuse(asked: "Asked", name: str, why: str) -> None:
    if name in asked.values:
        raise InvalidValueError(options(RaceOptions)[name].key, why)


def _idle(race: "Race", rule: str) -> "Iterator[tuple[str, str]]":
    """Yield the options that would change nothing of what is said of this rule, and why."""
    (racer,) = race.racers
    name = racer.optimizer.name
    names = [field.name.rstrip("_") for field in dataclasses.fields(racer.optimizer)]  # type: ignore[arg-type]  # rules are
    own = {setting.partition("=")[0].strip() for setting in rule.partition(":")[2].split(",")}
    for each, key in _VALUES.items():
        if (needed := "lr" if key == "schedule" else key) not in names:
            yield each, f"{name} has no {needed}; its values are {', '.join(names) or 'none'}"
        if key in own:
            yield each, f"{rule!r} sets its own; use one or the other"
    if racer.schedule is None:
        yield "steps", "counts only for a rate that changes; leave it out, or give --lr-schedule"
    if not race.noise:
        yield "seed", "counts only with --noise; leave it out, or give both"
    if stability.limit(racer.optimizer) is None:
        yield "minimum", f"{name} has no limit that depends on it; leave it out"
    if name not in optimizers.OPTIMIZERS:
        yield "convention", f"no library says anything of {name}; leave it out"
