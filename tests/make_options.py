"""Writes what is told of the options outside of their rows: the signatures of Python.

`python tests/make_options.py` writes them anew, as `make fix` does; `test_options.py` compares.
"""

import builtins
import dataclasses
import re
import sys
from pathlib import Path

from optirace.options.film import FileOptions, PictureOptions
from optirace.options.race import RaceOptions
from optirace.settings import option

ROOT = Path(__file__).parents[1]
API = ROOT / "src" / "optirace" / "api.py"
SIGNATURES = {"race": (RaceOptions,), "render": (FileOptions, PictureOptions)}
NOT_OF_PYTHON = {"output", "force"}
"""What the names that are passed say, and what only a scene needs."""


def rows(groups):
    """Yield the options of a function of Python, each with its annotation."""
    for group in groups:
        annotations = {each.name: each.type for each in dataclasses.fields(group)}
        for name, row in option.options(group).items():
            if name not in NOT_OF_PYTHON:
                yield row, annotations[name]


def signature(groups):
    """Yield the lines of the parameters."""
    for row, annotation in rows(groups):
        default = repr(row.default).replace("'", '"')
        hides = "  # noqa: A002 - the word of the command line" if hasattr(builtins, row.name) else ""
        yield f"    {row.name}: {annotation} = {default},{hides}"


def arguments(groups):
    """Yield the lines of the docstring that tell of them."""
    for row, _ in rows(groups):
        told = re.sub(r"--([a-z-]+)", lambda found: f"`{found[1].replace('-', '_')}`", row.told())
        told = told.replace(" Repeatable.", "")
        default = f" By default {row.shown}." if row.shown else ""
        yield from _folded(f"{row.name}: {told}{default}")


def _folded(text, width=124):
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
        given = [line for line in own[0].splitlines() if re.match(r" {8}(result|\*paths|progress): ", line)]
        parameters = "".join(f"{line}\n" for line in signature(groups))
        told = "\n".join([*given, *arguments(groups)])
        text = "".join((head, begin, parameters, end, doc, mark, told, *own[1:]))
    return text


def main():
    API.write_text(written(API.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
