"""What torch, keras and optax mean by a rule: forms and defaults.

Read from torch 2.13, keras 3.15 and optax 0.2.8, and checked against them step by step in
`tests/test_conventions.py`. A preset names every field of a rule that the library decides. Where it
leaves one to the caller, so do we: optax has no default learning rate, and momentum of 0 is the
default of torch's and keras' SGD and RMSprop, so our lr and our mu (or beta) stay. `lr_in` says
where the learning rate stands: inside the velocity in keras, and in RMSProp of optax; beside it in
torch and in SGD of optax. That differs only while a schedule changes the rate. optax's rprop is
left out: in 0.2.8 each of its steps comes one step late.
"""

from __future__ import annotations

_TORCH_ADAM: dict[str, float | str] = {
    "lr": 1e-3,
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "convention": "hat",
}
_TORCH_RMSPROP: dict[str, float | str] = {
    "lr": 1e-2,
    "beta": 0.99,
    "eps": 1e-8,
    "convention": "outside",
}
_KERAS_ADAM: dict[str, float | str] = {
    "lr": 1e-3,
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-7,
    "convention": "raw",
}
_KERAS_RMSPROP: dict[str, float | str] = {
    "lr": 1e-3,
    "beta": 0.9,
    "eps": 1e-7,
    "convention": "inside",
}
_OPTAX_ADAM: dict[str, float | str] = {
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "convention": "hat",
}
_OPTAX_RMSPROP: dict[str, float | str] = {"beta": 0.9, "eps": 1e-8, "convention": "inside"}

CONVENTIONS: dict[str, dict[str, dict[str, float | str]]] = {
    "lecture": {},
    "torch": {
        "sgd": {"lr": 1e-3},
        "momentum": {"lr": 1e-3, "lr_in": "step", "convention": "heavy-ball"},
        "rmsprop": _TORCH_RMSPROP,
        "adam": _TORCH_ADAM,
        "heavy-ball": {"lr": 1e-3, "lr_in": "step"},
        "nesterov": {"lr": 1e-3, "lr_in": "step"},
        "adagrad": {"lr": 1e-2, "eps": 1e-10, "initial": 0.0, "convention": "outside"},
        "adadelta": {"lr": 1.0, "beta": 0.9, "eps": 1e-6},
        "rmsprop-momentum": {**_TORCH_RMSPROP, "lr_in": "step"},
        "rmsprop-centered": {**_TORCH_RMSPROP, "lr_in": "step"},
        "adamax": {**_TORCH_ADAM, "lr": 2e-3, "convention": "inside"},
        "nadam": {**_TORCH_ADAM, "lr": 2e-3, "psi": 4e-3, "convention": "scheduled"},
        "radam": {**_TORCH_ADAM, "convention": "raw"},
        "adamw": {**_TORCH_ADAM, "weight_decay": 1e-2},
        "amsgrad": {**_TORCH_ADAM, "convention": "max-then-hat"},
        "rprop": {
            "lr": 1e-2,
            "eta_minus": 0.5,
            "eta_plus": 1.2,
            "min_step": 1e-6,
            "max_step": 50.0,
        },
    },
    "keras": {
        "sgd": {"lr": 1e-2},
        "momentum": {"lr": 1e-2, "lr_in": "velocity", "convention": "heavy-ball"},
        "rmsprop": _KERAS_RMSPROP,
        "adam": _KERAS_ADAM,
        "heavy-ball": {"lr": 1e-2, "lr_in": "velocity"},
        "nesterov": {"lr": 1e-2, "lr_in": "velocity"},
        "adagrad": {"lr": 1e-3, "eps": 1e-7, "initial": 0.1, "convention": "inside"},
        "adadelta": {"lr": 1e-3, "beta": 0.95, "eps": 1e-7},
        "rmsprop-momentum": {**_KERAS_RMSPROP, "lr_in": "velocity"},
        "rmsprop-centered": {**_KERAS_RMSPROP, "lr_in": "velocity"},
        "adamax": {**_KERAS_ADAM, "convention": "outside"},
        "nadam": {**_KERAS_ADAM, "psi": 1.0, "convention": "scheduled"},
        "adamw": {**_KERAS_ADAM, "weight_decay": 4e-3},
        "amsgrad": {**_KERAS_ADAM, "convention": "max-raw"},
        "lion": {"lr": 1e-3, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0},
    },
    "optax": {
        "sgd": {},
        "momentum": {"lr_in": "step", "convention": "heavy-ball"},
        "rmsprop": _OPTAX_RMSPROP,
        "adam": _OPTAX_ADAM,
        "heavy-ball": {"lr_in": "step"},
        "nesterov": {"lr_in": "step"},
        "adagrad": {"eps": 1e-7, "initial": 0.1, "convention": "inside"},
        "adadelta": {"beta": 0.9, "eps": 1e-6},
        "rmsprop-momentum": {**_OPTAX_RMSPROP, "lr_in": "velocity"},
        "rmsprop-centered": {**_OPTAX_RMSPROP, "lr_in": "velocity"},
        "adamax": {**_OPTAX_ADAM, "convention": "inside"},
        "nadam": {**_OPTAX_ADAM, "psi": 0.0, "convention": "constant"},
        "radam": {**_OPTAX_ADAM, "convention": "hat"},
        "adamw": {**_OPTAX_ADAM, "weight_decay": 1e-4},
        "amsgrad": {**_OPTAX_ADAM, "convention": "hat-then-max"},
        "adabelief": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-16},
        "yogi": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-3, "initial": 1e-6},
        "lion": {"beta1": 0.9, "beta2": 0.99, "weight_decay": 1e-3},
        "signum": {"beta": 0.9},
        "adan": {
            "beta1": 0.98,
            "beta2": 0.92,
            "beta3": 0.99,
            "eps": 1e-8,
            "eps_root": 1e-8,
            "convention": "one-minus-beta2",
        },
    },
}
"""Values of fields by library and by rule; a rule that a library does not have is not in its row.

`lecture` changes nothing.
"""

LEFT_OUT = {("optax", "rprop"): "has it, but in 0.2.8 each of its steps comes one step late"}
"""Why a library's rule is in no row although it is there, by the library and the rule."""
