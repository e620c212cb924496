"""Compares what render would make with what is there."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from optirace.cli import terminal
from optirace.errors import OutputError
from optirace.output import compare
from optirace.output.files import folder as folders
from optirace.output.files import target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optirace.output.files.target import PathLike

WOULD_CHANGE = 4
"""The exit status when a file is not what would be made."""


def checked(paths: "Sequence[PathLike]", make: "Callable[[Sequence[PathLike]], Any]", *, is_quiet: bool, as_json: bool) -> int:
    """Make the files elsewhere, print a line for each that differs from the one of its name, and return the exit status."""
    try:
        elsewhere = TemporaryDirectory()
    except FileNotFoundError:
        raise OutputError("check", "no folder takes a temporary file", hint="name one in TMPDIR") from None
    with elsewhere as folder:
        fresh = [Path(folder, str(index), Path(path).name) for index, path in enumerate(paths)]
        try:
            make([f"{new}/" if folders.is_meant(path) else new for path, new in zip(paths, fresh, strict=True)])
        except OutputError as problem:
            names = {target.shown(new): target.shown(path) for path, new in zip(paths, fresh, strict=True)}
            raise problem.but(subject=names.get(problem.subject.rstrip("/"), problem.subject)) from problem
        found = [compare.difference(Path(path), new) for path, new in zip(paths, fresh, strict=True)]
    if as_json:
        rows = [
            {"path": str(path), "differs": each and each.kind, "words": each and each.words}
            for path, each in zip(paths, found, strict=True)
        ]
        terminal.say(json.dumps({"files": rows}, indent=2) + "\n")
    elif not is_quiet:
        lines = (
            f"{path}: {'is what would be made' if each is None else each.words}"
            for path, each in zip(paths, found, strict=True)
        )
        terminal.say("".join(f"{terminal.plain(line)}\n" for line in lines))
    return WOULD_CHANGE if any(found) else 0
