"""Writes a formula out again, in plain text and in mathtext, in the order in which it was typed."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from optirace.surfaces.formula import rules

if TYPE_CHECKING:
    from optirace.surfaces.formula.parts import Part

EITHER, BOTH, COMPARED, SUM, PRODUCT, SIGNED, POWER, ATOM = range(8)
"""How tightly a written part holds together: as an operand of a tighter one it needs
parentheses.
"""

TIGHTNESS = (
    {"or": EITHER, "and": BOTH, "not": COMPARED}
    | dict.fromkeys(rules.RELATIONS, COMPARED)
    | {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "negative": SIGNED, "**": POWER}
)
SPACED = {
    "and": r"\wedge",
    "or": r"\vee",
    "<": "<",
    ">": ">",
    "<=": r"\leq",
    ">=": r"\geq",
    "==": "=",
    "!=": r"\neq",
}
"""What joins two conditions, or two numbers to one, in mathtext."""


NAMES = {"x": r"\theta_1", "y": r"\theta_2", "pi": r"\pi", "e": "e"}
POWERED = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "ln")
"""Functions whose powers are written before their argument."""

MOST_LEGIBLE = 80
"""Parts of a formula that fit into a film's header."""

MOST_NESTED = 4
"""Roots, fractions and the like one inside the other that a header is high enough for; thirty
overflow matplotlib's stack.
"""


def plain(part: Part, least: int = EITHER) -> str:
    """Write a part in plain text, in parentheses if it holds together less tightly than asked; it
    reads back the same.
    """
    operands = part.parts
    if not operands:
        return {"x": "theta1", "y": "theta2"}.get(part.name, part.name)
    tightness = _tightness(part.name)
    if part.name == "not":
        text = f"not {plain(operands[0], COMPARED)}"
    elif tightness == COMPARED:
        text = _joined(part.name.split(), [plain(each, SUM) for each in operands])
    elif tightness < COMPARED:
        text = f"{plain(operands[0], tightness)} {part.name} {plain(operands[1], tightness + 1)}"
    elif tightness == SUM:
        text = f"{plain(operands[0], SUM)} {part.name} {plain(operands[1], PRODUCT)}"
    elif tightness == PRODUCT:
        left = plain(operands[0], PRODUCT)
        if part.name == "/" and re.search(r"\^-+1$", left):  # x^-1/2 has two readings
            left = f"({left})"
        text = f"{left}{part.name}{plain(operands[1], SIGNED)}"
    elif tightness == SIGNED:
        text = f"-{plain(operands[0], SIGNED)}"
    elif tightness == POWER:
        text = f"{plain(operands[0], ATOM)}^{_exponent(operands[1])}"
    else:
        text = f"{part.name}({', '.join(map(plain, operands))})"
    return text if tightness >= least else f"({text})"


def _tightness(name: str) -> int:
    return TIGHTNESS.get(name, COMPARED if rules.is_condition(name) else ATOM)


def _joined(signs: list[str], sides: list[str]) -> str:
    """Write a chain of comparisons."""
    return " ".join(
        [sides[0], *(f"{sign} {side}" for sign, side in zip(signs, sides[1:], strict=True))]
    )


def _exponent(part: Part) -> str:
    """Write an exponent, in parentheses where a person might read it otherwise: x^(1)/2,
    x^(y^2).
    """
    text = plain(part, SIGNED)
    return f"({text})" if text == "1" or "^" in text.partition("(")[0] else text


def mathtext(part: Part) -> str:
    """Write a formula in mathtext, without the dollar signs; one that is too long or too high for a
    header becomes f.
    """
    text = _math(part)
    turns = (
        1 if mark in ("{", r"\left") else -1 for mark in re.findall(r"[{}]|\\left|\\right", text)
    )
    nested = max(itertools.accumulate(turns), default=0)
    return (
        text if _count(part) <= MOST_LEGIBLE and nested <= MOST_NESTED else r"f(\theta_1, \theta_2)"
    )


def _count(part: Part) -> int:
    return 1 + sum(map(_count, part.parts))


def _math(part: Part, least: int = EITHER, *, is_small: bool = False) -> str:
    text, tightness = _written(part, is_small=is_small)
    return text if tightness >= least else _in_parentheses(text)


def _in_parentheses(text: str) -> str:
    return rf"\left({text}\right)" if r"\frac" in text else f"({text})"


def _second(part: Part, least: int, *, is_small: bool) -> str:
    """Write the right operand of an operator, where a sign needs parentheses."""
    text = _math(part, least, is_small=is_small)
    return _in_parentheses(text) if text.startswith("-") else text


def _written(part: Part, *, is_small: bool) -> tuple[str, int]:
    """Return a part's mathtext and how tightly it holds together; a fraction in small print is a
    slash.
    """
    name, operands = part.name, part.parts
    if not operands:
        return _leaf(name)
    if rules.is_condition(name):
        return _condition(name, operands, is_small=is_small)
    if name in ("+", "-"):
        return (
            (
                f"{_math(operands[0], SUM, is_small=is_small)} {name} "
                f"{_second(operands[1], PRODUCT, is_small=is_small)}"
            ),
            SUM,
        )
    if name == "*":
        left, right = (
            _math(operands[0], PRODUCT, is_small=is_small),
            _second(operands[1], SIGNED, is_small=is_small),
        )
        is_e = re.search(r"(?<![a-z])e$", left) and right.startswith(("(", r"\left("))
        is_dotted = (
            right[0].isdigit() or right[0] == "." or " / " in left or is_e
        )  # x / 2\,y and e(x) have two readings
        if right.startswith(("e", r"\pi")):
            left = re.sub(r"\^(\w)$", r"^{\1}", left)  # x^2 e has two readings
        return left + (r" \cdot " if is_dotted else r"\,") + right, PRODUCT
    if name == "/" and is_small:
        return (
            (
                f"{_math(operands[0], PRODUCT, is_small=True)} / "
                f"{_second(operands[1], SIGNED, is_small=True)}"
            ),
            PRODUCT,
        )
    if name == "/":
        return (
            rf"\frac{{{_math(operands[0], is_small=True)}}}{{{_math(operands[1], is_small=True)}}}",
            POWER,
        )
    if name == "negative":
        return f"-{_second(operands[0], SIGNED, is_small=is_small)}", SIGNED
    if name == "**":
        return _raised(*operands, is_small=is_small), POWER
    return _called(name, [_math(each, is_small=is_small) for each in operands]), ATOM


def _called(name: str, inner: list[str]) -> str:
    if name in ("sqrt", "cbrt"):
        return rf"\{'sqrt' if name == 'sqrt' else 'sqrt[3]'}{{{inner[0]}}}"
    if name == "abs":
        return rf"\left|{inner[0]}\right|"
    return _function(name) + _in_parentheses(", ".join(inner))


def _condition(name: str, operands: tuple[Part, ...], *, is_small: bool) -> tuple[str, int]:
    if name == "not":
        return rf"\neg {_math(operands[0], COMPARED, is_small=is_small)}", COMPARED
    tightness = _tightness(name)
    if tightness == COMPARED:
        sides = [_math(each, SUM, is_small=is_small) for each in operands]
        return _joined([SPACED[sign] for sign in name.split()], sides), COMPARED
    left, right = (
        _math(operands[0], tightness, is_small=is_small),
        _math(operands[1], tightness + 1, is_small=is_small),
    )
    return f"{left} {SPACED[name]} {right}", tightness


def _raised(base: Part, exponent: Part, *, is_small: bool) -> str:
    index = _math(exponent, is_small=True)
    index = (
        index
        if base.variables and len(index) == 1 and index.isdigit() and index != "1"
        else f"{{{index}}}"
    )
    is_whole = not exponent.parts and exponent.name.isdigit() and exponent.constant
    if base.name in POWERED and base.parts and is_whole:
        argument = _in_parentheses(_math(base.parts[0], is_small=is_small))
        return rf"{_function(base.name)}^{index}{argument}"
    return f"{_math(base, ATOM, is_small=is_small)}^{index}"


FUNCTIONS = {"atan": r"\arctan", "log10": r"\log_{10}", "log2": r"\log_2", "sigmoid": r"\sigma"}
SET = (
    "sin",
    "cos",
    "tan",
    "exp",
    "log",
    "ln",
    "sinh",
    "cosh",
    "tanh",
    "arctan",
    "arcsin",
    "arccos",
    "min",
    "max",
)
"""The functions that mathtext has a name for."""


def _function(name: str) -> str:
    return FUNCTIONS.get(name, rf"\{name}" if name in SET else rf"\operatorname{{{name}}}")


def _leaf(name: str) -> tuple[str, int]:
    mantissa, _, exponent = name.lower().partition("e")
    if name in NAMES or not exponent:
        return NAMES.get(name, name), ATOM
    power = f"10^{{{int(exponent)}}}"
    return (power, POWER) if mantissa == "1" else (rf"{mantissa} \cdot {power}", PRODUCT)
