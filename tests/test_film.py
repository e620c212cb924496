"""One pass, constant memory, several files."""

import subprocess
import sys
from typing import Any

import pytest
from tests.growth import is_flat

import optirace
from optirace.errors import InvalidValueError

QUICK: dict[str, Any] = {"size": (240, 240), "fps": 10, "duration": 1.0, "hold": (0.2, 0.3)}
FRAMES = 2 + 10 + 3
KINDS = ("mp4", "gif", "png", "webp", "apng")
SPARE = 1_000
"""Bytes a frame: room for its row of the film's schedule, and far less than any picture."""


@pytest.fixture(scope="module")
def result():
    return optirace.race(steps=50)


@pytest.fixture(scope="module")
def alone(result, tmp_path_factory):
    """The digest of each kind of file, made alone."""
    folder = tmp_path_factory.mktemp("alone")
    return {
        kind: optirace.render(result, folder / f"race.{kind}", **QUICK)[0].sha256 for kind in KINDS
    }


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_memory_does_not_grow_with_the_length_of_the_film(tmp_path, kind):
    result = optirace.race(optimizers=["sgd"], steps=300)

    def film(frames):
        optirace.render(
            result,
            tmp_path / f"x.{kind}",
            size=(240, 240),
            fps=30,
            duration=frames / 30,
            hold=(0.0, 0.0),
        )

    assert is_flat(film, 60, 240, SPARE)


@pytest.mark.parametrize(
    "kinds", [("mp4", "gif", "png"), ("png", "gif"), ("gif", "mp4"), ("webp", "mp4", "apng", "gif")]
)
def test_several_files_from_one_pass_equal_the_files_made_alone(tmp_path, result, alone, kinds):
    paths = [tmp_path / f"race.{kind}" for kind in kinds]
    written = optirace.render(result, *paths, **QUICK)
    assert paths == [file.path for file in written]
    assert [alone[kind] for kind in kinds] == [file.sha256 for file in written]
    assert sorted(paths) == sorted(tmp_path.iterdir())


def test_two_files_of_a_kind_are_alike(tmp_path, result, alone):
    one, two = optirace.render(result, tmp_path / "one.gif", tmp_path / "two.gif", **QUICK)
    assert alone["gif"] == one.sha256 == two.sha256


@pytest.mark.parametrize("kinds", [("mp4",), ("gif",), ("mp4", "gif", "png")])
def test_progress_is_told_of_every_frame_in_order(tmp_path, result, kinds):
    told = []
    optirace.render(
        result,
        *(tmp_path / f"race.{kind}" for kind in kinds),
        progress=lambda *numbers: told.append(numbers),
        **QUICK,
    )
    assert [(done, FRAMES) for done in range(1, FRAMES + 1)] == told


def test_no_file_is_in_place_before_the_last_frame_is_done(tmp_path, result):
    names = {"race.mp4", "race.gif", "race.png"}
    seen = set()

    def progress(_done, _total):
        seen.update(path.name for path in tmp_path.iterdir())

    optirace.render(
        result, *(tmp_path / name for name in sorted(names)), progress=progress, **QUICK
    )
    assert set() == names & seen
    assert names == {path.name for path in tmp_path.iterdir()}


def test_a_refused_name_stops_the_others_before_any_work(tmp_path, result):
    told = []
    with pytest.raises(InvalidValueError, match=r"race\.avi: suffix \.avi: unknown"):
        optirace.render(
            result,
            tmp_path / "race.mp4",
            tmp_path / "race.avi",
            progress=lambda *numbers: told.append(numbers),
            **QUICK,
        )
    assert [] == told
    assert [] == list(tmp_path.iterdir())


def test_a_film_loads_no_library_that_it_does_not_use(tmp_path):
    code = (
        "import sys; from optirace import cli;"
        "assert cli.main(['render', '--size', '240x240', '--quiet', *sys.argv[1:]]) == 0;"
        "print([name for name in ('numpy.ma', 'numpy.random', 'PIL.PdfImagePlugin', "
        "'matplotlib') if name in sys.modules])"
    )
    words = [
        word for kind in KINDS if kind != "png" for word in ("-o", str(tmp_path / f"race.{kind}"))
    ]
    assert (
        "[]\n"
        == subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True
        ).stdout
    )
