"""Race gradient-descent optimizers on a two-dimensional loss surface and put the race on film.

    import optirace

    result = optirace.race(lr=0.1)
    print(result.table())
    optirace.render(result, "race.mp4")

Nothing heavy is loaded before it is used: numpy with the first race, matplotlib's fonts with the first film.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optirace.api import race, render, table
    from optirace.errors import InvalidValueError, OptiraceError, OutputError

__version__ = "0.1.0"

__all__ = ["InvalidValueError", "OptiraceError", "OutputError", "__version__", "race", "render", "table"]

_HOMES = {
    "InvalidValueError": "optirace.errors",
    "OptiraceError": "optirace.errors",
    "OutputError": "optirace.errors",
    "race": "optirace.api",
    "render": "optirace.api",
    "table": "optirace.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
