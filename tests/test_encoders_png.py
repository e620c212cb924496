"""Stills."""

import numpy as np
import pytest
from PIL import Image

import optirace
from optirace.drawing.raster import Canvas
from optirace.errors import InvalidValueError
from optirace.look.themes import THEMES, Style
from optirace.output import film

STEPS = 30


@pytest.fixture(scope="module")
def result():
    return optirace.race(steps=STEPS)


def painted(result, step, *, size, theme="light"):
    canvas = Canvas(result, Style(width=size[0], height=size[1], theme=THEMES[theme]))
    return canvas.paint(film.still(result, step)).pixels[..., :3].copy()


def pixels_of(path):
    with Image.open(path) as picture:
        assert ("PNG", "RGB") == (picture.format, picture.mode)
        return np.asarray(picture).copy()


@pytest.mark.parametrize("size", [(480, 270), (246, 242), (854, 480)])
@pytest.mark.parametrize("theme", list(THEMES))
def test_a_still_has_exactly_the_painted_pixels_of_the_end(tmp_path, result, size, theme):
    path = tmp_path / "race.png"
    (written,) = optirace.render(result, path, size=size, theme=theme)
    wanted = painted(result, STEPS, size=size, theme=theme)
    found = pixels_of(path)
    assert wanted.shape == found.shape
    assert wanted.tobytes() == found.tobytes()
    assert path.stat().st_size == written.bytes


@pytest.mark.parametrize("step", [0, 1, 17, STEPS])
def test_a_still_shows_the_step_that_is_asked_for(tmp_path, result, step):
    path = tmp_path / "race.png"
    optirace.render(result, path, size=(480, 270), at=step)
    assert painted(result, step, size=(480, 270)).tobytes() == pixels_of(path).tobytes()


def test_stills_of_different_steps_differ(tmp_path, result):
    pictures = set()
    for step in (0, 1, 17, STEPS):
        optirace.render(result, tmp_path / "race.png", size=(240, 240), at=step)
        pictures.add(pixels_of(tmp_path / "race.png").tobytes())
    assert 4 == len(pictures)


@pytest.mark.parametrize("step", [-1, STEPS + 1])
def test_a_step_that_the_race_does_not_have_is_refused(tmp_path, result, step):
    with pytest.raises(
        InvalidValueError, match=rf"^at {step}: must be a step of the race, from 0 to {STEPS}$"
    ):
        optirace.render(result, tmp_path / "race.png", size=(240, 240), at=step)
    assert [] == list(tmp_path.iterdir())


def test_two_runs_write_the_same_bytes(tmp_path, result):
    first, second = (
        optirace.render(result, tmp_path / name, size=(480, 270))[0].sha256
        for name in ("one.png", "two.png")
    )
    assert first == second
