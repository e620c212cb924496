"""Types command lines that nobody would: exit status 0, 1 or 2, no traceback, and no file where it is 2.

python tests/soak/lines.py EXAMPLES
"""

import contextlib
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optirace import cli
from optirace.cli import COMMANDS

# Every command made quick by what comes before; what is drawn comes after, and wins.
QUICK = {
    "render": ["--size", "240x240", "--fps", "5", "--duration", "0.2", "--hold", "0", "--steps", "4", "-o", "race.png"],
    "table": ["--steps", "20"],
    "sweep": ["--steps", "20", "--lr", "0.01,0.1", "-O", "sgd"],
}
OPTIONS = [
    "--lr", "--beta", "--beta1", "--beta2", "--eps", "--steps", "--start", "--view", "--minimum",
    "--surface", "--tol", "--noise",
    "--seed", "--lr-schedule", "--convention", "--tune", "--plugin", "-O", "--format", "--every",
    "--metric", "--speed", "--hold",
    "--fps", "--title", "--loop", "--arrows", "--at", "--note", "--theme", "--dry-run", "--quiet",
    "--json", "--force", "-o", "-q",
    "--duration", "--size", "--version", "--wrong", "-x", "--", "-",
]  # fmt: skip
VALUES = [
    "adam", "sgd:lr=1", "momentum:beta=0.5,label=x", "adam:", ":", "rosenbrock", "x^2+y^2", "x^",
    "9**9**9", "1/0", "sin(x", "0.1",
    "0", "5", "-1", "1,2", "1,2,3,4", "1:2:3", "nan", "inf", "-1e400", "1e-400", "0x10", "1_0",
    "٣", "", " ", "json", "csv", "latex",
    "rich", "torch", "keras", "cosine", "step:5:0.5", "warmup:3:", "3:words", "3,1:words", "dark",
    "480x270", "a.png", "a.gif",
    "a.svg", "new/a.png", "a.avi", ".", "/", "race.toml", "missing.toml", "missing.py",
    "surfaces", "optimizers", "\0", "\udcff", "\x1b[0m",
]  # fmt: skip
WORDS = st.one_of(st.sampled_from(OPTIONS), st.sampled_from(VALUES), st.text(max_size=6))
SLOW = {"--duration", "--size", "--fps", "-q", "--speed", "--steps", "--hold", "--note", "--quality", "--jobs"}
"""What could ask for an hour of work; tried with a few words of their own."""
LIMITED = st.tuples(
    st.sampled_from(sorted(SLOW - {"--note"})), st.sampled_from(["-1", "nan", "x", "", "0", "1e999", "2,2,2", "٣"])
)


def lines():
    pieces = st.one_of(WORDS.filter(lambda word: word not in SLOW).map(lambda word: (word,)), LIMITED)
    rest = st.lists(pieces, max_size=4).map(lambda found: [word for piece in found for word in piece])
    return st.tuples(st.sampled_from([*COMMANDS, "tabel", ""]), rest)


def tell(line):
    command, rest = line
    words = [command, *QUICK.get(command, ()), *rest]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(words)
    made = sorted(str(path) for path in Path().rglob("*"))
    for each in os.listdir():
        shutil.rmtree(each) if os.path.isdir(each) else os.remove(each)
    tale = f"{words}: status {status}, {err.getvalue()!r}, made {made}"
    assert status in (0, 1, 2), tale
    assert "Traceback" not in err.getvalue(), tale
    assert (status == 0) == (not err.getvalue().startswith("optirace: ")), tale
    assert status == 0 or not made, tale
    assert not [name for name in made if ".optirace-" in name], tale


def main(examples):
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        checks = list(HealthCheck)
        settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=checks)(
            given(lines())(tell)
        )()
        os.chdir(before)
    print(f"{examples} command lines end with 0, 1 or 2")


if __name__ == "__main__":
    main(int(sys.argv[1]))
