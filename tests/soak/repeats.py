"""Renders again and again in one process, which keeps no child, thread, file or megabyte more.

python tests/soak/repeats.py RUNS
"""

import contextlib
import ctypes
import gc
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import optirace
from optirace.errors import OptiraceError

QUICK: dict[str, Any] = {"size": (240, 240), "fps": 10, "duration": 0.2, "hold": (0.0, 0.1)}
SETTLED = 12
"""Renders until the caches of fonts and allocators are filled."""


def state():
    gc.collect()  # an error holds on to what it came through until then
    with contextlib.suppress(AttributeError):  # musl keeps nothing back
        ctypes.CDLL(None).malloc_trim(0)
    me = Path("/proc/self")
    memory = int((me / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return len(os.listdir(me / "fd")), threading.active_count(), len(children), memory


def interrupt(_done, _total):
    raise KeyboardInterrupt


def main(runs):
    result = optirace.race(steps=4)
    good = os.environ.pop("IMAGEIO_FFMPEG_EXE", None)
    with tempfile.TemporaryDirectory() as place:
        paths = [
            f"{place}/{name}"
            for name in ("race.mp4", "race.gif", "race.png", "race.webp", "frames/")
        ]
        for run in range(SETTLED + runs):
            optirace.render(result, *paths, **QUICK)
            if run % 3 == 1:  # and as often with an end that is not good
                with contextlib.suppress(KeyboardInterrupt):
                    optirace.render(result, *paths, progress=interrupt, **QUICK)
            if run % 3 == 2:
                os.environ["IMAGEIO_FFMPEG_EXE"] = "/bin/false"
                with contextlib.suppress(OptiraceError):
                    optirace.render(result, *paths, **QUICK)
                if good is None:
                    del os.environ["IMAGEIO_FFMPEG_EXE"]
                else:
                    os.environ["IMAGEIO_FFMPEG_EXE"] = good
            if run == SETTLED - 1:
                before = state()
        after = state()
        assert sorted(os.listdir(place)) == sorted(
            path.rstrip("/").rpartition("/")[2] for path in paths
        )
    assert before[:3] == after[:3], (
        f"files, threads, children: {before[:3]} before, {after[:3]} after"
    )
    grown = (after[3] - before[3]) / 1e6
    assert grown < (2.0 if runs > 100 else runs / 6), f"{grown:.1f} MB more after {runs} renders"
    print(
        f"{runs} renders: {before[0]} files, {before[1]} threads, {before[2]} children "
        f"before and after; {grown:+.1f} MB"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
