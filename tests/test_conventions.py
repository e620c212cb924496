"""The presets, against what the libraries compute."""

import dataclasses
import json
import runpy
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import optirace
from optirace.optimizers import OPTIMIZERS
from optirace.optimizers.conventions import CONVENTIONS
from optirace.racing.lr_schedule import RateSchedule

NUMBERS = runpy.run_path(str(Path(__file__).with_name("make_library_numbers.py")))
STORED = json.loads(NUMBERS["STORED"].read_text())
NEEDS = {"torch": ("torch",), "keras": ("keras", "torch"), "optax": ("jax", "optax")}
PRESETS = [(library, rule) for library in NEEDS for rule in CONVENTIONS[library]]
RUNS = [(library, rule, *run) for library, rule in PRESETS for run in NUMBERS["RUNS"]]


def is_near(library, rule, theirs, ours):
    # torch keeps NAdam's product of the mu_t in float32.
    bound = 1e-9 if (library, rule) == ("torch", "nadam") else 1e-12
    return (np.abs(ours - theirs) <= bound * np.maximum(1.0, np.abs(theirs))).all()


@pytest.mark.parametrize(("library", "rule", "race", "schedule"), RUNS)
def test_a_preset_goes_through_the_points_stored_from_the_library(library, rule, race, schedule):
    theirs = np.array(STORED[f"{library}, {rule}, {race}, {schedule}"])
    ours = NUMBERS["our_points"](library, rule, race, schedule)[list(NUMBERS["KEPT"])]
    assert is_near(library, rule, theirs, ours)


@pytest.mark.parametrize(("library", "rule"), PRESETS)
def test_a_preset_equals_the_installed_library_at_every_step(library, rule):
    for package in NEEDS[library]:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    for run in NUMBERS["RUNS"]:
        theirs = NUMBERS["library_points"](library, rule, *run)
        ours = NUMBERS["our_points"](library, rule, *run)
        assert len(theirs) == len(ours) == NUMBERS["STEPS"] + 1
        assert is_near(library, rule, theirs, ours), run


@pytest.mark.parametrize(("library", "rule"), PRESETS)
def test_a_preset_says_every_field_that_the_library_decides(library, rule):
    told = CONVENTIONS[library][rule]
    left = (
        {"mu"}
        | ({"lr"} if library == "optax" else set())
        | ({"beta"} if rule == "momentum" else set())
    )
    assert {field.name for field in dataclasses.fields(OPTIMIZERS[rule])} - left == set(told)
    OPTIMIZERS[rule](**told)


def test_the_lecture_changes_nothing():
    assert ["lecture", "torch", "keras", "optax"] == list(CONVENTIONS)
    assert {} == CONVENTIONS["lecture"]


@pytest.mark.parametrize("library", NEEDS)
def test_a_preset_lists_its_rules_as_the_table_does(library):
    assert [rule for rule in OPTIMIZERS if rule in CONVENTIONS[library]] == list(
        CONVENTIONS[library]
    )
    assert {"sgd", "momentum", "rmsprop", "adam"} <= set(CONVENTIONS[library])


@pytest.mark.parametrize("schedule", ["step:10:0.3", "warmup:8", "exponential:0.8"])
@pytest.mark.parametrize(("library", "rule"), PRESETS)
def test_where_the_rate_stands_matters_while_it_changes_and_only_then(library, rule, schedule):
    preset = CONVENTIONS[library][rule]
    place = preset.get("lr_in")
    if place is None:
        assert "lr_in" not in {field.name for field in dataclasses.fields(OPTIMIZERS[rule])}
        return
    both = [
        [
            optirace.race(
                optimizers=[
                    f"{rule}:mu=0.9,lr_in={word}" if rule != "momentum" else f"{rule}:lr_in={word}"
                ],
                **given,
            )
            for word in ("step", "velocity")
        ]
        for given in ({"convention": library}, {"convention": library, "lr_schedule": schedule})
    ]
    (same, also), (step, velocity) = [
        [result.trajectories[0].points for result in pair] for pair in both
    ]
    assert same == pytest.approx(also, rel=1e-9, abs=1e-12)
    assert np.abs(step - velocity).max() > 0.01 * np.abs(step - step[0]).max()


def test_a_film_of_a_constant_rate_says_nothing_of_where_it_stands():
    for schedule in (None, "cosine"):
        result = optirace.race(optimizers=["momentum"], convention="keras", lr_schedule=schedule)
        assert (schedule is not None) is ("lr_in" in result.race.racers[0].settings)


@pytest.mark.parametrize("schedule", ["warmup:20", "warmup:5:cosine", "step:50", "exponential:0.9"])
def test_the_steps_of_rprop_begin_at_the_rate_of_the_first_step(schedule):
    result = optirace.race(optimizers=["rprop:lr=0.2"], lr_schedule=schedule, steps=1)
    first = 0.2 * RateSchedule(schedule).shares(1)[0]
    assert [-5.0 + first, 3.0 - first] == pytest.approx(result.trajectories[0].points[1].tolist())
    assert optirace.sweep(result, lr=[0.1, 0.2]).swept[0].ends.loss[1, 0] == pytest.approx(
        result.trajectories[0].losses[1]
    )
