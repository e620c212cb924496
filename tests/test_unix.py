"""On a system without what only some have, the same files come out."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest
from tests import structure

from optirace import cli
from optirace.output.files import target
from optirace.output.video import watchdog
from optirace.racing import workers
from optirace.system import limits, unix

HIDDEN = {
    os: ["geteuid", "killpg", "memfd_create", "pathconf", "splice"],
    signal: ["SIGALRM", "SIGHUP", "pthread_sigmask", "setitimer"],
}
LIBRARIES = ["fcntl", "resource"]
FILM = [
    "--size",
    "240x240",
    "--fps",
    "5",
    "--duration",
    "0.4",
    "--hold",
    "0",
    "--steps",
    "5",
    "--quiet",
]


@pytest.fixture
def bare(monkeypatch):
    """Return what makes this system one that has none of these names and is not Linux."""

    def hide():
        monkeypatch.setenv(
            "IMAGEIO_FFMPEG_EXE", imageio_ffmpeg.get_ffmpeg_exe()
        )  # it is found by the system's name
        monkeypatch.setattr("sys.platform", "darwin")
        for module, names in HIDDEN.items():
            for name in names:
                monkeypatch.delattr(module, name, raising=False)
        for name in LIBRARIES:
            monkeypatch.setitem(sys.modules, name, None)

    return hide


def films(place):
    """Render over what is there, twice, and return the bytes of every file."""
    outputs = [
        word for name in ("race.mp4", "race.gif", "frames/") for word in ("-o", f"{place}/{name}")
    ]
    assert 0 == cli.main(["render", *FILM, *outputs])
    assert 0 == cli.main(["render", *FILM, *outputs, "--theme", "dark"])
    return {
        path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()
    }


def test_the_same_films_come_out_where_every_name_is_missing(tmp_path, bare):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = films(tmp_path / "here")
    bare()
    assert here == films(tmp_path / "there")
    assert {"race.mp4", "race.gif", "frames"} == {
        path.name for path in (tmp_path / "there").iterdir()
    }


def test_an_old_draft_whose_lock_nobody_can_see_is_left_alone(tmp_path, bare):
    bare()
    left = tmp_path / f"{target.PREFIX}1-{'0' * 12}.mp4"
    left.touch()
    os.utime(left, (0, 0))
    target.sweep(tmp_path)
    assert left.exists()


def test_a_child_is_killed_without_its_session_where_there_are_none(bare):
    bare()
    with pytest.raises(subprocess.TimeoutExpired):
        watchdog.answer([sys.executable, "-c", "import time; time.sleep(300)"], 0.2)


def double(task):
    return 2 * task


def test_work_is_shared_where_no_signal_can_be_kept_waiting(bare):
    bare()
    assert [(1, 2), (2, 4)] == sorted(workers.shared(double, [1, 2], 2))


def test_a_limit_that_nobody_tells_is_named_without_its_number(bare):
    bare()
    assert "too many open files, see ulimit -n" == limits.behind(OSError(24, "?"))
    assert (None, None, None) == (unix.limit("NOFILE"), unix.user(), unix.longest_name(Path("/")))


def test_only_the_signals_that_there_are_stop_us(bare):
    bare()
    assert [signal.SIGINT, signal.SIGTERM] == unix.stop_signals()
    unix.alarm(0.001)
    assert unix.alarm_signal() is None


def test_pages_that_cannot_be_had_are_given_back(monkeypatch):
    opened = []
    monkeypatch.setattr(os, "splice", None, raising=False)
    monkeypatch.setattr(
        os,
        "memfd_create",
        lambda _: opened.append(os.open(os.devnull, os.O_RDONLY)) or opened[-1],
        raising=False,
    )
    assert [] == unix.memory_files(2, 100)  # what is no file cannot be made longer
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(opened[0])


def test_what_only_some_systems_have_is_named_in_one_file():
    hidden = {f"{module.__name__}.{name}" for module, names in HIDDEN.items() for name in names}
    hidden |= {
        *LIBRARIES,
        "termios",
        "signal.SIGKILL",
        "os.getuid",
        "os.sendfile",
        "os.mkfifo",
        "os.fchmod",
    }

    def named(path):
        text = path.read_text(encoding="utf-8")
        if any(word.split(".")[-1] in text for word in hidden):
            yield from (module for module, _ in structure.imports(path))
            yield from (
                ast.unparse(node)
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Attribute)
            )

    found = {
        (name, word)
        for name, path in structure.modules().items()
        for word in hidden & {*named(path)}
    }
    assert set() == {(name, word) for name, word in found if name != "system.unix"}
