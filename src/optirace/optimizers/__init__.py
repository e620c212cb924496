"""Update rules: frozen hyperparameters and two pure functions; and the table of those we ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from optirace.optimizers.lecture import SGD, Adam, Momentum, RMSProp
from optirace.optimizers.rule import Array, Optimizer, hyper, short, told

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "Array",
    "Momentum",
    "Optimizer",
    "RMSProp",
    "hyper",
    "short",
    "suiting",
    "told",
]


class Table(Mapping[str, type[Any]]):
    """Rules by the name that a person types, in display order; a rule's file is loaded when the
    rule is asked for.

    A race of four starts as fast as if there were no others.
    """

    __slots__ = ("_places",)

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> type[Any]:
        module, _, rule = self._places[name].partition(".")
        found: type[Any] = getattr(import_module(f"optirace.optimizers.{module}"), rule)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


OPTIMIZERS = Table(
    {
        "sgd": "lecture.SGD",
        "momentum": "lecture.Momentum",
        "rmsprop": "lecture.RMSProp",
        "adam": "lecture.Adam",
        "heavy-ball": "velocity.HeavyBall",
        "nesterov": "velocity.Nesterov",
        "adagrad": "scaling.AdaGrad",
        "adadelta": "scaling.Adadelta",
        "rmsprop-momentum": "scaling.RMSPropMomentum",
        "rmsprop-centered": "scaling.RMSPropCentered",
        "adamax": "moments.AdaMax",
        "nadam": "moments.NAdam",
        "radam": "moments.RAdam",
        "adamw": "moments.AdamW",
        "amsgrad": "moments.AMSGrad",
        "adabelief": "variance.AdaBelief",
        "yogi": "variance.Yogi",
        "lion": "sign.Lion",
        "signum": "sign.Signum",
        "rprop": "sign.Rprop",
        "qhm": "velocity.QHM",
        "qhadam": "variance.QHAdam",
        "adan": "variance.Adan",
    }
)
"""Each takes its hyperparameters as keywords, all of them optional: `OPTIMIZERS["adam"](lr=0.2)`.

Muon is not among them: it turns the momentum of a weight matrix into the nearest matrix with
orthonormal rows or columns, and the point of a plane is no matrix. Read as one column, nearest
means divided by its length, and Muon is momentum with steps of one length.
"""

_KIN: dict[str, tuple[str, float]] = {
    "momentum:heavy-ball": ("momentum", 0.1),
    "momentum:torch-dampened": ("momentum", 0.1),
    "heavy-ball": ("momentum", 0.1),
    "nesterov": ("momentum", 0.05),
    "radam": ("sgd", 1.0),
    "qhm": ("sgd", 1.0),
    **dict.fromkeys(
        ("adagrad", "adamax", "nadam", "adamw", "amsgrad", "adabelief", "yogi", "qhadam"),
        ("adam", 1.0),
    ),
}
"""Whose learning rate suits a rule, or a form of it, too, and which share of it.

A sum of gradients is ten times their average, and RAdam's first steps are SGD's. The rules that are
not here bear their own default everywhere.
"""


def suiting(rates: Mapping[str, float], rule: str, form: str = "") -> float | None:
    """Return the rate that suits a rule in a form, of the rates that suit some rules; None where
    none is known.

    >>> suiting({"momentum": 0.2, "adam": 1.0}, "heavy-ball")
    0.02
    >>> suiting({"momentum": 0.2}, "momentum", "average")
    0.2
    """
    kin, share = _KIN.get(f"{rule}:{form}") or (
        _KIN[rule] if rule in _KIN and rule not in rates else (rule, 1.0)
    )
    return float(f"{rates[kin] * share:.12g}") if kin in rates else None
