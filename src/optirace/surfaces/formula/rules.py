"""The operations that formulas are made of: their values, and the slopes that the chain rule asks
for.

All are ufuncs and operators, so they compute points, grids, and whatever other kind of number
follows them. At a kink, and where the tangent is vertical, a slope is a subgradient or 0: a root
has the slope 0 at 0, and so have abs, sign, cbrt, hypot and relu; min and max share theirs among
those that tie; where has that of the value it takes.
"""

from __future__ import annotations

import functools
import math
import operator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from optirace.errors import InvalidValueError
from optirace.numerics.correctly_rounded import Exact

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_EXPONENT = 64


@dataclass(frozen=True, slots=True)
class Rule:
    """An operation, from ufuncs and operators alone."""

    value: Callable[..., Any]
    """value(*values of the parts)."""

    slopes: tuple[Callable[..., Any], ...] = ()
    """One for each part, slope(value, *values of the parts): the partial derivative by that part.

    A condition has none.
    """

    common: Callable[..., Any] | None = None
    """What all slopes need, common(value, *values of the parts), computed once; they take it in the
    place of the value.
    """


def folded(function: Callable[..., Any], *constants: float | None) -> float:
    """Compute an operation on constants, rounded alike everywhere; raises InvalidValueError where
    that is not finite.
    """
    with np.errstate(all="ignore"):
        result = function(*(Exact(np.float64(constant)) for constant in constants))
        result = float(result.value if isinstance(result, Exact) else result)
    if not math.isfinite(result):
        raise InvalidValueError(f"this comes to {result}", "must be a finite number")
    return result


def power(base: Any, exponent: float) -> Any:
    """Raise by squaring and multiplying, which every CPU rounds alike, and by a root for the rest
    of the exponent.
    """
    if exponent < 0.0:
        return 1.0 / power(base, -exponent)
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


def _is(value: Any, number: float) -> Any:
    """Return 1 where a value is a number, and 0 elsewhere."""
    return (value == number) * 1.0


def _over(dividend: Any, divisor: Any) -> Any:
    """Divide, with 0 where the divisor is 0; every other quotient keeps its bits."""
    zero = _is(divisor, 0.0)
    return dividend / (divisor + zero) * (1.0 - zero)


def power_rule(base: float | None, exponent: float | None, ratio: tuple[int, int] | None) -> Rule:
    """Make the rule of base^exponent, either of which is None where it is no constant.

    `ratio` is the exponent where it is typed as a fraction of whole numbers, in lowest terms: with
    an odd divisor the root is the real one, also of a negative number. Raises InvalidValueError,
    with half a message, for what is out of range.
    """
    if exponent is not None:
        if abs(exponent) > LARGEST_EXPONENT:
            raise InvalidValueError(
                "exponent",
                f"must be from -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}",
                value=exponent,
                shown=f"{exponent:.15g}",
            )
        return (
            _constant_power(exponent)
            if ratio is None or ratio[1] % 2 == 0
            else _real_root(exponent, is_odd=bool(ratio[0] % 2))
        )
    if base is not None:
        if base <= 0.0:
            raise InvalidValueError(
                "base",
                "must be more than 0 where x or y stands in the exponent",
                value=base,
                shown=f"{base:.15g}",
            )
        log = folded(np.log, base)
        return Rule(
            lambda _, v: np.exp(v * log), (lambda w, u, v: v * w / u, lambda w, _u, _v: w * log)
        )

    def by_base(_: Any, u: Any, v: Any) -> Any:
        zero = _is(u, 0.0)
        return v * np.exp((v - 1.0) * np.log(u + zero)) * (1.0 - zero)

    return Rule(
        lambda u, v: np.exp(v * np.log(u)), (by_base, lambda w, u, _: w * np.log(u + _is(u, 0.0)))
    )


def _constant_power(to: float) -> Rule:
    def slope(_w: Any, u: Any, _v: Any) -> Any:
        if to >= 1.0 or to == int(to):
            return to * power(u, to - 1.0)
        zero = _is(u, 0.0)
        return to * power(u + zero, to - 1.0) * (1.0 - zero)

    return Rule(lambda u, _: power(u, to), (slope, lambda *_: 0.0))


def _real_root(to: float, *, is_odd: bool) -> Rule:
    def signed(value: Any, u: Any, *, is_signed: bool) -> Any:
        return value * np.sign(u) if is_signed else value

    def slope(_w: Any, u: Any, _v: Any) -> Any:
        zero = _is(u, 0.0)
        size = to * power(np.abs(u) + zero, to - 1.0) * (1.0 - zero)
        return signed(size, u, is_signed=not is_odd)

    return Rule(
        lambda u, _: signed(power(np.abs(u), to), u, is_signed=is_odd), (slope, lambda *_: 0.0)
    )


def extreme_rule(choose: Callable[[Any, Any], Any], count: int) -> Rule:
    """Make min or max of several parts; those that tie share the slope."""

    def ties(result: Any, *values: Any) -> tuple[Any, Any]:
        return result, sum((each == result) * 1.0 for each in values)

    def slope(index: int) -> Callable[..., Any]:
        def share(tied: tuple[Any, Any], *values: Any) -> Any:
            result, count = tied
            return (values[index] == result) * 1.0 / count

        return share

    return Rule(
        lambda *values: functools.reduce(choose, values), tuple(map(slope, range(count))), ties
    )


def chosen(condition: Any, one: Any, other: Any) -> Any:
    """Return one where the condition is 1 and the other where it is 0, and nan where it is nan.

    The one that is not taken may be nan or infinite: 0/0 hides it, and fmax takes the other of a
    nan and a number.
    """
    return np.fmax(one + 0.0 / condition, other + 0.0 / (1.0 - condition))


def is_condition(name: str) -> bool:
    """Say whether an operation is a comparison, a chain of them such as `< <=`, or of the words
    that join them.
    """
    return name in LOGIC or (bool(name) and set(name.split()) <= RELATIONS.keys())


def relation(name: str) -> Rule:
    """Make 1 or 0 of a comparison, or of a chain of them, all of which must hold; nan where a side
    has no value.
    """
    compares = [RELATIONS[sign] for sign in name.split()]

    def value(*sides: Any) -> Any:
        holds = [
            compare(*pair) * 1.0 for compare, pair in zip(compares, pairwise(sides), strict=True)
        ]
        return functools.reduce(operator.mul, holds) + 0.0 * functools.reduce(
            operator.add, map(np.sign, sides)
        )

    return Rule(value)


def _sigmoid(u: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-u))


def _hypot(u: Any, v: Any) -> Any:
    return np.sqrt(u * u + v * v)


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
    "sqrt": Rule(np.sqrt, (lambda w, _: _over(0.5, w),)),
    "abs": Rule(np.abs, (lambda _, u: np.sign(u),)),
    "sinh": Rule(np.sinh, (lambda _, u: np.cosh(u),)),
    "cosh": Rule(np.cosh, (lambda _, u: np.sinh(u),)),
    "tanh": Rule(np.tanh, (lambda _, u: power(np.cosh(u), -2.0),)),
    "arctan": _ARCTAN,
    "atan": _ARCTAN,
    "arcsin": Rule(np.arcsin, (lambda _, u: _over(1.0, np.sqrt((1.0 - u) * (1.0 + u))),)),
    "arccos": Rule(np.arccos, (lambda _, u: _over(-1.0, np.sqrt((1.0 - u) * (1.0 + u))),)),
    "arcsinh": Rule(np.arcsinh, (lambda _, u: 1.0 / np.sqrt(1.0 + u * u),)),
    "arccosh": Rule(np.arccosh, (lambda _, u: _over(1.0, np.sqrt((u - 1.0) * (u + 1.0))),)),
    "arctanh": Rule(np.arctanh, (lambda _, u: 1.0 / ((1.0 - u) * (1.0 + u)),)),
    "cbrt": Rule(np.cbrt, (lambda w, _: _over(1.0, 3.0 * (w * w)),)),
    "log10": Rule(np.log10, (lambda _, u: 1.0 / (u * math.log(10.0)),)),
    "log2": Rule(np.log2, (lambda _, u: 1.0 / (u * math.log(2.0)),)),
    "log1p": Rule(np.log1p, (lambda _, u: 1.0 / (1.0 + u),)),
    "expm1": Rule(np.expm1, (lambda _, u: np.exp(u),)),
    "sign": Rule(np.sign, (lambda *_: 0.0,)),
    "relu": Rule(lambda u: np.maximum(u, 0.0), (lambda _, u: (u > 0.0) * 1.0,)),
    "sigmoid": Rule(_sigmoid, (lambda w, u: w / (1.0 + np.exp(u)),)),
    "softplus": Rule(
        lambda u: np.log1p(np.exp(-np.abs(u))) + np.maximum(u, 0.0), (lambda _, u: _sigmoid(u),)
    ),
}
"""The functions of one argument; min and max take two or more."""

PAIRED = {
    "hypot": Rule(_hypot, (lambda w, u, _: _over(u, w), lambda w, _, v: _over(v, w))),
    "arctan2": Rule(
        np.arctan2,
        (lambda _, u, v: _over(v, u * u + v * v), lambda _, u, v: _over(-u, u * u + v * v)),
    ),
}
"""The functions of two arguments."""

RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
"""Conditions are 1 where they hold and 0 where they do not, and stand in where alone."""

LOGIC = {"and": Rule(lambda c, d: c * d), "or": Rule(np.maximum), "not": Rule(lambda c: 1.0 - c)}
RULES = (
    FUNCTIONS
    | PAIRED
    | LOGIC
    | {
        "where": Rule(chosen),
        "+": Rule(operator.add, (lambda *_: 1.0, lambda *_: 1.0)),
        "-": Rule(operator.sub, (lambda *_: 1.0, lambda *_: -1.0)),
        "*": Rule(operator.mul, (lambda _w, _u, v: v, lambda _w, u, _v: u)),
        "/": Rule(operator.truediv, (lambda _w, _u, v: 1.0 / v, lambda w, _, v: -w / v)),
        "negative": Rule(operator.neg, (lambda *_: -1.0,)),
    }
)

POLES = {"log", "ln", "log10", "log2", "log1p", "arctanh"}
"""The functions that are infinite at a finite point."""
