"""Decides whether a folder of frames can be made at a name, and puts it there whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.encoders import target
from optirace.errors import InvalidValueError, OutputError

if sys.platform != "win32":
    import fcntl

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
    """Return a path, or the text itself where it ends with a slash, which a Path would forget."""
    return os.fspath(path) if is_meant(path) else Path(path)


def check_place(path: target.PathLike) -> None:
    """Refuse a name that no folder of frames can be made at; touches nothing.

    A folder that is there is replaced if it is empty or holds a sequence of frames and nothing else. Raises as
    `target.check_place` does.
    """
    name = os.fspath(path)
    place = Path(os.path.realpath(name)) if "\0" not in name else Path(name)
    if "\0" in name or not place.is_dir():
        target.check_place(name.rstrip("/" + os.sep))
        if place.exists():
            raise InvalidValueError(f"output {target.shown(name)}: is a file; name a folder for the frames")
        return
    if Path.cwd().is_relative_to(place):
        raise InvalidValueError(f"output {target.shown(name)}: is the folder you stand in, or above it; name one in it")
    try:
        other = other_than_frames(place)
    except OSError as error:
        raise OutputError(f"{target.shown(name)}: {target.reason(error)}") from error
    if other is not None:
        raise InvalidValueError(
            f"output {target.shown(name)}: the folder holds {target.shown(other)}, which is no frame; name a new folder"
        )
    if not all(os.access(each, os.W_OK | os.X_OK) for each in (place, place.parent)):
        raise OutputError(f"{target.shown(name)}: the folder {target.shown(place.parent)} is not writable")


def other_than_frames(place: Path) -> str | None:
    """Return the name of something that is no frame of a sequence from 0 on."""
    names = {each.name: each for each in place.iterdir()}
    frames = {f"{index}.png" for index in range(len(names))}
    return min((name for name, each in names.items() if name not in frames or not each.is_file()), default=None)


class Folder:
    """A temporary folder beside its target; it either replaces the target or vanishes."""

    def __init__(self, path: target.PathLike, suffix: str) -> None:
        del suffix
        self.name = target.shown(path)
        self.target = Path(os.path.realpath(path))
        stem = f"{target.PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
        self.path, self._aside = self.target.parent / f"{stem}{SUFFIX}", self.target.parent / f"{stem}.old"
        self._new_folders: list[Path] = []
        self._lock = -1

    def __enter__(self) -> Folder:
        try:
            for place in reversed([each for each in self.target.parents if not each.exists()]):
                place.mkdir(exist_ok=True)
                self._new_folders.append(place)
            _sweep(self.target.parent)
            self.path.mkdir()
            self._lock = _locked(self.path)
            if self.target.is_dir():
                self.path.chmod(stat.S_IMODE(self.target.stat().st_mode))
        except OSError as error:
            self.close()
            raise self.error(target.reason(error)) from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was not committed."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._unlock()
        while self._new_folders:
            with contextlib.suppress(OSError):
                self._new_folders.pop().rmdir()

    def error(self, message: str, detail: str = "") -> OutputError:
        """Say what went wrong with this folder."""
        return OutputError(f"{message}: {self.name}{detail}")

    def digest(self) -> tuple[int, str]:
        """Have the disk confirm every file, and return the length and the SHA-256 of all, one after the other."""
        return digest(self.path, is_synced=True)

    def commit(self) -> None:
        """Put the folder in the target's place; the earlier one is deleted after that."""
        try:
            has_earlier = self.target.exists()
            if has_earlier:
                other = other_than_frames(self.target)
                if other is not None:
                    raise self.error(f"the folder holds {target.shown(other)} by now, which is no frame")
                self.target.rename(self._aside)
            try:
                self.path.rename(self.target)
            except OSError:
                if has_earlier:
                    self._aside.rename(self.target)
                raise
        except OSError as error:
            raise self.error(target.reason(error)) from error
        self._unlock()
        self._new_folders.clear()
        if has_earlier:
            shutil.rmtree(self._aside, ignore_errors=True)

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def digest(place: Path, *, is_synced: bool = False) -> tuple[int, str]:
    """Return the length and the SHA-256 of a folder's files, one after the other."""
    sha256, size = hashlib.sha256(), 0
    for path in frames(place):
        with path.open("rb") as file:
            data = file.read()
            if is_synced:
                os.fsync(file.fileno())
        sha256.update(data)
        size += len(data)
    return size, sha256.hexdigest()


def frames(place: Path) -> Sequence[Path]:
    """Return the frames of a folder that holds nothing else, in their order."""
    return [place / f"{index}.png" for index in range(sum(1 for _ in place.iterdir()))]


def _locked(folder: Path) -> int:
    """Return a handle that tells other runs that a folder is in use, or -1."""
    if sys.platform == "win32":
        return -1
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return -1
    return handle


def _sweep(folder: Path) -> None:
    """Remove the folders of runs that were killed."""
    for path in folder.glob(f"{target.PREFIX}*{SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > target.SWEPT_AFTER:
                handle = _locked(path)
                if handle >= 0:
                    shutil.rmtree(path, ignore_errors=True)
                    os.close(handle)
