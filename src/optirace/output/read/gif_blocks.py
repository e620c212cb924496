"""Knows the blocks of a GIF: makes them, and reads a file of them back."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from optirace.output.read.contents import LONGEST_NOTE, Contents, as_note, counted, stored

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from optirace.output.sinks import Film
    from optirace.system.reading import Stored

# Everything here is the GIF89a specification's (CompuServe, 1990), except the loop, which is Netscape's.
TRAILER = b";"
KEEP = 1 << 2
"""Disposal 1: what an image does not paint stays."""
COMMENT = b"!\xfe"

_PLACE = struct.Struct("<HHHHB")

MOST_SUB_BLOCKS = 4_000_000
"""That hold what a file says: a gigabyte, where they are as long as they can be."""

MOST_SAID = 1 << 18
"""Bytes of all comments together; whoever shows the pictures may join them one by one."""


def header(width: int, height: int, palette: NDArray[np.uint8]) -> bytes:
    """Return the start of a file with a palette of 256 colours, black where none is given."""
    screen = struct.pack("<6sHHBBB", b"GIF89a", width, height, 0b1111_0111, 0, 0)
    return screen + palette.tobytes().ljust(3 * 256, b"\0")


def loop(repeats: int) -> bytes:
    """Return the block that says how often the film is repeated after its first time; 0 is for ever."""
    return struct.pack("<3s11sBBHB", b"!\xff\x0b", b"NETSCAPE2.0", 3, 1, repeats, 0)


def comment(note: str) -> bytes:
    """Return the block of a comment, ASCII, in parts of at most 255 bytes."""
    told = note.encode("ascii")
    parts = (told[first : first + 255] for first in range(0, len(told), 255))
    return COMMENT + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def control(delay: int, transparent: int) -> bytes:
    """Return what comes before an image: how long it stays, in hundredths of a second, and its transparent index."""
    return struct.pack("<3sBHBB", b"!\xf9\x04", KEEP | 1, delay, transparent, 0)


def image(left: int, top: int, width: int, height: int, compressed: bytes, bits: int) -> bytes:
    """Return an image of indices of so many bits; `compressed` comes in sub-blocks, without the empty one at the end."""
    return struct.pack("<sHHHHBB", b",", left, top, width, height, 0, bits) + compressed + b"\0"


def problem(path: Path, film: Film, *, hundredths: int) -> str | None:
    """Return what a file lacks to be the film, in words, or None."""
    try:
        with stored(path) as content:
            return _problem(content, film, hundredths)
    except (struct.error, IndexError, ValueError):
        return "it is not a whole GIF"


def _problem(content: Stored, film: Film, hundredths: int) -> str | None:
    magic, width, height = content.unpack("<6sHH", 0)
    if magic != b"GIF89a" or (width, height) != (film.width, film.height):
        return f"it is {width}x{height}, not {film.width}x{film.height}"
    at, images, shown = 13 + 3 * 256, 0, 0
    while content[at : at + 1] != TRAILER:
        if content[at : at + 2] == b"!\xf9":
            delay = int.from_bytes(content[at + 4 : at + 6], "little")
            shown += delay
            if delay < 2:
                return f"an image stays {delay} hundredths of a second; browsers take that for 10"
            at, _ = _after_sub_blocks(content, at + 2)
        elif content[at : at + 2] in (b"!\xff", COMMENT):
            at, _ = _after_sub_blocks(content, at + 2)
        elif content[at : at + 1] == b",":
            left, top, across, down = content.unpack("<HHHH", at + 1)
            if left + across > width or top + down > height or not across or not down:
                return "an image lies outside the picture"
            images += 1
            at, _ = _after_sub_blocks(content, at + 11)
        else:
            return f"an unknown block at byte {at}"
    if at + 1 != len(content):
        return "bytes follow its end"
    if images == 0 or shown != hundredths:
        return f"it lasts {shown} hundredths of a second, not {hundredths}"
    return None


def contents(path: Path) -> Contents:
    """Read the size, the images, the length and the note of any GIF.

    Raises IndexError, ValueError or struct.error for what is none.
    """
    with stored(path) as content:
        magic, width, height, flags = content.unpack("<4sxxHHB", 0)
        if magic != b"GIF8":
            raise ValueError("no GIF")
        at, images, hundredths, note, said, left = 13 + _palette(flags), 0, 0, None, 0, MOST_SUB_BLOCKS
        for _ in counted():
            window, first = content.around(at, 10)
            head, start = window[first : first + 2], at + 2
            if head[:1] == TRAILER:
                break
            if head[:1] == b",":
                x, y, across, down, own = _PLACE.unpack_from(window, first + 1)
                if x + across > width or y + down > height:
                    raise ValueError("an image outside the picture")
                images += 1
                start = at + 11 + _palette(own)
            elif head == b"!\xf9":
                hundredths += int.from_bytes(window[first + 4 : first + 6], "little")
            elif head == COMMENT:
                note = as_note(_joined(content, start))
            elif head[:1] != b"!":
                raise ValueError("an unknown block")
            at, left = _after_sub_blocks(content, start, left)
            said += (at - start) * (head == COMMENT)
            if said > MOST_SAID:
                raise ValueError("too many comments")
    seconds = Fraction(hundredths, 100)
    return Contents(width=width, height=height, frames=images, seconds=seconds, note=note)


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


def _after_sub_blocks(content: Stored, at: int, most: int = MOST_SUB_BLOCKS) -> tuple[int, int]:
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
