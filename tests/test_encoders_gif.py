"""What a browser finds in a GIF."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image

import optirace
from optirace.drawing.raster import Canvas
from optirace.errors import InvalidValueError, OutputError
from optirace.look import timeline
from optirace.look.frame import CELL_HEIGHT, CELL_WIDTH, Frame, stride_of
from optirace.look.themes import Style
from optirace.output import film, outputs, sinks
from optirace.output.encode import palette, patches
from optirace.output.read import contents, verify

RATES = [Fraction(30), Fraction(25), Fraction(50), Fraction(24), Fraction(24000, 1001)]
SIZES = [(480, 270), (246, 242)]
TIMING: dict[str, Any] = {"duration": 0.8, "hold": (0.5, 0.5)}
FRAMES = 15 + 24 + 15


class Decoded:
    """A film as Pillow plays it."""

    def __init__(self, path):
        self.pictures, self.delays = [], []
        with Image.open(path) as gif:
            self.size = gif.size
            for index in range(getattr(gif, "n_frames")):  # noqa: B009 - its class does not say so
                gif.seek(index)
                self.pictures.append(np.asarray(gif.convert("RGB")).copy())
                self.delays.append(round(gif.info["duration"] / 10))

    def at(self, hundredths):
        """Return the picture that stands at a time."""
        ends = np.cumsum(self.delays)
        return self.pictures[int(np.searchsorted(ends, hundredths, side="right"))]


def begins(frame, fps):
    return round(100 * frame / fps)


def repeats_of(path):
    """Return what the file says of its loop, or None."""
    _, found, after = path.read_bytes().partition(b"!\xff\x0bNETSCAPE2.0\x03\x01")
    return int.from_bytes(after[:2], "little") if found else None


def painted(result, *, size, fps=Fraction(30)):
    canvas = Canvas(result, Style(width=size[0], height=size[1]))
    for moment in film.moments(result, timeline.schedule(result.race.steps, fps=fps, **TIMING)):
        yield canvas.paint(moment).pixels[..., :3].copy()


def write(path, pictures, *, fps=Fraction(10), loop=0, colours=None):
    """Write uint8[height, width, 3] pictures; only cells that differ are named."""
    height, width, _ = pictures[0].shape
    stride = stride_of(width)
    film_of = {
        "width": width,
        "height": height,
        "fps": fps,
        "frames": len(pictures),
        "loop": loop,
        "colours": colours,
    }
    with sinks.open_sink(outputs.output(path), sinks.Film(**film_of)) as sink:
        before = None
        for picture in pictures:
            whole = np.full((height, stride, 4), 255, np.uint8)
            whole[:, :width, :3] = picture
            packed = whole.view(np.uint32)[..., 0]
            cells = packed.reshape(
                height // CELL_HEIGHT, CELL_HEIGHT, stride // CELL_WIDTH, CELL_WIDTH
            )
            has_changed = (
                np.ones(cells.shape[::2], bool)
                if before is None
                else (cells != before).any(axis=(1, 3))
            )
            sink.write(Frame(packed, width, np.flatnonzero(has_changed)))
            before = cells
        sink.finish()
        return sink.commit()


@pytest.fixture(scope="module")
def result():
    return optirace.race(steps=60)


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def short(request, result, tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "race.gif"
    optirace.render(result, path, size=request.param, **TIMING)
    return request.param, path, Decoded(path)


@pytest.mark.slow
@pytest.mark.parametrize("fps", RATES, ids=str)
def test_the_delays_add_up_exactly_and_none_is_so_short_that_browsers_slow_it_down(
    result, tmp_path, fps
):
    path = tmp_path / "race.gif"
    optirace.render(result, path, size=(240, 240), fps=fps, duration=1.3, hold=(0.3, 0.4))
    frames = len(timeline.schedule(60, fps=fps, duration=1.3, hold=(0.3, 0.4)).positions)
    delays = Decoded(path).delays
    assert begins(frames, fps) == sum(delays)
    assert min(delays) >= 2
    # No image comes at another time than a frame does, so that errors never add up.
    assert {*np.cumsum(delays).tolist()} <= {begins(frame, fps) for frame in range(1, frames + 1)}


def test_sixty_frames_a_second_are_refused_in_one_line(result, tmp_path):
    with pytest.raises(InvalidValueError) as caught:
        optirace.render(
            result, tmp_path / "race.mp4", tmp_path / "race.gif", fps=60, size=(240, 240)
        )
    assert "fps 60: .gif takes at most 50 frames per second; use --fps 50" == str(caught.value)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.slow
def test_every_pixel_has_the_palette_colour_nearest_to_the_painted_one(short, result):
    size, path, decoded = short
    colours = (
        np.frombuffer(path.read_bytes()[13 : 13 + 3 * 255], np.uint8)
        .reshape(-1, 3)
        .astype(np.int64)
    )
    for index, wanted in enumerate(painted(result, size=size)):
        if index % 18 not in (0, 17):
            continue
        shown = decoded.at(begins(index, 30))
        both = np.unique(np.concatenate([wanted, shown], axis=2).reshape(-1, 6), axis=0).astype(
            np.int64
        )
        nearest = ((both[:, None, :3] - colours) ** 2).sum(axis=2).min(axis=1)
        assert nearest.tolist() == ((both[:, :3] - both[:, 3:]) ** 2).sum(axis=1).tolist()


@pytest.mark.slow
def test_the_film_is_within_49_db_of_the_painted_one(short, result):
    size, _, decoded = short
    assert size == decoded.size
    errors = []
    for index, wanted in enumerate(painted(result, size=size)):
        shown = decoded.at(begins(index, 30))
        errors.append(((wanted.astype(np.float64) - shown) ** 2).mean())
    assert FRAMES == len(errors)
    assert 10.0 * np.log10(255.0**2 / np.mean(errors)) >= 49.0


def test_stillness_becomes_a_longer_delay_and_not_more_images(short):
    _, _, decoded = short
    assert len(decoded.pictures) <= FRAMES - 14 - 12
    assert begins(FRAMES, 30) == sum(decoded.delays)
    assert begins(15, 30) == decoded.delays[0]
    assert max(decoded.delays[1:-1]) < 30


def test_an_image_is_only_as_large_as_what_changed(short):
    size, path, decoded = short
    whole = size[0] * size[1]
    data = path.read_bytes()
    at, areas = 13 + 768, []
    while data[at : at + 1] != b";":
        if data[at : at + 1] == b",":
            areas.append(
                int.from_bytes(data[at + 5 : at + 7], "little")
                * int.from_bytes(data[at + 7 : at + 9], "little")
            )
        at += 11 if data[at : at + 1] == b"," else 2
        while data[at]:
            at += data[at] + 1
        at += 1
    assert len(decoded.pictures) == len(areas)
    assert whole == areas[0]
    assert max(areas[1:]) <= whole
    assert np.count_nonzero(np.array(areas[1:]) < whole) >= 1


@pytest.mark.slow
@pytest.mark.parametrize(("loop", "repeats"), [(0, 0), (1, None), (2, 1), (3, 2), (65535, 65534)])
def test_a_gif_plays_as_often_as_asked(result, tmp_path, loop, repeats):
    path = tmp_path / "race.gif"
    optirace.render(result, path, size=(240, 240), fps=10, duration=0.2, hold=(0.1, 0.1), loop=loop)
    assert repeats == repeats_of(path)


@pytest.mark.parametrize("loop", [-1, 65536])
def test_a_loop_that_a_gif_cannot_hold_is_refused(result, tmp_path, loop):
    with pytest.raises(
        InvalidValueError, match=rf"^loop {loop}: must be from 0 \(forever\) to 65535$"
    ):
        optirace.render(result, tmp_path / "race.gif", size=(240, 240), loop=loop)


def test_two_runs_write_the_same_bytes(short, result, tmp_path):
    size, path, _ = short
    optirace.render(result, tmp_path / "another.gif", size=size, **TIMING)
    assert path.read_bytes() == (tmp_path / "another.gif").read_bytes()


@pytest.mark.parametrize("width", [32, 38])
@pytest.mark.parametrize("colours", [2, 16, 255])
def test_a_film_of_few_colours_is_exact(tmp_path, width, colours):
    random = np.random.default_rng(colours)
    chosen = random.integers(0, 256, (colours, 3), np.uint8)
    pictures = [chosen[random.integers(0, colours, (20, width))] for _ in range(4)]
    path = tmp_path / "few.gif"
    write(path, pictures)
    found = Decoded(path)
    assert [10] * 4 == found.delays
    for wanted, picture in zip(pictures, found.pictures, strict=True):
        assert wanted.tobytes() == picture.tobytes()


def test_a_film_of_more_colours_than_a_palette_has_keeps_the_commonest_exactly(tmp_path):
    random = np.random.default_rng(3)
    picture = np.full((64, 64, 3), (250, 249, 248), np.uint8)
    picture[40:] = random.integers(0, 256, (24, 64, 3), np.uint8)
    write(tmp_path / "many.gif", [picture])
    (found,) = Decoded(tmp_path / "many.gif").pictures
    assert picture[:40].tobytes() == found[:40].tobytes()
    assert picture[40:].tobytes() != found[40:].tobytes()
    assert np.sqrt(((picture[40:].astype(float) - found[40:]) ** 2).mean()) < 20.0


def test_short_gaps_between_changed_pixels_are_painted_again_which_costs_fewer_bytes(
    short, result, tmp_path, monkeypatch
):
    size, path, decoded = short
    monkeypatch.setattr(patches, "GAPS_IN_SIDE", 10**6)
    optirace.render(result, tmp_path / "holes.gif", size=size, **TIMING)
    assert path.stat().st_size < (tmp_path / "holes.gif").stat().st_size
    with_holes = Decoded(tmp_path / "holes.gif")
    assert decoded.delays == with_holes.delays
    assert all(
        (one == other).all()
        for one, other in zip(decoded.pictures, with_holes.pictures, strict=True)
    )


def test_the_means_make_a_better_palette_than_splitting_alone(monkeypatch):
    random = np.random.default_rng(6)
    tally = palette.Tally()
    colours = np.unique(
        (random.normal(128.0, 40.0, (4000, 3)).clip(0, 255).astype(np.uint32) << [0, 8, 16]).sum(
            axis=1
        )
    )
    tally.add(
        colours.astype(np.uint32),
        random.integers(1, 300, len(colours)).astype(np.int32),
        np.zeros(len(colours), bool),
    )
    histogram = tally.histogram()
    errors = {}
    for passes in (0, palette.PASSES):
        monkeypatch.setattr(palette, "PASSES", passes)
        chosen = palette.choose(histogram, 127)
        assert (127, 3) == chosen.shape
        errors[passes] = palette.error(histogram, chosen, palette.nearest_of(histogram, chosen))
    assert errors[palette.PASSES] < 0.95 * errors[0]


@pytest.mark.parametrize("most", [3, 7, 15, 31, 63, 127, 255])
def test_a_palette_of_any_size_is_kept_to(tmp_path, most):
    random = np.random.default_rng(most)
    pictures = [random.integers(0, 256, (20, 38, 3), np.uint8) for _ in range(3)]
    write(tmp_path / "few.gif", pictures, colours=most)
    shown = Decoded(tmp_path / "few.gif").pictures
    assert [picture.shape for picture in pictures] == [picture.shape for picture in shown]
    used = np.unique(np.concatenate(shown).reshape(-1, 3), axis=0)
    assert most // 2 < len(used) <= most
    wanted, found = (
        np.concatenate(each).reshape(-1, 3).astype(np.int64) for each in (pictures, shown)
    )
    nearest = ((wanted[:, None] - used.astype(np.int64)) ** 2).sum(axis=2).min(axis=1)
    assert ((wanted - found) ** 2).sum(axis=1).tolist() == nearest.tolist()


@pytest.mark.parametrize(("frames", "fps"), [(700, 1), (16384, 25), (1311, 1)])
def test_a_stillness_longer_than_one_image_can_stay_keeps_its_length(tmp_path, frames, fps):
    black, white = np.zeros((4, 32), np.uint32), np.full((4, 32), 0xFFFFFF, np.uint32)
    path = tmp_path / "still.gif"
    with sinks.open_sink(
        outputs.output(path), sinks.Film(width=32, height=4, fps=Fraction(fps), frames=frames + 1)
    ) as sink:
        everything = np.arange(4)
        sink.write(Frame(black, 32, everything))
        for _ in range(frames - 1):
            sink.write(Frame(black, 32, everything[:0]))
        sink.write(Frame(white, 32, everything))
        sink.finish()
        sink.commit()
    found = Decoded(path)
    assert begins(frames + 1, fps) == sum(found.delays)
    assert begins(frames, fps) == sum(found.delays[:-1])
    assert min(found.delays) >= 2
    assert {0} == {int(shown.max()) for shown in found.pictures[:-1]}
    assert 255 == int(found.pictures[-1].min())


@pytest.mark.parametrize("given", [0, 1, 3])
def test_a_film_with_another_number_of_frames_than_promised_is_refused(tmp_path, given):
    picture = np.zeros((20, 32), np.uint32)
    with sinks.open_sink(
        outputs.output(tmp_path / "x.gif"),
        sinks.Film(width=32, height=20, fps=Fraction(10), frames=2),
    ) as sink:
        for _ in range(given):
            sink.write(Frame(picture, 32, np.arange(20)))
        with pytest.raises(OutputError, match=rf"x\.gif: got {given} frames, not 2$"):
            sink.finish()
    assert [] == list(tmp_path.iterdir())


@pytest.fixture
def described(short):
    (width, height), path, _ = short
    about = sinks.Film(
        width=width, height=height, fps=Fraction(30), frames=FRAMES, note=contents.read(path).note
    )
    return about, path.read_bytes()


def test_the_reader_finds_nothing_wrong_with_what_pillow_plays(short, described):
    assert verify.problem(short[1], described[0], seconds=Fraction(begins(FRAMES, 30), 100)) is None


@pytest.mark.parametrize("kept", [5, 13, 700, 1000, -100, -2, -1])
def test_the_reader_notices_a_film_that_is_cut_short(described, tmp_path, kept):
    cut = tmp_path / "cut.gif"
    cut.write_bytes(described[1][:kept])
    assert verify.problem(cut, described[0], seconds=Fraction(begins(FRAMES, 30), 100)) is not None


def test_the_reader_says_what_a_film_has_that_was_not_asked_for(short, described, tmp_path):
    (width, height), path, _ = short
    about, data = described
    length = begins(FRAMES, 30)
    assert f"it lasts {length / 100:.3f} seconds, not 1.810" == verify.problem(
        path, about, seconds=Fraction(181, 100)
    )
    narrow = sinks.Film(width=16, height=16, fps=Fraction(30), frames=FRAMES)
    assert f"it is {width}x{height}, not 16x16" == verify.problem(
        path, narrow, seconds=Fraction(length, 100)
    )
    longer = tmp_path / "longer.gif"
    longer.write_bytes(data + b"\0")
    assert "bytes follow its end" == verify.problem(longer, about, seconds=Fraction(length, 100))
    quick = tmp_path / "quick.gif"
    quick.write_bytes(
        data.replace(
            b"!\xf9\x04\x05" + begins(15, 30).to_bytes(2, "little"), b"!\xf9\x04\x05\x01\0", 1
        )
    )
    assert "an image stays 1 hundredths" in (
        verify.problem(quick, about, seconds=Fraction(length, 100)) or ""
    )


@pytest.mark.slow
@pytest.mark.parametrize("loop", [0, 1, 2, 7])
def test_the_reader_counts_how_often_a_film_plays(result, tmp_path, loop):
    path = tmp_path / "race.gif"
    optirace.render(result, path, size=(240, 240), duration=0.2, hold=(0.0, 0.1), loop=loop)
    found = contents.read(path)
    assert loop == found.loop
    about = sinks.Film(
        width=240, height=240, fps=Fraction(30), frames=9, loop=loop + 1, note=found.note
    )
    assert f"it plays {loop} times, not {loop + 1}" == verify.problem(
        path, about, seconds=found.seconds
    )
