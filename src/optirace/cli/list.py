"""`optirace list`: what can be typed."""

import builtins
from typing import Annotated

import typer

from optirace import catalogue
from optirace.cli import terminal
from optirace.errors import chosen
from optirace.options.race import plugin_paths
from optirace.options.table import WIDE
from optirace.settings import plugins
from optirace.text import tables


def list(  # noqa: A001 - the command's word
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="What to list: surfaces, optimizers, conventions, themes or formats.", show_default=False
        ),
    ],
    format: Annotated[  # noqa: A002 - the option's word
        str, typer.Option("--format", metavar="NAME", help="Format of the table: rich, json, csv, markdown or latex.")
    ] = "rich",
    files: Annotated[
        builtins.list[str] | None,
        typer.Option("--plugin", metavar="FILE", help="Python file to include. The file is executed. Repeatable."),
    ] = None,
    wide: Annotated[bool, typer.Option("--wide", help=WIDE)] = False,
) -> None:
    """List the available surfaces, optimizers, conventions, themes or formats, including installed plugins."""
    format = chosen("format", format, tables.FORMATS)  # noqa: A001 - the option's word
    told = catalogue.listing(kind, plugins.collected(plugin_paths(files or ())))
    terminal.say(tables.written(told, format) if format != "rich" else terminal.drawn(told, is_wide=wide))
