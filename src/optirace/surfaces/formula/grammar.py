"""Reads a formula that a person typed, or points at the place where it stops being one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optirace.errors import InvalidValueError
from optirace.surfaces.formula import readings, words
from optirace.surfaces.formula.cursor import Cursor
from optirace.surfaces.formula.reader import Reader
from optirace.surfaces.formula.words import Word

if TYPE_CHECKING:
    from optirace.surfaces.formula.parts import Part

LONGEST = 1000
"""Characters.

With the next, and `reader.DEEPEST`, it bounds every recursion, and so the time and memory of any
formula.
"""

MOST_WORDS = 300
"""Numbers, names and signs."""

_LAW = re.compile(
    r"\s*(?P<name>\\?[A-Za-z]+|\\mathcal(?:\{[A-Z]\}|\s*[A-Z]))\s*"
    r"(?:(?:\\left)?\((?P<of>[^()]*?)(?:\\right)?\))?\s*:?=(?![=>])\s*"
)
"""What may stand before a formula: L =, f(x, y) =."""


_CODE = re.compile(
    r"\s*(?:(?:(?:const |let |var )?\s*[A-Za-z_]\w*\s*=\s*)?"
    r"(?:lambda\s+([^:()]*):|@\s*\(([^()]*)\)|\(([^()]*)\)\s*=>|([A-Za-z]\w*)\s*=>)"
    r"|def\s+[A-Za-z_]\w*\s*\(([^()]*)\)\s*:\s*return\b)\s*"
)
"""What stands before it in Python, Matlab and JavaScript: lambda x, y:, def f(x, y): return, @(x,
y), (x, y) =>.
"""

_MATH = re.compile(r"(\s*)(?:(\$\$?)([^$]*)(\2)|(\\\[)(.*)(\\\])|(\\\()(.*)(\\\)))(\s*)", re.DOTALL)
"""A formula as a paper has it, between the signs that begin and end mathematics in LaTeX."""

_DEFINITION = re.compile(r",(?:\s|\\[ ,;:]|\\q?quad(?![A-Za-z]))*(?P<name>[A-Za-z])\s*=(?!=)")
"""What may stand after it: , r = sqrt(x^2 + y^2)."""

_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec)\{([^{}]*)\}")

VECTORS = ("", "theta", "\\theta", "θ", "w", "W", "X")
"""What both variables together may be called there: L(w) =."""


def parse(text: str) -> Part:
    """Read a formula of x and y: with the priorities of Python, and in the other ways in which
    people write one.

    It is taken apart word by word here: Python's own parser and compiler never see it. Raises
    InvalidValueError of one line, with a note of two: the formula, and a mark under the place. What
    has two readings is refused with both.
    """
    if len(text) > LONGEST:
        raise InvalidValueError(
            "surface",
            f"has {len(text)} characters",
            value=text,
            shown=readings.short(text),
            hint=f"a formula has at most {LONGEST}",
        )
    if found := _MATH.fullmatch(text):  # blanks instead: every place stays
        text = "".join(
            " " * len(part) if part in ("$", "$$", "\\[", "\\]", "\\(", "\\)") else part
            for part in found.groups("")
        )
    begin, end = _after_law(text), len(text.rstrip())
    defined = _definitions(text, begin)
    begins = [begin, *(each.end() for each in defined.values())]
    ends = [*(each.start() for each in defined.values()), end]
    read, *meanings = [
        [*words.read(text, first, last, () if index else defined)]
        for index, (first, last) in enumerate(zip(begins, ends, strict=True))
    ]
    if not read:
        raise readings.refusal(
            text, 0 if not text.strip() else ends[0], "must be a formula such as x**2 + 10*y**2"
        )
    sizes = dict(zip(defined, map(len, meanings), strict=True))
    if (size := sum(sizes.get(word.text, 1) for word in read)) > MOST_WORDS:
        at = read[min(MOST_WORDS, len(read) - 1)].at
        raise readings.refusal(
            text, at, f"has {size} numbers, names and signs", f"a formula has at most {MOST_WORDS}"
        )
    _check_names(text, [word for side in (read, *meanings) for word in side])
    known = {
        name: Reader(Cursor(text, [*side, Word("end", "", last, last)])).formula()
        for name, side, last in zip(defined, meanings, ends[1:], strict=True)
    }
    return Reader(Cursor(text, [*read, Word("end", "", ends[0], ends[0])]), known).formula()


def _definitions(text: str, begin: int) -> dict[str, re.Match[str]]:
    """Find what stands after a formula, such as `, r = x - y`, by the name that it defines."""
    found: dict[str, re.Match[str]] = {}
    for each in _DEFINITION.finditer(text, begin):
        if each["name"] in words.VARIABLES or each["name"] in words.CONSTANTS:
            continue
        if each["name"] in found:
            raise readings.refusal(text, each.start("name"), f"{each['name']} is defined twice")
        found[each["name"]] = each
    return found


def _after_law(text: str) -> int:
    """Return where the formula begins after `L =` or `f(x, y) =`."""
    if code := _CODE.match(text):
        _check_order(text, code[code.lastindex or 0], code.start(code.lastindex or 0))
        return code.end()
    law = _LAW.match(text)
    if law is None:
        return 0
    if law["name"] in words.VARIABLES:
        raise readings.refusal(
            text,
            law.start("name"),
            "is an equation",
            "write what the loss is, such as L = x^2 + 10*y^2",
        )
    _check_order(text, law["of"] or "", law.start("of"))
    return law.end()


def _check_order(text: str, of: str, at: int) -> None:
    """Refuse what a formula is said to depend on, unless it is the variables in their order, or
    both as one.
    """
    of = _BOLD.sub(r"\1", of).strip()
    named = [words.VARIABLES.get(each.strip(), ("", ""))[1] for each in of.split(",")]
    if of not in VECTORS and named not in (["x"], ["y"], ["x", "y"]):
        raise readings.refusal(
            text, at, f"({of}): must be the variables in their order, such as (x, y)"
        )


def _check_names(text: str, read: list[Word]) -> None:
    """Refuse two ways of naming the variables in one formula, and what does not say which of the
    two it means.
    """
    names = [word for word in read if word.text in words.VARIABLES]
    families = {words.VARIABLES[word.text][0]: word for word in reversed(names)}
    indexed = [
        word for word in names if words.VARIABLES[word.text][0] == "x1" and word.text[-1] != "]"
    ]
    second = next((word for word in indexed if words.VARIABLES[word.text][1] == "y"), None)
    if families.keys() == {"x", "x1"} and second:
        is_raised = any(re.match(r"\s*(?:\^|\*\*|[⁰-⁹²³])", text[word.end :]) for word in indexed)
        one, other = (
            readings.splice(
                text,
                *(
                    (word.at, word.end, {"x": "x", "y": y}[words.VARIABLES[word.text][1]])
                    for word in indexed
                ),
            )
            for y in ("y", "(x^2)" if is_raised else "x^2")
        )
        raise readings.two(
            text, second.at, f"{second.text!r} beside {families['x'].text!r}", one, other
        )
    if len(families) > 1:
        one, other = sorted(families, key=lambda family: families[family].at)[:2]
        problem = f"{families[one].text} and {families[other].text} name the variables in two ways"
        raise readings.refusal(
            text,
            families[other].at,
            problem,
            f"write {words.FAMILIES[one]} alone, or {words.FAMILIES[other]} alone",
        )
    if names and {word.text[-3:] for word in names} == {"[1]"}:
        one, other = (
            readings.splice(
                text, *((word.at, word.end, f"{word.text[:-3]}{number}") for word in names)
            )
            for number in (1, 2)
        )
        raise readings.two(text, names[0].at, repr(names[0].text), one, other)
