"""Composes a strip: the surface at several steps side by side, under one formula and over one legend, for a page of a book."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from optirace.drawing import layout, picture
from optirace.drawing.raster import backdrop, scoreboard
from optirace.drawing.vector import page, printer, scene
from optirace.drawing.vector.page import Page
from optirace.errors import InvalidValueError
from optirace.look import fonts
from optirace.look.geometry import Box
from optirace.look.themes import LARGEST_SIDE, MARKERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.look.themes import Style
    from optirace.racing.engine import Result

UNITS = 720.0
"""Of type and lines from left to right: on a page of six inches a unit is 0.6 points, and the smallest type has six."""

LEFT, RIGHT, GAP, TOP = 40.0, 10.0, 14.0, 30.0
"""Units left of the first column, right of the last, between two, and above the first row."""

LABEL, FOOT, LEGEND, LINE = 20.0, 18.0, 26.0, 18.0
"""Units that a row has for its words above and below, that there are above the legend, and in a line of it."""

ASPECT = 0.8
"""How high a surface is, where it is 1 wide."""

FINE = 0.62
"""How fine trails and markers are: a surface is a third as wide as in a film, and is not to be hidden by its racers."""


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
            f"strip of {len(steps)} steps", f"would be {height} pixels high, more than {LARGEST_SIDE}", about=("strip",)
        )
    sheet = Page(look.width, height, look.theme.paper)
    _write_head(sheet, result, look, u)
    for index, step in enumerate(steps):
        row, column = divmod(index, columns)
        x, y = (LEFT + column * (wide + GAP)) * u, (TOP + row * high + LABEL) * u
        box = Box(round(x), round(y), round(x + wide * u), round(y + ASPECT * wide * u))
        is_last = index + columns >= len(steps)
        _panel(sheet, result, look, box, u, step, is_first=column == 0, is_last=is_last)
    _write_legend(sheet, legend, result, look, (TOP + rows * high + LEGEND) * u, u)
    return sheet


def columns_of(count: int) -> int:
    """Return in how many columns so many surfaces stand: four at most, and the last row as full as can be.

    >>> [columns_of(count) for count in (1, 3, 4, 5, 6, 8, 9)]
    [1, 3, 4, 3, 3, 4, 3]
    """
    return count if count <= 4 else max((4, 3), key=lambda columns: (-(-count // columns) * -columns, columns))


def _write_head(sheet: Page, result: Result, look: Style, u: float) -> None:
    theme, baseline = look.theme, 17 * u
    words, size = page.fitted(look.title, fonts.BOLD, 15 * u, 0.45 * look.width)
    sheet.write(words, fonts.BOLD, size, theme.text, LEFT * u, baseline)
    taken = page.width(words, fonts.BOLD, size) if words.strip() else -GAP * u
    law = r"\qquad ".join(filter(None, (r"\mathcal{L} = " + result.race.surface.formula, scoreboard.law(result))))
    size = page.fitted_math(law, 13 * u, look.width - (LEFT + RIGHT + GAP) * u - taken, 22 * u)
    sheet.write_math(law, size, theme.quiet, look.width - RIGHT * u, baseline, 1.0)


def _panel(sheet: Page, result: Result, look: Style, box: Box, u: float, step: int, *, is_first: bool, is_last: bool) -> None:
    theme = look.theme
    usual = layout.arrange(look.width, look.height, len(result.race.racers))
    plan = dataclasses.replace(usual, unit=FINE * u, surface=box, chart=box)
    scales = backdrop.Scales(result, plan)
    scene.surface(sheet, result, scales, plan, look)
    scene.racers(sheet, result, scales, plan, look, step)
    printer.draw(picture.ticks(scales, plan, look, 10.5 * u, has_left=is_first), sheet, plan.unit)
    sheet.write(f"step {step}", fonts.BOLD, 12.5 * u, theme.text, box.x0, box.y0 - 6 * u)
    if is_last:
        sheet.write_math(r"\theta_1", 13.5 * u, theme.text, (box.x0 + box.x1) / 2, box.y1 + 27 * u, 0.5)
    if is_first:
        sheet.write_math(r"\theta_2", 13.5 * u, theme.text, 4 * u, (box.y0 + box.y1) / 2 + 12 * u)


def _legend(result: Result) -> list[list[tuple[int, str, float]]]:
    """Return the lines of the legend: of each entry the racer, its words, and where it begins, in units."""
    lines: list[list[tuple[int, str, float]]] = []
    at = UNITS
    for index, racer in enumerate(result.race.racers):
        words = "  ".join(filter(None, (racer.label, scoreboard.note(result, racer))))
        words, _ = page.fitted(words, fonts.SANS, 12.0, UNITS - LEFT - RIGHT - 16.0)
        needed = 16.0 + page.width(words, fonts.SANS, 12.0)
        if at + needed > UNITS - RIGHT:
            lines.append([])
            at = LEFT
        lines[-1].append((index, words, at))
        at += needed + 22.0
    return lines


def _write_legend(
    sheet: Page, lines: list[list[tuple[int, str, float]]], result: Result, look: Style, top: float, u: float
) -> None:
    theme = look.theme
    for row, line in enumerate(lines):
        baseline = top + (row * LINE + 8.0) * u
        for index, words, at in line:
            style = result.race.racers[index].style
            colours = theme.racers[style], theme.paper
            sheet.mark(list(MARKERS)[style], ((at + 5.0) * u, baseline - 4.2 * u), 5.6 * u, 0.0, colours)
            _, size = page.fitted(words, fonts.SANS, 12.0 * u, (UNITS - at - 16.0 - RIGHT + 1.0) * u)
            sheet.write(words, fonts.SANS, size, theme.text, (at + 16.0) * u, baseline)
