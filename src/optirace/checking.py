"""Says what differs between a file that was kept and the one that would be made now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from optirace import provenance
from optirace.encoders import beside, contents, decoded
from optirace.errors import OptiraceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optirace.encoders.contents import Contents
    from optirace.provenance import Note

Kind: TypeAlias = Literal["missing", "numbers", "pixels", "bytes"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Why a kept file is not what would be made."""

    kind: Kind
    words: str
    """One line, without the name of the file."""


def difference(kept: Path, made: Path) -> Difference | None:
    """Compare a kept file with the one made now, of the same format; None where every byte is the same.

    The gravest difference is told: the race's numbers, else the pixels, else the bytes alone.
    """
    try:
        before = kept.read_bytes()
    except OSError as problem:
        return Difference("missing", "does not exist" if isinstance(problem, FileNotFoundError) else "cannot be read")
    if before == made.read_bytes():
        return None
    if made.name.endswith(tuple(beside.SUFFIXES.values())):
        return Difference("bytes", "its words differ")
    new = contents.read(made)
    after = _note(new, made)
    try:
        old = contents.read(kept)
    except OptiraceError:
        return Difference("bytes", f"is no whole {made.suffix.lower()} file")
    told = _note(old, kept)
    why = "".join(f"; {reason}" for reason in _reasons(told, after))
    if told and after and told.numbers != after.numbers:
        return Difference("numbers", f"numbers differ{why}")
    pixels = _pixels(kept, old, made, new)
    return Difference("pixels", f"pixels differ: {pixels}{why}") if pixels else Difference("bytes", f"bytes differ only{why}")


def _note(found: Contents, path: Path) -> Note | None:
    try:
        return provenance.read(found.note or "", path.name)
    except OptiraceError:
        return None


def _reasons(told: Note | None, made: Note | None) -> Iterator[str]:
    """Yield what the notes say of why, as far as they do."""
    if told is None or made is None:
        yield "it does not say how it was made"
        return
    if told.origin.command != made.origin.command:
        yield f"it was made by `{told.origin.command}`" if told.origin.command else "it was made from Python"
    if told.origin.scene != made.origin.scene:
        yield "its scene was another"
    if told.origin.plugins != made.origin.plugins:
        yield "its plug-ins were others"
    for name in sorted({*told.versions, *made.versions}):
        before, now = told.versions.get(name, "none"), made.versions.get(name, "none")
        if before != now:
            yield f"{name} {before} is now {now}"


def _pixels(kept: Path, old: Contents, made: Path, new: Contents) -> str:
    """Say how the pictures differ; nothing where they do not."""
    if (old.width, old.height) != (new.width, new.height):
        return f"{old.width}x{old.height} is now {new.width}x{new.height}"
    if old.seconds != new.seconds or old.fps != new.fps:
        return f"{_length(old)} is now {_length(new)}"
    try:
        times, largest = zip(*_compared(kept, made), strict=True)
    except OptiraceError:
        return "it cannot be played"
    changed = sum(time for time, most in zip(times, largest, strict=True) if most)
    share = "" if new.seconds is None else f"{100 * changed / sum(times):.3g} % of the film, "
    return f"{share}by at most {max(largest)} of 255" if changed else ""


def _length(found: Contents) -> str:
    rate = "" if found.fps is None else f" at {float(found.fps):g} frames a second"
    return f"{float(found.seconds or 0):g} seconds{rate}"


def _compared(kept: Path, made: Path) -> Iterator[tuple[int, int]]:
    """Yield how long each pair of pictures stays, and the largest difference in it, 0 to 255."""
    ours, theirs = decoded.pictures(kept), decoded.pictures(made)
    (one, left), (two, right) = next(ours), next(theirs)
    while True:
        time = min(left, right)
        yield time, int(np.abs(one.astype(np.int16) - two).max())
        left, right = left - time, right - time
        try:
            one, left = (one, left) if left else next(ours)
            two, right = (two, right) if right else next(theirs)
        except StopIteration:
            return
