"""Says how a racer ended, and what a race's losses are measured from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.engine import Trajectory
    from optirace.surfaces import Point, Surface

OutcomeKind: TypeAlias = Literal["converged", "oscillating", "stuck", "descending", "diverged"]
KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)

MinimumSource: TypeAlias = Literal["known", "found", "seen"]
"""Whether a minimum is known to the surface, was found on it, or is but the lowest loss that a racer saw."""

WINDOW = 20
"""Steps that are compared with as many before them to tell a racer that goes on from one that does not."""

BLOWN_UP = 1e6
"""A loss this many times max(1, loss at the start) has diverged."""

STANDSTILL = 1e-6
"""A path shorter than this share of the view's diagonal is no movement."""

PROGRESS = 0.99
"""A smallest gap not below this share of the one before is no progress."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a racer ended."""

    kind: OutcomeKind
    at_step: int | None = None
    """Since when it is so, for `converged` and `diverged`."""

    def __str__(self) -> str:
        return self.kind if self.at_step is None else f"{self.kind} at {self.at_step}"


class Minimum(NamedTuple):
    """What gaps are measured from."""

    loss: float
    source: MinimumSource
    points: tuple[Point, ...] = ()
    """Where the loss is that low; empty where nobody knows."""


def bounds(surface: Surface, loss: float) -> tuple[float, float]:
    """Return the losses below and above which a racer has diverged that started at a loss.

    Below only where no minimum is known: there a loss may have none.
    """
    return -math.inf if surface.minima else -BLOWN_UP * max(1.0, abs(loss)), BLOWN_UP * max(1.0, loss)


def minimum(surface: Surface, tol: float, seen: float) -> Minimum:
    """Return what gaps are measured from where `seen` is the lowest loss seen: the one place that decides it.

    That is the surface's own minimum, if it has one and no loss was more than `tol` below it; else the lowest loss seen.
    """
    known = surface.minimum
    if known is None or seen < known - tol:
        return Minimum(seen, "seen")
    return Minimum(min(seen, known), "known", surface.minima)


def lowest(surface: Surface, trajectories: Sequence[Trajectory]) -> float:
    """Return the lowest loss that racers saw.

    The step by which a racer is lost shows nothing of the surface, nor does a racer that fell without end.
    """
    low, _ = bounds(surface, float(trajectories[0].losses[0]))
    stayed = [each for each in trajectories if not each.losses[-1] < low] or trajectories
    ways = (each.losses[:-1] if each.outcome.kind == "diverged" else each.losses for each in stayed)
    return min(float(losses.min()) for losses in ways)
