"""Keeps the board up to date: the step, and of each racer its place, its loss and how it stands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import board, picture
from optirace.drawing.raster import glyphs, printer, rasterize, sprites
from optirace.look import fonts
from optirace.look.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Callable

    from optirace.drawing.board import Row
    from optirace.drawing.layout import Layout
    from optirace.drawing.raster.glyphs import Run
    from optirace.drawing.raster.rasterize import Packed
    from optirace.drawing.raster.sprites import Sprite
    from optirace.look.themes import Style
    from optirace.racing.engine import Result


class Board:
    """The words and numbers beside the race; it repaints a row when what the row says has
    changed.
    """

    def __init__(
        self, result: Result, style: Style, layout: Layout, backdrop: Packed, frame: Packed
    ) -> None:
        theme = style.theme
        self._pixels, self._layout = frame, layout
        self._paper, self._text, self._quiet = map(
            rasterize.packed, (theme.paper, theme.text, theme.quiet)
        )
        self._room_x0 = max(0, layout.board.x0 - math.ceil(4 * layout.unit))
        """Where the board begins with what the widest marker needs."""
        racers, typesetter = result.race.racers, printer.Typesetter()
        self._digits = glyphs.Digits(fonts.MONO, 20.5 * layout.unit * layout.text_scale)
        self._counter = glyphs.Digits(fonts.MONO_BOLD, 31 * layout.unit)
        self._set = board.setting(layout, typesetter, self._digits.advance)
        lowest = glyphs.text("g_", fonts.SANS, self._set.small)
        room = (
            math.ceil(layout.row) - round(self._set.rise) - (len(lowest.coverage) - lowest.baseline)
        )
        self._drop = min(round(self._set.drop), room)
        """From the baseline of a row to that of its small print, of which the row cuts nothing
        off.
        """
        self._places = len(str(result.race.steps))
        self._markers: list[Sprite] = []
        self._notes: list[str] = []
        self._fates: dict[tuple[int, str], Run] = {}
        self._shown: list[tuple[int, str, str]] = []
        self._is_at_rest = False
        self._step = ""
        self._printed: dict[str, Packed] = {}
        """The characters of the step counter on paper, by themselves: they stand side by side and
        never overlap.
        """
        labels = [racer.label for racer in racers]
        size = typesetter.alike(labels, fonts.SANS, self._set.large, self._set.name_room)
        self._names = [
            glyphs.fitted(label, fonts.SANS, size, self._set.name_room) for label in labels
        ]
        for racer in racers:
            mark = board.marker(racer, style, self._set)
            middle = float(sprites.margin(mark.size, 0.0)) + 0.5
            self._markers.append(
                sprites.shape(
                    mark.shape, mark.size, 0.0, mark.colours, (middle, middle), frame.shape[1]
                )
            )
            self._notes.append(board.note(result, racer))
        self._print_heads(result, style, backdrop)

    def _print_heads(self, result: Result, style: Style, backdrop: Packed) -> None:
        typesetter, plan = printer.Typesetter(), self._layout
        printer.paint(picture.heads(result, plan, style, typesetter), backdrop, plan.unit)
        label = picture.counter(plan, style, typesetter, "step")
        printer.paint([label], backdrop, plan.unit)
        taken = round(typesetter.width(label.words, label.face, label.size)) + round(16 * plan.unit)
        left, top = (
            plan.counter.x0 + taken,
            plan.counter.y0 + round(33 * plan.unit) - self._counter.ascent,
        )
        width = self._counter.advance * max(3, self._places)
        self._counter_box = Box(left, top, left + width, top + self._counter.height)
        printer.paint(
            picture.law(result, plan, style, typesetter, taken + width), backdrop, plan.unit
        )

    def _write(
        self, run: Run, colour: int, x: int, baseline: int, clip: Box, align: int = 0
    ) -> None:
        """Write from x on, or with align 1 up to it."""
        rasterize.write(
            self._pixels, run.coverage, colour, x - align * run.width, baseline - run.baseline, clip
        )

    def count(self, step: int, mark: Callable[[Box], None]) -> None:
        """Show the step, and mark what changed."""
        shown, box, advance = (
            f"{step:>{max(3, self._places)}}",
            self._counter_box,
            self._counter.advance,
        )
        for place, character in enumerate(shown):
            if self._step[place : place + 1] != character:
                x0 = box.x0 + place * advance
                self._pixels[box.y0 : box.y1, x0 : x0 + advance] = self._counted(character)
                mark(Box(x0, box.y0, x0 + advance, box.y1))
        self._step = shown

    def _counted(self, character: str) -> Packed:
        if character not in self._printed:
            coverage = self._counter.run(character).coverage
            self._printed[character] = rasterize.over(
                np.full(coverage.shape, self._paper, np.uint32), self._text, coverage
            )
        return self._printed[character]

    def tell(self, rows: list[Row], mark: Callable[[Box], None]) -> None:
        """Show each racer's row at its place (0 is the top, fractions while it glides), and mark
        what changed.
        """
        layout = self._layout
        told = [
            (layout.board.y0 + round(row.place * layout.row), row.loss, row.remark) for row in rows
        ]
        if told == self._shown:
            return
        is_at_rest = all(row.place.is_integer() for row in rows)
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
        """Return what must be repainted while rows pass each other, as boxes that do not
        overlap.
        """
        rows = sorted(
            {
                row[0]
                for new, old in zip(told, self._shown or told, strict=True)
                if new != old
                for row in (new, old)
            }
        )
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
        right, y0 = self._layout.board.x1, round(top + self._set.rise) - self._digits.ascent
        return Box(right - 9 * self._digits.advance, y0, right, y0 + self._digits.height)

    def _repaint(
        self, box: Box, told: list[tuple[int, str, str]], mark: Callable[[Box], None]
    ) -> None:
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
        self._write(self._digits.run(loss), self._text, box.x1, round(top + self._set.rise), box, 1)
        mark(box)

    def _paint_row(self, index: int, top: int, loss: str, fate: str, clip: Box) -> None:
        box, set_ = self._layout.board, self._set
        marker, name = self._markers[index], self._names[index]
        left, baseline = round(box.x0 + set_.left), round(top + set_.rise)
        right, above, _ = set_.marker
        marker.stamp(
            self._pixels,
            round(box.x0 + right) - marker.width // 2,
            round(baseline - above) - marker.height // 2,
            clip,
        )
        self._write(name, self._text, left, baseline, clip)
        self._write(self._digits.run(loss), self._text, box.x1, baseline, clip, 1)
        if fate or self._notes[index]:
            self._write(self._note(index, fate), self._quiet, left, baseline + self._drop, clip)

    def _note(self, index: int, fate: str) -> Run:
        if (index, fate) not in self._fates:
            words = board.line(self._notes[index], fate)
            self._fates[index, fate] = glyphs.fitted(
                words, fonts.SANS, self._set.small, self._set.note_room
            )
        return self._fates[index, fate]
