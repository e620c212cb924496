"""Races the optimizer objects of torch and optax."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import inspect
import math
import re
import shlex
import sys
import warnings
from contextlib import suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from optirace.errors import InvalidValueError, nearest
from optirace.settings.conformance import Origin, guarded
from optirace.system import turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from optirace.optimizers import Array

_RATES = {"torch": "lr", "optax": "learning_rate"}
_WORD = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_COMMA = re.compile(r",(?=\s*[A-Za-z_]\w*\s*=)", re.ASCII)
"""Between settings: a comma inside a tuple has no key behind it."""
_CONSTANTS = {"true": True, "false": False, "none": None}
_LONGEST_VALUE = 200


class TorchState(NamedTuple):
    """A torch optimizer on its way: unlike the state of a rule of ours, `update` changes it and
    returns the same one.
    """

    optimizer: Any
    theta: Any
    """The torch parameter, float64[..., 2], always equal to the racer's point."""

    lr: float | None
    """The rate that the optimizer was last told."""


class OptaxState(NamedTuple):
    """The state of a transformation, a tree of float64 arrays, and the point it stands at,
    float64[..., 2].
    """

    state: Any
    theta: Array


def is_foreign(text: str) -> bool:
    """Return whether a racer would have a module loaded that is no part of torch or optax, whatever
    else is wrong with it.

    >>> [is_foreign(text) for text in ("torch:NAdam", "torch:torch.optim.NAdam", "torch:mine.Rule")]
    [False, False, True]
    >>> [is_foreign(text) for text in ("optax:lion,lr=1", "adam")]
    [False, False]
    """
    library, colon, rest = text.partition(":")
    first, dot, _ = rest.partition(",")[0].strip().partition(".")
    return bool(colon and dot) and library.strip().lower() == "torch" and first.strip() != "torch"


def racer(text: str, *, may_import: bool = True) -> tuple[type[Any], dict[str, Any], str | None]:
    """Read `torch:NAME,key=value,...` or `optax:NAME,key=value,...`: the class of the rule, its
    settings, and its label.

    The class is made for these words. Its fields are `lr`, where the library's object has a
    learning rate, and the keys that were typed, with an underscore behind them (`momentum` is
    taken) and with the library's defaults; so `class(**settings)` is the racer's rule.
    `learning_rate` is another word for `lr` in optax.

    A torch NAME without a dot is one of torch.optim, one with dots any subclass of
    torch.optim.Optimizer; an optax NAME is a function of optax that returns a gradient
    transformation, such as lion or contrib.prodigy. Values are numbers, tuples, true, false, none
    and words; none is ever evaluated as code.

    Without `may_import` nothing is loaded but torch or optax itself, and NAME is looked for in what
    they hold by then.

    The library's object is made when the race begins, works in float64, and takes one number as its
    rate, not an array. Raises InvalidValueError for a package that is not installed, for a name or
    a value that cannot be, and in the race for whatever the library complains of: a keyword that it
    does not know, a step that needs a closure.
    """
    library, _, rest = text.partition(":")
    library = library.strip().lower()
    name, *settings = _COMMA.split(rest)
    name = name.strip()
    if not _PATH.fullmatch(name):
        raise InvalidValueError(
            "optimizer",
            f"must be {library}:NAME,key=value,... with a comma after the name",
            value=text,
        )
    if not may_import and is_foreign(text):
        module = name.rpartition(".")[0]
        allowed = f"type -O {shlex.quote(text)}, or --trust for a scene of your own"
        raise InvalidValueError(
            "optimizer",
            f"a file may not have the module {module} executed",
            value=text,
            hint=allowed,
        )
    target = (_torch_class if library == "torch" else _optax_function)(
        name, text, may_import=may_import
    )
    parameters = inspect.signature(target).parameters
    rate = _RATES[library]
    typed: dict[str, str] = {}
    for setting in settings:
        key, _, value = (part.strip() for part in setting.partition("="))
        key = rate if key == "lr" and rate in parameters else key
        if key in typed:
            raise InvalidValueError("optimizer", f"{key} is given twice", value=text)
        typed[key] = value
    label = typed.pop("label", None)
    try:
        values = {_field(key, rate): _value(key, value) for key, value in typed.items()}
    except InvalidValueError as problem:
        raise InvalidValueError("optimizer", problem, value=text) from None
    keywords = {_field(key, rate): key for key in ([rate, *typed] if rate in parameters else typed)}
    make = _torch_rule if library == "torch" else _optax_rule
    quietly = functools.partial(_quiet, Origin("optimizer", text, part=f"{library} says"))
    short = name.rpartition(".")[2]
    kind = dataclasses.make_dataclass(
        short,
        [
            (key, Any, dataclasses.field(default=_default(parameters.get(word))))
            for key, word in keywords.items()
        ],
        namespace={
            "name": f"{library}:{name}",
            "label": f"{short} ({library})"[:30],
            "momentum": None,
            "is_velocity": False,
            "formula": "",
            "source": _source(
                target.__module__.partition(".")[0] if library == "torch" else library
            ),
            **({} if "lr" in keywords else {"lr": None}),
            "__post_init__": _check_rate,
            **{method: quietly(function) for method, function in make(target, keywords).items()},
        },
        frozen=True,
    )
    return kind, values, label


def _torch_rule(make: Any, keywords: dict[str, str]) -> dict[str, Callable[..., Any]]:
    def init(self: Any, theta: Array) -> TorchState:
        torch = importlib.import_module("torch")
        closure = inspect.signature(make.step).parameters.get("closure")
        if closure is not None and closure.default is inspect.Parameter.empty:
            raise TypeError(
                f"{make.__name__}.step needs a closure that computes the loss anew, and a "
                "race gives it gradients"
            )
        parameter = torch.nn.Parameter(torch.from_numpy(np.array(theta, np.float64)))
        return TorchState(make([parameter], **_settings(self, keywords)), parameter, self.lr)

    def update(self: Any, gradient: Array, state: TorchState) -> tuple[Array, TorchState]:
        if not np.isfinite(gradient).all():
            return np.full_like(gradient, np.nan), state  # diverged: not a matter to complain of
        torch = importlib.import_module("torch")
        if self.lr != state.lr:
            for group in state.optimizer.param_groups:
                group["lr"] = self.lr
        before = state.theta.detach().numpy().copy()
        state.theta.grad = torch.from_numpy(np.array(gradient, np.float64))
        state.optimizer.step()
        step = before - state.theta.detach().numpy()
        state.theta.detach().copy_(torch.from_numpy(before - step))
        return step, state._replace(lr=self.lr)

    return {"init": init, "update": update}


def _optax_rule(make: Any, keywords: dict[str, str]) -> dict[str, Callable[..., Any]]:
    def transformation(rule: Any) -> Any:
        # Made anew for each step: that costs microseconds, and the rate may follow a schedule.
        made = make(**_settings(rule, keywords))
        if not isinstance(made, importlib.import_module("optax").GradientTransformation):
            raise TypeError(f"it returns {type(made).__name__}, not a gradient transformation")
        return made

    def init(self: Any, theta: Array) -> OptaxState:
        jax = importlib.import_module("jax")
        with jax.enable_x64(True):
            return OptaxState(
                transformation(self).init(jax.numpy.asarray(theta)), np.array(theta, np.float64)
            )

    def update(self: Any, gradient: Array, state: OptaxState) -> tuple[Array, OptaxState]:
        if not np.isfinite(gradient).all():
            return np.full_like(gradient, np.nan), state  # diverged: not a matter to complain of
        jax = importlib.import_module("jax")
        with jax.enable_x64(True):
            slope, theta = (
                jax.numpy.asarray(each, dtype="float64") for each in (gradient, state.theta)
            )
            change, following = transformation(self).update(slope, state.state, theta)
            step = -np.asarray(change, np.float64)
        return step, OptaxState(following, state.theta - step)

    return {"init": init, "update": update}


def _field(keyword: str, rate: str) -> str:
    return "lr" if keyword == rate else f"{keyword}_"


def _settings(rule: Any, keywords: dict[str, str]) -> dict[str, Any]:
    """Return what the library is told: a rate that it must have and was not given is for the
    library to miss.
    """
    return {
        word: getattr(rule, key)
        for key, word in keywords.items()
        if key != "lr" or rule.lr is not None
    }


def _check_rate(rule: Any) -> None:
    if rule.lr is not None and not (isinstance(rule.lr, int | float) and 0.0 <= rule.lr < math.inf):
        raise InvalidValueError("lr", "must be a finite number, 0 or more", value=rule.lr)


def _default(parameter: inspect.Parameter | None) -> Any:
    """Return the library's default where it is of a kind that a person can type, and else None."""
    value = None if parameter is None else parameter.default
    return value if isinstance(value, bool | int | float | str | tuple) else None


def _value(subject: str, text: str) -> Any:
    """Read a number, a tuple of values, a truth value, none, or a word with or without quotes."""
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    if len(text) <= _LONGEST_VALUE:
        with (
            suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError),
            warnings.catch_warnings(action="ignore"),
        ):
            return _checked(ast.literal_eval(text))
        if _WORD.fullmatch(text) and text.lower() not in ("nan", "inf", "infinity"):
            return text
    wanted = "must be a finite number, a tuple such as (0.9, 0.99), true, false, none or a word"
    raise InvalidValueError(subject, wanted, value=text)


def _checked(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(map(_checked, value))
    is_number = isinstance(value, int | float) and abs(value) <= sys.float_info.max
    if not (is_number or value is None or isinstance(value, str)):
        raise ValueError
    return value


def _quiet(origin: Origin, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function without the library's warnings, and with its exceptions in one line."""

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        with turns.quiet():
            return function(*arguments)

    return guarded(call, origin)


def _module(name: str, text: str) -> Any:
    try:
        # Without a turn: another thread may wait for it in the middle of an import for which this
        # one would wait.
        with warnings.catch_warnings(action="ignore"):
            return guarded(
                importlib.import_module, Origin("optimizer", text, part=f"import {name}")
            )(name)
    except InvalidValueError as problem:
        missing = getattr(problem.__cause__, "name", None)
        if not isinstance(problem.__cause__, ModuleNotFoundError) or not missing:
            raise
        reason = (
            f"there is no module {missing}"
            if "." in missing
            else f"needs the package {missing}, which is not installed"
        )
        hint = (
            'type: pip install "optirace[libraries]"'
            if missing in ("jax", "optax", "torch")
            else ""
        )
        raise InvalidValueError("optimizer", reason, value=text, hint=hint) from None


def _loaded(name: str, text: str) -> Any:
    """Return a module of a library that the library itself has loaded; an attribute that loads one
    when asked is not asked.
    """
    library, *inner = name.split(".")
    home = sys.modules[library]
    for each in inner:
        found = vars(home).get(each)
        if not isinstance(found, ModuleType) or found.__name__.partition(".")[0] != library:
            raise InvalidValueError(
                "optimizer", f"{library} has loaded no module {name}", value=text
            )
        home = found
    return home


def _torch_class(name: str, text: str, *, may_import: bool) -> Any:
    base = _module("torch", text).optim.Optimizer
    place, _, short = name.rpartition(".")
    home = (_module if may_import else _loaded)(place or "torch.optim", text)

    def is_right(value: Any) -> bool:
        return isinstance(value, type) and issubclass(value, base) and value is not base

    return _found(home, short, is_right, text, may_import=may_import)


def _optax_function(name: str, text: str, *, may_import: bool) -> Any:
    _module("optax", text)
    place, _, short = name.removeprefix("optax.").rpartition(".")
    home = (_module if may_import else _loaded)(f"optax.{place}" if place else "optax", text)
    return _found(home, short, _is_of_optax, text, may_import=may_import)


def _is_of_optax(value: Any) -> bool:
    function = getattr(value, "func", value)  # optax.nadam is a partial of optax.adam
    return inspect.isfunction(function) and function.__module__.partition(".")[0] == "optax"


def _found(
    home: Any, name: str, is_right: Callable[[Any], bool], text: str, *, may_import: bool
) -> Any:
    found = (
        vars(home).get(name) if name in vars(home) or not may_import else getattr(home, name, None)
    )
    if is_right(found):
        return found
    rivals = {each.lower(): each for each, value in vars(home).items() if is_right(value)}
    near = nearest(name, rivals)
    hint = f"did you mean {rivals[near]}?" if near else ""
    raise InvalidValueError(
        "optimizer", f"{home.__name__} has no optimizer {name}", value=text, hint=hint
    )


def _source(package: str) -> str:
    from importlib import metadata  # beside the library that it asks about

    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return package
