"""Writes what is told of the options outside of their rows: the signatures of Python, and
docs/options.md.

`python tests/make_options.py` writes them anew, as `make fix` does; `test_options.py` compares.
"""

import builtins
import dataclasses
import re
import sys
from importlib import import_module
from pathlib import Path

from optirace.cli import COMMANDS
from optirace.options.film import FileOptions, PictureOptions
from optirace.options.race import RaceOptions
from optirace.settings import option

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "options.md"
API = ROOT / "src" / "optirace" / "api.py"
SIGNATURES = {"race": (RaceOptions,), "render": (FileOptions, PictureOptions)}
OBJECTS = {
    "surface": "str | Surface | Callable[[Any, Any], Any]",
    "optimizers": "Sequence[str | Any]",
}
"""What Python takes besides words."""
NOT_OF_PYTHON = {"output", "force"}
"""What the names that are passed say, and what only a scene needs."""


def rows(groups):
    """Yield the options of a function of Python, each with its annotation."""
    for group in groups:
        annotations = {each.name: each.type for each in dataclasses.fields(group)}
        for name, row in option.options(group).items():
            if name not in NOT_OF_PYTHON:
                yield row, OBJECTS.get(name, annotations[name])


def signature(groups):
    """Yield the lines of the parameters."""
    for row, annotation in rows(groups):
        default = repr(row.default).replace("'", '"')
        hides = (
            "  # noqa: A002 - the word of the command line" if hasattr(builtins, row.name) else ""
        )
        yield f"    {row.name}: {annotation} = {default},{hides}"


def arguments(groups):
    """Yield the lines of the docstring that tell of them."""
    for row, _ in rows(groups):
        told = re.sub(r"--([a-z-]+)", lambda found: f"`{found[1].replace('-', '_')}`", row.told())
        told = told.replace(" Repeatable.", "")
        default = f" By default {row.shown}." if row.shown else ""
        yield from _folded(f"{row.name}: {told}{default}")


def _folded(text, width=100):
    lines, indent = [], " " * 8
    for word in text.split():
        if not lines or len(lines[-1]) + len(word) + 1 > width:
            lines.append(f"{indent}{word}")
            indent = " " * 12
        else:
            lines[-1] += f" {word}"
    return lines


def written(text):
    """Return the text of api.py with the parameters and what is told of them as the rows say."""
    for name, groups in SIGNATURES.items():
        begin, end = f"    # The options of {name}, written by `make fix`.\n", "    # So far.\n"
        head, _, rest = text.partition(begin)
        _, _, rest = rest.partition(end)
        doc, mark, rest = rest.partition("    Args:\n")
        own = rest.partition("\n\n")
        given = re.findall(
            r"^ {8}(?:result|\*paths|progress|gradient): .*(?:\n {12}.*)*", own[0], re.MULTILINE
        )
        parameters = "".join(f"{line}\n" for line in signature(groups))
        told = "\n".join([*given, *arguments(groups)])
        text = "".join((head, begin, parameters, end, doc, mark, told, *own[1:]))
    return text


HEAD = """\
# Options

Written by `make fix` from the rows in `src/optirace/options/` and beside the commands. In Python an
option has the same name with `_` for `-` (`optimizers`, `notes` and `plugins` are lists), and takes
the value or the word.

*of* says which outputs an option means something to. *also in* says where it may stand besides the
command line: in a `scene`, and in a made `file`, which carries it so that `optirace inspect
--rerun` can make the file anew.
"""
OUTPUTS = {
    "any": "", "film": "films", "video": "videos", "gif": "GIFs", "animated": ".gif .webp .apng",
    "still": "stills",
    "png": ".png", "stdout": "`-o -`", "chart": "charts", "rule": "rules that have it",
}  # fmt: skip
ALSO_IN = {"person": "", "scene": "scene", "film": "scene, file"}


def page():
    """Return the reference of all options: each group once, with the commands that have it."""
    having = {}
    for command in COMMANDS:
        for group in import_module(f"optirace.cli.{command}").GROUPS:
            having.setdefault(group, []).append(command)
    return HEAD + "".join(_section(group, commands) for group, commands in having.items())


def _section(group, commands):
    title = group.__doc__.rstrip(".")
    lines = [
        "",
        f"## {title}: {', '.join(commands)}",
        "",
        "| option | | default | of | also in |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in option.options(group).values():
        typed = row.metavar if row.is_argument else f"{', '.join(row.flags)} {row.metavar}".strip()
        default = row.default_told().removeprefix("(").removesuffix(")")
        also = (
            ALSO_IN[row.said_by]
            if {"render", "table"} & {*commands}
            else ALSO_IN[row.said_by].replace("scene, ", "")
        )
        cells = (f"`{typed}`", row.told(), default, OUTPUTS[row.of], also)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "".join(f"{line}\n" for line in lines)


def main():
    API.write_text(written(API.read_text(encoding="utf-8")), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
