"""Says how a film or a chart was made, as one line of text that its file carries.

The line is compact JSON in ASCII with sorted keys, and holds what decides the bytes and nothing
else: no date, no host, no path. A format carries it with three small things: its encoder puts
`Film.note` into the file as it is (nothing where it is empty), its row in `read.contents.READERS`
reads it back, and `Format.libraries` names what else decides its bytes. What is drawn instead of
painted carries it where `plotting.CANVASES` says. Texts beside films have none: their film tells
it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import optirace
from optirace.errors import OptiraceError
from optirace.settings import option
from optirace.system import reading
from optirace.text import tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optirace.racing.engine import Result
    from optirace.racing.sweeps import Sweep

MOST_CHARACTERS = 30_000
"""What every format takes, and Windows as an argument of ffmpeg.

Of what is longer, the digest alone is kept.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a film was asked for with."""

    made_by: str | None = None
    """The command whose options the settings are, `render` or `sweep`; None where nothing could
    make it anew.
    """

    settings: Mapping[str, Any] | None = None
    """What was asked for of what decides the bytes, by the keys of the options, as JSON holds it.
    Without a command that makes it, a description of the race and the film."""

    plugins: Mapping[str, str] = field(default_factory=dict)
    """The names of plugins, without their folders, and the SHA-256 of each."""

    command: str | None = None
    """What a file of 0.1.0 says instead of settings: what was typed, with `race.toml` where a scene
    was given.
    """

    scene: str | None = None
    """The text of the scene of a file of 0.1.0, without comments and names of files."""

    @property
    def can_run(self) -> bool:
        """Whether a command made it."""
        return self.made_by is not None or self.command is not None

    def typed(self) -> str | None:
        """Return the command that asks for the same; None where there is none.

        >>> Origin(made_by="render", settings={"arrows": False, "title": "a b"}).typed()
        "optirace render --no-arrows --title 'a b'"
        """
        if self.made_by is None or self.settings is None:
            return self.command
        told = [word for key, value in self.settings.items() for word in option.words(key, value)]
        return shlex.join(["optirace", self.made_by, *told])

    def asked(self, key: str) -> str | None:
        """Return the words of an option of a film, such as `fps`; None where it was left to the
        default, or nothing says it.

        >>> Origin(command="optirace render --fps 12").asked("fps")
        '12'
        """
        from optirace.settings import statements  # who makes a film knows what was asked

        try:
            words, scene = words_of(self.command or ""), statements.read(self.scene or "")
        except ValueError:
            return None
        if f"--{key}" in words[:-1]:
            return words[words.index(f"--{key}") + 1]
        settings = self.settings or {}
        film = settings.get("film") if self.made_by is None else settings
        told = {**scene, **(film if isinstance(film, dict) else {})}
        return str(told[key]) if key in told else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a file says of its making; written by whoever made the file, so nothing in it can be
    trusted.
    """

    origin: Origin
    versions: Mapping[str, str]
    """What decided the bytes: optirace and the libraries that the format needs."""

    numbers: str
    """The SHA-256 of the race's numbers, as `numbers` makes it, or of a sweep's."""


def text(origin: Origin, *, numbers: str, versions: Mapping[str, str]) -> str:
    """Return the line: ASCII, at most MOST_CHARACTERS.

    >>> text(Origin(made_by="render", settings={"lr": 0.1}), numbers="", versions={})
    '{"made_by":"render","numbers":"","settings":{"lr":0.1},"versions":{"optirace":"0.1.0"}}'
    """
    told: dict[str, Any] = {"made_by": origin.made_by, "settings": origin.settings}
    told |= {"plugins": dict(origin.plugins) or None, "numbers": numbers}
    told = {key: value for key, value in told.items() if value is not None}
    told["versions"] = {"optirace": optirace.__version__, **versions}
    for key in ("settings", "plugins"):
        if key in told and len(_json(told)) > MOST_CHARACTERS:
            told[key] = {"sha256": hashlib.sha256(_json(told[key]).encode()).hexdigest()}
    return _json(told)


def read(line: str, name: str) -> Note:
    """Read the line of a file called `name`; raises OptiraceError for what is no such line."""
    try:
        told = json.loads(
            line, parse_constant=str, parse_float=_number
        )  # JSON tells no NaN, and what is read is told again
        words = {key: _checked(told.get(key), str) for key in ("made_by", "command", "scene")}
        settings, plugins = (
            _checked(told.get("settings"), dict),
            _checked(told.get("plugins"), dict) or {},
        )
        for each in (settings or {}).values() if words["made_by"] is not None else ():
            _check_plain(each)
        versions, numbers = told["versions"], told["numbers"]
        for each in (numbers, *versions.values(), *plugins.values()):
            _checked(each, str, is_needed=True)
        return Note(
            origin=Origin(**words, plugins=plugins, settings=settings),
            versions=versions,
            numbers=numbers,
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise OptiraceError(name, "has no record of how it was made") from None


# What `shlex.split` takes: whatever stands for itself, quoted text, and a mark behind a backslash.
_WORD = re.compile(
    r"""([^ \t\r\n'"\\]++|'[^']*+'|"(?:[^"\\]|\\.)*+"|\\.)|([ \t\r\n]++)""", re.DOTALL
)


def words_of(command: str) -> list[str]:
    """Return the words of a command as `shlex.split` does, in a time that grows with its length and
    not with its square.

    Raises ValueError for quotes that do not end.

    >>> words_of("optirace render --title 'a b'")
    ['optirace', 'render', '--title', 'a b']
    """
    words: list[str] = []
    parts: list[str] = []
    at = 0
    while at < len(command):
        found = _WORD.match(command, at)
        if found is None:
            raise ValueError("a quotation or an escape that does not end")
        at = found.end()
        if found[2]:
            words += ["".join(parts)] * bool(parts)
            parts.clear()
        else:
            parts.append(_unquoted(found[1]))
    return words + ["".join(parts)] * bool(parts)


def _unquoted(part: str) -> str:
    if part[0] == "'":
        return part[1:-1]
    if part[0] == '"':
        return re.sub(r'\\(["\\])', r"\1", part[1:-1])
    return part[1:] if part[0] == "\\" else part


def numbers(result: Result) -> str:
    """Return the SHA-256 of every step of every racer, with its label and its outcome."""
    digest = hashlib.sha256()
    for each in result.trajectories:
        digest.update(f"{each.racer.label}\n{each.outcome}\n".encode())
        digest.update(each.points.astype("<f8").tobytes())
        digest.update(each.losses.astype("<f8").tobytes())
    return digest.hexdigest()


def numbers_of_sweep(found: Sweep) -> str:
    """Return the SHA-256 of the steps at which every run of a sweep converged and diverged, with
    the racers' labels.

    Not of its losses: their last digits may differ between CPUs, and the same chart is to have the
    same bytes.
    """
    digest = hashlib.sha256()
    for each in found.swept:
        digest.update(f"{each.racer.label}\n".encode())
        for steps in (each.ends.converged, each.ends.diverged):
            digest.update(steps.astype("<i4").tobytes())
    return digest.hexdigest()


def settings(result: Result, film: Mapping[str, Any]) -> dict[str, Any]:
    """Return a race and a film in data: what is recorded where no command was typed."""
    keys = ("name", "label", "hyper", "lr_schedule")
    racers = [
        {key: row[key] for key in keys}
        for row in (tables.racer(each, 0) for each in result.trajectories)
    ]
    return {"film": dict(film), "race": {**tables.head(result.race), "racers": racers}}


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    for piece in reading.pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)


def _number(digits: str) -> float | str:
    """Return a number, or its digits where they are too many for one."""
    number = float(digits)
    return number if math.isfinite(number) else digits


def _check_plain(value: Any) -> None:
    """Refuse what no option has: anything but a text, a number, true or false, or a list of texts
    and numbers.
    """
    for each in value if isinstance(value, list) else [value]:
        _checked(each, str | int | float, is_needed=True)


def _checked(value: Any, kind: Any, *, is_needed: bool = False) -> Any:
    """Return a value of this kind; what was too long to be recorded, and stands there as its
    digest, is none.
    """
    if not is_needed and (value is None or (isinstance(value, dict) and list(value) == ["sha256"])):
        return None
    if not isinstance(value, kind):
        raise TypeError(f"no {kind}")
    if isinstance(value, str):
        value.encode()  # half a character is no text, and could not be written down again
    return value
