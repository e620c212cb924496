"""How large a rate a rule bears."""

import dataclasses

import numpy as np
import pytest

import optirace
from optirace import stability
from optirace.optimizers import OPTIMIZERS
from optirace.surfaces import SURFACES


@pytest.mark.parametrize(
    ("word", "surface"),
    [(word, surface) for word in stability.LIMITS for surface in ("bowl", "narrow-valley", "rotated-bowl")],
)
def test_a_rate_just_past_the_limit_climbs_and_just_below_descends(word, surface):
    name, _, form = word.partition(":")
    rule = OPTIMIZERS[name](**({"convention": form} if form else {}))
    highest = stability.limit(rule).rate(rule, stability.curvature(SURFACES[surface]))
    words = f"{name}:convention={form}," if form else f"{name}:"
    below, past = (
        optirace.race(surface=surface, optimizers=[f"{words}lr={highest * share!r}"], steps=6000).trajectories[0]
        for share in (0.99, 1.01)
    )
    assert below.losses[-1] < 1e-6
    assert "diverged" == past.outcome.kind


@pytest.mark.parametrize(
    ("surface", "largest"), [("bowl", 20.0), ("sphere", 2.0), ("narrow-valley", 100.0), ("rotated-bowl", 25.0), ("matyas", 1.0)]
)
def test_the_curvature_of_a_quadratic_is_its_largest_eigenvalue(surface, largest):
    assert largest == pytest.approx(stability.curvature(SURFACES[surface]), rel=1e-9)


def test_the_curvature_of_rosenbrock_is_that_of_its_hessian():
    hessian = np.array([[802.0, -400.0], [-400.0, 200.0]])
    assert np.linalg.eigvalsh(hessian)[1] == pytest.approx(stability.curvature(SURFACES["rosenbrock"]), rel=1e-6)


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
    few, many = (dataclasses.replace(himmelblau, minima=(place,)) for place in ((3.584, -1.848), himmelblau.minima[3]))
    assert stability.curvature(many) == pytest.approx(stability.curvature(few), rel=1e-3)
