"""Reads a scene, a TOML file that says what the options say, and tells on which line a mistake stands."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from optirace import reading
from optirace.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

SUFFIX = ".toml"

LARGEST_FILE = 100_000
"""Bytes: some forty times the scene that `optirace init` writes."""

Word: TypeAlias = str | bool
"""What would be typed: the word behind an option, or whether a flag is given."""

ALIASES = {"racers": "optimizer"}
"""Keys that are no option's name: `[[racers]]` reads better."""

_SUBJECTS = {"label": "optimizer", "plug-in": "plugin"}
"""What a message may name that is part of an option."""

_TEXT = ("NAME", "TEXT", "FILE", "FORMULA")
"""How the metavar of an option begins that takes words; a number there is a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What a scene must know about an option of the command line."""

    name: str
    """The name of the parameter it fills."""

    key: str
    """Its long form, without the dashes."""

    metavar: str = ""
    is_flag: bool = False
    is_repeated: bool = False

    @property
    def takes_text(self) -> bool:
        """Whether its value is words."""
        return self.metavar.startswith(_TEXT)

    @property
    def separator(self) -> str | None:
        """What stands between the numbers of its value, if it takes several."""
        return next((mark for mark in ",x" if mark in self.metavar), None)


@dataclass(frozen=True, slots=True)
class _Entry:
    option: Option
    word: Word
    lines: Mapping[str, int]
    """Where it begins, under the empty name, and where each key of its table stands."""

    def line(self, message: str) -> int:
        """Return the line that a message about it is about."""
        about = message.partition(": must")[0].rpartition(": ")[2]
        return next((self.lines[word] for word in re.findall(r"\w+", about) if word in self.lines), self.lines[""])


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scene says, option by option."""

    path: str
    text: str
    keys: Mapping[str, Option]
    entries: Sequence[_Entry]

    def options(self) -> set[str]:
        """Return the names of the parameters that it fills."""
        return {entry.option.name for entry in self.entries}

    def values(self) -> dict[str, Word | list[Word]]:
        """Return what would have been typed, by the names of the parameters."""
        words: dict[str, list[Word]] = {}
        for entry in self.entries:
            words.setdefault(entry.option.name, []).append(entry.word)
        repeated = {entry.option.name for entry in self.entries if entry.option.is_repeated}
        return {name: told if name in repeated else told[-1] for name, told in words.items()}

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
        entry = max(reversed(found), key=lambda entry: len(told.intersection(re.findall(r"\w+", str(entry.word)))))
        return InvalidValueError(f"{self.path}, line {entry.line(message)}: {message}")


def keys(options: Sequence[Option]) -> dict[str, Option]:
    """Return every key that a scene may have: each option's own, the plural of one that is repeated, and the aliases."""
    told = {option.key: option for option in options}
    told |= {f"{option.key}s": option for option in options if option.is_repeated}
    return told | {alias: told[key] for alias, key in ALIASES.items() if key in told}


def read(path: str, options: Sequence[Option]) -> Scene:
    """Read a scene whose keys are these options.

    Raises InvalidValueError, with file and line, for what is no TOML, for an unknown key and for a value of the wrong type;
    what the value itself says is left to the command that is given it.
    """
    text = _text(path)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _syntax_error(path, text, str(problem)) from None
    except (ValueError, RecursionError):
        raise InvalidValueError(f"{path}: holds a number or a nesting that is too large to read") from None
    lines, known = _lines(text), keys(options)
    entries: list[_Entry] = []
    for key, value in told.items():
        option = known.get(key.replace("_", "-"))
        if option is None:
            nearest = difflib.get_close_matches(key.lower(), known, n=1)
            guess = f"did you mean {nearest[0]}?" if nearest else "`optirace init` writes a scene with every key"
            raise InvalidValueError(f"{path}, line {lines[key,]['']}: unknown key {key!r}; {guess}")
        values = value if option.is_repeated and isinstance(value, list) else [value]
        for index, each in enumerate(values):
            entry = _Entry(option, "", lines.get((key, index), lines[key,]))
            try:
                entries.append(replace(entry, word=_word(key, option, each)))
            except InvalidValueError as problem:
                raise InvalidValueError(f"{path}, line {entry.line(str(problem))}: {problem}") from None
    return Scene(path, text, known, entries)


def _text(path: str) -> str:
    if not path.lower().endswith(SUFFIX):
        raise InvalidValueError(f"scene {path!r}: must be a {SUFFIX} file; a file to make is named with -o")
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


def _lines(text: str) -> dict[tuple[str] | tuple[str, int], dict[str, int]]:
    """Return where every key and every row of a list of tables begins, with the lines of a row's own keys.

    tomllib does not say. But a statement is the fewest whole lines that are TOML by themselves.
    """
    lines: dict[tuple[str] | tuple[str, int], dict[str, int]] = {}
    statement, begin = "", 1
    inside: dict[str, int] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        begin = begin if statement else number
        statement += f"{line}\n"
        try:
            told = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        for key, value in told.items():
            if not statement.lstrip().startswith("["):
                (lines.setdefault((key,), {"": begin}) if inside is None else inside).setdefault(key, begin)
                continue
            inside = {"": begin}
            lines.setdefault((key,), inside)
            if isinstance(value, list):
                lines[key, sum(place[0] == key for place in lines) - 1] = inside
        statement = ""
    return lines


def _word(key: str, option: Option, value: Any) -> Word:
    """Return a value as it would have been typed."""
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
    if isinstance(value, list) and option.separator and all(map(_is_number, value)) and not option.is_repeated:
        return option.separator.join(map(str, value))
    wanted = "text in quotes" if option.takes_text else "a number, or several in [ ]" if option.separator else "a number"
    raise InvalidValueError(f"{key} {_toml(value)}: must be {wanted}")


def _toml(value: Any) -> str:
    """Write a value much as it was written."""
    return json.dumps(value, default=str, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _racer(row: dict[str, Any]) -> Iterator[str]:
    """Write `name = "adam"`, `lr = 0.3` as `adam:lr=0.3`."""
    yield _taken(row, "racers", "name", str)
    for index, (key, value) in enumerate(row.items()):
        if not isinstance(value, str) and not _is_number(value):
            raise InvalidValueError(f"racers: {key} {_toml(value)}: must be a number, or text in quotes")
        if "," in str(value):
            raise InvalidValueError(f"racers: {key} {value!r}: must have no comma")
        yield f"{',' if index else ':'}{key}={value}"


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
