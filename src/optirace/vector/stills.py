"""Composes the still of a moment as the film shows it: title, surface, board and chart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optirace import engine
from optirace.canvas import backdrop, board, caption, formulas, glyphs, layout
from optirace.canvas.ink import Box
from optirace.style import MARKERS
from optirace.vector import page, scene
from optirace.vector.page import Page

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.canvas import Moment
    from optirace.canvas.backdrop import Scales
    from optirace.canvas.layout import Layout
    from optirace.engine import Result
    from optirace.style import Style
    from optirace.timeline import Note


def draw(result: Result, look: Style, moment: Moment) -> Page:
    """Draw a moment; unlike the film, it has no line that tells how much of it is over."""
    plan = layout.arrange(look.width, look.height, len(result.race.racers))
    scales = backdrop.Scales(result, plan)
    sheet = Page(look.width, look.height, look.theme.paper)
    scene.surface(sheet, result, scales, plan, look)
    _frame(sheet, result, scales, plan, look)
    chart_lines(sheet, result, scales, plan, look)
    curves = scene.racers(sheet, result, scales, plan, look, moment.shown)
    _curves(sheet, result, curves, plan, look)
    _head(sheet, result, plan, look, moment.shown)
    _rows(sheet, result, plan, look, moment)
    if moment.note is not None:
        _caption(sheet, result, scales, plan, look, moment.note)
    return sheet


def _frame(sheet: Page, result: Result, scales: Scales, plan: Layout, look: Style) -> None:
    """Write what stands round the surface."""
    u, box, theme, title, formula = plan.unit, plan.surface, look.theme, plan.title, plan.formula
    scene.ticks(sheet, scales, plan, look, 15 * u)
    sheet.write_math(formulas.AXES[0], 21 * u, theme.text, (box.x0 + box.x1) / 2, box.y1 + 42 * u, 0.5)
    sheet.write_math(formulas.AXES[1], 21 * u, theme.text, 12 * u, (box.y0 + box.y1) / 2 + 18 * u)
    words, size = page.fitted(look.title, glyphs.BOLD, 31 * u, title.width)
    sheet.write(words, glyphs.BOLD, size, theme.text, title.x0, title.y1 - 9 * u)
    law = formulas.law(result.race.surface)
    top, bottom = formula.y0 - 5 * u, formula.y1 + 7 * u
    size = page.fitted_math(law, 21 * u, formula.width, bottom - top)
    _, height, below = page.math_extent(law, size)
    sheet.write_math(law, size, theme.quiet, formula.x0, min(max(formula.y1 - 13 * u, top + height - below), bottom - below))


def chart_lines(sheet: Page, result: Result, scales: Scales, plan: Layout, look: Style) -> None:
    """Draw the axes of the loss chart, their ticks and names."""
    u, box, theme = plan.unit, plan.chart, look.theme
    size, weight = 13 * u, page.hairline(u)
    half = weight / 2.0
    for power in scales.powers():
        at = float(scales.decade.place(np.array(float(power))))
        sheet.rule(box.x0, at + half, box.x1, at + half, weight, theme.rule)
        sheet.write_math(rf"\mathdefault{{10^{{{power}}}}}", size, theme.quiet, box.x0 - 8 * u, at + 5 * u, 1.0)
    for value in scales.step_ticks():
        at = float(scales.step.place(np.array(value)))
        sheet.rule(at + half, box.y1, at + half, box.y1 + 4 * u, weight, theme.quiet)
        sheet.write(backdrop.tick_label(value), glyphs.SANS, size, theme.quiet, at, box.y1 + 18 * u, 0.5)
    sheet.rule(box.x0 + half, box.y0, box.x0 + half, box.y1, weight, theme.quiet)
    sheet.rule(box.x0, box.y1 + half, box.x1, box.y1 + half, weight, theme.quiet)
    sheet.write(backdrop.chart_name(result), glyphs.SANS, 14.5 * u, theme.quiet, box.x0, box.y0 - 12 * u)
    sheet.write("step", glyphs.SANS, 14.5 * u, theme.quiet, (box.x0 + box.x1) / 2, box.y1 + 38 * u, 0.5)


def _curves(sheet: Page, result: Result, curves: list[NDArray[np.float64]], plan: Layout, look: Style) -> None:
    u, theme = plan.unit, look.theme
    styles = [each.racer.style for each in result.trajectories]
    for curve, style in zip(curves, styles, strict=True):
        sheet.stroke(page.line(curve), max(0.6, 1.15 * u), theme.racers[style])
    for curve, style in zip(curves, styles, strict=True):
        colours = theme.racers[style], theme.paper
        sheet.mark(list(MARKERS)[style], (curve[-1, 0], curve[-1, 1]), 5.0 * u, 0.7 * max(0.8, 1.5 * u), colours)


def _head(sheet: Page, result: Result, plan: Layout, look: Style, step: int) -> None:
    """Write the step, what all racers share, and what stands over the board."""
    u, counter, box, theme = plan.unit, plan.counter, plan.board, look.theme
    baseline, size = counter.y0 + 33 * u, 31 * u
    sheet.write("loss", glyphs.SANS, 14.5 * u, theme.quiet, box.x1, box.y0 - 9 * u, 1.0)
    if told := board.remarks(result.race):
        room = box.width - page.width("loss", glyphs.SANS, 14.5 * u) - 12 * u
        words, smaller = page.fitted(told, glyphs.SANS, 14.5 * u, room)
        sheet.write(words, glyphs.SANS, smaller, theme.quiet, box.x0, box.y0 - 9 * u)
    words = f"step {step:>{max(3, len(str(result.race.steps)))}}"
    sheet.write(words, glyphs.MONO_BOLD, size, theme.text, counter.x0, baseline)
    if law := board.law(result):
        is_below = counter.height > 60 * u
        room = counter.width if is_below else counter.width - page.width(words, glyphs.MONO_BOLD, size) - 14 * u
        smaller = page.fitted_math(law, 20 * u, room, counter.height)
        sheet.write_math(law, smaller, theme.quiet, counter.x1, baseline + (34 * u if is_below else 0.0), 1.0)


def _rows(sheet: Page, result: Result, plan: Layout, look: Style, moment: Moment) -> None:
    """Write each racer's row of the board."""
    box, theme, v = plan.board, look.theme, plan.unit * plan.text_scale
    left = box.x0 + 36 * v
    room = box.width - 36 * v - 9.5 * page.width("0", glyphs.MONO, 20.5 * v)
    names = page.alike([each.label for each in result.race.racers], glyphs.SANS, 20.5 * v, room)
    for trajectory, (name, size), place in zip(result.trajectories, names, moment.places, strict=True):
        racer, step = trajectory.racer, moment.shown
        baseline = box.y0 + (place + 0.54) * plan.row
        shape, colour = list(MARKERS)[racer.style], theme.racers[racer.style]
        sheet.mark(shape, (box.x0 + 10 * v, baseline - 7.5 * v), 10.5 * v, 0.0, (colour, theme.paper))
        sheet.write(name, glyphs.SANS, size, theme.text, left, baseline)
        loss = float(trajectory.losses[step]) if step <= trajectory.steps else math.inf
        sheet.write(board.loss_text(loss), glyphs.MONO, 20.5 * v, theme.text, box.x1, baseline, 1.0)
        outcome = engine.verdicts(result, trajectory).at(step)
        fate = "" if outcome.kind == "descending" else str(outcome)
        words = "   ".join(filter(None, (board.note(result, racer), fate)))
        words, smaller = page.fitted(words, glyphs.SANS, 13.5 * v, box.width - 36 * v)
        sheet.write(words, glyphs.SANS, smaller, theme.quiet, left, baseline + 16.5 * v)


def _caption(sheet: Page, result: Result, scales: Scales, plan: Layout, look: Style, note: Note) -> None:
    """Lay the note over the surface, where the film has it."""
    u, theme = plan.unit, look.theme
    size, pad = caption.SIZE * u, round(14 * u)
    printed = caption.printed(note.text, theme, plan)
    heads = [scales.pixel(tuple(each.points[min(note.step, each.steps)])) for each in result.trajectories]
    area = caption.place(printed, plan, np.array([*heads, *map(scales.pixel, result.race.surface.minima)]))
    edge = page.hairline(u)
    sheet.fill(page.box(area), theme.quiet)
    inside = Box(area.x0 + int(edge), area.y0 + int(edge), area.x1 - int(edge), area.y1 - int(edge))
    sheet.fill(page.box(inside), theme.paper)
    room = plan.surface.width - 2 * (pad + round(caption.GAP * u))
    lines = page.alike(caption.broken(note.text, room, size), glyphs.SANS, size, room)
    for index, (words, smaller) in enumerate(lines):
        baseline = area.y0 + pad // 2 + index * round(1.4 * size) + 1.03 * size
        sheet.write(words, glyphs.SANS, smaller, theme.text, (area.x0 + area.x1) / 2, baseline, 0.5)
