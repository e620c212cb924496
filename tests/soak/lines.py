"""Types command lines that nobody would: a documented exit status, no traceback, and no file where
it is not 0.

python tests/soak/lines.py EXAMPLES
"""

import collections
import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optirace import cli
from optirace.cli import COMMANDS

FILM = ["--size", "240x240", "--fps", "5", "--duration", "0.2", "--hold", "0", "--steps", "4"]
# Every command made quick, and most of them possible, by what comes before; what is drawn comes
# after, and wins.
QUICK = {
    "render": [[*FILM, "-o", name] for name in ("race.png", "race.gif", "race.mp4", "kept.png")]
    + [["kept.toml", *FILM]],
    "table": [["--steps", "20"], ["kept.toml", "--steps", "4"]],
    "sweep": [
        ["--steps", "20", "--lr", "0.01,0.1", "-O", "sgd", *more]
        for more in ([], ["-o", "a.svg", "--size", "480x270"])
    ],
    "explain": [["adam"], ["momentum"], []],
    "list": [["surfaces"], ["formats"], []],
    "inspect": [["kept.png"], ["kept.mp4"], ["kept.png", "--rerun", "-o", "new.png"], []],
    "snippet": [["kept.mp4"], ["kept.png"], ["kept.gif", "--for", "html"], []],
    "init": [[], ["kept.toml"], ["new.toml"]],
}
WORDS = [
    "adam", "sgd:lr=1", "momentum:beta=0.5,label=x", "adam:schedule=cosine", "adam:", ":",
    "rosenbrock", "x^2+y^2", "x^",
    "9**9**9", "1/0", "sin(x", "exp(exp(x))", "sqrt(x*y)", "0.1",
    "0", "2", "5", "-1", "1,2", "0,2,4", "1,2,3,4", "1:2:3", "nan", "inf", "-1e400", "1e-400",
    "0x10", "1_0",
    "٣", "", " ", "json", "csv", "latex", "rich", "html", "quarto", "beamer", "gif", "mp4",
    "torch", "keras", "lecture", "cosine", "step:5:0.5", "warmup:3:", "warmup:3:cosine", "3:words",
    "3,1:words", "dark",
    "h264", "vp9", "av1", "420", "444", "10MB", "1kB", "1B", "1e9GB", "480x270",
    "a.png", "a.gif", "a.svg", "a.pdf", "a.mp4", "a.webm", "a.webp", "a.apng", "new/a.png",
    "new/frames/", "a.avi", "-", ".", "/",
    "kept.png", "kept.gif", "kept.mp4", "kept.toml", "kept.py", "kept/", "missing.toml",
    "missing.py",
    "surfaces", "optimizers", "steps", "loss", "\0", "\udcff", "\x1b[0m",
]  # fmt: skip
FITTING = {
    "--optimizer": ["adam", "momentum:beta=0.5,label=x", "sgd:schedule=cosine"], "--lr": ["0.1"],
    "--beta": ["0.5"],
    "--surface": ["rosenbrock", "x^2+y^2", "sqrt(x*y)", "1/x"], "--start": ["1,2"],
    "--view": ["-2,2,-2,2"],
    "--lr-schedule": ["cosine", "step:5:0.5", "warmup:3:cosine"], "--convention": ["torch", "keras",
    "lecture"],
    "--minimum": ["1,1"], "--tol": ["1e-3"], "--eps": ["1e-8"], "--beta1": ["0.8"],
    "--beta2": ["0.99"], "--every": ["5"],
    "--noise": ["0.1"], "--seed": ["7"], "--plugin": ["kept.py"], "--theme": ["dark"],
    "--title": ["٣"], "--loop": ["1"],
    "--output": ["a.gif", "a.svg", "a.webm", "a.webp", "a.apng", "new/a.mp4", "new/frames/",
    "kept.mp4", "kept/", "-"],
    "--format": ["json", "csv", "latex", "gif"], "--codec": ["av1", "vp9", "h264"],
    "--chroma": ["444", "420"],
    "--strip": ["0,2,4", "4"], "--at": ["2"], "--max-size": ["10MB", "5kB"], "--note": ["3:words",
    "3,0.1:words"],
    "--metric": ["steps"], "--for": ["html", "markdown", "quarto", "myst", "beamer", "reveal"],
}  # fmt: skip
"""What an option may well be given."""
ODD = ["--wrong", "-x", "--", "--version", "--help", "-h", "--output=", "--lr=--beta"]
SLOW = {
    "--duration": "0.1", "--size": "240x300", "--fps": "6", "--steps": "5", "--hold": "0.1",
    "--jobs": "1",
    "--speed": "", "--quality": "", "-q": "",
}  # fmt: skip
"""What could ask for an hour of work, and what of it is none; else tried with a few words of their
own.
"""
IDLE = re.compile(r"^optirace: --.* changes? nothing: .*$", re.MULTILINE)
"""A line about options that were typed and change nothing."""

NO_WORK = ["-1", "nan", "x", "", "0", "1e999", "2,2,2", "٣"]
SCENE = """
steps = 4
output = ["scene.png"]
size = "240x240"
[[racers]]
name = "momentum"
beta = 0.5
[[notes]]
step = 2
text = "half"
"""


def options_of(name):
    """Return a strategy for an option of a command, with a word where it takes one."""
    pieces: list[Any] = []
    for option in cli._Commands()[name].params:
        for typed in [*option.opts, *option.secondary_opts]:
            if typed == "--open":
                continue  # nobody wants to see it
            if typed in SLOW:
                pieces.append(
                    st.tuples(
                        st.just(typed),
                        st.one_of(*[st.just(SLOW[typed])] * 3, st.sampled_from(NO_WORK)),
                    )
                )
            elif typed.startswith("-") and not option.is_flag:
                fitting = st.sampled_from(FITTING.get(option.opts[-1], WORDS))
                pieces.append(st.tuples(st.just(typed), st.one_of(*[fitting] * 5, words())))
            elif typed.startswith("-"):
                pieces.append(st.just((typed,)))
    return st.one_of(pieces) if pieces else st.nothing()


def words():
    return st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.text(max_size=6))


def lines():
    odd = (
        st.one_of(st.sampled_from(ODD), words())
        .filter(lambda word: word not in SLOW)
        .map(lambda word: (word,))
    )

    def of(name):
        known = options_of(name) if name in COMMANDS else odd
        alike = st.lists(known, max_size=0 if known.is_empty else 3)
        rest = st.one_of(*[alike] * 3, st.lists(st.one_of(known, odd), max_size=4))
        flat = rest.map(lambda found: [word for piece in found for word in piece])
        return st.tuples(st.sampled_from(QUICK.get(name, [[]])), flat).map(
            lambda each: [name, *each[0], *each[1]]
        )

    return st.sampled_from(
        [*["render"] * 12, *["sweep", "table", "inspect"] * 2, *COMMANDS, "tabel"]
    ).flatmap(of)


def contents():
    return {str(path): path.read_bytes() if path.is_file() else None for path in Path().rglob("*")}


def prepare():
    """Make what a folder may have: films, frames, a scene and a plugin."""
    outputs = [
        word for name in ("kept.png", "kept.gif", "kept.mp4", "kept/") for word in ("-o", name)
    ]
    assert cli.main(["render", *FILM, *outputs, "--quiet"]) == 0
    Path("kept.toml").write_text(SCENE)
    shutil.copy(Path(__file__).parents[2] / "examples" / "my_rule.py", "kept.py")


def tell(words, kept, tally):
    shutil.copytree(kept, ".", dirs_exist_ok=True)
    before = contents()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main(words)
    after = contents()
    for each in os.listdir():
        shutil.rmtree(each) if os.path.isdir(each) else os.remove(each)
    changed = sorted(
        name
        for name in before.keys() | after.keys()
        if name not in before or before[name] != after.get(name)
    )
    tale = f"{words}: status {status}, {err.getvalue()!r}, changed {changed}"
    assert status in (0, 1, 2) or (status == 4 and "--check" in words), tale
    assert "Traceback" not in err.getvalue(), tale
    assert (status in (0, 4)) == ("optirace: " not in IDLE.sub("", err.getvalue())), tale
    assert status == 0 or not changed, tale
    assert not [name for name in after if ".optirace-" in name], tale
    tally[status] += 1
    tally["made"] += bool(changed)


def main(examples):
    tally = collections.Counter()
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as place:
        kept, work = Path(place, "kept"), Path(place, "work")
        for folder in (work, kept):
            folder.mkdir()
            os.chdir(folder)
        prepare()
        os.chdir(work)
        checks = list(HealthCheck)
        settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=checks,
        )(given(lines())(lambda words: tell(words, kept, tally)))()
        os.chdir(before)
    print(
        f"{examples} command lines end as documented: "
        f"{', '.join(f'{tally[each]} with {each}' for each in (0, 1, 2, 4))}"
    )
    assert min(tally[0], tally[2], tally["made"]) >= examples // 10, tally


if __name__ == "__main__":
    main(int(sys.argv[1]))
