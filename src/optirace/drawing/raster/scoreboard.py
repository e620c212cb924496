"""Keeps the panel of words and numbers up to date: the step, each racer's loss, place and fate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from optirace import optimizers
from optirace.drawing import picture
from optirace.drawing.raster import glyphs, printer, rasterize, sprites
from optirace.look import fonts
from optirace.look.geometry import Box
from optirace.look.themes import MARKERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from optirace.drawing.layout import Layout
    from optirace.drawing.raster.glyphs import Run
    from optirace.drawing.raster.rasterize import Packed
    from optirace.drawing.raster.sprites import Sprite
    from optirace.look.themes import Style
    from optirace.racing.engine import Race, Racer, Result
    from optirace.racing.outcomes import Verdict

_LETTERS = {"lr": r"\eta", "beta": r"\beta", "beta1": r"\beta_1", "beta2": r"\beta_2", "eps": r"\epsilon"}
_GREEK = {
    "lr": "\N{GREEK SMALL LETTER ETA}",
    "beta": "\N{GREEK SMALL LETTER BETA}",
    "eps": "\N{GREEK SMALL LETTER EPSILON}",
}
_GREEK |= {"beta1": "\N{GREEK SMALL LETTER BETA}1", "beta2": "\N{GREEK SMALL LETTER BETA}2"}


def loss_text(loss: float) -> str:
    """Write a loss in at most nine characters.

    >>> loss_text(90.0), loss_text(1.7e-29), loss_text(-1.0316285)
    ('90.000', '1.70e-29', '-1.032')
    """
    if not math.isfinite(loss):
        return "-"
    return f"{loss:.3f}" if loss == 0.0 or 1e-3 <= abs(loss) < 1e4 else f"{loss:.2e}"


class Board:
    """The words and numbers beside the race; it repaints a row when what the row says has changed."""

    def __init__(self, result: Result, style: Style, layout: Layout, backdrop: Packed, frame: Packed) -> None:
        theme = style.theme
        self._pixels, self._layout = frame, layout
        self._paper, self._text, self._quiet = map(rasterize.packed, (theme.paper, theme.text, theme.quiet))
        self._room_x0 = max(0, layout.board.x0 - math.ceil(4 * layout.unit))
        """Where the board begins with what the widest marker needs."""
        self._rise = round(0.54 * layout.row)
        """From the top of a row down to its baseline."""
        self._race = result.race
        racers = result.race.racers
        u, scale, box = layout.unit, layout.text_scale, layout.board
        lowest = glyphs.text("g_", fonts.SANS, 13.5 * u * scale)
        room = math.ceil(layout.row) - self._rise - (len(lowest.coverage) - lowest.baseline)
        self._drop = min(round(16.5 * u * scale), room)
        """From there to the baseline of the small print, of which the row cuts nothing off."""
        self._digits = glyphs.Digits(fonts.MONO, 20.5 * u * scale)
        self._counter = glyphs.Digits(fonts.MONO_BOLD, 31 * u)
        self._places = len(str(result.race.steps))
        self._markers: list[Sprite] = []
        self._notes: list[str] = []
        self._fates: dict[tuple[int, str], Run] = {}
        self._shown: list[tuple[int, str, str]] = []
        self._is_at_rest = False
        self._step = ""
        self._printed: dict[str, Packed] = {}
        """The characters of the step counter on paper, by themselves: they stand side by side and never overlap."""
        text_left = 36 * u * scale
        self._name_width = box.width - text_left - 9.5 * self._digits.advance
        self._names = glyphs.alike([racer.label for racer in racers], fonts.SANS, 20.5 * u * scale, self._name_width)
        for racer in racers:
            size = 10.5 * u * scale
            middle = float(sprites.margin(size, 0.0)) + 0.5
            colour = theme.racers[racer.style]
            name = list(MARKERS)[racer.style]
            self._markers.append(sprites.shape(name, size, 0.0, (colour, theme.paper), (middle, middle), frame.shape[1]))
            self._notes.append(note(result, racer))
        self._print_heads(result, style, backdrop)

    def _print_heads(self, result: Result, style: Style, backdrop: Packed) -> None:
        typesetter, plan = printer.Typesetter(), self._layout
        printer.paint(picture.heads(plan, style, typesetter, remarks(self._race)), backdrop, plan.unit)
        label = picture.counter(plan, style, typesetter, "step")
        printer.paint([label], backdrop, plan.unit)
        taken = round(typesetter.width(label.words, label.face, label.size)) + round(16 * plan.unit)
        left, top = plan.counter.x0 + taken, plan.counter.y0 + round(33 * plan.unit) - self._counter.ascent
        width = self._counter.advance * max(3, self._places)
        self._counter_box = Box(left, top, left + width, top + self._counter.height)
        printer.paint(picture.law(plan, style, typesetter, law(result), taken + width), backdrop, plan.unit)

    def _write(self, run: Run, colour: int, x: int, baseline: int, clip: Box, align: int = 0) -> None:
        """Write from x on, or with align 1 up to it."""
        rasterize.write(self._pixels, run.coverage, colour, x - align * run.width, baseline - run.baseline, clip)

    def count(self, step: int, mark: Callable[[Box], None]) -> None:
        """Show the step, and mark what changed."""
        shown, box, advance = f"{step:>{max(3, self._places)}}", self._counter_box, self._counter.advance
        for place, character in enumerate(shown):
            if self._step[place : place + 1] != character:
                x0 = box.x0 + place * advance
                self._pixels[box.y0 : box.y1, x0 : x0 + advance] = self._counted(character)
                mark(Box(x0, box.y0, x0 + advance, box.y1))
        self._step = shown

    def _counted(self, character: str) -> Packed:
        if character not in self._printed:
            coverage = self._counter.run(character).coverage
            self._printed[character] = rasterize.over(np.full(coverage.shape, self._paper, np.uint32), self._text, coverage)
        return self._printed[character]

    def tell(
        self, places: tuple[float, ...], losses: list[float], verdicts: list[Verdict], mark: Callable[[Box], None]
    ) -> None:
        """Show each racer's row at its place (0 is the top, fractions while it glides), and mark what changed."""
        layout = self._layout
        told: list[tuple[int, str, str]] = []
        for place, loss, verdict in zip(places, losses, verdicts, strict=True):
            top = layout.board.y0 + round(place * layout.row)
            told.append((top, loss_text(loss), str(verdict)))
        if told == self._shown:
            return
        is_at_rest = all(place.is_integer() for place in places)
        if is_at_rest and self._is_at_rest and self._shown:
            for index, (new, old) in enumerate(zip(told, self._shown, strict=True)):
                if new[2] != old[2] or new[0] != old[0]:
                    self._repaint(self._row_box(new[0]), told, mark)
                elif new != old:
                    self._repaint_loss(*told[index][:2], mark)
        else:
            for box in self._changed_boxes(told):
                self._repaint(box, told, mark)
        self._shown, self._is_at_rest = told, is_at_rest

    def _changed_boxes(self, told: list[tuple[int, str, str]]) -> list[Box]:
        """Return what must be repainted while rows pass each other, as boxes that do not overlap."""
        rows = sorted({row[0] for new, old in zip(told, self._shown or told, strict=True) if new != old for row in (new, old)})
        boxes: list[Box] = []
        for box in map(self._row_box, rows if self._shown else sorted(row[0] for row in told)):
            if boxes and box.y0 <= boxes[-1].y1:
                boxes[-1] = Box(box.x0, boxes[-1].y0, box.x1, box.y1)
            else:
                boxes.append(box)
        return boxes

    def _row_box(self, top: int) -> Box:
        return Box(self._room_x0, top, self._layout.board.x1, top + math.ceil(self._layout.row))

    def _loss_box(self, top: int) -> Box:
        right, y0 = self._layout.board.x1, top + self._rise - self._digits.ascent
        return Box(right - 9 * self._digits.advance, y0, right, y0 + self._digits.height)

    def _repaint(self, box: Box, told: list[tuple[int, str, str]], mark: Callable[[Box], None]) -> None:
        """Repaint what these rows show inside a box."""
        self._pixels[box.y0 : box.y1, box.x0 : box.x1] = self._paper
        for index, row in enumerate(told):
            if row[0] < box.y1 and row[0] + self._layout.row > box.y0:
                self._paint_row(index, *row, box)
        mark(box)

    def _repaint_loss(self, top: int, loss: str, mark: Callable[[Box], None]) -> None:
        """Repaint the loss of a row of which nothing else has changed."""
        box = self._loss_box(top)
        self._pixels[box.y0 : box.y1, box.x0 : box.x1] = self._paper
        self._write(self._digits.run(loss), self._text, box.x1, top + self._rise, box, 1)
        mark(box)

    def _paint_row(self, index: int, top: int, loss: str, fate: str, clip: Box) -> None:
        u, scale, board = self._layout.unit, self._layout.text_scale, self._layout.board
        marker, name = self._markers[index], self._names[index]
        left, baseline = board.x0 + round(36 * u * scale), top + self._rise
        x, y = (
            board.x0 + round(10 * u * scale) - marker.width // 2,
            baseline - round(7.5 * u * scale) - marker.height // 2,
        )
        marker.stamp(self._pixels, x, y, clip)
        self._write(name, self._text, left, baseline, clip)
        self._write(self._digits.run(loss), self._text, board.x1, baseline, clip, 1)
        if fate or self._notes[index]:
            self._write(self._note(index, fate), self._quiet, left, baseline + self._drop, clip)

    def _note(self, index: int, fate: str) -> Run:
        if (index, fate) not in self._fates:
            u, scale = self._layout.unit, self._layout.text_scale
            words = "   ".join(filter(None, (self._notes[index], fate)))
            room = self._layout.board.width - 36 * u * scale
            self._fates[index, fate] = glyphs.fitted(words, fonts.SANS, 13.5 * u * scale, room)
        return self._fates[index, fate]


def law(result: Result) -> str:
    """Return in mathtext what all racers share; empty where there is nothing."""
    return r"\quad ".join(f"{_LETTERS.get(key, key)} = {number(value)}" for key, value in shared(result).items())


def number(value: float) -> str:
    r"""Write a number in mathtext.

    >>> number(0.1), number(0.999), number(1e-05), number(2.5e-06)
    ('0.10', '0.999', '10^{-5}', '2.5 \\times 10^{-6}')
    """
    if 0.01 <= value < 1000 and round(value, 2) == value:
        return f"{value:.2f}"
    mantissa, _, exponent = f"{value:g}".partition("e")
    power = f"10^{{{int(exponent)}}}" if exponent else ""
    return power if power and mantissa == "1" else r" \times ".join(filter(None, (mantissa, power)))


def note(result: Result, racer: Racer) -> str:
    """Return the settings that a racer's row tells."""
    return "  ".join(f"{_GREEK.get(key, key)}={optimizers.short(value)}" for key, value in own(result, racer).items())


_TUNED = ("\N{GREEK SMALL LETTER ETA}", "\N{GREEK SMALL LETTER BETA}")
"""The letters of a rate and a beta that were tuned."""


def remarks(race: Race) -> str:
    """Return what the film must say of a race that is not the plain one."""
    told = [f"noise {race.noise:g}, seed {race.seed}"] if race.noise else []
    if race.rates_tried or race.betas_tried:
        # There is no room for what best means; the table below a race says all of it.
        letters = [letter for letter, tried in zip(_TUNED, (race.rates_tried, race.betas_tried), strict=True) if tried]
        how = "tuned" if race.betas_tried else f"best of {len(race.rates_tried)}"
        over = f", {len(race.seeds_tried)} seeds" if race.seeds_tried else ", by steps or tail loss"
        told.insert(0, f"{','.join(letters)} {how}{over}")
    return "   ".join(told)


def shared(result: Result) -> dict[str, float]:
    """Return the hyper-parameters that may stand beside the step counter: the same in every racer that has them."""
    values_of: dict[str, float] = {}
    for key in ("lr", "beta"):
        values = {optimizers.hyper(racer.optimizer).get(key) for racer in result.race.racers} - {None}
        if len(values) == 1 and isinstance(value := next(iter(values)), int | float):
            values_of[key] = float(value)
    return values_of


def own(result: Result, racer: Racer) -> dict[str, Any]:
    """Return the settings that a racer's row must tell: those in which racers differ, or that are not the usual."""
    told: dict[str, Any] = {}
    usual = optimizers.hyper(type(racer.optimizer)())
    for key, value in racer.settings.items():
        rivals = {each.settings.get(key) for each in result.race.racers} - {None}
        is_usual = value == usual.get(key)
        if len(rivals) > 1 or (key not in ("lr", "beta") and not is_usual):
            told[key] = value
    return told
