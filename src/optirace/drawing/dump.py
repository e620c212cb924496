"""Tells a moment of a race as data that JSON takes: what is printed, the board, the note, and what
has been drawn so far.
"""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optirace.drawing import board, layout, picture, tracks
from optirace.drawing.projection import Plan
from optirace.drawing.scales import Scales
from optirace.racing import outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optirace.drawing.elements import Element, Typesetter
    from optirace.drawing.layout import Layout
    from optirace.drawing.picture import Moment
    from optirace.drawing.tracks import Track
    from optirace.look.themes import Style
    from optirace.racing.engine import Result


def dump(result: Result, style: Style, moment: Moment, typesetter: Typesetter) -> dict[str, Any]:
    """Describe a moment in pixels from the upper left corner; `typesetter` measures words for
    whoever will draw them.

    It is told by how long it stays: `printed` for the whole film, `rows` and `counter` until they
    say something else, `moving` for a frame; and of each racer in `tracks` all steps, of which
    `done` are over. Of the surface there is only its box.
    """
    plan = layout.arrange(style.width, style.height, len(result.race.racers))
    axes = Scales(result, plan)
    projection = Plan(axes)
    label = picture.counter(
        plan, style, typesetter, f"step {moment.shown:>{max(3, len(str(result.race.steps)))}}"
    )
    printed = [
        *picture.printed(result, projection, axes, plan, style),
        *picture.heads(result, plan, style, typesetter),
        *picture.law(result, plan, style, typesetter, typesetter.extent(label)),
        *tracks.marks(result, projection, plan, style),
    ]
    left = [
        tracks.measured(each, result, projection, axes, plan.surface, arrows=style.arrows)
        for each in result.trajectories
    ]
    worn = [each.racer.style for each in result.trajectories]
    verdicts = [outcomes.verdicts(result, each) for each in result.trajectories]
    rows = board.rows(result, verdicts, moment.places, moment.shown)
    moving = [
        _head(track, each, moment.position, plan, style)
        for track, each in zip(left, worn, strict=True)
    ]
    return {
        "size": [style.width, style.height],
        "paper": style.theme.paper,
        "surface": asdict(plan.surface),
        "printed": _told(printed),
        "counter": _told([label])[0],
        "rows": _told(board.elements(result, rows, plan, style, typesetter)),
        "note": _told(_note(result, projection, moment, plan, style, typesetter)),
        "moving": _told(moving),
        "pens": asdict(tracks.pens(plan.unit)),
        "tracks": [
            {
                "label": each.racer.label,
                "colour": style.theme.racers[each.racer.style],
                "path": track.path.tolist(),
                "curve": track.curve.tolist(),
                "velocity": None if track.velocity is None else track.velocity.tolist(),
                "done": min(math.floor(moment.position), each.steps),
            }
            for track, each in zip(left, result.trajectories, strict=True)
        ],
    }


def _head(track: Track, worn: int, position: float, plan: Layout, style: Style) -> Element:
    """Describe a racer's marker between two of its steps, or at the edge of the surface where it
    has left it.
    """
    last = len(track.path) - 1
    done = min(math.floor(position), last)
    here, there = track.path[done], track.path[min(done + 1, last)]
    x, y = (here + (there - here) * (min(position, last) - done)).tolist()
    outward = tracks.outward((x, y), plan.surface)
    if outward is None:
        return replace(tracks.head(worn, style.theme, plan.unit), x=x, y=y)
    x, y = tracks.at_edge((x, y), plan)
    return replace(tracks.exit_(outward, worn, style.theme, plan.unit), x=x, y=y, clip=plan.surface)


def _note(
    result: Result,
    projection: Plan,
    moment: Moment,
    plan: Layout,
    style: Style,
    typesetter: Typesetter,
) -> list[Element]:
    if moment.note is None:
        return []
    heads = [each.points[min(moment.note.step, each.steps)] for each in result.trajectories]
    points = np.array(tracks.placed(result, projection, [*heads, *result.minima]))
    return [picture.note(moment.note.text, points, plan, style, typesetter)]


def _told(elements: Iterable[Element]) -> list[dict[str, Any]]:
    """Return elements without what they lack."""
    return [
        {
            "kind": type(each).__name__.lower(),
            **{key: value for key, value in asdict(each).items() if value is not None},
        }
        for each in elements
    ]
