"""Compares what render would make with what is there."""

import json
from typing import TYPE_CHECKING, Any

from optirace.cli import terminal
from optirace.output import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optirace.output.files.target import PathLike

WOULD_CHANGE = 4
"""The exit status when a file is not what would be made."""


def checked(
    paths: "Sequence[PathLike]",
    make: "Callable[[Sequence[PathLike]], Any]",
    *,
    is_quiet: bool,
    as_json: bool,
) -> int:
    """Make the files elsewhere, print a line for each that differs from the one of its name, and
    return the exit status.
    """
    found = compare.differences(paths, make)
    if as_json or not is_quiet:
        _tell(paths, found, as_json=as_json)
    return WOULD_CHANGE if any(found) else 0


def _tell(
    paths: "Sequence[PathLike]", found: "Sequence[compare.Difference | None]", *, as_json: bool
) -> None:
    if as_json:
        rows = [
            {"path": str(path), "differs": each and each.kind, "words": each and each.words}
            for path, each in zip(paths, found, strict=True)
        ]
        terminal.say(json.dumps({"files": rows}, indent=2) + "\n")
        return
    lines = (
        f"{path}: {'unchanged' if each is None else each.words}"
        for path, each in zip(paths, found, strict=True)
    )
    terminal.say("".join(f"{terminal.plain(line)}\n" for line in lines))
