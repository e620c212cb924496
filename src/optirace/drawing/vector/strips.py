"""Composes a strip: the surface at several steps side by side, under one formula and over one
legend, for a page of a book.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from optirace.drawing import board, layout, picture, scales
from optirace.drawing.elements import Formula, Mark, Text
from optirace.drawing.projection import Plan
from optirace.drawing.vector import page, printer
from optirace.drawing.vector.page import Page
from optirace.drawing.vector.scene import Scene
from optirace.errors import InvalidValueError
from optirace.look import fonts
from optirace.look.geometry import Box
from optirace.look.themes import LARGEST_SIDE, MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optirace.drawing.elements import Element
    from optirace.look.themes import Style
    from optirace.racing.engine import Result

UNITS = 720.0
"""Of type and lines from left to right: on a page of six inches a unit is 0.6 points, and the
smallest type has six.
"""

LEFT, RIGHT, GAP, TOP = 40.0, 10.0, 14.0, 30.0
"""Units left of the first column, right of the last, between two, and above the first row."""

LABEL, FOOT, LEGEND, LINE = 20.0, 18.0, 26.0, 18.0
"""Units that a row has for its words above and below, that there are above the legend, and in a
line of it.
"""

ASPECT = 0.8
"""How high a surface is, where it is 1 wide."""

FINE = 0.62
"""How fine trails and markers are: a surface is a third as wide as in a film, and is not to be
hidden by its racers.
"""


def draw(result: Result, look: Style, steps: Sequence[int]) -> Page:
    """Draw the surface at these steps, as wide as the look says and as high as it takes."""
    u = look.width / UNITS
    columns = columns_of(len(steps))
    rows = math.ceil(len(steps) / columns)
    wide = (UNITS - LEFT - RIGHT - (columns - 1) * GAP) / columns
    high = LABEL + ASPECT * wide + FOOT
    legend = _legend(result)
    height = 2 * math.ceil((TOP + rows * high + LEGEND + len(legend) * LINE) * u / 2)
    if height > LARGEST_SIDE:
        raise InvalidValueError(
            f"strip of {len(steps)} steps",
            f"would be {height} pixels high, more than {LARGEST_SIDE}",
            about=("strip",),
        )
    sheet = Page(look.width, height, look.theme.paper)
    printer.draw(_head(result, look, u), sheet, u)
    for index, step in enumerate(steps):
        row, column = divmod(index, columns)
        x, y = (LEFT + column * (wide + GAP)) * u, (TOP + row * high + LABEL) * u
        box = Box(round(x), round(y), round(x + wide * u), round(y + ASPECT * wide * u))
        is_last = index + columns >= len(steps)
        _panel(sheet, result, look, box, u, step, is_first=column == 0, is_last=is_last)
    printer.draw(_entries(legend, result, look, (TOP + rows * high + LEGEND) * u, u), sheet, u)
    return sheet


def columns_of(count: int) -> int:
    """Return in how many columns so many surfaces stand: four at most, and the last row as full as
    can be.

    >>> [columns_of(count) for count in (1, 3, 4, 5, 6, 8, 9)]
    [1, 3, 4, 3, 3, 4, 3]
    """
    return (
        count
        if count <= 4
        else max((4, 3), key=lambda columns: (-(-count // columns) * -columns, columns))
    )


def _head(result: Result, look: Style, u: float) -> Iterator[Element]:
    """Describe the title, and right of it the formula and what all racers share."""
    theme, baseline = look.theme, 17 * u
    title = Text(
        look.title, 15 * u, theme.text, LEFT * u, baseline, face=fonts.BOLD, room=0.45 * look.width
    )
    yield title
    taken = printer.Typesetter().extent(title) if look.title.strip() else -GAP * u
    law = r"\qquad ".join(
        filter(None, (r"\mathcal{L} = " + result.race.surface.formula, board.law(result)))
    )
    room = look.width - (LEFT + RIGHT + GAP) * u - taken, 22 * u
    yield Formula(law, 13 * u, theme.quiet, look.width - RIGHT * u, baseline, 1.0, room=room)


def _panel(
    sheet: Page,
    result: Result,
    look: Style,
    box: Box,
    u: float,
    step: int,
    *,
    is_first: bool,
    is_last: bool,
) -> None:
    usual = layout.arrange(look.width, look.height, len(result.race.racers))
    plan = dataclasses.replace(usual, unit=FINE * u, surface=box, chart=box)
    axes = scales.Scales(result, plan)
    projection = Plan(axes)
    scene = Scene(sheet, result, axes, plan, look)
    scene.surface()
    scene.racers(step)
    printer.draw(projection.furniture(plan, look, 10.5 * u, has_left=is_first), sheet, plan.unit)
    printer.draw(_names(look, box, u, step, is_first=is_first, is_last=is_last), sheet, plan.unit)


def _names(
    look: Style, box: Box, u: float, step: int, *, is_first: bool, is_last: bool
) -> Iterator[Element]:
    """Describe the words round a surface: the step, and the axes where they are not another's."""
    colour = look.theme.text
    yield Text(f"step {step}", 12.5 * u, colour, box.x0, box.y0 - 6 * u, face=fonts.BOLD)
    if is_last:
        yield Formula(
            picture.AXES[0], 13.5 * u, colour, (box.x0 + box.x1) / 2, box.y1 + 27 * u, 0.5
        )
    if is_first:
        yield Formula(picture.AXES[1], 13.5 * u, colour, 4 * u, (box.y0 + box.y1) / 2 + 12 * u)


def _legend(result: Result) -> list[list[tuple[int, str, float]]]:
    """Return the lines of the legend: of each entry the racer, its words, and where it begins, in
    units.
    """
    lines: list[list[tuple[int, str, float]]] = []
    at = UNITS
    for index, racer in enumerate(result.race.racers):
        words = "  ".join(filter(None, (racer.label, board.note(result, racer))))
        words, _ = page.fitted(words, fonts.SANS, 12.0, UNITS - LEFT - RIGHT - 16.0)
        needed = 16.0 + page.width(words, fonts.SANS, 12.0)
        if at + needed > UNITS - RIGHT:
            lines.append([])
            at = LEFT
        lines[-1].append((index, words, at))
        at += needed + 22.0
    return lines


def _entries(
    lines: list[list[tuple[int, str, float]]], result: Result, look: Style, top: float, u: float
) -> Iterator[Element]:
    """Describe the legend."""
    theme = look.theme
    for row, line in enumerate(lines):
        baseline = top + (row * LINE + 8.0) * u
        for index, words, at in line:
            style = result.race.racers[index].style
            colours = theme.racers[style], theme.paper
            yield Mark(
                list(MARKERS)[style], (at + 5.0) * u, baseline - 4.2 * u, 5.6 * u, 0.0, colours
            )
            room = (UNITS - at - 16.0 - RIGHT + 1.0) * u
            yield Text(words, 12.0 * u, theme.text, (at + 16.0) * u, baseline, room=room)
