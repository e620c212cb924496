"""Turns what was typed into the command that a film carries, and a stranger's command back into words that can do no harm."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from optirace.cli import scene
from optirace.errors import InvalidValueError
from optirace.options.race import RaceOptions, plugin_paths
from optirace.output import provenance
from optirace.settings import option

if TYPE_CHECKING:
    from optirace.output.provenance import Origin
    from optirace.settings.option import Asked

KINDS = ("render", "sweep")
"""The commands that make pictures."""

SCENE = "race.toml"
"""What a scene is called, whatever it is called."""


def origin(kind: str, asked: "Asked") -> "Origin":
    """Return what a command was asked for with."""
    rows = option.merged(asked.groups)
    words, told = ["optirace", kind], None
    if asked.scene is not None:
        words.append(SCENE)
        told = provenance.portable(asked.scene.text, {key for key, row in asked.scene.keys.items() if row.said_by != "film"})
    for name, row in rows.items():
        if name in asked.values and name not in asked.from_file and row.said_by == "film":
            words += option.words(row.key, row.data(asked.values[name]))
    plugins = {path.name: provenance.digest_of(path) for path in plugin_paths(asked.of(RaceOptions).plugins)}
    return provenance.Origin(command=shlex.join(words), scene=told, plugins=plugins)


@contextmanager
def reopened(origin: "Origin", name: str, group: Any, more: Sequence[str]) -> Iterator[Any]:
    """Parse the command of a file called `name` as if it were typed, with `more` words that are; yields its context.

    Nothing has run when it is yielded. Raises InvalidValueError for a command or a scene with anything in it that a film or a
    chart is not made with.
    """
    from optirace.settings import adapters  # noqa: PLC0415 - who makes a film reopens none

    kind = kind_of(origin, name)
    command = group.command.get_command(group, kind)
    words = _words(origin, name, command)
    racers = [word.partition("=")[2] for word in words if word.startswith("--optimizer=")]
    if origin.scene is not None:
        racers += _racers_of_scene(origin.scene, name)
        words.insert(0, SCENE)
    for racer in filter(adapters.is_foreign, racers):
        raise InvalidValueError(f"{name}: its racer {racer!r} would import a module of that name; nothing was run")
    with command.make_context(kind, [*words, *more], parent=group) as context:
        context.meta[scene.SAID] = (f"{name}: {SCENE}", origin.scene)
        command.read(context, is_again=True)
        yield context


def _racers_of_scene(text: str, name: str) -> list[str]:
    """Return the words of a scene's racers, if it says nothing but what decides a film."""
    from optirace.settings import scenes  # noqa: PLC0415 - a TOML parser, for who has a scene

    told = scenes.parse(f"{name}: {SCENE}", text, scene.sayable())
    for each in sorted({entry.option.name for entry in told.entries if entry.option.said_by != "film"}):
        raise InvalidValueError(f"{name}: its scene says {each}, which does not decide a film; nothing was run")
    return [str(entry.word) for entry in told.entries if entry.option.name == "optimizers"]


def _given(origin: "Origin") -> list[str]:
    try:
        return provenance.words_of(origin.command or "")
    except ValueError:
        return []


def kind_of(origin: "Origin", name: str) -> str:
    """Return which command made a file."""
    given = _given(origin)
    kinds = [kind for kind in KINDS if given[:2] == ["optirace", kind]]
    if not kinds or (origin.scene is not None and kinds != ["render"]):
        raise InvalidValueError(f"{name}: its command is none that makes a film or a chart; nothing was run")
    return kinds[0]


def _words(origin: "Origin", name: str, command: Any) -> list[str]:
    """Return the options of a file's command, each in one word, if all of them are such as decide a film or a chart."""
    recorded = [each for each in command.params if isinstance(each, scene.Flag) and each.row.said_by == "film"]
    flags = {word for each in recorded if each.is_flag for word in (*each.opts, *each.secondary_opts)}
    options = {word for each in recorded if not each.is_flag for word in each.opts}
    given, head = _given(origin)[2:], [SCENE] * (origin.scene is not None)
    if given[: len(head)] != head:
        raise InvalidValueError(f"{name}: its command does not begin with its scene; nothing was run")
    words, rest = [], iter(scene.with_values(command.params, given[len(head) :]))
    for word in rest:
        value = next(rest, None) if word in options else None
        if not word.startswith("--") or (word not in flags and value is None):
            raise InvalidValueError(f"{name}: its command holds {word!r}, which decides no picture; nothing was run")
        words.append(word if value is None else f"{word}={value}")
    return words
