"""The noise of a race."""

import mpmath
import numpy as np
import pytest

from optirace.racing import noise


def test_a_seed_gives_the_numbers_of_philox_by_box_and_muller():
    words = np.random.Philox(7).random_raw(4)
    one, two = ((int(word >> np.uint64(11)) + 0.5) / 2**53 for word in words[:2])
    with mpmath.workdps(40):
        radius, angle = mpmath.sqrt(-2 * mpmath.log(one)), 2 * mpmath.pi * mpmath.mpf(two)
        expected = float(radius * mpmath.cos(angle)), float(radius * mpmath.sin(angle))
    assert expected == pytest.approx(noise.draws(7, 2)[0], rel=1e-14)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    assert noise.draws(7, 50).tobytes() == noise.draws(7, 50).tobytes()
    assert not np.isin(noise.draws(8, 50), noise.draws(7, 50)).any()


def test_a_longer_race_begins_with_the_noise_of_a_shorter_one():
    assert noise.draws(7, 20).tobytes() == noise.draws(7, 50)[:20].tobytes()


def test_the_numbers_are_normal():
    numbers = noise.draws(7, 20_000)
    assert np.isfinite(numbers).all()
    assert numbers.mean(axis=0) == pytest.approx([0.0, 0.0], abs=0.02)
    assert numbers.std(axis=0) == pytest.approx([1.0, 1.0], abs=0.02)
    assert 0.0 == pytest.approx((numbers[:, 0] * numbers[:, 1]).mean(), abs=0.02)
    assert 0.6827 == pytest.approx((np.abs(numbers) < 1.0).mean(), abs=0.01)
