"""Knows the chunks of a PNG and of an APNG: makes them, puts a note in, and reads them back."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from typing import TYPE_CHECKING

from optirace.output.read.contents import LONGEST_NOTE, Contents, as_note, counted, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optirace.system.reading import Stored

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB, RGBA = 2, 6
"""Colour types."""

END = (b"IEND", b"")

# An international text (ISO/IEC 15948) without compression, language and translation is its keyword, five zeros, the text.
HEADER = len(SIGNATURE) + 25
KEYWORD = b"Comment\0\0\0\0\0"

MOST_CLOCKS = 16
"""Different denominators of delays that are believed, for their sum has a multiple of them all; ours are one."""


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk, with its length and its checksum."""
    return struct.pack(">I4s", len(body), kind) + body + zlib.crc32(kind + body).to_bytes(4)


def header(width: int, height: int, colours: int) -> bytes:
    """Return the start of a file of 8 bits a channel."""
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))


_HEAD = struct.Struct(">I4s")


def read(content: Stored | bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the body of each chunk; raises ValueError for what is no PNG, is cut short or damaged."""
    for kind, start, end in places(content):
        body = content[start:end]
        if content[end : end + 4] != zlib.crc32(kind + body).to_bytes(4):
            raise ValueError("a damaged chunk")
        yield kind, body


def places(content: Stored | bytes, counter: Iterator[None] | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, with where its body starts and ends; raises as `read`.

    `counter` counts them together with those of other files.
    """
    if content[:8] != SIGNATURE:
        raise ValueError("no PNG")
    at, whole = 8, len(content)
    for _ in counted() if counter is None else counter:
        window, first = (content, at) if isinstance(content, bytes) else content.around(at, 8)
        length, kind = _HEAD.unpack_from(window, first)
        start, at = at + 8, at + 12 + length
        if at > whole:
            raise ValueError("a chunk that ends outside the file")
        yield kind, start, at - 4
        if kind == END[0]:
            break
    if at != whole:
        raise ValueError("bytes after the end")


def said(note: str) -> bytes:
    """Return the chunk of a note, ASCII; nothing where it is empty."""
    return chunk(b"iTXt", KEYWORD + note.encode("ascii")) if note else b""


def with_note(picture: bytes, note: str) -> bytes:
    """Return a whole PNG with a note behind its header."""
    return picture[:HEADER] + said(note) + picture[HEADER:]


def contents(path: Path, counter: Iterator[None] | None = None) -> Contents:
    """Read a PNG, which may move; raises as `places`, which gets `counter`, and struct.error."""
    width = height = images = 0
    note = None
    ticks: dict[int, int] = {}
    with stored(path) as content:
        for kind, start, end in places(content, counter):
            if kind == b"IHDR":
                width, height = content.unpack(">II", start)
            elif kind == b"iTXt" and content[start : start + len(KEYWORD)] == KEYWORD:
                note = as_note(content[start + len(KEYWORD) : min(end, start + len(KEYWORD) + LONGEST_NOTE + 1)])
            elif kind == b"fcTL":
                images += 1
                delay, parts = content.unpack(">HH", start + 20)
                ticks[parts or 100] = ticks.get(parts or 100, 0) + delay
                if len(ticks) > MOST_CLOCKS:
                    raise ValueError("delays in too many parts of a second")
    if not (width and height):
        raise ValueError("no header")
    if not images:
        return Contents(width=width, height=height, frames=1, note=note)
    seconds = sum((Fraction(count, parts) for parts, count in ticks.items()), Fraction())
    return Contents(width=width, height=height, frames=images, seconds=seconds, note=note, suffix=".apng")
