"""Says what stands in a finished file or folder: its size, its pictures, and the note of how it was
made.
"""

from __future__ import annotations

import hashlib
import itertools
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from optirace.errors import InvalidValueError, OptiraceError
from optirace.output.files import folder
from optirace.system import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction
    from pathlib import Path

LONGEST_NOTE = 1 << 16
"""Bytes that are read of what a stranger's file says of itself; our own is at most half of it."""

MOST_PARTS = 450_000
"""Parts that a file may have, which takes less than a second to count. Ours has two for a frame at
most, and a film of an hour with 60 frames per second has 216,000 frames."""

PARTS_OF_FRAME = 4
"""Of a picture in a folder of frames; so many more, for each, than in a file may be in the whole
folder.
"""

LARGEST_SIDE = 1 << 16
LONGEST_SECONDS = 10**7
"""Of what a file says of its pictures, as much as is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file holds."""

    width: int
    height: int
    frames: int
    """Pictures in the file; one that moves without being a video has none for a frame that looks
    like the one before.
    """

    seconds: Fraction | None = None
    """None for a still, and for a folder."""

    fps: Fraction | None = None
    """None for a still, and where pictures do not last equally long."""

    note: str | None = None

    suffix: str | None = None
    """The format, where the file is of another than its name says: a .png that moves."""

    codec: str | None = None
    """Of a video: h264, vp9 or av1."""

    loop: int | None = None
    """How often a picture that moves plays in all; 0 is forever."""

    key_interval: int | None = None
    """Of a video: the most frames from a key frame to the next one or the end; None where it begins
    with another.
    """

    tick: Fraction | None = None
    """Seconds to which times are rounded; None where they are exact."""

    flaw: str | None = None
    """What is wrong with a file that can be read all the same, in words."""


READERS = {
    ".mp4": "mp4_boxes",
    ".gif": "gif_blocks",
    ".png": "png_chunks",
    ".webm": "matroska",
    ".webp": "webp_chunks",
    ".apng": "png_chunks",
    folder.SEQUENCE: "frames",
    ".svg": "svg",
    ".pdf": "pdf",
}
"""The module of this package whose `contents(path)` reads a file of the suffix."""


def kind_of(path: Path) -> str:
    """Return the suffix of a file, or what stands for that of a folder."""
    return folder.SEQUENCE if path.is_dir() else path.suffix.lower()


BROKEN = (struct.error, LookupError, ValueError, ArithmeticError)
"""What a reader raises of a file that is not what its suffix says."""


def reader(kind: str) -> Any:
    """Return the module that reads files of a suffix: `contents(path)`, and of pictures and videos
    `size(path)`.
    """
    return import_module(f"optirace.output.read.{READERS[kind]}")


def read(path: Path) -> Contents:
    """Read a finished file, by its suffix, or a folder of frames.

    Raises InvalidValueError for a name that is none of a file, OptiraceError for a file that is not
    what its suffix says.
    """
    _check_place(path)
    kind = kind_of(path)
    if kind not in READERS:
        raise InvalidValueError("file", f"must end in one of {', '.join(READERS)}", value=path)
    try:
        found: Contents = reader(kind).contents(path)
        _check(found)
    except (*BROKEN, OSError):
        raise OptiraceError(str(path), f"is not a complete {shown(kind)}") from None
    return found


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height from the first bytes of anybody's picture or video; None if it is not
    what its suffix says.

    Raises OSError.
    """
    try:
        width, height = reader(kind_of(path)).size(path)
    except BROKEN:
        return None
    return (width, height) if 1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE else None


def _check(found: Contents) -> None:
    if not (
        1 <= found.width <= LARGEST_SIDE and 1 <= found.height <= LARGEST_SIDE and found.frames >= 1
    ):
        raise ValueError("no picture, or one of no size that can be")
    if not 0 <= (found.seconds or 0) <= LONGEST_SECONDS:
        raise ValueError("no length that can be")


def shown(kind: str) -> str:
    """Return a suffix in words."""
    return "folder of frames" if kind == folder.SEQUENCE else f"{kind} file"


def _check_place(path: Path) -> None:
    other = None
    try:
        if path.is_dir():
            other = folder.other_than_frames(path)
        else:
            reading.opened(path).close()
    except (OSError, ValueError) as problem:
        raise InvalidValueError("file", reading.reason(problem), value=path) from None
    if other is not None:
        raise InvalidValueError(
            "file", f"is a folder that holds {other!r}, which is not a frame", value=path
        )


@contextmanager
def stored(path: Path) -> Iterator[reading.Stored]:
    """Yield the bytes of a file, of which a window is in memory."""
    with reading.opened(path) as file:
        yield reading.Stored(file)


def counted(frames: int = 0) -> Iterator[None]:
    """Yield once for each part that a file may have, or a folder of so many frames, then raise
    ValueError.
    """
    yield from itertools.repeat(None, MOST_PARTS + PARTS_OF_FRAME * frames)
    raise ValueError("too many parts")


def as_note(said: bytes) -> str:
    """Return what a file says as a note, whatever it is."""
    return said[:LONGEST_NOTE].decode("ascii", "replace")


def digest(path: Path) -> tuple[int, str]:
    """Return the length and the SHA-256 of a file, or of a folder's files, one after the other."""
    if path.is_dir():
        return folder.digest(path)
    sha256, size = hashlib.sha256(), 0
    for piece in reading.pieces(path):
        sha256.update(piece)
        size += len(piece)
    return size, sha256.hexdigest()


def are_same(one: Path, other: Path) -> bool:
    """Return whether two files, or the files of two folders, have the same bytes; reads no more of
    them than it must.
    """
    if not one.is_dir():
        return all(
            a == b for a, b in itertools.zip_longest(reading.pieces(one), reading.pieces(other))
        )
    ours, theirs = folder.frames(one), folder.frames(other)
    return len(ours) == len(theirs) and all(
        itertools.starmap(are_same, zip(ours, theirs, strict=True))
    )
