"""Knows the blocks of a GIF: makes them, and reads a file of them back."""

from __future__ import annotations

import mmap
import struct
from fractions import Fraction
from typing import TYPE_CHECKING

from optirace.encoders.contents import LONGEST_NOTE, Contents, as_note, mapped

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from optirace.encoders import Film

# Everything here is the GIF89a specification's (CompuServe, 1990), except the loop, which is Netscape's.
TRAILER = b";"
KEEP = 1 << 2
"""Disposal 1: what an image does not paint stays."""
COMMENT = b"!\xfe"


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
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return _problem(content, film, hundredths)
        except (struct.error, IndexError):
            return "it is not a whole GIF"


def _problem(content: mmap.mmap, film: Film, hundredths: int) -> str | None:
    magic, width, height = struct.unpack_from("<6sHH", content)
    if magic != b"GIF89a" or (width, height) != (film.width, film.height):
        return f"it is {width}x{height}, not {film.width}x{film.height}"
    at, images, shown = 13 + 3 * 256, 0, 0
    while content[at : at + 1] != TRAILER:
        if content[at : at + 2] == b"!\xf9":
            delay = int.from_bytes(content[at + 4 : at + 6], "little")
            shown += delay
            if delay < 2:
                return f"an image stays {delay} hundredths of a second; browsers take that for 10"
            at = _after_sub_blocks(content, at + 2)
        elif content[at : at + 2] in (b"!\xff", COMMENT):
            at = _after_sub_blocks(content, at + 2)
        elif content[at : at + 1] == b",":
            left, top, across, down = struct.unpack_from("<HHHH", content, at + 1)
            if left + across > width or top + down > height or not across or not down:
                return "an image lies outside the picture"
            images += 1
            at = _after_sub_blocks(content, at + 11)
        else:
            return f"an unknown block at byte {at}"
    if at + 1 != len(content):
        return "bytes follow its end"
    if images == 0 or shown != hundredths:
        return f"it lasts {shown} hundredths of a second, not {hundredths}"
    return None


def contents(path: Path) -> Contents:
    """Read the size, the images, the length and the note of any GIF; raises IndexError or struct.error for what is none."""
    with mapped(path) as content:
        magic, width, height, flags = struct.unpack_from("<4sxxHHB", content)
        if magic != b"GIF8":
            raise ValueError("no GIF")
        at, images, hundredths, note = 13 + _palette(flags), 0, 0, None
        while content[at : at + 1] != TRAILER:
            start = at + 2
            if content[at : at + 1] == b",":
                images += 1
                start = at + 11 + _palette(content[at + 9])
            elif content[at : at + 2] == b"!\xf9":
                hundredths += int.from_bytes(content[at + 4 : at + 6], "little")
            elif content[at:start] == COMMENT:
                note = as_note(_joined(content, start))
            elif content[at : at + 1] != b"!":
                raise ValueError("an unknown block")
            at = _after_sub_blocks(content, start)
    seconds = Fraction(hundredths, 100)
    return Contents(width=width, height=height, frames=images, seconds=seconds, note=note)


def _palette(flags: int) -> int:
    """Return the bytes of the palette that these flags tell of."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _joined(content: mmap.mmap, at: int) -> bytes:
    """Return what the sub-blocks from there on hold."""
    parts: list[bytes] = []
    while content[at] and len(parts) < LONGEST_NOTE // 255:
        parts.append(content[at + 1 : at + 1 + content[at]])
        at += content[at] + 1
    return b"".join(parts)


def _after_sub_blocks(content: mmap.mmap | bytes, at: int) -> int:
    while content[at]:
        at += content[at] + 1
    return at + 1
