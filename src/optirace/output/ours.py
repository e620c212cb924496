"""Says whether what stands at a name was made by optirace, so that a name that nobody typed replaces nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.errors import InvalidValueError, OptiraceError
from optirace.output import provenance
from optirace.output.files import folder, target
from optirace.output.read import contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def check(paths: Sequence[target.PathLike], texts: Iterable[Path] = (), beside: Sequence[target.PathLike] = ()) -> None:
    """Refuse names at which something stands that optirace has not made; touches nothing.

    A file or a folder of frames is ours if its note says how it was made. A text has no note: it is ours where one of the
    files `beside` it, of its stem, stands there and is ours. An empty folder holds nothing that could be lost.

    Raises InvalidValueError.
    """
    for path in paths:
        if _stands(path) and not is_ours(path):
            raise InvalidValueError(f"output {target.shown(path)}: {_REFUSAL}")
    for text in texts:
        films = [path for path in beside if not folder.is_meant(path) and _is_beside(Path(path), text)]
        if _stands(text) and not any(_stands(film) and is_ours(film) for film in films):
            raise InvalidValueError(f"output {target.shown(text)}: {_REFUSAL}")


_REFUSAL = "is there, and not made by optirace; type its name with -o, or --force"


def is_ours(path: target.PathLike) -> bool:
    """Return whether a file, or a folder of frames, says how optirace made it; an empty folder is anybody's."""
    place = Path(path)
    try:
        if place.is_dir() and not any(place.iterdir()):
            return True
        provenance.read(contents.read(place).note or "", target.shown(path))
    except (OptiraceError, OSError):
        return False
    return True


def _stands(path: target.PathLike) -> bool:
    """Return whether there is anything at a name, links followed; where nobody may look, nobody can replace anything."""
    return os.path.exists(path)  # noqa: PTH110 - Path's raises for a name that is too long


def _is_beside(film: Path, text: Path) -> bool:
    stem = film.with_suffix("").name
    return film.parent == text.parent and text.name in (f"{stem}.vtt", f"{stem}.alt.txt")
