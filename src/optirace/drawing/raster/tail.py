"""Keeps the last segments of a racer as one shape, and tells which pixels of it change when a
segment comes or goes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.raster.rasterize import Strokes


class Tail:
    """The union of the last so many strokes: a pixel is as near as the nearest of them says.

    A stroke that goes takes only those pixels along in which none that came later is as near. So a
    racer that bounces forever on one line, each of its strokes a thousand pixels long, changes
    nothing from step to step.
    """

    def __init__(self, size: int, most: int) -> None:
        self.near = np.zeros(size, np.uint8)
        """uint8[size]: how near the tail is to each pixel."""
        self._latest = np.zeros(size, np.uint8)
        """Which stroke was the last that came as near, by its number modulo 256."""
        self._is_asked = np.zeros(size, bool)
        self._numbers: deque[tuple[int, int]] = deque()
        """Of each stroke, the oldest first: its number modulo 256, and how many pixels it has."""
        self._index, self._nearness = np.empty(0, np.int64), np.empty(0, np.uint8)
        self._number = np.empty(0, np.uint8)
        """Pixels of the strokes, one after the other; those of the last ones lie from `begin` to
        `end`.
        """
        self._begin = self._end = 0
        self._most, self._count = most, 0

    def extend(self, strokes: list[Strokes]) -> NDArray[np.int64]:
        """Add strokes, the oldest first, let as many go as are too many, and return the pixels that
        changed.
        """
        changed: list[NDArray[np.int64]] = []
        self._count += max(0, len(strokes) - self._most)
        for stroke in strokes[-self._most :]:
            changed.append(self._add(self._count % 256, stroke))
            self._count += 1
        while len(self._numbers) > self._most:
            changed.append(self._drop(*self._numbers.popleft()))
        return np.concatenate(changed)

    def _add(self, number: int, stroke: Strokes) -> NDArray[np.int64]:
        index, nearness = stroke.index, stroke.nearness
        self._keep(number, stroke)
        before = self.near.take(index)
        self._latest[index[nearness >= before]] = number
        is_nearer = nearness > before
        changed: NDArray[np.int64] = index[is_nearer]
        self.near[changed] = nearness[is_nearer]
        return changed

    def _keep(self, number: int, stroke: Strokes) -> None:
        count = len(stroke.index)
        if self._end + count > len(self._index):
            held = slice(self._begin, self._end)
            room = 2 * (self._end - self._begin + count)
            for name in ("_index", "_nearness", "_number"):
                kept = getattr(self, name)[held]
                moved = np.empty(room, kept.dtype)
                moved[: len(kept)] = kept
                setattr(self, name, moved)
            self._begin, self._end = 0, self._end - self._begin
        fresh = slice(self._end, self._end + count)
        self._index[fresh], self._nearness[fresh], self._number[fresh] = (
            stroke.index,
            stroke.nearness,
            number,
        )
        self._end += count
        self._numbers.append((number, count))

    def _drop(self, number: int, count: int) -> NDArray[np.int64]:
        stroke = slice(self._begin, self._begin + count)
        self._begin += count
        index = self._index[stroke]
        is_lost = (self._latest.take(index) == number) & (
            self.near.take(index) == self._nearness[stroke]
        )
        lost: NDArray[np.int64] = index[is_lost]
        if not len(lost):
            return lost
        self.near[lost] = 0
        self._is_asked[lost] = True
        held = slice(self._begin, self._end)
        found = self._is_asked.take(self._index[held]).nonzero()[0]
        self._is_asked[lost] = False
        if len(found):
            index, nearness = self._index[held].take(found), self._nearness[held].take(found)
            np.maximum.at(self.near, index, nearness)
            is_nearest = nearness == self.near.take(index)
            # The ages of the strokes, from 1 for the oldest, grow where their numbers may turn
            # over.
            age = self._number[held].take(found) - np.uint8(number)
            self._latest[lost] = 0
            np.maximum.at(self._latest, index[is_nearest], age[is_nearest])
            self._latest[lost] += np.uint8(number)
        return lost
