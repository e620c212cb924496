"""Says at which losses the rings of a surface lie, and what colours are between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from optirace.look.themes import Colour
    from optirace.racing.engine import Result

RINGS = 17
"""Contour levels between the minimum and the highest corner of the view."""

RING_RATIO = 0.62
"""How the gaps of neighbouring rings relate, where levels are spaced in the logarithm of the
gap.
"""


def floor_of(result: Result) -> float | None:
    """Return the loss that the rings of a surface begin at: its minimum, known or found; None
    leaves it to the view.
    """
    return result.minimum if result.minimum_from == "found" else result.race.surface.minimum


def levels_of(highest: float, *, is_log: bool) -> NDArray[np.float64]:
    """Return the gaps of the rings, float64[RINGS], ascending, under the highest gap in view."""
    if is_log:
        return np.array([highest * RING_RATIO ** (RINGS - ring) for ring in range(RINGS)])
    return np.array([highest * (ring + 1) / (RINGS + 1) for ring in range(RINGS)])


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour so far from one to another.

    >>> mixed("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = [(int(first[at : at + 2], 16), int(second[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(start + (end - start) * share):02x}" for start, end in pairs)
