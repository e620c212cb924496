"""`optirace inspect`: what is in a file, and how it was made."""

import json
import shlex
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optirace import columns, encoders, engine, grids, paths, provenance, ranges, report, specs
from optirace.cli import options, recipe, sweep, terminal
from optirace.encoders import contents
from optirace.errors import InvalidValueError, OptiraceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optirace.provenance import Note
    from optirace.report import Told

FORMATS = ("rich", "json")
_COMMAND = "command   "
AS_JSON = {"render": "--json", "sweep": "--format=json"}
"""How each command that makes files is asked for JSON."""


def inspect(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A film, a still, a chart or a folder of frames that optirace has made.")
    ],
    rerun: Annotated[bool, typer.Option("--rerun", help="Make it anew, as the files that -o names.")] = False,
    output: Annotated[
        list[str] | None, typer.Option("-o", "--output", metavar="FILE", help="With --rerun: a file to make. Repeat for more.")
    ] = None,
    plugins: Annotated[
        list[str] | None,
        typer.Option("--plugin", metavar="FILE", help="A plug-in that it was made with; it is executed. Repeat for more."),
    ] = None,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="rich or json.")] = "rich",  # noqa: A002 - the word
    wide: options.Wide = False,
) -> None:
    """Tell what a file holds, the command and the versions that made it, and its table; or make it anew."""
    if format not in FORMATS:
        raise specs.unknown("--format", format, FORMATS)
    if bool(output) != rerun:
        raise InvalidValueError("--rerun: makes the files that -o names; give both, such as --rerun -o new.mp4")
    if "-" in (output or ()):
        raise InvalidValueError("output -: --rerun makes files; name one such as -o new.mp4")
    path, name = Path(paths.typed(file)), terminal.plain(file)
    found = contents.read(path)
    note = provenance.read(found.note or "", name)
    typed = {each.name for each in options.plugin_paths(plugins)}
    missing = [each for each in note.origin.plugins if each not in typed]
    more = [f"--plugin={each}" for each in plugins or ()]
    if rerun:
        _check_can_run(note, name, missing)
        more += [f"--output={each}" for each in output or ()]
        more += [AS_JSON[recipe.kind_of(note.origin, name)]] * (format == "json")
        with recipe.reopened(note.origin, name, context.parent, more) as again:
            again.command.invoke(again)
        return
    result, numbers = None, None
    if note.origin.command is not None and not missing:
        with recipe.reopened(note.origin, name, context.parent, more) as again:
            result, numbers = _raced(again)
    told = _told(path, found, note)
    if format == "json":
        data = None if result is None else result.data()
        is_same = None if result is None else numbers == note.numbers
        terminal.say(json.dumps({**told, "same_numbers": is_same, "table": data}, indent=2) + "\n")
        return
    lines = list(_lines(told, note))
    if missing:
        lines.append(f"table     needs {_listed(missing)}, to be executed: say --plugin and where it is")
    elif result is None:
        lines.append("table     made from Python: there is no command to run")
    elif numbers != note.numbers:
        lines.append("table     with other numbers than the file shows:")
    table = "" if result is None else terminal.drawn(result, is_wide=wide)
    terminal.say(
        "".join(f"{line}\n" for line in _folded(map(terminal.plain, lines), None if wide else terminal.width())) + table
    )


def _folded(lines: "Iterable[str]", width: int | None) -> "Iterator[str]":
    """Break long lines at words: the command so that it can be pasted, and the scene, which is a file, not at all."""
    for line in lines:
        if width is None or columns.cells_of(line) <= width or line.startswith("    "):
            yield line
        elif line.startswith(_COMMAND):
            yield from _pasteable(line.removeprefix(_COMMAND), width - len(_COMMAND) - 2)
        else:
            yield from columns.refolded(line, width)


def _pasteable(command: str, room: int) -> "Iterator[str]":
    """Break a command between its words, each line but the last with a backslash behind it."""
    try:
        words = list(map(shlex.quote, shlex.split(command)))
    except ValueError:
        words = [command]
    lines = [""]
    for word in words:
        if lines[-1] and columns.cells_of(lines[-1]) + columns.cells_of(word) + 1 > room:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    for index, line in enumerate(lines):
        start, end = " " * len(_COMMAND) if index else _COMMAND, " \\" if index + 1 < len(lines) else ""
        yield f"{start}{line}{end}"


def _check_can_run(note: "Note", name: str, missing: list[str]) -> None:
    if note.origin.command is None:
        raise OptiraceError(f"{name}: has no command to run; its settings are in --format json")
    if missing:
        raise InvalidValueError(f"{name}: was made with {_listed(missing)}, to be executed: say --plugin and where it is")


def _listed(plugins: list[str]) -> str:
    return f"the plug-in{'s' * (len(plugins) > 1)} {terminal.plain(', '.join(plugins))}"


def _raced(context: Any) -> "tuple[Told, str]":
    """Run the race of a parsed render, or the grid of a parsed sweep, and paint nothing; return its table and its digest."""
    words = context.params
    if context.command.name == "sweep":
        typed = options.Typed(
            **{each.name: words[each.name] for each in fields(options.Typed) if each.name not in ("lr", "beta")}
        )
        found = grids.run(**sweep.grid(typed, words["lr"], words["beta"]))
        return ranges.Ranges(found), provenance.numbers_of_sweep(found)
    with context.command.filled(context):
        result = engine.run(options.Typed(**{each.name: words[each.name] for each in fields(options.Typed)}).race())
    return report.table(result), provenance.numbers(result)


def _told(path: Path, found: Any, note: "Note") -> dict[str, Any]:
    origin, (size, sha256) = note.origin, contents.digest(path)
    kind = encoders.FORMATS[found.suffix or contents.kind_of(path)]
    description = (kind.of_codec(found.codec) if found.codec else kind).description
    return {
        "path": str(path),
        "format": "chart of a sweep" if (origin.command or "").startswith("optirace sweep") else description,
        "size": [found.width, found.height],
        "frames": found.frames,
        "fps": None if found.fps is None else float(found.fps),
        "seconds": None if found.seconds is None else float(found.seconds),
        "bytes": size,
        "sha256": sha256,
        "command": origin.command,
        "plugins": dict(origin.plugins),
        "scene": origin.scene,
        "settings": origin.settings,
        "numbers": note.numbers,
        "versions": dict(note.versions),
    }


def _lines(told: dict[str, Any], note: "Note") -> Any:
    """Yield what people are told, a line each."""
    shown = {**told, "size": "{}x{}".format(*told["size"]), "plugins": ", ".join(told["plugins"])}
    shown["versions"] = ", ".join(f"{name} {version}" for name, version in sorted(told["versions"].items()))
    yield shown.pop("path")
    for key in ("format", "size", "frames", "fps", "seconds", "bytes", "sha256", "command", "plugins", "versions"):
        value = shown[key]
        if value:
            yield f"{key:<9} {value:g}" if isinstance(value, float) else f"{key:<9} {value}"
    if note.origin.settings is not None:
        yield f"settings  {json.dumps(note.origin.settings, sort_keys=True)}"
    if note.origin.scene is not None:
        yield f"scene     {recipe.SCENE}:"
        yield from (f"    {line}" for line in note.origin.scene.rstrip("\n").split("\n"))
