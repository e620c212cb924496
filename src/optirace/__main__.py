"""Starts the command: `optirace`, or `python -m optirace`."""

import gc
import os
import sys

from optirace import memory


def main() -> int:
    """Run the command line of this process and return its exit status."""
    gc.disable()  # what a start-up makes lives to the end; looking for garbage in it is a tenth of `optirace table`
    # Nothing here multiplies matrices, but numpy's library for that starts, and spins, a thread for every core.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    memory.keep()
    try:
        from optirace import cli  # noqa: PLC0415 - numpy reads the environment as it loads, and an interrupt is told of here

        return cli.main()
    except KeyboardInterrupt:  # before the commands were there to say so
        sys.stderr.write("optirace: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
