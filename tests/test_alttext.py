"""What is shown, in words for those who cannot see it."""

import re
from fractions import Fraction

import pytest

import optirace
from optirace.surfaces import SURFACES
from optirace.text import alttext

HEAD = (
    "the 4 optimizers SGD, SGD + Momentum, RMSProp and Adam start at (-5, 3) on the surface "
    "Quadratic bowl,"
    " theta1^2 + 10*theta2^2, and leave trails over its contour lines during"
)


def test_the_film_of_the_default_race_is_told_from_its_numbers():
    assert (
        f"Animation, 12.5 seconds: {HEAD} 200 steps. SGD + Momentum converges first, at "
        "step 104, then Adam at step 114."
        " RMSProp and SGD oscillate. Losses at the end: SGD + Momentum 1.63e-8, Adam "
        "4.01e-8, RMSProp 0.0249, SGD 90."
    ) == alttext.alt(optirace.race(), seconds=Fraction(25, 2))


def test_a_still_is_told_as_of_its_step():
    assert (
        f"Still of step 30 of 200: {HEAD} 30 steps. RMSProp, Adam and SGD are still descending."
        " Losses at this step: SGD + Momentum 0.948, RMSProp 3.53, Adam 6.62, SGD 90."
    ) == alttext.alt(optirace.race(), at=30)


def test_a_still_of_no_step_is_the_end():
    assert alttext.alt(optirace.race()) == alttext.alt(optirace.race(), at=200)


def test_a_film_is_told_to_its_end_whatever_its_still_shows():
    assert alttext.alt(optirace.race(), seconds=Fraction(3)) == alttext.alt(
        optirace.race(), seconds=Fraction(3), at=7
    )


def test_a_racer_that_diverged_has_no_loss_at_the_end():
    said = alttext.alt(optirace.race(lr=0.11), seconds=Fraction(12))
    assert "RMSProp oscillates, and SGD diverges at step 39." in said
    assert "SGD 1.35e8" not in said
    assert said.endswith("RMSProp 0.0331.")


def test_a_race_that_all_lose_ends_with_how_they_lost_it():
    said = alttext.alt(optirace.race(lr=3.0, optimizers=["sgd"]), seconds=Fraction(12))
    assert said.endswith("during 200 steps. SGD diverges at step 2.")


def test_three_arrivals_are_listed_in_their_order():
    said = alttext.alt(optirace.race(surface="himmelblau"), seconds=Fraction(12))
    assert (
        "SGD converges first, at step 14, then SGD + Momentum at step 116 and Adam at step 125."
        in said
    )


def test_a_formula_is_told_once():
    assert "on the surface theta1^2 + theta2^4 and leaves" in alttext.alt(
        optirace.race(surface="x^2+y^4", optimizers=["adam"])
    )


def test_a_label_with_the_words_of_a_sentence_stays_whole():
    said = alttext.alt(
        optirace.race(optimizers=["adam:label=me at step 3", "momentum"]), seconds=Fraction(12)
    )
    assert "SGD + Momentum converges first, at step 104, then me at step 3 at step 114." in said


@pytest.mark.slow
@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("at", [None, 0, 30])
def test_every_surface_is_told_in_two_to_four_plain_sentences(name, at):
    said = alttext.alt(
        optirace.race(surface=name), at=at, seconds=Fraction(12) if at is None else None
    )
    assert 2 <= len(re.findall(r"\.( (?=[A-Z])|$)", said)) <= 4
    assert said.isascii()
    assert said.isprintable()
    assert not re.search(r"[<>\\`#|]", said)
