"""Describes what stands round a race, in elements, for a size and a race, and the notes over it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import board
from optirace.drawing.elements import Formula, Panel, Rule, Text
from optirace.look.fonts import BOLD, MONO_BOLD, SANS
from optirace.look.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optirace.drawing.elements import Element, Typesetter
    from optirace.drawing.layout import Layout
    from optirace.drawing.projection import Projection
    from optirace.drawing.scales import Scales
    from optirace.look.themes import Style
    from optirace.look.timeline import Note
    from optirace.racing.engine import Result
    from optirace.surfaces import Surface


AXES = (r"\theta_1", r"\theta_2")
"""The names of the axes of the plane, in mathtext."""

NOTE, NEARLY, GAP = 23.0, 0.8, 14.0
"""Units in the type of a note, how much smaller it may be before the words take another line, and
units between it and the edge of the surface."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a frame shows."""

    position: float
    """Steps done, with the fraction of the one under way."""

    shown: int
    """The completed step whose losses are on the board."""

    places: tuple[float, ...]
    """Each racer's row of the board: 0 is the top."""

    note: Note | None = None
    """What is told over the surface."""


def printed(
    result: Result, projection: Projection, scales: Scales, plan: Layout, style: Style
) -> Iterator[Element]:
    """Describe what is there from the first frame to the last, but for the surface and the words
    over the board.
    """
    yield from projection.furniture(plan, style, 15 * plan.unit)
    yield from frame(result, plan, style)
    yield from chart(result, scales, plan, style)


def ticks(
    scales: Scales, plan: Layout, style: Style, size: float, *, has_left: bool = True
) -> Iterator[Element]:
    """Describe the ticks of the surface, with numbers of a size below it and, unless another's
    serve, left of it.
    """
    u, box, quiet = plan.unit, plan.surface, style.theme.quiet
    for value in scales.x_ticks():
        at = float(scales.x.place(np.array(value)))
        yield Rule(at, box.y1, at, box.y1 + 4 * u, quiet)
        yield Text(tick_label(value), size, quiet, at, box.y1 + 5 * u + size, 0.5)
    for value in scales.y_ticks() if has_left else ():
        at = float(scales.y.place(np.array(value)))
        yield Rule(box.x0 - 4 * u, at, box.x0, at, quiet)
        yield Text(tick_label(value), size, quiet, box.x0 - 8 * u, at + size / 3, 1.0)


def frame(result: Result, plan: Layout, style: Style) -> Iterator[Element]:
    """Describe the names of the surface's axes, the title and the formula."""
    u, box, theme, title, formula = plan.unit, plan.surface, style.theme, plan.title, plan.formula
    yield Formula(AXES[0], 21 * u, theme.text, (box.x0 + box.x1) / 2, box.y1 + 42 * u, 0.5)
    yield Formula(AXES[1], 21 * u, theme.text, 12 * u, (box.y0 + box.y1) / 2 + 18 * u)
    yield Text(style.title, 31 * u, theme.text, title.x0, title.y1 - 9 * u, 0.0, BOLD, title.width)
    top, bottom = formula.y0 - 5 * u, formula.y1 + 7 * u
    yield Formula(
        law_of(result.race.surface),
        21 * u,
        theme.quiet,
        formula.x0,
        formula.y1 - 13 * u,
        room=(formula.width, bottom - top),
        between=(top, bottom),
    )


def chart(result: Result, scales: Scales, plan: Layout, style: Style) -> Iterator[Element]:
    """Describe the axes of the loss chart, their ticks and names."""
    u, box, theme = plan.unit, plan.chart, style.theme
    size = 13 * u
    for power in scales.powers():
        at = float(scales.decade.place(np.array(float(power))))
        yield Rule(box.x0, at, box.x1, at, theme.rule)
        mathtext = rf"\mathdefault{{10^{{{power}}}}}"
        yield Formula(
            mathtext, size, theme.quiet, box.x0 - 8 * u, at + 5 * u, 1.0, power=(10, power)
        )
    for value in scales.step_ticks():
        at = float(scales.step.place(np.array(value)))
        yield Rule(at, box.y1, at, box.y1 + 4 * u, theme.quiet)
        yield Text(tick_label(value), size, theme.quiet, at, box.y1 + 18 * u, 0.5)
    yield Rule(box.x0, box.y0, box.x0, box.y1, theme.quiet)
    yield Rule(box.x0, box.y1, box.x1, box.y1, theme.quiet)
    yield Text(chart_name(result), 14.5 * u, theme.quiet, box.x0, box.y0 - 12 * u)
    yield Text("step", 14.5 * u, theme.quiet, (box.x0 + box.x1) / 2, box.y1 + 38 * u, 0.5)


def heads(result: Result, plan: Layout, style: Style, typesetter: Typesetter) -> Iterator[Element]:
    """Describe what stands over the board: the name of its numbers, and what must be said of the
    race.
    """
    remarks = board.remarks(result.race)
    u, box, quiet = plan.unit, plan.board, style.theme.quiet
    size, baseline = 14.5 * u, box.y0 - typesetter.snap(9 * u)
    yield Text("loss", size, quiet, box.x1, baseline, 1.0)
    if remarks:
        room = box.width - typesetter.width("loss", SANS, size) - 12 * u
        yield Text(remarks, size, quiet, box.x0, baseline, 0.0, SANS, room)


def counter(plan: Layout, style: Style, typesetter: Typesetter, words: str) -> Text:
    """Describe the words of the step counter."""
    u, box = plan.unit, plan.counter
    return Text(
        words, 31 * u, style.theme.text, box.x0, box.y0 + typesetter.snap(33 * u), face=MONO_BOLD
    )


def law(
    result: Result, plan: Layout, style: Style, typesetter: Typesetter, taken: float
) -> Iterator[Element]:
    """Describe the values that all racers share, right of the step counter, which takes so many
    pixels, or below it.
    """
    u, box, mathtext = plan.unit, plan.counter, board.law(result)
    if not mathtext:
        return
    is_below = box.height > 60 * u
    baseline = box.y0 + typesetter.snap(33 * u) + (typesetter.snap(34 * u) if is_below else 0.0)
    room = box.width if is_below else box.width - taken - typesetter.snap(14 * u)
    yield Formula(
        mathtext, 20 * u, style.theme.quiet, box.x1, baseline, 1.0, room=(room, box.height)
    )


def note(
    words: str, points: NDArray[np.float64], plan: Layout, style: Style, typesetter: Typesetter
) -> Panel:
    """Describe a note: low on the surface, or high if it hides fewer of the points there,
    float64[n, 2] in pixels.

    It has a line or two, and three in a narrow picture.
    """
    u, theme, surface, snap = plan.unit, style.theme, plan.surface, typesetter.snap
    size, pad, gap = NOTE * u, round(14 * u), round(GAP * u)
    room = surface.width - 2 * (pad + gap)
    words_of = broken(words, room, size, typesetter)
    fitting = typesetter.alike(words_of, SANS, size, room)
    lines = [Text(line, fitting, theme.text, 0.0, 0.0, 0.5, room=room) for line in words_of]
    leading = round(1.4 * size)
    wide, high = round(max(map(typesetter.extent, lines))) + 2 * pad, len(lines) * leading + pad
    x0 = (surface.x0 + surface.x1 - wide) // 2
    boxes = [
        Box(x0, y0, x0 + wide, y0 + high) for y0 in (surface.y1 - gap - high, surface.y0 + gap)
    ]
    box = min(boxes, key=lambda each: _hidden(each, points, gap))
    middle, top = (box.x0 + box.x1) / 2, box.y0 + pad // 2 + snap(1.03 * size)
    stood = (
        replace(line, x=middle, baseline=top + index * leading) for index, line in enumerate(lines)
    )
    return Panel(box, max(1, round(u)), theme.quiet, theme.paper, tuple(stood))


def broken(words: str, width: float, size: float, typesetter: Typesetter) -> list[str]:
    """Break words into as few lines as hold them at nearly this size within so many pixels, alike
    in length; three at most.
    """
    lines = [words]
    for most in (2, 3):
        if max(typesetter.width(line, SANS, NEARLY * size) for line in lines) <= width:
            break
        lines = next(
            told
            for length in range(len(words))
            if len(told := textwrap.wrap(words, length + 1)) <= most
        )
    return lines


def _hidden(box: Box, points: NDArray[np.float64], margin: float) -> int:
    low, high = (box.x0 - margin, box.y0 - margin), (box.x1 + margin, box.y1 + margin)
    return int(((points > low) & (points < high)).all(axis=1).sum())


def tick_label(value: float) -> str:
    """Return a tick's text, with a real minus sign."""
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")


def chart_name(result: Result) -> str:
    """Return what the chart shows: losses, above the minimum or, where none is known, above the
    lowest that a racer saw.
    """
    if result.minimum == 0.0:
        return "loss"
    return f"loss \N{MINUS SIGN} {'lowest seen' if result.minimum_from == 'seen' else 'minimum'}"


def law_of(surface: Surface) -> str:
    """Return in mathtext what a surface is, as the films show it."""
    return r"\mathcal{L}(\theta_1, \theta_2) = " + surface.formula
