"""What is said of a rule."""

import re

import pytest

import optirace
from optirace import cli, conventions, lessons, optimizers, specs


def explained(*words, **options):
    return lessons.explain(specs.race(texts=words, shared={}, **options))


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_rule_is_explained_whole(name):
    told = explained(name)
    rule = optimizers.OPTIMIZERS[name]
    for heading in ("Each step", "Hyper-parameters", "Elsewhere", "How large a rate", "The first step on bowl"):
        assert f"\n{heading}" in told
    assert rule.label in told
    assert rule.lesson.split()[0] in told
    for field in optimizers.hyper(rule()):
        assert re.search(rf"^  {field} = \S+ +\S", told, re.MULTILINE), field
    assert all(len(line) <= 128 for line in told.splitlines())
    assert told.isascii()


def test_the_terms_are_there_for_every_rule_and_for_no_other():
    assert list(optimizers.OPTIMIZERS) == list(lessons.TERMS)


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
        line = next(line for line in explained(name).splitlines() if line.startswith(f"  {library} "))
        preset = conventions.CONVENTIONS[library].get(name)
        if preset is None:
            assert "does not have it" in line
        else:
            assert all(f"{key}={optimizers.short(value)}" in line for key, value in preset.items())


@pytest.mark.parametrize(
    ("word", "where"),
    [("sgd", "exactly on it"), ("sgd:lr=0.09", "below it"), ("sgd:lr=0.11", "above it"), ("momentum", "below it")],
)
def test_the_rate_is_held_against_the_limit(word, where):
    assert where in " ".join(explained(word).split())


def test_a_formula_without_a_minimum_has_no_limit_in_numbers():
    told = explained("sgd", surface=specs.surface("x^4 + y^2"))
    assert "Here L is not known" in " ".join(told.split())


def test_the_command_explains_on_a_surface(capsys):
    assert 0 == cli.main(["explain", "adam:lr=0.3", "--surface", "rosenbrock"])
    told = capsys.readouterr().out
    assert told.startswith("Adam (adam)\n")
    assert "lr = 0.3 " in told
    assert "(1 - theta1)^2" in told


def test_a_rule_that_is_not_there_is_told_with_the_nearest(capsys):
    assert 2 == cli.main(["explain", "adamm"])
    assert "did you mean adam?" in capsys.readouterr().err
