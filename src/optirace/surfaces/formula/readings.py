"""Refuses a formula: points at the place, and writes out both readings of what has two."""

from __future__ import annotations

from typing import TypeAlias

from optirace.errors import InvalidValueError

Edit: TypeAlias = tuple[int, int, str]
"""Where what is replaced begins and ends, and what stands there then."""

COLUMNS = 72
"""As much of a formula as is shown above the mark."""

LONGEST_READING = 90
"""Characters of a reading that are written out; of a longer formula it is the term in question."""


def refusal(
    text: str, at: int, problem: str | InvalidValueError, hint: str = ""
) -> InvalidValueError:
    """Make the error for a place in a formula; its note is the formula and the mark, each at most
    72 columns wide.
    """
    visible = "".join(
        each
        if each.isprintable() and (each.isascii() or each in _SHOWN)
        else " "
        if each in "\t\r\n"
        else "?"
        for each in text
    )
    first = min(max(0, at - COLUMNS // 2), max(0, len(text) + 1 - COLUMNS))
    error = InvalidValueError("surface", problem, value=text, shown=short(text), hint=hint, at=at)
    error.add_note(f"{visible[first : first + COLUMNS]}\n{' ' * (at - first)}^")
    return error


_SHOWN = "θσπ₁₂√∛·⋅×÷−–≤≥≠∧∨¬⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹"  # noqa: RUF001 - what a formula may hold, each one column wide


def short(text: str) -> str:
    """Quote a text, or the beginning of a long one."""
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def splice(text: str, *edits: Edit, within: tuple[int, int] | None = None) -> str:
    """Write a formula in one line with parts of it replaced; of a long one, only what stands within
    two places.
    """
    begin, end = (0, len(text)) if within is None or len(text) <= LONGEST_READING else within
    pieces, at = [], begin
    for first, last, piece in sorted(edits, key=lambda edit: edit[0]):
        pieces += [text[at:first], piece]
        at = last
    line = " ".join("".join([*pieces, text[at:end]]).split())
    return "".join(each if each.isprintable() else "?" for each in line)


def two(text: str, at: int, subject: str, one: str, other: str) -> InvalidValueError:
    """Refuse what has two readings, with both as they can be typed."""
    if max(len(one), len(other)) > 2 * LONGEST_READING:
        return refusal(
            text, at, f"{subject} has two readings", "write parentheses, and * to multiply"
        )
    return refusal(text, at, f"{subject} has two readings", f"write {one} or {other}")
