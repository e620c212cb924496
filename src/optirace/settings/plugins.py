"""Finds rules and surfaces that others wrote."""

from __future__ import annotations

import dataclasses
import functools
import re
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from optirace.errors import InvalidValueError, OptiraceError
from optirace.look import characters
from optirace.optimizers import OPTIMIZERS
from optirace.surfaces import SURFACES, Surface
from optirace.system import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from importlib.metadata import EntryPoint
    from pathlib import Path

Shelf: TypeAlias = Literal["optimizers", "surfaces"]

_WANTED: dict[Shelf, str] = {
    "optimizers": "a rule (a frozen dataclass with init and update)",
    "surfaces": "a surface (an instance of Surface)",
}

NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}")

LARGEST_FILE = 1_000_000
"""Bytes of a plug-in: a thousand times our examples."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The rules and the surfaces that can be raced, by name; what packages installed is looked up only when asked for."""

    optimizers: Mapping[str, type[Any]]
    """Frozen dataclasses that do what `optimizers.Optimizer` says."""

    surfaces: Mapping[str, Surface]

    may_import: bool = True
    """Whether `torch:my_module.Rule` may load that module, which executes it: false for what a file says by itself."""

    def optimizer(self, name: str) -> type[Any] | None:
        """Return the class of a rule, or None; raises InvalidValueError where an installed one is broken."""
        return self.optimizers.get(name) or _installed("optimizers", name)

    def surface(self, name: str) -> Surface | None:
        """Return a surface, or None; raises InvalidValueError where an installed one is broken."""
        return self.surfaces.get(name) or _installed("surfaces", name)

    def names(self, shelf: Shelf) -> tuple[str, ...]:
        """Return every name that can be typed, the installed ones last."""
        return tuple(dict.fromkeys([*getattr(self, shelf), *_entry_points(shelf)]))

    def everything(self) -> tuple[Registry, tuple[str, ...]]:
        """Return a registry that holds the installed ones too, and a line for each of them that cannot be used."""
        found: dict[Shelf, dict[str, Any]] = {"optimizers": dict(self.optimizers), "surfaces": dict(self.surfaces)}
        notes = []
        for shelf, table in found.items():
            for name, entry in _entry_points(shelf).items():
                try:
                    _put(table, shelf, name, _origin(entry), _installed(shelf, name))
                except InvalidValueError as problem:
                    notes.append(str(problem))
        return replace(self, optimizers=found["optimizers"], surfaces=found["surfaces"]), tuple(notes)


SHIPPED = Registry(OPTIMIZERS, SURFACES)


def load(path: Path, registry: Registry = SHIPPED) -> Registry:
    """Run a Python file, and return the registry with the rules and surfaces that the file defines.

    A plug-in is a program: what stands in the file is executed. A rule is a frozen dataclass with a field `lr`, with
    defaults for all fields, and with `init` and `update` as `optimizers.Optimizer` says. What it leaves out of that
    protocol is filled in: the name is the class's in lower case, the source the file. A surface is an instance of `Surface`
    that a variable of the file holds. Names that begin with _ are the file's own business. Everything is tried once, and a
    gradient held against the slope of its value.

    Raises InvalidValueError, one line with the file and the line in it, for whatever goes wrong in the file, now or while
    it races.
    """
    origin = f"plug-in {path}"
    source = reading.content(origin, path, LARGEST_FILE)
    module = ModuleType(f"plug-in {path}")
    module.__file__ = file = str(path)
    sys.modules[module.__name__] = module  # where dataclasses look up the names in annotations that are text
    try:
        code = guarded(compile, origin, file)(source, file, "exec", dont_inherit=True)
        guarded(exec, origin, file)(code, vars(module))
    except OptiraceError:
        del sys.modules[module.__name__]
        raise
    optimizers, surfaces = dict(registry.optimizers), dict(registry.surfaces)
    public = {id(value): value for variable, value in vars(module).items() if not variable.startswith("_")}
    for value in public.values():
        if isinstance(value, type) and value.__module__ == module.__name__ and _is_rule(value):
            rule = _rule(value, value.__name__.lower(), origin, file)
            _put(optimizers, "optimizers", rule.name, origin, rule)
        elif isinstance(value, Surface) and all(value is not each for each in SURFACES.values()):
            surface = _surface(value, origin, file)
            _put(surfaces, "surfaces", surface.name, origin, surface)
    if len(optimizers) + len(surfaces) == len(registry.optimizers) + len(registry.surfaces):
        raise InvalidValueError(f"{origin}: holds neither {_WANTED['optimizers']} nor {_WANTED['surfaces']}")
    return replace(registry, optimizers=optimizers, surfaces=surfaces)


def collected(paths: Iterable[Path]) -> Registry:
    """Return what we ship and what these files hold; each is executed."""
    return functools.reduce(lambda known, path: load(path, known), paths, SHIPPED)


def guarded(function: Callable[..., Any], origin: str, file: str | None = None) -> Callable[..., Any]:
    """Return the function of somebody else, all of whose exceptions are InvalidValueError: the origin, then its own words.

    Where the exception passed through `file`, the line tells where.
    """

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except OptiraceError:
            raise
        except (Exception, SystemExit, GeneratorExit) as problem:
            raise InvalidValueError(f"{origin}{_line(problem, file)}: {_words(problem)}") from problem

    return call


def _words(problem: BaseException) -> str:
    text = ""
    with suppress(Exception):  # its own __str__ may be what is broken
        text = problem.msg if isinstance(problem, SyntaxError) else str(problem)
    words = " ".join(text.split())
    return f"{type(problem).__name__}: {words}" if words else type(problem).__name__


def _line(problem: BaseException, file: str | None) -> str:
    line = problem.lineno if isinstance(problem, SyntaxError) and problem.filename == file else None
    trace = problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return "" if line is None else f", line {line}"


def _put(table: dict[str, Any], shelf: Shelf, name: str, origin: str, value: object) -> None:
    if name in table:
        owner = "optirace's own" if name in getattr(SHIPPED, shelf) else "an earlier"
        raise InvalidValueError(f"{origin}: its {name!r} would hide {owner} {name!r} among the {shelf}; name it otherwise")
    table[name] = value


def _is_rule(kind: type) -> bool:
    return all(callable(getattr(kind, method, None)) for method in ("init", "update"))


def _rule(kind: Any, name: str, origin: str, file: str | None = None) -> Any:
    """Return the class with all of the protocol and with guarded functions, once it has made a step."""
    subject = f"{origin}: optimizer {kind.__name__}"
    if not getattr(getattr(kind, "__dataclass_params__", None), "frozen", False):
        raise InvalidValueError(f"{subject}: must be a frozen dataclass; write @dataclass(frozen=True) above it")
    fields = {field.name for field in dataclasses.fields(kind)}
    if "lr" not in fields:
        raise InvalidValueError(f"{subject}: must have a field lr, its learning rate, such as lr: float = 0.1")
    usual = {
        "name": name,
        "label": kind.__name__,
        "momentum": None,
        "is_velocity": False,
        "formula": "",
        "source": origin.removeprefix("plug-in "),
    }
    members = {key: getattr(kind, key, value) for key, value in usual.items() if key not in fields}
    _check_words(members.get("name"), members.get("label"), subject)
    methods = {key: guarded(getattr(kind, key), origin, file) for key in ("__init__", "init")}
    methods["update"] = _answering(guarded(kind.update, origin, file), subject)
    # A class of its own with the same fields: nothing is written into a class that belongs to somebody else.
    members |= {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    whole: Any = type(kind.__name__, (kind,), members | methods)
    guarded(_try_rule, subject, file)(whole, subject)
    return whole


def _answering(update: Callable[..., Any], subject: str) -> Callable[..., Any]:
    """Return the update of a rule with every answer looked at: one that was right once may be wrong in the middle of a race."""

    @functools.wraps(update)
    def call(rule: Any, gradient: Any, state: Any) -> Any:
        answer = update(rule, gradient, state)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise InvalidValueError(f"{subject}: update returned {_short(answer)}: must be a pair (step, state)")
        step, state = answer
        if not (isinstance(step, np.ndarray) and step.shape == gradient.shape and step.dtype == np.float64):
            wanted = f"must be float64{list(gradient.shape)}, as the gradient is"
            raise InvalidValueError(f"{subject}: update returned the step {_short(step)}: {wanted}")
        velocity: Any = None if rule.momentum is None else getattr(state, rule.momentum, None)
        if rule.momentum is not None and np.shape(velocity) != gradient.shape:
            raise InvalidValueError(f"{subject}: momentum {rule.momentum!r}: must be a letter of the state, or None")
        return answer

    return call


def _short(value: object) -> str:
    words = " ".join(repr(value).split())
    return words if len(words) <= 60 else f"{words[:57]}..."


def _try_rule(kind: Any, subject: str) -> None:
    rule = kind()
    for field in dataclasses.fields(rule):
        value = getattr(rule, field.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidValueError(f"{subject}: default of {field.name} {value!r}: must be a number")
    theta, gradient = np.array([1.0, -0.5]), np.array([0.5, -2.0])
    theta.flags.writeable = gradient.flags.writeable = False  # neither is the rule's to change
    with np.errstate(all="ignore"):
        step, _ = rule.update(gradient, rule.init(theta))
    if not np.isfinite(step).all():
        raise InvalidValueError(
            f"{subject}: update returned the step {_short(step)}: must be finite float64[2], as the gradient is"
        )


def _surface(surface: Surface, origin: str, file: str | None = None) -> Surface:
    """Return the surface with guarded functions, once they have been tried."""
    subject = f"{origin}: surface {surface.name!r}"
    label = surface.label or surface.name
    _check_words(surface.name, label, subject)
    _check_numbers(surface, subject)
    whole = dataclasses.replace(
        surface,
        label=label,
        expression=surface.expression or surface.formula,
        source=surface.source or origin.removeprefix("plug-in "),
        value=guarded(surface.value, origin, file),
        gradient=_paired(guarded(surface.gradient, origin, file), subject),
    )
    guarded(_try_surface, subject, file)(whole, subject)
    return whole


def _paired(gradient: Callable[..., Any], subject: str) -> Callable[..., Any]:
    """Return the gradient of a surface with every answer looked at."""

    @functools.wraps(gradient)
    def call(x: Any, y: Any) -> Any:
        answer = gradient(x, y)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise InvalidValueError(f"{subject}: gradient returned {_short(answer)}: must be a pair, (by x, by y)")
        return answer

    return call


def _are_numbers(values: object, count: int) -> bool:
    return (
        isinstance(values, tuple | list)
        and len(values) == count
        and all(isinstance(each, int | float) and not isinstance(each, bool) and np.isfinite(each) for each in values)
    )


def _check_numbers(surface: Surface, subject: str) -> None:
    """Look at what a surface says in numbers."""
    if not _are_numbers(surface.start, 2):
        raise InvalidValueError(f"{subject}: start {_short(surface.start)}: must be two finite numbers, (x, y)")
    minima: Any = surface.minima
    view, lr = surface.view, dict(surface.lr) if hasattr(surface.lr, "items") else None
    if view is not None and not (_are_numbers(view, 4) and view[0] < view[1] and view[2] < view[3]):
        raise InvalidValueError(f"{subject}: view {_short(view)}: must be x0, x1, y0, y1 with x0 < x1 and y0 < y1")
    if not (isinstance(minima, tuple) and all(_are_numbers(each, 2) for each in minima)):
        raise InvalidValueError(f"{subject}: minima {_short(minima)}: must be points, ((x, y), ...)")
    if lr is None or not all(_are_numbers([each], 1) and each >= 0.0 for each in lr.values()):
        told = f"{subject}: lr {_short(surface.lr)}"
        raise InvalidValueError(f"{told}: must be a learning rate for each rule, such as {{'sgd': 0.1}}")


def _try_surface(surface: Surface, subject: str) -> None:
    x, y = surface.start
    xs, ys = np.array([x, x + 0.5, x + 1.0]), np.array([y, y + 0.5, y + 1.0])
    with np.errstate(all="ignore"):
        _check_answers(subject, "start", (), surface.value(x, y), *surface.gradient(x, y))
        _check_answers(subject, "float64[3]", (3,), surface.value(xs, ys), *surface.gradient(xs, ys))
        _check_answers(subject, "a grid", (3, 3), surface.value(xs, ys[:, np.newaxis]))
        if surface.minima:
            _check_answers(subject, "its minimum", (), surface.minimum)
        told = [_slopes(surface, *point) for point in zip(xs.tolist(), ys.tolist(), strict=True)]
    if not any(is_right for is_right, _ in told):  # at one of the points there may be a kink
        raise InvalidValueError(f"{subject}: {told[0][1]}")


def _slopes(surface: Surface, x: float, y: float) -> tuple[bool, str]:
    """Hold the gradient at a point against differences of the value: whether it may be right, and words if not."""
    wide = 1e-5 * (1.0 + max(abs(x), abs(y)))
    climbs = np.array(
        [
            (surface.value(x + wide, y) - surface.value(x - wide, y)) / (2.0 * wide),
            (surface.value(x, y + wide) - surface.value(x, y - wide)) / (2.0 * wide),
        ]
    )
    gradient = np.array(surface.gradient(x, y))
    rounding = 1e-14 * abs(surface.value(x, y)) / wide
    near = np.abs(climbs - gradient) <= 1e-3 * (np.abs(climbs) + np.abs(gradient)).max() + rounding
    words = (f"({one:.4g}, {other:.4g})" for one, other in (gradient, climbs))
    is_right = bool((near | ~np.isfinite(climbs) | ~np.isfinite(gradient)).all())
    return is_right, "gradient at {:g},{:g}: is {}, where the value climbs by {}".format(x, y, *words)


def _check_answers(subject: str, place: str, shape: tuple[int, ...], *answers: Any) -> None:
    for name, answer in zip(("value", "gradient[0]", "gradient[1]"), answers, strict=False):
        if np.shape(answer) != shape:
            raise InvalidValueError(f"{subject}: {name} at {place}: must have the shape {shape}, and has {np.shape(answer)}")
        if not shape and not np.isfinite(answer):
            raise InvalidValueError(f"{subject}: {name} at {place}: must be finite, and is {answer}")


def _check_words(name: object, label: object, subject: str) -> None:
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise InvalidValueError(f"{subject}: name {name!r}: must be 1 to 30 of a-z, 0-9, _ and -, a letter first")
    if not isinstance(label, str):
        raise InvalidValueError(f"{subject}: label {label!r}: must be 1 to 30 printable characters")
    characters.checked(f"{subject}: label {label!r}", label, 30)


def _entry_points(shelf: Shelf) -> dict[str, EntryPoint]:
    from importlib import metadata  # noqa: PLC0415 - costs a fifth of a table, for who types a name that we do not ship

    return {each.name: each for each in metadata.entry_points(group=f"optirace.{shelf}")}


def _origin(entry: EntryPoint) -> str:
    return f"plug-in {entry.name} of {entry.dist.name if entry.dist else entry.value}"


def _installed(shelf: Shelf, name: str) -> Any:
    entry = _entry_points(shelf).get(name)
    if entry is None:
        return None
    origin = _origin(entry)
    found = guarded(entry.load, origin)()
    if not (isinstance(found, Surface) if shelf == "surfaces" else isinstance(found, type) and _is_rule(found)):
        raise InvalidValueError(f"{origin}: {entry.value}: must be {_WANTED[shelf]}")
    whole = _surface(found, origin) if shelf == "surfaces" else _rule(found, name, origin)
    if whole.name != name:
        raise InvalidValueError(f"{origin}: name {whole.name!r}: must be the entry point's, {name!r}")
    return whole
