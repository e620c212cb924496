"""Says which limit of the machine or of this process stands behind an error, in words for the
person at the terminal.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from optirace.system import unix

if TYPE_CHECKING:
    from collections.abc import Callable

NO_MEMORY = "out of memory"
NO_TEMPORARY = "no usable temporary directory"

_SAID = {
    "too many open files": errno.EMFILE,
    "resource temporarily unavailable": errno.EAGAIN,
    "can't start new thread": errno.EAGAIN,
    "cannot allocate memory": errno.ENOMEM,
    "failed to map segment": errno.ENOMEM,
    "memoryerror": errno.ENOMEM,
    "bad_alloc": errno.ENOMEM,
    "read-only file system": errno.EROFS,
}
"""What libraries and other programs say where the system told them a number."""

_BLAMED = (
    "error while opening encoder",
    "error encoding a frame",
    "error flushing encoder",
    "error return without exception set",
    "without setting an exception",
)
"""What ffmpeg says where x264 or libvpx gets no memory, and Python where a library in C gets none
and does not say so. They blame what they were given; that is ours, and right where memory is not
short."""

_MANY = 4096
"""Processes that nobody comes to; a thread that cannot be started then lacks memory, if that is
limited.
"""

_NEEDED = 10
"""Files that starting a process takes for a moment."""


def behind(problem: BaseException) -> str | None:
    """Return which limit an error, or one of those behind it, tells of; None where it is none."""
    seen: BaseException | None = problem
    for _ in range(20):
        if seen is None:
            return None
        found = _of(seen)
        if found is not None:
            return found
        seen = seen.__cause__ or seen.__context__
    return None


def said(words: str) -> str | None:
    """Return which limit the words of a library or of another program tell of; None where it is
    none.
    """
    lower = words.lower()
    if any(words in lower for words in _BLAMED) and unix.limit("AS") is not None:
        return NO_MEMORY
    return next((_told(number) for word, number in _SAID.items() if word in lower), None)


def of_status(status: int) -> str | None:
    """Return which limit the exit status of ffmpeg tells of: an error number of the system, below
    256, or a crash.
    """
    if -status in (signal.SIGSEGV, signal.SIGABRT) and unix.limit("AS") is not None:
        return NO_MEMORY  # in which it can neither start nor say so
    return _told(256 - status) if 256 - status in _SAID.values() else None


def met() -> str | None:
    """Return which limit this process has come to; None where it may still open files and start
    threads.
    """
    opened: list[int] = []
    try:
        for _ in range(_NEEDED):
            opened.append(os.open(os.devnull, os.O_RDONLY))  # noqa: PERF401 - those that were opened are closed
        threading.Thread(target=int, daemon=True).start()
    except (OSError, RuntimeError, MemoryError) as problem:
        return behind(problem)
    finally:
        for each in opened:
            os.close(each)
    return None


class _Hushed:
    """A hook for errors that nobody can catch; of a limit it says nothing: what waits for the work
    tells of it in one line.
    """

    def __init__(self, earlier: Callable[[Any], object]) -> None:
        self._earlier = earlier

    def __call__(self, thrown: Any) -> None:
        if thrown.exc_value is None or behind(thrown.exc_value) is None:
            self._earlier(thrown)


def hush() -> None:
    """Let a thread, or what a library in C calls, come to a limit without a word."""
    for module, name in ((threading, "excepthook"), (sys, "unraisablehook")):
        earlier = getattr(module, name)
        if not isinstance(earlier, _Hushed):
            setattr(module, name, _Hushed(earlier))


def _of(problem: BaseException) -> str | None:
    if isinstance(problem, MemoryError):
        return NO_MEMORY
    if isinstance(problem, OSError):
        if NO_TEMPORARY in str(problem).lower():
            return (
                "there is no folder for temporary files: set TMPDIR to one that can be written to"
            )
        return _told(problem.errno)
    return (
        said(str(problem))
        if isinstance(problem, ImportError | RuntimeError | SystemError)
        else None
    )


def _told(number: int | None) -> str | None:
    if number == errno.EMFILE:
        limit = unix.limit("NOFILE")
        return (
            f"too many open files{'' if limit is None else f': this process may have {limit}'}, "
            "see ulimit -n"
        )
    if number == errno.ENFILE:
        return "too many open files: the machine has no more"
    if number == errno.ENOMEM or (
        number == errno.EAGAIN
        and unix.limit("AS") is not None
        and (unix.limit("NPROC") or _MANY) >= _MANY
    ):
        return NO_MEMORY  # which a thread needs, too
    if number == errno.EAGAIN:
        limit = unix.limit("NPROC")
        return (
            f"no more processes or threads{'' if limit is None else f': you may have {limit}'}, "
            "see ulimit -u"
        )
    return "the file system is read-only" if number == errno.EROFS else None
