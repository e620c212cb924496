"""Splits a formula into numbers, names and signs, however they are written, and says what is none
of them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from optirace.errors import InvalidValueError, did_you_mean
from optirace.surfaces.formula import hints, parts, readings, rules

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

Kind: TypeAlias = Literal[
    "number", "variable", "constant", "function", "sign", "raised", "unknown", "end"
]

FAMILIES = {"x": "x and y", "theta1": "theta1 and theta2", "x1": "x1 and x2", "w1": "w1 and w2"}
"""The ways of naming the two variables; a formula keeps to one of them."""

_INDEXED = {
    f"{letter}{index}": (family, variable)
    for family, letters in (
        ("theta1", ("theta", "\\theta", "θ")),
        ("x1", ("x", "X")),
        ("w1", ("w", "W")),
    )
    for letter in letters
    for number, variable in ((1, "x"), (2, "y"))
    for index in (number, f"_{number}", f"_{{{number}}}", "₁₂"[number - 1], f"[{number - 1}]")
}
VARIABLES = {name: ("x", name.lower()) for name in "xyXY"} | _INDEXED
"""The family of each spelling of a variable, and which one it means.

In brackets one counts from 0, as Python does.
"""

CONSTANTS = {"pi": "pi", "Pi": "pi", "PI": "pi", "π": "pi", "\\pi": "pi", "e": "e", "E": "e"}

CALLED = (*rules.FUNCTIONS, *rules.EXTREMES, *rules.PAIRED, "pow", "where", "piecewise")
"""The functions by the names that are shown; an alias is another spelling of one."""

ALIASES = (
    {
        "asin": "arcsin",
        "acos": "arccos",
        "asinh": "arcsinh",
        "acosh": "arccosh",
        "atanh": "arctanh",
        "atan2": "arctan2",
    }
    | {
        "arsinh": "arcsinh",
        "arcosh": "arccosh",
        "artanh": "arctanh",
        "absolute": "abs",
        "fabs": "abs",
        "sgn": "sign",
    }
    | {
        "minimum": "min",
        "maximum": "max",
        "power": "pow",
        "expit": "sigmoid",
        "logistic": "sigmoid",
    }
    | {
        "\\sigma": "sigmoid",
        "√": "sqrt",
        "∛": "cbrt",
        "\\sqrt[3]": "cbrt",
        "log_2": "log2",
        "log_10": "log10",
    }
    | {"log_{2}": "log2", "log_{10}": "log10", "\N{GREEK SMALL LETTER SIGMA}": "sigmoid"}
)
KNOWN = (*VARIABLES, *CONSTANTS, *CALLED, *ALIASES)

_SAME = {
    "^": ("**", ".^"),
    "*": (".*", "⋅", "·", "×", "∙", "∗", "\\cdot", "\\times"),  # noqa: RUF001 - these are what people type
    "/": ("./", "÷", "\\div"),
    "-": ("−", "–"),  # noqa: RUF001 - the minus sign, and the dash that word processors make of it
    "<=": ("≤", "\\leq", "\\le"),
    ">=": ("≥", "\\geq", "\\ge"),
    "!=": ("≠", "\\neq", "\\ne"),
    "==": ("=",),
    "<": ("\\lt",),
    ">": ("\\gt",),
    "and": ("∧", "\\wedge", "\\land"),
    "or": ("∨", "\\vee", "\\lor"),  # noqa: RUF001 - the sign of logic
    "not": ("¬", "\\neg", "\\lnot"),
    "|": ("\\vert",),
    "|(": ("\\left|", "\\lvert", "\\left\\lvert", "\\left\\vert"),
    ")|": ("\\right|", "\\rvert", "\\right\\rvert", "\\right\\vert"),
    "\\frac": ("\\dfrac", "\\tfrac"),
}
SIGNS = {spelling: sign for sign, spellings in _SAME.items() for spelling in spellings}
"""Other spellings of signs."""

SPELLINGS = (*SIGNS, "<=", ">=", "==", "!=", *"+-*/^(),<>|{}", "\\frac")
"""Every way of writing a sign."""

RAISED = dict(zip("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789", strict=True))

_FUNCTIONS = [name for name in (*CALLED, *ALIASES) if name.isascii() and not name.startswith("\\")]
_LOGIC = ("and", "or", "not", "True")

_WORD = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<variable>(?:\\?theta|[θxXwW])(?:_?[12]|_\{[12]\}|[₁₂]|\[[01]\])"
    r"(?![0-9_₀-₉]|(?!theta)[A-Za-z](?![_\[{]?[12₁₂]))"
    r"|[xyXY](?![A-Za-z0-9_₀-₉\[]))"
    r"|(?P<blank>(?:[ \t\r\n\u00a0\u2009\u202f]|\\[,;:! ]|\\\r?\n"
    r"|\\q?quad(?![a-z])|\\(?:left|right)(?=[()])"
    r"|\\[bB]igg?[lrm]?(?=[()|])|\\displaystyle(?![a-z]))+)"
    r"|(?P<name>(?:(?:numpy|np|jnp|math|Math|cmath|torch|tf|sympy|sp|F)\."
    r"(?:nn\.functional\.|math\.|nn\.)?(?=[A-Za-z]))?"
    r"(?:log_(?:2|10|\{2\}|\{10\})|[A-Za-z]+(?:[0-9]+p?)?)(?![A-Za-z0-9_₁₂])"
    r"|\\(?:operatorname|mathrm|text)\{[A-Za-z0-9]+\}"
    r"|\\(?:(?:left|right|[bB]igg?[lr]?)\s*(?:[\[\]]|\\[{}])|[{}]"
    r"|left(?:\||\\[lr]?vert)|right(?:\||\\[lr]?vert)"
    r"|sqrt\[3\]|log_(?:2|10|\{2\}|\{10\})|[A-Za-z]+)|[√∛πσ])"
    r"|(?P<sign><=|>=|==|!=|\*\*|\.[*/^]|[-+*/^(),<>|{}"
    rf"{re.escape(''.join(name for name in SIGNS if len(name) == 1))}])"
    rf"|(?P<raised>[{''.join(RAISED)}]+)"
    r"|(?P<unknown>[A-Za-z_θ][A-Za-z0-9_]*)"
)
_NUMERATOR = re.compile(r"(?P<variable>[xyXY])(?=[xyXY](?![A-Za-z0-9_]))")
"""The first letter of what LaTeX divides in frac xy."""

_TEN_FIRST = re.compile(r"10\^\{(-?[0-9]+)\}")


@dataclass(frozen=True, slots=True)
class Word:
    """A number, name or sign, as this program writes it, and where it stands."""

    kind: Kind
    text: str
    at: int
    end: int
    """Where what was typed ends."""

    is_new_line: bool = False
    """Whether a line ends before it."""


def read(text: str, start: int, stop: int, defined: Container[str] = ()) -> Iterator[Word]:
    """Yield the words of a formula from one place up to another; raises InvalidValueError for what
    is none.

    A name that is defined after the formula is a variable.
    """
    at, is_new_line = start, False
    before = earlier = Word("end", "", start, start)
    while at < stop:
        ten = _TEN_FIRST.match(text, at, stop)
        found = (earlier.text == "\\frac" and _NUMERATOR.match(text, at, stop)) or _WORD.match(
            text, at, stop
        )
        if found is None:
            hint = hints.of_character(text, at)
            allowed = (
                f"write {hint}"
                if hint
                else "use numbers, names, + - * / ^ ( ), |x| and the commas between arguments"
            )
            raise readings.refusal(text, at, f"{text[at]!r} is not allowed in a formula", allowed)
        kind, end = found.lastgroup or "", (ten or found).end()
        if kind == "blank":
            is_new_line |= "\n" in found.group()
        else:
            typed = f"1e{int(ten[1])}" if ten else found.group()
            word = _word(text, kind, typed, at, end, is_new_line=is_new_line)
            if kind == "number":
                _check_number(text, word, found.group())
            if word.kind == "unknown" and word.text in defined:
                word = replace(word, kind="variable")
            if word.kind == "unknown":
                raise _unknown(text, word, earlier, before)
            yield word
            before, earlier, is_new_line = earlier, word, False
        at = end


def _word(text: str, kind: str, found: str, at: int, end: int, *, is_new_line: bool) -> Word:
    if kind == "name":
        return Word(*_named(found), at, end, is_new_line)
    if kind == "sign":
        return Word("sign", SIGNS.get(found, found), at, end, is_new_line)
    if kind == "raised":
        exponent = "".join(map(RAISED.__getitem__, found))
        if not re.fullmatch(r"[+-]?[0-9]+", exponent):
            raise readings.refusal(
                text, at, f"{found!r} is not an exponent", "write one such as ² or ⁻¹"
            )
        return Word("raised", exponent, at, end, is_new_line)
    return Word(kind, found, at, end, is_new_line)  # type: ignore[arg-type]  # number, variable and unknown are kinds


def _named(found: str) -> tuple[Kind, str]:
    """Return what a name is; one of a module means what it means there."""
    if found in SIGNS or found == "\\frac" or found in _LOGIC:
        return "sign", SIGNS.get(found, found)
    if re.fullmatch(r"\\(?:left|right|[bB]igg?[lr]?)?\s*\\?[\[\]{}]", found):
        return "sign", "(" if found[-1] in "[{" else ")"
    upright = re.fullmatch(r"\\(?:operatorname|mathrm|text)\{(.*)\}", found)
    name = (upright[1] if upright else found).rpartition(".")[2]
    if name in CONSTANTS:
        return "constant", CONSTANTS[name]
    small = name if name in ALIASES else name.removeprefix("\\").lower()
    function = ALIASES.get(small, small)
    return ("function", function) if function in CALLED else ("unknown", name)


def _check_number(text: str, word: Word, typed: str) -> None:
    """Refuse what begins as a number and is too large, or may be another one."""
    if math.isinf(float(word.text)):
        raise readings.refusal(
            text, word.at, "this number is too large", "the largest is about 1.8e308"
        )
    if re.match(r"0[xXbBoO][0-9]", text[word.at :]):
        raise readings.refusal(
            text,
            word.at,
            "a number is written with the digits 0 to 9 and a point, such as 16 or 0.5",
        )
    half = _HALF.match(text, word.end)
    if half and "e" not in word.text.lower():
        if not half["digit"]:
            wanted = f"write {typed}*{half['e']}, or a number such as {typed}{half['e']}3"
            raise readings.refusal(text, word.at, f"{typed + half['e']!r} is half a number", wanted)
        product = readings.splice(text, (word.end, half.start("e"), "*"))
        number = readings.splice(text, (half.end("e"), half.start("digit"), half["sign"]))
        raise readings.two(text, word.at, repr(typed + half["e"]), product, number)


_POWER = re.compile(r"\s*(?:\^|\*\*)\s*[0-9]+|[⁰¹²³⁴⁵⁶⁷⁸⁹]+")

_HALF = re.compile(r"(?P<e>[eE])[ \t]*(?:$|(?P<sign>[-+])[ \t]*(?:$|(?P<digit>[0-9])))")
"""A number's exponent that has no digits, or has them after a blank."""


LONGEST_PRODUCT = 12
"""Characters of an unknown name that is taken apart."""

_SPLIT = ("x", "y", "pi", "e", "π", *VARIABLES, *_FUNCTIONS)


def _pieces(name: str) -> list[str]:
    """Split a name into the fewest known ones, or into none; so a long one."""
    if len(name) > LONGEST_PRODUCT:
        return []
    fewest: list[list[str] | None] = [[]]
    for end in range(1, len(name) + 1):
        ways = [
            [*(fewest[end - len(each)] or []), each]
            for each in _SPLIT
            if name[:end].endswith(each) and fewest[end - len(each)] is not None
        ]
        fewest.append(min(ways, key=len, default=None))
    return fewest[-1] or []


def _product(pieces: list[str]) -> str:
    """Write names one after the other as a product; a function takes what follows it."""
    first, *rest = pieces
    if not rest:
        return first
    return f"{first}({_product(rest)})" if first in _FUNCTIONS else f"{first}*{_product(rest)}"


def _ways(name: str, pieces: list[str], *, is_call: bool) -> tuple[str, str] | None:
    """Return both readings of a name that has digits in it, or begins with e: x3, x2y3, e2x, sin2x,
    ex.
    """
    if found := re.fullmatch(rf"({'|'.join(rules.FUNCTIONS)})([0-9]+)([a-zA-Z]+)", name):
        function, digits, rest = found.groups()
        follows = _product(_pieces(rest) or [rest])
        power = "" if f"{function}{digits}" in rules.FUNCTIONS else "^"
        return f"{function}({digits}*{follows})", f"{function}{power}{digits}({follows})"
    if is_call or re.match("x1(?![0-9])", name):
        return None
    if re.fullmatch(r"(?:[xy][0-9]*)+", name) and not name.isalpha():
        factors = re.findall(r"([xy])([0-9]*)", name)
        one, other = (
            "*".join(f"{base}{sign if to else ''}{to}" for base, to in factors) for sign in "^*"
        )
        return one, other
    if found := re.fullmatch(r"([xye])([0-9]+)(.*)", name):
        base, digits, rest = found.groups()
        follows = f"*{_product(_pieces(rest) or [rest])}" if rest else ""
        raised = (
            f"{base}^({digits}{follows})" if base == "e" and rest else f"{base}^{digits}{follows}"
        )
        return raised, f"{base}*{digits}{follows}"
    if pieces[:1] != ["e"] or len(pieces) == 1:
        return None
    follows = _product(pieces[1:])
    return f"e*{follows}", f"e^({follows})" if len(pieces) > 2 else f"e^{follows}"


def _bound(text: str, word: Word, earlier: Word, pieces: list[str]) -> InvalidValueError:
    """Refuse xy after a function, a slash or a power, with or without a number between: it takes
    all of the product, or not.
    """
    between = text[earlier.end : word.at].strip()
    pieces = [between, *pieces] if between else pieces
    power = _POWER.match(text, word.end)
    end, raised = (power.end(), power.group()) if power else (word.end, "")
    first, *rest = pieces
    opening = "(" if earlier.kind == "function" else ""
    one = (earlier.end, end, f"{opening}{first}{')' if opening else ''}*{_product(rest)}{raised}")
    other = (earlier.end, end, f"({_product(pieces)}{raised})")
    subject = readings.short(text[earlier.at : end])
    return readings.two(
        text,
        word.at,
        subject,
        *(readings.splice(text, each, within=(earlier.at, end)) for each in (one, other)),
    )


def _unknown(text: str, word: Word, earlier: Word, before: Word) -> InvalidValueError:
    """Say what an unknown name may be."""
    name, at = word.text, word.at
    if counted := re.fullmatch(r"([xyXYwWθ]|theta)_?0", name):
        letter = {"y": "x", "Y": "X"}.get(counted[1], counted[1])
        wanted = f"{letter}1 and {letter}2 (or write x and y)"
        return readings.refusal(text, at, f"{name!r}: the variables are counted from 1, {wanted}")
    if hint := hints.of_name(name):
        return _refusal(text, at, name, f"write {hint}")
    pieces = _pieces(name)
    is_call = not set(_FUNCTIONS).isdisjoint(pieces)
    if ways := _ways(name, pieces, is_call=is_call):
        one, other = (
            readings.splice(text, (at, word.end, each), within=(at, word.end)) for each in ways
        )
        return readings.two(text, at, readings.short(name), one, other)
    if len(pieces) > 1 and not {"x", "y", *VARIABLES}.isdisjoint(pieces):
        whole = readings.splice(text, (at, word.end, _product(pieces)), within=(at, word.end))
        if is_call:
            return _refusal(text, at, name, f"did you mean {whole}?")
        if earlier.kind == "number":
            earlier = before
        if earlier.text in ("/", "^") or earlier.kind == "function":
            return _bound(text, word, earlier, pieces)
        one_name = f"or another name, if it is one: {name} is unknown"
        return readings.refusal(
            text, at, f"{name!r} has two readings", f"write {whole}, {one_name}"
        )
    if earlier.kind == "number" and earlier.end == at:
        joined = readings.short(text[earlier.at : word.end])
        return readings.refusal(
            text, earlier.at, f"{joined} is not a number", "write numbers such as 2, 0.5 or 1e-3"
        )
    allowed = f"x, y (or theta1, theta2), {', '.join((*parts.CONSTANTS, *CALLED))}"
    near = did_you_mean(name, [each for each in KNOWN if each.isascii()])
    return _refusal(text, at, name, f"{near} use {allowed}".strip())


def _refusal(text: str, at: int, name: str, hint: str) -> InvalidValueError:
    unknown = InvalidValueError(
        "name", "unknown", value=name, shown=readings.short(name), hint=hint
    )
    return readings.refusal(text, at, unknown)
