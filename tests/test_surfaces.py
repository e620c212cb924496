"""Every surface is what it says."""

import dataclasses
import math
import re
from typing import Any

import mpmath
import numpy as np
import pytest

import optirace
from optirace.drawing import layout
from optirace.drawing.raster import glyphs
from optirace.numerics import correctly_rounded
from optirace.optimizers import OPTIMIZERS
from optirace.racing import engine
from optirace.surfaces import SURFACES

LISTED: dict[str, tuple[list[Any], str | None]] = {
    "bowl": ([(0, 0)], "0"),
    "sphere": ([(0, 0)], "0"),
    "narrow-valley": ([(0, 0)], "0"),
    "rotated-bowl": ([(0, 0)], "0"),
    "matyas": ([(0, 0)], "0"),
    "booth": ([(1, 3)], "0"),
    "rosenbrock": ([(1, 1)], "0"),
    "beale": ([(3, 0.5)], "0"),
    "goldstein-price": ([(0, -1)], "3"),
    "himmelblau": (
        [(3, 2), (-2.805118, 3.131313), (-3.77931, -3.283186), (3.584428, -1.848127)],
        "0",
    ),
    "three-hump-camel": ([(0, 0)], "0"),
    "six-hump-camel": ([(0.089842, -0.712656), (-0.089842, 0.712656)], "-1.0316285"),
    "styblinski-tang": ([(-2.903534, -2.903534)], "-78.332331"),
    "mccormick": ([(-0.547198, -1.547198)], "-1.913223"),
    "branin": ([(-3.141593, 12.275), (3.141593, 2.275), (9.424778, 2.475)], "0.397887"),
    "two-wells": ([(-0.936301, 0)], "-2.063090"),
    "rastrigin": ([(0, 0)], "0"),
    "ackley": ([(0, 0)], "0"),
    "levi-13": ([(1, 1)], "0"),
    "levy": ([(1, 1)], "0"),
    "griewank": ([(0, 0)], "0"),
    "easom": ([(3.141593, 3.141593)], "-1"),
    "bohachevsky": ([(0, 0)], "0"),
    "eggholder": ([(512, 404.231805)], "-959.640663"),
    "saddle": ([], None),
    "bounded-saddle": ([(0, 1.414214), (0, -1.414214)], "-1"),
    "monkey-saddle": ([], None),
}
"""The minima as the literature has them, to six digits, and the loss there as printed."""

ENDS = {
    "bowl": "oscillating, converged at 104, oscillating, converged at 114",
    "sphere": "converged at 1, converged at 96, oscillating, converged at 84",
    "narrow-valley": "descending, converged at 111, oscillating, converged at 107",
    "rotated-bowl": "converged at 68, converged at 110, oscillating, converged at 107",
    "matyas": "converged at 63, converged at 97, oscillating, converged at 94",
    "booth": "converged at 30, converged at 136, oscillating, converged at 131",
    "rosenbrock": "converged at 119, converged at 165, descending, descending",
    "beale": "descending, descending, oscillating, converged at 98",
    "goldstein-price": "converged at 69, converged at 116, converged at 11, converged at 132",
    "himmelblau": "converged at 14, converged at 116, oscillating, converged at 125",
    "three-hump-camel": "stuck, converged at 68, oscillating, oscillating",
    "six-hump-camel": "stuck, oscillating, oscillating, converged at 92",
    "styblinski-tang": "stuck, converged at 115, oscillating, oscillating",
    "mccormick": "stuck, oscillating, oscillating, oscillating",
    "branin": "converged at 30, converged at 115, oscillating, converged at 111",
    "two-wells": "stuck, converged at 90, oscillating, converged at 80",
    "rastrigin": "descending, oscillating, oscillating, oscillating",
    "ackley": "oscillating, oscillating, oscillating, oscillating",
    "levi-13": "oscillating, oscillating, descending, oscillating",
    "levy": "stuck, converged at 96, oscillating, oscillating",
    "griewank": "stuck, oscillating, oscillating, oscillating",
    "easom": "converged at 101, converged at 179, converged at 114, converged at 61",
    "bohachevsky": "oscillating, oscillating, oscillating, converged at 98",
    "eggholder": "stuck, oscillating, oscillating, oscillating",
    "saddle": "diverged at 80, diverged at 126, diverged at 21, diverged at 36",
    "bounded-saddle": "converged at 34, converged at 99, converged at 176, converged at 73",
    "monkey-saddle": "diverged at 44, diverged at 67, diverged at 14, diverged at 29",
}
"""How SGD, momentum, RMSProp and Adam end at the suggested rates: what the lessons rest on."""

MEANING = {name: getattr(mpmath, name) for name in ("sin", "cos", "exp", "sqrt", "pi", "mpf")} | {
    "abs": abs
}
DIGITS = 50


def run(surface, start=None, **rates):
    """Run the four rules, or those with a rate."""
    rates = rates or {
        name: surface.lr.get(name, 0.1) for name in ("sgd", "momentum", "rmsprop", "adam")
    }
    racers = tuple(
        engine.Racer(name, OPTIMIZERS[name](lr=lr), row)
        for row, (name, lr) in enumerate(rates.items())
    )
    return engine.run(engine.Race(surface=surface, racers=racers, start=start or surface.start))


def race(surface, start=None, **rates):
    """Run them and return their trajectories by name."""
    return {each.racer.label: each for each in run(surface, start, **rates).trajectories}


def truth(surface):
    """Return loss and both slopes as functions of mpmath numbers: the plain formula, and its
    limits.
    """
    text = re.sub(r"(?<![\w.])[\d.]+", r"mpf('\g<0>')", surface.expression).replace("^", "**")
    code = compile(text, surface.name, "eval")

    def loss(x, y):
        return eval(code, MEANING | {"theta1": x, "theta2": y})  # noqa: S307 - our own formulas

    return (
        loss,
        lambda x, y: mpmath.diff(lambda u: loss(u, y), x),
        lambda x, y: mpmath.diff(lambda v: loss(x, v), y),
    )


def scattered(surface, count, seed=7):
    generator = np.random.default_rng(seed)
    x0, x1, y0, y1 = surface.view
    return generator.uniform(x0, x1, count), generator.uniform(y0, y1, count)


def each_surface(test):
    return pytest.mark.parametrize("surface", SURFACES.values(), ids=list(SURFACES))(test)


def test_the_catalogue_is_what_was_promised():
    assert set(LISTED) == set(SURFACES)
    assert all(name == surface.name for name, surface in SURFACES.items())
    assert ["mccormick", "eggholder", "saddle", "monkey-saddle"] == [
        each.name for each in SURFACES.values() if not each.is_bounded
    ]


@pytest.mark.slow
@each_surface
def test_loss_and_slope_are_the_formulas_to_twelve_digits(surface):
    x, y = scattered(surface, 1000)
    with mpmath.workdps(DIGITS):
        points = [
            (mpmath.mpf(a), mpmath.mpf(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)
        ]
        loss, *slope = [[function(*point) for point in points] for function in truth(surface)]
        steepness = [max(1, mpmath.hypot(*pair)) for pair in zip(*slope, strict=True)]
        scales = [[max(1, abs(value)) for value in loss], steepness, steepness]
        told = [surface.value(x, y), *surface.gradient(x, y)]
        for values, expected, scale in zip(told, [loss, *slope], scales, strict=True):
            errors = [
                abs(a - b) / c for a, b, c in zip(values.tolist(), expected, scale, strict=True)
            ]
            assert max(errors) < 1e-12


@each_surface
def test_one_point_and_a_grid_agree(surface):
    x, y = scattered(surface, 100)
    for function in (
        surface.value,
        lambda x, y: surface.gradient(x, y)[0],
        lambda x, y: surface.gradient(x, y)[1],
    ):
        grid = function(x[None, :], y[:, None])
        assert (100, 100) == np.broadcast_shapes(grid.shape, (100, 100))
        diagonal = np.diagonal(np.broadcast_to(grid, (100, 100)))
        alone = [correctly_rounded.rounded(function)(*point) for point in zip(x, y, strict=True)]
        scale = np.maximum(1.0, np.abs(diagonal))
        assert (np.abs(np.array(alone) - diagonal) <= 1e-12 * scale).all()


@each_surface
def test_the_minima_are_the_listed_ones(surface):
    points, lowest = LISTED[surface.name]
    assert len(points) == len(surface.minima)
    for listed, known in zip(points, surface.minima, strict=True):
        assert listed == tuple(round(coordinate, 6) for coordinate in known)
    if lowest is None:
        assert surface.minimum is None
    else:
        digits = len(lowest.partition(".")[2])
        for point in surface.minima:
            assert float(lowest) == round(float(surface.value(*np.array(point))), digits)


@each_surface
def test_a_minimum_is_stationary_to_the_last_digit(surface):
    _, by_x, by_y = truth(surface)
    for point in surface.minima:
        if surface.name == "ackley":
            assert (0.0, 0.0) == surface.gradient(*np.array(point))
            continue
        is_edge = point[0] in surface.view
        with mpmath.workdps(DIGITS):
            if is_edge:
                root = [point[0], mpmath.findroot(lambda y, x=point[0]: by_y(x, y), point[1])]
                assert by_x(*root) < 0
            else:
                root = mpmath.findroot(lambda x, y: [by_x(x, y), by_y(x, y)], point, tol=1e-60)
            assert all(
                abs(a - b) <= 0.5 * math.ulp(a) + 1e-30 for a, b in zip(point, root, strict=True)
            )


@each_surface
def test_no_point_of_the_view_lies_lower_than_the_minimum(surface):
    x0, x1, y0, y1 = surface.view
    losses = surface.value(np.linspace(x0, x1, 601)[None, :], np.linspace(y0, y1, 601)[:, None])
    if surface.minimum is not None:
        assert losses.min() >= surface.minimum - 1e-13 * max(1.0, abs(surface.minimum))
        assert all(x0 <= x <= x1 and y0 <= y <= y1 for x, y in surface.minima)


@each_surface
def test_a_surface_is_bounded_unless_it_says_otherwise(surface):
    steps = np.linspace(-1e3, 1e3, 401)
    falls = surface.value(steps[None, :], steps[:, None]).min() < (surface.minimum or 0.0) - 1.0
    assert falls != surface.is_bounded


@each_surface
def test_the_start_lies_in_the_view_and_above_the_minimum(surface):
    x0, x1, y0, y1 = surface.view
    assert x0 < surface.start[0] < x1
    assert y0 < surface.start[1] < y1
    assert (
        surface.minimum is None or surface.value(*np.array(surface.start)) > surface.minimum + 1e-2
    )


@each_surface
def test_the_texts_are_there_and_name_a_year(surface):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", surface.name)
    assert surface.label
    assert re.search(r", (19|20)\d\d$", surface.source)
    assert re.fullmatch(r"[A-Z].{18,118}\.", surface.lesson)
    assert set(surface.lr) == (
        set() if surface.name == "bowl" else {"sgd", "momentum", "rmsprop", "adam"}
    )


@each_surface
def test_the_formula_fits_the_films_header(surface):
    header = layout.arrange(1280, 720, 4).formula
    run = glyphs.formula(r"\mathcal{L}(\theta_1, \theta_2) = " + surface.formula, 21.0)
    assert 0.85 * run.width <= header.width
    assert run.baseline <= 25, "it would touch the title"
    assert run.coverage.shape[0] - run.baseline <= 10


@pytest.mark.slow
@each_surface
def test_the_lesson_rests_on_how_the_four_end(surface):
    assert ENDS[surface.name] == ", ".join(str(each.outcome) for each in race(surface).values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("himmelblau", [(-2.8, 3.1), (-2.8, 3.1), (-2.8, 3.2), (3.0, 2.0)]),
        ("three-hump-camel", [(-1.7, 0.9), (0.0, 0.0), (-1.8, 0.8), (-1.7, 0.9)]),
        ("styblinski-tang", [(2.7, -2.9), (-2.9, -2.9), (2.8, 2.6), (2.7, 2.7)]),
        ("mccormick", [(2.6, 1.6), (2.6, 1.6), (2.6, 1.6), (2.6, 1.6)]),
        ("branin", [(3.1, 2.3), (9.4, 2.5), (3.0, 2.2), (3.1, 2.3)]),
        ("two-wells", [(0.9, 0.0), (-0.9, 0.0), (-1.0, 0.0), (-0.9, 0.0)]),
        ("rastrigin", [(-2.0, 3.0), (-2.0, 3.0), (-2.0, 3.0), (0.0, 2.0)]),
        ("ackley", [(1.1, -0.9), (0.0, 0.0), (1.0, -0.9), (0.0, 0.0)]),
        ("levi-13", [(0.7, 1.0), (0.3, 0.7), (1.7, 1.1), (1.0, 4.5)]),
        ("griewank", [(-6.3, 8.9), (-6.3, 8.9), (-6.3, 8.9), (-6.3, 8.9)]),
        ("eggholder", [(150.2, 301.3), (150.2, 301.3), (149.2, 302.3), (150.2, 301.3)]),
        ("bounded-saddle", [(0.0, 1.4)] * 4),
        ("monkey-saddle", [(0.9, 1.6), (-1.6, 0.0), (1.2, 1.5), (0.8, 1.6)]),
    ],
)
def test_a_lesson_about_places_holds(name, expected):
    ends = [each.points[-1] for each in race(SURFACES[name]).values()]
    assert expected == [
        tuple(round(coordinate, 1) + 0.0 for coordinate in end.tolist()) for end in ends
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, surface in SURFACES.items() if surface.minima])
def test_no_rule_diverges_at_the_rate_that_suits_it(name):
    texts = [*OPTIMIZERS, "momentum:convention=heavy-ball", "momentum:convention=torch-dampened"]
    results = [
        optirace.race(surface=name, optimizers=texts[at : at + 12])
        for at in range(0, len(texts), 12)
    ]
    lost = {
        each.racer.label
        for result in results
        for each in result.trajectories
        if each.outcome.kind == "diverged"
    }
    assert lost == (
        {"Adan"} if name == "mccormick" else set()
    )  # it swings out to where that has no bottom


def test_ackleys_tip_is_never_at_rest():
    for name in ("momentum", "adam"):
        tail = race(SURFACES["ackley"])[name]
        assert tail.losses[-60:].max() > 0.1
        assert np.abs(tail.points[-60:]).max() < 0.1


def test_a_slope_at_a_kink_is_zero():
    assert (0.0, 0.0) == SURFACES["ackley"].gradient(np.float64(0.0), np.float64(0.0))
    for point in ((94.0, -94.0), (47.0, 0.0)):
        assert np.isfinite(SURFACES["eggholder"].gradient(*np.array(point))).all()


def test_a_racer_that_leaves_an_unbounded_surface_has_diverged_at_that_step():
    surface = SURFACES["saddle"]
    for each in race(surface).values():
        assert ("diverged", each.steps) == (each.outcome.kind, each.outcome.at_step)
        assert np.abs(each.points[:-1]).max() <= 2.0 < np.abs(each.points[-1]).max()


def test_the_step_out_of_the_view_is_not_the_lowest_loss_known():
    result = run(SURFACES["saddle"])
    assert min(each.losses[-1] for each in result.trajectories) < -4.0 <= result.minimum < -3.0


def test_a_racer_that_leaves_a_bounded_surface_goes_on():
    momentum = race(SURFACES["branin"])["momentum"]
    assert momentum.points[:, 0].max() > 10.0
    assert 200 == momentum.steps


def test_a_start_outside_the_view_is_no_divergence():
    outside = race(SURFACES["saddle"], start=(0.0, 2.5), sgd=1e-3)["sgd"]
    assert ("diverged", 1) == (outside.outcome.kind, outside.outcome.at_step)
    across = race(SURFACES["saddle"], start=(3.0, 0.0), sgd=1e-3)["sgd"]
    assert 200 == across.steps


def test_nobody_converges_where_there_is_no_lowest_point():
    still = race(SURFACES["saddle"], start=(1.0, 0.0), sgd=0.1, momentum=0.1)
    assert {"stuck", "oscillating", "descending"} >= {each.outcome.kind for each in still.values()}


@pytest.mark.parametrize(("minima", "last"), [((), -np.exp(1.0 + np.e)), (((0.0, 0.0),), -np.inf)])
def test_a_loss_that_falls_without_end_is_divergence_and_no_minimum(minima, last):
    """Where no minimum is listed, a search sees that there is none, and who leaves the view, here
    in one step, has diverged.
    """
    slide = dataclasses.replace(
        SURFACES["saddle"],
        value=lambda x, y: -np.exp(x) + 0.0 * y,
        gradient=lambda x, y: (-np.exp(x), 0.0 * y),
        is_bounded=True,
        minima=minima,
    )
    sgd = race(slide, start=(1.0, 0.0), sgd=1.0, rmsprop=1e-3)
    assert "diverged" == sgd["sgd"].outcome.kind
    assert last == pytest.approx(sgd["sgd"].losses[-1], rel=1e-9)
    assert np.isfinite(sgd["sgd"].losses[:-1]).all()
    assert 200 == sgd["rmsprop"].steps


@pytest.mark.parametrize("name", ["bowl", "rosenbrock", "styblinski-tang", "monkey-saddle"])
def test_a_polynomial_needs_no_more_than_arithmetic(name):
    surface = SURFACES[name]
    assert surface.value is correctly_rounded.rounded(surface.value)
    assert surface.gradient is correctly_rounded.rounded(surface.gradient)


def test_a_wave_is_raced_on_exact_numbers():
    surface = SURFACES["rastrigin"]
    point = race(surface, sgd=0.005)["sgd"].points[1]
    slope = [
        each.value
        for each in surface.gradient(*map(correctly_rounded.Exact, np.array(surface.start)))
    ]
    assert (np.array(surface.start) - 0.005 * np.array(slope)).tolist() == point.tolist()


def test_the_loss_at_the_minimum_is_exact_too():
    for point in np.random.default_rng(5).uniform(-5.0, 5.0, 300).tolist():
        told = dataclasses.replace(
            SURFACES["sphere"], value=lambda x, y: np.exp(x) + 0.0 * y, minima=((point, 0.0),)
        )
        assert float(mpmath.exp(point)) == told.minimum
