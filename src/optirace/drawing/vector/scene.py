"""Draws the race on its surface: trails, markers, star and ring, and arrows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing import bands, tracks
from optirace.drawing.projection import Plan
from optirace.drawing.vector import ground, page, printer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.elements import Mark
    from optirace.drawing.layout import Layout
    from optirace.drawing.projection import Projection
    from optirace.drawing.scales import Scales
    from optirace.drawing.vector.page import Page
    from optirace.look.themes import Style
    from optirace.racing.engine import Result


class Scene:
    """A race on a sheet."""

    def __init__(
        self, sheet: Page, result: Result, scales: Scales, layout: Layout, look: Style
    ) -> None:
        self._sheet, self._result, self._layout, self._look = sheet, result, layout, look
        self._projection: Projection = Plan(scales)
        self._scales = scales
        self._tracks = [
            tracks.measured(
                each, result, self._projection, scales, layout.surface, arrows=look.arrows
            )
            for each in result.trajectories
        ]
        self._worn = [each.racer.style for each in result.trajectories]
        self._colours = [look.theme.racers[worn] for worn in self._worn]
        self._pens = tracks.pens(layout.unit)

    def surface(self) -> None:
        """Draw the bands and rings of the surface."""
        result, layout = self._result, self._layout
        floor = bands.floor_of(result)
        view, theme = self._scales.view, self._look.theme
        ground.draw(
            self._sheet, result.race.surface, view, layout.surface, theme, layout.unit, floor=floor
        )

    def racers(self, step: int) -> None:
        """Draw how far everyone has come by a step."""
        sheet, box, pens = self._sheet, self._layout.surface, self._pens
        done = [min(step, each.steps) for each in self._result.trajectories]
        for track, colour, last in zip(self._tracks, self._colours, done, strict=True):
            path = track.path[: last + 1]
            sheet.stroke(
                page.line(path), pens.trail.radius, colour, alpha=pens.trail.opacity, clip=box
            )
            sheet.stroke(page.dots(path), pens.dot.radius, colour, alpha=pens.dot.opacity, clip=box)
        for track, colour, last in zip(self._tracks, self._colours, done, strict=True):
            tail = page.line(track.path[max(0, last - tracks.TAIL) : last + 1])
            for radius, pen in self._cased(colour):
                sheet.stroke(tail, radius, pen, clip=box)
        printer.draw(
            tracks.marks(self._result, self._projection, self._layout, self._look),
            sheet,
            self._layout.unit,
        )
        for track, colour, last in zip(self._tracks, self._colours, done, strict=True):
            if track.velocity is not None and step <= last:
                self._arrow(track.path[last], track.velocity[last], colour)
        heads = [self._head(*each) for each in zip(self._tracks, self._worn, done, strict=True)]
        printer.draw(heads, sheet, self._layout.unit)

    def curves(self, step: int) -> None:
        """Draw everyone's losses in the chart so far."""
        pen, unit = self._pens.curve, self._layout.unit
        curves = [track.curve[: min(step, len(track.curve) - 1) + 1] for track in self._tracks]
        for curve, colour in zip(curves, self._colours, strict=True):
            self._sheet.stroke(page.line(curve), pen.radius, colour)
        for curve, worn in zip(curves, self._worn, strict=True):
            mark = tracks.leader(worn, self._look.theme, unit)
            printer.draw([replace(mark, x=curve[-1, 0], y=curve[-1, 1])], self._sheet, unit)

    def _cased(self, colour: str) -> list[tuple[float, str]]:
        """Return the radius and the colour of a line's casing and of the line."""
        radius = self._pens.tail.radius
        return [(radius + self._pens.casing, self._look.theme.paper), (radius, colour)]

    def _arrow(self, foot: NDArray[np.float64], arrow: NDArray[np.float64], colour: str) -> None:
        corners, clip = tracks.arrowhead(foot, arrow, self._layout.unit), self._layout.surface
        if corners is None:
            return
        for radius, pen in self._cased(colour):
            self._sheet.stroke(page.line(np.array([foot, foot + arrow])), radius, pen, clip=clip)
            self._sheet.fill(page.closed(corners), pen, clip=clip, grow=radius)

    def _head(self, track: tracks.Track, worn: int, last: int) -> Mark:
        """Describe a racer where it is, or at the edge of the surface where it has left it."""
        at, theme, layout = (
            (track.path[last, 0], track.path[last, 1]),
            self._look.theme,
            self._layout,
        )
        outward = tracks.outward(at, layout.surface)
        if outward is None:
            return replace(tracks.head(worn, theme, layout.unit), x=at[0], y=at[1])
        x, y = tracks.at_edge(at, layout)
        return replace(
            tracks.exit_(outward, worn, theme, layout.unit), x=x, y=y, clip=layout.surface
        )
