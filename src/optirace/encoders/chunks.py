"""Knows the chunks of a PNG and of an APNG: makes them, puts a note in, and reads them back."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from optirace.encoders.contents import Contents

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator
    from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB, RGBA = 2, 6
"""Colour types."""

END = (b"IEND", b"")

# An international text (ISO/IEC 15948) without compression, language and translation is its keyword, five zeros, the text.
HEADER = len(SIGNATURE) + 25
KEYWORD = b"Comment\0\0\0\0\0"


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk, with its length and its checksum."""
    return struct.pack(">I4s", len(body), kind) + body + zlib.crc32(kind + body).to_bytes(4)


def header(width: int, height: int, colours: int) -> bytes:
    """Return the start of a file of 8 bits a channel."""
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))


def read(content: mmap.mmap | bytes, *, is_checked: bool = True) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the body of each chunk; raises ValueError for what is no PNG, is cut short or, if checked, damaged."""
    if content[:8] != SIGNATURE:
        raise ValueError("no PNG")
    at, kind = 8, b""
    while kind != END[0]:
        length, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if is_checked and checksum != zlib.crc32(kind + body):
            raise ValueError("a damaged chunk")
        yield kind, body
        at += 12 + length
    if at != len(content):
        raise ValueError("bytes after the end")


def with_note(picture: bytes, note: str) -> bytes:
    """Return a whole PNG with a note, ASCII, behind its header; as it was when the note is empty."""
    if not note:
        return picture
    return picture[:HEADER] + chunk(b"iTXt", KEYWORD + note.encode("ascii")) + picture[HEADER:]


def contents(path: Path) -> Contents:
    """Read the size and the note of a PNG; raises ValueError or struct.error for what is none."""
    width = height = 0
    note = None
    for kind, body in read(path.read_bytes(), is_checked=False):
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", body)
        elif kind == b"iTXt" and body.startswith(KEYWORD):
            note = body[len(KEYWORD) :].decode("ascii", "replace")
    return Contents(width=width, height=height, frames=1, note=note)
