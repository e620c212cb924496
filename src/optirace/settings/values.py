"""Reads numbers, pairs, sizes and what else is typed in digits, or explains why not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from optirace.errors import InvalidValueError
from optirace.look import themes as style

if TYPE_CHECKING:
    from fractions import Fraction

    from optirace.look.timeline import Note
    from optirace.surfaces import View

MOST_VALUES = 1_000_000


def number(subject: str, text: str) -> float:
    """Read a finite number.

    >>> number("lr", "0.1")
    0.1
    """
    try:
        value = math.nan if "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        hint = _spellings().number(subject, text)
        raise InvalidValueError(
            subject, "must be a finite number such as 0.1", value=text, hint=hint
        )
    return value


def _spellings() -> Any:
    """Return what knows how a mistake was meant."""
    from optirace.settings import spellings  # for mistakes

    return spellings


def whole(subject: str, text: str) -> int:
    """Read a whole number.

    >>> whole("steps", "200")
    200
    """
    if not (text.isascii() and text.removeprefix("-").isdigit()) or len(text) > 20:
        raise InvalidValueError(
            subject, "must be a whole number such as 200", value=text, hint=_spellings().whole(text)
        )
    return int(text)


def pair(subject: str, text: str) -> tuple[float, float]:
    """Read two finite numbers with a comma between them.

    >>> pair("start", "-5,3")
    (-5.0, 3.0)
    """
    parts = text.split(",")
    if len(parts) != 2:
        raise InvalidValueError(
            subject, "must be two numbers separated by a comma, such as -5,3", value=text
        )
    return number(subject, parts[0]), number(subject, parts[1])


def hold(subject: str, text: str) -> tuple[float, float]:
    """Read the stillness at the end, or at the start and the end, in seconds.

    >>> hold("hold", "2"), hold("hold", "0,2")
    ((1.0, 2.0), (0.0, 2.0))
    """
    return pair(subject, text) if "," in text else (1.0, number(subject, text))


def grid(subject: str, text: str, *, is_geometric: bool) -> tuple[float, ...]:
    """Read `a:b:n`, n numbers from a to b by equal factors or else by equal steps, or a list such
    as `0.1,0.2,0.5`.

    The numbers ascend and have 12 significant digits: one that was printed can be typed again.

    >>> grid("lr", "0.01:1:3", is_geometric=True)
    (0.01, 0.1, 1.0)
    """
    parts = text.split(":")
    if len(parts) == 1:
        return tuple(sorted({number(subject, part.strip()) for part in text.split(",")}))
    if len(parts) != 3:
        hint = (
            f"type {parts[0]}:{parts[1]}:31"
            if len(parts) == 2 and all(map(_spellings().is_number, parts))
            else ""
        )
        wanted = "must be FROM:TO:COUNT, such as 0.001:1:31, or numbers separated by commas"
        raise InvalidValueError(subject, wanted, value=text, hint=hint)
    low, high, count = (
        number(subject, parts[0]),
        number(subject, parts[1]),
        whole(subject, parts[2]),
    )
    if not low < high or (is_geometric and low <= 0.0):
        raise InvalidValueError(
            subject,
            f"FROM must be less than TO{(' and above 0' if is_geometric else '')}",
            value=text,
        )
    if not 2 <= count <= MOST_VALUES:
        raise InvalidValueError(subject, f"must be 2 to {MOST_VALUES} numbers", value=text)
    with np.errstate(
        all="ignore"
    ):  # what comes of ends too far apart is no number, and refused by whoever asked
        values = (np.geomspace if is_geometric else np.linspace)(low, high, count)
    return tuple(dict.fromkeys(float(f"{value:.12g}") for value in values.tolist()))


def rate(subject: str, text: str) -> Fraction:
    """Read frames per second, as a number or a ratio.

    >>> rate("fps", "30000/1001")
    Fraction(30000, 1001)
    """
    from fractions import Fraction  # a table has no frame rate, and starts faster without

    top, slash, bottom = text.partition("/")
    divisor = number(subject, bottom) if slash else 1.0
    if divisor == 0:
        raise InvalidValueError(subject, "must not divide by zero", value=text)
    exact = Fraction(number(subject, top)) / Fraction(divisor)
    return exact if slash else exact.limit_denominator(1001)


def note(text: str) -> Note:
    """Read what the film tells at a step, `STEP:TEXT`, or for how many seconds it stands still
    then, `STEP,SECONDS:TEXT`.

    >>> note("34,3:Momentum is ahead")
    Note(step=34, text='Momentum is ahead', hold=3.0)
    """
    from optirace.look.timeline import Note  # a table has no notes, and starts faster without

    clock, colon, words = text.partition(":")
    step, comma, seconds = clock.partition(",")
    if not colon:
        raise InvalidValueError(
            "note", "must be STEP:TEXT, such as '34:Momentum is ahead'", value=text
        )
    try:
        at, hold = whole("step", step), [number("hold", seconds)] if comma else []
    except InvalidValueError as problem:
        raise InvalidValueError("note", problem, value=text) from None
    return Note(at, words.strip(), *hold)


def size(subject: str, text: str) -> tuple[int, int]:
    """Read width x height in pixels.

    >>> size("size", "1280x720")
    (1280, 720)
    """
    width, _, height = text.lower().partition("x")
    if (
        not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit())
        or len(text) > 20
    ):
        wanted = "must be WIDTHxHEIGHT in pixels, such as 1280x720"
        raise InvalidValueError(subject, wanted, value=text, hint=_spellings().size(text))
    return style.checked_size(int(width), int(height))


def view(subject: str, text: str) -> View:
    """Read the edges of a rectangle: left, right, bottom and top.

    >>> view("view", "-6,3,-4,4")
    (-6.0, 3.0, -4.0, 4.0)
    """
    parts = text.split(",")
    if len(parts) != 4:
        raise InvalidValueError(
            subject, "must be four numbers X0,X1,Y0,Y1, such as -6,3,-4,4", value=text
        )
    x0, x1, y0, y1 = (number(subject, part) for part in parts)
    return x0, x1, y0, y1
