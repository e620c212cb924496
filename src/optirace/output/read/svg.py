"""Reads an SVG back: its size, its note, and what is drawn."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from optirace.output.read.contents import LONGEST_NOTE, Contents, stored

if TYPE_CHECKING:
    from pathlib import Path

    from optirace.system.reading import Stored

HEAD = 32768
"""Bytes in which a drawing must say how large it is and begin to say how it was made."""

MOST_SAID = 6 * LONGEST_NOTE
"""Bytes of a note; `&quot;` is one character."""

SIZE = re.compile(rb'<svg [^>]*?width="(\d{1,9})" height="(\d{1,9})"')
ABOUT = re.compile(
    rb' role="img" [^>]*aria-describedby="[^">]*"(?=>)|\n <title id="[^>]*>[^<]*</title>\n '
    rb"<desc [^>]*>[^<]*</desc>"
)
NOTE = re.compile(rb"<dc:description>([^<]*)</dc:description>")


def contents(path: Path) -> Contents:
    """Read the size and the note of an SVG of ours; raises ValueError for what is none.

    It is searched and not parsed, so that nothing a stranger has put into it is followed.
    """
    with stored(path) as content:
        size = SIZE.search(content[:HEAD])
        if (
            content[:5] != b"<?xml"
            or size is None
            or not content[max(0, len(content) - 100) :].rstrip().endswith(b"</svg>")
        ):
            raise ValueError("no SVG")
        width, height = map(int, size.groups())
        start, end = _about(content)
        told = NOTE.search(content[start:end])
        note = html.unescape(told[1].decode("ascii", "replace"))[:LONGEST_NOTE] if told else None
    return Contents(width=width, height=height, frames=1, note=note)


def drawing(path: Path) -> bytes:
    """Return what is drawn, in bytes, without what is said about it."""
    with stored(path) as content:
        start, end = _about(content)
        # Its title and its description come first, and are two finds.
        return ABOUT.sub(b"", content[:start] + content[end:], count=2)


def _about(content: Stored) -> tuple[int, int]:
    """Return where what is said about the drawing starts and ends; at the start of the file where
    nothing is.
    """
    start = content.find(b"<metadata>", 0, HEAD)
    end = content.find(b"</metadata>", start, start + HEAD + MOST_SAID) if start >= 0 else -1
    return (start, end) if end >= 0 else (0, 0)
