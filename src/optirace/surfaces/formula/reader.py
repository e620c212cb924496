"""Reads the words of a formula by its grammar, and refuses what has two readings."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from optirace.errors import InvalidValueError
from optirace.surfaces.formula import parts, readings, rules, words
from optirace.surfaces.formula.cursor import CLOSING, OPENING
from optirace.surfaces.formula.parts import Part
from optirace.surfaces.formula.words import Word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from optirace.surfaces.formula.cursor import Cursor

DEEPEST = 40
"""Parentheses, signs and exponents one inside the other."""

_COUNTS = {
    (True, False): (1, 1, "one argument"),
    (False, True): (2, 300, "two arguments or more"),
    (False, False): (2, 2, "two"),
}
"""How many arguments a function takes: those of one, min and max, and the others."""

_Read = TypeVar("_Read")


class Reader:
    """Reads words from left to right, and never goes back."""

    def __init__(self, cursor: Cursor, defined: Mapping[str, Part] = MappingProxyType({})) -> None:
        self._at = cursor
        self._defined = defined
        """What is meant by the names that are defined after the formula."""
        self._depth = 0
        self._is_condition = False
        """Whether a comparison may stand here, or in parentheses here."""

    def formula(self) -> Part:
        """Read all words."""
        whole = self._sum()
        if self._at.here.kind != "end":
            raise self._at.misplaced()
        return whole

    def _applied(self, word: Word, name: str, *operands: Part) -> Part:
        numbers = () if name in rules.LOGIC else operands[1:] if name == "where" else operands
        if any(rules.is_condition(each.name) for each in numbers):
            raise self._at.refusal(word, "a comparison is not a number", "write where(x > 0, 1, 0)")
        try:
            return parts.apply(name, *operands)
        except InvalidValueError as problem:
            raise self._at.refusal(word, problem) from None

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._at.refusal(
                self._at.here,
                f"nests more than {DEEPEST} deep here",
                "write it with fewer parentheses",
            )

    def _sum(self) -> Part:
        left = self._product()
        while self._at.here.text in ("+", "-"):
            sign = self._at.take()
            left = self._applied(sign, sign.text, left, self._product())
        return left

    def _product(self) -> Part:
        """Read factors and divisors from the left, with or without an operator between them."""
        at, first, slash = self._at, self._at.place, 0
        left = self._signed()
        while True:
            here = at.here
            if here.text in ("*", "/"):
                slash = at.place if here.text == "/" else 0
                at.take()
                left = self._applied(here, here.text, left, self._signed())
            elif self._at.is_factor():
                if slash:
                    times = at.glue(at.place, "*")
                    one, other = (
                        [*at.wrap(first, at.place), times],
                        at.wrap(slash + 1, at.end_of_product(), times),
                    )
                    raise at.two(at.typed(slash - 1, at.end_of_product()), one, other, first)
                left = self._applied(here, "*", left, self._raised())
            else:
                return left

    def _signed(self) -> Part:
        """Read a power with any number of signs before it; -x**2 is -(x**2)."""
        self._deeper()
        if self._at.here.text in ("-", "+"):
            sign = self._at.take()
            result = self._signed()
            if sign.text == "-":
                result = self._applied(sign, "negative", result)
        else:
            result = self._raised()
        self._depth -= 1
        return result

    def _raised(self) -> Part:
        """Read an operand and its power."""
        at, first = self._at, self._at.place
        base = self._operand()
        if at.here.kind == "raised":
            word = at.take()
            base = self._applied(word, "**", base, _integer(word.text))
            if at.here.text == "^":
                one = at.wrap(first, at.place)
                at.take()
                self._signed()
                end = at.before.end
                other = [(word.at, word.end, f"^({word.text}"), (end, end, ")")]
                raise at.two(at.typed(first, at.place), one, other, first)
        elif at.here.text == "^":
            sign, begin = at.take(), at.place
            power = self._braced() if at.here.text == "{" else self._signed()
            if at.words[begin].text not in ("{", "(") or at.closes(begin) != at.place - 1:
                self._at.check_exponent(first, begin, base)
            base = self._applied(sign, "**", base, power)
        return base

    def _operand(self) -> Part:
        word = self._at.take()
        if word.kind == "number":
            return Part(word.text, constant=float(word.text))
        if word.text in self._defined:
            return self._defined[word.text]
        if word.kind == "variable":
            self._at.check_index(word)
            variable = words.VARIABLES[word.text][1]
            return Part(variable, variables=frozenset([variable]))
        if word.kind == "constant":
            return Part(word.text, constant=parts.CONSTANTS[word.text])
        if word.kind == "function":
            return self._function(word)
        if word.text in ("(", "{"):
            is_condition = word.text == "(" and self._is_condition
            return self._group(
                word, ")" if word.text == "(" else "}", self._either if is_condition else self._sum
            )
        if word.text == "|(":
            return self._applied(word, "abs", self._group(word, ")|", self._sum))
        if word.text == "|":
            return self._bar(word)
        if word.text == "\\frac":
            return self._applied(word, "/", self._short(), self._short())
        found = (
            "the formula ends"
            if word.kind == "end"
            else f"{self._at.typed(self._at.place - 1)} stands"
        )
        raise self._at.refusal(word, f"{found} where a number, a name or ( is expected")

    def _group(self, opening: Word, closing: str, inside: Callable[[], _Read]) -> _Read:
        """Read what stands in parentheses, where bars and commas are those of this group alone."""
        outer = self._at.bars, self._at.closed
        self._at.bars, self._at.closed = 0, None
        inner = inside()
        if self._at.here.kind == "end":
            raise self._at.refusal(opening, f"this {opening.text[0]} is never closed")
        if self._at.here.text != closing:
            raise self._at.misplaced()
        self._at.take()
        self._at.bars, self._at.closed = outer
        return inner

    def _braced(self) -> Part:
        opening = self._at.take()
        if opening.text != "{":
            raise self._at.refusal(opening, "braces must come here, as in \\frac{x}{2}")
        return self._group(opening, "}", self._sum)

    def _short(self) -> Part:
        """Read what is in braces, or as LaTeX does one digit or name without them, as in frac12 for
        frac{1}{2}.
        """
        at, word = self._at, self._at.here
        if word.kind == "number" and word.text.isdigit():
            if len(word.text) > 1:
                at.words[at.place : at.place + 1] = [
                    Word("number", word.text[0], word.at, word.at + 1, word.is_new_line),
                    Word("number", word.text[1:], word.at + 1, word.end),
                ]
            return self._operand()
        if word.kind in ("variable", "constant") and (
            len(word.text) == 1 or at.text[word.at] == "\\"
        ):
            return self._operand()
        return self._braced()

    def _bar(self, opening: Word) -> Part:
        first = self._at.place - 1
        self._at.bars += 1
        inner = self._sum()
        if self._at.here.kind == "end":
            raise self._at.refusal(opening, "this | is never closed")
        if self._at.here.text != "|":
            raise self._at.misplaced()
        self._at.closed = first, self._at.place
        self._at.take()
        self._at.bars -= 1
        return self._applied(opening, "abs", inner)

    def _function(self, function: Word) -> Part:
        """Read a function with its arguments; sin^2(x) and sin x are other ways of writing sin(x)^2
        and sin(x).
        """
        at, first = self._at, self._at.place - 1
        raised = (
            self._raised_function(function, first)
            if at.here.kind == "raised" or at.here.text == "^"
            else None
        )
        begin = at.place
        if at.here.text == "{" and function.text in rules.FUNCTIONS:
            result = self._applied(function, function.text, self._braced())
        else:
            result = self._call(function) if at.here.text == "(" else self._bare(function, first)
        if raised is None:
            return result
        if at.here.text == "^" or at.here.kind == "raised":
            raise at.two(
                at.typed(first, at.end_of_product()),
                at.wrap(first, at.place),
                at.wrap(begin, at.end_of_product()),
                first,
            )
        return self._applied(function, "**", result, raised)

    def _raised_function(self, function: Word, first: int) -> Part:
        """Read the power of a function that stands before its argument."""
        at, name, word = self._at, function.text, self._at.take()
        text = word.text
        if word.kind != "raised":
            begin = at.place
            is_closed = at.here.text in ("{", "(")
            at.place = (
                at.closes(begin) + 1 if is_closed else begin + 1 + (at.here.text in ("-", "+"))
            )
            at.place = min(at.place, len(at.words) - 1)
            text = "".join(each.text for each in at.words[begin + is_closed : at.place - is_closed])
        if text == "-1" and f"arc{name}" in rules.FUNCTIONS:
            end = at.closes(at.place) if at.here.text in ("(", "{") else at.place
            argument = (
                at.text[at.here.end : at.words[end].at]
                if end > at.place
                else at.text[at.here.at : at.here.end]
            )
            whole = at.words[first].at, at.words[end].end
            one, other = (
                readings.splice(at.text, (*whole, f"{each}({argument.strip()})"), within=whole)
                for each in (f"arc{name}", f"1/{name}")
            )
            raise readings.two(at.text, word.at, at.typed(first, at.place), one, other)
        if not re.fullmatch(r"0*[1-9][0-9]*", text):
            raise at.refusal(
                word,
                f"the power of {name} must be a whole number here, as in {name}^2(x)",
                f"or write ({name}(x))^y",
            )
        return _integer(text)

    def _bare(self, function: Word, first: int) -> Part:
        """Read a function of one name or number without parentheses."""
        at, begin, argument = self._at, self._at.place, self._at.here
        is_simple = argument.kind in ("number", "variable", "constant") and not argument.is_new_line
        if function.text not in rules.FUNCTIONS or not is_simple:
            raise at.refusal(
                function, f"{function.text} needs parentheses, as in {function.text}(x)"
            )
        inner = self._operand()
        is_sign = at.text[at.words[first].at] in "√∛"
        binds = (
            at.here.text == "^"
            or at.here.kind == "raised"
            or (at.here.text in ("*", "/") and not is_sign)
        )
        if binds or self._at.is_factor():
            opened = at.glue(begin, "(")
            times = [] if binds else [at.glue(at.place, "*")]
            one, other = (
                [opened, (at.words[end - 1].end,) * 2 + (")",)]
                for end in (begin + 1, at.end_of_product())
            )
            raise at.two(
                at.typed(first, at.end_of_product()),
                [*one, *times],
                [other[0], *times, other[1]],
                first,
            )
        return self._applied(function, function.text, inner)

    def _call(self, function: Word) -> Part:
        name, opening = function.text, self._at.take()
        is_choice, outer = name in ("where", "piecewise"), self._is_condition
        self._is_condition = False
        arguments = self._group(
            opening, ")", self._cases if is_choice else lambda: self._arguments(function)
        )
        self._is_condition = outer
        if is_choice:
            return self._chosen(function, arguments)
        least, most, wanted = _COUNTS[name in rules.FUNCTIONS, name in rules.EXTREMES]
        if not least <= len(arguments) <= most:
            raise self._at.refusal(function, f"{name} has {len(arguments)} here and takes {wanted}")
        return self._applied(function, "**" if name == "pow" else name, *arguments)

    def _arguments(self, function: Word) -> list[Part]:
        arguments, decimal = [self._sum()], 0
        while self._at.here.text == ",":
            decimal = self._at.place if self._at.is_decimal(self._at.place) else decimal
            self._at.take()
            arguments.append(self._sum())
        if decimal and function.text in rules.EXTREMES and len(arguments) > 2:
            raise self._at.decimal(decimal)
        return arguments

    def _cases(self) -> list[Part]:
        """Read what where and piecewise choose from: condition, value, condition, value, ..., the
        value for the rest.

        Or the pairs of sympy: (value, condition), (value, condition), ..., (value, True).
        """
        at = self._at
        if self._is_pair():
            cases: list[Part] = []
            while True:
                one, condition = self._group(at.take(), ")", self._pair)
                cases += [one] if condition.name == "True" else [condition, one]
                if condition.name == "True" or at.here.text != ",":
                    return cases
                at.take()
                if at.here.text != "(":
                    raise at.refusal(at.here, "a pair (value, condition) must come here")
        cases = [self._condition()]
        while at.here.text == ",":
            at.take()
            cases.append(self._condition() if len(cases) % 2 == 0 else self._sum())
        return cases

    def _is_pair(self) -> bool:
        """Say whether a parenthesis here holds a comma of its own."""
        depth = 0
        for word in self._at.words[self._at.place : self._at.closes(self._at.place)]:
            depth += (word.text in OPENING) - (word.text in CLOSING)
            if depth == 1 and word.text == "," and self._at.here.text == "(":
                return True
        return False

    def _pair(self) -> tuple[Part, Part]:
        one = self._sum()
        if self._at.here.text != ",":
            raise self._at.misplaced()
        self._at.take()
        if self._at.here.text == "True":
            return one, Part(self._at.take().text)
        return one, self._condition()

    def _chosen(self, function: Word, cases: list[Part]) -> Part:
        """Make nested parts of where."""
        if len(cases) < 3 or len(cases) % 2 == 0 or (function.text == "where" and len(cases) != 3):
            wanted = (
                "where(x > 0, x, 0)"
                if function.text == "where"
                else "piecewise(x < 0, -x, x < 1, x, 1)"
            )
            raise self._at.refusal(
                function,
                f"{function.text} takes conditions, values and a last value, as in {wanted}",
            )
        *pairs, result = cases
        for index in range(len(pairs) - 2, -1, -2):
            if not rules.is_condition(pairs[index].name):
                raise self._at.refusal(
                    function,
                    (
                        f"{function.text} needs a comparison such as x > 0 before each value "
                        "but the last"
                    ),
                )
            result = self._applied(function, "where", pairs[index], pairs[index + 1], result)
        return result

    def _condition(self) -> Part:
        """Read a comparison, or the last value, which has none; the arithmetic in it is the
        same.
        """
        outer, self._is_condition = self._is_condition, True
        result = self._either()
        self._is_condition = outer
        return result

    def _either(self) -> Part:
        left = self._both()
        while self._at.here.text == "or":
            left = self._joined(self._at.take(), left, self._both())
        return left

    def _both(self) -> Part:
        left = self._compared()
        while self._at.here.text == "and":
            left = self._joined(self._at.take(), left, self._compared())
        return left

    def _joined(self, word: Word, *conditions: Part) -> Part:
        if any(not rules.is_condition(each.name) for each in conditions):
            raise self._at.refusal(
                word, f"{word.text} stands between comparisons, as in x > 0 and y > 0"
            )
        return self._applied(word, word.text, *conditions)

    def _compared(self) -> Part:
        """Read a comparison; in a chain such as 0 < x < 1 each holds."""
        at = self._at
        if at.here.text == "not":
            self._deeper()
            result = self._joined(at.take(), self._compared())
            self._depth -= 1
            return result
        first = at.here
        sides, signs = [self._sum()], list[str]()
        while at.here.text in rules.RELATIONS:
            signs.append(at.take().text)
            sides.append(self._sum())
        return self._applied(first, " ".join(signs), *sides) if signs else sides[0]


def _integer(text: str) -> Part:
    """Make the part of a whole number; a negative one is what a sign makes of it."""
    size = text.lstrip("+-")
    number = Part(size, constant=float(size))
    return parts.apply("negative", number) if text.startswith("-") else number
