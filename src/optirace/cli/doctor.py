"""`optirace doctor`: whether everything that a film needs is there."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from optirace.cli import terminal


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: the checks, and whether all are ok.")] = False,
) -> None:
    """Check the installation and print how to fix each problem."""
    from optirace.cli import diagnostics as surgery  # noqa: PLC0415 - 10 ms, and --help loads this module to say what the command does

    found = surgery.checks()
    is_well = all(check.ok for check in found)
    if as_json:
        told = {"ok": is_well, "checks": [asdict(check) for check in found]}
        terminal.say(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    else:
        lines = []
        for check in found:
            lines.append(f"{'ok     ' if check.ok else 'problem'}  {check.name:<10}  {terminal.plain(check.found)}")
            if check.advice:
                lines.append(f"{'':21}{terminal.plain(check.advice)}")
        terminal.say("".join(f"{line}\n" for line in terminal.folded(lines)))
    if not is_well:
        raise typer.Exit(1)
