"""Joins schedule, canvas and sinks: one pass, constant memory."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing.picture import Moment
from optirace.drawing.raster import Canvas
from optirace.errors import OutputError
from optirace.look import timeline
from optirace.output import provenance, sidecars, versions
from optirace.output import sinks as encoders
from optirace.output.encode.patches import Shown
from optirace.output.files import target
from optirace.output.sinks import Film

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from optirace.look.themes import Style
    from optirace.look.timeline import Note, Schedule
    from optirace.output.outputs import Output, Script
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
    """Return what a still of a step shows: every row of the board in its place, and the step's
    note.
    """
    row = tuple(map(float, places(result, np.array([step]))[0]))
    return Moment(float(step), step, row, next((note for note in notes if note.step == step), None))


def places(result: Result, shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each racer's place, int64[frames, racers], after the steps int64[frames]: by its loss,
    the diverged last.

    After the last step the places are those of the table.
    """
    order = _by_loss(result, shown)
    index_of = {id(trajectory): index for index, trajectory in enumerate(result.trajectories)}
    order[shown == result.race.steps] = [
        index_of[id(trajectory)] for trajectory in result.standings
    ]
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


def told(result: Result, text: Beside, script: Script) -> str:
    """Return the text that goes beside files: of the film, or of the still of a step or of a strip
    of steps.
    """
    from optirace.text import alttext, webvtt  # most films go without

    schedule = script.schedule
    if text.kind == "captions":
        lead = leaders(result, np.floor(schedule.positions).astype(np.int64))
        return webvtt.vtt(webvtt.cues(result, schedule, lead))
    seconds = schedule.seconds if text.is_of_film else None
    return alttext.alt(result, seconds=seconds, at=script.at, strip=script.strip) + "\n"


def render(
    result: Result,
    outputs: Sequence[Output],
    script: Script,
    *,
    texts: Sequence[Beside] = (),
    origin: Origin | None = None,
    progress: Callable[[int, int], None] | None = None,
    check: Callable[[], None] | None = None,
) -> tuple[Written, ...]:
    """Paint a race once and write it to every output; either all files are complete and in place,
    or none has changed.

    Each file carries `origin`, what it was asked for with, and the versions that decide its bytes;
    without it, nothing. `texts` go beside the files, and are told of after them. `progress` is told
    (frames done, frames in all), from 1 again for a GIF that is made again. `check` is called when
    all files are complete and none is in place, and may raise to leave it so. What can be refused
    before (`outputs.check`) is taken as it is; raises OutputError when a file cannot be made.
    """
    style, schedule = script.style, script.schedule
    frames = len(schedule.positions)
    about = Film(
        width=style.width, height=style.height, fps=schedule.fps, frames=frames, loop=script.loop
    )
    with ExitStack() as stack:
        # Each is pushed before it is entered: a signal in between would leave it open.
        sinks = [
            stack.push(encoders.open_sink(output, replace(about, note=note))).__enter__()
            for output, note in zip(outputs, _notes(result, outputs, script, origin), strict=True)
        ]
        pages = [
            stack.push(sidecars.page(text.path, told(result, text, script))).__enter__()
            for text in texts
        ]
        moving = [sink for sink in sinks if not sink.output.format.is_still]
        if moving:
            _play(moving, result, style, schedule, progress)
        _fill([sink for sink in sinks if sink.output.format.is_still], result, script)
        for sink in (*sinks, *pages):
            sink.finish()
        fitted = [_fit(sink, stack, result, script, progress) for sink in sinks]
        fitted += [(page, "") for page in pages]
        written = encoders.commit([sink for sink, _ in fitted], check)
        return tuple(
            replace(file, lowered=lowered)
            for file, (_, lowered) in zip(written, fitted, strict=True)
        )


def _notes(
    result: Result, outputs: Sequence[Output], script: Script, origin: Origin | None
) -> list[str]:
    """Return what each file says of its making."""
    if origin is None:
        return [""] * len(outputs)
    numbers, has_strip = provenance.numbers(result), bool(script.strip)
    libraries = [versions.of(output.libraries(has_strip=has_strip)) for output in outputs]
    return [provenance.text(origin, numbers=numbers, versions=each) for each in libraries]


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


def _fill(stills: Sequence[Sink], result: Result, script: Script) -> None:
    """Give every still the moment, as a frame or drawn, or the strip."""
    if not stills:
        return
    style, strip = script.style, script.strip
    moment = still(
        result, result.race.steps if script.at is None else script.at, script.schedule.notes
    )
    painted = [sink for sink in stills if sink.output.format.opener and not strip]
    if painted:
        frame = Canvas(result, style).paint(moment)
    for sink in painted:
        sink.write(frame)
    for sink in stills:
        if sink in painted:
            continue
        from optirace.drawing import vector  # half a second of matplotlib, which films do without
        from optirace.output.read import png_chunks  # likewise

        suffix, note = sink.output.format.suffix, sink.film.note
        if strip:
            whole, width, height = vector.strip(result, suffix, look=style, steps=strip, note=note)
            sink.put(
                png_chunks.with_note(whole, note) if suffix == ".png" else whole, width, height
            )
        else:
            sink.put(vector.still(result, suffix, look=style, moment=moment, note=note))


def _fit(
    sink: Sink,
    stack: ExitStack,
    result: Result,
    script: Script,
    progress: Callable[[int, int], None] | None,
) -> tuple[Sink, str]:
    """Return a finished sink of a GIF that is small enough, and what it gave up; only this GIF is
    made again.
    """
    limit, style, schedule = script.max_size, script.style, script.schedule
    if limit is None or sink.output.format.suffix != ".gif":
        return sink, ""
    from optirace.output import size_limit  # for GIFs that must fit

    rung = size_limit.Rung(schedule.fps, style.width, style.height)
    first, about = sink.bytes, sink.film
    ladder = tuple(size_limit.rungs(rung))
    for lower in ladder:
        if sink.bytes <= limit:
            break
        # The last is tried whatever is to be expected, so that what cannot fit is told with the
        # least that it can have.
        if lower is not ladder[-1] and lower.least(rung, sink.bytes) > limit:
            continue
        sink.close()
        rung = lower
        slower = timeline.resampled(schedule, rung.fps)
        smaller = replace(
            about,
            width=rung.width,
            height=rung.height,
            fps=rung.fps,
            frames=len(slower.positions),
            colours=rung.colours,
            shown=Shown(),
        )
        sink = stack.push(encoders.open_sink(sink.output, smaller)).__enter__()
        _play(
            [sink], result, replace(style, width=rung.width, height=rung.height), slower, progress
        )
        sink.finish()
    if sink.bytes > limit:
        raise OutputError(
            target.shown(sink.output.path),
            (
                f"still {size_limit.shown(sink.bytes)} at {rung}, over the limit of "
                f"{size_limit.shown(limit)}"
            ),
            hint="shorten the film with --speed or --duration, lower --fps, or allow more",
        )
    return sink, f"{rung}, from {size_limit.shown(first)}" if first > limit else ""
