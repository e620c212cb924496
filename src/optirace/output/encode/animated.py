"""Writes an animated picture in one pass, an image for each frame that changes anything."""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING, Protocol

from optirace.output.encode import patches
from optirace.output.read import verify

if TYPE_CHECKING:
    from fractions import Fraction

    from optirace.look.frame import Frame
    from optirace.output.encode.patches import Patch
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film


class Container(Protocol):
    """A kind of file that shows one image after another, each laid over the one before."""

    ticks: Fraction
    """In a second: what delays are counted in."""

    longest: int
    """Ticks that one image can stay."""

    def start(self) -> bytes:
        """Return what comes before the images; as much is written over it at the end."""

    def image(self, patch: Patch) -> bytes:
        """Compress an image."""

    def placed(self, patch: Patch, image: bytes, delay: int) -> bytes:
        """Return what the file holds for an image that stays for so many ticks."""

    def end(self, size: int) -> tuple[bytes, bytes]:
        """Return what comes last in a file of `size` bytes without it, and what the start has
        become.
        """


class Animation:
    """The encoder: an image waits until it is known how long it stays."""

    def __init__(self, draft: Draft, film: Film, container: Container) -> None:
        self._draft, self._film, self._container = draft, film, container
        self._gathered: list[tuple[Patch, int]] = []
        """Patches that are not compressed yet, and the frames that they begin with."""
        self._waiting: tuple[Patch, bytes] | None = None
        self._since = self._frames = 0
        self._file: IO[bytes] = draft.path.open("wb")
        self._file.write(container.start())

    def write(self, frame: Frame) -> None:
        """Gather what the frame changes."""
        patch = self._film.shown.patch(frame)
        if patch is not None:
            self._gathered.append((patch, self._frames))
            if len(self._gathered) == patches.TOGETHER:
                self._compress()
        self._frames += 1

    def finish(self) -> None:
        """Complete the file and read it back."""
        film, container = self._film, self._container
        if self._frames != film.frames:
            raise self._draft.error(f"it got {self._frames} frames, not {film.frames}")
        self._compress()
        self._release(self._frames)
        end, start = container.end(self._file.tell())
        self._file.write(end)
        self._file.seek(0)
        self._file.write(start)
        self._file.close()
        problem = verify.problem(
            self._draft.path, film, seconds=moment(film, film.frames, container) / container.ticks
        )
        if problem:
            raise self._draft.error(f"what was written does not read back: {problem}")

    def close(self) -> None:
        """Let the file go."""
        # What a full disk did not take is still in the buffer, and closing tries it again.
        with contextlib.suppress(OSError):
            self._file.close()

    def _compress(self) -> None:
        """Compress what was gathered; each image ends the one before, which is written."""
        for patch, first in self._gathered:
            self._release(first)
            self._waiting, self._since = (patch, self._container.image(patch)), first
        self._gathered.clear()

    def _release(self, until: int) -> None:
        """Write the image that waits and stays until a frame; images of nothing follow one that
        stays longer than it can.
        """
        if self._waiting is None:
            return
        patch, image = self._waiting
        delay = moment(self._film, until, self._container) - moment(
            self._film, self._since, self._container
        )
        while delay > 0:
            part = min(delay, self._container.longest)
            # No part is so short that browsers take it for a tenth of a second.
            part -= part // 2 if 0 < delay - part < part // 2 else 0
            self._file.write(self._container.placed(patch, image, part))
            delay -= part
            if delay:
                patch = patches.NOTHING
                image = self._container.image(patch)
        self._waiting = None


def moment(film: Film, frames: int, container: Container) -> int:
    """Return when a frame begins, in ticks: rounded from the start, so that errors do not add
    up.
    """
    return round(frames * container.ticks / film.fps)
