"""Turns lines, dots and shapes into pixels, in numpy alone: whole numbers and IEEE arithmetic, the
same on every CPU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from optirace.look.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optirace.look.themes import Colour

Packed: TypeAlias = "NDArray[np.uint32]"
"""Pixels as opaque RGBA, red in the lowest byte."""

Coverage: TypeAlias = "NDArray[np.uint8]"

ODD = np.uint32(0x00FF00FF)
"""Red and blue of a pixel, each with room for a product above it."""

EVEN = np.uint32(0xFF00FF00)
"""Green and alpha."""

ROW = 16
"""Pixels, or bytes of coverage, that are moved as one item."""

_HALVES = np.uint32(0x00800080)


def packed(colour: Colour) -> int:
    """Return `#rrggbb` as a packed opaque pixel.

    >>> hex(packed("#d03412"))
    '0xff1234d0'
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0xFF000000 | blue << 16 | green << 8 | red


def over(under: Packed, colour: int, coverage: Coverage) -> Packed:
    """Lay a colour over pixels, as much of it as the coverage says (0 to 255); returns new pixels
    of the same shape.
    """
    share = coverage.astype(np.uint32)
    share += share >> 7
    odd = share * np.uint32(colour & 0x00FF00FF)
    odd += _HALVES
    even = share * np.uint32(colour >> 8 & 0x00FF00FF)
    even += _HALVES
    return mix(under, 256 - share, odd, even)


def mix(under: Packed, rest: Packed, odd: Packed, even: Packed) -> Packed:
    """Lay prepared colours over pixels; returns new ones.

    Two channels are mixed at once, in the 16-bit halves of a word. `rest` of 256 of a pixel stays;
    `odd` and `even` are the colour's share of its channels, times 256, with half a unit for the
    rounding.
    """
    mixed = under & ODD
    mixed *= rest
    mixed += odd
    mixed >>= 8
    mixed &= ODD
    other = under >> np.uint32(8)
    other &= ODD
    other *= rest
    other += even
    other &= EVEN
    mixed |= other
    return mixed


def prepare(layers: list[tuple[Colour, Coverage]]) -> tuple[Packed, Packed, Packed]:
    """Return `rest`, `odd` and `even` for `mix`, from coverages of one shape, the lowest layer
    first.
    """
    channels = np.zeros((3, *layers[0][1].shape))
    shown = np.zeros(layers[0][1].shape)
    for colour, coverage in layers:
        share = coverage / 255.0
        value = packed(colour)
        for channel in range(3):
            channels[channel] += share * ((value >> 8 * channel & 0xFF) - channels[channel])
        shown += share * (1.0 - shown)
    # The channels are premultiplied now: every layer was laid over black.
    red, green, blue = np.rint(channels * 256.0).astype(np.uint32)
    alpha = np.rint(shown * 256.0).astype(np.uint32)
    return 256 - alpha, red + 128 + ((blue + 128) << 16), green + 128 + ((alpha * 255 + 128) << 16)


def write(buffer: Packed, coverage: Coverage, colour: int, x: int, y: int, clip: Box) -> None:
    """Lay a line of text, or another small coverage, over a buffer with its upper left corner at
    (x, y), inside a box.
    """
    height, width = coverage.shape
    part = Box(x, y, x + width, y + height).within(clip)
    under = buffer[part.y0 : part.y1, part.x0 : part.x1]
    under[:] = over(under, colour, coverage[part.y0 - y : part.y1 - y, part.x0 - x : part.x1 - x])


@dataclass(frozen=True, slots=True)
class Strokes:
    """The pixels near some line segments: where they are, and how near."""

    index: NDArray[np.int64]
    """int64[n]: places in the flat buffer, row * stride + column; a pixel near two segments is
    named twice.
    """

    nearness: Coverage
    """uint8[n]: 255 on the line, falling to 0 at `reach` pixels from it. See `profile`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The pixels near each of some segments, one segment after the other."""

    index: NDArray[np.int64]
    nearness: Coverage
    ends: list[int]
    """Where the pixels of the first segment begin, which is 0, and where those of each segment
    end.
    """

    def __iter__(self) -> Iterator[Strokes]:
        """Yield the pixels of each segment."""
        return (self.between(at, at + 1) for at in range(len(self.ends) - 1))

    def between(self, first: int, last: int) -> Strokes:
        """Return the pixels of the segments from `first` to before `last`."""
        begin, end = self.ends[first], self.ends[last]
        return Strokes(self.index[begin:end], self.nearness[begin:end])


@dataclass(frozen=True, slots=True)
class Shape:
    """Strokes that have become one: however often they cross, a pixel is as near as the nearest
    says.
    """

    rows: NDArray[np.int64]
    """int64[n], ascending: places in the buffer seen as items of 16 pixels."""

    nearness: NDArray[np.void]
    """n items of 16 bytes."""


class Merger:
    """A blank sheet as large as the buffer, on which strokes are merged into a shape."""

    def __init__(self, size: int) -> None:
        self._near = np.zeros(size, np.uint8)
        self._is_inked = np.zeros(size // ROW, bool)

    def merge(self, parts: list[Strokes]) -> Shape:
        """Merge strokes; the sheet is blank again afterwards."""
        items = self._near.view(f"V{ROW}")
        index = np.concatenate([part.index for part in (NOTHING, *parts)])
        np.maximum.at(
            self._near, index, np.concatenate([part.nearness for part in (NOTHING, *parts)])
        )
        self._is_inked[index >> 4] = True
        rows = self._is_inked.nonzero()[0]
        nearness = items.take(rows)
        items[rows] = np.zeros((), items.dtype)
        self._is_inked[rows] = False
        return Shape(rows, nearness)


NOTHING = Strokes(np.empty(0, np.int64), np.empty(0, np.uint8))


def profile(reach: float, radius: float, opacity: float = 1.0) -> Coverage:
    """Return uint8[256]: the coverage of a line of this radius for each nearness measured with this
    reach (pixels).

    So one measurement serves the core of a line, its casing and its faded remains, each
    anti-aliased over one pixel.
    """
    distance = (255 - np.arange(256)) * (reach / 255.0)
    solid = np.clip(radius + 0.5 - distance, 0.0, 1.0) * (
        255.0 * min(1.0, 2.0 * radius + 0.2) * opacity
    )
    solid[0] = 0.0
    coverage: Coverage = np.rint(solid).astype(np.uint8)
    return coverage


def strokes(
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    reach: float,
    boxes: NDArray[np.int64],
    stride: int,
) -> Measured:
    """Measure the pixels within `reach` of each segment from starts[n, 2] to ends[n, 2] (x, y in
    pixels).

    boxes[n, 4] are the columns x0, y0, x1, y1 outside which nothing is inked. The work is
    proportional to the length of the lines, not to the rectangles round them: a segment is walked
    along its longer axis, and across it as many pixels are measured as the reach needs. A segment
    without length is a dot. All segments of a frame are measured in one call, because a call of
    numpy costs more than a short segment does.
    """
    lengths = np.zeros(len(starts) + 1, np.int64)
    seen, starts, ends = _clipped(starts, ends, reach + 1.0, boxes)
    if not len(seen):
        return Measured(NOTHING.index, NOTHING.nearness, lengths.tolist())
    boxes = boxes[seen]
    room = reach + 1.0
    is_near_edge = bool(
        (np.minimum(starts, ends) < boxes[:, :2] + room).any()
        or (np.maximum(starts, ends) > boxes[:, 2:] - room).any()
    )
    is_steep = np.abs(ends[:, 1] - starts[:, 1]) > np.abs(ends[:, 0] - starts[:, 0])
    starts[is_steep], ends[is_steep] = starts[is_steep, ::-1], ends[is_steep, ::-1]
    is_backward = ends[:, 0] < starts[:, 0]
    starts[is_backward], ends[is_backward] = ends[is_backward], starts[is_backward]
    along = ends - starts
    length = np.sqrt((along * along).sum(axis=1))
    direction = along / np.where(length > 0.0, length, 1.0)[:, None]
    direction[length == 0.0] = 1.0, 0.0

    first = np.floor(starts[:, 0] - reach).astype(np.int64)
    counts = np.ceil(ends[:, 0] + reach).astype(np.int64) - first + 1
    segment = np.repeat(np.arange(len(counts)), counts)
    major = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts - first, counts)
    half = math.sqrt(2.0) * reach
    across, forward = direction[segment, 1], direction[segment, 0]
    travel = major + 0.5 - starts[segment, 0]
    minor = np.floor(starts[segment, 1] + travel * (across / forward) - half).astype(np.int64)

    side = (minor + 0.5 - starts[segment, 1]).astype(np.float32)
    travel, across, forward = (
        travel.astype(np.float32),
        across.astype(np.float32),
        forward.astype(np.float32),
    )
    middle = (length[segment] / 2.0).astype(np.float32)
    lanes = np.arange(math.ceil(2.0 * half) + 2)[:, None]
    offset = lanes.astype(np.float32)
    beyond = offset * across
    beyond += travel * forward + side * across - middle
    np.abs(beyond, out=beyond)
    beyond -= middle
    np.maximum(beyond, np.float32(0.0), out=beyond)
    nearness = offset * forward
    nearness += side * forward - travel * across
    nearness *= nearness
    beyond *= beyond
    nearness += beyond
    np.sqrt(nearness, out=nearness)
    nearness *= np.float32(-255.0 / reach)
    nearness += np.float32(255.5)
    np.maximum(nearness, np.float32(0.0), out=nearness)
    if is_near_edge:
        low, high = np.where(is_steep, boxes[:, [0, 2]].T, boxes[:, [1, 3]].T)
        start, end = np.where(is_steep, boxes[:, [1, 3]].T, boxes[:, [0, 2]].T)
        is_inside = (major >= start[segment]) & (major < end[segment])
        is_inside = is_inside & (lanes >= low[segment] - minor) & (lanes < high[segment] - minor)
        nearness *= is_inside
    by_segment = nearness.astype(np.uint8).T.copy().reshape(-1)
    found = by_segment.nonzero()[0]
    place = found // len(lanes)
    stride_major, stride_minor = (
        np.where(is_steep, stride, 1)[segment],
        np.where(is_steep, 1, stride)[segment],
    )
    index = (major * stride_major + minor * stride_minor).take(place)
    found -= place * len(lanes)
    found *= stride_minor.take(place)
    index += found
    nearest = by_segment[by_segment > 0]
    lengths[seen + 1] = np.diff(np.searchsorted(place, np.cumsum(counts)), prepend=0)
    return Measured(index, nearest, np.cumsum(lengths).tolist())


def _clipped(
    starts: NDArray[np.float64], ends: NDArray[np.float64], margin: float, boxes: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Cut segments to their boxes with a margin (Liang & Barsky 1984); returns which are left, and
    new ends.
    """
    low, high = boxes[:, :2] - margin, boxes[:, 2:] + margin
    is_start_between = (starts >= low) & (starts <= high)
    if (is_start_between & (ends >= low) & (ends <= high)).all():
        return np.arange(len(starts)), starts.copy(), ends.copy()
    along = ends - starts
    is_parallel = along == 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        to_low, to_high = (low - starts) / along, (high - starts) / along
    enter = np.where(is_parallel, 0.0, np.minimum(to_low, to_high)).max(axis=1).clip(0.0)
    leave = np.where(is_parallel, 1.0, np.maximum(to_low, to_high)).min(axis=1).clip(None, 1.0)
    seen = np.flatnonzero((enter <= leave) & (is_start_between | ~is_parallel).all(axis=1))
    starts, along = starts[seen], along[seen]
    return seen, starts + along * enter[seen, None], starts + along * leave[seen, None]


def polygon(
    corners: NDArray[np.float64], reach: float, box: Box, stride: int, radius: float
) -> Strokes:
    """Measure a polygon with corners[n, 2] (x, y in pixels), as a shape whose edge is a line's at
    `radius`.
    """
    low = np.floor(corners.min(axis=0) - reach).astype(int)
    high = np.ceil(corners.max(axis=0) + reach).astype(int) + 1
    patch = Box(int(low[0]), int(low[1]), int(high[0]), int(high[1])).within(box)
    distance = np.maximum(distance_to(corners, patch) + radius, 0.0)
    nearness = np.clip(255.5 - distance * (255.0 / reach), 0.0, 255.0).astype(np.uint8)
    rows, columns = np.nonzero(nearness)
    index = (rows + patch.y0) * stride + columns + patch.x0
    return Strokes(index, nearness[rows, columns])


def distance_to(corners: NDArray[np.float64], patch: Box) -> NDArray[np.float64]:
    """Return the signed distance, float64[height, width], of the patch's pixel centres to a
    polygon; inside it is negative.
    """
    x = np.arange(patch.x0, patch.x1)[None, :] + 0.5
    y = np.arange(patch.y0, patch.y1)[:, None] + 0.5
    nearest = np.full((patch.height, patch.width), np.inf)
    is_inside = np.zeros(nearest.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        dx, dy = x1 - x0, y1 - y0
        share = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        gap_x, gap_y = x - x0 - share * dx, y - y0 - share * dy
        np.minimum(nearest, gap_x * gap_x + gap_y * gap_y, out=nearest)
        if y0 != y1:
            is_inside ^= ((y >= y0) != (y >= y1)) & (x < x0 + (y - y0) * (dx / dy))
    return np.asarray(np.where(is_inside, -1.0, 1.0) * np.sqrt(nearest))
