"""No file or word of matplotlib's reaches what the commands draw, or stops them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

import optirace
from optirace.cli import isolation

DRIVER = """
import importlib.util, locale, os, sys, tempfile
from optirace import cli
assert cli.main(["list", "themes", "--format", "csv"]) == 0
assert importlib.util.find_spec("matplotlib")  # to ask where it is does not run it
if "NO_TEMPORARY" in os.environ:
    tempfile._candidate_tempdir_list = list
place, before = sys.argv[1], dict(os.environ)
film = ["--size", "240x240", "--fps", "5", "--duration", "0.4", "--hold", "0"]
film += ["--steps", "5", "--quiet"]
outputs = [word for kind in ("mp4", "svg", "pdf") for word in ("-o", f"{place}/race.{kind}")]
assert cli.main(["render", "--surface", "x^2 + sin(y)^2", *film, *outputs]) == 0
swept = ["--steps", "5", "--lr", "0.1:1:5", "-O", "adam"]
assert cli.main(["sweep", *swept, "-o", f"{place}/sweep.png", "--format", "csv"]) == 0
assert locale.setlocale(locale.LC_NUMERIC) == "C"
assert {**os.environ, "MPLCONFIGDIR": ""} == {**before, "MPLCONFIGDIR": ""}
import matplotlib
assert matplotlib.rcParams["figure.facecolor"] == "white"
"""
BINARY = b"\xff\xfe\x00 figure.facecolor: red"
HOSTILE = b"""
figure.facecolor: red
font.size: 30
text.usetex: True
path.sketch: 3, 100, 2
svg.fonttype: none
axes.formatter.use_locale: True
backend: bogus
no.such.key: 1
no colon
"""
NAMES = ("race.mp4", "race.svg", "race.pdf", "sweep.png")


def made(place, *, cwd, **environment):
    """Return what the commands made, with what they print; a variable of None is not set."""
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(place)],
        cwd=cwd,
        env={
            name: value for name, value in (os.environ | environment).items() if value is not None
        },
        capture_output=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr.decode())
    return done.stdout, {name: (place / name).read_bytes() for name in NAMES}


def files(place):
    return {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    place = tmp_path_factory.mktemp("usual")
    return made(place / "films", cwd=place)


def in_folder(content):
    """Lay a matplotlibrc into the working folder."""

    def lay(place):
        (place / "matplotlibrc").write_bytes(content)
        return {"LC_ALL": "de_DE.UTF-8"}

    return lay


def named(place):
    (place / "theirs.rc").write_bytes(BINARY)
    return {"MATPLOTLIBRC": str(place / "theirs.rc"), "MPLBACKEND": "bogus"}


def configured(place):
    """Lay settings and a style where matplotlib looks for a person's own."""
    (place / "config" / "stylelib").mkdir(parents=True)
    (place / "config" / "matplotlibrc").write_bytes(BINARY)
    (place / "config" / "stylelib" / "x.mplstyle").write_bytes(BINARY)
    return {"MPLCONFIGDIR": str(place / "config"), "MATPLOTLIBRC": str(place / "nowhere")}


def no_folder(place):
    (place / "file").write_bytes(b"no folder")
    (place / "matplotlibrc").mkdir()
    return {"MPLCONFIGDIR": str(place / "file"), "MATPLOTLIBRC": str(place)}


def homeless(_):
    return {
        "NO_TEMPORARY": "1",
        "HOME": "/proc/nowhere",
        "XDG_CONFIG_HOME": None,
        "XDG_CACHE_HOME": "/proc/nowhere",
        "USER": None,
    }


@pytest.mark.skipif(os.name != "posix", reason="the names are those of POSIX")
@pytest.mark.parametrize(
    "lay", [in_folder(BINARY), in_folder(HOSTILE), named, configured, no_folder, homeless]
)
def test_settings_of_matplotlib_change_no_byte_and_stay_as_they_are(usual, tmp_path, lay):
    place = tmp_path / "place"
    place.mkdir()
    environment = lay(place)
    before = files(place)
    table, found = made(tmp_path / "films", cwd=place, **environment)
    assert usual[0] == table
    for name in NAMES:
        assert usual[1][name] == found[name], name
    assert {
        path: data for path, data in files(place).items() if "fontlist" not in path.name
    } == before


def test_a_process_that_has_matplotlib_keeps_it(monkeypatch):
    finders = list(sys.meta_path)
    monkeypatch.setitem(sys.modules, "matplotlib", sys)
    isolation.isolate()
    assert finders == sys.meta_path


def test_what_matplotlib_would_read_is_hidden_only_while_it_is_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "matplotlibrc").touch()
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.delenv("MATPLOTLIBRC", raising=False)
    with isolation._alone():
        assert not os.path.exists("matplotlibrc")
        assert os.path.exists(tmp_path / "matplotlibrc")
        assert (None, os.devnull) == (os.environ.get("MPLBACKEND"), os.environ["MATPLOTLIBRC"])
    assert Path("matplotlibrc").exists()
    assert os.path.exists("matplotlibrc")
    assert ("agg", None) == (os.environ["MPLBACKEND"], os.environ.get("MATPLOTLIBRC"))


def test_what_a_program_tells_matplotlib_changes_no_byte_and_stays_so(tmp_path):
    result = optirace.race(steps=4)
    optirace.render(result, tmp_path / "usual.svg", size=(240, 240))
    theirs: dict[Any, Any] = {
        "axes.facecolor": "red",
        "font.size": 30.0,
        "path.sketch": (3, 100, 2),
        "lines.antialiased": False,
    }
    with mpl.rc_context(theirs):
        optirace.render(result, tmp_path / "theirs.svg", size=(240, 240))
        assert theirs == {name: mpl.rcParams[name] for name in theirs}
    assert (tmp_path / "usual.svg").read_bytes() == (tmp_path / "theirs.svg").read_bytes()
