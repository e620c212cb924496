"""Turns what was typed into the command that a film carries, and a stranger's command back into words that can do no harm."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from optirace.cli import options, scene
from optirace.errors import InvalidValueError
from optirace.output import provenance

if TYPE_CHECKING:
    from optirace.output.provenance import Origin

_RACE = frozenset(
    (
        "surface",
        "view",
        "minimum",
        "lr",
        "beta",
        "beta1",
        "beta2",
        "eps",
        "steps",
        "start",
        "tol",
        "optimizers",
        "convention",
        "lr_schedule",
        "noise",
        "seed",
        "tune",
    )
)
_PICTURE = frozenset(("size", "quality", "theme"))
_FILM = frozenset(("codec", "chroma", "animate", "strip", "max_size", "speed", "duration", "fps", "hold", "title"))

RECORDED = {
    "render": _RACE | _PICTURE | _FILM | {"loop", "arrows", "at", "notes"},
    "sweep": _RACE | _PICTURE | {"metric"},
}
"""Of each command that makes pictures the options that decide their bytes, by their parameters: a file carries them, and they
may be run from one."""

UNRECORDED = {
    "render": frozenset(
        ("output", "poster", "piped", "plugins", "dry_run", "force", "quiet", "as_json", "check", "captions", "alt", "shown")
    ),
    "sweep": frozenset(("output", "plugins", "jobs", "format", "wide")),
}
"""The others: they name files, execute them, or decide what is printed; none is ever taken from a file."""

SCENE = "race.toml"
"""What a scene is called, whatever it is called."""


def origin(context: Any) -> "Origin":
    """Return what this run of a command was asked for with; its scene, if there is one, has been read."""
    recorded = RECORDED[context.command.name]
    words, told = ["optirace", context.command.name], context.meta.get(scene.KEY)
    if told is not None:
        words.append(SCENE)
        leave_out = {key for key, option in told.keys.items() if option.name not in recorded}
        told = provenance.portable(told.text, leave_out)
    for parameter in context.command.params:
        if parameter.name in recorded and context.get_parameter_source(parameter.name).name == "COMMANDLINE":
            value = context.params[parameter.name]
            if parameter.is_flag:
                words.append(max(parameter.opts if value else parameter.secondary_opts, key=len))
                continue
            for each in value if parameter.multiple else [value]:
                words += [max(parameter.opts, key=len), each]
    plugins = {path.name: provenance.digest_of(path) for path in options.plugin_paths(context.params["plugins"])}
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
        racers += _racers_of_scene(origin.scene, name, group)
        words.insert(0, SCENE)
    for racer in filter(adapters.is_foreign, racers):
        raise InvalidValueError(f"{name}: its racer {racer!r} would import a module of that name; nothing was run")
    with command.make_context(kind, [*words, *more], parent=group) as context:
        context.meta.update({scene.AGAIN: True, scene.SAID: (f"{name}: {SCENE}", origin.scene)})
        context.params[options.TOLD] = True
        yield context


def _racers_of_scene(text: str, name: str, group: Any) -> list[str]:
    """Return the words of a scene's racers, if it says nothing but what decides a film."""
    from optirace.settings import scenes  # noqa: PLC0415 - a TOML parser, for who has a scene

    told = scenes.parse(f"{name}: {SCENE}", text, list(scene.options_of(group)))
    for each in sorted(told.options() - RECORDED["render"]):
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
    kinds = [kind for kind in RECORDED if given[:2] == ["optirace", kind]]
    if not kinds or (origin.scene is not None and kinds != ["render"]):
        raise InvalidValueError(f"{name}: its command is none that makes a film or a chart; nothing was run")
    return kinds[0]


def _words(origin: "Origin", name: str, command: Any) -> list[str]:
    """Return the options of a file's command, each in one word, if all of them are such as decide a film or a chart."""
    flags, options = set(), set()
    for parameter in command.params:
        if parameter.name in RECORDED[command.name] and parameter.is_flag:
            flags |= {*parameter.opts, *parameter.secondary_opts}
        elif parameter.name in RECORDED[command.name]:
            options |= {*parameter.opts}
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
