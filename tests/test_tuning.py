"""To tune is to give each racer the best of a grid, as the race itself is run."""

import dataclasses
import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optirace
from optirace import cli, optimizers
from optirace.cli import rerun
from optirace.cli import scene as scenes
from optirace.errors import InvalidValueError
from optirace.optimizers import conventions
from optirace.output import provenance
from optirace.racing import engine, minima, tuning
from optirace.settings import specs
from optirace.surfaces import SURFACES
from optirace.text import tables


def alone(race, racer, values, seed):
    """Run one racer with other values, and say how good its end is: by the words below a table, not
    by our own code.
    """
    rule = dataclasses.replace(racer.optimizer, **values)
    result = engine.run(
        dataclasses.replace(race, racers=(dataclasses.replace(racer, optimizer=rule),), seed=seed)
    )
    only = result.trajectories[0]
    if only.outcome.kind == "diverged":
        return (2, -only.outcome.at_step)
    if only.outcome.kind == "converged" and result.minimum_from != "seen":
        return (0, only.outcome.at_step)
    return (1, only.tail_loss)


def check_nothing_is_better(race, names=("lr",)):
    """Check every tuned racer of a race against every other setting of the grid."""
    for racer in race.racers:
        axes = [tuning.RATES if name == "lr" else tuning.BETAS for name in racer.tuned]
        assert racer.tuned
        assert set(names) >= set(racer.tuned)
        seeds = race.seeds_tried or (race.seed,)
        middle = len(seeds) // 2
        own = sorted(alone(race, racer, {}, seed) for seed in seeds)[middle]
        for values in itertools.product(*axes):
            other = sorted(
                alone(race, racer, dict(zip(racer.tuned, values, strict=True)), seed)
                for seed in seeds
            )[middle]
            assert own <= other, (racer.optimizer, values)


@pytest.mark.parametrize(
    ("name", "rate"), [("sgd", 0.05), ("momentum", 0.1), ("rmsprop", 0.05), ("adam", 1.0)]
)
def test_the_lectures_rules_have_known_best_rates(name, rate):
    assert rate == specs.race(texts=[name], shared={}, tune=True).racers[0].optimizer.lr


def test_the_rates_tried_are_1_2_5_from_1e_minus_4_to_10():
    assert (1e-4, 2e-4, 5e-4, 1e-3) == tuning.RATES[:4]
    assert (1.0, 2.0, 5.0, 10.0) == tuning.RATES[-4:]
    assert 16 == len(tuning.RATES)


def test_a_minimum_is_looked_for_once_for_all_settings(monkeypatch):
    calls = []
    search = minima.search
    monkeypatch.setattr(minima, "search", lambda *words: (calls.append(words), search(*words))[1])
    surface = specs.surface("x^2 + 3*y^4 - x*y")
    race = specs.race(
        surface=surface, texts=["sgd", "momentum"], shared={}, steps=20, noise=0.1, tune=True
    )
    assert 1 == len(calls)
    check_nothing_is_better(race)


QUICK = [
    "abs(x) + abs(y - 1)",
    "x^2 - y^2",
    "bowl",
    "rosenbrock",
    "himmelblau",
    "saddle",
    "beale",
    "bounded-saddle",
    "ackley",
    "x^2 + 3*y^4 - x*y",
]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.sampled_from(QUICK), st.sampled_from([*optimizers.OPTIMIZERS]), st.integers(1, 60))
def test_no_other_rate_of_the_grid_does_better(surface, rule, steps):
    check_nothing_is_better(
        specs.race(surface=specs.surface(surface), texts=[rule], shared={}, steps=steps, tune=True)
    )


@pytest.mark.slow
def test_the_rate_is_that_of_the_exact_race_whatever_sin_and_exp_this_cpu_has():
    race = specs.race(
        surface=SURFACES["ackley"], texts=["nesterov"], shared={}, steps=300, tune=True
    )
    check_nothing_is_better(race)
    assert (
        optirace.race(surface="ackley", optimizers=["nesterov"], steps=300, tune=True).race.racers
        == race.racers
    )


def test_with_noise_the_median_of_nine_seeds_decides():
    race = specs.race(texts=["momentum"], shared={}, steps=40, noise=5.0, seed=2**64 - 3, tune=True)
    assert ((2**64 - 3, 2**64 - 1), (0, 5)) == (race.seeds_tried[0:3:2], race.seeds_tried[3::5])
    assert 9 == len(race.seeds_tried)
    check_nothing_is_better(race)
    assert not specs.race(texts=["momentum"], shared={}, steps=40, tune=True).seeds_tried


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["momentum", "heavy-ball", "adam", "qhadam", "rmsprop-momentum"])
def test_to_tune_the_beta_too_is_never_worse_than_the_rate_alone(rule):
    both = specs.race(texts=[rule], shared={}, steps=30, tune="lr,beta")
    check_nothing_is_better(both, ("lr", tuning.beta_name(both.racers[0].optimizer)))
    one = specs.race(texts=[rule], shared={}, steps=30, tune=True)
    assert alone(both, both.racers[0], {}, 0) <= alone(one, one.racers[0], {}, 0)


def test_what_is_tried_holds_the_rules_own_beta():
    for name, kind in optimizers.OPTIMIZERS.items():
        racer = specs.race(texts=[name], shared={}, steps=1).racers[0]
        beta = tuning.beta_name(racer.optimizer)
        tried = tuning.settings(racer, ("beta",))
        assert bool(beta) == bool(tried)
        if beta:
            assert getattr(kind(), beta) in {each[beta] for each in tried}
    assert {"beta", "mu", "beta1", None} == {
        tuning.beta_name(kind()) for kind in optimizers.OPTIMIZERS.values()
    }


def test_what_was_typed_stays():
    race = specs.race(
        texts=["adam:lr=0.3", "momentum:beta=0.7", "sgd", "lion:lr=0.01,beta1=0.5"],
        shared={},
        steps=20,
        tune="lr,beta",
    )
    assert [("beta1",), ("lr",), ("lr",), ()] == [racer.tuned for racer in race.racers]
    rules: list[Any] = [racer.optimizer for racer in race.racers]
    assert (0.3, 0.7, 0.01, 0.5) == (rules[0].lr, rules[1].beta, rules[3].lr, rules[3].beta1)
    assert ["given", "tuned", "tuned", "given"] == [racer.lr_from for racer in race.racers]
    nothing = specs.race(texts=["sgd:lr=0.1"], shared={}, steps=5, tune=True)
    assert ((), (), ()) == (nothing.rates_tried, nothing.betas_tried, nothing.seeds_tried)


def test_a_rate_for_all_can_be_given_while_betas_are_tuned():
    race = specs.race(texts=["momentum"], shared={"lr": 0.05}, steps=20, tune=["beta"])
    assert (0.05, ("beta",), (), tuning.BETAS) == (
        race.racers[0].optimizer.lr,
        race.racers[0].tuned,
        race.rates_tried,
        race.betas_tried,
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tune": True, "shared": {"lr": 0.1}}, "--lr and --tune: use one or the other"),
        ({"tune": "lr,beta", "shared": {"beta1": 0.1}}, "--beta1 and --tune: use one or the other"),
        ({"tune": "lr,bta"}, "tune 'bta': must be lr, beta, both as lr,beta, or none"),
        ({"tune": ""}, "tune '': must be lr"),
        ({"tune": []}, "tune '': must be lr"),
    ],
)
def test_what_cannot_be_tuned_is_refused(options, message):
    with pytest.raises(InvalidValueError, match=message):
        specs.race(**{"shared": {}, **options})


def test_where_all_diverge_the_last_to_do_so_is_taken():
    assert (2, -7.0, 0.0) < tuning.key(tuning.End("diverged", 3, math.inf, True), is_measured=True)
    race = specs.race(
        surface=SURFACES["monkey-saddle"], texts=["sgd"], shared={}, steps=300, tune=True
    )
    check_nothing_is_better(race)


def test_the_words_say_what_it_was_judged_by_and_json_what_was_tried():
    told = optirace.table(
        optirace.race(
            optimizers=["sgd", "adam:lr=0.3"], steps=20, noise=1.0, seed=7, tune="lr,beta"
        )
    )
    text = " ".join(told.text().split())
    assert (
        "each lr that is tuned is the best of 16 from 0.0001 to 10 and each beta is the "
        "best of 0, 0.5, 0.8, 0.9, 0.95, 0.99"
    ) in text
    assert "in up to 20160 steps per racer" in text
    assert (
        "best is the fewest steps to converge, else the lowest tail loss, the median of the last 20"
        in text
    )
    assert text.endswith("by the median over 9 seeds, 7 to 15")
    data = told.data()
    assert (list(tuning.RATES), list(tuning.BETAS), [*range(7, 16)]) == (
        data["rates_tried"],
        data["betas_tried"],
        data["seeds_tried"],
    )
    assert {"sgd": ["lr"], "adam": ["beta1"]} == {
        racer["name"]: racer["tuned"] for racer in data["racers"]
    }
    unknown = tables.table(
        optirace.race(surface="saddle", optimizers=["sgd"], steps=20, tune=True)
    ).text()
    assert (
        "best is the lowest tail loss, the median of the last 20, as no minimum is known"
        in " ".join(unknown.split())
    )


def raced(capsys, *words):
    """Run a table, and return what of it was tuned."""
    assert 0 == cli.main(["table", "--steps", "20", "-O", "momentum", "--format", "json", *words])
    return json.loads(capsys.readouterr().out)["racers"][0]["tuned"]


def test_tune_stands_alone_or_takes_a_value(capsys, tmp_path):
    scene = tmp_path / "race.toml"
    scene.write_text("steps = 20\n")
    for words in (
        ["--tune"],
        ["--tune", "lr"],
        ["--tune=lr"],
        ["--tune", str(scene)],
        [str(scene), "--tune"],
        ["--tune", "--tol", "1"],
    ):
        assert ["lr"] == raced(capsys, *words)
    for words in (["--tune", "lr,beta"], ["--tune=lr,beta"], ["--tune", "lr,beta", str(scene)]):
        assert ["lr", "beta"] == sorted(raced(capsys, *words), reverse=True)
    assert [] == raced(capsys, "--tune", "none")
    assert 2 == cli.main(["table", "--tune", "lr,bta"])
    assert "tune 'bta': must be lr, beta, both as lr,beta, or none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "tuned"),
    [
        ("true", ["lr"]),
        ("false", []),
        ('"lr,beta"', ["beta", "lr"]),
        ('["lr", "beta"]', ["beta", "lr"]),
        ('"beta"', ["beta"]),
    ],
)
def test_a_scene_tunes_too_and_what_is_typed_wins(capsys, tmp_path, value, tuned):
    scene = tmp_path / "race.toml"
    scene.write_text(f"tune = {value}\n")
    assert tuned == sorted(raced(capsys, str(scene)))
    assert [] == raced(capsys, str(scene), "--tune", "none")


def test_a_scene_says_on_which_line_it_cannot_be(capsys, tmp_path):
    scene = tmp_path / "race.toml"
    scene.write_text('steps = 20\ntune = "lr,bta"\n')
    assert 2 == cli.main(["table", str(scene)])
    assert "race.toml, line 2: tune 'bta': must be lr" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--tune"], ["--tune", "lr,beta"]])
def test_a_film_that_was_tuned_is_made_anew(capsys, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    film = ["render", "-o", "a.png", "--size", "240x240", "--steps", "10", *words, "--quiet"]
    assert 0 == cli.main(film)
    assert 0 == cli.main(["inspect", "a.png", "--rerun", "-o", "b.png"])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert 0 == cli.main([*film, "--check"])
    capsys.readouterr()


def test_a_film_of_old_says_tune_without_a_value():
    command = cli._Commands()["render"]
    origin = provenance.Origin(command="optirace render --steps 10 --tune --title '--tune'")
    assert ["--steps=10", "--tune=lr", "--title=--tune"] == rerun._words(origin, "a.png", command)
    assert ["--title", "--tune", "--tune", "lr"] == scenes.with_values(
        command.params, ["--title", "--tune", "--tune"]
    )


def test_every_convention_tunes(capsys):
    for convention in conventions.CONVENTIONS:
        assert ["lr"] == raced(capsys, "--convention", convention, "--tune")
