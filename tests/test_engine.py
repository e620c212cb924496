"""The numbers of a race, and what is said of them."""

import dataclasses
import json
import math

import numpy as np
import pytest

import optirace
from optirace.errors import InvalidValueError
from optirace.racing import engine, minima, noise, outcomes
from optirace.settings import specs
from optirace.surfaces import SURFACES
from optirace.text import tables

GOLDEN = {
    "SGD": ((-4.0, -3.0), {10: 90.2882, 50: 90.0, 100: 90.0, 200: 90.0}),
    "SGD + Momentum": ((-4.9, 2.4), {10: 2.35981, 50: 0.220383, 100: 1.17867e-3, 200: 1.63e-8}),
    "RMSProp": ((-4.683772, 2.683772), {10: 33.0998, 50: 0.246599, 100: 1.7e-29, 200: 0.0249409}),
    "Adam": ((-4.9, 2.9), {10: 56.6304, 50: 1.09725, 100: 5.26e-3, 200: 4.0e-8}),
}


@pytest.fixture(scope="module")
def lecture():
    return optirace.race()


def by_label(result):
    return {each.racer.label: each for each in result.trajectories}


@pytest.mark.parametrize("label", GOLDEN)
def test_the_default_race_has_the_golden_values(lecture, label):
    first, losses = GOLDEN[label]
    trajectory = by_label(lecture)[label]
    assert first == pytest.approx(trajectory.points[1], rel=1e-7)
    for step, loss in losses.items():
        rel = 5e-2 if loss < 1e-20 else 5e-3 if loss in (5.26e-3, 4.0e-8, 1.63e-8) else 5e-6
        assert loss == pytest.approx(trajectory.losses[step], rel=rel)


def test_the_default_race_ends_as_the_lecture_says(lecture):
    told = [
        (each.racer.label, each.outcome.kind, each.outcome.at_step) for each in lecture.standings
    ]
    assert [
        ("SGD + Momentum", "converged", 104),
        ("Adam", "converged", 114),
        ("RMSProp", "oscillating", None),
        ("SGD", "oscillating", None),
    ] == told


@pytest.mark.parametrize("lr", [0.11, 1e300, 1e-320])
def test_any_finite_rate_is_a_race_and_no_warning(lr):
    result = optirace.race(lr=lr)
    assert len(result.standings) == 4
    assert "null" in optirace.table(result).text("json") or lr < 1e300
    json.loads(optirace.table(result).text("json"))


def test_a_divergent_racer_stops_at_its_step_and_stands_last():
    result = optirace.race(lr=0.11)
    sgd = by_label(result)["SGD"]
    assert ("diverged", 39) == (sgd.outcome.kind, sgd.outcome.at_step)
    assert 40 == len(sgd.points) == len(sgd.losses)
    assert sgd is result.standings[-1]
    assert sgd.losses[-2] <= 1e6 * 115.0 < sgd.losses[-1]


@pytest.mark.parametrize(
    ("words", "options", "kind"),
    [
        ("sgd:lr=0", {}, "stuck"),
        ("sgd:lr=1e-4", {}, "descending"),
        ("sgd:lr=0.1", {}, "oscillating"),
        ("sgd:lr=0.05", {}, "converged"),
        ("sgd:lr=0.2", {}, "diverged"),
        ("sgd:lr=0", {"steps": 1}, "stuck"),
        ("sgd:lr=0", {"steps": 8}, "stuck"),
        ("sgd:lr=0.1", {"steps": 39}, "descending"),
        ("sgd:lr=0.1005", {}, "climbing"),
        ("sgd:lr=0.11", {"steps": 1}, "climbing"),
    ],
)
def test_an_outcome_is_the_first_that_fits(words, options, kind):
    assert kind == optirace.race(optimizers=[words], **options).trajectories[0].outcome.kind


def test_converged_counts_from_the_step_after_which_the_loss_stays_near():
    trajectory = optirace.race(optimizers=["momentum"]).trajectories[0]
    assert 104 == trajectory.outcome.at_step
    assert trajectory.losses[103] > 1e-3 >= trajectory.losses[104:].max()


def test_a_tolerance_moves_the_step_of_convergence():
    loose, tight = (
        optirace.race(optimizers=["adam"], tol=tol).trajectories[0].outcome for tol in (1.0, 1e-6)
    )
    assert loose.at_step < tight.at_step


def test_verdicts_know_nothing_of_what_comes(lecture):
    long = by_label(lecture)["RMSProp"]
    short = optirace.race(optimizers=["rmsprop"], steps=120)
    late = outcomes.verdicts(lecture, long)
    early = outcomes.verdicts(short, short.trajectories[0])
    assert [late.at(step) for step in range(120)] == [early.at(step) for step in range(120)]


def test_verdicts_end_with_the_outcome(lecture):
    for trajectory in lecture.trajectories:
        assert str(trajectory.outcome) == str(outcomes.verdicts(lecture, trajectory).at(200))


def test_trajectories_are_read_only(lecture):
    with pytest.raises(ValueError, match="read-only"):
        lecture.trajectories[0].points[0, 0] = 1.0


def test_the_velocity_is_recorded_where_a_rule_has_one(lecture):
    told = by_label(lecture)
    assert told["SGD"].velocity is None
    assert told["RMSProp"].velocity is None
    momentum = told["SGD + Momentum"]
    assert np.allclose(momentum.points[:-1] - momentum.points[1:], 0.1 * momentum.velocity[1:])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps 0: must be from 1 to 1000000"),
        ({"tol": -1.0}, "tol -1.0"),
        ({"tol": math.nan}, "tol nan"),
        ({"start": (math.inf, 0.0)}, "start (inf, 0.0): must be two finite numbers"),
        ({"start": (1e300, 0.0)}, "the loss is inf there"),
        ({"start": (1.0, 2.0, 3.0)}, "start (1.0, 2.0, 3.0): must be two finite numbers"),
        ({"view": (1.0, 2.0)}, "view (1.0, 2.0): must be four numbers"),
        ({"optimizers": "adam"}, "optimizers 'adam': must be a list, such as .'adam'."),
        ({"plugins": "mine.py"}, "plugins 'mine.py': must be a list, such as .'mine.py'."),
        ({"lr": -0.1}, "lr -0.1: must be a finite number, 0 or more"),
        ({"beta": 1.0}, "beta 1.0: must be from 0 to below 1"),
        ({"optimizers": ["adam:beta1=2"]}, "beta1 2.0"),
        ({"optimizers": ["sgd"] * 13}, "13 racers"),
    ],
)
def test_a_value_out_of_range_is_named(options, message):
    with pytest.raises(
        InvalidValueError, match="(?s).*" + message.replace("(", r"\(").replace(")", r"\)")
    ):
        optirace.race(**options)


def test_the_tail_loss_is_the_median_of_the_last_twenty():
    trajectory = optirace.race(optimizers=["rmsprop"]).trajectories[0]
    assert float(np.median(trajectory.losses[-20:])) == trajectory.tail_loss


def test_a_view_holds_the_start_and_every_racer_that_stays_near():
    x0, x1, y0, y1 = optirace.race(start=(-8.0, 3.0), view=(-2.0, 2.0, -1.0, 1.0)).view
    assert x0 < -8.0 < 8.0 < x1
    assert x1 - x0 == pytest.approx(2.0 * (y1 - y0))


def test_a_surface_without_a_view_gets_the_one_that_its_race_covers():
    bowl = dataclasses.replace(SURFACES["bowl"], view=None)
    result = engine.run(
        specs.race(
            surface=bowl, shared={}, texts=["adam", "momentum", "sgd:lr=0.09", "rmsprop:lr=300"]
        )
    )
    x0, x1, y0, y1 = result.view
    points = np.concatenate([each.points for each in result.trajectories[:3]])
    assert ((points > [x0, y0]) & (points < [x1, y1])).all()
    assert 5.0 < x1 - x0 < 15.0
    diverging = engine.run(specs.race(surface=bowl, shared={"lr": 1e300}))
    assert np.isfinite(diverging.view).all()


@pytest.mark.parametrize(
    "view",
    [
        (1.0, 1.0, 0.0, 1.0),
        (0.0, 1.0, 2.0, 1.0),
        (0.0, math.inf, 0.0, 1.0),
        (-1e308, 1e308, 0.0, 1.0),
    ],
)
def test_a_view_that_cannot_be_is_refused(view):
    with pytest.raises(InvalidValueError, match="view"):
        optirace.race(view=view)


def test_a_minimum_that_is_told_is_the_one_gaps_are_measured_from():
    result = optirace.race(optimizers=["adam"], minimum=(1.0, 0.0))
    assert 1.0 == result.race.surface.minimum
    assert result.trajectories[0].losses.min() == result.minimum < 1.0


def test_a_schedule_scales_the_rate_of_each_step():
    one = optirace.race(
        optimizers=["sgd"], lr=0.08, lr_schedule="step:1:0.5", steps=4
    ).trajectories[0]
    theta = np.array([-5.0, 3.0])
    for step in range(4):
        theta = theta - 0.08 * 0.5**step * np.array([2.0, 20.0]) * theta
        assert theta == pytest.approx(one.points[step + 1], rel=1e-14)
    assert (
        one.points.tobytes()
        == optirace.race(optimizers=["sgd:lr=0.08,schedule=step:1:0.5"], steps=4)
        .trajectories[0]
        .points.tobytes()
    )


def test_noise_is_the_same_draw_for_every_racer_and_reaches_the_gradient_alone():
    quiet, loud = (
        optirace.race(
            optimizers=["sgd", "sgd:label=twin", "momentum:beta=0"], noise=level, seed=7, steps=30
        )
        for level in (0, 0.5)
    )
    one, twin, momentum = loud.trajectories
    assert one.points.tobytes() == twin.points.tobytes() == momentum.points.tobytes()
    assert one.points[1] == pytest.approx(
        quiet.trajectories[0].points[1] - 0.1 * 0.5 * noise.draws(7, 30)[0], rel=1e-14
    )
    assert loud.race.surface.value(*one.points[-1]) == one.losses[-1]
    told = optirace.table(loud).data()
    assert (0.5, 7) == (told["noise"], told["seed"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise": -1.0}, "noise -1.0"),
        ({"noise": math.nan}, "noise nan"),
        ({"seed": -1}, "seed -1"),
        ({"seed": 2**64}, "seed"),
    ],
)
def test_noise_and_seed_have_ranges(options, message):
    with pytest.raises(InvalidValueError, match=message):
        optirace.race(**options)


def test_without_a_minimum_the_lowest_loss_seen_stands_for_it(monkeypatch):
    monkeypatch.setattr(minima, "search", lambda *_: minima.Findings(None, is_bounded=True))
    race = specs.race(shared={})
    surface = type(race.surface)(
        **{f: getattr(race.surface, f) for f in race.surface.__slots__} | {"minima": ()}
    )
    unknown = engine.run(type(race)(surface=surface, racers=race.racers, start=race.start))
    assert min(each.losses.min() for each in unknown.trajectories) == unknown.minimum
    assert tables.table(unknown).text("json")


@pytest.mark.parametrize(
    ("formula", "options", "kind"),
    [
        ("x", {}, "descending"),
        ("exp(-(x^2 + y^2))", {}, "stuck"),
        ("x^2 + y^2", {}, "converged"),
        ("x^2 + y^2", {"steps": 30}, "converged"),
    ],
)
def test_a_racer_of_a_formula_converges_only_where_there_is_a_minimum(formula, options, kind):
    result = optirace.race(surface=formula, lr=0.1, optimizers=["sgd"], **options)
    assert kind == result.trajectories[0].outcome.kind
    assert kind == outcomes.verdicts(result, result.trajectories[0]).at(result.race.steps).kind


def test_a_racer_that_falls_without_end_has_diverged_and_hides_nobody():
    ends = by_label(optirace.race(surface="-x^2", optimizers=["sgd", "adam"]))
    assert outcomes.Outcome("diverged", 38) == ends["SGD"].outcome
    assert "descending" == ends["Adam"].outcome.kind
    known = by_label(optirace.race(surface="-x^2", optimizers=["sgd"], minimum=(0.0, 0.0)))
    assert "diverged" != known["SGD"].outcome.kind


def test_a_typed_surface_on_which_nobody_moves_is_seen_from_afar():
    x0, x1, y0, y1 = optirace.race(surface="exp(-(x^2 + y^2))", lr=0.1).view
    assert x1 - x0 > 5.0
    assert y1 - y0 > 2.0


def test_a_minimum_where_the_loss_is_not_finite_is_refused():
    with pytest.raises(
        InvalidValueError, match="minimum 1e\\+308,1e\\+308: the loss is inf there; must be finite"
    ):
        optirace.race(minimum=(1e308, 1e308))
    with pytest.raises(InvalidValueError, match="minimum -1,0: the loss is nan there"):
        optirace.race(surface="log(x) + y", start=(2.0, 1.0), minimum=(-1.0, 0.0))


@pytest.mark.slow
@pytest.mark.parametrize("steps", [20, 100])
@pytest.mark.parametrize("rates", [(0.01, 0.1), (1e-4, 0.05), (1e-3, 0.3), (0.1, 1e-3)])
@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("relu(y) + log2(1 + x^2) + 1e-3x^4", (2.0, 1.5)),
        ("x^2 + 10*y^2", (-5.0, 3.0)),
        ("(1 - x)^2 + 100*(y - x^2)^2", (-1.5, 2.0)),
        ("sqrt(1 + x^2) + abs(y)", (4.0, 1e-3)),
        ("exp(x) + y^2", (-1.0, 1.0)),
        ("(x^2 + y - 11)^2 + (x + y^2 - 7)^2", (-0.5, -0.5)),
    ],
)
def test_the_best_racer_and_the_minima_are_inside_a_view_that_is_made_for_the_race(
    text, start, rates, steps
):
    sgd, adam = rates
    result = optirace.race(
        surface=text, start=start, optimizers=[f"sgd:lr={sgd}", f"adam:lr={adam}"], steps=steps
    )
    x0, x1, y0, y1 = result.view
    best = result.standings[0]
    ends = [best.points[-1]] if best.outcome.kind != "diverged" else []
    for x, y in [start, *result.minima, *ends]:
        assert 0.05 <= (x - x0) / (x1 - x0) <= 0.95
        assert 0.05 <= (y - y0) / (y1 - y0) <= 0.95
