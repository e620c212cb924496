"""Small pictures that are drawn once and stamped many times: markers, words, the star and the
ring.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import elements
from optirace.drawing.raster import rasterize
from optirace.look.geometry import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.raster.rasterize import Coverage, Packed
    from optirace.look.themes import Colour

PHASES = 2
"""Places within a pixel, along each axis, at which a gliding marker is drawn."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """Pixels with a transparency of their own, ready to be laid over others; only those that show
    at all.
    """

    offsets: NDArray[np.int64]
    """int64[n]: places after the upper left corner, in a flat buffer of rows of `stride`."""

    stride: int

    rest: NDArray[np.uint32]
    """uint32[n]: how much of what lies under it stays, of 256."""

    odd: NDArray[np.uint32]
    """Red and blue, times 256 and their share, with the rounding: what is left to do is one product
    and one sum.
    """

    even: NDArray[np.uint32]
    """Green and alpha, likewise."""

    width: int
    height: int

    def stamp(self, buffer: Packed, x: int, y: int, box: Box) -> NDArray[np.int64]:
        """Lay it over a buffer with its upper left corner at (x, y), inside a box; returns the flat
        places it touched.
        """
        index: NDArray[np.int64] = self.offsets + (y * self.stride + x)
        rest, odd, even = self.rest, self.odd, self.even
        if x < box.x0 or y < box.y0 or x + self.width > box.x1 or y + self.height > box.y1:
            rows, columns = np.divmod(self.offsets, self.stride)
            is_inside = (
                (columns >= box.x0 - x)
                & (columns < box.x1 - x)
                & (rows >= box.y0 - y)
                & (rows < box.y1 - y)
            )
            index, rest, odd, even = (
                index[is_inside],
                rest[is_inside],
                odd[is_inside],
                even[is_inside],
            )
        flat = buffer.reshape(-1)
        flat[index] = rasterize.mix(flat.take(index), rest, odd, even)
        return index


def layered(layers: list[tuple[Colour, Coverage]], stride: int) -> Sprite:
    """Make a sprite from coverages of one shape, the lowest first, for buffers with rows of
    `stride` pixels.
    """
    rest, odd, even = rasterize.prepare(layers)
    at = rows, columns = np.nonzero(rest < 256)
    height, width = rest.shape
    return Sprite(rows * stride + columns, stride, rest[at], odd[at], even[at], width, height)


def shape(
    name: str,
    size: float,
    casing: float,
    colours: tuple[Colour, Colour],
    at: tuple[float, float],
    stride: int,
) -> Sprite:
    """Draw a marker of a radius in pixels, with a casing round it; colours are its own and the
    casing's.

    `at` is where its centre lies, in pixels from the upper left corner of a sprite of
    2*margin(size, casing) + 1 pixels.
    """
    side = 2 * margin(size, casing) + 1
    patch = Box(0, 0, side, side)
    if name in ("circle", "ring"):
        x, y = np.arange(side)[None, :] + 0.5 - at[0], np.arange(side)[:, None] + 0.5 - at[1]
        distance = np.sqrt(x * x + y * y) - size
        if name == "ring":
            distance = np.abs(distance) - 0.2 * size
    else:
        distance = rasterize.distance_to(
            np.array(elements.POLYGONS[name]) * size + np.array(at), patch
        )
    core, case = (
        np.rint(np.clip(0.5 - distance + wider, 0.0, 1.0) * 255.0).astype(np.uint8)
        for wider in (0.0, casing)
    )
    return layered([(colours[1], case), (colours[0], core)], stride)


def margin(size: float, casing: float) -> int:
    """Return how many pixels a marker of this radius can reach from its centre, at any phase."""
    return math.ceil(1.2 * size + casing) + 2


class Marker:
    """A marker that can stand between pixels: drawn once for each place within one, when it is
    first needed.
    """

    def __init__(
        self,
        name: str,
        size: float,
        casing: float,
        colours: tuple[Colour, Colour],
        phases: int = PHASES,
    ) -> None:
        self._name, self._size, self._casing, self._colours, self._per_pixel = (
            name,
            size,
            casing,
            colours,
            phases,
        )
        self._margin = margin(size, casing)
        self._phases: dict[tuple[int, int], Sprite] = {}

    def stamp(self, buffer: Packed, x: float, y: float, box: Box) -> NDArray[np.int64]:
        """Lay it over a buffer with its centre at (x, y), inside a box; returns the flat places it
        touched.
        """
        parts = self._per_pixel
        fine = round(x * parts), round(y * parts)
        phase = fine[0] % parts, fine[1] % parts
        if phase not in self._phases:
            at = self._margin + phase[0] / parts, self._margin + phase[1] / parts
            self._phases[phase] = shape(
                self._name, self._size, self._casing, self._colours, at, buffer.shape[1]
            )
        left, top = fine[0] // parts - self._margin, fine[1] // parts - self._margin
        return self._phases[phase].stamp(buffer, left, top, box)
