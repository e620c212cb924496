"""Formulas on the films: where their glyphs stand, and what is loaded for them."""

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from optirace.drawing.raster import formulas
from optirace.errors import InvalidValueError

SHOWN = runpy.run_path(str(Path(__file__).with_name("make_formulas.py")))["shown"]()


def gaps(one, other):
    """Return how far apart the glyphs and rules of two layouts are, in ems; they must be the same
    ones.
    """
    assert [glyph[0] for glyph in one.glyphs] == [glyph[0] for glyph in other.glyphs]
    assert [glyph[2] for glyph in one.glyphs] == [glyph[2] for glyph in other.glyphs]
    numbers = [
        [each.width, *(value for glyph in each.glyphs for value in (glyph[1], *glyph[3:]))]
        for each in (one, other)
    ]
    rules = [[value for rule in each.rules for value in rule] for each in (one, other)]
    return np.abs(np.diff(numbers, axis=0)).max(), np.abs(np.diff(rules, axis=0)).max(initial=0.0)


@pytest.mark.parametrize("mathtext", SHOWN)
def test_what_is_stored_is_what_matplotlib_says(mathtext):
    assert mathtext in formulas.STORED.read_text().replace("\\\\", "\\"), (
        "python tests/make_formulas.py stores it"
    )
    assert max(gaps(formulas.parsed(mathtext), formulas.layout(mathtext))) < 1e-3


@pytest.mark.parametrize(
    "mathtext",
    [r"\eta = 0.10\quad \beta = 0.90", r"\eta = 0.05", r"\beta = 0.999", r"\eta = 12345"],
)
def test_a_row_of_numbers_is_set_as_matplotlib_sets_it(mathtext):
    assert max(gaps(formulas.parsed(mathtext), formulas.layout(mathtext))) < 3e-3


def test_a_formula_of_somebody_else_is_parsed():
    assert formulas.parsed(r"\frac{x}{2}") == formulas.layout(r"\frac{x}{2}")
    with pytest.raises(InvalidValueError, match="must be mathtext"):
        formulas.layout(r"\frac{x}")


def test_a_formula_is_as_large_as_asked_for_and_stands_on_its_baseline():
    for size in (20.0, 80.0):
        coverage, baseline = formulas.raster(r"\theta_1", size)
        assert 0.9 * size < coverage.shape[0] + 0.2 * size < 1.2 * size
        assert 0.6 * size < baseline < 0.8 * size
        assert coverage[:baseline].max() == 255


def test_a_fraction_has_its_rule_between_its_parts():
    coverage, _ = formulas.raster(r"\frac{1}{2}", 100.0)
    is_rule = (coverage == 255).all(axis=1)
    where = np.flatnonzero(is_rule)
    assert 3 <= len(where) <= 12
    assert 0.3 < where.mean() / len(coverage) < 0.7


CODE = """
import sys
from optirace import cli
words = ["--size", "480x270", "--quiet", "--lr", "0.05"]
assert cli.main(["render", "--surface", "{surface}", "-o", {path!r}, *words]) == 0
print("matplotlib" in sys.modules)
import matplotlib.figure, matplotlib.ft2font as later
from optirace.look import fonts
figure = matplotlib.figure.Figure()
figure.text(0.1, 0.5, "$x^2$")
figure.savefig({path!r})
print(isinstance(fonts.font("DejaVuSans"), later.FT2Font))
"""


INTERRUPTED = """
import enum, sys
create = enum.EnumType._create_
def creating(*arguments, **named):
    enum.EnumType._create_ = create
    raise KeyboardInterrupt
enum.EnumType._create_ = creating
try:
    from optirace.look import fonts
except (KeyboardInterrupt, ImportError):  # the library makes the second of the first
    print("interrupted")
from optirace.look import fonts
print(fonts.font("DejaVuSans").family_name)
"""


def test_an_interrupt_in_a_notebook_leaves_no_library_for_fonts_half_made():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False
    )
    assert (0, "interrupted\nDejaVu Sans\n", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("surface", "is_loaded"), [("ackley", False), ("x^2 + 3*y^2", True)])
def test_a_film_of_our_own_surfaces_does_without_the_rest_of_matplotlib(
    surface, is_loaded, tmp_path
):
    code = CODE.format(surface=surface, path=str(tmp_path / "a.png"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [str(is_loaded), "True"] == done.stdout.split()
