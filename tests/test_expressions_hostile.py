"""Whatever is typed as a formula, nothing is executed, and time and memory stay small."""

import ast
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optirace.errors import InvalidValueError
from optirace.surfaces import formula as expressions
from optirace.surfaces.formula import grammar, parts, reader, rules
from optirace.surfaces.formula import words as spelling

HOSTILE = [
    "",
    " \t ",
    "__import__('os').system('touch canary')",
    'exec("open(0)")',
    "().__class__.__bases__[0].__subclasses__()",
    "x.__class__",
    "x.real",
    "lambda: x",
    "lambda x: __import__('os')",
    "[x for x in y]",
    "{x, y}",
    "e2" + "x" * 990,
    "sin3" + "x" * 990,
    "1/xy" + " " * 900 + "^2",
    "{x: y}",
    "(x := 3)",
    'f"{x}"',
    "'x'",
    "x if y else 1",
    "x and y",
    "not x",
    "x is y",
    "1is 2",
    "x < y",
    "(x < y)*2",
    "where(x < y)",
    "where(x < y < 1, x)",
    "where(x, y, 1)",
    "where(x < y, x, x < y)",
    "where(" * 200 + "x" + ">0,x,y)" * 200,
    "piecewise((x, y), (x, True))",
    "piecewise((x, x > 0))",
    "not " * 100 + "x > 0",
    "where(" + "not " * 100 + "x > 0, x, y)",
    "|" * 400,
    "|x" * 200,
    "√" * 400 + "x",
    "\\frac" * 100,
    "\\frac{" * 60 + "x" + "}{2}" * 60,
    "x^{" * 60 + "x" + "}" * 60,
    "x⁻",
    "x⁹⁹⁹",
    "sin^-1" * 100 + "(x)",
    "np.os.system(x)",
    "np.load(x)",
    "os.sin(x)",
    "x[0](y)[1]",
    "x[2]",
    "sin[0]",
    "x == y",
    "x = y",
    "x, y",
    "(x, y)",
    "()",
    "sin()",
    "sin(x, y)",
    "sin(x=y)",
    "min(*x, y)",
    "max(**x)",
    "max(x)",
    "min(x, y,)",
    "eval(x)",
    "open(x)",
    "sin",
    "x @ y",
    "x // y",
    "x % y",
    "x & y",
    "x | y",
    "~x",
    "x *** y",
    "x +",
    "* x",
    "(x",
    "x)",
    "x;y",
    "x\ny",
    "x # y",
    "yield x",
    "await x",
    "...",
    "None",
    "True",
    "nan",
    "inf",
    "1e999",
    "-1e999",
    "0x10",
    "0b1",
    "1_000",
    "1j",
    "1.2.3",
    "1e",
    "1e+",
    "9" * 400,
    "9**9**9",
    "9**9**9**9**9*x",
    "x**65",
    "x**-64.5",
    "x**1e308",
    "2**100",
    "1e308*10 + x",
    "x/0",
    "x/(1 - 1)",
    "1/(x**0 - 1)",
    "log(0)",
    "log(-1)*x",
    "sqrt(-1)",
    "0**-1",
    "(-2)**x",
    "0**x",
    "Ｘ",  # noqa: RUF001 - full width
    "х",  # noqa: RUF001 - the Cyrillic letter
    "٣*x",
    "x\N{ZERO WIDTH SPACE}",
    "x\0",
    "\0",
    "\ud800",
    "\x1b[31mx",
    "\N{RIGHT-TO-LEFT OVERRIDE}x",
    "(" * 10_000 + "x" + ")" * 10_000,
    "(" * 200 + "x" + ")" * 200,
    "(" * 400,
    ")" * 400,
    "-" * 900 + "x",
    "sin(" * 200 + "x" + ")" * 200,
    "x**" * 300 + "x",
    "x+" * 499 + "x",
    "a" * 1000,
    "x" * 100_000,
    "x+" * 50_000 + "x",
]

words = st.lists(
    st.sampled_from(
        [
            *spelling.KNOWN,
            *spelling.SPELLINGS,
            *"+-*/^(),.'[]=_|{}<²⁻",
            "**",
            "2",
            "0.5",
            "1e3",
            "1e999",
            " ",
            "lambda",
            "if",
            "é",
            "\0",
            "\n",
        ]
    ),
    max_size=30,
).map("".join)


def refused(text):
    with pytest.raises(InvalidValueError) as caught:
        expressions.surface(text)
    return caught.value


def ours(surface, x, y):
    with np.errstate(all="ignore"):
        return [float(each) for each in (surface.value(x, y), *surface.gradient(x, y))]


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.one_of(words, st.text(), st.text("xy+-*/^()., 0123456789esincoslgqrtab", max_size=40)))
def test_no_text_does_anything_but_become_a_surface_or_an_error_of_one_line(text):
    try:
        surface = expressions.surface(text)
    except InvalidValueError as problem:
        assert 1 == len(str(problem).splitlines())
        assert str(problem).isprintable()
    else:
        assert surface.label.isprintable()
        assert 3 == len(ours(surface, 0.7, -0.3))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text)[:30])
def test_a_hostile_text_is_refused_in_one_line_and_little_memory(text):
    tracemalloc.start()
    try:
        problem = refused(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(problem).startswith("surface '") or str(problem).startswith('surface "')
    assert 1 == len(str(problem).splitlines())
    assert str(problem).isprintable()
    assert len(str(problem)) < 400
    assert peak < 1_000_000


def test_nothing_a_formula_says_is_compiled_run_imported_or_opened(tmp_path):
    script = """
import json, sys
from optirace import errors
from optirace.surfaces import formula as expressions
texts = json.load(sys.stdin)
expressions.surface("exp(2)*x")  # loads what rounds a constant
errors.nearest("x", "x")  # loads what finds a name that is near
seen = []
sys.addaudithook(lambda event, arguments: seen.append(event))
for text in texts:
    try:
        surface = expressions.surface(text)
        surface.value(1.5, 0.5), surface.gradient(1.5, 0.5)
    except errors.InvalidValueError:
        pass
print(*seen)
"""
    texts = json.dumps([*HOSTILE, "x**2 + 10*y**2", "min(x, exp(2))*sqrt(y)**2.1"])
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=texts,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=True,
    )
    assert ("\n", "") == (done.stdout, done.stderr)
    assert [] == list(tmp_path.iterdir())


def test_the_code_that_reads_formulas_names_nothing_that_runs_text():
    names = {
        node.id if isinstance(node, ast.Name) else node.attr
        for path in Path(expressions.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.Attribute)
    }
    assert set() == names & {
        "eval",
        "exec",
        "__import__",
        "getattr",
        "globals",
        "ast",
        "sympify",
        "parse_expr",
    }


def test_every_recursion_is_bounded_by_the_words_and_depth_of_a_formula():
    room = sys.getrecursionlimit()
    fullest = [
        "+".join(["x"] * (grammar.MOST_WORDS // 2)),
        "(" * (reader.DEEPEST - 1) + "+".join(["x"] * 110) + ")" * (reader.DEEPEST - 1),
        "sin(x+" * 39 + "y" + ")" * 39,
        "-" * (reader.DEEPEST - 1) + "x",
        "x**" * (reader.DEEPEST - 1) + "x",
        "min(x," * 39 + "y" + ")" * 39,
        "sin(" * 34 + "a" + ")" * 34 + ", a = " + "sin(x+" * 39 + "y" + ")" * 39,
    ]
    sys.setrecursionlimit(_depth() + 420)
    try:
        surfaces = [expressions.surface(text) for text in fullest]
        assert all(3 == len(ours(each, 0.5, 0.5)) for each in surfaces)
    finally:
        sys.setrecursionlimit(room)


def _depth():
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


def test_nesting_is_refused_one_deeper_than_the_deepest():
    for opening, closing in (
        ("(", ")"),
        ("sin(", ")"),
        ("-", ""),
        ("x**", ""),
        ("x^{", "}"),
        ("\\sqrt{", "}"),
        ("\\frac{1}{", "}"),
    ):
        deepest = reader.DEEPEST - 1
        assert "expression" == expressions.surface(opening * deepest + "x" + closing * deepest).name
        assert "nests more than 40 deep" in str(
            refused(opening * (deepest + 1) + "x" + closing * (deepest + 1))
        )


@pytest.mark.parametrize("name", ["min", "max"])
def test_the_work_for_parts_that_tie_grows_with_their_number_and_not_with_its_square(name):
    def compared(count):
        """Return how often two numbers are compared for one gradient."""

        class Told(float):
            times = 0

            def __eq__(self, other):
                Told.times += 1
                return float(self) == float(other)

            __hash__ = float.__hash__

        choose = {"min": min, "max": max}[name]
        rule = rules.extreme_rule(choose, count)
        values = [Told(1.0)] * count
        common = rule.common(rule.value(*values), *values)
        assert [1.0 / count] * count == [slope(common, *values) for slope in rule.slopes]
        return Told.times

    assert 2 * 147 == compared(147)


def test_a_comparison_between_two_others_is_computed_once():
    """Written as two of them it would double at each level."""
    text = "x"
    for _ in range(12):
        text = f"where(0 < {text} < 1, y, 1)"
    formula, calls = grammar.parse(text), []

    class Told(float):
        def __lt__(self, other):
            calls.append(other)
            return float(self) < float(other)

        def __gt__(self, other):
            calls.append(other)
            return float(self) > float(other)

    with np.errstate(all="ignore"):
        parts.value(formula, Told(0.5), np.float64(0.5))
    assert 2 >= len(calls)
