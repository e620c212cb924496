"""Describes what stands round a race, as plain data for a size and a race: words, formulas and rules, each with its place.

Lengths are pixels from the upper left corner. Whatever draws, on pixels or as shapes, draws these elements in their order; it
alone knows how wide its words are and where between two pixels a line can lie, so fitting words into a room is left to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from optirace.look.fonts import BOLD, MONO_BOLD, SANS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optirace.drawing.layout import Layout
    from optirace.drawing.raster.backdrop import Scales
    from optirace.look.fonts import Face
    from optirace.look.themes import Colour, Style
    from optirace.racing.engine import Result
    from optirace.surfaces import Surface


AXES = (r"\theta_1", r"\theta_2")
"""The names of the axes of the plane, in mathtext."""


@dataclass(frozen=True, slots=True)
class Text:
    """A line of words with its left end, middle or right end (align 0, 0.5, 1) at x."""

    words: str
    size: float
    """Pixels in an em."""

    colour: Colour
    x: float
    baseline: float
    align: float = 0.0
    face: Face = SANS
    room: float | None = None
    """As wide as it may be: words that need more are set smaller, down to two thirds, and then shortened."""


@dataclass(frozen=True, slots=True)
class Formula:
    """Mathtext in Computer Modern, placed like words."""

    mathtext: str
    size: float
    colour: Colour
    x: float
    baseline: float
    align: float = 0.0
    room: tuple[float, float] | None = None
    """As wide and as high as it may be; it is set smaller until it fits."""

    between: tuple[float, float] | None = None
    """The top and the bottom that it must stand between, wherever its baseline then is."""

    power: tuple[int, int] | None = None
    """Base and exponent, where it is a number's power."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A hairline along a row or a column of pixels, which begins at its upper left end."""

    x0: float
    y0: float
    x1: float
    y1: float
    colour: Colour


Element: TypeAlias = Text | Formula | Rule


class Typesetter(Protocol):
    """What whoever draws must answer while elements are described."""

    def width(self, words: str, face: Face, size: float) -> float:
        """Return how many pixels words take."""

    def snap(self, length: float) -> float:
        """Return a length as it can be drawn."""


def ticks(scales: Scales, plan: Layout, style: Style, size: float, *, has_left: bool = True) -> Iterator[Element]:
    """Describe the ticks of the surface, with numbers of a size below it and, unless another's serve, left of it."""
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
        yield Formula(mathtext, size, theme.quiet, box.x0 - 8 * u, at + 5 * u, 1.0, power=(10, power))
    for value in scales.step_ticks():
        at = float(scales.step.place(np.array(value)))
        yield Rule(at, box.y1, at, box.y1 + 4 * u, theme.quiet)
        yield Text(tick_label(value), size, theme.quiet, at, box.y1 + 18 * u, 0.5)
    yield Rule(box.x0, box.y0, box.x0, box.y1, theme.quiet)
    yield Rule(box.x0, box.y1, box.x1, box.y1, theme.quiet)
    yield Text(chart_name(result), 14.5 * u, theme.quiet, box.x0, box.y0 - 12 * u)
    yield Text("step", 14.5 * u, theme.quiet, (box.x0 + box.x1) / 2, box.y1 + 38 * u, 0.5)


def heads(plan: Layout, style: Style, typesetter: Typesetter, remarks: str) -> Iterator[Element]:
    """Describe what stands over the board: the name of its numbers, and what must be said of the race."""
    u, box, quiet = plan.unit, plan.board, style.theme.quiet
    size, baseline = 14.5 * u, box.y0 - typesetter.snap(9 * u)
    yield Text("loss", size, quiet, box.x1, baseline, 1.0)
    if remarks:
        room = box.width - typesetter.width("loss", SANS, size) - 12 * u
        yield Text(remarks, size, quiet, box.x0, baseline, 0.0, SANS, room)


def counter(plan: Layout, style: Style, typesetter: Typesetter, words: str) -> Text:
    """Describe the words of the step counter."""
    u, box = plan.unit, plan.counter
    return Text(words, 31 * u, style.theme.text, box.x0, box.y0 + typesetter.snap(33 * u), face=MONO_BOLD)


def law(plan: Layout, style: Style, typesetter: Typesetter, mathtext: str, taken: float) -> Iterator[Element]:
    """Describe the values that all racers share, right of the step counter, which takes so many pixels, or below it."""
    u, box = plan.unit, plan.counter
    if not mathtext:
        return
    is_below = box.height > 60 * u
    baseline = box.y0 + typesetter.snap(33 * u) + (typesetter.snap(34 * u) if is_below else 0.0)
    room = box.width if is_below else box.width - taken - typesetter.snap(14 * u)
    yield Formula(mathtext, 20 * u, style.theme.quiet, box.x1, baseline, 1.0, room=(room, box.height))


def tick_label(value: float) -> str:
    """Return a tick's text, with a real minus sign."""
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")


def chart_name(result: Result) -> str:
    """Return what the chart shows: losses, above the minimum or, where none is known, above the lowest that a racer saw."""
    if result.minimum == 0.0:
        return "loss"
    return f"loss \N{MINUS SIGN} {'lowest seen' if result.minimum_from == 'seen' else 'minimum'}"


def law_of(surface: Surface) -> str:
    """Return in mathtext what a surface is, as the films show it."""
    return r"\mathcal{L}(\theta_1, \theta_2) = " + surface.formula
