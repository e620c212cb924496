"""The lowest point of a surface of which none is known."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import minima_corpus

import optirace
from optirace.drawing import bands
from optirace.drawing.raster import Canvas
from optirace.drawing.vector import page
from optirace.look import timeline
from optirace.look.themes import Style
from optirace.numerics import correctly_rounded
from optirace.output import film
from optirace.racing import engine, minima, outcomes, unbounded
from optirace.racing.engine import Result
from optirace.settings import specs
from optirace.surfaces import SURFACES, formula
from optirace.text import alttext, webvtt

NUMBERS = st.floats(-3.0, 3.0).map(lambda value: round(value, 3))
BOUNDED = [name for name, surface in SURFACES.items() if surface.is_bounded]


def found(text, start=(-5.0, 3.0), seen=()):
    return minima.search(formula.surface(text), start, seen).found


@pytest.mark.parametrize("name", BOUNDED)
def test_the_minima_that_we_ship_are_found_without_being_told(name):
    surface = SURFACES[name]
    told = minima.search(dataclasses.replace(surface, minima=()), surface.start, ()).found
    assert surface.minimum == pytest.approx(told.loss, rel=1e-12, abs=1e-12)
    assert len(surface.minima) == len(told.points)
    for known, point in zip(sorted(surface.minima), told.points, strict=True):
        assert known == pytest.approx(point, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize(
    ("text", "loss", "points"),
    [
        ("abs(x) + abs(y)", 0.0, [(0.0, 0.0)]),
        ("max(abs(x), abs(y))", 0.0, [(0.0, 0.0)]),
        ("sqrt(x^2 + y^2)", 0.0, [(0.0, 0.0)]),
        ("sqrt(abs(x)) + y^2", 0.0, [(0.0, 0.0)]),
        ("abs(2x - 3y) + 0.1(x^2 + y^2)", 0.0, [(0.0, 0.0)]),
        ("max(x + y, x - y, -2x)", 0.0, [(0.0, 0.0)]),
        ("where(x > 0, x, -2x) + y^2", 0.0, [(0.0, 0.0)]),
        ("(x^2 - 1)^2 + y^2", 0.0, [(-1.0, 0.0), (1.0, 0.0)]),
        ("x^4 + y^4", 0.0, [(0.0, 0.0)]),
        ("exp(x) + exp(-x) + y^2", 2.0, [(0.0, 0.0)]),
        ("-exp(-(x^2 + y^2))", -1.0, [(0.0, 0.0)]),
        ("log(x^2 + y^2 + 1)", 0.0, [(0.0, 0.0)]),
        ("1e-12*x^2 + y^2", 0.0, [(0.0, 0.0)]),
        ("(x - 1000)^2 + (y - 370)^2", 0.0, [(1000.0, 370.0)]),
        ("(x - 1e6)^2 + y^2", 0.0, [(1e6, 0.0)]),
    ],
)
def test_kinks_flat_floors_and_far_minima_are_found(text, loss, points):
    told = found(text)
    assert loss == pytest.approx(told.loss, abs=1e-12)
    assert len(points) == len(told.points)
    assert np.allclose(points, told.points, rtol=0.0, atol=1e-6)


ON_CIRCLE = np.array([-5.0, 3.0]) / np.hypot(-5.0, 3.0)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("x^2", (0.0, 3.0)),
        ("(x + y)^2", (-4.0, 4.0)),
        ("5 + 0*x", (-5.0, 3.0)),
        ("(x - y)^8", (-1.0, -1.0)),
        ("abs(x - y)", (-1.0, -1.0)),
        ("sqrt(abs(x - y))", (-1.0, -1.0)),
        ("(x^2 + y^2 - 4)^2", tuple(2.0 * ON_CIRCLE)),
        ("abs(x^2 + y^2 - 4)", tuple(2.0 * ON_CIRCLE)),
        ("1/(x^2 + y^2) + x^2 + y^2", tuple(ON_CIRCLE)),
        ("(x^2 + y^2 - 1e6)^2", tuple(1000.0 * ON_CIRCLE)),
        ("(x - 100)^2", (100.0, 3.0)),
        ("x^2*y^2", (-5.0, 0.0)),
        ("abs(x*y)", (-5.0, 0.0)),
        ("relu(x) + relu(y)", (-5.0, 0.0)),
        ("max(0, 1 - x) + max(0, 1 + y)", (1.0, -1.0)),
        ("hypot(x, y) + hypot(x - 3, y)", (0.0, 0.0)),
        ("abs(x - 1) + abs(y + 2) + abs(x + y)", (1.0, -1.0)),
    ],
)
def test_of_a_valley_of_minima_the_one_nearest_to_the_start_is_told(text, point):
    (told,) = found(text).points
    assert point == pytest.approx(told, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(
    "text", ["sqrt(x^2 + y^2 - 1)", "max(0, x^2 + y^2 - 1)", "where(x^2 + y^2 < 1, 0, 1)"]
)
def test_a_valley_at_an_edge_and_a_plateau_have_one_star(text):
    ((x, y),) = found(text).points
    assert found(text).loss == 0.0
    assert np.hypot(x, y) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("factor", [1e-9, 1e-6, 3.0, 1e12])
@pytest.mark.parametrize(
    "shape", ["{}*({}^2 + 10*{}^2)", "{}*(({}^2 + {} - 11)^2 + ({}^2 + {} - 7)^2)"]
)
def test_neither_the_size_of_the_loss_nor_of_the_plane_matters(factor, shape):
    plain = found(shape.format(1, *"xyxyyx"[: shape.count("{}") - 1]))
    x, y = f"(x/{factor!r})", f"(y/{factor!r})"
    wide = found(
        shape.format(1, *[{"x": x, "y": y}[each] for each in "xyxyyx"[: shape.count("{}") - 1]]),
        (-5 * factor, 3 * factor),
    )
    tall = found(shape.format(factor, *"xyxyyx"[: shape.count("{}") - 1]))
    assert len(plain.points) == len(wide.points) == len(tall.points)
    for one, two, three in zip(plain.points, wide.points, tall.points, strict=True):
        assert one == pytest.approx((two[0] / factor, two[1] / factor), abs=1e-6)
        assert one == pytest.approx(three, abs=1e-6)


LINES = st.tuples(NUMBERS, NUMBERS, NUMBERS, st.floats(0.1, 4.0))
NEARLY_PARALLEL = st.builds(
    lambda line, turn, other: [line, (line[0] + turn, line[1], other, line[3])],
    LINES,
    st.sampled_from([0.003, 0.01, 0.03]),
    NUMBERS,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=3), st.one_of(NEARLY_PARALLEL, st.tuples(LINES, LINES)))
def test_down_a_crease_the_lowest_corner_is_found(lines, two_more):
    lines = [*lines, *two_more]
    rows = np.array(lines)
    # A sum of distances from lines is lowest where two of them cross.
    pairs = [rows[[i, j]] for i, j in itertools.combinations(range(len(rows)), 2)]
    pairs = [pair for pair in pairs if abs(np.linalg.det(pair[:, :2])) > 1e-12]
    if not pairs:
        return
    corners = [np.linalg.solve(pair[:, :2], -pair[:, 2]) for pair in pairs]
    text = " + ".join(f"{w!r}*abs({a!r}*x + {b!r}*y + {c!r})" for a, b, c, w in lines)
    lowest = min(
        float((rows[:, 3] * abs(rows[:, :2] @ corner + rows[:, 2])).sum()) for corner in corners
    )
    told = found(text)
    assert lowest == pytest.approx(told.loss, abs=1e-6)


def start_of(text):
    return minima_corpus.STARTS.get(text, (-5.0, 3.0))


@pytest.mark.parametrize("text", minima_corpus.BOUNDED)
def test_of_formulas_of_every_kind_no_point_is_lower_than_what_is_found(text):
    told, surface = found(text, start_of(text)), formula.surface(text)
    assert told.points
    axis = np.linspace(-12.0, 12.0, 241)
    with np.errstate(all="ignore"):
        wide = np.broadcast_to(surface.value(axis[:, None], axis[None, :]), (241, 241))
        for x, y in told.points:
            near = surface.value(x + axis[:, None] / 12.0, y + axis[None, :] / 12.0)
            assert float(surface.value(x, y)) == pytest.approx(told.loss, rel=1e-12, abs=1e-12)
            assert told.loss <= min(np.nanmin(wide), np.nanmin(near)) + 1e-12 * (
                1.0 + abs(told.loss)
            )


@pytest.mark.parametrize("text", minima_corpus.UNBOUNDED)
def test_a_loss_that_falls_without_end_is_told(text):
    assert (None, False) == minima.search(formula.surface(text), start_of(text), ())


@pytest.mark.parametrize("slope", ["+ 3x", "- 3x"])
@pytest.mark.parametrize("offset", ["+ 1.8", "- 1.8"])
def test_rings_see_a_valley_fall_whichever_of_its_arms_looks_lower_between_their_directions(
    offset, slope
):
    with np.errstate(all="ignore"):
        search = minima._Search(formula.surface(f"(x + 2y {offset})^4 {slope}"), (-5.0, 3.0), ())
        rings = unbounded.rings(search._fast, search._centre, search._half)
    assert rings.is_falling(0.0, 1.0)


@pytest.mark.parametrize("text", minima_corpus.NEVER)
def test_a_loss_that_never_reaches_its_lowest_value_has_no_minimum(text):
    assert (None, True) == minima.search(formula.surface(text), start_of(text), ())


@pytest.mark.parametrize("text", minima_corpus.BOUNDED)
def test_a_loss_that_has_a_minimum_is_bounded(text):
    assert minima.search(formula.surface(text), start_of(text), ()).is_bounded


SHIPPED = [(surface.expression, surface.start) for surface in SURFACES.values()]
TYPED = [
    (text, start_of(text))
    for text in (*minima_corpus.BOUNDED, *minima_corpus.UNBOUNDED, *minima_corpus.NEVER)
]


@pytest.mark.parametrize(("text", "start"), SHIPPED + TYPED)
def test_a_search_takes_a_bounded_number_of_evaluations(text, start):
    surface, calls, points = formula.surface(text), [], []

    def counted(function):
        def call(x, y):
            calls.append(function)
            points.append(
                np.broadcast(*(np.asarray(getattr(each, "value", each)) for each in (x, y))).size
            )
            return function(x, y)

        return call

    counting = dataclasses.replace(
        surface, value=counted(surface.value), gradient=counted(surface.gradient)
    )
    assert found(text, start) == minima.search(counting, start, ()).found
    assert len(calls) < 650
    assert sum(points) < 200_000


EVERY_FIFTH = (minima_corpus.BOUNDED + minima_corpus.UNBOUNDED + minima_corpus.NEVER)[::5]


@pytest.mark.parametrize("text", [text for text in EVERY_FIFTH if "1e300" not in text])
def test_the_scale_of_a_formula_changes_no_word(text):
    ends = []
    for factor in (1.0, 2.0**-20, 2.0**30):
        racers = [f"{rule}:lr={0.02 / factor!r}" for rule in ("sgd", "momentum")]
        surface = f"{factor!r}*({text})"
        result = optirace.race(
            surface=surface, start=start_of(text), optimizers=racers, steps=60, tol=1e-3 * factor
        )
        words = [str(each.outcome) for each in result.trajectories]
        ends.append(
            (words, result.minimum_from, len(result.minima), result.race.surface.is_bounded)
        )
    assert ends[0] == ends[1] == ends[2]


def test_what_a_racer_saw_is_followed_down():
    text = "10 - 9*exp(-100*((x - 4.123)^2 + (y + 2.456)^2)) + 0.01*(x^2 + y^2)"
    assert found(text, seen=[(4.1, -2.4)]).loss < 1.3 < 9.0 < found("10 + 0.01*(x^2 + y^2)").loss


@settings(max_examples=60, deadline=None)
@given(
    st.lists(NUMBERS, min_size=6, max_size=6),
    st.sampled_from(["", "sin(3x)*cos(2y)", "abs(x - y)", "x*y", "exp(-x^2)"]),
)
def test_no_racer_sees_a_lower_loss_and_no_saddle_is_a_minimum(numbers, extra):
    a, b, c, d, e, f = numbers
    text = (
        f"({a})*x^4 + ({b})*y^2 + ({c})*x^2*y^2 + ({d})*x + ({e})*y + ({f})*x*y"
        + f" + {extra}" * bool(extra)
    )
    result = optirace.race(surface=text, lr=0.01, steps=40)
    if result.minimum_from != "found":
        return
    assert all(
        result.minimum <= each.losses.min()
        for each in result.trajectories
        if each.outcome.kind != "diverged"
    )
    value = correctly_rounded.rounded(result.race.surface.value)
    scale = 1e-9 * (1.0 + abs(result.minimum))
    for x, y in result.minima:
        for angle in np.linspace(0.0, 6.2, 32):
            for reach in (1e-3, 0.1, 2.0):
                there = float(
                    value(
                        np.float64(x + reach * np.cos(angle)), np.float64(y + reach * np.sin(angle))
                    )
                )
                assert there >= result.minimum - scale


ON_ITS_BORDER = {"eggholder"}
"""Surfaces whose minimum, by their definition, lies on the border of their view, where no search
takes it for one.
"""


@pytest.mark.parametrize("steps", [10, 200])
@pytest.mark.parametrize("name", [name for name in SURFACES if name not in ON_ITS_BORDER])
def test_a_typed_surface_has_the_words_of_the_one_that_we_ship(name, steps):
    shipped, surface = optirace.race(surface=name, steps=steps), SURFACES[name]
    racers = [
        f"{each.racer.optimizer.name}:lr={each.racer.optimizer.lr!r}"
        for each in shipped.trajectories
    ]
    typed = optirace.race(
        surface=surface.expression,
        start=surface.start,
        view=surface.view,
        optimizers=racers,
        steps=steps,
    )
    assert {"known": "found"}.get(shipped.minimum_from, "seen") == typed.minimum_from
    assert shipped.minimum == pytest.approx(typed.minimum, rel=1e-12, abs=1e-12)
    known = [
        point
        for point in shipped.minima
        if any(point == pytest.approx(each, abs=1e-6) for each in typed.minima)
    ]
    assert len(shipped.minima) == len(known) == len(typed.minima)
    tables, films, captions, descriptions, sweeps = zip(
        *map(everything_said, (shipped, typed)), strict=True
    )
    for one, other in (tables, films, captions, sweeps):
        assert one == other
    assert (
        descriptions[0]
        .replace(f"{surface.label}, ", "")
        .replace(f"{surface.expression},", surface.expression)
        == descriptions[1]
    )


def everything_said(result):
    schedule = timeline.schedule(result.race.steps)
    lead = film.leaders(result, np.floor(schedule.positions).astype(int))
    table = [
        (row["final"], row["best"], row["outcome"], row["at_step"], row["standing"])
        for row in optirace.table(result).data()["racers"]
    ]
    verdicts = [outcomes.verdicts(result, each) for each in result.trajectories]
    shown = [[str(each.at(step)) for step in range(result.race.steps + 1)] for each in verdicts]
    swept = optirace.sweep(result, lr=[1e-3, 0.1])
    ends = [(each.ends.converged.tolist(), each.ends.diverged.tolist()) for each in swept.swept]
    return (
        table,
        shown,
        [cue.lines for cue in webvtt.cues(result, schedule, lead)],
        alttext.alt(result),
        ends,
    )


def test_a_typed_bowl_is_the_bowl_in_words_star_rings_and_chart():
    bowl, typed = optirace.race(), optirace.race(surface="x^2 + 10*y^2", view=SURFACES["bowl"].view)
    assert ("known", "found") == (bowl.minimum_from, typed.minimum_from)
    assert (0.0, ((0.0, 0.0),)) == (typed.minimum, typed.minima)
    assert [str(each.outcome) for each in bowl.trajectories] == [
        str(each.outcome) for each in typed.trajectories
    ]
    assert "the minimum was found: 0 at 0, 0" in str(optirace.table(typed))
    told = optirace.table(typed).data()
    assert {"minimum": 0.0, "minimum_from": "found", "minima": [[0.0, 0.0]]}.items() <= told.items()
    assert told["surface"]["minimum"] is None
    assert 0.0 == bands.floor_of(typed)
    style = Style(width=480, height=270)
    pictures = [Canvas(each, style)._backdrop for each in (bowl, typed)]
    surface = Canvas(bowl, style)._layout.surface
    inside = slice(surface.y0, surface.y1), slice(surface.x0, surface.x1)
    assert (pictures[0][inside] == pictures[1][inside]).all()


def test_a_point_that_is_told_is_not_looked_for(monkeypatch):
    monkeypatch.setattr(minima, "search", lambda *_: pytest.fail("searched"))
    assert "known" == optirace.race(surface="x^2 + y^2", minimum=(0.0, 0.0), steps=3).minimum_from
    assert "known" == optirace.race(steps=3).minimum_from


def shy(x, y):
    if isinstance(x, np.ndarray) and np.any(np.abs(x) > 100.0):
        raise ValueError("too far")
    return x * x + y * y


@pytest.mark.parametrize(
    ("value", "gradient", "source", "minima_told", "is_bounded"),
    [
        (
            lambda x, y: x * x + 3.0 * (y * y),
            lambda x, y: (2.0 * x, 6.0 * y),
            "found",
            ((0.0, 0.0),),
            True,
        ),
        (lambda x, y: x * x - y * y, lambda x, y: (2.0 * x, -2.0 * y), "seen", (), False),
        (
            lambda x, y: np.abs(x) + np.abs(y - 1.0),
            lambda x, y: (np.sign(x), np.sign(y - 1.0)),
            "found",
            ((0.0, 1.0),),
            True,
        ),
        (lambda x, y: 0.0 * x * y, lambda x, y: (0.0 * x, 0.0 * y), "found", ((-1.5, 1e-3),), True),
        (
            lambda x, y: x * x + y * y,
            lambda x, y: (np.where(x < -1.0, 2.0, -2.0) * x, 2.0 * y),
            "found",
            ((0.0, 0.0),),
            True,
        ),
        (
            lambda x, y: x * x + y * y,
            lambda x, y: (2.0 * x, 2.0 * y + 0.0 * np.sqrt(y)),
            "found",
            ((0.0, 0.0),),
            True,
        ),
        (shy, lambda x, y: (2.0 * x, 2.0 * y), "seen", (), True),
    ],
    ids=["bowl", "saddle", "kink", "flat", "wrong slope", "slope that is nan", "refuses"],
)
def test_a_surface_of_others_that_tells_no_minimum_is_looked_into(
    value, gradient, source, minima_told, is_bounded
):
    saddle = dataclasses.replace(
        SURFACES["saddle"], name="mine", value=value, gradient=gradient, is_bounded=True
    )
    result = engine.run(specs.race(surface=saddle, texts=["sgd:lr=0.05"], shared={}, steps=20))
    assert (source, minima_told, is_bounded) == (
        result.minimum_from,
        result.minima,
        result.race.surface.is_bounded,
    )


def test_a_sweep_measures_from_the_minimum_that_is_found():
    swept = optirace.sweep(
        optirace.race(surface="x^2 + 10*y^2", optimizers=["sgd"]), lr=[0.01, 0.05, 0.2]
    )
    assert (0.0, "found", ((0.0, 0.0),)) == (swept.minimum, swept.minimum_from, swept.minima)
    known = optirace.sweep(optirace.race(optimizers=["sgd"]), lr=[0.01, 0.05, 0.2])
    assert (known.swept[0].ends.converged == swept.swept[0].ends.converged).all()


def test_a_still_for_print_has_the_star_too(monkeypatch, tmp_path):
    stars = []
    draw = page.Page.mark
    monkeypatch.setattr(
        page.Page,
        "mark",
        lambda sheet, name, *rest, **more: (stars.append(name), draw(sheet, name, *rest, **more))[
            1
        ],
    )
    optirace.render(optirace.race(surface="x^2 + 10*y^2", steps=3), tmp_path / "a.svg")
    assert 1 == stars.count("star")


def test_the_result_stays_what_it_was_for_a_known_minimum():
    assert {"minimum", "minimum_from", "minima"} <= {
        field.name for field in dataclasses.fields(Result)
    }
