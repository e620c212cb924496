"""Finds rules and surfaces that others wrote."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from optirace.errors import InvalidValueError, OptiraceError
from optirace.optimizers import OPTIMIZERS
from optirace.settings import conformance
from optirace.settings.conformance import Origin, guarded
from optirace.surfaces import SURFACES, Surface
from optirace.system import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.metadata import EntryPoint
    from pathlib import Path

Shelf: TypeAlias = Literal["optimizers", "surfaces"]

_WANTED: dict[Shelf, str] = {
    "optimizers": "a rule (a frozen dataclass with init and update)",
    "surfaces": "a surface (an instance of Surface)",
}

LARGEST_FILE = 1_000_000
"""Bytes of a plugin: a thousand times our examples."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The rules and the surfaces that can be raced, by name; what packages installed is looked up
    only when asked for.
    """

    optimizers: Mapping[str, type[Any]]
    """Frozen dataclasses that do what `optimizers.Optimizer` says."""

    surfaces: Mapping[str, Surface]

    may_import: bool = True
    """Whether `torch:my_module.Rule` may load that module, which executes it: false for what a file
    says by itself.
    """

    def optimizer(self, name: str) -> type[Any] | None:
        """Return the class of a rule, or None; raises InvalidValueError where an installed one is
        broken.
        """
        return self.optimizers.get(name) or _installed("optimizers", name)

    def surface(self, name: str) -> Surface | None:
        """Return a surface, or None; raises InvalidValueError where an installed one is broken."""
        return self.surfaces.get(name) or _installed("surfaces", name)

    def names(self, shelf: Shelf) -> tuple[str, ...]:
        """Return every name that can be typed, the installed ones last."""
        return tuple(dict.fromkeys([*getattr(self, shelf), *_entry_points(shelf)]))

    def everything(self) -> tuple[Registry, tuple[str, ...]]:
        """Return a registry that holds the installed ones too, and a line for each of them that
        cannot be used.
        """
        found: dict[Shelf, dict[str, Any]] = {
            "optimizers": dict(self.optimizers),
            "surfaces": dict(self.surfaces),
        }
        notes = []
        for shelf, table in found.items():
            for name, entry in _entry_points(shelf).items():
                try:
                    _put(table, shelf, name, _origin(entry), _installed(shelf, name))
                except InvalidValueError as problem:
                    notes.append(str(problem))
        return replace(self, optimizers=found["optimizers"], surfaces=found["surfaces"]), tuple(
            notes
        )


SHIPPED = Registry(OPTIMIZERS, SURFACES)


def load(path: Path, registry: Registry = SHIPPED) -> Registry:
    """Run a Python file, and return the registry with the rules and surfaces that the file defines.

    A plugin is a program: what stands in the file is executed. A rule is a frozen dataclass with a
    field `lr`, with defaults for all fields, and with `init` and `update` as `optimizers.Optimizer`
    says. What it leaves out of that protocol is filled in: the name is the class's in lower case,
    the source the file. A surface is an instance of `Surface` that a variable of the file holds.
    Names that begin with _ are the file's own business. Everything is tried once, and a gradient
    held against the slope of its value.

    Raises InvalidValueError, one line with the file and the line in it, for whatever goes wrong in
    the file, now or while it races.
    """
    origin = Origin("plugin", str(path), shown=str(path))
    source = reading.content("plugin", path, LARGEST_FILE, value=str(path), shown=str(path))
    module = ModuleType(str(origin))
    module.__file__ = file = str(path)
    sys.modules[module.__name__] = (
        module  # where dataclasses look up the names in annotations that are text
    )
    try:
        code = guarded(compile, origin, file)(source, file, "exec", dont_inherit=True)
        guarded(exec, origin, file)(code, vars(module))
    except OptiraceError:
        del sys.modules[module.__name__]
        raise
    optimizers, surfaces = dict(registry.optimizers), dict(registry.surfaces)
    public = {
        id(value): value for variable, value in vars(module).items() if not variable.startswith("_")
    }
    for value in public.values():
        if isinstance(value, type) and value.__module__ == module.__name__ and _is_rule(value):
            rule = conformance.rule(value, value.__name__.lower(), origin, file)
            _put(optimizers, "optimizers", rule.name, origin, rule)
        elif isinstance(value, Surface) and all(value is not each for each in SURFACES.values()):
            surface = conformance.surface(value, origin, file)
            _put(surfaces, "surfaces", surface.name, origin, surface)
    if len(optimizers) + len(surfaces) == len(registry.optimizers) + len(registry.surfaces):
        raise origin.error(f"defines neither {_WANTED['optimizers']} nor {_WANTED['surfaces']}")
    return replace(registry, optimizers=optimizers, surfaces=surfaces)


def collected(paths: Iterable[Path], known: Registry = SHIPPED) -> Registry:
    """Return what is known already, and what these files hold; each is executed."""
    return functools.reduce(lambda known, path: load(path, known), paths, known)


def with_rule(kind: type[Any], name: str, known: Registry) -> Registry:
    """Return a registry with the class of a program's rule, under a name; it is tried as one of a
    file is.
    """
    origin = Origin("optimizer", kind.__name__, shown=kind.__name__)
    table = dict(known.optimizers)
    _put(table, "optimizers", name, origin, conformance.rule(kind, name, origin))
    return replace(known, optimizers=table)


def with_surface(surface: Surface, known: Registry) -> Registry:
    """Return a registry with a program's surface; it is tried as one of a file is."""
    origin = Origin("surface", surface.name, shown=repr(surface.name))
    table = dict(known.surfaces)
    _put(table, "surfaces", surface.name, origin, conformance.surface(surface, origin))
    return replace(known, surfaces=table)


def _put(table: dict[str, Any], shelf: Shelf, name: str, origin: Origin, value: object) -> None:
    if name in table:
        owner = "optirace's own" if name in getattr(SHIPPED, shelf) else "an earlier"
        raise origin.error(
            f"its {name!r} would hide {owner} {name!r} in the list of {shelf}", hint="rename it"
        )
    table[name] = value


def _is_rule(kind: type) -> bool:
    return all(callable(getattr(kind, method, None)) for method in ("init", "update"))


def _entry_points(shelf: Shelf) -> dict[str, EntryPoint]:
    from importlib import (
        metadata,
    )  # costs a fifth of a table, for who types a name that we do not ship

    return {each.name: each for each in metadata.entry_points(group=f"optirace.{shelf}")}


def _origin(entry: EntryPoint) -> Origin:
    return Origin(
        "plugin",
        entry.name,
        shown=f"{entry.name} of {entry.dist.name if entry.dist else entry.value}",
    )


def _installed(shelf: Shelf, name: str) -> Any:
    entry = _entry_points(shelf).get(name)
    if entry is None:
        return None
    origin = _origin(entry)
    found = guarded(entry.load, origin)()
    if not (
        isinstance(found, Surface)
        if shelf == "surfaces"
        else isinstance(found, type) and _is_rule(found)
    ):
        raise origin.error(InvalidValueError(entry.value, f"must be {_WANTED[shelf]}"))
    whole = (
        conformance.surface(found, origin)
        if shelf == "surfaces"
        else conformance.rule(found, name, origin)
    )
    if whole.name != name:
        raise origin.error(
            InvalidValueError("name", f"must be the entry point's, {name!r}", value=whole.name)
        )
    return whole
