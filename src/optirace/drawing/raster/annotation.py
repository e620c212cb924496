"""Lays a note over the surface, printed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import picture
from optirace.drawing.raster import printer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.drawing.raster.rasterize import Packed
    from optirace.look.geometry import Box
    from optirace.look.themes import Style
    from optirace.look.timeline import Note


class Caption:
    """Prints each note once, and lays it over frame after frame."""

    def __init__(
        self,
        style: Style,
        layout: Layout,
        paths: Sequence[NDArray[np.float64]],
        minima: Sequence[tuple[float, float]],
    ) -> None:
        """Take what is not to be hidden, in pixels: the racers' paths, float64[n + 1, 2], and the
        minima.
        """
        self._style, self._layout, self._paths, self._minima = style, layout, paths, minima
        self._printed: tuple[Note, Packed, Box] | None = None

    def lay(self, note: Note, frame: Packed) -> Box:
        """Lay a note over a frame, and return where."""
        if self._printed is None or self._printed[0] != note:
            heads = [path[min(note.step, len(path) - 1)] for path in self._paths]
            points = np.array([*heads, *self._minima])
            panel = picture.note(note.text, points, self._layout, self._style, printer.Typesetter())
            self._printed = note, printer.panel(panel), panel.box
        _, page, box = self._printed
        frame[box.y0 : box.y1, box.x0 : box.x1] = page
        return box
