"""Measures what optirace's pictures and videos cost, against gifski, ffmpeg and Pillow on the same
painted frames.

Commands are whole new processes, children included, in turn, so that a slow minute of the machine
meets all of them; what is printed is the median of the runs. Files are decoded by Pillow and PyAV
and compared with every painted frame. It prints figures with what they ought to be, and never
judges them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from bench import FPS, Length, Usage, decibels, describe, ffmpeg, measure, painted, say, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DEFAULT = Length(10.0)
"""What `optirace render` makes when nothing is said."""

LONG = Length(57.5)
ENCODING = str(Path(__file__).with_name("encoding.py"))
SLOW_RUNS = 1
"""Of what takes half a minute a run, at most."""

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32) * np.float32(219.0 / 255.0)

PALETTE = "split[a][b];[a]palettegen[p];[b][p]paletteuse"
UNDITHERED = f"{PALETTE}=dither=none:diff_mode=rectangle"


@dataclass(slots=True)
class Case:
    """A command to measure."""

    name: str
    command: list[str]
    out: Path | None = None
    source: Path | None = None
    """What it reads on its standard input."""

    is_slow: bool = False
    peak: float = 0.0
    """MiB."""

    runs: list[Usage] = field(default_factory=list)

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        return statistics.median(run.cpu for run in self.runs)

    @property
    def megabytes(self) -> float:
        return self.out.stat().st_size / 1e6 if self.out else 0.0


@dataclass(frozen=True, slots=True)
class Bench:
    """The film that is measured, and where."""

    folder: Path
    size: tuple[int, int]
    length: Length
    runs: int

    @property
    def raw(self) -> Path:
        return self.folder / "frames.rgba"

    @property
    def images(self) -> Path:
        return self.folder / "images"

    def words(self, length: Length) -> list[str]:
        """Return what the command is told so that it makes this film: nothing, for the default
        race.
        """
        if self.size == (1280, 720) and length == DEFAULT:
            return []
        timing = ["--duration", str(length.racing), "--hold", "{:g},{:g}".format(*length.hold)]
        return ["--size", "{}x{}".format(*self.size), *timing]

    def render(self, name: str, *outs: str, length: Length | None = None, codec: str = "") -> Case:
        """Return our whole command."""
        paths = [self.folder / out for out in outs]
        files = [word for path in paths for word in ("-o", str(path))]
        words = [*self.words(length or self.length), *(["--codec", codec] if codec else [])]
        return Case(
            name, [sys.executable, "-m", "optirace", "render", *files, "--quiet", *words], paths[0]
        )

    def part(self, name: str, part: str, out: str = "") -> Case:
        """Return a part of the work alone, by `encoding.py`."""
        command = [sys.executable, ENCODING, part, *map(str, self.size)]
        if part == "paint":
            return Case(
                name, [*command, "--timing", *map(str, (self.length.racing, *self.length.hold))]
            )
        path = self.folder / out
        return Case(
            name,
            [*command, "--raw", str(self.raw), "--out", str(path)],
            path,
            is_slow=part == "pillow",
        )

    def ffmpeg(self, name: str, out: str, *words: str) -> Case:
        """Return ffmpeg on the raw frames."""
        size, path = "{}x{}".format(*self.size), self.folder / out
        source = [
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb0",
            "-video_size",
            size,
            "-framerate",
            str(FPS),
            "-i",
            "pipe:0",
        ]
        return Case(
            name, [ffmpeg(), "-loglevel", "error", "-y", *source, *words, str(path)], path, self.raw
        )

    def gifski(self, program: str, name: str, out: str, *words: str) -> Case:
        width, height = map(str, self.size)
        path, images = self.folder / out, sorted(map(str, self.images.iterdir()))
        asked = ["--quiet", "--fps", str(FPS), "-W", width, "-H", height, *words, "-o", str(path)]
        return Case(name, [program, *asked, *images], path, is_slow=True)

    def write_frames(self, *, with_images: bool) -> None:
        """Write the painted frames, raw and as PNG files."""
        from PIL import Image

        self.images.mkdir()
        with self.raw.open("wb") as file:
            for index, pixels in enumerate(painted(self.size, self.length)):
                opaque = np.full((*pixels.shape[:2], 4), 255, np.uint8)
                opaque[:, :, :3] = pixels
                file.write(opaque.data)
                if with_images:
                    Image.fromarray(pixels).save(self.images / f"{index:05}.png", compress_level=1)
            # They stay in memory to be read, but the disk must not be busy with them while
            # something is measured.
            file.flush()
            os.fsync(file.fileno())

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the painted frames, uint8[height, width, 3]."""
        width, height = self.size
        for frame in np.memmap(self.raw, np.uint8, "r").reshape(-1, height, width, 4):
            yield frame[:, :, :3]

    def measure(self, *cases: Case) -> None:
        """Run commands in turn; the first run of each looks at its memory, which slows it down, and
        is not timed.
        """
        for each in cases:
            each.peak = measure(each.command, each.source, is_sampled=True).peak
        for _ in range(self.runs):
            for each in cases:
                if not (each.is_slow and len(each.runs) >= SLOW_RUNS):
                    each.runs.append(measure(each.command, each.source))


def table(*cases: Case, quality: dict[str, str]) -> None:
    """Print what commands took, and what is told of their files."""
    say(f"  {'':46}{'cpu s':>8}{'wall s':>8}{'peak MiB':>10}{'MB':>8}  quality")
    for each in cases:
        size, runs = (
            f"{each.megabytes:8.3f}" if each.out else f"{'':8}",
            f", {len(each.runs)} run" if each.is_slow else "",
        )
        told = quality.get(each.name, "")
        say(
            (
                f"  {each.name + runs:46}{each.cpu:8.2f}{each.wall:8.2f}{each.peak:10.0f}{size}  "
                f"{told}"
            ).rstrip()
        )


def ratios(cases: dict[str, Case], ours: Case) -> None:
    """Print how many times others take."""
    for name, other in cases.items():
        cpu, wall, size = (
            other.cpu / ours.cpu,
            other.wall / ours.wall,
            other.megabytes / ours.megabytes,
        )
        say(f"  {f'{name} / {ours.name}':72}{cpu:7.1f} cpu{wall:7.1f} wall{size:7.2f} size")


def shown(path: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield what an animated picture shows in the middle of each of our frames, forever,
    uint8[height, width, 3].
    """
    from PIL import Image, ImageSequence

    with Image.open(path) as picture:
        until, frames = 0.0, 0
        for image in ImageSequence.Iterator(picture):
            pixels = np.asarray(image.convert("RGB"))
            until += image.info["duration"] / 1000.0
            while (frames + 0.5) / FPS < until:
                yield pixels
                frames += 1
    while True:
        yield pixels


def rgb_decibels(bench: Bench, path: Path) -> float:
    """Return how far an animated picture is from the painted frames, over all of them."""
    squares, count = 0.0, 0
    for wanted, pixels in zip(bench.frames(), shown(path), strict=False):
        gap = pixels.astype(np.int16) - wanted
        squares += float(np.square(gap, dtype=np.int32).sum(dtype=np.int64))
        count += gap.size
    return decibels(squares, count)


def luma_decibels(bench: Bench, path: Path) -> tuple[float, int]:
    """Return how far the luma of a video, decoded by PyAV, is from the painted frames', and how
    many frames it has.
    """
    import av

    squares, count, decoded = 0.0, 0, 0
    with av.open(str(path)) as container:
        for frame, pixels in zip(container.decode(video=0), bench.frames(), strict=True):
            luma = frame.to_ndarray(format="yuv420p")[: len(pixels)]
            wanted = np.rint(pixels.astype(np.float32) @ LUMA + np.float32(16.0))
            squares += float(np.square(luma - wanted).sum(dtype=np.float64))
            count += luma.size
            decoded += 1
    return decibels(squares, count), decoded


def gifs(bench: Bench, gifski: str | None) -> None:
    say("GIF")
    whole, encoding = (
        bench.render("optirace render", "ours.gif"),
        bench.part("optirace, encoding alone", "ours", "alone.gif"),
    )
    others = [
        bench.ffmpeg("ffmpeg palettegen, paletteuse", "ffmpeg.gif", "-filter_complex", PALETTE),
        bench.ffmpeg(
            "ffmpeg palettegen, undithered, rectangles",
            "undithered.gif",
            "-filter_complex",
            UNDITHERED,
        ),
        bench.part("Pillow, save_all", "pillow", "pillow.gif"),
    ]
    if gifski:
        others.append(bench.gifski(gifski, "gifski", "gifski.gif"))
        others.append(
            bench.gifski(
                gifski, "gifski, --fast --quality 70", "fast.gif", "--fast", "--quality", "70"
            )
        )
    else:
        say(
            "  gifski is not there; put it on the PATH or name it with --gifski (the npm "
            "package gifski has one)"
        )
    cases = [whole, encoding, *others]
    bench.measure(*cases)
    quality = {each.name: f"{rgb_decibels(bench, each.out):.2f} dB" for each in cases if each.out}
    table(*cases, quality=quality)
    say(
        "  encoding alone reads 4 bytes a pixel and compares them with the frame before, "
        "which the command need not"
    )
    say(
        "  target: at most 0.9 MB at 48 dB or more, smaller than gifski in a tenth of its "
        "time, better than the others"
    )
    for ours in (whole, encoding):
        ratios({each.name: each for each in others}, ours)


def lossless(bench: Bench, long: Length) -> None:
    say("memory, and lossless pictures")
    formats = {"webp": "1.1", "apng": "2"}
    short = {kind: bench.render(f".{kind}", f"ours.{kind}") for kind in ("gif", *formats)}
    longer = {
        kind: bench.render(f".{kind}, {long.frames} frames", f"long.{kind}", length=long)
        for kind in short
    }
    bench.measure(*short.values(), *longer.values())
    quality = {}
    for kind in formats:
        found = rgb_decibels(bench, bench.folder / f"ours.{kind}")
        quality[f".{kind}"] = (
            "every pixel of every frame exact"
            if found == float("inf")
            else f"NOT EXACT: {found:.2f} dB"
        )
    table(*short.values(), *longer.values(), quality=quality)
    say(
        "  target: "
        f"{', '.join(f'.{kind} at most {most} MB' for kind, most in formats.items())}, "
        "memory flat"
    )
    for kind, each in short.items():
        share = longer[kind].peak / each.peak
        say(f"  peak of .{kind} at {long.frames} frames / at {bench.length.frames}: {share:.2f}")


def together(bench: Bench) -> None:
    say("three outputs in one pass")
    kinds = ("mp4", "gif", "webp")
    single = {kind: bench.render(f".{kind} alone", f"alone.{kind}") for kind in kinds}
    paint = bench.part("start-up and painting alone", "paint")
    one = bench.render(
        f"{', '.join(f'.{kind}' for kind in kinds)} at once",
        *(f"together.{kind}" for kind in kinds),
    )
    one.out = None
    bench.measure(*single.values(), paint, one)
    table(*single.values(), paint, one, quality={})
    say(
        "  at once / the three alone, less two of their three start-ups and paintings "
        "(target: at most 1, in cpu seconds)"
    )
    for what in ("cpu", "wall"):
        # A ratio of each round by itself: the machine is not as fast in every minute.
        rounds = [
            getattr(together, what)
            / (sum(getattr(run, what) for run in alone) - 2.0 * getattr(painted, what))
            for *alone, painted, together in zip(
                *(each.runs for each in (*single.values(), paint, one)), strict=True
            )
        ]
        lower, middle, upper = statistics.quantiles(rounds, n=4) if len(rounds) > 1 else rounds * 3
        say(
            f"  median of the rounds, {what}: {middle:.3f} (half of them from {lower:.3f} "
            f"to {upper:.3f})"
        )
    # Others who work on the machine can only add to what a run takes: the least says the most.
    for name, chosen in (("medians", statistics.median), ("least of the runs", min)):
        for what in ("cpu", "wall"):
            taken = {
                each.name: chosen([getattr(run, what) for run in each.runs])
                for each in (*single.values(), paint, one)
            }
            most = sum(taken[each.name] for each in single.values()) - 2.0 * taken[paint.name]
            say(
                f"  {name}, {what} s: {taken[one.name]:.2f} / {most:.2f} = "
                f"{taken[one.name] / most:.3f}"
            )


def videos(bench: Bench) -> None:
    say("videos")
    cases = [
        bench.render(f".{kind}, {codec}", f"{codec}.{kind}", codec=codec)
        for kind, codec in (("mp4", "h264"), ("mp4", "av1"), ("webm", "vp9"), ("webm", "av1"))
    ]
    bench.measure(*cases)
    quality = {}
    for each in cases:
        if each.out:
            found, frames = luma_decibels(bench, each.out)
            quality[each.name] = f"luma {found:.2f} dB, {frames} frames decoded"
    table(*cases, quality=quality)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure what our pictures and videos cost, against other encoders."
    )
    parts = ["gif", "lossless", "together", "videos"]
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one run, few frames, 640x360: does the benchmark work?",
    )
    parser.add_argument("--size", type=size_of, default=(1280, 720))
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--gifski", default="gifski", help="where gifski is, if not on the PATH")
    given = parser.parse_args()
    size, length, long, runs = given.size, DEFAULT, LONG, given.runs
    if given.quick:
        size, length, long, runs = (640, 360), Length(1.5, (0.2, 0.3)), Length(4.5, (0.2, 0.3)), 1
    gifski = shutil.which(given.gifski)
    describe()
    say(
        "{}x{}, {} frames; medians of {} runs in turn, where no other number stands".format(
            *size, length.frames, runs
        )
    )
    with tempfile.TemporaryDirectory(prefix="optirace-bench-") as name:
        bench = Bench(Path(name), size, length, runs)
        if given.only != ["together"]:
            bench.write_frames(with_images=bool(gifski) and "gif" in given.only)
        if "gif" in given.only:
            gifs(bench, gifski)
        if "lossless" in given.only:
            lossless(bench, long)
        if "together" in given.only:
            together(bench)
        if "videos" in given.only:
            videos(bench)


if __name__ == "__main__":
    main()
