"""Decides whether a file can be made at a name, and puts it there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from optirace.errors import InvalidValueError, OutputError
from optirace.system import limits, unix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.output.files import drafts

PathLike: TypeAlias = str | os.PathLike[str]

PREFIX = ".optirace-"
"""How our temporary names begin."""

OURS = re.compile(re.escape(PREFIX) + r"\d+-[0-9a-f]{12}\.\w+", re.ASCII)
"""A temporary name: a process, and a number that no person would think of."""

ASIDE = ".old"
"""How they end when they hold what stood at the target."""

SWEPT_AFTER = 60.0
"""Seconds before a temporary file that nobody holds counts as left behind: a younger one may be
about to be locked.
"""

LONGEST_NAME = 255
"""Bytes in a file name, where the file system does not say."""


def shown(path: PathLike) -> str:
    r"""Write a name so that it stays on one line and cannot drive a terminal.

    >>> print(shown("two\nlines.mp4"))
    'two\nlines.mp4'
    """
    name = os.fspath(path)
    return name if name.isprintable() and name else repr(name)


def refusal(path: PathLike, problem: str | InvalidValueError, hint: str = "") -> InvalidValueError:
    """Return the error for a name that no output can have."""
    return InvalidValueError("output", problem, value=os.fspath(path), shown=shown(path), hint=hint)


def real(path: PathLike) -> Path:
    """Return where a name leads, all links followed; raises OutputError where the folder it is
    meant from is gone.
    """
    try:
        return Path(os.path.realpath(path))
    except FileNotFoundError:
        raise OutputError(
            shown(path), "the current directory no longer exists", hint="change to another"
        ) from None


def check_place(path: PathLike) -> None:
    """Refuse a name that no file can be written at, before there is any work to lose; touches
    nothing.

    Raises InvalidValueError for a name that is wrong in itself, OutputError for a place that does
    not take it.
    """
    name = os.fspath(path)
    if "\0" in name:
        raise refusal(name, "a file name cannot hold a NUL")
    target = real(name)
    folder = next(
        (place for place in target.parents if place == place.parent or _is_there(place, name)),
        target,
    )
    limit = unix.longest_name(folder) or LONGEST_NAME
    if any(len(os.fsencode(part)) > limit for part in (Path(name).name, *target.parts)):
        raise refusal(name, f"the name is too long; file names here may have at most {limit} bytes")
    if _is_there(target, name):
        _check_replaceable(target, name)
    if not folder.is_dir():
        raise OutputError(shown(name), f"{shown(folder)} is a file, not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(shown(name), f"the folder {shown(folder)} is not writable")


def _check_replaceable(target: Path, name: str) -> None:
    mode = target.stat().st_mode
    if stat.S_ISDIR(mode):
        raise refusal(name, "is a folder", hint="name a file in it")
    if not stat.S_ISREG(mode):
        raise refusal(name, "is a pipe or a device", hint="name a regular file")
    if not os.access(target, os.W_OK):
        raise OutputError(shown(name), "is write-protected")
    check_owner(target, name)


def check_owner(target: Path, name: str) -> None:
    """Refuse what is another user's in a folder where each may replace only his own, as /tmp is;
    raises OutputError.
    """
    user = unix.user()
    if user is None or user == 0:
        return
    around = target.parent.stat()
    if around.st_mode & stat.S_ISVTX and user not in (around.st_uid, target.stat().st_uid):
        raise OutputError(
            shown(name),
            f"is another user's, and {shown(target.parent)} lets no other user replace it",
            hint="name another",
        )


def _is_there(place: Path, name: str) -> bool:
    try:
        place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise OutputError(shown(name), reason(error)) from error
    return True


def check_distinct(paths: Sequence[PathLike]) -> None:
    """Refuse two names of one file: the same name, two spellings of it, or a link and what it
    points to.

    Raises InvalidValueError.
    """
    seen: dict[str, PathLike] = {}
    for path in paths:
        place = os.path.normcase(real(path))
        if place in seen:
            earlier = seen[place]
            same = (
                "is named twice"
                if Path(path) == Path(earlier)
                else f"is the same file as {shown(earlier)}"
            )
            raise refusal(path, same)
        seen[place] = path


def reason(error: OSError) -> str:
    """Say in the system's words why it refused."""
    return (error.strerror or str(error)).lower()


def refused(draft: drafts.Draft, error: OSError) -> OutputError:
    """Return what is told when the system refuses a draft something; a limit on files counts as a
    lack of space.
    """
    if error.errno != errno.EFBIG:
        return draft.error(limits.behind(error) or reason(error))
    limit = unix.limit("FSIZE")
    detail = (
        f"a file may have {limit:,} bytes: ulimit -f"
        if limit is not None
        else "a file cannot be as large there"
    )
    return draft.error(f"no space left on device ({detail})")


class Draft:
    """A temporary file beside its target, under a name of ours; it either replaces the target or
    vanishes.

    The lock it holds tells other runs that it is in use; a draft without one is left over from a
    run that was killed.
    """

    def __init__(self, path: PathLike, suffix: str) -> None:
        self.name = shown(path)
        self.target = real(path)
        """Where the file goes: what a link points to is replaced, not the link."""
        self.path = self.target.parent / f"{PREFIX}{os.getpid()}-{secrets.token_hex(6)}{suffix}"
        self._new_folders: list[Path] = []
        self._handle = -1
        self._earlier: Path | None = None
        """Another name of the file at the target, while several drafts are committed."""
        self._earlier_handle = -1

    def __enter__(self) -> Draft:
        try:
            self._make_folder()
            sweep(self.path.parent)
            # 0o666 less the umask is the mode that any other program would have given the file.
            self._handle = os.open(
                self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666
            )
            unix.try_lock(self._handle)
            if self.target.exists():
                self.path.chmod(stat.S_IMODE(self.target.stat().st_mode))
        except OSError as error:
            self.close()
            raise refused(self, error) from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was not committed, which may be there even if a signal came before its
        handle.
        """
        self.forget_earlier()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        with contextlib.suppress(OSError):
            self.path.unlink()
        while self._new_folders:
            with contextlib.suppress(OSError):
                self._new_folders.pop().rmdir()

    def error(self, problem: str, hint: str = "") -> OutputError:
        """Return the error for this file."""
        return OutputError(self.name, problem, hint=hint)

    def digest(self) -> tuple[int, str]:
        """Read the finished file, have the disk confirm it, and return its length and SHA-256."""
        with self.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
        os.fsync(self._handle)
        return size, sha256

    def keep_earlier(self) -> None:
        """Give the file at the target a second name, by which it can come back."""
        if not self.target.exists():
            return
        self._earlier = self.path.with_suffix(ASIDE)
        # The lock keeps other runs from sweeping it; several may hold it. A file that cannot be
        # opened goes without.
        with contextlib.suppress(OSError):
            self._earlier_handle = os.open(self.target, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
            unix.try_lock(self._earlier_handle, is_shared=True)
        try:
            self._earlier.hardlink_to(self.target)
        except OSError:  # a file system without links, or a file of somebody else's
            shutil.copy2(self.target, self._earlier)

    def replace(self) -> None:
        """Put the file in the target's place."""
        self.path.replace(self.target)

    def is_in_place(self) -> bool:
        """Return whether it stands at the target."""
        try:
            return os.path.samestat(self.target.stat(), os.fstat(self._handle))
        except OSError:
            return False

    def put_back(self) -> None:
        """Undo the replacement; where even that fails, the earlier file keeps its other name."""
        if self.is_in_place():
            earlier, self._earlier = self._earlier, None
            with contextlib.suppress(OSError):
                if earlier is None:
                    self.target.unlink()
                else:
                    earlier.replace(self.target)

    def forget_earlier(self) -> None:
        """Take the second name away."""
        if self._earlier_handle >= 0:
            os.close(self._earlier_handle)
            self._earlier_handle = -1
        if self._earlier is not None:
            with contextlib.suppress(OSError):
                self._earlier.unlink()
            self._earlier = None

    def settle(self) -> None:
        """Let go of what is in place."""
        os.close(self._handle)
        self._handle = -1
        self._new_folders.clear()
        sync(self.target.parent)

    def _make_folder(self) -> None:
        missing = [place for place in self.target.parents if not place.exists()]
        for place in reversed(missing):
            self._new_folders.append(place)
            place.mkdir(exist_ok=True)


def sync(folder: Path) -> None:
    """Have the disk confirm the names in a folder; what is in place is so even where a file system
    cannot.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> None:
    """Remove the temporary files and folders of runs that were killed."""
    for path in filter(lambda each: OURS.fullmatch(each.name), folder.glob(PREFIX + "*")):
        with contextlib.suppress(OSError):
            told = path.lstat()
            is_folder = stat.S_ISDIR(told.st_mode)
            if not (is_folder or stat.S_ISREG(told.st_mode)):
                # a link, a pipe or a device of this name is somebody else's, and to open it may do
                # something
                continue
            if time.time() - told.st_mtime <= SWEPT_AFTER or (is_folder and path.suffix == ASIDE):
                continue  # it may be about to be locked; or be all that is left of a folder
            flags = os.O_RDONLY if is_folder else os.O_RDWR
            handle = os.open(
                path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
            )
            try:
                if unix.try_lock(handle):
                    (shutil.rmtree if is_folder else os.unlink)(path)
            finally:
                os.close(handle)
