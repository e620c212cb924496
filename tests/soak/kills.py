"""Stops renders at random instants over an existing file, which is the old or the new one, whole,
every time.

python tests/soak/kills.py RUNS [SEED]
"""

import hashlib
import itertools
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import imageio_ffmpeg

from optirace import cli
from optirace.output import film  # noqa: F401 - loaded once, for all that are stopped
from optirace.output.encode import apng, gif, png, sequence, webp  # noqa: F401 - loaded before any is stopped
from optirace.output.video import h264, vp9  # noqa: F401 - loaded before any is stopped

OLD = b"a good earlier file"
SIGNALS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129, "SIGKILL": -9}
OUTPUTS = (
    ["race.mp4"],
    ["race.gif"],
    ["frames/"],
    ["race.png"],
    ["race.webp"],
    ["race.mp4", "frames/", "race.gif"],
)
LINE = re.compile(
    r"optirace: interrupted(, (frames/|race)[\w./, ]* (left as (it was|they "
    r"were)|(was|were) already complete))?\n"
)


def words(names):
    outputs = [word for name in names for word in ("-o", name)]
    return ["render", *outputs, "--size", "320x240", "--steps", "20", "--hold", "0.2", "--quiet"]


def start(folder, names, *, is_fresh=False):
    """Start a render in a copy of this process or, fresh, as a person does; return its number.

    Its stderr goes to a file.
    """
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        os.chdir(folder)
        os.dup2(os.open("../stderr", os.O_WRONLY | os.O_CREAT), 2)
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            signal.signal(
                getattr(signal, name),
                signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL,
            )
        if is_fresh:
            os.execv(sys.executable, [sys.executable, "-m", "optirace", *words(names)])  # noqa: S606 - all words are ours
        status = cli.main(words(names))
    except KeyboardInterrupt:
        status = 71  # before or after what can be stopped in an orderly way
    except BaseException:  # noqa: BLE001 - so that it is told which
        traceback.print_exc()
    finally:
        os._exit(status)


def ended(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def encoders_at_work(folder):
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cwd").readlink() == folder and b"ffmpeg" in (
                place / "cmdline"
            ).read_bytes():
                found.append(place.name)
        except OSError:
            continue  # it has ended meanwhile
    return found


def digest(path):
    """Return what tells a file from another, or a folder by its files; None where there is none."""
    if path.is_dir():
        return tuple(
            (each.name, hashlib.sha256(each.read_bytes()).hexdigest())
            for each in sorted(path.iterdir())
        )
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def lay(folder, name):
    """Put the old file, or the old folder of frames, at a name."""
    if name.endswith("/"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    (folder / name / "0.png" if name.endswith("/") else folder / name).write_bytes(OLD)


def check_words(name, status, said, state, tale, *, is_fresh):
    """Hold what a render said as it was stopped to what became of its files."""
    if status == SIGNALS[name] and name != "SIGKILL" and said:
        assert LINE.fullmatch(said), tale
        assert said == "optirace: interrupted\n" or state["old" if "left as" in said else "new"], (
            f"{tale}: that is not so"
        )
    elif status == 0:
        assert state["new"], tale
        assert said == "", tale
    elif is_fresh and name == "SIGINT" and "KeyboardInterrupt" in said:
        # Python tells so of its own start, and of its search for the command.
        assert not re.search(r'optirace/__main__\.py", line \d+, in main\n', said), tale
        assert state["old"], tale
    else:
        # Before the render began and after it ended, a signal does what Python does with it.
        assert (status, said) in ((71, ""), (-getattr(signal, name), "")), tale


def main(runs, seed):
    chance = random.Random(seed)  # noqa: S311 - to repeat what went wrong
    imageio_ffmpeg.get_ffmpeg_exe()
    top = Path(tempfile.mkdtemp(prefix="kills-")).resolve()
    folder = top / "films"
    folder.mkdir()
    every = sorted({name for names in OUTPUTS for name in names})
    tally = {}
    try:
        seconds = {}
        for is_fresh in (False, True):
            started = time.monotonic()
            assert 0 == ended(start(folder, OUTPUTS[-1], is_fresh=is_fresh))
            seconds[is_fresh] = time.monotonic() - started
        assert 0 == ended(start(folder, every))
        new = {name: digest(folder / name) for name in every}
        for name in every:
            lay(folder, name)
        old = {name: digest(folder / name) for name in every}
        for run, (names, name) in zip(
            range(runs), itertools.cycle(itertools.product(OUTPUTS, SIGNALS)), strict=False
        ):
            for each in names:
                lay(folder, each)
            (top / "stderr").write_bytes(b"")
            is_fresh = chance.random() < 0.5
            child = start(folder, names, is_fresh=is_fresh)
            time.sleep(chance.uniform(0.0, seconds[is_fresh]))
            os.kill(child, getattr(signal, name))
            status = ended(child)
            said, found = (
                (top / "stderr").read_text(),
                {each: digest(folder / each) for each in names},
            )
            how = "python -m optirace" if is_fresh else "a copy"
            tale = (
                f"run {run} of seed {seed}: {name} to {how}, {' '.join(names)}: status "
                f"{status}, {said!r}"
            )
            orphans = encoders_at_work(folder)
            for _ in range(100):
                if orphans:
                    time.sleep(0.01)  # Linux tells it of the death of its parent, and nobody waits
                    orphans = encoders_at_work(folder)
            assert not orphans, f"{tale}: ffmpeg lives on"
            state = {
                "old": all(found[each] == old[each] for each in names),
                "new": all(found[each] == new[each] for each in names),
            }
            if name == "SIGKILL":
                assert all(found[each] in (old[each], new[each]) for each in names), (
                    f"{tale}: not whole"
                )
            else:
                assert any(state.values()), f"{tale}: neither the old files nor the new"
                assert list(folder.glob(f".optirace-{child}-*")) == [], (
                    f"{tale}: a temporary file stays"
                )
            check_words(name, status, said, state, tale, is_fresh=is_fresh)
            outcome = f"{name} {'old' if state['old'] else 'new' if state['new'] else 'some'}"
            tally[outcome] = tally.get(outcome, 0) + 1
            for left in folder.glob(".optirace-*"):
                os.utime(left, (0, 0))
        assert 0 == ended(start(folder, ["race.png"]))
        assert list(folder.glob(".optirace-*")) == [], (
            "temporary files of killed runs are not swept"
        )
    finally:
        shutil.rmtree(top)
    print(
        f"{runs} stopped: "
        + ", ".join(f"{count} {outcome}" for outcome, count in sorted(tally.items()))
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
