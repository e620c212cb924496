"""`optirace init`: a scene with every option at its default, to start from."""

import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.cli import scene, terminal
from optirace.errors import InvalidValueError
from optirace.options.race import RaceOptions
from optirace.output.files import drafts, target
from optirace.settings import option, scenes
from optirace.settings.kinds import FLAG, TEXT
from optirace.system import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optirace.settings.option import Asked, Option

_HEAD = """\
# A scene of optirace: what the options of the command say, in a file. Options that are typed win.
#
#     optirace render {name}
#     optirace table {name}
#
# Lines such as `#lr = NUMBER` are unset: remove the # and fill in a value.
"""

_FOOT = """
# Racers can have tables of their own, instead of words in optimizer.
#[[racers]]
#name = "momentum"
#beta = 0.99
#label = "heavy"

# Notes: at this step the film pauses for `hold` seconds and shows the text.
#[[notes]]
#step = 34
#text = "Momentum has crossed the valley twice"
#hold = 2.0
"""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class InitOptions:
    """The scene."""

    file: str = option.option(
        "race.toml", TEXT, "The scene to write.", metavar="[FILE]", is_argument=True
    )
    force: bool = option.option(False, FLAG, "Overwrite an existing file.")


GROUPS = (InitOptions,)


def init(asked: "Asked") -> None:
    """Write a scene file that lists every option with its default."""
    wanted = asked.of(InitOptions)
    file = paths.typed(wanted.file)
    if not file.lower().endswith(scenes.SUFFIX):
        raise InvalidValueError(
            "file", f"must be a {scenes.SUFFIX} file", value=file, shown=repr(file)
        )
    target.check_place(file)
    if Path(file).exists() and not wanted.force:
        raise InvalidValueError(
            "file",
            "already exists",
            value=file,
            shown=repr(file),
            hint="choose another name, or overwrite it with --force",
        )
    race = option.options(RaceOptions)
    rows = sorted(scene.sayable(), key=lambda row: row.name not in race)
    name, entries = terminal.plain(file), ["".join(_entry(row, Path(file))) for row in rows]
    with target.Draft(file, scenes.SUFFIX) as draft:
        try:
            draft.path.write_text(
                "\n".join([_HEAD.format(name=name), *entries]) + _FOOT, encoding="utf-8"
            )
            draft.digest()
        except OSError as problem:
            raise target.refused(draft, problem) from problem
        drafts.commit([draft])
    terminal.say(f"{name}: every option at its default; change it, then: optirace render {name}\n")


def _entry(row: "Option", file: Path) -> "Iterator[str]":
    """Write what an option is for and its default; one that has none becomes a comment that shows
    the form of its value.
    """
    film = file.with_suffix(".mp4").name
    default = (
        (film if film.isprintable() else "race.mp4",) if row.key == "output" else row.default
    )  # TOML has no other
    told = f" By default {row.shown}." if row.shown else ""
    yield (
        textwrap.fill(f"{row.told()}{told}", 120, initial_indent="# ", subsequent_indent="# ")
        + "\n"
    )
    if row.shown or not option.is_given(default):
        yield f"#{row.key} = {_form(row)}\n"
    else:
        yield f"{row.key} = {json.dumps(row.data(default), ensure_ascii=False)}\n"


def _form(row: "Option") -> str:
    """Write the form of a value as TOML would have it."""
    if row.alone or row.is_flag:
        return "true" if row.alone else "true or false"
    if row.is_repeated or row.takes_text:
        return json.dumps([row.metavar] if row.is_repeated else row.metavar)
    return f"[{', '.join(row.metavar.split(row.kind.mark))}]" if row.kind.mark else row.metavar
