"""Gives every option that takes a number the greatest, the smallest and the equal: status 0, 1 or
2, and at most one line.

python tests/soak/extremes.py [EVERY]

EVERY 1 tries each of them, 5 each fifth.
"""

import collections
import contextlib
import io
import os
import re
import sys
import tempfile
import warnings

from optirace import cli

NUMBERS = [
    "0",
    "-0.0",
    "5e-324",
    "1e-320",
    "-5e-324",
    "2.3e-308",
    "1e-160",
    "1e-17",
    "1e17",
    "1e160",
    "1e308",
    "-1e308",
    "1.7e308",
]
RACE = ["--steps", "4"]
FILM = [
    "--size",
    "240x240",
    "--fps",
    "5",
    "--duration",
    "0.4",
    "--hold",
    "0",
    "-o",
    "a.svg",
    "-o",
    "a.png",
]
SINGLE = ("--lr", "--beta", "--beta1", "--beta2", "--eps", "--tol", "--noise", "--steps", "--seed")
OF_FILM = ("--speed", "--duration", "--fps", "--hold", "--at", "--loop", "--strip", "--max-size")


def lines():
    """Yield the command lines."""
    for one in NUMBERS:
        for option in SINGLE:
            yield ["render", *RACE, *FILM, f"{option}={one}"]
        for option in OF_FILM:
            yield [
                "render",
                *RACE,
                *FILM,
                "-o",
                "a.gif",
                f"{option}={one}",
                *(["--dry-run"] if option != "--strip" else []),
            ]
        yield ["render", *RACE, *FILM, f"--size={one}x{one}"]
        yield ["render", *RACE, *FILM, f"--note={one},{one}:words"]
        yield ["sweep", *RACE, f"--lr={one}", "-o", "a.svg"]
        yield ["sweep", *RACE, f"--lr=0.1,{one}", f"--beta={one}", "-o", "a.svg"]
        yield ["explain", "adam", f"--lr={one}"] if "-" not in one else ["explain", "adam"]
        for other in NUMBERS:
            yield ["render", *RACE, *FILM, f"--view={one},{other},{one},{other}"]
            yield ["render", *RACE, *FILM, f"--view={one},{other},-1,1", f"--start={one},0"]
            yield ["render", *RACE, *FILM, f"--start={one},{other}"]
            yield [
                "render",
                *RACE,
                *FILM,
                "--surface",
                "x^2+abs(y)",
                f"--start={one},{other}",
                f"--minimum={one},{other}",
            ]
            yield ["sweep", *RACE, f"--lr={one}:{other}:5", "-o", "a.svg"]
            yield ["sweep", *RACE, "--lr=0.1,0.2", f"--beta={one}:{other}:3", "-o", "a.svg"]
            yield ["table", *RACE, f"--start={one},{other}", f"--lr={one}", f"--tol={other}"]


def tried(words):
    """Run a command line in this process; return how it ended and what is wrong with that."""
    said, told = io.StringIO(), io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(told),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            status = cli.main(words)
    except Exception as problem:  # noqa: BLE001 - any is a traceback
        return "traceback", repr(problem)
    # What was made, and what of it an option that was typed leaves as it is.
    lines = [
        line
        for line in told.getvalue().splitlines()
        if not re.match(r"a\.|optirace: --.* changes? nothing: ", line)
    ]
    is_right = (
        status in (0, 1, 2)
        and len(lines) <= (status != 0)
        and all(each.startswith("optirace: ") for each in lines)
    )
    return str(status), "" if is_right else told.getvalue()


def main():
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    ends, faults = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for words in list(lines())[::every]:
            end, fault = tried(words)
            ends[end] += 1
            if fault:
                faults.append(f"{' '.join(words)}: {fault}")
        os.chdir("/")
    print(
        f"{ends.total()} extreme commands:",
        ", ".join(f"{count} of status {end}" for end, count in sorted(ends.items())),
    )
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
