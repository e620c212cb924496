"""Race gradient-descent optimizers on a two-dimensional loss surface and put the race on film.

    import optirace

    result = optirace.race(lr=0.1)
    print(optirace.table(result))
    optirace.render(result, "race.mp4")

Nothing heavy is loaded before it is used: numpy with the first race, matplotlib's fonts with the first film.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as type checkers read it; to load typing takes half of the time until the command heeds a Ctrl-C
if TYPE_CHECKING:
    import builtins
    from typing import Any

    from optirace.api import explain, race, render, snippet, sweep, table
    from optirace.api import list as list  # noqa: A004 - the word of the command, and no part of __all__
    from optirace.errors import InvalidValueError, MissingCharacterWarning, OptiraceError, OutputError

__version__ = "0.1.0"

# `list` is there as well, and stays out of a star's reach: it would hide Python's own.
__all__ = [
    "InvalidValueError",
    "MissingCharacterWarning",
    "OptiraceError",
    "OutputError",
    "__version__",
    "explain",
    "race",
    "render",
    "snippet",
    "sweep",
    "table",
]

_HOMES = {
    "InvalidValueError": "optirace.errors",
    "MissingCharacterWarning": "optirace.errors",
    "OptiraceError": "optirace.errors",
    "OutputError": "optirace.errors",
    "explain": "optirace.api",
    "list": "optirace.api",
    "race": "optirace.api",
    "render": "optirace.api",
    "snippet": "optirace.api",
    "sweep": "optirace.api",
    "table": "optirace.api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> builtins.list[str]:
    return sorted({*__all__, *_HOMES})
