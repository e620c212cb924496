"""Reads a scene, a TOML file that says what the options say, and tells on which line a mistake
stands.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from optirace.errors import InvalidValueError, Location, did_you_mean, nearest
from optirace.settings import statements
from optirace.system import paths, reading

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from optirace.settings.option import Option
    from optirace.settings.statements import Place

SUFFIX = ".toml"

LARGEST_FILE = 100_000
"""Bytes: some forty times the scene that `optirace init` writes."""

Word: TypeAlias = str | bool
"""What would be typed: the word behind an option, or whether a flag is given."""

ALIASES = {"racers": "optimizer"}
"""Keys that are no option's name: `[[racers]]` reads better."""

_SUBJECTS = {"label": "optimizer"}
"""What a message may name that is part of an option."""


@dataclass(frozen=True, slots=True)
class _Entry:
    option: Option
    word: Word
    place: Place

    def line(self, problem: InvalidValueError) -> int:
        """Return the line that a mistake in it stands on: that of the part of it which the message
        is about.
        """
        place, words, part = self.place, str(self.word), list(problem.parts())[-1]
        value = str(part.value)
        if found := next(
            (place.inner[key] for key in (part.subject, *part.about, value) if key in place.inner),
            None,
        ):
            return found.line
        if place.inner and self.option.kind.mark:
            each = words.split(self.option.kind.mark)
            return place.inner.get(each.index(value), place).line if value in each else place.line
        begin = words.find(value)
        if part.at is None and (begin < 0 or value == words):
            return place.line
        return place.line_of(max(0, begin) + (part.at or 0))


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scene says, option by option."""

    path: str
    text: str
    keys: Mapping[str, Option]
    entries: Sequence[_Entry]

    def values(self) -> dict[str, Word | list[Word]]:
        """Return what would have been typed, by the names of the parameters; names of files start
        from the scene's folder.
        """
        words: dict[str, list[Word]] = {}
        for entry in self.entries:
            words.setdefault(entry.option.name, []).append(self._resolved(entry))
        repeated = {entry.option.name for entry in self.entries if entry.option.is_repeated}
        return {name: told if name in repeated else told[-1] for name, told in words.items()}

    def _resolved(self, entry: _Entry) -> Word:
        is_path = entry.option.is_path and isinstance(entry.word, str)
        return paths.of_scene(str(entry.word), self.path) if is_path else entry.word

    def located(self, problem: InvalidValueError, used: Container[str]) -> InvalidValueError:
        """Put file and line before what is wrong with a value, if it came from this scene.

        `used` are the names of the parameters that did. The subject of an error is the name of its
        option.
        """
        subject = problem.subject.removeprefix("--")
        named = [self.keys.get(_SUBJECTS.get(name, name)) for name in (subject, *problem.about)]
        given = [
            entry for entry in self.entries if entry.option in named and entry.option.name in used
        ]
        if not given:
            return problem
        first = min(given, key=lambda each: named.index(each.option)).option
        found = [entry for entry in given if entry.option == first]
        values = [str(part.value) for part in problem.parts()]
        told = set(re.findall(r"\w+", " ".join(values)))
        entry = max(
            reversed(found),
            key=lambda entry: (
                str(self._resolved(entry)) in values,
                len(told.intersection(re.findall(r"\w+", str(entry.word)))),
            ),
        )
        return problem.but(subject=subject, place=Location(self.path, entry.line(problem)))

    def refused(self, name: str, reason: str) -> InvalidValueError:
        """Say of the first value of a parameter why it is not taken from a scene; {} in the reason
        is what to type of it.
        """
        entry = next(entry for entry in self.entries if entry.option.name == name)
        told = reason.format(shlex.quote(str(self._resolved(entry))))
        place = Location(self.path, entry.place.line)
        return InvalidValueError(entry.option.key, told, value=str(entry.word), place=place)


def keys(options: Sequence[Option]) -> dict[str, Option]:
    """Return every key that a scene may have: each option's own, the plural of one that is
    repeated, and the aliases.
    """
    told = {option.key: option for option in options}
    told |= {f"{option.key}s": option for option in options if option.is_repeated}
    return told | {alias: told[key] for alias, key in ALIASES.items() if key in told}


def read(path: str, options: Sequence[Option]) -> Scene:
    """Read a file whose keys are these options; raises as `parse` does, and for what is no file of
    text.
    """
    return parse(path, _text(path), options)


def parse(path: str, text: str, options: Sequence[Option]) -> Scene:
    """Read the text of a scene whose keys are these options; `path` is what messages call it.

    Raises InvalidValueError, with file and line, for what is no TOML, for an unknown key and for a
    value of the wrong type; what the value itself says is left to the command that is given it.
    """
    try:
        told, places = statements.read(text), statements.places(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as problem:
        raise _syntax_error(path, text, str(problem)) from None
    except (ValueError, RecursionError):
        raise InvalidValueError(
            path, "holds a number, a key or nesting too large to read"
        ) from None
    known = keys(options)
    entries: list[_Entry] = []
    for key, value in told.items():
        option = known.get(key.replace("_", "-"))
        if option is None:
            guess = did_you_mean(key, known, "`optirace init` writes a scene with every key")
            where = Location(path, places.inner[key].line)
            raise InvalidValueError("key", "unknown", value=key, hint=guess, place=where)
        is_list, place = isinstance(value, list), places.inner[key]
        for index, each in enumerate(value if option.is_repeated and is_list else [value]):
            entry = _Entry(
                option,
                "",
                place.inner.get(index, place) if option.is_repeated and is_list else place,
            )
            try:
                entries.append(replace(entry, word=_word(key, option, each)))
            except InvalidValueError as problem:
                wrong = (
                    next((n for n, part in enumerate(each) if not _is_number(part)), 0)
                    if isinstance(each, list)
                    else None
                )
                line = (
                    entry.line(problem)
                    if wrong is None or not option.kind.mark
                    else place.inner.get(wrong, place).line
                )
                raise problem.but(place=Location(path, line)) from None
    return Scene(path, text, known, entries)


def _text(path: str) -> str:
    content = reading.content("scene", path, LARGEST_FILE, value=path, shown=repr(path))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValueError(
            "scene", "must be UTF-8 text", value=path, shown=repr(path)
        ) from None


def _syntax_error(path: str, text: str, message: str) -> InvalidValueError:
    what, _, place = message.rstrip(")").partition(" (at ")
    found = re.fullmatch(r"line (\d+), column (\d+)", place)
    line, where = (
        (found[1], f"column {found[2]}") if found else (text.rstrip().count("\n") + 1, "the end")
    )
    return InvalidValueError(
        "",
        f"not valid TOML: {what[:1].lower()}{what[1:]}, at {where}",
        place=Location(path, int(line)),
    )


def _word(key: str, option: Option, value: Any) -> Word:
    """Return a value as it would have been typed."""
    if option.alone and isinstance(value, bool):
        return option.alone if value else "none"
    if option.alone and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if option.is_flag:
        if not isinstance(value, bool):
            raise InvalidValueError(key, "must be true or false", value=value, shown=_toml(value))
        return value
    if isinstance(value, dict):
        if option.key not in _ROWS:
            raise InvalidValueError(
                key, "must not be a table", hint=f"write {key} = {option.metavar}"
            )
        return "".join(_ROWS[option.key](dict(value)))
    if isinstance(value, str):
        return value
    if _is_number(value) and not option.takes_text:
        return str(value)
    if (
        isinstance(value, list)
        and option.kind.mark
        and all(map(_is_number, value))
        and not option.is_repeated
    ):
        return option.kind.mark.join(map(str, value))
    raise InvalidValueError(key, f"must be {option.kind.wanted}", value=value, shown=_toml(value))


def _toml(value: Any) -> str:
    """Write a value much as it was written."""
    return json.dumps(value, default=str, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _racer(row: dict[str, Any]) -> Iterator[str]:
    """Write `name = "adam"`, `lr = 0.3` as `adam:lr=0.3`; what is said behind the name already goes
    on with a comma.
    """
    name = _taken(row, "racers", "name", str)
    yield name
    for index, (key, value) in enumerate(row.items()):
        if not isinstance(value, str) and not _is_number(value):
            inner = InvalidValueError(
                key, "must be a number, or text in quotes", value=value, shown=_toml(value)
            )
            raise InvalidValueError("racers", inner)
        if "," in str(value):
            raise InvalidValueError(
                "racers", InvalidValueError(key, "must have no comma", value=value)
            )
        yield f"{',' if index or ':' in name else ':'}{key}={value}"


def _note(row: dict[str, Any]) -> Iterator[str]:
    """Write `step = 34`, `text = "Ahead"`, `hold = 3` as `34,3:Ahead`."""
    known = ("step", "text", "hold")
    for key in (key for key in row if key not in known):
        guess = did_you_mean(key, known, "must be one of step, text, hold")
        raise InvalidValueError("notes", InvalidValueError("key", "unknown", value=key, hint=guess))
    step, text = _taken(row, "notes", "step", int), _taken(row, "notes", "text", str)
    hold = _taken(row, "notes", "hold", int | float) if "hold" in row else None
    yield f"{step}:{text}" if hold is None else f"{step},{hold}:{text}"


_ROWS = {"optimizer": _racer, "note": _note}
"""How a table becomes a word, for the options that take one."""


def _taken(row: dict[str, Any], table: str, key: str, kind: Any) -> Any:
    """Take a value out of a table."""
    wanted = {str: "text in quotes", int: "a whole number"}.get(kind, "a number")
    value = row.pop(key, None)
    if value is None:
        near = nearest(key, row)
        hint = f"; did you mean {key} instead of {near}?" if near else ""
        raise InvalidValueError(
            table, f"{key} is missing", hint=f"must be {wanted}{hint}", about=(near,)
        )
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InvalidValueError(
            table, InvalidValueError(key, f"must be {wanted}", value=value, shown=_toml(value))
        )
    return value
