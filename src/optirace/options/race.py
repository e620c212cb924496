"""The options that say what is raced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.settings import plugins, specs
from optirace.settings.kinds import BOX, COUNT, FLAG, NUMBER, PAIR, TEXT, TUNE, one_of
from optirace.settings.option import option
from optirace.system import paths

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from optirace.racing import engine
    from optirace.surfaces import Point, View


def _conventions() -> Iterable[str]:
    from optirace.optimizers.conventions import CONVENTIONS  # the lecture needs none of it

    return CONVENTIONS


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SceneOptions:
    """The scene."""

    scene: str | None = option(
        None,
        TEXT,
        (
            "Scene file (.toml) that sets options; the command line overrides it. `optirace "
            "init` writes one."
        ),
        metavar="[SCENE]",
        is_argument=True,
    )
    is_trusted: bool = option(
        False,
        FLAG,
        "Trust the scene: execute the plugins and load the modules that it names.",
        "--trust",
    )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RaceOptions:
    """The race."""

    surface: str = option(
        "bowl",
        TEXT,
        "Loss surface: a name (see `optirace list surfaces`) or a formula in x and y.",
        metavar="NAME|FORMULA",
        said_by="film",
    )
    view: View | None = option(None, BOX, "Region to show.", shown="the surface's", said_by="film")
    minimum: Point | None = option(
        None, PAIR, "Position of the global minimum.", shown="the surface's", said_by="film"
    )
    lr: float | None = option(
        None,
        NUMBER,
        "Learning rate for every racer that does not set its own.",
        shown="the surface's, or 0.1",
        of="rule",
        said_by="film",
    )
    beta: float | None = option(
        None,
        NUMBER,
        "Decay rate beta of the running average, for every optimizer that has one.",
        shown="0.9",
        of="rule",
        said_by="film",
    )
    beta1: float | None = option(
        None,
        NUMBER,
        "Decay rate beta1 (gradient average in Adam), for every optimizer that has one.",
        shown="0.9",
        of="rule",
        said_by="film",
    )
    beta2: float | None = option(
        None,
        NUMBER,
        "Decay rate beta2 (squared-gradient average in Adam), for every optimizer that has one.",
        shown="0.999",
        of="rule",
        said_by="film",
    )
    eps: float | None = option(
        None,
        NUMBER,
        "Term eps added to the denominator, for every optimizer that has one.",
        shown="1e-8",
        of="rule",
        said_by="film",
    )
    steps: int = option(200, COUNT, "Number of optimizer steps.", said_by="film")
    start: Point | None = option(
        None, PAIR, "Starting point of every racer.", shown="the surface's", said_by="film"
    )
    tol: float = option(
        1e-3,
        NUMBER,
        "A racer has converged once its loss stays within this distance of the minimum.",
        said_by="film",
    )
    optimizers: Sequence[str] = option(
        (),
        TEXT,
        "Enter a racer, optionally with its own settings: adam:lr=0.3,label=fast. Repeatable.",
        "-O",
        "--optimizer",
        metavar="NAME[:KEY=VALUE,...]",
        shown="the four",
        is_repeated=True,
        said_by="film",
    )
    convention: str = option(
        "lecture",
        one_of(_conventions),
        "Whose formulas and defaults to use: {names}.",
        said_by="film",
    )
    lr_schedule: str | None = option(
        None,
        TEXT,
        "Learning rate schedule, such as step:50:0.5, cosine, exponential:0.99, warmup:20:cosine"
        " (two full steps: 20, the last of the rise, and 21, the first of the cosine).",
        metavar="NAME[:VALUE...]",
        shown="constant",
        said_by="film",
    )
    noise: float = option(
        0.0,
        NUMBER,
        "Standard deviation of the Gaussian noise added to each gradient component.",
        said_by="film",
    )
    seed: int = option(
        0,
        COUNT,
        "Random seed of the noise. At each step all racers get the same draw.",
        needs="noise",
        said_by="film",
    )
    tune: bool | str | Sequence[str] = option(
        (),
        TUNE,
        (
            "Give each racer the best of 16 learning rates, with --tune lr,beta its best beta "
            "too, if it sets none."
        ),
        shown="none",
        alone="lr",
        said_by="film",
    )
    plugins: Sequence[str | os.PathLike[str]] = option(
        (),
        TEXT,
        "Python file that defines optimizers or surfaces. The file is executed. Repeatable.",
        "--plugin",
        metavar="FILE",
        shown="none",
        is_repeated=True,
        said_by="scene",
    )


def race(
    told: RaceOptions, *, may_import: bool = True, known: plugins.Registry = plugins.SHIPPED
) -> engine.Race:
    """Return the race that is asked for; unless it may import, no module is loaded for a racer.

    `known` are the rules and surfaces besides those of plugins.
    """
    registry = replace(plugins.collected(plugin_paths(told.plugins), known), may_import=may_import)
    shared = {name: getattr(told, name) for name in ("lr", "beta", "beta1", "beta2", "eps")}
    return specs.race(
        surface=specs.surface(
            told.surface, view=told.view, minimum=told.minimum, registry=registry
        ),
        texts=told.optimizers,
        start=told.start,
        steps=told.steps,
        tol=told.tol,
        noise=told.noise,
        seed=told.seed,
        schedule=told.lr_schedule,
        convention=told.convention,
        tune=told.tune or False,
        registry=registry,
        shared={name: value for name, value in shared.items() if value is not None},
    )


def plugin_paths(names: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Return the files that --plugin names."""
    return [Path(paths.typed(name) if isinstance(name, str) else name) for name in names]
