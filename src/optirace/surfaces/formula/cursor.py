"""The words of a formula, the place to which they are read, and what is said of a place that cannot
be read on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optirace.surfaces.formula import readings, rules

if TYPE_CHECKING:
    from optirace.errors import InvalidValueError
    from optirace.surfaces.formula.parts import Part
    from optirace.surfaces.formula.words import Word

OPENING, CLOSING = ("(", "{", "|("), (")", "}", ")|")

ENDS = {*CLOSING, ",", "<", ">", "<=", ">=", "==", "!=", "and", "or"}
"""The signs that end a sum."""

FACTORS = ("(", "|(", "\\frac")
"""The signs that begin a factor."""


class Cursor:
    """Goes through the words of a formula from left to right."""

    def __init__(self, text: str, words: list[Word]) -> None:
        self.text = text
        self.words = words
        """The last is the end."""
        self.place = 0
        """The index of the word that is next."""
        self.bars = 0
        """How many bars of this group are open."""
        self.closed: tuple[int, int] | None = None
        """The places of the last bars of this group that hold something between them."""

    @property
    def here(self) -> Word:
        """The word that is next."""
        return self.words[self.place]

    @property
    def before(self) -> Word:
        """The word that was read last."""
        return self.words[self.place - 1]

    def take(self) -> Word:
        """Return the next word and go past it."""
        self.place += 1
        return self.words[self.place - 1]

    def refusal(
        self, word: Word, problem: str | InvalidValueError, hint: str = ""
    ) -> InvalidValueError:
        """Make the error for a word."""
        return readings.refusal(self.text, word.at, problem, hint)

    def typed(self, first: int, end: int | None = None) -> str:
        """Return a word, or all from one up to another, quoted as they were typed."""
        last = self.words[min(first + 1 if end is None else end, len(self.words)) - 1]
        typed = " ".join(self.text[self.words[first].at : last.end].split())
        return readings.short(typed)

    def closes(self, place: int) -> int:
        """Return the place of what closes the parenthesis at a place, or of the end."""
        depth = 0
        for index in range(place, len(self.words)):
            depth += (self.words[index].text in OPENING) - (self.words[index].text in CLOSING)
            if depth == 0:
                return index
        return len(self.words) - 1

    def end_of_product(self) -> int:
        """Return the place after the factors that stand here."""
        index = self.place
        while index < len(self.words) - 1:
            word = self.words[index]
            if word.text in OPENING:
                index = self.closes(index)
            elif (
                word.text in ENDS
                or (word.text == "|" and self.bars)
                or (word.text in ("+", "-") and self.words[index - 1].text not in ("^", "*", "/"))
            ):
                break
            index += 1
        return min(index, len(self.words) - 1)

    def glue(self, place: int, text: str) -> readings.Edit:
        """Put a text into the gap before a word."""
        return self.words[place - 1].end, self.words[place].at, text

    def wrap(self, first: int, end: int, *inside: readings.Edit) -> list[readings.Edit]:
        """Put parentheses about the words from one place up to another."""
        begin, close = self.words[first].at, self.words[end - 1].end
        return [(begin, begin, "("), *inside, (close, close, ")")]

    def two(
        self,
        subject: str,
        one: list[readings.Edit],
        other: list[readings.Edit],
        first: int | None = None,
    ) -> InvalidValueError:
        """Refuse what has two readings; of a long formula they show the product that begins at a
        place.
        """
        begin = self.words[self.place if first is None else first].at
        within = begin, self.words[self.end_of_product() - 1].end
        texts = [readings.splice(self.text, *edits, within=within) for edits in (one, other)]
        return readings.two(self.text, self.here.at, subject, *texts)

    def is_factor(self) -> bool:
        """Say whether a factor follows without an operator; refuses what may be another thing than
        a factor.
        """
        here, before = self.here, self.before
        is_bar = here.text == "|" and not self.bars
        if not (
            is_bar
            or here.kind in ("variable", "constant", "function", "number")
            or here.text in FACTORS
        ):
            return False
        if here.is_new_line:
            raise self.two(
                "a new line without an operator",
                [self.glue(self.place, " * ")],
                [self.glue(self.place, " + ")],
            )
        if here.kind == "number":
            other = "" if before.kind == "number" else "^"
            typed = self.typed(self.place - 1, self.place + 1)
            raise self.two(typed, [self.glue(self.place, "*")], [self.glue(self.place, other)])
        if (
            is_bar
            and self.closed
            and self.place - 1 > self.closed[1]
            and self.words[self.closed[1] + 1].kind != "sign"
        ):
            raise self.two_bars(*self.closed)
        if before.kind == "constant" and before.text == "e" and here.text == "(":
            raise self.two("'e('", [self.glue(self.place, "*")], [self.glue(self.place, "^")])
        return True

    def check_exponent(self, first: int, begin: int, base: Part) -> None:
        """Refuse what follows an exponent without parentheses and may belong to it."""
        exponent = self.words[begin : self.place]
        is_one = exponent[-1].text == "1" and all(word.text in ("-", "+") for word in exponent[:-1])
        if self.here.text == "/" and is_one and self.words[self.place + 1].kind == "number":
            one, other = self.wrap(first, self.place), self.wrap(begin, self.place + 2)
            raise self.two(self.typed(first, self.place + 2), one, other, first)
        is_number = [word.kind for word in exponent if word.text not in ("-", "+")] == ["number"]
        if self.is_factor() and not (is_number and base.variables and self.here.kind != "constant"):
            end, times = self.end_of_product(), self.glue(self.place, "*")
            raise self.two(self.typed(first, end), [times], self.wrap(begin, end, times), first)

    def check_index(self, variable: Word) -> None:
        """Refuse what is the first or second of x in Matlab, x(1) and x(2), and a product
        elsewhere.
        """
        if variable.text not in ("x", "X") or not self.is_index(self.place):
            return
        found = [
            index
            for index, word in enumerate(self.words)
            if word.text in ("x", "X") and self.is_index(index + 1)
        ]
        one, other = (
            [(self.words[index].end, self.words[index + 1 + skipped].at, text) for index in found]
            for text, skipped in (("", 1), ("*", 0))
        )
        one += [(self.words[index + 3].at, self.words[index + 3].end, "") for index in found]
        raise self.two(self.typed(self.place - 1, self.place + 3), one, other, 0)

    def is_decimal(self, place: int) -> bool:
        """Say whether the comma at a place may be a decimal one: digits touch it on both sides."""
        before, comma, after = (
            self.words[place - 1],
            self.words[place],
            self.words[min(place + 1, len(self.words) - 1)],
        )
        touches = before.end == comma.at and comma.end == after.at
        return (
            touches
            and before.kind == after.kind == "number"
            and before.text.isdigit()
            and after.text[0].isdigit()
        )

    def is_index(self, place: int) -> bool:
        """Say whether (1) or (2) stands at a place."""
        return [word.text for word in self.words[place : place + 3]] in (
            ["(", "1", ")"],
            ["(", "2", ")"],
        )

    def _is_alike(self, place: int) -> bool:
        """Say whether a comma may be a decimal one as well, so that whoever means one finds all of
        them mended.
        """
        return self.words[place].text == "," and self.is_decimal(place)

    def decimal(self, place: int) -> InvalidValueError:
        """Refuse a comma that may be a decimal one; before three digits it may stand for
        thousands.
        """
        before, comma, after = self.words[place - 1 : place + 2]
        is_thousands = re.match(r"[0-9]{3}(?![0-9])", after.text) and before.text.lstrip("0")
        commas = (
            [comma]
            if is_thousands
            else [word for index, word in enumerate(self.words) if self._is_alike(index)]
        )
        point, other = (
            readings.splice(
                self.text,
                *((each.at, each.end, mark) for each in commas),
                within=(before.at, after.end),
            )
            for mark in (".", "" if is_thousands else ", ")
        )
        subject = f"the comma of {self.text[before.at : after.end]!r}"
        return readings.two(
            self.text,
            comma.at,
            subject,
            f"{point} for a decimal point,",
            f"{other} for {'thousands' if is_thousands else 'two arguments'}",
        )

    def two_bars(self, opening: int, closing: int) -> InvalidValueError:
        """Refuse bars that stand about the first and the last of three, or about all of them and
        the second.
        """
        last = next((word for word in self.words[self.place + 1 :] if word.text == "|"), None)
        if last is None:
            return self.refusal(self.here, "this | is never closed")
        bars = (self.words[opening], self.words[closing], self.here, last)
        one, other = (
            readings.splice(
                self.text, *((bar.at, bar.end, mark) for bar, mark in zip(bars, marks, strict=True))
            )
            for marks in (("abs(", ")*", "*abs(", ")"), ("abs(", "*abs(", ")*", ")"))
        )
        return readings.two(self.text, self.here.at, "'|'", one, other)

    def misplaced(self) -> InvalidValueError:
        """Say what is wrong with a word that follows a whole operand."""
        here, typed = self.here, self.typed(self.place)
        if here.text in CLOSING:
            return self.refusal(here, f"this {self.text[here.at : here.end]} closes nothing")
        if here.text == "," and self.is_decimal(self.place):
            return self.decimal(self.place)
        if here.text == ",":
            return self.refusal(
                here,
                "a comma stands between the arguments of a function alone",
                "decimals have a point",
            )
        if self.text[here.at : here.end] == "=":
            return self.refusal(
                here, "an equation is not a loss", "write one, such as (x^2 + y^2 - 1)^2"
            )
        if rules.is_condition(here.text):
            return self.refusal(
                here, f"{typed} stands in a condition alone, as in where(x > 0, x, 0)"
            )
        return self.refusal(here, f"an operator is missing before {typed}", "write * to multiply")
