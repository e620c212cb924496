"""What each rule does, a statement and what it means, in every form, and what its hyperparameters
are.
"""

from __future__ import annotations

import re

_G = ("g = dL/dtheta", "the gradient where the step starts")
_M = ("m = beta1*m + (1-beta1)*g", "the running average of the gradients: the direction")
_V = (
    "v = beta2*v + (1-beta2)*g^2",
    "the running average of their squares: the scale, axis by axis",
)
_SEEN = "bias correction at step t: the averages start at 0"
_HATS = ("mhat = m/(1-beta1^t), vhat = v/(1-beta2^t)", _SEEN)
_ADAM = (
    "theta -= lr*mhat/(sqrt(vhat)+eps)",
    "about lr along each axis, however steep or flat it is",
)
_RAW = "Adam's step with both corrections in the rate: eps weighs more in the first steps"
_S = ("s = beta*s + (1-beta)*g^2", "the running average of the squares, axis by axis")
_SCALED = "about lr along each axis, steep or flat"
_SUM = ("a = a + g^2", "the sum of all squares so far: it never shrinks")
_PUSHED = "a heavy ball, pushed by the scaled gradient"
_ROLLS = ("theta -= lr*b", "along its velocity")
_GBAR = ("gbar = beta*gbar + (1-beta)*g", "the running average of the gradients")
_SPREAD = "scaled by the deviation: an even slope makes long steps"
_DECAYS = (
    "theta *= 1 - lr*weight_decay",
    "first all weights shrink, whatever their gradients: the decay is decoupled",
)
_AVERAGED = ("theta -= lr*v", "along the average")
_WARMS = ("mu_t = beta1*(1 - 0.5*0.96^(t*psi))", "a momentum that warms up")
_RHO = (
    "rho_t = rho_inf - 2*t*beta2^t/(1-beta2^t)",
    "effective number of gradients in the scale; rho_inf = 2/(1-beta2) - 1",
)
_R = (
    "r_t = sqrt((rho_t-4)*(rho_t-2)*rho_inf/((rho_inf-4)*(rho_inf-2)*rho_t))",
    "confidence in the scale, from 0 to 1",
)
_FEW = (
    "rho_t <= 5: theta -= lr*mhat",
    "too few to trust: Momentum; 5 is the threshold of torch, 4 that of the paper",
)
_UNSURE = "Adam's step, shortened by r_t while the scale is unsure"
_M_HAT = ("mhat = m/(1-beta1^t)", "bias correction at step t: the average starts at 0")
_VMAX = (
    "vmax = max(vmax, v)",
    "the largest scale so far: a step never grows because gradients went quiet",
)
_CHANGE = ("d = g - the gradient before", "how the gradient changes; 0 at the first step")
_V_CHANGE = ("v = beta2*v + (1-beta2)*d", "the running average of its changes")
_ADAN_HATS = ("mhat = m/(1-beta1^t), vhat = v/(1-beta2^t), nhat = n/(1-beta3^t)", _SEEN)
_AHEAD = "Adam's step, with Nesterov's look ahead"

TERMS: dict[str, tuple[tuple[str, str], ...]] = {
    "sgd": (_G, ("theta -= lr*g", "straight down the slope, far where it is steep")),
    "momentum": (
        _G,
        (
            "v = beta*v + (1-beta)*g",
            "the running average of the gradients, from 0: what alternates cancels",
        ),
        _AVERAGED,
    ),
    "rmsprop": (_G, _S, ("theta -= lr*g/sqrt(s+eps)", _SCALED)),
    "adam": (_G, _M, _V, _HATS, _ADAM),
    "heavy-ball": (
        _G,
        ("b = mu*b + g", "the velocity: what friction leaves of it, and the slope's pull"),
        ("theta -= lr*b", "along the velocity; on an even slope it grows to 1/(1-mu) gradients"),
    ),
    "nesterov": (
        ("g = dL/dtheta", "the gradient at the point ahead, where the velocity is about to lead"),
        ("b = mu*b + g", "the velocity"),
        ("theta -= lr*(g + mu*b)", "the step, and the look ahead of the next one"),
    ),
    "adagrad": (
        _G,
        _SUM,
        ("theta -= lr*g/(sqrt(a)+eps)", "so the steps only ever become smaller"),
    ),
    "adadelta": (
        _G,
        _S,
        ("d = sqrt(x+eps)/sqrt(s+eps)*g", "the slope in units of past steps: no rate is needed"),
        ("theta -= lr*d", "lr is 1 in the paper, which has none"),
        ("x = beta*x + (1-beta)*d^2", "the running average of the squared steps"),
    ),
    "rmsprop-momentum": (
        _G,
        _S,
        ("b = mu*b + g/sqrt(s+eps)", _PUSHED),
        _ROLLS,
    ),
    "rmsprop-centered": (
        _G,
        _GBAR,
        _S,
        ("b = mu*b + g/sqrt(s-gbar^2+eps)", _SPREAD),
        _ROLLS,
    ),
    "adamax": (
        _G,
        _M,
        ("u = max(beta2*u, abs(g)+eps)", "the largest recent gradient, decaying slowly"),
        ("theta -= lr/(1-beta1^t)*m/u", "at most about lr along each axis"),
    ),
    "nadam": (
        _G,
        _WARMS,
        _M,
        _V,
        (
            "mhat = (1-mu_t)*g/(1-prod mu) + mu_{t+1}*m/(1-prod mu*mu_{t+1})",
            "the average as it will be, Nesterov's look ahead; prod mu is mu_1*...*mu_t",
        ),
        ("vhat = v/(1-beta2^t)", "bias correction at step t: the average starts at 0"),
        ("theta -= lr*mhat/(sqrt(vhat)+eps)", "Adam's step along it"),
    ),
    "radam": (
        _G,
        _M,
        _V,
        _M_HAT,
        _RHO,
        _R,
        _FEW,
        ("rho_t > 5: theta -= lr*r_t*mhat*sqrt(1-beta2^t)/(sqrt(v)+eps)", _UNSURE),
    ),
    "adamw": (
        _DECAYS,
        _G,
        _M,
        _V,
        _HATS,
        _ADAM,
    ),
    "amsgrad": (
        _G,
        _M,
        _V,
        _VMAX,
        ("mhat = m/(1-beta1^t), vhat = vmax/(1-beta2^t)", _SEEN),
        ("theta -= lr*mhat/(sqrt(vhat)+eps)", "Adam's step with it"),
    ),
    "adabelief": (
        _G,
        _M,
        ("s = beta2*s + (1-beta2)*(g-m)^2 + eps", "how much the gradients surprise"),
        ("mhat = m/(1-beta1^t), shat = s/(1-beta2^t)", _SEEN),
        (
            "theta -= lr*mhat/(sqrt(shat)+eps)",
            "long steps where they are as expected, short ones where not",
        ),
    ),
    "yogi": (
        _G,
        _M,
        ("v = v - (1-beta2)*sign(v-g^2)*g^2", "the scale moves towards g^2 by a bounded amount"),
        (_HATS[0], "they began at `initial`: divided by the share that they have seen so far"),
        _ADAM,
    ),
    "lion": (
        _G,
        ("c = beta1*m + (1-beta1)*g", "the direction: an average that leans to the new gradient"),
        ("theta -= lr*(sign(c) + weight_decay*theta)", "exactly lr along each axis"),
        (
            "m = beta2*m + (1-beta2)*g",
            "the running average, updated more slowly than the direction",
        ),
    ),
    "signum": (
        _G,
        ("m = beta*m + (1-beta)*g", "the running average of the gradients"),
        ("theta -= lr*sign(m)", "exactly lr along each axis"),
    ),
    "rprop": (
        _G,
        (
            "same sign as before: d = min(d*eta_plus, max_step)",
            "each axis has a step of its own: it grows while the slope agrees",
        ),
        (
            "sign changed: d = max(d*eta_minus, min_step), g = 0",
            "and shrinks when the slope turns, and waits once",
        ),
        ("theta -= sign(g)*d", "the size of the gradient does not matter; d begins at lr"),
    ),
    "qhm": (
        _G,
        ("b = beta*b + (1-beta)*g", "the running average of the gradients"),
        (
            "theta -= lr*((1-nu)*g + nu*b)",
            "a mix of slope and average: nu = 0 is SGD, nu = 1 Momentum",
        ),
    ),
    "qhadam": (
        _G,
        _M,
        _V,
        _HATS,
        (
            "theta -= lr*((1-nu1)*g + nu1*mhat)/(sqrt((1-nu2)*g^2 + nu2*vhat)+eps)",
            "Adam with a share of the gradient itself",
        ),
    ),
    "adan": (
        _G,
        _CHANGE,
        _M,
        _V_CHANGE,
        ("n = beta3*n + (1-beta3)*(g + beta2*d)^2", "the scale, of the gradient as it will be"),
        _ADAN_HATS,
        ("theta -= lr*(mhat + beta2*vhat)/(sqrt(nhat+eps_root)+eps)", _AHEAD),
    ),
}
"""Each rule as the lecture writes it, a statement and what it means, in order."""

FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "momentum:heavy-ball": (
        _G,
        ("v = beta*v + g", "the sum of the gradients, fading: 1/(1-beta) of the average"),
        _AVERAGED,
    ),
    "momentum:torch-dampened": (
        _G,
        (
            "v = beta*v + (1-beta)*g",
            "the running average of the gradients, but v = g at the first step",
        ),
        _AVERAGED,
    ),
    "rmsprop:outside": (_G, _S, ("theta -= lr*g/(sqrt(s)+eps)", _SCALED)),
    "adam:raw": (_G, _M, _V, ("theta -= lr*sqrt(1-beta2^t)/(1-beta1^t)*m/(sqrt(v)+eps)", _RAW)),
    "adagrad:inside": (
        _G,
        _SUM,
        ("theta -= lr*g/sqrt(a+eps)", "so the steps only ever become smaller"),
    ),
    "rmsprop-momentum:outside": (_G, _S, ("b = mu*b + g/(sqrt(s)+eps)", _PUSHED), _ROLLS),
    "rmsprop-centered:outside": (
        _G,
        _GBAR,
        _S,
        ("b = mu*b + g/(sqrt(s-gbar^2)+eps)", _SPREAD),
        _ROLLS,
    ),
    "adamax:outside": (
        _G,
        _M,
        ("u = max(beta2*u, abs(g))", "the largest recent gradient, decaying slowly"),
        ("theta -= lr/(1-beta1^t)*m/(u+eps)", "at most about lr along each axis"),
    ),
    "nadam:constant": (
        _G,
        _M,
        _V,
        (
            "mhat = beta1*m/(1-beta1^(t+1)) + (1-beta1)*g/(1-beta1^t), vhat = v/(1-beta2^t)",
            "the average as it will be, Nesterov's look ahead",
        ),
        ("theta -= lr*mhat/(sqrt(vhat)+eps)", "Adam's step along it"),
    ),
    "radam:hat": (
        _G,
        _M,
        _V,
        _HATS,
        _RHO,
        _R,
        _FEW,
        ("rho_t > 5: theta -= lr*r_t*mhat/(sqrt(vhat)+eps)", _UNSURE),
    ),
    "adamw:raw": (
        _DECAYS,
        _G,
        _M,
        _V,
        ("theta -= lr*sqrt(1-beta2^t)/(1-beta1^t)*m/(sqrt(v)+eps)", _RAW),
    ),
    "amsgrad:max-raw": (
        _G,
        _M,
        _V,
        _VMAX,
        ("theta -= lr*sqrt(1-beta2^t)/(1-beta1^t)*m/(sqrt(vmax)+eps)", _RAW),
    ),
    "amsgrad:hat-then-max": (
        _G,
        _M,
        _V,
        _HATS,
        ("vmax = max(vmax, vhat)", "the largest corrected scale so far, which is often the first"),
        ("theta -= lr*mhat/(sqrt(vmax)+eps)", "Adam's step with it"),
    ),
    "adan:one-minus-beta2": (
        _G,
        _CHANGE,
        _M,
        _V_CHANGE,
        ("n = beta3*n + (1-beta3)*(g + (1-beta2)*d)^2", "the scale, of the gradient as it will be"),
        _ADAN_HATS,
        ("theta -= lr*(mhat + (1-beta2)*vhat)/(sqrt(nhat+eps_root)+eps)", _AHEAD),
    ),
}
"""The same in the other forms of a rule, by its name and the word of its convention."""

HYPER = {
    "lr": "the learning rate",
    "beta": "decay rate of the running average",
    "beta1": "decay rate of the gradient average, the direction",
    "beta2": "decay rate of the running average of the scale",
    "beta3": "decay rate of the running average of the scale",
    "mu": "decay rate of the velocity",
    "nu": "the share of the average in the step",
    "nu1": "the share of the average in the direction",
    "nu2": "the share of the average in the scale",
    "eps": "keeps the division finite",
    "eps_root": "the same, inside the root",
    "psi": "how fast the momentum warms up",
    "weight_decay": "weight decay per step, multiplied by lr",
    "initial": "where the scale begins",
    "eta_minus": "factor on the step length when the gradient changes sign",
    "eta_plus": "what it grows by while the slope agrees",
    "min_step": "the shortest step",
    "max_step": "the longest step",
    "lr_in": "where lr stands, which matters while a schedule changes it",
    "convention": "which formula; libraries differ",
    "adadelta lr": "a factor on the step, 1 in the paper",
    "rprop lr": "how long the first step is",
    "lion beta1": "how much of the average the direction keeps",
    "lion beta2": "decay rate of the running average",
    "adan beta2": "decay rate of the average change, which counts in the step",
}
"""What a hyperparameter is, by its name, or by the rule's and its own."""

_VELOCITY = re.compile(r"(?P<old>[bv] = (?:mu|beta)\*[bv] \+ )(?P<push>.*)")


def with_rate_in_velocity(terms: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the statements of a rule with a velocity as they are where the learning rate stands
    inside the velocity.

    >>> with_rate_in_velocity(TERMS["heavy-ball"])[1][0]
    'b = mu*b + lr*g'
    >>> with_rate_in_velocity(TERMS["nesterov"])[2][0]
    'theta -= lr*g + mu*b'
    """
    changed = []
    for left, right in terms:
        velocity = _VELOCITY.fullmatch(left)
        if velocity:
            push = re.sub(r"\bg\b", "lr*g", velocity["push"])
            changed.append((f"{velocity['old']}{push}", f"{right}; each at the lr of its step"))
        else:
            changed.append((re.sub(r"^theta -= lr\*(?:\((g.*)\)|(\w+))$", _moved, left), right))
    return tuple(changed)


def _moved(match: re.Match[str]) -> str:
    return f"theta -= lr*{match[1]}" if match[1] else f"theta -= {match[2]}"
