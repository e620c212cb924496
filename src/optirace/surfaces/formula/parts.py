"""What a formula is while it is computed: a tree of operations, with values and exact
derivatives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from optirace.errors import InvalidValueError
from optirace.surfaces.formula import rules

if TYPE_CHECKING:
    from optirace.surfaces.formula.rules import Rule

    Jet: TypeAlias = tuple[Any, Any, Any]
    """A value and its derivatives by x and by y; None is a derivative that is zero everywhere."""

CONSTANTS = {"pi": math.pi, "e": math.e}


@dataclass(frozen=True, slots=True)
class Part:
    """A formula, or what stands in one: an operation on parts, x, y, or a constant."""

    name: str
    """The operator, the function, the variable, or the constant as typed."""

    parts: tuple[Part, ...] = ()
    rule: Rule | None = None
    constant: float | None = None
    """Its value where that depends on neither x nor y."""

    variables: frozenset[str] = frozenset()
    """Those of x and y that its value depends on."""


def value(part: Part, x: Any, y: Any) -> Any:
    """Compute a part at a point or on a grid."""
    if part.rule is None or part.constant is not None:
        return {"x": x, "y": y}.get(part.name, part.constant)
    return part.rule.value(*[value(each, x, y) for each in part.parts])


def jet(part: Part, x: Any, y: Any) -> Jet:
    """Compute a part with its exact derivatives, by the chain rule from the inside out.

    Source: R. E. Wengert, A simple automatic derivative evaluation program, 1964.
    """
    if part.rule is None or part.constant is not None:
        return {"x": (x, 1.0, None), "y": (y, None, 1.0)}.get(
            part.name, (part.constant, None, None)
        )
    if not part.rule.slopes:
        return _chosen_jet(part, x, y)
    jets = [jet(each, x, y) for each in part.parts]
    values = [each[0] for each in jets]
    result, by_x, by_y = part.rule.value(*values), None, None
    common = result if part.rule.common is None else part.rule.common(result, *values)
    for slope, (_, inner_x, inner_y) in zip(part.rule.slopes, jets, strict=True):
        if inner_x is not None or inner_y is not None:
            outer = slope(common, *values)
            by_x, by_y = _plus(by_x, _times(outer, inner_x)), _plus(by_y, _times(outer, inner_y))
    return result, by_x, by_y


def _chosen_jet(part: Part, x: Any, y: Any) -> Jet:
    """Compute a where: value and derivatives are those of the part that is taken, whatever the
    other's are.
    """
    condition = value(part.parts[0], x, y)
    result, by_x, by_y = (
        None
        if one is None and other is None
        else rules.chosen(condition, 0.0 if one is None else one, 0.0 if other is None else other)
        for one, other in zip(jet(part.parts[1], x, y), jet(part.parts[2], x, y), strict=True)
    )
    return result, by_x, by_y


def _times(outer: Any, inner: Any) -> Any:
    """Multiply; the slopes that are None or the number 1.0, which most are, need no pass over an
    array.
    """
    if inner is None or (isinstance(outer, float) and outer == 1.0):
        return inner
    return outer if isinstance(inner, float) and inner == 1.0 else outer * inner


def _plus(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


def apply(name: str, *parts: Part) -> Part:
    """Make a part of an operation on parts, computed at once where it depends on neither x nor y.

    Raises InvalidValueError, with half a message, for what is finite nowhere and for an exponent
    that is out of range.
    """
    if name == "/" and parts[1].constant == 0.0:
        raise InvalidValueError("", "division by zero")
    if name == "**" and parts[1].constant == 0.0:
        return Part(name, parts, constant=1.0)
    if name == "where" and parts[0].constant is not None:
        return parts[1] if parts[0].constant else parts[2]
    if name == "**":
        rule = rules.power_rule(parts[0].constant, parts[1].constant, ratio(parts[1]))
    elif name in rules.EXTREMES:
        rule = rules.extreme_rule(rules.EXTREMES[name], len(parts))
    else:
        rule = rules.RULES[name] if name in rules.RULES else rules.relation(name)
    variables = frozenset[str]().union(*(part.variables for part in parts))
    if variables:
        return Part(name, parts, rule, variables=variables)
    return Part(name, parts, rule, rules.folded(rule.value, *(part.constant for part in parts)))


def ratio(part: Part) -> tuple[int, int] | None:
    """Return a fraction of two whole numbers, as typed, in lowest terms."""
    if part.name == "negative":
        inner = ratio(part.parts[0])
        return None if inner is None else (-inner[0], inner[1])
    if part.name != "/" or any(
        each.constant is None or each.constant != int(each.constant) for each in part.parts
    ):
        return None
    top, bottom = (int(each.constant or 0.0) for each in part.parts)
    shared = math.copysign(math.gcd(top, bottom), bottom)
    return int(top // shared), int(bottom // shared)


def has_pole(part: Part) -> bool:
    """Say whether a part of a formula may be infinite at a finite point; then a slope may be 0
    times infinity.
    """
    if part.constant is not None or not part.parts:
        return False
    if part.name in ("/", "**"):
        left, to = part.parts[0], part.parts[1].constant
        is_pole = (
            to is None
            if part.name == "/"
            else to < 0.0
            if to is not None
            else left.constant is None
        )
    else:
        is_pole = part.name in rules.POLES
    return is_pole or any(map(has_pole, part.parts))
