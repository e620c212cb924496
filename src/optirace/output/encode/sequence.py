"""Writes a folder of PNGs, one for each frame."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optirace.look.frame import CELL_HEIGHT, CELL_WIDTH, stride_of
from optirace.output.read import frames, png_chunks, verify

if TYPE_CHECKING:
    from optirace.look.frame import Frame
    from optirace.output.files.folder import Folder
    from optirace.output.sinks import Film

BAND = 16
"""Rows that are compressed together, and again only when one of them changed."""

LEVEL = 3
"""6 is 4 % smaller and takes twice as long."""

UNFILTERED = 0
"""A race has large areas of one colour, which filters only spoil."""


class Sequence:
    """The encoder: 0.png, 1.png and so on, as `animate` counts them; the first has the note.

    What comes out of zlib can be cut at rows: a picture is put together from bands, most of which
    the picture before had.
    """

    def __init__(self, draft: Folder, film: Film) -> None:
        self._draft, self._film, self._frames = draft, film, 0
        self._rows = np.zeros((film.height, 1 + 3 * film.width), np.uint8)
        """The picture as PNG has it: each row after the number of its filter."""
        self._bands = [b""] * -(-film.height // BAND)
        self._image = b""

    def write(self, frame: Frame) -> None:
        """Write one file."""
        columns = stride_of(self._film.width) // CELL_WIDTH
        for band in np.unique(frame.changed // columns * CELL_HEIGHT // BAND).tolist():
            self._compress(frame, band)
        if len(frame.changed):
            checksum = zlib.adler32(self._rows.data).to_bytes(4)
            self._image = frames.ZLIB_HEAD + b"".join(self._bands) + frames.LAST_BLOCK + checksum
        film = self._film
        # The others change only when their picture does, which is what who keeps them wants.
        note = png_chunks.said(film.note) if self._frames == 0 else b""
        picture = (
            png_chunks.header(film.width, film.height, png_chunks.RGB)
            + note
            + png_chunks.chunk(b"IDAT", self._image)
        )
        (self._draft.path / f"{self._frames}.png").write_bytes(
            picture + png_chunks.chunk(*png_chunks.END)
        )
        self._frames += 1

    def finish(self) -> None:
        """Read every file back."""
        if self._frames != self._film.frames:
            raise self._draft.error(f"it got {self._frames} frames, not {self._film.frames}")
        bare = replace(self._film, note="")
        for index in range(self._frames):
            problem = verify.problem(
                self._draft.path / f"{index}.png", bare if index else self._film
            )
            if problem:
                raise self._draft.error(f"{index}.png does not read back: {problem}")

    def close(self) -> None:
        """Let the pictures go."""
        self._bands.clear()

    def _compress(self, frame: Frame, band: int) -> None:
        first, after = band * BAND, min((band + 1) * BAND, self._film.height)
        lines = frame.pixels[first:after, :, :3]
        rows = self._rows[first:after]
        rows[:, 0], rows[:, 1:] = UNFILTERED, lines.reshape(len(lines), -1)
        compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._bands[band] = compressor.compress(rows.data) + compressor.flush(zlib.Z_FULL_FLUSH)
