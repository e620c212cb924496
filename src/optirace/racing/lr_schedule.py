"""Learning rates that change from step to step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from optirace.errors import InvalidValueError, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FORMS = (
    "constant",
    "step[:EVERY[:FACTOR]]",
    "cosine[:END]",
    "exponential[:FACTOR]",
    "warmup:STEPS[:SCHEDULE]",
)


MOST_RISES = 8
"""Warmups, one after the other."""


@dataclass(frozen=True, slots=True)
class RateSchedule:
    """A share of the learning rate for every step, as a person wrote it."""

    text: str

    def __post_init__(self) -> None:
        self.shares(1)

    def __str__(self) -> str:
        return self.text

    def shares(self, steps: int) -> NDArray[np.float64]:
        """Return what to multiply the learning rate with at the steps 1 to n, float64[n].

        constant: 1. step:EVERY:FACTOR: times FACTOR (0.5) after every EVERY (50) steps. cosine:END:
        half a cosine from 1 down to END (0), which the last step would be followed by (Loshchilov &
        Hutter, SGDR, 2017). exponential:FACTOR: times FACTOR (0.99) at every step. warmup:STEPS:
        t/STEPS for the first STEPS steps (Goyal et al., Accurate, large minibatch SGD, 2017), and
        then 1, or another schedule that begins there, as a rule at its full share: so
        warmup:20:cosine makes two full steps, the last of the rise (20) and the first of the cosine
        (21).

        >>> RateSchedule("warmup:2:step:1").shares(5).tolist()
        [0.5, 1.0, 1.0, 0.5, 0.25]
        """
        words = self.text.strip().lower().split(":")
        if words.count("warmup") > MOST_RISES:
            raise InvalidValueError(
                "lr-schedule",
                f"must have at most {MOST_RISES} warmups",
                value=self.text,
                shown=f"{self.text[:40]!r}...",
            )
        return _read(self.text, words, steps)


def _read(text: str, words: list[str], steps: int) -> NDArray[np.float64]:
    name, *values = words
    if name == "warmup":
        rise = int(
            _number(
                text,
                values[0] if values else "",
                "1 or more steps",
                lambda value: value >= 1 and value % 1 == 0,
            )
        )
        shares = np.minimum(np.arange(1, steps + 1) / rise, 1.0)
        if values[1:]:
            shares[rise:] = _read(text, values[1:], max(1, steps - rise))[: max(0, steps - rise)]
        return shares
    if name not in _SHARES:
        raise unknown("lr-schedule", name, [*_SHARES, "warmup"], whole=text, forms=FORMS)
    most, shares_of = _SHARES[name]
    if len(values) > most:
        form = next(form for form in FORMS if form.startswith(name))
        raise InvalidValueError("lr-schedule", f"must be {form}", value=text)
    return shares_of(text, values, steps)


def _number(text: str, word: str, allowed: str, is_allowed: Callable[[float], bool]) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and abs(value) <= 1e6 and is_allowed(value)):
        raise InvalidValueError(
            "lr-schedule", f"{word!r} must be {allowed}", value=text, at=text.find(word)
        )
    return value


def _factor(text: str, values: list[str], default: str) -> float:
    return _number(
        text, (values or [default])[0], "a factor from 0 to 1", lambda value: 0 <= value <= 1
    )


def _constant(_text: str, _values: list[str], steps: int) -> NDArray[np.float64]:
    return np.ones(steps)


def _step(text: str, values: list[str], steps: int) -> NDArray[np.float64]:
    every = int(
        _number(
            text,
            (values or ["50"])[0],
            "1 or more steps",
            lambda value: value >= 1 and value % 1 == 0,
        )
    )
    factor = _factor(text, values[1:], "0.5")
    powers = np.cumprod(np.concatenate([[1.0], np.full((steps - 1) // every, factor)]))
    return np.repeat(powers, every)[:steps]


def _exponential(text: str, values: list[str], steps: int) -> NDArray[np.float64]:
    return np.cumprod(np.concatenate([[1.0], np.full(steps - 1, _factor(text, values, "0.99"))]))


def _cosine(text: str, values: list[str], steps: int) -> NDArray[np.float64]:
    from optirace.numerics.correctly_rounded import (
        Exact,
    )  # loads what rounds a cosine alike everywhere

    end = _factor(text, values, "0")
    wave = np.cos(Exact(np.arange(steps) * (math.pi / steps))).value
    return np.asarray(end + (1.0 - end) * (0.5 * (1.0 + wave)))


_SHARES: dict[str, tuple[int, Callable[[str, list[str], int], NDArray[np.float64]]]] = {
    "constant": (0, _constant),
    "step": (2, _step),
    "cosine": (1, _cosine),
    "exponential": (1, _exponential),
}
"""How many values a schedule takes at most, and what it makes of them."""
