"""Writes a lossless animated WebP."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, features
from PIL import WebPImagePlugin as _  # noqa: F401 - else Pillow loads every format it knows when it saves the first image

from optirace.encoders import animated
from optirace.encoders.contents import LONGEST_NOTE, Contents, as_note, counted, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optirace.encoders import Film
    from optirace.encoders.patches import Patch
    from optirace.encoders.target import Draft
    from optirace.reading import Stored

# The container is RFC 9649's.
QUALITY, METHOD = 50, 1
"""Effort, for nothing is lost: 20 is a quarter faster and a quarter larger, 75 and 2 gain nothing."""

HAS_ALPHA, HAS_EXIF, IS_ANIMATED = 0x10, 0x08, 0x02

# Exif 2.32 (CIPA DC-008) in the TIFF of its own: a directory that points to another, which holds the user's comment.
TIFF = struct.Struct("<2sHI HHHIII HHHIII 8s")
EXIF_DIRECTORY, USER_COMMENT, LONG, UNDEFINED, CHARACTERS = 0x8769, 0x9286, 4, 7, b"ASCII\0\0\0"
BITS_24 = (1 << 24) - 1


def open_webp(draft: Draft, film: Film) -> animated.Animation:
    """Return the encoder."""
    if not features.check("webp"):
        raise draft.error("this Pillow cannot make WebP; reinstall pillow")
    return animated.Animation(draft, film, WebP(film))


class WebP:
    """The container; a delay is so many milliseconds."""

    ticks = Fraction(1000)
    longest = BITS_24

    def __init__(self, film: Film) -> None:
        self._film = film

    def start(self, size: int = 0) -> bytes:
        """Return the header of a file of `size` bytes."""
        film = self._film
        flags = bytes([HAS_ALPHA | IS_ANIMATED | (HAS_EXIF if film.note else 0), 0, 0, 0])
        about = _chunk(b"VP8X", flags + _three(film.width - 1) + _three(film.height - 1))
        return (
            b"RIFF" + struct.pack("<I", max(0, size - 8)) + b"WEBP" + about + _chunk(b"ANIM", struct.pack("<IH", 0, film.loop))
        )

    def image(self, patch: Patch) -> bytes:
        """Compress an image, as the chunk that holds it."""
        file = io.BytesIO()
        packed = patch.packed
        Image.fromarray(packed.view(np.uint8).reshape(*packed.shape, 4)).save(
            file, "WEBP", lossless=True, quality=QUALITY, method=METHOD, exact=True
        )
        made = file.getvalue()
        return b"".join(_chunk(kind, made[start:end]) for kind, start, end in _places(made, 12) if kind == b"VP8L")

    def placed(self, patch: Patch, image: bytes, delay: int) -> bytes:
        """Return the chunk that places an image; it is blended over what was there, which stays."""
        place = patch.place
        numbers = place.left // 2, place.top // 2, place.width - 1, place.height - 1, delay
        return _chunk(b"ANMF", b"".join(map(_three, numbers)) + b"\0" + image)

    def end(self, size: int) -> tuple[bytes, bytes]:
        """Return the note, and the start with the size of the file."""
        last = _chunk(b"EXIF", _exif(self._film.note)) if self._film.note else b""
        return last, self.start(size + len(last))

    def problem(self, content: Stored) -> str | None:
        """Count what the chunks tell."""
        film, shown, images, note = self._film, 0, 0, ""
        if content[:12] != b"RIFF" + struct.pack("<I", len(content) - 8) + b"WEBP":
            return "it is not whole"
        for kind, start, end in _places(content, 12):
            body = content[start : min(end, start + LONGEST_NOTE)] if kind == b"EXIF" else content[start : min(end, start + 20)]
            numbers = [int.from_bytes(body[at : at + 3], "little") for at in range(0, 15, 3)]
            if kind == b"VP8X":
                width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
                if (width, height) != (film.width, film.height):
                    return f"it is {width}x{height}, not {film.width}x{film.height}"
            elif kind == b"ANMF":
                left, top, across, down, delay = numbers
                if 2 * left + across >= film.width or 2 * top + down >= film.height or body[16:20] != b"VP8L":
                    return "an image lies outside the picture"
                images += 1
                shown += delay
            elif kind == b"EXIF":
                note = _note(body) or ""
        if note != film.note:
            return "it does not say how it was made"
        if images == 0 or shown != animated.moment(film, film.frames, self):
            return f"it lasts {shown} milliseconds, not {animated.moment(film, film.frames, self)}"
        return None


def contents(path: Path) -> Contents:
    """Read any WebP that moves; raises ValueError or struct.error for what is none."""
    width = height = images = milliseconds = 0
    note = None
    with stored(path) as content:
        if content[:12] != b"RIFF" + struct.pack("<I", len(content) - 8) + b"WEBP":
            raise ValueError("no WebP")
        for kind, start, end in _places(content, 12):
            if kind == b"VP8X":
                head = content[start : start + 10]
                width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (4, 7))
            elif kind == b"ANMF":
                images += 1
                milliseconds += int.from_bytes(content[start + 12 : start + 15], "little")
            elif kind == b"EXIF" and note is None:
                note = _note(content[start : min(end, start + LONGEST_NOTE)]) or ""
    if not images:
        raise ValueError("nothing that moves")
    return Contents(width=width, height=height, frames=images, seconds=Fraction(milliseconds, 1000), note=note or None)


def _exif(note: str) -> bytes:
    entries = EXIF_DIRECTORY, LONG, 1, 26, 0, 1, USER_COMMENT, UNDEFINED, len(CHARACTERS) + len(note), 44, 0
    return TIFF.pack(b"II", 42, 8, 1, *entries, CHARACTERS) + note.encode("ascii")


def _note(exif: bytes) -> str | None:
    """Return the note of what `_exif` made, and nothing of any other."""
    note = as_note(exif[TIFF.size :])
    return note if note.isascii() and exif == _exif(note) else None


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


_HEAD = struct.Struct("<4sI")


def _places(content: Stored | bytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, with where its body starts and ends; raises ValueError where one is cut short."""
    whole = len(content)
    for _part in counted():
        if at >= whole:
            break
        window, first = (content, at) if isinstance(content, bytes) else content.around(at, 8)
        kind, length = _HEAD.unpack_from(window, first)
        start, at = at + 8, at + 8 + length
        if at > whole:
            raise ValueError("a chunk that ends outside the file")
        yield kind, start, at
        at += length % 2
