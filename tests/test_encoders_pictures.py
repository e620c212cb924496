"""What a browser finds in an animated WebP and APNG, and LaTeX in a folder of frames."""

import re
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.growth import is_flat

import optirace
from optirace.drawing.raster import Canvas
from optirace.errors import InvalidValueError, OutputError
from optirace.look import timeline
from optirace.look.frame import Frame, stride_of
from optirace.look.themes import Style
from optirace.output import film, outputs, sinks
from optirace.output.encode import animated, apng, webp
from optirace.output.read import contents, png_chunks, verify

SIZES = [(320, 240), (246, 242)]
RATES = [Fraction(30), Fraction(25), Fraction(24000, 1001), Fraction(60), Fraction(80080, 1001)]
TIMING: dict[str, Any] = {"duration": 0.8, "hold": (0.5, 0.5)}
FRAMES = 15 + 24 + 15
CONTAINERS = {"webp": webp.WebP, "apng": apng.Apng}


class Decoded:
    """A film as Pillow plays it: its pictures, and when each ends, in milliseconds."""

    def __init__(self, path):
        self.pictures, self.delays = [], []
        with Image.open(path) as picture:
            self.loop, self.size = picture.info["loop"], picture.size
            for index in range(getattr(picture, "n_frames")):  # noqa: B009 - its class does not say so
                picture.seek(index)
                self.pictures.append(np.asarray(picture.convert("RGB")).copy())
                self.delays.append(picture.info["duration"])
        self.ends = np.cumsum(self.delays)

    def at(self, milliseconds):
        return self.pictures[int(np.searchsorted(self.ends, milliseconds, side="right"))]


OPAQUE = np.uint32(0xFF000000)


def painted(result, size):
    canvas = Canvas(result, Style(width=size[0], height=size[1]))
    for moment in film.moments(
        result, timeline.schedule(result.race.steps, fps=Fraction(30), **TIMING)
    ):
        yield canvas.paint(moment).pixels[..., :3].copy()


def write(path, pictures, *, fps=Fraction(10), frames=None, loop=0):
    """Write pictures uint32[height, width] of whole cells; an entry of None repeats the one
    before.
    """
    height, width = pictures[0].shape
    everything = np.arange(height * width // 32)
    with sinks.open_sink(
        outputs.output(path),
        sinks.Film(
            width=width,
            height=height,
            fps=fps,
            frames=len(pictures) if frames is None else frames,
            loop=loop,
        ),
    ) as sink:
        for picture in pictures:
            shown = (pictures[0] if picture is None else picture) | OPAQUE
            sink.write(Frame(shown, width, everything[: 0 if picture is None else None]))
        sink.finish()
        return sink.commit()


@pytest.fixture(scope="module")
def result():
    return optirace.race(steps=60)


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def size(request):
    return request.param


@pytest.fixture(scope="module", params=["webp", "apng", "png"])
def short(request, size, result, tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / f"race.{request.param}"
    optirace.render(result, path, size=size, animate=True, **TIMING)
    return path


@pytest.mark.slow
def test_every_frame_has_exactly_the_painted_pixels_at_its_time(short, size, result):
    decoded = Decoded(short)
    assert (size, 0) == (decoded.size, decoded.loop)
    count = 0
    for index, wanted in enumerate(painted(result, size)):
        assert wanted.tobytes() == decoded.at((index + 0.5) * 1000 / 30).tobytes(), index
        count += 1
    assert FRAMES == count
    assert 1800 == pytest.approx(decoded.ends[-1])


@pytest.mark.slow
def test_stillness_becomes_a_longer_delay_and_not_more_images(short):
    decoded = Decoded(short)
    assert len(decoded.pictures) <= FRAMES - 14 - 12
    assert 500 == pytest.approx(decoded.delays[0])


@pytest.mark.slow
def test_two_runs_write_the_same_bytes_wherever_and_whenever(
    short, size, result, tmp_path, monkeypatch
):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    optirace.render(result, f"another{short.suffix}", size=size, animate=True, **TIMING)
    assert short.read_bytes() == (tmp_path / f"another{short.suffix}").read_bytes()


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("fps", RATES, ids=str)
def test_the_delays_add_up_however_odd_the_rate(kind, fps, tmp_path):
    random = np.random.default_rng(4)
    pictures = [random.integers(0, 1 << 24, (4, 32), np.uint32) for _ in range(40)]
    write(tmp_path / f"race.{kind}", pictures, fps=fps)
    decoded = Decoded(tmp_path / f"race.{kind}")
    assert 40 == len(decoded.pictures)
    wanted = [float(1000 * (index + 1) / fps) for index in range(40)]
    assert wanted == pytest.approx(
        decoded.ends.tolist(), abs=1e-6 if kind == "apng" and fps.numerator < 65536 else 0.51
    )
    for picture, found in zip(pictures, decoded.pictures, strict=True):
        assert picture.view(np.uint8).reshape(4, 32, 4)[..., :3].tobytes() == found.tobytes()


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize(("row", "column"), [(0, 0), (1, 1), (6, 13), (7, 31)])
def test_a_single_pixel_changes_where_it_is(kind, row, column, tmp_path):
    before, after = np.full((8, 32), 0x102030, np.uint32), np.full((8, 32), 0x102030, np.uint32)
    after[row, column] = 0xFFFFFF
    write(tmp_path / f"race.{kind}", [before, after])
    wanted = [
        picture.view(np.uint8).reshape(8, 32, 4)[..., :3].tobytes() for picture in (before, after)
    ]
    assert wanted == [picture.tobytes() for picture in Decoded(tmp_path / f"race.{kind}").pictures]


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("loop", [0, 1, 3, 65535])
def test_it_plays_as_often_as_asked(kind, loop, tmp_path):
    path = tmp_path / f"race.{kind}"
    write(path, [np.zeros((4, 32), np.uint32), np.full((4, 32), 0xFFFFFF, np.uint32)], loop=loop)
    assert loop == Decoded(path).loop


@pytest.mark.parametrize(
    ("kind", "fps", "still"), [("apng", Fraction(30000, 1001), 70), ("webp", Fraction(1, 1000), 18)]
)
@pytest.mark.parametrize("extra", [0, 1])
def test_a_stillness_longer_than_one_image_can_stay_keeps_its_length(
    kind, fps, still, extra, tmp_path
):
    black, white = np.zeros((4, 32), np.uint32), np.full((4, 32), 0xFFFFFF, np.uint32)
    path = tmp_path / f"still.{kind}"
    write(path, [black, *[None] * (still + extra), white], fps=fps)
    decoded = Decoded(path)
    assert float(1000 * (still + extra + 2) / fps) == pytest.approx(decoded.ends[-1], abs=0.6)
    assert float(1000 * (still + extra + 1) / fps) == pytest.approx(decoded.ends[-2], abs=0.6)
    assert ({0}, 255) == (
        {int(each.max()) for each in decoded.pictures[:-1]},
        int(decoded.pictures[-1].min()),
    )
    assert len(decoded.pictures) > 2


@pytest.mark.parametrize("kind", [*CONTAINERS, "/"])
@pytest.mark.parametrize("given", [0, 1, 3])
def test_a_film_with_another_number_of_frames_than_promised_is_refused(kind, given, tmp_path):
    name = str(tmp_path / "x/") + "/" if kind == "/" else tmp_path / f"x.{kind}"
    picture = np.full((20, 32), OPAQUE)
    with sinks.open_sink(
        outputs.output(name), sinks.Film(width=32, height=20, fps=Fraction(10), frames=2)
    ) as sink:
        for _ in range(given):
            sink.write(Frame(picture, 32, np.arange(20)))
        with pytest.raises(OutputError, match=rf": it got {given} frames, not 2$"):
            sink.finish()
    assert [] == list(tmp_path.iterdir())


def encode(name, frames):
    random = np.random.default_rng(5)
    picture = random.integers(0, 1 << 24, (240, stride_of(320)), np.uint32) | OPAQUE
    with sinks.open_sink(
        outputs.output(name), sinks.Film(width=320, height=240, fps=Fraction(30), frames=frames)
    ) as sink:
        for index in range(frames):
            picture[index % 240] += 1
            sink.write(
                Frame(
                    picture,
                    320,
                    np.arange(2400) if index == 0 else np.arange(20) + index % 240 // 2 * 20,
                )
            )
        sink.finish()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [".webp", ".apng", "/"])
def test_memory_does_not_grow_with_the_length_of_the_film(kind, tmp_path):
    assert is_flat(lambda frames: encode(f"{tmp_path}/{frames}{kind}", frames), 15, 150, spare=400)


@pytest.fixture(params=CONTAINERS)
def read(request, result, tmp_path_factory):
    """The bytes of a film, and what its reader says of others."""
    path = tmp_path_factory.mktemp("films") / f"race.{request.param}"
    optirace.render(result, path, size=(240, 240), **TIMING)

    note = contents.read(path).note

    def problem(data, **changes):
        other = path.with_name(f"other{path.suffix}")
        other.write_bytes(data)
        told: dict[str, Any] = {
            "width": 240,
            "height": 240,
            "fps": Fraction(30),
            "frames": FRAMES,
            "note": note,
        } | changes
        about = sinks.Film(**told)
        container: Any = CONTAINERS[request.param](about)
        return verify.problem(
            other, about, seconds=animated.moment(about, about.frames, container) / container.ticks
        )

    return path.read_bytes(), problem


def test_the_reader_says_what_is_not_as_asked(read):
    data, problem = read
    assert problem(data) is None
    assert "it is 240x240, not 242x240" == problem(data, width=242)
    assert "it has no record of how it was made" == problem(data, note="otherwise")
    assert "it lasts 1" in problem(data, fps=Fraction(25))
    assert "it lasts 1" in problem(data, frames=FRAMES + 1)
    assert "it plays 0 times, not 2" == problem(data, loop=2)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [1, 20, 60, 1000, -1, -12, -100])
def test_the_reader_notices_what_is_cut_short_or_is_something_else(read, kept):
    data, problem = read
    for other in (data[:kept], b"GIF89a" + bytes(500), data + b"\0\0"):
        assert (problem(other) or "").startswith("it is not a complete .")


def test_the_reader_of_an_apng_notices_a_flipped_bit(result, tmp_path):
    path = tmp_path / "race.apng"
    optirace.render(result, path, size=(240, 240), **TIMING)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="a damaged chunk"):
        png_chunks.check(path)


def frames_of(folder):
    return sorted(
        (path.name for path in folder.iterdir()), key=lambda name: int(name.removesuffix(".png"))
    )


@pytest.mark.slow
def test_a_folder_holds_exactly_the_painted_frames_numbered_from_0(size, result, tmp_path):
    (written,) = optirace.render(result, f"{tmp_path}/frames/", size=size, **TIMING)
    assert [tmp_path / "frames"] == list(tmp_path.iterdir())
    assert [f"{index}.png" for index in range(FRAMES)] == frames_of(tmp_path / "frames")
    for index, wanted in enumerate(painted(result, size)):
        with Image.open(tmp_path / "frames" / f"{index}.png") as picture:
            assert ("PNG", "RGB") == (picture.format, picture.mode)
            assert wanted.tobytes() == np.asarray(picture).tobytes()
    assert sum(path.stat().st_size for path in (tmp_path / "frames").iterdir()) == written.bytes
    (again,) = optirace.render(result, f"{tmp_path}/again/", size=size, **TIMING)
    assert written.sha256 == again.sha256


def test_a_folder_of_frames_is_replaced_whole(result, tmp_path):
    folder = tmp_path / "frames"
    optirace.render(result, f"{folder}/", size=(240, 240), **TIMING)
    folder.chmod(0o750)
    optirace.render(result, f"{folder}/", size=(240, 240), fps=10, **TIMING)
    assert [f"{index}.png" for index in range(5 + 8 + 5)] == frames_of(folder)
    assert 0o750 == folder.stat().st_mode & 0o777
    assert [folder] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["notes.txt"], "notes.txt, which is not a frame"),
        (["0.png", "2.png"], "2.png but no 1.png"),
        (["0.png", "1.png", "x.png"], "x.png, which is not a frame"),
        (["00.png"], "00.png, which is not a frame"),
        (["1.png"], "1.png but no 0.png"),
    ],
)
def test_a_folder_with_anything_else_is_left_alone(result, tmp_path, names, why):
    (tmp_path / "frames").mkdir()
    for name in names:
        (tmp_path / "frames" / name).write_bytes(b"mine")
    with pytest.raises(
        InvalidValueError, match=rf"frames/: the folder holds {why}; name a new folder$"
    ):
        optirace.render(result, f"{tmp_path}/frames/", size=(240, 240), **TIMING)
    assert sorted(names) == sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert {b"mine"} == {path.read_bytes() for path in (tmp_path / "frames").iterdir()}


def test_what_is_put_into_a_folder_meanwhile_stays(result, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    with pytest.raises(OutputError, match=r"the folder holds mine\.txt by now"):
        optirace.render(
            result,
            f"{folder}/",
            size=(240, 240),
            progress=lambda *_: (folder / "mine.txt").write_text("mine"),
            **TIMING,
        )
    assert "mine" == (folder / "mine.txt").read_text()
    assert [folder] == list(tmp_path.iterdir())


def test_an_interrupt_leaves_the_earlier_folder_and_no_new_one(result, tmp_path):
    def interrupt(done, _):
        if done == 20:
            raise KeyboardInterrupt

    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "0.png").write_bytes(b"good")
    for name in ("frames/", "new/deep/"):
        with pytest.raises(KeyboardInterrupt):
            optirace.render(
                result, f"{tmp_path}/{name}", size=(240, 240), progress=interrupt, **TIMING
            )
    assert [tmp_path / "frames"] == list(tmp_path.iterdir())
    assert b"good" == (tmp_path / "frames" / "0.png").read_bytes()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("./", "is the current directory or one of its parents"),
        ("../", "is the current directory or one of its parents"),
        ("file/", "is a file; name a folder for the frames"),
        ("a\0b/", "a file name cannot hold a NUL"),
        ("x" * 256 + "/", "the name is too long; file names here may have at most 255 bytes"),
    ],
)
def test_a_name_that_no_folder_can_have_is_refused(result, tmp_path, monkeypatch, name, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidValueError, match=words):
        optirace.render(result, name, size=(240, 240), **TIMING)
    assert "mine" == (tmp_path / "file").read_text()


def run(*words, cwd, **options):
    timing = ["--size", "240x240", "--duration", "0.5", "--fps", "10"]
    return subprocess.run(
        [sys.executable, "-m", "optirace", "render", *words, *timing],
        check=False,
        cwd=cwd,
        **options,
    )


@pytest.mark.slow
def test_latex_gets_the_line_that_shows_the_frames(tmp_path):
    done = run("-o", "frames/", cwd=tmp_path, capture_output=True, text=True)
    wanted = (
        r"\animategraphics[autoplay,controls,loop,poster=last,width=\linewidth]{10}{frames/}{0}{29}"
    )
    assert wanted == done.stderr.splitlines()[-1]
    assert 30 == len(frames_of(tmp_path / "frames"))
    again = run(
        "-o", "frames/", "--loop", "1", "--quiet", cwd=tmp_path, capture_output=True, text=True
    )
    assert (0, "", "") == (again.returncode, again.stdout, again.stderr)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("50% of_it/", r"{10}{50\csname c_percent_str\endcsname \space of_it/}{0}{29}"),
        ('a "b"/', ""),
    ],
)
def test_latex_gets_a_line_that_it_can_read_or_none(tmp_path, name, line):
    done = run("-o", name, "--loop", "1", cwd=tmp_path, capture_output=True, text=True)
    options = r"\animategraphics[autoplay,controls,poster=last,width=\linewidth]"
    assert (0, [f"{options}{line}"] * bool(line)) == (done.returncode, done.stderr.splitlines()[1:])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gif", "mp4", "png", "webp"])
def test_a_pipe_gets_the_bytes_of_the_file_and_nothing_else(tmp_path, kind):
    done = run("-o", "-", "--format", kind, "-o", f"same.{kind}", cwd=tmp_path, capture_output=True)
    assert 0 == done.returncode
    assert (tmp_path / f"same.{kind}").read_bytes() == done.stdout
    assert [f"same.{kind}"] == [path.name for path in tmp_path.iterdir()]


def test_a_pipe_that_breaks_is_told_in_one_line(tmp_path):
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as reader:
        reader.wait()
        done = run(
            "-o",
            "-",
            "--format",
            "apng",
            cwd=tmp_path,
            stdout=reader.stdin,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (1, "optirace: stdout: broken pipe\n") == (done.returncode, done.stderr)


@pytest.mark.slow
def test_a_pipe_gets_a_gif_that_fits_or_nothing(tmp_path):
    done = run(
        "-o",
        "-",
        "--format",
        "gif",
        "-o",
        "same.gif",
        "--max-size",
        "16kB",
        cwd=tmp_path,
        capture_output=True,
    )
    assert 0 < len(done.stdout) <= 16_000
    assert 2 == done.stderr.count(b"reduced to")
    assert (tmp_path / "same.gif").read_bytes() == done.stdout
    done = run(
        "-o",
        "-",
        "--format",
        "gif",
        "--max-size",
        "1kB",
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (1, "") == (done.returncode, done.stdout)
    assert re.fullmatch(
        r"optirace: -: still [\d.]+ kB at .+, over the limit of 1 kB; [^\n]+\n", done.stderr
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["-o", "-"],
            "output -: no suffix, so the format is unknown; add one, as in -o - --format gif",
        ),
        (
            ["-o", "-", "--format", "gfi"],
            (
                "format 'gfi': unknown; did you mean gif? must be one of mp4, gif, png, webm, "
                "webp, apng, svg, pdf"
            ),
        ),
        (
            ["-o", "a.gif", "--format", "gif"],
            "format gif: applies to -o - only; for a file, the suffix sets the format",
        ),
        (
            ["-o", "-", "--format", "gif", "--json"],
            "--json and -o -: use one or the other; both write to standard output",
        ),
        (
            ["-o", "-", "--format", "mp4", "--captions"],
            "captions: needs an output file to go with; add one, such as -o race.mp4",
        ),
        (
            ["-o", "-", "--format", "png", "--alt"],
            "alt: needs an output file to go with; add one, such as -o race.mp4",
        ),
        (
            ["-o", "-", "--format", "mp4", "--poster"],
            "poster: needs a film to go with; add one, such as -o race.mp4",
        ),
    ],
)
def test_what_a_pipe_cannot_take_is_refused(tmp_path, words, line):
    done = run(*words, cwd=tmp_path, capture_output=True, text=True)
    assert (2, "", f"optirace: {line}\n") == (done.returncode, done.stdout, done.stderr)
    assert [] == list(tmp_path.iterdir())


def test_a_terminal_gets_no_film(tmp_path):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    done = run(
        "-o", "-", "--format", "gif", cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, text=True
    )
    with open(ours, "rb"), open(theirs, "rb"):
        assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
        assert done.stderr.startswith("optirace: output -: stdout is a terminal; redirect it: ")
