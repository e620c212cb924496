"""What can be typed, as a list."""

import csv
import io
import json

import pytest

from optirace import catalogue, cli, optimizers
from optirace.look import themes
from optirace.optimizers import conventions
from optirace.output.formats import FORMATS
from optirace.settings import plugins
from optirace.surfaces import SURFACES
from optirace.text import tables

TABLES = {
    "surfaces": SURFACES,
    "optimizers": optimizers.OPTIMIZERS,
    "conventions": conventions.CONVENTIONS,
    "themes": themes.THEMES,
    "formats": FORMATS,
}


@pytest.mark.parametrize("kind", catalogue.KINDS)
@pytest.mark.parametrize("form", tables.FORMATS)
def test_every_name_is_listed_in_every_form(kind, form):
    told = tables.written(catalogue.listing(kind, plugins.SHIPPED), form)
    for name in TABLES[kind]:
        assert name in told.replace("\\_", "_")
    assert told.endswith("\n")


@pytest.mark.parametrize("kind", catalogue.KINDS)
def test_a_list_as_json_has_an_entry_for_each_name_in_order(kind, capsys):
    assert 0 == cli.main(["list", kind, "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert list(TABLES[kind]) == [entry["name"] for entry in told[kind]]
    assert [] == told["notes"]


def test_a_list_tells_what_a_race_needs():
    surface = catalogue.listing("surfaces", plugins.SHIPPED).data()["surfaces"][0]
    assert ([-5.0, 3.0], [[0.0, 0.0]], 0.0) == (
        surface["start"],
        surface["minima"],
        surface["minimum"],
    )
    rule = next(
        each
        for each in catalogue.listing("optimizers", plugins.SHIPPED).entries
        if each["name"] == "lion"
    )
    assert {"lr": 0.03, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0} == rule["defaults"]
    assert ["keras", "optax"] == rule["conventions"]


def test_a_list_as_csv_has_the_columns_that_people_are_shown():
    told = catalogue.listing("surfaces", plugins.SHIPPED)
    rows = list(csv.DictReader(io.StringIO(tables.written(told, "csv"))))
    assert list(told.columns) == list(rows[0])
    assert "-5,3" == rows[0]["start"]
    assert "-" == next(row["minima"] for row in rows if row["name"] == "saddle")


def test_a_plug_ins_own_are_listed_last(capsys, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from optirace.surfaces import Surface\n"
        "dish = Surface(name='dish', formula='x', value=lambda x, y: x * x + y * y,\n"
        "               gradient=lambda x, y: (2.0 * x, 2.0 * y), start=(1.0, 1.0))\n"
    )
    assert 0 == cli.main(["list", "surfaces", "--plugin", str(path), "--format", "csv"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("dish,")


@pytest.mark.parametrize(
    ("words", "message"),
    [(["thems"], "did you mean themes?"), (["themes", "--format", "jsn"], "did you mean json?")],
)
def test_what_cannot_be_listed_is_told_with_the_nearest(words, message, capsys):
    assert 2 == cli.main(["list", *words])
    assert message in capsys.readouterr().err
