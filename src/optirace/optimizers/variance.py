"""Rules that give Adam another second moment, or another mix of gradient and moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from optirace.optimizers.lecture import AdamState, at_rest, moments
from optirace.optimizers.rule import Array, average, check, decay, form, rate, share


class AdaBeliefState(NamedTuple):
    """Both moments, float64[..., 2], and beta1^t and beta2^t as running products."""

    m: Array
    s: Array
    beta1_t: float
    beta2_t: float


@dataclass(frozen=True, slots=True)
class AdaBelief:
    """Adam that scales by the surprise: s = beta2*s + (1-beta2)*(g-m)^2 + eps; theta -=
    lr*mhat/(sqrt(shat)+eps).

    m is the average that already holds g. Source: Zhuang et al., AdaBelief optimizer: adapting
    stepsizes by the belief in observed gradients, 2020.
    """

    name: ClassVar[str] = "adabelief"
    label: ClassVar[str] = "AdaBelief"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"s \leftarrow \beta_2 s + (1-\beta_2)\, (g - m)^2 + \epsilon,\quad"
        r" \theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat s} + \epsilon)"
    )
    source: ClassVar[str] = (
        "Zhuang et al., AdaBelief optimizer: adapting stepsizes by the belief in observed "
        "gradients, 2020"
    )
    lesson: ClassVar[str] = (
        "Long steps while gradients match their running average, short ones when they do not."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.9)
    beta2: float = decay(0.999)
    eps: float = rate(1e-16)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdaBeliefState:
        """Start both moments at zero."""
        return AdaBeliefState(*at_rest(theta))

    def update(self, gradient: Array, state: AdaBeliefState) -> tuple[Array, AdaBeliefState]:
        """Average, and the squared surprise too, correct the bias, step."""
        m = average(self.beta1, state.m, gradient)
        s = average(self.beta2, state.s, (gradient - m) * (gradient - m)) + self.eps
        beta1_t, beta2_t = state.beta1_t * self.beta1, state.beta2_t * self.beta2
        step = self.lr * (m / (1.0 - beta1_t)) / (np.sqrt(s / (1.0 - beta2_t)) + self.eps)
        return step, AdaBeliefState(m=m, s=s, beta1_t=beta1_t, beta2_t=beta2_t)


@dataclass(frozen=True, slots=True)
class Yogi:
    """Adam whose second moment moves by a bounded amount: v = v - (1-beta2)*sign(v-g^2)*g^2, from m
    = v = initial.

    The step is Adam's, theta -= lr*mhat/(sqrt(vhat)+eps); the paper corrects no bias, its authors'
    code does. Source: Zaheer et al., Adaptive methods for nonconvex optimization, 2018.
    """

    name: ClassVar[str] = "yogi"
    label: ClassVar[str] = "Yogi"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"v \leftarrow v - (1-\beta_2)\, \mathrm{sign}(v - g^2)\, g^2,\quad"
        r" \theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)"
    )
    source: ClassVar[str] = "Zaheer et al., Adaptive methods for nonconvex optimization, 2018"
    lesson: ClassVar[str] = (
        "When gradients fade, the scale shrinks only by their small squares, so the step "
        "size recovers slowly."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.9)
    beta2: float = decay(0.999)
    eps: float = rate(1e-3)
    initial: float = rate(1e-6)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdamState:
        """Start both moments at `initial`."""
        return AdamState(
            m=np.zeros_like(theta) + self.initial,
            v=np.zeros_like(theta) + self.initial,
            beta1_t=1.0,
            beta2_t=1.0,
        )

    def update(self, gradient: Array, state: AdamState) -> tuple[Array, AdamState]:
        """Average, move the second moment, correct the bias, step."""
        square = gradient * gradient
        m = average(self.beta1, state.m, gradient)
        v = state.v - (1.0 - self.beta2) * np.sign(state.v - square) * square
        beta1_t, beta2_t = state.beta1_t * self.beta1, state.beta2_t * self.beta2
        step = self.lr * (m / (1.0 - beta1_t)) / (np.sqrt(v / (1.0 - beta2_t)) + self.eps)
        return step, AdamState(m=m, v=v, beta1_t=beta1_t, beta2_t=beta2_t)


@dataclass(frozen=True, slots=True)
class QHAdam:
    """Adam with a share of the gradient itself in both moments.

    theta -= lr*((1-nu1)*g + nu1*mhat)/(sqrt((1-nu2)*g^2 + nu2*vhat)+eps). nu1 = nu2 = 1 is Adam,
    nu1 = nu2 = 0 steps by lr along the sign. Source: Ma & Yarats, Quasi-hyperbolic momentum and
    Adam for deep learning, 2019.
    """

    name: ClassVar[str] = "qhadam"
    label: ClassVar[str] = "QHAdam"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\, \frac{(1-\nu_1)\, g + \nu_1 \hat m}"
        r"{\sqrt{(1-\nu_2)\, g^2 + \nu_2 \hat v} + \epsilon}"
    )
    source: ClassVar[str] = (
        "Ma & Yarats, Quasi-hyperbolic momentum and Adam for deep learning, 2019"
    )
    lesson: ClassVar[str] = (
        "A long average need not react late: a share of the newest gradient damps the "
        "average's overshoot."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.995)
    beta2: float = decay(0.999)
    nu1: float = share(0.7)
    nu2: float = share(1.0)
    eps: float = rate(1e-8)

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdamState:
        """Start both moments at zero."""
        return at_rest(theta)

    def update(self, gradient: Array, state: AdamState) -> tuple[Array, AdamState]:
        """Average, correct the bias, mix, step."""
        m, v, beta1_t, beta2_t = state = moments(self, gradient, state)
        top = (1.0 - self.nu1) * gradient + self.nu1 * (m / (1.0 - beta1_t))
        bottom = (
            np.sqrt((1.0 - self.nu2) * (gradient * gradient) + self.nu2 * (v / (1.0 - beta2_t)))
            + self.eps
        )
        return self.lr * top / bottom, state


class AdanState(NamedTuple):
    """The moments of gradient, change and their mix, the gradient before, float64[..., 2], running
    products, and begun.
    """

    m: Array
    v: Array
    n: Array
    g: Array
    beta1_t: float
    beta2_t: float
    beta3_t: float
    begun: float


@dataclass(frozen=True, slots=True)
class Adan:
    """Adam that also averages how the gradient changes, d = g - the gradient before (0 at first).

    m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*d; n = beta3*n + (1-beta3)*(g+w*d)^2;
    theta -= lr*(mhat + w*vhat)/(sqrt(nhat+eps_root)+eps), w = beta2, or for `one-minus-beta2` w =
    1-beta2. The paper counts the other way round, its beta is our 1-beta. Source: Xie et al., Adan:
    adaptive Nesterov momentum algorithm for faster optimizing deep models, 2022.
    """

    name: ClassVar[str] = "adan"
    label: ClassVar[str] = "Adan"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\, (\hat m + \beta_2 \hat v) / (\sqrt{\hat n} + \epsilon)"
    )
    source: ClassVar[str] = (
        "Xie et al., Adan: adaptive Nesterov momentum algorithm for faster optimizing deep "
        "models, 2022"
    )
    lesson: ClassVar[str] = (
        "The change in the gradient predicts the next one: adding it looks ahead without an "
        "extra evaluation."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.98)
    beta2: float = decay(0.92)
    beta3: float = decay(0.99)
    eps: float = rate(1e-8)
    eps_root: float = rate(0.0)
    convention: str = form("beta2", "one-minus-beta2")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdanState:
        """Start all moments at zero."""
        zero = np.zeros_like(theta)
        return AdanState(
            m=zero, v=zero, n=zero, g=zero, beta1_t=1.0, beta2_t=1.0, beta3_t=1.0, begun=0.0
        )

    def update(self, gradient: Array, state: AdanState) -> tuple[Array, AdanState]:
        """Average gradient, change and the mixed square, correct the bias, step."""
        weight = self.beta2 if self.convention == "beta2" else 1.0 - self.beta2
        d = state.begun * (gradient - state.g)
        mix = gradient + weight * d
        m = average(self.beta1, state.m, gradient)
        v = average(self.beta2, state.v, d)
        n = average(self.beta3, state.n, mix * mix)
        beta1_t, beta2_t, beta3_t = (
            state.beta1_t * self.beta1,
            state.beta2_t * self.beta2,
            state.beta3_t * self.beta3,
        )
        top = m / (1.0 - beta1_t) + weight * (v / (1.0 - beta2_t))
        step = self.lr * top / (np.sqrt(n / (1.0 - beta3_t) + self.eps_root) + self.eps)
        return step, AdanState(
            m=m, v=v, n=n, g=gradient, beta1_t=beta1_t, beta2_t=beta2_t, beta3_t=beta3_t, begun=1.0
        )
