"""What a file tells, and making it anew."""

import json
import re
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import optirace
from optirace import cli
from optirace.errors import OptiraceError
from optirace.output import provenance
from optirace.output.formats import FORMATS
from optirace.output.read import contents, gif_blocks, png_chunks
from optirace.racing import engine, sweeps, tuning
from optirace.settings import adapters
from optirace.settings.kinds import TEXT
from optirace.settings.option import Option, merged

SMALL = [
    "--size",
    "240x240",
    "--fps",
    "10",
    "--duration",
    "0.5",
    "--hold",
    "0,0.2",
    "--steps",
    "20",
    "-O",
    "sgd",
    "-O",
    "adam",
]
KINDS = tuple(FORMATS)
OTHERS = {
    "av1.mp4": ["--codec", "av1"],
    "av1.webm": ["--codec", "av1"],
    "moving.png": ["--animate"],
    "strip.png": ["--strip", "0,10"],
    "strip.svg": ["--strip", "0,10"],
    "strip.pdf": ["--strip", "0,10"],
    "short.gif": ["--max-size", "15kB"],
    "noted.gif": [
        "--note",
        "3:Look: here",
        "--note",
        "5,0.5:There",
        "--view=-6,3,-4,4",
        "--minimum",
        "0,0",
    ],
}
"""Files of what a format can be besides the usual."""
RULE = Path(__file__).parent.parent / "examples" / "my_rule.py"


def render(path, *words):
    assert 0 == cli.main(["render", "--quiet", *words, "-o", str(path)])
    return Path(path)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    return {kind: render(f"{folder}/race{kind}", *SMALL, "--title", "a 'b' $(c)") for kind in KINDS}


@pytest.fixture
def run(capsys):
    def run(*words):
        capsys.readouterr()
        status = cli.main(list(map(str, words)))
        return status, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def hostile(films, tmp_path_factory):
    """Make a GIF whose note says what a stranger likes; with a command it is one of 0.1.0."""

    def hostile(**told):
        path = tmp_path_factory.mktemp("hostile") / "race.gif"
        line = contents.read(films[".gif"]).note
        old = dict.fromkeys(("made_by", "settings")) if "command" in told else {}
        note = {
            key: value
            for key, value in {**json.loads(line), **old, **told}.items()
            if value is not None
        }
        path.write_bytes(
            films[".gif"]
            .read_bytes()
            .replace(gif_blocks.comment(line), gif_blocks.comment(json.dumps(note)))
        )
        return path

    return hostile


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_its_command_its_versions_and_its_table_are_told(films, run, kind):
    status, out, err = run("inspect", films[kind])
    assert (0, "") == (status, err)
    command = (
        "command   optirace render --duration 0.5 --fps 10 --size 240x240 --hold 0,0.2 --title "
        "'a '\"'\"'b'\"'\"' $(c)'"
    )
    assert command in out.replace(" \\\n          ", " ")
    assert max(map(len, out.splitlines())) <= 100 + len(str(films[kind]))
    assert command in run("inspect", films[kind], "--wide")[1]
    size, sha256 = contents.digest(films[kind])
    for line in (
        rf"format +{FORMATS[kind].description}\n",
        r"size +240x240\nframes +\d",
        rf"bytes +{size}\nsha256 +{sha256}\n",
        r"versions .*numpy .*optirace 0",
        r"● +SGD ",
    ):
        assert re.search(line, out), line
    assert out.endswith(run("table", "--steps", "20", "-O", "sgd", "-O", "adam")[1])


def test_json_tells_the_same_in_data(films, run):
    told = json.loads(run("inspect", films[".mp4"], "--format", "json")[1])
    assert ([240, 240], 7, 10.0, 0.7, True) == tuple(
        told[key] for key in ("size", "frames", "fps", "seconds", "same_numbers")
    )
    assert films[".mp4"].stat().st_size == told["bytes"]
    assert ["sgd", "adam"] == sorted(
        (racer["name"] for racer in told["table"]["racers"]), reverse=True
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_made_anew_byte_by_byte(films, run, tmp_path, kind):
    again = f"{tmp_path}/again{kind}"
    assert 0 == run("inspect", films[kind], "--rerun", "-o", again)[0]
    assert contents.digest(films[kind]) == contents.digest(Path(again))


@pytest.mark.parametrize("name", OTHERS)
def test_whatever_a_format_can_be_is_told_and_made_anew(run, tmp_path, name):
    kept = render(tmp_path / name, *SMALL, *OTHERS[name])
    wanted = {"av1": "AV1 video", "moving": FORMATS[".apng"].description}.get(
        kept.stem, FORMATS[kept.suffix].description
    )
    status, out, err = run("inspect", kept)
    assert (0, "") == (status, err)
    assert re.search(rf"^format +{wanted}$", out, re.MULTILINE)
    assert 0 == run("inspect", kept, "--rerun", "-o", tmp_path / f"again{kept.suffix}")[0]
    assert kept.read_bytes() == (tmp_path / f"again{kept.suffix}").read_bytes()


def test_what_was_made_beside_a_file_is_not_needed_to_make_it_anew(run, tmp_path):
    names = ["race.mp4", "race.gif", "strip.svg", "race.png"]
    outputs = [word for name in names[:3] for word in ("-o", str(tmp_path / name))]
    assert 0 == cli.main(["render", "--quiet", *SMALL, "--strip", "0,10", "--poster", *outputs])
    for name in names:
        kept, again = tmp_path / name, tmp_path / f"again-{name}"
        assert 0 == run("inspect", kept, "--rerun", "-o", again)[0]
        assert kept.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "frames/"])
def test_what_went_through_a_pipe_is_made_anew(films, tmp_path, kind):
    path = tmp_path / f"piped{kind}"
    with path.open("wb") as pipe:
        words = [
            "render",
            "--quiet",
            *SMALL,
            "--title",
            "a 'b' $(c)",
            "-o",
            "-",
            "--format",
            kind[1:],
        ]
        assert (
            0
            == subprocess.run(
                [sys.executable, "-m", "optirace", *words], stdout=pipe, check=False
            ).returncode
        )
    assert contents.digest(films[kind]) == contents.digest(path)


def test_a_file_made_with_a_scene_is_made_anew_from_itself(run, tmp_path):
    scene = tmp_path / "mine.toml"
    scene.write_text(
        'size = "240x240"\nduration = 0.5\nhold = [0, 0.2]\nsteps = 20\nnoise = 0.5\nquiet '
        '= false\noutput = "no.mp4"\n'
        '# mine\n[[racers]]\nname = "adam"\nlabel = "Ö"\n[[notes]]\nstep = 3\ntext = "Here"\n',
        encoding="utf-8",
    )
    kept = render(tmp_path / "race.gif", str(scene), "--theme", "dark")
    scene.unlink()
    command = (
        "optirace render --duration 0.5 --size 240x240 --theme dark --hold 0,0.2 --note 3:Here "
        "--steps 20"
    )
    command += " --optimizer 'adam:label=Ö' --noise 0.5"
    status, out, _ = run("inspect", kept, "--wide")
    assert (0, True) == (status, f"command   {command}\n" in out)
    assert "other numbers" not in out
    assert 0 == run("inspect", kept, "--rerun", "-o", tmp_path / "again.gif", "--format", "json")[0]
    assert kept.read_bytes() == (tmp_path / "again.gif").read_bytes()
    assert (
        kept.read_bytes() == render(tmp_path / "typed.gif", *shlex.split(command)[2:]).read_bytes()
    )
    assert ["again.gif", "race.gif", "typed.gif"] == sorted(
        path.name for path in tmp_path.iterdir()
    )


def test_a_file_of_old_with_a_scene_is_made_anew(run, hostile, tmp_path):
    text = 'size = "240x240"\nduration = 0.3\nsteps = 20\n[[racers]]\nname = "adam"\n'
    path = hostile(command="optirace render race.toml --theme dark --no-arrows", scene=text)
    _, out, _ = run("inspect", path)
    assert "command   optirace render race.toml --theme dark --no-arrows\n" in out
    assert 'scene     race.toml:\n    size = "240x240"\n' in out
    assert 0 == run("inspect", path, "--rerun", "-o", tmp_path / "new.gif")[0]
    typed = render(
        tmp_path / "typed.gif",
        *(
            "--size",
            "240x240",
            "--duration",
            "0.3",
            "--steps",
            "20",
            "-O",
            "adam",
            "--theme",
            "dark",
            "--no-arrows",
        ),
    )
    assert typed.read_bytes() == (tmp_path / "new.gif").read_bytes()


def test_a_plug_in_is_run_only_when_it_is_typed_again(run, tmp_path):
    rule = tmp_path / "rule.py"
    rule.write_bytes(RULE.read_bytes())
    kept = render(tmp_path / "race.gif", *SMALL, "-O", "softsign", "--plugin", str(rule))
    again = tmp_path / "again.gif"
    status, out, _ = run("inspect", kept)
    assert 0 == status
    assert out.endswith(
        "table     needs the plugin rule.py; pass each file with --plugin (it is executed)\n"
    )
    assert json.loads(run("inspect", kept, "--format", "json")[1])["table"] is None
    assert (
        2, "",
        (f"optirace: {kept}: needs the plugin rule.py; pass each file with --plugin (it is "
            "executed)\n")
    ) == run("inspect", kept, "--rerun", "-o", again)  # fmt: skip
    assert not again.exists()
    assert "SoftSign" in run("inspect", kept, "--plugin", rule)[1]
    assert 0 == run("inspect", kept, "--plugin", rule, "--rerun", "-o", again)[0]
    assert kept.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("kind", [".mp4", ".gif", ".png", ".svg", "frames/"])
def test_a_film_of_python_is_made_anew_as_the_one_of_the_same_words(run, tmp_path, kind):
    result = optirace.race(
        steps=20, start=(-4, 2.5), optimizers=["sgd", "adam:lr=0.3"], view=(-6, 3, -4, 4), tol=1e-2
    )
    look: Any = {
        "size": (240, 240),
        "fps": 10,
        "duration": 0.5,
        "hold": [0, 0.2],
        "title": "By Python",
        "notes": ["3:Here"],
    }
    kept = f"{tmp_path}/race{kind}"
    optirace.render(result, kept, **look)
    command = (
        "optirace render --duration 0.5 --fps 10 --size 240x240 --hold 0,0.2 --title 'By "
        "Python' --note 3:Here"
    )
    command += (
        " --view -6,3,-4,4 --steps 20 --start -4,2.5 --tol 0.01 --optimizer sgd --optimizer "
        "adam:lr=0.3"
    )
    status, out, err = run("inspect", kept, "--wide")
    assert (0, "", True) == (status, err, f"command   {command}\n" in out)
    assert "other numbers" not in out
    assert 0 == run("inspect", kept, "--rerun", "-o", f"{tmp_path}/again{kind}")[0]
    assert contents.digest(Path(kept)) == contents.digest(tmp_path / f"again{kind}".rstrip("/"))
    typed = render(f"{tmp_path}/typed{kind}", *shlex.split(command)[2:])
    assert contents.digest(Path(kept)) == contents.digest(typed)


def test_a_plug_in_of_python_is_asked_for(run, tmp_path):
    kept = tmp_path / "race.png"
    optirace.render(
        optirace.race(steps=5, optimizers=["softsign"], plugins=[RULE]), kept, size=(240, 240)
    )
    assert run("inspect", kept)[1].endswith(
        f"needs the plugin {RULE.name}; pass each file with --plugin (it is executed)\n"
    )
    assert 0 == run("inspect", kept, "--plugin", RULE, "--rerun", "-o", tmp_path / "again.png")[0]
    assert kept.read_bytes() == (tmp_path / "again.png").read_bytes()


def test_a_race_that_was_put_together_by_hand_tells_its_settings_and_cannot_be_run(run, tmp_path):
    path = tmp_path / "race.png"
    optirace.render(engine.run(optirace.race(steps=5).race), path, size=(240, 240))
    status, out, err = run("inspect", path)
    assert (0, "") == (status, err)
    assert 'settings  {"film": {"size": "240x240"}, "race": {' in out
    assert out.endswith("table     made from Python: there is no command to run\n")
    assert (
        1,
        "",
        f"optirace: {path}: cannot be rendered again; --format json shows its settings\n",
    ) == run("inspect", path, "--rerun", "-o", tmp_path / "again.png")


def test_other_numbers_than_the_file_shows_are_told(run, hostile):
    path = hostile(numbers="0" * 64)
    assert "table     the numbers below differ from those in the file:\n" in run("inspect", path)[1]
    assert json.loads(run("inspect", path, "--format", "json")[1])["same_numbers"] is False


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["inspect", "none.mp4"], "file 'none.mp4': no such file or directory"),
        (
            ["inspect", "folder"],
            "file 'folder': is a folder that holds 'a.png', which is not a frame",
        ),
        (["inspect", "a.mp4", "--rerun"], "--rerun and -o: use both, such as --rerun -o new.mp4"),
        (
            ["inspect", "a.mp4", "-o", "b.mp4"],
            "--rerun and -o: use both, such as --rerun -o new.mp4",
        ),
        (
            ["inspect", "a.mp4", "--format", "csv"],
            "format 'csv': unknown; must be one of rich, json",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_line(run, tmp_path, monkeypatch, words, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.png").touch()
    assert (2, "", f"optirace: {line}\n") == run(*words)


def test_a_file_that_says_nothing_is_told_in_one_line(run, hostile, tmp_path):
    silent = hostile(versions=None)
    assert (1, "", f"optirace: {silent}: has no record of how it was made\n") == run(
        "inspect", silent
    )
    text = tmp_path / "race.mp4"
    text.write_text("no film")
    assert (1, "", f"optirace: {text}: is not a complete .mp4 file\n") == run("inspect", text)
    (tmp_path / "frames").mkdir()
    assert (1, "", f"optirace: {tmp_path}/frames: is not a complete folder of frames\n") == run(
        "inspect", f"{tmp_path}/frames/"
    )


@pytest.mark.parametrize(
    "command",
    [
        "", "optirace", "optirace table", "render", "rm -rf /", "optirace render 'unclosed",
        "sh -c optirace",
        "optirace render evil.toml", "optirace render race.toml",
        "optirace render -o evil.mp4", "optirace render --output evil.mp4",
        "optirace render --output=evil.mp4",
        "optirace render --outp evil.mp4", "optirace render --plugin evil.py",
        "optirace render --plugin=evil.py",
        "optirace render --lr 0.1 --plugin evil.py", "optirace render --lr",
        "optirace render --lr=0.1", "optirace render -- x",
        "optirace render --help", "optirace render --dry-run", "optirace render --json",
        "optirace render --check",
        "optirace render --quiet", "optirace render -q 480p", "optirace render --version",
        "optirace render -O sgd",
        "optirace render --no-arrows=1", "optirace render --no-arrows x",
        "optirace sweep evil.toml", "optirace sweep race.toml", "optirace sweep --output evil.png",
        "optirace sweep -o evil.png",
        "optirace sweep --plugin evil.py", "optirace sweep --jobs 2", "optirace sweep --format csv",
        "optirace sweep --speed 2",
        "optirace sweep --optimizer torch:evil.Rule", "optirace render --metric loss",
        "optirace render --optimizer torch:evil.Rule",
        "optirace render --optimizer ' TORCH : evil.Rule,lr=1'",
    ],
)  # fmt: skip
def test_a_strangers_command_is_data(run, hostile, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("open('owned', 'w').close()\n")
    (tmp_path / "evil.toml").write_text('plugins = ["evil.py"]\n')
    path = hostile(command=command)
    for words in ([], ["--format", "json"], ["--table"], ["--rerun", "-o", "new.gif"]):
        status, out, err = run("inspect", path, *words)
        assert (2, "--rerun" in words) == (status, out == "")
        assert "SGD" not in out
        assert re.fullmatch(
            rf"optirace: {path}: the recorded (command|racer) [^\n]+; nothing was run\n", err
        )
    assert ["evil.py", "evil.toml"] == sorted(each.name for each in tmp_path.iterdir())


@pytest.mark.parametrize(
    "told",
    [
        *({"made_by": name} for name in ("", "table", "rm", "render race.toml", "../render",
        "inspect", "optirace render")),
        *({"settings": {key: "evil.py"}} for key in (
            "", "o", "output", "plugin", "plugins", "trust", "is_trusted", "is_told", "force",
            "format", "open", "shown",
            "poster", "captions", "alt", "check", "dry-run", "dry_run", "quiet", "json", "as_json",
            "scene", "metric", "jobs",
            "--lr", "LR", "lr_schedule", "racers", "optimizers", "evil.toml",
        )),
        *({"settings": {"lr": value}} for value in (True, [0.1], ["x"])),
        *({"settings": {"arrows": value}} for value in (1, "true", [True])),
        *({"settings": {"optimizer": value}} for value in ("sgd", [1], [True], ["sgd", 2])),
        *({"settings": {key: 5}} for key in ("title", "surface", "theme", "note", "max-size")),
        {"settings": {"sha256": "0"}}, {"settings": {"start": [True, 1]}},
        {"settings": {"size": [True]}},
        *({"settings": {"optimizer": [racer]}} for racer in ("torch:evil.Rule",
        " TORCH : evil.Rule,lr=1")),
        *({"made_by": "sweep", "settings": {key: "x"}} for key in ("output", "jobs", "format",
        "wide", "plugin", "speed")),
        {"scene": 'plugins = ["evil.py"]'}, {"made_by": "sweep", "settings": {}, "scene": "lr = 1"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_strangers_settings_are_data(run, hostile, tmp_path, monkeypatch, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("open('owned', 'w').close()\n")
    path = hostile(**told)
    for words in ([], ["--format", "json"], ["--table"], ["--rerun", "-o", "new.gif"]):
        status, out, err = run("inspect", path, *words)
        assert (2, "--rerun" in words) == (status, out == "")
        assert "SGD" not in out
        assert re.fullmatch(
            (
                rf"optirace: {path}: the (?:recorded )?(command|racer|settings) [^\n]+; nothing "
                r"was run\n"
            ),
            err,
        )
    assert ["evil.py"] == [each.name for each in tmp_path.iterdir()]


@pytest.mark.parametrize("value", [None, {}, {"a": 1}, [[1]], [None], [{}], ["\ud800"], "\ud800"])
def test_what_no_option_holds_is_no_note(run, hostile, value):
    path = hostile(settings={"lr": value})
    assert (1, "", f"optirace: {path}: has no record of how it was made\n") == run("inspect", path)


def test_a_wrong_value_of_a_stranger_is_told_before_anything_is_made(run, hostile, tmp_path):
    for settings, line in (
        ({"lr": "fast"}, "lr 'fast': must be a finite number such as 0.1"),
        ({"steps": 0}, "steps 0: must be from 1 to 1000000"),
        ({"start": [1, 2, 3]}, "start [1, 2, 3]: must be two finite numbers"),
        (
            {"theme": "$(touch owned)"},
            "theme '$(touch owned)': unknown; must be one of light, dark",
        ),
    ):
        path = hostile(settings=settings)
        status, _, err = run("inspect", path, "--rerun", "-o", tmp_path / "new.gif")
        assert (2, True) == (status, line in err)
    assert [] == [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "scene",
    [
        'output = "evil.mp4"', 'plugins = ["evil.py"]', 'plugin = "evil.py"', "quiet = true",
        "dry_run = true", "check = true",
        "json = true", 'format = "json"', 'optimizers = ["torch:evil.Rule"]',
        '[[racers]]\nname = "torch:evil.Rule"',
    ],
)  # fmt: skip
def test_a_strangers_scene_is_data(run, hostile, tmp_path, monkeypatch, scene):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("open('owned', 'w').close()\n")
    path = hostile(command="optirace render race.toml", scene=f"{scene}\n")
    for words in ([], ["--format", "json"], ["--table"], ["--rerun", "-o", "new.gif"]):
        status, out, err = run("inspect", path, *words)
        assert (2, "--rerun" in words) == (status, out == "")
        assert "SGD" not in out
        assert re.fullmatch(
            rf"optirace: {path}: the recorded (scene sets|racer) [^\n]+; nothing was run\n", err
        )
    assert ["evil.py"] == [each.name for each in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("scene", "line"),
    [
        ("lr = \n", "race.toml, line 1: not valid TOML: invalid value, at column 6"),
        (
            "colour = 1\n",
            (
                "race.toml, line 1: key 'colour': unknown; `optirace init` writes a scene with "
                "every key"
            ),
        ),
        ("steps = -1\n", "race.toml, line 1: steps -1: must be from 1 to 1000000"),
    ],
)
def test_a_mistake_in_a_strangers_scene_is_told_with_its_line(run, hostile, scene, line):
    path = hostile(command="optirace render race.toml", scene=scene)
    assert (2, f"optirace: {path}: {line}\n") == run("inspect", path)[::2]


def test_a_sweep_of_a_stranger_takes_no_scene(run, hostile):
    path = hostile(command="optirace sweep race.toml", scene="lr = 0.1\n")
    line = (
        f"optirace: {path}: the recorded command does not make a film or a chart; nothing was run\n"
    )
    assert (2, line) == run("inspect", path)[::2]


def test_control_characters_of_a_stranger_never_reach_the_terminal(run, hostile):
    others = {"versions": {"numpy": "\x1b[31m"}, "plugins": {"\x1b[2J": "1"}}
    for told in (
        {"command": "optirace render --title '\x1b]0;owned\x07'"},
        {"settings": {"title": "\x1b]0;owned\x07"}},
    ):
        status, out, err = run("inspect", hostile(**told, **others))
        assert 0 == status
        assert "\x1b" not in out + err
        assert "\\x1b[2J" in out


RACE = {
    *(
        "surface",
        "view",
        "minimum",
        "lr",
        "beta",
        "beta1",
        "beta2",
        "eps",
        "steps",
        "start",
        "tol",
        "optimizers",
    ),
    *("convention", "lr_schedule", "noise", "seed", "tune"),
}
PICTURE = {"size", "quality", "theme"}
FILM = {
    *(
        "codec",
        "chroma",
        "animate",
        "strip",
        "max_size",
        "speed",
        "duration",
        "fps",
        "hold",
        "title",
        "loop",
        "arrows",
    ),
    *("at", "notes"),
}
BESIDE = {"plugins", "output", "poster", "captions", "alt", "dry_run", "check", "quiet", "as_json"}


def named(name, *sayers):
    return {
        row.name
        for row in merged(import_module(f"optirace.cli.{name}").GROUPS).values()
        if row.said_by in sayers
    }


def test_only_what_decides_a_picture_is_taken_from_one():
    # A new option is of a person alone until its row says more; one that names a file, executes or
    # prints is never of a film.
    assert RACE | PICTURE | FILM == named("render", "film")
    assert RACE | PICTURE | {"metric"} == named("sweep", "film")
    assert BESIDE == named("render", "scene")
    assert {"plugins", "format", "every", "wide"} == named("table", "scene")
    assert Option(TEXT, "").said_by == "person"
    for name in ("render", "sweep"):
        rows = merged(import_module(f"optirace.cli.{name}").GROUPS).values()
        assert set() == {
            row.name
            for row in rows
            if row.said_by == "film" and row.metavar.startswith(("FILE", "FOLDER"))
        }


def test_a_note_of_another_programs_length_is_no_trouble(run, hostile):
    path = hostile(scene=f"# {'x' * 50_000}", command="optirace render race.toml")
    assert provenance.read(contents.read(path).note, "").origin.scene.endswith("x")
    assert 0 == run("inspect", path)[0]


LONG = [
    "optirace render --steps 1000000",
    "optirace render --steps 20000 --surface 'sin(x)*cos(y) + (x^2 + y^2)/10'",
    "optirace render --steps 2000 --tune lr", "optirace render --optimizer torch:NAdam",
    "optirace render --optimizer ' Optax : lion'",
    "optirace render race.toml", "optirace sweep --lr 0.001:1:1000000",
    "optirace sweep --beta 0:0.9:1000 --lr 0.001:1:1000",
    "optirace render --noise 1 --tune lr,beta --steps 500",
    "optirace render --steps 1 --tune lr --surface 'sin(x*y) + abs(x)'",
]  # fmt: skip


@pytest.mark.parametrize("command", LONG)
def test_a_race_that_takes_long_is_not_run_for_who_asks_what_a_file_is(
    run, hostile, monkeypatch, command
):
    def never(*_, **__):
        raise AssertionError

    for module, name in ((engine, "run"), (sweeps, "run"), (tuning, "tuned"), (adapters, "racer")):
        monkeypatch.setattr(module, name, never)
    path = hostile(command=command, scene="steps = 900000\n" if "toml" in command else None)
    status, out, err = run("inspect", path)
    assert (0, "") == (status, err)
    assert f"command   {command}\n" in out
    assert re.search(r"\ntable     takes some \d+ seconds: say --table to have it\n$", out)
    told = json.loads(run("inspect", path, "--format", "json")[1])
    assert (None, None) == (told["table"], told["same_numbers"])
    assert told["remark"].startswith("takes some ")
    if "torch" not in command and "Optax" not in command:
        with pytest.raises(AssertionError):
            cli.main(["inspect", str(path), "--table"])


@pytest.mark.parametrize(
    "words",
    [[], ["--tune", "lr"], ["--surface", "ackley"], ["--surface", "x^2 + sin(y)", "-O", "qhadam"]],
)
def test_the_table_of_a_usual_film_is_told_unasked(run, hostile, words):
    path = hostile(
        command=shlex.join(
            ["optirace", "render", *("--optimizer" if word == "-O" else word for word in words)]
        )
    )
    assert "say --table" not in run("inspect", path)[1]


def test_facts_are_told_before_a_race_that_fails(run, hostile):
    path = hostile(command="optirace render --steps 0")
    status, out, err = run("inspect", path)
    assert (2, "optirace: steps 0: must be from 1 to 1000000\n") == (status, err)
    assert out.startswith(f"{path}\nformat ")


def test_a_plug_in_that_is_not_the_one_of_the_film_is_told(run, tmp_path):
    rule = tmp_path / "rule.py"
    rule.write_bytes(RULE.read_bytes())
    kept = render(tmp_path / "race.gif", *SMALL, "-O", "softsign", "--plugin", str(rule))
    assert "not the same" not in run("inspect", kept, "--plugin", rule)[1]
    rule.write_bytes(RULE.read_bytes() + b"# changed\n")
    status, out, _ = run("inspect", kept, "--plugin", rule)
    assert (0, True) == (status, "plugins   not the same any more: rule.py\n" in out)
    assert ["rule.py"] == json.loads(run("inspect", kept, "--plugin", rule, "--format", "json")[1])[
        "other_plugins"
    ]
    status, _, err = run("inspect", kept, "--plugin", rule, "--rerun", "-o", tmp_path / "again.gif")
    assert (0, True) == (
        status,
        err.startswith(
            f"{kept}: was made with another rule.py than the one that is executed now\n"
        ),
    )


SWEPT = [
    "-O",
    "sgd",
    "-O",
    "momentum:label=a 'b' $(c)",
    "--steps",
    "40",
    "--theme",
    "dark",
    "-q",
    "480p",
]


@pytest.mark.parametrize(
    "words",
    [["--lr", "0.01:1:7"], ["--lr", "0.01,0.1,1", "--beta", "0:0.9:4", "--metric", "steps"]],
)
@pytest.mark.parametrize("kind", [".png", ".svg", ".pdf"])
def test_a_chart_tells_its_sweep_and_is_made_anew(tmp_path, run, kind, words):
    path, new = tmp_path / f"sweep{kind}", tmp_path / f"new{kind}"
    _, table, _ = run("sweep", *words, *SWEPT, "-o", path)
    status, out, err = run("inspect", path)
    assert (0, "") == (status, err)
    assert out.endswith(table)
    assert "format    chart of a sweep\n" in out
    assert re.search(rf"^command +optirace sweep --lr {re.escape(words[1])} ", out, re.MULTILINE)
    assert re.search(r"^versions .*matplotlib .*optirace 0", out, re.MULTILINE)
    assert "the numbers below differ" not in out
    status, out, err = run("inspect", path, "--rerun", "-o", new, "--format", "json")
    assert (0, "") == (status, err)
    assert path.read_bytes() == new.read_bytes()
    status, told, _ = run("inspect", path, "--format", "json")
    assert json.loads(told)["table"] == json.loads(out)
    assert json.loads(told)["same_numbers"] is True


def test_a_chart_of_another_sweep_is_told(tmp_path, run):
    path = tmp_path / "sweep.svg"
    run("sweep", "--lr", "0.01:1:7", *SWEPT, "-o", path)
    path.write_text(path.read_text().replace("0.01:1:7", "0.02:1:7"))
    assert "table     the numbers below differ from those in the file:\n" in run("inspect", path)[1]


def test_nothing_is_made_anew_on_standard_output(films, run):
    told = "optirace: output -: --rerun makes files; name one such as -o new.mp4\n"
    assert (2, "", told) == run("inspect", films[".gif"], "--rerun", "-o", "-")


def test_the_parts_of_all_pictures_in_a_folder_are_counted_together(tmp_path, monkeypatch):
    render(f"{tmp_path}/frames/", *SMALL)
    monkeypatch.setattr(contents, "MOST_PARTS", 10)
    assert contents.read(tmp_path / "frames").frames >= 5
    for each in (tmp_path / "frames").iterdir():
        whole = each.read_bytes()
        each.write_bytes(
            whole[: png_chunks.HEADER]
            + png_chunks.chunk(b"juNK", b"") * 3
            + whole[png_chunks.HEADER :]
        )
    with pytest.raises(OptiraceError, match="is not a complete folder of frames"):
        contents.read(tmp_path / "frames")
