"""Surfaces that are flat where two ways down part."""

from __future__ import annotations

from typing import Any

from optirace.surfaces.surface import Surface


def _saddle(x: Any, y: Any) -> Any:
    return x * x - y * y


def _saddle_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 2.0 * x, -2.0 * y


def _bounded_saddle(x: Any, y: Any) -> Any:
    return x * x - y * y + 0.25 * (y * y * (y * y))


def _bounded_saddle_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 2.0 * x, y * (y * y - 2.0)


def _monkey_saddle(x: Any, y: Any) -> Any:
    return x * (x * x - 3.0 * (y * y))


def _monkey_saddle_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 3.0 * (x * x - y * y), -6.0 * (x * y)


ROWS = (
    Surface(
        name="saddle",
        label="Saddle",
        expression="theta1^2 - theta2^2",
        formula=r"\theta_1^2 - \theta_2^2",
        value=_saddle,
        gradient=_saddle_gradient,
        view=(-2.0, 2.0, -2.0, 2.0),
        start=(-1.5, 1e-3),
        minima=(),
        log_levels=False,
        source="Y. N. Dauphin et al., Identifying and attacking the saddle point problem, 2014",
        lr={"sgd": 0.05, "momentum": 0.05, "rmsprop": 0.05, "adam": 0.05},
        lesson=(
            "At equal learning rates RMSProp and Adam leave first: a faint gradient does not "
            "shrink their steps."
        ),
        is_bounded=False,
    ),
    Surface(
        name="bounded-saddle",
        label="Bounded saddle",
        expression="theta1^2 - theta2^2 + theta2^4/4",
        formula=r"\theta_1^2 - \theta_2^2 + \theta_2^4/4",
        value=_bounded_saddle,
        gradient=_bounded_saddle_gradient,
        view=(-2.0, 2.0, -2.2, 2.2),
        start=(-1.5, 0.01),
        minima=((0.0, 1.4142135623730951), (0.0, -1.4142135623730951)),
        log_levels=False,
        source="after Y. Nesterov, Introductory lectures on convex optimization, 2004",
        lr={"sgd": 0.1, "momentum": 0.1, "rmsprop": 0.02, "adam": 0.1},
        lesson=(
            "The gradient fades towards the saddle point, yet none stays: all four slide into "
            "the same valley."
        ),
    ),
    Surface(
        name="monkey-saddle",
        label="Monkey saddle",
        expression="theta1^3 - 3*theta1*theta2^2",
        formula=r"\theta_1^3 - 3\,\theta_1\theta_2^2",
        value=_monkey_saddle,
        gradient=_monkey_saddle_gradient,
        view=(-1.5, 1.5, -1.5, 1.5),
        start=(1.2, 0.01),
        minima=(),
        log_levels=False,
        source="D. Hilbert & S. Cohn-Vossen, Geometry and the imagination, 1952",
        lr={"sgd": 0.05, "momentum": 0.05, "rmsprop": 0.05, "adam": 0.05},
        lesson=(
            "Three ways down: momentum shoots across the flat centre and takes a different one "
            "from the others."
        ),
        is_bounded=False,
    ),
)
