"""Update rules: frozen hyper-parameters and two pure functions; and the table of those we ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from optirace.optimizers.lecture import SGD, Adam, Momentum, RMSProp
from optirace.optimizers.rule import Array, Optimizer, hyper, short, told

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Array", "Momentum", "Optimizer", "RMSProp", "hyper", "short", "told"]


class Table(Mapping[str, type[Any]]):
    """Rules by the name that a person types, in display order; a rule's file is loaded when the rule is asked for.

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
"""Each takes its hyper-parameters as keywords, all of them optional: `OPTIMIZERS["adam"](lr=0.2)`.

Muon is not among them: it turns the momentum of a weight matrix into the nearest matrix with orthonormal rows or columns, and
the point of a plane is no matrix. Read as one column, nearest means divided by its length, and Muon is momentum with steps of
one length.
"""
