"""Lays a table out in so many columns of a terminal: columns go, digits go, rows fold, and no
number is ever cut.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

UNFOLDED = 100
"""How many columns text has that is not for a terminal."""

GAP = 3
"""Spaces between two columns."""

LEFT = " "
"""What stands before every line."""

FULL, SHORTEST = 17, 1
"""Digits: more than any number shows, and the fewest."""

_GAPS = re.compile(r" {2,}(?=\S)")

_LEAST_WRAPPED = 12
"""What a column of words keeps before the rows fold instead."""


_LEAST_BESIDE = 13
"""What a cell needs to stand beside its heading where rows fold: as much as a number of six digits
takes.
"""


class Said(NamedTuple):
    """A cell with numbers in it, which has fewer digits where there is little room.

    >>> Said("{} at {}", (1.23456e-08, 117), digits=4).text()
    '1.235e-08 at 117'
    """

    pattern: str
    numbers: Sequence[float | None]
    """Whole numbers keep all digits; None is `-`."""

    digits: int = 6
    """How many significant digits there are where there is room."""

    aside: str = ""
    """Words behind it that go where there is little room."""

    def text(self, digits: int = FULL, *, has_aside: bool = True) -> str:
        """Write the cell with so many digits at most, or with more where that is no longer."""
        told = self.pattern.format(*(number(value, digits, self.digits) for value in self.numbers))
        return told + self.aside if has_aside else told


Cell: TypeAlias = str | Said


def number(value: object, digits: int, most: int = 6) -> str:
    """Write a number with at least `digits` significant digits, of `most` forms the shortest.

    >>> number(1234.5678, 2), number(0.000123456, 2), number(None, 6), number(200, 1)
    ('1235', '0.00012', '-', '200')
    """
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    forms = [f"{value:.{each}g}" for each in range(most, min(digits, most) - 1, -1)]
    return min(forms, key=len)


class Column(NamedTuple):
    """A column of a table for people."""

    heading: str
    is_words: bool = False
    """Whether it is words, to the left, and not numbers."""

    rank: int = 0
    """The highest goes first where there is little room; 0 never goes."""

    is_wide: bool = False
    """Whether it is shown only to who asks for everything."""

    wraps: bool = False
    """Whether its cells may be broken at spaces while rows are rows."""


class Words(NamedTuple):
    """A table as people read it."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    wearers: Sequence[int] = ()
    """Which row of the markers and colours each row wears; empty for a table without."""

    notes: Sequence[str] = ()
    """What must be said below it, a line each."""

    def texts(self, digits: int = FULL, *, has_aside: bool = True) -> list[list[str]]:
        """Return the cells as text with so many digits."""
        return [[plain(cell, digits, has_aside=has_aside) for cell in row] for row in self.rows]


class Line(NamedTuple):
    """A line of a table that has been laid out."""

    text: str
    row: int | None = None
    """The row of the table that begins here with its marker, if one does."""

    is_heading: bool = False


def plain(cell: Cell, digits: int = FULL, *, has_aside: bool = True) -> str:
    """Return a cell as text."""
    return cell.text(digits, has_aside=has_aside) if isinstance(cell, Said) else cell


def cells_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a wide letter, none for a mark
    that stands on another.
    """
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # most labels are ASCII

    return sum(
        0
        if category(each) in ("Mn", "Me", "Cf")
        else 2
        if east_asian_width(each) in ("W", "F")
        else 1
        for each in text
    )


def wrapped(
    text: str, width: int, indent: str = "", hang: str | None = None, *, may_break: bool = True
) -> list[str]:
    """Break a text at its spaces into lines of so many columns, the first behind `indent` and the
    others behind `hang`.

    A word that is longer than a line, a label or a path, is broken if it `may_break`; a number in a
    cell never is so long.

    >>> wrapped("lr 0.001 to 0.0955", 10, hang="  ")
    ['lr 0.001', '  to', '  0.0955']
    """
    hang = indent if hang is None else hang
    lines, line = [], indent
    is_empty = True
    for whole in text.split():
        word = whole
        room = width - cells_of(line) - (not is_empty)
        if cells_of(word) > room and not is_empty:
            lines.append(line)
            line, is_empty = hang, True
            room = width - cells_of(line)
        while may_break and cells_of(word) > room:
            head = _head(word, max(room, 2))
            lines.append(line + head)
            word, line, room = word[len(head) :], hang, width - cells_of(hang)
        line += word if is_empty else f" {word}"
        is_empty = not word and is_empty
    return [*lines, line] if not is_empty or not lines else lines


def refolded(line: str, width: int) -> list[str]:
    """Break a line of two columns, or of one, at words: what stands behind the last gap goes on
    below its beginning.

    Where that leaves less than half of the width, it goes on below its own line, four spaces in. A
    word stays whole, however long it is: it may be a path, to be copied.

    >>> refolded("ok  python  CPython 3.11 in /usr", 24)
    ['ok  python  CPython 3.11', '            in /usr']
    """
    indent = len(line) - len(line.lstrip(" "))
    gaps = [found.end() for found in _GAPS.finditer(line) if indent < found.start()][:2]
    if not gaps:
        return wrapped(line, width, " " * indent, " " * max(indent, 2), may_break=False)
    hang = gaps[-1]
    if hang <= width // 2:
        return wrapped(line[hang:], width, line[:hang], " " * hang, may_break=False)
    below = " " * min(indent + 4, width // 4)
    return [
        *wrapped(line[:hang], width, " " * indent, may_break=False),
        *wrapped(line[hang:], width, below, may_break=False),
    ]


def _head(word: str, room: int) -> str:
    """Return as much of a word as fits, and no part of a number that is in it."""
    taken, size = 0, 0
    for index, character in enumerate(word, 1):
        size += cells_of(character)
        if size > room:
            break
        taken = index
    ends = [
        end
        for end in range(taken, 0, -1)
        if not (_in_number(word[end - 1]) and _in_number(word[end]))
    ]
    neat = [end for end in ends if word[end - 1] in "/\\=,_" and end > taken // 3]
    return word[: (neat or ends or [max(taken, 1)])[0]]


def _in_number(character: str) -> bool:
    return character in "0123456789.+-eE"


class _Plan(NamedTuple):
    """Which columns are shown in rows, how, and how wide."""

    places: list[int]
    texts: list[list[str]]
    widths: list[int]


_LEVELS = ((FULL, True), (4, True), (4, False), (3, False))
"""Digits, and whether there are asides: what is tried before a column goes.

The last is for when none is left to go.
"""


def fitted(
    words: Words, width: int, levels: Sequence[tuple[int, bool]] = _LEVELS, gap: int = GAP
) -> _Plan | None:
    """Choose the columns and their widths so that rows are at most `width` wide with gaps; None
    where they must fold.
    """
    ranks = sorted({column.rank for column in words.columns if not column.is_wide}, reverse=True)
    for most in ranks or [0]:
        places = [
            at
            for at, column in enumerate(words.columns)
            if column.rank <= most and not column.is_wide
        ]
        for digits, has_aside in levels if most == ranks[-1] else levels[: max(1, len(levels) - 1)]:
            texts = [[row[at] for at in places] for row in words.texts(digits, has_aside=has_aside)]
            widths = _widths([words.columns[at] for at in places], texts, width, gap)
            if widths is not None:
                return _Plan(places, texts, widths)
    return None


def _widths(
    columns: Sequence[Column], texts: list[list[str]], width: int, gap: int
) -> list[int] | None:
    """Give each column what its longest cell takes; where that is too much, headings and some cells
    wrap.
    """
    heads = [column.heading for column in columns]
    lengths = [[cells_of(row[at]) for row in texts] for at in range(len(columns))]
    widths = [max([cells_of(head), *each]) for head, each in zip(heads, lengths, strict=True)]
    over = sum(widths) + gap * (len(widths) - 1) - width
    if over <= 0:
        return widths
    least = [
        max([*map(cells_of, head.split()), *each], default=0)
        for head, each in zip(heads, lengths, strict=True)
    ]
    for at, column in enumerate(columns):
        if column.wraps:
            words = [cells_of(word) for row in texts for word in row[at].split()]
            least[at] = min(
                least[at], max([_LEAST_WRAPPED, *words, *map(cells_of, heads[at].split())])
            )
    if over > sum(widths) - sum(least):
        return None
    while over > 0:  # from the column where it costs the fewest lines, of these the widest
        able = [at for at in range(len(widths)) if widths[at] > least[at]]
        at = min(able, key=lambda at: (_lines_with(lengths, widths, at), -widths[at]))
        widths[at] -= 1
        over -= 1
    return widths


def _lines_with(lengths: list[list[int]], widths: list[int], narrower: int) -> int:
    """Estimate how many lines the rows take with one column narrower by one."""
    taken = [wide - (at == narrower) for at, wide in enumerate(widths)]
    return sum(
        max(-(-length // wide) for length, wide in zip(row, taken, strict=True))
        for row in zip(*lengths, strict=True)
    )


class Look(NamedTuple):
    """What a table is drawn with."""

    marks: Sequence[str] = ()
    """The marker of each row; empty for a table without."""

    rule: str = "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
    more: str = "--wide"
    """What shows all of it."""


def laid(words: Words, width: int | None, look: Look) -> Iterator[Line]:
    """Lay a table out, in lines of at most `width` columns; None shows all of it, however wide that
    is.
    """
    marks = [f"{mark}{' ' * GAP}" for mark in look.marks]
    room = (width or 0) - len(LEFT) - (1 + GAP if marks else 0)
    plan = _whole(words) if width is None else fitted(words, room)
    if plan is None:
        yield from _blocks(words, width or UNFOLDED, look)
        return
    columns = [words.columns[at] for at in plan.places]
    none = " " * (1 + GAP) if marks else ""
    yield from (
        Line(f"{LEFT}{none}{line}".rstrip(), None, True) for line in _heading(columns, plan.widths)
    )
    across = sum(plan.widths) + GAP * (len(plan.widths) - 1) + len(none)
    yield Line(LEFT + look.rule * across)
    for index, row in enumerate(plan.texts):
        first, *others = _row(columns, row, plan.widths)
        yield Line(
            f"{LEFT}{marks[index] if marks else none}{first}".rstrip(), index if marks else None
        )
        yield from (Line(f"{LEFT}{none}{line}".rstrip()) for line in others)
    yield from _gone(words, plan.places, look, width)


def _whole(words: Words) -> _Plan:
    """Show all of a table."""
    texts = words.texts()
    return _Plan([*range(len(words.columns))], texts, _natural(words.columns, texts))


def _missing(headings: Sequence[str], shown_by: str) -> str:
    """Say which columns are not shown, and what shows them."""
    return (
        f"{shown_by} shows {'one more column' if len(headings) == 1 else 'more columns'}: "
        f"{', '.join(headings)}"
    )


def _natural(columns: Sequence[Column], texts: list[list[str]]) -> list[int]:
    return [
        max(map(cells_of, [column.heading, *(row[at] for row in texts)]))
        for at, column in enumerate(columns)
    ]


def _heading(columns: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    yield from _row(columns, [column.heading for column in columns], widths)


def _row(columns: Sequence[Column], texts: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a row: more than one where a cell wraps."""
    cells = [
        wrapped(text, wide) if cells_of(text) > wide else [text]
        for text, wide in zip(texts, widths, strict=True)
    ]
    for at in range(max(map(len, cells))):
        line = []
        for column, cell, wide in zip(columns, cells, widths, strict=True):
            text = cell[at] if at < len(cell) else ""
            pad = " " * (wide - cells_of(text))
            line.append(text + pad if column.is_words else pad + text)
        yield (" " * GAP).join(line).rstrip()


def _blocks(words: Words, width: int, look: Look) -> Iterator[Line]:
    """Yield each row as a block: what it is, and below it a line for each of its other columns."""
    shown = [at for at, column in enumerate(words.columns) if not column.is_wide]
    name = max((cells_of(words.columns[at].heading) for at in shown[1:]), default=0)
    indent = f"{LEFT}  "
    is_beside = len(indent) + name + 2 + _LEAST_BESIDE <= width
    room = width - len(indent) - (name + 2 if is_beside else 2)
    for index, row in enumerate(words.rows):
        texts = [_squeezed(row[at], room) for at in shown]
        yield from _named(texts[0], index, width, indent, look)
        for at, text in zip(shown[1:], texts[1:], strict=True):
            yield from map(
                Line,
                _entry(words.columns[at].heading, text, width, indent, name if is_beside else None),
            )
    yield from _gone(words, shown, look, width)


def _named(text: str, index: int, width: int, indent: str, look: Look) -> Iterator[Line]:
    """Yield the lines of what a block is about."""
    if index and not look.marks:
        yield Line("")
    mark = f"{look.marks[index]} " if look.marks else ""
    heads = wrapped(text, width, f"{LEFT}{mark}", indent)
    yield from (
        Line(line, index if look.marks and not at else None) for at, line in enumerate(heads)
    )


def _entry(heading: str, text: str, width: int, indent: str, beside: int | None) -> list[str]:
    """Return a cell of a block: beside its heading, for which there are so many columns, or below
    it.
    """
    if beside is None:
        return [*wrapped(heading, width, indent), *wrapped(text, width, f"{indent}  ")]
    first = f"{indent}{heading}{' ' * (beside - cells_of(heading) + 2)}"
    return wrapped(text, width, first, " " * len(first))


def _gone(words: Words, shown: Sequence[int], look: Look, width: int | None) -> Iterator[Line]:
    """Say below a table which columns are not shown."""
    headings = [column.heading for at, column in enumerate(words.columns) if at not in set(shown)]
    if headings:
        yield Line("")
        yield from (Line(line) for line in _note(_missing(headings, look.more), width))


def _squeezed(cell: Cell, room: int) -> str:
    """Return a cell with as many digits as let each of its words stay whole."""
    for digits in range(6, SHORTEST, -1):
        text = plain(cell, digits)
        if all(cells_of(word) <= room for word in text.split()):
            return text
    return plain(cell, SHORTEST)


def _note(text: str, width: int | None) -> list[str]:
    return wrapped(text, width, LEFT) if width else [LEFT + text]


def below(notes: Iterable[str], width: int | None) -> Iterator[Line]:
    """Yield what is said below a table, and an empty line behind it."""
    lines = [line for note in notes for line in _note(note, width)]
    yield from map(Line, lines)
    if lines:
        yield Line("")
