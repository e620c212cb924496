"""Keeps a child process from outliving this one, and from keeping it waiting forever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from optirace.system import unix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STUCK_AFTER = 60.0
"""Seconds without any progress after which a child counts as stuck; on a slow machine one picture
takes one.
"""

TICKS = 40
"""How often in that time the watch looks."""

CANNOT_START = b"cannot start: "
"""What the line on the standard error of a tied command begins with when the command itself cannot
be started.
"""

# What a child runs before it becomes the command: it asks Linux to be killed with its parent, then
# sees whether the parent is still there to ask. A `preexec_fn` would do this in a copy of this
# process, which deadlocks when another thread held a lock at that moment (numpy's and ours do); a
# fresh interpreter without site-packages has no other threads.
_TIE = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    try:
        os.execv(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit({CANNOT_START.decode()!r} + error.strerror.lower())
"""


def tied(command: Sequence[str]) -> list[str]:
    """Return a command that does the same and, on Linux, is killed when the thread that starts it
    ends.

    Elsewhere the command itself: there a child must end at the end of its input.
    """
    if not unix.is_linux() or not sys.executable:
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _TIE, str(os.getpid()), *command]


def answer(command: Sequence[str], seconds: float) -> subprocess.CompletedProcess[bytes]:
    """Run a command that needs no input, and return what it said; what takes longer is killed, with
    all that it started.

    Raises OSError where it cannot be started, subprocess.TimeoutExpired.
    """
    child = subprocess.Popen(  # noqa: S603 - no shell
        tied(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with child:
        try:
            out, err = child.communicate(timeout=seconds)
        except BaseException:
            kill(child)
            raise
    if err.startswith(CANNOT_START):
        raise OSError(err.removeprefix(CANNOT_START).decode().strip())
    return subprocess.CompletedProcess(command, child.returncode, out, err)


class Watch:
    """A thread that kills a child, and whatever the child started, when it keeps us waiting without
    any progress.
    """

    def __init__(self, child: subprocess.Popen[bytes], progress: Callable[[], object]) -> None:
        self.has_barked = False
        """Whether it had to."""
        self.is_waiting = False
        """Whether we wait for the child now; while the child waits for us, it is not to blame."""
        self._child, self._progress = child, progress
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        # Ticks and not a clock: a process that was stopped (Ctrl-Z) or slept with its machine has
        # missed none.
        ticks, seen = 0, self._progress()
        while ticks < TICKS:
            if self._is_over.wait(STUCK_AFTER / TICKS):
                return
            now = self._progress()
            ticks, seen = (ticks + 1, seen) if self.is_waiting and now == seen else (0, now)
        self.has_barked = True
        kill(self._child)


def kill(child: subprocess.Popen[bytes]) -> None:
    """Kill a child that leads a session of its own with all that it started there, unless it was
    waited for.
    """
    if child.returncode is not None:
        return
    # Its number is its own until somebody waits for it, so that nobody else can be hit.
    if not unix.kill_session(child.pid):
        child.kill()
