"""Says about how long a race takes that somebody else has asked for, before it is run."""

import math
import re
from typing import TYPE_CHECKING

from optirace.racing import sweeps, tuning
from optirace.settings import specs
from optirace.surfaces import SURFACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.options.race import RaceOptions
    from optirace.options.sweep import GridOptions

BOUND = 1.0
"""Seconds: who asks what a file is does not wait longer."""

# Measured, on the slow side: a step of the costliest rules, and what each word of a surface adds to
# it.
STEP, WORD = 25e-6, 4e-6

SEARCH = 5e-3
"""What each word of a surface adds to the search for its minimum, which is looked for after every
run where none is known.
"""

IN_A_ROW = 1.5e-8
"""Seconds that a word adds to a step of a run when thousands go side by side."""

LIBRARY = 3.0
"""Seconds to load torch or optax."""

LIBRARY_STEP = 1e-3


def of_race(told: "RaceOptions") -> float:
    """Return the seconds for a race, with the search for its rates: runs times steps times what a
    step costs.
    """
    racers = told.optimizers or specs.DEFAULT_RACERS
    tries = 1 + _settings(told.tune or ()) * (tuning.SEEDS if told.noise else 1)
    theirs = sum(racer.strip().lower().startswith(("torch", "optax")) for racer in racers)
    a_step = len(racers) * (STEP + WORD * _words(told.surface)) + theirs * LIBRARY_STEP
    searches = 1 + (tries - 1) * len(racers)
    return told.steps * tries * a_step + searches * _search(told) + LIBRARY * (theirs > 0)


def of_sweep(told: "RaceOptions", grid: "GridOptions") -> float:
    """Return the seconds for a sweep, whose runs go side by side; twice where it must look for the
    lowest loss first.
    """
    words, betas = _words(told.surface), () if grid.beta is None else grid.beta.values
    runs = len(grid.lr.values) * max(1, len(betas))
    calls = math.ceil(runs / sweeps.CHUNK) * (STEP + WORD * words)
    race = (
        2
        * len(told.optimizers or specs.DEFAULT_RACERS)
        * told.steps
        * (calls + runs * (words + 10) * IN_A_ROW)
    )
    return race + _search(told)


def _search(told: "RaceOptions") -> float:
    """Return the seconds for one search for the minimum; none where it is known."""
    known = SURFACES.get(told.surface.strip().lower())
    is_known = told.minimum is not None or (known is not None and bool(known.minima))
    return 0.0 if is_known else SEARCH * _words(told.surface)


def _settings(tune: "bool | str | Sequence[str]") -> int:
    """Return how many settings of each racer a search tries."""
    what = tuning.words(tune) if tune else ()
    return (len(tuning.RATES) if "lr" in what else bool(what)) * (
        len(tuning.BETAS) + 1 if "beta" in what else 1
    )


def _words(surface: str) -> int:
    """Return how many words and signs the formula of a surface has."""
    known = SURFACES.get(surface.strip().lower())
    return len(re.findall(r"\w+|\S", surface if known is None else known.expression))
