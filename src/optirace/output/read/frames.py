"""Reads a folder of frames back."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from optirace.output.files import folder
from optirace.output.read import png_chunks
from optirace.output.read.contents import PARTS_OF_FRAME, Contents, counted, stored

if TYPE_CHECKING:
    from pathlib import Path

ZLIB_HEAD, LAST_BLOCK = b"\x78\x9c", b"\x03\x00"
"""How zlib begins what our level compresses, and a block that holds nothing (RFC 1950, RFC
1951).
"""

_LAST = b"\0\0\xff\xff" + LAST_BLOCK
"""How the pixels of a frame of ours end, before their checksum: a full flush behind the last rows,
and an empty block.
"""


def contents(path: Path) -> Contents:
    """Read the size, the frames and the note of a folder.

    Raises as `png_chunks.contents`, and ValueError where sizes differ.
    """
    places = folder.frames(path)
    pictures = map(png_chunks.contents, places, itertools.repeat(counted(len(places))))
    first, count = next(pictures, None), 1
    if first is None:
        raise ValueError("no frames")
    for each in pictures:
        count += 1
        if (each.width, each.height) != (first.width, first.height):
            raise ValueError("frames of several sizes")
    return Contents(width=first.width, height=first.height, frames=count, note=first.note)


def is_ours(path: Path) -> bool:
    """Return whether every picture in a folder of frames is put together as ours are; raises as
    `contents`.

    The first alone says so in words, but nobody else ends the pixels as we do.
    """
    return all(
        _is_frame(picture, is_first=index == 0) for index, picture in enumerate(folder.frames(path))
    )


def _is_frame(picture: Path, *, is_first: bool) -> bool:
    kinds: list[bytes] = []
    ends = b""
    with stored(picture) as held:
        for kind, start, end in png_chunks.places(held):
            if kind != b"iTXt" or not is_first:
                kinds.append(kind)
            if len(kinds) > PARTS_OF_FRAME:
                return False
            if kind == b"IDAT":
                ends = (
                    held[start : start + len(ZLIB_HEAD)]
                    + held[max(start, end - len(_LAST) - 4) : end - 4]
                )
    return kinds == [b"IHDR", b"IDAT", b"IEND"] and ends == ZLIB_HEAD + _LAST
