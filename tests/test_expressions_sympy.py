"""Four hundred formulas have the value and the gradient that sympy finds for what they mean."""

import math
from pathlib import Path

import mpmath
import numpy as np
import pytest

from optirace.surfaces import formula as expressions

sympy = pytest.importorskip("sympy", reason="sympy is in the dev extra")

# Only texts of this repository are given to sympy, which runs them.
CORPUS = [
    line.replace("\\n", "\n").split("\t")
    for line in (Path(__file__).parent / "data" / "formulas.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if "\t" in line and not line.startswith("#")
]
POINTS = [(0.73, -0.41), (-1.31, 0.87), (1.62, 1.19)]
X, Y = sympy.symbols("x y", real=True)


def real_root(base, degree):
    return sympy.sign(base) * sympy.Abs(base) ** sympy.Rational(1, degree)


def known(text):
    """Return functions of value and derivatives, to 30 digits."""
    names = {"x": X, "y": Y, "real_root": real_root}
    formula = sympy.sympify(text, locals=names)
    results = [formula, formula.diff(X), formula.diff(Y)]
    results = [
        each.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0)) for each in results
    ]  # no point is on a jump
    together = sympy.lambdify((X, Y), results, modules="mpmath")

    def numbers(x, y):
        with mpmath.workdps(30):
            return [float(each) for each in together(mpmath.mpf(x), mpmath.mpf(y))]

    return numbers


def test_the_corpus_has_four_hundred_formulas():
    assert 400 <= len({typed for typed, _ in CORPUS})


@pytest.mark.parametrize("part", range(10))
def test_value_and_gradient_are_those_of_sympy(part):
    compared = 0
    for typed, meant in CORPUS[part::10]:
        surface, judge = expressions.surface(typed), known(meant)
        for point in POINTS:
            with np.errstate(all="ignore"):
                ours = [float(each) for each in (surface.value(*point), *surface.gradient(*point))]
            theirs = judge(*point)
            assert theirs == pytest.approx(ours, rel=1e-10, abs=1e-11), typed
            compared += math.isfinite(ours[0])
    assert compared > 100
