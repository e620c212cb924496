"""`optirace table`: each racer's losses and how it ended."""

from typing import Annotated

import typer

from optirace import engine, report, specs
from optirace.cli import options, terminal


def table(
    lr: options.Lr = None,
    beta: options.Beta = None,
    beta1: options.Beta1 = None,
    beta2: options.Beta2 = None,
    eps: options.Eps = None,
    steps: options.Steps = "200",
    start: options.Start = None,
    tol: options.Tol = "1e-3",
    optimizers: options.Optimizers = None,
    format: Annotated[  # noqa: A002 - the option's word
        str, typer.Option("--format", metavar="NAME", help="rich, json, csv, markdown or latex.")
    ] = "rich",
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="COUNT", help="A row for each racer and COUNT-th step, instead of the standings."),
    ] = None,
) -> None:
    """Print each racer's losses and how it ended, best first."""
    if format not in report.FORMATS:
        raise specs.unknown("--format", format, report.FORMATS)
    race = options.race(
        lr=lr, beta=beta, beta1=beta1, beta2=beta2, eps=eps, steps=steps, start=start, tol=tol, optimizers=optimizers
    )
    count = None if every is None else specs.whole("--every", every)
    told = report.table(engine.run(race), count)
    terminal.say(told.text(format) if format != "rich" else terminal.drawn(told))
