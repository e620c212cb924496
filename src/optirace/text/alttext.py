"""Says in a few sentences what a film or a still shows, for those who cannot see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.racing import outcomes
from optirace.text.webvtt import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from optirace.racing.engine import Result, Trajectory
    from optirace.racing.outcomes import Verdict

_FATES = {
    "oscillating": ("oscillates", "oscillate"),
    "climbing": ("climbs", "climb"),
    "stuck": ("is stuck", "are stuck"),
    "descending": ("is still descending", "are still descending"),
}


OF_FILM, OF_STILL = ("Animation, ",), ("Still of ", "Strip of ")
"""How the words of a film and of a still begin, so that nobody takes those of one for the
other's.
"""


def alt(
    result: Result,
    *,
    seconds: Fraction | None = None,
    at: int | None = None,
    strip: Sequence[int] = (),
) -> str:
    """Describe a film of so many seconds or, without seconds, a still of step `at` (by default the
    last) or of several steps.

    Two to four sentences on one line, without markup and, but for what a person typed, in ASCII.

    >>> from optirace import race
    >>> print(alt(race(optimizers=["sgd:lr=0.05"]), seconds=12))
    Animation, 12 seconds: SGD starts at (-5, 3) on the surface Quadratic bowl, theta1^2 + \
10*theta2^2, and leaves a trail over its contour lines during 200 steps. \
SGD converges at step 49. Loss at the end: SGD 1.24e-17.
    """
    race = result.race
    step = race.steps if at is None or seconds is not None else at
    step = step if seconds is not None or not strip else strip[-1]
    told = [(each, outcomes.verdicts(result, each).at(step)) for each in result.trajectories]
    if step == race.steps:
        told.sort(key=lambda row: result.standings.index(row[0]))
    else:
        told.sort(key=lambda row: _standing(row[0], row[1], step))
    x, y = race.start
    labels, count = listed([each.racer.label for each in result.trajectories]), len(told)
    who = f"{labels} starts" if count == 1 else f"the {count} optimizers {labels} start"
    leaves = "leaves a trail" if count == 1 else "leave trails"
    where = f"({number(x)}, {number(y)}) on the surface {_surface(result)}"
    sentences = [
        (
            f"{_head(race.steps, step, seconds, strip)}: {who} at {where} and {leaves} over its "
            f"contour lines during {step} steps."
        ),
        *_fates(told, "the lowest loss" if result.minimum_from == "seen" else "the minimum"),
        _losses(
            told,
            step,
            "Loss" if count == 1 else "Losses",
            "the end" if step == race.steps else "this step",
        ),
    ]
    return " ".join(filter(None, sentences))


def _head(steps: int, step: int, seconds: Fraction | None, strip: Sequence[int]) -> str:
    if seconds is not None:
        return f"Animation, {float(seconds):.3g} second{'s' * (seconds != 1)}"
    if strip:
        panels = f"{len(strip)} panel{'s' * (len(strip) != 1)}"
        return f"Strip of {panels}, from left to right step {listed([*map(str, strip)])} of {steps}"
    return f"Still of step {step} of {steps}"


def listed(words: Sequence[str]) -> str:
    """Join words as people do.

    >>> listed(["SGD", "Adam", "Lion"])
    'SGD, Adam and Lion'
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _joined(clauses: Sequence[str]) -> str:
    """Join clauses, with a comma before the last, as each may be about several racers."""
    return ", and ".join(filter(None, (", ".join(clauses[:-1]), clauses[-1])))


def _surface(result: Result) -> str:
    surface = result.race.surface
    is_typed = surface.name == "expression"
    words = [word for word in ("" if is_typed else surface.label, surface.expression) if word] or [
        surface.name
    ]
    return ", ".join(words) + ("," if len(words) > 1 else "")


def _standing(trajectory: Trajectory, verdict: Verdict, step: int) -> tuple[int, float]:
    """Order much as the table does, as of a step before the end."""
    if verdict.kind in ("within", "diverged"):
        since = verdict.at_step or 0
        return (0, since) if verdict.kind == "within" else (2, -since)
    return 1, float(trajectory.losses[min(step, trajectory.steps)])


def _fates(told: Sequence[tuple[Trajectory, Verdict]], goal: str) -> list[str]:
    """Say who has converged, or is within tol for now, in a sentence, and what became of the
    others, in another.
    """
    kinds: dict[str, list[tuple[str, int | None]]] = {}
    for trajectory, verdict in told:
        kinds.setdefault(verdict.kind, []).append((trajectory.racer.label, verdict.at_step))
    near = [f"{label} since step {step}" for label, step in kinds.get("within", ())]
    arrived = [f"{label} at step {step}" for label, step in kinds.get("converged", ())]
    others = [
        f"{listed([label for label, _ in kinds[kind]])} {words[len(kinds[kind]) > 1]}"
        for kind, words in _FATES.items()
        if kind in kinds
    ]
    others += [f"{label} diverges at step {step}" for label, step in kinds.get("diverged", ())]
    first = [label for label, _ in kinds.get("converged", ())][:1]
    return [
        *([f"Within {told[0][1].tol:g} of {goal}: {listed(near)}."] if near else []),
        *(
            f"{label} converges{arrived[0].removeprefix(label)}."
            for label in first
            if len(arrived) == 1
        ),
        *(
            (
                f"{label} converges "
                f"first{arrived[0].removeprefix(label).replace(' at', ', at')}, then "
                f"{listed(arrived[1:])}."
            )
            for label in first
            if len(arrived) > 1
        ),
        *([f"{_joined(others)}."] if others else []),
    ]


def _losses(told: Iterable[tuple[Trajectory, Verdict]], step: int, word: str, when: str) -> str:
    """List the losses of all that are still in the race."""
    rows = [
        f"{each.racer.label} {number(float(each.losses[step]))}"
        for each, verdict in told
        if verdict.kind != "diverged"
    ]
    return f"{word} at {when}: {', '.join(rows)}." if rows else ""
