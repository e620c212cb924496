"""Paints a race onto one buffer, a few segments at a time."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import board, layout, tracks
from optirace.drawing.projection import Plan
from optirace.drawing.raster import annotation, backdrop, printer, rasterize
from optirace.drawing.raster.rasterize import Shape, Strokes
from optirace.drawing.raster.scoreboard import Board
from optirace.drawing.raster.tail import Tail
from optirace.drawing.scales import Scales
from optirace.look.frame import CELL_HEIGHT, CELL_WIDTH, Frame, stride_of
from optirace.look.geometry import Box
from optirace.racing import outcomes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.picture import Moment
    from optirace.drawing.raster import sprites
    from optirace.drawing.tracks import Track
    from optirace.look.themes import Style, Theme
    from optirace.racing.engine import Result, Trajectory

TAIL = 12
"""How many of the last steps are bright; older ones fade, so that a racer that bounces forever
hides nobody.
"""


class _Runner:
    """What the canvas keeps about one racer."""

    def __init__(self, trajectory: Trajectory, size: int) -> None:
        self.trajectory = trajectory
        self.path: NDArray[np.float64] = np.empty((0, 2))
        """float64[n + 1, 2]: its points in pixels."""
        self.curve: NDArray[np.float64] = np.empty((0, 2))
        """float64[n + 1, 2]: its losses in pixels of the chart."""
        self.velocity: NDArray[np.float64] | None = None
        """float64[n + 1, 2]: the arrow of each step in pixels."""
        self.colour = 0
        self.pen: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]] = (
            np.empty(0, np.uint32),
        ) * 3
        """uint32[256] each: what a cased line does to a pixel, by nearness; see `ink.mix`."""
        self.tail = Tail(size, tracks.TAIL)
        self.head = 0.0, 0.0
        """Where its marker stands, in pixels."""


class Canvas:
    """The film's one picture.

    What is over stays in it; only what moves is taken out and painted anew for each frame.

    Four buffers of the whole picture, whatever the length of the film: the backdrop as printed; the
    ground, which is the backdrop with all faded ink; the stage, which is the ground with the bright
    tails, and changes once a step; the frame, which is the stage with what moves. And for each
    racer two bytes a pixel: how much of its faded ink lies there, and how near its bright tail is.
    Ink is the greatest of what any segment leaves, so that painting steps in pieces or at once
    gives the same pixels, and a thousand bounces are no darker than one.
    """

    def __init__(self, result: Result, style: Style) -> None:
        race, theme = result.race, style.theme
        self._width, self._steps = style.width, race.steps
        self._page = Box(0, 0, style.width, style.height)
        self._layout = layout.arrange(style.width, style.height, len(race.racers))
        u = self._layout.unit
        self._stride = stride_of(style.width)
        self._backdrop = np.empty((style.height, self._stride), np.uint32)
        axes = Scales(result, self._layout)
        projection = Plan(axes)
        backdrop.print_on(self._backdrop, result, projection, axes, self._layout, style)
        self._frame = np.empty_like(self._backdrop)
        self._board = Board(result, style, self._layout, self._backdrop, self._frame)
        self._ground, self._stage = self._backdrop.copy(), self._backdrop.copy()
        self._frame[:] = self._backdrop

        pens = tracks.pens(u)
        self._bright = pens.tail.radius
        self._reach = self._bright + pens.casing + 0.5
        kinds = ((pen.radius, pen.opacity) for pen in (pens.trail, pens.curve, pens.dot))
        self._inks = np.concatenate([rasterize.profile(self._reach, *kind) for kind in kinds])
        """uint8[3 * 256]: what a trail, a curve and a dot leave, by nearness."""

        self._result, self._verdicts = (
            result,
            [outcomes.verdicts(result, each) for each in result.trajectories],
        )
        self._runners = [_Runner(each, self._frame.size) for each in result.trajectories]
        racers = np.arange(len(self._runners))
        self._ink_of = np.repeat([0, 256, 512], len(racers))
        self._sheet_of = np.tile(racers * self._frame.size, 3)
        self._masks = np.zeros((len(self._runners), self._frame.size), np.uint8)
        self._merger = rasterize.Merger(self._frame.size)
        self._is_stale = np.zeros(self._frame.size // CELL_WIDTH, bool)
        self._is_moving = np.zeros(self._frame.size // CELL_WIDTH, bool)
        self._is_leading = np.zeros(self._frame.size // CELL_WIDTH, bool)
        self._has_changed = np.ones(self._frame.size // CELL_WIDTH, bool)
        surface = self._layout.surface
        inside, page = (
            (surface.x0, surface.y0, surface.x1, surface.y1),
            (0, 0, self._width, style.height),
        )
        self._boxes = np.repeat([inside, inside, inside, page, inside], len(self._runners), axis=0)
        """Where each kind of line of each racer may leave ink: lead, arrow, trail, curve and
        dot.
        """
        for runner in self._runners:
            track = tracks.measured(
                runner.trajectory, result, projection, axes, surface, arrows=style.arrows
            )
            self._ready(runner, track, theme)
        worn = [each.racer.style for each in result.trajectories]
        self._heads = [printer.marker(tracks.head(each, theme, u)) for each in worn]
        self._small_heads = [
            printer.marker(tracks.leader(each, theme, u), phases=1) for each in worn
        ]
        self._exits = [
            {name: printer.marker(tracks.exit_(name, each, theme, u)) for name in tracks.OUTWARD}
            for each in worn
        ]
        marks = tracks.marks(result, projection, self._layout, style)
        self._marks = [(printer.marker(mark), (mark.x, mark.y)) for mark in marks]
        self._progress = rasterize.packed(theme.quiet)
        self._done = -1
        self._filled = 0
        self._last: Moment | None = None
        paths, minima = (
            [each.path for each in self._runners],
            tracks.placed(result, projection, result.minima),
        )
        self._caption = annotation.Caption(style, self._layout, paths, minima)

    def _ready(self, runner: _Runner, track: Track, theme: Theme) -> None:
        runner.path, runner.curve, runner.velocity = track.path, track.curve, track.velocity
        colour = theme.racers[runner.trajectory.racer.style]
        runner.colour = rasterize.packed(colour)
        casing, core = (
            rasterize.profile(self._reach, radius) for radius in (self._reach - 0.5, self._bright)
        )
        runner.pen = rasterize.prepare([(theme.paper, casing), (colour, core)])

    def paint(self, moment: Moment) -> Frame:
        """Paint a moment that is not before the last one; the frame is valid until the next
        call.
        """
        done = min(math.floor(moment.position), self._steps)
        if self._last is not None and moment.position < self._last.position:
            raise ValueError(
                f"position {moment.position} lies before {self._last.position}, which is painted"
            )
        if moment == self._last:
            return Frame(self._frame, self._width, np.empty(0, np.intp))
        self._renew(self._is_moving, self._stage)
        leads, arrows = self._ink(done, moment.position)
        if done != self._done:
            self._brighten()
            self._follow(done)
        self._compose(leads, arrows, done)
        if moment.note is not None:
            self._mark(self._caption.lay(moment.note, self._frame), self._is_moving)
        self._tell(done, moment)
        self._done, self._last = done, moment
        self._has_changed |= self._is_moving
        per_row = self._stride // CELL_WIDTH
        flags = self._has_changed.reshape(-1, CELL_HEIGHT, per_row)
        changed = np.flatnonzero(flags[:, 0] | flags[:, 1])
        self._has_changed[:] = False
        return Frame(self._frame, self._width, changed)

    def _renew(self, where: NDArray[np.bool_], source: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Copy items of 16 pixels from a buffer to the frame, and clear the flags that named
        them.
        """
        rows = where.nonzero()[0]
        self._rows(self._frame)[rows] = self._rows(source).take(rows)
        self._has_changed[rows] = True
        where[rows] = False
        return rows

    @staticmethod
    def _rows(buffer: NDArray[np.uint32]) -> NDArray[np.void]:
        """View a buffer as items of 16 pixels, which numpy moves about in one piece."""
        return buffer.reshape(-1).view("V64")

    def _mark(self, box: Box, flags: NDArray[np.bool_] | None = None) -> None:
        flags = self._has_changed if flags is None else flags
        grid = flags.reshape(-1, self._stride // CELL_WIDTH)
        grid[box.y0 : box.y1, box.x0 // CELL_WIDTH : -(-box.x1 // CELL_WIDTH)] = True

    def _stamp(self, marker: sprites.Marker, at: tuple[float, float], box: Box) -> None:
        self._is_moving[marker.stamp(self._frame, *at, box) >> 4] = True

    def _ink(self, done: int, position: float) -> tuple[list[Strokes], list[Strokes]]:
        """Measure this frame's lines and lay the completed ones into the ground; return the leads
        and the arrows.
        """
        first = self._done
        lines: tuple[list[tuple[NDArray[np.float64], NDArray[np.float64]]], ...] = (
            [],
            [],
            [],
            [],
            [],
        )
        leads, arrows, trails, curves, dots = lines
        for runner in self._runners:
            last = runner.trajectory.steps
            old, new = max(0, min(first, last)), min(done, last)
            path, curve = runner.path, runner.curve
            share = min(position, last) - new
            here = path[new : new + 1]
            head = here + (path[min(new + 1, last)] - here) * share
            runner.head = head[0, 0], head[0, 1]
            leads.append((here, head))
            velocity = runner.velocity if position <= last else None
            arrows.append(
                (head, head + velocity[new]) if velocity is not None else (here[:0], here[:0])
            )
            trails.append((path[old:new], path[old + 1 : new + 1]))
            curves.append((curve[old:new], curve[old + 1 : new + 1]))
            fresh = path[max(0, first + 1) : new + 1]
            dots.append((fresh, fresh))
        counts = [len(start) for kind in lines for start, _ in kind]
        starts, ends = (
            np.concatenate([line[end] for kind in lines for line in kind]) for end in (0, 1)
        )
        parts = rasterize.strokes(
            starts, ends, self._reach, self._boxes.repeat(counts, axis=0), self._stride
        )
        until = [0, *accumulate(counts)]
        racers = len(self._runners)
        moving = [parts.between(*bounds) for bounds in pairwise(until[: 2 * racers + 1])]
        if until[-1] > until[2 * racers]:
            self._soak(
                parts.between(until[2 * racers], until[-1]),
                [parts.ends[at] for at in until[2 * racers :]],
            )
            for runner, (begin, end) in zip(
                self._runners, pairwise(until[2 * racers : 3 * racers + 1]), strict=True
            ):
                if end > begin:
                    strokes = [parts.between(at, at + 1) for at in range(begin, end)]
                    self._is_stale[runner.tail.extend(strokes) >> 4] = True
        return moving[:racers], moving[racers:]

    def _soak(self, wet: Strokes, bounds: list[int]) -> None:
        """Leave completed lines in the racers' masks, and mix the ground anew there.

        They are the trails of all racers, their curves and their dots; `bounds` is where each of
        these begins, and the end.
        """
        lengths = np.diff(bounds)
        coverage = self._inks.take(wet.nearness + self._ink_of.repeat(lengths))
        is_wet = coverage > 0
        index = wet.index[is_wet]
        np.maximum.at(
            self._masks.reshape(-1),
            index + self._sheet_of.repeat(lengths)[is_wet],
            coverage[is_wet],
        )
        self._settle(index)

    def _settle(self, index: NDArray[np.int64]) -> None:
        """Mix the ground anew at some pixels: the backdrop, and every racer's faded ink over it."""
        pixels = self._backdrop.reshape(-1).take(index)
        for runner, mask in zip(self._runners, self._masks, strict=True):
            coverage = mask.take(index)
            if coverage.any():
                pixels = rasterize.over(pixels, runner.colour, coverage)
        self._ground.reshape(-1)[index] = pixels
        self._is_stale[index >> 4] = True

    def _brighten(self) -> None:
        """Lay the tails over the ground where ground or tails have changed."""
        stale = self._is_stale.nonzero()[0]
        self._rows(self._stage)[stale] = self._rows(self._ground).take(stale)
        for runner in self._runners:
            nearness = runner.tail.near.view(f"V{rasterize.ROW}").take(stale)
            halves = nearness.view(np.uint64).reshape(-1, 2)
            has_tail = (halves[:, 0] | halves[:, 1]) > 0
            if has_tail.any():
                self._lay(Shape(stale[has_tail], nearness[has_tail]), runner, self._stage)
        self._renew(self._is_stale, self._stage)

    def _compose(self, leads: list[Strokes], arrows: list[Strokes], done: int) -> None:
        """Lay over the stage what moves: the growing ends of the tails, star and ring, arrows, and
        the markers on top.
        """
        frame = self._frame.reshape(-1)
        for runner, lead in zip(self._runners, leads, strict=True):
            is_nearer = lead.nearness > runner.tail.near.take(lead.index)
            place, nearness = lead.index[is_nearer], lead.nearness[is_nearer]
            if len(place):
                frame[place] = rasterize.mix(
                    frame.take(place), *(effect.take(nearness) for effect in runner.pen)
                )
                self._is_moving[place >> 4] = True
        box = self._layout.surface
        for marker, at in self._marks:
            self._stamp(marker, at, self._page)
        for runner, arrow in zip(self._runners, arrows, strict=True):
            self._lay_arrow(runner, arrow, done)
        for index, runner in enumerate(self._runners):
            outward = tracks.outward(runner.head, box)
            if outward is None:
                self._stamp(self._heads[index], runner.head, self._page)
            else:
                self._stamp(
                    self._exits[index][outward], tracks.at_edge(runner.head, self._layout), box
                )

    def _lay(self, shape: Shape, runner: _Runner, buffer: NDArray[np.uint32]) -> None:
        """Lay a cased shape over a buffer."""
        nearness = shape.nearness.view(np.uint8)
        pixels = self._rows(buffer).take(shape.rows).view(np.uint32)
        rest, odd, even = (effect.take(nearness) for effect in runner.pen)
        self._rows(buffer)[shape.rows] = rasterize.mix(pixels, rest, odd, even).view("V64")

    def _lay_arrow(self, runner: _Runner, shaft: Strokes, done: int) -> None:
        if runner.velocity is None or done > runner.trajectory.steps:
            return
        corners = tracks.arrowhead(np.array(runner.head), runner.velocity[done], self._layout.unit)
        if corners is None or not len(shaft.index):
            return
        point = rasterize.polygon(
            corners, self._reach, self._layout.surface, self._stride, self._bright
        )
        shape = self._merger.merge([shaft, point])
        self._lay(shape, runner, self._frame)
        self._is_moving[shape.rows] = True

    def _follow(self, done: int) -> None:
        """Move the small markers to the ends of the curves."""
        self._renew(self._is_leading, self._stage)
        for marker, runner in zip(self._small_heads, self._runners, strict=True):
            x, y = runner.curve[min(done, runner.trajectory.steps)]
            self._is_leading[marker.stamp(self._frame, x, y, self._page) >> 4] = True
        self._has_changed |= self._is_leading

    def _tell(self, done: int, moment: Moment) -> None:
        self._board.count(done, self._mark)
        if self._last is not None and (self._last.shown, self._last.places) == (
            moment.shown,
            moment.places,
        ):
            return
        self._fill_progress(moment.shown)
        self._board.tell(
            board.rows(self._result, self._verdicts, moment.places, moment.shown), self._mark
        )

    def _fill_progress(self, step: int) -> None:
        box = self._layout.progress
        filled = round(box.width * step / self._steps)
        if filled > self._filled:
            fresh = Box(box.x0 + self._filled, box.y0, box.x0 + filled, box.y1)
            self._frame[fresh.y0 : fresh.y1, fresh.x0 : fresh.x1] = self._progress
            self._mark(fresh)
            self._filled = filled
