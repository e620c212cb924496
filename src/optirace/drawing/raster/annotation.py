"""Lays a note over the surface: a quiet panel of a line or two, three in a narrow picture, where it hides fewer racers."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing.raster import glyphs, rasterize
from optirace.look import fonts
from optirace.look.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.drawing.raster.rasterize import Packed
    from optirace.look.themes import Theme
    from optirace.look.timeline import Note

SIZE = 23.0
"""Of the type, in units of the layout."""

NEARLY = 0.8
"""How much smaller the type may be before the words take another line."""

GAP = 14.0
"""From the edge of the surface, likewise."""


class Caption:
    """Prints each note once, and lays it over frame after frame."""

    def __init__(
        self,
        theme: Theme,
        layout: Layout,
        paths: Sequence[NDArray[np.float64]],
        minima: Sequence[tuple[float, float]],
    ) -> None:
        """Take what is not to be hidden, in pixels: the racers' paths, float64[n + 1, 2], and the minima."""
        self._theme, self._layout, self._paths, self._minima = theme, layout, paths, minima
        self._printed: tuple[Note, Packed, Box] | None = None

    def lay(self, note: Note, frame: Packed) -> Box:
        """Lay a note over a frame, and return where."""
        if self._printed is None or self._printed[0] != note:
            page = printed(note.text, self._theme, self._layout)
            heads = [path[min(note.step, len(path) - 1)] for path in self._paths]
            self._printed = note, page, place(page, self._layout, np.array([*heads, *self._minima]))
        _, page, box = self._printed
        frame[box.y0 : box.y1, box.x0 : box.x1] = page
        return box


def printed(words: str, theme: Theme, layout: Layout) -> Packed:
    """Print words on paper with a thin edge, no wider than the surface allows: uint32[height, width]."""
    u = layout.unit
    size, pad, edge = SIZE * u, round(14 * u), max(1, round(u))
    room = layout.surface.width - 2 * (pad + round(GAP * u))
    runs = glyphs.alike(broken(words, room, size), fonts.SANS, size, room)
    leading = round(1.4 * size)
    page = np.full(
        (len(runs) * leading + pad, max(run.width for run in runs) + 2 * pad), rasterize.packed(theme.quiet), np.uint32
    )
    page[edge:-edge, edge:-edge] = rasterize.packed(theme.paper)
    inside = Box(edge, edge, page.shape[1] - edge, page.shape[0] - edge)
    for index, run in enumerate(runs):
        x, baseline = (page.shape[1] - run.width) // 2, pad // 2 + index * leading + round(1.03 * size)
        rasterize.write(page, run.coverage, rasterize.packed(theme.text), x, baseline - run.baseline, inside)
    return page


def broken(words: str, width: float, size: float) -> list[str]:
    """Break words into as few lines as hold them at nearly this size within so many pixels, alike in length; three at most."""
    lines = [words]
    for most in (2, 3):
        if max(glyphs.text(line, fonts.SANS, NEARLY * size).width for line in lines) <= width:
            break
        lines = next(told for length in range(len(words)) if len(told := textwrap.wrap(words, length + 1)) <= most)
    return lines


def place(page: Packed, layout: Layout, points: NDArray[np.float64]) -> Box:
    """Return where a page lies: low on the surface, or high if it hides fewer points there, float64[n, 2]."""
    height, width = page.shape
    surface, gap = layout.surface, round(GAP * layout.unit)
    x0 = (surface.x0 + surface.x1 - width) // 2
    boxes = [Box(x0, y0, x0 + width, y0 + height) for y0 in (surface.y1 - gap - height, surface.y0 + gap)]
    return min(boxes, key=lambda box: _hidden(box, points, gap))


def _hidden(box: Box, points: NDArray[np.float64], margin: float) -> int:
    low, high = (box.x0 - margin, box.y0 - margin), (box.x1 + margin, box.y1 + margin)
    return int(((points > low) & (points < high)).all(axis=1).sum())
