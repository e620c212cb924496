"""Lists what can be typed: surfaces, optimizers, conventions, themes and formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optirace import optimizers
from optirace.errors import chosen
from optirace.look import themes
from optirace.optimizers import conventions
from optirace.output.formats import FORMATS
from optirace.text import tables
from optirace.text.columns import Column, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from optirace.settings.plugins import Registry


@dataclass(frozen=True, slots=True)
class Listing:
    """One of KINDS as a table; in JSON everything is told, to people what they choose by."""

    kind: str
    entries: tuple[dict[str, Any], ...]
    columns: tuple[str, ...]
    """The keys that people are shown."""

    notes: tuple[str, ...] = ()
    """A line for each installed plugin that cannot be used."""

    def __str__(self) -> str:
        return tables.written(self, "rich")

    def data(self) -> dict[str, Any]:
        """Return what the JSON form holds: the entries under the name of their kind, and the
        notes.
        """
        return {self.kind: list(self.entries), "notes": list(self.notes)}

    def cells(self) -> Iterable[Iterable[tables.Cell]]:
        """Return the rows of the CSV form, the first of them its headings."""
        yield self.columns
        for entry in self.entries:
            yield [_words(entry[column]) for column in self.columns]

    def words(self) -> Words:
        """Return the table for people: rich, Markdown and LaTeX."""
        headings, *rows = ([str(cell) for cell in row] for row in self.cells())
        return Words(
            [Column(heading, is_words=True, wraps=at > 0) for at, heading in enumerate(headings)],
            rows,
            (),
            self.notes,
        )


def listing(kind: str, registry: Registry) -> Listing:
    """List a kind of thing, with those of a registry and of installed packages; raises
    InvalidValueError for another kind.
    """
    kind = chosen("list", kind, KINDS)
    whole, notes = registry.everything()
    entries, columns = KINDS[kind]
    return Listing(
        kind, tuple(entries(whole)), columns, notes if kind in ("surfaces", "optimizers") else ()
    )


def _surfaces(registry: Registry) -> Iterable[dict[str, Any]]:
    for name, surface in registry.surfaces.items():
        yield {
            "name": name,
            "label": surface.label,
            "formula": surface.expression,
            "start": list(surface.start),
            "view": None if surface.view is None else list(surface.view),
            "minima": [list(point) for point in surface.minima],
            "minimum": surface.minimum,
            "lr": dict(surface.lr),
            "lesson": surface.lesson,
            "source": surface.source,
        }


def _optimizers(registry: Registry) -> Iterable[dict[str, Any]]:
    for name, kind in registry.optimizers.items():
        rule = kind()
        yield {
            "name": name,
            "label": rule.label,
            "defaults": optimizers.hyper(rule),
            "conventions": [
                library for library, rules in conventions.CONVENTIONS.items() if name in rules
            ],
            "lesson": getattr(rule, "lesson", ""),
            "source": rule.source,
        }


def _conventions(_: Registry) -> Iterable[dict[str, Any]]:
    for name, rules in conventions.CONVENTIONS.items():
        yield {"name": name, "rules": list(optimizers.OPTIMIZERS if name == "lecture" else rules)}


def _themes(_: Registry) -> Iterable[dict[str, Any]]:
    for name, theme in themes.THEMES.items():
        yield {"name": name, "paper": theme.paper, "text": theme.text, "racers": list(theme.racers)}


def _formats(_: Registry) -> Iterable[dict[str, Any]]:
    for name, form in FORMATS.items():
        yield {
            "name": name,
            "description": form.description,
            "is_still": form.is_still,
            "highest_fps": form.highest_fps,
        }


KINDS: dict[str, tuple[Callable[[Registry], Iterable[dict[str, Any]]], tuple[str, ...]]] = {
    "surfaces": (_surfaces, ("name", "start", "minima", "lesson")),
    "optimizers": (_optimizers, ("name", "label", "defaults", "lesson")),
    "conventions": (_conventions, ("name", "rules")),
    "themes": (_themes, ("name", "paper", "text", "racers")),
    "formats": (_formats, ("name", "description")),
}
"""What makes the entries of a kind, and which of their keys people are shown."""


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={optimizers.short(each)}" for key, each in value.items())
    if isinstance(value, list):
        is_point = all(isinstance(each, float) for each in value)
        return ("," if is_point else " ").join(_words(each) for each in value) or "-"
    return f"{value:g}" if isinstance(value, float) else str(value)
