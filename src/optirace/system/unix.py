"""Calls that only some systems have: the one place that names them, and what is done where they are
missing.

Each is looked up when it is used, so that a test can hide it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNLIMITED = -1


def is_linux() -> bool:
    """Return whether the system is Linux, whose own calls have no name in Python (`ctypes` finds
    them) or mean more there.
    """
    return sys.platform == "linux"


def _having(module: str, *names: str) -> Any:
    """Return a module, where the system has it with all these names in it; else None."""
    try:
        found = importlib.import_module(module)
    except ImportError:
        return None
    return found if all(hasattr(found, name) for name in names) else None


def stop_signals() -> list[signal.Signals]:
    """Return the signals by which a person or the system asks a process to stop."""
    return [
        getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
    ]


def alarm_signal() -> signal.Signals | None:
    """Return the signal that `alarm` sends, or None where there is none."""
    found: signal.Signals | None = (
        getattr(signal, "SIGALRM", None) if hasattr(signal, "setitimer") else None
    )
    return found


def alarm(seconds: float) -> None:
    """Have `alarm_signal` come after so many seconds, or never again for 0; elsewhere nothing
    comes.
    """
    if alarm_signal() is not None:
        given: Any = signal
        given.setitimer(given.ITIMER_REAL, seconds)


@contextlib.contextmanager
def deaf() -> Iterator[None]:
    """Keep the stop signals waiting; what is started meanwhile never hears of them."""
    given = _having("signal", "pthread_sigmask")
    if given is None:
        yield
        return
    earlier = given.pthread_sigmask(given.SIG_BLOCK, set(stop_signals()))
    try:
        yield
    finally:
        given.pthread_sigmask(given.SIG_SETMASK, earlier)


def kill_session(leader: int) -> bool:
    """Kill a process that leads a session of its own and all that it started there; return False
    where that is not possible.
    """
    given = _having("os", "killpg")
    if given is None:
        return False
    try:
        given.killpg(leader, getattr(signal, "SIGKILL"))  # noqa: B009 - Windows has no such name
    except (ProcessLookupError, PermissionError):  # macOS refuses for one that has ended
        return False
    return True


def user() -> int | None:
    """Return the number of the user in whose name files are opened, or None where files have no
    such owner.
    """
    given = _having("os", "geteuid")
    return None if given is None else given.geteuid()


def limit(name: str) -> int | None:
    """Return how much of something this process may have, by its name in `ulimit`'s manual; None
    for as much as it wants.
    """
    given = _having("resource", f"RLIMIT_{name}")
    found = UNLIMITED if given is None else given.getrlimit(getattr(given, f"RLIMIT_{name}"))[0]
    return None if given is None or found == given.RLIM_INFINITY else found


def longest_name(folder: Path) -> int | None:
    """Return how many bytes the name of a file in a folder may have, where the system tells."""
    given = _having("os", "pathconf")
    try:
        return None if given is None else given.pathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError):
        return None


def has_locks() -> bool:
    """Return whether `try_lock` can lock a file, and a folder."""
    return _having("fcntl", "flock") is not None


def try_lock(handle: int, *, is_shared: bool = False) -> bool:
    """Tell other runs that a file or a folder is in use; return False where that is not possible,
    or one has it.
    """
    given = _having("fcntl", "flock")
    if given is None:
        return False
    try:
        given.flock(handle, (given.LOCK_SH if is_shared else given.LOCK_EX) | given.LOCK_NB)
    except OSError:
        return False
    return True


def memory_files(count: int, size: int) -> list[int]:
    """Return the handles of files of so many bytes in memory, whose pages `send_pages` can send;
    none where it cannot.
    """
    given = _having("os", "splice", "memfd_create")
    files: list[int] = []
    try:
        for _ in range(0 if given is None else count):
            files.append(given.memfd_create("picture"))
            os.ftruncate(files[-1], size)
    except OSError:
        while files:
            os.close(files.pop())
    return files


def send_pages(file: int, pipe: int, size: int) -> None:
    """Send the pages of a memory file through a pipe instead of copies of them; raises
    BrokenPipeError when nobody reads.
    """
    given: Any = os
    sent = 0
    while sent < size:
        sent += given.splice(file, pipe, size - sent, offset_src=sent)


def widen(pipe: int, size: int) -> None:
    """Let a pipe hold so many bytes, where the system lets anyone ask for it."""
    given = _having("fcntl", "F_SETPIPE_SZ")
    if given is not None:
        with contextlib.suppress(OSError):
            given.fcntl(pipe, given.F_SETPIPE_SZ, size)
