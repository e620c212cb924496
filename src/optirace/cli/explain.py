"""`optirace explain`: what a rule does, term by term, and how far it can be pushed."""

from dataclasses import replace
from typing import Annotated

import typer

from optirace.cli import options, terminal
from optirace.errors import InvalidValueError


@options.of_race
def explain(
    typed: options.Typed,
    *,
    rule: Annotated[str, typer.Argument(metavar="NAME[:KEY=VALUE,...]", help="A rule, as -O takes it: adam, adam:lr=0.3.")],
) -> None:
    """Explain a rule term by term, how libraries differ, how large a rate it bears, and one step in numbers."""
    from optirace import lessons  # noqa: PLC0415 - the words and the libraries' forms, for who asks

    for option, is_given in (("--optimizer", typed.optimizers), ("--tune", typed.tune)):
        if is_given:
            raise InvalidValueError(f"{option}: what is explained is the rule that is named first; leave it out")
    terminal.say(lessons.explain(replace(typed, optimizers=[rule]).race(), terminal.width()))
