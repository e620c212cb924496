"""Keeps the planar YUV 4:2:0 pictures of a film up to date, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optirace.look.frame import CELL_HEIGHT, CELL_WIDTH, stride_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optirace.look.frame import Frame

CHUNK = 2048
"""Cells converted at a time: the scratch stays in the cache, and small, even when a whole picture
is new.
"""

# BT.709 in limited range, in integers, so that every CPU computes the same bytes: Y = 16 + 219
# (0.2126 R + 0.7152 G + 0.0722 B) / 255. Red's and blue's weights times 2^10 fit in 8 bits, and so
# both products come out of one multiplication.
LUMA_BITS = 10
LUMA_RED, LUMA_GREEN, LUMA_BLUE = 187, 629, 63
LUMA_RED_BLUE = LUMA_RED << 16 | LUMA_BLUE
LUMA_OFFSET = (16 << LUMA_BITS) + (1 << LUMA_BITS - 1)

# Cb = 128 + 224 (B - Y) / (1.8556 * 255) and Cr = 128 + 224 (R - Y) / (1.5748 * 255), of the sum of
# four pixels: times 2^16 / 4. Each row of weights adds up to zero, so that every grey is exactly
# 128.
CHROMA_BITS = 16
CHROMA_MAIN = 7196
CB_RED, CB_GREEN = 1649, 5547
CR_GREEN, CR_BLUE = 6536, 660
CHROMA_OFFSET = (128 << CHROMA_BITS) + (1 << CHROMA_BITS - 1)


class Planes:
    """Pictures as Y, U and V, which take turns to show the latest frame; converted from the changed
    cells alone.
    """

    def __init__(
        self, width: int, height: int, pictures: Sequence[NDArray[np.uint8]] | None = None
    ) -> None:
        stride = stride_of(width)
        self.columns = stride // CELL_WIDTH
        self.pictures = pictures or [np.zeros(width * height * 3 // 2, np.uint8)]
        """uint8[width * height * 3 / 2] each: the planes one after the other, as a raw yuv420p
        frame; change in place.
        """
        self._turn = -1
        self._is_padded = stride != width
        painted = (
            [np.zeros(stride * height * 3 // 2, np.uint8)] if self._is_padded else self.pictures
        )
        self._compact = [_split(picture, width, height) for picture in self.pictures]
        self._painted = [_split(picture, stride, height) for picture in painted]
        self._before = np.empty(0, np.intp)
        """The cells in which the picture before the last is behind."""
        self._cells = [_Cells(planes) for planes in self._painted]
        self._scratch = _Scratch(min(CHUNK, self.columns * (height // CELL_HEIGHT)))

    def update(self, frame: Frame) -> NDArray[np.uint8]:
        """Turn to the next picture, bring it up to date with a frame, and return it."""
        latest = self._cells[self._turn % len(self._cells)]
        self._turn = (self._turn + 1) % len(self.pictures)
        cells = self._cells[self._turn % len(self._cells)]
        if cells is not latest:
            cells.catch_up(latest, self._before, self._rows_of(self._before))
            self._before = frame.changed
        # A row of a cell is one item of 64 bytes.
        source = frame.packed.view(np.uint64).reshape(-1, CELL_WIDTH // 2)
        for first in range(0, len(frame.changed), CHUNK):
            self._convert(source, frame.changed[first : first + CHUNK], cells)
        if self._is_padded:
            for compact, padded in zip(self._compact[self._turn], self._painted[0], strict=True):
                compact[:] = padded[:, : compact.shape[1]]
        return self.pictures[self._turn]

    def _rows_of(self, cells: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the two rows of pixels of each cell: all the upper ones, then all the lower."""
        rows = np.empty((2, len(cells)), np.intp)
        np.floor_divide(cells, self.columns, out=rows[0])
        rows[0] *= self.columns
        rows[0] += cells
        np.add(rows[0], self.columns, out=rows[1])
        return rows.reshape(-1)

    def _convert(
        self, source: NDArray[np.uint64], changed: NDArray[np.intp], cells: _Cells
    ) -> None:
        scratch = self._scratch
        count = len(changed)
        items = self._rows_of(changed)
        taken = scratch.packed[: 2 * count]
        np.take(source, items, axis=0, out=taken, mode="clip")

        lanes = 2 * count * CELL_WIDTH
        packed = taken.view(np.uint32).reshape(-1)
        red_blue, green, luma = (
            scratch.red_blue[:lanes],
            scratch.green[:lanes],
            scratch.luma[:lanes],
        )
        np.right_shift(packed, 8, out=green)
        green &= 0xFF
        np.bitwise_and(packed, 0x00FF00FF, out=red_blue)
        np.multiply(red_blue, LUMA_RED_BLUE, out=luma)
        luma >>= 16
        np.multiply(green, LUMA_GREEN, out=packed)
        luma += packed
        luma += LUMA_OFFSET
        luma >>= LUMA_BITS
        narrow = scratch.narrow[:lanes]
        narrow[:] = luma
        cells.luma[items] = narrow.view("V16")
        for plane, values in zip(cells.chroma, scratch.chroma(count), strict=True):
            plane[changed] = values


class _Cells:
    """A picture's planes, in the items of cells: scattering 16 bytes at a time is ten times faster
    than pairs of 8.
    """

    def __init__(self, planes: tuple[NDArray[np.uint8], ...]) -> None:
        luma, *chroma = planes
        self.luma = luma.reshape(-1).view("V16")
        self.chroma = [plane.reshape(-1).view(np.uint64) for plane in chroma]

    def catch_up(self, latest: _Cells, changed: NDArray[np.intp], items: NDArray[np.intp]) -> None:
        """Copy some cells from another picture: their places in the planes of chroma, and in that
        of luma.
        """
        self.luma[items] = latest.luma.take(items)
        for mine, its in zip(self.chroma, latest.chroma, strict=True):
            mine[changed] = its.take(changed)


class _Scratch:
    """Memory for one chunk of cells."""

    def __init__(self, cells: int) -> None:
        lanes = 2 * cells * CELL_WIDTH
        self.packed = np.empty((2 * cells, CELL_WIDTH // 2), np.uint64)
        self.red_blue = np.empty(lanes, np.uint32)
        self.green = np.empty(lanes, np.uint32)
        self.luma = np.empty(lanes, np.uint32)
        self.narrow = np.empty(lanes, np.uint8)
        self._sums = np.empty((5, lanes // 4), np.uint32)

    def chroma(self, count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Return the chroma of `count` cells: uint64[count] each, eight samples an item."""
        samples = count * CELL_WIDTH // 2
        red, green, blue, product, total = self._sums[:, :samples]
        self._of_four(self.red_blue, blue, samples)
        self._of_four(self.green, green, samples)
        np.bitwise_and(blue, 0xFFFF, out=red)
        blue >>= 16
        narrow = self.narrow[: 2 * samples].reshape(2, samples)
        for plane, main, *others in (
            (narrow[0], blue, (red, CB_RED), (green, CB_GREEN)),
            (narrow[1], red, (green, CR_GREEN), (blue, CR_BLUE)),
        ):
            np.multiply(main, CHROMA_MAIN, out=total)
            total += CHROMA_OFFSET
            for other, weight in others:
                np.multiply(other, weight, out=product)
                total -= product
            total >>= CHROMA_BITS
            plane[:] = total
        return narrow[0].view(np.uint64), narrow[1].view(np.uint64)

    @staticmethod
    def _of_four(lanes: NDArray[np.uint32], out: NDArray[np.uint32], samples: int) -> None:
        """Add up squares of 2 x 2; each half of a lane is below 2^10 and so carries nothing into
        the other.
        """
        upper, lower = lanes[: 2 * samples], lanes[2 * samples : 4 * samples]
        upper += lower
        pairs = upper.view(np.uint64)
        shifted = lower.view(np.uint64)
        np.right_shift(pairs, 32, out=shifted)
        pairs += shifted
        out[:] = pairs  # the low half


def _split(buffer: NDArray[np.uint8], width: int, height: int) -> tuple[NDArray[np.uint8], ...]:
    luma, chroma = width * height, width * height // 4
    return (
        buffer[:luma].reshape(height, width),
        buffer[luma : luma + chroma].reshape(height // 2, width // 2),
        buffer[luma + chroma :].reshape(height // 2, width // 2),
    )
