"""Streams frames into files, and fails loudly when it cannot.

Asking which formats there are and whether a name will do loads neither Pillow nor ffmpeg; opening a sink does.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from optirace.errors import InvalidValueError, nearest, unknown
from optirace.look import themes
from optirace.output.choices import Choices
from optirace.output.encode.patches import Shown
from optirace.output.files import drafts, folder, stdout, target
from optirace.output.files.folder import SEQUENCE
from optirace.output.formats import FORMATS, Format

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from optirace.look.frame import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What an encoder must know before the first frame."""

    width: int
    height: int
    fps: Fraction
    frames: int
    """Exactly so many will come."""

    loop: int = 0
    """How often an animated picture plays in all; 0 is for ever."""

    codec: str | None = None
    """Of a video: h264, vp9 or av1."""

    chroma: int = 420
    """Of a video: 420 has a colour for every four pixels, 444 for each."""

    note: str = ""
    """What the file says of its making, one line of ASCII that `provenance.text` wrote; where it is empty, nothing."""

    colours: int | None = None
    """The most that a GIF has, one less than a power of two; None leaves it to the encoder."""

    shown: Shown = field(default_factory=Shown, compare=False, repr=False)
    """The picture as it stands, which sinks that get the same frames may share."""


class Encoder(Protocol):
    """Turns frames into the bytes of a draft; what the system refuses may be raised as OSError."""

    def write(self, frame: Frame) -> None:
        """Add a frame, which may not differ from the one before; nothing of it is kept."""

    def finish(self) -> None:
        """Complete the file, then read it back and raise OutputError unless it is what was asked for."""

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
    """What it was lowered to, so that it fits into the size allowed; empty for what fits as it is."""


class Sink:
    """A file in the making: entered, written to frame by frame, finished, and only then committed.

    Leaving it removes whatever was not committed and ends every process, so that the file that stood at the target's
    name before is untouched until `commit`.
    """

    def __init__(self, path: target.PathLike, kind: Format, film: Film) -> None:
        self._path, self._kind, self._film = path, kind, film
        self._draft = kind.drafted(path, kind.suffix)
        self._stack = ExitStack()
        self._encoder: Encoder | None = None
        self._digest: tuple[int, str] | None = None
        self._is_whole = False

    def __enter__(self) -> Self:
        try:
            self._stack.push(self._draft).__enter__()
            if self._kind.opener is not None:
                try:
                    self._encoder = self._kind.opener(self._draft, self._film)
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
        """Add a frame; one with nothing changed repeats the picture before it. Nothing of the frame is kept."""
        encoder = self._opened()
        try:
            encoder.write(frame)
        except OSError as error:
            raise target.refused(self._draft, error) from error

    @property
    def note(self) -> str:
        """What the file is to say of its making."""
        return self._film.note

    def put(self, whole: bytes, width: int | None = None, height: int | None = None) -> None:
        """Write the whole file, with its note in it, in place of frames; its size in pixels, where it is not the film's."""
        self._film = replace(self._film, width=width or self._film.width, height=height or self._film.height)
        try:
            self._draft.path.write_bytes(whole)
            if self._draft.path.read_bytes() != whole:
                raise self._draft.error("what was written does not read back")
        except OSError as error:
            raise target.refused(self._draft, error) from error
        self._is_whole = True

    def finish(self) -> None:
        """Complete the file and read it back, still under its temporary name; raises OutputError if it is not right."""
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
        film = self._film
        is_still = self._kind.is_still
        return Written(
            path=Path(self._path),
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
    """Put finished files and folders in their places, and send what goes to standard output: all, or none.

    `check` looks at the names once more before, as in `drafts.commit`. Raises OutputError, and what `check` raises.
    """
    written = tuple(sink._written() for sink in sinks)  # noqa: SLF001 - a sink is this module's own
    made = [(sink._kind, sink._draft) for sink in sinks]  # noqa: SLF001 - a sink is this module's own
    piped = [draft for kind, draft in made if kind.drafted is stdout.drafted]
    kept = [draft for kind, draft in made if kind.drafted is not stdout.drafted]
    drafts.commit(kept, (lambda: stdout.deliver(piped[0].path)) if piped else None, check)
    return written


def check_target(path: target.PathLike, choices: Choices | None = None) -> Format:
    """Return the format that a file name and the choices ask for, or say why no file can be made there; touches nothing.

    Raises InvalidValueError for a name that is wrong in itself, OutputError for a place that cannot be written to.
    """
    kind = format_of(path, choices)
    if kind.drafted is stdout.drafted:
        stdout.check_place()
    elif kind.suffix == SEQUENCE:
        folder.check_place(path)
    else:
        target.check_place(path)
    return kind


def format_of(path: target.PathLike, choices: Choices | None = None) -> Format:
    """Return the format that a file name and the choices ask for, wherever that is; raises InvalidValueError for none."""
    choices = choices or Choices()
    name = os.fspath(path)
    if name == stdout.NAME:
        if choices.format is None:
            raise target.refusal(stdout.NAME, "no suffix says which format", hint="add one, as in -o - --format gif")
        piped = [suffix.removeprefix(".") for suffix in FORMATS if suffix != SEQUENCE]
        if choices.format not in piped:
            raise unknown("format", choices.format, piped)
        kind = _chosen(f".{choices.format}", choices)
        return replace(kind, drafted=stdout.drafted)
    if folder.is_meant(path):
        return FORMATS[SEQUENCE]
    leaf = name.replace("\\", "/").rpartition("/")[2] if os.name == "nt" else name.rpartition("/")[2]
    suffix = Path(leaf).suffix.lower()
    if suffix not in FORMATS:
        allowed = ", ".join(FORMATS)
        if not leaf:
            raise target.refusal(name, "no file name", hint=f"give one that ends in {allowed}")
        if not suffix:
            raise target.refusal(
                name,
                "no suffix says which format",
                hint=f"use one of {allowed}, as in {target.shown(leaf + next(iter(FORMATS)))}",
            )
        suffixes = [each for each in FORMATS if each != SEQUENCE]
        raise target.refusal(
            name,
            f"unknown suffix {target.shown(suffix)}",
            hint=f"use one of {allowed}, as in {target.shown(leaf[: -len(suffix)] + nearest(suffix, suffixes, least=0.0))}",
        )
    return _chosen(suffix, choices)


def _chosen(suffix: str, choices: Choices) -> Format:
    """Return the format of a suffix, with the codec that is wanted as its only one."""
    kind = FORMATS[".apng" if suffix == ".png" and choices.animate else suffix]
    if not kind.codecs or choices.codec is None:
        return kind
    if choices.codec not in kind.codecs:
        raise InvalidValueError("codec", f"{suffix} takes {' or '.join(kind.codecs)}", value=choices.codec, shown=choices.codec)
    return kind.of_codec(choices.codec)


def check_targets(
    paths: Sequence[target.PathLike],
    *,
    fps: Fraction,
    at: int | None,
    steps: int,
    choices: Choices | None = None,
    is_written: bool = True,
) -> None:
    """Refuse, before any work, what could only fail later: names, rates, and a still of a step that the race does not have.

    What is only compared with what would be made need not be where a file can be written.
    """
    if not paths:
        raise InvalidValueError("output", "no file is named", hint="give one such as -o race.mp4")
    if choices and choices.format is not None and stdout.NAME not in [os.fspath(path) for path in paths]:
        raise InvalidValueError(
            "format", "is that of -o -", value=choices.format, shown=choices.format, hint="a file's suffix says its own"
        )
    if at is not None and not 0 <= at <= steps:
        raise InvalidValueError("at", f"must be a step of the race, from 0 to {steps}", value=at)
    for path in paths:
        _check_rate((check_target if is_written else format_of)(path, choices), fps)
    target.check_distinct(paths)


def _check_rate(kind: Format, fps: Fraction) -> None:
    if not kind.is_still and not 0 < fps <= kind.highest_fps:
        raise InvalidValueError(
            "fps",
            f"{kind.suffix} takes at most {kind.highest_fps} frames a second",
            value=float(fps),
            shown=f"{float(fps):g}",
            hint=f"use --fps {kind.highest_fps}",
        )


def open_sink(
    path: target.PathLike,
    *,
    width: int,
    height: int,
    fps: Fraction,
    frames: int,
    loop: int = 0,
    choices: Choices | None = None,
    note: str = "",
    colours: int | None = None,
    shown: Shown | None = None,
) -> Sink:
    """Return a sink for exactly `frames` frames of `width` x `height` pixels at `fps`; entering it creates the draft.

    The file carries `note`, ASCII, one line (see `provenance`). Sinks that get the same frames work out what these change
    but once if they are given the same `shown`.
    Raises InvalidValueError for what the format cannot hold, and whatever `check_target` does.
    """
    kind = check_target(path, choices)
    if width < 2 or height < 2 or width % 2 or height % 2:
        raise InvalidValueError("size", "both must be even and at least 2", value=(width, height), shown=f"{width}x{height}")
    if frames < 1:
        raise InvalidValueError("frames", "a film has at least 1", value=frames)
    _check_rate(kind, fps)
    themes.checked_loop("loop", loop)
    return Sink(
        path,
        kind,
        Film(
            width=width,
            height=height,
            fps=fps,
            frames=frames,
            loop=loop,
            codec=next(iter(kind.codecs), None),
            chroma=(choices or Choices()).chroma,
            note=note,
            colours=colours,
            shown=shown or Shown(),
        ),
    )


def versions_of(path: target.PathLike, choices: Choices | None = None, *, has_strip: bool = False) -> dict[str, str]:
    """Return the versions of the libraries that decide a file's bytes."""
    from optirace.output import formats, versions  # noqa: PLC0415 - only a film needs it

    kind = format_of(path, choices)
    return versions.of({*kind.libraries, *(formats.DRAWING if has_strip and kind.is_still else ())})
