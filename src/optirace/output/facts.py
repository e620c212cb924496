"""Says what a file holds, without any race: what kind it is, what it was made with, and its
numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optirace.output import formats
from optirace.output.read import contents

if TYPE_CHECKING:
    from pathlib import Path

    from optirace.output.provenance import Note
    from optirace.output.read.contents import Contents


def of(path: Path, found: Contents, note: Note) -> dict[str, Any]:
    """Return the facts of a file, by the names that JSON has for them, given what was read of it
    and its note.
    """
    origin, (size, sha256) = note.origin, contents.digest(path)
    kind = formats.FORMATS[found.suffix or contents.kind_of(path)]
    description = (kind.of_codec(found.codec) if found.codec else kind).description
    return {
        "path": str(path),
        "format": "chart of a sweep"
        if (origin.typed() or "").startswith("optirace sweep")
        else description,
        "size": [found.width, found.height],
        "frames": found.frames,
        "fps": None if found.fps is None else float(found.fps),
        "seconds": None if found.seconds is None else float(found.seconds),
        "bytes": size,
        "sha256": sha256,
        "command": origin.typed(),
        "plugins": dict(origin.plugins),
        "scene": origin.scene,
        "settings": origin.settings,
        "numbers": note.numbers,
        "versions": dict(note.versions),
    }
