"""The options that say what is raced, shared by every command that races."""

from typing import Annotated, TypeAlias

import typer

from optirace import engine, specs

_RACE = "The race"

Lr: TypeAlias = Annotated[
    str | None,
    typer.Option("--lr", metavar="NUMBER", help="Learning rate of every racer.", show_default="0.1", rich_help_panel=_RACE),
]
Beta: TypeAlias = Annotated[
    str | None,
    typer.Option("--beta", metavar="NUMBER", help="beta of Momentum and RMSProp.", show_default="0.9", rich_help_panel=_RACE),
]
Beta1: TypeAlias = Annotated[
    str | None,
    typer.Option("--beta1", metavar="NUMBER", help="beta1 of Adam.", show_default="0.9", rich_help_panel=_RACE),
]
Beta2: TypeAlias = Annotated[
    str | None,
    typer.Option("--beta2", metavar="NUMBER", help="beta2 of Adam.", show_default="0.999", rich_help_panel=_RACE),
]
Eps: TypeAlias = Annotated[
    str | None,
    typer.Option("--eps", metavar="NUMBER", help="eps of RMSProp and Adam.", show_default="1e-8", rich_help_panel=_RACE),
]
Steps: TypeAlias = Annotated[
    str, typer.Option("--steps", metavar="COUNT", help="How many steps each racer makes.", rich_help_panel=_RACE)
]
Start: TypeAlias = Annotated[
    str | None,
    typer.Option("--start", metavar="X,Y", help="Where they start.", show_default="-5,3", rich_help_panel=_RACE),
]
Tol: TypeAlias = Annotated[
    str,
    typer.Option(
        "--tol",
        metavar="NUMBER",
        help="A racer has converged when its loss stays this near to the minimum.",
        rich_help_panel=_RACE,
    ),
]
Optimizers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-O",
        "--optimizer",
        metavar="NAME[:KEY=VALUE,...]",
        help="A racer: sgd, momentum, rmsprop or adam, with its own values: adam:lr=0.3,label=fast. Repeat for more.",
        show_default="the four",
        rich_help_panel=_RACE,
    ),
]


def race(
    *,
    lr: str | None,
    beta: str | None,
    beta1: str | None,
    beta2: str | None,
    eps: str | None,
    steps: str,
    start: str | None,
    tol: str,
    optimizers: list[str] | None,
) -> engine.Race:
    """Turn the words typed for these options into a race."""
    typed = {"lr": lr, "beta": beta, "beta1": beta1, "beta2": beta2, "eps": eps}
    return specs.race(
        texts=optimizers or (),
        start=None if start is None else specs.pair("--start", start),
        steps=specs.whole("--steps", steps),
        tol=specs.number("--tol", tol),
        shared={name: specs.number(f"--{name}", text) for name, text in typed.items() if text is not None},
    )
