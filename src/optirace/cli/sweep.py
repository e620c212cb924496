"""`optirace sweep`: which learning rates a racer works with."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optirace.cli import scene, terminal
from optirace.errors import InvalidValueError
from optirace.options.race import RaceOptions, race
from optirace.options.sweep import ChartOptions, GridOptions, SweepOutput
from optirace.racing import sweeps
from optirace.racing.engine import Race
from optirace.system import paths
from optirace.text import sweep_table, tables

if TYPE_CHECKING:
    from optirace.settings.option import Asked

GROUPS = (GridOptions, ChartOptions, RaceOptions, SweepOutput)


def sweep(asked: "Asked") -> None:
    """Run a grid of learning rates and print where each racer converges, converges fastest and
    diverges.
    """
    swept, chart, output = grid(asked), asked.of(ChartOptions), asked.of(SweepOutput)
    look = chart.style()
    if "" in chart.output:
        raise InvalidValueError(
            "output", "no file name", value="", hint="add one, such as -o sweep.png"
        )
    names = [Path(paths.typed(name)) for name in chart.output]
    if names:
        from optirace.drawing.raster import missing  # likewise
        from optirace.output import charts  # matplotlib, for who draws

        charts.check(names, swept["lr"])
        if lacking := missing.told(swept["race"]):
            terminal.note(f"optirace: {lacking}")
    scene.tell_idle(asked, swept["race"], has_chart=bool(names))
    with terminal.stoppable(names):
        found = sweeps.run(**swept, jobs=asked.of(GridOptions).jobs)
        if names:
            from optirace.options import record  # only a chart is told how it was made

            charts.render(
                found, names, look=look, metric=chart.metric, origin=record.origin("sweep", asked)
            )
    told = sweep_table.Ranges(found)
    is_drawn = output.format == "rich"
    terminal.say(
        terminal.drawn(told, is_wide=output.wide)
        if is_drawn
        else tables.written(told, output.format)
    )


def grid(asked: "Asked") -> dict[str, Any]:
    """Return what `sweeps.run` takes: the race and the values of each axis."""
    told = asked.of(GridOptions)
    betas = told.beta.values if told.beta is not None else ()
    return {
        "race": _race(asked, betas),
        "lr": told.lr.values,
        "beta": betas if len(betas) > 1 else None,
    }


def _race(asked: "Asked", betas: tuple[float, ...]) -> Race:
    """Return the race whose rates are swept; one beta holds for every racer, whatever its rule
    calls it.
    """
    typed, is_map = asked.of(RaceOptions), len(betas) > 1
    if typed.tune:
        raise InvalidValueError("tune", "a sweep tries the rates of --lr", hint="leave it out")
    raced = race(
        replace(typed, beta=betas[0] if len(betas) == 1 else None), may_import=asked.may_import
    )
    told = [
        {each.partition("=")[0].strip() for each in text.partition(":")[2].split(",")}
        for text in typed.optimizers
    ]
    for text, names in zip(typed.optimizers, told, strict=True):
        for name in sorted(names & ({"lr", "beta", "mu"} if is_map else {"lr"})):
            raise InvalidValueError(
                "optimizer", f"{name} is swept", value=text, hint="leave it out"
            )
    own = {place for place, names in enumerate(told) if "mu" in names}
    return sweeps.at_beta(raced, betas[0], own) if len(betas) == 1 else raced
