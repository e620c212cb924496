"""Reads a scene, a TOML file that says what the options say, and tells on which line a mistake stands."""

from __future__ import annotations

import difflib
import json
import re
import shlex
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from optirace.errors import InvalidValueError
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

_SUBJECTS = {"label": "optimizer", "plug-in": "plugin"}
"""What a message may name that is part of an option."""


@dataclass(frozen=True, slots=True)
class _Entry:
    option: Option
    word: Word
    place: Place

    def line(self, problem: InvalidValueError) -> int:
        """Return the line that a mistake in it stands on: that of the part of it which the message is about."""
        place, words = self.place, str(self.word)
        about = str(problem).partition(": must")[0]
        named = re.findall(r"\w+", about.rpartition(": ")[2])
        if found := next((place.inner[word] for word in named if word in place.inner), None):
            return found.line
        if place.inner and self.option.kind.mark:
            told = re.findall(r"[^\s:'\"]+", about)
            each = words.split(self.option.kind.mark)
            return next((place.inner.get(index, place).line for index, part in enumerate(each) if part in told), place.line)
        at = problem.at
        if at is None:
            parts = [each for each in _quoted(str(problem)) if each in words and each != words]
            at = words.index(min(parts, key=len)) if parts else 0
        return place.line_of(at) if at or problem.at is not None else place.line


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scene says, option by option."""

    path: str
    text: str
    keys: Mapping[str, Option]
    entries: Sequence[_Entry]

    def values(self) -> dict[str, Word | list[Word]]:
        """Return what would have been typed, by the names of the parameters; names of files start from the scene's folder."""
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

        `used` are the names of the parameters that did. A message names its subject first, as it would have been typed.
        """
        message = str(problem).removeprefix("--")
        subject = message.partition(":")[0]
        words = [*re.findall(r"[a-z][a-z0-9-]*", subject), *re.findall(r"--([a-z0-9-]+)", message)]
        option = next(filter(None, (self.keys.get(_SUBJECTS.get(word, word)) for word in words)), None)
        found = [entry for entry in self.entries if entry.option == option and entry.option.name in used]
        if not found:
            return problem
        told = set(re.findall(r"\w+", message.partition(": must")[0]))
        quoted = _quoted(message)
        entry = max(
            reversed(found),
            key=lambda entry: (
                repr(str(entry.word))[1:-1] in quoted,
                len(told.intersection(re.findall(r"\w+", str(entry.word)))),
            ),
        )
        return self._at(entry.line(problem), problem, message)

    def refused(self, name: str, reason: str) -> InvalidValueError:
        """Say of the first value of a parameter why it is not taken from a scene; {} in the reason is what to type of it."""
        entry = next(entry for entry in self.entries if entry.option.name == name)
        told = reason.format(shlex.quote(str(self._resolved(entry))))
        return self._at(entry.place.line, None, f"{entry.option.key} {str(entry.word)!r}: {told}")

    def _at(self, line: int, problem: InvalidValueError | None, message: str) -> InvalidValueError:
        located = InvalidValueError(f"{self.path}, line {line}: {message}")
        for note in getattr(problem, "__notes__", ()):
            located.add_note(note)
        return located


def _quoted(message: str) -> list[str]:
    """Return what a message quotes, as it stands between the quotes."""
    return [each[1:-1] for each in re.findall(r"'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"", message)]


def keys(options: Sequence[Option]) -> dict[str, Option]:
    """Return every key that a scene may have: each option's own, the plural of one that is repeated, and the aliases."""
    told = {option.key: option for option in options}
    told |= {f"{option.key}s": option for option in options if option.is_repeated}
    return told | {alias: told[key] for alias, key in ALIASES.items() if key in told}


def read(path: str, options: Sequence[Option]) -> Scene:
    """Read a file whose keys are these options; raises as `parse` does, and for what is no file of text."""
    return parse(path, _text(path), options)


def parse(path: str, text: str, options: Sequence[Option]) -> Scene:
    """Read the text of a scene whose keys are these options; `path` is what messages call it.

    Raises InvalidValueError, with file and line, for what is no TOML, for an unknown key and for a value of the wrong type;
    what the value itself says is left to the command that is given it.
    """
    try:
        told, places = statements.read(text), statements.places(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as problem:
        raise _syntax_error(path, text, str(problem)) from None
    except (ValueError, RecursionError):
        raise InvalidValueError(f"{path}: holds a number, a key or a nesting that is too large to read") from None
    known = keys(options)
    entries: list[_Entry] = []
    for key, value in told.items():
        option = known.get(key.replace("_", "-"))
        if option is None:
            nearest = difflib.get_close_matches(key.lower(), known, n=1)
            guess = f"did you mean {nearest[0]}?" if nearest else "`optirace init` writes a scene with every key"
            raise InvalidValueError(f"{path}, line {places.inner[key].line}: unknown key {key!r}; {guess}")
        is_list, place = isinstance(value, list), places.inner[key]
        for index, each in enumerate(value if option.is_repeated and is_list else [value]):
            entry = _Entry(option, "", place.inner.get(index, place) if option.is_repeated and is_list else place)
            try:
                entries.append(replace(entry, word=_word(key, option, each)))
            except InvalidValueError as problem:
                wrong = next((n for n, part in enumerate(each) if not _is_number(part)), 0) if isinstance(each, list) else None
                line = entry.line(problem) if wrong is None or not option.kind.mark else place.inner.get(wrong, place).line
                raise InvalidValueError(f"{path}, line {line}: {problem}") from None
    return Scene(path, text, known, entries)


def _text(path: str) -> str:
    content = reading.content(f"scene {path!r}", path, LARGEST_FILE)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidValueError(f"scene {path!r}: must be UTF-8 text") from None


def _syntax_error(path: str, text: str, message: str) -> InvalidValueError:
    what, _, place = message.rstrip(")").partition(" (at ")
    found = re.fullmatch(r"line (\d+), column (\d+)", place)
    line, where = (found[1], f"column {found[2]}") if found else (text.rstrip().count("\n") + 1, "the end")
    return InvalidValueError(f"{path}, line {line}: no TOML: {what[:1].lower()}{what[1:]}, at {where}")


def _word(key: str, option: Option, value: Any) -> Word:
    """Return a value as it would have been typed."""
    if option.alone and isinstance(value, bool):
        return option.alone if value else "none"
    if option.alone and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if option.is_flag:
        if not isinstance(value, bool):
            raise InvalidValueError(f"{key} {_toml(value)}: must be true or false")
        return value
    if isinstance(value, dict):
        if option.key not in _ROWS:
            raise InvalidValueError(f"{key}: is no table; write {key} = {option.metavar}")
        return "".join(_ROWS[option.key](dict(value)))
    if isinstance(value, str):
        return value
    if _is_number(value) and not option.takes_text:
        return str(value)
    if isinstance(value, list) and option.kind.mark and all(map(_is_number, value)) and not option.is_repeated:
        return option.kind.mark.join(map(str, value))
    raise InvalidValueError(f"{key} {_toml(value)}: must be {option.kind.wanted}")


def _toml(value: Any) -> str:
    """Write a value much as it was written."""
    return json.dumps(value, default=str, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _racer(row: dict[str, Any]) -> Iterator[str]:
    """Write `name = "adam"`, `lr = 0.3` as `adam:lr=0.3`; what is said behind the name already goes on with a comma."""
    name = _taken(row, "racers", "name", str)
    yield name
    for index, (key, value) in enumerate(row.items()):
        if not isinstance(value, str) and not _is_number(value):
            raise InvalidValueError(f"racers: {key} {_toml(value)}: must be a number, or text in quotes")
        if "," in str(value):
            raise InvalidValueError(f"racers: {key} {value!r}: must have no comma")
        yield f"{',' if index or ':' in name else ':'}{key}={value}"


def _note(row: dict[str, Any]) -> Iterator[str]:
    """Write `step = 34`, `text = "Ahead"`, `hold = 3` as `34,3:Ahead`."""
    known = ("step", "text", "hold")
    for key in (key for key in row if key not in known):
        nearest = difflib.get_close_matches(key.lower(), known, n=1)
        guess = f"did you mean {nearest[0]}?" if nearest else "must be one of step, text, hold"
        raise InvalidValueError(f"notes: unknown key {key!r}; {guess}")
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
        near = "".join(f"; did you mean it by {each}?" for each in difflib.get_close_matches(key, row, n=1))
        raise InvalidValueError(f"{table}: {key} is missing; must be {wanted}{near}")
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InvalidValueError(f"{table}: {key} {_toml(value)}: must be {wanted}")
    return value
