"""Tells what a frame adds to the picture before it, as the smallest rectangle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from optirace.look.frame import CELL_WIDTH, stride_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.look.frame import Frame

Pixel = TypeVar("Pixel", np.uint8, np.uint32)

COLOUR = np.uint32(0x00FFFFFF)
"""The bits of a pixel that are not its alpha."""

GAPS_IN_SIDE = 72
"""Between pixels that changed lie some that did not. In a row, up to this part of the picture's
shorter side are painted again as they are instead of being left transparent: more of the image
repeats, and a film is 2 to 3 % smaller. Half as many pixels do nearly as well, and so do half as
many again."""


TOGETHER = 16
"""Frames whose changes an encoder gathers before it works on them. It leaves little of the canvas
in the processor's cache, a compressor nothing: the frame that is painted after one takes a quarter
longer. More frames gain nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """The pixels in which a frame differs from the one before it; of the first frame, all."""

    positions: NDArray[np.intp]
    """intp[n]: where they are in the flat `Frame.packed`, ascending; none is padding."""

    before: NDArray[np.uint32]
    """uint32[n]: what they were, RGBA; before the first frame, 0."""

    after: NDArray[np.uint32]
    """uint32[n]: what they have become."""


@dataclass(frozen=True, slots=True)
class Place:
    """The smallest rectangle with some pixels of a picture; its left and top are even, as WebP
    asks.
    """

    left: int
    top: int
    width: int
    height: int

    of_picture: NDArray[np.intp]
    """intp[n]: where the pixels, and those in short gaps between them, are in the picture, flat and
    padded like a frame's.
    """

    of_block: NDArray[np.intp] | None
    """intp[n]: where they are in the flat rectangle; None where they are the whole of it."""

    def block(self, pixels: NDArray[Pixel], *, empty: int) -> NDArray[Pixel]:
        """Return the rectangle, [height, width], with these pixels, [n], and elsewhere `empty`."""
        if self.of_block is None:
            return pixels.reshape(self.height, self.width)
        block = np.full(self.height * self.width, empty, pixels.dtype)
        block[self.of_block] = pixels
        return block.reshape(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Patch:
    """What is laid over the picture; small for as long as it is not asked for its pixels."""

    place: Place
    colours: NDArray[np.uint32]
    """uint32[n]: of the pixels in the place, RGBA."""

    @property
    def packed(self) -> NDArray[np.uint32]:
        """uint32[height, width]: RGBA, red in the lowest byte; 0, transparent, where the picture
        stays as it is.
        """
        return self.place.block(self.colours, empty=0)


NOTHING = Patch(
    Place(0, 0, 1, 1, np.empty(0, np.intp), np.empty(0, np.intp)), np.empty(0, np.uint32)
)


class Shown:
    """The picture as it stands, for all sinks of a film together: what a frame changes is worked
    out for the first that asks.

    Whoever asks for one frame asks for every one, in their order.
    """

    def __init__(self) -> None:
        self._pixels = np.empty(0, np.uint32)
        self._latest: tuple[Frame, Change] | None = None
        self._patch: Patch | None = None

    def change(self, frame: Frame) -> Change:
        """Return what a frame changes."""
        if self._latest is None or self._latest[0] is not frame:
            change = self._first(frame) if self._latest is None else self._differing(frame)
            self._latest, self._patch = (frame, change), None
        return self._latest[1]

    def patch(self, frame: Frame) -> Patch | None:
        """Return what a frame changes, in one piece; None for one that looks like the frame
        before.
        """
        change = self.change(frame)
        if self._patch is None and len(change.positions):
            place = placed(change.positions, frame.width, len(frame.packed))
            self._patch = Patch(place, frame.packed.reshape(-1).take(place.of_picture))
        return self._patch

    @property
    def pixels(self) -> NDArray[np.uint32]:
        """uint32[height * stride]: the picture, flat and padded like a frame's."""
        return self._pixels

    def _first(self, frame: Frame) -> Change:
        self._pixels = frame.packed.flatten()
        positions = np.arange(self._pixels.size)
        if frame.width != stride_of(frame.width):
            positions = positions[positions % stride_of(frame.width) < frame.width]
        return Change(positions, np.zeros(len(positions), np.uint32), self._pixels.take(positions))

    def _differing(self, frame: Frame) -> Change:
        stride = stride_of(frame.width)
        columns = stride // CELL_WIDTH
        upper = frame.changed + frame.changed // columns * columns
        rows = np.sort(np.concatenate([upper, upper + columns]))
        source, shown = (
            each.reshape(-1).view(f"V{4 * CELL_WIDTH}") for each in (frame.packed, self._pixels)
        )
        taken = source.take(rows)
        new, old = taken.view(np.uint32), shown.take(rows).view(np.uint32)
        in_taken = np.flatnonzero(new != old)
        positions = rows.take(in_taken // CELL_WIDTH) * CELL_WIDTH + in_taken % CELL_WIDTH
        if stride != frame.width:
            is_inside = positions % stride < frame.width
            positions, in_taken = positions[is_inside], in_taken[is_inside]
        shown[rows] = taken
        return Change(positions, old.take(in_taken), new.take(in_taken))


def placed(positions: NDArray[np.intp], width: int, height: int) -> Place:
    """Return the place of these pixels, ascending and at least one, in a picture padded like a
    frame's.
    """
    stride = stride_of(width)
    rows = positions // stride
    columns = positions - rows * stride
    top, left = int(rows[0]) & ~1, int(columns.min()) & ~1
    across, down = int(columns.max()) - left + 1, int(rows[-1]) - top + 1
    if len(positions) == across * down:
        return Place(left, top, across, down, positions, None)
    of_block = (rows - top) * across + (columns - left)
    lengths = np.diff(positions) - 1
    lengths[(lengths > min(width, height) // GAPS_IN_SIDE) | (rows[1:] != rows[:-1])] = 0
    return Place(
        left, top, across, down, *(bridged(each, lengths) for each in (positions, of_block))
    )


def bridged(positions: NDArray[np.intp], lengths: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return positions, and behind them as many as `lengths` says that follow each but the last.

    >>> bridged(np.array([3, 5, 9, 20]), np.array([1, 0, 2])).tolist()
    [3, 5, 9, 20, 4, 10, 11]
    """
    within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
    return np.concatenate([positions, np.repeat(positions[:-1] + 1, lengths) + within])
