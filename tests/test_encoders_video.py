"""What a player finds in WebM, in AV1, and in videos of full chroma."""

import dataclasses
import os
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

import optirace
from optirace.drawing.raster import Canvas
from optirace.errors import InvalidValueError, OutputError
from optirace.look import timeline
from optirace.look.frame import Frame, stride_of
from optirace.look.themes import Style
from optirace.output import film, sinks
from optirace.output.read import contents, verify
from optirace.output.video import yuv420, yuv444

TIMING: dict[str, Any] = {"fps": 10, "duration": 4.0, "hold": (0.5, 0.5)}
FRAMES = 5 + 40 + 5
SIZE = (246, 242)
KINDS = [
    ("a.webm", {}, "vp9", "yuv420p"),
    ("b.webm", {"codec": "av1"}, "libdav1d", "yuv420p"),
    ("c.mp4", {"codec": "av1"}, "libdav1d", "yuv420p"),
    ("d.mp4", {"chroma": 444}, "h264", "yuv444p"),
    ("e.webm", {"chroma": 444}, "vp9", "yuv444p"),
    ("f.mp4", {"codec": "av1", "chroma": 444}, "libdav1d", "yuv444p"),
]


@pytest.fixture(scope="module")
def result():
    return optirace.race(steps=60)


@pytest.fixture(scope="module")
def painted(result):
    canvas = Canvas(result, Style(width=SIZE[0], height=SIZE[1]))
    timing = TIMING | {"fps": Fraction(TIMING["fps"])}
    return [
        canvas.paint(moment).pixels[..., :3].copy()
        for moment in film.moments(result, timeline.schedule(60, **timing))
    ]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind[0])
def made(request, result, tmp_path_factory):
    name, options, *wanted = request.param
    path = tmp_path_factory.mktemp("films") / name
    optirace.render(result, path, size=SIZE, **TIMING, **options)
    return path, options, wanted


def described(**changes):
    return dataclasses.replace(
        sinks.Film(width=SIZE[0], height=SIZE[1], fps=Fraction(10), frames=FRAMES, codec="vp9"),
        **changes,
    )


@pytest.mark.slow
def test_a_player_finds_every_frame_at_its_time_and_the_painted_colours(made, painted):
    path, _, (codec, pixels) = made
    with av.open(str(path)) as container:
        (stream,) = container.streams
        context: Any = stream.codec_context
        frames = list(container.decode(stream))
        assert (codec, pixels, SIZE) == (
            context.name,
            context.pix_fmt,
            (context.width, context.height),
        )
        assert {(1, 1, 1, 1)} == {
            (frame.color_range, frame.colorspace, frame.color_primaries, frame.color_trc)
            for frame in frames
        }
        assert [round(index * 0.1, 6) for index in range(FRAMES)] == [
            round(frame.time, 6) for frame in frames
        ]
        keys = [index for index, frame in enumerate(frames) if frame.key_frame]
        assert 0 == keys[0]
        assert max(np.diff([*keys, FRAMES])) <= 20
        for index in (0, 20, FRAMES - 1):
            luma = (
                frames[index].to_ndarray()[: SIZE[1]]
                if pixels == "yuv420p"
                else frames[index].to_ndarray()[0]
            )
            wanted = 16 + (painted[index] @ np.array([0.2126, 0.7152, 0.0722])) * 219 / 255
            assert np.sqrt(((luma - wanted) ** 2).mean()) < 4.0


@pytest.mark.slow
@pytest.mark.usefixtures("made")
def test_full_chroma_is_nearer_to_the_painted_colours(result, painted, tmp_path):
    errors = []
    for chroma in (420, 444):
        path = tmp_path / f"{chroma}.mp4"
        optirace.render(result, path, size=SIZE, chroma=chroma, **TIMING)
        with av.open(str(path)) as container:
            last = list(container.decode(video=0))[-1].to_ndarray()
        red = painted[-1].astype(float)
        cr = 128 + 224 * (red[..., 0] - red @ np.array([0.2126, 0.7152, 0.0722])) / (1.5748 * 255)
        found = (
            last[2]
            if chroma == 444
            else last[SIZE[1] :].reshape(2, SIZE[1] // 2, -1)[1].repeat(2, 0).repeat(2, 1)
        )
        errors.append(np.sqrt(((found - cr) ** 2).mean()))
    assert errors[1] < 0.7 * errors[0]


@pytest.mark.slow
def test_two_runs_write_the_same_bytes_wherever_and_whenever(made, result, tmp_path, monkeypatch):
    path, options, _ = made
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    optirace.render(result, f"another{path.suffix}", size=SIZE, **TIMING, **options)
    assert path.read_bytes() == (tmp_path / f"another{path.suffix}").read_bytes()


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("a.webm", {"codec": "h264"}, "codec h264: .webm takes vp9 or av1"),
        ("a.mp4", {"codec": "vp9"}, "codec vp9: .mp4 takes h264 or av1"),
        (
            "a.mp4",
            {"codec": "av2"},
            "codec 'av2': unknown; did you mean av1? must be one of h264, vp9, av1",
        ),
        ("a.mp4", {"chroma": 422}, "chroma 422: must be 420 or 444"),
    ],
)
def test_what_a_format_does_not_take_is_refused(name, options, line, result, tmp_path):
    with pytest.raises(InvalidValueError) as caught:
        optirace.render(result, tmp_path / name, **options)
    assert line == str(caught.value)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="the encoder is a shell script")
def test_an_ffmpeg_without_the_encoder_is_told_in_one_line(result, tmp_path, monkeypatch):
    script = tmp_path / "ffmpeg"
    script.write_text("#!/bin/sh\necho \"Unknown encoder 'libaom-av1'\" >&2\nexit 8\n")
    script.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(script))
    with pytest.raises(OutputError) as caught:
        optirace.render(result, tmp_path / "a.webm", codec="av1", size=SIZE, **TIMING)
    told = (
        "this ffmpeg cannot encode av1 (ffmpeg: Unknown encoder 'libaom-av1'); use another --codec"
    )
    assert f"{tmp_path / 'a.webm'}: {told}" == str(caught.value)
    assert not (tmp_path / "a.webm").exists()


@pytest.fixture(scope="module")
def webm(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "race.webm"
    optirace.render(result, path, size=SIZE, **TIMING)
    return path


@pytest.mark.parametrize(
    ("changes", "every", "words"),
    [
        ({}, 20, None),
        ({"width": 248}, 20, "it is 246x242, not 248x242"),
        ({"frames": FRAMES + 1}, 20, f"it holds {FRAMES} frames, not {FRAMES + 1}"),
        ({"fps": Fraction(11)}, 20, "it lasts 5.000 seconds, not 4.545"),
        ({"codec": "av1"}, 20, "it is vp9, not av1"),
        ({}, 5, "its key frames are too far apart"),
    ],
)
def test_the_reader_says_what_a_webm_has_that_was_not_asked_for(webm, changes, every, words):
    assert words == verify.problem(
        webm, described(note=contents.read(webm).note, **changes), key_frames_every=every
    )


@pytest.mark.parametrize("kept", [0, 1, 30, 300, -1, -100])
def test_the_reader_notices_a_webm_that_is_cut_short(webm, tmp_path, kept):
    cut = tmp_path / "cut.webm"
    cut.write_bytes(webm.read_bytes()[:kept])
    assert "it is not a complete .webm file" == verify.problem(
        cut, described(), key_frames_every=20
    )


@pytest.mark.parametrize(
    "data", [b"GIF89a" + bytes(100), bytes(1000), b"\xff" * 1000, b"\x1a\x45\xdf\xa3\x80"]
)
def test_the_reader_takes_nothing_else_for_a_webm(tmp_path, data):
    path = tmp_path / "other.webm"
    path.write_bytes(data)
    assert "it is not a complete .webm file" == verify.problem(
        path, described(), key_frames_every=20
    )


def test_the_reader_notices_colours_and_times_that_are_wrong(webm, tmp_path):
    data, other = webm.read_bytes(), tmp_path / "other.webm"
    other.write_bytes(data.replace(b"\x55\xb1\x81\x01", b"\x55\xb1\x81\x06"))
    assert "its colours are not marked as BT.709" == verify.problem(
        other, described(note=contents.read(webm).note), key_frames_every=20
    )
    at = data.index(
        b"\x81\x00\x64", data.index(b"\x1f\x43\xb6\x75")
    )  # track 1, a tenth of a second
    other.write_bytes(data[:at] + b"\x81\x00\x50" + data[at + 3 :])
    assert "its frames do not all last equally long" == verify.problem(
        other, described(note=contents.read(webm).note), key_frames_every=20
    )


def test_the_reader_of_an_mp4_knows_av1_from_h264(result, tmp_path):
    path = tmp_path / "a.mp4"
    optirace.render(result, path, size=SIZE, codec="av1", **TIMING)
    assert (
        verify.problem(
            path, described(codec="av1", note=contents.read(path).note), key_frames_every=20
        )
        is None
    )
    assert "it is av1, not h264" == verify.problem(
        path, described(codec="h264"), key_frames_every=20
    )


@pytest.mark.parametrize("width", [64, 70])
@pytest.mark.parametrize("count", [1, 2])
def test_full_planes_are_bt709_and_follow_the_changes(width, count):
    random, height = np.random.default_rng(1), 20
    packed = random.integers(0, 1 << 24, (height, stride_of(width)), np.uint32)
    pictures = [np.zeros(width * height * 3, np.uint8) for _ in range(count)]
    planes, cells = yuv444.Planes(width, height, pictures), packed.size // 32
    changed = np.arange(cells)
    for _ in range(4):
        found = planes.update(Frame(packed, width, changed)).reshape(3, height, width)
        rgb = packed.view(np.uint8).reshape(height, -1, 4)[:, :width, :3].astype(float)
        y = rgb @ np.array([0.2126, 0.7152, 0.0722])
        wanted = [
            16 + y * 219 / 255,
            128 + 224 * (rgb[..., 2] - y) / (1.8556 * 255),
            128 + 224 * (rgb[..., 0] - y) / (1.5748 * 255),
        ]
        assert np.abs(found - np.array(wanted)).max() < 1.0
        changed = np.sort(random.choice(cells, 7, replace=False))
        columns = packed.shape[1] // 16
        for cell in changed:
            row, column = cell // columns * 2, cell % columns * 16
            packed[row : row + 2, column : column + 16] = random.integers(0, 1 << 24)


def test_full_and_halved_planes_agree_on_areas_of_one_colour():
    packed = np.repeat(
        np.repeat(np.random.default_rng(2).integers(0, 1 << 24, (10, 8), np.uint32), 2, 0), 16, 1
    )
    everything = np.arange(packed.size // 32)
    halved = yuv420.Planes(128, 20).update(Frame(packed.copy(), 128, everything))
    whole = yuv444.Planes(128, 20).update(Frame(packed.copy(), 128, everything)).reshape(3, 20, 128)
    assert halved.tobytes() == whole[0].tobytes() + whole[1:, ::2, ::2].tobytes()


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", None), ("a.mp4", "av1"), ("a.webm", None), ("a.webm", "av1")]
)
def test_a_video_says_that_its_words_are_english(name, codec, result, tmp_path):
    optirace.render(
        result, tmp_path / name, size=(240, 240), duration=0.2, hold=(0, 0), codec=codec
    )
    with av.open(str(tmp_path / name)) as film:
        assert ["eng"] == [stream.language for stream in film.streams]
