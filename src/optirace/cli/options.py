"""The options that say what is raced, shared by every command that races."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from optirace.errors import InvalidValueError
from optirace.look import themes
from optirace.racing import engine
from optirace.settings import plugins, specs
from optirace.system import paths

_PANEL = "The race"

TOLD = "is_told"
"""What `Typed.is_told` is called among the parameters of a command, where a scene or a film puts it."""


def _option(*names: str, metavar: str, help: str, default: str | None = None) -> Any:  # noqa: A002 - typer's word
    return typer.Option(*names, metavar=metavar, help=help, show_default=default or True, rich_help_panel=_PANEL)


_Text: TypeAlias = str | None

Wide: TypeAlias = Annotated[bool, typer.Option("--wide", help="Print every column of the table, each row on one line.")]
"""For a command that prints a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person typed of the race's options, as words; None where nothing."""

    surface: Annotated[
        str,
        _option(
            "--surface",
            metavar="NAME|FORMULA",
            help="Loss surface: a name (see `optirace list surfaces`) or a formula in x and y.",
        ),
    ] = "bowl"
    view: Annotated[_Text, _option("--view", metavar="X0,X1,Y0,Y1", help="Region to show.", default="the surface's")] = None
    minimum: Annotated[
        _Text, _option("--minimum", metavar="X,Y", help="Position of the global minimum.", default="the surface's")
    ] = None
    lr: Annotated[
        _Text,
        _option(
            "--lr",
            metavar="NUMBER",
            help="Learning rate for every racer that does not set its own.",
            default="the surface's, or 0.1",
        ),
    ] = None
    beta: Annotated[
        _Text,
        _option(
            "--beta",
            metavar="NUMBER",
            help="Decay rate beta of the running average, for every optimizer that has one.",
            default="0.9",
        ),
    ] = None
    beta1: Annotated[
        _Text,
        _option(
            "--beta1",
            metavar="NUMBER",
            help="Decay rate beta1 (gradient average in Adam), for every optimizer that has one.",
            default="0.9",
        ),
    ] = None
    beta2: Annotated[
        _Text,
        _option(
            "--beta2",
            metavar="NUMBER",
            help="Decay rate beta2 (squared-gradient average in Adam), for every optimizer that has one.",
            default="0.999",
        ),
    ] = None
    eps: Annotated[
        _Text,
        _option(
            "--eps",
            metavar="NUMBER",
            help="Term eps added to the denominator, for every optimizer that has one.",
            default="1e-8",
        ),
    ] = None
    steps: Annotated[str, _option("--steps", metavar="COUNT", help="Number of optimizer steps.")] = "200"
    start: Annotated[
        _Text, _option("--start", metavar="X,Y", help="Starting point of every racer.", default="the surface's")
    ] = None
    tol: Annotated[
        str,
        _option(
            "--tol", metavar="NUMBER", help="A racer has converged once its loss stays within this distance of the minimum."
        ),
    ] = "1e-3"
    optimizers: Annotated[
        list[str] | None,
        _option(
            "-O",
            "--optimizer",
            metavar="NAME[:KEY=VALUE,...]",
            help="Enter a racer, optionally with its own settings: adam:lr=0.3,label=fast. Repeatable.",
            default="the four",
        ),
    ] = None

    convention: Annotated[
        str, _option("--convention", metavar="NAME", help="Whose formulas and defaults to use: lecture, torch, keras or optax.")
    ] = "lecture"
    lr_schedule: Annotated[
        _Text,
        _option(
            "--lr-schedule",
            metavar="NAME[:VALUE...]",
            help="Learning rate schedule, such as step:50:0.5, cosine, exponential:0.99, warmup:20:cosine"
            " (two full steps: 20, the last of the rise, and 21, the first of the cosine).",
            default="constant",
        ),
    ] = None
    noise: Annotated[
        str,
        _option("--noise", metavar="NUMBER", help="Standard deviation of the Gaussian noise added to each gradient component."),
    ] = "0"
    seed: Annotated[
        str, _option("--seed", metavar="COUNT", help="Random seed of the noise. At each step all racers get the same draw.")
    ] = "0"
    tune: Annotated[
        _Text,
        _option(
            "--tune",
            metavar="NAME[,NAME]",
            help="Give each racer the best of 16 learning rates, with --tune lr,beta its best beta too, if it sets none.",
            default="none",
        ),
    ] = None
    plugins: Annotated[
        list[str] | None,
        _option(
            "--plugin",
            metavar="FILE",
            help="Python file that defines optimizers or surfaces. The file is executed. Repeatable.",
            default="none",
        ),
    ] = None

    is_told: bool = False
    """Whether a file says who races, and nobody typed it: then no module is loaded for a racer. No option."""

    def race(self) -> engine.Race:
        """Turn the words into a race."""
        registry = replace(plugins.collected(plugin_paths(self.plugins)), may_import=not self.is_told)
        shared = {name: getattr(self, name) for name in ("lr", "beta", "beta1", "beta2", "eps")}
        return specs.race(
            surface=specs.surface(
                self.surface,
                view=None if self.view is None else specs.view("--view", self.view),
                minimum=None if self.minimum is None else specs.pair("--minimum", self.minimum),
                registry=registry,
            ),
            texts=self.optimizers or (),
            start=None if self.start is None else specs.pair("--start", self.start),
            steps=specs.whole("--steps", self.steps),
            tol=specs.number("--tol", self.tol),
            noise=specs.number("--noise", self.noise),
            seed=specs.whole("--seed", self.seed),
            schedule=self.lr_schedule,
            convention=self.convention,
            tune=False if self.tune is None else self.tune,
            registry=registry,
            shared={name: specs.number(f"--{name}", text) for name, text in shared.items() if text is not None},
        )


def plugin_paths(names: Sequence[str] | None) -> list[Path]:
    """Return the files that --plugin names."""
    return [Path(paths.typed(name)) for name in names or ()]


def of_race(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the race's options: its first parameter, a Typed, becomes an option for each field.

    A parameter of its own with the name of a field takes that option's place, and the field keeps its default.
    """
    _, *own = inspect.signature(command).parameters.values()
    names = {parameter.name for parameter in own}
    options = [field for field in inspect.signature(Typed).parameters.values() if field.name != TOLD]
    fields = [field for field in options if field.name not in names]

    @functools.wraps(command)
    def typed(**words: Any) -> None:
        told = words.pop(TOLD, False)
        command(Typed(**{field.name: words.pop(field.name) for field in fields}, is_told=told), **words)

    parameters = [*(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own), *fields]
    vars(typed).pop("__wrapped__")
    vars(typed)["__signature__"] = inspect.Signature(parameters)
    typed.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return typed


def size_of(size: str | None, quality: str | None) -> tuple[int, int]:
    """Return the width and height that --size or --quality asks for."""
    if size is not None and quality is not None:
        raise InvalidValueError("--size and --quality: give one of them, not both")
    if quality is not None:
        if quality not in themes.QUALITIES:
            raise specs.unknown("--quality", quality, themes.QUALITIES)
        return themes.QUALITIES[quality]
    return specs.size("--size", size) if size is not None else themes.QUALITIES["720p"]
