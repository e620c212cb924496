"""Keeps the planar YUV 4:4:4 pictures of a film up to date, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optirace.look.frame import CELL_HEIGHT, CELL_WIDTH, stride_of
from optirace.output.video import yuv420

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optirace.look.frame import Frame


class Planes:
    """Pictures as Y, U and V of full size, which take turns to show the latest frame."""

    def __init__(
        self, width: int, height: int, pictures: Sequence[NDArray[np.uint8]] | None = None
    ) -> None:
        self.columns = stride_of(width) // CELL_WIDTH
        self.pictures = pictures or [np.zeros(width * height * 3, np.uint8)]
        """uint8[width * height * 3] each: the planes one after the other, as a raw yuv444p frame;
        change in place.
        """
        self._turn = -1
        self._painted = np.zeros((3, height, self.columns * CELL_WIDTH), np.uint8)
        """The latest frame, which is copied whole to the picture whose turn it is."""
        self._rows = self._painted.view("V16")
        self._shown = [picture.reshape(3, height, width) for picture in self.pictures]
        self._width = width

    def update(self, frame: Frame) -> NDArray[np.uint8]:
        """Turn to the next picture, bring it up to date with a frame, and return it."""
        self._turn = (self._turn + 1) % len(self.pictures)
        source = frame.packed.reshape(-1, CELL_WIDTH)
        for first in range(0, len(frame.changed), yuv420.CHUNK):
            self._convert(source, frame.changed[first : first + yuv420.CHUNK])
        self._shown[self._turn][:] = self._painted[:, :, : self._width]
        return self.pictures[self._turn]

    def _convert(self, source: NDArray[np.uint32], cells: NDArray[np.intp]) -> None:
        upper = cells + cells // self.columns * self.columns * (CELL_HEIGHT - 1)
        rows = np.concatenate([upper, upper + self.columns])
        packed = source[rows].astype(np.int32)
        red, green, blue = packed & 0xFF, packed >> 8 & 0xFF, packed >> 16 & 0xFF
        planes = self._rows.reshape(3, -1)
        luma = (
            yuv420.LUMA_RED * red
            + yuv420.LUMA_GREEN * green
            + yuv420.LUMA_BLUE * blue
            + yuv420.LUMA_OFFSET
        )
        # The weights of planar are for the sum of four pixels.
        cb = (
            4 * (yuv420.CHROMA_MAIN * blue - yuv420.CB_RED * red - yuv420.CB_GREEN * green)
            + yuv420.CHROMA_OFFSET
        )
        cr = (
            4 * (yuv420.CHROMA_MAIN * red - yuv420.CR_GREEN * green - yuv420.CR_BLUE * blue)
            + yuv420.CHROMA_OFFSET
        )
        planes[0][rows] = (luma >> yuv420.LUMA_BITS).astype(np.uint8).view("V16")[:, 0]
        planes[1][rows] = (cb >> yuv420.CHROMA_BITS).astype(np.uint8).view("V16")[:, 0]
        planes[2][rows] = (cr >> yuv420.CHROMA_BITS).astype(np.uint8).view("V16")[:, 0]
