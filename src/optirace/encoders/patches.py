"""Tells what a frame adds to the picture before it, as the smallest rectangle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from optirace.frame import CELL_WIDTH, stride_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.frame import Frame

Pixel = TypeVar("Pixel", np.uint8, np.uint32)

COLOUR = np.uint32(0x00FFFFFF)
"""The bits of a pixel that are not its alpha."""

GAPS_IN_SIDE = 72
"""Between pixels that changed lie some that did not. In a row, up to this part of the picture's shorter side are painted again
as they are instead of being left transparent: more of the image repeats, and a film is 2 to 3 % smaller. Half as many pixels do
nearly as well, and so do half as many again."""


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
        self._width = width
        self._pixels = np.zeros((height, stride_of(width)), np.uint32)

    def update(self, frame: Frame) -> Patch | None:
        """Take a frame on, and return what it changes; None for one that looks like the frame before."""
        shown = self._pixels.reshape(-1)
        positions = changes(frame, shown)
        if not len(positions):
            return None
        shown[positions] = frame.packed.reshape(-1).take(positions)
        return Patch(*cut_out(shown, positions, self._width, len(self._pixels), empty=0))


def changes(frame: Frame, shown: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return the pixels, ascending, in which a frame differs from the one before it, which is shown: flat, padded likewise.

    All sinks of a film show the same; so the first that asks has it worked out for them.
    """
    if "changes" not in frame.shared:
        frame.shared["changes"] = _differing(frame, shown)
    found: NDArray[np.intp] = frame.shared["changes"]
    return found


def _differing(frame: Frame, shown: NDArray[np.uint32]) -> NDArray[np.intp]:
    stride = stride_of(frame.width)
    columns = stride // CELL_WIDTH
    upper = frame.changed + frame.changed // columns * columns
    rows = np.sort(np.concatenate([upper, upper + columns]))
    new, old = (each.reshape(-1).view(f"V{4 * CELL_WIDTH}").take(rows).view(np.uint32) for each in (frame.packed, shown))
    in_taken = np.flatnonzero(new != old)
    positions = rows.take(in_taken // CELL_WIDTH) * CELL_WIDTH + in_taken % CELL_WIDTH
    return positions if stride == frame.width else positions[positions % stride < frame.width]


def cut_out(
    picture: NDArray[Pixel], positions: NDArray[np.integer[Any]], width: int, height: int, *, empty: int
) -> tuple[int, int, NDArray[Pixel]]:
    """Return left, top and content of the smallest rectangle with these pixels, ascending, of a picture padded like a frame's.

    It has those in short gaps between them too, and elsewhere is `empty`; its left and top are even.
    """
    stride = stride_of(width)
    positions = bridged(positions, stride, min(width, height) // GAPS_IN_SIDE)
    down, across = np.divmod(positions, stride)
    top, left = int(down.min()) & ~1, int(across.min()) & ~1
    block = np.full((int(down.max()) - top + 1, int(across.max()) - left + 1), empty, picture.dtype)
    block[down - top, across - left] = picture[positions]
    return left, top, block


def bridged(positions: NDArray[np.integer[Any]], stride: int, gap: int) -> NDArray[np.integer[Any]]:
    """Return ascending pixels, and behind them those that lie between two of a row where at most `gap` do.

    >>> bridged(np.array([3, 5, 9, 20, 22]), stride=21, gap=2).tolist()
    [3, 5, 9, 20, 22, 4]
    """
    before, after = positions[:-1], positions[1:]
    lengths = after - before - 1
    lengths[(lengths > gap) | (before // stride != after // stride)] = 0
    within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
    return np.concatenate([positions, np.repeat(before + 1, lengths) + within])
