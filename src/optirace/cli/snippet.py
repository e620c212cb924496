"""`optirace snippet`: what to paste to show a film."""

from pathlib import Path
from typing import Annotated

import typer

from optirace.cli import terminal
from optirace.errors import chosen
from optirace.system import paths


def snippet(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Film, still or folder of frames.")],
    target: Annotated[
        str, typer.Option("--for", metavar="NAME", help="Where it is shown: html, markdown, quarto, myst, beamer or reveal.")
    ] = "html",
    alt: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Alt text.", show_default="FILE's .alt.txt, or its name"),
    ] = None,
) -> None:
    """Print the code that embeds a film in a page or slide, with its alt text, poster and captions."""
    from optirace.output import embed  # noqa: PLC0415 - 5 ms, and --help loads this module to say what the command does

    target = chosen("for", target, embed.TARGETS)
    terminal.say(embed.snippet(Path(paths.typed(file)), target, alt))
