"""`optirace snippet`: what to paste to show a film."""

from pathlib import Path
from typing import Annotated

import typer

from optirace import paths, specs
from optirace.cli import terminal


def snippet(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A film, a picture, or a folder of frames.")],
    target: Annotated[
        str, typer.Option("--for", metavar="NAME", help="html, markdown, quarto, myst, beamer or reveal.")
    ] = "html",
    alt: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What it shows, in words.", show_default="FILE's .alt.txt, or its name"),
    ] = None,
) -> None:
    """Print what to paste to show a file on a page or a slide, with its words, poster and captions."""
    from optirace import snippets  # noqa: PLC0415 - 5 ms, and --help loads this module to say what the command does

    if target not in snippets.TARGETS:
        raise specs.unknown("--for", target, snippets.TARGETS)
    terminal.say(snippets.snippet(Path(paths.typed(file)), target, alt))
