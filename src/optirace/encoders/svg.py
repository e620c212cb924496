"""Reads an SVG back: its size, its note, and what is drawn."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from optirace.encoders.contents import LONGEST_NOTE, Contents, as_note, mapped

if TYPE_CHECKING:
    import mmap
    from pathlib import Path

HEAD = 4096
"""Bytes in which a drawing must say how large it is."""

SIZE = re.compile(rb'<svg [^>]*?width="(\d{1,9})" height="(\d{1,9})"')
NOTE = re.compile(rb"<dc:description>([^<]*)</dc:description>")


def contents(path: Path) -> Contents:
    """Read the size and the note of an SVG of ours; raises ValueError for what is none.

    It is searched and not parsed, so that nothing a stranger has put into it is followed.
    """
    with mapped(path) as content:
        size = SIZE.search(content, 0, HEAD)
        if content[:5] != b"<?xml" or size is None or not content[-100:].rstrip().endswith(b"</svg>"):
            raise ValueError("no SVG")
        width, height = map(int, size.groups())
        start, end = _about(content)
        told = NOTE.search(content, start, min(end, start + LONGEST_NOTE))
        note = html.unescape(as_note(told[1])) if told else None
    return Contents(width=width, height=height, frames=1, note=note)


def drawing(path: Path) -> bytes:
    """Return what is drawn, in bytes, without what is said about it."""
    content = path.read_bytes()
    start, end = _about(content)
    return content[:start] + content[end:]


def _about(content: mmap.mmap | bytes) -> tuple[int, int]:
    """Return where what is said about the drawing starts and ends; at the start of the file where nothing is."""
    start = content.find(b"<metadata>")
    end = content.find(b"</metadata>", start) if start >= 0 else -1
    return (start, end) if end >= 0 else (0, 0)
