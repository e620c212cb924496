"""The parts that formulas are made of: each knows its value and the slopes that the chain rule asks for."""

from __future__ import annotations

import functools
import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from optirace.errors import InvalidValueError
from optirace.exact import Exact

if TYPE_CHECKING:
    from collections.abc import Callable

    Jet: TypeAlias = tuple[Any, Any, Any]
    """A value and its derivatives by x and by y; None is a derivative that is zero everywhere."""

LARGEST_EXPONENT = 64

CONSTANTS = {"pi": math.pi, "e": math.e}


@dataclass(frozen=True, slots=True)
class Rule:
    """An operation, from ufuncs and operators alone."""

    value: Callable[..., Any]
    """value(*values of the parts)."""

    slopes: tuple[Callable[..., Any], ...]
    """One for each part, slope(value, *values of the parts): the partial derivative by that part."""

    common: Callable[..., Any] | None = None
    """What all slopes need, common(value, *values of the parts), computed once; they take it in the place of the value."""


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
        return {"x": (x, 1.0, None), "y": (y, None, 1.0)}.get(part.name, (part.constant, None, None))
    jets = [jet(each, x, y) for each in part.parts]
    values = [each[0] for each in jets]
    result, by_x, by_y = part.rule.value(*values), None, None
    common = result if part.rule.common is None else part.rule.common(result, *values)
    for slope, (_, inner_x, inner_y) in zip(part.rule.slopes, jets, strict=True):
        if inner_x is not None or inner_y is not None:
            outer = slope(common, *values)
            by_x, by_y = _plus(by_x, _times(outer, inner_x)), _plus(by_y, _times(outer, inner_y))
    return result, by_x, by_y


def _times(outer: Any, inner: Any) -> Any:
    """Multiply; the slopes that are None or the number 1.0, which most are, need no pass over an array."""
    if inner is None or (isinstance(outer, float) and outer == 1.0):
        return inner
    return outer if isinstance(inner, float) and inner == 1.0 else outer * inner


def _plus(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


def apply(name: str, *parts: Part) -> Part:
    """Make a part of an operation on parts, computed at once where it depends on neither x nor y.

    Raises InvalidValueError, with half a message, for what is finite nowhere and for an exponent that is out of range.
    """
    if name == "/" and parts[1].constant == 0.0:
        raise InvalidValueError("division by zero")
    if name == "**" and parts[1].constant == 0.0:
        return Part(name, parts, constant=1.0)
    if name == "**":
        rule = _power_rule(*parts)
    elif name in EXTREMES:
        rule = _extreme_rule(EXTREMES[name], len(parts))
    else:
        rule = RULES[name]
    variables = frozenset[str]().union(*(part.variables for part in parts))
    if variables:
        return Part(name, parts, rule, variables=variables)
    return Part(name, parts, rule, _folded(rule.value, *(part.constant for part in parts)))


def _folded(function: Callable[..., Any], *constants: float | None) -> float:
    with np.errstate(all="ignore"):
        result = function(*(Exact(np.float64(constant)) for constant in constants))
        result = float(result.value if isinstance(result, Exact) else result)
    if not math.isfinite(result):
        raise InvalidValueError(f"this comes to {result}: must be a finite number")
    return result


def _power_rule(base: Part, exponent: Part) -> Rule:
    to = exponent.constant
    if to is not None:
        if abs(to) > LARGEST_EXPONENT:
            raise InvalidValueError(f"exponent {to:.15g}: must be from -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}")
        return Rule(lambda u, _: _power(u, to), (lambda _w, u, _v: to * _power(u, to - 1.0), lambda w, u, _: w * np.log(u)))
    if base.constant is not None:
        if base.constant <= 0.0:
            raise InvalidValueError(f"base {base.constant:.15g}: must be more than 0 where x or y stands in the exponent")
        log = _folded(np.log, base.constant)
        return Rule(lambda _, v: np.exp(v * log), (lambda w, u, v: v * w / u, lambda w, _u, _v: w * log))
    return Rule(
        lambda u, v: np.exp(v * np.log(u)),
        (lambda _, u, v: v * np.exp((v - 1.0) * np.log(u)), lambda w, u, _: w * np.log(u)),
    )


def _power(base: Any, exponent: float) -> Any:
    """Raise by squaring and multiplying, which every CPU rounds alike, and by a root for the rest of the exponent."""
    if exponent < 0.0:
        return 1.0 / _power(base, -exponent)
    whole, rest = divmod(exponent, 1.0)
    result: Any = None
    for bit in f"{int(whole):b}":
        result = None if result is None else result * result
        if bit == "1":
            result = base if result is None else result * base
    if rest:
        root = np.sqrt(base) if rest == 0.5 else np.exp(rest * np.log(base))
        result = root if result is None else result * root
    return 1.0 if result is None else result


def _extreme_rule(choose: Callable[[Any, Any], Any], count: int) -> Rule:
    """Make min or max of several parts; those that tie share the slope."""

    def ties(result: Any, *values: Any) -> tuple[Any, Any]:
        return result, sum((each == result) * 1.0 for each in values)

    def slope(index: int) -> Callable[..., Any]:
        def share(tied: tuple[Any, Any], *values: Any) -> Any:
            result, count = tied
            return (values[index] == result) * 1.0 / count

        return share

    return Rule(lambda *values: functools.reduce(choose, values), tuple(map(slope, range(count))), ties)


EXTREMES: dict[str, Callable[[Any, Any], Any]] = {"min": np.minimum, "max": np.maximum}

_LOG = Rule(np.log, (lambda _, u: 1.0 / u,))
_ARCTAN = Rule(np.arctan, (lambda _, u: 1.0 / (1.0 + u * u),))

FUNCTIONS = {
    "sin": Rule(np.sin, (lambda _, u: np.cos(u),)),
    "cos": Rule(np.cos, (lambda _, u: -np.sin(u),)),
    "tan": Rule(np.tan, (lambda w, _: 1.0 + w * w,)),
    "exp": Rule(np.exp, (lambda w, _: w,)),
    "log": _LOG,
    "ln": _LOG,
    "sqrt": Rule(np.sqrt, (lambda w, _: 0.5 / w,)),
    "abs": Rule(np.abs, (lambda _, u: np.sign(u),)),
    "sinh": Rule(np.sinh, (lambda _, u: np.cosh(u),)),
    "cosh": Rule(np.cosh, (lambda _, u: np.sinh(u),)),
    "tanh": Rule(np.tanh, (lambda _, u: _power(np.cosh(u), -2.0),)),
    "arctan": _ARCTAN,
    "atan": _ARCTAN,
}
"""The functions of one argument; min and max take two or more."""

RULES = FUNCTIONS | {
    "+": Rule(operator.add, (lambda *_: 1.0, lambda *_: 1.0)),
    "-": Rule(operator.sub, (lambda *_: 1.0, lambda *_: -1.0)),
    "*": Rule(operator.mul, (lambda _w, _u, v: v, lambda _w, u, _v: u)),
    "/": Rule(operator.truediv, (lambda _w, _u, v: 1.0 / v, lambda w, _, v: -w / v)),
    "negative": Rule(operator.neg, (lambda *_: -1.0,)),
}
