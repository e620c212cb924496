"""Surfaces with many minima, or a plateau: a slope says little about where the lowest point
lies.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from optirace.surfaces.surface import Surface

PI = math.pi
TINY = 1e-150
"""Keeps a division defined at a kink, where the dividend is 0, and changes no other quotient."""


def _squared(value: Any) -> Any:
    return value * value


def _rastrigin(x: Any, y: Any) -> Any:
    return x * x + 10.0 * (1.0 - np.cos(2.0 * PI * x)) + y * y + 10.0 * (1.0 - np.cos(2.0 * PI * y))


def _rastrigin_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 2.0 * x + 20.0 * PI * np.sin(2.0 * PI * x), 2.0 * y + 20.0 * PI * np.sin(2.0 * PI * y)


def _ackley(x: Any, y: Any) -> Any:
    radius = np.sqrt(0.5 * (x * x + y * y))
    waves = np.exp(0.5 * (np.cos(2.0 * PI * x) + np.cos(2.0 * PI * y)))
    return 20.0 * (1.0 - np.exp(-0.2 * radius)) + (math.e - waves)


def _ackley_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    radius = np.sqrt(0.5 * (x * x + y * y))
    slope = 2.0 * np.exp(-0.2 * radius) / np.maximum(radius, TINY)
    waves = PI * np.exp(0.5 * (np.cos(2.0 * PI * x) + np.cos(2.0 * PI * y)))
    return slope * x + waves * np.sin(2.0 * PI * x), slope * y + waves * np.sin(2.0 * PI * y)


# Both of Levy's functions are written about their minimum, where sin^2(3 pi x) is sin^2(3 pi (x-1))
# and exactly 0.
def _levi_13(x: Any, y: Any) -> Any:
    u, v = x - 1.0, y - 1.0
    across, up = 1.0 + _squared(np.sin(3.0 * PI * v)), 1.0 + _squared(np.sin(2.0 * PI * v))
    return _squared(np.sin(3.0 * PI * u)) + u * u * across + v * v * up


def _levi_13_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    u, v = x - 1.0, y - 1.0
    across, up = 1.0 + _squared(np.sin(3.0 * PI * v)), 1.0 + _squared(np.sin(2.0 * PI * v))
    by_x = 3.0 * PI * np.sin(6.0 * PI * u) + 2.0 * u * across
    by_y = (
        3.0 * PI * (u * u) * np.sin(6.0 * PI * v)
        + 2.0 * v * up
        + 2.0 * PI * (v * v) * np.sin(4.0 * PI * v)
    )
    return by_x, by_y


def _levy(x: Any, y: Any) -> Any:
    u, v = 0.25 * (x - 1.0), 0.25 * (y - 1.0)
    across, up = 1.0 + 10.0 * _squared(np.sin(PI * u + 1.0)), 1.0 + _squared(np.sin(2.0 * PI * v))
    return _squared(np.sin(PI * u)) + u * u * across + v * v * up


def _levy_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    u, v = 0.25 * (x - 1.0), 0.25 * (y - 1.0)
    across, up = 1.0 + 10.0 * _squared(np.sin(PI * u + 1.0)), 1.0 + _squared(np.sin(2.0 * PI * v))
    by_u = (
        PI * np.sin(2.0 * PI * u)
        + 2.0 * u * across
        + 10.0 * PI * (u * u) * np.sin(2.0 * PI * u + 2.0)
    )
    by_v = 2.0 * v * up + 2.0 * PI * (v * v) * np.sin(4.0 * PI * v)
    return 0.25 * by_u, 0.25 * by_v


def _griewank(x: Any, y: Any) -> Any:
    return (x * x + y * y) / 4000.0 + (1.0 - np.cos(x) * np.cos(y / math.sqrt(2.0)))


def _griewank_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    v = y / math.sqrt(2.0)
    return x / 2000.0 + np.sin(x) * np.cos(v), y / 2000.0 + np.cos(x) * np.sin(v) / math.sqrt(2.0)


def _easom(x: Any, y: Any) -> Any:
    return -np.cos(x) * np.cos(y) * np.exp(-_squared(x - PI) - _squared(y - PI))


def _easom_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    hill = np.exp(-_squared(x - PI) - _squared(y - PI))
    by_x = np.cos(y) * (np.sin(x) + 2.0 * (x - PI) * np.cos(x))
    by_y = np.cos(x) * (np.sin(y) + 2.0 * (y - PI) * np.cos(y))
    return hill * by_x, hill * by_y


def _bohachevsky(x: Any, y: Any) -> Any:
    return (
        x * x
        + 2.0 * (y * y)
        + 0.3 * (1.0 - np.cos(3.0 * PI * x))
        + 0.4 * (1.0 - np.cos(4.0 * PI * y))
    )


def _bohachevsky_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 2.0 * x + 0.9 * PI * np.sin(3.0 * PI * x), 4.0 * y + 1.6 * PI * np.sin(4.0 * PI * y)


def _eggholder(x: Any, y: Any) -> Any:
    a = y + 47.0
    return -a * np.sin(np.sqrt(np.absolute(0.5 * x + a))) - x * np.sin(np.sqrt(np.absolute(x - a)))


def _eggholder_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    a = y + 47.0
    p, q = 0.5 * x + a, x - a
    s, t = np.sqrt(np.absolute(p)), np.sqrt(np.absolute(q))
    by_p = -a * np.cos(s) * np.sign(p) / np.maximum(2.0 * s, TINY)
    by_q = -x * np.cos(t) * np.sign(q) / np.maximum(2.0 * t, TINY)
    return 0.5 * by_p + by_q - np.sin(t), by_p - by_q - np.sin(s)


ROWS = (
    Surface(
        name="rastrigin",
        label="Rastrigin",
        expression="20 + theta1^2 - 10*cos(2*pi*theta1) + theta2^2 - 10*cos(2*pi*theta2)",
        formula=r"20 + \theta_1^2 - 10\,\cos(2\pi\theta_1) + \theta_2^2 - 10\,\cos(2\pi\theta_2)",
        value=_rastrigin,
        gradient=_rastrigin_gradient,
        view=(-5.12, 5.12, -5.12, 5.12),
        start=(-2.0, 3.5),
        minima=((0.0, 0.0),),
        log_levels=False,
        source="L. A. Rastrigin, Systems of extremal control, 1974",
        lr={"sgd": 0.005, "momentum": 0.05, "rmsprop": 0.05, "adam": 0.5},
        lesson=(
            "No optimizer reaches the minimum: the gradient shows the nearest dimple, not the bowl."
        ),
    ),
    Surface(
        name="ackley",
        label="Ackley",
        expression=(
            "20 - 20*exp(-0.2*sqrt((theta1^2 + theta2^2)/2)) + exp(1) - "
            "exp((cos(2*pi*theta1) + cos(2*pi*theta2))/2)"
        ),
        formula=(
            r"20 - 20\,e^{-\sqrt{s}/5} + e - e^{(\cos(2\pi\theta_1) + \cos(2\pi\theta_2))/2},"
            r"\ \ s = (\theta_1^2 + \theta_2^2)/2"
        ),
        value=_ackley,
        gradient=_ackley_gradient,
        view=(-5.0, 5.0, -5.0, 5.0),
        start=(1.6, -0.7),
        minima=((0.0, 0.0),),
        log_levels=False,
        source="D. H. Ackley, A connectionist machine for genetic hillclimbing, 1987",
        lr={"sgd": 0.05, "momentum": 0.05, "rmsprop": 0.1, "adam": 0.5},
        lesson=(
            "Only momentum and Adam escape the first dimple, and neither settles: the tip is as "
            "steep as its sides."
        ),
    ),
    Surface(
        name="levi-13",
        label="Levi N.13",
        expression=(
            "sin(3*pi*theta1)^2 + (theta1 - 1)^2*(1 + sin(3*pi*theta2)^2) + (theta2 - "
            "1)^2*(1 + sin(2*pi*theta2)^2)"
        ),
        formula=(
            r"\sin^2(3\pi\theta_1) + (\theta_1 - 1)^2 (1 + \sin^2(3\pi\theta_2))"
            r" + (\theta_2 - 1)^2 (1 + \sin^2(2\pi\theta_2))"
        ),
        value=_levi_13,
        gradient=_levi_13_gradient,
        view=(-5.0, 3.0, -3.0, 8.0),
        start=(-4.0, 5.0),
        minima=((1.0, 1.0),),
        log_levels=False,
        source=(
            "A. V. Levy & A. Montalvo, The tunneling algorithm for the global minimization of "
            "functions, 1985"
        ),
        lr={"sgd": 0.02, "momentum": 0.01, "rmsprop": 0.2, "adam": 0.2},
        lesson=(
            "No optimizer settles at the minimum: the ripples leave each one in a different place."
        ),
    ),
    Surface(
        name="levy",
        label="Levy",
        expression=(
            "sin(pi*(theta1 + 3)/4)^2 + ((theta1 - 1)/4)^2*(1 + 10*sin(pi*(theta1 + 3)/4 + 1)^2)"
            " + ((theta2 - 1)/4)^2*(1 + sin(pi*(theta2 + 3)/2)^2)"
        ),
        formula=(
            r"\sin^2(\pi u) + u^2 (1 + 10\,\sin^2(\pi u + 1)) + v^2 (1 + \sin^2(2\pi v)),"
            r"\ \ u = (\theta_1 - 1)/4,\ v = (\theta_2 - 1)/4"
        ),
        value=_levy,
        gradient=_levy_gradient,
        view=(-10.0, 10.0, -10.0, 10.0),
        start=(8.6, -5.5),
        minima=((1.0, 1.0),),
        log_levels=False,
        source=(
            "M. Laguna & R. Marti, Experimental testing of advanced scatter search designs, 2005"
        ),
        lr={"sgd": 0.1, "momentum": 0.5, "rmsprop": 0.1, "adam": 0.5},
        lesson="Only momentum rolls over the ripples into the lowest basin.",
    ),
    Surface(
        name="griewank",
        label="Griewank",
        expression="1 + (theta1^2 + theta2^2)/4000 - cos(theta1)*cos(theta2/sqrt(2))",
        formula=r"1 + (\theta_1^2 + \theta_2^2)/4000 - \cos(\theta_1)\,\cos(\theta_2/\sqrt{2})",
        value=_griewank,
        gradient=_griewank_gradient,
        view=(-10.0, 10.0, -10.0, 10.0),
        start=(-7.0, 6.0),
        minima=((0.0, 0.0),),
        log_levels=False,
        source="A. O. Griewank, Generalized descent for global optimization, 1981",
        lr={"sgd": 0.5, "momentum": 2.0, "rmsprop": 0.05, "adam": 0.5},
        lesson=(
            "All four settle in the same ripple: a loss of 0.03 looks good, but the minimum is "
            "11 units away."
        ),
    ),
    Surface(
        name="easom",
        label="Easom",
        expression="-cos(theta1)*cos(theta2)*exp(-(theta1 - pi)^2 - (theta2 - pi)^2)",
        formula=r"-\cos(\theta_1)\,\cos(\theta_2)\;e^{-(\theta_1 - \pi)^2 - (\theta_2 - \pi)^2}",
        value=_easom,
        gradient=_easom_gradient,
        view=(-1.0, 7.0, -1.0, 7.0),
        start=(1.8, 4.4),
        minima=((PI, PI),),
        log_levels=False,
        source="E. E. Easom, A survey of global optimization techniques, 1990",
        lr={"sgd": 0.1, "momentum": 0.1, "rmsprop": 0.01, "adam": 0.1},
        lesson=(
            "At the learning rate of SGD and momentum Adam wins: its steps do not shrink with a "
            "faint gradient."
        ),
    ),
    Surface(
        name="bohachevsky",
        label="Bohachevsky",
        expression="theta1^2 + 2*theta2^2 - 0.3*cos(3*pi*theta1) - 0.4*cos(4*pi*theta2) + 0.7",
        formula=(
            r"\theta_1^2 + 2\theta_2^2 - 0.3\,\cos(3\pi\theta_1) - 0.4\,\cos(4\pi\theta_2) + "
            r"0.7"
        ),
        value=_bohachevsky,
        gradient=_bohachevsky_gradient,
        view=(-3.0, 3.0, -3.0, 3.0),
        start=(-2.5, 2.0),
        minima=((0.0, 0.0),),
        log_levels=False,
        source=(
            "I. O. Bohachevsky et al., Generalized simulated annealing for function "
            "optimization, 1986"
        ),
        lr={"sgd": 0.1, "momentum": 0.1, "rmsprop": 0.2, "adam": 0.1},
        lesson="Only Adam settles in the deepest dimple.",
    ),
    Surface(
        name="eggholder",
        label="Eggholder",
        expression=(
            "-(theta2 + 47)*sin(sqrt(abs(theta1/2 + theta2 + 47))) - "
            "theta1*sin(sqrt(abs(theta1 - theta2 - 47)))"
        ),
        formula=(
            r"-(\theta_2 + 47)\,\sin(\sqrt{|\theta_1/2 + \theta_2 + 47|})"
            r" - \theta_1\,\sin(\sqrt{|\theta_1 - \theta_2 - 47|})"
        ),
        value=_eggholder,
        gradient=_eggholder_gradient,
        view=(-512.0, 512.0, -512.0, 512.0),
        start=(100.0, 300.0),
        minima=((512.0, 404.2318051137578),),
        log_levels=False,
        source=(
            "D. Whitley, S. Rana, J. Dzubera & K. E. Mathias, Evaluating evolutionary "
            "algorithms, 1996"
        ),
        lr={"sgd": 2.0, "momentum": 20.0, "rmsprop": 2.0, "adam": 10.0},
        lesson=(
            "All four end in the nearest basin, far from the global minimum at the edge of the "
            "domain."
        ),
        is_bounded=False,
    ),
)
