"""Tells a result as a table."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from optirace import optimizers, style
from optirace.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from optirace.engine import Race, Result, Trajectory
    from optirace.outcomes import MinimumSource

FORMATS = ("rich", "json", "csv", "markdown", "latex")

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Words:
    """A table as people read it."""

    headings: list[str]
    rows: list[list[str]]
    left: frozenset[str]
    """The headings of the columns that are words, and not numbers."""

    wearers: list[int]
    """Which row of the markers and colours each row wears; empty for a table without."""

    notes: tuple[str, ...] = ()
    """What must be said below it, a line each."""


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
    """The standings of a race, or with `every` its course; str() of it is the text for a terminal without colour."""

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
        if self.every is not None:
            keys = ("name", "label", "step", "theta1", "theta2", "loss")
            rows = [dict(zip(keys, map(finite, row), strict=True)) for row in _course(self.result, self.every)]
            return {**about, "every": self.every, "rows": rows}
        return {**about, "racers": [racer(each, place) for place, each in enumerate(self.result.standings, 1)]}

    def cells(self) -> Iterable[Iterable[Cell]]:
        """Return the rows of the CSV form, the first of them its headings."""
        if self.every is not None:
            yield ["name", "label", "step", "theta1", "theta2", "loss"]
            yield from _course(self.result, self.every)
            return
        rules = [each.racer.optimizer for each in self.result.trajectories]
        names = list(dict.fromkeys(key for rule in rules for key in optimizers.hyper(rule)))
        ends = ["theta1", "theta2", "loss", "best_step", "best_loss", "tail_loss", "outcome", "at_step"]
        yield ["standing", "name", "label", *names, *ends]
        for place, each in enumerate(self.result.standings, 1):
            hyper = optimizers.hyper(each.racer.optimizer)
            best = each.best_step
            yield [
                *(place, each.racer.optimizer.name, each.racer.label, *(hyper.get(name) for name in names)),
                *(*each.points[-1].tolist(), float(each.losses[-1]), best, float(each.losses[best]), each.tail_loss),
                *(each.outcome.kind, each.outcome.at_step),
            ]

    def words(self) -> Words:
        """Return the table for people: rich, Markdown and LaTeX."""
        if self.every is not None:
            rows = [
                [str(label), str(step), *(short(value) for value in values)]  # type: ignore[arg-type]
                for _, label, step, *values in _course(self.result, self.every)
            ]
            return Words(["racer", "step", "theta1", "theta2", "loss"], rows, frozenset(["racer"]), [])
        headings = ["racer", "lr", "its own", "final theta", "final loss", "best loss", "tail loss", "outcome"]
        rows = [_row(each) for each in self.result.standings]
        wearers = [each.racer.style for each in self.result.standings]
        return Words(
            headings,
            rows,
            frozenset(["racer", "its own", "outcome"]),
            wearers,
            tuple(remarks(self.result.race, self.result.minimum, self.result.minimum_from)),
        )


def table(result: Result, every: int | None = None) -> Table:
    """Return the standings; with `every` N, a row for each racer and N-th step instead."""
    if every is not None and every < 1:
        raise InvalidValueError(f"every {every}: must be 1 or more")
    return Table(result, every)


def head(race: Race) -> dict[str, Any]:
    """Return what the JSON form of every table says of its race."""
    return {
        "surface": {"name": race.surface.name, "formula": race.surface.expression, "minimum": race.surface.minimum},
        "start": list(race.start),
        "steps": race.steps,
        "tol": race.tol,
        "noise": race.noise,
        "seed": race.seed,
        "rates_tried": list(race.rates_tried),
    }


def racer(trajectory: Trajectory, place: int) -> dict[str, Any]:
    """Return what the JSON form says of one racer, which came in at a place, from 1."""
    racer, best = trajectory.racer, trajectory.best_step
    return {
        "name": racer.optimizer.name,
        "label": racer.label,
        "hyper": optimizers.hyper(racer.optimizer),
        "lr_from": racer.lr_from,
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


def remarks(race: Race, minimum: float, source: MinimumSource) -> Iterable[str]:
    """Tell what must be said of a race that is not the plain one; `minimum` is the loss that gaps are measured from."""
    known, seen = race.surface.minimum, f"gaps are measured from the lowest loss seen, {minimum:.6g}"
    if source == "seen" and known is None:
        yield f"the minimum is not known: {seen}" if race.surface.is_bounded else f"the loss has no minimum: {seen}"
    elif source == "seen":
        yield f"the loss goes below the minimum that was told, {known:.6g}: {seen}"
    if race.noise:
        yield f"Gaussian noise of standard deviation {race.noise:g} on the gradient, seed {race.seed}"
    if race.rates_tried:
        tried, low, high = len(race.rates_tried), race.rates_tried[0], race.rates_tried[-1]
        yield (
            f"tuned: each lr is the best of {tried} from {low:g} to {high:g}, in {tried * race.steps} steps a racer; "
            "best is the fewest steps to converge, else the lowest last loss"
        )


def _row(trajectory: Trajectory) -> list[str]:
    hyper = trajectory.racer.settings
    best = trajectory.best_step
    return [
        trajectory.racer.label,
        short(hyper.pop("lr", None)) + _ORIGINS[trajectory.racer.lr_from],
        " ".join(f"{key}={optimizers.short(value)}" for key, value in hyper.items()) or "-",
        ", ".join(f"{value:.4g}" for value in trajectory.points[-1]),
        short(float(trajectory.losses[-1])),
        f"{trajectory.losses[best]:.4g} at {best}",
        f"{trajectory.tail_loss:.4g}",
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
        raise InvalidValueError(f"format {format!r}: must be one of {', '.join(FORMATS)}")
    return _WRITERS[format](told)


def _json(told: Told) -> str:
    import json  # noqa: PLC0415 - the table for people starts faster without

    return json.dumps(told.data(), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _csv(told: Told) -> str:
    import csv  # noqa: PLC0415 - the table for people starts faster without

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(told.cells())
    return text.getvalue()


def short(value: float | None) -> str:
    """Write a number for people."""
    return "-" if value is None else f"{value:.6g}"


_ORIGINS = {"given": "", "rule": "", "convention": " (library's)", "surface": " (suggested)", "tuned": " (tuned)"}


def _markdown(told: Told) -> str:
    words = told.words()
    rows = [[cell.replace("|", "\\|") for cell in row] for row in words.rows]
    lines = [words.headings, ["---"] * len(words.headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "".join(f"\n{note}\n" for note in words.notes)


_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def _latex(told: Told) -> str:
    words = told.words()
    headings, rows = words.headings, words.rows
    lines = [rf"\begin{{tabular}}{{l{'r' * (len(headings) - 1)}}}", r"\hline"]
    lines += [" & ".join(cell.translate(_LATEX) for cell in row) + r" \\" for row in [headings, *rows]]
    lines.insert(3, r"\hline")
    notes = [rf"\\{note.translate(_LATEX)}" for note in told.words().notes]
    return "\n".join([*lines, r"\hline", r"\end{tabular}", *notes]) + "\n"


def _rich(told: Told) -> str:
    return drawing(told, theme=None)


def drawing(told: Told, *, theme: style.Theme | None, width: int | None = None, is_ascii: bool = False) -> str:
    """Draw the table with box characters; in a theme's colours, or with None plain.

    `width` folds the cells to so many columns; None lets every line be as long as it is.
    """
    words = told.words()
    headings, rows, wearers = words.headings, words.rows, words.wearers
    is_left = [heading in words.left for heading in headings]
    if wearers:
        markers = ["*"] * len(style.MARKERS) if is_ascii else list(style.MARKERS.values())
        headings, is_left = ["", *headings], [True, *is_left]
        rows = [[markers[worn], *row] for worn, row in zip(wearers, rows, strict=True)]
    is_simple = all(cell.isascii() for row in rows for cell in row[bool(wearers) :])
    if theme is None and width is None and is_simple and not is_ascii:
        return _plain(headings, rows, is_left) + _below(words.notes, width)
    from rich import box, console, table, text  # noqa: PLC0415 - colours, folding and wide letters are worth its start-up

    grid = table.Table(box=box.ASCII if is_ascii else box.SIMPLE_HEAD, pad_edge=False, header_style="bold" if theme else "")
    for heading, is_words in zip(headings, is_left, strict=True):
        grid.add_column(heading, justify="left" if is_words else "right")
    for index, row in enumerate(rows):
        cells = [text.Text(cell) for cell in row]
        if wearers and theme:
            cells[0].stylize(theme.racers[wearers[index]])
        grid.add_row(*cells)
    out = io.StringIO()
    screen = console.Console(
        file=out,
        width=width or 10_000,
        force_terminal=theme is not None,
        color_system="truecolor" if theme else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
    )
    screen.print(grid)
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines()) + _below(words.notes, width)


def _below(notes: Iterable[str], width: int | None) -> str:
    import textwrap  # noqa: PLC0415 - most tables need no words below

    folded = (textwrap.wrap(note, width - 1) if width else [note] for note in notes)
    lines = [f" {line}\n" for note in folded for line in note]
    return "".join([*lines, "\n"]) if lines else ""


def _plain(headings: list[str], rows: list[list[str]], is_left: list[bool]) -> str:
    """Draw what rich would draw without colours and without folding, at a fifth of a table's start-up."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = []
    for row in (headings, *rows):
        cells = zip(row, widths, is_left, strict=True)
        lines.append(" " + "   ".join(cell.ljust(wide) if left else cell.rjust(wide) for cell, wide, left in cells).rstrip())
    lines.insert(1, " " + "\N{BOX DRAWINGS LIGHT HORIZONTAL}" * (sum(widths) + 3 * (len(widths) - 1)))
    return "\n".join(["", *lines, "", ""])


_WRITERS: dict[str, Callable[[Told], str]] = {
    "rich": _rich,
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "latex": _latex,
}
