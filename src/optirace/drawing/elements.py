"""What a picture is described with, as plain data: words, formulas, rules, markers and panels, each
with its place.

Lengths are pixels from the upper left corner. Whatever draws, on pixels or as shapes, draws these
elements in their order; it alone knows how wide its words are and where between two pixels a line
can lie, so fitting words into a room is left to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from optirace.look.fonts import SANS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.look.fonts import Face
    from optirace.look.geometry import Box
    from optirace.look.themes import Colour


@dataclass(frozen=True, slots=True)
class Text:
    """A line of words with its left end, middle or right end (align 0, 0.5, 1) at x."""

    words: str
    size: float
    """Pixels in an em."""

    colour: Colour
    x: float
    baseline: float
    align: float = 0.0
    face: Face = SANS
    room: float | None = None
    """As wide as it may be: words that need more are set smaller, down to two thirds, and then
    shortened.
    """


@dataclass(frozen=True, slots=True)
class Formula:
    """Mathtext in Computer Modern, placed like words."""

    mathtext: str
    size: float
    colour: Colour
    x: float
    baseline: float
    align: float = 0.0
    room: tuple[float, float] | None = None
    """As wide and as high as it may be; it is set smaller until it fits."""

    between: tuple[float, float] | None = None
    """The top and the bottom that it must stand between, wherever its baseline then is."""

    power: tuple[int, int] | None = None
    """Base and exponent, where it is a number's power."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A hairline along a row or a column of pixels, which begins at its upper left end."""

    x0: float
    y0: float
    x1: float
    y1: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker about its middle; one of POLYGONS, a circle or a ring."""

    shape: str
    x: float
    y: float
    size: float
    """Its radius."""

    casing: float
    """How far the casing round it reaches; 0 is none."""

    colours: tuple[Colour, Colour]
    """Its own and the casing's."""

    clip: Box | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines of words on paper with a thin edge."""

    box: Box
    edge: int
    edge_colour: Colour
    paper: Colour
    lines: tuple[Text, ...]


Element: TypeAlias = Text | Formula | Rule | Mark | Panel


class Typesetter(Protocol):
    """What whoever draws must answer while elements are described."""

    def width(self, words: str, face: Face, size: float) -> float:
        """Return how many pixels words take."""

    def extent(self, text: Text) -> float:
        """Return how many pixels words take as they are set, which their room may make smaller."""

    def alike(self, lines: Sequence[str], face: Face, size: float, room: float) -> float:
        """Return a size at which as many lines as can be are no wider than their room, and that is
        not below two thirds.
        """

    def snap(self, length: float) -> float:
        """Return a length as it can be drawn."""


POLYGONS: dict[str, list[tuple[float, float]]] = {
    "square": [(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)],
    "diamond": [(0.0, -1.15), (1.15, 0.0), (0.0, 1.15), (-1.15, 0.0)],
    "triangle": [(0.0, -1.1), (1.0, 0.8), (-1.0, 0.8)],
    "triangle-down": [(0.0, 1.1), (1.0, -0.8), (-1.0, -0.8)],
    "triangle-left": [(-1.1, 0.0), (0.8, 1.0), (0.8, -1.0)],
    "triangle-right": [(1.1, 0.0), (-0.8, 1.0), (-0.8, -1.0)],
    "hourglass": [(-0.85, -1.0), (0.85, -1.0), (0.25, 0.0), (0.85, 1.0), (-0.85, 1.0), (-0.25,
    0.0)],
    "plus": [
        (-0.38, -1.1), (0.38, -1.1), (0.38, -0.38), (1.1, -0.38), (1.1, 0.38), (0.38, 0.38),
        (0.38, 1.1), (-0.38, 1.1), (-0.38, 0.38), (-1.1, 0.38), (-1.1, -0.38), (-0.38, -0.38),
    ],
}  # fmt: skip
"""Corners of the markers (x right, y down) about their middle, where the radius is 1."""


def _regular(corners: int, *, inner: float = 1.0) -> list[tuple[float, float]]:
    """Return a regular polygon, or with an inner radius a star, its first corner on top."""
    count = corners if inner == 1.0 else 2 * corners
    angles = [2.0 * math.pi * index / count for index in range(count)]
    radii = [1.15 * (inner if inner != 1.0 and index % 2 else 1.0) for index in range(count)]
    return [
        (radius * math.sin(angle), -radius * math.cos(angle))
        for radius, angle in zip(radii, angles, strict=True)
    ]


POLYGONS["pentagon"] = _regular(5)
POLYGONS["hexagon"] = _regular(6)
POLYGONS["star"] = _regular(5, inner=0.42)
POLYGONS["cross"] = [
    ((x - y) * math.sqrt(0.5), (x + y) * math.sqrt(0.5)) for x, y in POLYGONS["plus"]
]
