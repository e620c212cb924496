"""Runs what calls libraries with the lowest and with the newest versions of each that
pyproject.toml permits.

python tests/versions.py [PYTEST ARGUMENT...]

Each gets a fresh environment in .venv-versions, made by uv, which is installed there.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACE = ROOT / ".venv-versions"
CALLERS = {
    "contourpy": ["vector"],
    "gmpy2": ["exact", "expressions"],
    "imageio": ["encoders_png"],
    "imageio-ffmpeg": ["encoders_feed", "encoders_mp4", "encoders_video", "film"],
    "matplotlib": ["canvas", "chart", "formulas", "isolation"],
    "numpy": ["engine", "optimizers", "grids", "surfaces", "noise"],
    "pillow": ["encoders_gif", "encoders_pictures", "check"],
    "rich": ["terminal"],
    "typer": ["cli", "doctor", "listing", "scenes"],
}
"""Of each library the tests of what calls it."""


def call(*words):
    subprocess.run([str(word) for word in words], check=True, cwd=ROOT)


def main():
    shutil.rmtree(PLACE, ignore_errors=True)
    call(sys.executable, "-m", "venv", PLACE / "uv")
    call(
        PLACE / "uv/bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "uv",
    )
    uv = PLACE / "uv/bin/uv"
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]["dev"]
    failed = []
    for resolution in ("lowest-direct", "highest"):
        python = PLACE / resolution / "bin/python"
        call(uv, "venv", "--quiet", "--python", sys.executable, PLACE / resolution)
        install = (uv, "pip", "install", "--quiet", "--python", python)
        call(
            *install,
            "--resolution",
            resolution,
            "--only-binary",
            ":all:",
            "--no-binary",
            "optirace",
            "--editable",
            ROOT,
        )
        # What the tests need is the newest that goes with these; it is no part of what is tried.
        kept = subprocess.run(
            [uv, "pip", "freeze", "--python", python], check=True, capture_output=True, text=True
        ).stdout
        fixed = [line for line in kept.splitlines() if "==" in line]
        call(*install, *tools, *fixed)
        print(f"{resolution}: {', '.join(fixed)}", flush=True)
        files = [f"tests/test_{name}.py" for names in CALLERS.values() for name in names]
        tried = [
            str(python),
            "-m",
            "pytest",
            "-q",
            "-m",
            "not soak",
            "--numprocesses",
            "2",
            *(sys.argv[1:] or files),
        ]
        if subprocess.run(tried, check=False, cwd=ROOT).returncode:
            failed.append(resolution)
    if failed:
        sys.exit(f"fails with the versions that are {' and '.join(failed)}")


if __name__ == "__main__":
    main()
