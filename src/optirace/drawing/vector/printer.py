"""Draws described elements as shapes and words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.drawing.elements import Mark, Panel, Rule, Text
from optirace.drawing.vector import page
from optirace.look.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optirace.drawing.elements import Element, Formula
    from optirace.drawing.vector.page import Page
    from optirace.look.fonts import Face


class Typesetter:
    """Measures words as shapes, which may lie anywhere."""

    def width(self, words: str, face: Face, size: float) -> float:
        """Return how many pixels they take."""
        return page.width(words, face, size)

    def extent(self, text: Text) -> float:
        """Return how many pixels they take as they are set."""
        words, size = _fitted(text)
        return page.width(words, text.face, size) if words.strip() else 0.0

    def alike(self, lines: Sequence[str], face: Face, size: float, room: float) -> float:
        """Return a size at which lines are no wider than so many pixels."""
        return page.alike(lines, face, size, room)

    def snap(self, length: float) -> float:
        """Return the length as it is."""
        return length


def draw(elements: Iterable[Element], sheet: Page, unit: float) -> None:
    """Draw elements, the first lowest; `unit` is the layout's, which decides how thick a hairline
    is.
    """
    weight = page.hairline(unit)
    for each in elements:
        if isinstance(each, Rule):
            across, down = (0.0, weight / 2.0) if each.y0 == each.y1 else (weight / 2.0, 0.0)
            sheet.rule(
                each.x0 + across,
                each.y0 + down,
                each.x1 + across,
                each.y1 + down,
                weight,
                each.colour,
            )
        elif isinstance(each, Mark):
            sheet.mark(
                each.shape, (each.x, each.y), each.size, each.casing, each.colours, clip=each.clip
            )
        elif isinstance(each, Panel):
            _lay(each, sheet, unit)
        elif isinstance(each, Text):
            words, size = _fitted(each)
            sheet.write(words, each.face, size, each.colour, each.x, each.baseline, each.align)
        else:
            _write_formula(each, sheet)


def _fitted(text: Text) -> tuple[str, float]:
    return (
        (text.words, text.size)
        if text.room is None
        else page.fitted(text.words, text.face, text.size, text.room)
    )


def _lay(panel: Panel, sheet: Page, unit: float) -> None:
    box, edge = panel.box, panel.edge
    sheet.fill(page.box(box), panel.edge_colour)
    sheet.fill(
        page.box(Box(box.x0 + edge, box.y0 + edge, box.x1 - edge, box.y1 - edge)), panel.paper
    )
    draw(panel.lines, sheet, unit)


def _write_formula(each: Formula, sheet: Page) -> None:
    size, baseline = each.size, each.baseline
    if each.room is not None:
        size = page.fitted_math(each.mathtext, size, *each.room)
    if each.between is not None:
        _, height, below = page.math_extent(each.mathtext, size)
        baseline = min(max(baseline, each.between[0] + height - below), each.between[1] - below)
    sheet.write_math(each.mathtext, size, each.colour, each.x, baseline, each.align)
