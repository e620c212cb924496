"""Names the stills that stand beside films, and says whether a strip of them can be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optirace.errors import InvalidValueError
from optirace.output import sinks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.output.choices import Choices
    from optirace.output.files.target import PathLike


def check_strip(
    steps: Sequence[int], paths: Sequence[PathLike], *, at: int | None, last: int, choices: Choices | None = None
) -> None:
    """Refuse a strip that no file shows, or of steps that the race does not have."""
    if not steps:
        return
    if at is not None:
        raise InvalidValueError("strip and at", "give one of them, not both", about=("strip", "at"))
    for index, step in enumerate(steps):
        if not 0 <= step <= last:
            raise InvalidValueError("strip", f"must be a step of the race, from 0 to {last}", value=step)
        if step in steps[:index]:
            raise InvalidValueError("strip", "must be named once", value=step)
    if not any(sinks.format_of(path, choices).is_still for path in paths):
        raise InvalidValueError("strip", "no still is named", hint="give one such as -o strip.pdf")


def of(paths: Sequence[PathLike], choices: Choices | None = None) -> list[PathLike]:
    """Return the names of the stills that stand beside films, less those that are asked for anyway.

    Raises InvalidValueError where there is standard output alone.
    """
    files = [path for path in paths if str(path) != "-"]
    if not files:
        raise InvalidValueError("poster", "goes beside a film", hint="name one as well, such as -o race.mp4")
    films = [path for path in files if isinstance(path, Path)]
    beside = dict.fromkeys(path.with_suffix(".png") for path in films if not sinks.format_of(path, choices).is_still)
    return [path for path in beside if path not in paths]
