"""Looks whether a loss falls without end: far out, from a point on and on, or at a pole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from optirace.racing import descent
from optirace.racing.descent import Ground, directions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.surfaces import Array

FARTHEST = 8
"""The last doublings of the distance, of thirty, beyond which a loss that is still falling falls
without end.
"""

NOISE = 8.0
"""So many times as much as the last bits of a point far out change of the loss, the loss may be
wrong there.
"""

DOUBLINGS = 8
"""A loss that is lower and lower at so many distances, each twice the last, falls without end."""

RING_ROUNDS = 14
"""How often rings far out are looked at eight times as closely."""


class Rings(NamedTuple):
    """The lowest points far out, with the highest losses that they may have."""

    points: Array
    losses: Array

    def is_falling(self, least: float, drop: float) -> bool:
        """Say whether the loss falls as far as one can see, to below another, and by so much in the
        last doublings.
        """
        farthest, before = self.losses[-2 * FARTHEST :].min(), self.losses[: -2 * FARTHEST].min()
        return bool(farthest < min(least, before - drop))

    def below(self, least: float) -> Array:
        """Return the lowest few points that lie below a loss."""
        order = np.argsort(self.losses, kind="stable")[:4]
        return np.asarray(self.points[order[self.losses[order] < least]])


def rings(ground: Ground, centre: Array, half: Array) -> Rings | None:
    """Return the lowest points far out: None where the loss is lower than any number there.

    On both halves of each of thirty rings the lowest of 32 directions is looked at nearer and
    nearer, as a valley that falls is narrow, and rises on the other side.
    """
    radii = np.repeat(2.0 ** np.arange(31), 2)[:, None]
    along, sideways = directions(
        np.tile((np.arange(64) * (math.pi / 32.0)).reshape(2, 32), (31, 1))
    )
    gap = math.pi / 32.0
    for _ in range(RING_ROUNDS):
        x, y = centre[0] + radii * half[0] * along, centre[1] + radii * half[1] * sideways
        losses = np.broadcast_to(np.asarray(ground.value(x, y), float), x.shape)
        if (losses == -np.inf).any():
            return None
        losses = np.where(np.isnan(losses), np.inf, losses)
        at = losses.argmin(axis=1)[:, None]
        u, v = (np.take_along_axis(each, at, axis=1) for each in (along, sideways))
        aside = np.linspace(-gap, gap, 17)
        along, sideways, gap = u - v * aside, v + u * aside, gap / 8.0
    points = np.column_stack([np.take_along_axis(each, at, axis=1)[:, 0] for each in (x, y)])
    lowest = np.take_along_axis(losses, at, axis=1)[:, 0]
    return Rings(points, lowest + NOISE * ground.jitter(points, lowest))


def is_falling(ground: Ground, points: Array, closer: int) -> NDArray[np.bool_]:
    """Say of each point whether the loss falls from it on and on."""
    radii = np.tile(2.0 ** np.arange(DOUBLINGS), (len(points), 1))
    losses = descent.lowest_on_circles(ground, points, radii, closer)[1].min(axis=2)
    losses = np.column_stack([ground.losses(points), losses])
    return np.asarray((np.diff(losses, axis=1) < 0.0).all(axis=1))


def is_pole(ground: Ground, point: Array, scale: float) -> bool:
    """Say whether the loss jumps right beside a point, as it does where it falls without end."""
    around = (
        point + 1e-9 * np.column_stack(directions(np.arange(8) * (math.pi / 4.0))) * ground.cell
    )
    losses = ground.losses(np.concatenate([point[None], around]))
    return bool((np.abs(losses[np.isfinite(losses)] - losses[0]) > 0.1 * scale).any())
