"""Chooses the colours that stand for a film, from how long each is on screen; integers
throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PINNED = 16
"""The commonest colours are kept exactly: paper, levels, text; of a small palette, half."""

PASSES = 8
"""Of weighted k-means, at most, after splitting by variance: the eighth gains 0.02 dB."""

MOVING_SHARE, STATIC_SHARE = 3, 97
"""What moves is a thousandth of the picture, and is what everybody looks at. At 10 and 90 it would
be 0.9 dB better and the whole 0.2 dB worse, at 0 and 100 it would be 1 dB worse and the whole no
better."""

WHOLE = 1 << 32
"""Weights are given in parts of this, so that sums of a weight times a square stay far below
2^63.
"""

LOG_ENTRIES = 1 << 19
NEAREST_AT_ONCE = 2048
FINE_ENOUGH = 1 << 15
"""More colours than this are first joined with their neighbours; a palette does not get better by
telling them apart.
"""


@dataclass(frozen=True, slots=True)
class Histogram:
    """The colours of a film."""

    colours: NDArray[np.uint32]
    """uint32[n]: red in the lowest byte, ascending."""

    weights: NDArray[np.int64]
    """int64[n]: shares of WHOLE, at least 1 each."""

    times: NDArray[np.int64]
    """int64[n]: how long each was on screen, in pixels times frames."""


class Tally:
    """Adds up how long pixels show a colour, and how often one takes it on, in memory that only new
    colours make grow.
    """

    def __init__(self) -> None:
        self._log = np.empty(LOG_ENTRIES, np.uint64)
        self._logged = 0
        self._colours = np.empty(0, np.uint32)
        self._sums = np.empty((2, 0), np.int64)

    def add(
        self,
        colours: NDArray[np.uint32],
        durations: NDArray[np.int32],
        is_moving: NDArray[np.bool_],
    ) -> None:
        """Count pixels that showed a colour for so many frames; `is_moving` where it was not there
        from the start.
        """
        entries = colours.astype(np.uint64) << 32 | durations.astype(np.uint64) << 1 | is_moving
        while len(entries):
            room = self._log[self._logged :]
            room[: len(entries)] = entries[: len(room)]
            self._logged += min(len(entries), len(room))
            entries = entries[len(room) :]
            if self._logged == LOG_ENTRIES:
                self._merge()

    def histogram(self) -> Histogram:
        """Return the weighted colours of everything added."""
        self._merge()
        static, moving = (_shares(part) for part in self._sums)
        total = STATIC_SHARE + MOVING_SHARE
        weights = np.maximum((static * STATIC_SHARE + moving * MOVING_SHARE) // total, 1)
        return Histogram(self._colours, weights, self._sums.sum(axis=0))

    def _merge(self) -> None:
        log = np.sort(self._log[: self._logged])
        self._logged = 0
        durations = ((log & 0xFFFFFFFF) >> 1).astype(np.int64)
        moving = (log & 1).astype(np.int64)
        colours, sums = _joined((log >> 32).astype(np.uint32), np.stack([durations, moving]))
        both = np.concatenate([self._colours, colours])
        order = np.argsort(both, kind="stable")
        self._colours, self._sums = _joined(
            both[order], np.concatenate([self._sums, sums], axis=1)[:, order]
        )


def choose(histogram: Histogram, size: int) -> NDArray[np.uint8]:
    """Return at most `size` colours, uint8[k, 3], the commonest first."""
    points, weights = _separate(histogram.colours), histogram.weights
    if len(points) <= size:
        return points[_commonest_first(weights)].astype(np.uint8)
    order = _commonest_first(weights)
    pins = min(PINNED, size // 2)
    pinned, rest = points[order[:pins]], order[pins:]
    points, weights = _coarsened(points[rest], weights[rest])
    palette = np.concatenate([pinned, _split_by_variance(points, weights, size - pins)])
    for _ in range(PASSES):
        moved = _at_means(palette, pins, points, weights)
        if (moved == palette).all():
            break
        palette = moved
    return palette.astype(np.uint8)


def nearest_of(histogram: Histogram, palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the index of the nearest colour of a palette for each colour of a film, uint8[n]."""
    return nearest(_separate(histogram.colours), palette.astype(np.int32))


def error(histogram: Histogram, palette: NDArray[np.uint8], indices: NDArray[np.uint8]) -> float:
    """Return the mean square by which a channel of a film is wrong when it is shown in these
    colours.
    """
    gaps = _separate(histogram.colours) - palette.astype(np.int32)[indices]
    total = int(((gaps * gaps).sum(axis=1) * histogram.times).sum())
    return total / (3 * max(1, int(histogram.times.sum())))


def lookup(histogram: Histogram, indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a table of all 2^24 colours, uint8, that holds these indices for those of the
    histogram.
    """
    table = np.zeros(1 << 24, np.uint8)
    table[histogram.colours] = indices
    return table


def nearest(points: NDArray[np.int32], palette: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return the index of the nearest colour of a palette for each point, the first of equals:
    uint8[n].
    """
    found = np.empty(len(points), np.uint8)
    for first in range(0, len(points), NEAREST_AT_ONCE):
        chunk = points[first : first + NEAREST_AT_ONCE]
        distance = np.zeros((len(chunk), len(palette)), np.int32)
        for channel in range(3):
            gap = chunk[:, channel, None] - palette[None, :, channel]
            gap *= gap
            distance += gap
        found[first : first + NEAREST_AT_ONCE] = distance.argmin(axis=1)
    return found


def _separate(colours: NDArray[np.uint32]) -> NDArray[np.int32]:
    return np.stack([(colours >> shift & 0xFF).astype(np.int32) for shift in (0, 8, 16)], axis=1)


def _shares(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    total = max(1, int(sums.sum()))
    # In float64: products of two of these do not fit in 64 bits. Division and rounding are the same
    # on every CPU.
    return np.floor(sums / total * WHOLE).astype(np.int64)


def _joined(
    colours: NDArray[np.uint32], sums: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Add up equal neighbours."""
    if not len(colours):
        return colours, sums
    firsts = np.flatnonzero(np.concatenate([[True], colours[1:] != colours[:-1]]))
    return colours[firsts], np.add.reduceat(sums, firsts, axis=1)


def _commonest_first(weights: NDArray[np.int64]) -> NDArray[np.intp]:
    return np.argsort(-weights, kind="stable")


def _coarsened(
    points: NDArray[np.int32], weights: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Join colours that agree in their upper bits, until there are few enough to measure each."""
    bits = 8
    while len(points) > FINE_ENOUGH:
        bits -= 1
        upper = points >> (8 - bits)
        keys = (upper[:, 0] << 16 | upper[:, 1] << 8 | upper[:, 2]).astype(np.uint32)
        order = np.argsort(keys, kind="stable")
        moments = np.concatenate([weights[None], weights * points.T])[:, order]
        _, sums = _joined(keys[order], moments)
        points, weights = np.round(sums[1:] / sums[0]).astype(np.int32).T, sums[0]
    return points, weights


def _at_means(
    palette: NDArray[np.int32], pins: int, points: NDArray[np.int32], weights: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Return the palette with each colour, but the first that are pinned, at the mean of the points
    that it is nearest to.
    """
    members = nearest(points, palette)
    # In float64, where whole numbers below 2^53 are exact.
    totals = np.bincount(members, weights, len(palette)).astype(np.int64)
    sums = [
        np.bincount(members, weights * channel, len(palette)).astype(np.int64)
        for channel in points.T
    ]
    means = (np.stack(sums, axis=1) + (totals // 2)[:, None]) // np.maximum(totals, 1)[:, None]
    is_fixed = (totals == 0) | (np.arange(len(palette)) < pins)
    return np.where(is_fixed[:, None], palette, means).astype(np.int32)


def _mean(points: NDArray[np.int32], weights: NDArray[np.int64]) -> NDArray[np.int64]:
    total = int(weights.sum())
    sums: NDArray[np.int64] = (points * weights[:, None]).sum(axis=0)
    return (sums + total // 2) // total


def _split_by_variance(
    points: NDArray[np.int32], weights: NDArray[np.int64], size: int
) -> NDArray[np.int32]:
    """Cut the box with the greatest weighted spread in two at its mean until there are `size`;
    return their means.
    """
    boxes = [_Box.of(points, weights)]
    while len(boxes) < size:
        widest = max(range(len(boxes)), key=lambda index: boxes[index].spread)
        box = boxes[widest]
        if box.spread == 0:
            break
        values = box.points[:, box.axis]
        is_below = values <= values @ box.weights // int(box.weights.sum())
        boxes[widest] = _Box.of(box.points[is_below], box.weights[is_below])
        boxes.append(_Box.of(box.points[~is_below], box.weights[~is_below]))
    return np.array([_mean(box.points, box.weights) for box in boxes], np.int32)


@dataclass(frozen=True, slots=True)
class _Box:
    points: NDArray[np.int32]
    weights: NDArray[np.int64]
    axis: int
    """The channel in which the spread is greatest."""
    spread: int
    """The weighted sum of squares round the mean along it."""

    @classmethod
    def of(cls, points: NDArray[np.int32], weights: NDArray[np.int64]) -> _Box:
        total = int(weights.sum())
        first = (points * weights[:, None]).sum(axis=0)
        second = (points * points * weights[:, None]).sum(axis=0)
        spreads = [
            int(square) - int(plain) * int(plain) // total
            for plain, square in zip(first, second, strict=True)
        ]
        axis = max(range(3), key=spreads.__getitem__)
        return cls(points, weights, axis, spreads[axis])
