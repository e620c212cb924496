"""Reads from the first bytes of a picture or a film how large it is."""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

from optirace.output.read import mp4_boxes
from optirace.output.read.contents import LARGEST_SIDE
from optirace.system import reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST_HEAD = 1 << 20
"""Bytes of a WebM before its pictures that are believed."""

SEGMENT, TRACKS, TRACK, VIDEO, WIDTH, HEIGHT = 0x18538067, 0x1654AE6B, 0xAE, 0xE0, 0xB0, 0xBA
"""Elements of Matroska (RFC 9559)."""

MOST_ELEMENTS = 10_000
LONGEST_NUMBER = 8
"""Elements in one, and bytes of a number, that are believed."""


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height in pixels, or None if the file is not what its suffix says. Raises OSError."""
    try:
        if path.suffix.lower() == ".mp4":
            found = mp4_boxes.size(path)
        else:
            with reading.opened(path) as file:
                found = _READERS[path.suffix.lower()](file)
    except (struct.error, LookupError, ValueError):
        return None
    return found if all(1 <= side <= LARGEST_SIDE for side in found) else None


def _png(file: IO[bytes]) -> tuple[int, int]:
    signature, kind, width, height = struct.unpack(">8s4x4sII", file.read(24))
    if signature != b"\x89PNG\r\n\x1a\n" or kind != b"IHDR":
        raise ValueError("no PNG")
    return width, height


def _gif(file: IO[bytes]) -> tuple[int, int]:
    signature, width, height = struct.unpack("<6sHH", file.read(10))
    if signature not in (b"GIF87a", b"GIF89a"):
        raise ValueError("no GIF")
    return width, height


def _webp(file: IO[bytes]) -> tuple[int, int]:
    """Read the header of any of the three layouts (RFC 9649)."""
    head = file.read(30)
    riff, webp, layout = struct.unpack_from("<4s4x4s4s", head)
    if (riff, webp) != (b"RIFF", b"WEBP"):
        raise ValueError("no WebP")
    if layout == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if layout == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", head, 26)
    return width & 0x3FFF, height & 0x3FFF


def _webm(file: IO[bytes]) -> tuple[int, int]:
    head = file.read(LARGEST_HEAD)
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        raise ValueError("no WebM")
    content = memoryview(head)
    for element in (SEGMENT, TRACKS, TRACK, VIDEO):
        content = _found(content, element)
    width, height = (int.from_bytes(_found(content, element)[:LONGEST_NUMBER]) for element in (WIDTH, HEIGHT))
    return width, height


def _found(content: memoryview, wanted: int) -> memoryview:
    """Return the content of an element of EBML (RFC 8794)."""
    at = 0
    for _ in range(MOST_ELEMENTS):
        if at >= len(content):
            break
        length = 9 - content[at].bit_length()
        name = int.from_bytes(content[at : at + length])
        at += length
        length = 9 - content[at].bit_length()
        count = int.from_bytes(content[at : at + length]) & ~(1 << 7 * length)
        at += length
        if name == wanted:
            # An element of unknown length, all ones, goes on to the end of what is around it.
            return content[at:] if count == (1 << 7 * length) - 1 else content[at : at + count]
        at += count
    raise ValueError("an element is missing")


_READERS: dict[str, Callable[[IO[bytes]], tuple[int, int]]] = {
    ".png": _png,
    ".apng": _png,
    ".gif": _gif,
    ".webp": _webp,
    ".webm": _webm,
}
