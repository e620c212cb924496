"""`optirace snippet`: what to paste to show a film."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.cli import terminal
from optirace.settings.kinds import TEXT, one_of
from optirace.settings.option import option
from optirace.system import paths

if TYPE_CHECKING:
    from optirace.settings.option import Asked


def _targets() -> Iterable[str]:
    from optirace.output import (
        embed,
    )  # 5 ms, and --help loads this module to say what the command does

    return embed.TARGETS


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SnippetOptions:
    """The snippet."""

    file: str = option(
        "", TEXT, "Film, still or folder of frames.", metavar="FILE", is_argument=True
    )
    target: str = option("html", one_of(_targets), "Where it is shown: {names}.", "--for")
    alt: str | None = option(None, TEXT, "Alt text.", shown="FILE's .alt.txt, or its name")


GROUPS = (SnippetOptions,)


def snippet(asked: "Asked") -> None:
    """Print the code that embeds a film in a page or slide, with its alt text, poster and
    captions.
    """
    from optirace.output import embed  # as above

    wanted = asked.of(SnippetOptions)
    terminal.say(embed.snippet(Path(paths.typed(wanted.file)), wanted.target, wanted.alt))
