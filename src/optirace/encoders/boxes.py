"""Reads an MP4 back from its boxes, and says what is wrong with it."""

from __future__ import annotations

import itertools
import os
import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from optirace import reading
from optirace.encoders.contents import Contents, as_note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optirace.encoders import Film

LARGEST_INDEX = 1 << 28
"""Bytes of `moov` that are believed; an index of a million frames has a tenth of it."""

MOST_BOXES = 10_000
"""In one box, or outermost; ours are five."""

CODECS = {"h264": b"avc1", "av1": b"av01"}
TO_SAMPLES = (b"mdia", b"minf", b"stbl")
BT709 = struct.pack(">4sHHHB", b"nclx", 1, 1, 1, 0)


def problem(path: Path, film: Film, *, key_frames_every: int) -> str | None:
    """Return what a file lacks to be the film, in words, or None.

    The layout is ISO/IEC 14496-12, that of an H.264 track ISO/IEC 14496-15, and that of an AV1 track AOMedia's binding.
    """
    try:
        return _problem(path, film, key_frames_every)
    except (struct.error, LookupError, ValueError):
        return "the file is not a whole MP4"


def size(path: Path) -> tuple[int, int]:
    """Return the width and height of the pictures; raises struct.error, LookupError or ValueError for what is no film."""
    start, end = dict(_outer_boxes(path))[b"moov"]
    with reading.opened(path) as file:
        file.seek(start)
        index = memoryview(file.read(min(end - start, LARGEST_INDEX)))
    # Sizes of a track are in 1/65536 pixels, and are the last words of its header.
    width, height = struct.unpack(">II", _descend(index, (b"trak", b"tkhd"))[-8:])
    return width >> 16, height >> 16


def _problem(path: Path, film: Film, key_frames_every: int) -> str | None:
    outer = dict(_outer_boxes(path))
    index_start, index_end = outer[b"moov"]
    media_start, media_end = outer[b"mdat"]
    if index_start > media_start:
        return "its index comes after the pictures"
    with reading.opened(path) as file:
        file.seek(index_start)
        index = memoryview(file.read(min(index_end - index_start, LARGEST_INDEX)))
    tracks = [body for kind, body in _boxes(index) if kind == b"trak"]
    if len(tracks) != 1:
        return f"it has {len(tracks)} tracks, not 1"
    table = dict(_boxes(_descend(tracks[0], TO_SAMPLES)))
    width, height = struct.unpack_from(">HH", _entry(table[b"stsd"], _codec(film)), 24)
    if (width, height) != (film.width, film.height):
        return f"it is {width}x{height}, not {film.width}x{film.height}"
    sizes = _sizes(table[b"stsz"])
    if len(sizes) != film.frames:
        return f"it holds {len(sizes)} frames, not {film.frames}"
    seconds = _seconds(dict(_boxes(_descend(tracks[0], TO_SAMPLES[:1])))[b"mdhd"])
    if seconds != film.frames / film.fps:
        return f"it lasts {float(seconds):.3f} seconds, not {float(film.frames / film.fps):.3f}"
    rates, *_ = struct.unpack_from(">I", table[b"stts"], 4)
    if rates != 1:
        return "its frames do not all last equally long"
    chunks = _numbers(table[b"stco"])
    if not chunks or min(chunks) < media_start or sum(sizes) > media_end - min(chunks) or 0 in sizes:
        return "its index points outside the pictures"
    keys = [*_numbers(table[b"stss"]), film.frames + 1] if b"stss" in table else [1]
    if keys[0] != 1 or any(later - key > key_frames_every for key, later in itertools.pairwise(keys)):
        return "its key frames are too far apart"
    if dict(_boxes(_entry(table[b"stsd"], _codec(film))[78:])).get(b"colr", b"")[: len(BT709)] != BT709:
        return "its colours are not marked as BT.709"
    return None


def contents(path: Path) -> Contents:
    """Read the size, the frames and the note of any MP4; raises KeyError, ValueError or struct.error for what is none."""
    start, end = dict(_outer_boxes(path))[b"moov"]
    with reading.opened(path) as file:
        file.seek(start)
        index = memoryview(file.read(min(end - start, LARGEST_INDEX)))
    for kind, track in _boxes(index):
        if kind != b"trak":
            continue
        table = dict(_boxes(_descend(track, TO_SAMPLES)))
        entries = dict(_boxes(table[b"stsd"][8:]))
        codec = next((name for name, entry in CODECS.items() if entry in entries), None)
        if codec is None:
            continue
        width, height = struct.unpack_from(">HH", entries[CODECS[codec]], 24)
        (frames,) = struct.unpack_from(">I", table[b"stsz"], 8)
        seconds = _seconds(dict(_boxes(_descend(track, TO_SAMPLES[:1])))[b"mdhd"])
        is_even = struct.unpack_from(">I", table[b"stts"], 4)[0] == 1
        fps = frames / seconds if is_even else None
        return Contents(width=width, height=height, frames=frames, seconds=seconds, fps=fps, note=_note(index), codec=codec)
    raise ValueError("no track of ours")


def _note(index: memoryview) -> str | None:
    """Return the comment, where iTunes has put it and everyone looks for it: behind a type, a language."""
    try:
        kept = dict(_boxes(_descend(index, (b"udta", b"meta"))[4:]))[b"ilst"]
        return as_note(bytes(_descend(kept, (b"\xa9cmt", b"data"))[8:]))
    except LookupError:
        return None


def _outer_boxes(path: Path) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the kind of each outermost box with where its content starts and ends."""
    with reading.opened(path) as file:
        end = os.fstat(file.fileno()).st_size
        at = count = 0
        while at < end:
            count += 1
            file.seek(at)
            size, kind = struct.unpack(">I4s", file.read(8))
            head = 8
            if size == 1:
                (size,) = struct.unpack(">Q", file.read(8))
                head = 16
            if size < head or at + size > end or count > MOST_BOXES:
                raise ValueError("a box that ends outside the file")
            yield kind, (at + head, at + size)
            at += size


def _boxes(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = count = 0
    while at < len(content):
        count += 1
        size, kind = struct.unpack_from(">I4s", content, at)
        if size < 8 or at + size > len(content) or count > MOST_BOXES:
            raise ValueError("a box that ends outside the one around it")
        yield kind, content[at + 8 : at + size]
        at += size


def _descend(content: memoryview, kinds: tuple[bytes, ...]) -> memoryview:
    for kind in kinds:
        content = dict(_boxes(content))[kind]
    return content


def _entry(descriptions: memoryview, codec: bytes) -> memoryview:
    """Return a codec's entry: after version and count, a box of its own."""
    return dict(_boxes(descriptions[8:]))[codec]


def _codec(film: Film) -> bytes:
    return CODECS[film.codec or "h264"]


def _sizes(content: memoryview) -> tuple[int, ...]:
    common, count = struct.unpack_from(">II", content, 4)
    return (common,) * count if common else struct.unpack_from(f">{count}I", content, 12)


def _numbers(content: memoryview) -> tuple[int, ...]:
    (count,) = struct.unpack_from(">I", content, 4)
    return struct.unpack_from(f">{count}I", content, 8)


def _seconds(content: memoryview) -> Fraction:
    layout = ">IQ" if content[0] == 1 else ">II"
    scale, duration = struct.unpack_from(layout, content, 20 if content[0] == 1 else 12)
    return Fraction(duration, scale)
