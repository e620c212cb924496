"""Runs commands whose streams are closed or full, in five encodings: a documented status, and never
a traceback.

    python tests/soak/streams.py [EVERY]

With a number, only each so-many-th case is run.
"""

import itertools
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

COMMANDS = {
    "render": "render -o race.png --size 240x240 --steps 4 --title Übung",
    "frames": "render -o frames/ --size 240x240 --steps 4 --fps 5 --duration 0.2 --hold 0",
    "json": "render -o race.png --size 240x240 --steps 4 --title Übung --json --alt --quiet",
    "table": "table --steps 20 -O adam:label=Übung -O sgd",
    "sweep": "sweep --steps 5 --lr 0.1,0.2 -O adam:label=Übung",
    "list": "list surfaces",
    "explain": "explain adam",
    "init": "init",
    "help": "--help",
    "help of a command": "render --help",
    "version": "--version",
    "nothing": "",
    "wrong": "table --lr Übung",
    "missing": "inspect Übung.mp4",
}
MADE = {
    "render": ["race.png"],
    "frames": ["frames"],
    "json": ["race.png", "race.still.alt.txt"],
    "init": ["race.toml"],
}
REMARKS = {"render": 1, "frames": 2, "wrong": 1, "missing": 1}
"""Lines on stderr, however the streams are."""
MISUSED = ("wrong", "missing")
ENCODINGS = ("ascii", "latin-1", "cp1252", "utf-8", "utf-16")
STREAMS = ("", ">&-", "2>&-", ">&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full")


def tell(name, encoding, streams):
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            ["sh", "-c", f"{shlex.quote(sys.executable)} -m optirace {COMMANDS[name]} {streams}"],
            cwd=place,
            capture_output=True,
            check=False,
            env=os.environ | {"PYTHONIOENCODING": encoding},
        )
        made = sorted(os.listdir(place))
        sizes = [path.stat().st_size for path in Path(place).rglob("*") if path.is_file()]
    out, err = (each.decode(encoding) for each in (done.stdout, done.stderr))
    tale = (
        f"{name} in {encoding} with {streams!r}: status {done.returncode}, {out!r}, {err!r}, {made}"
    )
    is_lost = ">" in streams.replace("2>&-", "").replace("2>/dev/full", "")
    status = 2 if name in MISUSED else 1 if is_lost else 2 if name == "nothing" else 0
    assert status == done.returncode, tale
    assert made == MADE.get(name, []), tale
    assert all(sizes), tale
    assert "Traceback" not in err, tale
    assert "Exception ignored" not in err, tale
    assert err.count("\n") == (
        0 if "2>" in streams else REMARKS.get(name, 0) + (is_lost and name not in MISUSED)
    ), tale
    assert bool(out.strip("\ufeff")) == (not is_lost and name not in MISUSED), tale
    assert out.isascii() or encoding != "ascii", tale
    assert out.strip("\ufeff").isascii() or not name.startswith("help"), tale


def main(every):
    cases = list(itertools.product(COMMANDS, ENCODINGS, STREAMS))[::every]
    for case in cases:
        tell(*case)
    print(f"{len(cases)} commands with streams of all sorts")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
