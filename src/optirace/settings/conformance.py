"""Holds rules and surfaces that others wrote to what they promise: tries them, and looks at every
answer they give.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from optirace.errors import InvalidValueError, OptiraceError, short
from optirace.look import characters

if TYPE_CHECKING:
    from collections.abc import Callable

    from optirace.surfaces import Surface

NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}")


class Origin(NamedTuple):
    """Where something that is not ours comes from, which its errors begin with."""

    subject: str
    value: str
    shown: str = ""
    part: str = ""
    """What in it is wrong."""

    def __str__(self) -> str:
        return f"{self.subject} {self.shown}"

    def error(
        self, problem: str | InvalidValueError, *, line: str = "", hint: str = ""
    ) -> InvalidValueError:
        """Return the error for this; `line` is where in its file."""
        if not self.part:
            return InvalidValueError(
                self.subject, problem, value=self.value, shown=f"{self.shown}{line}", hint=hint
            )
        inner = InvalidValueError(f"{self.part}{line}", problem, hint=hint)
        return InvalidValueError(self.subject, inner, value=self.value, shown=self.shown)


def guarded(
    function: Callable[..., Any], origin: Origin, file: str | None = None
) -> Callable[..., Any]:
    """Return the function of somebody else, all of whose exceptions are InvalidValueError: the
    origin, then its own words.

    Where the exception passed through `file`, the line tells where.
    """

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except OptiraceError:
            raise
        except (Exception, SystemExit, GeneratorExit) as problem:
            raise origin.error(_words(problem), line=_line(problem, file)) from problem

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


def rule(kind: Any, name: str, origin: Origin, file: str | None = None) -> Any:
    """Return the class with all of the protocol and with guarded functions, once it has made a
    step.
    """
    subject = origin._replace(part=f"optimizer {kind.__name__}")
    if not getattr(getattr(kind, "__dataclass_params__", None), "frozen", False):
        raise subject.error(
            "must be a frozen dataclass", hint="write @dataclass(frozen=True) above it"
        )
    fields = {field.name for field in dataclasses.fields(kind)}
    if "lr" not in fields:
        raise subject.error("must have a field lr, its learning rate, such as lr: float = 0.1")
    usual = {
        "name": name,
        "label": kind.__name__,
        "momentum": None,
        "is_velocity": False,
        "formula": "",
        "source": origin.shown,
    }
    members = {key: getattr(kind, key, value) for key, value in usual.items() if key not in fields}
    _check_words(members.get("name"), members.get("label"), subject)
    methods = {key: guarded(getattr(kind, key), origin, file) for key in ("__init__", "init")}
    methods["update"] = _answering(guarded(kind.update, origin, file), subject)
    # A class of its own with the same fields: nothing is written into a class that belongs to
    # somebody else.
    members |= {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    whole: Any = type(kind.__name__, (kind,), members | methods)
    guarded(_try_rule, subject, file)(whole, subject)
    return whole


def _answering(update: Callable[..., Any], subject: Origin) -> Callable[..., Any]:
    """Return the update of a rule with every answer looked at: one that was right once may be wrong
    in the middle of a race.
    """

    @functools.wraps(update)
    def call(rule: Any, gradient: Any, state: Any) -> Any:
        answer = update(rule, gradient, state)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise subject.error(
                InvalidValueError(
                    "update returned", "must be a pair (step, state)", shown=_short(answer)
                )
            )
        step, state = answer
        if not (
            isinstance(step, np.ndarray)
            and step.shape == gradient.shape
            and step.dtype == np.float64
        ):
            wanted = f"must be float64{list(gradient.shape)}, as the gradient is"
            raise subject.error(
                InvalidValueError("update returned the step", wanted, shown=_short(step))
            )
        velocity: Any = None if rule.momentum is None else getattr(state, rule.momentum, None)
        if rule.momentum is not None and np.shape(velocity) != gradient.shape:
            wanted = "must be a letter of the state, or None"
            raise subject.error(InvalidValueError("momentum", wanted, shown=repr(rule.momentum)))
        return answer

    return call


def _short(value: object) -> str:
    return short(" ".join(repr(value).split()))


def _try_rule(kind: Any, subject: Origin) -> None:
    rule = kind()
    for field in dataclasses.fields(rule):
        value = getattr(rule, field.name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise subject.error(
                InvalidValueError(f"default of {field.name}", "must be a number", shown=repr(value))
            )
    theta, gradient = np.array([1.0, -0.5]), np.array([0.5, -2.0])
    theta.flags.writeable = gradient.flags.writeable = False  # neither is the rule's to change
    with np.errstate(all="ignore"):
        step, _ = rule.update(gradient, rule.init(theta))
    if not np.isfinite(step).all():
        wanted = "must be finite float64[2], as the gradient is"
        raise subject.error(
            InvalidValueError("update returned the step", wanted, shown=_short(step))
        )


def surface(surface: Surface, origin: Origin, file: str | None = None) -> Surface:
    """Return the surface with guarded functions, once they have been tried."""
    subject = origin._replace(part=f"surface {surface.name!r}")
    label = surface.label or surface.name
    _check_words(surface.name, label, subject)
    _check_numbers(surface, subject)
    whole = dataclasses.replace(
        surface,
        label=label,
        expression=surface.expression or surface.formula,
        source=surface.source or origin.shown,
        value=guarded(surface.value, origin, file),
        gradient=_paired(guarded(surface.gradient, origin, file), subject),
    )
    guarded(_try_surface, subject, file)(whole, subject)
    return (
        whole
        if surface.expression
        else dataclasses.replace(whole, expression=guarded(_in_plain_text, subject, file)(whole))
    )


def _in_plain_text(surface: Surface) -> str:
    """Return the formula of a surface in plain text, if what it says is what the surface is; else
    as it is.
    """
    from optirace.surfaces import formula  # most surfaces are ours

    try:
        typed = formula.surface(surface.formula)
    except InvalidValueError:
        return surface.formula
    x, y = (start + np.array([0.0, 0.37, -0.61, 1.3]) for start in surface.start)
    with np.errstate(all="ignore"):
        is_same = np.allclose(
            surface.value(x, y), typed.value(x, y), rtol=1e-6, atol=0.0, equal_nan=True
        )
    return typed.expression if is_same else surface.formula


def _paired(gradient: Callable[..., Any], subject: Origin) -> Callable[..., Any]:
    """Return the gradient of a surface with every answer looked at."""

    @functools.wraps(gradient)
    def call(x: Any, y: Any) -> Any:
        answer = gradient(x, y)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise subject.error(
                InvalidValueError(
                    "gradient returned", "must be a pair, (by x, by y)", shown=_short(answer)
                )
            )
        return answer

    return call


def _are_numbers(values: object, count: int) -> bool:
    return (
        isinstance(values, tuple | list)
        and len(values) == count
        and all(
            isinstance(each, int | float) and not isinstance(each, bool) and np.isfinite(each)
            for each in values
        )
    )


def _check_numbers(surface: Surface, subject: Origin) -> None:
    """Look at what a surface says in numbers."""

    def wrong(name: str, wanted: str, value: object) -> InvalidValueError:
        return subject.error(InvalidValueError(name, f"must be {wanted}", shown=_short(value)))

    if not _are_numbers(surface.start, 2):
        raise wrong("start", "two finite numbers, (x, y)", surface.start)
    minima: Any = surface.minima
    view, lr = surface.view, dict(surface.lr) if hasattr(surface.lr, "items") else None
    if view is not None and not (_are_numbers(view, 4) and view[0] < view[1] and view[2] < view[3]):
        raise wrong("view", "x0, x1, y0, y1 with x0 < x1 and y0 < y1", view)
    if not (isinstance(minima, tuple) and all(_are_numbers(each, 2) for each in minima)):
        raise wrong("minima", "points, ((x, y), ...)", minima)
    if lr is None or not all(_are_numbers([each], 1) and each >= 0.0 for each in lr.values()):
        raise wrong("lr", "a learning rate for each rule, such as {'sgd': 0.1}", surface.lr)


def _try_surface(surface: Surface, subject: Origin) -> None:
    x, y = surface.start
    xs, ys = np.array([x, x + 0.5, x + 1.0]), np.array([y, y + 0.5, y + 1.0])
    with np.errstate(all="ignore"):
        _check_answers(subject, "start", (), surface.value(x, y), *surface.gradient(x, y))
        _check_answers(
            subject, "float64[3]", (3,), surface.value(xs, ys), *surface.gradient(xs, ys)
        )
        _check_answers(subject, "a grid", (3, 3), surface.value(xs, ys[:, np.newaxis]))
        if surface.minima:
            _check_answers(subject, "its minimum", (), surface.minimum)
        told = [_slopes(surface, *point) for point in zip(xs.tolist(), ys.tolist(), strict=True)]
    if not any(is_right for is_right, _ in told):  # at one of the points there may be a kink
        raise subject.error(told[0][1])


def _slopes(surface: Surface, x: float, y: float) -> tuple[bool, InvalidValueError]:
    """Hold the gradient at a point against differences of the value: whether it may be right, and
    the error if not.
    """
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
    told, climb = (f"({one:.4g}, {other:.4g})" for one, other in (gradient, climbs))
    is_right = bool((near | ~np.isfinite(climbs) | ~np.isfinite(gradient)).all())
    return is_right, InvalidValueError(
        f"gradient at {x:g},{y:g}", f"is {told}, where the value climbs by {climb}"
    )


def _check_answers(subject: Origin, place: str, shape: tuple[int, ...], *answers: Any) -> None:
    for name, answer in zip(("value", "gradient[0]", "gradient[1]"), answers, strict=False):
        if np.shape(answer) != shape:
            wanted = f"must have the shape {shape}, and has {np.shape(answer)}"
            raise subject.error(InvalidValueError(f"{name} at {place}", wanted))
        if not shape and not np.isfinite(answer):
            raise subject.error(
                InvalidValueError(f"{name} at {place}", f"must be finite, and is {answer}")
            )


def _check_words(name: object, label: object, subject: Origin) -> None:
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        wanted = "must be 1 to 30 of a-z, 0-9, _ and -, a letter first"
        raise subject.error(InvalidValueError("name", wanted, shown=repr(name)))
    if not isinstance(label, str):
        raise subject.error(
            InvalidValueError("label", "must be 1 to 30 printable characters", shown=repr(label))
        )
    try:
        characters.checked("label", label, 30)
    except InvalidValueError as problem:
        raise subject.error(problem) from None
