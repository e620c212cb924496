"""What goes to the person's streams: results whole or not at all, and one line for what went
wrong.
"""

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any, TextIO, cast

from optirace import errors
from optirace.errors import OutputError
from optirace.look import themes
from optirace.system import unix
from optirace.text import columns, tables
from optirace.text.tables import Told

PATIENCE = 2.0
"""Seconds for which a second signal is none: what is open is being closed.

A later one is for what does not come to an end.
"""

AGAIN = 0.01
"""Seconds after which a stop that got lost is tried again."""


LONGEST_LINE = 2 * errors.LONGEST_PART
"""Characters of a line that tells of an error, whoever wrote it."""

NARROWEST = 20
"""Columns that lines are at least broken for."""


class Stopped(BaseException):
    """The person or the system asked the command to stop."""

    def __init__(self, number: int, message: str = "interrupted") -> None:
        super().__init__(message)
        self.status = 128 + number


class _Signals:
    """INT, TERM and HUP, while each is to raise Stopped."""

    def __init__(self) -> None:
        self.told: list[int] = []
        """Which came."""
        self._when = 0.0
        is_ours = (
            threading.current_thread() is threading.main_thread()
        )  # no other may say what signals do
        heeded = [
            number
            for number in unix.stop_signals()
            if is_ours and signal.getsignal(number) is not signal.SIG_IGN
        ]
        self._handlers: dict[int, Any] = dict.fromkeys(heeded, self._stop)
        again = unix.alarm_signal()
        if is_ours and again is not None:
            self._handlers[again] = self._again
        self._earlier = {
            number: signal.getsignal(number) for number in self._handlers
        }  # complete before any is called

    def heed(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def leave(self, *, is_over: bool) -> None:
        """Have signals do what they did before; where the process is about to end, nothing."""
        if self.told:
            sys.unraisablehook = lambda _: None
        for number, handler in self._earlier.items():
            if self._handlers[number] == self._again:
                unix.alarm(0)
            signal.signal(number, signal.SIG_IGN if is_over else handler)

    def _stop(self, number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if self.told and now < self._when + PATIENCE:
            return
        self.told.append(number)
        self._when = now
        sys.unraisablehook = self._lost
        raise Stopped(self.told[0])

    def _lost(self, unraisable: Any) -> None:
        """Stop again, soon, where Python has let nothing out: at the end of an object, or in a
        callback of an import.

        What else cannot be raised is of an object that is half made and cannot end well, which is
        nobody's concern.
        """
        if isinstance(unraisable.exc_value, Stopped):
            unix.alarm(AGAIN)

    def _again(self, _: int, __: FrameType | None) -> None:
        raise Stopped(self.told[0])


@contextmanager
def stoppable(paths: Sequence[str | os.PathLike[str]]) -> Iterator[None]:
    """Turn INT, TERM and HUP into Stopped, so that everything open is closed and removed on the way
    out.

    What has become of the paths is said of when that is done. Around a whole command, which has no
    paths, the first signal is also the last that is heeded: the process is about to end.
    """
    before = list(map(_identity, paths))
    signals = _Signals()
    told, is_over = signals.told, False
    try:
        signals.heed()
        yield
        if told:
            raise Stopped(told[0])  # noqa: TRY301 - somebody took the first for an error
    except BaseException as problem:
        is_over = not paths and (bool(told) or isinstance(problem, Stopped))
        if not told:
            raise
        end = (
            ""
            if not paths
            else _left(paths)
            if before == list(map(_identity, paths))
            else _done(paths)
        )
        raise Stopped(
            told[0], f"interrupted{end}"
        ) from None  # whatever else came of it on the way out
    finally:
        signals.leave(is_over=is_over)


def _identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Return what tells a file from the one that takes its place."""
    try:
        told = Path(path).stat()
    except OSError:
        return None
    return told.st_ino, told.st_mtime_ns


def _left(paths: Sequence[str | os.PathLike[str]]) -> str:
    return f", {', '.join(map(str, paths))} left as {'it was' if len(paths) == 1 else 'they were'}"


def _done(paths: Sequence[str | os.PathLike[str]]) -> str:
    return f", {', '.join(map(str, paths))} {'was' if len(paths) == 1 else 'were'} already complete"


class _Patient:
    """A stream that drops what its terminal, closed meanwhile, cannot show: no reason to stop a
    film.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


@contextmanager
def progress_of(
    paths: Sequence[str | os.PathLike[str]], *, is_quiet: bool
) -> Iterator[Callable[[int, int], None] | None]:
    """Show on stderr how a film comes along: a bar, where that is a terminal."""
    if (
        is_quiet
        or sys.stderr is None
        or not sys.stderr.isatty()
        or os.environ.get("TERM") == "dumb"
    ):
        yield None
    else:
        from rich import console, progress, text  # a bar is for terminals

        class Rate(progress.ProgressColumn):
            def render(self, task: progress.Task) -> text.Text:
                return text.Text(f"{task.speed or 0:.0f} frames/s")

        columns = [
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
        ]
        columns += [Rate(), progress.TimeRemainingColumn()]
        screen = console.Console(file=cast("IO[str]", _Patient(sys.stderr)))
        with progress.Progress(
            *columns, console=screen, transient=True, refresh_per_second=8
        ) as bar:
            task = bar.add_task(plain(", ".join(Path(path).name for path in paths)), total=None)

            def show(done: int, total: int) -> None:
                if done == 1:
                    bar.reset(task, total=total)  # a GIF that must fit is made more than once
                bar.update(task, completed=done, total=total)

            yield show


def note(line: str) -> None:
    """Print a line on stderr, if there is one that takes it."""
    _tell(plain(line))


def complain(message: str, status: int, notes: Sequence[str] = ()) -> int:
    """Print one line on stderr, if there is one to print on, below it the lines of notes, and
    return the status.
    """
    told = errors.short(plain(f"optirace: {message}"), LONGEST_LINE)
    _tell("\n".join([told, *(plain(f"  {line}") for note in notes for line in note.split("\n"))]))
    return status


def _tell(text: str) -> None:
    """Print on stderr, if there is one that takes it."""
    try:
        if sys.stderr is not None:
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - the person's stream
    except (OSError, ValueError):
        sys.stderr = None  # what is left in its buffer cannot be written at exit either


def plain(text: str) -> str:
    """Write control characters as escapes, so that a line stays a line."""
    return "".join(
        character if character.isprintable() else repr(character)[1:-1] for character in text
    )


def say(text: str) -> None:
    """Print a result on stdout, and fail loudly when it does not get there."""
    if sys.stdout is None:
        raise OutputError("stdout is closed", "there is nowhere to print the result")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as problem:
        sys.stdout = Path(os.devnull).open(
            "w"
        )  # what is left in the buffer cannot be written at exit either
        raise OutputError("stdout", (problem.strerror or str(problem)).lower()) from None


def width() -> int:
    """Return how many columns stdout has: those of its terminal, or as many as text has that goes
    elsewhere.
    """
    if sys.stdout is None or not sys.stdout.isatty():
        return columns.UNFOLDED
    return max(shutil.get_terminal_size().columns, NARROWEST)


def folded(lines: Iterable[str]) -> Iterator[str]:
    """Break lines that are longer than `width` at words; what stands behind a gap in a line stays
    below its beginning.
    """
    room = width()
    for line in lines:
        yield from [line] if columns.cells_of(line) <= room else columns.refolded(line, room)


def drawn(told: Told, *, is_wide: bool = False, more: str = "--wide") -> str:
    """Draw the table for stdout, in colour on a terminal; all of it if it may be wide, else what
    `width` has room for.

    `more` is what shows the rest.
    """
    is_terminal = (
        sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    )
    return tables.drawing(
        told,
        theme=themes.THEMES["dark"] if is_terminal and not os.environ.get("NO_COLOR") else None,
        width=None if is_wide else width(),
        is_ascii=not _can_encode("\N{BLACK CIRCLE}\N{BOX DRAWINGS LIGHT HORIZONTAL}"),
        more=more,
    )


def _can_encode(text: str) -> bool:
    try:
        text.encode((sys.stdout and sys.stdout.encoding) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
