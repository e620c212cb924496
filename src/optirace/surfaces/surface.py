"""What a loss surface is: value, gradient, view, start and minima."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optirace.numerics import correctly_rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Array: TypeAlias = NDArray[np.float64]
Point: TypeAlias = tuple[float, float]
View: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Surface:
    """A loss over the plane (theta1, theta2).

    `value` and `gradient` are written with NumPy operators and the ufuncs of `exact`, powers as
    multiplications, and never branch on a value. So the function that scores a racer on numbers
    alike on every machine (`exact.rounded`) also fills the contour grid at NumPy's speed.
    """

    name: str
    """What a person types."""

    label: str = ""

    expression: str = ""
    """The formula in plain text: theta1, theta2, numbers, pi, + - * / ^ and functions."""

    formula: str
    """The formula in mathtext, without the dollar signs."""

    value: Callable[[Any, Any], Any]
    """value(x, y): the loss, of the shape that x and y broadcast to."""

    gradient: Callable[[Any, Any], tuple[Any, Any]]
    """gradient(x, y): both partial derivatives, each of the shape that x and y broadcast to."""

    view: View | None = None
    """x0, x1, y0, y1 of the part worth looking at; None leaves it to the race."""

    start: Point
    minima: tuple[Point, ...] = ()
    """Every global minimum within the view; empty where none is known."""

    log_levels: bool = False
    """Whether contour levels are spaced in the logarithm of the gap to the minimum."""

    source: str = ""

    lr: Mapping[str, float] = field(default_factory=dict)
    """A learning rate for each rule, by its name, that shows the lesson within 200 steps; their kin
    take theirs from it (`optimizers.suiting`), and others keep their default.
    """

    lesson: str = ""
    """What a race at these rates teaches: one sentence."""

    is_bounded: bool = True
    """Whether the loss is bounded below; where it is not, a racer that leaves the view has
    diverged.
    """

    def __repr__(self) -> str:
        return f"<Surface {self.name}: {self.expression or self.formula}>"

    @property
    def minimum(self) -> float | None:
        """The loss at the global minimum, or None where none is known."""
        return (
            float(correctly_rounded.rounded(self.value)(*np.array(self.minima[0])))
            if self.minima
            else None
        )
