"""Numbers whose elementary functions are rounded alike on every machine.

IEEE 754 settles + - * / and sqrt to the last bit, but not sin, exp or a power: numpy's differ
between CPUs (numpy#23523), and a trajectory amplifies a last bit into another loss. Here these come
from MPFR, through gmpy2, correctly rounded to 53 bits.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from optirace.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MOST_FACTORS = 16
"""The largest whole exponent that is taken by multiplication, as a person would write it out."""

ARITHMETIC: dict[np.ufunc, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.negative: operator.neg,
    np.absolute: operator.abs,
    **{
        each: each
        for each in (
            np.positive,
            np.square,
            np.sqrt,
            np.sign,
            np.minimum,
            np.maximum,
            np.fmin,
            np.fmax,
        )
    },
}
"""What numpy rounds alike everywhere, and its operator where there is one: on single numbers ten
times as fast.
"""

COMPARISONS = {
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.isfinite,
    np.isnan,
}

ELEMENTARY = {
    np.sin: "sin",
    np.cos: "cos",
    np.tan: "tan",
    np.arctan: "atan",
    np.sinh: "sinh",
    np.cosh: "cosh",
    np.tanh: "tanh",
    np.exp: "exp",
    np.exp2: "exp2",
    np.expm1: "expm1",
    np.log: "log",
    np.log1p: "log1p",
    np.log2: "log2",
    np.log10: "log10",
    np.cbrt: "cbrt",
    np.arcsin: "asin",
    np.arccos: "acos",
    np.arcsinh: "asinh",
    np.arccosh: "acosh",
    np.arctanh: "atanh",
}
"""What MPFR rounds instead, and its name there."""


class Exact(NDArrayOperatorsMixin):
    """A float64, or an array of them, for formulas that are written with operators and ufuncs.

    Arithmetic has numpy's bits. Comparisons give plain booleans. A function that is in neither
    table raises TypeError.

    >>> Exact(np.float64(0.5)) * 3.0 + np.exp(Exact(np.float64(0.0)))
    Exact(2.5)
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value: np.float64 | NDArray[np.float64] = value

    def __repr__(self) -> str:
        return f"Exact({self.value})"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        values = [each.value if isinstance(each, Exact) else each for each in inputs]
        if method != "__call__" or keywords:
            raise _unknown(f"{ufunc.__name__} with more than its numbers")
        if ufunc in ARITHMETIC:
            return Exact(ARITHMETIC[ufunc](*values))
        if ufunc in ELEMENTARY:
            return Exact(_each(_function(ELEMENTARY[ufunc]), values[0]))
        if ufunc is np.power:
            return Exact(_power(*values))
        if ufunc is np.arctan2:
            return Exact(_pairwise(_function("atan2"), *values))
        if ufunc in COMPARISONS:
            return ufunc(*values)
        raise _unknown(ufunc.__name__)

    def __array_function__(
        self, func: Callable[..., Any], _types: Any, arguments: Any, _keywords: Any
    ) -> Any:
        if func is np.where and len(arguments) == 3:
            return Exact(
                np.where(*(each.value if isinstance(each, Exact) else each for each in arguments))
            )
        raise _unknown(func.__name__)


def _unknown(name: str) -> TypeError:
    return TypeError(f"{name}: not among the functions that are rounded alike on every machine")


class _Tripwire(NDArrayOperatorsMixin):
    """Stands for a number, and notices when more than arithmetic is done with it."""

    def __init__(self) -> None:
        self.is_tripped = False

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *_: Any, **keywords: Any) -> _Tripwire:
        self.is_tripped |= (
            not (ufunc in ARITHMETIC or ufunc in COMPARISONS)
            or method != "__call__"
            or bool(keywords)
        )
        return self

    def __array_function__(self, *_: Any) -> _Tripwire:
        self.is_tripped = True
        return self


def is_arithmetic(function: Callable[[Any, Any], Any]) -> bool:
    """Say whether a formula of two numbers is made of operations that numpy rounds alike
    everywhere.
    """
    number = _Tripwire()
    function(number, number)
    return not number.is_tripped


def rounded(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return what computes a formula of two float64 numbers or arrays with the same bits on every
    machine.

    That is the formula itself if arithmetic is all it needs. One that returns a tuple stays one
    that does. A formula that asks for more than operators and ufuncs, as another's may, is left to
    itself: nothing can be promised for it.
    """
    try:
        if is_arithmetic(function):
            return function
        with np.errstate(all="ignore"):  # at (1, 1), too, a formula may have no value
            function(Exact(np.float64(1.0)), Exact(np.float64(1.0)))
    except (TypeError, InvalidValueError):
        return function

    def exactly(x: Any, y: Any) -> Any:
        result = function(Exact(x), Exact(y))
        return tuple(map(_plain, result)) if isinstance(result, tuple) else _plain(result)

    return exactly


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Exact) else value


@functools.cache
def _function(name: str) -> Callable[..., Any]:
    import gmpy2  # most races are arithmetic alone

    # A context of our own: double precision with its subnormal numbers, to nearest, whatever the
    # caller has set.
    return getattr(gmpy2.ieee(64), name)  # type: ignore[no-any-return]


def _each(function: Callable[..., Any], value: Any) -> Any:
    """Call an MPFR function with a float64 or with every number of an array."""
    if isinstance(value, float):
        return np.float64(function(value))
    return np.array([float(function(each)) for each in value.ravel().tolist()]).reshape(value.shape)


def _power(base: Any, exponent: Any) -> Any:
    """Raise to a power: a small whole one as a person writes it out, factor by factor, any other by
    MPFR.
    """
    if (
        isinstance(exponent, (int, float))
        and 1 <= exponent <= MOST_FACTORS
        and exponent == int(exponent)
    ):
        return functools.reduce(np.multiply, [base] * int(exponent))
    return _pairwise(_function("pow"), base, exponent)


def _pairwise(function: Callable[..., Any], one: Any, other: Any) -> Any:
    """Call an MPFR function with two float64, or with every pair of numbers of two arrays."""
    ones, others = np.broadcast_arrays(np.asarray(one, np.float64), np.asarray(other, np.float64))
    pairs = zip(ones.ravel().tolist(), others.ravel().tolist(), strict=True)
    return np.array([float(function(*pair)) for pair in pairs]).reshape(ones.shape)[()]
