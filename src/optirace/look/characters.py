"""Says which characters a title, a label or a note may have."""

from __future__ import annotations

import re

from optirace.errors import InvalidValueError

BOX = "\N{WHITE SQUARE}"
"""Stands for a character that no font here has; all of them have this one."""

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Printable, and meant to be invisible: Unicode's Default_Ignorable_Code_Point, and a Braille cell
without dots.
"""


def is_unseen(character: str) -> bool:
    """Tell whether a character leaves no ink and is to leave none: a space, a filler, or a choice
    between forms of another.

    >>> is_unseen(" "), is_unseen("\N{BRAILLE PATTERN BLANK}"), is_unseen("a")
    (True, True, False)
    """
    return character.isspace() or _UNSEEN.match(character) is not None


def without_marks(words: str) -> str:
    """Return words without what is meant to be invisible, for which fonts have pictures all the
    same; spaces stay.
    """
    return _UNSEEN.sub(
        lambda found: found[0] if found[0] == "\N{BRAILLE PATTERN BLANK}" else "", words
    )


def checked(
    subject: str, words: str, most: int, *, shown: str = "", may_be_empty: bool = False
) -> str:
    """Return words of a line that can be seen; a message writes them as `shown`, or in quotes.

    Raises InvalidValueError for more than `most` characters, for one that is no part of a line of
    text, such as a control character or a mark of width 0, and for words that nobody would see.
    """
    lengths = f"at most {most}" if may_be_empty else f"1 to {most}"
    problem = f"must be {lengths} printable characters"
    if not words and not may_be_empty:
        raise InvalidValueError(subject, problem, value=words, shown=shown)
    odd = next((character for character in words if not character.isprintable()), None)
    if odd is not None:
        instead = "type a plain space for it" if odd.isspace() else "leave it out"
        raise InvalidValueError(
            subject,
            f"{problem}, and {name(odd)} is not one",
            value=words,
            shown=shown,
            hint=instead,
        )
    if len(words) > most:
        raise InvalidValueError(
            subject, f"{problem}, and has {len(words)}", value=words, shown=shown
        )
    if words and all(map(is_unseen, words)) and not (may_be_empty and words.isspace()):
        only = f"cannot be seen: it has only {name(words[0])}"
        raise InvalidValueError(subject, f"{problem}, and {only}", value=words, shown=shown)
    return words


def name(character: str) -> str:
    """Name a character that may not show, as Unicode does.

    >>> name("\N{ZERO WIDTH SPACE}"), name("\N{NO-BREAK SPACE}")
    ('U+200B (zero width space)', 'U+00A0 (no-break space)')
    """
    import unicodedata  # for errors

    known = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({known})" if known else "")
