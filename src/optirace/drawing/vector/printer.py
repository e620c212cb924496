"""Draws described elements as shapes and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.drawing.picture import Rule, Text
from optirace.drawing.vector import page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optirace.drawing.picture import Element, Formula
    from optirace.drawing.vector.page import Page
    from optirace.look.fonts import Face


class Typesetter:
    """Measures words as shapes, which may lie anywhere."""

    def width(self, words: str, face: Face, size: float) -> float:
        """Return how many pixels they take."""
        return page.width(words, face, size)

    def snap(self, length: float) -> float:
        """Return the length as it is."""
        return length


def draw(elements: Iterable[Element], sheet: Page, unit: float) -> None:
    """Draw elements, the first lowest; `unit` is the layout's, which decides how thick a hairline is."""
    weight = page.hairline(unit)
    for each in elements:
        if isinstance(each, Rule):
            across, down = (0.0, weight / 2.0) if each.y0 == each.y1 else (weight / 2.0, 0.0)
            sheet.rule(each.x0 + across, each.y0 + down, each.x1 + across, each.y1 + down, weight, each.colour)
        elif isinstance(each, Text):
            words, size = each.words, each.size
            if each.room is not None:
                words, size = page.fitted(words, each.face, size, each.room)
            sheet.write(words, each.face, size, each.colour, each.x, each.baseline, each.align)
        else:
            _write_formula(each, sheet)


def _write_formula(each: Formula, sheet: Page) -> None:
    size, baseline = each.size, each.baseline
    if each.room is not None:
        size = page.fitted_math(each.mathtext, size, *each.room)
    if each.between is not None:
        _, height, below = page.math_extent(each.mathtext, size)
        baseline = min(max(baseline, each.between[0] + height - below), each.between[1] - below)
    sheet.write_math(each.mathtext, size, each.colour, each.x, baseline, each.align)
