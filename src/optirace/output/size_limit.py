"""Says what a GIF that must be smaller gives up: frame rate first, then size, then colours."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from optirace.errors import InvalidValueError
from optirace.look.themes import SMALLEST_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

UNITS = {"B": 1, "kB": 1000, "MB": 1000**2, "MiB": 1024**2}
"""Bytes in each unit that a size can be told in."""

RATES = (20, 15, 12, 10)
"""Frames a second that are tried; the last stays while the size is lowered."""

SHRINKING = 0.92
"""From one size to the next, for as long as it can be drawn."""

COLOURS = (63, 31)
"""With 15, the racers of a race of four wear each other's colours."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to make a GIF."""

    fps: Fraction
    width: int
    height: int
    colours: int | None = None
    """At most so many; None leaves it to the encoder."""

    def __str__(self) -> str:
        colours = "" if self.colours is None else f", {self.colours} colours"
        return f"{float(self.fps):g} frames per second, {self.width}x{self.height}{colours}"

    def least(self, other: Rung, size: int) -> float:
        """Return the fewest bytes that this can have, when another has `size`.

        They fall with the power of 0.6 of the pixels shown in a second, for edges do not get
        shorter as areas do; what would be too large even with the power of 3/4 need not be tried.
        """
        share = (
            Fraction(self.width * self.height, other.width * other.height) * self.fps / other.fps
        )
        root = math.sqrt(share)
        return size * root * math.sqrt(root) * (1.0 if self.colours == other.colours else 0.4)


def rungs(top: Rung) -> Iterator[Rung]:
    """Yield what is tried after the top, each giving up more than the one before.

    >>> [str(each) for each in rungs(Rung(Fraction(12), 320, 240))][:2]
    ['10 frames per second, 320x240', '10 frames per second, 320x240, 63 colours']
    """
    fps, width, height = top.fps, top.width, top.height
    for rate in RATES:
        if rate < top.fps:
            fps = Fraction(rate)
            yield Rung(fps, width, height)
    scale = SHRINKING
    while (
        min(smaller := (2 * round(top.width * scale / 2), 2 * round(top.height * scale / 2)))
        >= SMALLEST_SIDE
    ):
        width, height = smaller
        yield Rung(fps, width, height)
        scale *= SHRINKING
    for colours in COLOURS:
        yield Rung(fps, width, height, colours)


def size(subject: str, text: str) -> int:
    """Return the bytes in words such as `10MB` or `512 kB`.

    >>> size("max-size", "1.5 MiB")
    1572864
    """
    found = re.fullmatch(
        r"(\d{1,15}(?:\.\d{0,15})?|\.\d{1,15}) ?([A-Za-z]+)", text.strip(), re.ASCII
    )
    units = {name.lower(): count for name, count in UNITS.items()}
    if found is None or found[2].lower() not in units:
        raise InvalidValueError(
            subject, f"must be a number and one of {', '.join(UNITS)}, as in 10MB", value=text
        )
    return checked(subject, int(Fraction(found[1]) * units[found[2].lower()]))


def checked(subject: str, limit: int) -> int:
    """Return a limit in bytes that can be one."""
    if limit < 1:
        raise InvalidValueError(subject, "must be at least 1 B", value=limit, shown=f"{limit} B")
    return limit


def exactly(count: int) -> str:
    """Write bytes so that `size` reads the same number.

    >>> exactly(10_000_000), exactly(1_572_864)
    ('10MB', '1572864B')
    """
    unit = next(name for name in ("MB", "kB", "B") if count % UNITS[name] == 0)
    return f"{count // UNITS[unit]}{unit}"


def shown(count: int) -> str:
    """Write bytes for people.

    >>> shown(894252), shown(10_000_000), shown(12)
    ('894.3 kB', '10 MB', '12 B')
    """
    unit = next(name for name in ("MB", "kB", "B") if count >= UNITS[name] or name == "B")
    return f"{round(count / UNITS[unit], 1):g} {unit}"
