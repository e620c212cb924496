"""What a painted frame is: a buffer of pixels, and which cells of it differ from the frame
before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL_WIDTH = 16
"""Pixels across a cell: 64 bytes of RGBA, one cache line, and eight chroma samples of a 4:2:0
film.
"""

CELL_HEIGHT = 2
"""Rows in a cell: the least that has chroma samples of its own."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a film.

    A thin diagonal line touches few pixels, but its bounding rectangle is the whole picture; so
    what changed is told in cells of 16 x 2 pixels instead of rectangles, and a sink's work is
    proportional to the ink.
    """

    packed: NDArray[np.uint32]
    """uint32[height, stride]: opaque RGBA, red in the lowest byte; stride is the width rounded up
    to whole cells.

    The canvas's own buffer: valid until the next frame is asked for, and never written by a sink.
    """

    width: int
    """Pixels across; columns from here to the stride are padding."""

    changed: NDArray[np.intp]
    """Indices of the changed cells, ascending: cell = (row // 2) * (stride // 16) + column // 16.

    The first frame: all.
    """

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """uint8[height, width, 4]: the picture, as a view."""
        height, stride = self.packed.shape
        return self.packed.view(np.uint8).reshape(height, stride, 4)[:, : self.width]


def stride_of(width: int) -> int:
    """Round a width in pixels up to whole cells.

    >>> stride_of(854)
    864
    """
    return -(-width // CELL_WIDTH) * CELL_WIDTH
