"""A formula that a person typed becomes a surface with its exact gradient, or an error that points
at the place.
"""

import dataclasses
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optirace
from optirace import cli, optimizers
from optirace.cli import terminal
from optirace.drawing.raster import glyphs
from optirace.errors import InvalidValueError
from optirace.racing import engine
from optirace.surfaces import SURFACES
from optirace.surfaces import formula as expressions
from optirace.surfaces.formula import readings

# What the letters of a formula mean to Python and mpmath, which judge ours; only formulas of this
# file are run by them.
MEANING = {
    name: getattr(mpmath, name)
    for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "sinh", "cosh", "tanh")
}
MEANING |= {
    "arctan": mpmath.atan,
    "atan": mpmath.atan,
    "ln": mpmath.log,
    "abs": abs,
    "min": min,
    "max": max,
}
MEANING |= {"pi": math.pi, "e": math.e}

FORMULAS = [
    "x**2 + 10*y**2",
    "(1 - x)**2 + 100*(y - x**2)**2",
    "x^3 - 3*x*y^2",
    "-x**2 - -y**-3",
    "2**x*y + 2**-y*x",
    "2**3**2*x + x**3**1*y - 8/4/2*x*y - (1 - 2 - 3)",
    "e**(x*y) - 0.5**(x - y)",
    "(x*x + 1)**0.5 - (y*y + 2)**-1.5 + (x*x + y*y + 1)**(1/3)",
    "(x*x + 1)**(y - x)",
    "x**64 + y**63 + x**1 + y**0",
    "sin(x)*cos(y) + tan(x/3)",
    "exp(-x*x)*log(1 + y**2) - ln(2 + x*x)",
    "sqrt(1 + x**2 + y**4)",
    "abs(x - y)**3 + abs(x)*abs(y + 0.1)",
    "tanh(x)*sinh(y) + cosh(x*y)",
    "tanh(20*x + 40) + tanh(9*y)",
    "arctan(x*y) + atan(x/(1 + y*y))",
    "min(x, y, x*y) + max(x*x, y, 0.25)",
    "(x + pi)/(y*y + e) - (x - 1)*(y + 1)/(x*x + y*y + 0.1)",
    ".5*x + 3.*y + 1e-3*x*y + 2E2",
]
POINTS = [tuple(map(float, point)) for point in np.random.default_rng(7).uniform(-1.9, 1.9, (6, 2))]


def refused(text):
    with pytest.raises(InvalidValueError) as caught:
        expressions.surface(text)
    return caught.value


def judged(formula):
    """Return a formula as a function of numbers of mpmath, read by Python."""
    code = compile(formula.replace("^", "**"), "<formula of this file>", "eval")
    return lambda x, y: eval(code, {"__builtins__": {}}, MEANING | {"x": x, "y": y})  # noqa: S307


def exact(formula, x, y):
    """Return value and gradient to 50 digits, the derivatives as limits."""
    function = judged(formula)
    with mpmath.workdps(50):
        at = (mpmath.mpf(x), mpmath.mpf(y))
        results = (
            function(*at),
            mpmath.diff(function, at, (1, 0)),
            mpmath.diff(function, at, (0, 1)),
        )
    return [float(each) for each in results]


def ours(surface, x, y):
    with np.errstate(all="ignore"):
        return [float(each) for each in (surface.value(x, y), *surface.gradient(x, y))]


def join(parts):
    """Write sums, products, powers and calls of formulas."""
    signed = st.tuples(parts, st.sampled_from(["+", "-", "*", "/", " - -", "*-"]), parts).map(
        "".join
    )
    return st.one_of(
        signed,
        signed.map("({})".format),
        parts.map("-{}".format),
        st.tuples(parts, st.sampled_from(["2", "3", "-1", "-2", "0.5", "0"])).map(
            "({0[0]})**{0[1]}".format
        ),
        st.tuples(st.sampled_from(["2", "e", "0.5"]), parts).map("{0[0]}**({0[1]})".format),
        st.tuples(
            st.sampled_from(["sin", "cos", "exp", "sqrt", "abs", "tanh", "arctan", "log"]), parts
        ).map("{0[0]}({0[1]})".format),
        st.tuples(st.sampled_from(["min", "max"]), parts, parts).map(
            "{0[0]}({0[1]}, {0[2]})".format
        ),
    )


formulas = st.recursive(
    st.sampled_from(["x", "y", "2", "0.3", "pi", "x*y", "x**2"]), join, max_leaves=8
)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_value_and_gradient_are_those_of_fifty_digits(formula, point):
    with mpmath.workdps(50):
        known = exact(formula, *point)
    assert known == pytest.approx(ours(expressions.surface(formula), *point), rel=2e-13, abs=1e-14)


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=150)
@given(formulas, st.sampled_from(POINTS))
def test_random_formulas_have_the_value_and_gradient_that_python_and_mpmath_find(formula, point):
    try:
        surface = expressions.surface(formula)
        known = exact(formula, *point)
        nudged = exact(formula, point[0] * (1 + 1e-9), point[1] * (1 - 1e-9))
    except (InvalidValueError, ArithmeticError, TypeError, ValueError):
        return  # nowhere finite, or complex: other tests have these
    scale = 1e-6 * max(1.0, *map(abs, known))
    if (
        all(map(math.isfinite, known))
        and scale < 1.0
        and known == pytest.approx(nudged, abs=scale, rel=0)
    ):
        assert known == pytest.approx(ours(surface, *point), abs=10.0 * scale, rel=0)


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=150)
@given(formulas)
def test_a_formula_written_out_in_plain_text_reads_back_as_itself(formula):
    try:
        surface = expressions.surface(formula)
    except InvalidValueError:
        return
    again = expressions.surface(surface.expression)
    assert surface.expression == again.expression
    assert ours(surface, 0.7, -0.3) == pytest.approx(
        ours(again, 0.7, -0.3), abs=0, rel=0, nan_ok=True
    )


@pytest.mark.parametrize(
    ("text", "line", "mark"),
    [
        (
            "x**2 + y 2",
            "surface 'x**2 + y 2': 'y 2' has two readings; write x**2 + y*2 or x**2 + y^2",
            9,
        ),
        ("x |y", "surface 'x |y': this | is never closed", 2),
        ("x*(y", "surface 'x*(y': this ( is never closed", 2),
        ("x*y)", "surface 'x*y)': this ) closes nothing", 3),
        (
            "x,5*x",
            (
                "surface 'x,5*x': a comma stands between the arguments of a function alone; "
                "decimals have a point"
            ),
            1,
        ),
        ("x + ", "surface 'x + ': the formula ends where a number, a name or ( is expected", 3),
        ("x */ y", "surface 'x */ y': '/' stands where a number, a name or ( is expected", 3),
        ("y + sin -x", "surface 'y + sin -x': sin needs parentheses, as in sin(x)", 4),
        ("y + min x", "surface 'y + min x': min needs parentheses, as in min(x)", 4),
        ("y + min(x)", "surface 'y + min(x)': min has 1 here and takes two arguments or more", 4),
        (
            "x**2 + 1j",
            "surface 'x**2 + 1j': '1j' is not a number; write numbers such as 2, 0.5 or 1e-3",
            7,
        ),
        ("x + 9**9**9", "surface 'x + 9**9**9': exponent 387420489: must be from -64 to 64", 5),
        ("x + 1/(2-2)", "surface 'x + 1/(2-2)': division by zero", 5),
        ("x + log(0)", "surface 'x + log(0)': this comes to -inf: must be a finite number", 4),
        (
            "(-2)**x",
            "surface '(-2)**x': base -2: must be more than 0 where x or y stands in the exponent",
            4,
        ),
    ],
)
def test_an_error_says_what_is_wrong_and_its_note_points_at_the_place(text, line, mark):
    problem = refused(text)
    assert line == str(problem)
    assert [f"{text}\n{' ' * mark}^"] == problem.__notes__


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sine", "sin"),
        ("sigmod", "sigmoid"),
        ("thet1", "theta1"),
        ("arctn", "arctan"),
        ("sqr", "sqrt"),
        ("zzz", ""),
    ],
)
def test_an_unknown_name_gets_the_nearest_known_one(typed, meant):
    problem = str(refused(f"x + {typed}(x)"))
    near = f"did you mean {meant}? " if meant else ""
    assert (
        f"name {typed!r}: unknown; {near}use x, y (or theta1, theta2), pi, e, sin, cos, " in problem
    )


@pytest.mark.parametrize("place", [0, 30, 200, 460])
def test_of_a_long_formula_the_columns_about_the_place_are_shown(place):
    text = "x" + "+" * 0 + "".join(f"+{index % 10}" for index in range(230))
    text = text[:place] + "?" + text[place:]
    shown, mark = refused(text).__notes__[0].split("\n")
    assert len(shown) <= readings.COLUMNS
    assert len(mark) <= readings.COLUMNS
    assert "?" == shown[len(mark) - 1]
    assert shown in text


def test_the_command_prints_the_note_below_the_line_and_escapes_what_the_person_typed(capsys):
    problem = refused("x +\x1b[31m 2\n")
    assert 2 == terminal.complain(str(problem), 2, problem.__notes__)
    assert 3 == len(capsys.readouterr().err.splitlines())
    terminal.complain("output 'a\nb'", 2, ["one\ntwo\x1b"])
    assert "optirace: output 'a\\nb'\n  one\n  two\\x1b\n" == capsys.readouterr().err


def test_an_error_without_a_note_is_still_one_line(capsys):
    assert 2 == cli.main(["table", "--steps", "0"])
    assert 1 == len(capsys.readouterr().err.splitlines())


def test_the_bowl_typed_is_the_bowl_we_ship_to_the_last_bit():
    bowl, typed = SURFACES["bowl"], expressions.surface("x**2 + 10*y**2")
    x, y = np.random.default_rng(1).uniform(-9, 9, (2, 1000))
    assert (bowl.expression, bowl.formula) == (typed.expression, typed.formula)
    np.testing.assert_array_equal(bowl.value(x, y), typed.value(x, y))
    np.testing.assert_array_equal(bowl.gradient(x, y), typed.gradient(x, y))


@pytest.mark.parametrize("formula", [*FORMULAS, "3", "pi*2", "x", "y**2", "x**0"])
def test_a_grid_and_its_points_agree_and_every_result_has_the_shape_of_both_arguments(formula):
    surface = expressions.surface(formula)
    x, y = np.linspace(-1.5, 1.3, 5)[None, :], np.linspace(-1.2, 1.7, 4)[:, None]
    with np.errstate(all="ignore"):
        grid = np.array([surface.value(x, y), *surface.gradient(x, y)])
    assert (3, 4, 5) == grid.shape
    points = [[ours(surface, a, b) for a in x[0]] for b in y[:, 0]]
    np.testing.assert_allclose(np.moveaxis(grid, 0, 2), points, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("formula", "x", "y"),
    [
        ("log(x)", -1.0, 0.0),
        ("sqrt(x) + y", -1.0, 0.0),
        ("x**1.5", -1.0, 0.0),
        ("y**x", 0.5, -2.0),
        ("max(log(x), y)", -1.0, 9.0),
    ],
)
def test_where_a_formula_has_no_value_value_and_gradient_are_nan_at_points_and_on_grids(
    formula, x, y
):
    surface = expressions.surface(formula)
    assert [True] * 3 == [math.isnan(each) for each in ours(surface, x, y)]
    with np.errstate(all="ignore"):
        grid = [
            surface.value(np.full(3, x), np.full(3, y)),
            *surface.gradient(np.full(3, x), np.full(3, y)),
        ]
    assert np.isnan(grid).all()


def test_no_point_raises_whatever_kind_of_number_it_is():
    for formula in ("1/x", "x/y", "x**-2", "exp(x)", "x**64", "log(x)", "1/(x - x)", "y**x"):
        for point in ((0.0, 0.0), (0, 0), (1e308, -1e308), (math.inf, math.nan), (5e-324, 1e-320)):
            assert 3 == len(ours(expressions.surface(formula), *point))


@pytest.mark.parametrize(
    "formula", ["x^2 + log(y - 1)", "log(x - 1) + y^2", "exp(x)/(x*y - 1)", "tan(x)/(x - y)"]
)
def test_a_formula_without_a_value_at_one_races_without_a_warning(formula):
    (adam,) = optirace.race(
        surface=formula, start=(2.5, 3.5), optimizers=["adam"], steps=30
    ).trajectories
    assert 1 <= adam.steps <= 30


def test_at_a_kink_the_slopes_on_both_sides_are_averaged():
    assert [0.0, 0.0, 0.0] == ours(expressions.surface("abs(x)"), 0.0, 1.0)
    assert [2.0, 0.5, 0.5] == ours(expressions.surface("max(x, y)"), 2.0, 2.0)
    assert [2.0, 0.5, 0.5] == ours(expressions.surface("min(x, y, 3)"), 2.0, 2.0)


class Counted(np.lib.mixins.NDArrayOperatorsMixin):
    """A number that knows nothing but ufuncs."""

    def __init__(self, value):
        self.value = value

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        assert ("__call__", {}) == (method, keywords)
        assert ufunc is not np.power
        result = ufunc(*[each.value if isinstance(each, Counted) else each for each in inputs])
        return result if result.dtype == bool else Counted(result)

    def __array_function__(self, function, *_):
        raise AssertionError(function)


@pytest.mark.parametrize("formula", [*FORMULAS, "3", "x"])
def test_formulas_are_ufuncs_and_operators_alone_so_that_other_kinds_of_number_can_follow(formula):
    surface = expressions.surface(formula)
    for x, y in (
        (np.float64(0.7), np.float64(-0.4)),
        (np.array([0.7, 1.1]), np.array([-0.4, 0.2])),
    ):
        plain = [surface.value(x, y), *surface.gradient(x, y)]
        followed = [
            surface.value(Counted(x), Counted(y)),
            *surface.gradient(Counted(x), Counted(y)),
        ]
        assert [np.asarray(each).tolist() for each in plain] == [
            np.asarray(each.value).tolist() for each in followed
        ]


def test_whole_and_half_powers_are_multiplications_and_roots_which_every_machine_rounds_alike():
    x = np.random.default_rng(3).uniform(0.1, 3, 100)
    for formula, known in (
        ("x**3", x * x * x),
        ("x**0.5", np.sqrt(x)),
        ("x**2.5", x * x * np.sqrt(x)),
        ("x**-1", 1.0 / x),
    ):
        np.testing.assert_array_equal(known, expressions.surface(formula).value(x, 0.0))


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("x-(y-1)", "theta1 - (theta2 - 1)"),
        ("(x-y)-1", "theta1 - theta2 - 1"),
        ("x/(y*2)", "theta1/(theta2*2)"),
        ("x/y*2", "theta1/theta2*2"),
        ("(x**2)**y", "(theta1^2)^theta2"),
        ("x**y**2", "theta1^(theta2^2)"),
        ("x**-(y+1)", "theta1^-(theta2 + 1)"),
        ("-x**2+(-x)**2", "-theta1^2 + (-theta1)^2"),
        ("-(x*y)*-y", "-(theta1*theta2)*-theta2"),
        ("+min( x,y ,2.50e-3)", "min(theta1, theta2, 2.50e-3)"),
    ],
)
def test_plain_text_keeps_the_parentheses_that_matter(typed, plain):
    assert plain == expressions.surface(typed).expression


def test_every_way_of_writing_the_variables_and_powers_is_the_same_formula():
    texts = [
        "x^2 + 10*y^2",
        "theta1**2+10*theta2**2",
        "theta_1**2 + 10*theta_2**2",
        "θ1^2 + 10*θ2^2",
        "\tθ₁^2 + 10*θ₂^2 ",
    ]
    assert {"theta1^2 + 10*theta2^2"} == {expressions.surface(text).expression for text in texts}


@pytest.mark.parametrize(
    ("typed", "mathtext"),
    [
        ("y + x*2", r"\theta_2 + \theta_1 \cdot 2"),
        ("(x + 1)*(y - 2)/3", r"\frac{(\theta_1 + 1)\,(\theta_2 - 2)}{3}"),
        ("x - (y - 1)", r"\theta_1 - (\theta_2 - 1)"),
        ("x - -y", r"\theta_1 - (-\theta_2)"),
        ("-(x + y)**2", r"-(\theta_1 + \theta_2)^2"),
        ("(-x)**12", r"(-\theta_1)^{12}"),
        ("x**(1/3)", r"\theta_1^{1 / 3}"),
        ("(x/y)**2", r"\left(\frac{\theta_1}{\theta_2}\right)^2"),
        ("1e-3*x + 2.5e10", r"10^{-3}\,\theta_1 + 2.5 \cdot 10^{10}"),
        ("sin(x)**2 + sin(x)**-1", r"\sin^2(\theta_1) + \sin(\theta_1)^{-1}"),
        ("sqrt(abs(x)) + atan(pi)", r"\sqrt{\left|\theta_1\right|} + \arctan(\pi)"),
        ("min(x, y, -1)", r"\min(\theta_1, \theta_2, -1)"),
        ("sqrt(" * 5 + "x" + ")" * 5, r"f(\theta_1, \theta_2)"),
        ("+".join("x" * 60), r"f(\theta_1, \theta_2)"),
    ],
)
def test_a_formula_is_typeset_in_the_order_in_which_it_was_typed(typed, mathtext):
    assert mathtext == expressions.surface(typed).formula


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=60)
@given(formulas)
def test_whatever_is_typeset_can_be_drawn(formula):
    try:
        mathtext = expressions.surface(formula).formula
    except InvalidValueError:
        return
    run = glyphs.formula(mathtext, 12.0)
    assert 0 < run.width


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_a_race_runs_on_a_typed_formula_as_on_the_surface_it_is(name):
    typed = dataclasses.replace(expressions.surface("x^2 + 10*y^2"), view=SURFACES["bowl"].view)
    racers = (engine.Racer(name, optimizers.OPTIMIZERS[name](), 0),)
    races = [
        engine.Race(surface=each, racers=racers, start=(-5.0, 3.0))
        for each in (typed, SURFACES["bowl"])
    ]
    ran, known = map(engine.run, races)
    for one, other in zip(ran.trajectories, known.trajectories, strict=True):
        np.testing.assert_array_equal(other.points, one.points)
        np.testing.assert_array_equal(other.losses, one.losses)


def test_a_race_ends_where_a_typed_formula_ends():
    typed = dataclasses.replace(
        expressions.surface("x - log(x) + y**2"), view=(0.0, 4.0, -2.0, 2.0)
    )
    racers = (
        engine.Racer("sgd", optimizers.OPTIMIZERS["sgd"](lr=0.1), 0),
        engine.Racer("far", optimizers.OPTIMIZERS["sgd"](lr=9.0), 1),
    )
    near, far = engine.run(engine.Race(surface=typed, racers=racers, start=(3.0, 1.0))).trajectories
    assert [1.0, 0.0] == pytest.approx(near.points[-1].tolist(), abs=1e-6)
    assert "diverged" == far.outcome.kind
