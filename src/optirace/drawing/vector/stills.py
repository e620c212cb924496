"""Composes the still of a moment as the film shows it: title, surface, board and chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import board, layout, picture, scales, tracks
from optirace.drawing.projection import Plan
from optirace.drawing.vector import printer
from optirace.drawing.vector.page import Page
from optirace.drawing.vector.scene import Scene
from optirace.racing import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optirace.drawing.elements import Element
    from optirace.drawing.layout import Layout
    from optirace.drawing.picture import Moment
    from optirace.look.themes import Style
    from optirace.racing.engine import Result


def draw(result: Result, look: Style, moment: Moment) -> Page:
    """Draw a moment; unlike the film, it has no line that tells how much of it is over."""
    plan = layout.arrange(look.width, look.height, len(result.race.racers))
    axes = scales.Scales(result, plan)
    projection, sheet = Plan(axes), Page(look.width, look.height, look.theme.paper)
    scene = Scene(sheet, result, axes, plan, look)
    scene.surface()
    printer.draw(picture.printed(result, projection, axes, plan, look), sheet, plan.unit)
    scene.racers(moment.shown)
    scene.curves(moment.shown)
    printer.draw(_board(result, plan, look, moment), sheet, plan.unit)
    if moment.note is not None:
        step = moment.note.step
        heads = [each.points[min(step, each.steps)] for each in result.trajectories]
        points = np.array(tracks.placed(result, projection, [*heads, *result.minima]))
        printer.draw(
            [picture.note(moment.note.text, points, plan, look, printer.Typesetter())],
            sheet,
            plan.unit,
        )
    return sheet


def _board(result: Result, plan: Layout, look: Style, moment: Moment) -> Iterator[Element]:
    """Describe the step, what all racers share, what stands over the board, and its rows."""
    typesetter = printer.Typesetter()
    yield from picture.heads(result, plan, look, typesetter)
    label = picture.counter(
        plan, look, typesetter, f"step {moment.shown:>{max(3, len(str(result.race.steps)))}}"
    )
    yield label
    yield from picture.law(result, plan, look, typesetter, typesetter.extent(label))
    verdicts = [outcomes.verdicts(result, each) for each in result.trajectories]
    rows = board.rows(result, verdicts, moment.places, moment.shown)
    yield from board.elements(result, rows, plan, look, typesetter)
