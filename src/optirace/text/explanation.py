"""Explains rules: their terms, their forms elsewhere, how large a rate they bear, and one step in
numbers.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from optirace import optimizers
from optirace.numerics import correctly_rounded
from optirace.optimizers import conventions
from optirace.racing import engine, noise, stability
from optirace.surfaces.formula import TYPED
from optirace.text import columns, terms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optirace.optimizers import Optimizer
    from optirace.surfaces import Surface


def explain(race: engine.Race, width: int = columns.UNFOLDED) -> str:
    """Explain every racer of a race, on the surface of the race; returns lines of text, each with
    its newline.

    A line that is longer than `width` columns is broken at words, but for a command, which is there
    to be copied.
    """
    lines = "\n\n".join(_explained(race, racer) for racer in race.racers).splitlines()
    return "".join(f"{part}\n" for line in lines for part in _folded(line, width))


def _folded(line: str, width: int) -> list[str]:
    if columns.cells_of(line) <= width or line.startswith(_COMMAND):
        return [line]
    return columns.refolded(line, width)


_COMMAND = "    optirace "
"""How a line begins that is a command to type."""


def statements(rule: Optimizer) -> tuple[tuple[str, str], ...]:
    """Return what a rule does at each step in its form, statements and their meanings; none for a
    rule that says nothing.
    """
    form = f"{rule.name}:{getattr(rule, 'convention', '')}"
    told = (
        terms.FORMS.get(form)
        or terms.TERMS.get(rule.name)
        or (((rule.formula, ""),) if rule.formula else ())
    )
    return terms.with_rate_in_velocity(told) if getattr(rule, "lr_in", "") == "velocity" else told


def _explained(race: engine.Race, racer: engine.Racer) -> str:
    rule = racer.optimizer
    told = optimizers.told(rule)
    form = f", in the form {told['convention']}" if "convention" in told else ""
    form += ", with lr in the velocity" if told.get("lr_in") == "velocity" else ""
    place = "" if race.surface.source == TYPED else f"{race.surface.name}, "
    first = [f"The first step on {place}{race.surface.expression}"]
    blocks = [
        [
            f"{racer.label} ({rule.name})",
            *_wrapped(getattr(rule, "lesson", "")),
            *_wrapped(rule.source),
        ],
        [f"Each step{form}", *_columns(statements(rule))],
        ["Hyperparameters", *_columns(_hyper(rule))],
        [
            "In other libraries",
            *_columns(_elsewhere(rule) if rule.name in optimizers.OPTIMIZERS else ()),
        ],
        [f"How lr changes over {race.steps} steps", *_columns(_changes(race, racer))],
        ["Stability limit", *([] if ":" in rule.name else _limit(race, racer))],
        [*first, *_columns(_worked(race, racer))],
    ]
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks if len(block) > 1)


def _changes(race: engine.Race, racer: engine.Racer) -> Iterator[tuple[str, str]]:
    """Tell the rates of a schedule: the first, the highest and the last."""
    if racer.schedule is None:
        return
    rates = _rates(race, racer)
    full = np.flatnonzero(rates == rates.max()) + 1
    last, is_unbroken = int(full[-1]), full[-1] - full[0] + 1 == len(full)
    where = (
        f"step {full[0]}"
        if len(full) == 1
        else f"steps {full[0]} to {last}"
        if is_unbroken
        else f"step {full[0]} and later"
    )
    yield "step 1", f"lr = {rates[0]:.6g}"
    yield where, f"lr = {rates.max():.6g}, the highest"
    yield f"step {race.steps}", f"lr = {rates[-1]:.6g}"


def _rates(race: engine.Race, racer: engine.Racer) -> NDArray[np.float64]:
    """Return the learning rate of each step, float64[steps], or of all of them, float64[1]."""
    shares = np.ones(1) if racer.schedule is None else racer.schedule.shares(race.steps)
    return np.asarray(racer.optimizer.lr * shares)


def _wrapped(text: str) -> list[str]:
    return [f"  {text}"] if text else []


def _columns(rows: Any) -> list[str]:
    rows = list(rows)
    wide = max((len(left) for left, _ in rows if len(left) <= 48), default=0)
    lines: list[str] = []
    for left, right in rows:
        if len(left) > wide:
            lines += [f"  {left}", *([" " * (wide + 5) + right] if right else [])]
        else:
            lines.append(f"  {left:<{wide}}   {right}".rstrip())
    return lines


def _hyper(rule: Optimizer) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(rule):  # type: ignore[arg-type]
        forms = field.metadata.get("choices", ())
        allowed = f" ({' or '.join(forms)})" if forms else ""
        value = optimizers.short(getattr(rule, field.name))
        meaning = terms.HYPER.get(f"{rule.name} {field.name}") or terms.HYPER.get(field.name, "")
        yield f"{field.name} = {value}", f"{meaning}{allowed}"


def _elsewhere(rule: Optimizer) -> Iterator[tuple[str, str]]:
    for library, presets in conventions.CONVENTIONS.items():
        if library == "lecture":
            continue
        if rule.name not in presets:
            yield library, conventions.LEFT_OUT.get((library, rule.name), "does not have it")
            continue
        told = [f"{key}={optimizers.short(value)}" for key, value in presets[rule.name].items()]
        yield library, " ".join(told) or "the same form and the same values"


def _with_minimum(race: engine.Race) -> Surface:
    """Return a race's surface with its minimum, which is looked for where it is not known."""
    from optirace.racing import minima  # most surfaces tell their minimum

    if race.surface.minima:
        return race.surface
    found, is_bounded = minima.search(race.surface, race.start, ())
    return dataclasses.replace(
        race.surface,
        minima=() if found is None else found.points,
        is_bounded=race.surface.is_bounded and is_bounded,
    )


def _limit(race: engine.Race, racer: engine.Racer) -> list[str]:
    rule, surface = racer.optimizer, _with_minimum(race)
    name, typed = (
        (f'"{surface.expression}"', "the formula")
        if surface.source == TYPED
        else (surface.name, surface.name)
    )
    files = dict.fromkeys(
        source for source in (rule.source, surface.source) if source.endswith(".py")
    )
    sweep = [
        f"{_COMMAND}sweep -O {rule.name} --surface {name}"
        + "".join(f" --plugin {file}" for file in files)
    ]
    known, steepest = stability.limit(rule), stability.curvature(surface)
    if known is None:
        return [
            *_wrapped(
                "No stability limit is known that depends on curvature alone. To see which "
                "learning rates converge here:"
            ),
            *sweep,
        ]
    law = f"On a quadratic whose largest curvature is L, it diverges when lr > {known.text}."
    if steepest is None:
        why = (
            "is not rounded like a quadratic"
            if surface.minima
            else "was not found"
            if surface.is_bounded
            else "is nowhere"
        )
        return [
            *_wrapped(
                f"{law} Here L cannot be told, as the minimum {why}. Where it converges here:"
            ),
            *sweep,
        ]
    highest = known.rate(rule, steepest)
    at = (
        f"At the minimum {_pair(surface.minima[0])} of {typed} L = {steepest:.6g}, which makes "
        f"{highest:.6g}"
    )
    return _wrapped(f"{law} {at}: {_side(_rates(race, racer), highest)}.")


def _side(rates: NDArray[np.float64], highest: float) -> str:
    """Say on which side of the highest that descends the rates of a race are, float64[n], or its
    only rate, float64[1].
    """
    above = np.flatnonzero(rates > highest * (1 + 1e-9)) + 1
    if len(rates) == 1:
        side = (
            "above it"
            if len(above)
            else "below it"
            if rates[0] < highest * (1 - 1e-9)
            else "exactly on it"
        )
        return f"lr = {rates[0]:g} is {side}"
    if len(above) in (0, len(rates)):
        return (
            f"lr is {'above' if len(above) else 'never above'} "
            f"it{' at every step' * (len(above) > 0)}"
        )
    return f"lr is above it at {len(above)} of the {len(rates)} steps, last at step {above[-1]}"


def _worked(race: engine.Race, racer: engine.Racer) -> Iterator[tuple[str, str]]:
    rule = racer.optimizer
    if racer.schedule is not None:
        rule = dataclasses.replace(rule, lr=float(_rates(race, racer)[0]))  # type: ignore[type-var]  # as in the engine
        yield "lr", f"{rule.lr:.6g}"
    theta = np.array(race.start)
    yield "theta", _pair(theta)
    with np.errstate(all="ignore"):
        gradient = np.array(correctly_rounded.rounded(race.surface.gradient)(*theta))
        if race.noise:
            draw = race.noise * noise.draws(race.seed, 1)[0]
            yield "dL/dtheta", _pair(gradient)
            yield "noise", _pair(draw)
            gradient = gradient + draw
        yield "g", _pair(gradient)
        step, state = rule.update(gradient, rule.init(theta))
        letters = state._asdict() if hasattr(state, "_asdict") else {}
        for name, value in letters.items():
            if (
                isinstance(value, np.ndarray)
                and value.shape == theta.shape
                and name not in ("g", "theta")
            ):
                yield name, _pair(value)
        told = " ".join(left for left, _ in statements(rule))
        for hat, letter, beta in re.findall(r"(\w+hat) = (\w+)/\(1-(beta\d)\^t\)", told):
            yield hat, _pair(letters[letter] / (1.0 - letters[f"{beta}_t"]))
        yield "step", _pair(step)
        yield "theta - step", _pair(theta - step)
        before, after = (
            float(correctly_rounded.rounded(race.surface.value)(*point))
            for point in (theta, theta - step)
        )
    yield "loss", f"{before:.6g} -> {after:.6g}"


def _pair(values: Any) -> str:
    return f"({', '.join(f'{float(value):.6g}' for value in np.broadcast_to(values, 2))})"
