"""Rules that roll: one rate for every direction, and a velocity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from optirace.optimizers.rule import (
    Array,
    average,
    check,
    decay,
    moved,
    pushed,
    rate,
    rate_place,
    share,
)


class VelocityState(NamedTuple):
    """The velocity, float64[..., 2]."""

    b: Array


@dataclass(frozen=True, slots=True)
class HeavyBall:
    """A ball with friction: b = mu*b + g; theta -= lr*b, from b = 0; with lr_in `velocity` b = mu*b
    + lr*g; theta -= b.

    The default rate is a tenth of Momentum's, so that both make the same path: b is worth 1/(1-mu)
    gradients. Source: Polyak, Some methods of speeding up the convergence of iteration methods,
    1964.
    """

    name: ClassVar[str] = "heavy-ball"
    label: ClassVar[str] = "Heavy ball"
    momentum: ClassVar[str | None] = "b"
    is_velocity: ClassVar[bool] = True
    formula: ClassVar[str] = r"b \leftarrow \mu b + g,\quad \theta \leftarrow \theta - \eta\, b"
    source: ClassVar[str] = (
        "Polyak, Some methods of speeding up the convergence of iteration methods, 1964"
    )
    lesson: ClassVar[str] = (
        "A sum instead of an average acts as a learning rate 1/(1-mu) times as large: "
        "Momentum at lr/(1-mu)."
    )

    lr: float = rate(0.01)
    mu: float = decay(0.9)
    lr_in: str = rate_place()

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> VelocityState:
        """Start at rest."""
        return VelocityState(b=np.zeros_like(theta))

    def update(self, gradient: Array, state: VelocityState) -> tuple[Array, VelocityState]:
        """Accelerate, then move."""
        b = self.mu * state.b + pushed(self, gradient)
        return moved(self, b), VelocityState(b=b)


@dataclass(frozen=True, slots=True)
class Nesterov:
    """The heavy ball that looks ahead: b = mu*b + g; theta -= lr*(g + mu*b).

    With lr_in `velocity` b = mu*b + lr*g; theta -= lr*g + mu*b.

    theta is the point ahead, phi - lr*mu*b, at which Nesterov's method asks for the gradient while
    phi moves by b. The default rate is the heavy ball's: at 0.1 the bowl is past the limit
    2*(1+mu)/((1+2*mu)*L). Source: Nesterov, A method for solving the convex programming problem
    with convergence rate O(1/k^2), 1983, as Sutskever et al., On the importance of initialization
    and momentum in deep learning, 2013, write it.
    """

    name: ClassVar[str] = "nesterov"
    label: ClassVar[str] = "Nesterov"
    momentum: ClassVar[str | None] = "b"
    is_velocity: ClassVar[bool] = True
    formula: ClassVar[str] = (
        r"b \leftarrow \mu b + g,\quad \theta \leftarrow \theta - \eta\, (g + \mu b)"
    )
    source: ClassVar[str] = (
        "Nesterov, A method for solving the convex programming problem with convergence "
        "rate O(1/k^2), 1983"
    )
    lesson: ClassVar[str] = (
        "Taking the gradient where the ball is about to be slows it before it overshoots."
    )

    lr: float = rate(0.01)
    mu: float = decay(0.9)
    lr_in: str = rate_place()

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> VelocityState:
        """Start at rest."""
        return VelocityState(b=np.zeros_like(theta))

    def update(self, gradient: Array, state: VelocityState) -> tuple[Array, VelocityState]:
        """Accelerate, then move as the next step would."""
        push = pushed(self, gradient)
        b = self.mu * state.b + push
        return moved(self, push + self.mu * b), VelocityState(b=b)


@dataclass(frozen=True, slots=True)
class QHM:
    """A mix of the gradient and its running average: b = beta*b + (1-beta)*g; theta -= lr*((1-nu)*g
    + nu*b).

    nu = 0 is SGD, nu = 1 is Momentum, nu = beta is Nesterov at lr*(1-beta). The paper's beta of
    0.999 remembers a thousand steps. Source: Ma & Yarats, Quasi-hyperbolic momentum and Adam for
    deep learning, 2019.
    """

    name: ClassVar[str] = "qhm"
    label: ClassVar[str] = "QHM"
    momentum: ClassVar[str | None] = "b"
    is_velocity: ClassVar[bool] = True
    formula: ClassVar[str] = (
        r"b \leftarrow \beta b + (1-\beta)\, g,\quad \theta \leftarrow \theta - \eta\, "
        r"((1-\nu)\, g + \nu b)"
    )
    source: ClassVar[str] = (
        "Ma & Yarats, Quasi-hyperbolic momentum and Adam for deep learning, 2019"
    )
    lesson: ClassVar[str] = (
        "SGD, Momentum and Nesterov are one update with three different weights on the average."
    )

    lr: float = rate(0.1)
    beta: float = decay(0.999)
    nu: float = share(0.7)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> VelocityState:
        """Start at rest."""
        return VelocityState(b=np.zeros_like(theta))

    def update(self, gradient: Array, state: VelocityState) -> tuple[Array, VelocityState]:
        """Average, then step along the mix."""
        b = average(self.beta, state.b, gradient)
        return self.lr * ((1.0 - self.nu) * gradient + self.nu * b), VelocityState(b=b)
