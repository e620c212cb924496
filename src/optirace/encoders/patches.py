"""Tells what a frame adds to the picture before it, as the smallest rectangle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optirace.frame import CELL_WIDTH, stride_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.frame import Frame

OPAQUE = 0xFF000000


@dataclass(frozen=True, slots=True)
class Patch:
    """A rectangle that is laid over the picture; its left and top are even, as WebP asks."""

    left: int
    top: int
    packed: NDArray[np.uint32]
    """uint32[height, width]: RGBA, red in the lowest byte; 0, transparent, where the picture stays as it is."""

    @property
    def channels(self) -> NDArray[np.uint8]:
        """uint8[height, width, 4]: the same, as a view."""
        return self.packed.view(np.uint8).reshape(*self.packed.shape, 4)


NOTHING = Patch(0, 0, np.zeros((1, 1), np.uint32))


class Shown:
    """The picture as it stands."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._stride = width, stride_of(width)
        self._pixels = np.zeros((height, self._stride), np.uint32)

    def update(self, frame: Frame) -> Patch | None:
        """Take a frame on, and return what it changes; None for one that looks like the frame before."""
        columns = self._stride // CELL_WIDTH
        upper = frame.changed + frame.changed // columns * columns
        rows = np.concatenate([upper, upper + columns])
        new = frame.packed.reshape(-1, CELL_WIDTH)[rows] | OPAQUE
        in_taken = np.flatnonzero(new != self._pixels.reshape(-1, CELL_WIDTH)[rows])
        positions = rows[in_taken // CELL_WIDTH] * CELL_WIDTH + in_taken % CELL_WIDTH
        colours = new.reshape(-1)[in_taken]
        if self._stride != self._width:
            is_inside = positions % self._stride < self._width
            positions, colours = positions[is_inside], colours[is_inside]
        if not len(positions):
            return None
        self._pixels.reshape(-1)[positions] = colours
        down, across = np.divmod(positions, self._stride)
        top, left = int(down.min()) & ~1, int(across.min()) & ~1
        packed = np.zeros((int(down.max()) - top + 1, int(across.max()) - left + 1), np.uint32)
        packed[down - top, across - left] = colours
        return Patch(left, top, packed)
