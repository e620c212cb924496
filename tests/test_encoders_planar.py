"""The conversion to planar YUV, cell by cell, against the formula it stands for."""

from fractions import Fraction

import numpy as np
import pytest

import optirace
from optirace.drawing.raster import Canvas
from optirace.look import timeline
from optirace.look.frame import CELL_HEIGHT, CELL_WIDTH, Frame, stride_of
from optirace.look.themes import Style
from optirace.output import film
from optirace.output.video.yuv420 import Planes

SIZES = [(240, 240), (854, 480), (246, 242), (270, 480)]


def frame_of(pixels, changed=None):
    """Pack uint8[height, width, 3]; what is beyond the width is noise that nobody may see."""
    height, width, _ = pixels.shape
    stride = stride_of(width)
    noise = np.random.default_rng(7)
    whole = noise.integers(0, 256, (height, stride, 4), np.uint8)
    whole[:, :width, :3] = pixels
    whole[..., 3] = 255
    if changed is None:
        changed = np.arange((height // CELL_HEIGHT) * (stride // CELL_WIDTH))
    return Frame(whole.view(np.uint32)[..., 0], width, changed)


def converted(frame):
    """Convert a whole picture from nothing."""
    height, stride = frame.packed.shape
    planes = Planes(frame.width, height)
    everything = np.arange((height // CELL_HEIGHT) * (stride // CELL_WIDTH))
    return planes.update(Frame(frame.packed, frame.width, everything)).copy()


def by_formula(pixels):
    """Return Y, Cb and Cr of ITU-R BT.709 in limited range, float64; chroma is the mean of each
    square of 2 x 2.
    """
    height, width, _ = pixels.shape
    red, green, blue = np.moveaxis(pixels.astype(np.float64) / 255.0, 2, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def mean(values):
        return values.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))

    return (
        16.0 + 219.0 * luma,
        128.0 + 224.0 * mean((blue - luma) / 1.8556),
        128.0 + 224.0 * mean((red - luma) / 1.5748),
    )


def split(data, width, height):
    luma, chroma = (
        data[: width * height],
        data[width * height :].reshape(2, height // 2, width // 2),
    )
    return luma.reshape(height, width), chroma[0], chroma[1]


def pictures(width, height):
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, (height, width, 3), np.uint8)
    ramp = np.zeros((height, width, 3), np.uint8)
    ramp[:] = (np.arange(width) * 255 // (width - 1))[None, :, None]
    corners = np.array(
        [[255 * (index >> bit & 1) for bit in range(3)] for index in range(8)], np.uint8
    )
    return {
        "noise": noise,
        "grey ramp": ramp,
        "corners of the cube": corners[random.integers(0, 8, (height, width))],
    }


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("kind", ["noise", "grey ramp", "corners of the cube"])
def test_the_integers_are_within_one_of_the_formula(width, height, kind):
    pixels = pictures(width, height)[kind]
    planes = split(converted(frame_of(pixels)), width, height)
    for wanted, plane in zip(by_formula(pixels), planes, strict=True):
        assert wanted.shape == plane.shape
        assert np.abs(wanted - plane).max() < 1.0


def test_every_grey_has_no_colour():
    pixels = np.repeat(np.arange(256, dtype=np.uint8), 4).reshape(2, 512, 1).repeat(3, axis=2)
    _, cb, cr = split(converted(frame_of(pixels)), 512, 2)
    assert {128} == set(cb.ravel().tolist()) == set(cr.ravel().tolist())


@pytest.mark.parametrize(
    ("colour", "levels"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_the_corners_of_the_cube_have_the_levels_of_the_standard(colour, levels):
    pixels = np.full((2, 16, 3), colour, np.uint8)
    found = [int(plane[0, 0]) for plane in split(converted(frame_of(pixels)), 16, 2)]
    assert np.abs(np.array(levels) - found).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_planes_that_follow_the_changes_equal_planes_made_at_once(width, height, count):
    result = optirace.race(steps=40)
    schedule = timeline.schedule(40, fps=Fraction(30), duration=2.0, hold=(0.2, 0.2))
    canvas = Canvas(result, Style(width=width, height=height))
    following = Planes(
        width, height, [np.zeros(width * height * 3 // 2, np.uint8) for _ in range(count)]
    )
    few = 0
    for index, moment in enumerate(film.moments(result, schedule)):
        frame = canvas.paint(moment)
        shown = following.update(frame)
        assert shown is following.pictures[index % count]
        if index:
            few += len(frame.changed) < frame.packed.size // (CELL_WIDTH * CELL_HEIGHT) // 2
        if index % 10 == 9 or index == len(schedule.positions) - 1:
            assert converted(frame).tobytes() == shown.tobytes()
    assert len(schedule.positions) - 1 == few


def test_a_cell_that_is_not_named_is_not_converted():
    before, after = (np.full((4, 48, 3), level, np.uint8) for level in (0, 255))
    planes = Planes(48, 4)
    planes.update(frame_of(before))
    luma, cb, cr = split(planes.update(frame_of(after, changed=np.array([1, 5]))), 48, 4)
    wanted = np.full((4, 48), 16)
    wanted[0:2, 16:32] = 235
    wanted[2:4, 32:48] = 235
    assert wanted.tolist() == luma.tolist()
    assert {128} == set(cb.ravel().tolist()) == set(cr.ravel().tolist())


@pytest.mark.parametrize("width", [240, 242, 246, 254, 854])
def test_padding_never_reaches_the_planes(width):
    pixels = np.full((240, width, 3), (200, 30, 90), np.uint8)
    planes = split(converted(frame_of(pixels)), width, 240)
    assert [1, 1, 1] == [np.unique(plane).size for plane in planes]


@pytest.mark.parametrize("width", [240, 854])
def test_an_update_without_changes_leaves_the_planes_as_they_are(width):
    planes = Planes(width, 240)
    before = planes.update(frame_of(pictures(width, 240)["noise"])).copy()
    after = planes.update(
        frame_of(np.zeros((240, width, 3), np.uint8), changed=np.empty(0, np.intp))
    )
    assert before.tobytes() == after.tobytes()


def test_the_frame_is_not_written():
    frame = frame_of(pictures(246, 242)["noise"])
    frame.packed.flags.writeable = False
    before = frame.packed.copy()
    converted(frame)
    assert before.tobytes() == frame.packed.tobytes()
