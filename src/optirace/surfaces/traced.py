"""Writes a function of Python as the formula that it computes, by calling it once with two
letters.
"""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from optirace.errors import InvalidValueError
from optirace.numerics import correctly_rounded
from optirace.surfaces import formula
from optirace.surfaces.formula import rules

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 10_000
"""Characters of a formula: a loop that runs for long is no formula."""

_INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "true_divide": "/",
    "power": "^",
    "float_power": "^",
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "logical_and": "and",
    "logical_or": "or",
}
_CALLED = {
    "hypot": "hypot",
    "arctan2": "arctan2",
    "absolute": "abs",
    "fabs": "abs",
    "maximum": "max",
    "minimum": "min",
    "fmax": "max",
    "fmin": "min",
}
"""What the formula calls otherwise than NumPy; it has all the other functions of `rules` under
NumPy's names.
"""

_WRITTEN = {
    "negative": "(-{0})",
    "positive": "{0}",
    "square": "({0}^2)",
    "reciprocal": "(1/{0})",
    "logical_not": "(not {0})",
}
_TOLD = "give its gradient as well, such as gradient=lambda x, y: (2*x, 20*y)"
_POINTS = ((0.7, -1.3), (-2.1, 0.4), (1.9, 3.2), (-0.3, -4.6))


def text(function: Callable[[Any, Any], Any]) -> str:
    """Return the formula of a function of x and y, as a person would type it.

    The function is called with two letters instead of numbers, so it must be made of operators,
    NumPy's functions and np.where. Raises InvalidValueError, which says what to do, where it is
    not, and where it computes something else than its formula.

    >>> text(lambda x, y: x * x + 10 * np.sin(y))
    'theta1*theta1 + 10*sin(theta2)'
    """
    try:
        told = function(Letter("x"), Letter("y"))
    except InvalidValueError:
        raise
    except Exception as problem:
        raise _refused(
            f"cannot be read as a formula: {type(problem).__name__}: {problem}"
        ) from problem
    plain = formula.surface(_text(told)).expression
    rounded = correctly_rounded.rounded(formula.surface(plain).value)
    for x, y in _POINTS:
        with np.errstate(all="ignore"):
            value, meant = (
                function(np.float64(x), np.float64(y)),
                float(rounded(np.float64(x), np.float64(y))),
            )
        if not np.isclose(value, meant, rtol=1e-9, atol=1e-12, equal_nan=True):
            raise _refused(f"computes {value:g} at {x:g},{y:g}, and its formula {meant:g}")
    return plain


def _refused(problem: str) -> InvalidValueError:
    return InvalidValueError("surface", f"a function {problem}", hint=_TOLD)


def _text(value: Any) -> str:
    """Write what an operation takes: a part of the formula, or a number."""
    if isinstance(value, Letter):
        return value.text
    if isinstance(value, numbers.Real) and np.isfinite(float(value)):
        number = repr(float(value)).removesuffix(".0")
        return f"({number})" if number.startswith("-") else number
    raise _refused(f"must be made of finite numbers; {type(value).__name__} {value!r:.30} is none")


class Letter(np.lib.mixins.NDArrayOperatorsMixin):
    """A part of a formula, which stands for a number while a function is called."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise _refused(f"must be a formula of at most {LONGEST} characters")
        self.text = text

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *values: Any, **_: Any) -> Letter:
        """Write an operation of NumPy, which Python's operators are as well."""
        name, parts = ufunc.__name__, [_text(value) for value in values]
        if method == "__call__" and name in _INFIX:
            return Letter(f"({parts[0]} {_INFIX[name]} {parts[1]})")
        if method == "__call__" and (name in _CALLED or name in rules.FUNCTIONS):
            return Letter(f"{_CALLED.get(name, name)}({', '.join(parts)})")
        if method == "__call__" and name in _WRITTEN:
            return Letter(_WRITTEN[name].format(*parts))
        raise _refused(f"may not call np.{name}, of which there is no derivative here")

    def __array_function__(self, function: Any, _: Any, values: Any, __: Any) -> Letter:
        """Write np.where."""
        if function is np.where and len(values) == 3:
            return Letter(f"where({', '.join(map(_text, values))})")
        raise _refused(f"may not call np.{function.__name__}, of which there is no derivative here")

    def __float__(self) -> NoReturn:
        """Refuse to be a number, as the functions of math ask for one."""
        raise _refused("must call NumPy's functions, np.sin for math.sin")

    def __bool__(self) -> NoReturn:
        """Refuse to decide a branch."""
        raise _refused(
            "may not branch on x and y; use np.where, or max and min as np.maximum and np.minimum"
        )
