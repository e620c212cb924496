"""A formula may be typed as people write one; what has two readings is refused with both, and all
is shown as understood.
"""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import optirace
from optirace import cli
from optirace.drawing import picture
from optirace.drawing.raster import glyphs
from optirace.errors import InvalidValueError
from optirace.settings import specs
from optirace.surfaces import SURFACES, formula
from optirace.surfaces.formula import rules, words

DOCS = (Path(__file__).parent.parent / "docs" / "formulas.md").read_text(encoding="utf-8")
POINTS = [(0.7, -0.4), (-1.3, 0.6), (1.9, 1.1)]


def rows(columns):
    """Return the rows of the tables of the docs that have so many columns, without their
    headings.
    """
    cells = [
        re.split(r"(?<!\\)\|", line.strip().strip("|"))
        for line in DOCS.splitlines()
        if line.startswith("| `")
    ]
    told = [[each.strip().strip("`").replace("\\|", "|") for each in row] for row in cells]
    return [tuple(row) for row in told if len(row) == columns]


def refused(text):
    with pytest.raises(InvalidValueError) as caught:
        formula.surface(text)
    return caught.value


def ours(surface, x, y):
    with np.errstate(all="ignore"):
        return [float(each) for each in (surface.value(x, y), *surface.gradient(x, y))]


def read(text):
    """Return what a formula is understood as."""
    return formula.surface(text).expression


def test_the_docs_have_tables_to_try():
    assert 35 <= len(rows(2))
    assert 20 <= len(rows(3))


@pytest.mark.parametrize(("typed", "meant"), rows(2))
def test_each_form_of_the_docs_is_read_as_they_say(typed, meant):
    if meant.startswith("refused"):
        assert "two ways" in str(refused(typed))
    else:
        assert meant == read(typed)
        assert meant == read(meant)


@pytest.mark.parametrize(("typed", "one", "other"), rows(3))
def test_what_has_two_readings_is_refused_with_both_and_both_can_be_typed(typed, one, other):
    problem = refused(typed)
    assert f"has two readings; write {one}" in str(problem)
    assert re.search(rf" or {re.escape(other)}( for .*)?$", str(problem))
    assert typed == problem.__notes__[0].split("\n")[0]
    assert read(one) != read(other)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("xy", "'xy' has two readings; write x*y, or another name, if it is one: xy is unknown"),
        ("2xy^2 + 1", "'xy' has two readings; write 2x*y^2 + 1, or another name"),
        ("0,5*x", "write 0.5*x for a decimal point, or 0, 5*x for two arguments"),
        (
            "x^2\ny^2",
            "a new line without an operator has two readings; write x^2 * y^2 or x^2 + y^2",
        ),
        ("sinx", "did you mean sin(x)?"),
        ("xsin(y)", "did you mean x*sin(y)?"),
        ("y = x^2", "write what the loss is, such as L = x^2 + 10*y^2"),
        ("x^2 + y^2 = 1", "an equation is not a loss; write one, such as (x^2 + y^2 - 1)^2"),
        ("f(y, x) = x", "must be the variables in their order, such as (x, y)"),
        (
            "w1*x + w2",
            "w1 and x name the variables in two ways; write w1 and w2 alone, or x and y alone",
        ),
        (
            "x1^2 + y^2",
            "x1 and y name the variables in two ways; write x1 and x2 alone, or x and y alone",
        ),
        ("x2^3 + y", "write y^3 + y or (x^2)^3 + y"),
        ("x1 + x2 + y", "write x + y + y or x + x^2 + y"),
        ("3/2xy^2 + 1", "write 3/2*x*y^2 + 1 or 3/(2*x*y^2) + 1"),
        ("x1sin(x2)", "did you mean x1*sin(x2)?"),
        ("x0 + x1", "the variables are counted from 1, x1 and x2"),
        ("w_0 + w_1", "the variables are counted from 1, w1 and w2"),
        ("x > 0", "'>' stands in a condition alone, as in where(x > 0, x, 0)"),
        ("where(x, 1, 2)", "where needs a comparison such as x > 0"),
        ("where(x > 0, y)", "as in where(x > 0, x, 0)"),
        ("(x > 0)*y", "'>' stands in a condition alone"),
        ("where((x > 0)*y > 0, 1, y)", "a comparison is not a number"),
        ("0x1 + y", "with the digits 0 to 9"),
        ("2e", "write 2*e, or a number such as 2e3"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_type(typed, hint):
    assert hint in str(refused(typed))


@pytest.mark.parametrize("operator", ["+", "-", "*", "/"])
def test_a_formula_of_several_lines_is_read_where_an_operator_joins_them(operator):
    one_line = read(f"x^2 {operator} sin(y)")
    assert (
        one_line
        == read(f"\n x^2 {operator}\n\n  sin(y)\n")
        == read(f"x^2\r\n\t{operator} sin(\n y\n)")
    )


@pytest.mark.parametrize("name", [*rules.FUNCTIONS, *words.ALIASES])
def test_each_name_of_a_function_is_shown_by_a_name_that_is_read_back(name):
    needs = {"power": 2, "pow": 2, "atan2": 2, "minimum": 2, "maximum": 2}
    text = f"{name}(x{', y' * (needs.get(name, 1) - 1)})"
    again = formula.surface(read(text))
    assert again.expression == read(text)
    for point in POINTS:
        assert ours(again, *point) == pytest.approx(
            ours(formula.surface(text), *point), abs=0, rel=0, nan_ok=True
        )


@pytest.mark.parametrize(
    "module", ["np", "numpy", "math", "torch", "jnp", "tf.math", "torch.nn.functional", "sympy"]
)
def test_a_function_may_wear_the_name_of_its_module(module):
    assert "exp(theta1)" == read(f"{module}.exp(x)")
    assert "has no place" in str(refused(f"{module}.foo(x)")) or "unknown" in str(
        refused(f"{module}.foo(x)")
    )


def test_a_name_in_capitals_is_the_function_of_that_name():
    assert "max(abs(theta1), exp(theta2))" == read("Max(Abs(x), Exp(y))")


def join(inner):
    """Write what is larger than what it is given, in the many ways."""
    binary = st.tuples(inner, st.sampled_from([" + ", "-", "*", "/", " ", " * -"]), inner).map(
        lambda each: f"({each[0]}){each[1]}({each[2]})"
    )
    return st.one_of(
        binary,
        inner.map("-({})".format),
        inner.map("|{}|".format),
        st.tuples(
            inner,
            st.sampled_from(
                ["^2", "²", "^(2/3)", "^{-1}", "^0.5", "^(1/3)", "^1", "^-3", "^(4/2)"]
            ),
        ).map(lambda each: f"({each[0]}){each[1]}"),
        st.tuples(st.sampled_from(["2", "e", ".5", "10"]), inner).map(
            lambda each: f"{each[0]}^({each[1]})"
        ),
        st.tuples(
            st.sampled_from([*rules.FUNCTIONS, "np.sin", "sin²", "log^3", "√", "\\cos"]), inner
        ).map(lambda each: f"{each[0]}({each[1]})"),
        st.tuples(st.sampled_from(["hypot", "arctan2", "min", "max"]), inner, inner).map(
            lambda each: f"{each[0]}({each[1]}, {each[2]})"
        ),
        st.tuples(inner, st.sampled_from(["<", ">", "<=", "≥", "!=", "="]), inner, inner).map(
            lambda each: (
                f"where({each[0]} {each[1]} {each[2]} and not {each[0]} > 3 or {each[2]} < "
                f"-2, {each[0]}, {each[3]})"
            )
        ),
        st.tuples(inner, inner).map(lambda each: f"\\frac{{{each[0]}}}{{{each[1]}}}"),
    )


LEAVES = [
    "x",
    "y",
    "2x",
    "x y",
    "x^2y",
    "3",
    "0.25",
    "2pi",
    "1e-3",
    "x²",
    "sin x",
    "7e5 y",
    "e",
    "|x|",
    "-x",
    "x/3",
    "x^-1",
    "e^2",
    "x^e",
]
PIECES = [*LEAVES, *"+-*/^()|,", " ", "\n", "e", "2", "sin", "²", "√", "xy", "max(", "{", "}"]
typed_formulas = st.recursive(st.sampled_from(LEAVES), join, max_leaves=6)


def understood(text):
    try:
        return formula.surface(text)
    except InvalidValueError:
        return assume(condition=False)


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=400)
@given(typed_formulas)
def test_plain_text_reads_back_as_the_same_formula_to_the_last_bit(text):
    surface = understood(text)
    again = formula.surface(surface.expression)
    assert surface.expression == again.expression
    assert surface.formula == again.formula
    for point in POINTS:
        assert ours(surface, *point) == pytest.approx(
            ours(again, *point), abs=0, rel=0, nan_ok=True
        )


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=400)
@given(typed_formulas)
def test_the_mathtext_of_a_film_reads_back_as_the_same_formula(text):
    surface = understood(text)
    assume(not surface.formula.startswith("f("))
    again = formula.surface(picture.law_of(surface))
    assert surface.formula == again.formula
    for point in POINTS:
        known = ours(surface, *point)
        if all(abs(each) < 1e6 for each in known):
            assert known == pytest.approx(ours(again, *point), rel=1e-9, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_the_formula_of_a_shipped_surface_can_be_typed_as_it_is_shown(surface):
    """As `list` and `explain` write it, and as the films and charts do."""
    x0, x1, y0, y1 = surface.view
    x, y = np.meshgrid(np.linspace(x0, x1, 37), np.linspace(y0, y1, 41))
    known = [surface.value(x, y), *surface.gradient(x, y)]
    for shown in (
        surface.expression,
        surface.formula,
        f"$L = {surface.expression}$",
        picture.law_of(surface),
    ):
        typed = formula.surface(shown)
        for mine, theirs in zip([typed.value(x, y), *typed.gradient(x, y)], known, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-11 * np.abs(theirs).max())


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=60)
@given(typed_formulas)
def test_whatever_is_understood_can_be_drawn(text):
    assert 0 < glyphs.formula(picture.law_of(understood(text)), 12.0).width


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [*PIECES, "x(1)", "x1", "x2", "theta2", "sin2x", "x2y3", "log", "\\frac", "pi"]
        ),
        max_size=9,
    )
)
def test_of_every_text_that_has_two_readings_both_can_be_read_on(pieces):
    """A long text may have several places with two readings: a reading may be refused for another,
    further on.
    """
    for _ in range(12):
        try:
            formula.surface("".join(pieces))
        except InvalidValueError as problem:
            found = re.search(r"has two readings; write (.*) or (.*)$", str(problem))
            if found is None or " for " in str(problem):
                return
            assert found[1] != found[2]
            pieces = found[1]
        else:
            return


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a x^2, a = 3", "3*theta1^2"),
        (r"\left|a\,\left|x - 1\right|\right|,\ a = y", "abs(theta2*abs(theta1 - 1))"),
        (r"f(x, y) = r^2 - 2r,\quad r = x - y", "(theta1 - theta2)^2 - 2*(theta1 - theta2)"),
        ("1/a,\n  a = x + 1", "1/(theta1 + 1)"),
        ("2^a + sin a, a = x y", "2^(theta1*theta2) + sin(theta1*theta2)"),
        ("where(x > a, x, a), a = 2", "where(theta1 > 2, theta1, 2)"),
    ],
)
def test_a_letter_that_is_defined_after_the_formula_is_what_it_stands_for(text, meant):
    assert meant == read(text)


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        ("a^2, a = x, a = y", "a is defined twice", 12),
        ("a + b, a = x, b = a^2", "name 'a': unknown", 18),
        ("a, a = x +", "the formula ends where", 10),
        ("a, a = 1/2x", "write a, a = (1/2)*x or a, a = 1/(2*x)", 10),
        ("x^2, y = 3", "a comma stands between", 3),
        ("+".join(["a"] * 75) + ", a = x + y + x", "has 449 numbers, names and signs", 148),
    ],
)
def test_a_definition_is_refused_where_it_stands(text, problem, place):
    error = refused(text)
    assert problem in str(error)
    assert place == error.at


def test_shorthand_and_longhand_have_the_same_bits():
    pairs = [
        ("100(y-x²)² + (1-x)²", "100*(y - x**2)**2 + (1 - x)**2"),
        ("2pi x y", "2*pi*x*y"),
        ("x^2y |x|", "x**2*y*abs(x)"),
    ]
    for short, long in pairs:
        for point in POINTS:
            assert ours(formula.surface(short), *point) == ours(formula.surface(long), *point)


@pytest.mark.parametrize(
    "text",
    [
        "2x²",
        "X",
        "√x",
        "|x|",
        "sin x",
        "w1^2 + w2^2",
        "L = x",
        ".5x",
        "x_1",
        "2pi",
        "\\theta_1^{2}",
        "x₁",
        "w_1w_2",
        "theta1theta2",
    ],
)
def test_a_surface_that_is_typed_is_taken_for_a_formula(text):
    assert "expression" == specs.surface(text).name


@pytest.mark.parametrize(
    "text",
    ["xy", "e2x", "y2", "1/2x", "2^3x", "0,5*x", "0,5x", "ex", "sinx", "sin2x", "pix", "xx", "x_0"],
)
def test_a_text_that_can_only_be_meant_as_a_formula_is_told_what_a_formula_is(text):
    with pytest.raises(InvalidValueError, match=r"two readings|did you mean sin|counted from 1"):
        specs.surface(text)


@pytest.mark.parametrize(
    "text", ["", "bowll", "rosenbrok", "nosuch", "two wells", "levi_13", "my-bowl2"]
)
def test_what_looks_like_a_name_is_refused_as_one(text):
    with pytest.raises(
        InvalidValueError, match=r"unknown; .*see: optirace list surfaces; or type a formula"
    ):
        specs.surface(text)


def test_a_scene_holds_a_formula_of_several_lines(tmp_path, capsys):
    scene = tmp_path / "race.toml"
    scene.write_text(
        'steps = 20\nsurface = """\n100(y - x²)²\n + (1 - x)²\n"""\n', encoding="utf-8"
    )
    assert 0 == cli.main(["table", str(scene), "--format", "json"])
    assert '"100*(theta2 - theta1^2)^2 + (1 - theta1)^2"' in capsys.readouterr().out
    scene.write_text('surface = """\nx² +\n1/2y\n"""\n', encoding="utf-8")
    assert 2 == cli.main(["table", str(scene)])
    told = capsys.readouterr().err
    assert "(1/2)*y" in told
    assert all(line.isprintable() for line in told.splitlines())


def test_a_real_root_of_a_negative_number_is_one_with_an_odd_divisor_alone():
    for text, known in [
        ("x^(2/3)", 4.0),
        ("x^(1/3)", -2.0),
        ("x^(5/3)", -32.0),
        ("x^(-1/3)", -0.5),
        ("x^(2/6)", -2.0),
    ]:
        assert known == pytest.approx(ours(formula.surface(text), -8.0, 0.0)[0], rel=1e-14)
    for text in ("x^(1/2)", "x^0.3333", "x^(3/4)", "x^y"):
        assert math.isnan(ours(formula.surface(text), -8.0, 0.3)[0])
    assert "(-8)^(1/3)" == read("(-8)^(1/3)")


def test_a_choice_takes_its_value_and_slopes_from_one_side_alone():
    surface = formula.surface("where(x > 0, log(x), 1/x + y)")
    assert [math.log(2.0), 0.5, 0.0] == pytest.approx(ours(surface, 2.0, 3.0))
    assert [2.5, -4.0, 1.0] == pytest.approx(ours(surface, -0.5, 4.5))
    assert all(map(math.isnan, ours(formula.surface("where(log(x) > 0, 1, y)"), -1.0, 2.0)))
    x, y = np.linspace(-2, 2, 9)[None, :], np.linspace(-1, 1, 5)[:, None]
    with np.errstate(all="ignore"):
        grid = surface.value(x, y)
    assert grid[1, 8] == pytest.approx(math.log(2.0))
    assert np.isfinite(np.delete(grid, 4, axis=1)).all()


def test_the_race_on_a_choice_is_the_race_on_what_it_chooses():
    one = optirace.race(
        surface="where(x > 99, sqrt(x - 99), x^2 + 10*y^2)", optimizers=["adam"], steps=50
    ).trajectories[0]
    other = optirace.race(surface="x^2 + 10*y^2", optimizers=["adam"], steps=50).trajectories[0]
    np.testing.assert_array_equal(other.points, one.points)
