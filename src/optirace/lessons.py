"""Explains a rule: its terms, its forms elsewhere, how large a rate it bears, and one step in numbers."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from optirace import conventions, engine, exact, optimizers, stability
from optirace.expressions import TYPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optirace.optimizers import Optimizer
    from optirace.surfaces import Surface

_G = ("g = dL/dtheta", "the gradient where the step starts")
_M = ("m = beta1*m + (1-beta1)*g", "the running average of the gradients: the direction")
_V = ("v = beta2*v + (1-beta2)*g^2", "the running average of their squares: the scale, axis by axis")
_SEEN = "they began at 0: divided by the share that they have seen so far, at step t"
_HATS = ("mhat = m/(1-beta1^t), vhat = v/(1-beta2^t)", _SEEN)
_ADAM = ("theta -= lr*mhat/(sqrt(vhat)+eps)", "about lr along each axis, however steep or flat it is")
_RAW = "Adam's step with both corrections in the rate: eps weighs more in the first steps"
_S = ("s = beta*s + (1-beta)*g^2", "the running average of the squares, axis by axis")
_SCALED = "about lr along each axis; a flat one moves as fast as a steep one"
_SUM = ("a = a + g^2", "the sum of all squares so far: it never shrinks")
_PUSHED = "a heavy ball, pushed by the scaled gradient"
_ROLLS = ("theta -= lr*b", "along its velocity")
_GBAR = ("gbar = beta*gbar + (1-beta)*g", "the running average of the gradients")
_SPREAD = "scaled by the deviation: an even slope makes long steps"
_DECAYS = ("theta *= 1 - lr*weight_decay", "first all weights shrink, whatever their gradients: the decay is decoupled")
_AVERAGED = ("theta -= lr*v", "along the average")
_WARMS = ("mu_t = beta1*(1 - 0.5*0.96^(t*psi))", "a momentum that warms up")
_RHO = ("rho_t = rho_inf - 2*t*beta2^t/(1-beta2^t)", "how many gradients the scale rests on; rho_inf = 2/(1-beta2) - 1")
_R = (
    "r_t = sqrt((rho_t-4)*(rho_t-2)*rho_inf/((rho_inf-4)*(rho_inf-2)*rho_t))",
    "how sure the scale is, from 0 to 1",
)
_FEW = ("rho_t <= 5: theta -= lr*mhat", "too few to trust: Momentum, in the first steps")
_UNSURE = "Adam's step, shortened by r_t while the scale is unsure"
_M_HAT = ("mhat = m/(1-beta1^t)", "it began at 0: divided by the share that it has seen so far, at step t")
_VMAX = ("vmax = max(vmax, v)", "the largest scale so far: a step never grows because gradients went quiet")
_CHANGE = ("d = g - the gradient before", "how the gradient changes; 0 at the first step")
_V_CHANGE = ("v = beta2*v + (1-beta2)*d", "the running average of its changes")
_ADAN_HATS = ("mhat = m/(1-beta1^t), vhat = v/(1-beta2^t), nhat = n/(1-beta3^t)", _SEEN)
_AHEAD = "Adam's step, with Nesterov's look ahead"

TERMS: dict[str, tuple[tuple[str, str], ...]] = {
    "sgd": (_G, ("theta -= lr*g", "straight down the slope, far where it is steep")),
    "momentum": (
        _G,
        ("v = beta*v + (1-beta)*g", "the running average of the gradients, from 0: what alternates cancels"),
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
        ("u = max(beta2*u, abs(g)+eps)", "the largest gradient of late, fading slowly"),
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
        ("vhat = v/(1-beta2^t)", "it began at 0: divided by the share that it has seen so far, at step t"),
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
        ("theta -= lr*mhat/(sqrt(shat)+eps)", "long steps where they are as expected, short ones where not"),
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
        ("m = beta2*m + (1-beta2)*g", "what is remembered, more slowly than what is followed"),
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
        ("sign changed: d = max(d*eta_minus, min_step), g = 0", "and shrinks when the slope turns, and waits once"),
        ("theta -= sign(g)*d", "the size of the gradient does not matter; d begins at lr"),
    ),
    "qhm": (
        _G,
        ("b = beta*b + (1-beta)*g", "the running average of the gradients"),
        ("theta -= lr*((1-nu)*g + nu*b)", "a mix of slope and average: nu = 0 is SGD, nu = 1 Momentum"),
    ),
    "qhadam": (
        _G,
        _M,
        _V,
        _HATS,
        ("theta -= lr*((1-nu1)*g + nu1*mhat)/(sqrt((1-nu2)*g^2 + nu2*vhat)+eps)", "Adam with a share of the gradient itself"),
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
    "momentum:heavy-ball": (_G, ("v = beta*v + g", "the sum of the gradients, fading: 1/(1-beta) of the average"), _AVERAGED),
    "momentum:torch-dampened": (
        _G,
        ("v = beta*v + (1-beta)*g", "the running average of the gradients, but v = g at the first step"),
        _AVERAGED,
    ),
    "rmsprop:outside": (_G, _S, ("theta -= lr*g/(sqrt(s)+eps)", _SCALED)),
    "adam:raw": (_G, _M, _V, ("theta -= lr*sqrt(1-beta2^t)/(1-beta1^t)*m/(sqrt(v)+eps)", _RAW)),
    "adagrad:inside": (_G, _SUM, ("theta -= lr*g/sqrt(a+eps)", "so the steps only ever become smaller")),
    "rmsprop-momentum:outside": (_G, _S, ("b = mu*b + g/(sqrt(s)+eps)", _PUSHED), _ROLLS),
    "rmsprop-centered:outside": (_G, _GBAR, _S, ("b = mu*b + g/(sqrt(s-gbar^2)+eps)", _SPREAD), _ROLLS),
    "adamax:outside": (
        _G,
        _M,
        ("u = max(beta2*u, abs(g))", "the largest gradient of late, fading slowly"),
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
    "adamw:raw": (_DECAYS, _G, _M, _V, ("theta -= lr*sqrt(1-beta2^t)/(1-beta1^t)*m/(sqrt(v)+eps)", _RAW)),
    "amsgrad:max-raw": (_G, _M, _V, _VMAX, ("theta -= lr*sqrt(1-beta2^t)/(1-beta1^t)*m/(sqrt(vmax)+eps)", _RAW)),
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
    "beta": "how much of an average is kept at each step",
    "beta1": "how much of the direction is kept at each step",
    "beta2": "how much of the scale is kept at each step",
    "beta3": "how much of the scale is kept at each step",
    "mu": "how much of the velocity is kept at each step",
    "nu": "the share of the average in the step",
    "nu1": "the share of the average in the direction",
    "nu2": "the share of the average in the scale",
    "eps": "keeps the division finite",
    "eps_root": "the same, inside the root",
    "psi": "how fast the momentum warms up",
    "weight_decay": "by how much of themselves, times lr, the weights shrink",
    "initial": "where the scale begins",
    "eta_minus": "what a step shrinks by when the slope turns",
    "eta_plus": "what it grows by while the slope agrees",
    "min_step": "the shortest step",
    "max_step": "the longest step",
    "convention": "which form, where libraries differ",
    "adadelta lr": "a factor on the step, 1 in the paper",
    "rprop lr": "how long the first step is",
    "lion beta1": "how much of the average the direction keeps",
    "lion beta2": "how much of the average is kept at each step",
    "adan beta2": "how much of the average change is kept at each step, and counts in the step",
}
"""What a hyper-parameter is, by its name, or by the rule's and its own."""


def explain(race: engine.Race) -> str:
    """Explain the first racer of a race, on the surface of the race; returns lines of text, each with its newline."""
    rule = race.racers[0].optimizer
    form = f"{rule.name}:{getattr(rule, 'convention', '')}"
    heading = f"Each step, in the form {rule.convention}" if form in FORMS else "Each step"  # type: ignore[attr-defined]
    terms = FORMS.get(form) or TERMS.get(rule.name) or (((rule.formula, ""),) if rule.formula else ())
    place = "" if race.surface.source == TYPED else f"{race.surface.name}, "
    first = textwrap.wrap(f"The first step on {place}{race.surface.expression}", 98, subsequent_indent="  ")
    blocks = [
        [f"{rule.label} ({rule.name})", *_wrapped(getattr(rule, "lesson", "")), *_wrapped(rule.source)],
        [heading, *_columns(terms)],
        ["Hyper-parameters", *_columns(_hyper(rule))],
        ["Elsewhere", *_columns(_elsewhere(rule) if rule.name in optimizers.OPTIMIZERS else ())],
        ["How large a rate", *([] if ":" in rule.name else _limit(rule, race.surface))],
        [*first, *_columns(_worked(race, terms))],
    ]
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks if len(block) > 1)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 96, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _columns(rows: Any) -> list[str]:
    rows = list(rows)
    wide = max((len(left) for left, _ in rows if len(left) <= 48), default=0)
    lines: list[str] = []
    for left, right in rows:
        if len(left) > wide:
            lines += [f"  {left}", *([" " * (wide + 5) + right] if right else [])]
        else:
            lines.append(f"  {left:<{wide}}   {right}".rstrip())
    return lines


def _hyper(rule: Optimizer) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(rule):  # type: ignore[arg-type]
        forms = field.metadata.get("choices", ())
        allowed = f" ({' or '.join(forms)})" if forms else ""
        value = optimizers.short(getattr(rule, field.name))
        meaning = HYPER.get(f"{rule.name} {field.name}") or HYPER.get(field.name, "")
        yield f"{field.name} = {value}", f"{meaning}{allowed}"


def _elsewhere(rule: Optimizer) -> Iterator[tuple[str, str]]:
    for library, presets in conventions.CONVENTIONS.items():
        if library == "lecture":
            continue
        if rule.name not in presets:
            yield library, conventions.LEFT_OUT.get((library, rule.name), "does not have it")
            continue
        told = [f"{key}={optimizers.short(value)}" for key, value in presets[rule.name].items()]
        yield library, " ".join(told) or "the same form and the same values"


def _limit(rule: Optimizer, surface: Surface) -> list[str]:
    name, typed = (f'"{surface.expression}"', "the formula") if surface.source == TYPED else (surface.name, surface.name)
    files = dict.fromkeys(source for source in (rule.source, surface.source) if source.endswith(".py"))
    sweep = [f"    optirace sweep -O {rule.name} --surface {name}" + "".join(f" --plugin {file}" for file in files)]
    known, steepest = stability.limit(rule), stability.curvature(surface)
    if known is None:
        return [*_wrapped("No limit is known that depends on the surface's curvature alone. Where it converges here:"), *sweep]
    law = f"On a quadratic of largest curvature L it climbs once lr is above {known.text}."
    if steepest is None:
        why = "is not rounded like a quadratic" if surface.minima else "is not known" if surface.is_bounded else "is nowhere"
        return [*_wrapped(f"{law} Here L cannot be told, as the minimum {why}. Where it converges here:"), *sweep]
    highest = known.rate(rule, steepest)
    side = "below it" if rule.lr < highest * (1 - 1e-9) else "above it" if rule.lr > highest * (1 + 1e-9) else "exactly on it"
    at = f"At the minimum {_pair(surface.minima[0])} of {typed} L = {steepest:.6g}, which makes {highest:.6g}"
    return _wrapped(f"{law} {at}: lr = {rule.lr:g} is {side}.")


def _worked(race: engine.Race, terms: Any) -> Iterator[tuple[str, str]]:
    rule = race.racers[0].optimizer
    theta = np.array(race.start)
    yield "theta", _pair(theta)
    with np.errstate(all="ignore"):
        gradient = np.array(exact.rounded(race.surface.gradient)(*theta))
        yield "g", _pair(gradient)
        step, state = rule.update(gradient, rule.init(theta))
        letters = state._asdict() if hasattr(state, "_asdict") else {}
        for name, value in letters.items():
            if isinstance(value, np.ndarray) and value.shape == theta.shape and name not in ("g", "theta"):
                yield name, _pair(value)
        for hat, letter, beta in re.findall(r"(\w+hat) = (\w+)/\(1-(beta\d)\^t\)", " ".join(left for left, _ in terms)):
            yield hat, _pair(letters[letter] / (1.0 - letters[f"{beta}_t"]))
        yield "step", _pair(step)
        yield "theta - step", _pair(theta - step)
        before, after = (float(exact.rounded(race.surface.value)(*point)) for point in (theta, theta - step))
    yield "loss", f"{before:.6g} -> {after:.6g}"


def _pair(values: Any) -> str:
    return f"({', '.join(f'{float(value):.6g}' for value in np.broadcast_to(values, 2))})"
