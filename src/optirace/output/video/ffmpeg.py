"""Pipes planar frames into ffmpeg, and answers for what it makes of them."""

from __future__ import annotations

import collections
import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

import imageio_ffmpeg

from optirace.errors import OptiraceError
from optirace.output.files import target
from optirace.output.read import verify
from optirace.output.video import pipe as feed
from optirace.output.video import watchdog, yuv420, yuv444
from optirace.system import limits, malloc

if TYPE_CHECKING:
    from collections.abc import Callable

    from optirace.look.frame import Frame
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

KEY_SECONDS = 2
"""At most so long between key frames, so that a lecturer can scrub."""

LANGUAGE = "eng"
"""Of the words in the picture, as ISO 639-2 has it; a title or a label may be in another, which
nobody says.
"""

QUOTED_LINES = 3

SOON = 1.2
"""Seconds in which ffmpeg must say what it can."""

LAST_WORDS = 2.0
"""Seconds to wait for the end of what an encoder says once it has ended: a process that it started
may never end.
"""

THREADS = 4
"""A fixed number makes the same bytes on every machine."""


class Video:
    """A film made by ffmpeg, which gets raw pictures on its standard input."""

    def __init__(
        self, draft: Draft, film: Film, arguments: Callable[[str, Film], list[str]]
    ) -> None:
        """Start ffmpeg with the `arguments` for a name in its working folder."""
        self._draft, self._film, self._arguments = draft, film, arguments
        samples = film.width * film.height * 3
        self._feed = feed.Feed(samples if film.chroma == 444 else samples // 2)
        planes = yuv444.Planes if film.chroma == 444 else yuv420.Planes
        self._planes: yuv444.Planes | yuv420.Planes = planes(
            film.width, film.height, self._feed.pictures
        )
        self._said: collections.deque[bytes] = collections.deque(maxlen=QUOTED_LINES)
        self._limit: str | None = None
        """What it came to, if it said so; what it says after that is what follows from it."""
        self._sent = 0
        with contextlib.ExitStack() as undo:
            undo.callback(self._feed.close)
            self._ffmpeg = self._start()
            undo.callback(self._ffmpeg.wait)
            undo.callback(watchdog.kill, self._ffmpeg)
            self._listener = threading.Thread(
                target=self._listen, args=(self._ffmpeg.stderr,), daemon=True
            )
            self._listener.start()
            self._watch = watchdog.Watch(self._ffmpeg, self._progress)
            undo.pop_all()

    def write(self, frame: Frame) -> None:
        """Convert what changed, and hand the whole picture over."""
        self._planes.update(frame)
        pipe = self._ffmpeg.stdin
        assert pipe is not None  # noqa: S101 - asked for in _start
        self._watch.is_waiting = True
        try:
            self._feed.send(pipe.fileno())
        except BrokenPipeError:
            self._wait()
            raise self._failure() from None
        self._watch.is_waiting = False
        self._sent += 1

    def finish(self) -> None:
        """Let ffmpeg come to its end, and believe the file, not its word."""
        if self._wait() != 0:
            raise self._failure()
        problem = verify.problem(
            self._draft.path, self._film, key_frames_every=key_interval(self._film)
        )
        if problem:
            raise self._draft.error(f"ffmpeg reported success, but {problem}{self._quoted()}")

    def close(self) -> None:
        """Kill ffmpeg if it still runs, and reap it."""
        watchdog.kill(self._ffmpeg)
        self._wait()
        self._watch.close()
        self._feed.close()

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell, and of the arguments only the note, one word, tells what the user typed
                watchdog.tied([program(), *self._arguments(self._draft.path.name, self._film)]),
                # Relative to the folder, the name is only ever ours, whatever the folder is called.
                cwd=self._draft.path.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={**malloc.ENVIRONMENT, **os.environ},
                # The terminal's Ctrl-C is for us; ffmpeg ends when we say so, or when its input
                # does.
                start_new_session=True,
            )
        except (OSError, RuntimeError) as error:
            limit = limits.behind(error) or limits.met()  # which imageio-ffmpeg takes for no ffmpeg
            if limit is not None:
                raise self._draft.error(limit) from error
            detail = error.strerror if isinstance(error, OSError) else error
            raise self._cannot_start(str(detail).lower()) from error
        assert process.stdin is not None  # noqa: S101 - asked for above
        self._feed.widen(process.stdin.fileno())
        return process

    def _listen(self, stderr: IO[bytes]) -> None:
        with stderr:
            for line in iter(lambda: stderr.readline(1000), b""):
                if line.strip():
                    self._said.append(line.strip())
                    self._limit = self._limit or limits.said(line.decode(errors="replace"))

    def _progress(self) -> object:
        """Return what changes while ffmpeg gets on: at the end it takes nothing, but moves what it
        has written.
        """
        with contextlib.suppress(OSError):
            file = self._draft.path.stat()
            return self._sent, file.st_size, file.st_mtime_ns
        return self._sent

    def _wait(self) -> int:
        """Let ffmpeg come to its end, and return its exit status."""
        if self._ffmpeg.stdin is not None:
            self._ffmpeg.stdin.close()
        self._watch.is_waiting = True
        status = self._ffmpeg.wait()
        self._listener.join(LAST_WORDS)
        return status

    def _cannot_start(self, reason: str) -> Exception:
        return self._draft.error(
            f"ffmpeg cannot be started ({reason})",
            "reinstall imageio-ffmpeg or unset IMAGEIO_FFMPEG_EXE",
        )

    def _failure(self) -> Exception:
        status = self._ffmpeg.returncode
        if self._watch.has_barked:
            return self._draft.error(
                f"ffmpeg made no progress for {watchdog.STUCK_AFTER:g} seconds and was "
                f"stopped{self._quoted()}"
            )
        if self._said and self._said[-1].startswith(watchdog.CANNOT_START):
            return self._cannot_start(self._said[-1].removeprefix(watchdog.CANNOT_START).decode())
        said = b" ".join(self._said).lower()
        if b"unknown encoder" in said:
            return self._draft.error(
                f"this ffmpeg cannot encode {self._film.codec}{self._quoted()}",
                "use another --codec",
            )
        if -status == getattr(signal, "SIGXFSZ", None) or b"file too large" in said:
            return target.refused(self._draft, OSError(errno.EFBIG, ""))
        for cause in (b"no space left on device", b"disk quota exceeded"):
            if cause in said:
                return self._draft.error(cause.decode())
        limit = self._limit or limits.of_status(status)
        if limit is not None:
            return self._draft.error(f"{limit}{self._quoted()}")
        if status < 0:
            end = signal.strsignal(-status) or f"signal {-status}"
            return self._draft.error(f"ffmpeg was stopped ({end.lower()}){self._quoted()}")
        return self._draft.error(
            f"ffmpeg exited with status {status}{self._quoted() or ', and said nothing'}"
        )

    def _quoted(self) -> str:
        lines = (line.decode(errors="replace") for line in self._said)
        said = " / ".join(
            "".join(letter if letter.isprintable() else "?" for letter in line) for line in lines
        )
        return f" (ffmpeg: {said})" if said else ""


def abilities() -> tuple[str, str, frozenset[str]]:
    """Return the ffmpeg that is used, its version and the names of its encoders; raises
    OptiraceError if it does not run.
    """
    path = program()
    try:
        told = watchdog.answer([path, "-encoders"], SOON)
    except subprocess.TimeoutExpired:
        raise OptiraceError(str(path), "does not respond") from None
    except OSError as problem:
        why = (
            limits.behind(problem)
            or limits.said(str(problem))
            or (problem.strerror or str(problem)).lower()
        )
        raise OptiraceError(str(path), f"does not start: {why}") from None
    if told.returncode:
        limit = limits.said(told.stderr.decode(errors="replace")) or limits.of_status(
            told.returncode
        )
        raise OptiraceError(
            str(path), f"fails: {limit}" if limit else f"fails with status {told.returncode}"
        )
    version = " ".join(told.stderr.decode(errors="replace").split()[:3])
    return (
        path,
        version,
        frozenset(
            re.findall(r"^ V\S{5} (\S+)", told.stdout.decode(errors="replace"), re.MULTILINE)
        ),
    )


def program() -> str:
    """Return where ffmpeg is, from whichever folder it is started; raises RuntimeError where there
    is none.
    """
    try:
        name = str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        # It starts what it brings to try it, and takes a machine that starts nothing any more for
        # one without: then what starts it for a film will say why.
        name = _brought()
        if not name:
            raise
    # A name without a folder is looked up here, not in the folder of the film, in which whatever is
    # called so would run.
    path = name if os.path.dirname(name) else shutil.which(name)  # noqa: PTH120 - Path forgets the dot of ./ffmpeg
    if path is None:
        raise RuntimeError(f"there is no {name} on the PATH")
    return os.path.abspath(path)  # noqa: PTH100 - keep links


def _brought() -> str:
    """Return the program that imageio-ffmpeg brings; nothing where it brings none."""
    return next(
        (
            str(path)
            for path in sorted(Path(imageio_ffmpeg.__file__).parent.glob("binaries/ffmpeg-*"))
        ),
        "",
    )


def version() -> str:
    """Return the build of ffmpeg: what imageio-ffmpeg brings says it in its name, another is asked.

    One that does not respond is unknown, and will say why when it is to encode.
    """
    try:
        path = program()
        bundled = re.search(r"binaries[/\\]ffmpeg-.*-v(\d[\d.]*\d)(\.exe)?$", path)
        if bundled:
            return f"{bundled[1]} (imageio-ffmpeg {imageio_ffmpeg.__version__})"
        done = watchdog.answer([path, "-version"], 10)
    except (OSError, RuntimeError, subprocess.SubprocessError):
        return "unknown"
    if done.returncode:
        return "unknown"
    said = done.stdout.decode("ascii", "replace").partition("\n")[0]
    return said.partition("version ")[2].partition(" ")[0] or "unknown"


def key_interval(film: Film) -> int:
    """Return the greatest number of frames from one key frame to the next."""
    return max(1, int(KEY_SECONDS * film.fps))


def arguments(name: str, film: Film, *, codec: str, container: str) -> list[str]:
    """Return what ffmpeg is told to make `name`, in its working folder, of raw frames on its
    standard input.
    """
    pixels = f"-pix_fmt yuv{film.chroma}p"
    colours = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv"
    given = f"-f rawvideo {pixels} -s {film.width}x{film.height} -r {film.fps} {colours} -i pipe:0"
    coded = f"{codec} {pixels} -threads {THREADS} -g {key_interval(film)}"
    # Neither versions nor dates.
    bare = "-fflags +bitexact -flags:v +bitexact -map_metadata -1 -an"
    # The words in the picture are English; a player that knows it need not guess.
    spoken = ["-metadata:s:v:0", f"language={LANGUAGE}"]
    quiet = "-hide_banner -nostdin -nostats -loglevel error -y"
    note = ["-metadata", f"comment={film.note}"] if film.note else []
    return [
        *f"{quiet} {given} {coded} {colours} {bare} {container}".split(),
        *spoken,
        *note,
        f"file:{name}",
    ]
