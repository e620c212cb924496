"""Everything about looks that is plain data: size, rate, theme, colours, markers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from optirace.errors import InvalidValueError, chosen
from optirace.look import characters

Colour: TypeAlias = str
"""`#rrggbb`."""

TITLE = "Optimization in action"
LONGEST_TITLE = 200
MOST_LOOPS = 65535

SMALLEST_SIDE = 240
LARGEST_SIDE = 4096

QUALITIES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080), "4k": (3840, 2160)}
"""Width and height in pixels by name."""

MARKERS = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle": "▲",
    "pentagon": "⬟",
    "triangle-down": "▼",
    "plus": "✚",
    "hexagon": "⬢",
    "cross": "✖",
    "triangle-left": "◀",
    "hourglass": "⧗",
    "triangle-right": "▶",
}
"""A shape of its own for each racer, so that colour is never alone; and the character that stands
for it in a terminal.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The colours of a film."""

    name: str
    paper: Colour
    text: Colour
    quiet: Colour
    """Labels and ticks: at least 4.5:1 on paper."""

    rule: Colour
    """Grid lines and the empty progress line."""

    deep: Colour
    """The surface's ramp where the loss is least ..."""

    high: Colour
    """... and where it is greatest."""

    contour: Colour
    racers: tuple[Colour, ...]
    """A colour for each of twelve racers; the first four are SGD, Momentum, RMSProp and Adam."""


THEMES: dict[str, Theme] = {
    "light": Theme(
        name="light",
        paper="#ffffff",
        text="#1b1e23",
        quiet="#5f6570",
        rule="#dfe2e7",
        deep="#f4f7fa",
        high="#b9c7d6",
        contour="#7e90a5",
        racers=(
            "#b90116",
            "#164ab5",
            "#31a47d",
            "#b462f6",
            "#d67213",
            "#600f50",
            "#4a5560",
            "#0092a8",
            "#8a5a2b",
            "#5d7a00",
            "#e0607e",
            "#6a74c8",
        ),
    ),
    "dark": Theme(
        name="dark",
        paper="#0f1317",
        text="#f4f6f8",
        quiet="#9aa3af",
        rule="#2b323b",
        deep="#131f2d",
        high="#33506e",
        contour="#6d87a3",
        racers=(
            "#fb3c38",
            "#4081f3",
            "#80c990",
            "#f1ba19",
            "#d0a9ed",
            "#58feea",
            "#ff9ec4",
            "#c8a27a",
            "#b6d94c",
            "#8f9dff",
            "#a9b4bf",
            "#f7f3e8",
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a film looks, whatever the race."""

    width: int = 1280
    height: int = 720
    theme: Theme = THEMES["light"]
    title: str = TITLE
    arrows: bool | None = None
    """Which racers show a velocity arrow: all that have a first moment, none, or (None) those with
    a velocity.
    """

    def __post_init__(self) -> None:
        checked_size(self.width, self.height)
        characters.checked(
            "title", self.title, LONGEST_TITLE, shown=repr(self.title[:40]), may_be_empty=True
        )


def theme(name: str) -> Theme:
    """Return a theme by its name."""
    return THEMES[chosen("theme", name, THEMES)]


def checked_loop(subject: str, times: int) -> int:
    """Return how often a GIF can play, as asked for; 0 is forever."""
    if not 0 <= times <= MOST_LOOPS:
        raise InvalidValueError(subject, f"must be from 0 (forever) to {MOST_LOOPS}", value=times)
    return times


def checked_size(width: int, height: int) -> tuple[int, int]:
    """Return a size that a film can have, or tell the nearest one: even, each side from 240 to 4096
    pixels.
    """
    fit = tuple(min(max(side + side % 2, SMALLEST_SIDE), LARGEST_SIDE) for side in (width, height))
    if (width, height) != fit:
        raise InvalidValueError(
            "size",
            f"both must be even and from {SMALLEST_SIDE} to {LARGEST_SIDE}",
            value=(width, height),
            shown=f"{width}x{height}",
            hint=f"the nearest is {fit[0]}x{fit[1]}",
        )
    return width, height
