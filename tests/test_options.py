"""Every option, through every door: a word, a scene, a file's note and Python."""

import json
import tomllib
from dataclasses import fields
from fractions import Fraction
from typing import Any

import pytest
from tests import make_options

from optirace import cli
from optirace.cli import scene
from optirace.errors import InvalidValueError
from optirace.look.timeline import Note
from optirace.options.film import FileOptions, OutputOptions, PictureOptions
from optirace.options.race import RaceOptions, SceneOptions
from optirace.options.sweep import ChartOptions, GridOptions, SweepOutput
from optirace.options.table import TableOptions
from optirace.settings import option, scenes
from optirace.settings.kinds import FLAG, TEXT, TUNE

RENDER = (SceneOptions, FileOptions, PictureOptions, RaceOptions, OutputOptions)
SWEEP = (GridOptions, ChartOptions, RaceOptions, SweepOutput)

LONG = "0.30000000000000004"

# For each option that a film carries: a word, the same in TOML, and the value.
SAMPLES: dict[str, Any] = {
    "surface": ("x^2 + 'y", '"x^2 + \'y"', "x^2 + 'y"),
    "view": ("-1,2.5,-3,4", "[-1, 2.5, -3, 4]", (-1.0, 2.5, -3.0, 4.0)),
    "minimum": ("0,1e-3", "[0, 0.001]", (0.0, 1e-3)),
    "start": ("-5,3", "[-5, 3]", (-5.0, 3.0)),
    **dict.fromkeys(("lr", "beta", "beta1", "beta2", "eps", "tol", "noise"), (LONG, LONG,
    0.1 + 0.2)),
    **dict.fromkeys(("speed", "duration"), ("5e-1", "0.5", 0.5)),
    "steps": ("50", "50", 50),
    "seed": ("18446744073709551615", '"18446744073709551615"', 2**64 - 1),
    "at": ("7", "7", 7),
    "chroma": ("444", "444", 444),
    "loop": ("3", "3", 3),
    "optimizers": ("adam:lr=0.3", '["adam:lr=0.3"]', ("adam:lr=0.3",)),
    "notes": ("3,1.5:a: b", '["3,1.5:a: b"]', (Note(3, "a: b", 1.5),)),
    "convention": ("torch", '"torch"', "torch"),
    "lr_schedule": ("cosine:0.1", '"cosine:0.1"', "cosine:0.1"),
    "tune": ("lr,beta", '["lr", "beta"]', ("lr", "beta")),
    "codec": ("av1", '"av1"', "av1"),
    "title": ("5", '"5"', "5"),
    "theme": ("dark", '"dark"', "dark"),
    "quality": ("480p", '"480p"', "480p"),
    "size": ("240x480", "[240, 480]", (240, 480)),
    "hold": ("0,2.5", "[0, 2.5]", (0.0, 2.5)),
    "fps": ("30000/1001", '"30000/1001"', Fraction(30000, 1001)),
    "strip": ("0,5,10", "[0, 5, 10]", (0, 5, 10)),
    "max_size": ("1.5 MiB", '"1.5 MiB"', 1_572_864),
    "animate": (True, "true", True),
    "arrows": (False, "false", False),
}  # fmt: skip
ROWS = {name: row for name, row in option.merged(RENDER).items() if row.said_by == "film"}


def test_every_option_that_a_film_carries_has_a_sample():
    assert set(ROWS) == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_an_option_means_the_same_as_a_word_in_a_scene_in_a_note_and_in_python(name):
    word, toml, value = SAMPLES[name]
    row = ROWS[name]
    typed = option.read(RENDER, {name: (word,) if row.is_repeated else word})
    assert {name: value} == typed.values
    assert value == option.read(RENDER, {name: value}, by_name=True).values[name], (
        "the value itself"
    )
    told = scenes.parse("a.toml", f"{row.key} = {toml}\n", scene.sayable()).values()
    by_scene = option.read(RENDER, {}, told)
    assert ({name: value}, [name]) == (by_scene.values, by_scene.from_file)
    data = json.loads(json.dumps(typed.record()))
    assert row.is_data(data[row.key])
    again = option.read(RENDER, {}, {name: data[row.key]})
    assert value == again.values[name], "what a note holds"
    assert data == again.record() == by_scene.record()
    held = f"{row.key} = {json.dumps(data[row.key])}\n"
    assert tomllib.loads(held) == data
    assert (
        value
        == option.read(RENDER, {}, scenes.parse("a.toml", held, scene.sayable()).values()).values[
            name
        ]
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_the_words_of_a_record_ask_for_the_same(name):
    word, _, value = SAMPLES[name]
    row = ROWS[name]
    data = option.read(RENDER, {name: (word,) if row.is_repeated else word}).record()[row.key]
    words = option.words(row.key, data)
    assert words[0] in row.flags[-1].split("/")
    if not row.is_flag:
        assert value == row.read("--x", (words[1],) if row.is_repeated else words[1])


def test_what_is_so_by_default_is_not_recorded():
    for group in (RaceOptions, FileOptions, PictureOptions, GridOptions, ChartOptions):
        for row in option.options(group).values():
            if row.said_by == "film" and row.default is not None:
                assert {} == option.Asked((group,), {row.name: row.default}).record(), row.name


def test_what_only_a_person_says_is_never_taken_from_a_file():
    for groups in (RENDER, SWEEP, (SceneOptions, RaceOptions, TableOptions)):
        rows = option.merged(groups).values()
        told = dict.fromkeys((row.name for row in rows), "x")
        assert {row.name for row in rows if row.said_by != "person"} == set(
            option.of_file(groups, {}, told)
        )
    assert "person" == option.Option(TEXT, "").said_by


def test_rivals_name_one_another():
    for name, row in option.merged((*RENDER, *SWEEP)).items():
        assert not row.rival or name == option.merged(RENDER)[row.rival].rival


def test_a_group_is_a_panel_and_of_two_options_with_one_name_the_first_holds():
    asked = option.read(SWEEP, {"lr": "0.1,0.2", "steps": "9"})
    assert ((0.1, 0.2), None, 9) == (
        asked.of(GridOptions).lr.values,
        asked.of(RaceOptions).lr,
        asked.of(RaceOptions).steps,
    )
    assert {each.name for each in fields(RaceOptions)} == set(option.options(RaceOptions))


def test_words_that_are_no_list_are_told_how_to_be_one():
    with pytest.raises(
        InvalidValueError, match=r"^optimizers 'sgd': must be a list, such as \['sgd'\]$"
    ):
        option.read(RENDER, {"optimizers": "sgd"}, by_name=True)
    assert FLAG.read("", True) is True


@pytest.mark.parametrize(
    "name", [name for name in option.merged((*RENDER, *SWEEP, TableOptions)) if name != "output"]
)
def test_a_value_of_a_wrong_type_is_refused_in_one_line(name):
    row = option.merged((*RENDER, *SWEEP, TableOptions))[name]
    wrong = [object(), b"ab", b"abcd", 2 + 3j, print, [object()], [b"ab"], [True, False], [{}]]
    wrong += ["x", 1, 1.5] if row.is_flag else [] if row.kind is TUNE else [True]
    for value in wrong:
        with pytest.raises(InvalidValueError, match=rf"^{name} .*: .+$") as caught:
            row.read(name, value)
        assert len(str(caught.value)) < 200


def test_python_has_the_options_of_the_command_line():
    text = make_options.API.read_text(encoding="utf-8")
    assert text == make_options.written(text), "`make fix` writes it"


def test_the_page_of_options_is_what_the_rows_say():
    page = make_options.PAGE.read_text(encoding="utf-8")
    assert page == make_options.page(), "`make fix` writes it"
    for name, row in option.merged((*RENDER, *SWEEP, TableOptions)).items():
        assert row.is_argument or f"--{row.key}" in page, name


IDLE = [
    ("render -o a.mp4 --max-size 1MB", ["--max-size changes nothing: no GIF is named"]),
    ("render -o a.mp4 --at 3 --loop 2", [
        "--loop changes nothing: no .gif, .webp, .apng or folder of frames is named",
        "--at changes nothing: no still is named",
    ]),
    ("render -o a.gif --chroma 444 --codec av1 --animate", [
        "--codec and --chroma change nothing: no video is named",
        "--animate changes nothing: no .png is named",
    ]),
    ("render -o a.png --fps 20 --hold 1 --duration 2", [
        "--duration, --fps and --hold change nothing: no film is named",
    ]),
    ("render -o a.mp4 --speed 1 --duration 2", ["--speed changes nothing: --duration is given"]),
    ("render -o a.mp4 --force", ["--force changes nothing: it counts only with a scene"]),
    (("render -o a.mp4 -o b.png -o c.gif --at 3 --loop 2 --max-size 1MB --chroma 444 --fps 20 "
        "--animate"), [
        "--at changes nothing: no still is named",  # b.png moves
    ]),
    ("render race.toml -o a.mp4", []),
    ("render race.toml --loop 3",
    ["--loop changes nothing: no .gif, .webp, .apng or folder of frames is named"]),
    ("render -o - --format gif --loop 2 --max-size 1MB", []),
    ("render -o frames/ --loop 1", []),
    ("table --seed 3", ["--seed changes nothing: it counts only with --noise"]),
    ("table --seed 3 --noise 0", ["--seed changes nothing: it counts only with --noise"]),
    ("table --seed 3 --noise 1 --lr 0.1 --beta 0.5 --beta1 0.5 --beta2 0.9 --eps 1e-3", []),
    ("table -O sgd --beta1 0.5 --lr 0.1", ["--beta1 changes nothing: no racer has beta1"]),
    ("table -O adam:lr=0.3 -O sgd:lr=1 --lr 0.1",
    ["--lr changes nothing: every racer that has lr sets its own"]),
    ("table -O adam:lr=0.3 -O sgd --lr 0.1", []),
    ("sweep --lr 0.1,0.2 -O sgd --theme dark --seed 1", [
        "--theme changes nothing: no chart is named with -o",
        "--seed changes nothing: it counts only with --noise",
    ]),
    ("sweep --lr 0.1,0.2 -O sgd --theme dark -o a.svg", []),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("words", "lines"), IDLE)
def test_an_option_that_was_typed_and_changes_nothing_is_told(
    words, lines, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "race.toml").write_text('at = 3\nmax-size = "1MB"\nseed = 4\noutput = "b.mp4"\n')
    quick = ["--dry-run"] if words.startswith("render") else ["--steps", "20"]
    assert 0 == cli.main([*words.split(), *quick])
    assert [f"optirace: {line}" for line in lines] == capsys.readouterr().err.splitlines()
    if words.startswith("render"):
        assert 0 == cli.main([*words.split(), *quick, "--quiet"])
        assert "" == capsys.readouterr().err
