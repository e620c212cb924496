"""Decides where on the race's clock every frame stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from optirace.errors import InvalidValueError
from optirace.look import characters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STEPS_PER_SECOND = 10
"""Optimizer steps in a second of film at speed 1."""

REFRESHES_PER_SECOND = 4
"""How often the loss digits change: a number that changes thirty times a second cannot be read."""

ORDERS_PER_SECOND = 2
"""How often the rows of the board may change places: rows that swap ten times a second cannot be
followed either.
"""

GLIDE_SECONDS = 0.1
"""How long a row of the board takes to its new place."""

LONGEST_SECONDS = 3600

LONGEST_NOTE = 120
"""Characters: two lines that can be read at every size."""

GLANCE_SECONDS = 2
"""How long a note is shown for which the race does not stop."""


@dataclass(frozen=True, slots=True)
class Note:
    """Words that the film shows when the race comes to a step."""

    step: int
    text: str
    hold: float = 2.0
    """Seconds for which the race stands still under them; at 0 it goes on, and they stay for two
    seconds of film.
    """

    def __post_init__(self) -> None:
        characters.checked("note", self.text, LONGEST_NOTE, shown=self._shown())
        if not 0.0 <= self.hold <= LONGEST_SECONDS:
            raise self.refusal(
                InvalidValueError(
                    "hold", f"must be from 0 to {LONGEST_SECONDS} seconds", value=self.hold
                )
            )

    def __str__(self) -> str:
        return f"note {self._shown()}"

    def _shown(self) -> str:
        return f"{self.step} {self.text[:40]!r}"

    def refusal(self, problem: str | InvalidValueError) -> InvalidValueError:
        """Return the error for this note."""
        return InvalidValueError(
            "note", problem, value=f"{self.step}:{self.text}", shown=self._shown()
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where the race stands in each frame."""

    fps: Fraction
    positions: NDArray[np.float64]
    """float64[frames]: steps done, with the fraction of the one under way; non-decreasing, exact at
    both ends.
    """

    shown: NDArray[np.int64]
    """int64[frames]: the completed step whose losses are on the board; exact at both ends."""

    ranked: NDArray[np.int64]
    """int64[frames]: the completed step whose losses order the board, at the last its standings;
    exact at both ends.
    """

    notes: tuple[Note, ...]
    """In the order of their steps."""

    told: NDArray[np.int64]
    """int64[frames]: which note is shown, or -1."""

    @property
    def seconds(self) -> Fraction:
        """The exact length of the film."""
        return len(self.positions) / self.fps


def schedule(
    steps: int,
    *,
    speed: float = 2.0,
    duration: float | None = None,
    fps: Fraction = Fraction(30),
    hold: tuple[float, float] = (1.0, 1.5),
    notes: Sequence[Note] = (),
) -> Schedule:
    """Lay out a film: stillness at the start, the race with a pause at each note, stillness at the
    end.

    `speed` 1 shows ten steps a second; `duration`, in seconds, fits the race (not the stillness
    round it and in it) into that time instead. `hold` is both stillnesses in seconds. Pauses are
    added: the frames of the race are those of the same film without notes. Raises InvalidValueError
    for values out of range.

    >>> len(schedule(200).positions)
    375
    """
    if not 0.0 < speed < math.inf:
        raise InvalidValueError("speed", "must be a finite number above 0", value=speed)
    if duration is not None and not 0.0 < duration <= LONGEST_SECONDS:
        raise InvalidValueError(
            "duration", f"must be above 0 and at most {LONGEST_SECONDS} seconds", value=duration
        )
    if not all(0.0 <= seconds <= LONGEST_SECONDS for seconds in hold):
        raise InvalidValueError("hold", f"must be from 0 to {LONGEST_SECONDS} seconds", value=hold)
    if not 1 <= fps <= 120:
        raise InvalidValueError("fps", "must be from 1 to 120", value=float(fps))
    racing = (
        Fraction(steps) / (Fraction(speed) * STEPS_PER_SECOND)
        if duration is None
        else Fraction(duration)
    )
    notes = tuple(sorted(notes, key=lambda note: note.step))
    _check_steps(notes, steps)
    pauses = sum(Fraction(note.hold) for note in notes)
    if racing + Fraction(hold[0]) + Fraction(hold[1]) + pauses > LONGEST_SECONDS:
        raise InvalidValueError(
            f"the film would last {float(racing + pauses):.0f} seconds",
            f"at most {LONGEST_SECONDS}",
            hint="raise --speed or give --duration",
            about=("speed", "duration"),
        )
    still = round(Fraction(hold[0]) * fps)
    moving = max(1, round(racing * fps) - (still == 0))
    still = max(
        1, still
    )  # the start is seen for a frame at least, and that frame is the race's first
    after = round(Fraction(hold[1]) * fps)
    positions = np.concatenate(
        [np.zeros(still), np.arange(1, moving + 1) * steps / moving, np.full(after, float(steps))]
    )
    completed = np.floor(positions).astype(np.int64)
    shown, ranked = (
        _refresh(completed, fps, rate, first=still, last=still + moving)
        for rate in (REFRESHES_PER_SECOND, ORDERS_PER_SECOND)
    )
    told = np.full(len(positions), -1)
    for index, note in enumerate(notes):
        arrival = int(np.searchsorted(positions, note.step))
        pause = max(1, round(Fraction(note.hold) * fps)) if note.hold else 0
        positions, shown, ranked = (
            np.insert(row, arrival, np.full(pause, note.step)) for row in (positions, shown, ranked)
        )
        told = np.insert(told, arrival, np.full(pause, -1))
        told[arrival:] = -1
        told[arrival : arrival + (pause or round(GLANCE_SECONDS * fps))] = index
    # A pause shows its own step's losses; those held back from before it must not come back after
    # it.
    return Schedule(
        fps, positions, np.maximum.accumulate(shown), np.maximum.accumulate(ranked), notes, told
    )


def resampled(film: Schedule, fps: Fraction) -> Schedule:
    """Return the same film at a lower frame rate: of its frames those that are due, and the
    last.
    """
    count = max(2, round(film.seconds * fps))
    due = np.array(
        [min(int(index * film.fps / fps), len(film.positions) - 1) for index in range(count)]
    )
    due[-1] = len(film.positions) - 1
    return Schedule(
        fps, film.positions[due], film.shown[due], film.ranked[due], film.notes, film.told[due]
    )


def _check_steps(notes: Sequence[Note], steps: int) -> None:
    """Refuse notes, sorted by step, that the race does not come to or that would be shown at
    once.
    """
    for index, note in enumerate(notes):
        if not 0 <= note.step <= steps:
            raise note.refusal(f"must be at a step of the race, from 0 to {steps}")
        if index and notes[index - 1].step == note.step:
            raise note.refusal("must be the only one at its step")


def _refresh(
    completed: NDArray[np.int64], fps: Fraction, rate: int, *, first: int, last: int
) -> NDArray[np.int64]:
    """Hold steps back to so many changes a second between the first moving frame and the last."""
    ticks = np.arange(last - first) * (rate * fps.denominator) // fps.numerator
    due = np.flatnonzero(np.diff(ticks, prepend=-1)) + first
    shown = completed.copy()
    shown[first : last - 1] = completed[
        due[np.searchsorted(due, np.arange(first, last - 1), side="right") - 1]
    ]
    return shown


def glide(places: NDArray[np.int64], fps: Fraction) -> NDArray[np.float64]:
    """Turn places that jump, int64[frames, n], into places that glide there, float64[frames, n]:
    slow, fast, slow.

    The last frame is exact.
    """
    most = max(1, round(GLIDE_SECONDS * fps))
    share = np.arange(1, most + 1) / most
    share *= share * (3.0 - 2.0 * share)
    gliding = places.astype(np.float64)
    for frame, row in zip(*np.nonzero(np.diff(places, axis=0)), strict=True):
        start, goal = gliding[frame, row], places[frame + 1, row]
        way = gliding[frame + 1 : frame + 1 + most, row]
        way[:] = start + (goal - start) * share[: len(way)]
        gliding[frame + 1 + most :, row] = places[frame + 1 + most :, row]
    gliding[-1:] = places[-1:]
    return gliding
