"""Update rules: frozen hyper-parameters and two pure functions; and the table of those we ship.

A rule is a frozen dataclass whose fields are its hyper-parameters. Its functions use NumPy operators and ufuncs alone and
never raise to a power: numpy's and libm's pow differ between CPUs, so beta^t is a running product in the state.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optirace.errors import InvalidValueError

Array: TypeAlias = NDArray[np.float64]


class Optimizer(Protocol):
    """An update rule with its hyper-parameters: theta -= step, where (step, state) = update(gradient, state)."""

    name: ClassVar[str]
    """What a person types."""

    label: ClassVar[str]

    momentum: ClassVar[str | None]
    """The letter of the state that a velocity arrow shows (along its negative), if there is one."""

    is_velocity: ClassVar[bool]
    """Whether that letter is a velocity, shown unless told otherwise, and not only a first moment."""

    formula: ClassVar[str]
    """The update in mathtext, without the dollar signs."""

    source: ClassVar[str]

    @property
    def lr(self) -> float:
        """The learning rate."""

    def init(self, theta: Array) -> Any:
        """Return the state before the first step at theta, float64[..., 2]."""

    def update(self, gradient: Array, state: Any) -> tuple[Array, Any]:
        """Return what to subtract from theta, float64[..., 2], and the next state; neither argument is modified."""


def hyper(optimizer: Optimizer) -> dict[str, float]:
    """Return the hyper-parameters of a rule by name, in the order of its formula.

    >>> hyper(Momentum(beta=0.5))
    {'lr': 0.1, 'beta': 0.5}
    """
    return {field.name: getattr(optimizer, field.name) for field in dataclasses.fields(optimizer)}  # type: ignore[arg-type]


def _rate(default: float) -> Any:
    return dataclasses.field(default=default, metadata={"below": float("inf"), "allowed": "a finite number, 0 or more"})


def _decay(default: float) -> Any:
    return dataclasses.field(default=default, metadata={"below": 1.0, "allowed": "from 0 to below 1"})


def _check(optimizer: Any) -> None:
    for field in dataclasses.fields(optimizer):
        value = getattr(optimizer, field.name)
        if not 0.0 <= value < field.metadata["below"]:
            raise InvalidValueError(f"{field.name} {value}: must be {field.metadata['allowed']}")


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

    lr: float = _rate(0.1)

    def __post_init__(self) -> None:
        _check(self)

    def init(self, theta: Array) -> tuple[()]:  # noqa: ARG002 - the protocol's; this rule remembers nothing
        """Nothing to remember."""
        return ()

    def update(self, gradient: Array, state: tuple[()]) -> tuple[Array, tuple[()]]:
        """Step against the gradient."""
        return self.lr * gradient, state


class MomentumState(NamedTuple):
    """The running average of the gradient, float64[..., 2]."""

    v: Array


@dataclass(frozen=True, slots=True)
class Momentum:
    """SGD along a running average of the gradient: v = beta*v + (1-beta)*g; theta -= lr*v, from v = 0, not bias-corrected.

    It equals the heavy ball with the learning rate lr*(1-beta). Source: Polyak, Some methods of speeding up the
    convergence of iteration methods, 1964.
    """

    name: ClassVar[str] = "momentum"
    label: ClassVar[str] = "SGD + Momentum"
    momentum: ClassVar[str | None] = "v"
    is_velocity: ClassVar[bool] = True
    formula: ClassVar[str] = r"v \leftarrow \beta v + (1-\beta)\, g,\quad \theta \leftarrow \theta - \eta\, v"
    source: ClassVar[str] = "Polyak, Some methods of speeding up the convergence of iteration methods, 1964"

    lr: float = _rate(0.1)
    beta: float = _decay(0.9)

    def __post_init__(self) -> None:
        _check(self)

    def init(self, theta: Array) -> MomentumState:
        """Start at rest."""
        return MomentumState(v=np.zeros_like(theta))

    def update(self, gradient: Array, state: MomentumState) -> tuple[Array, MomentumState]:
        """Average, then step along the average."""
        v = self.beta * state.v + (1.0 - self.beta) * gradient
        return self.lr * v, MomentumState(v=v)


class RMSPropState(NamedTuple):
    """The running average of the squared gradient, float64[..., 2]."""

    s: Array


@dataclass(frozen=True, slots=True)
class RMSProp:
    """Scale by a running root mean square, eps inside the root: s = beta*s + (1-beta)*g^2; theta -= lr*g/sqrt(s+eps).

    Source: Tieleman & Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012.
    """

    name: ClassVar[str] = "rmsprop"
    label: ClassVar[str] = "RMSProp"
    momentum: ClassVar[str | None] = None
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"s \leftarrow \beta s + (1-\beta)\, g^2,\quad \theta \leftarrow \theta - \eta\, g / \sqrt{s + \epsilon}"
    )
    source: ClassVar[str] = "Tieleman & Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012"

    lr: float = _rate(0.1)
    beta: float = _decay(0.9)
    eps: float = _rate(1e-8)

    def __post_init__(self) -> None:
        _check(self)

    def init(self, theta: Array) -> RMSPropState:
        """Start the average at zero."""
        return RMSPropState(s=np.zeros_like(theta))

    def update(self, gradient: Array, state: RMSPropState) -> tuple[Array, RMSPropState]:
        """Average the squares, then step by the scaled gradient."""
        s = self.beta * state.s + (1.0 - self.beta) * (gradient * gradient)
        return self.lr * gradient / np.sqrt(s + self.eps), RMSPropState(s=s)


class AdamState(NamedTuple):
    """Both running moments, float64[..., 2], and beta1^t and beta2^t as running products."""

    m: Array
    v: Array
    beta1_t: float
    beta2_t: float


@dataclass(frozen=True, slots=True)
class Adam:
    """Bias-corrected first and second moment, eps outside the root.

    m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g^2; theta -= lr*mhat/(sqrt(vhat)+eps) with
    mhat = m/(1-beta1^t), vhat = v/(1-beta2^t). Source: Kingma & Ba, Adam: a method for stochastic optimization, 2015.
    """

    name: ClassVar[str] = "adam"
    label: ClassVar[str] = "Adam"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)"
    source: ClassVar[str] = "Kingma & Ba, Adam: a method for stochastic optimization, 2015"

    lr: float = _rate(0.1)
    beta1: float = _decay(0.9)
    beta2: float = _decay(0.999)
    eps: float = _rate(1e-8)

    def __post_init__(self) -> None:
        _check(self)

    def init(self, theta: Array) -> AdamState:
        """Start both moments at zero."""
        return AdamState(m=np.zeros_like(theta), v=np.zeros_like(theta), beta1_t=1.0, beta2_t=1.0)

    def update(self, gradient: Array, state: AdamState) -> tuple[Array, AdamState]:
        """Average, correct the bias, step."""
        m = self.beta1 * state.m + (1.0 - self.beta1) * gradient
        v = self.beta2 * state.v + (1.0 - self.beta2) * (gradient * gradient)
        beta1_t = state.beta1_t * self.beta1
        beta2_t = state.beta2_t * self.beta2
        step = self.lr * (m / (1.0 - beta1_t)) / (np.sqrt(v / (1.0 - beta2_t)) + self.eps)
        return step, AdamState(m=m, v=v, beta1_t=beta1_t, beta2_t=beta2_t)


OPTIMIZERS: dict[str, type[SGD] | type[Momentum] | type[RMSProp] | type[Adam]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "rmsprop": RMSProp,
    "adam": Adam,
}
