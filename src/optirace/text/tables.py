"""Tells a result as a table."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from optirace import optimizers
from optirace.errors import InvalidValueError, unknown
from optirace.text import columns
from optirace.text.columns import Column, Said, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from optirace.look.themes import Theme
    from optirace.racing.engine import Race, Result, Trajectory
    from optirace.racing.outcomes import MinimumSource
    from optirace.surfaces import Point

FORMATS = ("rich", "json", "csv", "markdown", "latex")

Cell: TypeAlias = str | int | float | None


class Told(Protocol):
    """A table that can be written in every one of FORMATS."""

    def data(self) -> dict[str, Any]:
        """Return what the JSON form holds; non-finite numbers are None."""

    def words(self) -> Words:
        """Return the table for people: rich, Markdown and LaTeX."""

    def cells(self) -> Iterable[Iterable[Cell]]:
        """Return the rows of the CSV form, the first of them its headings."""


@dataclass(frozen=True, slots=True)
class Table:
    """The standings of a race, or with `every` its course; str() of it is the text for a terminal
    without colour.
    """

    result: Result
    every: int | None = None

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "<pre>" + self.text().replace("&", "&amp;").replace("<", "&lt;") + "</pre>"

    def text(self, format: str = "rich") -> str:  # noqa: A002 - the word of the command line's option
        """Return the whole table as text in one of FORMATS, ending with a newline."""
        return written(self, format)

    def data(self) -> dict[str, Any]:
        """Return what the JSON form holds; non-finite numbers are None."""
        about = head(self.result.race)
        about |= goal(self.result.minimum, self.result.minimum_from, self.result.minima)
        if self.every is not None:
            keys = ("name", "label", "step", "theta1", "theta2", "loss")
            rows = [
                dict(zip(keys, map(finite, row), strict=True))
                for row in _course(self.result, self.every)
            ]
            return {**about, "every": self.every, "rows": rows}
        return {
            **about,
            "racers": [racer(each, place) for place, each in enumerate(self.result.standings, 1)],
        }

    def cells(self) -> Iterable[Iterable[Cell]]:
        """Return the rows of the CSV form, the first of them its headings."""
        if self.every is not None:
            yield ["name", "label", "step", "theta1", "theta2", "loss"]
            yield from _course(self.result, self.every)
            return
        rules = [each.racer.optimizer for each in self.result.trajectories]
        names = list(dict.fromkeys(key for rule in rules for key in optimizers.hyper(rule)))
        ends = [
            "theta1",
            "theta2",
            "loss",
            "best_step",
            "best_loss",
            "tail_loss",
            "outcome",
            "at_step",
        ]
        yield ["standing", "name", "label", *names, *ends]
        for place, each in enumerate(self.result.standings, 1):
            hyper = optimizers.hyper(each.racer.optimizer)
            best = each.best_step
            yield [
                *(
                    place,
                    each.racer.optimizer.name,
                    each.racer.label,
                    *(hyper.get(name) for name in names),
                ),
                *(
                    *each.points[-1].tolist(),
                    float(each.losses[-1]),
                    best,
                    float(each.losses[best]),
                    each.tail_loss,
                ),
                *(each.outcome.kind, each.outcome.at_step),
            ]

    def words(self) -> Words:
        """Return the table for people: rich, Markdown and LaTeX."""
        if self.every is not None:
            rows: list[list[columns.Cell]] = [
                [str(label), str(step), *(Said("{}", (value,)) for value in values)]  # type: ignore[arg-type]  # numbers all
                for _, label, step, *values in _course(self.result, self.every)
            ]
            return Words(_COURSE, rows)
        rows = [_row(each) for each in self.result.standings]
        wearers = [each.racer.style for each in self.result.standings]
        result = self.result
        notes = remarks(result.race, result.minimum, result.minimum_from, result.minima)
        return Words(_STANDINGS, rows, wearers, tuple(notes))


def table(result: Result, every: int | None = None) -> Table:
    """Return the standings; with `every` N, a row for each racer and N-th step instead."""
    if every is not None and every < 1:
        raise InvalidValueError("every", "must be 1 or more", value=every)
    return Table(result, every)


def head(race: Race) -> dict[str, Any]:
    """Return what the JSON form of every table says of its race."""
    return {
        "surface": {
            "name": race.surface.name,
            "formula": race.surface.expression,
            "minimum": race.surface.minimum,
        },
        "start": list(race.start),
        "steps": race.steps,
        "tol": race.tol,
        "noise": race.noise,
        "seed": race.seed,
        "rates_tried": list(race.rates_tried),
        "betas_tried": list(race.betas_tried),
        "seeds_tried": list(race.seeds_tried),
    }


def goal(minimum: float, source: MinimumSource, minima: Sequence[Point]) -> dict[str, Any]:
    """Return what the JSON form of every table says of what gaps are measured from."""
    return {
        "minimum": finite(minimum),
        "minimum_from": source,
        "minima": [list(point) for point in minima],
    }


def _place(point: Point) -> str:
    return ", ".join(f"{each:.6g}" for each in point)


def racer(trajectory: Trajectory, place: int) -> dict[str, Any]:
    """Return what the JSON form says of one racer, which came in at a place, from 1."""
    racer, best = trajectory.racer, trajectory.best_step
    return {
        "name": racer.optimizer.name,
        "label": racer.label,
        "hyper": optimizers.hyper(racer.optimizer),
        "lr_from": racer.lr_from,
        "tuned": list(racer.tuned),
        "lr_schedule": None if racer.schedule is None else racer.schedule.text,
        "final": {
            "theta": [finite(float(value)) for value in trajectory.points[-1]],
            "loss": finite(float(trajectory.losses[-1])),
        },
        "best": {"step": best, "loss": finite(float(trajectory.losses[best]))},
        "tail_loss": finite(trajectory.tail_loss),
        "outcome": trajectory.outcome.kind,
        "at_step": trajectory.outcome.at_step,
        "standing": place,
    }


def remarks(
    race: Race, minimum: float, source: MinimumSource, minima: Sequence[Point]
) -> Iterable[str]:
    """Tell what must be said of a race that is not the plain one; `minimum` is the loss that gaps
    are measured from.
    """
    if race.surface.name == "expression":
        yield f"the formula was read as L = {race.surface.expression}"
    known, seen = (
        race.surface.minimum,
        f"gaps are measured from the lowest loss seen, {minimum:.6g}",
    )
    if source == "found":
        yield f"the minimum was found: {minimum:.6g} at {' and at '.join(map(_place, minima))}"
    elif source == "seen" and known is None:
        yield (
            f"no minimum was found: {seen}"
            if race.surface.is_bounded
            else f"the loss has no minimum: {seen}"
        )
    elif source == "seen":
        yield f"the loss falls below the given minimum, {known:.6g}: {seen}"
    if race.noise:
        yield (
            f"Gaussian noise of standard deviation {race.noise:g} on the gradient, seed {race.seed}"
        )
    if race.rates_tried or race.betas_tried:
        yield _tuning(race, source)


def _tuning(race: Race, source: MinimumSource) -> str:
    """Tell what was tried to tune the racers, what it cost, and what best means."""
    rates, betas, seeds = race.rates_tried, race.betas_tried, race.seeds_tried
    is_some = any("lr" not in racer.tuned for racer in race.racers) if rates else False
    what = (
        [
            (
                f"lr{' that is tuned' * is_some} is the best of {len(rates)} from {rates[0]:g} "
                f"to {rates[-1]:g}"
            )
        ]
        if rates
        else []
    )
    what += (
        [f"beta is the best of {', '.join(f'{each:g}' for each in betas)} and the rule's own"]
        if betas
        else []
    )
    runs = max(1, len(rates)) * (len(betas) + 1 if betas else 1) * max(1, len(seeds))
    how = "the lowest tail loss, the median of the last 20, as no minimum is known"
    if source != "seen":
        how = "the fewest steps to converge, else the lowest tail loss, the median of the last 20"
    over = f", by the median over {len(seeds)} seeds, {seeds[0]} to {seeds[-1]}" if seeds else ""
    most = "up to " * bool(betas)
    return (
        f"tuned: each {' and each '.join(what)}, in {most}{runs * race.steps} steps per racer; "
        f"best is {how}{over}"
    )


_STANDINGS = (
    Column("racer", is_words=True),
    Column("lr", rank=1),
    Column("settings", is_words=True, rank=5, is_wide=True),
    Column("final theta", rank=4),
    Column("final loss"),
    Column("best loss", rank=3),
    Column("tail loss", rank=2),
    Column("outcome", is_words=True),
)
_COURSE = (
    Column("racer", is_words=True),
    Column("step"),
    Column("theta1", rank=1),
    Column("theta2", rank=1),
    Column("loss"),
)


def _row(trajectory: Trajectory) -> list[columns.Cell]:
    hyper = trajectory.racer.settings
    best = trajectory.best_step
    return [
        trajectory.racer.label,
        Said("{}", (hyper.pop("lr", None),), aside=_ORIGINS[trajectory.racer.lr_from]),
        " ".join(f"{key}={optimizers.short(value)}" for key, value in hyper.items()) or "-",
        Said("{}, {}", trajectory.points[-1].tolist(), digits=4),
        Said("{}", (float(trajectory.losses[-1]),)),
        Said("{} at {}", (float(trajectory.losses[best]), best), digits=4),
        Said("{}", (trajectory.tail_loss,), digits=4),
        str(trajectory.outcome),
    ]


def _course(result: Result, every: int) -> Iterable[tuple[Cell, ...]]:
    for trajectory in result.trajectories:
        racer = trajectory.racer
        for step in range(0, result.race.steps + 1, every):
            values: tuple[float | None, ...] = (None, None, None)
            if step <= trajectory.steps:
                theta1, theta2 = trajectory.points[step].tolist()
                values = theta1, theta2, float(trajectory.losses[step])
            yield racer.optimizer.name, racer.label, step, *values


def finite(value: Cell) -> Cell:
    """Return a value that JSON has: None for a number that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def written(told: Told, format: str) -> str:  # noqa: A002 - the word of the command line's option
    """Return a whole table as text in one of FORMATS, ending with a newline."""
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    return _WRITERS[format](told)


def _json(told: Told) -> str:
    import json  # the table for people starts faster without

    return json.dumps(told.data(), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _csv(told: Told) -> str:
    import csv  # the table for people starts faster without

    from optirace.text import markup  # likewise

    text = io.StringIO()
    rows = (
        [markup.spreadsheet(cell) if isinstance(cell, str) else cell for cell in row]
        for row in told.cells()
    )
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


_ORIGINS = {
    "given": "",
    "rule": "",
    "convention": " (library default)",
    "surface": " (suggested)",
    "tuned": " (tuned)",
}


def _markdown(told: Told) -> str:
    from optirace.text import markup  # the table for people starts faster without

    return markup.markdown_table(told.words())


def _latex(told: Told) -> str:
    from optirace.text import markup  # the table for people starts faster without

    return markup.latex_table(told.words())


def drawing(
    told: Told,
    *,
    theme: Theme | None,
    width: int | None = None,
    is_ascii: bool = False,
    more: str = "--wide",
) -> str:
    """Draw the table with a line below its headings; in a theme's colours, or with None plain.

    In `width` columns of a terminal no number and no outcome is cut: digits and columns go, and
    rows fold; `more` says how to see them. None shows all.
    """
    from optirace.look import themes  # a table in another form has no markers

    words = told.words()
    marks = ["*"] * len(themes.MARKERS) if is_ascii else list(themes.MARKERS.values())
    look = columns.Look(
        [marks[worn] for worn in words.wearers],
        "-" if is_ascii else "\N{BOX DRAWINGS LIGHT HORIZONTAL}",
        more,
    )
    lines = [
        columns.Line(""),
        *columns.laid(words, width, look),
        columns.Line(""),
        *columns.below(words.notes, width),
    ]
    if theme is None:
        return "".join(f"{line.text}\n" for line in lines)
    return "".join(f"{_painted(line, theme, words.wearers)}\n" for line in lines)


def _painted(line: columns.Line, theme: Theme, wearers: Sequence[int]) -> str:
    """Return a line for a terminal of 24-bit colour: headings bold, and a row's marker in the
    racer's colour.
    """
    text = line.text
    if line.is_heading:
        return f"\x1b[1m{text}\x1b[0m"
    if line.row is None:
        return text
    red, green, blue = bytes.fromhex(theme.racers[wearers[line.row]].lstrip("#"))
    return f"{text[:1]}\x1b[38;2;{red};{green};{blue}m{text[1:2]}\x1b[0m{text[2:]}"


_WRITERS: dict[str, Callable[[Told], str]] = {
    "rich": lambda told: drawing(told, theme=None),
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "latex": _latex,
}
