"""What a program in Python asks for: the same words, and objects where it has them."""

import dataclasses
import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optirace
from optirace.numerics import correctly_rounded
from optirace.optimizers import OPTIMIZERS
from optirace.options import record
from optirace.surfaces import SURFACES, formula, traced


@dataclasses.dataclass(frozen=True)
class Mine:
    """A rule of a program."""

    lr: float = 0.1

    def init(self, theta):
        return ()

    def update(self, gradient, state):
        return self.lr * gradient, state


def points(result):
    return [trajectory.points.tolist() for trajectory in result.trajectories]


def test_all_that_is_exported_is_there_and_every_rule_is_exported():
    for name in [*optirace.__all__, "list"]:
        assert getattr(optirace, name) is not None
    assert {*optirace.__all__} <= {*dir(optirace)}
    assert {OPTIMIZERS[name] for name in OPTIMIZERS} <= {
        getattr(optirace, name) for name in optirace.__all__
    }


def test_nothing_is_loaded_before_it_is_asked_for():
    code = "import sys, optirace; dir(optirace); print([name for name in sys.modules if name.startswith('optirace.') or name == 'numpy'])"
    assert (
        "[]\n"
        == subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_raced_as_its_words_are(name):
    words = optirace.race(optimizers=[f"{name}:lr=0.05"], steps=20)
    objects = optirace.race(optimizers=[OPTIMIZERS[name](lr=0.05)], steps=20)
    assert points(words) == points(objects)
    assert words.race.racers[0].optimizer == objects.race.racers[0].optimizer


def test_an_optimizer_says_all_its_values_and_words_what_they_say():
    mixed = optirace.race(
        optimizers=[optirace.Adam(lr=0.3), "sgd", Mine(lr=0.2)],
        lr=0.01,
        beta1=0.5,
        convention="keras",
        steps=5,
    )
    adam, sgd, mine = (racer.optimizer for racer in mixed.race.racers)
    assert optirace.Adam(lr=0.3) == adam
    assert (0.01, 0.2) == (sgd.lr, mine.lr)


def test_a_rule_of_the_program_makes_its_own_steps():
    mine, sgd = points(optirace.race(optimizers=[Mine(lr=0.02), "sgd:lr=0.02"], steps=30))
    assert mine == sgd


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda x, y: x * x + 10 * y * y, "theta1*theta1 + 10*theta2*theta2"),
        (
            lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
            "(1 - theta1)^2 + 100*(theta2 - theta1^2)^2",
        ),
        (
            lambda x, y: np.sin(x) * np.cos(y) + abs(x) / 3,
            "sin(theta1)*cos(theta2) + abs(theta1)/3",
        ),
        (
            lambda x, y: np.where(x > 0, x, -2 * x) + y**2,
            "where(theta1 > 0, theta1, -2*theta1) + theta2^2",
        ),
        (lambda x, y: np.maximum(x, y) + np.square(y), "max(theta1, theta2) + theta2^2"),
        (lambda x, y: np.linalg.norm([x, y]), "sqrt(theta1*theta1 + theta2*theta2)"),
        (
            lambda x, y: np.log1p(x * x) + np.hypot(x, y),
            "log1p(theta1*theta1) + hypot(theta1, theta2)",
        ),
        (lambda x, y: np.float64(2.5) * x - np.pi, "2.5*theta1 - 3.141592653589793"),
        (
            lambda x, y: sum(k * (x - k) ** 2 for k in range(2)) + +y,
            "0 + 0*(theta1 - 0)^2 + 1*(theta1 - 1)^2 + theta2",
        ),
    ],
)
def test_a_function_becomes_the_formula_that_it_computes(function, told):
    assert told == traced.text(function)


@pytest.mark.parametrize(
    "name", [name for name in SURFACES if "where" not in SURFACES[name].expression]
)
def test_the_functions_of_our_surfaces_are_read_with_their_values_and_slopes(name):
    surface = SURFACES[name]
    read = formula.surface(traced.text(surface.value))
    for x, y in ((0.7, -1.3), (-2.1, 0.4), (1.9, 3.2)):
        point = np.float64(x), np.float64(y)
        assert read.value(*point) == pytest.approx(surface.value(*point), rel=1e-9)
        assert read.gradient(*point) == pytest.approx(surface.gradient(*point), rel=1e-7, abs=1e-9)


def numbers():
    return st.floats(-9, 9).map(lambda value: round(value, 2))


def parts(inner):
    pair = st.tuples(inner, inner)
    return (
        pair.map(lambda two: lambda x, y: two[0](x, y) + two[1](x, y))
        | pair.map(lambda two: lambda x, y: two[0](x, y) - two[1](x, y))
        | pair.map(lambda two: lambda x, y: two[0](x, y) * two[1](x, y))
        | pair.map(lambda two: lambda x, y: np.minimum(two[0](x, y), two[1](x, y)))
        | inner.map(lambda one: lambda x, y: np.tanh(one(x, y)))
        | inner.map(lambda one: lambda x, y: -(one(x, y) ** 2))
    )


LEAVES = st.sampled_from([lambda x, y: x, lambda x, y: y]) | numbers().map(
    lambda value: lambda x, y: value + 0.0 * x
)


@settings(max_examples=80, deadline=None)
@given(function=st.recursive(LEAVES, parts, max_leaves=6), x=numbers(), y=numbers())
def test_whatever_is_made_of_operators_is_read_as_it_computes(function, x, y):
    rounded = correctly_rounded.rounded(formula.surface(traced.text(function)).value)
    assert float(rounded(np.float64(x), np.float64(y))) == pytest.approx(
        float(function(np.float64(x), np.float64(y))), rel=1e-9, abs=1e-9
    )


def test_a_film_of_a_function_can_be_made_anew():
    result = optirace.race(
        surface=lambda x, y: x * x + 10 * y * y, optimizers=[optirace.Adam(lr=0.3)], steps=5
    )
    settings_ = record.origin("render", result.asked._replace(groups=result.asked.groups)).settings
    assert "theta1*theta1 + 10*theta2*theta2" == settings_["surface"]
    again = optirace.race(surface=settings_["surface"], optimizers=settings_["optimizer"], steps=5)
    assert points(again) == points(result)


def test_a_function_with_its_gradient_may_compute_anything():
    def bumpy(x, y):
        return np.floor(x) * 0.0 + x * x + y * y

    result = optirace.race(
        surface=bumpy, gradient=lambda x, y: (2 * x, 2 * y), optimizers=["sgd:lr=0.25"], steps=10
    )
    plain = optirace.race(surface="x^2 + y^2", optimizers=["sgd:lr=0.25"], steps=10, minimum=(0, 0))
    assert points(plain) == points(result)
    assert result.asked is None


def test_a_surface_of_the_program_is_raced():
    mine = optirace.Surface(
        name="mine",
        formula="x",
        value=lambda x, y: x * x + y * y,
        gradient=lambda x, y: (2 * x, 2 * y),
        start=(1.0, 2.0),
    )
    result = optirace.race(surface=mine, optimizers=["sgd:lr=0.25"], steps=10)
    assert ([1.0, 2.0], None) == (points(result)[0][0], result.asked)
    shipped = optirace.race(surface=SURFACES["bowl"], steps=3)
    assert points(shipped) == points(optirace.race(steps=3))
    assert "bowl" == shipped.asked.values["surface"]


def branching(x, y):
    return x if x > 0 else y


def changing(x, y, calls=[]):  # noqa: B006 - it is to remember
    calls.append(x)
    return x * len(calls)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            {"surface": 5},
            "surface 5: must be a name, a formula, a function of x and y, or an optirace.Surface",
        ),
        ({"surface": dict}, "surface <class 'dict'>: must be a name"),
        ({"surface": branching}, "surface: a function may not branch on x and y; use np.where"),
        ({"surface": changing}, "surface: a function computes "),
        (
            {"surface": lambda x, y: __import__("math").sin(x)},
            "surface: a function must call NumPy's functions, np.sin for math.sin",
        ),
        ({"surface": lambda x: x}, "surface: a function cannot be read as a formula: TypeError: "),
        (
            {"surface": lambda x, y: x % 2},
            "surface: a function may not call np.remainder, of which there is no derivative here",
        ),
        ({"surface": lambda x, y: np.mean(x)}, "surface: a function may not call np.mean"),
        (
            {"surface": lambda x, y: None},
            "surface: a function must be made of finite numbers; NoneType None is none",
        ),
        (
            {"surface": lambda x, y: x + np.inf},
            "surface: a function must be made of finite numbers; float inf is none",
        ),
        (
            {"surface": lambda x, y: sum(x * k for k in range(9999))},
            "surface: a function must be a formula of at most 10000 characters",
        ),
        ({"surface": "bowl", "gradient": branching}, "gradient: is that of a function"),
        ({"surface": lambda x, y: x * x, "gradient": lambda x, y: (x, y)}, "surface 'function': "),
        ({"optimizers": 3}, "optimizers 3: must be a list of racers, such as ['adam:lr=0.3']"),
        ({"optimizers": "adam"}, "optimizers 'adam': must be a list, such as ['adam']"),
        (
            {"optimizers": [3]},
            "optimizer 3: must be a racer, such as 'adam:lr=0.3' or optirace.Adam(lr=0.3)",
        ),
        (
            {"optimizers": [optirace.SGD]},
            "optimizer <class 'optirace.optimizers.lecture.S...: must be a racer",
        ),
        ({"optimizers": [optirace.Result]}, "optimizer "),
        ({"lr": [0.1]}, "lr [0.1]: must be a finite number such as 0.1"),
        ({"steps": [1]}, "steps '[1]': must be a whole number such as 200"),
        ({"tune": 3}, "tune 3: must be "),
        ({"plugins": 3}, "plugins 3: must be a list"),
    ],
)
def test_a_wrong_value_of_a_race_gets_one_clear_line(words, message):
    with pytest.raises(optirace.InvalidValueError) as problem:
        optirace.race(**words)
    assert str(problem.value).startswith(message)
    assert "\n" not in str(problem.value)


UNTYPED: Any = optirace
RESULT = optirace.race(steps=3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: UNTYPED.render("x", "a.mp4"), "result 'x': must be what optirace.race returns"),
        (lambda: UNTYPED.render(RESULT, 3), "path 3: must be the name of a file"),
        (lambda: UNTYPED.render(RESULT, "a.png", notes=[3]), "notes [3]: must be text in quotes"),
        (
            lambda: UNTYPED.render(RESULT, "a.png", max_size=[1]),
            "max_size [1]: must be text in quotes",
        ),
        (
            lambda: UNTYPED.table(3),
            "result 3: must be what optirace.race or optirace.sweep returns",
        ),
        (lambda: UNTYPED.table(RESULT, every="x"), "every 'x': must be a whole number such as 50"),
        (lambda: UNTYPED.sweep(3, lr=[1]), "result 3: must be what optirace.race returns"),
        (lambda: UNTYPED.sweep(RESULT, lr="x"), "lr 'x': must be numbers that ascend"),
        (
            lambda: UNTYPED.sweep(RESULT, lr=[0.1], jobs="x"),
            "jobs 'x': must be a whole number such as 4",
        ),
        (lambda: UNTYPED.explain(3), "optimizer 3: must be a racer"),
        (
            lambda: UNTYPED.explain("adam", surfce="bowl"),
            "option 'surfce': unknown; did you mean surface?",
        ),
        (lambda: UNTYPED.explain(RESULT, surface="bowl"), "surface: a result says its own"),
        (lambda: UNTYPED.list(3), "list '3': unknown"),
        (lambda: UNTYPED.inspect(3), "path 3: must be the name of a file"),
        (lambda: UNTYPED.check(RESULT, 3), "path 3: must be the name of a file"),
        (lambda: UNTYPED.snippet(3), "path 3: must be the name of a file"),
    ],
)
def test_a_wrong_value_of_a_function_gets_one_clear_line(call, message):
    with pytest.raises(optirace.InvalidValueError) as problem:
        call()
    assert str(problem.value).startswith(message)


def test_an_optimizer_is_explained_without_a_race():
    told = optirace.explain("adam:lr=0.3", surface="rosenbrock")
    assert told == optirace.explain(
        optirace.race(optimizers=["adam:lr=0.3"], surface="rosenbrock", steps=200)
    )
    assert told == optirace.explain(optirace.Adam(lr=0.3), surface="rosenbrock")


def test_a_file_is_inspected_and_checked(tmp_path):
    film, still, frames = (f"{tmp_path}/{name}" for name in ("a.gif", "a.png", "frames/"))
    small: dict[str, Any] = {"size": (240, 240), "duration": 0.2, "hold": (0, 0), "fps": 10}
    optirace.render(RESULT, film, still, frames, **small)
    assert (None, None, None) == optirace.check(RESULT, film, still, frames, **small)
    told = optirace.inspect(film)
    assert ([240, 240], 0.2, 3) == (told["size"], told["seconds"], told["settings"]["steps"])
    assert told["command"].startswith("optirace render ")
    kinds = [
        each and each.kind
        for each in optirace.check(optirace.race(steps=4), film, str(tmp_path / "b.png"), **small)
    ]
    assert ["numbers", "missing"] == kinds
    assert {"a.gif", "a.png", "frames"} == {path.name for path in tmp_path.iterdir()}
    with pytest.raises(optirace.OptiraceError, match=r"a\.mp3"):
        optirace.check(RESULT, str(tmp_path / "a.mp3"))
    with pytest.raises(optirace.OptiraceError):
        optirace.inspect(tmp_path / "none.gif")


def test_the_doctor_says_what_is_there():
    assert {"python", "ffmpeg", "fonts"} <= {check.name for check in optirace.doctor()}


def test_what_is_returned_has_a_repr_of_one_line():
    sweep = optirace.sweep(RESULT, lr=[0.1, 0.2])
    assert "<Race of SGD, SGD + Momentum, RMSProp, Adam on bowl for 3 steps>" == repr(RESULT.race)
    assert repr(RESULT).startswith(
        "<Result of SGD, SGD + Momentum, RMSProp, Adam on bowl for 3 steps; best: SGD"
    )
    assert (
        "<Sweep of SGD, SGD + Momentum, RMSProp, Adam on bowl for 3 steps over 2 learning rates>"
        == repr(sweep)
    )
    assert "<Surface bowl: theta1^2 + 10*theta2^2>" == repr(SURFACES["bowl"])
    assert all(
        "\n" not in repr(each) and len(repr(each)) < 160 for each in (RESULT, RESULT.race, sweep)
    )


def test_every_public_function_tells_of_its_arguments():
    for name in ("race", "render", "explain", "inspect", "check"):
        told = inspect.getdoc(getattr(optirace, name))
        assert "Args:\n" in told
        for parameter in inspect.signature(getattr(optirace, name)).parameters:
            assert f"{parameter}: " in told, (name, parameter)
