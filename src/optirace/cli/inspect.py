"""`optirace inspect`: what is in a file, and how it was made."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from optirace.cli import cost, sweep, terminal
from optirace.cli import rerun as recipe
from optirace.errors import InvalidValueError, OptiraceError
from optirace.options.race import RaceOptions, plugin_paths, race
from optirace.options.sweep import GridOptions
from optirace.options.table import WIDE
from optirace.output import facts, provenance
from optirace.output.files import target
from optirace.output.read import contents
from optirace.racing import engine, sweeps
from optirace.settings.kinds import FLAG, TEXT, one_of
from optirace.settings.option import option
from optirace.system import paths
from optirace.text import columns, sweep_table, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from optirace.output.provenance import Note
    from optirace.settings.option import Asked
    from optirace.text.tables import Told

    Answer: TypeAlias = tuple[Told | None, str, bool | None]

FORMATS = ("rich", "json")
_COMMAND = "command   "
AS_JSON = {"render": "--json", "sweep": "--format=json"}
"""How each command that makes files is asked for JSON."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class InspectOptions:
    """The file."""

    file: str = option(
        "",
        TEXT,
        "Film, still, chart or folder of frames that optirace has made.",
        metavar="FILE",
        is_argument=True,
    )
    rerun: bool = option(False, FLAG, "Render it again, to the files that -o names.")
    output: Sequence[str] = option(
        (),
        TEXT,
        "File to write, with --rerun. Repeatable.",
        "-o",
        "--output",
        metavar="FILE",
        is_repeated=True,
    )
    plugins: Sequence[str] = option(
        (),
        TEXT,
        "Plugin that the file was made with. The plugin is executed. Repeatable.",
        "--plugin",
        metavar="FILE",
        is_repeated=True,
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class InspectOutput:
    """The output."""

    table: bool = option(
        False,
        FLAG,
        (
            "Print the table however long its race takes; by default only one of about a second "
            "is run."
        ),
    )
    format: str = option("rich", one_of(lambda: FORMATS), "Format: {names}.")
    wide: bool = option(False, FLAG, WIDE)


GROUPS = (InspectOptions, InspectOutput)


def inspect(asked: "Asked", context: Any) -> None:
    """Print what a file holds, the command and the versions that made it, and its table; or render
    it again.
    """
    wanted, shown = asked.of(InspectOptions), asked.of(InspectOutput)
    output, plugins, is_json = wanted.output, wanted.plugins, shown.format == "json"
    if bool(output) != wanted.rerun:
        raise InvalidValueError("--rerun and -o", "use both, such as --rerun -o new.mp4")
    if "-" in output:
        raise target.refusal("-", "--rerun makes files", hint="name one such as -o new.mp4")
    path, name = Path(paths.typed(wanted.file)), terminal.plain(wanted.file)
    found = contents.read(path)
    note = provenance.read(found.note or "", name)
    typed = {each.name for each in plugin_paths(plugins)}
    missing = [each for each in note.origin.plugins if each not in typed]
    more = [f"--plugin={each}" for each in plugins]
    if wanted.rerun:
        _check_can_run(note, name, missing, _others(note, plugins))
        more += [f"--output={each}" for each in output]
        more += [AS_JSON[recipe.kind_of(note.origin, name)]] * is_json
        with recipe.reopened(note.origin, name, context.parent, more) as again:
            again.command.invoke(again)
        return
    told = {
        **facts.of(path, found, note),
        "command": recipe.command(note.origin),
        "other_plugins": _others(note, plugins),
    }
    say = partial(_say, told, form=shown.format, is_wide=shown.wide)
    if not is_json:  # what is known already does not wait for a race, nor go with it
        terminal.say(_folded(_lines(told, note), is_wide=shown.wide))
    if not note.origin.can_run:
        say((None, "made from Python: there is no command to run", None))
    elif missing:
        say(
            (None, f"needs {_listed(missing)}; pass each file with --plugin (it is executed)", None)
        )
    else:
        try:
            with recipe.reopened(note.origin, name, context.parent, more) as again:
                answer = _raced(again, note.numbers, is_asked=shown.table)
        except OptiraceError:
            if is_json:
                say((None, "cannot be run", None))
            raise
        say(answer)


def _say(told: dict[str, Any], answer: "Answer", *, form: str, is_wide: bool) -> None:
    """Print the table, and in JSON the facts with it, which people have been told already."""
    result, remark, is_same = answer
    if form == "json":
        data = None if result is None else result.data()
        terminal.say(
            json.dumps(
                {**told, "same_numbers": is_same, "remark": remark or None, "table": data}, indent=2
            )
            + "\n"
        )
    else:
        said = _folded([f"table     {remark}"] if remark else [], is_wide=is_wide)
        terminal.say(said + ("" if result is None else terminal.drawn(result, is_wide=is_wide)))


def _folded(lines: "Iterable[str]", *, is_wide: bool) -> str:
    """Return lines as the terminal takes them."""
    return "".join(
        f"{line}\n"
        for line in _broken(map(terminal.plain, lines), None if is_wide else terminal.width())
    )


def _broken(lines: "Iterable[str]", width: int | None) -> "Iterator[str]":
    """Break long lines at words: the command so that it can be pasted, and the scene, which is a
    file, not at all.
    """
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
        start, end = (
            " " * len(_COMMAND) if index else _COMMAND,
            " \\" if index + 1 < len(lines) else "",
        )
        yield f"{start}{line}{end}"


def _others(note: "Note", plugins: Sequence[str]) -> list[str]:
    """Return the names of plugins that are not the files that they were."""
    recorded = note.origin.plugins
    paths = [path for path in plugin_paths(plugins) if path.name in recorded]
    return [path.name for path in paths if provenance.digest_of(path) != recorded[path.name]]


def _check_can_run(note: "Note", name: str, missing: list[str], others: list[str]) -> None:
    """Refuse what cannot be made anew, and say which plugins are not what they were."""
    if not note.origin.can_run:
        raise OptiraceError(
            name, "cannot be rendered again", hint="--format json shows its settings"
        )
    if missing:
        raise InvalidValueError(
            name, f"needs {_listed(missing)}", hint="pass each file with --plugin (it is executed)"
        )
    for other in others:
        terminal.note(f"{name}: was made with another {other} than the one that is executed now")


def _listed(plugins: list[str]) -> str:
    return f"the plugin{'s' * (len(plugins) > 1)} {terminal.plain(', '.join(plugins))}"


def _raced(context: Any, recorded: str, *, is_asked: bool) -> "Answer":
    """Run the race of a parsed render, or the grid of a parsed sweep, and paint nothing.

    Returns its table, what is to be said of it, and whether its numbers are those that are
    recorded; no table where it would take longer than a person who wants to know what a file is has
    asked for.
    """
    is_sweep = context.command.name == "sweep"
    with context.command.filled(context) as asked:
        told = asked.of(RaceOptions)
        seconds = cost.of_sweep(told, asked.of(GridOptions)) if is_sweep else cost.of_race(told)
        if seconds > cost.BOUND and not is_asked:
            return None, f"takes some {seconds:.0f} seconds: say --table to have it", None
        if is_sweep:
            found = sweeps.run(**sweep.grid(asked))
            result: Told = sweep_table.Ranges(found)
            numbers = provenance.numbers_of_sweep(found)
        else:
            raced = engine.run(race(told, may_import=asked.may_import))
            result, numbers = tables.table(raced), provenance.numbers(raced)
    is_same = numbers == recorded
    return result, "" if is_same else "the numbers below differ from those in the file:", is_same


def _lines(told: dict[str, Any], note: "Note") -> Any:
    """Yield what people are told, a line each."""
    shown = {**told, "size": "{}x{}".format(*told["size"]), "plugins": ", ".join(told["plugins"])}
    shown["versions"] = ", ".join(
        f"{name} {version}" for name, version in sorted(told["versions"].items())
    )
    yield shown.pop("path")
    for key in (
        "format",
        "size",
        "frames",
        "fps",
        "seconds",
        "bytes",
        "sha256",
        "command",
        "plugins",
        "versions",
    ):
        value = shown[key]
        if value:
            yield f"{key:<9} {value:g}" if isinstance(value, float) else f"{key:<9} {value}"
    if told["other_plugins"]:
        yield f"plugins   not the same any more: {', '.join(told['other_plugins'])}"
    if note.origin.made_by is None and note.origin.settings is not None:
        yield f"settings  {json.dumps(note.origin.settings, sort_keys=True)}"
    if note.origin.scene is not None:
        yield f"scene     {recipe.SCENE}:"
        yield from (f"    {line}" for line in note.origin.scene.rstrip("\n").split("\n"))
