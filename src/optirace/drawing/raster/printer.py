"""Prints described elements onto pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optirace.drawing.picture import Formula, Rule, Text
from optirace.drawing.raster import glyphs, rasterize
from optirace.look.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optirace.drawing.picture import Element
    from optirace.drawing.raster.glyphs import Run
    from optirace.drawing.raster.rasterize import Packed
    from optirace.look.fonts import Face


class Typesetter:
    """Measures words in whole pixels."""

    def width(self, words: str, face: Face, size: float) -> float:
        """Return the columns that they cover."""
        return glyphs.text(words, face, size).width

    def snap(self, length: float) -> float:
        """Return whole pixels."""
        return round(length)


def paint(elements: Iterable[Element], pixels: Packed, unit: float) -> None:
    """Print elements, the first lowest; `unit` is the layout's, which decides how thick a hairline is."""
    whole = Box(0, 0, pixels.shape[1], pixels.shape[0])
    for each in elements:
        if isinstance(each, Rule):
            box = _thin(each, unit)
            pixels[box.y0 : box.y1, box.x0 : box.x1] = rasterize.packed(each.colour)
            continue
        run = _run(each)
        if run.width:
            left, top = round(each.x - each.align * run.width), round(_baseline(each, run)) - run.baseline
            rasterize.write(pixels, run.coverage, rasterize.packed(each.colour), left, top, whole)


def _run(element: Text | Formula) -> Run:
    if isinstance(element, Text):
        if element.room is None:
            return glyphs.text(element.words, element.face, element.size)
        return glyphs.fitted(element.words, element.face, element.size, element.room)
    if element.power is not None:
        return glyphs.power(*element.power, element.size)
    if element.room is None:
        return glyphs.formula(element.mathtext, element.size)
    return glyphs.fitted_formula(element.mathtext, element.size, *element.room)


def _baseline(element: Text | Formula, run: Run) -> float:
    if not isinstance(element, Formula) or element.between is None:
        return element.baseline
    top, bottom = element.between
    below = int(run.coverage.shape[0]) - run.baseline
    return min(max(element.baseline, top + run.baseline), bottom - below)


def _thin(rule: Rule, unit: float) -> Box:
    left, top, weight = math.floor(rule.x0), math.floor(rule.y0), max(1, math.floor(unit))
    return Box(left, top, max(left + weight, math.floor(rule.x1)), max(top + weight, math.floor(rule.y1)))
