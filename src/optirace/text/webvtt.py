"""Tells the beats of a race as captions on the clock of its film."""

from __future__ import annotations

import itertools
import math
import textwrap
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from optirace.racing import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from optirace.look.timeline import Schedule
    from optirace.racing.engine import Result, Trajectory

WIDTH = 42
"""Characters a line; two lines a cue. What broadcasters ask of subtitles."""

SHORTEST = Fraction(3, 2)
"""Seconds for which a cue stands at least, where there is room."""

BRIEFEST = Fraction(4, 5)
"""Seconds below which a cue is not worth its flash; what it would have said is left to the cues of
the end.
"""

LONGEST = 5
"""Seconds after which a cue of the race goes, when nothing new comes."""

LASTING = Fraction(3, 5)
"""Seconds for which a lead or a verdict must hold to be told: what flickers cannot be followed."""

STALE = SHORTEST
"""Seconds for which a change of the lead may wait for room; what became of a racer is told however
late.
"""

LABEL = 26
"""Characters of a racer's label that a cue has room for."""

PHRASE = 12
"""How much longer one of two lines may be than the other so that they part at the end of a
phrase.
"""

_ENDS = (".", ",", ":", ";")
_TIE = "\N{NO-BREAK SPACE}"

_Told: TypeAlias = outcomes.VerdictKind | Literal["lead", "left"]


@dataclass(frozen=True, slots=True)
class Cue:
    """Words and when they stand."""

    start: Fraction
    """Seconds of film, at a frame."""

    end: Fraction
    """Likewise, after the start."""

    lines: tuple[str, ...]
    """One or two, of at most WIDTH characters."""


@dataclass(frozen=True, slots=True)
class _Beat:
    """Something that is so from a frame on, and can be told then."""

    frame: int
    kind: _Told
    lines: tuple[str, ...]
    brief: str
    """The same in a line, for when it must share a cue."""

    racer: int = -1
    """Whose it is; -1 for all."""


def number(value: float) -> str:
    """Write a number to be read aloud.

    >>> number(90.0), number(0.123456), number(1.7e-29), number(412345678.0)
    ('90', '0.123', '1.7e-29', '4.12e8')
    """
    if value == 0.0:
        return "0"
    digits, _, power = f"{value:.3g}".partition("e")
    if power and -1 < int(power) < 6:
        return f"{float(f'{value:.3g}'):.0f}"
    return f"{digits}e{int(power)}" if power else digits


def cues(result: Result, schedule: Schedule, lead: NDArray[np.int64]) -> tuple[Cue, ...]:
    """Return what is told of a race and when: no two at once, and nothing before the film shows it.

    `lead` int64[frames] is the racer with the lowest loss after the step that each frame shows.
    Notes are told for as long as the film shows them, the end when it is there; the beats of the
    race take turns in the time between.
    """
    end = int(np.searchsorted(schedule.positions, result.race.steps))
    over = Cue(end / schedule.fps, schedule.seconds, ())
    told_from = _end_told_from(schedule, over.start)
    notes = list(_notes(schedule, told_from))
    beats = [_start(result), *_beats(result, schedule, lead, end)]
    free = _placed(beats, sorted([*notes, over], key=lambda cue: cue.start), schedule, end)
    arrived = {
        beat.racer
        for beat in beats
        if beat.kind == "within"
        and any(_tells(cue, beat) for cue in free)
        and _is_final(beat, result)
    }
    fixed = [*notes, *_ending(result, told_from, schedule, arrived)]
    return tuple(sorted([*fixed, *free], key=lambda cue: cue.start))


def _end_told_from(schedule: Schedule, over: Fraction) -> Fraction:
    """Return when the end of a race that is over since `over` is told: after the note that stands
    over it.

    Where such a note leaves too little time, it gives way: for long enough, or for half of the time
    that there is.
    """
    shown = np.flatnonzero(schedule.told >= 0)
    free = max(over, int(shown[-1] + 1) / schedule.fps) if len(shown) else over
    needed = int(min(SHORTEST, (schedule.seconds - over) / 2) * schedule.fps) / schedule.fps
    return min(free, schedule.seconds - needed) if free > over else over


def vtt(told: Iterable[Cue]) -> str:
    """Write cues as a WebVTT file (W3C, 2019).

    >>> print(vtt([Cue(Fraction(0), Fraction(3, 2), ("SGD & Adam",))]), end="")
    WEBVTT
    <BLANKLINE>
    00:00:00.000 --> 00:00:01.500
    SGD &amp; Adam
    """
    blocks = ["WEBVTT\n"]
    for cue in told:
        lines = "\n".join(
            line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            for line in cue.lines
        )
        blocks.append(f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{lines}\n")
    return "\n".join(blocks)


def _tells(cue: Cue, beat: _Beat) -> bool:
    return cue.lines == beat.lines or beat.brief in cue.lines


def _is_final(beat: _Beat, result: Result) -> bool:
    """Say whether a racer has converged at the step of a beat, and did not leave again between two
    frames.
    """
    return beat.brief.endswith(f" since {result.trajectories[beat.racer].outcome.at_step}.")


def _stamp(seconds: Fraction) -> str:
    """Write a time; never before the frame that it is of."""
    whole, thousandths = divmod(math.ceil(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{thousandths:03}"


def _folded(text: str, tail: str = "") -> tuple[str, ...]:
    """Break a text into lines, with a tail if two hold it; two lines are alike in length, and part
    where a phrase ends.
    """
    lines = textwrap.wrap(text + tail, WIDTH)
    if tail and len(lines) > 2:
        lines = textwrap.wrap(_closed(text), WIDTH)
    if len(lines) == 2:
        words = " ".join(lines).split(" ")
        splits = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
        fitting = [split for split in splits if max(map(len, split)) <= WIDTH]
        first, second = min(fitting, key=_unevenness)
        lines = [first, second]
    return tuple(line.replace(_TIE, " ") for line in lines)


def _unevenness(split: tuple[str, str]) -> int:
    return abs(len(split[0]) - len(split[1])) - PHRASE * split[0].endswith(_ENDS)


def _closed(head: str) -> str:
    """End a sentence that was to go on."""
    return f"{head.rstrip(',:;.')}."


def _point(point: Sequence[float]) -> str:
    """Write a place; what is nothing beside the other coordinate is 0, and not -2.84e-30."""
    least = 1e-9 * max(map(abs, point))
    return f"({f',{_TIE}'.join(number(each if abs(each) > least else 0.0) for each in point)})"


def _label(trajectory: Trajectory) -> str:
    label = trajectory.racer.label
    return label if len(label) <= LABEL else f"{label[: LABEL - 3].rstrip()}..."


def _start(result: Result) -> _Beat:
    race = result.race
    loss, labels = (
        number(float(result.trajectories[0].losses[0])),
        list(map(_label, result.trajectories)),
    )
    who = f"{len(labels)} racers start" if len(labels) > 1 else f"{labels[0]} starts"
    where = f"{who} at {_point(race.start)}, loss {loss}"
    names = ", ".join(labels)
    if len(labels) > 1 and max(len(where) + 1, len(names)) <= WIDTH:
        return _Beat(0, "lead", (f"{where}:".replace(_TIE, " "), names), "")
    return _Beat(0, "lead", _folded(f"{where}."), "")


def _notes(schedule: Schedule, until: Fraction) -> Iterator[Cue]:
    """Tell each note while the film shows it, until a time; a long one in two halves, one after the
    other.
    """
    for index, note in enumerate(schedule.notes):
        frames = np.flatnonzero(schedule.told == index)
        if len(frames):
            first, last = (
                int(frames[0]) / schedule.fps,
                min(until, int(frames[-1] + 1) / schedule.fps),
            )
            yield from _in_turn(_halves(note.text), first, last, schedule.fps)


def _halves(text: str) -> list[tuple[str, ...]]:
    """Put a text on as few pages of two lines as hold it, alike in length."""
    shared = (textwrap.wrap(text, width) for width in range(2 * WIDTH, WIDTH // 2, -1))
    pages = [list(map(_folded, parts)) for parts in shared]
    fitting = [each for each in pages if all(len(lines) <= 2 for lines in each)]
    return [each for each in fitting if len(each) == len(fitting[0])][-1]


def _in_turn(
    pages: Sequence[tuple[str, ...]], first: Fraction, last: Fraction, fps: Fraction
) -> Iterator[Cue]:
    """Share a time among pages, by their length, at whole frames; one that would get none is left
    out.
    """
    lengths = [sum(map(len, lines)) for lines in pages]
    times = [
        Fraction(round((first + (last - first) * Fraction(done, sum(lengths))) * fps)) / fps
        for done in itertools.accumulate(lengths, initial=0)
    ]
    for lines, (start, end) in zip(pages, itertools.pairwise(times), strict=True):
        if start < end:
            yield Cue(start, end, lines)


def _ending(
    result: Result, first: Fraction, schedule: Schedule, arrived: set[int]
) -> Iterator[Cue]:
    """Tell how the race ended: the best, then who converged without a cue so far, then, while there
    is time, the others.
    """
    last = schedule.seconds
    best, *others = result.standings
    if len(result.trajectories) > 1 and best.outcome.kind == "diverged":
        others.insert(0, best)
    summary, is_whole = _summary(result)
    if is_whole:
        others = [each for each in others if each.outcome.kind != "converged"]
    is_owed = [
        each.outcome.kind == "converged" and result.trajectories.index(each) not in arrived
        for each in others
    ]
    owed, spare = (
        _pages(_fate(each) for each, flag in zip(others, is_owed, strict=True) if flag is kind)
        for kind in (True, False)
    )
    pages = [summary, *owed, *spare]
    count = max(1 + len(owed), int((last - first) / SHORTEST))
    yield from _in_turn(pages[:count], first, last, schedule.fps)


def _summary(result: Result) -> tuple[tuple[str, ...], bool]:
    """Say what the race came to, and whether that names everyone who converged."""
    best, count = result.standings[0], len(result.trajectories)
    words = f"Step {result.race.steps}, the end."
    if count == 1:
        return _folded(words, f" {_fate(best)}"), True
    converged = [each for each in result.standings if each.outcome.kind == "converged"]
    if converged:
        words = f"{words} {len(converged)} of {count} converged"
        arrivals = ", ".join(f"{_label(each)} at {each.outcome.at_step}" for each in converged)
        if len(lines := textwrap.wrap(f"{words}: {arrivals}.", WIDTH)) <= 2:
            return _folded(" ".join(lines)), True
        return _folded(
            f"{words},", f" {_label(best)} first, at step {best.outcome.at_step}."
        ), False
    if best.outcome.kind == "diverged":
        return _folded(f"{words} All {count} racers have diverged."), True
    return _folded(
        f"{words} None converged;", f" best is {_label(best)}, tail loss {number(best.tail_loss)}."
    ), True


def _fate(trajectory: Trajectory) -> str:
    """Say in a line how a racer ended."""
    kind = trajectory.outcome.kind
    word = {
        "stuck": "is stuck",
        "oscillating": "oscillates",
        "descending": "still descends",
        "climbing": "climbs",
    }.get(kind)
    if word is None:
        return f"{_label(trajectory)} {kind} at step {trajectory.outcome.at_step}."
    return f"{_label(trajectory)} {word}, tail loss {number(trajectory.tail_loss)}."


def _pages(texts: Iterable[str]) -> list[tuple[str, ...]]:
    """Put texts on pages of two lines, as few as hold them in their order."""
    pages: list[tuple[str, ...]] = []
    for lines in map(_folded, texts):
        if pages and len(pages[-1]) + len(lines) <= 2:
            pages[-1] += lines
        else:
            pages.append(lines)
    return pages


def _beats(result: Result, schedule: Schedule, lead: NDArray[np.int64], end: int) -> list[_Beat]:
    """Return the beats between start and end, in their order."""
    steps = np.floor(schedule.positions).astype(np.int64)[: end + 1]
    verdicts = [outcomes.verdicts(result, each) for each in result.trajectories]
    lasting = math.ceil(LASTING * schedule.fps)
    beats = list(_leads(result, verdicts, steps, lead[: end + 1], lasting))
    for racer, told in enumerate(verdicts):
        beats += _turns(result, racer, told, steps, lasting)
    return sorted((beat for beat in beats if beat.frame < end), key=lambda beat: beat.frame)


def _runs(values: NDArray[np.int64], lasting: int) -> list[tuple[int, int]]:
    """Return (frame, value) of each value that holds for so many frames; what flickers between is
    as if it were not.
    """
    starts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    lengths = np.diff(starts, append=len(values))
    held = [
        (int(at), int(values[at]))
        for at, length in zip(starts, lengths, strict=True)
        if length >= lasting
    ]
    return [run for index, run in enumerate(held) if index == 0 or held[index - 1][1] != run[1]]


def _leads(
    result: Result,
    verdicts: list[outcomes.Verdicts],
    steps: NDArray[np.int64],
    lead: NDArray[np.int64],
    lasting: int,
) -> Iterator[_Beat]:
    """Tell who leads, until a racer is at the minimum: among those it is of no interest who is
    nearer to it.
    """
    moving = int(np.searchsorted(steps, 1))
    is_first = True
    for at, leader in _runs(lead[moving:], lasting):
        frame = moving + at
        step, ahead = int(steps[frame]), result.trajectories[leader]
        if step >= len(ahead.losses):
            break  # all have diverged
        held = np.minimum(steps[frame : frame + lasting], ahead.steps)
        loss = float(ahead.losses[step])
        rivals = [
            each.losses[step]
            for each in result.trajectories
            if each is not ahead and step < len(each.losses)
        ]
        if (
            (result.minimum_from != "seen" and verdicts[leader].is_near[held].all())
            or any(rival <= loss for rival in rivals)
            or len(result.trajectories) < 2
        ):
            continue
        words = "leads" if is_first else "takes the lead"
        head, is_first = f"Step {step}: {_label(ahead)}", False
        yield _Beat(
            frame, "lead", _folded(f"{head} {words}, loss {number(loss)}."), f"{head} leads."
        )


def _turns(
    result: Result, racer: int, told: outcomes.Verdicts, steps: NDArray[np.int64], lasting: int
) -> Iterator[_Beat]:
    """Tell what becomes of a racer, each thing when it is new."""
    before: _Told | None = None
    trajectory = told.trajectory
    for frame, index in _runs(
        told.kinds[np.minimum(steps, trajectory.steps)].astype(np.int64), lasting
    ):
        kind: _Told = outcomes.VERDICTS[index]
        if kind in ("descending", "undecided", "converged"):
            if before != "within" or kind == "converged":
                continue
            kind = "left"
        if kind != before:
            step = min(int(steps[frame]), trajectory.steps)
            head, tail = _turn(result, trajectory, kind, step, told.at(step).at_step)
            brief = f"{_label(trajectory)}: {told.at(step)}." if kind == "within" else _closed(head)
            yield _Beat(frame, kind, _folded(head, tail), brief, racer)
        before = kind


def _turn(
    result: Result, trajectory: Trajectory, kind: _Told, step: int, since: int | None
) -> tuple[str, str]:
    """Say what became of a racer, and more where there is room."""
    who, loss, near = (
        _label(trajectory),
        number(float(trajectory.losses[step])),
        f"within {result.race.tol:g}",
    )
    # Where no minimum is known, the lowest loss that any racer saw stands for it.
    goal, left = "the minimum", "leaves the minimum"
    if result.minimum_from == "seen":
        goal, left = "the lowest loss", f"is no longer {near}"
    if kind == "within":
        return f"{who}: {near} of {goal}", f" since step {since}."
    if kind == "left":
        return f"Step {step}: {who} {left},", f" loss {loss}."
    if kind == "stuck":
        return (
            f"Step {step}: {who} is stuck",
            f" at {_point(trajectory.points[step].tolist())}, loss {loss}.",
        )
    if kind == "diverged":
        return f"{who} diverged at step {since},", " out of the race."
    recent = trajectory.losses[max(0, step - outcomes.WINDOW) : step + 1]
    before, low, high = (
        number(float(value)) for value in (trajectory.losses[0], recent.min(), recent.max())
    )
    if kind == "climbing":
        return f"Step {step}: {who} climbs,", f" loss {loss}; it was {before} at the start."
    stays = "stays at" if recent.min() == recent.max() else "stays near"
    swing = f"loss between {low} and {high}" if low != high else f"its loss {stays} {low}"
    return f"Step {step}: {who} oscillates,", f" {swing}."


def _placed(
    beats: Sequence[_Beat], fixed: Sequence[Cue], schedule: Schedule, end: int
) -> list[Cue]:
    """Give each beat a time after its frame in which nothing else is told."""
    cues: list[Cue] = []
    over = end / schedule.fps
    brief = ""
    for beat in beats:
        due = beat.frame / schedule.fps
        waiting = cues[-1] if cues else None
        start = max([due, *(cue.start + SHORTEST for cue in cues[-1:])])
        can_join = brief and 0 < len(beat.brief) <= WIDTH
        if waiting is not None and can_join and waiting.start >= due:
            cues[-1], brief = Cue(waiting.start, waiting.end, (brief, beat.brief)), ""
            continue
        start, lines = _free(start, fixed), beat.lines
        if waiting is not None and can_join and start + BRIEFEST > over:
            # Before the end there is not the time for one after the other: the last stands alone
            # for less, then both.
            start, lines = _free(max(due, waiting.start + BRIEFEST), fixed), (brief, beat.brief)
        if _is_late(beat, start, due, over):
            continue
        if waiting is not None and waiting.end > start:
            cues[-1] = Cue(waiting.start, start, waiting.lines)
        cues.append(Cue(start, _stop(start, fixed), lines))
        brief = beat.brief if lines is beat.lines and len(beat.brief) <= WIDTH else ""
    return cues


def _is_late(beat: _Beat, start: Fraction, due: Fraction, over: Fraction) -> bool:
    """Say whether there is no time left for a beat, or it is no news any more."""
    return start + BRIEFEST > over or (beat.kind == "lead" and start - due > STALE)


def _stop(start: Fraction, fixed: Sequence[Cue]) -> Fraction:
    """Return how long something may be told: until what stands already."""
    return min([start + LONGEST, *(block.start for block in fixed if block.start > start)])


def _free(start: Fraction, fixed: Sequence[Cue]) -> Fraction:
    """Return the first time from which on nothing else is told for a while."""
    for block in fixed:
        if block.start < start + BRIEFEST and start < block.end:
            start = block.end
    return start
