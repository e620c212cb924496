"""What the doctor finds, on a machine that is well and on others."""

import json
import os
import re
import subprocess
import sys
from collections import namedtuple
from importlib import metadata

import pytest

from optirace import cli, diagnostics
from optirace.output.video import ffmpeg

pytestmark = pytest.mark.usefixtures("place")

NAMES = ["python", "packages", "arithmetic", "ffmpeg", "fonts", "folder", "space", "terminal"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems():
    """Return what is said and what is advised for everything that is not as it should be."""
    found = diagnostics.checks()
    assert NAMES == [check.name for check in found]
    assert [] == [check for check in found if check.ok and check.advice]
    return {check.name: (check.found, check.advice) for check in found if not check.ok}


def test_a_machine_on_which_films_can_be_made_is_well(place, capsys):
    assert 0 == cli.main(["doctor"])
    out, err = capsys.readouterr()
    assert "" == err
    assert [("ok", name) for name in NAMES] == [
        tuple(line.split()[:2]) for line in out.splitlines() if line.startswith("ok")
    ]
    assert all(len(line) <= 100 or len(line.split()) == 1 for line in out.splitlines())
    assert re.search(r"ffmpeg version \S+ with libx264", out)
    assert [] == list(place.iterdir())


def test_the_findings_are_one_json_object_when_asked(monkeypatch, capsys):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nonexistent/ffmpeg")
    assert 1 == cli.main(["doctor", "--json"])
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert ("", False) == (err, told["ok"])
    assert NAMES == [check["name"] for check in told["checks"]]
    assert ["ffmpeg"] == [check["name"] for check in told["checks"] if not check["ok"]]


@pytest.mark.skipif(os.name != "posix", reason="scripts of sh")
@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("exit 3", "fails with status 3"),
        ("exec sleep 30", "does not respond"),
        (
            "echo ffmpeg version 7 x >&2; echo ' V....D ffv1 FFmpeg video'",
            "ffmpeg version 7 with ffv1",
        ),
        ("echo ffmpeg version 7 x >&2", "ffmpeg version 7 with no encoder of use"),
        (None, "does not start: permission denied"),
    ],
)
def test_an_ffmpeg_that_cannot_make_a_film_is_a_problem(place, monkeypatch, capsys, script, found):
    program = place / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755 if script else 0o644)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    assert 1 == cli.main(["doctor"])
    told = " ".join(capsys.readouterr().out.split())
    assert 1 == told.count("problem ffmpeg")
    problem = told.partition("problem ffmpeg ")[2].partition(" ok fonts")[0]
    assert found in problem
    assert str(program) in problem
    assert "unset IMAGEIO_FFMPEG_EXE" in problem.partition(found)[2]


@pytest.mark.skipif(os.name != "posix", reason="scripts of sh")
def test_an_ffmpeg_that_hangs_keeps_nobody_waiting(place):
    (place / "ffmpeg").write_text("#!/bin/sh\nsleep 600 & sleep 600\n")
    (place / "ffmpeg").chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "optirace", "doctor"],
        env={**os.environ, "IMAGEIO_FFMPEG_EXE": str(place / "ffmpeg")},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,  # a third of what it would take to wait for it
    )
    assert (1, "") == (done.returncode, done.stderr)
    assert re.search(r"problem +ffmpeg[^,]+ does not respond", " ".join(done.stdout.split()))
    assert ffmpeg.SOON < 2.0  # seconds: what a person waits for


def test_the_findings_load_no_library_that_takes_long_and_run_one_program():
    code = """
import contextlib, io, json, sys
programs = []
def heard(event, details):
    if event == "subprocess.Popen":
        programs.append(str(details[1]))
sys.addaudithook(heard)
from optirace import cli
with contextlib.redirect_stdout(io.StringIO()):
    status = cli.main(["doctor"])
others = [words for words in programs if "'-version'" not in words]
print(json.dumps([status, sorted(sys.modules), others]))
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
    status, loaded, programs = json.loads(told)
    assert (0, 1) == (status, len(programs)), programs
    assert not {"PIL", "imageio", "contourpy", "rich", "sympy"}.intersection(loaded)
    assert not [
        name for name in loaded if name.startswith("matplotlib.") and name != "matplotlib.ft2font"
    ]


def test_a_package_that_is_missing_or_too_old_is_a_problem_with_what_to_install(monkeypatch):
    needed = ["numpy<3,>=2.0", "rich>=99", "no-such-thing>=1", 'pytest>=1; extra == "dev"']
    monkeypatch.setattr(metadata, "requires", lambda _: needed)
    found, advice = problems()["packages"]
    assert "no-such-thing is missing" in found
    assert re.search(r"rich [\d.]+, not >=99", found)
    assert "pytest" not in found
    assert 'python -m pip install "no-such-thing>=1" "rich>=99"' == advice


def test_a_broken_package_is_a_problem_and_no_traceback(monkeypatch):
    monkeypatch.setitem(sys.modules, "gmpy2", None)
    assert ["arithmetic"] == list(problems())
    assert "force-reinstall gmpy2" in problems()["arithmetic"][1]


def test_a_full_disk_is_a_problem(monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10, 10, 5_000_000))
    assert {"space": ("5 MB free here", "free 200 MB, or write elsewhere")} == problems()


@pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="needs a folder where even root makes no file"
)
def test_a_folder_that_takes_no_file_is_a_problem(monkeypatch):
    monkeypatch.chdir("/proc/self")
    assert "change to a folder of your own, or name one with -o" == problems()["folder"][1]


def test_an_old_python_is_a_problem(monkeypatch):
    monkeypatch.setattr(diagnostics, "OLDEST_PYTHON", (99, 1))
    assert "install Python 99.1 or later" == problems()["python"][1]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "utf-16"])
def test_the_findings_print_on_any_console(encoding):
    done = subprocess.run(
        [sys.executable, "-m", "optirace", "doctor"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert (0, b"") == (done.returncode, done.stderr)
    told = done.stdout.decode(encoding)
    assert ("drawn in ASCII" in told) == (not encoding.startswith("utf"))


def test_no_stdout_at_all_is_told(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    assert ("stdout is closed", True) == next(
        (each.found, each.ok) for each in diagnostics.checks() if each.name == "terminal"
    )


@pytest.mark.parametrize(
    ("version", "limits", "is_fine"),
    [
        ("3.11.2", "<3.12,>=3.11", True),
        ("3.12", "<3.12,>=3.11", False),
        ("2", ">=2.0.0", True),
        ("0.8.1", "", True),
    ],
)
def test_a_version_keeps_to_its_limits_or_not(version, limits, is_fine):
    assert is_fine == diagnostics.is_within(version, limits)


def test_nothing_is_loaded_while_two_things_are_looked_at():
    """An interrupt in an import can leave it locked, and who then imports beside it waits
    forever.
    """
    code = """
import sys, threading
from optirace import diagnostics as doctor
def hook(event, arguments):
    if event == "import" and threading.current_thread() is not threading.main_thread():
        print(arguments[0])
sys.addaudithook(hook)
print(len(doctor.checks()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [str(len(NAMES))] == done.stdout.splitlines()
