"""Loss surfaces: value, gradient, view, start, minima; and the table of those we ship."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Array: TypeAlias = NDArray[np.float64]
Point: TypeAlias = tuple[float, float]
View: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """A loss over the plane (theta1, theta2).

    `value` and `gradient` use + - * / and sqrt alone, which IEEE 754 rounds alike on every CPU, and they broadcast, so
    the function that scores a racer also fills the contour grid.
    """

    name: str
    """What a person types."""

    label: str = ""

    expression: str = ""
    """The formula in plain text."""

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
    """Every global minimum; empty where none is known."""

    log_levels: bool = False
    """Whether contour levels are spaced in the logarithm of the gap to the minimum."""

    source: str = ""

    lr: Mapping[str, float] = field(default_factory=dict)
    """A learning rate that suits each rule here, by the rule's name; a rule that is not named keeps its own default."""

    lesson: str = ""
    """What a race on it teaches, in one line."""

    is_bounded: bool = True
    """Whether the loss is bounded below; where it is not, a racer that leaves the view has diverged."""

    @property
    def minimum(self) -> float | None:
        """The loss at the global minimum, or None where none is known."""
        return float(self.value(*self.minima[0])) if self.minima else None


def _bowl(x: Any, y: Any) -> Any:
    return x * x + 10.0 * (y * y)


def _bowl_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 2.0 * x, 20.0 * y


SURFACES: dict[str, Surface] = {
    "bowl": Surface(
        name="bowl",
        label="Quadratic bowl",
        expression="theta1^2 + 10*theta2^2",
        formula=r"\theta_1^2 + 10\,\theta_2^2",
        value=_bowl,
        gradient=_bowl_gradient,
        view=(-6.0, 3.0, -4.0, 4.0),
        start=(-5.0, 3.0),
        minima=((0.0, 0.0),),
        log_levels=True,
        source="B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964",
    ),
}
