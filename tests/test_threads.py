"""Whoever draws from several threads, or from a process that may have no children, gets what one
alone would get.
"""

import hashlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

import optirace
from optirace.look import themes
from optirace.output import charts
from optirace.racing import sweeps
from optirace.system import turns

QUICK: dict[str, Any] = {"size": (240, 240), "fps": 10, "duration": 0.5, "hold": (0.1, 0.1)}
FILMS = (
    "film.mp4",
    "film.gif",
    "film.webp",
    "film.apng",
    "still.png",
    "still.svg",
    "still.pdf",
    "strip.svg",
    "chart.png",
)
THREADS = 4


def made(name, folder, title):
    """Draw one of FILMS, and return its bytes."""
    path = Path(folder) / f"{title}-{name}"
    if name.startswith("chart"):
        found = optirace.sweep(optirace.race(steps=20), lr=[0.01, 0.05, 0.2])
        charts.render(
            found,
            [path],
            look=themes.Style(width=320, height=240, theme=themes.THEMES["dark"], title=title),
        )
    else:
        result = optirace.race(surface="cos(x) + y^2/4", steps=20)
        more: dict[str, Any] = {"strip": [0, 10]} if name.startswith("strip") else {}
        optirace.render(
            result,
            path,
            title=title,
            theme="dark" if "light" not in title else "light",
            **QUICK,
            **more,
        )
    return path.read_bytes()


def many(folder):
    """Draw FILMS in other titles and themes from THREADS threads at once, none of them the main
    one; return them by name.
    """
    sys.setswitchinterval(1e-5)
    jobs = [(name, title) for name in FILMS for title in ("in light", "by night")]
    begin = threading.Barrier(THREADS)
    found = []

    def work(index):
        own = Path(folder, str(index))
        own.mkdir()
        begin.wait()  # all load what they need at the same time
        found.extend((job, made(job[0], own, job[1])) for job in jobs[index::THREADS])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    return found


SCRIPT = """
import hashlib, json, sys
from tests import test_threads

found = test_threads.many(sys.argv[1])
print(json.dumps([[*job, hashlib.sha256(data).hexdigest()] for job, data in found]))
"""


@pytest.mark.soak
def test_films_from_four_threads_have_the_bytes_of_films_made_alone(tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    assert (told.returncode, told.stderr) == (0, "")
    alone = {}
    for name, title, digest in json.loads(told.stdout):
        if (name, title) not in alone:
            alone[name, title] = hashlib.sha256(made(name, tmp_path, title)).hexdigest()
        assert (name, title, digest) == (name, title, alone[name, title])
    assert len(alone) == 2 * len(FILMS)


@pytest.mark.parametrize("name", ["race.png", "race.gif", "race.mp4", "race.svg", "frames/"])
def test_of_threads_that_write_to_one_name_one_wins_whole(tmp_path, name):
    results = [optirace.race(steps=steps) for steps in (5, 8, 11, 14)]
    alone = [
        optirace.render(result, f"{tmp_path}/alone/{index}/{name}", **QUICK)
        for index, result in enumerate(results)
    ]
    place = f"{tmp_path}/together/{name}"
    for _ in range(3):
        begin = threading.Barrier(len(results))

        def work(result, begin=begin):
            begin.wait()
            return optirace.render(result, place, **QUICK)[0].sha256

        with ThreadPoolExecutor(len(results)) as pool:
            told = list(pool.map(work, results))
        assert told == [written.sha256 for (written,) in alone]
        (kept,) = (tmp_path / "together").iterdir()
        assert kept.name == name.rstrip("/")
        if kept.is_dir():
            holds: Any = sorted((each.name, each.read_bytes()) for each in kept.iterdir())
            wholes: list[Any] = [
                sorted((each.name, each.read_bytes()) for each in written.path.iterdir())
                for (written,) in alone
            ]
        else:
            holds, wholes = kept.read_bytes(), [written.path.read_bytes() for (written,) in alone]
        assert holds in wholes


def test_a_film_may_be_made_while_another_tells_of_its_progress(tmp_path):
    result = optirace.race(steps=5)
    (alone,) = optirace.render(result, tmp_path / "alone.png", **QUICK)
    inner = []

    def nested(done, _total):
        if done == 2:
            inner.append(optirace.render(result, tmp_path / "same.png", **QUICK)[0].sha256)
            with ThreadPoolExecutor(
                1
            ) as pool:  # nothing that the film holds meanwhile keeps another thread waiting
                inner.append(
                    pool.submit(optirace.render, result, tmp_path / "other.png", **QUICK)
                    .result(60)[0]
                    .sha256
                )

    (film,) = optirace.render(result, tmp_path / "film.gif", **QUICK)
    (again,) = optirace.render(result, tmp_path / "again.gif", progress=nested, **QUICK)
    assert inner == [alone.sha256, alone.sha256]
    assert again.sha256 == film.sha256


def test_settings_and_warnings_of_the_program_are_what_they_were_once_threads_have_drawn(tmp_path):
    result = optirace.race(steps=5)
    with mpl.rc_context({"font.size": 3.0, "svg.hashsalt": "ours"}), warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter(
            "ignore", optirace.MissingCharacterWarning
        )  # ours; matplotlib has one of its own
        filters, settings = list(warnings.filters), dict(mpl.rcParams)
        os.environ["SOURCE_DATE_EPOCH"] = "no date"
        try:
            with ThreadPoolExecutor(THREADS) as pool:
                names = [
                    f"{index}.{suffix}"
                    for index in range(2)
                    for suffix in ("svg", "png", "pdf", "mp4")
                ]
                list(
                    pool.map(
                        lambda name: optirace.render(
                            result, tmp_path / name, title="\u4e16", **QUICK
                        ),
                        names,
                    )
                )
            assert os.environ.pop("SOURCE_DATE_EPOCH") == "no date"
        finally:
            os.environ.pop("SOURCE_DATE_EPOCH", None)
        assert list(warnings.filters) == filters
        assert dict(mpl.rcParams) == settings


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system copies no processes")
def test_a_copy_of_the_process_draws_while_a_thread_of_the_first_has_the_turn(tmp_path):
    has_it, is_over = threading.Event(), threading.Event()

    def hold():
        with turns.alone():
            has_it.set()
            is_over.wait(60)

    (alone,) = optirace.render(optirace.race(steps=5), tmp_path / "alone.png", **QUICK)
    holder = threading.Thread(target=hold)
    holder.start()
    has_it.wait()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of Python 3.12: that it may deadlock is what is tested
        child = os.fork()
    if child == 0:
        signal.alarm(60)
        status = 1
        try:
            (written,) = optirace.render(optirace.race(steps=5), tmp_path / "copy.png", **QUICK)
            status = 0 if written.sha256 == alone.sha256 else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    is_over.set()
    holder.join()
    assert os.waitstatus_to_exitcode(status) == 0


def _ends(race, jobs):
    found = sweeps.run(race, lr=np.geomspace(1e-3, 1.0, 2 * sweeps.CHUNK), jobs=jobs)
    return [array.tobytes() for each in found.swept for array in each.ends]


def _answer(pipe, race):
    try:
        pipe.send(_ends(race, 2))
    except BaseException as problem:  # noqa: BLE001 - whatever it is, the other side waits for it
        pipe.send(repr(problem))


@pytest.mark.parametrize(
    "method", sorted({"fork", "spawn"} & set(multiprocessing.get_all_start_methods()))
)
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_sweep_in_a_process_that_may_have_no_children_has_the_same_numbers(method):
    race = optirace.race(optimizers=["sgd"], steps=5).race
    context = multiprocessing.get_context(method)
    ours, theirs = context.Pipe(duplex=False)
    worker = context.Process(target=_answer, args=(theirs, race), daemon=True)
    worker.start()
    told = ours.recv() if ours.poll(60) else "nothing"
    worker.join(60)
    assert told == _ends(race, 1)


def test_a_sweep_of_several_processes_may_be_asked_for_by_any_thread():
    race = optirace.race(optimizers=["sgd"], steps=5).race
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: _ends(race, 2), range(2))) == [_ends(race, 1)] * 2
