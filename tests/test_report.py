"""The table, in every form."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

import optirace
from optirace.errors import InvalidValueError
from optirace.look.themes import THEMES
from optirace.racing import engine
from optirace.settings import specs
from optirace.surfaces import SURFACES
from optirace.text import tables


@pytest.fixture(scope="module")
def lecture():
    return optirace.race()


@pytest.fixture(scope="module")
def past_the_limit():
    return optirace.race(lr=1e300)


@pytest.fixture(scope="module")
def suggesting():
    return replace(SURFACES["bowl"], lr={"sgd": 0.02})


def test_the_json_table_has_its_documented_form(lecture):
    told = json.loads(optirace.table(lecture).text("json"))
    head = [
        "surface",
        "start",
        "steps",
        "tol",
        "noise",
        "seed",
        "rates_tried",
        "betas_tried",
        "seeds_tried",
    ]
    assert [*head, "minimum", "minimum_from", "minima", "racers"] == list(told)
    assert (0.0, "known", [[0.0, 0.0]]) == (told["minimum"], told["minimum_from"], told["minima"])
    assert {"name": "bowl", "formula": "theta1^2 + 10*theta2^2", "minimum": 0.0} == told["surface"]
    assert ([-5.0, 3.0], 200, 1e-3) == (told["start"], told["steps"], told["tol"])
    keys = [
        "name",
        "label",
        "hyper",
        "lr_from",
        "tuned",
        "lr_schedule",
        "final",
        "best",
        "tail_loss",
        "outcome",
        "at_step",
        "standing",
    ]
    assert [keys] * 4 == [list(racer) for racer in told["racers"]]
    assert [1, 2, 3, 4] == [racer["standing"] for racer in told["racers"]]
    assert {"lr": 0.1, "beta": 0.9, "lr_in": "step", "convention": "average"} == told["racers"][0][
        "hyper"
    ]


def test_the_readme_names_every_key_of_the_json_form(lecture):
    def keys(told):
        if isinstance(told, dict):
            return {
                *told,
                *(key for name, each in told.items() if name != "hyper" for key in keys(each)),
            }
        return {key for each in told for key in keys(each)} if isinstance(told, list) else set()

    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    shape = readme.partition("```json\n")[2].partition("```")[0]
    assert keys(optirace.table(lecture).data()) | {"lr"} == set(re.findall(r'"(\w+)"', shape))


def test_a_suggested_rate_says_so_and_a_given_one_wins(suggesting):
    race = specs.race(
        surface=suggesting, texts=["sgd", "adam", "momentum", "rmsprop:lr=0.3"], shared={}
    )
    told = optirace.table(engine.run(race))
    assert [
        ("sgd", 0.02, "surface"),
        ("adam", 0.1, "rule"),
        ("momentum", 0.1, "rule"),
        ("rmsprop", 0.3, "given"),
    ] == [(racer.optimizer.name, racer.optimizer.lr, racer.lr_from) for racer in race.racers]
    assert "surface" == next(
        racer["lr_from"] for racer in told.data()["racers"] if racer["name"] == "sgd"
    )
    assert 1 == told.text().count("0.02 (suggested)") == told.text().count("(suggested)")
    given = specs.race(surface=suggesting, texts=["sgd"], shared={"lr": 0.3}).racers[0]
    assert (0.3, "given") == (given.optimizer.lr, given.lr_from)


def test_people_are_told_the_form_of_a_rule_only_where_it_is_unusual():
    usual, other = (
        line
        for line in optirace.table(optirace.race(optimizers=["rmsprop", "rmsprop:eps=outside"]))
        .text()
        .splitlines()[3:5]
    )
    assert "beta=0.9 eps=1e-08  " in usual + other
    assert "RMSProp outside  " in usual + other
    assert "beta=0.9 eps=1e-08 convention=outside" in usual + other


def test_json_numbers_are_exact(lecture):
    told = json.loads(optirace.table(lecture).text("json"))
    for racer, trajectory in zip(told["racers"], lecture.standings, strict=True):
        assert trajectory.points[-1].tolist() == racer["final"]["theta"]
        assert trajectory.losses[-1] == racer["final"]["loss"]
        assert (
            trajectory.losses[racer["best"]["step"]]
            == racer["best"]["loss"]
            == trajectory.losses.min()
        )
        assert trajectory.tail_loss == racer["tail_loss"]


def test_csv_numbers_are_exact(lecture):
    rows = list(csv.DictReader(io.StringIO(optirace.table(lecture).text("csv"))))
    assert [each.racer.label for each in lecture.standings] == [row["label"] for row in rows]
    for row, trajectory in zip(rows, lecture.standings, strict=True):
        assert trajectory.points[-1].tolist() == [float(row["theta1"]), float(row["theta2"])]
        assert float(trajectory.losses[-1]) == float(row["loss"])


def test_json_is_valid_when_a_number_is_not_finite(past_the_limit):
    def refuse(word):
        pytest.fail(f"{word} is not JSON")

    told = json.loads(optirace.table(past_the_limit).text("json"), parse_constant=refuse)
    sgd = next(racer for racer in told["racers"] if racer["name"] == "sgd")
    assert sgd["final"]["loss"] is None
    assert ("diverged", 1) == (sgd["outcome"], sgd["at_step"])


def test_every_gives_a_row_for_each_racer_and_nth_step(lecture):
    rows = list(csv.DictReader(io.StringIO(tables.table(lecture, 50).text("csv"))))
    assert 4 * 5 == len(rows)
    assert ["0", "50", "100", "150", "200"] == [
        row["step"] for row in rows if row["name"] == "adam"
    ]
    row = next(row for row in rows if row["name"] == "rmsprop" and row["step"] == "100")
    rmsprop = lecture.trajectories[2]
    assert rmsprop.points[100].tolist() == [float(row["theta1"]), float(row["theta2"])]


def test_rows_after_a_divergence_repeat_nothing():
    result = optirace.race(lr=0.11)
    told = json.loads(tables.table(result, 20).text("json"))
    sgd = [row for row in told["rows"] if row["name"] == "sgd"]
    assert [None] * 9 == [row["loss"] for row in sgd if row["step"] > 39]
    assert all(row["loss"] is not None for row in sgd if row["step"] <= 39)
    plain = tables.table(result, 100).text("rich")
    assert (
        "-"
        in next(line for line in plain.splitlines() if line.split()[:2] == ["SGD", "100"]).split()[
            2:
        ]
    )


@pytest.mark.parametrize("form", tables.FORMATS)
def test_every_form_names_every_racer_and_its_outcome(lecture, form):
    text = optirace.table(lecture).text(form)
    for trajectory in lecture.trajectories:
        assert trajectory.racer.label in text
        assert trajectory.outcome.kind in text
    assert text.endswith("\n")


def test_markdown_is_a_table(lecture):
    lines = optirace.table(lecture).text("markdown").splitlines()
    assert "| --- | --- | --- | --- | --- | --- | --- | --- |" == lines[1]
    assert {9} == {line.count("|") for line in lines}


def test_latex_and_markdown_escape_a_label():
    result = optirace.race(optimizers=["sgd:label=a_b & 50% | #1"])
    assert r"a\_b \& 50\% \textbar{} \#1" in optirace.table(result).text("latex")
    assert r"a\_b \& 50% \| \#1" in optirace.table(result).text("markdown")


def test_a_drawn_table_has_the_markers_and_in_colour_the_racers_colours(lecture):
    told = optirace.table(lecture)
    assert "■" in str(told)
    assert "\x1b" not in str(told)
    red, green, blue = (int(THEMES["dark"].racers[0][at : at + 2], 16) for at in (1, 3, 5))
    assert f"38;2;{red};{green};{blue}m●" in tables.drawing(told, theme=THEMES["dark"])
    assert tables.drawing(told, theme=None, is_ascii=True).isascii()


def test_a_drawn_table_folds_to_a_width(lecture):
    assert (
        max(map(len, tables.drawing(optirace.table(lecture), theme=None, width=80).splitlines()))
        <= 80
    )


def test_the_table_prints_itself(lecture):
    assert (
        optirace.table(lecture).text()
        == str(optirace.table(lecture))
        == repr(optirace.table(lecture))
    )
    assert optirace.table(lecture)._repr_html_().startswith("<pre>")


def test_a_form_that_is_not_there_is_refused(lecture):
    with pytest.raises(InvalidValueError, match="must be one of rich, json"):
        optirace.table(lecture).text("xml")
    with pytest.raises(InvalidValueError, match="every 0"):
        optirace.table(lecture, 0)


def test_the_rest_of_the_numbers_are_finite(lecture):
    for racer in optirace.table(lecture).data()["racers"]:
        assert math.isfinite(racer["final"]["loss"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"noise": 0.5, "seed": 7},
            "Gaussian noise of standard deviation 0.5 on the gradient, seed 7",
        ),
        (
            {"surface": "x^2 - y^4"},
            "the loss has no minimum: gaps are measured from the lowest loss seen",
        ),
        (
            {"surface": "saddle"},
            "the loss has no minimum: gaps are measured from the lowest loss seen",
        ),
        (
            {"minimum": (1.0, 1.0)},
            "the loss falls below the given minimum, 11: gaps are measured from the lowest loss",
        ),
        (
            {"tune": True},
            "tuned: each lr is the best of 16 from 0.0001 to 10, in 640 steps per racer",
        ),
    ],
)
def test_what_must_be_said_of_a_race_stands_below_its_table(options, words):
    told = optirace.table(optirace.race(optimizers=["adam", "sgd"], steps=40, **options))
    for form in ("rich", "markdown", "latex"):
        assert words in told.text(form)
        assert words not in optirace.table(optirace.race(optimizers=["adam"], steps=40)).text(form)
    folded = tables.drawing(told, theme=None, width=50).splitlines()
    assert max(map(len, folded)) <= 50
    assert words.split()[0] in "\n".join(folded)


def test_wide_letters_are_lined_up():
    result = optirace.race(optimizers=["sgd:label=\u901f\u5ea6", "adam"])
    lines = tables.drawing(optirace.table(result), theme=None).splitlines()
    assert "\u901f\u5ea6" in "".join(lines)
    told = [line for line in lines if "0.1" in line]
    assert 2 == len(told)
    assert told[0].index("0.1") - told[1].index("0.1") in (2, -2)
