"""A table in so many columns: nothing that is a number or an outcome is ever cut."""

import itertools
import math
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich import cells

import optirace
from optirace import catalogue, optimizers
from optirace.racing import sweeps
from optirace.settings import plugins, specs
from optirace.text import columns, explanation, sweep_table, tables
from optirace.text.columns import Said, Words

WIDTHS = st.integers(20, 300)
NUMBERS = st.one_of(
    st.floats(allow_subnormal=True),
    st.builds(
        lambda digits, power, sign: sign * digits * 10.0**power,
        st.floats(1, 10),
        st.integers(-300, 299),
        st.sampled_from((1, -1)),
    ),
    st.sampled_from(
        [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-300, -1e300, 0.1, 90.0, 1e15, 123456.5]
    ),
)
LABELS = st.text(
    st.one_of(
        st.sampled_from("abcXYZ _-+|<>*[]0159"),
        st.sampled_from("\u901f\u5ea6\uff21\u03b7\u00e9e\u0301o\u0308\U0001f600\u0e01\u0e33\u05d0"),
    ),
    min_size=1,
    max_size=30,
).filter(lambda text: text.isprintable() and text.strip())
OUTCOMES = st.one_of(
    st.sampled_from(["descending", "oscillating", "stuck", "climbing"]),
    st.builds(
        "{} at {}".format, st.sampled_from(["converged", "diverged"]), st.integers(0, 1_000_000)
    ),
)
RACERS = st.lists(
    st.tuples(LABELS, *[NUMBERS] * 6, st.integers(0, 1_000_000), OUTCOMES), min_size=1, max_size=12
)


class Standings:
    """A table as a race's is, of any numbers."""

    def __init__(self, racers):
        self.racers = racers

    def words(self):
        rows = [
            [
                label,
                Said("{}", (lr,), aside=" (suggested)"),
                "beta1=0.9 beta2=0.999 eps=1e-08",
                Said("{}, {}", (theta1, theta2), digits=4),
                Said("{}", (loss,)),
                Said("{} at {}", (best, step), digits=4),
                Said("{}", (tail,), digits=4),
                outcome,
            ]
            for label, lr, theta1, theta2, loss, best, tail, step, outcome in self.racers
        ]
        return Words(tables._STANDINGS, rows, [*range(len(rows))])


def roundings(value):
    """Return every form that a number may have: rounded to 1 to 6 significant digits."""
    return (
        {f"{value:.{digits}g}" for digits in range(1, 7)}
        if isinstance(value, float)
        else {str(value)}
    )


def widest(text):
    return max(map(columns.cells_of, text.splitlines()))


@settings(max_examples=300, deadline=None)
@given(RACERS, WIDTHS, st.booleans())
def test_whatever_the_width_every_number_is_whole_and_every_outcome_too(racers, width, is_ascii):
    told: Any = Standings(racers)
    text = tables.drawing(told, theme=None, width=width, is_ascii=is_ascii)
    assert widest(text) <= width
    assert "\u2026" not in text
    body = text.partition("--wide shows")[0]
    flat = " ".join(body.split())
    at = 0
    for label, lr, theta1, theta2, loss, best, tail, step, outcome in racers:
        # A racer's numbers come behind its label and before its outcome, which is whole; a long
        # label is broken, never cut.
        squeezed = re.sub(r"\s", "", label)
        end = flat.index(outcome, at)
        row = flat[at : end + len(outcome)]
        assert squeezed in re.sub(r"\s", "", row)
        allowed = set().union(
            *map(roundings, (lr, theta1, theta2, loss, best, tail, step)), {"0.9", "0.999", "1e-08"}
        )
        told = re.sub(r"\s", "", row).partition(squeezed)[2]
        numbers = row[len(row) - len(row.lstrip()) :].rpartition(outcome)[0]
        shown = [
            word.rstrip(",")
            for word in numbers.split()
            if re.fullmatch(r"[-+]?(\d[\d.e+-]*|inf|nan),?", word)
        ]
        inside = set(label.split())
        assert all(
            word in allowed or word in inside or word.rstrip(",") in squeezed for word in shown
        ), (shown, told)
        assert roundings(loss) & set(shown)
        at = end + len(outcome)


@settings(max_examples=100, deadline=None)
@given(RACERS)
def test_who_asks_for_everything_gets_each_racer_on_one_line(racers):
    told: Any = Standings(racers)
    lines = tables.drawing(told, theme=None).splitlines()[3:-1]
    assert len(racers) == len(lines)
    for line, (*_, outcome) in zip(lines, racers, strict=True):
        assert line.endswith(outcome)
        assert "beta1=0.9 beta2=0.999 eps=1e-08" in line


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["sgd", "adam", "momentum", "rmsprop", "lion"]), min_size=1, max_size=12
    ),
    WIDTHS,
)
def test_the_numbers_of_a_race_are_those_of_its_json(names, width):
    told = optirace.table(optirace.race(optimizers=names, steps=30, lr=0.11))
    text = tables.drawing(told, theme=None, width=width)
    flat = " ".join(text.split())
    for racer in told.data()["racers"]:
        outcome = (
            racer["outcome"]
            if racer["at_step"] is None
            else f"{racer['outcome']} at {racer['at_step']}"
        )
        assert roundings(racer["final"]["loss"]) & set(flat.split())
        assert outcome in flat


@pytest.mark.parametrize("width", range(20, 301, 7))
def test_a_sweep_a_course_and_a_list_fit_too(width):
    swept = sweeps.run(
        specs.race(shared={}, steps=60), lr=[0.001, 0.0123456, 0.1, 3.0], beta=[0.5, 0.9]
    )
    for told in (
        sweep_table.Ranges(swept),
        tables.table(optirace.race(steps=20), 10),
        catalogue.listing("surfaces", plugins.SHIPPED),
    ):
        text = tables.drawing(told, theme=None, width=width)
        assert widest(text) <= width
        words = set(text.replace(",", " ").split())
        data = told.data()
        for racer in data.get("racers", ()):
            if racer["converges_from"] is not None:
                assert roundings(racer["converges_from"]) & words
        for row in data.get("rows", ()):
            assert roundings(row["loss"]) & words
        for entry in data.get("surfaces", ()):
            assert all(f"{each:g}" in words for each in entry["start"])


def test_at_80_columns_the_readmes_table_is_rows_with_every_digit_of_the_loss():
    lines = tables.drawing(optirace.table(optirace.race()), theme=None, width=80).splitlines()
    momentum = next(line for line in lines if "Momentum" in line)
    assert "1.63162e-08" in momentum
    assert momentum.endswith("converged at 104")
    assert 4 == sum(line[1:2] in "\u25cf\u25a0\u25b2\u25c6" for line in lines if line[1:2].strip())


def test_columns_come_back_one_by_one_as_there_is_room():
    table = optirace.table(optirace.race())
    gone = [
        {
            *" ".join(
                tables.drawing(table, theme=None, width=width).partition("--wide shows")[2].split()
            )
            .partition(": ")[2]
            .split(", ")
        }
        for width in range(60, 200)
    ]
    assert all(more >= fewer for more, fewer in itertools.pairwise(gone))
    assert {"settings", "final theta", "best loss", "tail loss"} == gone[0]
    assert {"settings"} == gone[-1]
    assert "settings" in tables.drawing(table, theme=None)
    assert "--wide shows one more column: settings" in tables.drawing(table, theme=None, width=199)
    assert "--wide shows more columns: settings, " in " ".join(
        tables.drawing(table, theme=None, width=60).split()
    )


@given(NUMBERS, st.integers(1, 17), st.integers(1, 6))
def test_a_number_has_at_least_as_many_digits_as_asked_for_and_is_never_longer_for_having_fewer(
    value, digits, most
):
    text = columns.number(value, digits, most)
    assert text in {f"{value:.{each}g}" for each in range(min(digits, most), most + 1)}
    assert len(text) <= len(f"{value:.{most}g}")


@given(st.text(max_size=30))
def test_a_terminals_columns_are_counted_as_rich_counts_them(text):
    plain = "".join(
        each for each in text if each.isprintable() and unicodedata.category(each)[0] in "LNPSZ"
    )
    odd = [each for each in plain if cells.cell_len(each) != columns.cells_of(each)]
    assert not [each for each in odd if unicodedata.category(each) not in ("So", "Lo", "Lm", "Sk")]


@given(st.text("ab c1.e-+/\u901f", max_size=80), st.integers(12, 60), st.integers(0, 6))
def test_wrapped_words_keep_every_letter_and_the_width(text, width, indent):
    lines = columns.wrapped(text, width, " " * indent)
    assert "".join(text.split()) == "".join("".join(lines).split())
    if not any(len(word) > width - indent for word in text.split()):
        assert max(map(columns.cells_of, lines), default=0) <= width or "\u901f" in text


@pytest.mark.parametrize(
    "line",
    [
        "ok       packages    contourpy 1.3.3, gmpy2 2.3.2, imageio 2.38.1, matplotlib 3.11.2",
        "sha256    cfdf1331e19a0d0c6b65ceaf2643ada3a5ea54601c5924ccf6d21600bda2f9f9",
        (
            "  v = beta*v + (1-beta)*g   the running average of the gradients, from 0: what "
            "alternates cancels"
        ),
    ],
)
def test_a_long_line_goes_on_below_where_its_last_part_began(line):
    for width in range(20, 120):
        lines = columns.refolded(line, width)
        assert all(len(each) <= width or len(each.split()[-1]) == 64 for each in lines)
        assert line.split() == " ".join(lines).split()


@settings(max_examples=60, deadline=None)
@given(
    WIDTHS,
    st.sampled_from([*optimizers.OPTIMIZERS]),
    st.sampled_from(["bowl", "rosenbrock", "eggholder", "x^2 + 3*y^4"]),
)
def test_an_explanation_wraps_at_words(width, rule, surface):
    race = specs.race(surface=specs.surface(surface), texts=[rule], shared={})
    told = explanation.explain(race, width)
    assert explanation.explain(race, 100_000).split() == told.split()
    longest = max(len(word) for word in told.split())
    for line in told.splitlines():
        assert (
            len(line) <= width
            or line.startswith("    optirace ")
            or len(line.split()) == 1
            or longest > width // 2
        )
    assert all(len(line) <= 100 for line in explanation.explain(race).splitlines())
