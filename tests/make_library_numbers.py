"""Runs torch, keras and optax, and stores the points they go through: python
tests/make_library_numbers.py.

It needs the extra `libraries`. `tests/test_conventions.py` compares our rules with these numbers
everywhere, and with the libraries themselves where they are installed.
"""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from optirace.optimizers import OPTIMIZERS
from optirace.optimizers.conventions import CONVENTIONS
from optirace.racing import engine
from optirace.racing.lr_schedule import RateSchedule
from optirace.surfaces import Surface

STORED = Path(__file__).parent / "data" / "library_numbers.json"
STEPS = 40
KEPT = (1, 2, 10, 40)
RACES = {
    "bowl": (lambda x, y: (2.0 * x, 20.0 * y), (-5.0, 3.0), 0.5),
    "rosenbrock": (
        lambda x, y: (-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)),
        (-1.5, 2.0),
        0.005,
    ),
    "rotated": (lambda x, y: (13.0 * x - 12.0 * y, 13.0 * y - 12.0 * x), (-3.0, 1.0), 0.5),
    "bowl at the library's rate": (lambda x, y: (2.0 * x, 20.0 * y), (-5.0, 3.0), None),
}
"""Gradient, start, and the share of our learning rate; None leaves a rate to the library that has
one.
"""

SCHEDULES = ("step:10:0.3", "cosine:0.1", "exponential:0.9", "warmup:8:step:7:0")
"""With each of these every rule is run on the bowl, too, as each library has a rate follow a
schedule.
"""

RUNS = [(race, "constant") for race in RACES] + [("bowl", schedule) for schedule in SCHEDULES]


def rate(library, rule, share):
    """Return the learning rate of a run."""
    ours = OPTIMIZERS[rule]().lr
    return CONVENTIONS[library][rule].get("lr", ours) if share is None else share * ours


def shares(schedule):
    return RateSchedule(schedule).shares(STEPS)


def torch_points(rule, race, schedule):
    import torch  # an extra

    gradient, start, share = RACES[race]
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "sgd": (torch.optim.SGD, {}),
        "momentum": (torch.optim.SGD, {"momentum": 0.9}),
        "heavy-ball": (torch.optim.SGD, {"momentum": 0.9}),
        "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
        "rmsprop": (torch.optim.RMSprop, {}),
        "rmsprop-momentum": (torch.optim.RMSprop, {"momentum": 0.9}),
        "rmsprop-centered": (torch.optim.RMSprop, {"centered": True}),
        "adam": (torch.optim.Adam, {}),
        "amsgrad": (torch.optim.Adam, {"amsgrad": True}),
        "adamw": (torch.optim.AdamW, {}),
        "adagrad": (torch.optim.Adagrad, {}),
        "adadelta": (torch.optim.Adadelta, {}),
        "adamax": (torch.optim.Adamax, {}),
        "nadam": (torch.optim.NAdam, {}),
        "radam": (torch.optim.RAdam, {}),
        "rprop": (torch.optim.Rprop, {}),
    }
    kind, settings = kinds[rule]
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = kind(
        [theta], **settings, **({} if share is None else {"lr": rate("torch", rule, share)})
    )
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, [*shares(schedule).tolist(), 0.0].__getitem__
    )
    points = [start]
    for _ in range(STEPS):
        theta.grad = torch.tensor(gradient(*theta.tolist()), dtype=torch.float64)
        optimizer.step()
        scheduler.step()
        points.append(tuple(theta.tolist()))
    return np.array(points)


def keras_points(rule, race, schedule):
    os.environ["KERAS_BACKEND"] = "torch"  # keras computes float64 in float32 on its numpy backend
    import keras  # an extra

    keras.config.set_floatx("float64")
    gradient, start, share = RACES[race]
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "sgd": (keras.optimizers.SGD, {}),
        "momentum": (keras.optimizers.SGD, {"momentum": 0.9}),
        "heavy-ball": (keras.optimizers.SGD, {"momentum": 0.9}),
        "nesterov": (keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
        "rmsprop": (keras.optimizers.RMSprop, {}),
        "rmsprop-momentum": (keras.optimizers.RMSprop, {"momentum": 0.9}),
        "rmsprop-centered": (keras.optimizers.RMSprop, {"centered": True}),
        "adam": (keras.optimizers.Adam, {}),
        "amsgrad": (keras.optimizers.Adam, {"amsgrad": True}),
        "adamw": (keras.optimizers.AdamW, {}),
        "adagrad": (keras.optimizers.Adagrad, {}),
        "adadelta": (keras.optimizers.Adadelta, {}),
        "adamax": (keras.optimizers.Adamax, {}),
        "nadam": (keras.optimizers.Nadam, {}),
        "lion": (keras.optimizers.Lion, {}),
    }
    kind, settings = kinds[rule]
    theta = keras.Variable(np.array(start), dtype="float64")
    optimizer = kind(
        **settings, **({} if share is None else {"learning_rate": rate("keras", rule, share)})
    )
    points, full = [start], float(keras.ops.convert_to_numpy(optimizer.learning_rate))
    for each in shares(schedule).tolist():
        optimizer.learning_rate = full * each
        slope = gradient(*keras.ops.convert_to_numpy(theta).tolist())
        optimizer.apply([keras.ops.convert_to_tensor(slope, dtype="float64")], [theta])
        points.append(tuple(keras.ops.convert_to_numpy(theta).tolist()))
    return np.array(points)


def optax_points(rule, race, schedule):
    import jax  # an extra
    import optax  # an extra

    gradient, start, share = RACES[race]
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "momentum": (optax.sgd, {"momentum": 0.9}),
        "heavy-ball": (optax.sgd, {"momentum": 0.9}),
        "nesterov": (optax.sgd, {"momentum": 0.9, "nesterov": True}),
        "rmsprop-momentum": (optax.rmsprop, {"momentum": 0.9}),
        "rmsprop-centered": (optax.rmsprop, {"centered": True}),
    }
    kind, settings = kinds[rule] if rule in kinds else (getattr(optax, rule), {})
    points = [start]
    with jax.enable_x64(True):  # and afterwards whoever asks is in single precision again
        rates = jax.numpy.array(rate("optax", rule, share) * shares(schedule), dtype="float64")
        optimizer = kind(lambda count: rates[count], **settings)
        theta = jax.numpy.array(start, dtype="float64")
        state = optimizer.init(theta)
        for _ in range(STEPS):
            slope = jax.numpy.array(gradient(*theta.tolist()), dtype="float64")
            step, state = optimizer.update(slope, state, theta)
            theta = optax.apply_updates(theta, step)
            points.append(tuple(theta.tolist()))
    return np.array(points)


LIBRARIES = {"torch": torch_points, "keras": keras_points, "optax": optax_points}


def library_points(library, rule, race, schedule="constant"):
    """Return the points of a library's run, float64[STEPS + 1, 2]."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LIBRARIES[library](rule, race, schedule)


def our_points(library, rule, race, schedule="constant"):
    """Return the points of ours by that library's preset, float64[STEPS + 1, 2]."""
    gradient, start, share = RACES[race]
    ours = OPTIMIZERS[rule](**{**CONVENTIONS[library][rule], "lr": rate(library, rule, share)})
    surface = Surface(
        name="of a library's race",
        formula="",
        value=lambda x, y: 0.0 * (x + y),
        gradient=gradient,
        start=start,
    )
    racer = engine.Racer(rule, ours, 0, schedule=RateSchedule(schedule))
    return (
        engine.run(engine.Race(surface=surface, racers=(racer,), start=start, steps=STEPS))
        .trajectories[0]
        .points
    )


def main():
    runs = [
        (library, rule, *run)
        for library in LIBRARIES
        for rule in CONVENTIONS[library]
        for run in RUNS
    ]
    rows = [f'"{", ".join(run)}": {library_points(*run)[list(KEPT)].tolist()}' for run in runs]
    STORED.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
