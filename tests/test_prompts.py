"""What a person types who has not read the help: each line is understood, or answered with the line to type."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import example, given, settings
from hypothesis import strategies as st

from optirace import cli
from optirace.cli import hints, vocabulary

ANSWERS = r"""
--lr 0.1                             | options follow a command: optirace render --lr 0.1 -o race.mp4
-o race.mp4                          | options follow a command: optirace render -o race.mp4
--learning-rate 0.1                  | options follow a command: optirace render --lr 0.1 -o race.mp4
--every 5                            | options follow a command: optirace table --every 5
--csv                                | options follow a command: optirace table --format csv
--steps 5 table                      | options follow a command: optirace table --steps 5
--nonsense                           | options follow a command: optirace render --lr 0.1 -o race.mp4; see: optirace --help
race.mp4                             | race.mp4: a command comes first; type: optirace render -o race.mp4
race.toml                            | race.toml: a command comes first; type: optirace render race.toml -o race.mp4
adam                                 | adam: a command comes first; type: optirace render -O adam -o race.mp4, or: optirace explain adam
rosenbrock --lr 0.1                  | rosenbrock: a command comes first; type: optirace render --surface rosenbrock --lr 0.1 -o race.mp4
x^2+y^2                              | x^2+y^2: a command comes first; type: optirace render --surface 'x^2+y^2' -o race.mp4
surfaces                             | command 'surfaces': unknown; type: optirace list surfaces
optimizer                            | command 'optimizer': unknown; type: optirace list optimizers
tabel --lr 0.1                       | command 'tabel': unknown; did you mean: optirace table --lr 0.1
plot                                 | command 'plot': unknown; type: optirace render -o race.mp4
animate -o a.gif                     | command 'animate': unknown; type: optirace render -o a.gif
run --lr 0.1                         | command 'run': unknown; type: optirace render --lr 0.1 -o race.mp4, or: optirace table --lr 0.1
compare --theme dark --lr 0.1        | command 'compare': unknown; type: optirace table --lr 0.1
scan                                 | command 'scan': unknown; type: optirace sweep
info race.mp4                        | command 'info': unknown; type: optirace inspect race.mp4
diagnose                             | command 'diagnose': unknown; type: optirace doctor
foo                                  | command 'foo': unknown; must be one of render, table, sweep, explain, snippet, list, init, inspect, doctor, completion
help foo                             | command 'foo': unknown; must be one of render, table, sweep, explain, snippet, list, init, inspect, doctor, completion
render --learning-rate 0.1           | option --learning-rate: unknown to render; type: optirace render --lr 0.1 -o race.mp4
render --learning-rate 0.1 --epochs 50 --dark | option --learning-rate: unknown to render; type: optirace render --lr 0.1 --steps 50 --theme dark -o race.mp4
table --learning-rate=0.1            | option --learning-rate: unknown to table; type: optirace table --lr 0.1
table --csv                          | option --csv: unknown to table; type: optirace table --format csv
sweep --json                         | option --json: unknown to sweep; type: optirace sweep --format json
render -o a.mp4 --csv                | option --csv: unknown to render; type: optirace table --format csv
table --optimiser adam               | option --optimiser: unknown to table; type: optirace table --optimizer adam
table --optimizers adam              | option --optimizers: unknown to table; type: optirace table --optimizer adam
table --adam                         | option --adam: unknown to table; type: optirace table -O adam
table --function rosenbrock          | option --function: unknown to table; type: optirace table --surface rosenbrock
table --rosenbrock                   | option --rosenbrock: unknown to table; type: optirace table --surface rosenbrock
table --pytorch                      | option --pytorch: unknown to table; type: optirace table --convention torch
table --momentum 0.9                 | option --momentum: unknown to table; type: optirace table --beta 0.9
table --epochs 100                   | option --epochs: unknown to table; type: optirace table --steps 100
table -n 100                         | option -n: unknown to table; type: optirace table --steps 100
table -f csv                         | option -f: unknown to table; type: optirace table --format csv
table --x0 -5,3                      | option --x0: unknown to table; type: optirace table --start -5,3
table --scheduler cosine             | option --scheduler: unknown to table; type: optirace table --lr-schedule cosine
table -o race.mp4 --wide             | option -o: unknown to table; type: optirace render -o race.mp4
table --theme dark                   | option --theme: unknown to table; type: optirace render --theme dark -o race.mp4
render -o a.mp4 --every 5            | option --every: unknown to render; type: optirace table --every 5
render --gif                         | option --gif: unknown to render; type: optirace render -o race.gif
sweep --gif                          | option --gif: unknown to sweep; type: optirace render -o race.gif
sweep --png                          | option --png: unknown to sweep; type: optirace sweep -o race.png
render --dark                        | option --dark: unknown to render; type: optirace render --theme dark -o race.mp4
render --1080p                       | option --1080p: unknown to render; type: optirace render -q 1080p -o race.mp4
render --resolution 1080p            | option --resolution: unknown to render; type: optirace render --quality 1080p -o race.mp4
render --width 640                   | option --width: unknown to render; type: optirace render --size 640x360 -o race.mp4
render --height 480 --width 640      | option --height: unknown to render; type: optirace render --size 640x480 -o race.mp4
render --out a.mp4                   | option --out: unknown to render; type: optirace render -o a.mp4
render -o a.mp4 --seconds 5          | option --seconds: unknown to render; type: optirace render -o a.mp4 --duration 5
render -o a.mp4 --fast               | option --fast: unknown to render; type: optirace render -o a.mp4 --speed 4
render -o a.mp4 --subtitles          | option --subtitles: unknown to render; type: optirace render -o a.mp4 --captions
render -o a.mp4 -y                   | option -y: unknown to render; type: optirace render -o a.mp4 --force
render -o a.mp4 --no-arrow           | option --no-arrow: unknown to render; did you mean: optirace render -o a.mp4 --no-arrows
render -o a.mp4 --arrows=false       | option --arrows: takes no value; type: --arrows or --no-arrows
table --lr                           | option --lr: its value is missing; type: --lr NUMBER
table --debug                        | option --debug: unknown to table; see: optirace table --help
table adam                           | adam: an option comes before it; type: optirace table -O adam
table adam sgd                       | adam sgd: an option comes before it; type: optirace table -O adam -O sgd
table rosenbrock                     | rosenbrock: an option comes before it; type: optirace table --surface rosenbrock
table "x^2 + 3*y^2"                  | 'x^2 + 3*y^2': an option comes before it; type: optirace table --surface 'x^2 + 3*y^2'
table lr=0.1                         | lr=0.1: an option comes before it; type: optirace table --lr 0.1
table torch                          | torch: an option comes before it; type: optirace table --convention torch
table something                      | something: belongs to no option; see: optirace table --help
render a.mp4                         | a.mp4: an option comes before it; type: optirace render -o a.mp4
render a.mp4 --lr 0.1                | a.mp4: an option comes before it; type: optirace render --lr 0.1 -o a.mp4
render -o a.mp4 b.gif                | b.gif: an option comes before it; type: optirace render -o a.mp4 -o b.gif
render -o a.mp4 dark 720p            | dark 720p: an option comes before it; type: optirace render -o a.mp4 --theme dark -q 720p
explain                              | an optimizer is missing; type: optirace explain adam
explain --optimizer adam             | an optimizer is missing; type: optirace explain adam
explain adam sgd                     | sgd: explain takes one optimizer; type: optirace explain adam
explain adam lr=0.3                  | lr=0.3: an option comes before it; type: optirace explain adam --lr 0.3
list                                 | a kind is missing; type: optirace list surfaces
inspect                              | a file is missing; type: optirace inspect race.mp4
snippet                              | a file is missing; type: optirace snippet race.mp4
"""
"""A line that is refused, and what is said of it."""

VALUES = r"""
table --surface banana               | surface 'banana': unknown; did you mean rosenbrock, branin or beale? see: optirace list surfaces; or type a formula in x and y, such as x^2 + 10*y^2
table -O adm                         | optimizer 'adm': unknown; did you mean adam, nadam or radam? see: optirace list optimizers
table -O gd                          | optimizer 'gd': unknown; did you mean sgd, adagrad or amsgrad? see: optirace list optimizers
table -O torch.optim.Adam            | optimizer 'torch.optim.Adam': unknown; type torch:Adam
table -O adam:learning_rate=0.3      | optimizer 'adam:learning_rate=0.3': key 'learning_rate': unknown; did you mean adam:lr=0.3?
table -O momentum:momentum=0.9       | optimizer 'momentum:momentum=0.9': key 'momentum': unknown; did you mean momentum:beta=0.9?
table -O adam:beta=0.9,lr=0.1        | optimizer 'adam:beta=0.9,lr=0.1': key 'beta': unknown; did you mean adam:beta1=0.9,lr=0.1?
table -O adam:0.3                    | optimizer 'adam:0.3': '0.3' must be key=value; type adam:lr=0.3
table -O adam:lr:0.3                 | optimizer 'adam:lr:0.3': 'lr:0.3' must be key=value; type adam:lr=0.3
table --lr=0.1,0.01                  | lr '0.1,0.01': must be a finite number such as 0.1; to compare several, type: optirace sweep --lr 0.1,0.01
table --lr 0,1                       | lr '0,1': must be a finite number such as 0.1; type 0.1
table --steps 1e3                    | steps '1e3': must be a whole number such as 200; type 1000
table --steps 1,000                  | steps '1,000': must be a whole number such as 200; type 1000
table --format md                    | format 'md': unknown; did you mean markdown? must be one of rich, json, csv, markdown, latex
table --convention pytorch           | convention 'pytorch': unknown; did you mean torch? must be one of lecture, torch, keras, optax
sweep --lr 0.001:1                   | lr '0.001:1': must be FROM:TO:COUNT, such as 0.001:1:31, or numbers separated by commas; type 0.001:1:31
render --duration 5s -o a.mp4        | duration '5s': must be a finite number such as 0.1; type 5
render --size 1280*720 -o a.mp4      | size '1280*720': must be WIDTHxHEIGHT in pixels, such as 1280x720; type 1280x720
render --size 640 -o a.mp4           | size '640': must be WIDTHxHEIGHT in pixels, such as 1280x720; type 640x360
render --size 1080p -o a.mp4         | size '1080p': must be WIDTHxHEIGHT in pixels, such as 1280x720; type 1920x1080
render -q hd -o a.mp4                | quality 'hd': unknown; did you mean 720p? must be one of 480p, 720p, 1080p, 4k
list surface                         | list 'surface': unknown; did you mean surfaces? must be one of surfaces, optimizers, conventions, themes, formats
"""
"""A value that is refused, and what is said of it."""

SAME = r"""
-V                                   | --version
-v                                   | --version
version                              | --version
table --version                      | --version
help                                 | --help
help render                          | render --help
help Table                           | table --help
table --csv --help                   | table --help
Table --lr 0.3                       | table --lr 0.3
table -lr 0.3                        | table --lr 0.3
table -steps 30                      | table --steps 30
table --LR 0.3                       | table --lr 0.3
table --lr0.3                        | table --lr 0.3
table --lr_schedule cosine           | table --lr-schedule cosine
table —lr 0.3                        | table --lr 0.3
table –-lr 0.3                       | table --lr 0.3
table −−lr 0.3                       | table --lr 0.3
table –O adam                        | table -O adam
table --start -3 2                   | table --start -3,2
table --start -3, 2                  | table --start -3,2
table --start "(-3,2)"               | table --start -3,2
table --start "[-3, 2]"              | table --start -3,2
table --start "-3 2"                 | table --start -3,2
table --start=(-3,2)                 | table --start -3,2
table --minimum 0 0 --lr 0.3         | table --minimum 0,0 --lr 0.3
table -O Adam,SGD                    | table -O adam -O sgd
table -O "Adam, SGD"                 | table -O adam -O sgd
table -O "adam sgd"                  | table -O adam -O sgd
table --optimizer=adam,sgd           | table -O adam -O sgd
table -O "adam lr=0.3"               | table -O adam:lr=0.3
table -O adam lr=0.3 beta1=0.8       | table -O adam:lr=0.3,beta1=0.8
table -O adam,lr=0.3                 | table -O adam:lr=0.3
table -O "adam(lr=0.3)"              | table -O adam:lr=0.3
table -O "Adam(lr = 0.3, beta1=0.8)" | table -O adam:lr=0.3,beta1=0.8
table -O adam:lr=0.3,sgd             | table -O adam:lr=0.3 -O sgd
explain "Adam(lr=0.3)"               | explain adam:lr=0.3
table --surface Rosenbrock           | table --surface rosenbrock
table --format JSON                  | table --format json
table --convention Torch             | table --convention torch
table --tune LR,Beta --steps 20      | table --tune lr,beta --steps 20
table --lr-schedule Cosine           | table --lr-schedule cosine
table -O Adam:LR=0.3,Convention=Raw  | table -O adam:lr=0.3,convention=raw
table -O rmsprop:eps=Outside         | table -O rmsprop:eps=outside
sweep --metric Steps                 | sweep --metric steps
list Themes                          | list themes
list themes --format CSV             | list themes --format csv
render -o a.mp4 --theme Dark --dry-run | render -o a.mp4 --theme dark --dry-run
render -o a.mp4 -q 1080P --dry-run   | render -o a.mp4 -q 1080p --dry-run
render -o a.mp4 --codec AV1 --dry-run | render -o a.mp4 --codec av1 --dry-run
render -o - --format GIF --dry-run   | render -o - --format gif --dry-run
render -o a.mp4,b.gif --dry-run      | render -o a.mp4 -o b.gif --dry-run
render -o a.mp4 --dry-run --size 640 360 | render -o a.mp4 --dry-run --size 640x360
render -o a.mp4 --dry-run --hold 0 1 | render -o a.mp4 --dry-run --hold 0,1
render -o a.mp4 --dry-run --view -1 1 -1 1 | render -o a.mp4 --dry-run --view -1,1,-1,1
render -o a.png --dry-run --strip 0 10 50 | render -o a.png --dry-run --strip 0,10,50
"""
"""Two lines that do the same."""


def rows(table):
    told = [tuple(map(str.strip, line.split(" | "))) for line in table.strip().splitlines()]
    return [pytest.param(*row, id=row[0]) for row in told]


@pytest.fixture
def said(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def say(line):
        status = cli.main(line if isinstance(line, list) else shlex.split(line))
        return status, *capsys.readouterr()

    return say


def offered(answer):
    """Return the lines that an answer says to type."""
    if "is missing; type: --" in answer or "takes no value" in answer:
        return []
    return re.findall(r"(?<=[:,] )optirace .+?(?=, or: |; |\)|$)", answer)


@pytest.mark.parametrize(("line", "answer"), rows(ANSWERS) + rows(VALUES))
def test_a_line_that_is_refused_is_answered_with_what_to_type(line, answer, said, tmp_path):
    assert (2, "", f"optirace: {answer}\n") == said(line)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", [line for row in rows(ANSWERS) + rows(VALUES) for line in offered(row.values[1])]
)
def test_each_line_that_is_offered_can_be_typed(line, said):
    words = shlex.split(line)[1:]
    said("init")
    if words[0] in ("snippet", "inspect"):
        assert 0 == said("render -o race.mp4 --size 240x240 --duration 0.1 --hold 0 --steps 2")[0]
    words += ["--dry-run"] * (words[0] == "render" and "--help" not in words)
    words += ["--size", "240x240"] * (words[0] == "sweep" and "-o" in words)
    status, out, err = said(words)
    assert (0, True) == (status, out != ""), err


@pytest.mark.parametrize(("line", "answer"), rows(VALUES))
def test_a_value_that_is_offered_can_be_typed(line, answer, said):
    refused = re.search(r"'([^']+)': ", answer)[1]
    offer = re.search(r"(?:type|did you mean) (\S+?)[?,]?(?= |$)", answer)
    if offer is None:
        assert offered(answer)
        return
    if not offer[1].startswith("torch:"):
        status, out, err = said(
            f"{line.replace(refused, offer[1])}{' --dry-run' if line.startswith('render') else ''}"
        )
        assert (0, True) == (status, out != ""), err


@pytest.mark.slow
@pytest.mark.parametrize(("line", "other"), rows(SAME))
def test_what_has_one_meaning_needs_no_other_spelling(line, other, said):
    status, out, err = said(line)
    assert (0, True) == (status, out != ""), err
    assert (status, out, err) == said(other)


def test_there_are_a_hundred_lines_and_no_two_are_one():
    lines = [row.values[0] for row in rows(ANSWERS) + rows(VALUES) + rows(SAME)]
    assert len(set(lines)) == len(lines) >= 100


def test_a_file_that_is_there_may_be_meant_to_be_looked_at(said, tmp_path):
    (tmp_path / "race.mp4").touch()
    told = "race.mp4: a command comes first; type: optirace render -o race.mp4, or: optirace inspect race.mp4"
    assert (2, "", f"optirace: {told}\n") == said("race.mp4")


@pytest.mark.parametrize("option", vocabulary.OPTIONS)
def test_each_other_word_of_an_option_leads_to_it(option):
    group = cli._Commands()
    homes = [name for name in group if f"--{option}" in hints._options(group[name])]
    assert homes
    for word in vocabulary.OPTIONS[option].split():
        assert f"--{word}" not in hints._options(group[homes[0]])
        meanings = [told[0] for told in hints._meanings(f"--{word}", None, ["1"])]
        assert ("-o" if option == "output" else f"--{option}") in meanings, word


def test_other_words_are_no_command_and_each_is_of_one_that_is_there():
    assert {*vocabulary.COMMANDS} <= {*cli.COMMANDS}
    assert set() == {*" ".join(vocabulary.COMMANDS.values()).split()} & {*cli.COMMANDS}
    assert {*vocabulary.FLAGS} <= {*vocabulary.OPTIONS}


def test_every_command_that_needs_a_word_has_an_example():
    group = cli._Commands()
    needing = {name for name in group if any(each.required for each in group[name].params)}
    assert needing == {*vocabulary.NEEDED}


OPENING = re.compile(
    "options? |command |an? [a-z]+ is missing; |"
    ".*: (a command comes first|an option comes before it|belongs to no option|explain takes one optimizer); ",
    re.DOTALL,
)
PIECES = [
    *cli.COMMANDS,
    "help",
    "-V",
    "--lr",
    "-lr",
    "--csv",
    "-O",
    "-o",
    "--start",
    "--tune",
    "--arrows",
    "--size",
    "--",
    "-",
]
PIECES += [
    "0.1",
    "-5",
    "3",
    "adam",
    "adam:lr=0.3",
    "adam(lr=1)",
    "Adam,SGD",
    "a.mp4",
    "a.mp4,b.gif",
    "race.toml",
    "dark",
    "x^2+y^2",
]
PIECES += [
    "=",
    "--=",
    "--lr=",
    "-=1",
    "(",
    "()",
    "--width",
    "--height",
    "--gif",
    "—lr",
    "'",
    "\x1b[2J",
    "--help",
    "lr=0.3",
]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    words=st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), min_size=1, max_size=6)
)
@example(words=["—"])
@example(words=["--width", "9" * 5000])
@example(words=["x" * 100_000])
@example(words=["table", "x" * 100_000])
@example(words=["table", " " * 100_000])
@example(words=["table", "-O", "adam" + " " * 100_000])
@example(words=["--" + "-" * 100_000 + "0x"])
@example(words=["help", "help"])
@example(words=["help", ""])
@example(words=["render", "--", "-O", "render"])
@example(words=["table", "--", "adam"])
@example(words=[""])
@example(words=["table", ""])
def test_whatever_is_refused_is_answered_in_one_line(words):
    commands = cli._Commands()
    try:
        typer.main.get_command(cli.app).make_context("optirace", list(words))
        if words[0] in commands:
            commands[words[0]].make_context(
                words[0], list(words[1:]), resilient_parsing="--help" in words or "-h" in words
            )
    except typer.TyperException as problem:
        hint = hints.of(words, problem, commands)
        assert (hint.words is None) != (hint.line == "")
        assert hint.words != words
        assert hint.words or OPENING.match(hint.line), hint.line
    except typer.Exit:
        pass


def test_the_prompt_loads_no_hints_for_a_line_that_is_right():
    code = "import sys; from optirace import cli; cli.main(['table']); print('optirace.cli.hints' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.splitlines()[-1]


def test_files_in_one_word_stay_one_where_a_name_has_no_suffix_of_ours(said, tmp_path):
    assert 0 == said("render -o lr0.1,0.2.png --size 240x240 --quiet")[0]
    assert [Path("lr0.1,0.2.png")] == [path.relative_to(tmp_path) for path in tmp_path.iterdir()]
