"""`optirace table`: the standings of a race, printed."""

from typing import TYPE_CHECKING

from optirace.cli import scene, terminal
from optirace.options.race import RaceOptions, SceneOptions, race
from optirace.options.table import TableOptions
from optirace.racing import engine
from optirace.text import tables

if TYPE_CHECKING:
    from optirace.settings.option import Asked

GROUPS = (SceneOptions, RaceOptions, TableOptions)


def table(asked: "Asked") -> None:
    """Run the race and print the standings: losses and outcome of each racer, best first."""
    output = asked.of(TableOptions)
    raced = race(asked.of(RaceOptions), may_import=asked.may_import)
    scene.tell_idle(asked, raced)
    told = tables.table(engine.run(raced), output.every)
    is_drawn = output.format == "rich"
    terminal.say(
        terminal.drawn(told, is_wide=output.wide) if is_drawn else told.text(output.format)
    )
