"""What is said of a race, held against thousands of races."""

import collections
import dataclasses
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import optirace
from optirace.look import timeline
from optirace.optimizers import OPTIMIZERS
from optirace.output import film
from optirace.racing import engine, outcomes, sweeps
from optirace.settings import specs
from optirace.surfaces import SURFACES
from optirace.text import alttext, webvtt

WORDS = {
    "oscillating": "oscillates?",
    "stuck": "(?:is|are) stuck",
    "descending": "(?:is|are) still descending",
    "climbing": "climbs?",
}
LINEAR = ["sgd", "momentum", "heavy-ball", "nesterov"]


@pytest.fixture(scope="module")
def races():
    """Return the results of 27 surfaces with 12 rules in three conventions, over five lengths:
    1,620 racers.
    """
    rules = list(OPTIMIZERS)[:12]
    return [
        optirace.race(surface=name, optimizers=rules, convention=convention, steps=steps)
        for name in SURFACES
        for convention, lengths in (("torch", (5, 10, 130)), ("keras", (61,)), ("optax", (40,)))
        for steps in lengths
    ]


def each(results):
    return ((result, trajectory) for result in results for trajectory in result.trajectories)


def window(steps):
    return max(1, min(20, steps // 4))


def path(points):
    return np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1)).sum()


def test_a_racer_has_converged_only_if_all_of_the_last_losses_are_within_tol(races):
    seen = collections.Counter()
    for result, one in each(races):
        seen[one.outcome.kind] += 1
        gaps = one.losses - result.minimum
        is_near = bool((gaps[-window(one.steps) :] <= result.race.tol).all())
        if one.outcome.kind == "converged":
            since = one.outcome.at_step
            assert is_near
            assert (gaps[since:] <= result.race.tol).all()
            assert since == 0 or gaps[since - 1] > result.race.tol
            assert (
                result.minimum_from != "seen" or path(one.points[-window(one.steps) - 1 :]) < 1e-4
            )
        elif result.minimum_from != "seen":
            assert not is_near or one.outcome.kind == "diverged"
    assert set(outcomes.KINDS) == set(seen)
    assert min(seen.values()) >= 5


def test_a_racer_that_oscillates_turned_or_rose_and_does_not_gain(races):
    for result, one in each(races):
        if one.outcome.kind == "oscillating":
            last = window(one.steps)
            moves, losses = np.diff(one.points[-last:], axis=0), one.losses[-last:]
            has_turned = ((moves[1:] * moves[:-1]).sum(axis=1) < 0).any()
            assert last < 4 or has_turned or (np.diff(losses) > 0).any()
            assert losses.min() - result.minimum >= 0.99 * (
                one.losses[:-last].min() - result.minimum
            )


def test_a_loss_that_falls_for_forty_steps_never_oscillates_and_one_that_only_rises_climbs(races):
    for _, one in each(races):
        changes = np.diff(one.losses[-40:])
        if (changes < 0).all():
            assert one.outcome.kind in ("descending", "converged", "stuck", "diverged")
        recent = one.losses[-max(4, window(one.steps)) - 1 :]
        if (np.diff(recent) > 0).all() and recent[1:].min() > one.losses[
            : -window(one.steps)
        ].min():
            assert one.outcome.kind in ("climbing", "converged", "stuck", "diverged")
        if one.outcome.kind == "climbing":
            changes = np.diff(recent)
            assert changes[changes > 0].sum() >= 2.99 * -changes[changes < 0].sum()


def test_a_racer_that_descends_gains_or_neither_turned_nor_rose_or_fell_for_forty_steps(races):
    for result, one in each(races):
        last = window(one.steps)
        if one.outcome.kind == "descending":
            gains = one.losses[-last:].min() - result.minimum < 0.99 * (
                one.losses[:-last].min() - result.minimum
            )
            moves, changes = (
                np.diff(one.points[-last - 1 :], axis=0),
                np.diff(one.losses[-last - 1 :]),
            )
            goes_straight = (changes <= 0).all() and (
                last == 1 or (moves[1:] * moves[:-1]).sum(axis=1).min() >= 0
            )
            assert gains or goes_straight or (np.diff(one.losses[-40:]) < 0).all()


@pytest.mark.parametrize("rate", [5e-4, 1e-3])
def test_a_race_of_small_steps_that_each_lower_the_loss_descends(rate):
    for name, surface in SURFACES.items():
        for one in optirace.race(
            surface=name, lr=rate, optimizers=["adam", "sgd", "lion"], steps=90
        ).trajectories:
            if (np.diff(one.losses) < 0).all():
                assert one.outcome.kind in ("descending", "converged", "stuck"), (
                    surface.name,
                    one.racer.label,
                )


def test_what_is_said_of_a_step_uses_the_steps_up_to_it_alone(races):
    for result, one in each(races[::7]):
        whole = outcomes._Course(one).kinds(
            np.full(one.steps + 1, result.minimum), outcomes.goal(result.race, "known"), 0
        )
        for step in range(3, one.steps, 13):
            start = dataclasses.replace(
                one,
                points=one.points[: step + 1],
                losses=one.losses[: step + 1],
                outcome=outcomes.Outcome("descending"),
            )
            ended = outcomes.judged(
                start,
                outcomes.Minimum(result.minimum, "known"),
                outcomes.goal(result.race, "known"),
            )
            assert ended.kind == outcomes.KINDS[whole[step]]


def test_before_the_end_a_film_says_within_and_says_it_truly(races):
    for result, one in each(races[::3]):
        verdicts = outcomes.verdicts(result, one)
        for step in range(0, one.steps, 3):
            verdict = verdicts.at(step)
            assert "converged" != verdict.kind
            if verdict.kind == "within":
                assert f"within 0.001 since {verdict.at_step}" == str(verdict)
                gaps = one.losses[: step + 1] - verdicts.floor[step]
                assert (gaps[verdict.at_step :] <= 1e-3).all()
                assert verdict.at_step == 0 or gaps[verdict.at_step - 1] > 1e-3
        assert str(one.outcome) == str(verdicts.at(result.race.steps))


@pytest.mark.parametrize("power", [-20, 30])
@pytest.mark.parametrize("name", SURFACES)
def test_the_scale_of_the_loss_changes_no_word(name, power):
    surface, factor = SURFACES[name], 2.0**power
    scaled = dataclasses.replace(
        surface,
        value=lambda x, y: factor * surface.value(x, y),
        gradient=lambda x, y: tuple(factor * part for part in surface.gradient(x, y)),
    )
    for rate in (surface.lr.get("sgd", 0.1), 0.5):
        plain, other = (
            engine.run(
                specs.race(
                    surface=it, texts=LINEAR, shared={"lr": rate / by}, tol=1e-3 * by, steps=60
                )
            )
            for it, by in ((surface, 1.0), (scaled, factor))
        )
        assert [str(one.outcome) for one in plain.trajectories] == [
            str(one.outcome) for one in other.trajectories
        ]


@pytest.mark.parametrize("name", ["bowl", "rosenbrock", "booth", "beale", "himmelblau", "matyas"])
def test_a_typed_surface_gets_the_words_of_the_built_in_one(name):
    surface = SURFACES[name]
    ends = [
        [
            str(one.outcome)
            for one in optirace.race(
                surface=text,
                optimizers=list(OPTIMIZERS)[:12],
                lr=0.02,
                start=surface.start,
                view=surface.view,
                minimum=minimum,
            ).trajectories
        ]
        for text, minimum in ((name, None), (surface.expression, surface.minima[0]))
    ]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("steps", [200, 500])
def test_the_seeds_of_a_stationary_race_get_one_word_whatever_its_length(steps):
    words = collections.Counter()
    race = specs.race(texts=["sgd:lr=0.05"], shared={}, noise=5.0, steps=steps)
    for seed in range(200 if steps == 200 else 60):
        result = engine.run(dataclasses.replace(race, seed=seed))
        (one,) = result.trajectories
        goal = outcomes.goal(result.race, "known")
        kinds = outcomes._Course(one).kinds(np.zeros(steps + 1), goal, steps - 9)
        words.update(outcomes.KINDS[kind] for kind in kinds)
    assert max(words.values()) >= 0.95 * words.total()
    assert "oscillating" in words


def test_a_loss_that_only_the_racer_itself_saw_is_no_minimum():
    result = optirace.race(surface="exp(-(x^2 + y^2))", optimizers=["sgd:lr=0"])
    assert "stuck" == result.trajectories[0].outcome.kind


@pytest.mark.parametrize("factor", [1.0, 1e-9, 1e9])
def test_the_limits_scale_with_the_loss_where_the_start_is_at_0(factor):
    surface = dataclasses.replace(
        SURFACES["bowl"], value=lambda x, y: factor * (x * x - 4.0 * (y * y)), minima=()
    )
    limits = outcomes.limits(surface, (2.0, 1.0))
    assert 1e4 * factor < limits.high < 1e6 * factor
    assert -limits.high == limits.low


def test_where_no_loss_differs_from_0_none_is_too_high():
    flat = dataclasses.replace(SURFACES["bowl"], value=lambda x, y: 0.0 * x * y)
    assert np.inf == outcomes.limits(flat, flat.start).high


SAID = [(name, steps, {}) for name in SURFACES for steps in (25, 120)]
SAID += [
    (formula, 120, {"lr": 0.05})
    for formula in ("x*y", "exp(-(x^2 + y^2)/9)", "sin(x)*cos(y) + (x^2 + y^2)/10", "x")
]
SAID += [("bowl", steps, {"noise": 0.3, "seed": steps}) for steps in (30, 130)] + [
    ("bowl", 200, {"lr": 0.1005})
]


def racing(name, steps, options):
    rules = ["sgd", "momentum", "rmsprop", "adam", "adagrad", "nesterov"]
    return optirace.race(
        surface=name,
        steps=steps,
        optimizers=[f"{rule}:label=r{at}" for at, rule in enumerate(rules)],
        **options,
    )


@pytest.mark.parametrize(("name", "steps", "options"), SAID)
def test_table_film_captions_description_and_json_say_the_same(name, steps, options):
    result = racing(name, steps, options)
    kinds = {one.racer.label: one.outcome.kind for one in result.trajectories}
    steps_of = {one.racer.label: one.outcome.at_step for one in result.trajectories}
    table = optirace.table(result)
    assert kinds == {row["label"]: row["outcome"] for row in table.data()["racers"]}
    assert [str(one.outcome) for one in result.standings] == [row[-1] for row in table.words().rows]

    *_, last = film.moments(result, timeline.schedule(steps))
    for moment in (last, film.still(result, steps)):
        rows = [result.trajectories[index] for index in np.argsort(moment.places)]
        assert [one.racer.label for one in result.standings] == [one.racer.label for one in rows]

    said = alttext.alt(result, seconds=Fraction(9))
    for label, kind in kinds.items():
        if kind == "converged":
            assert re.search(
                rf"\b{label}(?: converges(?: first,)?)? at step {steps_of[label]}\b", said
            ) or (
                f"{label} converges at step {steps_of[label]}" in said
                or f"{label} converges first, at step {steps_of[label]}" in said
            )
        elif kind == "diverged":
            assert f"{label} diverges at step {steps_of[label]}" in said
        else:
            listed = re.findall(rf"((?:r\d(?:, | and )?)+) {WORDS[kind]}", said)
            assert any(label in words for words in listed)

    for hold in (1.5, 90.0):
        schedule = timeline.schedule(steps, hold=(1.0, hold))
        lead = film.leaders(result, np.floor(schedule.positions).astype(int))
        cues = [" ".join(cue.lines) for cue in webvtt.cues(result, schedule, lead)]
        at = next(index for index, words in enumerate(cues) if ", the end." in words)
        before, after = " ".join(cues[:at]), " ".join(cues[at:])
        assert "converged" not in before
        for label, kind in kinds.items():
            if kind == "converged":
                assert (
                    re.search(rf"\b{label}(?: converged)? at (?:step )?{steps_of[label]}\b", after)
                    or f"{label}: within" in before
                )
            else:
                assert f"{label} converged" not in after
            if hold > 10 and kind not in ("converged", "diverged"):
                word = {
                    "descending": "still descends",
                    "stuck": "is stuck",
                    "oscillating": "oscillates",
                    "climbing": "climbs",
                }[kind]
                assert f"{label} {word}" in after or f"best is {label}" in after
        if "best is" in after:
            assert f"best is {result.standings[0].racer.label}" in after


@pytest.mark.parametrize("name", ["bowl", "saddle", "beale", "booth", "matyas"])
def test_a_sweep_says_converged_of_the_runs_that_a_race_says_it_of(name):
    race = specs.race(
        surface=SURFACES[name], texts=["adam", "momentum", "rmsprop"], shared={}, steps=90
    )
    rates = np.geomspace(1e-3, 3, 25)
    for swept in sweeps.run(race, lr=rates).swept:
        for row, rate in enumerate(rates):
            given: Any = swept.racer.optimizer
            rule = dataclasses.replace(given, lr=float(rate))
            alone = dataclasses.replace(
                race, racers=(dataclasses.replace(swept.racer, optimizer=rule),)
            )
            one = engine.run(alone).trajectories[0].outcome
            assert (
                one.at_step if one.kind == "converged" else sweeps.NEVER
            ) == swept.ends.converged[row, 0]
