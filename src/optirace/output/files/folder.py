"""Decides whether a folder of frames can be made at a name, and puts it there whole or not at
all.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import re
import secrets
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.errors import OutputError
from optirace.output.files import exchange, target
from optirace.system import paths, reading, unix

if TYPE_CHECKING:
    from collections.abc import Sequence

SEQUENCE = "frames/"
"""What stands for a name that ends with a slash."""

SUFFIX = ".frames"
"""How the temporary names of folders end."""


def is_meant(path: target.PathLike) -> bool:
    """Return whether a name is that of a folder.

    >>> is_meant("frames/"), is_meant("frames")
    (True, False)
    """
    return os.fspath(path).endswith(("/", os.sep))


def as_named(path: target.PathLike) -> target.PathLike:
    """Return a path, or the text itself where it ends with a slash, which a Path would forget.

    In a text, ~ and $HOME at the beginning are the home folder (see `paths.typed`); a Path is taken
    as it is.
    """
    path = paths.typed(path) if isinstance(path, str) else path
    return os.fspath(path) if is_meant(path) else Path(path)


def check_place(path: target.PathLike) -> None:
    """Refuse a name that no folder of frames can be made at; touches nothing.

    A folder that is there is replaced if it is empty or holds a sequence of frames and nothing
    else. Raises as `target.check_place` does.
    """
    name = os.fspath(path)
    if not os.path.isdir(name):  # noqa: PTH112 - Path's raises for a name that is too long
        target.check_place(name.rstrip("/" + os.sep))
        if Path(name).exists():
            raise target.refusal(name, "is a file", hint="name a folder for the frames")
        return
    place = target.real(name)
    if _is_stood_in(place):
        raise target.refusal(
            name, "is the current directory or one of its parents", hint="name a folder inside it"
        )
    try:
        other = other_than_frames(place)
    except OSError as error:
        raise OutputError(target.shown(name), target.reason(error)) from error
    if other is not None:
        raise target.refusal(
            name, f"the folder holds {_wrong(place, other)}", hint="name a new folder"
        )
    if not all(os.access(each, os.W_OK | os.X_OK) for each in (place, place.parent)):
        raise OutputError(
            target.shown(name), f"the folder {target.shown(place.parent)} is not writable"
        )
    target.check_owner(place, name)


def _is_stood_in(place: Path) -> bool:
    try:
        return Path.cwd().is_relative_to(place)
    except FileNotFoundError:  # the folder we stand in is gone
        return False


def _wrong(place: Path, other: str) -> str:
    """Say of something that is no frame of a sequence why it is none."""
    if not re.fullmatch(r"(0|[1-9]\d*)\.png", other, re.ASCII) or not (place / other).is_file():
        return f"{target.shown(other)}, which is not a frame"
    lacking = next(index for index in itertools.count() if not (place / f"{index}.png").is_file())
    return f"{other} but no {lacking}.png"


def other_than_frames(place: Path) -> str | None:
    """Return the name of something that is no frame of a sequence from 0 on."""
    names = {each.name: each for each in place.iterdir()}
    frames = {f"{index}.png" for index in range(len(names))}
    return min(
        (name for name, each in names.items() if name not in frames or not each.is_file()),
        default=None,
    )


class Folder:
    """A temporary folder beside its target; see drafts.Draft."""

    def __init__(self, path: target.PathLike, suffix: str) -> None:
        del suffix
        self.name = target.shown(path)
        self.target = target.real(path)
        stem = f"{target.PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
        self.path = self.target.parent / f"{stem}{SUFFIX}"
        """Where it is made, and once it is in place what stood at the target, where two names can
        be swapped.
        """
        self._aside = self.target.parent / f"{stem}{target.ASIDE}"
        """What stood at the target, elsewhere."""
        self._new_folders: list[Path] = []
        self._own: os.stat_result | None = None
        self._is_stuck = False
        """Whether what stood at the target could not be put back."""
        self._lock = self._earlier_lock = -1

    def __enter__(self) -> Folder:
        try:
            for place in reversed([each for each in self.target.parents if not each.exists()]):
                self._new_folders.append(place)
                place.mkdir(exist_ok=True)
            target.sweep(self.target.parent)
            self.path.mkdir()
            self._own = self.path.stat()
            self._lock = _locked(self.path)
            if self.target.is_dir():
                self.path.chmod(stat.S_IMODE(self.target.stat().st_mode))
        except OSError as error:
            self.close()
            raise target.refused(self, error) from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was not committed, which may be there even if a signal came before we knew
        it.
        """
        self.forget_earlier()
        if self._own is None:
            with contextlib.suppress(OSError):
                self.path.rmdir()
        if self._is_own(self.path):
            _remove(self.path)
        self._lock = _unlocked(self._lock)
        while self._new_folders:
            with contextlib.suppress(OSError):
                self._new_folders.pop().rmdir()

    def error(self, problem: str, hint: str = "") -> OutputError:
        """Return the error for this folder."""
        return OutputError(self.name, problem, hint=hint)

    def digest(self) -> tuple[int, str]:
        """Have the disk confirm every file, and return the length and the SHA-256 of all, one after
        the other.
        """
        target.sync(self.path)
        return digest(self.path, is_synced=True)

    def keep_earlier(self) -> None:
        """Lock the folder at the target: it gets its other name when it is replaced."""
        if self.target.exists() and self._earlier_lock < 0:
            self._earlier_lock = _locked(self.target, is_shared=True)

    def replace(self) -> None:
        """Put the folder in the target's place, in one step where the system can."""
        self.keep_earlier()
        if not self.target.exists():
            try:
                self.path.rename(self.target)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                return  # and otherwise another run has put its own there just now
        self._check(self._other_than_frames())
        if not exchange.swapped(self.path, self.target):
            self.target.rename(self._aside)
            self.path.rename(self.target)
        other = other_than_frames(self._aside if self._aside.exists() else self.path)
        if other is not None:  # it came between the look and the swap
            self.put_back()
        self._check(other)

    def _check(self, other: str | None) -> None:
        if other is not None:
            raise self.error(f"the folder holds {target.shown(other)} by now, which is not a frame")

    def _other_than_frames(self) -> str | None:
        """Return what in the folder at the target is no frame; one that another run replaces
        meanwhile is not looked at.
        """
        while True:
            before = self.target.stat()
            try:
                other = other_than_frames(self.target)
            except FileNotFoundError:
                continue
            if other is None or os.path.samestat(before, self.target.stat()):
                return other

    def is_in_place(self) -> bool:
        """Return whether it stands at the target."""
        return self._is_own(self.target)

    def put_back(self) -> None:
        """Undo the replacement, or the half of it that was made."""
        try:
            if self.is_in_place() and not (
                self.path.exists() and exchange.swapped(self.path, self.target)
            ):
                self.target.rename(self.path)
            if self._aside.exists():
                self._aside.rename(self.target)
        except OSError:
            self._is_stuck = True

    def forget_earlier(self) -> None:
        """Delete what was replaced, unless it should have come back; another run may have replaced
        ours since.
        """
        if self._own is not None and not self._is_stuck:
            if not self._is_own(self.path):
                _remove(self.path)
            if self.target.exists():
                _remove(self._aside)
        self._earlier_lock = _unlocked(self._earlier_lock)

    def settle(self) -> None:
        """Let go of what is in place."""
        self._lock = _unlocked(self._lock)
        self._new_folders.clear()
        target.sync(self.target.parent)

    def _is_own(self, place: Path) -> bool:
        try:
            return self._own is not None and os.path.samestat(place.stat(), self._own)
        except OSError:
            return False


def digest(place: Path, *, is_synced: bool = False) -> tuple[int, str]:
    """Return the length and the SHA-256 of a folder's files, one after the other."""
    sha256, size = hashlib.sha256(), 0
    for path in frames(place):
        for piece in reading.pieces(path, is_synced=is_synced):
            sha256.update(piece)
            size += len(piece)
    return size, sha256.hexdigest()


def frames(place: Path) -> Sequence[Path]:
    """Return the frames of a folder that holds nothing else, in their order."""
    return [place / f"{index}.png" for index in range(sum(1 for _ in place.iterdir()))]


def _remove(place: Path) -> None:
    """Remove a folder of frames, if it is there; to list what is in it may take one file more than
    this process may open.
    """
    with contextlib.suppress(OSError):
        for index in itertools.count():
            (place / f"{index}.png").unlink()
    try:
        place.rmdir()
    except OSError:
        shutil.rmtree(place, ignore_errors=True)


def _locked(folder: Path, *, is_shared: bool = False) -> int:
    """Return a handle that tells other runs that a folder is in use, or -1."""
    if not unix.has_locks():
        return -1
    handle = os.open(folder, os.O_RDONLY)
    return handle if unix.try_lock(handle, is_shared=is_shared) else _unlocked(handle)


def _unlocked(handle: int) -> int:
    if handle >= 0:
        os.close(handle)
    return -1
