"""Does one part of a film in a process of its own, as a yardstick for `pictures.py`: painting
alone, or encoding alone.

It loads as little as the command does, and starts and ends in the same way, so that what is
measured is the part.
"""

from __future__ import annotations

import argparse
import gc
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does, before numpy

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FPS = Fraction(30)


def raw_frames(path: str, width: int, height: int) -> Iterator[NDArray[np.uint32]]:
    """Yield the frames of a file of raw RGBA."""
    with Path(path).open("rb") as file:
        while content := file.read(4 * width * height):
            yield np.frombuffer(content, np.uint32).reshape(height, width)


def paint(width: int, height: int, racing: float, hold: tuple[float, float]) -> None:
    """Load what the command loads, and paint every frame for nobody."""
    import optirace
    from optirace.cli import render, rerun  # noqa: F401
    from optirace.drawing.raster import Canvas
    from optirace.look import timeline
    from optirace.look.themes import Style
    from optirace.output import film
    from optirace.system import malloc

    malloc.keep()  # as the command does
    result = optirace.race()
    canvas = Canvas(result, Style(width=width, height=height))
    schedule = timeline.schedule(result.race.steps, duration=racing, fps=FPS, hold=hold)
    for moment in film.moments(result, schedule):
        canvas.paint(moment)


def ours(path: str, out: str, width: int, height: int) -> None:
    """Encode raw frames with our own encoder, which is told what changed by comparing the
    frames.
    """
    from optirace.look.frame import CELL_HEIGHT, CELL_WIDTH, Frame
    from optirace.output import outputs, sinks
    from optirace.system import malloc

    malloc.keep()
    count = Path(path).stat().st_size // (4 * width * height)
    cells = (height // CELL_HEIGHT, CELL_HEIGHT, width // CELL_WIDTH, CELL_WIDTH)
    with sinks.open_sink(
        outputs.output(out), sinks.Film(width=width, height=height, fps=FPS, frames=count)
    ) as sink:
        before = None
        for packed in raw_frames(path, width, height):
            has_changed = (
                np.ones(cells[::2], bool)
                if before is None
                else (packed != before).reshape(cells).any(axis=(1, 3))
            )
            sink.write(Frame(packed, width, np.flatnonzero(has_changed)))
            before = packed
        sink.finish()
        sink.commit()


def pillow(path: str, out: str, width: int, height: int) -> None:
    """Encode raw frames with Pillow's own writer of animations."""
    from PIL import Image

    frames = (
        packed.view(np.uint8).reshape(height, width, 4)[:, :, :3]
        for packed in raw_frames(path, width, height)
    )
    images = (Image.fromarray(np.ascontiguousarray(frame)) for frame in frames)
    count = Path(path).stat().st_size // (4 * width * height)
    delays = 10 * np.diff([round(100 * index / FPS) for index in range(count + 1)])
    next(images).save(out, save_all=True, append_images=images, duration=delays.tolist(), loop=0)


def main() -> None:
    parser = argparse.ArgumentParser(description="Paint, or encode raw frames.")
    parser.add_argument("part", choices=["paint", "ours", "pillow"])
    parser.add_argument("width", type=int)
    parser.add_argument("height", type=int)
    parser.add_argument(
        "--timing",
        type=float,
        nargs=3,
        metavar="SECONDS",
        help="of racing, and of stillness before and after",
    )
    parser.add_argument("--raw", help="a file of raw RGBA frames")
    parser.add_argument("--out")
    given = parser.parse_args()
    gc.disable()  # as the command does
    if given.part == "paint":
        racing, *hold = given.timing
        paint(given.width, given.height, racing, tuple(hold))
    else:
        {"ours": ours, "pillow": pillow}[given.part](
            given.raw, given.out, given.width, given.height
        )
    os._exit(0)  # as the command does, for every part alike


if __name__ == "__main__":
    main()
