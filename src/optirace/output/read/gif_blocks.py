"""Knows the blocks of a GIF: makes them, and reads a file of them back."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from optirace.output.read.contents import LONGEST_NOTE, Contents, as_note, counted, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from optirace.system.reading import Stored

# Everything here is the GIF89a specification's (CompuServe, 1990), except the loop, which is
# Netscape's.
TRAILER = b";"
KEEP = 1 << 2
"""Disposal 1: what an image does not paint stays."""
IMAGE, CONTROL, COMMENT = b",", b"!\xf9", b"!\xfe"
LOOP = b"!\xff\x0bNETSCAPE2.0\x03\x01"

QUICK = 2
"""Hundredths of a second: browsers take what is less for 10."""

MOST_SUB_BLOCKS = 4_000_000
"""That hold what a file says: a gigabyte, where they are as long as they can be."""

MOST_SAID = 1 << 18
"""Bytes of all comments together; whoever shows the pictures may join them one by one."""


def header(width: int, height: int, palette: NDArray[np.uint8]) -> bytes:
    """Return the start of a file with a palette of 256 colours, black where none is given."""
    screen = struct.pack("<6sHHBBB", b"GIF89a", width, height, 0b1111_0111, 0, 0)
    return screen + palette.tobytes().ljust(3 * 256, b"\0")


def loop(repeats: int) -> bytes:
    """Return the block that says how often the film is repeated after its first time; 0 is
    forever.
    """
    return LOOP + struct.pack("<HB", repeats, 0)


def comment(note: str) -> bytes:
    """Return the block of a comment, ASCII, in parts of at most 255 bytes."""
    told = note.encode("ascii")
    parts = (told[first : first + 255] for first in range(0, len(told), 255))
    return COMMENT + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def control(delay: int, transparent: int) -> bytes:
    """Return what comes before an image: how long it stays, in hundredths of a second, and its
    transparent index.
    """
    return struct.pack("<3sBHBB", b"!\xf9\x04", KEEP | 1, delay, transparent, 0)


def image(left: int, top: int, width: int, height: int, compressed: bytes, bits: int) -> bytes:
    """Return an image of indices of so many bits; `compressed` comes in sub-blocks, without the
    empty one at the end.
    """
    return struct.pack("<sHHHHBB", b",", left, top, width, height, 0, bits) + compressed + b"\0"


def size(path: Path) -> tuple[int, int]:
    """Return width and height; raises ValueError or struct.error for what is no GIF."""
    with stored(path) as content:
        return _size(content)


def _size(content: Stored) -> tuple[int, int]:
    magic, width, height = content.unpack("<6sHH", 0)
    if magic not in (b"GIF87a", b"GIF89a"):
        raise ValueError("no GIF")
    return width, height


def contents(path: Path) -> Contents:
    """Read the size, the images, the length and the note of any GIF.

    Raises IndexError, ValueError or struct.error for what is none.
    """
    images, hundredths, note, said, loop, flaw = 0, 0, None, 0, 1, None
    with stored(path) as content:
        width, height = _size(content)
        for at, head, start, end in _blocks(content, 13 + _palette(content[10])):
            if head == IMAGE:
                _check_image(content.unpack("<HHHH", at + 1), width, height)
                images += 1
            elif head == CONTROL:
                (delay,) = content.unpack("<H", at + 4)
                hundredths += delay
                if delay < QUICK:
                    flaw = flaw or (
                        f"an image stays {delay} hundredths of a second; browsers take that for 10"
                    )
            elif head == COMMENT:
                note, said = as_note(_joined(content, start)), said + end - start
                if said > MOST_SAID:
                    raise ValueError("too many comments")
            elif content[at : at + len(LOOP)] == LOOP:
                (repeats,) = content.unpack("<H", at + len(LOOP))
                loop = repeats + 1 if repeats else 0
            elif head == TRAILER and at + 1 != len(content):
                flaw = flaw or "bytes follow its end"
    seconds = Fraction(hundredths, 100)
    return Contents(
        width=width, height=height, frames=images, seconds=seconds, note=note, loop=loop, flaw=flaw
    )


def _check_image(place: tuple[int, ...], width: int, height: int) -> None:
    x, y, across, down = place
    if x + across > width or y + down > height or not across or not down:
        raise ValueError("an image outside the picture")


def _blocks(content: Stored, at: int) -> Iterator[tuple[int, bytes, int, int]]:
    """Yield where each block begins, what it is, and where its sub-blocks start and end; the last
    is the trailer.
    """
    left = MOST_SUB_BLOCKS
    for _ in counted():
        window, first = content.around(at, 11)
        head, start = window[first : first + 2], at + 2
        if head[:1] == TRAILER:
            yield at, TRAILER, start, start
            return
        if head[:1] == IMAGE:
            head, start = IMAGE, at + 11 + _palette(window[first + 9])
        elif head[:1] != b"!":
            raise ValueError("an unknown block")
        end, left = _after_sub_blocks(content, start, left)
        yield at, head, start, end
        at = end


def _palette(flags: int) -> int:
    """Return the bytes of the palette that these flags tell of."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _joined(content: Stored, at: int) -> bytes:
    """Return what the sub-blocks from there on hold, as far as a note goes."""
    parts: list[bytes] = []
    while content[at] and len(parts) <= LONGEST_NOTE // 255:
        parts.append(content[at + 1 : at + 1 + content[at]])
        at += content[at] + 1
    return b"".join(parts)


def _after_sub_blocks(content: Stored, at: int, most: int) -> tuple[int, int]:
    """Return where the sub-blocks from there on are over, and how many of `most` are left."""
    while True:
        window, first = content.around(at)
        place = first
        while place < len(window):
            length = window[place]
            place += length + 1
            if not length:
                return at + place - first, most
            most -= 1
        at += place - first
        if most < 0:
            raise ValueError("too many sub-blocks")
