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

# An international text (ISO/IEC 15948) without compression, language and translation is its
# keyword, five zeros, the text.
HEADER = len(SIGNATURE) + 25
KEYWORD = b"Comment\0\0\0\0\0"

MOST_CLOCKS = 16
"""Different denominators of delays that are believed, for their sum has a multiple of them all;
ours are one.
"""


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk, with its length and its checksum."""
    return struct.pack(">I4s", len(body), kind) + body + zlib.crc32(kind + body).to_bytes(4)


def header(width: int, height: int, colours: int) -> bytes:
    """Return the start of a file of 8 bits a channel."""
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))


_HEAD = struct.Struct(">I4s")


def check(path: Path) -> None:
    """Raise ValueError for what is no PNG, is cut short or damaged; reads every byte."""
    with stored(path) as content:
        for kind, start, end in places(content):
            if content[end : end + 4] != zlib.crc32(kind + content[start:end]).to_bytes(4):
                raise ValueError("a damaged chunk")


def places(
    content: Stored | bytes, counter: Iterator[None] | None = None
) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, with where its body starts and ends.

    Raises ValueError for what is no PNG or is cut short.
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


def size(path: Path) -> tuple[int, int]:
    """Return width and height; raises ValueError or struct.error for what is no PNG."""
    with stored(path) as content:
        return _size(content)


def _size(content: Stored) -> tuple[int, int]:
    signature, kind, width, height = content.unpack(">8s4x4sII", 0)
    if signature != SIGNATURE or kind != b"IHDR":
        raise ValueError("no PNG")
    return width, height


def contents(path: Path, counter: Iterator[None] | None = None) -> Contents:
    """Read a PNG, which may move; raises as `places`, which gets `counter`, and struct.error."""
    note, promised, loop = None, 0, 0
    moves = _Moves()
    with stored(path) as content:
        width, height = _size(content)
        for kind, start, end in places(content, counter):
            if kind == b"iTXt" and content[start : start + len(KEYWORD)] == KEYWORD:
                note = as_note(
                    content[
                        start + len(KEYWORD) : min(end, start + len(KEYWORD) + LONGEST_NOTE + 1)
                    ]
                )
            elif kind == b"acTL":
                promised, loop = content.unpack(">II", start)
            elif kind == b"fcTL":
                moves.number(content, start)
                moves.place(content, start, width, height)
            elif kind == b"fdAT":
                moves.number(content, start)
    if not moves.images:
        return Contents(width=width, height=height, frames=1, note=note)
    flaw = moves.flaw or (
        None
        if promised == moves.images
        else f"it holds {moves.images} images and promises {promised}"
    )
    seconds = sum((Fraction(count, parts) for parts, count in moves.ticks.items()), Fraction())
    return Contents(
        width=width,
        height=height,
        frames=moves.images,
        seconds=seconds,
        note=note,
        suffix=".apng",
        loop=loop,
        flaw=flaw,
    )


class _Moves:
    """What is counted of a PNG that moves."""

    def __init__(self) -> None:
        self.images = self._numbered = 0
        self.ticks: dict[int, int] = {}
        """How long all images stay, by the parts of a second that it is told in."""
        self.flaw: str | None = None

    def number(self, content: Stored, start: int) -> None:
        """Look at the number of a chunk, which all chunks that move something have together."""
        (number,) = content.unpack(">I", start)
        if number != self._numbered:
            self.flaw = self.flaw or f"its chunk {self._numbered} says that it is {number}"
        self._numbered += 1

    def place(self, content: Stored, start: int, width: int, height: int) -> None:
        """Look at where an image lies, and how long it stays."""
        across, down, left, top, delay, parts = content.unpack(">IIIIHH", start + 4)
        if left + across > width or top + down > height:
            self.flaw = self.flaw or "an image lies outside the picture"
        self.images += 1
        self.ticks[parts or 100] = self.ticks.get(parts or 100, 0) + delay
        if len(self.ticks) > MOST_CLOCKS:
            raise ValueError("delays in too many parts of a second")
