"""Joins schedule, canvas and sinks: one pass, constant memory."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np

from optirace import encoders, provenance, timeline
from optirace.canvas import Canvas, Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from optirace.encoders import Choices, Format, Sink, Written
    from optirace.encoders.target import PathLike
    from optirace.engine import Result
    from optirace.provenance import Origin
    from optirace.style import Style
    from optirace.timeline import Note, Schedule


def moments(result: Result, schedule: Schedule) -> Iterator[Moment]:
    """Yield what each frame shows."""
    rows = timeline.glide(places(result, schedule.ranked), schedule.fps)
    clock = schedule.positions.tolist(), schedule.shown.tolist(), schedule.told.tolist()
    for position, shown, told, row in zip(*clock, rows.tolist(), strict=True):
        yield Moment(position, shown, tuple(row), None if told < 0 else schedule.notes[told])


def still(result: Result, step: int, notes: Sequence[Note] = ()) -> Moment:
    """Return what a still of a step shows: every row of the board in its place, and the step's note."""
    row = tuple(map(float, places(result, np.array([step]))[0]))
    return Moment(float(step), step, row, next((note for note in notes if note.step == step), None))


def places(result: Result, shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each racer's place by its loss, int64[frames, racers], after the steps int64[frames]; the diverged are last."""
    losses = np.full((result.race.steps + 1, len(result.trajectories)), np.inf)
    for column, trajectory in enumerate(result.trajectories):
        count = trajectory.steps + (trajectory.outcome.kind != "diverged")
        losses[:count, column] = trajectory.losses[:count]
    order = np.argsort(losses[shown], axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable")


def render(
    result: Result,
    paths: Sequence[PathLike],
    *,
    style: Style,
    schedule: Schedule,
    at: int | None = None,
    loop: int = 0,
    choices: Choices | None = None,
    progress: Callable[[int, int], None] | None = None,
    origin: Origin | None = None,
) -> tuple[Written, ...]:
    """Paint a race once and write it to every path; either all files are complete and in place, or none has changed.

    Each file carries `origin`, what it was asked for with, and the versions that decide its bytes; without it, nothing.
    Stills show the end, or the step `at`. `progress` is told (frames done, frames in all). Raises InvalidValueError for
    names that cannot be, OutputError when a file cannot be made.
    """
    encoders.check_targets(paths, fps=schedule.fps, at=at, steps=result.race.steps, choices=choices)
    frames, numbers = len(schedule.positions), provenance.numbers(result)
    notes = [
        provenance.text(origin, numbers=numbers, versions=encoders.versions_of(path, choices)) if origin is not None else ""
        for path in paths
    ]
    with ExitStack() as stack:
        sinks = [
            stack.enter_context(
                encoders.open_sink(
                    path,
                    width=style.width,
                    height=style.height,
                    fps=schedule.fps,
                    frames=frames,
                    loop=loop,
                    choices=choices,
                    note=note,
                )
            )
            for path, note in zip(paths, notes, strict=True)
        ]
        kinds = {sink: encoders.check_target(path, choices) for sink, path in zip(sinks, paths, strict=True)}
        stills = [sink for sink, kind in kinds.items() if kind.is_still]
        moving = [sink for sink in sinks if sink not in stills]
        if moving:
            canvas = Canvas(result, style)
            for done, moment in enumerate(moments(result, schedule), 1):
                frame = canvas.paint(moment)
                for sink in moving:
                    sink.write(frame)
                if progress is not None:
                    progress(done, frames)
        if stills:
            moment = still(result, result.race.steps if at is None else at, schedule.notes)
            _fill(kinds, result, style, moment)
        for sink in sinks:
            sink.finish()
        return encoders.commit(sinks)


def _fill(kinds: Mapping[Sink, Format], result: Result, style: Style, moment: Moment) -> None:
    """Give every still the moment: as a frame, or drawn."""
    stills = {sink: kind for sink, kind in kinds.items() if kind.is_still}
    if any(kind.opener for kind in stills.values()):
        frame = Canvas(result, style).paint(moment)
    for sink, kind in stills.items():
        if kind.opener:
            sink.write(frame)
        else:
            from optirace import vector  # noqa: PLC0415 - half a second of matplotlib, which films do without

            sink.put(vector.still(result, kind.suffix, look=style, moment=moment))
