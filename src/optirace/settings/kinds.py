"""The kinds of values that options have: each reads a word, what TOML or JSON hold, and the value
itself.
"""

from __future__ import annotations

import dataclasses
import math
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from optirace.errors import InvalidValueError, chosen
from optirace.settings import values
from optirace.settings.option import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from fractions import Fraction

    from optirace.look.timeline import Note

_NUMBERS = (str, int, float)
_SEVERAL = (*_NUMBERS, list)
A_NUMBER = "a number"
SEVERAL = "a number, or several in [ ]"


class Grid(NamedTuple):
    """Numbers that ascend, as they were written."""

    text: str
    values: tuple[float, ...]


def _number(subject: str, value: Any) -> float:
    if isinstance(value, str):
        return values.number(subject, value)
    try:
        number = math.nan if isinstance(value, bool | bytes) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidValueError(subject, "must be a finite number such as 0.1", value=value)
    return number


def _whole(subject: str, value: Any) -> int:
    return values.whole(subject, str(value))


def _numbers(read: Callable[[str, str], Any], count: int, wanted: str) -> Callable[[str, Any], Any]:
    """Let a reader of numbers take them as such."""

    def numbers(subject: str, value: Any) -> Any:
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            return read(subject, str(value))
        try:
            given = (
                () if isinstance(value, bytes) else tuple(_number(subject, each) for each in value)
            )
        except InvalidValueError:
            given = ()
        if len(given) != count:
            raise InvalidValueError(subject, wanted, value=value, shown=str(value))
        return given

    return numbers


def _several(read: Callable[[str, str], Any], mark: str) -> Callable[[str, Any], Any]:
    """Let a reader of a word take its parts as well."""

    def parts(subject: str, value: Any) -> Any:
        if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
            return read(subject, str(value))
        return read(subject, mark.join(map(_short, value)))

    return parts


def _short(value: Any) -> str:
    """Write a number of any library as one of Python's."""
    if isinstance(value, bool | bytes):
        raise TypeError("neither a number nor words")
    return (
        value
        if isinstance(value, str)
        else str(int(value))
        if hasattr(value, "__index__")
        else repr(float(value))
    )


def _text(_: str, value: Any) -> str:
    if not isinstance(value, str | os.PathLike):
        raise TypeError("neither words nor a path")
    return str(value)


def _flag(_: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _steps(subject: str, word: str) -> tuple[int, ...]:
    return tuple(values.whole(subject, each.strip()) for each in word.split(","))


def _noted(_: str, value: Any) -> Note:
    if not isinstance(value, str) and not hasattr(value, "step"):
        raise TypeError("neither words nor a note")
    return values.note(value) if isinstance(value, str) else value


def _note(note: Note) -> str:
    usual = next(each.default for each in dataclasses.fields(note) if each.name == "hold")
    hold = "" if note.hold == usual else f",{repr(note.hold).removesuffix('.0')}"
    return f"{note.step}{hold}:{note.text}"


def _tuned(_: str, value: Any) -> tuple[str, ...]:
    from optirace.racing import tuning  # most races take the rates they are given

    return tuning.words(value)


def one_of(names: Callable[[], Iterable[str]]) -> Kind[str]:
    """Return the kind of a name in a table, which is looked at when a name is read or the help is
    printed.
    """

    def read(subject: str, value: Any) -> str:
        return chosen(subject, str(value), names())

    return Kind("NAME", read, names=names)


def grid(*, is_geometric: bool) -> Kind[Grid]:
    """Return the kind of a range or a list of numbers."""

    def read(subject: str, value: Any) -> Grid:
        text = value if isinstance(value, str) else ",".join(map(str, value))
        return Grid(text, values.grid(subject, text, is_geometric=is_geometric))

    return Kind("FROM:TO:COUNT", read, SEVERAL, _SEVERAL, lambda value: value.text, mark=",")


FLAG: Kind[bool] = Kind("", _flag, "true or false", (bool,))
TEXT: Kind[str] = Kind("TEXT", _text)
NUMBER: Kind[float] = Kind("NUMBER", _number, A_NUMBER, _NUMBERS)
COUNT: Kind[int] = Kind("COUNT", _whole, A_NUMBER, _NUMBERS)
PAIR: Kind[tuple[float, float]] = Kind(
    "X,Y", _numbers(values.pair, 2, "must be two finite numbers"), SEVERAL, _SEVERAL, list, ","
)
BOX: Kind[tuple[float, ...]] = Kind(
    "X0,X1,Y0,Y1",
    _numbers(values.view, 4, "must be four numbers, (x0, x1, y0, y1)"),
    SEVERAL,
    _SEVERAL,
    list,
    ",",
)
HOLD: Kind[tuple[float, float]] = Kind(
    "[START,]END", _several(values.hold, ","), SEVERAL, _SEVERAL, list, ","
)
STEPS: Kind[Sequence[int]] = Kind(
    "STEP,STEP...", _several(_steps, ","), SEVERAL, _SEVERAL, list, ","
)
SIZE: Kind[tuple[int, int]] = Kind(
    "WxH", _several(values.size, "x"), SEVERAL, _SEVERAL, "{0[0]}x{0[1]}".format, "x"
)
RATE: Kind[Fraction] = Kind(
    "NUMBER", lambda subject, value: values.rate(subject, str(value)), A_NUMBER, _NUMBERS, str
)
NOTE: Kind[Note] = Kind("STEP[,SECONDS]:TEXT", _noted, write=_note)
TUNE: Kind[tuple[str, ...]] = Kind(
    "NAME[,NAME]", _tuned, write=lambda names: ",".join(names) or "none"
)
