"""Starts the command: `optirace`, or `python -m optirace`."""

import contextlib
import gc
import os
import signal
import sys

from optirace.system import malloc, unix


def main() -> int:
    """Run the command line of this process, and end it."""
    for number in unix.stop_signals():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)
    # what a start-up makes lives to the end; looking for garbage in it is a tenth of `optirace
    # table`
    gc.disable()
    # Nothing here multiplies matrices, but numpy's library for that starts, and spins, a thread for
    # every core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        malloc.keep()
        from optirace import (
            cli,
        )  # numpy reads the environment as it loads, and signals are heeded before
    except Exception as problem:
        limit = _limit_behind(problem)
        if limit is None:
            raise
        sys.stderr.write(f"optirace: {limit}\n")
        _leave(1)
    if "_OPTIRACE_COMPLETE" in os.environ:
        cli.complete()
        _leave(0)
    status = cli.main()
    if (
        sys.gettrace() is None and sys.getprofile() is None
    ):  # a debugger, or what measures us, has something to say at the end
        _leave(status)
    return status


def _limit_behind(problem: Exception) -> str | None:
    """Name the limit of the machine behind an error; where there is no memory to look for it, that
    is it.
    """
    try:
        from optirace.system import limits  # for what has gone wrong

        return limits.behind(problem)
    except MemoryError:
        return "out of memory"


def _stop(number: int, _: object) -> None:
    """End this process for a signal before the commands take care of them: nothing of ours is open
    yet.
    """
    for each in unix.stop_signals():
        signal.signal(each, signal.SIG_IGN)
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write("optirace: interrupted\n")
    _leave(128 + number)


def _leave(status: int) -> None:
    """End this process at once, everything of ours being closed and removed.

    The end of the interpreter takes 20 to 150 ms, in which a signal would end the process without a
    line, and a library of C++ that was interrupted while it was loaded may abort as it is unloaded
    (matplotlib's for fonts does).
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(
            AttributeError, OSError, ValueError
        ):  # none, or closed by whoever reads it
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
