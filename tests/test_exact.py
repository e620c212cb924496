"""Numbers that are the same on every machine."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import gmpy2
import mpmath
import numpy as np
import pytest
from numpy._core import _multiarray_umath as core  # type: ignore[attr-defined]

from optirace.numerics import correctly_rounded
from optirace.numerics.correctly_rounded import Exact
from optirace.surfaces import SURFACES

NP: Any = np  # whose types know nothing of Exact
GENERATOR = np.random.default_rng(11)
ANYWHERE = np.concatenate(
    [
        GENERATOR.normal(0, 3, 150),
        GENERATOR.uniform(-40, 40, 100),
        10.0 ** GENERATOR.uniform(-300, 2, 50),
    ]
)
TRUTH = {
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "arctan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "exp": mpmath.exp,
    "exp2": lambda x: mpmath.power(2, x),
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": mpmath.log10,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
}
DOMAINS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("log", "log1p", "log2", "log10"), np.abs),
    **dict.fromkeys(
        ("arcsin", "arccos", "arctanh"), lambda points: points / (1.0 + np.abs(points))
    ),
    "arccosh": lambda points: 1.0 + np.abs(points),
}
"""What leads numbers into where a function is real."""

SPECIALS = [
    (np.log, 0.0, -np.inf),
    (np.log, -0.0, -np.inf),
    (np.log, -1.0, np.nan),
    (np.log, np.inf, np.inf),
    (np.log1p, -1.0, -np.inf),
    (np.log1p, -2.0, np.nan),
    (np.exp, 1000.0, np.inf),
    (np.exp, -1000.0, 0.0),
    (np.exp, -745.0, 5e-324),
    (np.exp, -np.inf, 0.0),
    (np.sinh, -1e308, -np.inf),
    (np.tanh, np.inf, 1.0),
    (np.arctan, -np.inf, -np.pi / 2),
    (np.sin, np.inf, np.nan),
    (np.cos, np.nan, np.nan),
    (np.sin, -0.0, -0.0),
    (np.log2, 0.0, -np.inf),
    (np.log10, -1.0, np.nan),
    (np.cbrt, -8.0, -2.0),
    (np.cbrt, -0.0, -0.0),
    (np.arcsin, 1.5, np.nan),
    (np.arccos, 1.0, 0.0),
    (np.arccosh, 0.5, np.nan),
    (np.arctanh, 1.0, np.inf),
    (np.arctanh, -2.0, np.nan),
]


def bits(values):
    return np.asarray(values, np.float64).tobytes()


@pytest.mark.parametrize("name", TRUTH)
def test_an_elementary_function_is_correctly_rounded(name):
    points = DOMAINS.get(name, np.positive)(ANYWHERE)
    with mpmath.workdps(400):
        expected = [float(TRUTH[name](mpmath.mpf(point))) for point in points.tolist()]
    assert expected == getattr(np, name)(Exact(points)).value.tolist()


def test_every_elementary_function_is_held_against_the_truth():
    assert {each.__name__ for each in correctly_rounded.ELEMENTARY} == set(TRUTH)


@pytest.mark.parametrize("ufunc", correctly_rounded.ELEMENTARY)
def test_a_number_alone_and_one_in_an_array_get_the_same_bits(ufunc):
    grid = ANYWHERE.reshape(20, 15)
    alone = [ufunc(Exact(point)).value for point in grid.ravel()]
    assert all(type(value) is np.float64 for value in alone)
    assert (20, 15) == ufunc(Exact(grid)).value.shape
    assert bits(alone) == bits(ufunc(Exact(grid)).value)


@pytest.mark.parametrize(("ufunc", "point", "expected"), SPECIALS)
def test_the_edges_of_a_function_are_values_and_no_warning(ufunc, point, expected):
    for value in (ufunc(Exact(np.float64(point))).value, ufunc(Exact(np.array([point]))).value[0]):
        assert bits(expected) == bits(value) or (np.isnan(expected) and np.isnan(value))


@pytest.mark.parametrize("ufunc", correctly_rounded.ARITHMETIC)
@pytest.mark.parametrize("is_array", [False, True])
def test_arithmetic_has_numpys_bits(ufunc, is_array):
    pairs = (
        [(ANYWHERE, ANYWHERE[::-1])]
        if is_array
        else list(zip(ANYWHERE, ANYWHERE[::-1], strict=True))
    )
    with np.errstate(all="ignore"):
        for x, y in pairs:
            plain, numbers = (
                ((x,), (Exact(x),)) if ufunc.nin == 1 else ((x, y), (Exact(x), Exact(y)))
            )
            assert bits(ufunc(*plain)) == bits(ufunc(*numbers).value)


def test_operators_take_plain_numbers_on_either_side():
    x = Exact(np.float64(0.3))
    assert [2.3, 1.7, 0.6, 2.0 / 0.3, -0.3] == [
        each.value for each in (2.0 + x, 2.0 - x, 2 * x, 2.0 / x, -x)
    ]
    assert [0.3 / 0.7, 1.0] == [each.value for each in (x / np.float64(0.7), np.float64(0.7) + x)]
    assert [True, False, True] == [x > 0, x == 1.0, np.isfinite(x)]
    assert [1.0, 0.0] == (np.array([0.7, -0.3]) + x).value.tolist()


@pytest.mark.parametrize(
    ("exponent", "expected"), [(1, 0.7), (2, 0.7 * 0.7), (3.0, 0.7 * 0.7 * 0.7)]
)
def test_a_whole_power_is_a_product(exponent, expected):
    assert expected == (Exact(np.float64(0.7)) ** exponent).value


@pytest.mark.parametrize("exponent", [-2, 0.5, 17, 2.5, 0])
def test_any_other_power_is_correctly_rounded(exponent):
    points = np.abs(ANYWHERE[:250])
    with mpmath.workdps(100):
        expected = [float(mpmath.power(mpmath.mpf(point), exponent)) for point in points.tolist()]
    assert expected == (Exact(points) ** exponent).value.tolist()
    assert expected == [(Exact(point) ** exponent).value for point in points]


def test_a_number_may_be_the_exponent():
    assert 8.0 == NP.power(2.0, Exact(np.float64(3.0))).value
    assert np.isnan(NP.power(Exact(np.float64(-8.0)), 1 / 3).value)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("deg2rad", np.deg2rad),
        ("add", np.add.reduce),
        ("sin", lambda x: np.sin(x, where=True)),
        ("max", np.max),
        ("sum", np.sum),
    ],
)
def test_what_may_differ_between_machines_is_refused_by_name(name, call):
    with pytest.raises(
        TypeError, match=rf"^{name}\b.*: not among the functions that are rounded alike"
    ):
        call(Exact(np.float64(0.5)))


def test_a_callers_own_precision_changes_nothing():
    expected = np.sin(Exact(np.float64(0.7))).value
    with gmpy2.context(precision=20, round=gmpy2.RoundUp, trap_divzero=True):
        assert expected == np.sin(Exact(np.float64(0.7))).value
        assert -np.inf == np.log(Exact(np.float64(0.0))).value


def test_arithmetic_alone_needs_no_wrapping():
    def plain(x, y):
        return np.sqrt(np.absolute(x)) / np.maximum(y, 1.0) - x * y, -x

    assert plain is correctly_rounded.rounded(plain)


@pytest.mark.parametrize(
    "formula",
    [lambda x, y: x + np.exp(y), lambda x, y: x * y**3, lambda x, _: np.where(x > 0, x, 0.0)],
)
def test_a_formula_that_needs_more_is_noticed(formula):
    assert not correctly_rounded.is_arithmetic(formula)


def test_a_wrapped_formula_takes_and_gives_plain_numbers():
    value, slopes = (
        correctly_rounded.rounded(lambda x, y: np.sin(x) * y),
        correctly_rounded.rounded(lambda x, y: (np.cos(x) * y, 1.0)),
    )
    assert type(value(np.float64(0.5), np.float64(2.0))) is np.float64
    assert float(mpmath.sin(0.5)) * 2.0 == value(np.float64(0.5), np.float64(2.0))
    assert (2.0, 1.0) == slopes(np.float64(0.0), np.float64(2.0))


def python(code, **settings):
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | settings,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout


def test_a_race_on_the_bowl_loads_no_mpfr():
    code = (
        "import optirace, sys; optirace.table(optirace.race()).text('json'); print('gmpy2' in "
        "sys.modules)"
    )
    assert "False" == python(code).strip()


CATALOGUE = """
import optirace
from optirace import surfaces
from optirace.racing import engine
from optirace.text import tables as report
from optirace.optimizers import OPTIMIZERS

for surface in surfaces.SURFACES.values():
    rules = [kind(lr=surface.lr.get(name, 0.1)) for name, kind in OPTIMIZERS.items()]
    racers = [engine.Racer(rule.label, rule, row % 12) for row, rule in enumerate(rules)]
    for some in (racers[:12], racers[12:]):
        race = engine.Race(surface=surface, racers=tuple(some), start=surface.start, steps=50)
        result = engine.run(race)
        print(surface.minimum, report.table(result).text("json"))
        print(report.table(result, every=1).data())
print(optirace.table(optirace.race(noise=0.5, seed=7, lr_schedule="warmup:20:cosine")).text("json"))
"""

LIBRARY_FUNCTIONS = """
import math
import numpy as np

points = np.random.default_rng(3).uniform(-20.0, 20.0, 50_000)
for name in ("sin", "cos", "exp", "tanh", "sinh"):
    exact = tuple(map(getattr(math, name), points.tolist()))
    print(name, hash(getattr(np, name)(points).tobytes()), hash(exact))
"""


def settings():
    """Return environments that take the vector units from numpy and from the C library, as older
    machines lack them.
    """
    optional = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
    without = [
        {"NPY_DISABLE_CPU_FEATURES": " ".join(optional[index:])} for index in range(len(optional))
    ]
    return [
        *without,
        {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable,-AVX512F"},
    ]


def test_a_choice_between_numbers_is_exact_and_what_asks_for_more_is_left_alone():
    def folded(x, y):
        return np.where(x < y, np.sin(x), np.cos(y))

    x, y = np.array([0.1, 0.9]), np.array([0.5, 0.5])
    assert correctly_rounded.rounded(folded) is not folded
    assert [float(mpmath.sin(0.1)), float(mpmath.cos(0.5))] == correctly_rounded.rounded(folded)(
        x, y
    ).tolist()

    def worn(x, y):
        return np.max(np.sin(x)) + y

    assert worn is correctly_rounded.rounded(worn)


@pytest.mark.slow
def test_the_whole_catalogue_has_the_same_bytes_whatever_the_cpu_can_do():
    usual = python(CATALOGUE)
    assert 2 * len(SURFACES) + 1 == usual.count('"surface": {')
    for setting in settings():
        assert usual == python(CATALOGUE, **setting), setting


@pytest.mark.slow
@pytest.mark.skipif(
    not [each for each in settings() if "GLIBC_TUNABLES" not in each],
    reason="this CPU has nothing to take away",
)
def test_numpys_own_functions_do_change_with_the_cpu():
    seeded = {"PYTHONHASHSEED": "0"}
    assert 1 < len(
        {python(LIBRARY_FUNCTIONS, **seeded, **setting) for setting in [{}, *settings()]}
    )


def test_the_angle_of_a_point_is_correctly_rounded_in_every_quadrant():
    one, other = ANYWHERE[:150], ANYWHERE[150:]
    with mpmath.workdps(400):
        expected = [
            float(mpmath.atan2(mpmath.mpf(a), mpmath.mpf(b)))
            for a, b in zip(one.tolist(), other.tolist(), strict=True)
        ]
    assert expected == NP.arctan2(Exact(one), Exact(other)).value.tolist()
    assert expected[0] == NP.arctan2(Exact(one[0]), Exact(other[0])).value
    assert 0.0 == NP.arctan2(Exact(np.float64(0.0)), 0.0).value


def test_the_larger_of_two_numbers_ignores_one_that_is_none():
    assert (
        1.0
        == NP.fmax(Exact(np.float64(np.nan)), Exact(np.float64(1.0))).value
        == NP.fmin(Exact(np.float64(1.0)), np.nan).value
    )
