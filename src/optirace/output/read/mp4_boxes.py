"""Reads an MP4 back from its boxes."""

from __future__ import annotations

import itertools
import struct
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from optirace.output.read.contents import LONGEST_NOTE, MOST_PARTS, Contents, as_note, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optirace.system.reading import Stored

    Place: TypeAlias = tuple[int, int]
    """Where something starts and ends."""

MOST_BOXES = 10_000
"""In one box, or outermost; ours are five."""

CODECS = {"h264": b"avc1", "av1": b"av01"}
TO_SAMPLES = (b"mdia", b"minf", b"stbl")
BT709 = struct.pack(">4sHHHB", b"nclx", 1, 1, 1, 0)


def size(path: Path) -> tuple[int, int]:
    """Return the width and height of the pictures; raises struct.error, LookupError or ValueError
    for what is no film.
    """
    with stored(path) as content:
        _, end = _descend(content, dict(_outer(content))[b"moov"], (b"trak", b"tkhd"))
        # Sizes of a track are in 1/65536 pixels, and are the last words of its header.
        width, height = content.unpack(">II", end - 8)
    return width >> 16, height >> 16


def contents(path: Path) -> Contents:
    """Read any MP4 with a track of ours; raises LookupError, ArithmeticError, ValueError or
    struct.error for what is none.

    The layout is ISO/IEC 14496-12, that of an H.264 track ISO/IEC 14496-15, and that of an AV1
    track AOMedia's binding.
    """
    with stored(path) as content:
        outer = dict(_outer(content))
        index = outer[b"moov"]
        tracks = [body for kind, body in _boxes(content, index) if kind == b"trak"]
        track, table, codec, entry = _ours(content, tracks)
        width, height = content.unpack(">HH", entry[0] + 24)
        (frames,) = content.unpack(">I", table[b"stsz"][0] + 8)
        seconds = _seconds(content, _descend(content, track, (b"mdia", b"mdhd")))
        is_even = content.unpack(">I", table[b"stts"][0] + 4)[0] == 1
        return Contents(
            width=width,
            height=height,
            frames=frames,
            seconds=seconds,
            fps=frames / seconds if is_even else None,
            note=_note(content, index),
            codec=codec,
            key_interval=_key_interval(content, table, frames),
            flaw=_flaw(content, outer, len(tracks), table, entry, is_even=is_even),
        )


def _ours(content: Stored, tracks: list[Place]) -> tuple[Place, dict[bytes, Place], str, Place]:
    """Return the first track of a codec that we know, its table of samples, the codec, and what
    describes a sample.
    """
    for track in tracks:
        table = dict(_boxes(content, _descend(content, track, TO_SAMPLES)))
        entries = dict(_boxes(content, _behind(table[b"stsd"], 8)))
        for codec, name in CODECS.items():
            if name in entries:
                return track, table, codec, entries[name]
    raise ValueError("no track of ours")


def _key_interval(content: Stored, table: dict[bytes, Place], frames: int) -> int | None:
    if b"stss" not in table:
        return 1  # every frame is one
    keys = [*_numbers(content, table[b"stss"]), frames + 1]
    return (
        max(later - key for key, later in itertools.pairwise(keys))
        if keys[0] == 1 and frames
        else None
    )


def _flaw(
    content: Stored,
    outer: dict[bytes, Place],
    tracks: int,
    table: dict[bytes, Place],
    entry: Place,
    *,
    is_even: bool,
) -> str | None:
    media_start, media_end = outer[b"mdat"]
    if outer[b"moov"][0] > media_start:
        return "its index comes after the pictures"
    if tracks != 1:
        return f"it has {tracks} tracks, not 1"
    if not is_even:
        return "its frames do not all last equally long"
    sizes, chunks = _sizes(content, table[b"stsz"]), _numbers(content, table[b"stco"])
    if (
        not chunks
        or min(chunks) < media_start
        or sum(sizes) > media_end - min(chunks)
        or 0 in sizes
    ):
        return "its index points outside the pictures"
    colours = dict(_boxes(content, _behind(entry, 78))).get(b"colr", (0, 0))
    if content[colours[0] : colours[1]][: len(BT709)] != BT709:
        return "its colours are not marked as BT.709"
    return None


def _note(content: Stored, index: Place) -> str | None:
    """Return the comment, where iTunes has put it and everyone looks for it: behind a type, a
    language.
    """
    try:
        kept = dict(_boxes(content, _behind(_descend(content, index, (b"udta", b"meta")), 4)))[
            b"ilst"
        ]
        start, end = _behind(_descend(content, kept, (b"\xa9cmt", b"data")), 8)
        return as_note(content[start : min(end, start + LONGEST_NOTE + 1)])
    except LookupError:
        return None


def _outer(content: Stored) -> Iterator[tuple[bytes, Place]]:
    """Yield the kind of each outermost box with where its content starts and ends."""
    return _boxes(content, (0, len(content)))


def _boxes(content: Stored, place: Place) -> Iterator[tuple[bytes, Place]]:
    """Yield the kind of each box in a range of bytes with where its content starts and ends."""
    (at, end), count = place, 0
    while at < end:
        count += 1
        size, kind = content.unpack(">I4s", at)
        head = 8
        if size == 1:
            (size,) = content.unpack(">Q", at + 8)
            head = 16
        if size < head or at + size > end or count > MOST_BOXES:
            raise ValueError("a box that ends outside the one around it")
        yield kind, (at + head, at + size)
        at += size


def _descend(content: Stored, place: Place, kinds: tuple[bytes, ...]) -> Place:
    for kind in kinds:
        place = dict(_boxes(content, place))[kind]
    return place


def _behind(place: Place, count: int) -> Place:
    """Return the range without its first bytes: what a box says before the boxes in it."""
    return place[0] + count, place[1]


def _sizes(content: Stored, place: Place) -> tuple[int, ...]:
    common, count = content.unpack(">II", place[0] + 4)
    return (
        (common,) * _believed(count)
        if common
        else content.unpack(f">{_believed(count)}I", place[0] + 12)
    )


def _numbers(content: Stored, place: Place) -> tuple[int, ...]:
    (count,) = content.unpack(">I", place[0] + 4)
    return content.unpack(f">{_believed(count)}I", place[0] + 8)


def _believed(count: int) -> int:
    if count > MOST_PARTS:
        raise ValueError("too many parts")
    return count


def _seconds(content: Stored, place: Place) -> Fraction:
    is_long = content[place[0]] == 1
    scale, duration = content.unpack(
        ">IQ" if is_long else ">II", place[0] + (20 if is_long else 12)
    )
    return Fraction(duration, scale)
