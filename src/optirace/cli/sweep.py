"""`optirace sweep`: which learning rates a racer works with."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from optirace.cli import options, terminal
from optirace.errors import InvalidValueError
from optirace.look import themes
from optirace.racing import sweeps
from optirace.racing.engine import Race
from optirace.settings import specs
from optirace.system import paths
from optirace.text import sweep_table, tables


@options.of_race
def sweep(
    typed: options.Typed,
    *,
    context: typer.Context,
    lr: Annotated[
        str,
        typer.Option(
            metavar="FROM:TO:COUNT",
            help="Learning rates: COUNT values in geometric progression, or a list such as 0.1,0.2,0.5.",
        ),
    ] = "1e-3:3:61",
    beta: Annotated[
        str | None,
        typer.Option(
            metavar="FROM:TO:COUNT",
            help="Decay rates beta: COUNT evenly spaced values, a list, or one value for all.",
            show_default="0.9",
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write a chart: .png, .svg or .pdf. Repeatable."),
    ] = None,
    metric: Annotated[str, typer.Option(metavar="NAME", help="Quantity to plot: loss, or steps (to convergence).")] = "loss",
    size: Annotated[
        str | None,
        typer.Option(metavar="WxH", help="Width and height in pixels: even numbers from 240 to 4096.", show_default="1280x720"),
    ] = None,
    quality: Annotated[
        str | None,
        typer.Option("-q", "--quality", metavar="NAME", help="Size by name: 480p, 720p, 1080p or 4k. Replaces --size."),
    ] = None,
    theme: Annotated[str, typer.Option(metavar="NAME", help="light or dark.")] = "light",
    jobs: Annotated[
        str | None,
        typer.Option(metavar="COUNT", help="Number of parallel processes.", show_default="1, or all cores for a large grid"),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's word
        str, typer.Option("--format", metavar="NAME", help="rich, json, csv, markdown or latex.")
    ] = "rich",
    wide: options.Wide = False,
) -> None:
    """Run a grid of learning rates and print where each racer converges, converges fastest and diverges."""
    for name, word, allowed in (
        ("format", format, tables.FORMATS),
        ("metric", metric, sweeps.METRICS),
        ("theme", theme, themes.THEMES),
    ):
        if word not in allowed:
            raise specs.unknown(f"--{name}", word, allowed)
    asked = grid(typed, lr, beta)
    width, height = options.size_of(size, quality)
    look = themes.Style(width=width, height=height, theme=themes.THEMES[theme])
    count = None if jobs is None else specs.whole("--jobs", jobs)
    if "" in (output or ()):
        raise InvalidValueError("output '': no file name; give one such as -o sweep.png")
    names = [Path(paths.typed(name)) for name in output or ()]
    if names:
        from optirace.drawing.raster import missing  # noqa: PLC0415 - likewise
        from optirace.output import charts  # noqa: PLC0415 - matplotlib, for who draws

        charts.check(names, asked["lr"])
        if lacking := missing.told(asked["race"]):
            terminal.note(f"optirace: {lacking}")
    with terminal.stoppable(names):
        found = sweeps.run(**asked, jobs=count)
        if names:
            from optirace.cli import rerun  # noqa: PLC0415 - only a chart is told how it was made

            charts.render(found, names, look=look, metric=metric, origin=rerun.origin(context))
    told = sweep_table.Ranges(found)
    terminal.say(tables.written(told, format) if format != "rich" else terminal.drawn(told, is_wide=wide))


def grid(typed: options.Typed, lr: str, beta: str | None) -> dict[str, Any]:
    """Turn the words into what `sweeps.run` takes: the race and the values of each axis."""
    rates = specs.grid("--lr", lr, is_geometric=True)
    betas = () if beta is None else specs.grid("--beta", beta, is_geometric=False)
    return {"race": _race(typed, beta, betas), "lr": rates, "beta": betas if len(betas) > 1 else None}


def _race(typed: options.Typed, beta: str | None, betas: Sequence[float]) -> Race:
    """Return the race whose rates are swept; one beta holds for every racer, whatever its rule calls it."""
    if typed.tune not in (None, "none"):
        raise InvalidValueError("--tune: a sweep tries the rates of --lr; leave it out")
    is_map = len(betas) > 1
    race = replace(typed, beta=None if is_map else beta).race()
    told = [{each.partition("=")[0].strip() for each in text.partition(":")[2].split(",")} for text in typed.optimizers or ()]
    for text, names in zip(typed.optimizers or (), told, strict=True):
        for name in sorted(names & ({"lr", "beta", "mu"} if is_map else {"lr"})):
            raise InvalidValueError(f"optimizer {text!r}: {name} is swept; leave it out")
    own = {place for place, names in enumerate(told) if "mu" in names}
    return sweeps.at_beta(race, betas[0], own) if len(betas) == 1 else race
