"""Says what was made, and what would be: a line a file for people, objects for programs."""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optirace.cli import terminal
from optirace.errors import InvalidValueError
from optirace.output import sidecars
from optirace.system import viewer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.look.timeline import Schedule
    from optirace.output.outputs import Output, Script
    from optirace.output.sinks import Written
    from optirace.text.tables import Table


def weight(count: int) -> str:
    """Write a number of bytes in three figures.

    >>> [weight(count) for count in (0, 999, 1000, 749_600, 999_500, 1_500_000, 23_456_789)]
    ['0 B', '999 B', '1.0 kB', '750 kB', '1.0 MB', '1.5 MB', '23 MB']
    """
    if count < 1000:
        return f"{count} B"
    size, unit = (count / 1e3, "kB") if count < 999_500 else (count / 1e6, "MB")
    return f"{size:.1f} {unit}" if size < 9.95 else f"{size:.0f} {unit}"


def lines(written: "Sequence[Written]") -> list[str]:
    """Return a line for each file: its name, its size in pixels, how long it is, and its bytes.

    What one kind of file lacks is left out of a column that others have, and a column that none has
    is not there.
    """
    rows = [
        (
            terminal.plain(str(file.path)),
            f"{file.width}x{file.height}" if file.frames else "",
            "" if file.fps is None else f"{float(file.frames / file.fps):.4g} s",
            weight(file.bytes),
        )
        for file in written
    ]
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in zip(*columns, strict=True)
    ]


def tell(written: "Sequence[Written]", schedule: "Schedule", loop: int) -> None:
    """Print on stderr what was made, what a file gave up to fit, and how a folder of frames is
    shown in LaTeX.

    Of standard output only what it gave up is said: it is not here to be seen.
    """
    here = [file for file in written if str(file.path) != "-"]
    told = dict(zip((file.path for file in here), lines(here), strict=True))
    for file in written:
        if file.path in told:
            terminal.note(told[file.path])
        if file.lowered:
            terminal.note(f"{file.path}: reduced to {file.lowered} to fit --max-size")
        if file.path.is_dir():
            from optirace.output import embed  # only frames are shown by a line of LaTeX

            with suppress(InvalidValueError):  # a name that LaTeX cannot find
                terminal.note(
                    embed.animation(
                        file.path, fps=schedule.fps, last=len(schedule.positions) - 1, loop=loop
                    )
                )


def show(files: "Sequence[Output]") -> None:
    """Have the first of some files shown, or say in a line why not: the file is there all the
    same.
    """
    path = Path(files[0].path)
    if why := viewer.show(path):
        terminal.note(f"optirace: open: {why}; {path} is written, open it yourself")


def planned(
    outputs: "Sequence[Output]", script: "Script", texts: "Sequence[sidecars.Beside]"
) -> list[dict[str, Any]]:
    """Return what would be made, with the keys of what was; what only the file itself would tell is
    left out.
    """
    told: list[dict[str, Any]] = []
    look, schedule = script.style, script.schedule
    for output in outputs:
        kind = output.format
        told.append(
            {
                "path": str(output.path),
                "description": kind.description,
                "frames": 1 if kind.is_still else len(schedule.positions),
                "fps": None if kind.is_still else float(schedule.fps),
                "size": [look.width, look.height],
                "seconds": None if kind.is_still else float(schedule.seconds),
            }
        )
    empty = dict.fromkeys(("frames", "fps", "size", "seconds"))
    return [
        *told,
        *(
            {"path": str(text.path), "description": sidecars.DESCRIPTIONS[text.kind], **empty}
            for text in texts
        ),
    ]


def plan(planned: "Sequence[dict[str, Any]]") -> str:
    """Write what would be made, a line a file."""
    told = []
    for file in planned:
        words = [f"{terminal.plain(file['path'])}: {file['description']}"]
        if file["size"]:
            words.append("{}x{}".format(*file["size"]))
            frames, rate, seconds = file["frames"], file["fps"], file["seconds"]
            words.append(
                "one frame"
                if rate is None
                else f"{frames} frames, {rate:g} a second, {seconds:g} seconds"
            )
        told.append(", ".join(words))
    return "".join(f"{line}\n" for line in told)


def written(files: "Sequence[Written]") -> list[dict[str, Any]]:
    """Return what was made, for JSON."""
    return [
        {
            "path": str(file.path),
            "sha256": file.sha256,
            "bytes": file.bytes,
            "frames": file.frames or None,
            "fps": None if file.fps is None else float(file.fps),
            "size": [file.width, file.height] if file.frames else None,
            "seconds": None if file.fps is None else float(file.frames / file.fps),
            **({"lowered": file.lowered} if file.lowered else {}),
        }
        for file in files
    ]


def object_of(files: "Sequence[dict[str, Any]]", table: "Table | None" = None) -> str:
    """Write files, and the table where a race was run, as one JSON object."""
    told = {"files": files} if table is None else {"files": files, "table": table.data()}
    return json.dumps(told, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
