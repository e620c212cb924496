"""`optirace init`: a scene with every option at its default, to start from."""

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from optirace.cli import scene, terminal
from optirace.errors import InvalidValueError
from optirace.output.files import drafts, target
from optirace.settings import scenes
from optirace.system import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.core import TyperOption

    from optirace.settings.scenes import Option

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


def init(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="The scene to write.")] = "race.toml",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a scene file that lists every option with its default."""
    file = paths.typed(file)
    if not file.lower().endswith(scenes.SUFFIX):
        raise InvalidValueError(f"file {file!r}: must be a {scenes.SUFFIX} file")
    target.check_place(file)
    if Path(file).exists() and not force:
        raise InvalidValueError(f"file {file!r}: is there already; name another, or write over it with --force")
    options = sorted(scene.options_of(context.parent).items(), key=lambda each: each[1].rich_help_panel is None)
    name, entries = terminal.plain(file), ["".join(_entry(option, declared, Path(file))) for option, declared in options]
    with target.Draft(file, scenes.SUFFIX) as draft:
        try:
            draft.path.write_text("\n".join([_HEAD.format(name=name), *entries]) + _FOOT, encoding="utf-8")
            draft.digest()
        except OSError as problem:
            raise target.refused(draft, problem) from problem
        drafts.commit([draft])
    terminal.say(f"{name}: every option at its default; change it, then: optirace render {name}\n")


def _entry(option: "Option", declared: "TyperOption", file: Path) -> "Iterator[str]":
    """Write what an option is for and its default; one that has none becomes a comment that shows the form of its value."""
    default = [file.with_suffix(".mp4").name] if option.key == "output" else declared.default
    told = f" By default {declared.show_default}." if default is None and isinstance(declared.show_default, str) else ""
    yield textwrap.fill(f"{declared.help}{told}", 120, initial_indent="# ", subsequent_indent="# ") + "\n"
    if default is None:
        yield f"#{option.key} = {'true' if option.alone else _form(option, option.metavar or 'true or false')}\n"
    else:
        yield f"{option.key} = {_form(option, default)}\n"


def _form(option: "Option", value: Any) -> str:
    """Write a word, or the metavar in its place, as TOML would have it."""
    if option.is_repeated and isinstance(value, str):
        value = [value]
    if option.takes_text or not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return value if option.separator is None else f"[{', '.join(value.split(option.separator))}]"
