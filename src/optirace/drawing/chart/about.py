"""Says what the chart of a sweep shows, for those who cannot see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.look.about import About
from optirace.text import alttext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optirace.racing.sweeps import Range, Sweep


def title(steps: int, metric: str) -> str:
    """Return the title of the chart of so many steps; `metric` is one of sweeps.METRICS.

    >>> title(200, "loss")
    'Loss after 200 steps'
    """
    return f"Loss after {steps} steps" if metric == "loss" else f"Steps to convergence, of {steps}"


def about(found: Sweep, metric: str) -> About:
    """Return the title of a chart, and in a sentence for each racer where it converges, is fastest
    and diverges.
    """
    names, race = alttext.listed([each.racer.label for each in found.swept]), found.race
    what = "loss" if metric == "loss" else "steps to convergence"
    against = f"{len(found.lr)} learning rates from {found.lr[0]:g} to {found.lr[-1]:g}"
    against += (
        ""
        if found.beta is None
        else f" and {len(found.beta)} betas from {found.beta[0]:g} to {found.beta[-1]:g}"
    )
    surface = race.surface.expression or race.surface.name
    head = (
        f"Chart of the {what} of {names} after {race.steps} steps on the surface {surface}, "
        f"over {against}."
    )
    tails = (f"{each.racer.label} {', '.join(_told(found.range(each)))}." for each in found.swept)
    return About(title(race.steps, metric), " ".join([head, *tails]))


def _told(found: Range) -> Iterator[str]:
    at = "" if found.beta is None else f" at beta {found.beta:g}"
    if found.lr is None or found.fastest is None:
        yield f"converges nowhere{at}"
    else:
        yield f"converges from {found.lr[0]:g} to {found.lr[1]:g}{at}"
        yield f"is fastest at {found.fastest:g} with {found.steps} steps"
    yield "diverges nowhere" if found.diverges is None else f"diverges from {found.diverges:g} on"
