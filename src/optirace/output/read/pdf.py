"""Reads a PDF back: its size, its note, and what is drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optirace.look.about import PDF_CATALOG
from optirace.output.read.contents import LONGEST_NOTE, Contents, as_note, stored

if TYPE_CHECKING:
    from pathlib import Path

    from optirace.system.reading import Stored

# ISO 32000-1: words stand in brackets, in which a backslash takes their meaning from brackets and
# backslashes.
WORDS = re.compile(rb" \(((?:[^\\()]|\\.)*+)\)", re.DOTALL)
BEGIN = b" ("
"""How words begin, and no part of words looks: a bracket in them has a backslash before it."""

SIZE = re.compile(rb"/MediaBox \[ 0 0 (\d{1,9}(?:\.\d{1,9})?) (\d{1,9}(?:\.\d{1,9})?) \]")
NOTE = b"/Subject"
ABOUT = (b"/Creator", b"/Producer", b"/Title", NOTE)
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
END = re.compile(rb"startxref\s+(\d{1,15})\s+%%EOF\s*$")

HEAD = 4096
"""Bytes in which a page must say how large it is, and of what is said beside the note."""

MOST_SAID = 2 * LONGEST_NOTE + HEAD
"""Bytes before the table at the end that are searched for what is said about the drawing."""


def contents(path: Path) -> Contents:
    """Read the size and the note of a PDF of ours; raises ValueError for what is none."""
    with stored(path) as content:
        size, (_, about) = SIZE.search(content[:HEAD]), _parts(content)
        if content[:5] != b"%PDF-" or size is None:
            raise ValueError("no PDF")
        width, height = (round(float(side)) for side in size.groups())
        at = about.find(NOTE + BEGIN)
        told = WORDS.match(about, at + len(NOTE)) if at >= 0 else None
        note = as_note(ESCAPED.sub(rb"\1", told[1])) if told else None
    return Contents(width=width, height=height, frames=1, note=note)


def drawing(path: Path) -> bytes:
    """Return what is drawn, in bytes, without what is said about it and without where in the file
    it stands.
    """
    with stored(path) as content:
        start, about = _parts(content)
        drawn = content[:start]
    for key in ABOUT:
        at = about.find(key + BEGIN)
        words = WORDS.match(about, at + len(key)) if at >= 0 else None
        # Where a line is broken depends on how long the words are.
        about = about[:at].rstrip() + about[words.end() :].lstrip() if words else about
    return (drawn + about).replace(PDF_CATALOG, b"", 1)


def _parts(content: Stored) -> tuple[int, bytes]:
    """Return where the end of the drawing begins, and that end, in which stands what is said about
    it.
    """
    end = END.search(content[max(0, len(content) - 100) :])
    table = int(end[1]) if end else 0
    if content[table : table + 4] != b"xref":
        raise ValueError("no table at the end")
    start = max(0, table - MOST_SAID)
    return start, content[start:table]
