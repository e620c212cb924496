"""Gives every option of every command a text that is far too long: a short line, in little time and
memory, whatever it says.

python tests/soak/options.py [EVERY]

EVERY 1 tries each text of 30 kB and of 1 MB with each option, 50 each fiftieth. Each runs in a copy
of this process that may have two seconds of the processor.
"""

import collections
import contextlib
import io
import itertools
import json
import os
import resource
import sys
import tempfile
from typing import Any

import typer

from optirace import cli

SIZES = (30_000, 1_000_000)
MOST_SECONDS, MOST_BYTES, MOST_CHARACTERS = 2, 1 << 30, 2001
HEADS = ("", "adam:", "adam:lr=", "torch:", "optax:a,", "0:", "x^2+", "1,", "1e", "0.", "x=")
PARTS = (
    "a", "9", "(", "x+", "min(x,", "sin(", "-", "1,", "1:", ":", ",", "=", "'", '"', "\\", "\u00e9",
    "\u4e16", " ", "a.",
    "a b ", "1e9,", "0.1,0.1:", "sgd,", "adam:lr=0.1,", "[", "\n", "x^", "1/", "|x|", "\u202e", "/",
    "../", "~", "\ud800",
    "0:a ", "\0", "1x", "%",
)  # fmt: skip
FILM = [
    "--size",
    "240x240",
    "--fps",
    "5",
    "--duration",
    "0.4",
    "--hold",
    "0",
    "--steps",
    "4",
    "-o",
    "a.png",
]
COMMANDS = {
    "render": FILM,
    "sweep": ["--lr", "0.1", "--steps", "4"],
    "table": ["--steps", "4"],
    "explain": ["adam"],
    "inspect": ["old.png"],
    "init": ["new.toml"],
    "list": ["themes"],
    "snippet": ["old.png"],
    "doctor": [],
}
"""What each command is given besides."""


def cases():
    """Yield a command, the word before a text, what the text is made of, and its length."""
    group: Any = typer.main.get_command(cli.app)
    for name in COMMANDS:
        for parameter in group.get_command(None, name).params:
            if not getattr(parameter, "is_flag", False):
                option = (
                    f"{max(parameter.opts, key=len)}=" if parameter.opts[0].startswith("-") else ""
                )
                yield from itertools.product([name], [option], SIZES, HEADS, PARTS)


def line(name, option, size, head, part):
    """Return the words of a case."""
    text = (head + part * (size // len(part)))[:size]
    rest = COMMANDS[name]
    return (
        [name, *rest, option + text]
        if option
        else [name, "+" + text[1:] if text.startswith("-") else text, *rest[1:]]
    )


def tried(words):
    """Run a command line in a copy of this process; return how it ended and what is wrong with
    that.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        told = io.StringIO()
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told):
                end = str(cli.main(words))
        except BaseException as problem:  # noqa: BLE001 - any is a traceback
            end = repr(problem)
        os.write(
            theirs,
            json.dumps(
                [end, told.getvalue()[: MOST_CHARACTERS + 1], told.getvalue().count("\n")]
            ).encode(),
        )
        os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if not said:
        return "stopped", f"took {MOST_SECONDS} seconds, or crashed"
    end, first, count = json.loads(said)
    if end not in ("0", "1", "2"):
        return "traceback", end[:300]
    is_line = count == 1 and first.startswith("optirace: ") and len(first) <= MOST_CHARACTERS
    return end, "" if end == "0" or is_line else first[:300]


def main():
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    if not hasattr(os, "fork") or sys.platform != "linux":
        print("processes are copied, and limited, on Linux")
        sys.exit(77)
    ends, faults = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, rest in COMMANDS.items():  # the copies need not load what these have
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                cli.main([name, *rest[:-1], "old.png"] if name == "render" else [name, *rest])
        for case in itertools.islice(cases(), None, None, every):
            words = line(*case)
            end, fault = tried(words)
            ends[end] += 1
            if fault:
                shown = [
                    word if len(word) < 60 else f"{word[:40]}... of {len(word)}" for word in words
                ]
                faults.append(f"{shown!a}: {fault}")
        os.chdir("/")
    print(
        f"{ends.total()} options that are too long:",
        ", ".join(f"{count} of status {end}" for end, count in sorted(ends.items())),
    )
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
