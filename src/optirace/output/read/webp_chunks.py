"""Knows the chunks of a WebP (RFC 9649): makes them, puts a note in, and reads them back."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from optirace.output.read.contents import LONGEST_NOTE, Contents, as_note, counted, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optirace.system.reading import Stored

# Exif 2.32 (CIPA DC-008) in the TIFF of its own: a directory that points to another, which holds
# the user's comment.
TIFF = struct.Struct("<2sHI HHHIII HHHIII 8s")
EXIF_DIRECTORY, USER_COMMENT, LONG, UNDEFINED, CHARACTERS = 0x8769, 0x9286, 4, 7, b"ASCII\0\0\0"


def size(path: Path) -> tuple[int, int]:
    """Return width and height of any WebP; raises IndexError, ValueError or struct.error for what
    is none.
    """
    with stored(path) as content:
        return _size(content)


def _size(content: Stored) -> tuple[int, int]:
    """Read the header of any of the three layouts."""
    riff, webp, layout = content.unpack("<4s4x4s4s", 0)
    if (riff, webp) != (b"RIFF", b"WEBP"):
        raise ValueError("no WebP")
    if layout == b"VP8X":
        head = content[24:30]
        return int.from_bytes(head[:3], "little") + 1, int.from_bytes(head[3:], "little") + 1
    if layout == b"VP8L":
        (bits,) = content.unpack("<I", 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = content.unpack("<HH", 26)
    return width & 0x3FFF, height & 0x3FFF


def contents(path: Path) -> Contents:
    """Read any WebP that moves; raises IndexError, ValueError or struct.error for what is none."""
    images = milliseconds = loop = 0
    note = flaw = None
    with stored(path) as content:
        width, height = _size(content)
        if content[4:8] != struct.pack("<I", len(content) - 8):
            raise ValueError("a file that is cut short")
        for kind, start, end in places(content, 12):
            if kind == b"ANIM":
                (loop,) = content.unpack("<H", start + 4)
            elif kind == b"ANMF":
                body = content[start : min(end, start + 20)]
                left, top, across, down, delay = (
                    int.from_bytes(body[at : at + 3], "little") for at in range(0, 15, 3)
                )
                if 2 * left + across >= width or 2 * top + down >= height:
                    flaw = flaw or "an image lies outside the picture"
                images += 1
                milliseconds += delay
            elif kind == b"EXIF" and note is None:
                note = note_of(content[start : min(end, start + LONGEST_NOTE)]) or ""
    if not images:
        raise ValueError("nothing that moves")
    seconds = Fraction(milliseconds, 1000)
    return Contents(
        width=width,
        height=height,
        frames=images,
        seconds=seconds,
        note=note or None,
        loop=loop,
        flaw=flaw,
    )


def exif(note: str) -> bytes:
    """Return the body of the chunk that holds a note, ASCII."""
    entries = (
        EXIF_DIRECTORY,
        LONG,
        1,
        26,
        0,
        1,
        USER_COMMENT,
        UNDEFINED,
        len(CHARACTERS) + len(note),
        44,
        0,
    )
    return TIFF.pack(b"II", 42, 8, 1, *entries, CHARACTERS) + note.encode("ascii")


def note_of(chunk: bytes) -> str | None:
    """Return the note of what `exif` made, and nothing of any other."""
    note = as_note(chunk[TIFF.size :])
    return note if note.isascii() and chunk == exif(note) else None


def three(number: int) -> bytes:
    """Return a number of three bytes."""
    return number.to_bytes(3, "little")


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk, which has an even length."""
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


_HEAD = struct.Struct("<4sI")


def places(content: Stored | bytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, with where its body starts and ends; raises ValueError where
    one is cut short.
    """
    whole = len(content)
    for _part in counted():
        if at >= whole:
            break
        window, first = (content, at) if isinstance(content, bytes) else content.around(at, 8)
        kind, length = _HEAD.unpack_from(window, first)
        start, at = at + 8, at + 8 + length
        if at > whole:
            raise ValueError("a chunk that ends outside the file")
        yield kind, start, at
        at += length % 2
