"""The same command makes the same bytes, whatever surrounds it."""

import os
import subprocess
import sys

import pytest

from optirace.output.formats import FORMATS
from optirace.output.read import contents

KINDS = tuple(FORMATS)
RACE = ["--steps", "15", "--surface", "ackley", "--lr-schedule", "cosine", "--noise", "0.1"]
FILM = [
    "--size",
    "320x240",
    "--fps",
    "10",
    "--duration",
    "0.6",
    "--hold",
    "0,0.2",
    "--note",
    "7,0.2:Grüße",
    "--title",
    "Öl",
]
DRIVER = f"""
import os, sys
if "ONE_CORE" in os.environ:
    os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
from optirace import cli
outputs = [word for kind in {KINDS} for word in ("-o", f"{{sys.argv[1]}}/race{{kind}}")]
others = [word for kind in {KINDS} for word in ("-o", f"{{sys.argv[1]}}/other{{kind}}")]
av1 = [word for kind in (".mp4", ".webm") for word in ("-o", f"{{sys.argv[1]}}/av1{{kind}}")]
for time in range(2 if "TWICE" in os.environ else 1):
    if time == 0 and cli.main(["table", "--format", "json", *{RACE}]):
        sys.exit("no table")
    if time == 0 and "TWICE" in os.environ:
        if cli.main(["render", "--quiet", "--theme", "dark", *{FILM}, *others]):
            sys.exit("no other film")
    if cli.main(["render", "--quiet", *{RACE}, *{FILM}, *outputs]):
        sys.exit("no film")
    if cli.main(["render", "--quiet", *{RACE}, *{FILM}, "--codec", "av1", *av1]):
        sys.exit("no film in AV1")
"""
MATPLOTLIBRC = """
figure.facecolor: red
font.family: monospace
font.size: 30
text.usetex: True
lines.antialiased: False
"""
HOSTILE = "{hostile}"
"""Stands for a folder with those settings."""
OWN = ("umask", "terminal", "leave_out")
"""What is not a variable, nor the name of a place."""


def made(folder, *, cwd=None, umask=-1, terminal=False, leave_out=(), **environment):
    """Run the driver with this environment; return the table that it prints, and each file's
    SHA-256 by its name.
    """
    folder.mkdir(parents=True)
    kept = {name: value for name, value in os.environ.items() if name not in leave_out}
    other_end, stdout = (
        pytest.importorskip("pty").openpty() if terminal else (None, subprocess.PIPE)
    )
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder)],
        env={**kept, **environment},
        cwd=cwd,
        umask=umask,
        stdout=stdout,
        stderr=stdout if terminal else subprocess.PIPE,
    ) as process:
        if terminal:
            os.close(stdout)
            table, said = b"", b""
            try:
                while part := os.read(other_end, 65536):
                    table += part.replace(b"\r\n", b"\n")
            except OSError:  # how Linux says that the other side has gone
                os.close(other_end)
        else:
            table, said = process.communicate()
    assert (0, b"") == (process.returncode, said), table
    names = [*(f"race{kind}" for kind in KINDS), "av1.mp4", "av1.webm"]
    return table, {name: contents.digest(folder / name)[1] for name in names}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return made(tmp_path_factory.mktemp("usual") / "films")


def test_the_usual_run_makes_a_table_and_all_files(usual):
    table, files = usual
    assert table.startswith(b"{")
    assert len(KINDS) + 2 == len(files) == len(set(files.values()))


@pytest.mark.parametrize(
    "surroundings",
    [
        {
            "TZ": "Pacific/Kiritimati",
            "LC_ALL": "de_DE.UTF-8",
            "LANG": "de_DE.UTF-8",
            "PYTHONHASHSEED": "1",
            "umask": 0o077,
        }
        | {"cwd": HOSTILE, "MPLCONFIGDIR": HOSTILE},
        {
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": "4294967295",
            "MPLBACKEND": "bogus",
            "COLUMNS": "20",
        }
        | {"MATPLOTLIBRC": f"{HOSTILE}/matplotlibrc", "TERM": "dumb", "SOURCE_DATE_EPOCH": "0"},
        {
            "leave_out": ("HOME", "LANG", "LC_ALL", "TERM", "USER"),
            "HOME": "/nonexistent",
            "NO_COLOR": "1",
            "umask": 0,
        }
        | {"ONE_CORE": "1", "OMP_NUM_THREADS": "1"},
        {
            "terminal": True,
            "SOURCE_DATE_EPOCH": "yesterday",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        | {"TWICE": "1", "PYTHONOPTIMIZE": "1", "PYTHONUTF8": "1"},
    ],
    ids=[
        "zone-locale-seed-umask-folder",
        "backend-settings",
        "no-home-one-core",
        "terminal-second-render",
    ],
)
def test_the_surroundings_change_no_byte(usual, tmp_path, surroundings):
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    (hostile / "matplotlibrc").write_text(MATPLOTLIBRC)
    words = {
        name: str(value).replace(HOSTILE, str(hostile))
        for name, value in surroundings.items()
        if name not in OWN
    }
    table, files = made(tmp_path / "a b" / "films", **{**surroundings, **words})
    assert usual[0] == table
    for name in files:
        assert usual[1][name] == files[name], name
