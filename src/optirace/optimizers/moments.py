"""Rules that change one thing in Adam: its norm, its look ahead, its first steps, its decay or its
memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optirace.optimizers.lecture import at_rest, corrected, moments
from optirace.optimizers.rule import Array, average, check, decay, form, rate


class AdaMaxState(NamedTuple):
    """The first moment and the infinity norm, float64[..., 2], and beta1^t as a running product."""

    m: Array
    u: Array
    beta1_t: float


@dataclass(frozen=True, slots=True)
class AdaMax:
    """Adam with the infinity norm: m = beta1*m + (1-beta1)*g; u = max(beta2*u, abs(g)+eps); theta
    -= lr/(1-beta1^t)*m/u.

    `outside` means u = max(beta2*u, abs(g)) and m/(u+eps). The paper needs no eps and divides 0 by
    0 where the gradient is 0. Source: Kingma & Ba, Adam: a method for stochastic optimization,
    2015.
    """

    name: ClassVar[str] = "adamax"
    label: ClassVar[str] = "AdaMax"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"u \leftarrow \max(\beta_2 u, |g| + \epsilon),\quad \theta \leftarrow \theta - "
        r"\eta\, \hat m / u"
    )
    source: ClassVar[str] = "Kingma & Ba, Adam: a method for stochastic optimization, 2015"
    lesson: ClassVar[str] = (
        "The largest recent gradient sets the scale, so one steep wall slows an axis for a "
        "long time."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.9)
    beta2: float = decay(0.999)
    eps: float = rate(1e-8)
    convention: str = form("inside", "outside")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdaMaxState:
        """Start moment and norm at zero."""
        return AdaMaxState(m=np.zeros_like(theta), u=np.zeros_like(theta), beta1_t=1.0)

    def update(self, gradient: Array, state: AdaMaxState) -> tuple[Array, AdaMaxState]:
        """Average, correct the bias, step."""
        is_inside = self.convention == "inside"
        m = average(self.beta1, state.m, gradient)
        u = np.maximum(
            self.beta2 * state.u, np.abs(gradient) + self.eps if is_inside else np.abs(gradient)
        )
        beta1_t = state.beta1_t * self.beta1
        step = self.lr * (m / (1.0 - beta1_t)) / (u if is_inside else u + self.eps)
        return step, AdaMaxState(m=m, u=u, beta1_t=beta1_t)


class NAdamState(NamedTuple):
    """Both moments, float64[..., 2], and running products: of beta2, of the mu_t, and of 0.96^psi,
    which is `decay`.
    """

    m: Array
    v: Array
    beta2_t: float
    mu_product: Array
    decay_t: Array
    decay: Array


def _power(base: float, exponent: Any) -> Array:
    """Return base^exponent, the same bits everywhere: 50 digits in decimal, which is integer
    arithmetic, rounded once.
    """
    from decimal import Context, Decimal  # one rule needs it

    digits = Context(prec=50)
    powers = np.frompyfunc(
        lambda each: float(digits.power(Decimal(base), Decimal(float(each)))), 1, 1
    )
    return np.asarray(powers(exponent), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class NAdam:
    """Adam that looks ahead as Nesterov does, with a momentum that warms up.

    mu_t = beta1*(1-0.96^(t*psi)/2); mhat = mu_(t+1)*m/(1-mu_1*...*mu_(t+1)) +
    (1-mu_t)*g/(1-mu_1*...*mu_t); theta -= lr*mhat/(sqrt(vhat)+eps), with m and vhat as in Adam.
    `constant` means mu_t = beta1. Source: Dozat, Incorporating Nesterov momentum into Adam, 2016.
    """

    name: ClassVar[str] = "nadam"
    label: ClassVar[str] = "NAdam"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \frac{\eta}{\sqrt{\hat v} + \epsilon} "
        r"\left(\frac{\mu_{t+1}\, m}{1 - \prod^{t+1} \mu_i}"
        r" + \frac{(1-\mu_t)\, g}{1 - \prod^{t} \mu_i}\right)"
    )
    source: ClassVar[str] = "Dozat, Incorporating Nesterov momentum into Adam, 2016"
    lesson: ClassVar[str] = (
        "The current gradient counts for more than in Adam's average, so NAdam turns one "
        "step earlier."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.9)
    beta2: float = decay(0.999)
    eps: float = rate(1e-8)
    psi: float = rate(0.004)
    convention: str = form("scheduled", "constant")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> NAdamState:
        """Start both moments at zero."""
        zero = np.zeros_like(theta)
        return NAdamState(
            m=zero,
            v=zero,
            beta2_t=1.0,
            mu_product=np.ones(()),
            decay_t=np.ones(()),
            decay=_power(0.96, self.psi),
        )

    def update(self, gradient: Array, state: NAdamState) -> tuple[Array, NAdamState]:
        """Average, look ahead, correct the bias, step."""
        half = 0.5 if self.convention == "scheduled" else 0.0
        m = average(self.beta1, state.m, gradient)
        v = average(self.beta2, state.v, gradient * gradient)
        beta2_t = state.beta2_t * self.beta2
        decay_t = state.decay_t * state.decay
        mu = self.beta1 * (1.0 - half * decay_t)
        mu_next = self.beta1 * (1.0 - half * (decay_t * state.decay))
        mu_product = state.mu_product * mu
        ahead = mu_next * m / (1.0 - mu_product * mu_next) + (1.0 - mu) * gradient / (
            1.0 - mu_product
        )
        step = self.lr * ahead / (np.sqrt(v / (1.0 - beta2_t)) + self.eps)
        return step, NAdamState(
            m=m, v=v, beta2_t=beta2_t, mu_product=mu_product, decay_t=decay_t, decay=state.decay
        )


class RAdamState(NamedTuple):
    """Both moments, float64[..., 2], beta1^t and beta2^t as running products, and t."""

    m: Array
    v: Array
    beta1_t: float
    beta2_t: float
    t: float


@dataclass(frozen=True, slots=True)
class RAdam:
    """Adam that scales only once it has seen enough gradients to know the scale.

    rho_inf = 2/(1-beta2)-1; rho = rho_inf - 2*t*beta2^t/(1-beta2^t). While rho <= 5: theta -=
    lr*mhat. Then: theta -= lr*r*mhat*sqrt(1-beta2^t)/(sqrt(v)+eps), r =
    sqrt((rho-4)*(rho-2)*rho_inf/((rho_inf-4)*(rho_inf-2)*rho)). `hat` means
    lr*r*mhat/(sqrt(vhat)+eps). The threshold of 5 is that of torch (and optax), where the paper has
    4: at the default beta2 the first five steps are plain, and by the paper the first four. Source:
    Liu et al., On the variance of the adaptive learning rate and beyond, 2020.
    """

    name: ClassVar[str] = "radam"
    label: ClassVar[str] = "RAdam"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\, r_t\, \hat m \sqrt{1-\beta_2^t} / (\sqrt{v} + \epsilon)"
    )
    source: ClassVar[str] = (
        "Liu et al., On the variance of the adaptive learning rate and beyond, 2020"
    )
    lesson: ClassVar[str] = (
        "Five steps of plain momentum, then Adam with a growing step size: a warm-up with "
        "nothing to tune."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.9)
    beta2: float = decay(0.999)
    eps: float = rate(1e-8)
    convention: str = form("raw", "hat")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> RAdamState:
        """Start both moments at zero."""
        return RAdamState(*at_rest(theta), t=0.0)

    def update(self, gradient: Array, state: RAdamState) -> tuple[Array, RAdamState]:
        """Average, correct the bias, step with or without the scale."""
        m, v, beta1_t, beta2_t = moments(self, gradient, state)
        t = state.t + 1.0
        rho_inf = 2.0 / (1.0 - self.beta2) - 1.0
        rho = rho_inf - 2.0 * t * beta2_t / (1.0 - beta2_t)
        is_known = (rho > 5.0) * 1.0
        # Where the scale is not known yet, r is anything finite: both bounds keep it so for every
        # beta2.
        long, now = np.maximum(rho_inf, 5.0), np.maximum(rho, 5.0)
        r = np.sqrt((now - 4.0) * (now - 2.0) * long / ((long - 4.0) * (long - 2.0) * now))
        if self.convention == "raw":
            top, bottom = r * np.sqrt(1.0 - beta2_t), np.sqrt(v) + self.eps
        else:
            top, bottom = r, np.sqrt(v / (1.0 - beta2_t)) + self.eps
        top, bottom = is_known * top + (1.0 - is_known), is_known * bottom + (1.0 - is_known)
        return self.lr * (m / (1.0 - beta1_t)) * top / bottom, RAdamState(
            m=m, v=v, beta1_t=beta1_t, beta2_t=beta2_t, t=t
        )


class AdamWState(NamedTuple):
    """Adam's state, and the point, float64[..., 2]."""

    m: Array
    v: Array
    beta1_t: float
    beta2_t: float
    theta: Array


@dataclass(frozen=True, slots=True)
class AdamW:
    """Adam, and beside it a pull towards the origin: theta -= lr*mhat/(sqrt(vhat)+eps) +
    lr*weight_decay*theta.

    `raw` as in Adam. Source: Loshchilov & Hutter, Decoupled weight decay regularization, 2019.
    """

    name: ClassVar[str] = "adamw"
    label: ClassVar[str] = "AdamW"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat v} + \epsilon) - \eta "
        r"\lambda\, \theta"
    )
    source: ClassVar[str] = "Loshchilov & Hutter, Decoupled weight decay regularization, 2019"
    lesson: ClassVar[str] = (
        "Weight decay bypasses the moments: the racer ends near the minimum, slightly on "
        "the origin's side."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.9)
    beta2: float = decay(0.999)
    eps: float = rate(1e-8)
    weight_decay: float = rate(0.01)
    convention: str = form("hat", "raw")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AdamWState:
        """Start both moments at zero."""
        return AdamWState(*at_rest(theta), theta=theta)

    def update(self, gradient: Array, state: AdamWState) -> tuple[Array, AdamWState]:
        """Step as Adam does, and decay."""
        adam = moments(self, gradient, state)
        step = corrected(self, adam) + self.lr * self.weight_decay * state.theta
        return step, AdamWState(*adam, theta=state.theta - step)


class AMSGradState(NamedTuple):
    """Adam's state, and the largest second moment, float64[..., 2]."""

    m: Array
    v: Array
    beta1_t: float
    beta2_t: float
    vmax: Array


@dataclass(frozen=True, slots=True)
class AMSGrad:
    """Adam that never forgets its largest second moment: v in its step is the maximum of all v so
    far.

    `max-then-hat` corrects the maximum of v, eps beside its root, and `max-raw` puts eps beside the
    root of the maximum itself, as `hat` and `raw` of Adam; `hat-then-max` takes the maximum of the
    corrected v, which early v often win. The paper corrects no bias. Source: Reddi, Kale & Kumar,
    On the convergence of Adam and beyond, 2018.
    """

    name: ClassVar[str] = "amsgrad"
    label: ClassVar[str] = "AMSGrad"
    momentum: ClassVar[str | None] = "m"
    is_velocity: ClassVar[bool] = False
    formula: ClassVar[str] = (
        r"v_{\max} \leftarrow \max(v_{\max}, v),\quad"
        r" \theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat v_{\max}} + \epsilon)"
    )
    source: ClassVar[str] = "Reddi, Kale & Kumar, On the convergence of Adam and beyond, 2018"
    lesson: ClassVar[str] = (
        "Adam's steps can grow again when gradients fade; keeping the largest scale "
        "prevents it and costs speed."
    )

    lr: float = rate(0.1)
    beta1: float = decay(0.9)
    beta2: float = decay(0.999)
    eps: float = rate(1e-8)
    convention: str = form("max-then-hat", "max-raw", "hat-then-max")

    def __post_init__(self) -> None:
        check(self)

    def init(self, theta: Array) -> AMSGradState:
        """Start both moments and the maximum at zero."""
        return AMSGradState(*at_rest(theta), vmax=np.zeros_like(theta))

    def update(self, gradient: Array, state: AMSGradState) -> tuple[Array, AMSGradState]:
        """Average, take the maximum, correct the bias, step."""
        adam = moments(self, gradient, state)
        correction = 1.0 - adam.beta2_t
        is_hat_first = self.convention == "hat-then-max"
        vmax = np.maximum(state.vmax, adam.v / correction if is_hat_first else adam.v)
        rate = self.lr / (1.0 - adam.beta1_t)
        if self.convention == "max-raw":
            step = rate * np.sqrt(correction) * adam.m / (np.sqrt(vmax) + self.eps)
        else:
            step = rate * adam.m / (np.sqrt(vmax if is_hat_first else vmax / correction) + self.eps)
        return step, AMSGradState(*adam, vmax=vmax)
