"""Turns a formula typed by a person into a surface with an exact gradient, and never runs a word of
it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optirace.surfaces import SURFACES, Surface
from optirace.surfaces.formula import grammar, parts, typeset

LONGEST_LABEL = 60

TYPED = "typed"
"""The source of a surface that is a formula that somebody typed."""


def surface(text: str) -> Surface:
    """Make the surface of a formula of x and y, such as `x**2 + 10*y**2` or `100(y - x²)² + (1 -
    x)²`.

    docs/formulas.md tells how one may be written, and what is refused because it has two readings.
    Where the formula has no value, as log(x) has none left of 0, the value and both derivatives are
    nan. Where its value is finite, so are they but for an overflow: at a kink they are a
    subgradient, or 0. A formula of a surface that we ship is computed as that is, to the last bit,
    by which races can differ. Raises InvalidValueError for what is not a formula; its note shows
    the place.

    >>> surface("x**2 + 10*y**2").expression
    'theta1^2 + 10*theta2^2'
    """
    formula = grammar.parse(text)
    has_pole = parts.has_pole(formula)
    unused = [name not in formula.variables for name in ("x", "y")]

    def spread(value: Any, x: Any, y: Any) -> Any:
        """Give a value the shape of the numbers that it does not depend on."""
        for number, is_unused in zip((x, y), unused, strict=True):
            value = value + 0.0 * number if is_unused else value
        return value

    def value(x: Any, y: Any) -> Any:
        x, y = _number(x), _number(y)
        return spread(parts.value(formula, x, y), x, y)

    def gradient(x: Any, y: Any) -> tuple[Any, Any]:
        x, y = _number(x), _number(y)
        result, by_x, by_y = parts.jet(formula, x, y)
        result = spread(result, x, y)
        flat = result - result  # zeros of the right shape, and nan where the formula has no value
        if has_pole:
            by_x, by_y = _settled(by_x), _settled(by_y)
        return flat if by_x is None else by_x + flat, flat if by_y is None else by_y + flat

    words, plain = " ".join(text.split()), typeset.plain(formula)
    shipped = next((each for each in SURFACES.values() if each.expression == plain), None)
    return Surface(
        name="expression",
        label=words if len(words) <= LONGEST_LABEL else f"{words[: LONGEST_LABEL - 3]}...",
        expression=plain,
        formula=typeset.mathtext(formula),
        value=value if shipped is None else lambda x, y: shipped.value(_number(x), _number(y)),
        gradient=gradient
        if shipped is None
        else lambda x, y: _joined(shipped.gradient(_number(x), _number(y)), x, y),
        view=None,
        start=(-5.0, 3.0),
        minima=(),
        log_levels=True,
        source=TYPED,
    )


def _joined(slopes: tuple[Any, Any], x: Any, y: Any) -> tuple[Any, Any]:
    """Give slopes the shape that x and y have together."""
    if type(x) is not np.ndarray or x.shape == y.shape:
        return slopes
    by_x, by_y, *_ = np.broadcast_arrays(*slopes, x, y)
    return by_x, by_y


def _settled(slope: Any) -> Any:
    """Return 0 for a slope that is 0 times infinity, as that of exp(-1/x^2) is at 0, and any other
    as it is.
    """
    return None if slope is None else np.fmin(slope, 0.0) + np.fmax(slope, 0.0)


def _number(value: Any) -> Any:
    """Let plain numbers overflow and divide by zero as numpy's do, without an exception."""
    return np.float64(value) if isinstance(value, float | int) else value
