"""Finds on which lines of a TOML text its statements, its keys and its values stand, which tomllib
does not say.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["value", "table", "row"]
"""`key = value`, `[table]` or `[[row]]`."""

_SPACE = re.compile(r"[ \t]*+")
_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*+"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
_KEY = re.compile(r"(?:[A-Za-z0-9_-]++|\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*+'|[ \t]*+\.[ \t]*+)++")
_SCALAR = re.compile(r"[^,\]}#\r\n]++")
_LITERAL = re.compile(r"\r\n|.", re.DOTALL)
_ESCAPED = re.compile(r"\\[ \t]*\r?\n[ \t\r\n]*|\\x..|\\u.{4}|\\U.{8}|\\.|\r\n|.", re.DOTALL)


MOST_DIGITS = 1000
"""Of a number to the base 2, 8 or 16, which Python reads however long it is and then cannot write
down.
"""

MOST_DOTS = 16
"""In a key: tomllib takes a time that grows with the square of their number; a scene has one at
most.
"""

# What a string that does not end takes goes to the end of its line or of the text, so that nothing
# is looked at twice.
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+(?:"{3,5}|\\?\Z)'
    r"|'''(?:[^']|'{1,2}(?!'))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|[A-Za-z0-9_ \t-]++"
    r"|(?P<dot>\.)"
    r"|(?P<other>\#[^\n]*+|.)",
    re.DOTALL,
)


def read(text: str) -> dict[str, Any]:
    """Return what a text says, in a time that is proportional to its length.

    Raises tomllib.TOMLDecodeError, or another ValueError for a number, a key or nesting too large
    to read.
    """
    dots = 0
    for token in _TOKEN.finditer(text):
        dots = 0 if token["other"] else dots + 1 if token["dot"] else dots
        if len(token[0]) > MOST_DIGITS and token[0].strip().startswith(("0x", "0o", "0b")):
            raise ValueError(f"a number of more than {MOST_DIGITS} digits")
        if dots > MOST_DOTS:
            raise ValueError(f"a key of more than {MOST_DOTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("a nesting that is too deep") from None


@dataclass(slots=True)
class Place:
    """Where a value stands in a text."""

    line: int
    """From 1 on."""

    source: str = ""
    """A value as it is written; nothing for a table."""

    inner: dict[str | int, Place] = field(default_factory=dict)
    """The places of what it holds, by key or by number."""

    def line_of(self, at: int) -> int:
        """Return on which line the character `at` of a text in quotes stands; the first is 0."""
        lines = _lines_of(self.source)
        return self.line + (lines[min(at, len(lines) - 1)] if lines else 0)


@dataclass(frozen=True, slots=True)
class Statement:
    """A key with its value, or the head of a table."""

    kind: Kind
    path: tuple[str, ...]
    text: str
    """The whole lines that it takes, with what stands behind it and with the last line's end."""

    place: Place


def statements(text: str) -> Iterator[Statement]:
    r"""Yield the statements of a text that is TOML, in their order; what is a comment or blank is
    left out.

    The time is proportional to the text's length. Raises RecursionError for a nesting that Python
    cannot follow, and ValueError for a text that is no TOML, though not for all that are none.

    >>> found = statements("a.b = 1\n\n[[c]]\nd = [\n 2]\n")
    >>> [(each.kind, each.path, each.place.line) for each in found]
    [('value', ('a', 'b'), 1), ('row', ('c',), 3), ('value', ('d',), 4)]
    """
    reader = _Reader(text)
    while (begin := reader.skipped()) < len(text):
        line = text.rfind("\n", 0, begin) + 1
        if text[begin] == "[":
            is_row = text.startswith("[[", begin)
            reader.at = begin + 1 + is_row
            path, place = reader.key(), Place(reader.line(begin))
            reader.take("]" * (1 + is_row))
            kind: Kind = "row" if is_row else "table"
        else:
            path = reader.key()
            reader.take("=")
            place, kind = reader.value(), "value"
        end = text.find("\n", reader.at)
        reader.at = end + 1 if end >= 0 else len(text)
        yield Statement(kind, path, text[line : reader.at], place)


def places(text: str) -> Place:
    """Return where everything in a text stands that is TOML: the keys at the top, and inside them
    what they hold.
    """
    root = Place(1)
    table = root
    for each in statements(text):
        if each.kind == "value":
            _entered(table, each.path, each.place)
        else:
            table = _entered(root, each.path, each.place, is_row=each.kind == "row")
    return root


def _entered(table: Place, path: tuple[str, ...], place: Place, *, is_row: bool = False) -> Place:
    """Put a place under a path, and return where that is; the last row of a list stands for the
    list.
    """
    *above, last = path
    for key in above:
        table = table.inner.setdefault(key, Place(place.line))
        table = table.inner[len(table.inner) - 1] if 0 in table.inner else table
    if is_row:
        rows = table.inner.setdefault(last, Place(place.line)).inner
        rows[len(rows)] = place
        return place
    return table.inner.setdefault(last, place)


def _lines_of(source: str) -> list[int]:
    """Return for every character of a text in quotes how many lines after its beginning it
    stands.
    """
    mark = source[:3] if source[:3] in ('"""', "'''") else source[:1]
    if mark not in ('"""', "'''", '"', "'"):
        return []
    inside = source[len(mark) : -len(mark)]
    line, lines = 0, []
    if len(mark) == 3 and (found := re.match(r"\r?\n", inside)):
        line, inside = 1, inside[found.end() :]
    for each in (_ESCAPED if mark[0] == '"' else _LITERAL).findall(inside):
        if (
            each[0] != "\\" or len(each) == 1 or each[1:].strip(" \t\r\n")
        ):  # a line that goes on is no character
            lines.append(line)
        line += each.count("\n")
    return lines


class _Reader:
    """Reads a text that is TOML from left to right, each character once."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self._counted, self._line = 0, 1

    def line(self, at: int) -> int:
        """Return the line of a place that is not before the one asked for last."""
        self._line += self.text.count("\n", self._counted, at)
        self._counted = at
        return self._line

    def skipped(self) -> int:
        """Go over blanks and comments."""
        self.at = self._end(_BLANK)
        return self.at

    def take(self, mark: str) -> None:
        self.at = self._end(_SPACE)
        if not self.text.startswith(mark, self.at):
            raise ValueError(f"no {mark}")
        self.at += len(mark)

    def key(self) -> tuple[str, ...]:
        self.at = self._end(_SPACE)
        begin, self.at = self.at, self._end(_KEY)
        return tuple(_path(self.text[begin : self.at].strip()))

    def value(self) -> Place:
        self.at = self._end(_SPACE)
        begin, place = self.at, Place(self.line(self.at))
        if self.text.startswith("[", begin):
            self._list(place)
        elif self.text.startswith("{", begin):
            self._table(place)
        else:
            self.at = self._end(_STRING if self.text.startswith(('"', "'"), begin) else _SCALAR)
        place.source = self.text[begin : self.at].rstrip()
        return place

    def _list(self, place: Place) -> None:
        self.at += 1
        while not self.text.startswith("]", self.skipped()):
            place.inner[len(place.inner)] = self.value()
            self._go_on("]")
        self.at += 1

    def _table(self, place: Place) -> None:
        self.at += 1
        while not self.text.startswith("}", self.skipped()):
            line, path = self.line(self.at), self.key()
            self.take("=")
            self.skipped()
            value = self.value()
            value.line = line
            _entered(place, path, value)
            self._go_on("}")
        self.at += 1

    def _go_on(self, end: str) -> None:
        if self.text.startswith(",", self.skipped()):
            self.at += 1
        elif not self.text.startswith(end, self.at):
            raise ValueError(f"no {end}")

    def _end(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise ValueError("no TOML")
        return found.end()


def _path(key: str) -> Iterator[str]:
    if '"' not in key and "'" not in key:
        yield from (each.strip() for each in key.split("."))
        return
    told = tomllib.loads(f"{key} = 0")
    while isinstance(told, dict):
        (name, told), *_ = told.items()
        yield name
