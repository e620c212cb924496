"""Starts the command: `optirace`, or `python -m optirace`."""

import contextlib
import gc
import os
import sys

from optirace import memory


def main() -> int:
    """Run the command line of this process and return its exit status; one that was stopped ends here."""
    gc.disable()  # what a start-up makes lives to the end; looking for garbage in it is a tenth of `optirace table`
    # Nothing here multiplies matrices, but numpy's library for that starts, and spins, a thread for every core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        memory.keep()
        from optirace import cli  # noqa: PLC0415 - numpy reads the environment as it loads, and an interrupt is told of here

        status = cli.main()
    except KeyboardInterrupt:  # before the commands were there to say so
        sys.stderr.write("optirace: interrupted\n")
        status = 130
    if status > 128:
        _leave(status)
    return status


def _leave(status: int) -> None:
    """End this process at once, everything of ours being closed and removed.

    A library of C++ that was interrupted while it was loaded may abort when it is unloaded (matplotlib's for fonts does),
    and whoever presses Ctrl-C twice would interrupt the end of the interpreter, which tells of that at length.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # none, or closed by whoever reads it
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
