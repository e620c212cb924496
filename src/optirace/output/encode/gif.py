"""Writes an animated GIF in two passes: the first counts colours and spools what changed, the
second draws.
"""

from __future__ import annotations

import contextlib
import struct
import tempfile
from fractions import Fraction
from typing import IO, TYPE_CHECKING

import numpy as np
from PIL import Image

from optirace.look.frame import stride_of
from optirace.output.encode import palette, patches
from optirace.output.read import gif_blocks, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optirace.look.frame import Frame
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

PALETTES = (127, 255)
"""Colours; the index after the last one is transparent: what was there stays. Over the default race
nobody sees what the small palette lacks, and it would cost a fourteenth of the file."""

SMALL_ERROR = 0.8
"""The small palette serves where a channel is wrong by less than this in the mean square: 49 dB."""

LONGEST_DELAY = 65535
"""Hundredths of a second that one image can stay."""

CHUNK = 1 << 18
"""Pixels counted, or mapped to indices, at a time."""


class Gif:
    """One palette for the whole film, and a rectangle of what changed for each frame.

    Frames are spooled to an unnamed file, so memory does not grow with them.
    """

    def __init__(self, draft: Draft, film: Film) -> None:
        self._draft, self._film = draft, film
        self._stride = stride_of(film.width)
        self._spool: IO[bytes] = tempfile.TemporaryFile(dir=draft.path.parent)
        self._tally = palette.Tally()
        self._frames = self._spooled = 0
        self._gathered: list[patches.Change] = []
        """What the latest frames change, and is not spooled yet."""
        self._bits = 8
        self._since = np.zeros(self._stride * film.height, np.int32)
        """The frame in which each pixel took its colour."""

    def write(self, frame: Frame) -> None:
        """Put by what differs from the frame before."""
        change = self._film.shown.change(frame)
        if self._frames == 0:
            self._spool.write((self._film.shown.pixels & patches.COLOUR).data)
            self._spooled = 1
        else:
            self._gathered.append(change)
        self._frames += 1
        if len(self._gathered) == patches.TOGETHER:
            self._put_by()

    def finish(self) -> None:
        """Choose the palette, draw the file, and read it back."""
        film = self._film
        if self._frames != film.frames:
            raise self._draft.error(f"got {self._frames} frames, not {film.frames}")
        self._put_by()
        pixels = film.shown.pixels
        for first in range(0, pixels.size, CHUNK):
            shown, since = pixels[first : first + CHUNK], self._since[first : first + CHUNK]
            is_inside = np.arange(first, first + len(shown)) % self._stride < film.width
            self._count(shown[is_inside], since[is_inside])
        histogram = self._tally.histogram()
        self._tally = palette.Tally()
        self._since = np.empty(0, np.int32)
        wanted = film.colours
        for most in PALETTES if wanted is None else (wanted,):
            self._bits = most.bit_length()
            colours = palette.choose(histogram, most)
            indices = palette.nearest_of(histogram, colours)
            if palette.error(histogram, colours, indices) <= SMALL_ERROR:
                break
        with self._draft.path.open("wb") as file:
            file.writelines(self._blocks(colours, palette.lookup(histogram, indices)))
        problem = verify.problem(
            self._draft.path, film, seconds=Fraction(hundredths(film, film.frames), 100)
        )
        if problem:
            raise self._draft.error(f"what was written does not read back ({problem})")

    def close(self) -> None:
        """Let the spool go."""
        # What a full disk did not take is still in the buffer, and closing tries it again.
        with contextlib.suppress(OSError):
            self._spool.close()

    def _put_by(self) -> None:
        """Spool the pixels that each frame changed: their number, their positions, their
        colours.
        """
        for change in self._gathered:
            self._count(change.before, self._since.take(change.positions))
            self._since[change.positions] = self._spooled
            self._spool.write(struct.pack("=q", len(change.positions)))
            self._spool.write(change.positions.astype(np.int32).data)
            self._spool.write((change.after & patches.COLOUR).data)
            self._spooled += 1
        self._gathered.clear()

    def _count(self, colours: NDArray[np.uint32], since: NDArray[np.int32]) -> None:
        """Count pixels whose colour ends with the frame that comes next."""
        self._tally.add(colours & patches.COLOUR, self._spooled - since, since > 0)

    def _blocks(self, colours: NDArray[np.uint8], table: NDArray[np.uint8]) -> Iterator[bytes]:
        """Yield the file, a block at a time; an image waits until it is known how long it stays."""
        film = self._film
        yield gif_blocks.header(film.width, film.height, colours)
        # A count in the file is of repeats after the first time; browsers take it so.
        if film.loop != 1:
            yield gif_blocks.loop(max(0, film.loop - 1))
        if film.note:
            yield gif_blocks.comment(film.note)
        waiting, since = b"", 0
        for index, image in enumerate(self._images(table)):
            if image:
                yield from self._held(waiting, since, index)
                waiting, since = image, index
        yield from self._held(waiting, since, film.frames)
        yield gif_blocks.TRAILER

    def _held(self, image: bytes, first: int, after: int) -> Iterator[bytes]:
        """Yield an image that stays from one frame until another."""
        delay = hundredths(self._film, after) - hundredths(self._film, first)
        while delay > 0:
            part = min(delay, LONGEST_DELAY)
            # The rest of a very long stillness: an image of one pixel that changes nothing. No part
            # is below 2.
            part -= 2 if delay - part == 1 else 0
            yield gif_blocks.control(part, self._transparent) + image
            delay -= part
            if delay:
                image = self._image(np.full((1, 1), self._transparent, np.uint8), 0, 0)

    def _images(self, table: NDArray[np.uint8]) -> Iterator[bytes]:
        """Yield each frame's image; nothing for one that looks like the frame before."""
        film, stride = self._film, self._stride
        self._spool.seek(0)
        shown = np.empty(stride * film.height, np.uint8)
        for first in range(0, shown.size, CHUNK):
            part = shown[first : first + CHUNK]
            part[:] = table[np.frombuffer(self._spool.read(4 * len(part)), np.uint32)]
        yield self._image(shown.reshape(film.height, stride)[:, : film.width], 0, 0)
        for _ in range(1, film.frames):
            (count,) = struct.unpack("=q", self._spool.read(8))
            positions = np.frombuffer(self._spool.read(4 * count), np.int32).astype(np.intp)
            indices = table[np.frombuffer(self._spool.read(4 * count), np.uint32)]
            is_new = indices != shown[positions]
            positions = positions[is_new]
            shown[positions] = indices[is_new]
            if not len(positions):
                yield b""
                continue
            place = patches.placed(positions, film.width, film.height)
            block = place.block(shown.take(place.of_picture), empty=self._transparent)
            yield self._image(block, place.left, place.top)

    def _image(self, indices: NDArray[np.uint8], left: int, top: int) -> bytes:
        picture = Image.fromarray(np.ascontiguousarray(indices))
        compressed = picture.tobytes("gif", "L", self._bits, 0)
        return gif_blocks.image(left, top, *picture.size, compressed, self._bits)

    @property
    def _transparent(self) -> int:
        return (1 << self._bits) - 1


def hundredths(film: Film, frames: int) -> int:
    """Return when a frame begins, in hundredths of a second: rounded from the start, so that errors
    do not add up.
    """
    return round(frames * 100 / film.fps)
