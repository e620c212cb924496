"""Writes an animated PNG with the exact colours of the film."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from optirace.output.encode import animated
from optirace.output.read import png_chunks

if TYPE_CHECKING:
    from optirace.output.encode.patches import Patch
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

# The PNG specification, third edition (W3C, 2025), tells of animation what APNG 1.0 (Mozilla) did.
LEVEL = 6
"""zlib's own choice: 9 is 4 % smaller and takes twice as long, 1 is twice as large."""

KEEP, OVER = 0, 1
UNFILTERED = 0
"""A race has large areas of one colour, which filters only spoil."""

CONTROL = struct.Struct(">IIIIIHHBB")
MOST = 0xFFFF


def open_apng(draft: Draft, film: Film) -> animated.Animation:
    """Return the encoder."""
    return animated.Animation(draft, film, Apng(film))


class Apng:
    """The container; a delay is a fraction of a second with the frame rate's own denominator, where
    16 bits hold it.
    """

    longest = MOST

    def __init__(self, film: Film) -> None:
        self._film = film
        is_exact = film.fps.numerator <= MOST
        self.ticks = Fraction(film.fps.numerator if is_exact else 1000)
        self._images = self._number = 0

    def start(self) -> bytes:
        """Return the header, which says how many images there are, and the note."""
        film = self._film
        control = png_chunks.chunk(b"acTL", struct.pack(">II", self._images, film.loop))
        return (
            png_chunks.header(film.width, film.height, png_chunks.RGBA)
            + control
            + png_chunks.said(film.note)
        )

    def image(self, patch: Patch) -> bytes:
        """Compress an image."""
        lines = patch.packed.view(np.uint8)
        rows = np.empty((len(lines), 1 + lines.shape[1]), np.uint8)
        rows[:, 0], rows[:, 1:] = UNFILTERED, lines
        return zlib.compress(rows.data, LEVEL)

    def placed(self, patch: Patch, image: bytes, delay: int) -> bytes:
        """Return the chunk that places an image and the one that holds it."""
        place = patch.place
        numbers = (
            place.width,
            place.height,
            place.left,
            place.top,
            delay,
            int(self.ticks),
            KEEP,
            OVER if self._images else KEEP,
        )
        control = png_chunks.chunk(b"fcTL", CONTROL.pack(self._next(), *numbers))
        self._images += 1
        if self._images == 1:
            return control + png_chunks.chunk(b"IDAT", image)
        return control + png_chunks.chunk(b"fdAT", self._next().to_bytes(4) + image)

    def end(self, size: int) -> tuple[bytes, bytes]:
        """Return the last chunk, and the start with the number of images."""
        del size
        return png_chunks.chunk(*png_chunks.END), self.start()

    def _next(self) -> int:
        self._number += 1
        return self._number - 1
