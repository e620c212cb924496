"""Runs commands whose streams are closed or full, in five encodings: a documented status, and never a traceback.

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
    "table": "table --steps 20 -O adam:label=Übung -O sgd",
    "list": "list surfaces",
    "explain": "explain adam",
    "wrong": "table --lr Übung",
}
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
        made = os.listdir(place)
        size = Path(place, "race.png").stat().st_size if made else 0
    out, err = (each.decode(encoding) for each in (done.stdout, done.stderr))
    tale = f"{name} in {encoding} with {streams!r}: status {done.returncode}, {out!r}, {err!r}, {made}"
    is_lost = ">" in streams.replace("2>&-", "").replace("2>/dev/full", "")
    assert (2 if name == "wrong" else 1 if is_lost else 0) == done.returncode, tale
    assert made == (["race.png"] if name == "render" else []), tale
    assert size > 0 or name != "render", tale
    assert "Traceback" not in err, tale
    assert "Exception ignored" not in err, tale
    assert err.count("\n") == (0 if "2>" in streams else (name in ("render", "wrong")) + (is_lost and name != "wrong")), tale
    assert bool(out.strip("\ufeff")) == (not is_lost and name != "wrong"), tale


def main(every):
    cases = list(itertools.product(COMMANDS, ENCODINGS, STREAMS))[::every]
    for case in cases:
        tell(*case)
    print(f"{len(cases)} commands with streams of all sorts")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
