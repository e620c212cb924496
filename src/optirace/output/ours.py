"""Says whether what stands at a name was made by optirace, so that a name that nobody typed
replaces nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.errors import OptiraceError
from optirace.output import provenance, sidecars
from optirace.output.files import folder, target
from optirace.output.read import contents, frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def check(
    paths: Sequence[target.PathLike],
    texts: Iterable[Path] = (),
    films: Sequence[target.PathLike] = (),
) -> None:
    """Refuse names at which something stands that optirace has not made; touches nothing.

    A file or a folder of frames is ours if its note says how it was made, and of a folder each
    frame is as ours are. A text has no note: it is ours where one of the `films` beside it, of its
    stem, stands there and is ours. An empty folder holds nothing that could be lost.

    Raises InvalidValueError.
    """
    for path in paths:
        if _stands(path) and not is_ours(path):
            raise target.refusal(path, _REFUSAL)
    for text in texts:
        if _stands(text) and not any(
            _is_beside(path, text) and _stands(path) and is_ours(path) for path in films
        ):
            raise target.refusal(text, _REFUSAL)


_REFUSAL = "exists and was not made by optirace; type its name with -o, or --force"


def is_ours(path: target.PathLike) -> bool:
    """Return whether a file, or a folder of frames, says how optirace made it; an empty folder is
    anybody's.
    """
    place = Path(path)
    try:
        if place.is_dir() and not any(place.iterdir()):
            return True
        provenance.read(contents.read(place).note or "", target.shown(path))
        return not place.is_dir() or frames.is_ours(place)
    except (OptiraceError, OSError):
        return False


def _stands(path: target.PathLike) -> bool:
    """Return whether there is anything at a name, links followed; where nobody may look, nobody can
    replace anything.
    """
    return os.path.exists(path)  # noqa: PTH110 - Path's raises for a name that is too long


def _is_beside(path: target.PathLike, text: Path) -> bool:
    """Return whether a text is one that goes beside a file or a folder."""
    stem = Path(path) if folder.is_meant(path) else Path(path).with_suffix("")
    return any(
        text == sidecars.place(stem, kind, is_of_film=is_film)
        for kind in sidecars.SUFFIXES
        for is_film in (True, False)
    )
