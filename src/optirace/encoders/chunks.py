"""Knows the chunks of a PNG: puts a note in, and reads a file's size and note back."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from optirace.encoders.contents import Contents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Chunks are those of the PNG specification (ISO/IEC 15948): an international text without compression, language and
# translation is its keyword, five zeros and the text.
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = len(SIGNATURE) + 25
KEYWORD = b"Comment\0\0\0\0\0"


def with_note(picture: bytes, note: str) -> bytes:
    """Return a whole PNG with a note, ASCII, behind its header; as it was when the note is empty."""
    if not note:
        return picture
    return picture[:HEADER] + chunk(b"iTXt", KEYWORD + note.encode("ascii")) + picture[HEADER:]


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk with its length before it and its check sum behind."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def contents(path: Path) -> Contents:
    """Read the size and the note of a PNG; raises ValueError or struct.error for what is none."""
    width = height = 0
    note = None
    for kind, content in _chunks(path.read_bytes()):
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", content)
        elif kind == b"iTXt" and content.startswith(KEYWORD):
            note = content[len(KEYWORD) :].decode("ascii", "replace")
    return Contents(width=width, height=height, frames=1, note=note)


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    if picture[:at] != SIGNATURE:
        raise ValueError("no PNG")
    kind = b""
    while kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", picture, at)
        yield kind, picture[at + 8 : at + 8 + size]
        at += size + 12
