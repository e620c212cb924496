"""How large a rate a rule bears."""

import dataclasses

import numpy as np
import pytest

import optirace
from optirace.optimizers import OPTIMIZERS
from optirace.racing import stability
from optirace.surfaces import SURFACES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "surface"),
    [
        (word, surface)
        for word in stability.LIMITS
        for surface in ("bowl", "narrow-valley", "rotated-bowl")
    ],
)
def test_a_rate_just_past_the_limit_climbs_and_just_below_descends(word, surface):
    name, _, form = word.partition(":")
    rule = OPTIMIZERS[name](**({"convention": form} if form else {}))
    highest = stability.limit(rule).rate(rule, stability.curvature(SURFACES[surface]))
    words = f"{name}:convention={form}," if form else f"{name}:"
    below, past = (
        optirace.race(
            surface=surface, optimizers=[f"{words}lr={highest * share!r}"], steps=6000
        ).trajectories[0]
        for share in (0.99, 1.01)
    )
    assert below.losses[-1] < 1e-6
    assert "diverged" == past.outcome.kind


@pytest.mark.parametrize(
    ("surface", "largest"),
    [
        ("bowl", 20.0),
        ("sphere", 2.0),
        ("narrow-valley", 100.0),
        ("rotated-bowl", 25.0),
        ("matyas", 1.0),
    ],
)
def test_the_curvature_of_a_quadratic_is_its_largest_eigenvalue(surface, largest):
    assert largest == pytest.approx(stability.curvature(SURFACES[surface]), rel=1e-9)


def test_the_curvature_of_rosenbrock_is_that_of_its_hessian():
    hessian = np.array([[802.0, -400.0], [-400.0, 200.0]])
    assert np.linalg.eigvalsh(hessian)[1] == pytest.approx(
        stability.curvature(SURFACES["rosenbrock"]), rel=1e-6
    )


@pytest.mark.parametrize("surface", ["ackley", "saddle", "monkey-saddle"])
def test_where_there_is_no_smooth_minimum_there_is_no_curvature(surface):
    assert stability.curvature(SURFACES[surface]) is None


@pytest.mark.parametrize("surface", SURFACES)
def test_a_quadratic_is_told_from_other_surfaces(surface):
    quadratics = {"bowl", "sphere", "narrow-valley", "rotated-bowl", "matyas", "booth"}
    assert (surface in quadratics) is stability.is_quadratic(SURFACES[surface])


def test_a_rule_without_a_known_limit_has_none():
    assert stability.limit(OPTIMIZERS["adam"]()) is None


def test_the_limit_broadcasts():
    rule = OPTIMIZERS["momentum"](beta=np.array([0.0, 0.5, 0.9]))
    lrs = stability.limit(rule).rate(rule, 20.0)
    assert [0.1, 0.3, 1.9] == pytest.approx(lrs.tolist())


def test_a_minimum_on_an_edge_tells_no_curvature_and_one_in_few_digits_does():
    assert stability.curvature(SURFACES["eggholder"]) is None
    himmelblau = SURFACES["himmelblau"]
    few, many = (
        dataclasses.replace(himmelblau, minima=(place,))
        for place in ((3.584, -1.848), himmelblau.minima[3])
    )
    assert stability.curvature(many) == pytest.approx(stability.curvature(few), rel=1e-3)


def matrix(rule, curvature):
    """Return what a step makes of the point and the velocity on L = curvature*theta^2/2, float64[2,
    2], from unit vectors.
    """
    columns = []
    for theta, velocity in ((1.0, 0.0), (0.0, 1.0)):
        state = rule.init(np.zeros(2))
        letter = rule.momentum
        if letter is not None:
            state = state._replace(
                **{letter: np.full(2, velocity)},
                **({"begun": 1.0} if "begun" in state._fields else {}),
            )
        step, state = rule.update(np.full(2, curvature * theta), state)
        columns.append((theta - step[0], 0.0 if letter is None else getattr(state, letter)[0]))
    return np.array(columns).T


def radius(rule, curvature):
    return np.abs(np.linalg.eigvals(matrix(rule, curvature))).max()


@pytest.mark.slow
@pytest.mark.parametrize("place", ["step", "velocity"])
@pytest.mark.parametrize("word", [*stability.LIMITS, "momentum:torch-dampened"])
def test_a_limit_is_where_the_spectral_radius_of_the_update_leaves_1(word, place):
    name, _, form = word.partition(":")
    names = {field.name for field in dataclasses.fields(OPTIMIZERS[name])}
    draws = np.random.default_rng(7)
    for _ in range(300):
        values = {key: float(draws.uniform(0.0, 0.999)) for key in names & {"beta", "mu"}}
        values |= {key: float(draws.choice([0.0, 1.0, draws.uniform()])) for key in names & {"nu"}}
        words = ({"convention": form} if form else {}) | (
            {"lr_in": place} if "lr_in" in names else {}
        )
        rule, largest = OPTIMIZERS[name](**values, **words), float(10.0 ** draws.uniform(-3, 3))
        highest = stability.limit(rule).rate(rule, largest)
        assert 1.0 == pytest.approx(
            radius(dataclasses.replace(rule, lr=highest), largest), abs=1e-9
        )
        assert radius(dataclasses.replace(rule, lr=highest * 1.001), largest) > 1.0
        for share in (1.0, *draws.uniform(size=4)):
            below = dataclasses.replace(rule, lr=highest * 0.999)
            assert radius(below, largest * share) < 1.0, (values, share)


def test_every_rule_whose_update_is_linear_has_its_limit():
    for name, kind in OPTIMIZERS.items():
        rule, theta, steps = kind(), np.array([0.3, -2.0]), []
        for factor in (1.0, 3.0):
            state = rule.init(theta)
            for _ in range(20):
                step, state = rule.update(factor * theta, state)
            steps.append(step)
        is_linear = np.allclose(3.0 * steps[0], steps[1], rtol=1e-9)
        assert is_linear is (stability.limit(rule) is not None), name


def test_the_formula_that_is_drawn_is_the_one_that_is_said():
    for word, known in stability.LIMITS.items():
        assert known.formula.replace("\\", "") == known.text.replace("*", "").replace(
            "mu", "beta"
        ), word
