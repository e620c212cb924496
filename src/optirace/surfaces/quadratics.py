"""Surfaces whose contours are ellipses: all that decides is how long, and how they lie."""

from __future__ import annotations

from typing import Any

from optirace.surfaces.surface import Surface


def _bowl(x: Any, y: Any) -> Any:
    return x * x + 10.0 * (y * y)


def _bowl_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 2.0 * x, 20.0 * y


def _sphere(x: Any, y: Any) -> Any:
    return x * x + y * y


def _sphere_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 2.0 * x, 2.0 * y


def _narrow_valley(x: Any, y: Any) -> Any:
    return 0.5 * (x * x) + 50.0 * (y * y)


def _narrow_valley_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 1.0 * x, 100.0 * y


def _rotated_bowl(x: Any, y: Any) -> Any:
    return 0.5 * (13.0 * (x * x) - 24.0 * (x * y) + 13.0 * (y * y))


def _rotated_bowl_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 13.0 * x - 12.0 * y, 13.0 * y - 12.0 * x


def _matyas(x: Any, y: Any) -> Any:
    return 0.26 * (x * x + y * y) - 0.48 * (x * y)


def _matyas_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return 0.52 * x - 0.48 * y, 0.52 * y - 0.48 * x


def _booth(x: Any, y: Any) -> Any:
    a, b = x + 2.0 * y - 7.0, 2.0 * x + y - 5.0
    return a * a + b * b


def _booth_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    a, b = x + 2.0 * y - 7.0, 2.0 * x + y - 5.0
    return 2.0 * a + 4.0 * b, 4.0 * a + 2.0 * b


ROWS = (
    Surface(
        name="bowl",
        label="Quadratic bowl",
        expression="theta1^2 + 10*theta2^2",
        formula=r"\theta_1^2 + 10\,\theta_2^2",
        value=_bowl,
        gradient=_bowl_gradient,
        view=(-6.0, 3.0, -4.0, 4.0),
        start=(-5.0, 3.0),
        minima=((0.0, 0.0),),
        log_levels=True,
        source=(
            "B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964"
        ),
        lesson=(
            "At one learning rate momentum and Adam converge, while SGD bounces between the "
            "walls forever."
        ),
    ),
    Surface(
        name="sphere",
        label="Sphere",
        expression="theta1^2 + theta2^2",
        formula=r"\theta_1^2 + \theta_2^2",
        value=_sphere,
        gradient=_sphere_gradient,
        view=(-5.0, 5.0, -5.0, 5.0),
        start=(-4.0, 3.0),
        minima=((0.0, 0.0),),
        log_levels=False,
        source=(
            "K. A. De Jong, An analysis of the behavior of a class of genetic adaptive systems, "
            "1975"
        ),
        lr={"sgd": 0.5, "momentum": 2.0, "rmsprop": 0.2, "adam": 1.0},
        lesson=(
            "With equal curvature in every direction SGD converges in one step, and averaging "
            "only overshoots."
        ),
    ),
    Surface(
        name="narrow-valley",
        label="Narrow valley",
        expression="theta1^2/2 + 50*theta2^2",
        formula=r"\theta_1^2/2 + 50\,\theta_2^2",
        value=_narrow_valley,
        gradient=_narrow_valley_gradient,
        view=(-11.0, 3.0, -1.5, 1.5),
        start=(-10.0, 1.0),
        minima=((0.0, 0.0),),
        log_levels=True,
        source="G. Goh, Why momentum really works, 2017",
        lr={"sgd": 0.01, "momentum": 0.1, "rmsprop": 0.2, "adam": 1.0},
        lesson=(
            "The steep walls cap SGD's learning rate, so it crawls along the floor; momentum "
            "and Adam converge."
        ),
    ),
    Surface(
        name="rotated-bowl",
        label="Rotated bowl",
        expression="(13*theta1^2 - 24*theta1*theta2 + 13*theta2^2)/2",
        formula=r"(13\,\theta_1^2 - 24\,\theta_1\theta_2 + 13\,\theta_2^2)/2",
        value=_rotated_bowl,
        gradient=_rotated_bowl_gradient,
        view=(-4.0, 4.0, -4.0, 4.0),
        start=(-3.0, 1.0),
        minima=((0.0, 0.0),),
        log_levels=True,
        source="N. Hansen et al., Impacts of invariance in search, 2011",
        lr={"sgd": 0.05, "momentum": 0.1, "rmsprop": 0.2, "adam": 1.0},
        lesson=(
            "SGD wins: Adam and RMSProp scale each axis separately, and this valley runs "
            "diagonally to both."
        ),
    ),
    Surface(
        name="matyas",
        label="Matyas",
        expression="0.26*(theta1^2 + theta2^2) - 0.48*theta1*theta2",
        formula=r"0.26\,(\theta_1^2 + \theta_2^2) - 0.48\,\theta_1\theta_2",
        value=_matyas,
        gradient=_matyas_gradient,
        view=(-10.0, 10.0, -10.0, 10.0),
        start=(-8.0, 4.0),
        minima=((0.0, 0.0),),
        log_levels=True,
        source=(
            "M. Jamil & X.-S. Yang, A literature survey of benchmark functions for global "
            "optimization problems, 2013"
        ),
        lr={"sgd": 1.0, "momentum": 2.0, "rmsprop": 0.5, "adam": 2.0},
        lesson="A gentle valley tolerates large learning rates: SGD wins with lr = 1.",
    ),
    Surface(
        name="booth",
        label="Booth",
        expression="(theta1 + 2*theta2 - 7)^2 + (2*theta1 + theta2 - 5)^2",
        formula=r"(\theta_1 + 2\theta_2 - 7)^2 + (2\theta_1 + \theta_2 - 5)^2",
        value=_booth,
        gradient=_booth_gradient,
        view=(-10.0, 10.0, -10.0, 10.0),
        start=(-8.0, -7.0),
        minima=((1.0, 3.0),),
        log_levels=True,
        source=(
            "M. Jamil & X.-S. Yang, A literature survey of benchmark functions for global "
            "optimization problems, 2013"
        ),
        lr={"sgd": 0.05, "momentum": 0.05, "rmsprop": 0.2, "adam": 1.0},
        lesson=(
            "The start lies almost straight up the steepest wall: SGD drops in at once, "
            "momentum and Adam overshoot."
        ),
    ),
)
