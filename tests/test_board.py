"""The words beside the race."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import optirace
from optirace.drawing import board, layout, raster
from optirace.drawing.raster import rasterize, scoreboard
from optirace.drawing.vector import page, printer
from optirace.look import fonts, timeline
from optirace.look.frame import stride_of
from optirace.look.themes import THEMES, Style
from optirace.optimizers import OPTIMIZERS
from optirace.output import film
from optirace.racing import engine, outcomes
from optirace.settings import specs


@pytest.mark.parametrize("size", [(1280, 720), (480, 270), (720, 720), (540, 960)])
@pytest.mark.parametrize(
    "options",
    [{"tune": True}, {"noise": 0.5, "seed": 12345}, {"tune": True, "noise": 0.5, "seed": 12345}],
)
def test_what_is_said_over_the_board_is_whole(size, options):
    race = specs.race(shared={}, steps=40, **options)
    plan = layout.arrange(size[0], size[1], 4)
    room = plan.board.width - page.width("loss", fonts.SANS, 14.5 * plan.unit) - 12 * plan.unit
    told = board.remarks(race)
    assert told == page.fitted(told, fonts.SANS, 14.5 * plan.unit, room)[0]
    assert ("best of 16" in told, "noise 0.5, seed 12345" in told) == (
        "tune" in options,
        "noise" in options,
    )


class Sheet:
    """Keeps what is written on it and where, as boxes."""

    def __init__(self):
        self.boxes, self.words = [], []

    def write(self, words, face, size, _colour, x, baseline, align=0.0):
        if words.strip(" -"):
            left = x - align * page.width(words, face, size)
            self.boxes.append(
                (left, baseline - 0.7 * size, left + page.width(words, face, size), baseline)
            )
            self.words.append(words)

    def mark(self, _shape, at, size, _casing, _colours, **_clip):
        self.boxes.append((at[0] - size / 2, at[1] - size / 2, at[0] + size / 2, at[1] + size / 2))


@pytest.mark.parametrize("size", [(480, 270), (360, 360), (270, 480)])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("count", range(1, 13))
def test_for_each_racer_the_board_has_at_every_step_all_that_the_vector_still_has(
    count, theme, size
):
    result = engine.run(specs.race(texts=list(OPTIMIZERS)[:count], shared={}, steps=24, tol=1.0))
    look, plan = (
        Style(theme=THEMES[theme], width=size[0], height=size[1]),
        layout.arrange(size[0], size[1], count),
    )
    paper = rasterize.packed(look.theme.paper)
    pixels = np.full((size[1], stride_of(size[0])), paper, np.uint32)
    film_board = scoreboard.Board(result, look, plan, pixels.copy(), pixels)
    verdicts = [outcomes.verdicts(result, each) for each in result.trajectories]
    for step in range(25):
        moment = film.still(result, step)
        rows = board.rows(result, verdicts, moment.places, step)
        film_board.tell(rows, lambda _: None)
        if step in (0, 1, 2, 11, 24):
            sheet: Any = Sheet()
            printer.draw(
                board.elements(result, rows, plan, look, printer.Typesetter()), sheet, plan.unit
            )
            assert {racer.label for racer in result.race.racers} <= set(sheet.words)
            for x0, y0, x1, y1 in sheet.boxes:
                assert (
                    pixels[int(y0) : math.ceil(y1), int(x0) : math.ceil(x1)] != paper
                ).mean() > 0.1


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1280, 720),
        (1920, 1080),
        (640, 360),
        (480, 480),
        (1080, 1080),
        (540, 960),
        (1080, 1920),
        (426, 240),
    ],
)
@pytest.mark.parametrize("count", [1, 6, 8, 10, 12])
def test_no_row_of_the_board_cuts_its_words(count, width, height, monkeypatch):
    """Not the tail of a g either, nor an underscore."""
    texts = [f"{name}:label=Ågjy_{name}" for name in list(OPTIMIZERS)[:count]]
    result = engine.run(specs.race(texts=texts, shared={}, steps=24))
    look, plan = Style(width=width, height=height), layout.arrange(width, height, count)
    pixels = np.zeros((height, stride_of(width)), np.uint32)
    film_board = scoreboard.Board(result, look, plan, pixels.copy(), pixels)
    rows = []

    def write(run, _colour, _x, baseline, clip, *_):
        rows.append((run.coverage, baseline - run.baseline, clip))

    monkeypatch.setattr(film_board, "_write", write)
    for place in range(count):
        top = plan.board.y0 + round(place * plan.row)
        film_board._paint_row(place, top, "-1.0e-08", "converged at 7", film_board._row_box(top))
    assert rows
    for coverage, top, clip in rows:
        inked = np.flatnonzero(coverage.any(axis=1)) + top
        assert clip.y0 <= inked[0]
        assert inked[-1] < clip.y1


@pytest.mark.parametrize("count", [1, 2])
def test_a_film_shows_who_races_from_its_first_frame_to_its_last(count):
    result = optirace.race(optimizers=["adam", "sgd"][:count], steps=12)
    look, plan = Style(width=480, height=270), layout.arrange(480, 270, count)
    painter = raster.Canvas(result, look)
    for moment in film.moments(result, timeline.schedule(12, fps=Fraction(10), speed=4)):
        pixels = painter.paint(moment).pixels
        for racer, place in zip(result.race.racers, moment.places, strict=True):
            top = round(plan.board.y0 + place * plan.row)
            row = pixels[top : top + int(plan.row), plan.board.x0 : plan.board.x1, :3].astype(int)
            colour = [int(look.theme.racers[racer.style][at : at + 2], 16) for at in (1, 3, 5)]
            assert (abs(row[:, : row.shape[1] // 6] - colour).max(axis=2) < 30).any()  # its marker
            assert (row[:, row.shape[1] // 6 : row.shape[1] // 3] < 128).any()  # its name
            assert (row[:, -row.shape[1] // 4 :] < 128).any()  # its loss
