"""Opens the fonts that matplotlib ships, with its library for them but without the rest of it."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from optirace.look import characters
from optirace.system import turns

if TYPE_CHECKING:
    from types import ModuleType

    from matplotlib.ft2font import FT2Font

Face: TypeAlias = Literal["DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold"]

SANS: Face = "DejaVuSans"
BOLD: Face = "DejaVuSans-Bold"
MONO: Face = "DejaVuSansMono"
MONO_BOLD: Face = "DejaVuSansMono-Bold"

_LOCK_OF: Any = vars(vars(importlib)["_bootstrap"])["_ModuleLockManager"]
"""Python's own lock of a module that is imported, which has no public name."""


def _folder() -> Path:
    package = PathFinder.find_spec("matplotlib")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")
    return Path(package.submodule_search_locations[0])


def module(name: str) -> ModuleType:
    """Return a module of matplotlib's that needs none of the others.

    Importing it in the usual way would run matplotlib's own start first, which reads the user's
    settings and takes a tenth of a second. It stands under its usual name, so that matplotlib, if
    something needs all of it later, finds the same one.
    """
    full = f"matplotlib.{name}"
    # The lock that every import of matplotlib begins with: no other thread may find the module half
    # made, or load it twice.
    with _LOCK_OF("matplotlib"):
        if full not in sys.modules and "matplotlib" not in sys.modules:
            spec = PathFinder.find_spec(full, [str(FOLDER)])
            if spec is not None and spec.loader is not None:
                sys.modules[full] = importlib.util.module_from_spec(spec)
                try:
                    spec.loader.exec_module(sys.modules[full])
                except BaseException:  # interrupted: nobody is to find it half made
                    del sys.modules[full]
                    raise
    return importlib.import_module(full) if full not in sys.modules else sys.modules[full]


FOLDER = _folder()
"""Where matplotlib lies."""

_ft2font: Any = module("ft2font")
LoadFlags: Any = _ft2font.LoadFlags


@functools.cache
def font(name: str) -> FT2Font:
    """Open one of matplotlib's fonts, such as `DejaVuSans`; there is one of each, and who has the
    turn sets its size.
    """
    opened: FT2Font = _ft2font.FT2Font(str(FOLDER / "mpl-data" / "fonts" / "ttf" / f"{name}.ttf"))
    return opened


_OTHER: dict[Face, Face] = {
    "DejaVuSans": "DejaVuSans-Bold",
    "DejaVuSans-Bold": "DejaVuSans",
    "DejaVuSansMono": "DejaVuSans",
    "DejaVuSansMono-Bold": "DejaVuSans-Bold",
}
"""The face for words that one does not have all characters of: Sans and Bold differ in some 200,
all of them mathematical.
"""


@functools.cache
def _characters(face: Face) -> frozenset[int]:
    with turns.alone():
        return frozenset(font(face).get_charmap())


def _lacks(character: str, face: Face) -> bool:
    return character == "\N{OBJECT REPLACEMENT CHARACTER}" or ord(character) not in _characters(
        face
    )


def shown(words: str, face: Face) -> tuple[str, Face]:
    """Return words as they are drawn, and in which face: the one asked for, or where another has
    more of them, that one.

    A box stands for each character that the face does not have; what is meant to be invisible is
    left out.

    >>> shown("a\N{CJK UNIFIED IDEOGRAPH-65E5}", "DejaVuSans")
    ('a□', 'DejaVuSans')
    """
    if words.isascii():
        return words, face
    words = characters.without_marks(words)
    lacking, used = min(
        ((sum(_lacks(each, one) for each in words), one) for one in (face, _OTHER[face])),
        key=lambda pair: pair[0],
    )
    return words if not lacking else "".join(
        characters.BOX if _lacks(each, used) else each for each in words
    ), used


def missing(words: str, face: Face) -> str:
    """Return the characters of words for which a box is drawn, each once, in their order.

    >>> missing("aab\N{CJK UNIFIED IDEOGRAPH-65E5}", "DejaVuSans-Bold")
    '\N{CJK UNIFIED IDEOGRAPH-65E5}'
    """
    _, used = shown(words, face)
    return "".join(
        dict.fromkeys(each for each in characters.without_marks(words) if _lacks(each, used))
    )
