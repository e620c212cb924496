"""Race gradient-descent optimizers on a two-dimensional loss surface and put the race on film.

    import optirace

    result = optirace.race(lr=0.1)
    print(optirace.table(result))
    optirace.render(result, "race.mp4")

Nothing heavy is loaded before it is used: numpy with the first race, matplotlib's fonts with the
first film.
"""

from __future__ import annotations

from importlib import import_module

# as type checkers read it; to load typing takes half of the time until the command heeds a Ctrl-C
TYPE_CHECKING = False
if TYPE_CHECKING:
    import builtins
    from typing import Any

    from optirace.api import check, doctor, explain, inspect, race, render, snippet, sweep, table
    from optirace.api import list as list  # noqa: A004 - the word of the command, and no part of __all__
    from optirace.errors import (
        InvalidValueError,
        MissingCharacterWarning,
        OptiraceError,
        OutputError,
    )
    from optirace.optimizers import Optimizer
    from optirace.optimizers.lecture import SGD, Adam, Momentum, RMSProp
    from optirace.optimizers.moments import AdaMax, AdamW, AMSGrad, NAdam, RAdam
    from optirace.optimizers.scaling import Adadelta, AdaGrad, RMSPropCentered, RMSPropMomentum
    from optirace.optimizers.sign import Lion, Rprop, Signum
    from optirace.optimizers.variance import AdaBelief, Adan, QHAdam, Yogi
    from optirace.optimizers.velocity import QHM, HeavyBall, Nesterov
    from optirace.racing.engine import Race, Result
    from optirace.racing.sweeps import Sweep
    from optirace.surfaces import Surface

__version__ = "0.1.0"

# `list` is there as well, and stays out of a star's reach: it would hide Python's own.
__all__ = [
    "QHM",
    "SGD",
    "AMSGrad",
    "AdaBelief",
    "AdaGrad",
    "AdaMax",
    "Adadelta",
    "Adam",
    "AdamW",
    "Adan",
    "HeavyBall",
    "InvalidValueError",
    "Lion",
    "MissingCharacterWarning",
    "Momentum",
    "NAdam",
    "Nesterov",
    "Optimizer",
    "OptiraceError",
    "OutputError",
    "QHAdam",
    "RAdam",
    "RMSProp",
    "RMSPropCentered",
    "RMSPropMomentum",
    "Race",
    "Result",
    "Rprop",
    "Signum",
    "Surface",
    "Sweep",
    "Yogi",
    "__version__",
    "check",
    "doctor",
    "explain",
    "inspect",
    "race",
    "render",
    "snippet",
    "sweep",
    "table",
]

_HOMES = {
    "AMSGrad": "optirace.optimizers.moments",
    "AdaBelief": "optirace.optimizers.variance",
    "AdaGrad": "optirace.optimizers.scaling",
    "AdaMax": "optirace.optimizers.moments",
    "Adadelta": "optirace.optimizers.scaling",
    "Adam": "optirace.optimizers.lecture",
    "AdamW": "optirace.optimizers.moments",
    "Adan": "optirace.optimizers.variance",
    "HeavyBall": "optirace.optimizers.velocity",
    "InvalidValueError": "optirace.errors",
    "Lion": "optirace.optimizers.sign",
    "MissingCharacterWarning": "optirace.errors",
    "Momentum": "optirace.optimizers.lecture",
    "NAdam": "optirace.optimizers.moments",
    "Nesterov": "optirace.optimizers.velocity",
    "Optimizer": "optirace.optimizers",
    "OptiraceError": "optirace.errors",
    "OutputError": "optirace.errors",
    "QHAdam": "optirace.optimizers.variance",
    "QHM": "optirace.optimizers.velocity",
    "RAdam": "optirace.optimizers.moments",
    "RMSProp": "optirace.optimizers.lecture",
    "RMSPropCentered": "optirace.optimizers.scaling",
    "RMSPropMomentum": "optirace.optimizers.scaling",
    "Race": "optirace.racing.engine",
    "Result": "optirace.racing.engine",
    "Rprop": "optirace.optimizers.sign",
    "SGD": "optirace.optimizers.lecture",
    "Signum": "optirace.optimizers.sign",
    "Surface": "optirace.surfaces",
    "Sweep": "optirace.racing.sweeps",
    "Yogi": "optirace.optimizers.variance",
    "check": "optirace.api",
    "doctor": "optirace.api",
    "explain": "optirace.api",
    "inspect": "optirace.api",
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
