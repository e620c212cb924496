"""Lets each call of open, write, fsync, splice, replace, link and mkdir fail in turn, which is told
in a line or got over.

python tests/soak/faults.py OUTPUTS...

OUTPUTS is a name or several with commas between: race.mp4, frames/, race.gif,race.png; with another
command before them sweep:race.svg or init:race.toml. race.vtt and race.alt.txt are what goes beside
a film.
"""

import builtins
import collections
import contextlib
import errno
import gc
import io
import itertools
import os
import shutil
import sys
import tempfile
from pathlib import Path

import imageio_ffmpeg

from optirace import cli

OLD = b"a good earlier file"
COMMANDS = {
    "render": "render --size 240x240 --fps 10 --duration 0.2 --hold 0,0.1 --steps 4 --quiet",
    "sweep": "sweep --size 480x270 --steps 4 --lr 0.1,1 -O sgd",
    "init": "init --force",
}
BESIDE = {"race.vtt": "--captions", "race.alt.txt": "--alt"}
ERRORS = {
    "open": errno.EMFILE,
    "write": errno.ENOSPC,
    "fsync": errno.EIO,
    "splice": errno.EIO,
    "os.rename": errno.EPERM,
    "os.link": errno.EPERM,
    "os.mkdir": errno.EDQUOT,
}
"""How a call fails; those that Python's audit hooks hear of are named as there."""


class Fault:
    """Counts the calls of one kind on files of ours, and lets one of them fail."""

    def __init__(self):
        self.place, self.call, self.number, self.count = "", "", 0, 0

    def __call__(self, call, *paths):
        if call == self.call and any(self.is_ours(path) for path in paths):
            self.count += 1
            if self.count == self.number:
                raise OSError(ERRORS[call], os.strerror(ERRORS[call]))

    def is_ours(self, path):
        return isinstance(path, str | os.PathLike) and os.path.abspath(path).startswith(self.place)


fault = Fault()


class Raw(io.FileIO):
    """A file whose writes can fail; what is written to it comes through a buffer, as it comes to
    any other.
    """

    def write(self, data):
        fault("write", self.name)
        return super().write(data)


def opened(
    file,
    mode="r",
    buffering=-1,
    encoding=None,
    errors=None,
    newline=None,
    closefd=True,
    opener=None,
):
    if not set("wxa+") & set(mode) or not fault.is_ours(file):
        return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
    raw = Raw(file, mode.replace("b", ""), opener=opener)
    if buffering == 0:
        return raw
    buffer = (io.BufferedRandom if "+" in mode else io.BufferedWriter)(raw)
    return buffer if "b" in mode else io.TextIOWrapper(buffer, encoding, errors, newline)


def counted(name):
    """Return a function of the system that counts; it is told a handle and no name."""
    real = getattr(os, name)
    return lambda *words, **options: (fault(name, fault.place), real(*words, **options))[1]


real_open = open


def fail_from_now_on():
    builtins.open = io.open = opened
    for name in ("fsync", "splice"):
        if hasattr(os, name):
            setattr(os, name, counted(name))
    sys.addaudithook(
        lambda event, arguments: (
            fault(event, *arguments[: 1 + (event != "open")]) if event in ERRORS else None
        )
    )


def prepare(names):
    for name in os.listdir():
        shutil.rmtree(name) if os.path.isdir(name) else os.remove(name)
    for name in names:
        if name.endswith("/"):
            os.mkdir(name)
        Path(name, "0.png" * name.endswith("/")).write_bytes(OLD)


def contents():
    """Return every file by its name, those of folders too, and every other name that is left
    over.
    """
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def open_files():
    gc.collect()  # an error holds on to what it came through until then
    return {
        number: os.readlink(f"/proc/self/fd/{number}")
        for number in os.listdir("/proc/self/fd")
        if Path("/proc/self/fd", number).exists()
    }


def run(command, names):
    typed = COMMANDS[command].split()
    for name in names:
        typed += [BESIDE[name]] if name in BESIDE else ["-o"] * (command != "init") + [name]
    with (
        contextlib.redirect_stderr(io.StringIO()) as said,
        contextlib.redirect_stdout(io.StringIO()),
    ):
        status = cli.main(typed)
    return status, said.getvalue()


def main(outputs):
    imageio_ffmpeg.get_ffmpeg_exe()
    tally = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="faults-") as top:
        os.chdir(top)
        for command, names in outputs:
            prepare(names)
            old = contents()
            assert run(command, names) == (0, "")  # which loads all that is loaded later
            new = contents()
            gc.freeze()  # what is loaded by now need not be looked through for each call
            if fault.place == "":
                fail_from_now_on()
            for call, kind in ERRORS.items():
                for number in itertools.count(1):
                    prepare(names)
                    handles = open_files()
                    fault.place, fault.call, fault.number, fault.count = top, call, number, 0
                    status, said = run(command, names)
                    fault.call, has_failed = "", fault.count >= number
                    tale = (
                        f"{call} number {number} of {command} {' '.join(names)}: status "
                        f"{status}, {said!r}, {os.listdir()}"
                    )
                    if status:
                        assert status == 1, tale
                        assert said.startswith("optirace: "), tale
                        assert said.count("\n") == 1, tale
                        assert os.strerror(kind).lower() in said, tale
                        assert any(name in said for name in names), tale
                        assert contents() == old, tale
                    else:
                        assert said == "", tale
                        assert contents() == new, tale
                    assert sorted(name.rstrip("/") for name in names) == sorted(os.listdir()), tale
                    assert handles == open_files(), f"{tale}: {handles} became {open_files()}"
                    assert not Path(f"/proc/self/task/{os.getpid()}/children").read_text(), (
                        f"{tale}: a child lives on"
                    )
                    if not has_failed:
                        break
                    tally["refused" if status else "made"] += 1
                    tally[call] += 1
        os.chdir("/")
    print(
        f"{tally.pop('refused')} faults told in a line, {tally.pop('made')} got over: "
        + ", ".join(f"{count} of {call}" for call, count in tally.items())
    )


if __name__ == "__main__":
    main(
        [
            (command or "render", names.split(","))
            for command, _, names in (each.rpartition(":") for each in sys.argv[1:])
        ]
    )
