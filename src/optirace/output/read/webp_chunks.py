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

# Exif 2.32 (CIPA DC-008) in the TIFF of its own: a directory that points to another, which holds the user's comment.
TIFF = struct.Struct("<2sHI HHHIII HHHIII 8s")
EXIF_DIRECTORY, USER_COMMENT, LONG, UNDEFINED, CHARACTERS = 0x8769, 0x9286, 4, 7, b"ASCII\0\0\0"


def contents(path: Path) -> Contents:
    """Read any WebP that moves; raises ValueError or struct.error for what is none."""
    width = height = images = milliseconds = 0
    note = None
    with stored(path) as content:
        if content[:12] != b"RIFF" + struct.pack("<I", len(content) - 8) + b"WEBP":
            raise ValueError("no WebP")
        for kind, start, end in places(content, 12):
            if kind == b"VP8X":
                head = content[start : start + 10]
                width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (4, 7))
            elif kind == b"ANMF":
                images += 1
                milliseconds += int.from_bytes(content[start + 12 : start + 15], "little")
            elif kind == b"EXIF" and note is None:
                note = note_of(content[start : min(end, start + LONGEST_NOTE)]) or ""
    if not images:
        raise ValueError("nothing that moves")
    return Contents(width=width, height=height, frames=images, seconds=Fraction(milliseconds, 1000), note=note or None)


def exif(note: str) -> bytes:
    """Return the body of the chunk that holds a note, ASCII."""
    entries = EXIF_DIRECTORY, LONG, 1, 26, 0, 1, USER_COMMENT, UNDEFINED, len(CHARACTERS) + len(note), 44, 0
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
    """Yield the kind of each chunk, with where its body starts and ends; raises ValueError where one is cut short."""
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
