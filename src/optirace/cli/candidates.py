"""Says what may stand at the end of a command line that is being typed, for the shells that ask."""

import dataclasses
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from optirace.optimizers import OPTIMIZERS

ASKED = "_OPTIRACE_COMPLETE"
"""The variable of the environment by which a shell asks, and says which it is."""

WORD = "_OPTIRACE_WORD"
"""The variable that holds the word being typed; the words before it are arguments. bash gives its
line instead.
"""

SHELLS = ("bash", "zsh", "fish", "powershell")

FILES = ":files"
"""Stands alone where files are to be completed, which shells know better."""

GOES_ON = (":", "=", ",", "/")
"""How a candidate ends that more may follow."""

_FORMS = ("constant", "step:", "cosine", "exponential:", "warmup:")


class Candidate(NamedTuple):
    """What may be typed, and what it is."""

    value: str
    text: str = ""


def answer(commands: Mapping[str, Any]) -> str:
    """Return what the shell that asks is to print, a line a candidate: its value, a tab, and what
    it is.
    """
    shell = os.environ[ASKED]
    if shell == "bash":
        before, word = _typed(os.environ.get("COMP_LINE", ""), os.environ.get("COMP_POINT", ""))
    else:
        before, word = sys.argv[1:], os.environ.get(WORD, "")
    found = [
        each
        for each in of(before, word, commands)
        if each.value.startswith(word) or each.value == FILES
    ]
    if shell == "bash":
        marks = set(os.environ.get("COMP_WORDBREAKS", "")) & {":", "="}
        start = (
            max((word.rfind(mark) for mark in marks), default=-1) + 1
        )  # bash puts in the place of what is behind it
        found = [
            each._replace(value=each.value if each.value == FILES else each.value[start:], text="")
            for each in found
        ]
    return "".join(f"{each.value}\t{' '.join(each.text.split())}".rstrip() + "\n" for each in found)


def _typed(line: str, point: str) -> tuple[list[str], str]:
    """Return the words before the cursor without the first, and the one that it stands in."""
    line = line.encode()[: int(point)].decode(errors="ignore") if point.isdigit() else line
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words += lexer
        words += [""] * line[-1:].isspace()
    except ValueError:  # inside quotes
        words.append(lexer.token)
    return words[1:-1], words[-1] if len(words) > 1 else ""


def of(before: Sequence[str], word: str, commands: Mapping[str, Any]) -> Iterator[Candidate]:
    """Yield what may stand in the place of a word, given those before it."""
    if not before or before == ["help"]:
        yield from (Candidate(name, commands[name].help or "") for name in commands)
        if not before:
            yield Candidate("help", "Print the help of a command.")
            yield from (
                Candidate("--help", "Print the help."),
                Candidate("--version", "Print the version."),
            )
        return
    name = before[0].lower()
    if name not in commands:
        return
    command = commands[name]
    options = {each: option for option in _options(command) for each in option.opts}
    taking = {each for each, option in options.items() if not option.is_flag}
    used: list[str] = []
    is_value, count = False, 0
    for each in before[1:]:
        if is_value:
            is_value = False
            continue
        used.append(each)
        is_value = each in taking
        count += not each.startswith("-")
    flag, equals, value = word.partition("=")
    if is_value:
        yield from _values(options[before[-1]], word)
    elif equals and flag in taking:
        told = _values(options[flag], value)
        yield from (
            each._replace(value=f"{flag}={each.value}") for each in told if each.value != FILES
        )
    elif word.startswith("-"):
        yield from _flags(command, used)
    else:
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        if count < len(arguments) and (arguments[count].required or not used):
            yield from _values(arguments[count], word)
        else:
            yield from _flags(command, used)


def _options(command: Any) -> list[Any]:
    return [each for each in command.params if each.param_type_name == "option"]


def _flags(command: Any, used: Sequence[str]) -> Iterator[Candidate]:
    """Yield the options of a command that may still be given, each by its long word."""
    for option in _options(command):
        row = getattr(option, "row", None)
        words = [max(option.opts, key=len), *option.secondary_opts]
        if option.multiple or not {*option.opts, *option.secondary_opts} & {*used}:
            yield from (Candidate(word, row.told() if row else option.help or "") for word in words)
    yield Candidate("--help", "Print this help.")


def _values(parameter: Any, word: str) -> Iterable[Candidate]:
    """Return the values that an option or an argument may have."""
    name, row = parameter.name, getattr(parameter, "row", None)
    if row is not None and row.kind.names is not None:
        return map(Candidate, row.kind.names())
    if name in ("optimizers", "rule"):
        return _racers(word)
    if name in _NAMES:
        return _NAMES[name]()
    return [Candidate(FILES)] if parameter.metavar in ("FILE", "[FILE]", "[SCENE]") else ()


def _racers(word: str) -> Iterator[Candidate]:
    """Yield rules, and behind the colon their settings: the keys that are not there yet, and what
    names a value.
    """
    from optirace.settings import plugins  # the names of installed plugins

    name, colon, settings = word.partition(":")
    if not colon:
        for each in plugins.SHIPPED.names("optimizers"):
            yield Candidate(each, getattr(OPTIMIZERS.get(each), "label", "") or "")
        yield from (
            Candidate("torch:", "An optimizer of PyTorch."),
            Candidate("optax:", "An optimizer of optax."),
        )
        return
    kind = OPTIMIZERS.get(name.lower())
    if kind is None:
        return
    fields = {field.name: field.metadata.get("choices", ()) for field in dataclasses.fields(kind)}
    *done, last = settings.split(",")
    head, (key, equals, _) = word[: len(word) - len(last)], last.partition("=")
    if equals:
        choices = _FORMS if key == "schedule" else fields.get(key, ())
        yield from (Candidate(f"{head}{key}={value}") for value in choices)
    else:
        taken = {setting.partition("=")[0] for setting in done}
        yield from (
            Candidate(f"{head}{each}=")
            for each in [*fields, "schedule", "label"]
            if each not in taken
        )


def _surfaces() -> Iterator[Candidate]:
    from optirace.settings import plugins  # the names of installed plugins

    for name in plugins.SHIPPED.names("surfaces"):
        surface = plugins.SHIPPED.surfaces.get(name)
        yield Candidate(name, surface.label if surface else "")


_NAMES: dict[str, Callable[[], Iterable[Candidate]]] = {
    "surface": _surfaces,
    "chroma": lambda: map(Candidate, ("420", "444")),
    "lr_schedule": lambda: map(Candidate, _FORMS),
    "tune": lambda: map(Candidate, ("lr", "lr,beta", "none")),
}
"""What gives the values of an option or an argument whose row does not name them."""
