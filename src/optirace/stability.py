"""Tells how large a learning rate a rule bears before it climbs out of a valley."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from optirace.optimizers import Optimizer
    from optirace.surfaces import Point, Surface

LIMITS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "sgd": ("2/L", lambda _, largest: 2.0 / largest),
    "momentum": ("2*(1+beta)/((1-beta)*L)", lambda rule, largest: 2.0 * (1.0 + rule.beta) / ((1.0 - rule.beta) * largest)),
    "momentum:heavy-ball": ("2*(1+beta)/L", lambda rule, largest: 2.0 * (1.0 + rule.beta) / largest),
    "heavy-ball": ("2*(1+mu)/L", lambda rule, largest: 2.0 * (1.0 + rule.mu) / largest),
    "nesterov": ("2*(1+mu)/((1+2*mu)*L)", lambda rule, largest: 2.0 * (1.0 + rule.mu) / ((1.0 + 2.0 * rule.mu) * largest)),
}
"""By a rule's name, and its form where that matters: the rate from which on it climbs out of a quadratic whose largest
curvature is L, as a formula and as a function of the rule and L, which broadcasts. Source: Polyak, Some methods of speeding
up the convergence of iteration methods, 1964.
"""


def limit(rule: Optimizer) -> tuple[str, Callable[[Any, Any], Any]] | None:
    """Return a rule's row of LIMITS, or None where no limit is known that depends on the curvature alone.

    >>> from optirace.optimizers import Momentum
    >>> limit(Momentum())[0], limit(Momentum(convention="heavy-ball"))[0]
    ('2*(1+beta)/((1-beta)*L)', '2*(1+beta)/L')
    """
    return LIMITS.get(f"{rule.name}:{getattr(rule, 'convention', '')}") or LIMITS.get(rule.name)


def curvature(surface: Surface) -> float | None:
    """Return the largest second derivative at a surface's minimum; None where there is no minimum, or a kink in its place.

    >>> from optirace.surfaces import SURFACES
    >>> curvature(SURFACES["bowl"]), curvature(SURFACES["ackley"]), curvature(SURFACES["saddle"])
    (20.0, None, None)
    """
    if not surface.minima:
        return None
    near, far = (_curvature(surface, surface.minima[0], width) for width in (2.0**-17, 2.0**-14))
    return near if np.isfinite(near) and near > 0.0 and abs(near - far) <= 1e-3 * near else None


def _curvature(surface: Surface, at: Point, width: float) -> float:
    """Return the larger eigenvalue of the Hessian, from central differences of the gradient over twice the width."""
    x, y = np.array(at)
    with np.errstate(all="ignore"):
        by_x = np.subtract(surface.gradient(x + width, y), surface.gradient(x - width, y)) / (2.0 * width)
        by_y = np.subtract(surface.gradient(x, y + width), surface.gradient(x, y - width)) / (2.0 * width)
        mean, mixed = (by_x[0] + by_y[1]) / 2.0, (by_x[1] + by_y[0]) / 2.0
        return float(mean + np.sqrt(((by_x[0] - by_y[1]) / 2.0) ** 2 + mixed * mixed))
