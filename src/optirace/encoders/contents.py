"""Says what stands in a finished file: its size, its frames, and the note of how it was made."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from optirace.errors import InvalidValueError, OptiraceError

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file holds."""

    width: int
    height: int
    frames: int
    """Pictures in the file; a GIF has none for a frame that looks like the one before."""

    seconds: Fraction | None = None
    """None for a still."""

    fps: Fraction | None = None
    """None for a still, and where pictures do not last equally long."""

    note: str | None = None


READERS = {".mp4": "boxes", ".gif": "blocks", ".png": "chunks"}
"""The module of this package whose `contents(path)` reads a file of the suffix."""


def read(path: Path) -> Contents:
    """Read a finished file, by its suffix.

    Raises InvalidValueError for a name that is none of a file, OptiraceError for a file that is not what its suffix says.
    """
    try:
        path.open("rb").close()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise InvalidValueError(f"file {str(path)!r}: {str(reason).lower()}") from None
    suffix = path.suffix.lower()
    if suffix not in READERS:
        raise InvalidValueError(f"file {str(path)!r}: must end in one of {', '.join(READERS)}")
    try:
        found: Contents = import_module(f"optirace.encoders.{READERS[suffix]}").contents(path)
    except (struct.error, LookupError, ValueError, ArithmeticError, OSError):
        raise OptiraceError(f"{path}: is no whole {suffix} file") from None
    return found
