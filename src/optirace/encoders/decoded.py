"""Plays a finished file back, picture by picture."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageSequence

from optirace.encoders import contents
from optirace.errors import OptiraceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


GIVEN = ("-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-i")
WANTED = ("-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1")


def pictures(path: Path) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield each picture, uint8[height, width, 3], and how long it stays: frames, or hundredths of a second in a GIF.

    One picture is in memory at a time. Raises OptiraceError for a file that cannot be played to its end.
    """
    try:
        if path.suffix.lower() in (".gif", ".png"):
            with Image.open(path) as film:
                for picture in ImageSequence.Iterator(film):
                    yield np.asarray(picture.convert("RGB")), round(picture.info.get("duration", 10) / 10)
        else:
            yield from _played(path)
    except (OSError, ValueError, SyntaxError, EOFError):
        raise OptiraceError(f"{path}: cannot be played") from None


def _played(path: Path) -> Iterator[tuple[NDArray[np.uint8], int]]:
    from optirace.encoders import video  # noqa: PLC0415 - finds ffmpeg; a GIF does without

    found = contents.read(path)
    size = found.width * found.height * 3
    with subprocess.Popen(  # noqa: S603 - no shell, and the name stands behind a protocol
        [video.program(), *GIVEN, f"file:{path.name}", *WANTED],
        cwd=path.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as ffmpeg:
        assert ffmpeg.stdout is not None  # noqa: S101 - asked for above
        try:
            for _ in range(found.frames):
                picture = np.frombuffer(ffmpeg.stdout.read(size), np.uint8)
                yield picture.reshape(found.height, found.width, 3), 1
        finally:
            ffmpeg.kill()
