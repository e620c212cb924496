"""Starts the command: `optirace`, or `python -m optirace`."""

import gc
import sys


def main() -> int:
    """Run the command line of this process and return its exit status."""
    gc.disable()  # what a start-up makes lives to the end; looking for garbage in it is a tenth of `optirace table`
    try:
        from optirace import cli  # noqa: PLC0415 - after the line above

        return cli.main()
    except KeyboardInterrupt:  # before the commands were there to say so
        sys.stderr.write("optirace: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
