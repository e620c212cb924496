r"""Formulas as papers, programs and other languages have them: read, or refused with what to
type.
"""

import re
import unicodedata

import numpy as np
import pytest

from optirace.errors import InvalidValueError
from optirace.surfaces import formula
from optirace.surfaces.formula import hints


def refused(text):
    with pytest.raises(InvalidValueError) as caught:
        formula.surface(text)
    return caught.value


@pytest.mark.parametrize(
    "around", ["{}", "${}$", "$${}$$", r"\[{}\]", r"\({}\)", " $ {} $ ", "\\[\n{}\n\\]"]
)
@pytest.mark.parametrize("law", ["", "f(x,y) = ", r"\mathcal{L}(x, y) = "])
def test_a_formula_between_the_signs_of_mathematics_is_the_formula(around, law):
    assert formula.surface(around.format(f"{law}x^2 + 3y")).expression == "theta1^2 + 3*theta2"


@pytest.mark.parametrize(
    "text", ["$x^2", "x^2$", "$$x^2$", r"\[x^2\)", r"\(x^2", "$x$ + $y$", "$$", "$ $", r"\[\]"]
)
def test_signs_of_mathematics_that_are_no_pair_about_a_formula_are_refused(text):
    refused(text)


def test_the_mark_stands_under_the_same_place_between_signs_of_mathematics():
    for text in ("$x^2 + foo$", r"\[x^2 + foo\]"):
        problem = refused(text)
        shown, mark = problem.__notes__[0].split("\n")
        assert shown[mark.index("^") :].startswith("foo")
        assert problem.at == text.index("foo")


@pytest.mark.parametrize(
    "head",
    [
        "lambda x, y: ",
        "lambda x,y:",
        "f = lambda x, y: ",
        "lambda x: ",
        "def f(x, y): return ",
        "def loss(x, y):\n    return ",
    ],
)
def test_a_function_of_python_in_one_line_is_its_formula(head):
    assert formula.surface(f"{head}x**2 + 10*y**2").expression == "theta1^2 + 10*theta2^2"


@pytest.mark.parametrize(
    "head", ["lambda y, x: ", "lambda a, b: ", "lambda x, y, z: ", "def f(y, x): return "]
)
def test_a_function_of_others_than_the_variables_in_their_order_is_refused(head):
    assert "must be the variables in their order, such as (x, y)" in str(refused(f"{head}x**2 + y"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"\frac12", "1/2"),
        (r"\frac12 x", "1/2*theta1"),
        (r"\frac 1 2 x", "1/2*theta1"),
        (r"\frac{1}2 x", "1/2*theta1"),
        (r"\frac1{12} x", "1/12*theta1"),
        (r"\frac x{2}", "theta1/2"),
        (r"\frac\pi2 y", "pi/2*theta2"),
        (r"\tfrac12(x^2 + y^2)", "1/2*(theta1^2 + theta2^2)"),
        ("x.^2 + 2.*y.^2", "theta1^2 + 2.*theta2^2"),
        ("x.*y./2", "theta1*theta2/2"),
        ("Math.pow(x, 2) + Math.PI", "theta1^2 + pi"),
    ],
)
def test_short_fractions_of_latex_and_operators_of_other_languages_are_read(text, read):
    surface = formula.surface(text)
    assert surface.expression == read
    again = formula.surface(read.replace("theta1", "x").replace("theta2", "y"))
    assert np.isclose(surface.value(1.3, 0.7), again.value(1.3, 0.7), rtol=1e-15, atol=0.0)


@pytest.mark.parametrize(
    "text",
    [
        r"\frac123",
        r"\frac12.5",
        r"\frac1",
        r"\frac",
        r"\frac1.5 x",
        r"\frac x_1 2",
        r"\frac x2",
        r"\frac-12",
    ],
)
def test_a_short_fraction_that_is_not_plain_is_refused(text):
    refused(text)


def test_what_is_to_be_typed_for_a_name_of_another_language_is_a_formula():
    for name, hint in hints._NAMES.items():
        problem = str(
            refused(f"{name} x + y" if name in {"\\left", "\\right"} else f"{name}(x) + y")
        )
        assert problem.endswith(f"name {name!r}: unknown; write {hint}")
        calls = re.findall(r"(?:1/)?\w+\([^()]*\)|x\^2(?: \+ 10\*y\^2)?", hint)
        for call in calls:
            if not call.startswith("f("):
                assert formula.surface(call).expression


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("\u0445^2 + y^2", "write x, for this letter is the Cyrillic one"),
        ("x^2 + \u0443^2", "write y, for this letter is the Cyrillic one"),
        ("½x^2", "write (1/2)"),
        ("x^⅔", "write (2/3)"),
        ("x\N{FULLWIDTH PLUS SIGN}y", "write +"),
        ("\N{FULLWIDTH LATIN SMALL LETTER X}^2", "write x"),
        ("[x + 1]^2", "write parentheses, ( and )"),
        (r"\sqrt[4]{x}", "write x^(1/4) for a fourth root"),
        ("‖x‖^2", "write sqrt(x^2 + y^2) for a norm"),
        (r"\|x\|^2", "write sqrt(x^2 + y^2) for a norm"),
        ("x^2 # bowl", "write nothing after the formula"),
        ("x : 2", "write / to divide"),
        ("ε x", "use numbers, names, + - * / ^ ( ), |x| and the commas between arguments"),
    ],
)
def test_a_character_that_has_no_place_is_refused_with_what_to_type_for_it(text, hint):
    assert str(refused(text)).endswith(f"is not allowed in a formula; {hint}")


def test_every_character_that_means_one_of_ascii_is_named_by_it():
    for code in range(0x80, 0x10000):
        mark = chr(code)
        plain = unicodedata.normalize("NFKC", mark)
        if len(plain) == 1 and plain.isascii() and plain.isprintable() and plain != " ":
            assert hints.of_character(mark, 0) == plain


def test_every_decimal_comma_is_mended_at_once():
    assert "write 1.5*x^2 + 2.5*y for a decimal point," in str(refused("1,5*x^2 + 2,5*y"))
    assert "write max(1.5, 2.5, x)" in str(refused("max(1,5, 2,5, x)"))
