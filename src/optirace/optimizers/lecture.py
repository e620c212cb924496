"""The four of the lecture, which race unless told otherwise: SGD, Momentum, RMSProp and Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

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


@dataclass(frozen=True, slots=True)
class SGD:
    """Plain gradient descent: theta -= lr*g.

    Source: Robbins & Monro, A stochastic approximation method, 1951.
    """

    name: ClassVar[str] = "sgd"
    label: ClassVar[str] = "SGD"
    momentum: ClassVar[str | None] = None
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\, g"
    source: ClassVar[str] = "Robbins & Monro, A stochastic approximation method, 1951"
    lesson: ClassVar[str] = (
        "The steepest direction limits lr: above 2/L each step lands farther from the floor "
        "than it started."
    )

    lr: float = rate(0.1)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> tuple[()]:  # noqa: ARG002 - the protocol's; this rule remembers nothing
        """Nothing to remember."""
        return ()

    def update(self, gradient: Array, state: tuple[()]) -> tuple[Array, tuple[()]]:
        """Step against the gradient."""
        return self.lr * gradient, state


class MomentumState(NamedTuple):
    """The velocity, float64[..., 2], and whether a step was made, 0.0 or 1.0."""

    v: Array
    begun: float


@dataclass(frozen=True, slots=True)
class Momentum:
    """SGD along a running average of the gradient: v = beta*v + (1-beta)*g; theta -= lr*v, from v =
    0, not bias-corrected.

    It equals the heavy ball with the learning rate lr*(1-beta), and so does what `heavy-ball`
    means: v = beta*v + g. `torch-dampened` is torch's dampening=beta: the average, but the first
    step is not damped, v = g. With lr_in `velocity` lr stands inside: v = beta*v + (1-beta)*lr*g;
    theta -= v. Source: Polyak, Some methods of speeding up the convergence of iteration methods,
    1964.
    """

    name: ClassVar[str] = "momentum"
    label: ClassVar[str] = "SGD + Momentum"
    momentum: ClassVar[str | None] = "v"
    is_velocity: ClassVar[bool] = True
    formula: ClassVar[str] = (
        r"v \leftarrow \beta v + (1-\beta)\, g,\quad \theta \leftarrow \theta - \eta\, v"
    )
    source: ClassVar[str] = (
        "Polyak, Some methods of speeding up the convergence of iteration methods, 1964"
    )
    lesson: ClassVar[str] = (
        "Averaging gradients cancels the zigzag across a valley and keeps the motion along it."
    )

    lr: float = rate(0.1)
    beta: float = decay(0.9)
    lr_in: str = rate_place()
    convention: str = form("average", "heavy-ball", "torch-dampened")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> MomentumState:
        """Start at rest."""
        return MomentumState(v=np.zeros_like(theta), begun=0.0)

    def update(self, gradient: Array, state: MomentumState) -> tuple[Array, MomentumState]:
        """Average, then step along the average."""
        damped = {"average": 1.0, "heavy-ball": 0.0, "torch-dampened": state.begun}[self.convention]
        v = self.beta * state.v + (1.0 - self.beta * damped) * pushed(self, gradient)
        return moved(self, v), MomentumState(v=v, begun=1.0)


class RMSPropState(NamedTuple):
    """The running average of the squared gradient, float64[..., 2]."""

    s: Array


@dataclass(frozen=True, slots=True)
class RMSProp:
    """Scale by a running root mean square, eps inside the root: s = beta*s + (1-beta)*g^2; theta -=
    lr*g/sqrt(s+eps).

    `outside` means lr*g/(sqrt(s)+eps). Source: Tieleman & Hinton, Lecture 6.5 of Neural Networks
    for Machine Learning, 2012.
    """

    name: ClassVar[str] = "rmsprop"
    label: ClassVar[str] = "RMSProp"
    momentum: ClassVar[str | None] = None
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"s \leftarrow \beta s + (1-\beta)\, g^2,\quad \theta \leftarrow \theta - \eta\, g "
        r"/ \sqrt{s + \epsilon}"
    )
    source: ClassVar[str] = (
        "Tieleman & Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012"
    )
    lesson: ClassVar[str] = (
        "Each axis gets its own learning rate, but steps of nearly constant size lr never settle."
    )

    lr: float = rate(0.1)
    beta: float = decay(0.9)
    eps: float = rate(1e-8)
    convention: str = form("inside", "outside")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> RMSPropState:
        """Start the average at zero."""
        return RMSPropState(s=np.zeros_like(theta))

    def update(self, gradient: Array, state: RMSPropState) -> tuple[Array, RMSPropState]:
        """Average the squares, then step by the scaled gradient."""
        s = average(self.beta, state.s, gradient * gradient)
        return self.lr * gradient / root(s, self.eps, self.convention), RMSPropState(s=s)


class AdamState(NamedTuple):
    """Both running moments, float64[..., 2], and beta1^t and beta2^t as running products."""

    m: Array
    v: Array
    beta1_t: float
    beta2_t: float


def at_rest(theta: Array) -> AdamState:
    """Return both moments at zero."""
    return AdamState(m=np.zeros_like(theta), v=np.zeros_like(theta), beta1_t=1.0, beta2_t=1.0)


def moments(rule: Any, gradient: Array, state: Any) -> AdamState:
    """Return both moments after one more gradient; `rule` has beta1 and beta2, `state` the letters
    of AdamState.
    """
    return AdamState(
        m=average(rule.beta1, state.m, gradient),
        v=average(rule.beta2, state.v, gradient * gradient),
        beta1_t=state.beta1_t * rule.beta1,
        beta2_t=state.beta2_t * rule.beta2,
    )


def corrected(rule: Any, state: AdamState) -> Array:
    """Return Adam's step; `rule` has lr, eps and a convention of `hat` or `raw`."""
    m, v, beta1_t, beta2_t = state
    if rule.convention == "raw":
        step: Array = (
            rule.lr * np.sqrt(1.0 - beta2_t) / (1.0 - beta1_t) * m / (np.sqrt(v) + rule.eps)
        )
    else:
        step = rule.lr * (m / (1.0 - beta1_t)) / (np.sqrt(v / (1.0 - beta2_t)) + rule.eps)
    return step


@dataclass(frozen=True, slots=True)
class Adam:
    """Bias-corrected first and second moment, eps outside the root.

    m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; theta -= lr*mhat/(sqrt(vhat)+eps) with
    mhat = m/(1-beta1^t), vhat = v/(1-beta2^t). `raw` puts eps beside the root of v itself:
    theta -= lr*sqrt(1-beta2^t)/(1-beta1^t)*m/(sqrt(v)+eps), the paper's faster form. Source: Kingma
    & Ba, Adam: a method for stochastic optimization, 2015.
    """

    name: ClassVar[str] = "adam"
    label: ClassVar[str] = "Adam"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)"
    )
    source: ClassVar[str] = "Kingma & Ba, Adam: a method for stochastic optimization, 2015"
    lesson: ClassVar[str] = (
        "Momentum plus a learning rate per axis; the first steps have size lr, whatever the "
        "gradient."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.9)
    beta2: float = decay(0.999)
    eps: float = rate(1e-8)
    convention: str = form("hat", "raw")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdamState:
        """Start both moments at zero."""
        return at_rest(theta)

    def update(self, gradient: Array, state: AdamState) -> tuple[Array, AdamState]:
        """Average, correct the bias, step."""
        state = moments(self, gradient, state)
        return corrected(self, state), state
