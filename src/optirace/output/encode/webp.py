"""Writes a lossless animated WebP."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, features
from PIL import WebPImagePlugin as _  # noqa: F401 - else Pillow loads every format it knows when it saves the first image

from optirace.output.encode import animated
from optirace.output.read import webp_chunks

if TYPE_CHECKING:
    from optirace.output.encode.patches import Patch
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

# The container is RFC 9649's.
QUALITY, METHOD = 50, 1
"""Effort, for nothing is lost: 20 is a quarter faster and a quarter larger, 75 and 2 gain
nothing.
"""

HAS_ALPHA, HAS_EXIF, IS_ANIMATED = 0x10, 0x08, 0x02

BITS_24 = (1 << 24) - 1


def open_webp(draft: Draft, film: Film) -> animated.Animation:
    """Return the encoder."""
    if not features.check("webp"):
        raise draft.error("this Pillow cannot make WebP", hint="reinstall pillow")
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
        about = webp_chunks.chunk(
            b"VP8X", flags + webp_chunks.three(film.width - 1) + webp_chunks.three(film.height - 1)
        )
        return (
            b"RIFF"
            + struct.pack("<I", max(0, size - 8))
            + b"WEBP"
            + about
            + webp_chunks.chunk(b"ANIM", struct.pack("<IH", 0, film.loop))
        )

    def image(self, patch: Patch) -> bytes:
        """Compress an image, as the chunk that holds it."""
        file = io.BytesIO()
        packed = patch.packed
        Image.fromarray(packed.view(np.uint8).reshape(*packed.shape, 4)).save(
            file, "WEBP", lossless=True, quality=QUALITY, method=METHOD, exact=True
        )
        made = file.getvalue()
        return b"".join(
            webp_chunks.chunk(kind, made[start:end])
            for kind, start, end in webp_chunks.places(made, 12)
            if kind == b"VP8L"
        )

    def placed(self, patch: Patch, image: bytes, delay: int) -> bytes:
        """Return the chunk that places an image; it is blended over what was there, which stays."""
        place = patch.place
        numbers = place.left // 2, place.top // 2, place.width - 1, place.height - 1, delay
        return webp_chunks.chunk(b"ANMF", b"".join(map(webp_chunks.three, numbers)) + b"\0" + image)

    def end(self, size: int) -> tuple[bytes, bytes]:
        """Return the note, and the start with the size of the file."""
        last = (
            webp_chunks.chunk(b"EXIF", webp_chunks.exif(self._film.note))
            if self._film.note
            else b""
        )
        return last, self.start(size + len(last))
