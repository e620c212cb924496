"""What is said of a rule."""

import dataclasses
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import optirace
from optirace import cli, optimizers
from optirace.errors import InvalidValueError
from optirace.optimizers import conventions
from optirace.racing.lr_schedule import RateSchedule
from optirace.settings import specs
from optirace.text import explanation, terms


def explained(*words, **options):
    return explanation.explain(specs.race(texts=words, shared={}, **options))


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_rule_is_explained_whole(name):
    told = explained(name)
    rule = optimizers.OPTIMIZERS[name]
    for heading in (
        "Each step",
        "Hyperparameters",
        "In other libraries",
        "Stability limit",
        "The first step on bowl",
    ):
        assert f"\n{heading}" in told
    assert rule.label in told
    assert rule.lesson.split()[0] in told
    for field in optimizers.hyper(rule()):
        assert re.search(rf"^  {field} = \S+ +\S", told, re.MULTILINE), field
    assert all(len(line) <= 128 for line in told.splitlines())
    assert told.isascii()


def test_the_terms_are_there_for_every_rule_and_for_no_other():
    assert list(optimizers.OPTIMIZERS) == list(terms.TERMS)
    others = {
        f"{name}:{form}"
        for name, kind in optimizers.OPTIMIZERS.items()
        for field in dataclasses.fields(kind)
        for form in field.metadata.get("choices", ())[1:]
        if field.name == "convention"
    }
    assert others == set(terms.FORMS)


FUNCTIONS = {"sqrt": np.sqrt, "sign": np.sign, "abs": np.abs, "max": np.maximum}


IN_WORDS = {"rprop", "radam", "radam:hat", "nadam"}
"""Whose terms say in words what depends on the step."""


ALL_FORMS = [(words, "") for words in sorted({*terms.TERMS, *terms.FORMS} - IN_WORDS)]
ALL_FORMS += [
    (words, "velocity")
    for words, _ in ALL_FORMS
    if hasattr(optimizers.OPTIMIZERS[words.split(":")[0]](), "lr_in")
]


@pytest.mark.parametrize(("words", "place"), ALL_FORMS)
def test_the_terms_say_what_the_rule_does(words, place):
    """Run the statements as they stand, beside the rule, at another learning rate each step."""
    name, _, convention = words.partition(":")
    forms = ({"convention": convention} if convention else {}) | ({"lr_in": place} if place else {})
    rule = optimizers.OPTIMIZERS[name](**forms)
    start = np.array([-5.0, 3.0])
    state, raced, gradients = rule.init(start), start, []
    letters = {
        **FUNCTIONS,
        **{
            key: np.full(2, getattr(rule, "initial", 0.0))
            for key in ("m", "v", "a", "s", "x", "b", "u", "n")
        },
    }
    letters |= (
        {key: np.zeros(2) for key in ("vmax", "gbar")} | {"theta": start} | optimizers.hyper(rule)
    )
    for t in range(1, 5):
        rule = dataclasses.replace(rule, lr=rule.lr * (1.0, 0.4, 1.0, 3.0)[t - 1])
        letters["lr"] = rule.lr
        gradients.append(raced * (2.0, 20.0) + (0.3, -1.0))
        step, state = rule.update(gradients[-1], state)
        raced = raced - step
        for left, _ in explanation.statements(rule):
            for statement in re.split(r", (?=\w+ =)", left):
                python = (
                    statement.replace("^", "**")
                    .replace("dL/dtheta", "dL_dtheta")
                    .replace("the gradient before", "before")
                )
                changes = {"t": t, "dL_dtheta": gradients[-1], "before": gradients[max(0, t - 2)]}
                if words == "momentum:torch-dampened" and t == 1 and statement.startswith("v ="):
                    python = "v = lr*g" if place else "v = g"
                exec(python, {}, letters := {**letters, **changes})  # noqa: S102 - our own table, as Python reads it
        assert letters["theta"] == pytest.approx(raced, rel=1e-12), t


@pytest.mark.parametrize("words", [words for words, place in ALL_FORMS if place])
def test_a_rate_in_the_velocity_is_said_wherever_it_stands(words):
    name, _, convention = words.partition(":")
    told = explained(f"{name}:lr_in=velocity" + f",convention={convention}" * bool(convention))
    assert re.search("^Each step.*, with lr in the velocity$", told, re.MULTILINE)
    assert re.search(r"^  theta -= (\w|lr\*g \+ mu\*b) ", told, re.MULTILINE)
    assert all(len(line) <= 128 for line in told.splitlines())


def test_a_form_that_is_not_the_lectures_is_explained_as_it_races():
    told = explained("momentum:convention=heavy-ball")
    assert (
        "Each step, in the form heavy-ball\n  g = dL/dtheta    the gradient where the step "
        "starts\n  v = beta*v + g "
    ) in told
    assert "Each step\n" in explained("momentum")


def test_the_worked_step_shows_every_letter_of_the_terms():
    told = re.sub(r" {3,}", "   ", explained("adam"))
    assert "  mhat   (-10, 60)\n  vhat   (100, 3600)\n" in told
    assert "  vmax   " in re.sub(r" {3,}", "   ", explained("amsgrad"))
    for name in optimizers.OPTIMIZERS:
        shown = explained(name).partition("The first step")[2]
        assert 1 == len(re.findall(r"^  g  ", shown, re.MULTILINE)), name
        assert 1 == len(re.findall(r"^  theta  ", shown, re.MULTILINE)), name


def test_what_a_library_has_and_we_leave_out_is_not_denied():
    assert "optax   has it, but in 0.2.8 each of its steps comes one step late" in explained(
        "rprop"
    )
    with pytest.raises(
        InvalidValueError,
        match=r"optax has it, but in 0\.2\.8 .*; use --convention lecture or torch",
    ):
        explained("rprop", convention="optax")


@pytest.mark.parametrize("surface", ["saddle", "ackley", "exp(x) + y^2"])
def test_where_no_limit_is_known_the_command_that_is_told_works(surface):
    told = explained("sgd", surface=specs.surface(surface))
    command = shlex.split(next(line for line in told.splitlines() if "optirace sweep" in line))
    assert 0 == cli.main([*command[1:], "--lr", "0.01,0.1", "--steps", "20"])


def test_every_meaning_belongs_to_a_hyper_parameter():
    names = {
        f"{name} {field}"
        for name, kind in optimizers.OPTIMIZERS.items()
        for field in optimizers.hyper(kind())
    }
    assert {key for key in terms.HYPER if " " in key} <= names


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_the_worked_step_is_the_races_first(name):
    trajectory = optirace.race(optimizers=[name], steps=1).trajectories[0]
    told = explained(name)
    x, y = trajectory.points[1].tolist()
    assert f"theta - step   ({x:.6g}, {y:.6g})" in re.sub(r" {3,}", "   ", told)
    assert f"{trajectory.losses[0]:.6g} -> {trajectory.losses[1]:.6g}" in told


@pytest.mark.parametrize("library", ["torch", "keras", "optax"])
def test_each_library_is_told_for_each_rule(library):
    for name in optimizers.OPTIMIZERS:
        line = next(
            line for line in explained(name).splitlines() if line.startswith(f"  {library} ")
        )
        preset = conventions.CONVENTIONS[library].get(name)
        if preset is None:
            assert conventions.LEFT_OUT.get((library, name), "does not have it") in line
        else:
            assert all(f"{key}={optimizers.short(value)}" in line for key, value in preset.items())


@pytest.mark.parametrize(
    ("word", "where"),
    [
        ("sgd", "exactly on it"),
        ("sgd:lr=0.09", "below it"),
        ("sgd:lr=0.11", "above it"),
        ("momentum", "below it"),
    ],
)
def test_the_rate_is_held_against_the_limit(word, where):
    assert where in " ".join(explained(word).split())


def test_a_formula_without_a_minimum_has_no_limit_in_numbers():
    told = explained("sgd", surface=specs.surface("x^4 - y^2"))
    assert "Here L cannot be told, as the minimum is nowhere." in " ".join(told.split())
    told = explained("sgd", surface=specs.surface("exp(x) + y^2"))
    assert "Here L cannot be told, as the minimum was not found." in " ".join(told.split())


def test_the_command_explains_on_a_surface(capsys):
    assert 0 == cli.main(["explain", "adam:lr=0.3", "--surface", "rosenbrock"])
    told = capsys.readouterr().out
    assert told.startswith("Adam (adam)\n")
    assert "lr = 0.3 " in told
    assert "(1 - theta1)^2" in told


def test_a_rule_that_is_not_there_is_told_with_the_nearest(capsys):
    assert 2 == cli.main(["explain", "adamm"])
    assert "did you mean adam, adamw or nadam?" in capsys.readouterr().err


def test_a_rule_of_somebody_else_is_explained_as_far_as_it_is_known(capsys):
    example = str(Path(__file__).parent.parent / "examples" / "my_rule.py")
    assert 0 == cli.main(["explain", "softsign", "--plugin", example])
    told = capsys.readouterr().out
    assert re.findall(r"^\S.*$", told, re.MULTILINE) == [
        *(
            "SoftSign (softsign)",
            "Hyperparameters",
            "Stability limit",
            "The first step on bowl, theta1^2 + 10*theta2^2",
        ),
    ]
    assert f"    optirace sweep -O softsign --surface bowl --plugin {example}\n" in told


def test_a_librarys_object_is_explained_whatever_its_state_is():
    class State(NamedTuple):
        turn: int
        inner: tuple[object, ...]
        m: np.ndarray

    @dataclasses.dataclass(frozen=True)
    class Lion(optimizers.SGD):
        name = "optax:lion"
        formula = ""

        def update(self, gradient, _state):
            return 0.1 * gradient, State(1, (np.zeros(2), (1, np.zeros(3))), gradient / 2)

    race = specs.race(texts=["sgd"], shared={})
    told = explanation.explain(
        dataclasses.replace(race, racers=(dataclasses.replace(race.racers[0], optimizer=Lion()),))
    )
    assert "  m              (-5, 30)\n  step           (-1, 6)\n" in told
    for heading in ("Each step", "In other libraries", "Stability limit"):
        assert heading not in told


@pytest.mark.parametrize(
    ("rule", "words", "line"),
    [
        ("adam", ["--tol", "1"], "tol: nothing is raced here, so nothing converges; leave it out"),
        (
            "adam",
            ["--tol", "1e-3"],
            "tol: nothing is raced here, so nothing converges; leave it out",
        ),
        ("adam", ["--view", "0,1,0,1"], "view: there is no picture here; leave it out"),
        (
            "adam",
            ["-O", "sgd"],
            "optimizer: not used here: explain takes one optimizer, named first; remove it",
        ),
        ("sgd", ["--beta", "0.5"], "beta: sgd has no beta; its values are lr"),
        ("sgd", ["--eps", "1"], "eps: sgd has no eps; its values are lr"),
        (
            "momentum",
            ["--beta1", "0.5"],
            "beta1: momentum has no beta1; its values are lr, beta, lr_in, convention",
        ),
        (
            "adam:beta2=0.5",
            ["--beta2", "0.9"],
            "beta2: 'adam:beta2=0.5' sets its own; use one or the other",
        ),
        (
            "adam: lr = 0.5",
            ["--lr", "0.9"],
            "lr: 'adam:lr = 0.5' sets its own; use one or the other",
        ),
        (
            "sgd:schedule=cosine",
            ["--lr-schedule", "step"],
            "lr-schedule: 'sgd:schedule=cosine' sets its own; use one or the other",
        ),
        (
            "sgd",
            ["--steps", "20"],
            "steps: counts only for a rate that changes; leave it out, or give --lr-schedule",
        ),
        ("sgd", ["--seed", "3"], "seed: counts only with --noise; leave it out, or give both"),
        (
            "adam",
            ["--minimum", "0,0"],
            "minimum: adam has no limit that depends on it; leave it out",
        ),
    ],
)
def test_an_option_that_changes_nothing_of_what_is_said_is_refused(rule, words, line, capsys):
    assert 2 == cli.main(["explain", rule, *words])
    assert f"optirace: {line}\n" == capsys.readouterr().err


def test_every_option_of_explain_is_refused_or_changes_what_is_said(capsys):
    """Each option of the help, with two values: the second is refused in a line, or says something
    else than the first.
    """
    two = {
        "--surface": ("bowl", "booth"),
        "--minimum": ("0,0", "1,1"),
        "--lr": ("0.1", "0.2"),
        "--beta": ("0.1", "0.2"),
        "--beta1": ("0.1", "0.2"),
        "--beta2": ("0.1", "0.2"),
        "--eps": ("0.1", "0.2"),
        "--steps": ("20", "30"),
        "--start": ("1,1", "1,2"),
        "--tol": ("1", "2"),
        "--view": ("0,1,0,1", "0,2,0,2"),
        "--optimizer": ("sgd", "adam"),
        "--convention": ("torch", "keras"),
        "--lr-schedule": ("cosine", "warmup:3"),
        "--noise": ("1", "2"),
        "--seed": ("1", "2"),
    }
    cli.main(["explain", "--help"])
    offered = set(re.findall(r"(--[a-z][a-z0-9-]*)", capsys.readouterr().out)) - {"--help"}
    assert {*two, "--tune", "--plugin"} <= offered
    for option, values in two.items():
        for more in ([], ["--noise", "1"], ["--lr-schedule", "cosine"]):
            if option in more:
                continue
            said = []
            for value in values:
                status = cli.main(["explain", "momentum", *more, option, value])
                out, err = capsys.readouterr()
                said.append(out)
                assert (0, "") == (status, err) or (2, "", 1) == (status, out, err.count("\n")), (
                    option,
                    value,
                )
            assert said in ([], ["", ""]) or said[0] != said[1], option


@pytest.mark.slow
@pytest.mark.parametrize("schedule", [None, "cosine", "warmup:7:step:3:0.5", "exponential:0.9"])
@pytest.mark.parametrize("noise", [0.0, 2.5])
@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_racer_of_a_result_is_explained_and_its_worked_step_is_its_first(
    name, noise, schedule
):
    words = [name, f"{name}:label=another,lr=0.003"]
    result = optirace.race(optimizers=words, steps=30, noise=noise, seed=3, lr_schedule=schedule)
    told = optirace.explain(result).split("\n\n\n")
    assert [f"{each.racer.label} ({name})" for each in result.trajectories] == [
        text.splitlines()[0] for text in told
    ]
    for text, trajectory in zip(told, result.trajectories, strict=True):
        x, y = trajectory.points[1].tolist()
        assert f"theta - step   ({x:.6g}, {y:.6g})" in re.sub(r" {3,}", "   ", text)
        assert ("\n  noise" in text) is bool(noise)
        assert ("\nHow lr changes over 30 steps\n" in text) is (schedule is not None)


def test_the_rates_of_a_schedule_are_told_and_held_against_the_limit():
    told = " ".join(explained("sgd:lr=0.15", schedule="warmup:20:cosine").split())
    assert "step 1 lr = 0.0075 steps 20 to 21 lr = 0.15, the highest step 200 lr = " in told
    above = np.flatnonzero(0.15 * RateSchedule("warmup:20:cosine").shares(200) > 0.1) + 1
    assert f"lr is above it at {len(above)} of the 200 steps, last at step {above[-1]}." in told
    assert "lr is never above it." in " ".join(explained("sgd:lr=0.05", schedule="cosine").split())
    assert "lr is above it at every step." in " ".join(
        explained("sgd:lr=1", schedule="cosine:0.5").split()
    )
