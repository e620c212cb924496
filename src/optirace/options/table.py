"""The options that say how a table is printed."""

from __future__ import annotations

from dataclasses import dataclass

from optirace.settings.kinds import COUNT, FLAG, one_of
from optirace.settings.option import option
from optirace.text import tables

FORMAT = one_of(lambda: tables.FORMATS)
FORMATS_TOLD = "Format of the table: {names}."
WIDE = "Print every column of the table, each row on one line."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class TableOptions:
    """The output."""

    format: str = option("rich", FORMAT, FORMATS_TOLD, said_by="scene")
    every: int | None = option(
        None,
        COUNT,
        "Print every COUNT-th step of every racer instead of the standings.",
        said_by="scene",
    )
    wide: bool = option(False, FLAG, WIDE, said_by="scene")
