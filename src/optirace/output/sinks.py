"""Streams frames into files, and fails loudly when it cannot.

Opening a sink loads Pillow or ffmpeg.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from optirace.errors import InvalidValueError
from optirace.look import themes
from optirace.output.encode.patches import Shown
from optirace.output.files import drafts, stdout, target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from optirace.look.frame import Frame
    from optirace.output.outputs import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What an encoder must know before the first frame."""

    width: int
    height: int
    fps: Fraction
    frames: int
    """Exactly so many will come."""

    loop: int = 0
    """How often an animated picture plays in all; 0 is forever."""

    codec: str | None = None
    """Of a video: h264, vp9 or av1."""

    chroma: int = 420
    """Of a video: 420 has a colour for every four pixels, 444 for each."""

    note: str = ""
    """What the file says of its making, one line of ASCII that `provenance.text` wrote; where it is
    empty, nothing.
    """

    colours: int | None = None
    """The most that a GIF has, one less than a power of two; None leaves it to the encoder."""

    shown: Shown = field(default_factory=Shown, compare=False, repr=False)
    """The picture as it stands, which sinks that get the same frames may share."""


class Encoder(Protocol):
    """Turns frames into the bytes of a draft; what the system refuses may be raised as OSError."""

    def write(self, frame: Frame) -> None:
        """Add a frame, which may not differ from the one before; nothing of it is kept."""

    def finish(self) -> None:
        """Complete the file, then read it back and raise OutputError unless it is what was asked
        for.
        """

    def close(self) -> None:
        """Let go of everything, at any time; a second call does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that is in its place and was read back."""

    path: Path
    """As it was asked for."""

    bytes: int
    sha256: str

    frames: int
    """0 for a text, which has no size either."""

    width: int
    height: int
    fps: Fraction | None = None
    """None for a still, and for a text."""

    lowered: str = ""
    """What it was lowered to, so that it fits into the size allowed; empty for what fits as it
    is.
    """


class Sink:
    """A file in the making: entered, written to frame by frame, finished, and only then committed.

    Leaving it removes whatever was not committed and ends every process, so that the file that
    stood at the target's name before is untouched until `commit`.
    """

    def __init__(self, output: Output, film: Film) -> None:
        self.output, self._kind, self.film = output, output.format, film
        self._draft = output.format.drafted(output.path, output.format.suffix)
        self._stack = ExitStack()
        self._encoder: Encoder | None = None
        self._digest: tuple[int, str] | None = None
        self._is_whole = False

    def __enter__(self) -> Self:
        try:
            self._stack.push(self._draft).__enter__()
            if self._kind.opener is not None:
                try:
                    self._encoder = self._kind.opener(self._draft, self.film)
                except OSError as error:
                    raise target.refused(self._draft, error) from error
                self._stack.callback(self._encoder.close)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def close(self) -> None:
        """Give the file up."""
        self._stack.close()

    def write(self, frame: Frame) -> None:
        """Add a frame; one with nothing changed repeats the picture before it.

        Nothing of the frame is kept.
        """
        encoder = self._opened()
        try:
            encoder.write(frame)
        except OSError as error:
            raise target.refused(self._draft, error) from error

    def put(self, whole: bytes, width: int | None = None, height: int | None = None) -> None:
        """Write the whole file, with its note in it, in place of frames; its size in pixels, where
        it is not the film's.
        """
        self.film = replace(
            self.film, width=width or self.film.width, height=height or self.film.height
        )
        try:
            self._draft.path.write_bytes(whole)
            if self._draft.path.read_bytes() != whole:
                raise self._draft.error("what was written does not read back")
        except OSError as error:
            raise target.refused(self._draft, error) from error
        self._is_whole = True

    def finish(self) -> None:
        """Complete the file and read it back, still under its temporary name; raises OutputError if
        it is not right.
        """
        try:
            if not self._is_whole:
                self._opened().finish()
            self._digest = self._draft.digest()
        except OSError as error:
            raise target.refused(self._draft, error) from error

    def commit(self) -> Written:
        """Put the finished file in its place."""
        return commit([self])[0]

    def _written(self) -> Written:
        if self._digest is None:
            raise RuntimeError("a sink is committed after it is finished")
        size, sha256 = self._digest
        film = self.film
        is_still = self._kind.is_still
        return Written(
            path=Path(self.output.path),
            bytes=size,
            sha256=sha256,
            frames=1 if is_still else film.frames,
            width=film.width,
            height=film.height,
            fps=None if is_still or not film.frames else film.fps,
        )

    @property
    def bytes(self) -> int:
        """How long the finished file is."""
        return self._digest[0] if self._digest else 0

    def _opened(self) -> Encoder:
        if self._encoder is None:
            raise RuntimeError("a sink is entered before it is used")
        return self._encoder


def commit(sinks: Sequence[Sink], check: Callable[[], None] | None = None) -> tuple[Written, ...]:
    """Put finished files and folders in their places, and send what goes to standard output: all,
    or none.

    `check` looks at the names once more before, as in `drafts.commit`. Raises OutputError, and what
    `check` raises.
    """
    written = tuple(sink._written() for sink in sinks)  # noqa: SLF001 - a sink is this module's own
    made = [(sink.output, sink._draft) for sink in sinks]  # noqa: SLF001 - a sink is this module's own
    piped = [draft for output, draft in made if output.is_piped]
    kept = [draft for output, draft in made if not output.is_piped]
    drafts.commit(kept, (lambda: stdout.deliver(piped[0].path)) if piped else None, check)
    return written


def open_sink(output: Output, film: Film) -> Sink:
    """Return a sink for exactly `film.frames` frames; entering it creates the draft.

    The codec and the chroma are the output's. Sinks that get the same frames work out what these
    change but once if they are given the same `film.shown`. Raises InvalidValueError for what the
    format cannot hold.
    """
    if film.width < 2 or film.height < 2 or film.width % 2 or film.height % 2:
        size = film.width, film.height
        raise InvalidValueError(
            "size", "both must be even and at least 2", value=size, shown="{}x{}".format(*size)
        )
    if film.frames < 1:
        raise InvalidValueError("frames", "a film has at least 1", value=film.frames)
    output.check_rate(film.fps)
    themes.checked_loop("loop", film.loop)
    return Sink(
        output,
        replace(film, codec=next(iter(output.format.codecs), None), chroma=output.options.chroma),
    )
