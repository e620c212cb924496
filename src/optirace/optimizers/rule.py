"""What an update rule is: its protocol, and the kinds of fields that its hyperparameters are.

A rule is a frozen dataclass whose fields are its hyperparameters. Its functions use NumPy operators
and ufuncs alone and never raise to a power: numpy's and libm's pow differ between CPUs, so beta^t
is a running product in the state. None asks what an array holds, so one rule runs on a point,
float64[2], on n points, float64[n, 2], and with hyperparameters of the shape (n, 1), one value a
point.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optirace.errors import InvalidValueError, unknown

Array: TypeAlias = NDArray[np.float64]


class Optimizer(Protocol):
    """An update rule with its hyperparameters: theta -= step, where (step, state) =
    update(gradient, state).
    """

    name: ClassVar[str]
    """What a person types."""

    label: ClassVar[str]

    momentum: ClassVar[str | None]
    """The letter of the state that a velocity arrow shows (along its negative), if there is one."""

    is_velocity: ClassVar[bool]
    """Whether that letter is a velocity, shown unless told otherwise, and not only a first
    moment.
    """

    formula: ClassVar[str]
    """The update in mathtext, without the dollar signs."""

    source: ClassVar[str]

    lesson: ClassVar[str]
    """What there is to learn from watching it: one sentence."""

    @property
    def lr(self) -> float:
        """The learning rate."""

    def init(self, theta: Array) -> Any:
        """Return the state before the first step at theta, float64[..., 2]."""

    def update(self, gradient: Array, state: Any) -> tuple[Array, Any]:
        """Return what to subtract from theta, float64[..., 2], and the next state; neither argument
        is modified.
        """


def hyper(optimizer: Optimizer) -> dict[str, Any]:
    """Return the hyperparameters of a rule by name, in the order of its formula, and last the word
    for its form.

    >>> from optirace.optimizers import RMSProp
    >>> hyper(RMSProp(beta=0.5))
    {'lr': 0.1, 'beta': 0.5, 'eps': 1e-08, 'convention': 'inside'}
    """
    names = [field.name for field in dataclasses.fields(optimizer)]  # type: ignore[arg-type]
    return {name.rstrip("_"): getattr(optimizer, name) for name in names}


def told(optimizer: Optimizer) -> dict[str, Any]:
    """Return the hyperparameters that people are told: the form only where it is not the rule's
    usual one.

    >>> from optirace.optimizers import RMSProp
    >>> told(RMSProp(beta=0.5)), told(RMSProp(convention="outside"))["convention"]
    ({'lr': 0.1, 'beta': 0.5, 'eps': 1e-08}, 'outside')
    """
    fields = dataclasses.fields(optimizer)  # type: ignore[arg-type]
    usual = {field.default for field in fields if "choices" in field.metadata}
    return {
        name: value
        for name, value in hyper(optimizer).items()
        if not (isinstance(value, str) and value in usual)
    }


def short(value: object) -> str:
    """Return a hyperparameter in few characters.

    >>> short(1e-8), short("outside"), short((0.9, 0.99)), short(True)
    ('1e-08', 'outside', '(0.9, 0.99)', 'True')
    """
    return (
        f"{value:g}"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )


def _number(default: float, least: float, below: float, allowed: str) -> Any:
    return dataclasses.field(
        default=default, metadata={"least": least, "below": below, "allowed": allowed}
    )


def rate(default: float) -> Any:
    """Declare a finite number, 0 or more."""
    return _number(default, 0.0, math.inf, "a finite number, 0 or more")


def decay(default: float) -> Any:
    """Declare the share of a running average that a step keeps, from 0 to below 1."""
    return _number(default, 0.0, 1.0, "from 0 to below 1")


def share(default: float) -> Any:
    """Declare a share of a whole, from 0 to 1."""
    return _number(default, 0.0, math.nextafter(1.0, 2.0), "from 0 to 1")


def growth(default: float) -> Any:
    """Declare a factor that does not shrink, 1 or more."""
    return _number(default, 1.0, math.inf, "a finite number, 1 or more")


def form(*choices: str) -> Any:
    """Declare which of several forms of the rule is meant, the first unless told otherwise; a last
    field of a rule.
    """
    return dataclasses.field(default=choices[0], kw_only=True, metadata={"choices": choices})


def rate_place() -> Any:
    """Declare where the learning rate of a rule with a velocity stands, which matters only while a
    schedule changes it.

    `step`: the velocity sums gradients, and what is moved is lr times it. `velocity`: each gradient
    enters the velocity with the rate of its own step, so a later drop of the rate leaves what was
    gathered before as it is.
    """
    return form("step", "velocity")


def pushed(rule: Any, push: Array) -> Array:
    """Return what a push adds to the velocity of a rule that has lr and lr_in, float64[..., 2]."""
    inside: Array = rule.lr * push if rule.lr_in == "velocity" else push
    return inside


def moved(rule: Any, velocity: Array) -> Array:
    """Return the step that a velocity makes, float64[..., 2]: what `pushed` has not multiplied with
    lr yet is now.
    """
    step: Array = velocity if rule.lr_in == "velocity" else rule.lr * velocity
    return step


def check(optimizer: Any) -> None:
    """Refuse a hyperparameter out of its range, or with a value anywhere out of it, and a form that
    is not there.
    """
    for field in dataclasses.fields(optimizer):
        value, allowed = getattr(optimizer, field.name), field.metadata
        if "choices" in allowed:
            if value not in allowed["choices"]:
                raise unknown(field.name, value, allowed["choices"])
        elif not np.all((allowed["least"] <= value) & (value < allowed["below"])):
            raise InvalidValueError(field.name, f"must be {allowed['allowed']}", value=value)


def average(beta: float, old: Array, new: Array) -> Array:
    """Return the running average of what was and what is new: beta*old + (1-beta)*new."""
    return beta * old + (1.0 - beta) * new


def root(square: Array, eps: float, convention: str) -> Array:
    """Return sqrt(square+eps), eps `inside` the root, or sqrt(square)+eps, eps `outside` it."""
    bottom: Array = np.sqrt(square + eps) if convention == "inside" else np.sqrt(square) + eps
    return bottom
