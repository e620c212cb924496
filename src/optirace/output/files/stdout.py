"""Hands a finished file to whoever reads our standard output."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from optirace.errors import OutputError
from optirace.output.files import target

NAME = "-"

CHUNK = 1 << 20
"""Bytes read at a time."""


def check_place() -> None:
    """Refuse to send a film where nobody takes it.

    Raises OutputError when standard output is closed, InvalidValueError when it is a terminal.
    """
    if sys.stdout is None:
        raise OutputError("-", "stdout is closed")
    if sys.stdout.isatty():
        raise target.refusal(
            NAME,
            "stdout is a terminal",
            hint="redirect it: optirace render -o - --format gif > race.gif",
        )


def drafted(_: target.PathLike, suffix: str) -> target.Draft:
    """Return a temporary file: nothing is said before the whole film was read back."""
    try:
        draft = target.Draft(Path(tempfile.gettempdir()) / "stdout", suffix)
    except FileNotFoundError:
        raise OutputError(
            NAME, "cannot create a temporary file", hint="set TMPDIR to a writable folder"
        ) from None
    draft.name = NAME
    return draft


def deliver(finished: Path) -> None:
    """Send a file, past the stream's buffer, which a stop would leave for the exit; raises
    OutputError unless all is taken.
    """
    check_place()
    try:
        sys.stdout.flush()
        with finished.open("rb") as file:
            while part := memoryview(file.read(CHUNK)):
                while part:
                    part = part[os.write(sys.stdout.fileno(), part) :]
    except OSError as error:
        sys.stdout = Path(os.devnull).open(
            "w"
        )  # what is left in the buffer cannot be written at exit either
        raise OutputError("stdout", target.reason(error)) from error
