"""Very many runs at once, and what is said and drawn of them."""

import dataclasses
import multiprocessing
import os
import re
import threading

import numpy as np
import pytest

from optirace import optimizers
from optirace.errors import InvalidValueError, OptiraceError
from optirace.racing import engine, minima, sweeps, workers
from optirace.settings import specs, values
from optirace.surfaces import SURFACES
from optirace.text import sweep_table

EXACT = [
    name
    for name, surface in SURFACES.items()
    if not re.search("sin|cos|exp|log|sqrt|abs", surface.expression)
]
RATES = (1e-4, 1e-3, 0.03, 0.08, 0.1, 0.11, 0.5, 1.7, 1.95, 2.5, 40.0, 1e200)


def valley(**changes):
    """Rosenbrock's, on which runs diverge at once, late and never."""
    return dataclasses.replace(
        SURFACES["bowl"],
        value=lambda x, y: (1.0 - x) * (1.0 - x) + 100.0 * ((y - x * x) * (y - x * x)),
        gradient=lambda x, y: (-2.0 * (1.0 - x) - 400.0 * (x * (y - x * x)), 200.0 * (y - x * x)),
        minima=((1.0, 1.0),),
        start=(-1.5, 2.0),
        **changes,
    )


def alone(race, racer, **values):
    rule = dataclasses.replace(racer.optimizer, **values)
    return engine.run(
        dataclasses.replace(race, racers=(dataclasses.replace(racer, optimizer=rule),))
    ).trajectories[0]


def assert_same(trajectory, ends, at):
    kind, step = trajectory.outcome.kind, trajectory.outcome.at_step
    assert (step if kind == "converged" else sweeps.NEVER) == ends.converged[at]
    assert (step if kind == "diverged" else sweeps.NEVER) == ends.diverged[at]
    assert trajectory.losses[-1].tobytes() == ends.loss[at].tobytes()
    assert (
        trajectory.losses[: None if kind != "diverged" else -1].min().tobytes()
        == ends.best[at].tobytes()
    )


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
@pytest.mark.parametrize(
    "surface", [*(SURFACES[name] for name in EXACT), valley()], ids=[*EXACT, "valley"]
)
def test_a_run_of_a_sweep_is_bit_for_bit_the_run_of_a_race(surface, name):
    race = engine.Race(
        surface=surface,
        racers=specs.racers([specs.racer(name)], {}, {}),
        start=surface.start,
        steps=150,
        tol=0.01,
    )
    found = sweeps.run(race, lr=RATES, beta=(0.0, 0.5, 0.97))
    (swept,) = found.swept
    for row, lr in enumerate(RATES):
        for column, beta in enumerate([None] if swept.beta is None else swept.beta):
            assert_same(
                alone(
                    race,
                    swept.racer,
                    lr=lr,
                    **({} if beta is None else {sweeps.beta_name(swept.racer.optimizer): beta}),
                ),
                swept.ends,
                (row, column),
            )


@pytest.mark.parametrize("name", [name for name, surface in SURFACES.items() if name not in EXACT])
def test_on_other_surfaces_a_run_of_a_sweep_is_the_run_of_a_race_but_for_rounding(name):
    race = specs.race(surface=SURFACES[name], texts=["sgd"], shared={}, steps=40)
    lr = (1e-4, 1e-3, 1e-2)
    ends = sweeps.run(race, lr=lr).swept[0].ends
    for row, rate in enumerate(lr):
        trajectory = alone(race, race.racers[0], lr=rate)
        assert trajectory.losses[-1] == pytest.approx(ends.loss[row, 0], rel=1e-6, abs=1e-9)
        assert ("diverged" == trajectory.outcome.kind) == (ends.diverged[row, 0] != sweeps.NEVER)


def test_noise_and_schedules_are_those_of_a_race():
    race = specs.race(
        texts=["adam", "momentum"],
        shared={},
        noise=3.0,
        seed=5,
        schedule="warmup:9:cosine",
        steps=60,
    )
    for swept in sweeps.run(race, lr=(0.01, 0.3, 4.0), beta=(0.5, 0.9)).swept:
        for row, lr in enumerate((0.01, 0.3, 4.0)):
            for column, beta in enumerate([None] if swept.beta is None else swept.beta):
                values = {"lr": lr} if beta is None else {"lr": lr, "beta": beta}
                assert_same(alone(race, swept.racer, **values), swept.ends, (row, column))


def test_a_sample_holds_every_way_to_end():
    race = specs.race(texts=["sgd"], shared={}, steps=150)
    ends = sweeps.run(race, lr=RATES).swept[0].ends
    assert {(False, False), (True, False), (False, True)} == {
        (converged, diverged)
        for converged, diverged in zip(
            ends.converged[:, 0] >= 0, ends.diverged[:, 0] >= 0, strict=True
        )
    }
    assert len(set(ends.diverged[:, 0])) > 2


def test_a_run_that_comes_back_from_beyond_the_limit_stays_diverged():
    # Its first step leads to a loss beyond the limit, its second one home.
    slope = dataclasses.replace(
        SURFACES["bowl"],
        value=lambda x, y: x * x + 0.0 * y,
        gradient=lambda x, y: (np.where(x > 1e3, x, -1e7) + 0.0 * y, 0.0 * y),
        start=(1.0, 0.0),
    )
    race = engine.Race(
        surface=slope, racers=specs.racers([specs.racer("sgd")], {}, {}), start=slope.start, steps=5
    )
    found = sweeps.run(race, lr=(1e-5, 1.0))
    ends = found.swept[0].ends
    assert [sweeps.NEVER, 1] == ends.diverged[:, 0].tolist()
    assert 1e14 == pytest.approx(ends.loss[1, 0], rel=1e-6)
    assert 1.0 == ends.best[1, 0]
    assert sweeps.NEVER == ends.converged[1, 0]


def test_a_start_within_tol_has_converged_at_step_0():
    race = specs.race(texts=["sgd"], shared={}, start=(0.01, 0.0))
    assert 0 == sweeps.run(race, lr=[0.01]).swept[0].ends.converged[0, 0]


def test_an_unknown_minimum_is_the_lowest_loss_that_any_run_saw(monkeypatch):
    monkeypatch.setattr(minima, "search", lambda *_: minima.Findings(None, is_bounded=True))
    surface = valley()
    unknown = dataclasses.replace(surface, minima=())
    race = engine.Race(
        surface=unknown,
        racers=specs.racers([specs.racer("adam")], {}, {}),
        start=(-1.5, 2.0),
        steps=300,
    )
    found = sweeps.run(race, lr=RATES)
    assert found.minimum == min(each.ends.best.min() for each in found.swept)
    assert_same(
        alone(race, race.racers[0], lr=0.5), sweeps.run(race, lr=[0.5]).swept[0].ends, (0, 0)
    )


def test_a_run_that_falls_without_end_has_diverged_and_is_no_minimum():
    race = specs.race(surface=specs.surface("-x^2"), texts=["sgd"], shared={})
    found = sweeps.run(race, lr=[0.001, 0.1])
    assert [[sweeps.NEVER], [38]] == found.swept[0].ends.diverged.tolist()
    assert found.minimum == found.swept[0].ends.loss[0, 0] > -100.0
    alone = sweeps.run(race, lr=[0.1])
    assert alone.minimum == alone.swept[0].ends.best.min()


def test_without_a_known_minimum_no_run_converges_that_only_saw_the_lowest_loss():
    slope = specs.surface("x")
    found = sweeps.run(specs.race(surface=slope, texts=["rmsprop"], shared={}), lr=RATES)
    assert (found.swept[0].ends.converged == sweeps.NEVER).all()


def test_only_a_rule_with_a_beta_is_swept_over_beta():
    found = sweeps.run(specs.race(shared={}, steps=5), lr=(0.1, 0.2, 0.3), beta=(0.0, 0.9))
    assert {"sgd": (3, 1), "momentum": (3, 2), "rmsprop": (3, 2), "adam": (3, 1)} == {
        each.racer.optimizer.name: each.ends.loss.shape for each in found.swept
    }


def test_the_numbers_do_not_depend_on_the_jobs_nor_on_the_chunks(monkeypatch):
    race = specs.race(shared={}, steps=20)
    lr = values.grid("--lr", "1e-3:3:9000", is_geometric=True)
    told = []
    one, two = (
        sweeps.run(race, lr=lr, jobs=jobs, progress=lambda done, _: told.append(done))
        for jobs in (1, 2)
    )
    monkeypatch.setattr(sweeps, "CHUNK", 1000)
    three = sweeps.run(race, lr=lr, jobs=1)
    for a, b, c in zip(one.swept, two.swept, three.swept, strict=True):
        for ends in zip(a.ends, b.ends, c.ends, strict=True):
            x, y, z = map(np.asarray, ends)
            assert x.tobytes() == y.tobytes() == z.tobytes()
    assert [36000, 36000] == [told[len(told) // 2 - 1], told[-1]]


def test_a_sweep_leaves_no_process_behind():
    race = specs.race(shared={}, steps=20)

    def stop(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweeps.run(
            race, lr=values.grid("--lr", "1e-3:3:9000", is_geometric=True), jobs=2, progress=stop
        )
    assert [] == multiprocessing.active_children()


def test_beside_other_threads_fresh_processes_share_the_work_that_can_be_sent_to_them():
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert os.getpid() not in {pid for _, pid in workers.shared(_me, [1, 2], 2)}
        assert {os.getpid()} == {pid for _, pid in workers.shared(lambda _: os.getpid(), [1, 2], 2)}
    finally:
        over.set()
        thread.join()
    assert os.getpid() not in {pid for _, pid in workers.shared(lambda _: os.getpid(), [1, 2], 2)}


def _me(_number):
    return os.getpid()


def _divide(number):
    if number == 7:
        os._exit(9)
    return 1 / number


def test_what_fails_in_a_process_is_raised_here_and_a_dead_process_is_told():
    assert (
        {2: 0.5, 4: 0.25}
        == dict(workers.shared(_divide, [2, 4], 1))
        == dict(workers.shared(_divide, [2, 4], 2))
    )
    with pytest.raises(ZeroDivisionError):
        list(workers.shared(_divide, [0, 1], 2))
    with pytest.raises(
        OptiraceError, match=r"^a process: ended with status 9 before its work was done$"
    ):
        list(workers.shared(_divide, [7, 1], 2))
    assert [] == multiprocessing.active_children()


def test_the_working_range_of_the_lecture():
    found = sweeps.run(
        specs.race(shared={}), lr=values.grid("--lr", "1e-3:3:61", is_geometric=True)
    )
    sgd, momentum, _, adam = map(found.range, found.swept)
    assert (0.0144, 0.0934) == pytest.approx(sgd.lr, rel=1e-2)
    assert 29 == sgd.steps
    assert 0.1 < sgd.diverges < 0.115
    assert 1.9 < momentum.diverges < 2.1
    assert None is adam.diverges
    assert 3.0 == adam.lr[1]


def test_a_range_is_the_longest_row_of_rates_that_converge():
    nothing = np.full(7, sweeps.NEVER, np.int32)
    since = np.array([9, -1, 8, 7, 7, -1, -1], np.int32)
    loss = np.array([1e-4, 5.0, 1e-4, 2e-5, 1e-5, np.inf, 1.0])
    lost = np.array([-1, -1, -1, -1, -1, 4, -1], np.int32)
    lr = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    told = sweeps._range(lr, None, sweeps.Ends(loss, loss, since, lost))
    assert ((0.3, 0.5), 0.5, 7, 0.6, 0.5, 1e-5) == (
        told.lr,
        told.fastest,
        told.steps,
        told.diverges,
        told.best,
        told.loss,
    )
    told = sweeps._range(lr, 0.5, sweeps.Ends(loss, loss, nothing, nothing))
    assert (None, None, None, None) == (told.lr, told.fastest, told.steps, told.diverges)


@pytest.mark.parametrize("name", ["momentum", "heavy-ball", "nesterov"])
def test_runs_diverge_beyond_the_stability_limit_and_not_before(name):
    race = specs.race(texts=[name], shared={}, steps=3000)
    beta = np.array([0.0, 0.5, 0.9])
    limits = sweeps.limit(race.racers[0].optimizer, beta, race.surface)
    for value, limit in zip(beta, limits, strict=True):
        ends = sweeps.run(race, lr=(0.99 * limit, 1.01 * limit), beta=[value]).swept[0].ends
        assert [False, True] == (ends.diverged[:, 0] != sweeps.NEVER).tolist()


def test_a_limit_is_for_quadratics_and_for_rules_that_have_one():
    assert None is sweeps.limit(optimizers.Momentum(), np.zeros(1), SURFACES["rosenbrock"])
    assert None is sweeps.limit(optimizers.RMSProp(), np.zeros(1), SURFACES["bowl"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": [0.2, 0.1]}, "lr: must be finite numbers that ascend"),
        ({"lr": []}, "lr: must be finite numbers that ascend"),
        ({"lr": [1e308, -1e308]}, "lr: must be finite numbers that ascend"),
        ({"lr": [-0.1, 0.1]}, "lr -0.1: must be a finite number, 0 or more"),
        ({"lr": [0.1], "beta": [0.5, 1.0]}, "beta 1.0: must be from 0 to below 1"),
        (
            {"lr": np.linspace(0.1, 1, 4000), "beta": np.linspace(0, 0.9, 2000)},
            r"grid of 16008000 runs: at most 12000000",
        ),
        ({"lr": [0.1], "jobs": 0}, "jobs 0: must be from 1 to 1024"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(changes, message):
    with pytest.raises(InvalidValueError, match=message):
        sweeps.run(specs.race(shared={}), **changes)


def test_a_sweep_of_a_tuned_race_is_not_told_to_be_tuned():
    tuned = specs.race(texts=["sgd"], shared={}, steps=5, tune=True)
    assert tuned.rates_tried
    assert "tuned" not in str(sweep_table.Ranges(sweeps.run(tuned, lr=[0.1, 0.2])))


def test_a_library_s_object_takes_one_rate_at_a_time_and_is_refused():
    made = dataclasses.make_dataclass(
        "Made", [("lr", float, 0.1)], namespace={"name": "torch:SGD"}, frozen=True
    )()
    race = specs.race(texts=["sgd"], shared={})
    race = dataclasses.replace(race, racers=(dataclasses.replace(race.racers[0], optimizer=made),))
    with pytest.raises(
        InvalidValueError,
        match=r"^optimizer 'torch:SGD': cannot be swept, as it takes no learning rates",
    ):
        sweeps.run(race, lr=[0.1])
