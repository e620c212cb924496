"""`optirace table`: each racer's losses and how it ended."""

from typing import Annotated

import typer

from optirace.cli import options, terminal
from optirace.racing import engine
from optirace.settings import specs
from optirace.text import tables


@options.of_race
def table(
    typed: options.Typed,
    *,
    format: Annotated[  # noqa: A002 - the option's word
        str, typer.Option("--format", metavar="NAME", help="rich, json, csv, markdown or latex.")
    ] = "rich",
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="COUNT", help="Print every COUNT-th step of every racer instead of the standings."),
    ] = None,
    wide: options.Wide = False,
) -> None:
    """Run the race and print the standings: losses and outcome of each racer, best first."""
    if format not in tables.FORMATS:
        raise specs.unknown("--format", format, tables.FORMATS)
    count = None if every is None else specs.whole("--every", every)
    told = tables.table(engine.run(typed.race()), count)
    terminal.say(told.text(format) if format != "rich" else terminal.drawn(told, is_wide=wide))
