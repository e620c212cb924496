"""A GIF that has to fit."""

import json
import re
from fractions import Fraction
from typing import Any

import imageio.v3 as imageio
import numpy as np
import pytest

import optirace
from optirace import cli
from optirace.errors import InvalidValueError
from optirace.look import timeline
from optirace.look.themes import SMALLEST_SIDE
from optirace.output import size_limit

QUICK: dict[str, Any] = {"size": (640, 360), "duration": 2.0, "hold": (0.2, 0.3)}
TYPED = ["--size", "640x360", "--duration", "2", "--hold", "0.2,0.3"]


@pytest.fixture(scope="module")
def result():
    return optirace.race(steps=40)


@pytest.fixture(scope="module")
def plain(result, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    return optirace.render(result, folder / "a.gif", folder / "a.mp4", **QUICK)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("10MB", 10_000_000),
        ("512 kB", 512_000),
        ("1.5MiB", 1_572_864),
        ("700B", 700),
        (".5mb", 500_000),
        (" 2 MB ", 2_000_000),
    ],
)
def test_a_size_is_a_number_and_a_unit(words, count):
    assert count == size_limit.size("--max-size", words)


@pytest.mark.parametrize(
    "words", ["", "10", "MB", "10 GB", "-1MB", "1e3kB", "0MB", "0.1B", "nan MB", "1,5MB"]
)
def test_what_is_no_size_is_told_in_one_line(words):
    with pytest.raises(InvalidValueError, match=r"^--max-size ") as told:
        size_limit.size("--max-size", words)
    assert "\n" not in str(told.value)


def test_no_bytes_are_no_limit(tmp_path, result):
    with pytest.raises(InvalidValueError, match="max_size 0 B: must be at least 1 B"):
        optirace.render(result, tmp_path / "a.gif", max_size=0)


def test_every_rung_gives_up_more_than_the_one_before():
    top = size_limit.Rung(Fraction(30), 1280, 720)
    ladder = [top, *size_limit.rungs(top)]
    costs = [(each.fps, each.width * each.height, each.colours or 127) for each in ladder]
    assert sorted(costs, reverse=True) == costs
    assert len(set(costs)) == len(costs)
    assert all(
        each.width % 2 == each.height % 2 == 0 and min(each.width, each.height) >= 240
        for each in ladder
    )
    rates, sizes, colours = (
        [getattr(each, name) for each in ladder] for name in ("fps", "width", "colours")
    )
    assert rates.index(min(rates)) < sizes.index(min(sizes)) < colours.index(31)


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (720, 1280), (240, 240)])
def test_the_ladder_ends_one_step_from_the_smallest_picture_wherever_it_begins(size):
    *_, last = size_limit.rungs(size_limit.Rung(Fraction(24), *size))
    assert (Fraction(10), 31) == (last.fps, last.colours)
    assert SMALLEST_SIDE <= min(last.width, last.height) < SMALLEST_SIDE / size_limit.SHRINKING + 1


def test_a_rung_is_left_out_only_if_its_film_could_not_fit(tmp_path, result):
    top = size_limit.Rung(Fraction(30), 640, 360)
    (whole,) = optirace.render(result, tmp_path / "a.gif", **QUICK)
    for rung in [each for each in size_limit.rungs(top) if each.colours is None][::4]:
        (made,) = optirace.render(
            result,
            tmp_path / "a.gif",
            **QUICK | {"size": (rung.width, rung.height), "fps": rung.fps},
        )
        assert rung.least(top, whole.bytes) < made.bytes


def test_a_gif_that_fits_is_left_as_it_is(tmp_path, result, plain):
    (same,) = optirace.render(result, tmp_path / "a.gif", **QUICK, max_size=plain[0].bytes + 100)
    assert "" == same.lowered
    assert (imageio.imread(plain[0].path) == imageio.imread(same.path)).all()


@pytest.mark.parametrize("share", [0.8, 0.6, 0.4])
def test_a_gif_that_is_lowered_fits_and_lasts_as_long(tmp_path, result, plain, share):
    limit = int(plain[0].bytes * share)
    gif, mp4 = optirace.render(
        result, tmp_path / "a.gif", tmp_path / "a.mp4", **QUICK, max_size=limit
    )
    assert gif.bytes == gif.path.stat().st_size <= limit
    assert f"{float(gif.fps):g} frames per second, {gif.width}x{gif.height}" in gif.lowered
    assert ("", plain[1].frames, plain[1].fps) == (mp4.lowered, mp4.frames, mp4.fps)
    pictures = imageio.imread(gif.path)
    assert (gif.height, gif.width) == pictures.shape[1:3]
    seconds = (
        sum(imageio.immeta(gif.path, index=index)["duration"] for index in range(len(pictures)))
        / 1000
    )
    assert abs(seconds - 2.5) <= 0.05
    again = optirace.render(result, tmp_path / "b.gif", **QUICK, max_size=limit)[0]
    assert gif.sha256 == again.sha256


def test_each_attempt_at_a_gif_that_must_fit_is_told_as_it_comes_along(tmp_path, result, plain):
    told = []
    optirace.render(
        result,
        tmp_path / "a.gif",
        max_size=plain[0].bytes * 2 // 5,
        progress=lambda *now: told.append(now),
        **QUICK,
    )
    starts = [index for index, (done, _) in enumerate(told) if done == 1]
    passes = [told[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]
    assert len(passes) >= 2
    assert all([(done, len(each)) for done in range(1, len(each) + 1)] == each for each in passes)


def test_colours_are_what_goes_last(tmp_path, result):
    small = [
        each
        for each in size_limit.rungs(size_limit.Rung(Fraction(30), 640, 360))
        if each.colours is None
    ][-1]
    (whole,) = optirace.render(
        result, tmp_path / "a.gif", **QUICK | {"size": (small.width, small.height), "fps": 10}
    )
    (fewer,) = optirace.render(result, tmp_path / "a.gif", **QUICK, max_size=int(0.8 * whole.bytes))
    assert (small.fps, small.width, small.height) == (fewer.fps, fewer.width, fewer.height)
    assert fewer.bytes <= 0.8 * whole.bytes
    most = int(fewer.lowered.split(" colours")[0].split()[-1])
    assert len(np.unique(imageio.imread(fewer.path, index=0).reshape(-1, 3), axis=0)) <= most


def test_a_gif_that_cannot_fit_is_told_in_one_line_and_nothing_changes(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"old")
    assert 1 == cli.main(
        ["render", *TYPED, "-o", "a.gif", "-o", "a.mp4", "--max-size", "1kB", "--quiet"]
    )
    told = capsys.readouterr()
    assert "" == told.out
    assert 1 == told.err.count("\n")
    assert re.search(
        (
            r"a\.gif: still [\d.]+ kB at 10 frames per second, 458x258, 31 colours, over the "
            r"limit of 1 kB;"
        ),
        told.err,
    )
    assert [tmp_path / "a.mp4"] == list(tmp_path.iterdir())
    assert b"old" == (tmp_path / "a.mp4").read_bytes()


def test_a_check_of_what_cannot_fit_tells_it_of_the_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert 1 == cli.main(
        [
            "render",
            "-o",
            "a.gif",
            "--size",
            "240x240",
            "--duration",
            "0.2",
            "--max-size",
            "1kB",
            "--check",
        ]
    )
    assert re.fullmatch(r"optirace: a\.gif: still [\d.]+ kB at [^\n]+\n", capsys.readouterr().err)
    assert [] == list(tmp_path.iterdir())


def test_what_was_lowered_is_told_on_stderr_and_in_json(tmp_path, capsys, monkeypatch, plain):
    monkeypatch.chdir(tmp_path)
    limit = f"{plain[0].bytes // 2}B"
    assert 0 == cli.main(
        [
            "render",
            *TYPED,
            "--steps",
            "40",
            "-o",
            "a.gif",
            "--poster",
            "--max-size",
            limit,
            "--json",
        ]
    )
    told = capsys.readouterr()
    gif, png = json.loads(told.out)["files"]
    assert f"a.gif: reduced to {gif['lowered']} to fit --max-size\n" in told.err
    assert [gif["bytes"], gif["frames"] / gif["fps"]] == [
        (tmp_path / "a.gif").stat().st_size,
        gif["seconds"],
    ]
    assert ("a.png", [640, 360]) == (png["path"], png["size"])
    assert "lowered" not in png


def test_a_film_at_a_lower_rate_is_the_same_film():
    film = timeline.schedule(200, notes=[timeline.Note(34, "look")])
    slow = timeline.resampled(film, Fraction(12))
    assert (0.0, 200.0) == (slow.positions[0], slow.positions[-1])
    assert abs(slow.seconds - film.seconds) <= Fraction(1, 24)
    assert (np.diff(slow.positions) >= 0).all()
    assert (200, 200, -1) == (slow.shown[-1], slow.ranked[-1], slow.told[-1])
    assert 24 <= (slow.positions == 34.0).sum() <= 25


@pytest.mark.parametrize("kind", ["", "-o b.png"])
def test_a_poster_stands_beside_every_film_once(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    words = [
        "render",
        "--size",
        "240x240",
        "--duration",
        "0.3",
        "-o",
        "a.mp4",
        "-o",
        "b.gif",
        *kind.split(),
        "--poster",
        "--quiet",
    ]
    assert 0 == cli.main(words)
    assert ["a.mp4", "a.png", "b.gif", "b.png"] == sorted(path.name for path in tmp_path.iterdir())
    still = optirace.render(optirace.race(), tmp_path / "c.png", size=(240, 240))[0]
    for name in ("a.png", "b.png"):
        assert (imageio.imread(still.path) == imageio.imread(tmp_path / name)).all()


@pytest.mark.parametrize(
    "text", ["9" * 5_000 + "MB", "9" * 16 + "B", "0." + "1" * 5_000 + "kB", "." + "1" * 5_000 + "B"]
)
def test_a_size_of_very_many_digits_is_refused_in_a_line(text):
    with pytest.raises(
        InvalidValueError, match=r"must be a number and one of B, kB, MB, MiB, as in 10MB$"
    ):
        size_limit.size("--max-size", text)
