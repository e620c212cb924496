"""The help of every command: whole sentences, as wide as the terminal, and examples that run."""

import re
import shlex
import subprocess
import sys

import pytest

from optirace import cli
from optirace.cli import help as pages
from optirace.cli.examples import EXAMPLES

NAMES = ["", *cli.COMMANDS]


def page(name, monkeypatch, capsys, width=80):
    monkeypatch.setenv("COLUMNS", str(width))
    assert 0 == cli.main([*filter(None, [name]), "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [40, 59, 60, 80, 100, 300])
def test_no_line_is_wider_than_the_terminal(name, width, monkeypatch, capsys):
    widest = max(page(name, monkeypatch, capsys, width).splitlines(), key=len)
    assert len(widest) <= min(width, 100), widest


@pytest.mark.parametrize("name", NAMES)
def test_the_words_are_the_same_at_any_width(name, monkeypatch, capsys):
    wide, narrow = (
        page(name, monkeypatch, capsys, width).replace("\\\n", "").split() for width in (100, 40)
    )
    assert wide == narrow == page(name, monkeypatch, capsys, 5).replace("\\\n", "").split()


def parameters():
    commands = cli._Commands()
    return [
        pytest.param(name, each, id=f"{name}-{each.name}")
        for name in commands
        for each in commands[name].params
    ]


@pytest.mark.parametrize(("name", "parameter"), parameters())
def test_an_option_is_told_in_whole_sentences(name, parameter):
    told = parameter.row.told() if hasattr(parameter, "row") else parameter.help
    assert re.fullmatch(r"[A-Z].*\.", told), name
    assert "  " not in told


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_a_command_is_told_in_one_sentence_which_the_first_page_has_whole(
    name, monkeypatch, capsys
):
    told = cli._Commands()[name].help
    assert re.fullmatch(r"[A-Z][^.]*\.", told)
    assert told in " ".join(page("", monkeypatch, capsys).split())


def test_every_option_stands_in_one_panel(monkeypatch, capsys):
    panels = re.split(
        r"\n\n(?=The [a-z]+:\n|Help:\n|Examples:\n)", page("render", monkeypatch, capsys)
    )
    titles = ["The scene", "The files", "The picture", "The race", "The output", "Help", "Examples"]
    assert titles == [panel.partition(":")[0] for panel in panels[1:]]
    for parameter in cli._Commands()["render"].params:
        flag = (
            max(parameter.opts, key=len)
            if parameter.param_type_name == "option"
            else parameter.metavar
        )
        rows = [
            panel
            for panel in panels[1:-1]
            if re.search(rf"^  (-\w, )?{re.escape(flag)}( |$)", panel, re.MULTILINE)
        ]
        assert 1 == len(rows), flag


def test_a_default_is_told_without_brackets_in_brackets(monkeypatch, capsys):
    told = page("render", monkeypatch, capsys)
    assert "[default: the surface's]" in told
    assert "[default: 2]" in told
    assert not re.search(r"default: \(", told)


@pytest.mark.parametrize("name", NAMES)
def test_three_examples_end_the_help_and_can_be_copied(name, monkeypatch, capsys):
    examples = EXAMPLES[name]
    assert 3 == len(examples)
    for width in (40, 100):
        told = page(name, monkeypatch, capsys, width)
        shown = re.findall(
            r"^  (optirace(?:.*\\\n)*.*)$", told.partition("\nExamples:\n")[2], re.MULTILINE
        )
        assert [shlex.split(line) for line, _ in examples] == [
            shlex.split(line.replace("\\\n", "")) for line in shown
        ]


LINES = [pytest.param(name, line, text, id=line) for name in NAMES for line, text in EXAMPLES[name]]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "line", "text"), LINES)
def test_an_example_runs(name, line, text, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small = ["--size", "240x240", "--duration", "0.1", "--hold", "0", "--steps", "3"]
    if name in ("inspect", "snippet"):
        assert 0 == cli.main(["render", "-o", "race.mp4", "-o", "race.gif", *small, "--quiet"])
    if "race.toml" in line:
        assert 0 == cli.main(["init"])
    capfd.readouterr()
    words, _, kept = line.partition(" > ")
    command = shlex.split(words)[1:]
    command += (
        small
        if command[0] == "render"
        else ["--size", "240x240"] * (command[0] == "sweep" and "-o" in command)
    )
    assert 0 == cli.main(command)
    assert (True, True) == (capfd.readouterr().out != "", text.endswith("."))
    named = [command[at + 1] for at, word in enumerate(command) if word == "-o"]
    assert all((tmp_path / file).stat().st_size for file in named)
    assert kept in ("", "report.json", "optirace.fish")


def test_the_help_is_loaded_by_who_asks():
    code = (
        "import sys; from optirace import cli; cli.main(['table']); print('optirace.cli.help' "
        "in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.splitlines()[-1]


def test_a_command_in_an_example_is_its_own():
    for name, examples in EXAMPLES.items():
        assert all(line.split()[1] == name or not name for line, _ in examples)
    assert {*EXAMPLES} == {*NAMES}
    assert pages.LEFT < pages.NARROW
