"""The page that vectors are drawn on: lines, shapes and words at places in pixels from the upper
left corner.
"""

from __future__ import annotations

import functools
import logging
import math
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Bbox

from optirace.drawing import elements, plotting
from optirace.errors import InvalidValueError
from optirace.look import fonts
from optirace.system import turns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from optirace.look.about import About
    from optirace.look.fonts import Face
    from optirace.look.geometry import Box
    from optirace.look.themes import Colour

MATH: Face = "DejaVuSans"
"""The face of what a formula does not take from Computer Modern."""

DOT = 0.01
"""Pixels: the length of a line that is a dot, once its ends are round."""


@contextmanager
def settings() -> Iterator[None]:
    """Draw alike whatever a machine or a folder says; words stay words in a PDF, in fonts that
    printers take.
    """
    ours = {"path.simplify": False, "path.snap": False, "pdf.fonttype": 42}
    log = logging.getLogger("fontTools")
    with turns.quiet(), plotting.settings(ours):
        level = log.level
        log.setLevel(logging.ERROR)  # it wonders at the dates of Computer Modern
        try:
            yield
        finally:
            log.setLevel(level)


class Page:
    """A sheet of so many pixels, of which a PDF has 72 and an SVG 96 in an inch; what is drawn
    later lies on top.
    """

    def __init__(self, width: int, height: int, paper: Colour) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=paper)
        self._transform = Affine2D().scale(1.0, -1.0).translate(0.0, height)
        self._layers = 0

    def encoded(self, suffix: str, about: About, note: str = "") -> bytes:
        """Return the file, which says what it is about and carries a note, ASCII."""
        return plotting.encoded(self.figure, suffix, (self.width, self.height), about, note)

    def _next(self) -> int:
        self._layers += 1
        return self._layers

    def _add(self, path: Outline, clip: Box | None, **looks: Any) -> None:
        if not np.size(path.vertices):
            return
        patch = PathPatch(path, transform=self._transform, zorder=self._next(), **looks)
        self.figure.add_artist(patch)
        box = Bbox([[0, 0], [self.width, self.height]])
        if clip is not None:
            box = Bbox([[clip.x0, self.height - clip.y1], [clip.x1, self.height - clip.y0]])
        patch.set_clip_path(None)
        patch.set_clip_box(box)

    def fill(
        self, path: Outline, colour: Colour, *, clip: Box | None = None, grow: float = 0.0
    ) -> None:
        """Fill a shape, grown by so many pixels with round corners."""
        edge: dict[str, Any] = (
            {"edgecolor": colour, "linewidth": 2.0 * grow, "joinstyle": "round"}
            if grow
            else {"linewidth": 0.0}
        )
        self._add(path, clip, facecolor=colour, **edge)

    def stroke(
        self,
        path: Outline,
        radius: float,
        colour: Colour,
        *,
        alpha: float = 1.0,
        clip: Box | None = None,
        cap: str = "round",
    ) -> None:
        """Draw lines of a radius in pixels; where a path crosses itself it is no darker."""
        looks: dict[str, Any] = {
            "facecolor": "none",
            "edgecolor": colour,
            "linewidth": 2.0 * radius,
            "capstyle": cap,
            "joinstyle": "round",
        }
        self._add(path, clip, alpha=None if alpha == 1.0 else alpha, **looks)

    def rule(
        self, x0: float, y0: float, x1: float, y1: float, weight: float, colour: Colour
    ) -> None:
        """Draw a straight line with square ends."""
        self.stroke(Outline([(x0, y0), (x1, y1)]), weight / 2.0, colour, cap="butt")

    def mark(
        self,
        name: str,
        at: tuple[float, float],
        size: float,
        casing: float,
        colours: tuple[Colour, Colour],
        *,
        clip: Box | None = None,
    ) -> None:
        """Draw a marker of a radius in pixels with a casing round it; colours are its own and the
        casing's.
        """
        if name == "ring":
            circle = Outline.circle(at, size)
            for wider, colour in ((casing, colours[1]), (0.0, colours[0])):
                self.stroke(circle, 0.2 * size + wider, colour, clip=clip)
            return
        if name == "circle":
            shape = Outline.circle(at, size)
        else:
            corners = np.array(elements.POLYGONS[name]) * size + np.array(at)
            shape = Outline(np.concatenate([corners, corners[:1]]), closed=True)
        if casing:
            self.fill(shape, colours[1], clip=clip, grow=casing)
        self.fill(shape, colours[0], clip=clip)

    def write(
        self,
        words: str,
        face: Face,
        size: float,
        colour: Colour,
        x: float,
        baseline: float,
        align: float = 0.0,
    ) -> None:
        """Write a line with its left end, middle or right end (align 0, 0.5, 1) at x."""
        if words.strip():
            x -= align * width(words, face, size)
            self._write(*fonts.shown(words, face), size, colour, x, baseline, is_math=False)

    def write_math(
        self,
        mathtext: str,
        size: float,
        colour: Colour,
        x: float,
        baseline: float,
        align: float = 0.0,
    ) -> None:
        """Write mathtext (without its dollar signs) in Computer Modern."""
        if mathtext:
            x -= align * math_extent(mathtext, size)[0]
            self._write(f"${mathtext}$", MATH, size, colour, x, baseline, is_math=True)

    def _write(
        self,
        words: str,
        face: Face,
        size: float,
        colour: Colour,
        x: float,
        baseline: float,
        *,
        is_math: bool,
    ) -> None:
        looks: dict[str, Any] = {
            "ha": "left",
            "va": "baseline",
            "color": colour,
            "parse_math": is_math,
        }
        font = _font(face, size)
        self.figure.text(
            x,
            baseline,
            words,
            fontproperties=font,
            transform=self._transform,
            zorder=self._next(),
            **looks,
        )


def _font(face: Face, size: float) -> FontProperties:
    """Name the file of the font, which no font of the machine can stand in for."""
    path = Path(mpl.get_data_path(), "fonts", "ttf", f"{face}.ttf")
    return FontProperties(fname=path, size=size, math_fontfamily="cm")


@functools.lru_cache(4096)
def width(words: str, face: Face, size: float) -> float:
    """Return how many pixels a line takes."""
    words, face = fonts.shown(words, face)
    return float(
        text_to_path.get_text_width_height_descent(words, _font(face, size), ismath=False)[0]
    )


def math_extent(mathtext: str, size: float) -> tuple[float, float, float]:
    """Return the width of mathtext, its height, and how much of that lies below the baseline, in
    pixels.

    Raises InvalidValueError for what is no mathtext.
    """
    try:
        wide, tall, below = text_to_path.get_text_width_height_descent(
            f"${mathtext}$", _font(MATH, size), ismath=True
        )
    except ValueError as problem:
        reason = str(problem).strip().splitlines()[-1]
        raise InvalidValueError("formula", f"must be mathtext: {reason}", value=mathtext) from None
    return float(wide), float(tall), float(below)


def fitted(words: str, face: Face, size: float, room: float) -> tuple[str, float]:
    """Return words and a size that take at most so many pixels: smaller down to two thirds, then
    shortened.
    """
    needed = width(words, face, size)
    if needed <= room:
        return words, size
    least = size * 2 / 3
    if needed * 2 / 3 <= room:
        return words, size * room / needed
    shortened = words
    while len(words) > 1 and width(shortened, face, least) > room:
        words = words[:-1].rstrip()
        shortened = words + "\N{HORIZONTAL ELLIPSIS}"
    return shortened, least


def alike(lines: Sequence[str], face: Face, size: float, room: float) -> float:
    """Return a size for all lines, which fits as many of them as `fitted` would."""
    widest = max(width(words, face, size) for words in lines)
    return size if widest <= room else max(size * room / widest, size * 2 / 3)


def fitted_math(mathtext: str, size: float, room: float, height: float) -> float:
    """Return a size at which mathtext is not wider and not taller than so many pixels."""
    wide, tall, _ = math_extent(mathtext, size)
    return size * min(1.0, room / wide, height / tall)


def box(area: Box) -> Outline:
    """Return a rectangle."""
    x0, y0, x1, y1 = area.x0, area.y0, area.x1, area.y1
    return Outline([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], closed=True)


def line(points: NDArray[np.float64]) -> Outline:
    """Return the line through points, float64[n, 2], to a tenth of a pixel; a part that is walked
    again is left out.
    """
    grid = np.rint(points * 10.0).astype(np.int64)
    starts, ends = grid[:-1], grid[1:]
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    is_falling = (ends - starts).prod(axis=1) < 0
    _, first = np.unique(np.column_stack([low, high, is_falling]), axis=0, return_index=True)
    is_new = np.zeros(len(starts), bool)
    is_new[first] = True
    is_new &= (starts != ends).any(axis=1)
    if not is_new.any():
        return dots(points[:1])
    is_begun = is_new & ~np.insert(is_new[:-1], 0, False)
    kept = np.column_stack([is_begun, is_new]).reshape(-1)
    vertices = np.stack([starts, ends], axis=1).reshape(-1, 2)[kept] / 10.0
    codes = np.where(
        np.column_stack([is_begun, np.zeros_like(is_new)]).reshape(-1)[kept],
        Outline.MOVETO,
        Outline.LINETO,
    )
    return Outline(vertices, codes)


def dots(points: NDArray[np.float64]) -> Outline:
    """Return dots at points, float64[n, 2], to a tenth of a pixel, as lines whose round ends are
    all there is of them.
    """
    places = np.unique(np.rint(points * 10.0), axis=0) / 10.0
    vertices = np.repeat(places, 2, axis=0)
    vertices[1::2, 0] += DOT
    return Outline(vertices, np.tile([Outline.MOVETO, Outline.LINETO], len(places)))


def hairline(unit: float) -> float:
    """Return the weight of axes and ticks."""
    return float(max(1, math.floor(unit)))


def closed(corners: NDArray[np.float64]) -> Outline:
    """Return a polygon, float64[n, 2]."""
    return Outline(np.concatenate([corners, corners[:1]]), closed=True)
