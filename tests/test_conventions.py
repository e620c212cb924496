"""The presets, against what the libraries compute."""

import dataclasses
import json
import runpy
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from optirace.conventions import CONVENTIONS
from optirace.optimizers import OPTIMIZERS

NUMBERS = runpy.run_path(str(Path(__file__).with_name("make_library_numbers.py")))
STORED = json.loads(NUMBERS["STORED"].read_text())
NEEDS = {"torch": ("torch",), "keras": ("keras", "torch"), "optax": ("jax", "optax")}
PRESETS = [(library, rule) for library in NEEDS for rule in CONVENTIONS[library]]
RUNS = [(library, rule, race) for library, rule in PRESETS for race in NUMBERS["RACES"]]


def is_near(library, rule, theirs, ours):
    # torch keeps NAdam's product of the mu_t in float32.
    bound = 1e-9 if (library, rule) == ("torch", "nadam") else 1e-12
    return (np.abs(ours - theirs) <= bound * np.maximum(1.0, np.abs(theirs))).all()


@pytest.mark.parametrize(("library", "rule", "race"), RUNS)
def test_a_preset_goes_through_the_points_stored_from_the_library(library, rule, race):
    theirs = np.array(STORED[f"{library}, {rule}, {race}"])
    ours = NUMBERS["our_points"](library, rule, race)[list(NUMBERS["KEPT"])]
    assert is_near(library, rule, theirs, ours)


@pytest.mark.parametrize(("library", "rule"), PRESETS)
def test_a_preset_equals_the_installed_library_at_every_step(library, rule):
    for package in NEEDS[library]:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    for race in NUMBERS["RACES"]:
        theirs = NUMBERS["library_points"](library, rule, race)
        ours = NUMBERS["our_points"](library, rule, race)
        assert len(theirs) == len(ours) == NUMBERS["STEPS"] + 1
        assert is_near(library, rule, theirs, ours), race


@pytest.mark.parametrize(("library", "rule"), PRESETS)
def test_a_preset_says_every_field_that_the_library_decides(library, rule):
    told = CONVENTIONS[library][rule]
    left = {"mu"} | ({"lr"} if library == "optax" else set()) | ({"beta"} if rule == "momentum" else set())
    assert {field.name for field in dataclasses.fields(OPTIMIZERS[rule])} - left == set(told)
    OPTIMIZERS[rule](**told)


def test_the_lecture_changes_nothing():
    assert ["lecture", "torch", "keras", "optax"] == list(CONVENTIONS)
    assert {} == CONVENTIONS["lecture"]


@pytest.mark.parametrize("library", NEEDS)
def test_a_preset_lists_its_rules_as_the_table_does(library):
    assert [rule for rule in OPTIMIZERS if rule in CONVENTIONS[library]] == list(CONVENTIONS[library])
    assert {"sgd", "momentum", "rmsprop", "adam"} <= set(CONVENTIONS[library])
