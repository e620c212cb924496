"""Paints a race onto one buffer, a few segments at a time."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optirace import engine
from optirace.canvas import ink, layout, sprites
from optirace.canvas.backdrop import Backdrop
from optirace.canvas.board import Board
from optirace.canvas.ink import Box, Shape, Strokes
from optirace.frame import CELL_HEIGHT, CELL_WIDTH, Frame, stride_of
from optirace.style import MARKERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.engine import Result, Trajectory
    from optirace.style import Style

TAIL = 12
"""How many of the last steps are bright; older ones fade, so that a racer that bounces for ever hides nobody."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a frame shows."""

    position: float
    """Steps done, with the fraction of the one under way."""

    shown: int
    """The completed step whose losses are on the board."""

    places: tuple[float, ...]
    """Each racer's row of the board: 0 is the top."""


class _Runner:
    """What the canvas keeps about one racer."""

    def __init__(self, trajectory: Trajectory, verdicts: engine.Verdicts) -> None:
        self.trajectory, self.verdicts = trajectory, verdicts
        self.path: NDArray[np.float64] = np.empty((0, 2))
        """float64[n + 1, 2]: its points in pixels."""
        self.curve: NDArray[np.float64] = np.empty((0, 2))
        """float64[n + 1, 2]: its losses in pixels of the chart."""
        self.velocity: NDArray[np.float64] | None = None
        """float64[n + 1, 2]: the arrow of each step in pixels."""
        self.colour = 0
        self.pen: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]] = (np.empty(0, np.uint32),) * 3
        """uint32[256] each: what a cased line does to a pixel, by nearness; see `ink.mix`."""
        self.tail: deque[Strokes] = deque(maxlen=TAIL)
        """Its last completed segments ..."""
        self.shape: Shape | None = None
        """... merged."""
        self.lead, self.arrow = ink.NOTHING, ink.NOTHING


class Canvas:
    """The film's one picture. What is over stays in it; only what moves is taken out and painted anew for each frame.

    Four buffers of the whole picture, whatever the length of the film: the backdrop as printed; the ground, which is the
    backdrop with all faded ink; the frame, which is the ground with what moves; and for each racer one byte a pixel, how
    much of its faded ink lies there. Ink is the greatest of what any segment leaves, so that painting steps in pieces or
    at once, in any order, gives the same pixels, and a thousand bounces are no darker than one.
    """

    def __init__(self, result: Result, style: Style) -> None:
        race, theme = result.race, style.theme
        self._width, self._steps = style.width, race.steps
        self._layout = layout.arrange(style.width, style.height, len(race.racers))
        u = self._layout.unit
        self._stride = stride_of(style.width)
        self._backdrop = np.empty((style.height, self._stride), np.uint32)
        axes = Backdrop(result, style, self._layout, self._backdrop)
        self._frame = np.empty_like(self._backdrop)
        self._board = Board(result, theme, self._layout, self._backdrop, self._frame)
        self._ground = self._backdrop.copy()
        self._frame[:] = self._backdrop

        self._bright = max(0.9, 1.8 * u)
        self._reach = self._bright + max(0.8, 1.1 * u) + 0.5
        self._as_faded = ink.profile(self._reach, max(0.5, 0.85 * u), 0.42)
        self._as_dot = ink.profile(self._reach, max(0.7, 1.75 * u), 0.85)
        self._as_curve = ink.profile(self._reach, max(0.6, 1.15 * u))

        self._runners = [_Runner(each, engine.verdicts(result, each)) for each in result.trajectories]
        self._masks = np.zeros((len(self._runners), self._frame.size), np.uint8)
        self._merger = ink.Merger(self._frame.size)
        self._is_moving = np.zeros(self._frame.size // CELL_WIDTH, bool)
        self._is_leading = np.zeros(self._frame.size // CELL_WIDTH, bool)
        self._has_changed = np.ones(self._frame.size // CELL_WIDTH, bool)
        for runner in self._runners:
            self._measure(runner, axes, result, style)
        casing = max(0.8, 1.5 * u)
        shapes = list(MARKERS)
        worn = [each.racer.style for each in result.trajectories]
        self._heads = [sprites.Marker(shapes[index], 8.0 * u, casing, (theme.racers[index], theme.paper)) for index in worn]
        self._small_heads = [
            sprites.Marker(shapes[index], 5.0 * u, 0.7 * casing, (theme.racers[index], theme.paper), phases=1) for index in worn
        ]
        self._exits = [
            {name: sprites.Marker(name, 5.5 * u, casing, (theme.racers[index], theme.paper)) for name in _OUTWARD}
            for index in worn
        ]
        self._marks = [
            (sprites.Marker(name, size * u, casing, (theme.text, theme.paper)), self._pixel(axes, point))
            for name, size, points in (("star", 7.0, race.surface.minima), ("ring", 6.0, (race.start,)))
            for point in points
        ]
        self._progress = ink.packed(theme.quiet)
        self._done = -1
        self._filled = 0
        self._last: Moment | None = None

    def _pixel(self, axes: Backdrop, point: tuple[float, float]) -> tuple[float, float]:
        x, y = np.array(point)
        return float(axes.x.place(x)), float(axes.y.place(y))

    def _measure(self, runner: _Runner, axes: Backdrop, result: Result, style: Style) -> None:
        trajectory = runner.trajectory
        points, losses = trajectory.points, trajectory.losses
        runner.path = np.stack([axes.x.place(points[:, 0]), axes.y.place(points[:, 1])], axis=1)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            powers = np.log10(np.maximum(losses - result.minimum, 1e-320))
        powers = np.clip(np.where(np.isnan(powers), np.inf, powers), axes.decade.low, axes.decade.high)
        heights = axes.decade.place(powers)
        runner.curve = np.stack([axes.step.place(np.arange(len(losses)).astype(np.float64)), heights], axis=1)
        colour = style.theme.racers[trajectory.racer.style]
        runner.colour = ink.packed(colour)
        casing, core = (ink.profile(self._reach, radius) for radius in (self._reach - 0.5, self._bright))
        runner.pen = ink.prepare([(style.theme.paper, casing), (colour, core)])
        rule = trajectory.racer.optimizer
        is_shown = rule.is_velocity if style.arrows is None else style.arrows
        if trajectory.velocity is None or not is_shown:
            return
        box = self._layout.surface
        x0, x1, y0, y1 = axes.view
        with np.errstate(over="ignore", invalid="ignore"):
            arrows = trajectory.velocity * np.array([-box.width / (x1 - x0), box.height / (y1 - y0)])
            lengths = np.sqrt((arrows * arrows).sum(axis=1))
            lengths = lengths[np.isfinite(lengths)]
            scale = 0.36 * min(box.width, box.height) / max(float(lengths.max(initial=0.0)), 1e-300)
            runner.velocity = np.nan_to_num(arrows * scale, nan=0.0, posinf=0.0, neginf=0.0)

    def paint(self, moment: Moment) -> Frame:
        """Paint a moment that is not before the last one; the frame is valid until the next call."""
        done = min(math.floor(moment.position), self._steps)
        if self._last is not None and moment.position < self._last.position:
            raise ValueError(f"position {moment.position} lies before {self._last.position}, which is painted")
        if moment == self._last:
            return Frame(self._frame, self._width, np.empty(0, np.intp))
        rows = np.flatnonzero(self._is_moving)
        self._rows(self._frame)[rows] = self._rows(self._ground).take(rows)
        self._has_changed[rows] = True
        self._is_moving[:] = False
        is_step = done != self._done
        self._ink(done, moment.position)
        if is_step:
            self._follow(done)
        self._compose(done, moment.position)
        self._tell(done, moment)
        self._has_changed |= self._is_moving
        per_row = self._stride // CELL_WIDTH
        changed = np.flatnonzero(self._has_changed.reshape(-1, CELL_HEIGHT, per_row).any(axis=1))
        self._has_changed[:] = False
        self._last = moment
        return Frame(self._frame, self._width, changed)

    @staticmethod
    def _rows(buffer: NDArray[np.uint32]) -> NDArray[np.void]:
        """View a buffer as items of 16 pixels, which numpy moves about in one piece."""
        return buffer.reshape(-1).view("V64")

    def _mark(self, box: Box) -> None:
        grid = self._has_changed.reshape(-1, self._stride // CELL_WIDTH)
        grid[box.y0 : box.y1, box.x0 // CELL_WIDTH : -(-box.x1 // CELL_WIDTH)] = True

    def _stamp(self, marker: sprites.Marker, at: tuple[float, float], box: Box) -> None:
        self._is_moving[marker.stamp(self._frame, *at, box) >> 4] = True

    def _ink(self, done: int, position: float) -> None:
        """Measure this frame's lines, lay the completed ones into the ground, and keep the tails."""
        first = self._done
        self._done = done
        starts: list[NDArray[np.float64]] = []
        ends: list[NDArray[np.float64]] = []
        counts: list[int] = []

        def add(start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
            starts.append(start)
            ends.append(end)
            counts.append(len(start))

        for runner in self._runners:
            old, new = max(0, min(first, runner.trajectory.steps)), min(done, runner.trajectory.steps)
            path, curve = runner.path, runner.curve
            add(path[old:new], path[old + 1 : new + 1])
            head = self._head(runner, position)[None]
            add(path[new : new + 1], head)
            arrow = runner.velocity[new] if runner.velocity is not None and new < len(runner.velocity) else np.zeros(2)
            add(head, head + arrow)
            add(curve[old:new], curve[old + 1 : new + 1])
            dots = path[max(0, first + 1) : new + 1]
            add(dots, dots)
        surface, chart = self._layout.surface, Box(0, 0, self._width, self._frame.shape[0])
        boxes = np.repeat(
            np.array([[box.x0, box.y0, box.x1, box.y1] for _ in self._runners for box in (surface,) * 3 + (chart, surface)]),
            counts,
            axis=0,
        )
        parts = ink.strokes(np.concatenate(starts), np.concatenate(ends), self._reach, boxes, self._stride)
        at = np.cumsum([0, *counts])
        inks = self._as_faded, self._as_curve, self._as_dot
        wet: tuple[list[tuple[int, Strokes]], ...] = [], [], []
        for index, runner in enumerate(self._runners):
            trails, leads, shafts, curves, spots = (parts[at[5 * index + part] : at[5 * index + part + 1]] for part in range(5))
            if trails:
                runner.tail.extend(trails)
                runner.shape = self._merger.merge(list(runner.tail))
            runner.lead, runner.arrow = leads[0], shafts[0]
            for pool, strokes in zip(wet, (trails, curves, spots), strict=True):
                pool += [(index, each) for each in strokes]
        self._settle(np.concatenate([self._soak(pool, profile) for pool, profile in zip(wet, inks, strict=True)]))

    def _soak(self, pool: list[tuple[int, Strokes]], profile: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Leave racers' strokes in their masks, and return which pixels became wet."""
        strokes = ink.joined([each for _, each in pool])
        coverage = profile.take(strokes.nearness)
        is_wet = coverage > 0
        index = strokes.index[is_wet]
        lengths = [len(each.index) for _, each in pool]
        sheet = np.repeat(np.array([racer for racer, _ in pool], np.int64) * self._frame.size, lengths)
        np.maximum.at(self._masks.reshape(-1), index + sheet[is_wet], coverage[is_wet])
        return index

    def _settle(self, index: NDArray[np.int64]) -> None:
        """Mix the ground anew at some pixels: the backdrop, and every racer's faded ink over it."""
        pixels = self._backdrop.reshape(-1).take(index)
        for runner, mask in zip(self._runners, self._masks, strict=True):
            coverage = mask.take(index)
            if coverage.any():
                pixels = ink.over(pixels, runner.colour, coverage)
        self._ground.reshape(-1)[index] = pixels
        self._frame.reshape(-1)[index] = pixels
        self._has_changed[index >> 4] = True

    def _head(self, runner: _Runner, position: float) -> NDArray[np.float64]:
        """Return where its marker stands: it glides along its segment, and stays where it diverged."""
        step = min(math.floor(position), runner.trajectory.steps)
        after = min(step + 1, runner.trajectory.steps)
        share = min(position, runner.trajectory.steps) - step
        here = runner.path[step]
        return np.asarray(here + (runner.path[after] - here) * share)

    def _compose(self, done: int, position: float) -> None:
        """Lay over the ground what moves: tails, then star and ring, arrows, and the markers on top."""
        for runner in self._runners:
            self._lay(self._merger.merge([runner.lead], runner.shape), runner)
        everywhere = Box(0, 0, self._width, self._frame.shape[0])
        box = self._layout.surface
        for marker, at in self._marks:
            self._stamp(marker, at, box)
        heads = [self._head(runner, position) for runner in self._runners]
        for runner, head in zip(self._runners, heads, strict=True):
            self._lay_arrow(runner, head, done)
        inset = 7.0 * self._layout.unit
        low, high = np.array([box.x0, box.y0]) + inset, np.array([box.x1, box.y1]) - inset
        for index, head in enumerate(heads):
            outward = _outward((head[0], head[1]), box)
            if outward is None:
                self._stamp(self._heads[index], (head[0], head[1]), everywhere)
            else:
                x, y = np.clip(head, low, high).tolist()
                self._stamp(self._exits[index][outward], (x, y), box)

    def _lay(self, shape: Shape, runner: _Runner) -> None:
        """Lay a cased shape over the frame."""
        nearness = shape.nearness.view(np.uint8)
        pixels = self._rows(self._frame).take(shape.rows).view(np.uint32)
        rest, odd, even = (effect.take(nearness) for effect in runner.pen)
        self._rows(self._frame)[shape.rows] = ink.mix(pixels, rest, odd, even).view("V64")
        self._is_moving[shape.rows] = True

    def _lay_arrow(self, runner: _Runner, head: NDArray[np.float64], done: int) -> None:
        if runner.velocity is None or done > runner.trajectory.steps:
            return
        arrow = runner.velocity[done]
        length = math.sqrt(float(arrow @ arrow))
        if length < 12.0 * self._layout.unit or not len(runner.arrow.index):
            return
        size = min(13.0 * self._layout.unit, 0.5 * length)
        forward = arrow / length
        sideways = np.array([-forward[1], forward[0]])
        tip = head + arrow
        corners = np.array(
            [
                tip + forward * 0.4 * size,
                tip - forward * size + sideways * 0.55 * size,
                tip - forward * size - sideways * 0.55 * size,
            ]
        )
        point = ink.polygon(corners, self._reach, self._layout.surface, self._stride, self._bright)
        self._lay(self._merger.merge([runner.arrow, point]), runner)

    def _follow(self, done: int) -> None:
        """Move the small markers to the ends of the curves."""
        rows = np.flatnonzero(self._is_leading)
        self._rows(self._frame)[rows] = self._rows(self._ground).take(rows)
        self._has_changed[rows] = True
        self._is_leading[:] = False
        everywhere = Box(0, 0, self._width, self._frame.shape[0])
        for marker, runner in zip(self._small_heads, self._runners, strict=True):
            x, y = runner.curve[min(done, runner.trajectory.steps)]
            self._is_leading[marker.stamp(self._frame, x, y, everywhere) >> 4] = True
        self._has_changed |= self._is_leading

    def _tell(self, done: int, moment: Moment) -> None:
        self._board.count(done, self._mark)
        losses, outcomes = [], []
        for runner in self._runners:
            trajectory = runner.trajectory
            losses.append(float(trajectory.losses[moment.shown]) if moment.shown <= trajectory.steps else math.inf)
            outcomes.append(runner.verdicts.at(moment.shown))
        self._board.tell(moment.places, losses, outcomes, self._mark)
        box = self._layout.progress
        filled = round(box.width * moment.position / self._steps)
        if filled > self._filled:
            fresh = Box(box.x0 + self._filled, box.y0, box.x0 + filled, box.y1)
            self._frame[fresh.y0 : fresh.y1, fresh.x0 : fresh.x1] = self._progress
            self._mark(fresh)
            self._filled = filled


_OUTWARD = ("triangle", "triangle-down", "triangle-left", "triangle-right")


def _outward(place: tuple[float, float], box: Box) -> str | None:
    """Return which way a place lies outside a box, or None if it is inside."""
    x, y = place
    beyond = {
        "triangle": box.y0 - y,
        "triangle-down": y - box.y1,
        "triangle-left": box.x0 - x,
        "triangle-right": x - box.x1,
    }
    farthest = max(beyond, key=lambda name: beyond[name])
    return farthest if beyond[farthest] > 0.0 else None
