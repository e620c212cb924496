"""Rules that ask only for the sign: how steep it is does not matter, which way it goes does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from optirace.optimizers.rule import Array, average, check, decay, growth, rate, share


class LionState(NamedTuple):
    """The running average of the gradient and the point, float64[..., 2]."""

    m: Array
    theta: Array


@dataclass(frozen=True, slots=True)
class Lion:
    """The sign of an average: theta -= lr*(sign(beta1*m+(1-beta1)*g) + weight_decay*theta), then m
    = beta2*m+(1-beta2)*g.

    The default rate is a third of Adam's, as the paper advises; 0.1 would divide the lecture's
    start (-5, 3) and meet the minimum by accident. Source: Chen et al., Symbolic discovery of
    optimization algorithms, 2023.
    """

    name: ClassVar[str] = "lion"
    label: ClassVar[str] = "Lion"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\, (\mathrm{sign}(\beta_1 m + (1-\beta_1)\, g) + "
        r"\lambda\, \theta)"
    )
    source: ClassVar[str] = "Chen et al., Symbolic discovery of optimization algorithms, 2023"
    lesson: ClassVar[str] = (
        "Found by program search: every step is lr long on each axis, so only a learning "
        "rate schedule settles it."
    )

    lr: float = rate(0.03)
    beta1: float = decay(0.9)
    beta2: float = decay(0.99)
    weight_decay: float = rate(0.0)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> LionState:
        """Start the average at zero."""
        return LionState(m=np.zeros_like(theta), theta=theta)

    def update(self, gradient: Array, state: LionState) -> tuple[Array, LionState]:
        """Step by the sign, then average."""
        step = self.lr * (
            np.sign(average(self.beta1, state.m, gradient)) + self.weight_decay * state.theta
        )
        return step, LionState(m=average(self.beta2, state.m, gradient), theta=state.theta - step)


class SignumState(NamedTuple):
    """The running average of the gradient, float64[..., 2]."""

    m: Array


@dataclass(frozen=True, slots=True)
class Signum:
    """The sign of Momentum: m = beta*m + (1-beta)*g; theta -= lr*sign(m).

    The default rate is Lion's. Source: Bernstein et al., signSGD: compressed optimisation for
    non-convex problems, 2018.
    """

    name: ClassVar[str] = "signum"
    label: ClassVar[str] = "Signum"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"m \leftarrow \beta m + (1-\beta)\, g,\quad \theta \leftarrow \theta - \eta\, "
        r"\mathrm{sign}(m)"
    )
    source: ClassVar[str] = (
        "Bernstein et al., signSGD: compressed optimisation for non-convex problems, 2018"
    )
    lesson: ClassVar[str] = "One bit per axis is enough to get close, but not to converge."

    lr: float = rate(0.03)
    beta: float = decay(0.9)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> SignumState:
        """Start the average at zero."""
        return SignumState(m=np.zeros_like(theta))

    def update(self, gradient: Array, state: SignumState) -> tuple[Array, SignumState]:
        """Average, then step by the sign."""
        m = average(self.beta, state.m, gradient)
        return self.lr * np.sign(m), SignumState(m=m)


class RpropState(NamedTuple):
    """The length of the next step and the sign of the last gradient, float64[..., 2]."""

    d: Array
    g: Array


@dataclass(frozen=True, slots=True)
class Rprop:
    """A step length for each direction that grows while the sign stays and shrinks when it turns:
    theta -= d*sign(g).

    d starts at lr, which matters no more after; d = clip(d*eta_plus) where the sign stayed, d =
    clip(d*eta_minus) where it turned, and there the step is left out and the next one keeps its
    length (iRprop-: Igel & Huesken, 2000). Source: Riedmiller & Braun, A direct adaptive method for
    faster backpropagation learning: the RPROP algorithm, 1993.
    """

    name: ClassVar[str] = "rprop"
    label: ClassVar[str] = "Rprop"
    momentum: ClassVar[str | None] = None
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"d \leftarrow \mathrm{clip}(d\, \eta^{\pm}, d_{\min}, d_{\max}),\quad \theta "
        r"\leftarrow \theta - d\, \mathrm{sign}(g)"
    )
    source: ClassVar[str] = (
        "Riedmiller & Braun, A direct adaptive method for faster backpropagation learning: "
        "the RPROP algorithm, 1993"
    )
    lesson: ClassVar[str] = (
        "Step lengths adapted from signs alone beat any lr on exact gradients and shrink to "
        "a halt on noisy ones."
    )

    lr: float = rate(0.1)
    eta_minus: float = share(0.5)
    eta_plus: float = growth(1.2)
    min_step: float = rate(1e-6)
    max_step: float = rate(50.0)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> RpropState:
        """Start with steps of length lr."""
        return RpropState(d=np.zeros_like(theta) + self.lr, g=np.zeros_like(theta))

    def update(self, gradient: Array, state: RpropState) -> tuple[Array, RpropState]:
        """Compare the signs, change the lengths, step where the sign did not turn."""
        g = np.sign(gradient)
        same = g * state.g
        stayed, turned = np.maximum(same, 0.0), np.maximum(-same, 0.0)
        factor = self.eta_plus * stayed + self.eta_minus * turned + (1.0 - np.abs(same))
        d = np.minimum(np.maximum(state.d * factor, self.min_step), self.max_step)
        g = g * (1.0 - turned)
        return d * g, RpropState(d=d, g=g)
