"""Tells how large a learning rate a rule bears before it climbs out of a valley."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from optirace.optimizers import Optimizer
    from optirace.surfaces import Point, Surface


class Limit(NamedTuple):
    """The learning rate from which on a rule climbs out of a quadratic with a largest curvature
    L.
    """

    text: str
    formula: str
    """In mathtext, without the dollar signs; the share that is kept is beta, whatever the rule
    calls it.
    """

    rate: Callable[[Any, Any], Any]
    """rate(rule, L), which broadcasts."""


LIMITS = {
    "sgd": Limit("2/L", "2/L", lambda _, largest: 2.0 / largest),
    "momentum": Limit(
        "2*(1+beta)/((1-beta)*L)",
        r"2(1+\beta)/((1-\beta)L)",
        lambda rule, largest: 2.0 * (1.0 + rule.beta) / ((1.0 - rule.beta) * largest),
    ),
    "momentum:heavy-ball": Limit(
        "2*(1+beta)/L", r"2(1+\beta)/L", lambda rule, largest: 2.0 * (1.0 + rule.beta) / largest
    ),
    "heavy-ball": Limit(
        "2*(1+mu)/L", r"2(1+\beta)/L", lambda rule, largest: 2.0 * (1.0 + rule.mu) / largest
    ),
    "qhm": Limit(
        "2*(1+beta)/((1+beta-2*beta*nu)*L)",
        r"2(1+\beta)/((1+\beta-2\beta\nu)L)",
        lambda rule, largest: (
            2.0 * (1.0 + rule.beta) / ((1.0 + rule.beta - 2.0 * rule.beta * rule.nu) * largest)
        ),
    ),
    "nesterov": Limit(
        "2*(1+mu)/((1+2*mu)*L)",
        r"2(1+\beta)/((1+2\beta)L)",
        lambda rule, largest: 2.0 * (1.0 + rule.mu) / ((1.0 + 2.0 * rule.mu) * largest),
    ),
}
"""By a rule's name, and its form where that matters. Source: Polyak, Some methods of speeding up
the convergence of iteration methods, 1964. All follow from the two roots of the update on a
quadratic, of which the lower one leaves the unit circle at -1.
"""


def limit(rule: Optimizer) -> Limit | None:
    """Return a rule's row of LIMITS, or None where no limit is known that depends on the curvature
    alone.

    >>> from optirace.optimizers import Momentum
    >>> limit(Momentum()).text, limit(Momentum(convention="heavy-ball")).text
    ('2*(1+beta)/((1-beta)*L)', '2*(1+beta)/L')
    """
    return LIMITS.get(f"{rule.name}:{getattr(rule, 'convention', '')}") or LIMITS.get(rule.name)


def curvature(surface: Surface) -> float | None:
    """Return the largest second derivative at a surface's minimum; None where there is none, or a
    kink or an edge in its place.

    >>> from optirace.surfaces import SURFACES
    >>> curvature(SURFACES["bowl"]), curvature(SURFACES["ackley"]), curvature(SURFACES["saddle"])
    (20.0, None, None)
    """
    if not surface.minima:
        return None
    x, y = np.array(surface.minima[0])
    near, far = (_curvature(surface, surface.minima[0], width) for width in (2.0**-17, 2.0**-14))
    with np.errstate(all="ignore"):
        slope = np.abs(surface.gradient(x, y)).max()
    is_level = slope <= 1e-3 * near * (
        1.0 + max(abs(x), abs(y))
    )  # where a minimum is told in few digits, too
    return (
        near
        if is_level and np.isfinite(near) and near > 0.0 and abs(near - far) <= 1e-3 * near
        else None
    )


def is_quadratic(surface: Surface) -> bool:
    """Say whether a surface is a quadratic about its minimum, numerically, from its gradient."""
    if not surface.minima:
        return False
    x0, y0 = surface.minima[0]
    columns = [
        np.array(surface.gradient(x0 + dx, y0 + dy), float) for dx, dy in ((1.0, 0.0), (0.0, 1.0))
    ]
    hessian = np.stack(columns, axis=1)
    for move in (np.array([-0.5, 2.0]), np.array([3.0, 1.25])):
        gradient = np.array(surface.gradient(x0 + move[0], y0 + move[1]), float)
        if not np.allclose(
            hessian @ move, gradient, rtol=1e-6, atol=1e-9 * float(abs(hessian).max())
        ):
            return False
    return True


def _curvature(surface: Surface, at: Point, width: float) -> float:
    """Return the larger eigenvalue of the Hessian, from central differences of the gradient over
    twice the width.
    """
    x, y = np.array(at)
    with np.errstate(all="ignore"):
        by_x = np.subtract(surface.gradient(x + width, y), surface.gradient(x - width, y)) / (
            2.0 * width
        )
        by_y = np.subtract(surface.gradient(x, y + width), surface.gradient(x, y - width)) / (
            2.0 * width
        )
        mean, mixed = (by_x[0] + by_y[1]) / 2.0, (by_x[1] + by_y[0]) / 2.0
        return float(mean + np.sqrt(((by_x[0] - by_y[1]) / 2.0) ** 2 + mixed * mixed))
