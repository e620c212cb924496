"""What a machine does not give, and numbers that are too large or too small, are told in one
line.
"""

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from optirace import cli
from optirace.__main__ import _limit_behind
from optirace.system import limits, unix

SOAK = Path(__file__).parent / "soak"


def soaked(*words):
    done = subprocess.run(
        [sys.executable, str(SOAK / words[0]), *words[1:]],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(done.stdout)
    assert (0, "") == (done.returncode, done.stderr), done.stderr[-3000:]
    return int(done.stdout.split()[0])


@pytest.mark.soak
def test_a_command_under_a_limit_is_done_or_names_it_in_one_line_and_changes_nothing():
    assert soaked("limits.py", "27") >= 15


@pytest.mark.soak
def test_extreme_numbers_are_drawn_or_refused_in_one_line():
    assert soaked("extremes.py", "31") >= 40


@pytest.mark.slow
def test_an_option_that_is_far_too_long_is_refused_in_a_line_and_little_time():
    assert soaked("options.py", "2503") >= 30


@pytest.mark.parametrize(
    "words",
    [
        ["render", "--view", "0,1e-320,0,1e-320", "-o", "s.svg"],
        ["render", "--view", "1,1.0000000000000002,0,1", "-o", "s.svg"],
        ["render", "--view=-1e300,1e300,-1,1", "-o", "s.svg"],
        ["sweep", "--lr", "1e300:1e308:5", "-o", "s.svg"],
        ["sweep", "--lr", "1e-320,1e-310", "-o", "s.svg"],
    ],
)
def test_a_view_or_rates_that_no_axis_can_show_are_refused_before_the_work(
    words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith(("optirace: view ", "optirace: lr "))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("problem", "named"),
    [
        (MemoryError(), "out of memory"),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "too many open files"),
        (OSError(errno.ENFILE, os.strerror(errno.ENFILE)), "too many open files"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "out of memory"),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), "the file system is read-only"),
        (
            FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
            "TMPDIR",
        ),
        (RuntimeError("can't start new thread"), "no more processes or threads"),
        (ImportError("libx.so: failed to map segment from shared object"), "out of memory"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_limit_is_found_behind_whatever_it_leads_to(problem, named):
    wrapped = ImportError("numpy cannot be imported")
    wrapped.__cause__ = problem
    assert named in limits.behind(problem)
    assert named in limits.behind(wrapped)


@pytest.mark.parametrize(("limit", "told"), [(1 << 28, "out of memory"), (None, None)])
@pytest.mark.parametrize(
    "words",
    [
        "[enc:libx264 @ 0x1] Error while opening encoder - maybe incorrect parameters",
        "[enc:libvpx-vp9 @ 0x1] Error encoding a frame: Invalid data found when processing input",
        "[enc:libvpx-vp9 @ 0x1] Error flushing encoder: Invalid data found when processing input",
        "error return without exception set",
        "<function _find_and_load at 0x7fc5c8d17ce0> returned NULL without setting an exception",
    ],
)
def test_what_blames_its_arguments_lacks_memory_where_that_is_limited(
    monkeypatch, limit, told, words
):
    monkeypatch.setattr(unix, "limit", {"AS": limit}.get)
    assert told == limits.said(words)
    assert told == limits.behind(SystemError(words))
    assert told == limits.of_status(-signal.SIGSEGV)


def test_a_start_without_the_memory_to_look_for_its_limit_says_so_all_the_same(monkeypatch):
    class Full:
        def find_spec(self, name, *_):
            if name == "optirace.system.limits":
                raise MemoryError

    monkeypatch.delitem(sys.modules, "optirace.system.limits")
    monkeypatch.delattr("optirace.system.limits")
    monkeypatch.setattr(sys, "meta_path", [Full(), *sys.meta_path])
    assert _limit_behind(ImportError("libx.so: cannot open shared object file")) == "out of memory"
    monkeypatch.undo()
    assert _limit_behind(ImportError("libx.so: cannot open shared object file")) is None
    assert _limit_behind(MemoryError()) == "out of memory"


def test_an_error_of_another_kind_is_no_limit():
    problem = ValueError("wrong")
    problem.__cause__ = KeyError("key")
    assert limits.behind(problem) is None
    assert limits.said("Unknown encoder 'libx264'") is None
    assert limits.of_status(1) is None
    assert limits.met() is None


def test_a_command_that_meets_a_limit_says_so_and_one_with_a_mistake_of_ours_shows_it(
    monkeypatch, capsys
):
    def fail(problem):
        def listing(*_):
            raise problem

        monkeypatch.setattr("optirace.catalogue.listing", listing)
        return cli.main(["list", "themes"])

    assert fail(OSError(errno.EMFILE, "Too many open files")) == 1
    assert capsys.readouterr().err.startswith("optirace: too many open files")
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError())


def of_thread(fail):
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def of_library(fail):
    class Dying:
        def __del__(self):
            fail()

    Dying()


@pytest.mark.parametrize(
    ("module", "hook", "run"),
    [(threading, "excepthook", of_thread), (sys, "unraisablehook", of_library)],
)
def test_what_comes_to_a_limit_where_nobody_can_catch_it_ends_without_a_word_and_another_does_not(
    monkeypatch, module, hook, run
):
    told = []
    monkeypatch.setattr(module, hook, lambda thrown: told.append(thrown.exc_type))
    for _ in range(2):  # a program that runs a command twice tells it once
        limits.hush()

    def fail(problem):
        raise problem

    for problem in (MemoryError(), ZeroDivisionError()):
        run(lambda problem=problem: fail(problem))
    assert told == [ZeroDivisionError]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no owners of this kind")
@pytest.mark.parametrize("name", ["old.mp4", "frames/"])
def test_another_users_file_in_a_folder_where_each_may_replace_his_own_is_refused_first(
    name, tmp_path, monkeypatch, capsys
):
    old = tmp_path / name
    old.mkdir() if name.endswith("/") else old.write_bytes(b"theirs")
    before = sorted(tmp_path.iterdir())
    tmp_path.chmod(0o1777)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 12345)
    assert cli.main(["render", "-o", str(tmp_path / "new.png"), "-o", f"{tmp_path}/{name}"]) == 1
    assert "another user's" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
    tmp_path.chmod(0o777)
    assert cli.main(["render", "--dry-run", "-o", f"{tmp_path}/{name}"]) == 0
