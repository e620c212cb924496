"""Takes of what a stranger's film was asked for with what can do no harm."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from optirace.cli import scene
from optirace.errors import InvalidValueError
from optirace.output import provenance
from optirace.settings import adapters, option

if TYPE_CHECKING:
    from optirace.output.provenance import Origin

KINDS = ("render", "sweep")
"""The commands that make pictures."""

SCENE = "race.toml"
"""What a scene is called in a file of 0.1.0, whatever it was called."""


@contextmanager
def reopened(origin: "Origin", name: str, group: Any, more: Sequence[str]) -> Iterator[Any]:
    """Read what a file called `name` was asked for with, beside `more` words that are typed; yields
    a command's context.

    Nothing has run when it is yielded. Raises InvalidValueError for anything that a film or a chart
    is not made with.
    """
    kind = kind_of(origin, name)
    command = group.command.get_command(group, kind)
    words, settings = [], {}
    if origin.made_by is None:
        words = _words(origin, name, command)
        racers = [word.partition("=")[2] for word in words if word.startswith("--optimizer=")]
    else:
        settings = _settings(origin.settings, name, command.groups)
        racers = settings.get("optimizers", [])
    if origin.scene is not None:
        racers += _racers_of_scene(origin.scene, name)
        words.insert(0, SCENE)
    for racer in filter(adapters.is_foreign, racers):
        raise InvalidValueError(
            name,
            f"the recorded racer {racer!r} would import a module from outside torch and optax",
            hint="nothing was run",
        )
    with command.make_context(kind, [*words, *more], parent=group) as context:
        context.meta[scene.SAID] = (f"{name}: {SCENE}", origin.scene)
        command.read(context, settings, is_again=True)
        yield context


def _settings(
    told: Mapping[str, Any] | None, name: str, groups: tuple[type, ...]
) -> dict[str, Any]:
    """Return a file's settings by the names of the options, if all of them are such as decide a
    film or a chart.
    """
    known = {row.key: row for row in option.merged(groups).values() if row.said_by == "film"}
    if told is None:
        raise InvalidValueError(
            name, "the settings were too long to be recorded", hint="nothing was run"
        )
    for key, value in told.items():
        if key not in known:
            raise InvalidValueError(
                name,
                f"the recorded settings contain {key!r}, which does not decide the picture",
                hint="nothing was run",
            )
        if not known[key].is_data(value):
            raise InvalidValueError(
                name, f"the recorded settings contain {value!r} as {key}", hint="nothing was run"
            )
    return {known[key].name: value for key, value in told.items()}


def _racers_of_scene(text: str, name: str) -> list[str]:
    """Return the words of a scene's racers, if it says nothing but what decides a film."""
    from optirace.settings import scenes  # a TOML parser, for who has a scene

    told = scenes.parse(f"{name}: {SCENE}", text, scene.sayable())
    for each in sorted(
        {entry.option.name for entry in told.entries if entry.option.said_by != "film"}
    ):
        raise InvalidValueError(
            name,
            f"the recorded scene sets {each}, which does not decide a film",
            hint="nothing was run",
        )
    return [str(entry.word) for entry in told.entries if entry.option.name == "optimizers"]


def _given(origin: "Origin") -> list[str]:
    try:
        return provenance.words_of(origin.command or "")
    except ValueError:
        return []


def kind_of(origin: "Origin", name: str) -> str:
    """Return which command made a file."""
    given = _given(origin)
    kinds = [kind for kind in KINDS if kind == origin.made_by or given[:2] == ["optirace", kind]]
    if not kinds or (
        origin.scene is not None and (origin.made_by is not None or kinds != ["render"])
    ):
        raise InvalidValueError(
            name, "the recorded command does not make a film or a chart", hint="nothing was run"
        )
    return kinds[0]


def command(origin: "Origin") -> str | None:
    """Return the command of a file, its options in the order of the help."""
    if origin.made_by not in KINDS or origin.settings is None:
        return origin.typed()
    keys = [
        row.key
        for row in option.merged(import_module(f"optirace.cli.{origin.made_by}").GROUPS).values()
    ]
    ordered = sorted(origin.settings, key=lambda key: keys.index(key) if key in keys else len(keys))
    return replace(origin, settings={key: origin.settings[key] for key in ordered}).typed()


def _words(origin: "Origin", name: str, command: Any) -> list[str]:
    """Return the options of a file's command, each in one word, if all of them are such as decide a
    film or a chart.
    """
    recorded = [
        each
        for each in command.params
        if isinstance(each, scene.Flag) and each.row.said_by == "film"
    ]
    flags = {
        word for each in recorded if each.is_flag for word in (*each.opts, *each.secondary_opts)
    }
    options = {word for each in recorded if not each.is_flag for word in each.opts}
    given, head = _given(origin)[2:], [SCENE] * (origin.scene is not None)
    if given[: len(head)] != head:
        raise InvalidValueError(
            name, "the recorded command does not begin with its scene", hint="nothing was run"
        )
    words, rest = [], iter(scene.with_values(command.params, given[len(head) :]))
    for word in rest:
        value = next(rest, None) if word in options else None
        if not word.startswith("--") or (word not in flags and value is None):
            raise InvalidValueError(
                name,
                f"the recorded command holds {word!r}, which does not decide the picture",
                hint="nothing was run",
            )
        words.append(word if value is None else f"{word}={value}")
    return words
