"""What a shell offers at the end of a line that is being typed."""

import dataclasses
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import optirace.__main__
from optirace import catalogue, cli
from optirace.cli import candidates, completion
from optirace.look import themes
from optirace.optimizers import OPTIMIZERS
from optirace.optimizers.conventions import CONVENTIONS
from optirace.output import embed
from optirace.surfaces import SURFACES
from optirace.text import tables

COMMANDS = cli._Commands()
FILES = [candidates.FILES]


def offered(line):
    """Return what may stand in the place of the last word of a line."""
    *before, word = line.split(" ")
    found = [each.value for each in candidates.of(before[1:], word, COMMANDS)]
    return [value for value in found if value.startswith(word) or value == candidates.FILES]


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("optirace ", [*cli.COMMANDS, "help", "--help", "--version"]),
        ("optirace ta", ["table"]),
        ("optirace --v", ["--version"]),
        ("optirace help s", ["sweep", "snippet"]),
        ("optirace foo ", []),
        ("optirace table --surface ", [*SURFACES]),
        ("optirace table --surface ros", ["rosenbrock"]),
        ("optirace table --surface=ros", ["--surface=rosenbrock"]),
        ("optirace table --convention ", [*CONVENTIONS]),
        ("optirace table --format ", [*tables.FORMATS]),
        ("optirace table --tune ", ["lr", "lr,beta", "none"]),
        ("optirace table --lr-schedule w", ["warmup:"]),
        ("optirace table --lr ", []),
        ("optirace table --plugin ", FILES),
        ("optirace table -O ", [*OPTIMIZERS, "torch:", "optax:"]),
        ("optirace table -O adad", ["adadelta"]),
        ("optirace table -O adam:b", ["adam:beta1=", "adam:beta2="]),
        ("optirace table --optimizer=adam:e", ["--optimizer=adam:eps="]),
        ("optirace table -O adam:lr=0.3,l", ["adam:lr=0.3,label="]),
        ("optirace table -O adam:convention=", ["adam:convention=hat", "adam:convention=raw"]),
        ("optirace table -O Adam:convention=r", ["Adam:convention=raw"]),
        ("optirace table -O adam:lr=", []),
        ("optirace table -O mine:", []),
        (
            "optirace explain ada",
            ["adam", "adagrad", "adadelta", "adamax", "adamw", "adabelief", "adan"],
        ),
        ("optirace explain adam --th", []),
        ("optirace render ", FILES),
        ("optirace render -o ", FILES),
        ("optirace render --theme ", [*themes.THEMES]),
        ("optirace render -q ", [*themes.QUALITIES]),
        ("optirace render --codec ", ["h264", "vp9", "av1"]),
        ("optirace render --arr", ["--arrows"]),
        ("optirace render --no-a", ["--no-arrows"]),
        ("optirace render --arrows --no-a", []),
        ("optirace render --title --the", []),
        ("optirace render --title --theme --the", ["--theme"]),
        ("optirace render -o a.mp4 --outp", ["--output"]),
        ("optirace render --theme dark --the", []),
        ("Optirace Render --the", ["--theme"]),
        ("optirace list ", [*catalogue.KINDS]),
        ("optirace list surfaces --f", ["--format"]),
        ("optirace snippet ", FILES),
        ("optirace snippet race.mp4 --for ", [*embed.TARGETS]),
        ("optirace inspect ", FILES),
        ("optirace completion ", [*completion.SCRIPTS]),
    ],
)
def test_a_line_may_go_on(line, values):
    assert values == offered(line)


def test_behind_an_option_the_others_are_offered():
    told = offered("optirace table --lr 0.1 ")
    assert {"--surface", "--optimizer", "--wide", "--help"} <= {*told}
    assert "--lr" not in told


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rule_has_its_keys_and_its_forms(name):
    fields = dataclasses.fields(OPTIMIZERS[name])
    assert [
        f"{name}:{key}=" for key in [*(field.name for field in fields), "schedule", "label"]
    ] == offered(f"optirace table -O {name}:")
    for field in fields:
        choices = field.metadata.get("choices", ())
        assert [f"{name}:{field.name}={choice}" for choice in choices] == offered(
            f"optirace table -O {name}:{field.name}="
        )


def test_whatever_is_offered_for_an_option_can_be_read():
    count = 0
    for command in ("render", "table", "sweep", "explain"):
        for option in COMMANDS[command].params:
            if (
                option.param_type_name == "option"
                and not option.is_flag
                and option.name != "optimizers"
            ):
                for value in offered(f"optirace {command} {option.opts[0]} "):
                    if value != candidates.FILES and not value.endswith(candidates.GOES_ON):
                        option.row.read("", [value] if option.multiple else value)
                        count += 1
    assert count > 100


def test_a_plugin_of_a_line_is_not_executed(tmp_path):
    plugin = tmp_path / "mine.py"
    plugin.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert "adam" in offered(f"optirace table --plugin {plugin} -O ")
    assert not (tmp_path / "ran").exists()


def asked(shell, *before, word="", **environment):
    """Return what a shell that asks is told."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMP_")}
    told = kept | {candidates.ASKED: shell, candidates.WORD: word} | environment
    done = subprocess.run(
        [sys.executable, "-m", "optirace", *before],
        env=told,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == done.stderr
    return done.stdout.splitlines()


def test_a_shell_is_told_values_with_what_they_are():
    assert [f"rosenbrock\t{SURFACES['rosenbrock'].label}"] == asked(
        "fish", "table", "--surface", word="ros"
    )
    assert FILES == asked("zsh", "render", "-o")


@pytest.mark.parametrize(
    ("line", "breaks", "values"),
    [
        ("optirace table -O adam:b", ":=", ["beta1=", "beta2="]),
        ("optirace table -O adam:b", "", ["adam:beta1=", "adam:beta2="]),
        ("optirace table -O adam:lr=0.1,l", ":=", ["0.1,label="]),
        ("optirace table -O adam:lr=0.1,l", ":", ["lr=0.1,label="]),
        ("optirace table --theme=d", ":=", []),
        ("optirace render --theme=d", ":=", ["dark"]),
        ("optirace render --title 'a b --the", ":=", []),
        ("optirace render --title 'a b' --the", ":=", ["--theme"]),
        ("optirace ta", ":=", ["table"]),
    ],
)
def test_bash_gets_what_stands_behind_its_word_breaks(line, breaks, values):
    assert values == asked(
        "bash", COMP_LINE=line, COMP_POINT=str(len(line)), COMP_WORDBREAKS=breaks
    )


def test_only_what_is_before_the_cursor_counts():
    assert ["table"] == asked(
        "bash", COMP_LINE="optirace ta --lr 0.1", COMP_POINT="11", COMP_WORDBREAKS=":="
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"COMP_LINE": "optirace '", "COMP_POINT": "x"},
        {"COMP_LINE": "optirace \x1b[2J", "COMP_POINT": "99999"},
        {"COMP_POINT": "-1"},
    ],
)
def test_whatever_is_typed_disturbs_nobody(environment):
    asked("bash", **environment)


def test_the_variable_is_the_one_that_the_start_looks_at():
    assert f'"{candidates.ASKED}" in os.environ' in Path(optirace.__main__.__file__).read_text(
        encoding="utf-8"
    )


def test_a_line_that_is_run_loads_no_candidates():
    code = (
        "import sys; from optirace import cli; cli.main(['table']); "
        "print('optirace.cli.candidates' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.splitlines()[-1]


def test_a_shell_that_is_unknown_is_told_of_those_that_are_known(capsys):
    assert 2 == cli.main(["completion", "tcsh"])
    assert (
        "optirace: shell 'tcsh': unknown; must be one of bash, zsh, fish, powershell\n"
        == capsys.readouterr().err
    )
    assert 0 == cli.main(["completion", "Bash"])
    assert "complete -F _optirace optirace\n" in capsys.readouterr().out


LINES = {
    "optirace table --surface ros": ["rosenbrock"],
    "optirace table -O adam:b": ["adam:beta1=", "adam:beta2="],
    "optirace render --theme=d": ["--theme=dark"],
    "optirace render -o ra": ["race of mine.toml"],
    "optirace sweep --lr ": [],
    "optirace list t": ["themes"],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a file, and the command on the path."""
    program = tmp_path / "bin" / "optirace"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m optirace "$@"\n')
    program.chmod(0o755)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "race of mine.toml").touch()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def shell(name, *words):
    if shutil.which(name) is None or os.name == "nt":
        pytest.skip(f"needs {name}")
    done = subprocess.run([name, *words], capture_output=True, text=True, check=False, timeout=120)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


@pytest.mark.usefixtures("folder")
def test_bash_completes():
    script = ['eval "$(optirace completion bash)"', "compopt() { :; }", "COMP_WORDBREAKS=' :='"]
    for line in LINES:
        script += [
            f"COMP_LINE={shlex.quote(line)} COMP_POINT={len(line)}",
            f"_optirace optirace {shlex.quote(line.rpartition(' ')[2])}",
            "printf '%s\\n' --line \"${COMPREPLY[@]}\"",
        ]
    blocks = shell("bash", "--norc", "-c", "\n".join(script)).split("--line\n")[1:]
    for block, (line, values) in zip(blocks, LINES.items(), strict=True):
        cut = max(line.split(" ")[-1].rfind(mark) for mark in ":=") + 1
        assert [value[cut:] for value in values] == list(filter(None, block.splitlines())), line


@pytest.mark.usefixtures("folder")
def test_fish_completes():
    script = ["optirace completion fish | source"]
    script += [f"echo --line; complete -C {shlex.quote(line)}" for line in LINES]
    blocks = shell("fish", "--no-config", "-c", "\n".join(script)).split("--line\n")[1:]
    for block, (line, values) in zip(blocks, LINES.items(), strict=True):
        assert values == [each.partition("\t")[0] for each in block.splitlines()], line


@pytest.mark.usefixtures("folder")
def test_zsh_completes():
    script = [
        (
            "compdef() { :; }; compadd() { print -rl -- ${(P)@[-1]}; }; _files() { print -rl -- "
            "*; }; COLUMNS=80"
        ),
        'eval "$(optirace completion zsh)"',
    ]
    for line in LINES:
        words = line.split(" ")
        script += [
            f"words=({shlex.join(words)}); CURRENT={len(words)}; PREFIX={shlex.quote(words[-1])}",
            "print -r -- --line; _optirace; status_of=$?",
        ]
    script.append("exit $status_of")  # of the last line, which has a candidate
    blocks = shell("zsh", "-f", "-c", "\n".join(script)).split("--line\n")[1:]
    for block, (line, values) in zip(blocks, LINES.items(), strict=True):
        assert values == list(filter(None, block.splitlines())), line
