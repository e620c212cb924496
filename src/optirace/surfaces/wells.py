"""Surfaces with a few minima: where a racer ends depends on how it falls."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from optirace.surfaces.surface import Surface

# Branin's constants.
B, C, S = 5.1 / (4.0 * math.pi * math.pi), 5.0 / math.pi, 10.0 * (1.0 - 1.0 / (8.0 * math.pi))


def _himmelblau(x: Any, y: Any) -> Any:
    a, b = x * x + y - 11.0, x + y * y - 7.0
    return a * a + b * b


def _himmelblau_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    a, b = x * x + y - 11.0, x + y * y - 7.0
    return 4.0 * x * a + 2.0 * b, 2.0 * a + 4.0 * y * b


def _three_hump_camel(x: Any, y: Any) -> Any:
    xx = x * x
    return 2.0 * xx - 1.05 * (xx * xx) + xx * xx * xx / 6.0 + x * y + y * y


def _three_hump_camel_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    xx = x * x
    return x * (4.0 - 4.2 * xx + xx * xx) + y, x + 2.0 * y


def _six_hump_camel(x: Any, y: Any) -> Any:
    xx, yy = x * x, y * y
    return (4.0 - 2.1 * xx + xx * xx / 3.0) * xx + x * y + (4.0 * yy - 4.0) * yy


def _six_hump_camel_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    xx, yy = x * x, y * y
    return x * (8.0 - 8.4 * xx + 2.0 * (xx * xx)) + y, x + y * (16.0 * yy - 8.0)


def _styblinski_tang(x: Any, y: Any) -> Any:
    xx, yy = x * x, y * y
    return 0.5 * (xx * xx - 16.0 * xx + 5.0 * x + (yy * yy - 16.0 * yy + 5.0 * y))


def _styblinski_tang_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return x * (2.0 * (x * x) - 16.0) + 2.5, y * (2.0 * (y * y) - 16.0) + 2.5


def _mccormick(x: Any, y: Any) -> Any:
    return np.sin(x + y) + (x - y) * (x - y) - 1.5 * x + 2.5 * y + 1.0


def _mccormick_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    cosine, slope = np.cos(x + y), 2.0 * (x - y)
    return cosine + slope - 1.5, cosine - slope + 2.5


def _branin(x: Any, y: Any) -> Any:
    a = y - B * (x * x) + C * x - 6.0
    return a * a + S * np.cos(x) + 10.0


def _branin_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    a = y - B * (x * x) + C * x - 6.0
    return 2.0 * a * (C - 2.0 * B * x) - S * np.sin(x), 2.0 * a


def _two_wells(x: Any, y: Any) -> Any:
    a, b = x - 1.0, x + 1.0
    return (
        x * x + y * y - 2.0 * np.exp(-5.0 * (a * a + y * y)) - 3.0 * np.exp(-5.0 * (b * b + y * y))
    )


def _two_wells_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    a, b = x - 1.0, x + 1.0
    right, left = 20.0 * np.exp(-5.0 * (a * a + y * y)), 30.0 * np.exp(-5.0 * (b * b + y * y))
    return 2.0 * x + a * right + b * left, y * (2.0 + right + left)


ROWS = (
    Surface(
        name="himmelblau",
        label="Himmelblau",
        expression="(theta1^2 + theta2 - 11)^2 + (theta1 + theta2^2 - 7)^2",
        formula=r"(\theta_1^2 + \theta_2 - 11)^2 + (\theta_1 + \theta_2^2 - 7)^2",
        value=_himmelblau,
        gradient=_himmelblau_gradient,
        view=(-5.0, 5.0, -5.0, 5.0),
        start=(-0.5, -0.5),
        minima=(
            (3.0, 2.0),
            (-2.805118086952745, 3.131312518250573),
            (-3.779310253377747, -3.2831859912861696),
            (3.5844283403304917, -1.8481265269644036),
        ),
        log_levels=True,
        source="D. M. Himmelblau, Applied nonlinear programming, 1972",
        lr={"sgd": 0.02, "momentum": 0.1, "rmsprop": 0.05, "adam": 2.0},
        lesson=(
            "Four equally good minima: Adam's long first steps carry it to a different one from "
            "the others."
        ),
    ),
    Surface(
        name="three-hump-camel",
        label="Three-hump camel",
        expression="2*theta1^2 - 1.05*theta1^4 + theta1^6/6 + theta1*theta2 + theta2^2",
        formula=r"2\theta_1^2 - 1.05\,\theta_1^4 + \theta_1^6/6 + \theta_1\theta_2 + \theta_2^2",
        value=_three_hump_camel,
        gradient=_three_hump_camel_gradient,
        view=(-2.5, 2.5, -2.5, 2.5),
        start=(-2.1, 0.7),
        minima=((0.0, 0.0),),
        log_levels=True,
        source="F. H. Branin, Widely convergent method for finding multiple solutions, 1972",
        lr={"sgd": 0.1, "momentum": 0.3, "rmsprop": 0.1, "adam": 0.3},
        lesson="Only momentum rolls out of the local minimum.",
    ),
    Surface(
        name="six-hump-camel",
        label="Six-hump camel",
        expression=(
            "(4 - 2.1*theta1^2 + theta1^4/3)*theta1^2 + theta1*theta2 + (4*theta2^2 - 4)*theta2^2"
        ),
        formula=(
            r"(4 - 2.1\,\theta_1^2 + \theta_1^4/3)\,\theta_1^2 + \theta_1\theta_2 + "
            r"(4\theta_2^2 - 4)\,\theta_2^2"
        ),
        value=_six_hump_camel,
        gradient=_six_hump_camel_gradient,
        view=(-2.0, 2.0, -1.2, 1.2),
        start=(-1.6, -0.4),
        minima=(
            (0.08984201310031806, -0.7126564030207396),
            (-0.08984201310031806, 0.7126564030207396),
        ),
        log_levels=False,
        source=(
            "L. C. W. Dixon & G. P. Szego, The global optimization problem: an introduction, 1978"
        ),
        lr={"sgd": 0.05, "momentum": 0.2, "rmsprop": 0.05, "adam": 0.2},
        lesson="Only Adam escapes the high local minimum next to the start.",
    ),
    Surface(
        name="styblinski-tang",
        label="Styblinski-Tang",
        expression="(theta1^4 - 16*theta1^2 + 5*theta1 + theta2^4 - 16*theta2^2 + 5*theta2)/2",
        formula=(
            r"(\theta_1^4 - 16\,\theta_1^2 + 5\theta_1 + \theta_2^4 - 16\,\theta_2^2 + "
            r"5\theta_2)/2"
        ),
        value=_styblinski_tang,
        gradient=_styblinski_tang_gradient,
        view=(-5.0, 5.0, -5.0, 5.0),
        start=(4.1, 4.4),
        minima=((-2.903534027771177, -2.903534027771177),),
        log_levels=False,
        source="M. A. Styblinski & T.-S. Tang, Experiments in nonconvex optimization, 1990",
        lr={"sgd": 0.05, "momentum": 0.2, "rmsprop": 0.2, "adam": 1.0},
        lesson=(
            "Only momentum is fast enough to cross both ridges; the others stop in higher minima."
        ),
    ),
    Surface(
        name="mccormick",
        label="McCormick",
        expression="sin(theta1 + theta2) + (theta1 - theta2)^2 - 1.5*theta1 + 2.5*theta2 + 1",
        formula=(
            r"\sin(\theta_1 + \theta_2) + (\theta_1 - \theta_2)^2 - 1.5\,\theta_1 + "
            r"2.5\,\theta_2 + 1"
        ),
        value=_mccormick,
        gradient=_mccormick_gradient,
        view=(-1.5, 4.0, -3.0, 4.0),
        start=(3.5, 3.5),
        minima=((-0.5471975511965977, -1.5471975511965979),),
        log_levels=False,
        source=(
            "M. Jamil & X.-S. Yang, A literature survey of benchmark functions for global "
            "optimization problems, 2013"
        ),
        lr={"sgd": 0.2, "momentum": 0.2, "rmsprop": 0.02, "adam": 0.2},
        lesson=(
            "All four end in the same local minimum: a zero gradient does not mean the lowest loss."
        ),
        is_bounded=False,
    ),
    Surface(
        name="branin",
        label="Branin",
        expression=(
            "(theta2 - 5.1/(4*pi^2)*theta1^2 + 5/pi*theta1 - 6)^2 + 10*(1 - "
            "1/(8*pi))*cos(theta1) + 10"
        ),
        formula=(
            r"(\theta_2 - 5.1\,\theta_1^2/(4\pi^2) + 5\,\theta_1/\pi - 6)^2"
            r" + 10\,(1 - 1/(8\pi))\,\cos\theta_1 + 10"
        ),
        value=_branin,
        gradient=_branin_gradient,
        view=(-5.0, 10.0, 0.0, 15.0),
        start=(5.5, 12.0),
        minima=((-math.pi, 12.275), (math.pi, 2.275), (3.0 * math.pi, 2.475)),
        log_levels=True,
        source="F. H. Branin, Widely convergent method for finding multiple solutions, 1972",
        lr={"sgd": 0.1, "momentum": 0.2, "rmsprop": 0.2, "adam": 2.0},
        lesson=(
            "Three equally good minima: momentum overshoots the one where the others stop and "
            "ends in another."
        ),
    ),
    Surface(
        name="two-wells",
        label="Two wells",
        expression=(
            "theta1^2 + theta2^2 - 2*exp(-((theta1 - 1)^2 + theta2^2)/0.2) - "
            "3*exp(-((theta1 + 1)^2 + theta2^2)/0.2)"
        ),
        formula=(
            r"\theta_1^2 + \theta_2^2 - 2\,e^{-5((\theta_1 - 1)^2 + \theta_2^2)} - "
            r"3\,e^{-5((\theta_1 + 1)^2 + \theta_2^2)}"
        ),
        value=_two_wells,
        gradient=_two_wells_gradient,
        view=(-2.0, 2.0, -2.0, 2.0),
        start=(0.75, 1.4),
        minima=((-0.9363006340109187, 0.0),),
        log_levels=False,
        source="after M. Gallagher & B. Yuan, A general-purpose tunable landscape generator, 2006",
        lr={"sgd": 0.05, "momentum": 0.5, "rmsprop": 0.05, "adam": 0.5},
        lesson=(
            "Only SGD falls into the near, shallow well; the others pass it and end in the deep "
            "one."
        ),
    ),
)
