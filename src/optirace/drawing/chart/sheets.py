"""The paper that a chart is drawn on: its title, scales and marks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath

from optirace.drawing.chart import about
from optirace.look import fonts, themes
from optirace.racing import sweeps

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from optirace.look.themes import Style
    from optirace.racing.sweeps import Sweep, Swept
    from optirace.surfaces import Array

SMALLEST = 1e-15
"""A gap not above this is none: the rounding of the losses that it is between."""

LARGEST = 1e100
"""A gap above this is drawn at the top of the chart."""

DEPTH = 1e-9
"""A gap smaller than this share of tol is drawn at the foot of the chart."""

SHAPES: dict[str, Any] = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle": "^",
    "pentagon": "p",
    "triangle-down": "v",
    "plus": "P",
    "hexagon": "h",
    "cross": "X",
    "triangle-left": "<",
    "hourglass": Outline([(-1, -1), (1, -1), (-1, 1), (1, 1), (-1, -1)], closed=True),
    "triangle-right": ">",
}
"""What matplotlib calls the shapes of style.MARKERS."""


@dataclass(frozen=True)
class Sheet:
    """What is drawn, and the paper it is drawn on; lengths are units, of which the short side has
    720.
    """

    found: Sweep
    look: Style
    metric: str

    @property
    def unit(self) -> float:
        """Pixels in a unit."""
        return min(self.look.width, self.look.height) / 720.0

    @property
    def width(self) -> float:
        """Units from left to right."""
        return self.look.width / self.unit

    @property
    def height(self) -> float:
        """Units from top to bottom."""
        return self.look.height / self.unit

    @property
    def is_wide(self) -> bool:
        """Whether there is room beside what is drawn."""
        return self.width >= 1.15 * self.height

    def figure(self) -> Figure:
        """Return the paper with its title: a point is a unit, so type and lines scale with the
        short side.
        """
        dpi = 72.0 * self.unit
        figure = Figure(figsize=(self.look.width / dpi, self.look.height / dpi), dpi=dpi)
        race = self.found.race
        title = about.title(race.steps, self.metric)
        self.write(figure, 40, 30, title, size=30, room=0.85 * (self.width - 80), weight="bold")
        x, y = race.start
        law = (
            rf"$\mathcal{{L}} = {race.surface.formula}$     start $({x:g}, {y:g})$     tol "
            rf"${race.tol:g}$"
        )
        law += f"     noise ${race.noise:g}$, seed ${race.seed}$" if race.noise else ""
        self.write(figure, 40, 70, law, size=17, room=self.width - 80, color=self.look.theme.quiet)
        return figure

    def write(
        self,
        figure: Figure,
        x: float,
        y: float,
        words: str,
        *,
        size: float,
        room: float = math.inf,
        **settings: Any,
    ) -> None:
        """Write a line whose left end and middle are so many units from the left and the top;
        smaller if it needs more room.
        """
        size = min(size, room / max(width(words), 1e-9))
        figure.text(
            x / self.width,
            1.0 - y / self.height,
            words,
            **{"va": "center_baseline", "size": size, **settings},
        )

    def write_label(self, figure: Figure, x: float, y: float, label: str, **settings: Any) -> None:
        """Write what a person called a racer, in which a dollar begins no formula."""
        words, face = worded(label)
        self.write(
            figure, x, y, words, weight="bold" if face == fonts.BOLD else "normal", **settings
        )

    def axes(self, figure: Figure, x0: float, y0: float, x1: float, y1: float) -> Axes:
        """Add axes between so many units from the left and the top."""
        w, h = self.width, self.height
        return figure.add_axes((x0 / w, 1.0 - y1 / h, (x1 - x0) / w, (y1 - y0) / h))

    def colour(self, swept: Swept) -> str:
        """Return a racer's colour."""
        return self.look.theme.racers[swept.racer.style]

    def shape(self, swept: Swept) -> Any:
        """Return a racer's marker."""
        return SHAPES[list(themes.MARKERS)[swept.racer.style]]

    def values(self, swept: Swept) -> Array:
        """Return what is drawn, float64[n, m]; NaN where there is nothing."""
        ends = swept.ends
        if self.metric == "steps":
            return np.where(ends.converged == sweeps.NEVER, np.nan, ends.converged)
        with np.errstate(invalid="ignore"):
            gaps = np.clip(ends.loss - self.found.minimum, self.floor, self.ceiling)
        return np.where(ends.diverged == sweeps.NEVER, gaps, np.nan)

    @cached_property
    def _gaps(self) -> Array:
        """Every gap that can be drawn, the start's included."""
        race = self.found.race
        last = [each.ends.loss[each.ends.diverged == sweeps.NEVER] for each in self.found.swept]
        gaps = (
            np.concatenate([[float(race.surface.value(*race.start))], *last]) - self.found.minimum
        )
        return np.asarray(gaps[np.isfinite(gaps) & (gaps > SMALLEST)])

    @cached_property
    def floor(self) -> float:
        """The power of ten below which gaps are not told apart."""
        least = max(DEPTH * self.found.race.tol, SMALLEST, self._gaps.min(initial=1.0))
        return _decade(math.floor(math.log10(least)))

    @cached_property
    def ceiling(self) -> float:
        """A power of ten above every gap that is drawn."""
        return _decade(1 + math.floor(math.log10(min(self._gaps.max(initial=self.floor), LARGEST))))

    @cached_property
    def lowest(self) -> int:
        """The power of ten that the floor is."""
        return round(math.log10(self.floor))


def worded(label: str) -> tuple[str, fonts.Face]:
    """Return a label as matplotlib is to be told of it, and the face that has its characters."""
    words, face = fonts.shown(label, fonts.SANS)
    return words.replace("$", r"\$"), face


def width(words: str) -> float:
    """Return how wide a line is at size 1."""
    path = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return (
        float(
            TextPath((0, 0), words, size=100, prop=FontProperties(fname=path, math_fontfamily="cm"))
            .get_extents()
            .width
        )
        / 100
    )


def _decade(power: int) -> float:
    return float(f"1e{power}")


def scale(sheet: Sheet, axes: Axes) -> None:
    """Give the vertical axis what is drawn: the gap by powers of ten, or steps."""
    theme, race = sheet.look.theme, sheet.found.race
    axes.grid(axis="y", color=theme.rule, linewidth=1.0)
    if sheet.metric == "steps":
        axes.set_ylim(0, race.steps)
        axes.set_ylabel("steps", labelpad=10)
        return
    axes.set_yscale("log")
    axes.set_ylim(sheet.floor, sheet.ceiling)
    lowest, highest = sheet.lowest, round(math.log10(sheet.ceiling))
    powers = range(lowest, highest + 1, math.ceil((highest - lowest) / 6))
    has_less = any((sheet.values(each) <= sheet.floor).any() for each in sheet.found.swept)
    labels = [
        rf"$\mathdefault{{{'≤' * (has_less and power == lowest)}10^{{{power}}}}}$"
        for power in powers
    ]
    axes.set_yticks([_decade(power) for power in powers], labels)
    axes.minorticks_off()
    axes.set_ylabel(
        "gap to the lowest seen" if sheet.found.minimum_from == "seen" else "gap to the minimum",
        labelpad=10,
    )
    if sheet.floor < race.tol < sheet.ceiling:
        axes.axhline(race.tol, color=theme.text, linewidth=1.6, linestyle=(0, (5, 4)), zorder=1.5)


def cross(axes: Axes, x: float, y: float, colour: str, paper: str) -> None:
    """Mark where divergence starts."""
    for width, shade in ((6.5, paper), (3.4, colour)):
        axes.plot(
            [x],
            [y],
            marker="x",
            markersize=11,
            markeredgewidth=width,
            color=shade,
            clip_on=False,
            zorder=8,
        )


def head(sheet: Sheet, axes: Axes, x: float, y: float, swept: Swept) -> None:
    """Draw a racer's marker where it is fastest."""
    for size, shade in ((20, sheet.look.theme.paper), (14, sheet.colour(swept))):
        axes.plot(
            [x],
            [y],
            marker=sheet.shape(swept),
            markersize=size,
            markeredgewidth=0,
            color=shade,
            clip_on=False,
            zorder=7,
        )


def mark(sheet: Sheet, figure: Figure, x: float, y: float, artist: Artist) -> None:
    """Draw a mark, whose own box is a square with the corners (0, 0) and (1, 1), 28 units wide
    about a point.
    """
    axes = sheet.axes(figure, x - 14.0, y - 14.0, x + 14.0, y + 14.0)
    axes.axis("off")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    artist.set_clip_on(False)
    axes.add_artist(artist)


def dot(sheet: Sheet, swept: Swept) -> Line2D:
    """Return a racer's marker as a mark."""
    return Line2D(
        [0.5],
        [0.5],
        marker=sheet.shape(swept),
        color=sheet.colour(swept),
        markersize=14,
        markeredgewidth=0,
    )


def key(
    sheet: Sheet, figure: Figure, x: float, y: float, marks: dict[str, Artist], *, is_column: bool
) -> None:
    """Explain marks, one below the other or in a line, from so many units from the left and the
    top.
    """
    for words, artist in marks.items():
        mark(sheet, figure, x + 14.0, y, artist)
        sheet.write(figure, x + 38.0, y, words, size=16, color=sheet.look.theme.quiet)
        x, y = (x, y + 34.0) if is_column else (x + 66.0 + 16.0 * width(words), y)


def edges(values: Array, *, is_linear: bool = False) -> Array:
    """Return the borders between neighbouring values, the first and the last of which are borders
    themselves.
    """
    middles = (values[1:] + values[:-1]) / 2.0 if is_linear else np.sqrt(values[1:] * values[:-1])
    return np.concatenate([values[:1], middles, values[-1:]])
