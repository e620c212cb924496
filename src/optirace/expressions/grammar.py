"""Reads a formula that a person typed, or points at the place where it stops being one."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from optirace.errors import InvalidValueError
from optirace.expressions import parts
from optirace.expressions.parts import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["number", "name", "sign", "end"]

LONGEST = 1000
"""Characters. With the next two it bounds every recursion, and so the time and memory that any formula takes."""

MOST_WORDS = 300
"""Numbers, names and signs."""

DEEPEST = 40
"""Parentheses, signs and exponents one inside the other."""

COLUMNS = 72
"""As much of a formula as is shown above the mark."""

VARIABLES = dict.fromkeys(["x", "theta1", "theta_1", "θ1", "θ₁"], "x") | dict.fromkeys(
    ["y", "theta2", "theta_2", "θ2", "θ₂"], "y"
)
CALLED = (*parts.FUNCTIONS, *parts.EXTREMES)
KNOWN = (*VARIABLES, *parts.CONSTANTS, *CALLED)

LEVELS = (("+", "-"), ("*", "/"))
"""The operators that group to the left, weakest first."""

_WORD = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_θ][A-Za-z0-9_₁₂]*)"
    r"|(?P<sign>\*\*|[-+*/^(),])"
    r"|(?P<blank>[ \t]+)"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A number, name or sign, and where it stands."""

    kind: Kind
    text: str
    at: int


def parse(text: str) -> Part:
    """Read a formula of x and y with the grammar and the priorities of Python; ^ is another **.

    It is taken apart word by word here: Python's own parser and compiler never see it. Raises InvalidValueError of one
    line, with a note of two: the formula, and a mark under the place.
    """
    if len(text) > LONGEST:
        raise InvalidValueError(f"{_subject(text)}: has {len(text)} characters; a formula has at most {LONGEST}")
    words = [*_words(text), Word("end", "", len(text.rstrip(" \t")))]
    if len(words) == 1:
        raise refusal(text, 0, "must be a formula such as x**2 + 10*y**2")
    if len(words) > MOST_WORDS + 1:
        raise refusal(
            text, words[MOST_WORDS].at, f"has {len(words) - 1} numbers, names and signs; a formula has at most {MOST_WORDS}"
        )
    return _Reader(text, words).formula()


def refusal(text: str, at: int, problem: str) -> InvalidValueError:
    """Make the error for a place in a formula; its note is the formula and the mark, each at most 72 columns wide."""
    visible = "".join(each if each in "θ₁₂" or (each.isascii() and each.isprintable()) else "?" for each in text)
    first = min(max(0, at - COLUMNS // 2), max(0, len(text) + 1 - COLUMNS))
    error = InvalidValueError(f"{_subject(text)}: {problem}")
    error.add_note(f"{visible[first : first + COLUMNS]}\n{' ' * (at - first)}^")
    error.at = at
    return error


def _subject(text: str) -> str:
    return f"surface {_short(text)}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def _words(text: str) -> Iterator[Word]:
    at, earlier = 0, Word("end", "", 0)
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            allowed = "numbers, names, + - * / ** ^ ( ) and the commas of min and max"
            raise refusal(text, at, f"{text[at]!r} has no place in a formula; use {allowed}")
        word = Word(found.lastgroup, found.group(), at)  # type: ignore[arg-type]  # the groups are the kinds, and blank
        if word.kind == "name" and word.text not in KNOWN:
            if earlier.kind == "number" and earlier.at + len(earlier.text) == at:
                raise refusal(
                    text, earlier.at, f"{_short(earlier.text + word.text)} is no number; write numbers such as 2, 0.5 or 1e-3"
                )
            raise refusal(text, at, _unknown(word.text))
        if word.kind == "number" and math.isinf(float(word.text)):
            raise refusal(text, at, "this number is too large; the largest is about 1.8e308")
        if found.lastgroup != "blank":
            yield word
            earlier = word
        at = found.end()


def _unknown(name: str) -> str:
    nearest = difflib.get_close_matches(name.lower(), KNOWN, n=1)
    allowed = f"x, y (or theta1, theta2), {', '.join((*parts.CONSTANTS, *CALLED))}"
    return f"unknown name {_short(name)}; use {allowed}" + (f"; did you mean {nearest[0]}?" if nearest else "")


class _Reader:
    """Reads words from left to right, and never goes back."""

    def __init__(self, text: str, words: list[Word]) -> None:
        self._text = text
        self._words = words
        self._next = 0
        self._depth = 0

    def formula(self) -> Part:
        whole = self._grouped(0)
        if self._here.kind != "end":
            raise self._misplaced()
        return whole

    @property
    def _here(self) -> Word:
        return self._words[self._next]

    def _take(self) -> Word:
        self._next += 1
        return self._words[self._next - 1]

    def _refusal(self, word: Word, problem: str) -> InvalidValueError:
        return refusal(self._text, word.at, problem)

    def _applied(self, word: Word, name: str, *operands: Part) -> Part:
        try:
            return parts.apply(name, *operands)
        except InvalidValueError as problem:
            raise self._refusal(word, str(problem)) from None

    def _grouped(self, level: int) -> Part:
        """Read operands joined by the operators of a level, from the left."""
        if level == len(LEVELS):
            return self._signed()
        left = self._grouped(level + 1)
        while self._here.text in LEVELS[level]:
            sign = self._take()
            left = self._applied(sign, sign.text, left, self._grouped(level + 1))
        return left

    def _signed(self) -> Part:
        """Read a power with any number of signs before it; -x**2 is -(x**2)."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refusal(self._here, f"nests more than {DEEPEST} deep here; write it with fewer parentheses")
        if self._here.text in ("-", "+"):
            sign = self._take()
            result = self._signed()
            if sign.text == "-":
                result = self._applied(sign, "negative", result)
        else:
            result = self._operand()
            if self._here.text in ("**", "^"):
                result = self._applied(self._take(), "**", result, self._signed())
        self._depth -= 1
        return result

    def _operand(self) -> Part:
        word = self._take()
        if word.kind == "number":
            return Part(word.text, constant=float(word.text))
        if word.text in VARIABLES:
            variable = VARIABLES[word.text]
            return Part(variable, variables=frozenset([variable]))
        if word.text in parts.CONSTANTS:
            return Part(word.text, constant=parts.CONSTANTS[word.text])
        if word.kind == "name":
            return self._call(word)
        if word.text == "(":
            inner = self._grouped(0)
            self._close(word)
            return inner
        found = "the formula ends" if word.kind == "end" else f"{word.text!r} stands"
        raise self._refusal(word, f"{found} where a number, a name or ( must come")

    def _call(self, function: Word) -> Part:
        if self._here.text != "(":
            raise self._refusal(function, f"{function.text} needs parentheses, as in {function.text}(x)")
        opening = self._take()
        arguments = [self._grouped(0)]
        while self._here.text == ",":
            self._take()
            arguments.append(self._grouped(0))
        self._close(opening)
        if (len(arguments) == 1) != (function.text in parts.FUNCTIONS):
            wanted = "one argument" if function.text in parts.FUNCTIONS else "two arguments or more"
            raise self._refusal(function, f"{function.text} has {len(arguments)} here and takes {wanted}")
        return self._applied(function, function.text, *arguments)

    def _close(self, opening: Word) -> None:
        if self._here.kind == "end":
            raise self._refusal(opening, "this ( is never closed")
        if self._here.text != ")":
            raise self._misplaced()
        self._take()

    def _misplaced(self) -> InvalidValueError:
        """Say what is wrong with a word that follows a whole operand."""
        before, here = self._words[self._next - 1], self._here
        if here.text == ")":
            return self._refusal(here, "this ) closes nothing")
        if here.text == ",":
            return self._refusal(here, "a comma stands between the arguments of min and max alone; decimals have a point")
        left, right = ("(...)" if word.text in "()" or len(word.text) > 12 else word.text for word in (before, here))
        return self._refusal(here, f"an operator is missing; write * to multiply, as in {left}*{right}")
