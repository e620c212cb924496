"""`optirace doctor`: whether everything that a film needs is there."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from optirace.cli import terminal
from optirace.settings.kinds import FLAG
from optirace.settings.option import option

if TYPE_CHECKING:
    from optirace.settings.option import Asked


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DoctorOptions:
    """The output."""

    as_json: bool = option(
        False, FLAG, "Print one JSON object: the checks, and whether all are ok.", "--json"
    )


GROUPS = (DoctorOptions,)


def doctor(asked: "Asked") -> None:
    """Check the installation and print how to fix each problem."""
    from optirace import (
        diagnostics as surgery,
    )  # 10 ms, and --help loads this module to say what the command does

    found = surgery.checks()
    is_well = all(check.ok for check in found)
    if asked.of(DoctorOptions).as_json:
        told = {"ok": is_well, "checks": [asdict(check) for check in found]}
        terminal.say(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    else:
        lines = []
        for check in found:
            lines.append(
                f"{'ok     ' if check.ok else 'problem'}  {check.name:<10}  "
                f"{terminal.plain(check.found)}"
            )
            if check.advice:
                lines.append(f"{'':21}{terminal.plain(check.advice)}")
        terminal.say("".join(f"{line}\n" for line in terminal.folded(lines)))
    if not is_well:
        raise typer.Exit(1)
