"""Says what to type for a name or a character that other languages, papers and programs have, and a
formula here has not.
"""

from __future__ import annotations

import unicodedata

_NAMES = (
    {
        "tg": "tan(x)",
        "tgh": "tanh(x)",
        "sen": "sin(x)",
        "senh": "sinh(x)",
        "sh": "sinh(x)",
        "ch": "cosh(x)",
        "th": "tanh(x)",
    }
    | {"arctg": "arctan(x)", "atg": "arctan(x)", "arcsen": "arcsin(x)", "asen": "arcsin(x)"}
    | dict.fromkeys(("cot", "ctg", "cotg", "cotan"), "1/tan(x)")
    | {
        "sec": "1/cos(x)",
        "csc": "1/sin(x)",
        "cosec": "1/sin(x)",
        "lg": "log10(x) or log2(x), for it has both readings",
    }
    | {
        "square": "x^2",
        "norm": "sqrt(x^2 + y^2)",
        "linalg": "sqrt(x^2 + y^2)",
        "\\lVert": "sqrt(x^2 + y^2)",
    }
    | dict.fromkeys(("sum", "\\sum", "prod", "\\prod"), "every term out, such as x^2 + 10*y^2")
    | dict.fromkeys(("if", "\\begin"), "where(x > 0, x, 0) for cases, or the formula alone")
    | dict.fromkeys(
        ("\\theta", "theta", "\\vartheta", "\\vec", "\\mathbf", "\\boldsymbol", "\\bm", "θ", "w"),
        "theta1 and theta2",
    )
    | dict.fromkeys(("\\left", "\\right"), "parentheses, ( and )")
    | dict.fromkeys(("return", "def", "lambda", "import"), "the formula alone")
    | {"\\mapsto": "f(x, y) = before the formula, or nothing"}
)

_LETTERS = dict(zip("хХуУеЕ", "xXyYeE", strict=True))  # noqa: RUF001 - the Cyrillic ones, on the keys where others have x and y

_SIGNS = (
    {
        "[": "parentheses, ( and )",
        "]": "parentheses, ( and )",
        "‖": "sqrt(x^2 + y^2) for a norm",
        ":": "/ to divide",
    }
    | {
        "∑": "every term out, such as x^2 + 10*y^2",
        "%": "nothing after the formula",
        "#": "nothing after the formula",
    }
    | {
        ";": "nothing after the formula",
        "?": "where(x > 0, x, y) for a choice",
        "&": "and between two conditions",
    }
    | dict.fromkeys("\"'`", "no quotation marks")
)


def of_name(name: str) -> str:
    """Return what to write for a name, or nothing."""
    return _NAMES.get(name, "")


def of_character(text: str, at: int) -> str:
    """Return what to write for the character at a place, or nothing.

    >>> of_character("½x", 0), of_character("+", 0)
    ('(1/2)', '')
    """
    mark = text[at]
    if text.startswith("\\|", at):
        return _SIGNS["‖"]
    if mark == "[" and text[:at].endswith("\\sqrt"):
        return "x^(1/4) for a fourth root"
    if mark in _LETTERS:
        return f"{_LETTERS[mark]}, for this letter is the Cyrillic one"
    plain = unicodedata.normalize("NFKC", mark).replace("\N{FRACTION SLASH}", "/")
    if plain != mark and plain.isascii() and plain.isprintable() and plain.strip():
        return f"({plain})" if len(plain) > 1 else plain
    return _SIGNS.get(mark, "")
