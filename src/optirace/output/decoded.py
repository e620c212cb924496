"""Plays a finished file or folder back, picture by picture."""

from __future__ import annotations

import io
import struct
import subprocess
import warnings
import zlib
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from optirace.errors import OptiraceError
from optirace.output.files import folder
from optirace.output.read import contents
from optirace.output.video import watchdog
from optirace.system import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from optirace.output.read.contents import Contents

VIDEOS = {".mp4": "mov", ".webm": "matroska"}
"""What reads each, by ffmpeg's name: never what ffmpeg guesses, which may be a list of other
files.
"""

GIVEN = ("-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe")
WANTED = (
    "-map",
    "0:v:0",
    "-fps_mode",
    "passthrough",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "rgb24",
    "pipe:1",
)

BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises of a file that is not what it says."""

STARTING, LONGEST_PICTURE = 60, 1
"""Seconds of work that ffmpeg may do before the first picture and for each; the largest we make
takes a tenth.
"""

MARGIN = 128
"""Pixels by which a coded picture may be wider and higher than what is shown of it."""


def pictures(path: Path) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield each picture, uint8[height, width, 3], and how long it stays: microseconds, or frames
    of a video or a folder.

    One picture is in memory at a time. Raises OptiraceError for a file that cannot be played to its
    end.
    """
    found = contents.read(path)
    try:
        if contents.kind_of(path) in VIDEOS:
            yield from _played(path, found)
        elif path.is_dir():
            for each in folder.frames(path):
                yield next(_shown(each, found))[0], 1
        else:
            yield from _shown(path, found)
    except (*BROKEN, Warning):
        raise OptiraceError(str(path), "cannot be played") from None


def _shown(path: Path, found: Contents) -> Iterator[tuple[NDArray[np.uint8], int]]:
    milliseconds, shown = 0.0, 0
    with ExitStack() as stack:
        file = stack.enter_context(io.BufferedReader(reading.opened(path)))
        with _strictly():
            film = stack.enter_context(Image.open(file, formats=("GIF", "PNG", "WEBP")))
        for index in range(found.frames):
            with _strictly():
                film.seek(index)
                pixels = np.asarray(film.convert("RGB"))
            if pixels.shape[:2] != (found.height, found.width):
                raise ValueError("a picture of another size")
            milliseconds += film.info.get("duration", 1.0)
            # Rounded from the start, so that errors do not add up.
            until = round(1000 * milliseconds)
            yield pixels, until - shown
            shown = until


@contextmanager
def _strictly() -> Iterator[None]:
    """Take what Pillow warns of, and goes on with, for an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _played(path: Path, found: Contents) -> Iterator[tuple[NDArray[np.uint8], int]]:
    from optirace.output.video import ffmpeg as video  # finds ffmpeg; a GIF does without

    size = found.width * found.height * 3
    most = ("-max_pixels", str((found.width + MARGIN) * (found.height + MARGIN)))
    seconds = ("-timelimit", str(STARTING + found.frames * LONGEST_PICTURE))
    read = 0
    with subprocess.Popen(  # noqa: S603 - no shell, and the name stands behind a protocol
        watchdog.tied(
            [
                video.program(),
                *GIVEN,
                *seconds,
                *most,
                "-f",
                VIDEOS[contents.kind_of(path)],
                "-i",
                f"file:{path.name}",
                *WANTED,
            ]
        ),
        cwd=path.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as ffmpeg:
        assert ffmpeg.stdout is not None  # noqa: S101 - asked for above
        watch = watchdog.Watch(ffmpeg, lambda: read)
        try:
            for _ in range(found.frames):
                watch.is_waiting = True
                held = ffmpeg.stdout.read(size)
                watch.is_waiting = False
                read += 1
                yield np.frombuffer(held, np.uint8).reshape(found.height, found.width, 3), 1
        finally:
            watchdog.kill(ffmpeg)
            watch.close()
