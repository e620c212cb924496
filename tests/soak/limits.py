"""Runs commands under limits of the machine: done, or one line that names the limit, and the old
file as it was.

python tests/soak/limits.py [EVERY]

EVERY 1 tries each limit, 5 each fifth. Root is under no limit on processes, so that the command
then runs as somebody else, who may read everything.
"""

import collections
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOMEBODY = 54321
MEGABYTE = 1 << 20
FILM = ["--size", "240x240", "--fps", "5", "--duration", "0.4", "--hold", "0", "--steps", "5"]
COMMANDS = [
    ["render", *FILM, "-o", "old.mp4", "-o", "old.gif", "-o", "old.webm"],
    ["render", *FILM, "-o", "old.png", "-o", "old.svg", "-o", "frames/"],
    ["sweep", "--jobs", "2", "--lr", "1e-3:1:9000", "--steps", "5", "-o", "old.pdf"],
    ["table", "--steps", "5"],
    ["doctor"],
]
LIMITS = {
    "NOFILE": range(4, 65),
    "NPROC": range(1, 9),
    "AS": [each * MEGABYTE for each in (*range(100, 400, 8), *range(400, 1025, 50))],
}
NAMED = {
    "NOFILE": ("too many open files",),
    "NPROC": ("no more processes or threads",),
    "AS": ("out of memory",),
}
"""What a line says of each."""

OLD = b"an old file"


def run(name, limit, words, folder):
    """Run a command under a limit; return its status and what it said."""

    def lower():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))

    before = []
    if os.geteuid() == 0 and shutil.which("setpriv"):
        somebody = ["--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups"]
        before = [
            "setpriv",
            *somebody,
            "--inh-caps=+dac_read_search",
            "--ambient-caps=+dac_read_search",
        ]
    done = subprocess.run(
        [*before, sys.executable, *words],
        preexec_fn=lower,
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def wrong(name, limit, words, folder):
    """Return what became of a command: a word, and what is wrong with that."""
    for each in ("mp4", "gif", "webm", "png", "svg", "pdf"):
        (folder / f"old.{each}").write_bytes(OLD)
        (folder / f"old.{each}").chmod(0o666)
    shutil.rmtree(folder / "frames", ignore_errors=True)
    try:
        status, said, told = run(name, limit, ["-m", "optirace", *words], folder)
    except subprocess.TimeoutExpired:
        return "hangs", "does not end"
    lines = told.splitlines()
    left = [each.name for each in folder.iterdir() if each.name.startswith(".optirace-")]
    if left:
        return "left", f"left {left}"
    if status == 0:
        return "done", "" if "Traceback" not in told else told
    # Where Python itself, or what it loads before us, cannot start, there is nobody to say
    # anything.
    if run(
        name, limit, ["-c", "import os, threading, json, re, signal, warnings, optirace"], folder
    )[0]:
        return "no Python", ""
    if any(
        (folder / f"old.{each}").read_bytes() != OLD
        for each in ("mp4", "gif", "webm", "png", "svg", "pdf")
    ):
        return "changed", "failed, and changed a file"
    if words == ["doctor"] and status == 1 and not lines:
        return "told", "" if any(each in said for each in NAMED[name]) else said
    if status != 1 or len(lines) != 1 or not lines[0].startswith("optirace: "):
        return "wrong", f"status {status}: {told[-400:]}"
    return "told", "" if any(each in lines[0] for each in NAMED[name]) else lines[0]


def main():
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    if sys.platform != "linux":
        print("limits as these are Linux's")
        sys.exit(77)
    ends, faults = collections.Counter(), []
    for name, limits in LIMITS.items():
        if name == "NPROC" and os.geteuid() == 0 and not shutil.which("setpriv"):
            continue  # root is under no such limit
        for number, limit in enumerate(limits):
            for which, words in enumerate(COMMANDS):
                if (number + which) % every:
                    continue
                with tempfile.TemporaryDirectory() as place:
                    Path(place).chmod(0o777)
                    end, fault = wrong(name, limit, words, Path(place))
                ends[end] += 1
                if fault:
                    faults.append(f"{name} {limit}, {words[0]} {words[-1]}: {fault}")
    print(
        f"{ends.total()} commands under limits:",
        ", ".join(f"{count} {end}" for end, count in sorted(ends.items())),
    )
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
