"""Compares what a finished file holds with what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.output.read import contents, png_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction
    from pathlib import Path

    from optirace.output.read.contents import Contents
    from optirace.output.sinks import Film


def problem(
    path: Path, film: Film, *, seconds: Fraction | None = None, key_frames_every: int | None = None
) -> str | None:
    """Return what a file lacks to be the film, in words, or None; raises OSError.

    `seconds` is how long it is to last, where its frames are rounded to times that the format has;
    `key_frames_every` is the most frames from one key frame of a video to the next.
    """
    kind = contents.kind_of(path)
    reader = contents.reader(kind)
    try:
        if reader is png_chunks:  # the one format with checksums
            png_chunks.check(path)
        found = reader.contents(path)
    except contents.BROKEN:
        return f"it is not a complete {contents.shown(kind)}"
    return next(
        _differences(
            found, film, film.frames / film.fps if seconds is None else seconds, key_frames_every
        ),
        None,
    )


def _differences(
    found: Contents, film: Film, seconds: Fraction, key_frames_every: int | None
) -> Iterator[str]:
    if (found.width, found.height) != (film.width, film.height):
        yield f"it is {found.width}x{found.height}, not {film.width}x{film.height}"
    if film.codec is not None and found.codec != film.codec:
        yield f"it is {found.codec or 'of another codec'}, not {film.codec}"
    if found.codec is not None and found.frames != film.frames:
        yield f"it holds {found.frames} frames, not {film.frames}"
    if found.flaw is not None:
        yield found.flaw
    # A video tells its length and its rate, each rounded once.
    if found.seconds is not None and abs(found.seconds - seconds) > 2 * (found.tick or 0):
        yield f"it lasts {float(found.seconds):.3f} seconds, not {float(seconds):.3f}"
    yield from _other_differences(found, film, key_frames_every)


def _other_differences(found: Contents, film: Film, key_frames_every: int | None) -> Iterator[str]:
    """Yield what differs in a picture that has its size and its length."""
    if found.loop is not None and found.loop != film.loop:
        yield f"it plays {found.loop} times, not {film.loop}"
    if key_frames_every is not None and not 1 <= (found.key_interval or 0) <= key_frames_every:
        yield "its key frames are too far apart"
    if (found.note or "") != film.note:
        yield "it has no record of how it was made"
