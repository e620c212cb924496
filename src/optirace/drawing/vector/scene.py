"""Draws the race on its surface: trails, markers, star and ring, and arrows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optirace.drawing.raster import TAIL, backdrop, tracks
from optirace.drawing.vector import ground, page
from optirace.look.themes import MARKERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.drawing.layout import Layout
    from optirace.drawing.raster.backdrop import Scales
    from optirace.drawing.vector.page import Page
    from optirace.look.themes import Style
    from optirace.racing.engine import Result


def surface(sheet: Page, result: Result, scales: Scales, layout: Layout, look: Style) -> None:
    """Draw the bands and rings of the surface."""
    floor = backdrop.floor_of(result)
    ground.draw(sheet, result.race.surface, scales.view, layout.surface, look.theme, layout.unit, floor=floor)


def racers(sheet: Page, result: Result, scales: Scales, layout: Layout, look: Style, step: int) -> list[NDArray[np.float64]]:
    """Draw how far everyone has come by a step, and return their loss curves so far, float64[n + 1, 2] each."""
    u, box, theme = layout.unit, layout.surface, look.theme
    measured = [tracks.measured(each, result, scales, layout, arrows=look.arrows) for each in result.trajectories]
    colours = [theme.racers[each.racer.style] for each in result.trajectories]
    done = [min(step, each.steps) for each in result.trajectories]
    bright = max(0.9, 1.8 * u)
    pens = [(bright + max(0.8, 0.9 * u), theme.paper), (bright, "")]
    for track, colour, last in zip(measured, colours, done, strict=True):
        path = track.path[: last + 1]
        sheet.stroke(page.line(path), max(0.5, 0.85 * u), colour, alpha=0.42, clip=box)
        sheet.stroke(page.dots(path), max(0.7, 1.75 * u), colour, alpha=0.85, clip=box)
    for track, colour, last in zip(measured, colours, done, strict=True):
        tail = page.line(track.path[max(0, last - TAIL) : last + 1])
        for radius, pen in pens:
            sheet.stroke(tail, radius, pen or colour, clip=box)
    casing = max(0.8, 1.5 * u)
    for name, size, place in tracks.marks(result, scales, box):
        sheet.mark(name, place, size * u, casing, (theme.text, theme.paper))
    for track, colour, last in zip(measured, colours, done, strict=True):
        if track.velocity is not None and step <= last:
            _arrow(sheet, track.path[last], track.velocity[last], [(radius, pen or colour) for radius, pen in pens], layout)
    for track, each, colour, last in zip(measured, result.trajectories, colours, done, strict=True):
        head = track.path[last, 0], track.path[last, 1]
        _head(sheet, head, list(MARKERS)[each.racer.style], casing, (colour, theme.paper), layout)
    return [track.curve[: last + 1] for track, last in zip(measured, done, strict=True)]


def _arrow(
    sheet: Page, foot: NDArray[np.float64], arrow: NDArray[np.float64], pens: list[tuple[float, str]], layout: Layout
) -> None:
    corners = tracks.arrowhead(foot, arrow, layout.unit)
    if corners is None:
        return
    for radius, colour in pens:
        sheet.stroke(page.line(np.array([foot, foot + arrow])), radius, colour, clip=layout.surface)
        sheet.fill(page.closed(corners), colour, clip=layout.surface, grow=radius)


def _head(sheet: Page, at: tuple[float, float], shape: str, casing: float, colours: tuple[str, str], layout: Layout) -> None:
    """Draw a racer where it is, or at the edge of the surface where it has left it."""
    u, box, inset = layout.unit, layout.surface, 7.0 * layout.unit
    outward = tracks.outward(at, box)
    if outward is None:
        sheet.mark(shape, at, 7.5 * u, casing, colours)
        return
    x, y = at
    edge = min(max(x, box.x0 + inset), box.x1 - inset), min(max(y, box.y0 + inset), box.y1 - inset)
    sheet.mark(outward, edge, 5.5 * u, casing, colours, clip=box)
