"""`optirace list`: what can be typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optirace import catalogue
from optirace.cli import terminal
from optirace.options.race import plugin_paths
from optirace.options.table import FORMAT, FORMATS_TOLD, WIDE
from optirace.settings import plugins
from optirace.settings.kinds import FLAG, TEXT
from optirace.settings.option import option
from optirace.text import tables

if TYPE_CHECKING:
    from optirace.settings.option import Asked


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ListOptions:
    """The list."""

    kind: str = option(
        "",
        TEXT._replace(names=lambda: catalogue.KINDS),
        "What to list: {names}.",
        metavar="KIND",
        is_argument=True,
    )
    plugins: Sequence[str] = option(
        (),
        TEXT,
        "Python file to include. The file is executed. Repeatable.",
        "--plugin",
        metavar="FILE",
        is_repeated=True,
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ListOutput:
    """The output."""

    format: str = option("rich", FORMAT, FORMATS_TOLD)
    wide: bool = option(False, FLAG, WIDE)


GROUPS = (ListOptions, ListOutput)


def list(asked: "Asked") -> None:  # noqa: A001 - the command's word
    """List the available surfaces, optimizers, conventions, themes or formats, including installed
    plugins.
    """
    wanted, output = asked.of(ListOptions), asked.of(ListOutput)
    told = catalogue.listing(wanted.kind, plugins.collected(plugin_paths(wanted.plugins)))
    is_drawn = output.format == "rich"
    terminal.say(
        terminal.drawn(told, is_wide=output.wide)
        if is_drawn
        else tables.written(told, output.format)
    )
