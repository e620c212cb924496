"""Turns words such as `adam:lr=0.2` into racers, surfaces and races, or explains why not."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optirace import optimizers
from optirace.errors import InvalidValueError, chosen, nearest, unknown
from optirace.look import characters
from optirace.racing import engine
from optirace.settings import plugins, values
from optirace.surfaces import SURFACES, Surface

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Sized

    from optirace.racing.lr_schedule import RateSchedule
    from optirace.settings.plugins import Registry
    from optirace.surfaces import Point, View

LONGEST_LABEL = 30
DEFAULT_RACERS = ("sgd", "momentum", "rmsprop", "adam")

_FORMULA = re.compile(
    r"[+*/^()|=<>{}\\]|[^\x00-\x7f]|^\s*[0-9.]+\s*[A-Za-z]|^\s*[0-9.]+,[0-9]"
    r"|\b[xyXY]\b|\b(?:[xXwW]|theta)_?[012](?![0-9])"
    r"|\b(?:sin|cos|exp|ln|sqrt|abs)[0-9]*[xy]*\b|^\s*[e0-9.]*(?:pi)?[xyXY][exyXY0-9.]*\s*$"
)  # what a formula has, also one that will be refused, and the name of a surface has not


@dataclass(frozen=True, slots=True)
class RacerSpec:
    """A racer as typed: `momentum:beta=0.99,label=heavy`."""

    text: str
    rule: str
    kind: type[Any]
    """The class of the rule."""

    hyper: Mapping[str, Any]
    label: str | None
    schedule: RateSchedule | None


def racer(text: str, registry: Registry = plugins.SHIPPED) -> RacerSpec:
    """Read `name` or `name:key=value,...`; the keys are the rule's hyperparameters, `schedule` and
    `label`.

    Where a rule has several forms, `convention` takes the word for one; `eps=outside` says the same
    of the place of eps. `torch:NAME,key=value,...` and `optax:NAME,key=value,...` are the objects
    of those libraries.

    >>> racer("momentum:beta=0.99,label=heavy").hyper
    {'beta': 0.99}
    """
    name, colon, settings = text.partition(":")
    name = name.strip().lower()
    if name in ("torch", "optax"):
        return _library_racer(text, may_import=registry.may_import)
    kind = registry.optimizer(name)
    if kind is None:
        raise _unknown_racer(text, registry)
    fields = {field.name: field.metadata.get("choices") for field in dataclasses.fields(kind)}
    keys = [*sorted(fields), "schedule", "label"]
    hyper: dict[str, float | str] = {}
    said: dict[str, str] = {}
    for setting in settings.split(",") if colon else []:
        typed, equals, value = (part.strip() for part in setting.partition("="))
        key = typed.lower()
        if not equals:
            from optirace.settings import spellings  # for mistakes

            hint = spellings.setting(text, setting)
            raise InvalidValueError(
                "optimizer",
                f"{setting!r} must be key=value",
                value=text,
                at=text.find(setting),
                hint=hint,
            )
        if key == "eps" and value.lower() in (fields.get("convention") or ()):
            key = "convention"
        if key not in keys:
            raise _unknown_key(text, setting, typed, keys)
        if key in hyper or key in said:
            raise InvalidValueError("optimizer", f"{key} is given twice", value=text)
        if (
            key == "eps"
            and value[:1].isalpha()
            and "outside" in (places := fields.get("convention") or ())
        ):
            raise _within(text, unknown("eps", value, places, other=", or a number such as 1e-8"))
        if key in fields:
            hyper[key] = _hyper(text, key, value, fields[key])
        else:
            said[key] = value
    label = _checked_label(said["label"]) if "label" in said else None
    return RacerSpec(text, name, kind, hyper, label, rate_schedule(said.get("schedule")))


def rate_schedule(text: str | None) -> RateSchedule | None:
    """Read how learning rates change; None where nothing is said of it."""
    if text is None:
        return None
    from optirace.racing import lr_schedule  # most rates stay as they are

    return lr_schedule.RateSchedule(text)


def _within(text: str, problem: InvalidValueError) -> InvalidValueError:
    """Return the error of a racer for one of a part of it."""
    return InvalidValueError("optimizer", problem, value=text)


def _unknown_key(text: str, setting: str, key: str, keys: Sequence[str]) -> InvalidValueError:
    """Return the error for a key that a rule lacks, with the racer as it may be meant."""
    problem, near = unknown("key", key, keys), nearest(key, keys)
    if near:
        problem.hint = f"did you mean {text.replace(setting, setting.replace(key, near, 1))}?"
    return _within(text, problem)


def _unknown_racer(text: str, registry: Registry) -> InvalidValueError:
    problem = unknown(
        "optimizer",
        text.partition(":")[0].strip(),
        registry.names("optimizers"),
        see="optirace list optimizers",
    )
    library, dot, inner = text.strip().partition(".")
    if dot and library.lower() in ("torch", "optax"):
        problem.hint = f"type {library.lower()}:{inner.removeprefix('optim.')}"
    return problem


def _hyper(racer: str, key: str, text: str, choices: Sequence[str] | None) -> float | str:
    try:
        return values.number(key, text) if choices is None else chosen(key, text, choices)
    except InvalidValueError as problem:
        raise _within(racer, problem) from None


def _library_racer(text: str, *, may_import: bool) -> RacerSpec:
    from optirace.settings import adapters  # the default race asks no library

    kind, hyper, label = adapters.racer(text, may_import=may_import)
    return RacerSpec(
        text, kind.name, kind, hyper, None if label is None else _checked_label(label), None
    )


def _checked_label(text: str) -> str:
    return characters.checked("label", text, LONGEST_LABEL)


def racers(
    specs: Iterable[RacerSpec],
    shared: Mapping[str, float],
    suggested: Mapping[str, float],
    *,
    convention: str = "lecture",
    schedule: RateSchedule | None = None,
) -> tuple[engine.Racer, ...]:
    """Line up the racers; what a racer sets itself beats the shared value, which goes to every rule
    that has it.

    What neither says is as the convention has it; a learning rate that it leaves open is the one
    suggested for the rule's name, or else the rule's own.

    Each wears its rule's own colour while that is free, then the next free one. Racers that would
    share a label get their own settings, or else a number, behind it.
    """
    specs = tuple(specs)
    _check_count(specs)
    entered = [_entered(spec, shared, suggested, preset(convention, spec.rule)) for spec in specs]
    for spec, (rule, _) in zip(specs, entered, strict=True):
        if (
            spec.schedule or schedule
        ) and rule.lr is None:  # of an object of a library, which need not have one
            raise InvalidValueError(
                "optimizer",
                "has no learning rate that a schedule could change",
                value=spec.text,
                hint="leave that out",
            )
    rows = zip(
        specs, _labels(specs, [rule for rule, _ in entered]), entered, _styles(specs), strict=True
    )
    return tuple(
        engine.Racer(label, rule, style, lr_from=origin, schedule=spec.schedule or schedule)
        for spec, label, (rule, origin), style in rows
    )


def _check_count(racers: Sized) -> None:
    if len(racers) > engine.MOST_RACERS:
        raise InvalidValueError(
            f"{len(racers)} racers", f"must be at most {engine.MOST_RACERS}", about=("optimizer",)
        )


def preset(convention: str, rule: str) -> Mapping[str, float | str]:
    """Return what a convention says of one of our rules; other rules are what they are."""
    convention = convention.strip().lower()
    if convention == "lecture":
        return {}
    from optirace.optimizers.conventions import (
        CONVENTIONS,
        LEFT_OUT,
    )  # the lecture needs none of it

    if convention not in CONVENTIONS:
        raise unknown("convention", convention, CONVENTIONS)
    rules = CONVENTIONS[convention]
    if rule not in rules and rule in optimizers.OPTIMIZERS:
        others = " or ".join(
            name for name, rules in CONVENTIONS.items() if name == "lecture" or rule in rules
        )
        why = LEFT_OUT.get((convention, rule), "does not have it")
        raise InvalidValueError(
            "optimizer", f"{convention} {why}", value=rule, hint=f"use --convention {others}"
        )
    return rules.get(rule, {})


def _entered(
    spec: RacerSpec,
    shared: Mapping[str, float],
    suggested: Mapping[str, float],
    preset: Mapping[str, float | str],
) -> tuple[optimizers.Optimizer, engine.RateSource]:
    """Make a racer's rule, and say where its learning rate is from."""
    names = {field.name for field in dataclasses.fields(spec.kind)}
    given = {name: value for name, value in shared.items() if name in names} | dict(spec.hyper)
    suiting = optimizers.suiting(
        suggested, spec.rule, str({**preset, **given}.get("convention", ""))
    )
    hint = {} if suiting is None else {"lr": suiting}
    origin: engine.RateSource = (
        "given"
        if "lr" in given
        else "convention"
        if "lr" in preset
        else "surface"
        if "lr" in hint
        else "rule"
    )
    try:
        rule: optimizers.Optimizer = spec.kind(**{**hint, **preset, **given})
    except InvalidValueError as problem:
        is_shared = not spec.hyper and spec.rule in optimizers.OPTIMIZERS
        raise problem if is_shared else _within(spec.text, problem) from None
    return rule, origin


def _labels(specs: tuple[RacerSpec, ...], rules: Sequence[optimizers.Optimizer]) -> list[str]:
    plain = [spec.label or rule.label for spec, rule in zip(specs, rules, strict=True)]
    told = []
    for spec, label in zip(specs, plain, strict=True):
        words = [(key.rstrip("_"), optimizers.short(value)) for key, value in spec.hyper.items()]
        words += [("schedule", spec.schedule.text)] if spec.schedule else []
        settings = " ".join(
            value if key in ("convention", "schedule") else f"{key}={value}" for key, value in words
        )
        is_shared = spec.label is None and plain.count(label) > 1 and settings
        told.append(f"{label} {settings}"[:LONGEST_LABEL] if is_shared else label)
    numbered: list[str] = []
    for index, label in enumerate(told):
        earlier = told[:index].count(label)
        numbered.append(f"{label[: LONGEST_LABEL - 3]} {earlier + 1}" if earlier else label)
    return numbered


def _styles(specs: tuple[RacerSpec, ...]) -> list[int]:
    home = dict(zip(optimizers.OPTIMIZERS, range(engine.MOST_RACERS), strict=False))
    taken: dict[int, int] = {}
    for index, spec in enumerate(specs):
        if home.get(spec.rule) not in {*taken.values(), None}:
            taken[index] = home[spec.rule]
    free = iter(row for row in range(engine.MOST_RACERS) if row not in taken.values())
    return [taken[index] if index in taken else next(free) for index in range(len(specs))]


def surface(
    text: str,
    *,
    view: View | None = None,
    minimum: Point | None = None,
    registry: Registry = plugins.SHIPPED,
) -> Surface:
    """Find a surface by its name, or make one of a formula; what is said of its view or its minimum
    beats its own words.
    """
    name = text.strip().lower()
    found = registry.surface(name)
    if found is None and _FORMULA.search(text):
        from optirace.surfaces import formula  # a surface that has a name needs no reader

        found = formula.surface(text)
    elif found is None:
        other = "; or type a formula in x and y, such as x^2 + 10*y^2"
        raise unknown(
            "surface", text, registry.names("surfaces"), other=other, see="optirace list surfaces"
        )
    return replace(
        found, view=view or found.view, minima=found.minima if minimum is None else (minimum,)
    )


def race(
    *,
    surface: Surface = SURFACES["bowl"],
    texts: Iterable[str] = (),
    start: Point | None = None,
    steps: int = 200,
    tol: float = 1e-3,
    noise: float = 0.0,
    seed: int = 0,
    shared: Mapping[str, float],
    schedule: str | None = None,
    convention: str = "lecture",
    tune: bool | str | Sequence[str] = False,
    registry: Registry = plugins.SHIPPED,
) -> engine.Race:
    """Make the race of these words; without optimizers, the four of the lecture.

    Rules are looked up in the registry.

    The surface's own start and its suggested learning rates apply where nothing else is said; to
    `tune` gives every racer its best values instead, except where its own are typed (see
    `tuning.asked`).
    """
    texts = list(texts)
    _check_count(texts)  # before thousands are read
    specs = [racer(text, registry) for text in texts] or [racer(name) for name in DEFAULT_RACERS]
    untuned = engine.Race(
        surface=surface,
        racers=racers(
            specs, shared, surface.lr, convention=convention, schedule=rate_schedule(schedule)
        ),
        start=start or surface.start,
        steps=steps,
        tol=tol,
        noise=noise,
        seed=seed,
    )
    if tune is False:
        return untuned
    from optirace.racing import tuning  # most races take the rates they are given

    return tuning.asked(untuned, tune, shared, [spec.hyper for spec in specs])
