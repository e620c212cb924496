"""Surfaces with one minimum at the end of a curved valley or beyond a flat."""

from __future__ import annotations

from typing import Any

from optirace.surfaces.surface import Surface


def _rosenbrock(x: Any, y: Any) -> Any:
    a, b = 1.0 - x, y - x * x
    return a * a + 100.0 * (b * b)


def _rosenbrock_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    b = y - x * x
    return -2.0 * (1.0 - x) - 400.0 * (x * b), 200.0 * b


def _beale(x: Any, y: Any) -> Any:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * (y * y), 2.625 - x + x * (y * y * y)
    return a * a + b * b + c * c


def _beale_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * (y * y), 2.625 - x + x * (y * y * y)
    by_x = 2.0 * (a * (y - 1.0) + b * (y * y - 1.0) + c * (y * y * y - 1.0))
    return by_x, 2.0 * x * (a + 2.0 * y * b + 3.0 * (y * y) * c)


def _goldstein_price(x: Any, y: Any) -> Any:
    a, b = x + y, 2.0 * x - 3.0 * y
    first = 1.0 + (a + 1.0) * (a + 1.0) * (19.0 - 14.0 * a + 3.0 * (a * a))
    second = 30.0 + b * b * (18.0 - 16.0 * b + 3.0 * (b * b))
    return first * second


def _goldstein_price_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    a, b = x + y, 2.0 * x - 3.0 * y
    p, q = 19.0 - 14.0 * a + 3.0 * (a * a), 18.0 - 16.0 * b + 3.0 * (b * b)
    first, second = 1.0 + (a + 1.0) * (a + 1.0) * p, 30.0 + b * b * q
    by_a = (a + 1.0) * (2.0 * p + (a + 1.0) * (6.0 * a - 14.0)) * second
    by_b = b * (2.0 * q + b * (6.0 * b - 16.0)) * first
    return by_a + 2.0 * by_b, by_a - 3.0 * by_b


ROWS = (
    Surface(
        name="rosenbrock",
        label="Rosenbrock",
        expression="(1 - theta1)^2 + 100*(theta2 - theta1^2)^2",
        formula=r"(1 - \theta_1)^2 + 100\,(\theta_2 - \theta_1^2)^2",
        value=_rosenbrock,
        gradient=_rosenbrock_gradient,
        view=(-2.0, 2.0, -1.0, 3.0),
        start=(-1.5, 2.0),
        minima=((1.0, 1.0),),
        log_levels=True,
        source=(
            "H. H. Rosenbrock, An automatic method for finding the greatest or least value of a "
            "function, 1960"
        ),
        lr={"sgd": 0.002, "momentum": 0.02, "rmsprop": 0.2, "adam": 1.0},
        lesson=(
            "Reaching the valley is easy, following its curved floor is slow: only SGD and "
            "momentum converge."
        ),
    ),
    Surface(
        name="beale",
        label="Beale",
        expression=(
            "(1.5 - theta1 + theta1*theta2)^2 + (2.25 - theta1 + theta1*theta2^2)^2 + "
            "(2.625 - theta1 + theta1*theta2^3)^2"
        ),
        formula=(
            r"(1.5 - \theta_1 + \theta_1\theta_2)^2 + (2.25 - \theta_1 + \theta_1\theta_2^2)^2"
            r" + (2.625 - \theta_1 + \theta_1\theta_2^3)^2"
        ),
        value=_beale,
        gradient=_beale_gradient,
        view=(-4.5, 4.5, -4.5, 4.5),
        start=(1.0, 1.5),
        minima=((3.0, 0.5),),
        log_levels=True,
        source="E. M. L. Beale, On an iterative method for finding a local minimum, 1958",
        lr={"sgd": 0.02, "momentum": 0.05, "rmsprop": 0.2, "adam": 0.5},
        lesson=(
            "On the flat floor beyond the steep walls only Adam converges: momentum needs twice "
            "the steps, SGD still more."
        ),
    ),
    Surface(
        name="goldstein-price",
        label="Goldstein-Price",
        expression=(
            "(1 + (theta1 + theta2 + 1)^2"
            "*(19 - 14*theta1 + 3*theta1^2 - 14*theta2 + 6*theta1*theta2 + 3*theta2^2))"
            "*(30 + (2*theta1 - 3*theta2)^2"
            "*(18 - 32*theta1 + 12*theta1^2 + 48*theta2 - 36*theta1*theta2 + 27*theta2^2))"
        ),
        formula=(
            r"(1 + (a+1)^2(3a^2 - 14a + 19))\,(30 + b^2(3b^2 - 16b + 18)),"
            r"\ \ a = \theta_1 + \theta_2,\ b = 2\theta_1 - 3\theta_2"
        ),
        value=_goldstein_price,
        gradient=_goldstein_price_gradient,
        view=(-2.0, 2.0, -3.0, 2.0),
        start=(-1.5, 0.5),
        minima=((0.0, -1.0),),
        log_levels=True,
        source="A. A. Goldstein & J. F. Price, On descent from local minima, 1971",
        lr={"sgd": 0.0002, "momentum": 0.0001, "rmsprop": 0.5, "adam": 0.2},
        lesson=(
            "Losses reach millions: SGD needs lr 2500 times smaller than RMSProp, whose steps "
            "ignore the scale."
        ),
    ),
)
