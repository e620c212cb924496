"""Composes the still of a moment as the film shows it: title, surface, board and chart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import layout, picture
from optirace.drawing.raster import annotation, backdrop, scoreboard
from optirace.drawing.vector import page, printer, scene
from optirace.drawing.vector.page import Page
from optirace.look import fonts
from optirace.look.geometry import Box
from optirace.look.themes import MARKERS
from optirace.racing import outcomes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.drawing.raster import Moment
    from optirace.drawing.raster.backdrop import Scales
    from optirace.look.themes import Style
    from optirace.look.timeline import Note
    from optirace.racing.engine import Result


def draw(result: Result, look: Style, moment: Moment) -> Page:
    """Draw a moment; unlike the film, it has no line that tells how much of it is over."""
    plan = layout.arrange(look.width, look.height, len(result.race.racers))
    scales = backdrop.Scales(result, plan)
    sheet = Page(look.width, look.height, look.theme.paper)
    scene.surface(sheet, result, scales, plan, look)
    printer.draw(picture.ticks(scales, plan, look, 15 * plan.unit), sheet, plan.unit)
    printer.draw(picture.frame(result, plan, look), sheet, plan.unit)
    printer.draw(picture.chart(result, scales, plan, look), sheet, plan.unit)
    curves = scene.racers(sheet, result, scales, plan, look, moment.shown)
    _curves(sheet, result, curves, plan, look)
    _head(sheet, result, plan, look, moment.shown)
    _rows(sheet, result, plan, look, moment)
    if moment.note is not None:
        _caption(sheet, result, scales, plan, look, moment.note)
    return sheet


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
    typesetter = printer.Typesetter()
    printer.draw(picture.heads(plan, look, typesetter, scoreboard.remarks(result.race)), sheet, plan.unit)
    label = picture.counter(plan, look, typesetter, f"step {step:>{max(3, len(str(result.race.steps)))}}")
    taken = typesetter.width(label.words, label.face, label.size)
    printer.draw([label, *picture.law(plan, look, typesetter, scoreboard.law(result), taken)], sheet, plan.unit)


def _rows(sheet: Page, result: Result, plan: Layout, look: Style, moment: Moment) -> None:
    """Write each racer's row of the board."""
    box, theme, v = plan.board, look.theme, plan.unit * plan.text_scale
    left = box.x0 + 36 * v
    room = box.width - 36 * v - 9.5 * page.width("0", fonts.MONO, 20.5 * v)
    names = page.alike([each.label for each in result.race.racers], fonts.SANS, 20.5 * v, room)
    for trajectory, (name, size), place in zip(result.trajectories, names, moment.places, strict=True):
        racer, step = trajectory.racer, moment.shown
        baseline = box.y0 + (place + 0.54) * plan.row
        shape, colour = list(MARKERS)[racer.style], theme.racers[racer.style]
        sheet.mark(shape, (box.x0 + 10 * v, baseline - 7.5 * v), 10.5 * v, 0.0, (colour, theme.paper))
        sheet.write(name, fonts.SANS, size, theme.text, left, baseline)
        loss = float(trajectory.losses[step]) if step <= trajectory.steps else math.inf
        sheet.write(scoreboard.loss_text(loss), fonts.MONO, 20.5 * v, theme.text, box.x1, baseline, 1.0)
        fate = str(outcomes.verdicts(result, trajectory).at(step))
        words = "   ".join(filter(None, (scoreboard.note(result, racer), fate)))
        words, smaller = page.fitted(words, fonts.SANS, 13.5 * v, box.width - 36 * v)
        sheet.write(words, fonts.SANS, smaller, theme.quiet, left, baseline + 16.5 * v)


def _caption(sheet: Page, result: Result, scales: Scales, plan: Layout, look: Style, note: Note) -> None:
    """Lay the note over the surface, where the film has it."""
    u, theme = plan.unit, look.theme
    size, pad = annotation.SIZE * u, round(14 * u)
    printed = annotation.printed(note.text, theme, plan)
    heads = [scales.pixel(tuple(each.points[min(note.step, each.steps)])) for each in result.trajectories]
    area = annotation.place(printed, plan, np.array([*heads, *map(scales.pixel, result.minima)]))
    edge = page.hairline(u)
    sheet.fill(page.box(area), theme.quiet)
    inside = Box(area.x0 + int(edge), area.y0 + int(edge), area.x1 - int(edge), area.y1 - int(edge))
    sheet.fill(page.box(inside), theme.paper)
    room = plan.surface.width - 2 * (pad + round(annotation.GAP * u))
    lines = page.alike(annotation.broken(note.text, room, size), fonts.SANS, size, room)
    for index, (words, smaller) in enumerate(lines):
        baseline = area.y0 + pad // 2 + index * round(1.4 * size) + 1.03 * size
        sheet.write(words, fonts.SANS, smaller, theme.text, (area.x0 + area.x1) / 2, baseline, 0.5)
