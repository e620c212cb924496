"""Hands a finished file to whoever reads our standard output."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.encoders import target
from optirace.errors import InvalidValueError, OutputError

if TYPE_CHECKING:
    from typing import BinaryIO

NAME = "-"


def check_place() -> BinaryIO:
    """Return where the bytes go; raises OutputError when that is closed, InvalidValueError when it is a terminal."""
    if sys.stdout is None:
        raise OutputError("-: stdout is closed")
    if sys.stdout.isatty():
        raise InvalidValueError(
            "output -: stdout is a terminal; send it on, as in optirace render -o - --format gif > race.gif"
        )
    return sys.stdout.buffer


def drafted(_: target.PathLike, suffix: str) -> target.Draft:
    """Return a temporary file: nothing is said before the whole film was read back."""
    draft = target.Draft(Path(tempfile.gettempdir()) / "stdout", suffix)
    draft.name = NAME
    return draft


def deliver(draft: target.Draft) -> None:
    """Send a finished draft; raises OutputError when nobody takes all of it."""
    try:
        with draft.path.open("rb") as file:
            shutil.copyfileobj(file, check_place())
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = Path(os.devnull).open("w")  # what is left in the buffer cannot be written at exit either
        raise OutputError(f"stdout: {target.reason(error)}") from error
