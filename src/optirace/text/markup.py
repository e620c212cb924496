r"""Writes cells so that Markdown, LaTeX and spreadsheets show them as they are, whatever they
hold.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from optirace.text import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from optirace.text.columns import Cell, Words

WIDEST = 60
"""Characters of a row in LaTeX: less than 11 cm at `\\small`, which a slide has."""

_DIGITS = 3
"""Of a number in LaTeX: a slide is read from afar."""

_CM = 0.14
"""Centimetres that a character of a column of words is given in LaTeX."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!$^@&]|:(?=//|\w+:))")
_BARE_LINK = re.compile(r"(www)\.", re.IGNORECASE)
_BLOCK = re.compile(r"^\s*(\d*)(?=[-+=.)])")
"""What begins a line like a list or a heading, up to the character that makes it one."""

_ASCII = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    # As the first thing of a row, a bracket or an asterisk would belong to the end of the row
    # before.
    **{character: f"{{{character}}}" for character in "[]*`"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
}
_LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=,)(?=,)|(?<=')(?=')")
_GREEK = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi o pi rho "
    "varsigma sigma tau upsilon varphi "
    "chi psi omega"
)
_CAPITALS = "A B Gamma Delta E Z H Theta I K Lambda M N Xi O Pi P - Sigma T Upsilon Phi X Psi Omega"


def _greek() -> Iterator[tuple[str, str]]:
    for first, names in ((0x3B1, _GREEK), (0x391, _CAPITALS)):
        for at, name in enumerate(names.split()):
            yield chr(first + at), name if len(name) == 1 else f"$\\{name}$"


_OTHERS = {
    **dict(_greek()),
    "\N{GREEK THETA SYMBOL}": r"$\vartheta$",
    "\N{GREEK PHI SYMBOL}": r"$\phi$",
    "\N{MICRO SIGN}": r"$\mu$",
    "\N{GREEK LUNATE EPSILON SYMBOL}": r"$\epsilon$",
    "\N{LATIN SMALL LETTER SHARP S}": r"\ss{}",
    "\N{LATIN SMALL LETTER AE}": r"\ae{}",
    "\N{LATIN CAPITAL LETTER AE}": r"\AE{}",
    "\N{LATIN SMALL LIGATURE OE}": r"\oe{}",
    "\N{LATIN SMALL LETTER O WITH STROKE}": r"\o{}",
    "\N{LATIN CAPITAL LETTER O WITH STROKE}": r"\O{}",
    "\N{LATIN SMALL LETTER L WITH STROKE}": r"\l{}",
    "\N{LATIN CAPITAL LETTER L WITH STROKE}": r"\L{}",
    "\N{LATIN SMALL LETTER DOTLESS I}": r"\i{}",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{DIVISION SIGN}": r"$\div$",
    "\N{MIDDLE DOT}": r"$\cdot$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MINUS SIGN}": "$-$",
    "\N{INFINITY}": r"$\infty$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
    "\N{NOT EQUAL TO}": r"$\neq$",
    "\N{ALMOST EQUAL TO}": r"$\approx$",
    "\N{NABLA}": r"$\nabla$",
    "\N{PARTIAL DIFFERENTIAL}": r"$\partial$",
    "\N{RIGHTWARDS ARROW}": r"$\to$",
    "\N{LEFTWARDS ARROW}": r"$\leftarrow$",
    "\N{SQUARE ROOT}": r"$\surd$",
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "\N{RIGHT SINGLE QUOTATION MARK}": "{'}",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{DEGREE SIGN}": r"$^{\circ}$",
    "\N{SECTION SIGN}": r"\S{}",
    "\N{COPYRIGHT SIGN}": r"\copyright{}",
    **{
        chr(code): f"$^{{{digit}}}$"
        for digit, code in enumerate((0x2070, 0xB9, 0xB2, 0xB3, *range(0x2074, 0x207A)))
    },
    **{chr(0x2080 + digit): f"$_{{{digit}}}$" for digit in range(10)},
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0323": "d",
    "\u0331": "b",
}

_FORMULA = re.compile(
    r"\s*[=+\-@\t\r\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH "
    r"HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]"
)
_NUMBER = r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?"
_NUMBERS = re.compile(rf"-|{_NUMBER}(,{_NUMBER})*( {_NUMBER}(,{_NUMBER})*)*")
"""What begins like a formula and is none: `-`, a number, points."""


def spreadsheet(text: str) -> str:
    """Return a text that no spreadsheet runs: an apostrophe stands before what begins like a
    formula, as OWASP advises.

    >>> spreadsheet("=1+1"), spreadsheet("adam"), spreadsheet("-5,3")
    ("'=1+1", 'adam', '-5,3')
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBERS.fullmatch(text) else text


def markdown(text: str) -> str:
    r"""Return a text that Markdown shows as it is: no HTML, link, emphasis, code, mathematics or
    cell of its own.

    >>> markdown("a_b | <i>")
    'a\\_b \\| \\<i\\>'
    """
    return _BARE_LINK.sub(r"\1\\.", _MARKDOWN.sub(r"\\\1", text))


def latex(text: str) -> str:
    r"""Return a text that pdflatex sets in its own fonts; a character that they lack becomes its
    number, `U+901F`.

    >>> latex("a_b <50%>"), latex("\u03b7 = 1"), latex("\u901f")
    ('a\\_b \\textless{}50\\%\\textgreater{}', '$\\eta$ = 1', '\\texttt{U+901F}')
    """
    if text.isascii():
        return "".join(
            _ASCII.get(character, character) for character in _LIGATURES.sub("\0", text)
        ).replace("\0", "{}")
    from unicodedata import normalize  # most labels are ASCII

    told = normalize("NFC", _LIGATURES.sub("\0", text))
    return "".join(_letter(character, normalize("NFD", character)) for character in told).replace(
        "\0", "{}"
    )


def _letter(character: str, parts: str) -> str:
    if character in _OTHERS or character == "\0":
        return _OTHERS.get(character, character)
    base, marks = parts[0], parts[1:]
    if base.isascii() and base.isprintable() and all(mark in _ACCENTS for mark in marks):
        told = _ASCII.get(base, base)
        for mark in marks:
            told = f"\\{_ACCENTS[mark]}{{{told}}}"
        return told
    return rf"\texttt{{U+{ord(character):04X}}}"


def _latex_number(value: object) -> str:
    r"""Write a number as mathematics.

    >>> _latex_number(1.63162e-08), _latex_number(0.1), _latex_number(200)
    ('$1.63 \\times 10^{-8}$', '$0.1$', '$200$')
    """
    if value is None:
        return "{-}"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else r"$\infty$" if value > 0 else r"$-\infty$"
    mantissa, _, exponent = columns.number(value, _DIGITS).partition("e")
    return f"${mantissa} \\times 10^{{{int(exponent)}}}$" if exponent else f"${mantissa}$"


def _latex_cell(cell: Cell, *, wraps: bool = False) -> str:
    if isinstance(cell, str):
        return re.sub(r"(?<=[,=#])(?! )", r"\\allowbreak{}", latex(cell)) if wraps else latex(cell)
    return cell.pattern.format(*map(_latex_number, cell.numbers))


def latex_table(words: Words) -> str:
    r"""Return a table for a slide, with the rules of the package booktabs: what is widest and
    matters least is left out.
    """
    plan = columns.fitted(words, WIDEST, ((_DIGITS, False),))
    needed = [
        at for at, column in enumerate(words.columns) if not column.rank and not column.is_wide
    ]
    places = needed if plan is None else plan.places
    shown = [words.columns[at] for at in places]
    forms = _latex_forms(words, places)
    head = [
        r"% \usepackage{booktabs}" + r" \usepackage{array}" * any(column.wraps for column in shown)
    ]
    head += [r"{\small", rf"\begin{{tabular}}{{@{{}}{''.join(forms)}@{{}}}}", r"\toprule"]
    cells = [
        [_latex_cell(row[at], wraps=words.columns[at].wraps) for at in places] for row in words.rows
    ]
    lines = [" & ".join(latex(column.heading) for column in shown), *map(" & ".join, cells)]
    lines = [rf"{line} \\" for line in lines]
    notes = [rf"\par\smallskip {latex(note)}" for note in [*_asides(words, places), *words.notes]]
    return (
        "\n".join(
            [
                *head,
                lines[0],
                r"\midrule",
                *lines[1:],
                r"\bottomrule",
                r"\end{tabular}",
                *notes,
                r"\par}",
            ]
        )
        + "\n"
    )


def _latex_forms(words: Words, places: Sequence[int]) -> list[str]:
    """Return how each column is set: what wraps shares what the others leave."""
    shown = [words.columns[at] for at in places]
    fixed = sum(
        max(columns.cells_of(columns.plain(row[at])) for row in words.rows)
        for at in places
        if not words.columns[at].wraps
    )
    wide = (WIDEST - fixed) * _CM / max(1, sum(column.wraps for column in shown))
    wrapping = rf">{{\raggedright\arraybackslash}}p{{{wide:.1f}cm}}"
    return [wrapping if column.wraps else "l" if column.is_words else "r" for column in shown]


def _asides(words: Words, places: Sequence[int]) -> Iterable[str]:
    """Yield below the table what its cells have no room for: who has the same aside, and which."""
    for at in places:
        told: dict[str, list[str]] = {}
        for row in words.rows:
            cell = row[at]
            if isinstance(cell, columns.Said) and cell.aside:
                told.setdefault(cell.aside.strip(" ()"), []).append(columns.plain(row[0]))
        for aside, names in told.items():
            yield f"{words.columns[at].heading} {aside}: {', '.join(names)}"


def markdown_table(words: Words) -> str:
    """Return a table of GitHub's Markdown."""
    rows = [[markdown(cell) for cell in row] for row in words.texts()]
    lines = [[column.heading for column in words.columns], ["---"] * len(words.columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "".join(
        f"\n{_paragraph(note)}\n" for note in words.notes
    )


def _paragraph(text: str) -> str:
    return _BLOCK.sub(r"\1\\", markdown(text).lstrip())
