"""Tells of characters that no font here has: what is drawn for them, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.drawing.raster import formulas
from optirace.errors import InvalidValueError
from optirace.look import fonts
from optirace.look.fonts import BOLD, SANS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from optirace.look.timeline import Note
    from optirace.racing.engine import Race

MOST = 6
"""Characters, or places, that a line names."""

_NOWHERE = "\u0378"
"""A character that there is not."""


def told(race: Race, title: str = "", notes: Iterable[Note] = ()) -> str:
    """Say in a line which characters of what is drawn no font here has; empty where they have
    all.
    """
    texts = {
        "the title": fonts.missing(title, BOLD),
        **{f"label {each.label!r}": fonts.missing(each.label, SANS) for each in race.racers},
        **{str(note): fonts.missing(note.text, SANS) for note in notes},
    }
    clauses = [
        _clause({place: lacking for place, lacking in texts.items() if lacking}, "a box"),
        _clause(
            {"the formula": lacking} if (lacking := _missing_in_math(race.surface.formula)) else {},
            "a currency sign",
        ),
    ]
    return "; ".join(filter(None, clauses))


def _clause(places: Mapping[str, str], sign: str) -> str:
    if not places:
        return ""
    lacking = [f"{each} (U+{ord(each):04X})" for each in dict.fromkeys("".join(places.values()))]
    return (
        f"no font here has {_listed(lacking, 'or')}: {sign} is drawn instead, in "
        f"{_listed([*places], 'and')}"
    )


def _listed(words: Sequence[str], link: str) -> str:
    if len(words) > MOST:
        words = [*words[:MOST], f"{len(words) - MOST} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {link} {words[-1]}"


def _missing_in_math(mathtext: str) -> str:
    """Return the characters of mathtext for which its parser takes another."""
    if mathtext.isascii():
        return ""
    instead = formulas.parsed(rf"\mathrm{{{_NOWHERE}}}").glyphs
    return "".join(
        each
        for each in dict.fromkeys(mathtext)
        if not each.isascii() and _is_instead(each, instead)
    )


def _is_instead(character: str, instead: tuple[formulas.Glyph, ...]) -> bool:
    try:
        return formulas.parsed(rf"\mathrm{{{character}}}").glyphs == instead
    except InvalidValueError:
        return False  # a part of something else, such as an accent
