"""A scene file: what the options say, and where it is wrong."""

# ruff: noqa: E501 - the messages stand here as they are printed

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optirace
from optirace import cli
from optirace.output import decoded

NO_RULE = (
    "optimizer 'adm': unknown; did you mean adam, nadam or radam? see: optirace list optimizers"
)
LECTURE = Path(__file__).parent.parent / "examples" / "lecture.toml"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def told(capsys):
    """Run a command that must succeed, and return what it prints."""

    def run(*words):
        capsys.readouterr()
        assert 0 == cli.main(list(words)), capsys.readouterr().err
        return capsys.readouterr().out

    return run


def scene(text, name="race.toml"):
    Path(name).write_text(text, encoding="utf-8")
    return name


def plan(told, text, *words):
    return told("render", scene(text), "--dry-run", *words)


def test_a_scene_says_what_the_options_say(told):
    words = [
        "--lr",
        "0.2",
        "--beta1",
        "0.7",
        "--steps",
        "50",
        "--start=1,-2",
        "--tol",
        "0.5",
        "--format",
        "json",
        "-O",
        "adam",
        "-O",
        "momentum:lr=0.3,label=fast",
    ]
    text = """
        lr = 0.2
        beta1 = 0.7
        steps = 50
        start = [1, -2]
        tol = 0.5
        format = "json"
        optimizers = ["adam", "momentum:lr=0.3,label=fast"]
    """
    assert told("table", *words) == told("table", scene(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("size = [640, 360]", 'size = "640x360"'),
        ("start = [-5, 3]", 'start = "-5,3"'),
        ("hold = [1, 2.5]", "hold = 2.5"),
        ("fps = 24", 'fps = "24/1"'),
        ('output = "a.mp4"', 'outputs = ["a.mp4"]'),
        ('optimizer = "adam"', 'optimizers = ["adam"]'),
        (
            'optimizers = ["sgd", "adam:lr=0.3"]',
            '[[racers]]\nname = "sgd"\n[[racers]]\nname = "adam"\nlr = 0.3',
        ),
        (
            'optimizers = ["sgd", "adam:lr=0.3"]',
            'optimizer = "sgd"\nracers = [{name = "adam", lr = 0.3}]',
        ),
        ('note = "3,1:Look: here"', '[[notes]]\nstep = 3\nhold = 1\ntext = "Look: here"'),
        ("dry-run = true", "dry_run = true"),
    ],
)
def test_every_natural_form_of_a_value_says_the_same(told, one, other):
    outputs = [
        (
            plan(told, text, *([] if "output" in text else ["-o", "b.mp4"])),
            told("table", scene(text), "--every", "10"),
        )
        for text in (one, other)
    ]
    assert outputs[0] == outputs[1]


def test_what_is_typed_beats_what_the_scene_says(told):
    text = 'lr = 0.2\nsteps = 30\noptimizers = ["adam"]\nformat = "json"'
    by_scene, by_both = (
        json.loads(told("table", scene(text), *words))
        for words in ([], ["--lr", "0.4", "-O", "sgd"])
    )
    assert [("adam", 0.2, 30)] == [
        (racer["name"], racer["hyper"]["lr"], by_scene["steps"]) for racer in by_scene["racers"]
    ]
    assert [("sgd", 0.4, 30)] == [
        (racer["name"], racer["hyper"]["lr"], by_both["steps"]) for racer in by_both["racers"]
    ]


def test_a_typed_option_silences_the_scenes_other_way_to_say_it(told):
    assert "854x480" in plan(told, 'size = [640, 360]\noutput = "a.mp4"', "-q", "480p")
    assert "640x360" in plan(told, 'quality = "480p"\noutput = "a.mp4"', "--size", "640x360")
    assert " 4.5 seconds" in plan(told, 'duration = 9\noutput = "a.mp4"', "--speed", "10")
    assert " 11.5 seconds" in plan(told, 'speed = 5\noutput = "a.mp4"', "--duration", "9")


def test_a_flag_of_the_scene_can_be_taken_back(told):
    text = 'arrows = true\noutput = "a.png"\nquiet = true\nsize = [320, 240]\nat = 8'
    digests = set()
    for words in ([], ["--no-arrows"]):
        assert "" == told("render", scene(text), *words)
        digests.add(Path("a.png").read_bytes())
    assert 2 == len(digests)


MISTAKES = [
    ('\n\nlr = "fast"', "line 3: lr 'fast': must be a finite number such as 0.1"),
    ("lr = nan", "line 1: lr 'nan': must be a finite number such as 0.1"),
    ('steps = 100\n\noptimiser = "x"', "line 3: key 'optimiser': unknown; did you mean optimizer?"),
    ("Steps = 20", "line 1: key 'Steps': unknown; did you mean steps?"),
    ("[film]\nfps = 30", "line 1: key 'film': unknown; `optirace init` writes a scene with every key"),
    ("steps = 2.5", "line 1: steps '2.5': must be a whole number such as 200"),
    ("steps = true", "line 1: steps true: must be a number"),
    ("# a\n# b\nsteps = 0", "line 3: steps 0: must be from 1 to 1000000"),
    ("arrows = 1", "line 1: arrows 1: must be true or false"),
    ("title = 5", "line 1: title 5: must be text in quotes"),
    ("lr = [0.1, 0.2]", "line 1: lr [0.1, 0.2]: must be a number"),
    ("lr = 2020-01-01", 'line 1: lr "2020-01-01": must be a number'),
    ("[lr]\nx = 1", "line 1: lr: must not be a table; write lr = NUMBER"),
    ('start = [1, "a"]', 'line 1: start [1, "a"]: must be a number, or several in [ ]'),
    ("start = [1]", "line 1: start '1': must be two numbers separated by a comma, such as -5,3"),
    ("\nsize = [641, 361]", "line 2: size 641x361: both must be even and from 240 to 4096; the nearest is 642x362"),
    ('\nsize = [640, 360]\nquality = "480p"', "line 2: size and --quality: use one or the other"),
    ('theme = "drak"', "line 1: theme 'drak': unknown; did you mean dark? must be one of light, dark"),
    ("\nspeed = 0.001", "line 2: the film would last 20000 seconds: at most 3600; raise --speed or give --duration"),
    ('optimizers = [\n  "sgd",\n  "adm",\n]', f"line 3: {NO_RULE}"),
    ("view = [\n  -1,\n  1,\n  nan,\n  1]", "line 4: view 'nan': must be a finite number such as 0.1"),
    ('start = [\n  1,\n  "a",\n]', 'line 3: start [1, "a"]: must be a number, or several in [ ]'),
    ('racers = [\n  {name = "sgd"},\n  {name = "adam", beta1 = 2},\n]', "line 3: optimizer 'adam:beta1=2': beta1 2.0: must be from 0 to below 1"),
    ('note = [\n  "3:a",\n  """\n\nx""",\n]', r"line 3: note '\nx': must be STEP:TEXT, such as '34:Momentum is ahead'"),
    ('strip = [\n  3,\n  4,\n  300]\noutput = "a.png"', "line 4: strip 300: must be a step of the race, from 0 to 200"),
    ('strip = [\n  3,\n  4,\n  3]\noutput = "a.png"', "line 2: strip 3: must be named once"),

    ('lr = 0.1\nracers = [{name = "sgd", lr = -1}]', "line 2: optimizer 'sgd:lr=-1': lr -1.0: must be a finite number, 0 or more"),
    ('optimizer = "sgd"\n[[racers]]\nname = "sgd"\n[[racers]]\nname = "adam"\n\nbeta1 = 2', "line 7: optimizer 'adam:beta1=2': beta1 2.0: must be from 0 to below 1"),
    ('[[racers]]\nname = "adam"\nlr = "x"', "line 3: optimizer 'adam:lr=x': lr 'x': must be a finite number such as 0.1"),
    ('[[racers]]\nname = "adam"\nlr = [1]', "line 3: racers: lr [1]: must be a number, or text in quotes"),
    ('[[racers]]\nnome = "adam"', "line 2: racers: name is missing; must be text in quotes; did you mean name instead of nome?"),
    ('[[racers]]\nname = "adam"\nlabel = "a, b"', "line 3: racers: label 'a, b': must have no comma"),
    ('[[racers]]\nname = "adam"\nlabel = ""', "line 3: label '': must be 1 to 30 printable characters"),
    ("racers = [1]", "line 1: racers 1: must be text in quotes"),
    ("[[notes]]\nstep = 3", "line 1: notes: text is missing; must be text in quotes"),
    ('[[notes]]\nstep = 3.5\ntext = "a"', "line 2: notes: step 3.5: must be a whole number"),
    ('[[notes]]\nstep = 3\ntext = "a"\nhold = "long"', 'line 4: notes: hold "long": must be a number'),
    ('[[notes]]\nstep = 3\ntext = "a"\nhold = -1', "line 4: note 3 'a': hold -1.0: must be from 0 to 3600 seconds"),
    ('[[notes]]\nstep = 3\ntext = "a"\nhodl = 1', "line 4: notes: key 'hodl': unknown; did you mean hold?"),
    ('[[notes]]\nstep = 3\ntxt = "a"', "line 3: notes: key 'txt': unknown; did you mean text?"),
    ("[[notes]]\nstep = 3\nwhen = 1", "line 3: notes: key 'when': unknown; must be one of step, text, hold"),
    ('[[racers]]\nnam = "sgd"', "line 2: racers: name is missing; must be text in quotes; did you mean name instead of nam?"),
    ('lr = 0.1\nlr-schedule = "cosin"', "line 2: lr-schedule 'cosin': unknown; did you mean cosine? must be one of constant, step[:EVERY[:FACTOR]], cosine[:END], exponential[:FACTOR], warmup:STEPS[:SCHEDULE]"),
    ('steps = 3\nplugin = ["nope.py"]', "line 2: plugin 'nope.py': a scene executes no file; type --plugin nope.py, or --trust for a scene of your own"),
    ('steps = 3\noptimizers = [\n  "sgd",\n  "torch:nope.Rule"]', "line 4: optimizer 'torch:nope.Rule': a file may not have the module nope executed; type -O torch:nope.Rule, or --trust for a scene of your own"),
    ("steps = 3\ntrust = true", "line 2: key 'trust': unknown; `optirace init` writes a scene with every key"),
    ("steps = 3\nforce = true", "line 2: key 'force': unknown; `optirace init` writes a scene with every key"),

    ('[[notes]]\nstep = 3\ntext = "a"\n[[notes]]\nstep = 300\ntext = "a"', "line 4: note 300 'a': must be at a step of the race, from 0 to 200"),
    ('[[notes]]\nstep = 3\ntext = "a"\n[[notes]]\nstep = 3\ntext = "b"', "line 4: note 3 'b': must be the only one at its step"),
    ('note = "3"', "line 1: note '3': must be STEP:TEXT, such as '34:Momentum is ahead'"),
    ("a = \n", "line 1: not valid TOML: invalid value, at column 5"),
    ('title = """\nthree\nlines"""\nlr = [\n 1,\n', "line 5: not valid TOML: invalid value, at the end"),
    ('title = """\nsteps = 3\n[[notes]]"""\nlr = "x"', "line 4: lr 'x': must be a finite number such as 0.1"),
    ('optimizers = [\n"sgd",\n\n"adam"]\nlr = "x"', "line 5: lr 'x': must be a finite number such as 0.1"),
    ('\ufefflr = 1\r\n\r\ntol = "x"\r\n', "line 3: tol 'x': must be a finite number such as 0.1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), MISTAKES)
def test_a_mistake_is_told_in_one_line_with_file_and_line(text, line, capsys, folder):
    Path("race.toml").write_bytes(text.encode())
    assert 2 == cli.main(["render", "race.toml", "-o", "a.mp4"])
    assert ("", f"optirace: race.toml, {line}\n") == capsys.readouterr()
    assert ["race.toml"] == [path.name for path in folder.iterdir()]


def test_a_mistake_on_the_command_line_is_not_blamed_on_the_scene(capsys):
    for words, line in (
        (["--lr", "fast"], "lr 'fast': must be a finite number such as 0.1"),
        (["-O", "adm"], NO_RULE),
        (
            ["-o", "a.gif", "--fps", "60"],
            "fps 60: .gif takes at most 50 frames per second; use --fps 50",
        ),
    ):
        assert 2 == cli.main(
            ["render", scene('lr = 0.1\nat = 3\noptimizer = "sgd"\noutput = "a.png"'), *words]
        )
        assert f"optirace: {line}\n" == capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("none.toml", None, "scene 'none.toml': no such file or directory"),
        ("race.mp4", b"", "race.mp4: an option comes before it; type: optirace render -o race.mp4"),
        ("", None, "'': belongs to no option; see: optirace table --help"),
        ("a\0.toml", None, "scene 'a\\x00.toml': embedded null byte"),
        ("a.toml", b"\xff", "scene 'a.toml': must be UTF-8 text"),
        ("a.toml", b"#" * 100_001, "scene 'a.toml': must be at most 100000 bytes"),
        (
            "a.toml",
            b"a = " + b"[" * 50_000,
            "a.toml: holds a number, a key or nesting too large to read",
        ),
        (
            "a.toml",
            b"a." * 40_000 + b"a = 1",
            "a.toml: holds a number, a key or nesting too large to read",
        ),
        (
            "a.toml",
            b"[" + b"a." * 40_000 + b"a]",
            "a.toml: holds a number, a key or nesting too large to read",
        ),
        (
            "a.toml",
            b"lr = 0x" + b"f" * 5_000,
            "a.toml: holds a number, a key or nesting too large to read",
        ),
        (
            "a.toml",
            b"title = [0b" + b"1" * 50_000 + b"]",
            "a.toml: holds a number, a key or nesting too large to read",
        ),
        (
            "a.toml",
            b"lr = " + b"1" * 5_000,
            "a.toml: holds a number, a key or nesting too large to read",
        ),
    ],
)
def test_a_file_that_is_no_scene_is_told(name, content, line, capsys):
    if content is not None:
        Path(name).write_bytes(content)
    assert 2 == cli.main(["table", name])
    assert ("", f"optirace: {line}\n") == capsys.readouterr()


def test_a_table_overlooks_what_only_a_film_has(told):
    assert told("table") == told(
        "table", scene('theme = "drak"\noutput = "a.avi"\n[[notes]]\nstep = 999\ntext = "a"')
    )


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "lr",
                    "steps",
                    "start",
                    "optimizers",
                    "racers",
                    "notes",
                    "format",
                    "arrows",
                    "x",
                    "every",
                    "view",
                ]
            ),
            st.recursive(
                st.one_of(
                    st.booleans(),
                    st.integers(),
                    st.floats(),
                    st.text(max_size=4),
                    st.sampled_from(["sgd", "3:a", "json"]),
                ),
                lambda inner: st.one_of(
                    st.lists(inner, max_size=2),
                    st.dictionaries(
                        st.sampled_from(["name", "lr", "step", "text"]), inner, max_size=3
                    ),
                ),
                max_leaves=4,
            ),
        ),
        max_size=3,
    )
)
def test_no_scene_ends_in_a_traceback(entries):
    def toml(value):
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(toml, value)) + "]"
        return json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf")

    assert cli.main(
        [
            "table",
            scene("\n".join(f"{key} = {toml(value)}" for key, value in entries)),
            "--steps",
            "20",
        ]
    ) in (0, 2)


def options(told, command):
    return set(
        re.findall(r"(?<![\w-])--([a-z0-9-]+)", re.sub(r" / --\S+", "", told(command, "--help")))
    ) - {"help"}


@pytest.mark.slow
def test_init_writes_every_option_at_its_default(told):
    assert (
        "race.toml: every option at its default; change it, then: optirace render race.toml\n"
        == told("init")
    )
    text = Path("race.toml").read_text(encoding="utf-8")
    written = set(re.findall(r"^#?([a-z0-9-]+) = ", text.partition("#[[racers]]")[0], re.MULTILINE))
    for command in ("render", "table"):
        for option in options(told, command) - {
            "trust",
            "force",
            "open",
        }:  # what no scene may say of itself
            assert option in written, option
    assert told("table", "--every", "7") == told("table", "race.toml", "--every", "7")
    assert told("render", "-o", "race.mp4", "--dry-run") == told("render", "race.toml", "--dry-run")
    told("render", "race.toml", "--size", "320x240")
    told("render", "-o", "plain.mp4", "--size", "320x240")
    assert Path("race.mp4").read_bytes() == Path("plain.mp4").read_bytes()


@pytest.mark.parametrize(
    "scene_of",
    [
        lambda count: "optimizers = [" + "'sgd', " * count + "]\n",
        lambda count: "[[racers]]\nname = 'sgd'\n" * count,
        lambda count: "steps = 3\n" + "[[notes]]\nstep = 9\ntext = 'a'\n" * count,
        lambda count: (
            "output = [" + "".join(f"'{index}.png', " for index in range(count)) + "'a.txt']\n"
        ),
        lambda count: "".join(f"optimzer{index} = 1\n" for index in range(count)),
        lambda count: f"view = [{'1, ' * count}]\n",
    ],
    ids=["optimizers", "racers", "notes", "outputs", "keys", "numbers"],
)
def test_a_scene_that_is_refused_costs_what_it_is_long_and_not_the_square(scene_of, capsys):
    def calls(count):
        seen = 0

        def tell(_frame, event, _argument):
            nonlocal seen
            seen += event in ("call", "c_call")

        path = scene(scene_of(count))
        named = [] if "output" in scene_of(1) else ["-o", "a.png"]
        sys.setprofile(tell)
        try:
            assert 2 == cli.main(["render", path, "--dry-run", *named])
        finally:
            sys.setprofile(None)
        assert 1 == capsys.readouterr().err.count("\n")
        return seen

    _, few, more, most = (
        calls(count) for count in (50, 100, 500, 1500)
    )  # the first loads what is loaded late
    assert (
        most - more <= 4 * (more - few) + 10_000
    )  # for what is linear 2.5, for a square 8.3 times


@pytest.mark.parametrize(
    "name", ["a\udcff", "a\x7f", "a\nb", "a\tb", 'a"b', "a\\b", "\u202e", "\u00e9 $x"]
)
def test_a_scene_of_any_name_can_be_read(told, name):
    try:
        told("init", f"{name}.toml")
    except OSError:
        pytest.skip("no file here has such a name")
    assert "one frame" in told("render", f"{name}.toml", "--dry-run", "-o", "a.png")
    (film,) = tomllib.loads(Path(f"{name}.toml").read_text(encoding="utf-8"))["output"]
    assert film in (f"{name}.mp4", "race.mp4")


def test_what_init_shows_in_comments_can_be_said(told):
    told("init")
    text = Path("race.toml").read_text(encoding="utf-8")
    head, mark, tables = text.partition("#[[racers]]")
    forms = dict(re.findall(r"^#([a-z0-9-]+) = (.+)$", head, re.MULTILINE))
    assert {
        "lr": "NUMBER",
        "size": "[W, H]",
        "quality": '"NAME"',
        "arrows": "true or false",
    }.items() <= forms.items()
    tables = re.sub(r"^#(?=[\[a-z])", "", mark + tables, flags=re.MULTILINE)
    assert ["racers", "notes"] == list(tomllib.loads(tables))
    assert "heavy" in told("table", scene(head + tables))
    assert " 14.5 seconds" in told("render", "race.toml", "--dry-run")


def test_init_overwrites_only_when_told_to(told, capsys):
    told("init", "new/mine.toml")
    Path("new/mine.toml").write_text("steps = 7")
    assert 2 == cli.main(["init", "new/mine.toml"])
    assert (
        "optirace: file 'new/mine.toml': already exists; choose another name, or overwrite it with --force\n"
        == capsys.readouterr().err
    )
    assert "steps = 7" == Path("new/mine.toml").read_text()
    told("init", "new/mine.toml", "--force")
    assert 'output = ["mine.mp4"]' in Path("new/mine.toml").read_text()
    assert ["mine.toml"] == [path.name for path in Path("new").iterdir()]
    assert 2 == cli.main(["init", "race.mp4"])


def test_the_lectures_scene_makes_its_film_and_its_notes_tell_the_truth(told):
    text = (
        "render",
        str(LECTURE),
        "--size",
        "320x240",
        "--fps",
        "5",
        "--json",
        "-o",
        "lecture.mp4",
    )
    made = json.loads(told(*text))
    assert pytest.approx(1 + 3 + 160 / 15 + 3 * 4, abs=0.3) == made["files"][0]["seconds"]
    assert {
        "SGD": "oscillating",
        "Momentum": "converged",
        "RMSProp": "oscillating",
        "Adam": "converged",
    } == {racer["label"]: racer["outcome"] for racer in made["table"]["racers"]}


def test_python_tells_notes_in_the_same_words(folder):
    result = optirace.race(steps=50)
    look: dict[str, Any] = {"size": (320, 240), "fps": 10, "duration": 1.0, "hold": (0.0, 0.0)}
    assert (
        10 + 5 == optirace.render(result, folder / "a.mp4", notes=["10,0.5:Look"], **look)[0].frames
    )
    shots = []
    for notes in (["10:Look"], ["11:Look"], []):
        optirace.render(result, folder / "a.png", at=10, notes=notes, **look)
        shots += [picture.tobytes() for picture, _ in decoded.pictures(folder / "a.png")]
    assert shots[1] == shots[2] != shots[0]
    with pytest.raises(
        optirace.InvalidValueError, match=r"note 'x:Look': step 'x': must be a whole number"
    ):
        optirace.render(result, folder / "a.png", notes=["x:Look"])
