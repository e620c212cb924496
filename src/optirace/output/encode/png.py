"""Writes one frame as a PNG, pixel for pixel.

imageio, on which the project was asked to stand, takes an array and gives one back, which is all
that a still needs. It has Pillow do the work, and the bytes are Pillow's: GIF and WebP, whose
frames we lay out ourselves, ask Pillow without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import imageio.v3
import numpy as np

from optirace.output.read import png_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.look.frame import Frame
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

COMPRESSION = 6
"""zlib's own choice: its best, 9, is 2 % smaller and takes four times as long."""


class Png:
    """A still; it takes one frame."""

    def __init__(self, draft: Draft, film: Film) -> None:
        self._draft, self._film = draft, film
        self._pixels: NDArray[np.uint8] | None = None

    def write(self, frame: Frame) -> None:
        """Keep the picture; a later one takes its place."""
        self._pixels = np.ascontiguousarray(frame.pixels[:, :, :3])

    def finish(self) -> None:
        """Compress the picture, write it, and compare what the file holds."""
        if self._pixels is None:
            raise self._draft.error("no frame was written")
        encoded = imageio.v3.imwrite(
            "<bytes>", self._pixels, extension=".png", compress_level=COMPRESSION
        )
        self._draft.path.write_bytes(png_chunks.with_note(encoded, self._film.note))
        if not np.array_equal(
            imageio.v3.imread(self._draft.path.read_bytes(), extension=".png"), self._pixels
        ):
            raise self._draft.error("what was written does not read back as the picture")

    def close(self) -> None:
        """Let the picture go."""
        self._pixels = None
