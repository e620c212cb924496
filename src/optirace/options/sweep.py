"""The options that say which values are swept, and how the chart looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optirace.look import themes
from optirace.options.film import BY_NAME, QUALITY, SIZES, THEME, size
from optirace.options.table import FORMAT, FORMATS_TOLD, WIDE
from optirace.racing import sweeps
from optirace.settings.kinds import COUNT, FLAG, SIZE, TEXT, Grid, grid, one_of
from optirace.settings.option import option

if TYPE_CHECKING:
    from collections.abc import Sequence

RATES = grid(is_geometric=True)
BETAS = grid(is_geometric=False)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GridOptions:
    """The sweep."""

    lr: Grid = option(
        RATES.read("lr", "1e-3:3:61"),
        RATES,
        "Learning rates: COUNT values in geometric progression, or a list such as 0.1,0.2,0.5.",
        said_by="film",
    )
    beta: Grid | None = option(
        None,
        BETAS,
        "Decay rates beta: COUNT evenly spaced values, a list, or one value for all.",
        shown="0.9",
        said_by="film",
    )
    jobs: int | None = option(
        None, COUNT, "Number of parallel processes.", shown="1, or all cores for a large grid"
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ChartOptions:
    """The files."""

    output: Sequence[str] = option(
        (),
        TEXT,
        "Write a chart: .png, .svg or .pdf. Repeatable.",
        "-o",
        "--output",
        metavar="FILE",
        is_repeated=True,
    )
    metric: str = option(
        "loss",
        one_of(lambda: sweeps.METRICS),
        "Quantity to plot: loss, or steps (to convergence).",
        of="chart",
        said_by="film",
    )
    size: tuple[int, int] | None = option(
        None, SIZE, SIZES, shown="1280x720", of="chart", said_by="film"
    )
    quality: str | None = option(
        None, QUALITY, BY_NAME, "-q", "--quality", of="chart", said_by="film"
    )
    theme: str = option("light", THEME, "Colour theme: {names}.", of="chart", said_by="film")

    def style(self) -> themes.Style:
        """Return how the chart looks."""
        width, height = size(self.size, self.quality)
        return themes.Style(width=width, height=height, theme=themes.THEMES[self.theme])


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SweepOutput:
    """The output."""

    format: str = option("rich", FORMAT, FORMATS_TOLD)
    wide: bool = option(False, FLAG, WIDE)
