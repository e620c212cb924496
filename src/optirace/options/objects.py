"""Turns objects of a program into the words that say the same, and into a registry where no words
do.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from optirace.errors import InvalidValueError
from optirace.optimizers import OPTIMIZERS
from optirace.settings import plugins
from optirace.surfaces import SURFACES, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from optirace.settings.plugins import Registry

FUNCTION = "function"
"""What the surface of a function is called whose gradient is given."""


def surface(
    given: object, gradient: Callable[[Any, Any], Any] | None, known: Registry
) -> tuple[Any, Registry]:
    """Return the word for a surface: a name, a formula, or the name that the registry which is
    returned with it knows.

    A function becomes the formula that it computes, unless its gradient is given. Raises
    InvalidValueError for what is no surface, and for a gradient of anything but a function.
    """
    is_function = callable(given) and not isinstance(given, type)
    if gradient is not None and not is_function:
        raise InvalidValueError(
            "gradient",
            "is that of a function",
            hint="give the function as surface, or leave it out",
        )
    if isinstance(given, Surface):
        if given is SURFACES.get(given.name):
            return given.name, known
        return given.name, plugins.with_surface(given, known)
    if is_function and gradient is None:
        from optirace.surfaces import traced  # for a program with a function

        return traced.text(given), known  # type: ignore[arg-type] # it is callable
    if is_function:
        formula = r"f(\theta_1, \theta_2)"
        whole: Any = Surface(
            name=FUNCTION,
            formula=formula,
            value=given,  # type: ignore[arg-type]
            gradient=gradient,  # type: ignore[arg-type]
            start=(-5.0, 3.0),
            log_levels=True,
        )
        return FUNCTION, plugins.with_surface(whole, known)
    if not isinstance(given, str):
        wanted = "must be a name, a formula, a function of x and y, or an optirace.Surface"
        raise InvalidValueError("surface", wanted, shown=shown(given))
    return given, known


def optimizers(given: Iterable[object], known: Registry) -> tuple[list[str], Registry]:
    """Return the words for racers, each of which may be an optimizer, and the registry that knows
    them.

    An optimizer says all its values, also those that are its defaults. Raises InvalidValueError for
    what is none.
    """
    if not hasattr(given, "__iter__"):
        raise InvalidValueError(
            "optimizers", "must be a list of racers, such as ['adam:lr=0.3']", shown=shown(given)
        )
    words = []
    for each in given:
        if isinstance(each, str):
            words.append(each)
            continue
        kind = type(each)
        if isinstance(each, type) or not (
            dataclasses.is_dataclass(each) and callable(getattr(each, "update", None))
        ):
            wanted = "must be a racer, such as 'adam:lr=0.3' or optirace.Adam(lr=0.3)"
            raise InvalidValueError("optimizer", wanted, shown=shown(each))
        name = getattr(each, "name", kind.__name__.lower())
        if name not in known.optimizers or known.optimizers[name] is not kind:
            known = (
                known
                if name in known.optimizers and name not in OPTIMIZERS
                else plugins.with_rule(kind, name, known)
            )
        values = ",".join(
            f"{field.name}={getattr(each, field.name)}" for field in dataclasses.fields(each)
        )
        words.append(f"{name}:{values}" if values else name)
    return words, known


def shown(value: object) -> str:
    """Write a value that is of a wrong type as a message has it, in one short line."""
    told = " ".join(repr(value).split())
    return told if len(told) <= 40 else f"{told[:37]}..."
