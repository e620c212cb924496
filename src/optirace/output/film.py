"""Joins schedule, canvas and sinks: one pass, constant memory."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing.raster import Canvas, Moment
from optirace.errors import OutputError
from optirace.look import timeline
from optirace.output import posters, provenance, sidecars
from optirace.output import sinks as encoders
from optirace.output.encode.patches import Shown
from optirace.output.files import target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from optirace.look.themes import Style
    from optirace.look.timeline import Note, Schedule
    from optirace.output.choices import Choices
    from optirace.output.files.target import PathLike
    from optirace.output.formats import Format
    from optirace.output.provenance import Origin
    from optirace.output.sidecars import Beside
    from optirace.output.sinks import Sink, Written
    from optirace.racing.engine import Result


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
    """Return each racer's place, int64[frames, racers], after the steps int64[frames]: by its loss, the diverged last.

    After the last step the places are those of the table.
    """
    order = _by_loss(result, shown)
    index_of = {id(trajectory): index for index, trajectory in enumerate(result.trajectories)}
    order[shown == result.race.steps] = [index_of[id(trajectory)] for trajectory in result.standings]
    return np.argsort(order, axis=1, kind="stable")


def leaders(result: Result, shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which racer has the lowest loss, int64[frames], after the steps int64[frames]."""
    return _by_loss(result, shown)[:, 0]


def _by_loss(result: Result, shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the racers by their losses after steps, int64[steps, racers]."""
    losses = np.full((result.race.steps + 1, len(result.trajectories)), np.inf)
    for column, trajectory in enumerate(result.trajectories):
        count = trajectory.steps + (trajectory.outcome.kind != "diverged")
        losses[:count, column] = trajectory.losses[:count]
    return np.argsort(losses[shown], axis=1, kind="stable")


def told(result: Result, text: Beside, schedule: Schedule, at: int | None, strip: Sequence[int] = ()) -> str:
    """Return the text that goes beside files: of the film, or of the still of a step or of a strip of steps."""
    from optirace.text import alttext, webvtt  # noqa: PLC0415 - most films go without

    if text.kind == "captions":
        lead = leaders(result, np.floor(schedule.positions).astype(np.int64))
        return webvtt.vtt(webvtt.cues(result, schedule, lead))
    return alttext.alt(result, seconds=schedule.seconds if text.is_of_film else None, at=at, strip=strip) + "\n"


def render(
    result: Result,
    paths: Sequence[PathLike],
    *,
    style: Style,
    schedule: Schedule,
    at: int | None = None,
    loop: int = 0,
    choices: Choices | None = None,
    strip: Sequence[int] = (),
    max_size: int | None = None,
    texts: Sequence[Beside] = (),
    progress: Callable[[int, int], None] | None = None,
    origin: Origin | None = None,
    check: Callable[[], None] | None = None,
) -> tuple[Written, ...]:
    """Paint a race once and write it to every path; either all files are complete and in place, or none has changed.

    Each file carries `origin`, what it was asked for with, and the versions that decide its bytes; without it, nothing.
    Stills show the end, or the step `at`, or the steps of `strip` side by side. A GIF of more than `max_size` bytes is made
    again at a lower frame rate, then size, then with fewer colours, until it fits. `texts` go beside the files, and are told
    of after them. `progress` is told (frames done, frames in all), from 1 again for a GIF that is made again. `check` is
    called when all files are complete and none is in place, and may raise to leave it so. Raises InvalidValueError for names
    that cannot be, OutputError when a file cannot be made.
    """
    encoders.check_targets(paths, fps=schedule.fps, at=at, steps=result.race.steps, choices=choices)
    posters.check_strip(strip, paths, at=at, last=result.race.steps, choices=choices)
    frames, numbers = len(schedule.positions), provenance.numbers(result)
    notes = [
        provenance.text(origin, numbers=numbers, versions=encoders.versions_of(path, choices, has_strip=bool(strip)))
        if origin is not None
        else ""
        for path in paths
    ]
    shown = Shown()
    with ExitStack() as stack:
        # Each is pushed before it is entered: a signal in between would leave it open.
        sinks = [
            stack.push(
                encoders.open_sink(
                    path,
                    width=style.width,
                    height=style.height,
                    fps=schedule.fps,
                    frames=frames,
                    loop=loop,
                    choices=choices,
                    note=note,
                    shown=shown,
                )
            ).__enter__()
            for path, note in zip(paths, notes, strict=True)
        ]
        pages = [stack.push(sidecars.page(text.path, told(result, text, schedule, at, strip))).__enter__() for text in texts]
        kinds = {sink: encoders.format_of(path, choices) for sink, path in zip(sinks, paths, strict=True)}
        stills = [sink for sink, kind in kinds.items() if kind.is_still]
        moving = [sink for sink in sinks if sink not in stills]
        if moving:
            _play(moving, result, style, schedule, progress)
        if stills:
            moment = still(result, result.race.steps if at is None else at, schedule.notes)
            _fill(kinds, result, style, moment, strip)
        for sink in (*sinks, *pages):
            sink.finish()
        fitted = [
            (sink, "")
            if max_size is None or kind.suffix != ".gif"
            else _fit(
                sink,
                path,
                stack,
                result=result,
                style=style,
                schedule=schedule,
                loop=loop,
                limit=max_size,
                choices=choices,
                note=note,
                progress=progress,
            )
            for (sink, kind), path, note in zip(kinds.items(), paths, notes, strict=True)
        ]
        fitted += [(page, "") for page in pages]
        written = encoders.commit([sink for sink, _ in fitted], check)
        return tuple(replace(file, lowered=lowered) for file, (_, lowered) in zip(written, fitted, strict=True))


def _play(
    sinks: Sequence[Sink],
    result: Result,
    style: Style,
    schedule: Schedule,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Paint every frame once and write it to every sink."""
    canvas = Canvas(result, style)
    for done, moment in enumerate(moments(result, schedule), 1):
        frame = canvas.paint(moment)
        for sink in sinks:
            sink.write(frame)
        if progress is not None:
            progress(done, len(schedule.positions))


def _fill(kinds: Mapping[Sink, Format], result: Result, style: Style, moment: Moment, strip: Sequence[int]) -> None:
    """Give every still the moment, as a frame or drawn, or the strip."""
    stills = {sink: kind for sink, kind in kinds.items() if kind.is_still}
    if any(kind.opener for kind in stills.values()) and not strip:
        frame = Canvas(result, style).paint(moment)
    for sink, kind in stills.items():
        if kind.opener and not strip:
            sink.write(frame)
            continue
        from optirace.drawing import vector  # noqa: PLC0415 - half a second of matplotlib, which films do without
        from optirace.output.read import png_chunks  # noqa: PLC0415 - likewise

        if strip:
            whole, width, height = vector.strip(result, kind.suffix, look=style, steps=strip, note=sink.note)
            sink.put(png_chunks.with_note(whole, sink.note) if kind.suffix == ".png" else whole, width, height)
        else:
            sink.put(vector.still(result, kind.suffix, look=style, moment=moment, note=sink.note))


def _fit(
    sink: Sink,
    path: PathLike,
    stack: ExitStack,
    *,
    result: Result,
    style: Style,
    schedule: Schedule,
    loop: int,
    limit: int,
    choices: Choices | None,
    note: str,
    progress: Callable[[int, int], None] | None,
) -> tuple[Sink, str]:
    """Return a finished sink of at most `limit` bytes, and what it gave up; only this GIF is made again."""
    from optirace.output import size_limit  # noqa: PLC0415 - for GIFs that must fit

    rung = size_limit.Rung(schedule.fps, style.width, style.height)
    first = sink.bytes
    ladder = tuple(size_limit.rungs(rung))
    for lower in ladder:
        if sink.bytes <= limit:
            break
        # The last is tried whatever is to be expected, so that what cannot fit is told with the least that it can have.
        if lower is not ladder[-1] and lower.least(rung, sink.bytes) > limit:
            continue
        sink.close()
        rung = lower
        slower = timeline.resampled(schedule, rung.fps)
        sink = stack.push(
            encoders.open_sink(
                path,
                width=rung.width,
                height=rung.height,
                fps=rung.fps,
                frames=len(slower.positions),
                loop=loop,
                choices=choices,
                colours=rung.colours,
                note=note,
            )
        ).__enter__()
        _play([sink], result, replace(style, width=rung.width, height=rung.height), slower, progress)
        sink.finish()
    if sink.bytes > limit:
        raise OutputError(
            target.shown(path),
            f"has {size_limit.shown(sink.bytes)} even at {rung}: more than {size_limit.shown(limit)}",
            hint="shorten the film with --speed or --duration, lower --fps, or allow more",
        )
    return sink, f"{rung}, from {size_limit.shown(first)}" if first > limit else ""
