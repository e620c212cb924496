"""Takes what has one meaning in more than one spelling: two numbers apart or in brackets, several
files or racers in a row.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from typer.core import TyperOption

from optirace.settings import spellings

_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_SEVERAL = {"X,Y": 2, "X0,X1,Y0,Y1": 4, "[START,]END": 2, "STEP,STEP...": 1000}
"""How many numbers an option takes at most, by its metavar."""


def as_typed(parameters: Sequence[Any], words: Iterable[str]) -> list[str]:
    """Return the words of a command as it takes them; each option that needs a value has one."""
    options = {
        word: each
        for each in parameters
        if isinstance(each, TyperOption) and not each.is_flag
        for word in each.opts
    }
    has_rule = any(each.name == "rule" for each in parameters)
    return list(_words(options, deque(words), has_rule=has_rule))


def _words(options: dict[str, Any], rest: deque[str], *, has_rule: bool) -> Iterator[str]:
    while rest:
        word = rest.popleft()
        if word == "--":
            yield word
            break
        name, equals, value = word.partition("=")
        if word in options and rest:
            option, value = options[word], rest.popleft()
            value = _joined(option, value, rest)
        elif equals and name.startswith("--") and name in options:
            option = options[name]
        else:
            yield from spellings.racers(word) if has_rule and not word.startswith("-") else [word]
            continue
        for each in _values(option, value):
            yield from (f"{name}={each}",) if equals and word not in options else (name, each)
    yield from rest


def _joined(option: Any, value: str, rest: deque[str]) -> str:
    """Put numbers that stand behind each other into one word."""
    most, mark = (2, "x") if option.metavar == "WxH" else (_SEVERAL.get(option.metavar, 1), ",")
    numbers = [value]
    while rest and len(numbers) < most and _is_number(numbers[-1]) and _is_number(rest[0]):
        numbers.append(rest.popleft())
    return value if len(numbers) == 1 else mark.join(number.strip(",") for number in numbers)


def _is_number(word: str) -> bool:
    return spellings.is_number(word.strip(","))


def _values(option: Any, value: str) -> list[str]:
    """Return the values that a word holds."""
    if option.metavar in _SEVERAL:
        inner = value.strip()
        if inner[:1] in _BRACKETS and inner.endswith(_BRACKETS[inner[0]]):
            inner = inner[1:-1].strip()
        numbers = [each.strip() for each in inner.split(",")] if "," in inner else inner.split()
        return [",".join(numbers)] if all(map(spellings.is_number, numbers)) else [value]
    if option.name == "optimizers":
        return spellings.racers(value)
    if option.name == "output":
        return files(value)
    return [value]


def files(text: str) -> list[str]:
    """Return the files that stand in a word with commas between them, if each has a suffix of ours.

    >>> files("a.mp4,b.gif"), files("lr0.1,0.2.mp4")
    (['a.mp4', 'b.gif'], ['lr0.1,0.2.mp4'])
    """
    if "," not in text:
        return [text]
    from optirace.output.formats import FORMATS  # most names are one

    names = [name.strip() for name in text.split(",")]
    return names if all(name.lower().endswith(("/", *FORMATS)) for name in names) else [text]
