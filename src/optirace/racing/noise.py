"""Draws the noise of a race: the same for every racer at the same step, and the same bits on every
machine.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def draws(seed: int, steps: int) -> NDArray[np.float64]:
    """Return standard normal numbers, float64[steps, 2].

    The counter-based generator is Philox (Salmon et al., Parallel random numbers: as easy as 1, 2,
    3, 2011), whose words are defined once for all; they become normal by Box & Muller (1958) with
    correctly rounded functions, because numpy's own normal numbers may change from version to
    version.

    >>> draws(7, 2).shape
    (2, 2)
    """
    from optirace.numerics.correctly_rounded import (
        Exact,
    )  # loads what rounds a logarithm alike everywhere

    words = np.random.Philox(seed).random_raw(2 * steps).reshape(steps, 2)
    # 53 bits of each, in the middle of their interval: never 0, so that its logarithm is finite.
    uniform = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    radius = np.sqrt(-2.0 * np.log(Exact(uniform[:, 0])))
    angle = Exact(uniform[:, 1] * (2.0 * math.pi))
    return np.stack([(radius * np.cos(angle)).value, (radius * np.sin(angle)).value], axis=1)
