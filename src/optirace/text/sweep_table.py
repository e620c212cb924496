"""Tells a sweep as a table of where each racer works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optirace import optimizers
from optirace.racing import sweeps
from optirace.text import tables
from optirace.text.columns import Column, Said, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optirace.racing.sweeps import Range, Sweep, Swept


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where the racers of a sweep work; str() of it is the text for a terminal without colour."""

    sweep: Sweep

    def __str__(self) -> str:
        return tables.written(self, "rich")

    __repr__ = __str__

    def data(self) -> dict[str, Any]:
        """Return what the JSON form holds; non-finite numbers and values that there are none of are
        None.

        `racers` holds for each racer its name, label and the hyperparameters that are not swept;
        how many of its runs have converged and diverged; its range at the beta with which it is
        fastest; and under `betas` the range at every beta.
        """
        axes = {"lr": self.sweep.lr, "beta": self.sweep.beta}
        return {
            **tables.head(self.sweep.race),
            **tables.goal(self.sweep.minimum, self.sweep.minimum_from, self.sweep.minima),
            **{
                name: None
                if axis is None
                else {"from": float(axis[0]), "to": float(axis[-1]), "count": len(axis)}
                for name, axis in axes.items()
            },
            "racers": [self._racer(each) for each in self.sweep.swept],
        }

    def _racer(self, swept: Swept) -> dict[str, Any]:
        is_swept = {"lr"} if swept.beta is None else {"lr", sweeps.beta_name(swept.racer.optimizer)}
        return {
            "name": swept.racer.optimizer.name,
            "label": swept.racer.label,
            "hyper": {
                key: value
                for key, value in optimizers.hyper(swept.racer.optimizer).items()
                if key not in is_swept
            },
            "lr_schedule": None if swept.racer.schedule is None else swept.racer.schedule.text,
            "runs": swept.ends.loss.size,
            "converged": int((swept.ends.converged >= 0).sum()),
            "diverged": int((swept.ends.diverged >= 0).sum()),
            **_range(self.sweep.range(swept)),
            "betas": None
            if swept.beta is None
            else [_range(each) for each in self.sweep.ranges(swept)],
        }

    def cells(self) -> Iterable[Iterable[tables.Cell]]:
        """Return the rows of the CSV form, the first of them its headings; a racer has a row for
        every beta.
        """
        rows = [
            (each.racer, _range(found))
            for each in self.sweep.swept
            for found in self.sweep.ranges(each)
        ]
        yield ["name", "label", *rows[0][1]]
        for racer, found in rows:
            yield [racer.optimizer.name, racer.label, *found.values()]

    def words(self) -> Words:
        """Return the table for people: rich, Markdown and LaTeX."""
        has_beta = self.sweep.beta is not None
        rows = []
        for swept in self.sweep.swept:
            found = self.sweep.range(swept)
            rows.append(
                [
                    swept.racer.label,
                    *([Said("{}", (found.beta,))] if has_beta else []),
                    "-" if found.lr is None else Said("{} to {}", found.lr, digits=4),
                    "-"
                    if found.fastest is None
                    else Said("{} in {} steps", (found.fastest, found.steps), digits=4),
                    Said("{}", (found.diverges,), digits=4),
                    Said("{} at {}", (found.loss, found.best), digits=4),
                ]
            )
        wearers = [each.racer.style for each in self.sweep.swept]
        shown = [column for column in _COLUMNS if has_beta or column.heading != "beta"]
        return Words(shown, rows, wearers, tuple(self._remarks()))

    def _remarks(self) -> Iterable[str]:
        yield from tables.remarks(
            self.sweep.race, self.sweep.minimum, self.sweep.minimum_from, self.sweep.minima
        )
        for swept in self.sweep.swept:
            if swept.racer.schedule is not None:
                yield (
                    f"{swept.racer.label}: the schedule {swept.racer.schedule.text} scales the "
                    "lr that is told"
                )
            if self.sweep.beta is not None and swept.beta is None:
                yield f"{swept.racer.label}: has no beta, so only its lr is swept"


_COLUMNS = (
    Column("racer", is_words=True),
    Column("beta"),
    Column("converges at lr"),
    Column("fastest at lr", rank=1),
    Column("diverges from lr", rank=2),
    Column("best loss at lr", rank=3),
)


def _range(found: Range) -> dict[str, tables.Cell]:
    low, high = found.lr or (None, None)
    return {
        "beta": found.beta,
        "converges_from": low,
        "converges_to": high,
        "fastest_lr": found.fastest,
        "fastest_steps": found.steps,
        "diverges_from": found.diverges,
        "best_lr": found.best,
        "best_loss": tables.finite(found.loss),
    }
