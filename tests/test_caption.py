"""What the film tells in words, over the surface."""

import itertools

import numpy as np
import pytest

import optirace
from optirace.drawing import layout, picture
from optirace.drawing.raster import Canvas, glyphs, printer
from optirace.look import fonts, geometry, timeline
from optirace.look.themes import THEMES, Style
from optirace.look.timeline import Note
from optirace.output import film

SMALL = Style(width=480, height=270)
LONG = (
    "SGD jumps over the valley and back for ever: its rate stands exactly on the stability "
    "limit of 2/20, so it never settles"
)
SIZES = [
    (480, 270),
    (1280, 720),
    (1920, 1080),
    (640, 480),
    (960, 720),
    (480, 480),
    (1080, 1080),
    (270, 480),
    (1080, 1920),
]


@pytest.fixture(scope="module")
def lecture():
    return optirace.race()


def rgb(colour):
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])


def captioned(result, style, note):
    """Return the picture of a note's step with it and without it, and the box in which they
    differ.
    """
    shots = [
        Canvas(result, style)
        .paint(film.still(result, note.step, notes))
        .pixels[..., :3]
        .astype(int)
        for notes in ([note], [])
    ]
    rows, columns = np.nonzero((shots[0] != shots[1]).any(axis=2))
    return *shots, geometry.Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


@pytest.mark.parametrize(
    ("size", "theme"), list(zip(SIZES, itertools.cycle(THEMES.values()), strict=False))
)
@pytest.mark.parametrize("words", [LONG, "W" * 120])
def test_a_note_stands_inside_the_surface_in_the_themes_text_colour(lecture, theme, size, words):
    style = Style(width=size[0], height=size[1], theme=theme)
    shot, _, box = captioned(lecture, style, Note(34, words))
    told = layout.arrange(size[0], size[1], 4)
    assert box == box.within(told.surface)
    assert box.height <= 115 * told.unit
    inside = shot[box.y0 + 2 : box.y1 - 2, box.x0 + 2 : box.x1 - 2]
    assert (np.abs(inside - rgb(theme.paper)).sum(axis=2) < 20).mean() > 0.5
    assert np.abs(inside - rgb(theme.text)).sum(axis=2).min() < 200
    pad = max(1, int(4 * told.unit))
    for edge in (inside[:, :pad], inside[:, -pad:], inside[:pad], inside[-pad:]):
        assert (np.abs(edge - rgb(theme.paper)).sum(axis=2) < 20).mean() > 0.9


@pytest.mark.parametrize("size", SIZES)
def test_a_note_of_a_hundred_and_twenty_characters_is_told_whole(size):
    told = layout.arrange(size[0], size[1], 4)
    room = told.surface.width - 60 * told.unit
    halves = picture.broken(LONG, room, picture.NOTE * told.unit, printer.Typesetter())
    assert 120 == len(LONG)
    assert LONG == " ".join(halves)
    assert len(halves) == (3 if size[0] * 3 == size[1] * 4 else 2)
    for half in halves:
        assert glyphs.text(half, fonts.SANS, picture.NOTE * told.unit * 2 / 3).width <= room


def test_a_note_hides_no_racer_that_it_need_not_hide(lecture):
    style = Style()
    surface = layout.arrange(1280, 720, 4).surface
    middle, height = (surface.y0 + surface.y1) / 2, surface.height / 8
    boxes = {step: captioned(lecture, style, Note(step, LONG))[2] for step in (34, 35)}
    assert boxes[34].y0 > middle > boxes[35].y1
    for step, box in boxes.items():
        assert not box.y0 <= middle - height * lecture.trajectories[0].points[step][1] <= box.y1


@pytest.mark.parametrize("hold", [0.0, 1.0])
def test_a_note_comes_and_goes_and_leaves_no_trace(lecture, hold):
    told = timeline.schedule(
        200, speed=10, notes=[Note(34, LONG, hold), Note(120, "Half way", hold)]
    )
    page = Canvas(lecture, SMALL)
    before = np.empty(0)
    at_once = {}
    for moment in film.moments(lecture, told):
        frame = page.paint(moment)
        if len(frame.changed):
            before = np.array(frame.pixels)
        assert before.tobytes() == frame.pixels.tobytes()
        if moment.position in (34.0, 120.0, 200.0):
            if moment not in at_once:
                at_once[moment] = Canvas(lecture, SMALL).paint(moment).pixels.tobytes()
            assert at_once[moment] == frame.pixels.tobytes()
    assert (
        Canvas(lecture, SMALL).paint(film.still(lecture, 200)).pixels.tobytes()
        == frame.pixels.tobytes()
    )


def test_a_pause_paints_nothing_anew(lecture):
    told = timeline.schedule(200, notes=[Note(34, LONG, 5.0)])
    page = Canvas(lecture, SMALL)
    costs = [
        len(page.paint(moment).changed) for moment in film.moments(lecture, told) if moment.note
    ]
    assert 140 * [0] == costs[-140:]
