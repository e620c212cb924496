"""Opens whatever is read: regular files alone, and of each no more than its kind may have.

A name that a person types, a scene says or a folder holds may be a pipe that never ends, a device
that never stops, or a file that another program is cutting short at this moment. So everything that
is read is opened here.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from typing import IO, TYPE_CHECKING, Any, overload

from optirace.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from os import PathLike

WINDOW = 1 << 16
"""Bytes of a film or a picture that are in memory at a time."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

# Neither a pipe nor a terminal keeps us waiting, and a program that we start gets no open file.
# Some of these are of some systems only.
_FLAGS = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)


def opened(path: str | PathLike[str]) -> FileIO:
    """Open a regular file, or a link to one, to read its bytes; never waits for another program.

    Raises OSError, whose `strerror` says what else the name is, and ValueError for a name that no
    file can have.
    """
    # Before it is opened as well: to open a device may do something.
    _check(os.stat(path).st_mode)  # noqa: PTH116 - a name that was typed is no Path yet
    handle = os.open(path, _FLAGS)
    try:
        _check(os.fstat(handle).st_mode)
        return os.fdopen(handle, "rb", buffering=0)
    except BaseException:
        os.close(handle)
        raise


def content(
    subject: str, path: str | PathLike[str], most: int, *, value: str | None = None, shown: str = ""
) -> bytes:
    """Return the bytes of a regular file, at most so many.

    Raises InvalidValueError, with the subject, the value and how to show it, for what cannot be
    read and for what is longer.
    """
    parts, left = [], most + 1
    try:
        with opened(path) as file:
            while left and (part := file.read(left)):
                parts.append(part)
                left -= len(part)
    except (OSError, ValueError) as problem:
        raise InvalidValueError(subject, reason(problem), value=value, shown=shown) from None
    if not left:
        raise InvalidValueError(subject, f"must be at most {most} bytes", value=value, shown=shown)
    return b"".join(parts)


def pieces(path: str | PathLike[str], *, is_synced: bool = False) -> Iterator[bytes]:
    """Yield the bytes of a regular file a window at a time, as many as it has when it is opened;
    raises as `opened`.

    The disk confirms what it holds first where `is_synced`.
    """
    with opened(path) as file:
        if is_synced:
            os.fsync(file.fileno())
        left = os.fstat(file.fileno()).st_size
        while left > 0 and (part := file.read(min(left, WINDOW))):
            yield part
            left -= len(part)


def reason(problem: OSError | ValueError) -> str:
    """Say in a few words why a file cannot be opened or read."""
    return str(getattr(problem, "strerror", None) or problem).lower()


def _check(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a directory, not a file")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"is {_KINDS.get(stat.S_IFMT(mode), 'no file')}, not a file")


class Stored:
    """The bytes of an open file, of which a window is in memory; index it and cut it as if it were
    bytes.

    Unlike a map of the file it stands it that another program cuts the file short: what is gone is
    missing.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._length = os.fstat(file.fileno()).st_size
        self._window, self._first = b"", 0

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> bytes: ...

    def __getitem__(self, place: int | slice) -> int | bytes:
        """Return the byte at an index from 0 on, or the bytes of a slice without a step; raises
        IndexError as bytes do.
        """
        if isinstance(place, int):
            at = place - self._first
            if not 0 <= at < len(self._window):
                self._turn(place, 1)
                at = 0
            return self._window[at]
        start, end, _ = place.indices(self._length)
        at = start - self._first
        if at < 0 or end - self._first > len(self._window):
            self._turn(start, max(0, end - start))
            at = 0
        return self._window[at : at + max(0, end - start)]

    def around(self, place: int, count: int = 1) -> tuple[bytes, int]:
        """Return bytes that are in memory, and where in them stands the byte at an index; raises
        IndexError behind the end.

        At least so many stand there from the index on, unless the file ends before.
        """
        at = place - self._first
        if at < 0 or at + count > len(self._window):
            self._turn(place, count)
            at = 0
        if at >= len(self._window):
            raise IndexError("behind the end")
        return self._window, at

    def unpack(self, layout: str, place: int) -> tuple[Any, ...]:
        """Return what `struct.unpack` makes of the bytes from an index on; raises struct.error or
        IndexError behind the end.
        """
        window, at = self.around(place, struct.calcsize(layout))
        return struct.unpack_from(layout, window, at)

    def find(self, wanted: bytes, start: int, end: int) -> int:
        """Return where some bytes first stand in a range, or -1."""
        while start < end:
            part = self[start : min(end, start + WINDOW)]
            at = part.find(wanted)
            if at >= 0:
                return start + at
            if len(part) < WINDOW:
                break
            # The next piece begins with what may be the first of the wanted bytes.
            start += len(part) - len(wanted) + 1
        return -1

    def _turn(self, start: int, count: int) -> None:
        self._file.seek(start)
        self._window, self._first = self._file.read(max(count, WINDOW)) or b"", start
