"""Prints described elements onto pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing.elements import Formula, Mark, Panel, Rule, Text
from optirace.drawing.raster import glyphs, rasterize, sprites
from optirace.look.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optirace.drawing.elements import Element
    from optirace.drawing.raster.glyphs import Run
    from optirace.drawing.raster.rasterize import Packed
    from optirace.look.fonts import Face


class Typesetter:
    """Measures words in whole pixels."""

    def width(self, words: str, face: Face, size: float) -> float:
        """Return the columns that they cover."""
        return glyphs.text(words, face, size).width

    def extent(self, text: Text) -> float:
        """Return the columns that they cover as they are set."""
        return run_of(text).width

    def alike(self, lines: Sequence[str], face: Face, size: float, room: float) -> float:
        """Return a size at which lines are no wider than so many columns."""
        return glyphs.alike(lines, face, size, room)

    def snap(self, length: float) -> float:
        """Return whole pixels."""
        return round(length)


def paint(elements: Iterable[Element], pixels: Packed, unit: float) -> None:
    """Print elements, the first lowest; `unit` is the layout's, which decides how thick a hairline
    is.
    """
    whole = Box(0, 0, pixels.shape[1], pixels.shape[0])
    for each in elements:
        if isinstance(each, Rule):
            box = _thin(each, unit)
            pixels[box.y0 : box.y1, box.x0 : box.x1] = rasterize.packed(each.colour)
        elif isinstance(each, Mark):
            marker(each).stamp(pixels, each.x, each.y, each.clip or whole)
        elif isinstance(each, Panel):
            box = each.box
            pixels[box.y0 : box.y1, box.x0 : box.x1] = panel(each)
        elif (run := run_of(each)).width:
            left, top = (
                round(each.x - each.align * run.width),
                round(_baseline(each, run)) - run.baseline,
            )
            rasterize.write(pixels, run.coverage, rasterize.packed(each.colour), left, top, whole)


def marker(mark: Mark, phases: int = sprites.PHASES) -> sprites.Marker:
    """Return what stamps a marker anywhere."""
    return sprites.Marker(mark.shape, mark.size, mark.casing, mark.colours, phases)


def panel(each: Panel) -> Packed:
    """Print a panel: uint32[height, width]."""
    box, edge = each.box, each.edge
    page = np.full((box.height, box.width), rasterize.packed(each.edge_colour), np.uint32)
    page[edge:-edge, edge:-edge] = rasterize.packed(each.paper)
    inside = Box(edge, edge, box.width - edge, box.height - edge)
    for line in each.lines:
        run = run_of(line)
        left, top = (box.width - run.width) // 2, round(line.baseline) - box.y0 - run.baseline
        rasterize.write(page, run.coverage, rasterize.packed(line.colour), left, top, inside)
    return page


def run_of(element: Text | Formula) -> Run:
    """Return the columns of words."""
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
    return Box(
        left, top, max(left + weight, math.floor(rule.x1)), max(top + weight, math.floor(rule.y1))
    )
