"""Rules that scale: a rate for each direction, from the squares of its gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from optirace.optimizers.rule import (
    Array,
    average,
    check,
    decay,
    form,
    moved,
    pushed,
    rate,
    rate_place,
    root,
)


class AdaGradState(NamedTuple):
    """The sum of the squared gradients, float64[..., 2]."""

    a: Array


@dataclass(frozen=True, slots=True)
class AdaGrad:
    """Scale by the root of the sum of all squares: a = a + g^2; theta -= lr*g/(sqrt(a)+eps), from a
    = initial.

    `inside` means lr*g/sqrt(a+eps). The default rate is the lecture's 0.1, which shows how the
    steps shrink; 1 is what gets down the bowl. Source: Duchi, Hazan & Singer, Adaptive subgradient
    methods for online learning and stochastic optimization, 2011.
    """

    name: ClassVar[str] = "adagrad"
    label: ClassVar[str] = "AdaGrad"
    momentum: ClassVar[str | None] = None
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"a \leftarrow a + g^2,\quad \theta \leftarrow \theta - \eta\, g / (\sqrt{a} + \epsilon)"
    )
    source: ClassVar[str] = (
        "Duchi, Hazan & Singer, Adaptive subgradient methods for online learning and "
        "stochastic optimization, 2011"
    )
    lesson: ClassVar[str] = (
        "A sum of squares never forgets: the learning rate of each axis only shrinks, and "
        "progress stalls."
    )

    lr: float = rate(0.1)
    eps: float = rate(1e-8)
    initial: float = rate(0.0)
    convention: str = form("outside", "inside")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdaGradState:
        """Start the sum at `initial`."""
        return AdaGradState(a=np.zeros_like(theta) + self.initial)

    def update(self, gradient: Array, state: AdaGradState) -> tuple[Array, AdaGradState]:
        """Add the squares, then step by the scaled gradient."""
        a = state.a + gradient * gradient
        return self.lr * gradient / root(a, self.eps, self.convention), AdaGradState(a=a)


class AdadeltaState(NamedTuple):
    """The running averages of the squared gradient and of the squared step, float64[..., 2]."""

    s: Array
    x: Array


@dataclass(frozen=True, slots=True)
class Adadelta:
    """Scale by the ratio of root mean squares of steps and gradients, so that a step has the unit
    of theta.

    s = beta*s + (1-beta)*g^2; d = sqrt(x+eps)/sqrt(s+eps)*g; theta -= lr*d; x = beta*x +
    (1-beta)*d^2. beta is the paper's rho, and the paper has no rate: lr is 1. Source: Zeiler,
    ADADELTA: an adaptive learning rate method, 2012.
    """

    name: ClassVar[str] = "adadelta"
    label: ClassVar[str] = "Adadelta"
    momentum: ClassVar[str | None] = None
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"d = \sqrt{x + \epsilon}\, g / \sqrt{s + \epsilon},\quad \theta \leftarrow \theta "
        r"- \eta\, d,\quad "
        r"x \leftarrow \beta x + (1-\beta)\, d^2"
    )
    source: ClassVar[str] = "Zeiler, ADADELTA: an adaptive learning rate method, 2012"
    lesson: ClassVar[str] = (
        "With no learning rate to choose, eps takes its place: the first steps are of order "
        "sqrt(eps)."
    )

    lr: float = rate(1.0)
    beta: float = decay(0.9)
    eps: float = rate(1e-6)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdadeltaState:
        """Start both averages at zero."""
        return AdadeltaState(s=np.zeros_like(theta), x=np.zeros_like(theta))

    def update(self, gradient: Array, state: AdadeltaState) -> tuple[Array, AdadeltaState]:
        """Average the squared gradient, step, average the squared step."""
        s = average(self.beta, state.s, gradient * gradient)
        d = np.sqrt(state.x + self.eps) / np.sqrt(s + self.eps) * gradient
        return self.lr * d, AdadeltaState(s=s, x=average(self.beta, state.x, d * d))


class RMSPropMomentumState(NamedTuple):
    """The running average of the squared gradient, and the velocity, float64[..., 2]."""

    s: Array
    b: Array


@dataclass(frozen=True, slots=True)
class RMSPropMomentum:
    """RMSProp with a heavy ball behind it: s = beta*s + (1-beta)*g^2; b = mu*b + g/sqrt(s+eps);
    theta -= lr*b.

    `outside` means g/(sqrt(s)+eps). The default rate is a tenth of RMSProp's: b is worth 1/(1-mu)
    scaled gradients. With lr_in `velocity` lr stands inside: b = mu*b + lr*g/sqrt(s+eps); theta -=
    b. Source: Tieleman & Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012.
    """

    name: ClassVar[str] = "rmsprop-momentum"
    label: ClassVar[str] = "RMSProp + Momentum"
    momentum: ClassVar[str | None] = "b"
    is_velocity: ClassVar[bool] = True
    formula: ClassVar[str] = (
        r"b \leftarrow \mu b + g / \sqrt{s + \epsilon},\quad \theta \leftarrow \theta - \eta\, b"
    )
    source: ClassVar[str] = (
        "Tieleman & Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012"
    )
    lesson: ClassVar[str] = (
        "Scaling gradients before accumulating them is not Adam: the velocity keeps "
        "outdated scales."
    )

    lr: float = rate(0.01)
    beta: float = decay(0.9)
    mu: float = decay(0.9)
    eps: float = rate(1e-8)
    lr_in: str = rate_place()
    convention: str = form("inside", "outside")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> RMSPropMomentumState:
        """Start at rest."""
        return RMSPropMomentumState(s=np.zeros_like(theta), b=np.zeros_like(theta))

    def update(
        self, gradient: Array, state: RMSPropMomentumState
    ) -> tuple[Array, RMSPropMomentumState]:
        """Average the squares, accelerate by the scaled gradient, move."""
        s = average(self.beta, state.s, gradient * gradient)
        b = self.mu * state.b + pushed(self, gradient / root(s, self.eps, self.convention))
        return moved(self, b), RMSPropMomentumState(s=s, b=b)


class RMSPropCenteredState(NamedTuple):
    """The running averages of the squared gradient and of the gradient, and the velocity,
    float64[..., 2].
    """

    s: Array
    gbar: Array
    b: Array


@dataclass(frozen=True, slots=True)
class RMSPropCentered:
    """RMSProp by the running standard deviation: b = mu*b + g/sqrt(s-gbar^2+eps); theta -= lr*b.

    gbar = beta*gbar + (1-beta)*g; s = beta*s + (1-beta)*g^2; `outside` means
    g/(sqrt(s-gbar^2)+eps), and lr_in is as in RMSProp + Momentum. A variance that rounding makes
    negative counts as 0. While the gradient hardly changes the deviation is small and the steps are
    large, so the default rate is 0.01, and mu is 0. Source: Graves, Generating sequences with
    recurrent neural networks, 2013.
    """

    name: ClassVar[str] = "rmsprop-centered"
    label: ClassVar[str] = "RMSProp centered"
    momentum: ClassVar[str | None] = "b"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"b \leftarrow \mu b + g / \sqrt{s - \bar g^2 + \epsilon},\quad \theta \leftarrow "
        r"\theta - \eta\, b"
    )
    source: ClassVar[str] = "Graves, Generating sequences with recurrent neural networks, 2013"
    lesson: ClassVar[str] = (
        "Dividing by the gradient's spread gives long steps on an even slope, short ones "
        "where it turns."
    )

    lr: float = rate(0.01)
    beta: float = decay(0.9)
    mu: float = decay(0.0)
    eps: float = rate(1e-8)
    lr_in: str = rate_place()
    convention: str = form("inside", "outside")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> RMSPropCenteredState:
        """Start at rest."""
        return RMSPropCenteredState(
            s=np.zeros_like(theta), gbar=np.zeros_like(theta), b=np.zeros_like(theta)
        )

    def update(
        self, gradient: Array, state: RMSPropCenteredState
    ) -> tuple[Array, RMSPropCenteredState]:
        """Average gradient and squares, accelerate by the scaled gradient, move."""
        s = average(self.beta, state.s, gradient * gradient)
        gbar = average(self.beta, state.gbar, gradient)
        variance = np.maximum(s - gbar * gbar, 0.0)
        b = self.mu * state.b + pushed(self, gradient / root(variance, self.eps, self.convention))
        return moved(self, b), RMSPropCenteredState(s=s, gbar=gbar, b=b)
