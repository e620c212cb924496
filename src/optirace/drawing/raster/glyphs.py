"""Turns words and formulas into coverage bitmaps, from the fonts that matplotlib ships."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing.raster import formulas
from optirace.look import fonts
from optirace.look.fonts import LoadFlags
from optirace.system import turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.drawing.raster.rasterize import Coverage
    from optirace.look.fonts import Face


@dataclass(frozen=True, slots=True)
class Run:
    """A line of text as it covers pixels."""

    coverage: Coverage
    """uint8[height, width]."""

    baseline: int
    """Rows of it above the baseline."""

    @property
    def width(self) -> int:
        """Pixels from end to end."""
        return int(self.coverage.shape[1])


EMPTY = Run(np.zeros((0, 0), np.uint8), 0)


def text(words: str, face: Face, size: float) -> Run:
    """Rasterise words at a size in pixels per em; a box stands for a character that no font has."""
    if not words.strip():
        return EMPTY
    words, face = fonts.shown(words, face)
    with turns.quiet():
        font = fonts.font(face)
        font.set_size(size, 72)
        font.set_text(words, flags=LoadFlags.TARGET_LIGHT)
        font.draw_glyphs_to_bitmap(antialiased=True)
        coverage = np.array(font.get_image(), np.uint8)
        return Run(coverage, coverage.shape[0] - 1 - round(font.get_descent() / 64))


def fitted(words: str, face: Face, size: float, width: float) -> Run:
    """Rasterise words that must not be wider than so many pixels: smaller down to two thirds, then
    shortened.
    """
    run = text(words, face, size)
    if run.width <= width:
        return run
    run = text(words, face, max(size * width / run.width * 0.99, size * 2 / 3))
    while run.width > width and len(words) > 1:
        words = words[:-1].rstrip()
        run = text(words + "\N{HORIZONTAL ELLIPSIS}", face, size * 2 / 3)
    return run


def alike(lines: Sequence[str], face: Face, size: float, width: float) -> float:
    """Return a size for all lines, which fits as many of them as `fitted` would."""
    widest = max(text(words, face, size).width for words in lines)
    return size if widest <= width else max(size * width / widest * 0.99, size * 2 / 3)


@functools.lru_cache(maxsize=64)
def formula(mathtext: str, size: float) -> Run:
    """Rasterise mathtext (without its dollar signs) in Computer Modern at a size in pixels per em.

    Raises InvalidValueError for what is no mathtext.
    """
    return Run(*formulas.raster(mathtext, size))


def power(base: int, exponent: int, size: float) -> Run:
    """Rasterise a power for a tick; mathtext would take fifty times as long."""
    low = text(str(base), fonts.SANS, size)
    high = text(str(exponent).replace("-", "\N{MINUS SIGN}"), fonts.SANS, size * 0.72)
    rise = round(0.45 * size)
    above = max(low.baseline, high.baseline + rise)
    coverage = np.zeros((above + round(0.3 * size), low.width + high.width), np.uint8)
    for run, left, lift in ((low, 0, 0), (high, low.width, rise)):
        top = above - lift - run.baseline
        part = run.coverage[: coverage.shape[0] - top]
        coverage[top : top + part.shape[0], left : left + run.width] = part
    return Run(coverage, above)


def fitted_formula(mathtext: str, size: float, width: float, height: float) -> Run:
    """Rasterise mathtext that must not be wider and not be taller than so many pixels."""
    run = formula(mathtext, size)
    share = min(width / run.width, height / run.coverage.shape[0])
    return run if share >= 1.0 else formula(mathtext, max(1.0, size * share * 0.98))


class Digits:
    """Fixed-width text from characters that are rasterised once: a new number costs
    microseconds.
    """

    def __init__(self, face: Face, size: float) -> None:
        self._face: Face = face
        self._size = size
        self._cells: dict[str, Coverage] = {}
        with turns.alone():
            font = fonts.font(face)
            font.set_size(size, 72)
            font.set_text("0", flags=LoadFlags.TARGET_LIGHT)
            self.advance = round(
                font.load_char(ord("0"), flags=LoadFlags.TARGET_LIGHT).linearHoriAdvance / 65536
            )
        """Pixels from one character to the next."""
        self.ascent = round(size * 0.95)
        self.height = round(size * 1.25)

    def run(self, characters: str) -> Run:
        """Return the characters side by side."""
        for character in characters:
            if character not in self._cells:
                self._cells[character] = self._cell(character)
        return Run(np.concatenate([self._cells[each] for each in characters], axis=1), self.ascent)

    def _cell(self, character: str) -> Coverage:
        cell = np.zeros((self.height, self.advance), np.uint8)
        run = text(character, self._face, self._size)
        top, left = self.ascent - run.baseline, (self.advance - run.width + 1) // 2
        source = run.coverage[max(0, -top) :, max(0, -left) :][
            : self.height - max(0, top), : self.advance - max(0, left)
        ]
        cell[max(0, top) :, max(0, left) :][: source.shape[0], : source.shape[1]] = source
        return cell
