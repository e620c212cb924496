"""What a film's command says of what it made, and who is asked to show it."""

import json
import os
import stat
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from optirace import cli
from optirace.cli import made
from optirace.output.sinks import Written
from optirace.system import viewer

SMALL = ["--size", "240x240", "--duration", "0.2", "--hold", "0", "--fps", "10"]


def file(path, **more):
    told: dict[str, Any] = {
        "bytes": 749_600,
        "sha256": "",
        "frames": 375,
        "width": 1280,
        "height": 720,
        "fps": Fraction(30),
    }
    return Written(path=Path(path), **told | more)


def test_the_line_of_a_film_has_its_size_its_length_and_its_weight():
    assert ["race.mp4  1280x720  12.5 s  750 kB"] == made.lines([file("race.mp4")])


def test_lines_stand_in_columns_and_none_is_for_what_no_file_has():
    still = {"frames": 1, "fps": None, "bytes": 42}
    text = {"frames": 0, "fps": None, "width": 0, "height": 0, "bytes": 9_900_000}
    assert [
        "races.mp4  1280x720  12.5 s  750 kB",
        "a.png      1280x720            42 B",
        "races.vtt                    9.9 MB",
    ] == made.lines([file("races.mp4"), file("a.png", **still), file("races.vtt", **text)])
    assert ["a.png  1280x720  42 B"] == made.lines([file("a.png", **still)])
    assert ["a.vtt  9.9 MB"] == made.lines([file("a.vtt", **text)])


def test_a_name_that_could_drive_a_terminal_is_printed_plainly():
    assert made.lines([file("a\x1b[2J.mp4")])[0].startswith("a\\x1b[2J.mp4  ")


def test_a_plan_as_json_has_the_keys_of_what_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["render", "-o", "a.gif", "-o", "a.png", "--alt", *SMALL, "--json"]
    assert 0 == cli.main([*words, "--dry-run"])
    planned = json.loads(capsys.readouterr().out)
    assert ([], ["files"]) == (list(tmp_path.iterdir()), list(planned))
    assert 0 == cli.main(words)
    written = json.loads(capsys.readouterr().out)
    assert ["a.gif", "a.png", "a.alt.txt", "a.still.alt.txt"] == [
        each["path"] for each in planned["files"]
    ]
    for plan, real in zip(planned["files"], written["files"], strict=True):
        assert {"description"} == plan.keys() - real.keys()
        assert {"sha256", "bytes"} == real.keys() - plan.keys()
        assert {key: plan[key] for key in plan if key in real} == {
            key: real[key] for key in real if key in plan
        }


class Desk:
    """A desktop whose viewers write down what they are asked to show."""

    def __init__(self, folder, program, body):
        self.log = folder / "shown.txt"
        script = folder / "bin" / program
        script.parent.mkdir()
        script.write_text(
            f"#!/bin/sh\n{body}\necho \"$1\" > '{self.log}.new' && mv '{self.log}.new' "
            f"'{self.log}'\n"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        self.path = f"{script.parent}{os.pathsep}{os.environ['PATH']}"

    def shown(self):
        for _ in range(500):
            if self.log.exists():
                return self.log.read_text().strip()
            time.sleep(0.01)
        return None


needs_sh = pytest.mark.skipif(os.name == "nt", reason="the viewer of the test is a script of sh")


@needs_sh
@pytest.mark.parametrize(
    ("platform", "program"), [("linux", "xdg-open"), ("freebsd14", "xdg-open"), ("darwin", "open")]
)
def test_the_first_file_is_shown_by_what_the_system_has(
    platform, program, tmp_path, monkeypatch, capsys
):
    desk = Desk(tmp_path, program, "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", desk.path)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(sys, "platform", platform)
    assert 0 == cli.main(["render", "-o", "-a.png", "-o", "b.png", *SMALL, "--quiet", "--open"])
    assert ("", "") == tuple(capsys.readouterr())
    assert str(tmp_path / "-a.png") == desk.shown()


def test_windows_opens_a_file_itself(monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "startfile", shown.append, raising=False)
    assert (viewer.show(tmp_path), [tmp_path]) == ("", shown)

    def refuse(_):
        raise OSError(1155, "No application is associated")

    monkeypatch.setattr(os, "startfile", refuse)
    assert "no application is associated" == viewer.show(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the session of a process")
def test_an_interrupt_of_this_terminal_is_not_for_the_viewer(tmp_path, monkeypatch):
    desk = Desk(tmp_path, "xdg-open", f"cut -d' ' -f6 /proc/self/stat > '{tmp_path}/session'")
    monkeypatch.setenv("PATH", desk.path)
    monkeypatch.setenv("DISPLAY", ":0")
    assert "" == viewer.show(tmp_path)
    assert desk.shown()
    assert os.getsid(0) != int((tmp_path / "session").read_text())


@needs_sh
def test_the_viewer_is_not_waited_for(tmp_path):
    desk = Desk(tmp_path, "xdg-open", "while [ ! -e go ]; do sleep 0.02; done")
    words = [sys.executable, "-m", "optirace", "render", "-o", "a.png", *SMALL, "--quiet", "--open"]
    environment = os.environ | {"PATH": desk.path, "WAYLAND_DISPLAY": "wayland-0"}
    done = subprocess.run(
        words,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert not desk.log.exists()
    (tmp_path / "go").touch()
    assert str(tmp_path / "a.png") == desk.shown()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these have a viewer always")
@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"DISPLAY": ":0", "PATH": ""}, "there is no xdg-open"),
        (
            {"DISPLAY": "", "WAYLAND_DISPLAY": ""},
            "there is no screen: DISPLAY and WAYLAND_DISPLAY are not set",
        ),
    ],
)
def test_without_a_viewer_a_line_says_so_and_the_film_is_there(
    environment, why, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert 0 == cli.main(["render", "-o", "a.png", *SMALL, "--quiet", "--open"])
    assert ("", f"optirace: open: {why}; a.png is written, open it yourself\n") == tuple(
        capsys.readouterr()
    )
    assert (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("word", "output"), [("--check", "a.png"), ("--dry-run", "a.png"), ("-o -", "-")]
)
def test_what_writes_no_file_shows_none(word, output, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    more = ["--format", "png"] if output == "-" else [word]
    assert 2 == cli.main(["render", "-o", output, *more, "--open"])
    assert (
        f"optirace: --open and {word}: use one or the other; no file is written that could "
        "be shown\n"
    ) == capsys.readouterr().err
    assert [] == list(tmp_path.iterdir())
