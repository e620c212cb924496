"""Errors are data, and one function writes their line."""

import ast
import functools
import pickle
from pathlib import Path

import pytest

import optirace
from optirace import errors
from optirace.cli import terminal
from optirace.errors import InvalidValueError, Location, OptiraceError, OutputError

SOURCES = sorted(Path(optirace.__file__).parent.rglob("*.py"))
OURS = ("OptiraceError", "InvalidValueError", "OutputError")
PRINTERS = {"cli/__init__.py", "settings/plugins.py"}
"""Where the line is printed: as the answer to a command, and below a list as what was left out."""

LINES = [
    (OptiraceError("what a plugin said in one line"), "what a plugin said in one line"),
    (InvalidValueError("speed", "must be above 0", value=-1.0), "speed -1.0: must be above 0"),
    (InvalidValueError("hold", "must be less", value=(1.0, 2.0)), "hold 1.0,2.0: must be less"),
    (InvalidValueError("output", "missing", value=""), "output '': missing"),
    (
        InvalidValueError("output", "is a folder", value="a b", shown="a b", hint="name a file"),
        "output a b: is a folder; name a file",
    ),
    (InvalidValueError("", "division by zero"), "division by zero"),
    (
        InvalidValueError("lr", "must be a number", value="x", place=Location("a.toml", 3)),
        "a.toml, line 3: lr 'x': must be a number",
    ),
    (
        InvalidValueError(
            "optimizer",
            InvalidValueError("lr", "must be less", value=9),
            value="sgd:lr=9",
            hint="lower it",
        ),
        "optimizer 'sgd:lr=9': lr 9: must be less; lower it",
    ),
    (OutputError("race.mp4", "out of memory"), "race.mp4: out of memory"),
]


@pytest.mark.parametrize(("error", "line"), LINES)
def test_the_parts_make_one_line(error, line):
    assert line == str(error)


@pytest.mark.parametrize("error", [error for error, _ in LINES])
def test_an_error_of_another_process_is_the_same_error(error):
    error.add_note("x\n^")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - its own
    assert (type(error), str(error), error.__notes__) == (type(copy), str(copy), copy.__notes__)
    assert [str(part) for part in error.parts()] == [str(part) for part in copy.parts()]
    assert (error.subject, error.value, error.at, error.about) == (
        copy.subject,
        copy.value,
        copy.at,
        copy.about,
    )


def test_what_is_changed_in_a_copy_leaves_the_error_alone():
    error = InvalidValueError("rate", "must be less", value=9)
    error.add_note("x\n^")
    copy = error.but(subject="lr", place=Location("a.toml", 2))
    again = pickle.loads(pickle.dumps(copy))  # noqa: S301 - its own
    assert "a.toml, line 2: lr 9: must be less" == str(copy) == str(again)
    assert "rate 9: must be less" == str(error)
    assert error.__notes__ == copy.__notes__


@pytest.mark.parametrize("part", ["subject", "problem", "value", "shown", "hint"])
@pytest.mark.parametrize("kind", [str, lambda text: (text, 1.0), Path, lambda text: [text]])
def test_whatever_is_too_long_for_a_line_is_cut_in_it_and_whole_as_data(part, kind):
    long = kind("x" * 30_000) if part == "value" else "x" * 30_000
    error = InvalidValueError(**{"subject": "lr", "problem": "must be less"} | {part: long})
    assert len(str(error)) <= 40 + (
        errors.LONGEST_WORD if part == "value" and kind("") != Path() else errors.LONGEST_PART
    )
    assert "xxx..." in str(error)
    assert getattr(error, part) == long


@pytest.mark.parametrize("mark", ["x", "\u202e", "\n", "\ud800"])
def test_no_line_that_is_printed_is_longer_than_one(mark, capsys):
    assert 2 == terminal.complain(mark * 30_000, 2)
    told = capsys.readouterr().err
    assert 1 == told.count("\n")
    assert len(told) <= terminal.LONGEST_LINE + 1
    assert told.endswith("...\n")


def test_a_path_is_whole_in_a_line():
    path = Path("/home/lecturer/courses/machine learning/2026/week 3/films", "race.mp4")
    assert f"file '{path}': is a pipe" == str(InvalidValueError("file", "is a pipe", value=path))


def test_a_word_too_long_for_a_line_is_cut():
    unknown = errors.unknown("theme", "x" * 1_000_000, ["light"])
    assert len(str(unknown)) < 120 < len(str(unknown.value))


@functools.cache
def parsed(path):
    return [*ast.walk(ast.parse(path.read_text("utf-8")))]


def test_whoever_raises_one_of_our_errors_gives_its_parts():
    calls = [node for path in SOURCES for node in parsed(path) if isinstance(node, ast.Call)]
    for call in (
        call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) in OURS
    ):
        assert len(call.args) == 2, ast.unparse(call)
        subject, problem = call.args
        assert all(": " not in text for text in _texts(subject)), ast.unparse(call)
        assert not any(
            "; " in text and "hint" not in {each.arg for each in call.keywords}
            for text in _texts(problem)
        ), f"{ast.unparse(call)}: what to do is the hint"


def test_nobody_reads_or_rewrites_the_line_of_an_error():
    for path in SOURCES:
        imported = {
            name.name
            for node in parsed(path)
            if isinstance(node, ast.Import)
            for name in node.names
        }
        assert "difflib" not in imported or path.name == "errors.py"
        if path.relative_to(SOURCES[0].parent).as_posix() in PRINTERS:
            continue
        for handler in (
            node
            for node in parsed(path)
            if isinstance(node, ast.ExceptHandler) and node.type and node.name
        ):
            if not any(name in ast.unparse(handler.type) for name in OURS):
                continue
            for node in ast.walk(handler):
                words = (
                    node.args
                    if isinstance(node, ast.Call)
                    and getattr(node.func, "id", "") in ("str", "repr")
                    else []
                )
                words = [node.value] if isinstance(node, ast.FormattedValue) else words
                assert not any(getattr(word, "id", "") == handler.name for word in words), (
                    f"{path}: {ast.unparse(node)}"
                )


def _texts(node):
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return [
        part.value
        for part in parts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


@pytest.mark.parametrize(
    ("word", "names", "near"),
    [
        ("adma", ["adamax", "adam"], ["adam"]),
        ("Mometum", ["momentum", "sgd"], ["momentum"]),
        ("x", ["sgd", "adam"], []),
        ("rosen", ["bowl", "rosenbrock"], ["rosenbrock"]),
    ],
)
def test_a_slip_of_a_finger_is_nearer_than_a_longer_name(word, names, near):
    assert near == errors.near(word, names, 1, 0.6)


def test_of_names_too_many_for_a_line_the_nearest_three_are_told():
    line = str(
        errors.unknown(
            "surface",
            "levy",
            ["levi", "leva", "bowl", "leve", "levo"],
            see="optirace list surfaces",
        )
    )
    assert (
        "surface 'levy': unknown; did you mean levi, leva or leve? see: optirace list surfaces"
        == line
    )
