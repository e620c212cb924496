"""Reads a folder of frames back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.output.files import folder
from optirace.output.read import png_chunks
from optirace.output.read.contents import Contents

if TYPE_CHECKING:
    from pathlib import Path


def contents(path: Path) -> Contents:
    """Read the size, the frames and the note of a folder.

    Raises as `png_chunks.contents`, and ValueError where sizes differ.
    """
    pictures = map(png_chunks.contents, folder.frames(path))
    first, count = next(pictures, None), 1
    if first is None:
        raise ValueError("no frames")
    for each in pictures:
        count += 1
        if (each.width, each.height) != (first.width, first.height):
            raise ValueError("frames of several sizes")
    return Contents(width=first.width, height=first.height, frames=count, note=first.note)
