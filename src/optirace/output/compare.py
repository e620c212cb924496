"""Says what differs between a file or a folder that was kept and the one that would be made now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from optirace.errors import OptiraceError, OutputError
from optirace.output import decoded, provenance, sidecars
from optirace.output.files import folder, target
from optirace.output.read import contents, pdf, svg
from optirace.system import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from optirace.output.provenance import Note
    from optirace.output.read.contents import Contents

Kind: TypeAlias = Literal["missing", "numbers", "pixels", "drawing", "bytes"]

DRAWINGS: dict[str, Callable[[Path], bytes]] = {".svg": svg.drawing, ".pdf": pdf.drawing}
"""What is compared where there are no pixels."""

MOST_PICTURES = 10
"""Times as many as there are now, and so many more: what a stranger's file has beyond that is not
looked at.
"""


MOST_TIMES, MOST_MORE = 10, 1_000_000
"""A file may be so many times as long as the one made now, and have so many more bytes, for its
pictures to be played.
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Why a kept file is not what would be made."""

    kind: Kind
    words: str
    """One line, without the name of the file."""


def differences(
    paths: Sequence[target.PathLike], make: Callable[[Sequence[target.PathLike]], Any]
) -> list[Difference | None]:
    """Have files made elsewhere, and compare those of their names with them.

    Raises what `make` raises, with the names that were asked for in the place of those elsewhere.
    """
    try:
        elsewhere = TemporaryDirectory()
    except FileNotFoundError:
        raise OutputError(
            "check", "cannot create a temporary file", hint="set TMPDIR to a writable folder"
        ) from None
    with elsewhere as room:
        fresh = [Path(room, str(index), Path(path).name) for index, path in enumerate(paths)]
        try:
            make(
                [
                    f"{new}/" if folder.is_meant(path) else new
                    for path, new in zip(paths, fresh, strict=True)
                ]
            )
        except OutputError as problem:
            names = {
                target.shown(new): target.shown(path)
                for path, new in zip(paths, fresh, strict=True)
            }
            raise problem.but(
                subject=names.get(problem.subject.rstrip("/"), problem.subject)
            ) from problem
        return [difference(Path(path), new) for path, new in zip(paths, fresh, strict=True)]


def difference(kept: Path, made: Path) -> Difference | None:
    """Compare a kept file or folder with the one made now, of the same format; None where every
    byte is the same.

    The gravest difference is told: the race's numbers, else the pixels or the drawing, else the
    bytes alone.
    """
    try:
        if kept.is_dir() is not made.is_dir():
            return Difference("missing", "cannot be read" if kept.exists() else "does not exist")
        if contents.are_same(kept, made):
            return None
    except OSError as problem:
        return _unread(kept, made, problem)
    return _difference(kept, made)


def _unread(kept: Path, made: Path, problem: OSError) -> Difference:
    if os.path.isdir(kept):  # noqa: PTH112 - Path's raises where it may not look
        return Difference("bytes", f"is not a complete {contents.shown(contents.kind_of(made))}")
    is_there = not isinstance(problem, FileNotFoundError)
    return Difference(
        "missing", f"cannot be read: {reading.reason(problem)}" if is_there else "does not exist"
    )


def _difference(kept: Path, made: Path) -> Difference:
    """Say what differs, where some bytes do."""
    if made.name.endswith(tuple(sidecars.SUFFIXES.values())):
        return Difference("bytes", "its words differ")
    new = contents.read(made)
    after = _note(new, made)
    try:
        old = contents.read(kept)
    except OptiraceError:
        return Difference("bytes", f"is not a complete {contents.shown(contents.kind_of(made))}")
    told = _note(old, kept)
    why = "".join(f"; {reason}" for reason in _reasons(told, after))
    if told and after and told.numbers != after.numbers:
        return Difference("numbers", f"numbers differ{why}")
    if drawing := DRAWINGS.get(contents.kind_of(made)):
        drawn = _drawing(kept, old, made, new, drawing)
        return (
            Difference("drawing", f"its drawing differs{drawn}{why}")
            if drawn is not None
            else _bytes(why)
        )
    pixels = _pixels(kept, old, made, new)
    return Difference("pixels", f"pixels differ: {pixels}{why}") if pixels else _bytes(why)


def _bytes(why: str) -> Difference:
    return Difference("bytes", f"bytes differ only{why}")


def _bytes_of(path: Path) -> int:
    """Return the length of a file, or of the longest in a folder."""
    return max(
        (each.stat().st_size for each in (folder.frames(path) if path.is_dir() else [path])),
        default=0,
    )


def _note(found: Contents, path: Path) -> Note | None:
    try:
        return provenance.read(found.note or "", path.name)
    except OptiraceError:
        return None


def _reasons(told: Note | None, made: Note | None) -> Iterator[str]:
    """Yield what the notes say of why, as far as they do."""
    if told is None or made is None:
        yield "it has no record of how it was made"
        return
    if (command := told.origin.typed()) != made.origin.typed():
        yield f"the file was made by `{command}`" if command else "it was made from Python"
    if told.origin.scene != made.origin.scene:
        yield "its scene file was different"
    if told.origin.plugins != made.origin.plugins:
        yield "its plugins were different"
    for name in sorted({*told.versions, *made.versions}):
        before, now = told.versions.get(name, "none"), made.versions.get(name, "none")
        if before != now:
            yield f"{name} {before} is now {now}"


def _drawing(
    kept: Path, old: Contents, made: Path, new: Contents, drawing: Callable[[Path], bytes]
) -> str | None:
    """Say how large drawings are that differ, if that is it; None where they do not."""
    if (old.width, old.height) != (new.width, new.height):
        return f": {_size(old)} is now {_size(new)}"
    is_larger = kept.stat().st_size > made.stat().st_size + contents.LONGEST_NOTE
    return "" if is_larger or drawing(kept) != drawing(made) else None


def _pixels(kept: Path, old: Contents, made: Path, new: Contents) -> str:
    """Say how the pictures differ; nothing where they do not."""
    if (old.width, old.height) != (new.width, new.height):
        return f"{_size(old)} is now {_size(new)}"
    if old.seconds != new.seconds or old.fps != new.fps:
        return f"{_length(old)} is now {_length(new)}"
    is_counted = made.is_dir() and old.frames != new.frames
    if is_counted or old.frames > MOST_PICTURES * (new.frames + MOST_PICTURES):
        return f"{old.frames} pictures are now {new.frames}"
    held, wanted = _bytes_of(kept), _bytes_of(made)
    if held > MOST_TIMES * wanted + MOST_MORE:
        return f"{held} bytes are now {wanted}, and were not played"
    try:
        times, largest = zip(*_compared(kept, made), strict=True)
    except OptiraceError:
        return "it cannot be played"
    changed = sum(time for time, most in zip(times, largest, strict=True) if most)
    is_still = new.seconds is None and not made.is_dir()
    share = (
        ""
        if is_still
        else (
            f"{100 * changed / max(1, sum(times)):.3g} % of the "
            f"{'frames' if made.is_dir() else 'film'}, "
        )
    )
    return f"{share}by at most {max(largest)} of 255" if changed else ""


def _size(found: Contents) -> str:
    return f"{found.width}x{found.height}"


def _length(found: Contents) -> str:
    if found.seconds is None:
        return "a still"
    rate = "" if found.fps is None else f" at {float(found.fps):g} frames per second"
    return f"{float(found.seconds):g} seconds{rate}"


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
