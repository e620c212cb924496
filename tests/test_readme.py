"""What the documents promise."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest

import optirace
from optirace import optimizers
from optirace.look import themes
from optirace.optimizers.conventions import CONVENTIONS
from optirace.output.formats import FORMATS
from optirace.surfaces import SURFACES
from optirace.text import tables as report

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (optirace .+)$", README, re.MULTILINE)
ENVIRONMENT = {**os.environ, "OPTIRACE": f"{shlex.quote(sys.executable)} -m optirace"}


def test_the_readme_shows_commands():
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_runs(line, tmp_path):
    words = shlex.split(line)[1:]
    if "race.toml" in words and words[0] != "init":
        subprocess.run(
            [sys.executable, "-m", "optirace", "init"],
            check=True,
            capture_output=True,
            cwd=tmp_path,
        )
    if words[0] == "render":
        # What the line asks for, in fewer and smaller frames where it does not say.
        words += ["--duration", "0.3"] * ("--duration" not in words and "--speed" not in words)
        words += ["--steps", "20"] * ("--speed" in words and "--steps" not in words)
        words += ["--size", "320x240"] * ("-q" not in words and "--size" not in words)
    done = subprocess.run(
        [sys.executable, "-m", "optirace", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        encoding="utf-8",
    )
    assert (0, "") == (done.returncode, done.stderr if words[0] not in ("render", "init") else "")
    for index, word in enumerate(words):
        if word == "-o" and "--dry-run" not in words:
            assert (tmp_path / words[index + 1]).stat().st_size > 0


def test_the_readme_names_all_that_is_there():
    tables = (
        optimizers.OPTIMIZERS,
        CONVENTIONS,
        FORMATS,
        themes.THEMES,
        themes.QUALITIES,
        report.FORMATS,
    )
    for name in (name for table in tables for name in table):
        assert re.search(rf"`(--convention )?{re.escape(name)}`", README), name
    assert f"{len(SURFACES)} of the [gallery]" in README


def test_every_option_of_render_is_in_the_readme():
    told = subprocess.run(
        [sys.executable, "-m", "optirace", "render", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for option in set(re.findall(r"(?<![\w-])--[a-z0-9-]+", told)) - {"--help", "--output"}:
        assert option in README, option


def test_the_python_of_the_readme_runs(tmp_path):
    code = "\n".join(
        re.findall(r"^```python\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    ).replace('"race.mp4"', '"race.mp4", size=(320, 240), duration=0.3')
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)
    assert (tmp_path / "race.mp4").exists()


def test_the_changelog_tells_the_version():
    assert f"## [{optirace.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_pictures_of_the_readme_are_there():
    for name in re.findall(r"\]\((docs/[^)]+)\)", README):
        assert (ROOT / name).is_file(), name


def test_the_gallery_is_what_its_script_makes_of_the_surfaces(tmp_path):
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "docs" / "gallery.py")
    gallery = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(gallery)
    assert gallery.page() == (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    for name in SURFACES:
        still = imageio.imread(ROOT / "docs" / "gallery" / f"{name}.png")
        assert gallery.SIZE == (still.shape[1], still.shape[0])
    optirace.render(
        optirace.race(surface="ackley"),
        tmp_path / "new.png",
        size=gallery.SIZE,
        title=SURFACES["ackley"].label,
    )
    shown, made = (
        imageio.imread(path).astype(int)
        for path in (ROOT / "docs" / "gallery" / "ackley.png", tmp_path / "new.png")
    )
    assert np.abs(shown - made).mean() < 0.1


def test_the_lectures_script_makes_its_media(tmp_path):
    script = (
        (ROOT / "examples" / "lecture.sh")
        .read_text()
        .replace("$optirace render", "$optirace render --duration 0.3 -q 480p")
    )
    subprocess.run(
        ["sh", "-c", script, "lecture.sh", str(tmp_path / "media")],
        check=True,
        env=ENVIRONMENT,
        capture_output=True,
    )
    made = sorted(path.name for path in (tmp_path / "media").iterdir())
    assert [
        "momentum.mp4",
        "past-the-limit.mp4",
        "race.gif",
        "race.md",
        "race.mp4",
        "race.png",
    ] == made


def test_the_python_example_films_the_best_rates(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "rates.py"), "best.png"],
        check=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert "best.png" in done.stdout
    assert (tmp_path / "best.png").exists()
