"""Keeps the last segments of a racer as one shape, and tells which pixels of it change when a segment comes or goes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.canvas.ink import Strokes


class Tail:
    """The union of the last so many strokes: a pixel is as near as the nearest of them says.

    A stroke that goes takes only those pixels along in which none that came later is as near. So a racer that bounces for ever
    on one line, each of its strokes a thousand pixels long, changes nothing from step to step.
    """

    def __init__(self, size: int, most: int) -> None:
        self.near = np.zeros(size, np.uint8)
        """uint8[size]: how near the tail is to each pixel."""
        self._latest = np.zeros(size, np.uint8)
        """Which stroke was the last that came as near, by its number modulo 256."""
        self._is_asked = np.zeros(size, bool)
        self._strokes: deque[tuple[int, Strokes, int, int]] = deque()
        """Number, stroke, and between which pixels it lies; the oldest first."""
        self._most, self._count = most, 0

    def extend(self, strokes: list[Strokes]) -> NDArray[np.int64]:
        """Add strokes, the oldest first, let as many go as are too many, and return the pixels that changed."""
        changed: list[NDArray[np.int64]] = []
        self._count += max(0, len(strokes) - self._most)
        for stroke in strokes[-self._most :]:
            number = self._count % 256
            self._count += 1
            changed.append(self._add(number, stroke))
            index = stroke.index
            self._strokes.append((number, stroke, int(index.min(initial=len(self.near))), int(index.max(initial=-1))))
        while len(self._strokes) > self._most:
            changed.append(self._drop(*self._strokes.popleft()[:2]))
        return np.concatenate(changed)

    def _add(self, number: int, stroke: Strokes) -> NDArray[np.int64]:
        index, nearness = stroke.index, stroke.nearness
        before = self.near.take(index)
        self._latest[index[nearness >= before]] = number
        is_nearer = nearness > before
        changed: NDArray[np.int64] = index[is_nearer]
        self.near[changed] = nearness[is_nearer]
        return changed

    def _drop(self, number: int, stroke: Strokes) -> NDArray[np.int64]:
        is_lost = (self._latest.take(stroke.index) == number) & (self.near.take(stroke.index) == stroke.nearness)
        lost: NDArray[np.int64] = stroke.index[is_lost]
        if not len(lost):
            return lost
        low, high = int(lost.min()), int(lost.max())
        self.near[lost] = 0
        self._is_asked[lost] = True
        for other, each, first, last in self._strokes:
            if first > high or last < low:
                continue
            found = self._is_asked.take(each.index).nonzero()[0]
            if len(found):
                index, nearness = each.index.take(found), each.nearness.take(found)
                is_nearer = nearness >= self.near.take(index)
                index = index[is_nearer]
                self.near[index] = nearness[is_nearer]
                self._latest[index] = other
        self._is_asked[lost] = False
        return lost
