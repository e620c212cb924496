"""Reads a WebM back from its elements, and says what is wrong with it."""

from __future__ import annotations

import itertools
import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from optirace.encoders.contents import LONGEST_NOTE, Contents, as_note, mapped

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator
    from pathlib import Path

    from optirace.encoders import Film

# Identifiers of RFC 9559 (Matroska) and RFC 8794 (EBML).
EBML, SEGMENT, INFO, TRACKS, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
SCALE, DURATION = 0x2AD7B1, 0x4489
TRACK, CODEC, VIDEO, WIDTH, HEIGHT, COLOUR = 0xAE, 0x86, 0xE0, 0xB0, 0xBA, 0x55B0
MATRIX, RANGE, TRANSFER, PRIMARIES = 0x55B1, 0x55B9, 0x55BA, 0x55BB
FRAME_TIME = 0x23E383
TAGS, TAG, SIMPLE_TAG, NAME, STRING = 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
TIME, SIMPLE_BLOCK, GROUP, BLOCK, REFERENCE = 0xE7, 0xA3, 0xA0, 0xA1, 0xFB

CODECS = {"vp9": b"V_VP9", "av1": b"V_AV1"}
IS_KEY = 0x80

MOST_ELEMENTS = 1 << 16
"""In one element; ours are the clusters of a film, one for two seconds, and the frames of a cluster."""

LARGEST_DENOMINATOR = 1001
"""Of a frame rate, of which a file tells the inverse, in nanoseconds."""


def problem(path: Path, film: Film, *, key_frames_every: int) -> str | None:
    """Return what a file lacks to be the film, in words, or None."""
    try:
        with mapped(path) as content:
            return _problem(content, film, key_frames_every)
    except (struct.error, LookupError, ValueError):
        return "the file is not a whole WebM"


def contents(path: Path) -> Contents:
    """Read any WebM; raises LookupError, ArithmeticError, ValueError or struct.error for what is none."""
    with mapped(path) as content:
        outer = dict(_elements(content, 0, len(content)))
        if EBML not in outer:
            raise ValueError("no EBML")
        inner = list(_elements(content, *outer[SEGMENT]))
        info, tracks = (dict(_elements(content, *dict(inner)[which])) for which in (INFO, TRACKS))
        track = dict(_elements(content, *tracks[TRACK]))
        picture = dict(_elements(content, *track[VIDEO]))
        width, height = (_number(content, picture[which]) for which in (WIDTH, HEIGHT))
        start, end = track[CODEC]
        name = content[start : min(end, start + 100)]
        codec = next((codec for codec, known in CODECS.items() if known == name), None)
        frames = sum(1 for kind, place in inner if kind == CLUSTER for _ in _frames(content, place))
        tick = Fraction(_number(content, info[SCALE]), 10**9)
        seconds, fps = Fraction(_real(content, info[DURATION])) * tick, None
        if FRAME_TIME in track:
            fps = (10**9 / Fraction(_number(content, track[FRAME_TIME]))).limit_denominator(LARGEST_DENOMINATOR)
            if abs(seconds - frames / fps) > tick:
                fps = None
        note = next((told for kind, place in inner if kind == TAGS for told in _comments(content, place)), None)
    seconds = seconds if fps is None else frames / fps
    return Contents(width=width, height=height, frames=frames, seconds=seconds, fps=fps, note=note, codec=codec)


def _comments(content: mmap.mmap, tags: tuple[int, int]) -> Iterator[str]:
    for kind, tag in _elements(content, *tags):
        for inner, place in _elements(content, *tag) if kind == TAG else ():
            told = dict(_elements(content, *place)) if inner == SIMPLE_TAG else {}
            if NAME in told and STRING in told and content[slice(*told[NAME])][:10] == b"COMMENT":
                start, end = told[STRING]
                yield as_note(content[start : min(end, start + LONGEST_NOTE)])


def _problem(content: mmap.mmap, film: Film, key_frames_every: int) -> str | None:
    outer = dict(_elements(content, 0, len(content)))
    if EBML not in outer:
        raise ValueError("no EBML")
    inner = list(_elements(content, *outer[SEGMENT]))
    info, tracks = dict(_elements(content, *dict(inner)[INFO])), list(_elements(content, *dict(inner)[TRACKS]))
    if len(tracks) != 1:
        return f"it has {len(tracks)} tracks, not 1"
    track = dict(_elements(content, *dict(tracks)[TRACK]))
    picture = dict(_elements(content, *track[VIDEO]))
    width, height = (_number(content, picture[which]) for which in (WIDTH, HEIGHT))
    if (width, height) != (film.width, film.height):
        return f"it is {width}x{height}, not {film.width}x{film.height}"
    start, end = track[CODEC]
    if content[start:end] != CODECS[film.codec or "vp9"]:
        return f"it is {content[start:end].decode(errors='replace')}, not {film.codec}"
    frames = [frame for kind, place in inner if kind == CLUSTER for frame in _frames(content, place)]
    if len(frames) != film.frames:
        return f"it holds {len(frames)} frames, not {film.frames}"
    # Times are whole ticks, mostly of a millisecond.
    tick = Fraction(_number(content, info[SCALE]), 10**9)
    seconds = Fraction(_real(content, info[DURATION])) * tick
    if abs(seconds - film.frames / film.fps) > tick:
        return f"it lasts {float(seconds):.3f} seconds, not {float(film.frames / film.fps):.3f}"
    if any(abs(time * tick - index / film.fps) > tick for index, (time, _) in enumerate(frames)):
        return "its frames do not all last equally long"
    keys = [*(index for index, (_, is_key) in enumerate(frames) if is_key), film.frames]
    if keys[0] != 0 or any(later - key > key_frames_every for key, later in itertools.pairwise(keys)):
        return "its key frames are too far apart"
    colour = dict(_elements(content, *picture[COLOUR]))
    if [_number(content, colour[which]) for which in (PRIMARIES, TRANSFER, MATRIX, RANGE)] != [1, 1, 1, 1]:
        return "its colours are not marked as BT.709"
    return None


def _elements(content: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the identifier of each element in a range of bytes, with where its content starts and ends."""
    at, count = start, 0
    while at < end:
        count += 1
        kind, at = _variable(content, at, keeps_marker=True)
        size, at = _variable(content, at, keeps_marker=False)
        if at + size > end or count > MOST_ELEMENTS:
            raise ValueError("an element that ends outside the one around it")
        yield kind, (at, at + size)
        at += size


def _variable(content: mmap.mmap, at: int, *, keeps_marker: bool) -> tuple[int, int]:
    """Return a number that says its own length by its leading zeros, and where it ends."""
    length = 9 - content[at].bit_length()
    data = content[at : at + length]
    if length > 8 or len(data) < length:
        raise ValueError("a number that is cut off")
    value = int.from_bytes(data)
    return value if keeps_marker else value & (1 << 7 * length) - 1, at + length


def _number(content: mmap.mmap, place: tuple[int, int]) -> int:
    return int.from_bytes(content[place[0] : place[1]])


def _real(content: mmap.mmap, place: tuple[int, int]) -> float:
    (value,) = struct.unpack_from(">f" if place[1] - place[0] == 4 else ">d", content, place[0])
    return float(value)


def _frames(content: mmap.mmap, cluster: tuple[int, int]) -> Iterator[tuple[int, bool]]:
    """Yield each frame of a cluster: when it comes, in ticks, and whether it is a key frame."""
    start = 0
    for kind, place in _elements(content, *cluster):
        if kind == TIME:
            start = _number(content, place)
        elif kind == SIMPLE_BLOCK:
            time, flags = _block(content, place)
            yield start + time, bool(flags & IS_KEY)
        elif kind == GROUP:
            inner = dict(_elements(content, *place))
            yield start + _block(content, inner[BLOCK])[0], REFERENCE not in inner


def _block(content: mmap.mmap, place: tuple[int, int]) -> tuple[int, int]:
    """Return a block's time, in ticks from its cluster's, and its flags."""
    _, at = _variable(content, place[0], keeps_marker=False)
    time, flags = struct.unpack_from(">hB", content, at)
    return time, flags
