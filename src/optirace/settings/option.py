"""One row for each option, and what was asked for by them: on a command line, in a scene, by a film
or in Python.
"""

from __future__ import annotations

import dataclasses
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar, cast

from optirace.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping

    from optirace.settings.scenes import Scene

T = TypeVar("T")
M = TypeVar("M")

Sayer: TypeAlias = Literal["person", "scene", "film"]
"""Who may say it: a person alone, a scene as well, or the note of a film too, where it decides
bytes and does no harm.
"""

Use: TypeAlias = Literal[
    "any", "film", "video", "gif", "animated", "still", "png", "stdout", "chart", "rule"
]
"""What an option means something to: some outputs, or the rules that have such a value."""


def _as_it_is(value: Any) -> Any:
    return value


class Kind(NamedTuple, Generic[T]):
    """A kind of value, and how it is read and written."""

    metavar: str
    read: Callable[[str, Any], T]
    """Takes what messages call it, and a word, a value of TOML or JSON, or the value itself."""

    wanted: str = "text in quotes"
    """What TOML must hold: "a number"."""

    takes: tuple[type, ...] = (str,)
    """The types that it may have in TOML and JSON."""

    write: Callable[[T], Any] = _as_it_is
    """Returns a value as JSON holds it: a number, a text, a bool, or a list of numbers."""

    mark: str = ""
    """What stands between the numbers of a word, if there are several."""

    names: Callable[[], Iterable[str]] | None = None
    """The names to choose from, which the help lists where it says {names}."""


class Option(NamedTuple):
    """One row: all that must be known of an option, beside the field that holds its value."""

    kind: Kind[Any]
    help: str
    name: str = ""
    default: Any = None
    metavar: str = ""
    flags: tuple[str, ...] = ()
    shown: str = ""
    """The default in words, where no value says it."""

    is_argument: bool = False
    """Whether it is a word without a flag; it may be left out where its metavar is in brackets."""

    is_repeated: bool = False
    alone: str = ""
    """What it is worth without a value, which is what true stands for in a scene; `none` is false.

    Empty where it needs one.
    """

    rival: str = ""
    """Another option that says the same: the one that is typed silences the scene's other."""

    idle_beside: str = ""
    """Another option beside which it changes nothing."""

    needs: str = ""
    """Another option without which it changes nothing."""

    of: Use = "any"
    said_by: Sayer = "person"

    @property
    def key(self) -> str:
        """The long form without dashes: the key of a scene and of a note."""
        return max(self.flags, key=len).partition("/")[0].lstrip("-") if self.flags else self.name

    @property
    def is_flag(self) -> bool:
        """Whether it is given without a value."""
        return self.kind.takes == (bool,)

    @property
    def is_path(self) -> bool:
        """Whether it names a file: in a scene it starts from the scene's folder."""
        return self.metavar == "FILE"

    @property
    def takes_text(self) -> bool:
        """Whether its value is words, so that a number is a mistake."""
        return self.kind.takes == (str,)

    def read(self, subject: str, value: Any) -> Any:
        """Read one value, or each of several."""
        try:
            if not self.is_repeated:
                return self.kind.read(subject, value)
            if isinstance(value, str):
                raise InvalidValueError(
                    subject, f"must be a list, such as [{value!r}]", value=value
                )
            return tuple(self.kind.read(subject, each) for each in value)
        except (TypeError, AttributeError) as problem:  # a value of Python that is of a wrong type
            wanted = (
                "a list"
                if self.is_repeated and not hasattr(value, "__iter__")
                else self.kind.wanted
            )
            raise InvalidValueError(
                subject, f"must be {wanted}", shown=f"{value!r:.40}"
            ) from problem

    def data(self, value: Any) -> Any:
        """Return a value as JSON holds it."""
        return (
            [self.kind.write(each) for each in value]
            if self.is_repeated
            else self.kind.write(value)
        )

    def is_data(self, value: Any) -> bool:
        """Return whether JSON holds it as `data` would write it, as far as its type says."""
        values = (
            value
            if isinstance(value, list) and (self.is_repeated or list in self.kind.takes)
            else [value]
        )
        if self.is_repeated and values is not value:
            return False
        return all(
            isinstance(each, self.kind.takes) and (self.is_flag or not isinstance(each, bool))
            for each in values
        )

    def told(self) -> str:
        """Return the help, with the names to choose from."""
        return (
            self.help
            if self.kind.names is None
            else self.help.format(names=listed(self.kind.names()))
        )

    def default_told(self) -> str:
        """Return the default as the help has it; nothing where there is none to tell."""
        if self.shown:
            return f"({self.shown})"
        return (
            ""
            if self.is_flag or self.default in (None, ())
            else word(self.data(self.default), self.kind.mark)
        )


def word(data: Any, mark: str = ",") -> str:
    """Return a value, as JSON holds it, as one word.

    >>> word([0.0, 1.5]), word(1e-3), word("x^2")
    ('0,1.5', '0.001', 'x^2')
    """
    if isinstance(data, list):
        return mark.join(map(word, data))
    return repr(data).removesuffix(".0") if isinstance(data, float) else str(data)


def words(key: str, data: Any) -> list[str]:
    """Return an option with its value, as JSON holds it, as it would be typed; texts in a list are
    typed one by one.

    >>> words("arrows", False), words("start", [1, 2.5]), words("optimizer", ["sgd", "adam"])
    (['--no-arrows'], ['--start', '1,2.5'], ['--optimizer', 'sgd', '--optimizer', 'adam'])
    """
    if isinstance(data, bool):
        return [f"--{'' if data else 'no-'}{key}"]
    parts = (
        data if isinstance(data, list) and all(isinstance(each, str) for each in data) else [data]
    )
    return [part for each in parts for part in (f"--{key}", word(each))]


def listed(names: Iterable[str], last: str = "or") -> str:
    """Return names as a sentence has them.

    >>> listed(["light", "dark"]), listed("abc", "and")
    ('light or dark', 'a, b and c')
    """
    *first, end = names
    return f"{', '.join(first)} {last} {end}" if first else end


def option(default: T, kind: Kind[Any], help: str, *flags: str, **more: Any) -> T:  # noqa: A002 - typer's word
    """Declare a field of a group; its annotation is what Python may pass.

    Without flags its name is one.
    """
    told: T = field(
        default=default, metadata={"option": Option(kind=kind, help=help, flags=flags, **more)}
    )
    return told


@cache
def options(group: Hashable) -> Mapping[str, Option]:
    """Return the options of a group by their names, in the order of the help."""
    told: dict[str, Option] = {}
    for each in dataclasses.fields(cast("Any", group)):
        row: Option = each.metadata["option"]
        told[each.name] = row._replace(
            name=each.name,
            default=each.default,
            flags=() if row.is_argument else row.flags or (f"--{each.name.replace('_', '-')}",),
            metavar=row.metavar or row.kind.metavar,
        )
    return told


def merged(groups: Iterable[type]) -> dict[str, Option]:
    """Return the options of several groups by their names; of two with one name the first holds."""
    told: dict[str, Option] = {}
    for group in groups:
        for name, each in options(group).items():
            told.setdefault(name, each)
    return told


class Asked(NamedTuple):
    """What was asked for, whoever said it."""

    groups: tuple[type, ...]
    values: dict[str, Any]
    """Only what was given, by the names of the options."""

    from_file: Collection[str] = ()
    """The names of those that a scene or a film gave."""

    scene: Scene | None = None
    is_again: bool = False
    """Whether a film's own settings are taken again, for it alone and not for what was made beside
    it.
    """

    @property
    def typed(self) -> Collection[str]:
        """The names of those that a person gave."""
        return () if self.is_again else self.values.keys() - set(self.from_file)

    @property
    def may_import(self) -> bool:
        """Whether a racer may have a module loaded: not where a file says who races, unless it is a
        scene that is trusted.
        """
        return not self.is_again and (
            "optimizers" not in self.from_file or bool(self.values.get("is_trusted"))
        )

    def of(self, group: Callable[..., M]) -> M:
        """Return the values of a group; one whose name a group before it has too keeps its
        default.
        """
        before = merged(self.groups[: self.groups.index(cast("type", group))])
        names = options(group).keys() - before.keys()
        return group(**{name: value for name, value in self.values.items() if name in names})

    def beside(self, other: Asked) -> Asked:
        """Return what this and another ask for."""
        return self._replace(
            groups=(*self.groups, *other.groups), values={**other.values, **self.values}
        )

    def record(self) -> dict[str, Any]:
        """Return what was asked for of what decides bytes, by keys and as JSON holds it; what is as
        it is by default is not.
        """
        rows = [row for row in merged(self.groups).values() if row.said_by == "film"]
        return {
            row.key: row.data(self.values[row.name])
            for row in rows
            if self.values.get(row.name, row.default) != row.default
        }


def is_given(value: Any) -> bool:
    """Return whether a value says anything: None and an empty list do not."""
    return value is not None and not (isinstance(value, tuple | list) and not value)


def of_file(groups: tuple[type, ...], given: Mapping[str, Any], told: Collection[str]) -> list[str]:
    """Return which of the options that a file tells are taken from it: what a person gave silences
    it, and its rival.
    """
    return [
        name
        for name, row in merged(groups).items()
        if name in told
        and row.said_by != "person"
        and not is_given(given.get(name))
        and not is_given(given.get(row.rival))
    ]


def read(
    groups: tuple[type, ...],
    given: Mapping[str, Any],
    told: Mapping[str, Any] | None = None,
    *,
    by_name: bool = False,
) -> Asked:
    """Read what a person gave, by names, and what a file tells of the rest; errors say its key, or
    its name `by_name`.
    """
    told = told or {}
    from_file = of_file(groups, given, told)
    values: dict[str, Any] = {}
    for name, row in merged(groups).items():
        if name in from_file or is_given(given.get(name)):
            subject = name if by_name else row.key
            values[name] = row.read(subject, told[name] if name in from_file else given[name])
    return Asked(groups, values, from_file)
