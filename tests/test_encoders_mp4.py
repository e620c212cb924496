"""What a player finds in an MP4 film."""

import dataclasses
import hashlib
import re
import struct
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

import optirace
from optirace.drawing import layout
from optirace.drawing.raster import Canvas
from optirace.look import timeline
from optirace.look.themes import THEMES, Style
from optirace.output import film, sinks
from optirace.output.read import contents, verify
from optirace.output.video import h264

LIGHT = THEMES["light"]
SHORT: dict[str, Any] = {"duration": 0.8, "hold": (0.2, 0.3)}
SHORT_FRAMES = 6 + 24 + 9
SIZES = [(480, 270), (854, 480), (270, 480), (246, 242)]

# One step a frame: frame k is step k.
LONG: dict[str, Any] = {"fps": 10, "speed": 1.0, "hold": (0.1, 0.4), "size": (854, 480)}
LONG_STEPS = 60
LONG_FRAMES = 1 + LONG_STEPS + 4


class Decoded:
    """A film as a decoder sees it."""

    def __init__(self, path):
        with av.open(str(path)) as container:
            self.kinds = [stream.type for stream in container.streams]
            (stream,) = container.streams
            context: Any = stream.codec_context
            self.size = (context.width, context.height)
            self.rate = stream.average_rate
            self.seconds = stream.duration * stream.time_base
            self.codec, self.profile, self.format = context.name, context.profile, context.pix_fmt
            self.tags = (
                context.color_range,
                context.colorspace,
                context.color_primaries,
                context.color_trc,
            )
            frames = list(container.decode(stream))
            self.times = [frame.pts * frame.time_base for frame in frames]
            self.keys = [index for index, frame in enumerate(frames) if frame.key_frame]
            self.planes = [frame.to_ndarray() for frame in frames]

    def luma(self, index):
        return self.planes[index][: self.size[1]].astype(np.float64)

    def rgb(self, index):
        """Convert by ITU-R BT.709, limited range: float64[height, width, 3], each chroma sample for
        its four pixels.
        """
        width, height = self.size
        cb, cr = (
            plane.reshape(height // 2, width // 2).repeat(2, axis=0).repeat(2, axis=1) - 128.0
            for plane in self.planes[index][height:].reshape(2, -1)
        )
        y = (self.luma(index) - 16.0) * (255.0 / 219.0)
        red = y + 1.5748 * (255.0 / 224.0) * cr
        blue = y + 1.8556 * (255.0 / 224.0) * cb
        green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
        return np.stack([red, green, blue], axis=2)


def painted(result, *, size, fps=30, **timing):
    """Paint a film's frames: uint8[height, width, 3] each."""
    schedule = timeline.schedule(result.race.steps, fps=Fraction(fps), **timing)
    canvas = Canvas(result, Style(width=size[0], height=size[1]))
    for moment in film.moments(result, schedule):
        yield canvas.paint(moment).pixels[..., :3].copy()


def rgb(colour):
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], np.float64)


def top_boxes(data):
    """Return the kinds of a file's outermost boxes, in order; see ISO/IEC 14496-12."""
    kinds, at = [], 0
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        assert length >= 8
        kinds.append(kind.decode())
        at += length
    assert len(data) == at
    return kinds


@pytest.fixture(scope="module")
def result():
    return optirace.race()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def short(request, result, folder):
    """A short film: its size, its path, and what a decoder makes of it."""
    path = folder / f"{request.param[0]}x{request.param[1]}.mp4"
    optirace.render(result, path, size=request.param, **SHORT)
    return request.param, path, Decoded(path)


@pytest.fixture(scope="module")
def long_race():
    return optirace.race(steps=LONG_STEPS)


@pytest.fixture(scope="module")
def long(long_race, folder):
    path = folder / "long.mp4"
    optirace.render(long_race, path, **LONG)
    return Decoded(path)


@pytest.mark.slow
def test_the_film_is_as_large_as_long_and_as_fast_as_asked(short):
    size, _, decoded = short
    assert size == decoded.size
    assert SHORT_FRAMES == len(decoded.planes)
    assert Fraction(30) == decoded.rate
    assert Fraction(SHORT_FRAMES, 30) == decoded.seconds
    assert [Fraction(index, 30) for index in range(SHORT_FRAMES)] == decoded.times


@pytest.mark.slow
def test_every_player_knows_the_format(short):
    _, _, decoded = short
    assert ["video"] == decoded.kinds
    assert ("h264", "High", "yuv420p") == (decoded.codec, decoded.profile, decoded.format)


def test_the_colours_are_tagged_as_bt709_in_limited_range(short):
    _, _, decoded = short
    limited, bt709 = 1, 1  # as ITU-T H.273 and FFmpeg number them
    assert (limited, bt709, bt709, bt709) == decoded.tags


def test_the_index_comes_before_the_frames_and_there_is_nothing_else(short):
    _, path, _ = short
    assert ["ftyp", "moov", "free", "mdat"] == top_boxes(path.read_bytes())


def test_the_encoder_names_no_version_and_no_settings(short):
    _, path, _ = short
    assert [] == re.findall(rb"Lav[cf] ?[0-9]|x264 - core|threads=", path.read_bytes())


@pytest.mark.slow
def test_the_luma_of_the_film_is_within_40_db_of_the_painted_one(short, result):
    size, _, decoded = short
    errors = []
    for index, pixels in enumerate(painted(result, size=size, **SHORT)):
        wanted = 16.0 + pixels @ np.array([0.2126, 0.7152, 0.0722]) * (219.0 / 255.0)
        errors.append(float(((decoded.luma(index) - wanted) ** 2).mean()))
    assert len(decoded.planes) == len(errors)
    assert 10.0 * np.log10(255.0**2 / np.mean(errors)) >= 40.0
    if (
        min(size) >= 480
    ):  # the worst single frame too, where letters are more than a few pixels high
        assert 10.0 * np.log10(255.0**2 / max(errors)) >= 40.0


@pytest.mark.slow
def test_flat_colours_are_within_3_of_255(short, result):
    """Flat: alike for 6 pixels around, in all frames, as the paper and the middle of a band of the
    surface are.
    """
    size, _, decoded = short
    frames = list(painted(result, size=size, **SHORT))
    first = frames[0] @ np.array([65536, 256, 1])
    is_flat = np.all([(frame == frames[0]).all(axis=2) for frame in frames], axis=0)
    reach = 6
    around = np.lib.stride_tricks.sliding_window_view(first, (2 * reach + 1, 2 * reach + 1))
    still = np.lib.stride_tricks.sliding_window_view(is_flat, (2 * reach + 1, 2 * reach + 1))
    inner = (slice(reach, -reach), slice(reach, -reach))
    inner = (slice(reach, -reach), slice(reach, -reach))
    is_still = (around == first[inner][..., None, None]).all(axis=(2, 3)) & still.all(axis=(2, 3))
    is_flat[...] = False
    is_flat[inner] = is_still
    surface = layout.arrange(size[0], size[1], len(result.race.racers)).surface
    is_surface = np.zeros_like(is_flat)
    is_surface[surface.y0 : surface.y1, surface.x0 : surface.x1] = True
    assert [0xFFFFFF] == np.unique(first[is_flat & ~is_surface]).tolist()
    assert np.unique(first[is_flat & is_surface]).size >= 1
    for index in (0, SHORT_FRAMES // 2, SHORT_FRAMES - 1):
        error = decoded.rgb(index) - frames[0]
        assert np.mean(np.abs(error[is_flat]).max(axis=1) <= 3.0) >= 0.99
        for colour in np.unique(first[is_flat]):
            assert np.abs(error[is_flat & (first == colour)].mean(axis=0)).max() <= 3.0


@pytest.mark.parametrize("step", [2, 9, 14])
def test_each_racer_stands_where_its_trajectory_says_in_its_own_colour(long, long_race, step):
    width, height = long.size
    box = layout.arrange(width, height, len(long_race.race.racers)).surface
    x0, x1, y0, y1 = long_race.view
    points = np.array([trajectory.points[step] for trajectory in long_race.trajectories])
    places = np.stack(
        [
            box.x0 + (points[:, 0] - x0) / (x1 - x0) * (box.x1 - box.x0),
            box.y1 - (points[:, 1] - y0) / (y1 - y0) * (box.y1 - box.y0),
        ],
        axis=1,
    )
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)[~np.eye(len(places), dtype=bool)]
    assert apart.min() > 15.0
    palette = np.stack(
        [
            rgb(colour)
            for colour in (*LIGHT.racers[: len(places)], LIGHT.paper, LIGHT.deep, LIGHT.high)
        ]
    )
    picture = long.rgb(step)
    for index, (x, y) in enumerate(places):
        column, row = round(float(x) - 0.5), round(float(y) - 0.5)
        seen = picture[row - 1 : row + 2, column - 1 : column + 2].mean(axis=(0, 1))
        assert index == np.linalg.norm(palette - seen, axis=1).argmin()


def test_there_is_a_key_frame_at_least_every_two_seconds(long):
    assert LONG_FRAMES == len(long.planes)
    assert 0 == long.keys[0]
    assert max(np.diff([*long.keys, LONG_FRAMES])) <= 20


@pytest.mark.slow
@pytest.mark.parametrize(
    "fps",
    [
        Fraction(1),
        Fraction(24),
        Fraction(24000, 1001),
        Fraction(30000, 1001),
        Fraction(50),
        Fraction(120),
    ],
)
def test_every_frame_rate_is_exact(result, tmp_path, fps):
    path = tmp_path / "race.mp4"
    seconds = 5 / fps
    optirace.render(
        result, path, size=(240, 240), fps=fps, duration=float(seconds), hold=(float(seconds), 0.0)
    )
    decoded = Decoded(path)
    assert fps == decoded.rate
    assert [index / fps for index in range(10)] == decoded.times
    assert 10 / fps == decoded.seconds


@pytest.mark.slow
def test_two_runs_write_the_same_bytes(short, result, tmp_path):
    size, path, _ = short
    (written,) = optirace.render(result, tmp_path / "another name.mp4", size=size, **SHORT)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == written.sha256


def test_the_encoder_is_told_to_decide_alike_on_every_cpu():
    """What that is good for no single machine can show: x264 else chooses by what its CPU is fast
    at.
    """
    assert "cpu-independent=1" in h264.X264.split(":")


@pytest.mark.slow
def test_a_film_in_other_colours_has_other_bytes(short, result, tmp_path):
    size, path, _ = short
    (written,) = optirace.render(result, tmp_path / "dark.mp4", size=size, theme="dark", **SHORT)
    assert hashlib.sha256(path.read_bytes()).hexdigest() != written.sha256


@pytest.fixture
def described(short):
    """What the file of `short` should be, and a copy of its bytes."""
    (width, height), path, _ = short
    note = contents.read(path).note
    return sinks.Film(
        width=width, height=height, fps=Fraction(30), frames=SHORT_FRAMES, note=note
    ), path.read_bytes()


def test_the_reader_finds_nothing_wrong_with_what_the_decoder_likes(short, described):
    assert verify.problem(short[1], described[0], key_frames_every=60) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 482}, "it is "),
        ({"height": 484}, "it is "),
        ({"frames": SHORT_FRAMES + 1}, f"it holds {SHORT_FRAMES} frames, not {SHORT_FRAMES + 1}"),
        ({"fps": Fraction(25)}, "it lasts 1.300 seconds, not 1.560"),
        ({"fps": Fraction(30000, 1001)}, "it lasts 1.300 seconds, not 1.301"),
    ],
)
def test_the_reader_says_what_a_film_has_that_was_not_asked_for(short, described, change, words):
    wrong = dataclasses.replace(described[0], **change)
    assert words == (verify.problem(short[1], wrong, key_frames_every=60) or "")[: len(words)]


@pytest.mark.parametrize("kept", [0, 1, 100, -1, -1000])
def test_the_reader_notices_a_film_that_is_cut_short(described, tmp_path, kept):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(described[1][:kept])
    assert "it is not a complete .mp4 file" == verify.problem(
        cut, described[0], key_frames_every=60
    )


def test_the_reader_notices_an_index_at_the_end(described, tmp_path):
    film_, data = described
    (head,) = struct.unpack(">I", data[:4])
    (index,) = struct.unpack(">I", data[head : head + 4])
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(data[:head] + data[head + index :] + data[head : head + index])
    assert ["ftyp", "free", "mdat", "moov"] == top_boxes(turned.read_bytes())
    assert "its index comes after the pictures" == verify.problem(
        turned, film_, key_frames_every=60
    )


@pytest.mark.usefixtures("long")
def test_the_reader_notices_key_frames_that_are_far_apart(folder):
    note = contents.read(folder / "long.mp4").note
    described = sinks.Film(width=854, height=480, fps=Fraction(10), frames=LONG_FRAMES, note=note)
    assert verify.problem(folder / "long.mp4", described, key_frames_every=20) is None
    assert "its key frames are too far apart" == verify.problem(
        folder / "long.mp4", described, key_frames_every=5
    )


def test_the_reader_notices_colours_that_are_not_marked(described, tmp_path):
    film_, data = described
    other = tmp_path / "other.mp4"
    other.write_bytes(data.replace(b"nclx\x00\x01", b"nclx\x00\x06"))
    assert data != other.read_bytes()
    assert "its colours are not marked as BT.709" == verify.problem(
        other, film_, key_frames_every=60
    )


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(100), bytes(1000), b"\xff" * 1000])
def test_the_reader_takes_nothing_else_for_a_film(described, tmp_path, data):
    path = tmp_path / "other.mp4"
    path.write_bytes(data)
    assert "it is not a complete .mp4 file" == verify.problem(
        path, described[0], key_frames_every=60
    )
