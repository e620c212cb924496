"""Writes the help of a command: its use, its options in panels, and examples, as wide as the
terminal.
"""

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from optirace.cli.examples import EXAMPLES
from optirace.cli.terminal import NARROWEST

WIDEST = 100
"""Columns: longer lines are hard to read."""

LEFT = 26
"""Columns for what is typed, at most; what is longer has its text below it."""

NARROW = 60
"""Columns below which every text stands below what is typed."""

_GROUPS = re.compile(r"`[^`]*`|\[default: [^]]{1,20}\]")
"""What stays on one line."""

_WORDS = re.compile(r"""(--?[a-zA-Z-]+ (?=[^-]))?("[^"]*"|\S+)""")
"""The words of a line, an option with its value."""

_GAP = "\0"
"""Stands for a space at which no line is broken."""


def page(context: Any) -> str:
    """Return the help of the command of a context."""
    width = max(min(shutil.get_terminal_size().columns, WIDEST), NARROWEST)
    return "".join(f"{line}\n" for line in _page(context, width))


def _page(context: Any, width: int) -> Iterator[str]:
    command = context.command
    yield from _wrapped(
        " ".join(command.collect_usage_pieces(context)),
        width,
        f"Usage: {context.command_path} ",
        " " * 7,
    )
    yield ""
    yield from _wrapped(command.help or "", width, "  ")
    panels = command.panels() if hasattr(command, "panels") else _panels(command)
    for title, parameters in panels.items():
        records = (parameter.get_help_record(context) for parameter in parameters)
        yield from _section(title, filter(None, records), width)
    if hasattr(command, "commands"):
        yield from _section(
            "Commands", ((name, each.help or "") for name, each in command.commands.items()), width
        )
    asks = command.get_help_option(context)
    yield from _section(
        "Help", [(", ".join(sorted(asks.opts, key=len)), "Print this help.")], width
    )
    yield from _examples(EXAMPLES[context.info_name if context.parent else ""], width)
    if hasattr(command, "commands"):
        yield ""
        yield from _wrapped(
            f"`{context.command_path} COMMAND --help` prints the options of a command.", width
        )


def _panels(command: Any) -> Mapping[str, Sequence[Any]]:
    """Return the words that a command takes, and its options."""
    return {
        title: [each for each in command.params if each.param_type_name == kind]
        for title, kind in (("Arguments", "argument"), ("Options", "option"))
    }


def _section(title: str, records: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """Yield a title and the rows below it; nothing where there are none."""
    rows = list(records)
    if not rows:
        return
    yield ""
    yield f"{title}:"
    left = (
        0
        if width < NARROW
        else max((len(typed) for typed, _ in rows if len(typed) <= LEFT), default=LEFT)
    )
    for typed, text in rows:
        told = re.sub(r"\[default: \((.*)\)\]", r"[default: \1]", " ".join(text.split()))
        if len(typed) <= left:
            yield from _wrapped(told, width, f"  {typed:<{left}}  ", " " * (left + 4))
        else:
            yield from _wrapped(typed.replace(" ", _GAP), width, "  ", " " * 4)
            yield from _wrapped(told, width, " " * (left + 4 if left else 6))


def _examples(examples: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    yield ""
    yield "Examples:"
    for line, text in examples:
        words = (found[0].replace(" ", _GAP) for found in _WORDS.finditer(line))
        *first, last = _wrapped(" ".join(words), width - 2, "  ", " " * 6)
        yield from (f"{each} \\" for each in first)
        yield last
        yield from _wrapped(text, width, " " * 6)


def _wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    told = _GROUPS.sub(lambda found: found[0].replace(" ", _GAP), text)
    hang = first if rest is None else rest
    wrapper = textwrap.TextWrapper(
        width, first, hang, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_GAP, " ") for line in wrapper.wrap(told) or [first.rstrip()]]
