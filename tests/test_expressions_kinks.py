"""Where a formula has a kink or a vertical tangent its slope is finite, and no racer is lost on
it.
"""

import itertools
import json
import math

import numpy as np
import pytest

import optirace
from optirace import cli, optimizers
from optirace.numerics.correctly_rounded import rounded
from optirace.surfaces import SURFACES
from optirace.surfaces import formula as expressions

KINKS = [
    "sqrt(x^2+y^2)",
    "sqrt(x^2 + 4y^2) + |x|",
    "hypot(x, y)",
    "hypot(x - 1, 2y)^0.5",
    "abs(x)^0.5 + y^2",
    "|x|^0.5 + |y|^1.5",
    "(x^2)^(1/3) + (y^2)^(1/3)",
    "x^(2/3) + y^(2/3)",
    "|x|^(1/3) + |y|^(2/5)",
    "x^2 + cbrt(y)",
    "cbrt(x^2) + cbrt(y^2)",
    "|x| + |y|",
    "sqrt(|x|) + sqrt(|y|)",
    "sqrt(|x|)*sqrt(|y|)",
    "(x^2+y^2)^0.25",
    "(x^2+y^2)^(1/2)",
    "(x^2)^0.3 + y^2",
    "sqrt(sqrt(x^2+y^2))",
    "exp(sqrt(x^2+y^2))",
    "log(1 + sqrt(x^2+y^2))",
    "sin(sqrt(x^2+y^2)) + |x|",
    "relu(x) + relu(-x) + y^2",
    "relu(x + y)^0.5 + |x - y|",
    "max(x, -x) + max(|y|, x)",
    "max(sqrt(x^2), sqrt(y^2))",
    "min(|x|, |y|) + sqrt(x^2 + y^2)",
    "x*sign(x) + y*sign(y)",
    "|x|*sqrt(x^2+y^2)",
    "where(x > 0, sqrt(x), -x) + |y|",
    "where(x >= 0, x, -2x) + where(y == 0, 0, |y|)",
    "where(x^2+y^2 > 0, sqrt(x^2+y^2), 0)",
    "where(x^2+y^2 > 0, (x^2+y^2)/sqrt(x^2+y^2), 0)",
    "piecewise(x < 0, -x, x < 1, x^0.5, 1) + y^2",
    "softplus(|x|) + sigmoid(|y|)",
    "arctan(1/x^2) + y^2",
    "exp(-1/x^2) + y^2",
    "exp(-1/|x|) + sqrt(|y|)",
    "tanh(1/(x^2+y^2))",
    "1/(1/x^2 + 1/y^2)",
    "arcsin(x/(1+|x|)) + |y|^0.7",
    "arccos(1 - x^2/(1+x^2)) + y^2",
    "arccosh(1 + x^2 + y^2)",
    "arctan2(y, x)^2 + x^2",
    "(x^2)^(y^2+1)",
    "|x|^(y^2 + 0.5)",
    "log1p(sqrt(x^2)) + log2(1+|y|) + log10(1+|x|)",
    "||x|-|y||^0.5",
    "(1 - sqrt(x^2+y^2))^2",
    "|1 - |x|| + ||y| - 2|",
    "x^2 + sqrt(y^2)*x^(1/3)",
]
"""Each has a kink at 0, or on an axis, where the landings below are."""

LANDINGS = [
    (0.0, 0.0),
    (-0.0, 0.0),
    (0.0, 1.0),
    (1.0, 0.0),
    (-2.0, 0.0),
    (0.0, -3.0),
    (1.0, 1.0),
    (-1.0, 1.0),
    (1.0, -2.0),
]


def at(surface, x, y, *, exactly):
    wrap = rounded if exactly else lambda function: function
    x, y = np.float64(x), np.float64(y)
    with np.errstate(all="ignore"):
        return float(wrap(surface.value)(x, y)), tuple(map(float, wrap(surface.gradient)(x, y)))


@pytest.mark.slow
@pytest.mark.parametrize("exactly", [False, True])
@pytest.mark.parametrize("formula", KINKS)
def test_the_slopes_are_finite_wherever_the_loss_is(formula, exactly):
    surface = expressions.surface(formula)
    starts = [*LANDINGS, *itertools.product((-2.0, -1.0, -0.5, 0.0, 1e-200, 0.25, 2.0), repeat=2)]
    finite = 0
    for point in starts:
        loss, slopes = at(surface, *point, exactly=exactly)
        assert math.isfinite(loss) == all(map(math.isfinite, slopes)), point
        finite += math.isfinite(loss)
    assert finite > len(starts) / 2


@pytest.mark.parametrize("formula", KINKS)
def test_grid_points_and_exact_numbers_agree_at_a_kink(formula):
    surface = expressions.surface(formula)
    xs, ys = np.array(LANDINGS).T
    with np.errstate(all="ignore"):
        grids = [np.array([surface.value(xs, ys), *surface.gradient(xs, ys)])]
        grids += [np.array([rounded(surface.value)(xs, ys), *rounded(surface.gradient)(xs, ys)])]
    points = [
        [loss, *slopes]
        for loss, slopes in (at(surface, *point, exactly=True) for point in LANDINGS)
    ]
    for grid in grids:
        np.testing.assert_allclose(grid.T, points, rtol=1e-12, atol=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("formula", KINKS)
def test_no_racer_turns_nan_on_a_kink(formula):
    """Races of every rule from points of the kink, and from some that a step of a quarter may lead
    onto it.
    """
    surface = expressions.surface(formula)
    loss, _ = at(surface, 0.0, 1.0, exactly=True)
    starts = [(0.0, 0.0), (0.0, 1.0), (-5.0, 0.0), (-1.0, -1.0)]
    for start in starts:
        if not math.isfinite(at(surface, *start, exactly=True)[0]):
            continue
        result = optirace.race(
            surface=formula,
            start=start,
            steps=40,
            lr=0.25,
            optimizers=["sgd", "momentum", "rmsprop", "adam"],
        )
        for each in result.trajectories:
            before = each.points[:-1][np.isfinite(each.losses[:-1])]
            assert np.isfinite(before).all()
            assert not np.isnan(each.points[-1]).any(), (start, each.racer.label, loss)


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_rule_stands_on_the_tip_of_a_cone_as_on_a_minimum(name):
    result = optirace.race(surface="sqrt(x^2+y^2)", start=(0.0, 0.0), steps=30, optimizers=[name])
    assert not np.isnan(result.trajectories[0].points).any()


def test_a_racer_that_lands_on_the_tip_of_a_cone_stays_there(capsys):
    words = [
        "table",
        "--surface",
        "sqrt(x^2+y^2)",
        "--lr",
        "0.25",
        "-O",
        "sgd",
        "--start",
        "-5,0",
        "--format",
        "json",
    ]
    assert 0 == cli.main(words)
    (racer,) = json.loads(capsys.readouterr().out)["racers"]
    assert ([0.0, 0.0], 0.0) == (racer["final"]["theta"], racer["final"]["loss"])
    assert "diverged" != racer["outcome"]


@pytest.mark.parametrize(
    ("formula", "point", "slopes"),
    [
        ("sqrt(x^2+y^2) + 3x", (0.0, 0.0), (3.0, 0.0)),
        ("|x|^0.5 - y", (0.0, 0.0), (0.0, -1.0)),
        ("sqrt(x) + 2y", (0.0, 0.0), (0.0, 2.0)),
        ("cbrt(x)*y", (0.0, 5.0), (0.0, 0.0)),
        ("relu(x) + 5*y", (0.0, 0.0), (0.0, 5.0)),
        ("where(x > 0, 3*x, 2*x) + y", (0.0, 0.0), (2.0, 1.0)),
        ("where(x >= 0, 3*x, 2*x) + y", (0.0, 0.0), (3.0, 1.0)),
        ("max(x, 2x, 3y)", (0.0, 0.0), (1.0, 1.0)),
        ("arcsin(x) + y", (1.0, 0.0), (0.0, 1.0)),
        ("sign(x) + y", (0.0, 0.0), (0.0, 1.0)),
        ("hypot(x, y)", (3.0, 4.0), (0.6, 0.8)),
    ],
)
def test_a_slope_at_a_kink_is_the_one_of_the_docs(formula, point, slopes):
    assert slopes == pytest.approx(at(expressions.surface(formula), *point, exactly=True)[1])


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_the_surfaces_that_we_ship_have_finite_slopes_at_their_kinks(surface):
    points = [
        *surface.minima,
        *LANDINGS,
        surface.start,
        (512.0, 404.2319),
        (-47.0, 0.0),
        (0.0, -47.0),
        (47.0, 0.0),
        (0.0, 47.0),
    ]
    for point in points:
        loss, slopes = at(surface, *point, exactly=True)
        assert math.isfinite(loss)
        assert all(map(math.isfinite, slopes))


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_shipped_surface_typed_as_its_formula_has_the_same_finite_slopes(surface):
    typed = expressions.surface(surface.expression)
    for point in [*surface.minima, *LANDINGS]:
        assert at(surface, *point, exactly=True)[1] == pytest.approx(
            at(typed, *point, exactly=True)[1], rel=1e-6, abs=1e-6
        )
