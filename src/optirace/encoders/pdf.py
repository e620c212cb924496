"""Reads a PDF back: its size, its note, and what is drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optirace.encoders.contents import Contents, as_note, mapped

if TYPE_CHECKING:
    from pathlib import Path

# ISO 32000-1: words stand in brackets, in which a backslash takes their meaning from brackets and backslashes.
WORDS = rb"\((?:[^\\()]|\\.)*+\)"
SIZE = re.compile(rb"/MediaBox \[ 0 0 (\d{1,9}(?:\.\d{1,9})?) (\d{1,9}(?:\.\d{1,9})?) \]")
NOTE = re.compile(rb"/Subject (%b)" % WORDS, re.DOTALL)
ABOUT = re.compile(rb"/(?:Creator|Producer|Subject) %b" % WORDS, re.DOTALL)
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
END = re.compile(rb"startxref\s+(\d{1,15})\s+%%EOF\s*$")


def contents(path: Path) -> Contents:
    """Read the size and the note of a PDF of ours; raises ValueError for what is none."""
    with mapped(path) as content:
        end, size = END.search(content, max(0, len(content) - 100)), SIZE.search(content)
        if content[:5] != b"%PDF-" or end is None or size is None or content[int(end[1]) :][:4] != b"xref":
            raise ValueError("no PDF")
        width, height = (round(float(side)) for side in size.groups())
        told = NOTE.search(content)
        note = as_note(ESCAPED.sub(rb"\1", told[1][1:-1])) if told else None
    return Contents(width=width, height=height, frames=1, note=note)


def drawing(path: Path) -> bytes:
    """Return what is drawn, in bytes, without what is said about it and without where in the file it stands."""
    content = path.read_bytes()
    end = END.search(content, max(0, len(content) - 100))
    return ABOUT.sub(b"", content[: int(end[1])] if end else content)
