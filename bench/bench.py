"""Measures optirace against matplotlib's own animation, and prints figures; it never judges them.

Commands are measured as whole new processes, children included, one after the other and in turn, so
that a slow minute of the machine meets all of them; what is printed is the median of the runs.
Memory is sampled in a run before them, which is not timed: looking at all pages of a process tree
twenty times a second slows it down by a tenth.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from funcanimation import FPS, ours, plan

import optirace
from optirace.drawing.raster import Canvas
from optirace.look import timeline
from optirace.look.themes import Style
from optirace.output import film
from optirace.output.video.yuv420 import Planes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from optirace.drawing.picture import Moment
    from optirace.look.timeline import Schedule
    from optirace.racing.engine import Result

YARDSTICK = str(Path(__file__).with_name("funcanimation.py"))
SAMPLING_SECONDS = 0.05
STEPS = 200
TABLE_RUNS = 15

NAMES = {
    "a": "optirace render, .mp4",
    "b": "FuncAnimation.save, FFMpegWriter",
    "c": "matplotlib, blitting by hand",
    "d": "ffmpeg alone, our raw frames",
    "g": "optirace render, .gif",
    "e": "FuncAnimation.save, PillowWriter",
}
PARTS = (*NAMES, "long", "quality", "frames", "late", "table")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a film is, in seconds."""

    racing: float
    hold: tuple[float, float] = (1.0, 1.5)

    @property
    def frames(self) -> int:
        return len(self.plan()[1].positions)

    def plan(self) -> tuple[Result, Schedule]:
        return plan(STEPS, self.racing, self.hold)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run of a command took, its children included."""

    wall: float
    cpu: float
    peak: float
    """MiB; 0 where it is not sampled."""


@dataclass(frozen=True, slots=True)
class Case:
    """A command to measure."""

    kind: str
    size: tuple[int, int]
    length: Length
    command: list[str]
    out: Path
    source: Path | None = None
    """What it reads on its standard input."""

    runs: list[Usage] = field(default_factory=list)

    def median(self, what: str) -> float:
        return statistics.median(getattr(run, what) for run in self.runs)


def memory(pid: int) -> tuple[int, str]:
    """Return the KiB that a process holds, its part of what it shares (PSS) if the system tells,
    and what was told.
    """
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]), "PSS"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 1024, "RSS"
    return 0, ""


def tree(root: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    yield root
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{root}/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield from tree(int(child))


class Sampler(threading.Thread):
    """Looks at the memory of a process tree every now and then, and keeps the greatest sum."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root, self.peak, self.told = root, 0, set[str]()
        self._is_over = threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(SAMPLING_SECONDS):
            total = 0
            for pid in tree(self.root):
                held, how = memory(pid)
                total += held
                self.told.add(how)
            self.peak = max(self.peak, total)

    def stop(self) -> None:
        self._is_over.set()
        self.join()


CAN_SAMPLE = Path("/proc/self/statm").exists()
told: set[str] = set()


def measure(
    command: Sequence[str], source: Path | None = None, *, is_sampled: bool = False
) -> Usage:
    """Run a command to its end, and look at its memory on the way if it is to be sampled."""
    with contextlib.ExitStack() as stack:
        stdin = stack.enter_context(source.open("rb")) if source else subprocess.DEVNULL
        began = time.perf_counter()
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL)
        sampler = Sampler(process.pid) if is_sampled and CAN_SAMPLE else None
        if sampler:
            sampler.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if sampler:
            sampler.stop()
            told.update(sampler.told - {""})
    if process.returncode:
        raise SystemExit(f"status {process.returncode}: {' '.join(command)}")
    unit = 1024.0**2 if sys.platform == "darwin" else 1024.0
    peak = sampler.peak / 1024.0 if sampler else usage.ru_maxrss / unit
    return Usage(wall, usage.ru_utime + usage.ru_stime, peak)


def written_raw(path: Path, size: tuple[int, int], length: Length) -> Path:
    """Write our frames as raw yuv420p."""
    result, schedule = length.plan()
    canvas, planes = Canvas(result, Style(width=size[0], height=size[1])), Planes(*size)
    with path.open("wb") as file:
        for moment in film.moments(result, schedule):
            file.write(planes.update(canvas.paint(moment)).data)
        # It stays in memory to be read, but the disk must not be busy with it while others are
        # measured.
        file.flush()
        os.fsync(file.fileno())
    return path


def case(kind: str, size: tuple[int, int], length: Length, folder: Path) -> Case:
    """Prepare a command."""
    words = f"{size[0]}x{size[1]}"
    stem = folder / f"{kind}-{words}-{length.frames}"
    timing = (
        "--size",
        words,
        "--steps",
        str(STEPS),
        "--duration",
        str(length.racing),
        "--hold",
        "{:g},{:g}".format(*length.hold),
    )
    if kind in ("a", "g"):
        out = stem.with_name(stem.name + (".mp4" if kind == "a" else ".gif"))
        command = [sys.executable, "-m", "optirace", "render", "-o", str(out), "--quiet", *timing]
        return Case(kind, size, length, command, out)
    if kind == "d":
        out = stem.with_name(stem.name + ".mp4")
        raw = written_raw(stem.with_name(stem.name + ".yuv"), size, length)
        command = [ffmpeg(), *ours(*size, str(out))]
        return Case(kind, size, length, command, out, raw)
    variant = {"b": "funcanimation", "c": "blit", "e": "pillow"}[kind]
    out = stem.with_name(stem.name + (".gif" if kind == "e" else ".mp4"))
    return Case(kind, size, length, [sys.executable, YARDSTICK, variant, str(out), *timing], out)


def ffmpeg() -> str:
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def say(line: str = "") -> None:
    print(line, flush=True)


def ratio(cases: Sequence[Case], over: str, under: str, what: str, name: str) -> None:
    """Print how two commands compare, wherever both have run."""
    for one in cases:
        for other in cases:
            if (one.kind, other.kind) == (over, under) and (one.size, one.length) == (
                other.size,
                other.length,
            ):
                share = one.median(what) / other.median(what)
                title = f"{name} at {one.size[0]}x{one.size[1]}, {one.length.frames} frames"
                say(f"  {title:58}{share:8.2f}")


def run_commands(cases: Sequence[Case], runs: int) -> None:
    """Run every command, in turn, and print what they took."""
    peaks = [measure(each.command, each.source, is_sampled=True).peak for each in cases]
    for index in range(runs):
        for each in cases:
            each.runs.append(measure(each.command, each.source))
            last = each.runs[-1]
            say(
                f"  run {index + 1} {each.kind} {each.size[0]}x{each.size[1]}: "
                f"{last.wall:.2f} s, {last.cpu:.2f} s cpu"
            )
    say()
    say(
        f"{'medians':37}{'size':>10}{'frames':>8}"
        f"{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'file MB':>9}"
    )
    for each, peak in zip(cases, peaks, strict=True):
        size, frames = f"{each.size[0]}x{each.size[1]}", each.length.frames
        wall, cpu = (each.median(what) for what in ("wall", "cpu"))
        megabytes = each.out.stat().st_size / 1e6
        title = f"({each.kind}) {NAMES[each.kind]}"
        say(f"{title:37}{size:>10}{frames:>8}{wall:>9.2f}{cpu:>9.2f}{peak:>10.0f}{megabytes:>9.3f}")
    how = (
        " and ".join(sorted(told))
        if CAN_SAMPLE
        else "the greatest single process, as the system tells no more"
    )
    sampled = f" of the process tree, every {SAMPLING_SECONDS * 1000:.0f} ms" if CAN_SAMPLE else ""
    say(f"peak: {how}{sampled}")
    say()
    say("ratios")
    ratio(cases, "b", "a", "wall", "b/a, wall")
    ratio(cases, "c", "a", "wall", "c/a, wall")
    ratio(cases, "b", "a", "cpu", "b/a, cpu")
    ratio(cases, "a", "d", "cpu", "a/d, cpu")
    ratio(cases, "a", "d", "wall", "a/d, wall")
    ratio(cases, "e", "g", "wall", "gif: e/ours, wall")


def painted(size: tuple[int, int], length: Length) -> Iterator[NDArray[np.uint8]]:
    """Yield every painted frame, uint8[height, width, 3]."""
    result, schedule = length.plan()
    canvas = Canvas(result, Style(width=size[0], height=size[1]))
    for moment in film.moments(result, schedule):
        yield canvas.paint(moment).pixels[:, :, :3]


def flat(pixels: NDArray[np.uint8], radius: int = 8) -> NDArray[np.bool_]:
    """Return, bool[height, width], the pixels round which all have one colour."""
    height, width = pixels.shape[:2]
    is_edge = np.zeros((height, width), np.int64)
    is_edge[1:] |= (pixels[1:] != pixels[:-1]).any(axis=2)
    is_edge[:, 1:] |= (pixels[:, 1:] != pixels[:, :-1]).any(axis=2)
    total = np.zeros((height + 1, width + 1), np.int64)
    total[1:, 1:] = is_edge.cumsum(axis=0).cumsum(axis=1)
    side = 2 * radius + 1
    is_flat = np.zeros((height, width), bool)
    inside = (
        total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    )
    is_flat[radius : height - radius, radius : width - radius] = inside == 0
    return is_flat


def decibels(squares: float, count: int) -> float:
    return 10.0 * np.log10(255.0**2 * count / squares) if squares else float("inf")


def mp4_quality(each: Case) -> None:
    """Print how far a decoded film is from the painted frames."""
    try:
        import av
    except ImportError:
        say("  mp4 quality: left out, as PyAV is not installed")
        return
    squares, count, greatest = 0.0, 0, 0.0
    errors: list[NDArray[np.float64]] = []
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32) * np.float32(219.0 / 255.0)
    with av.open(str(each.out)) as container:
        decoded = container.decode(video=0)
        for index, (frame, pixels) in enumerate(
            zip(decoded, painted(each.size, each.length), strict=True)
        ):
            width, height = each.size
            planes = frame.to_ndarray(format="yuv420p").reshape(-1)
            luma = planes[: width * height].reshape(height, width)
            wanted = np.rint(pixels.astype(np.float32) @ weights + np.float32(16.0))
            squares += float(np.square(luma - wanted, dtype=np.float64).sum())
            count += luma.size
            if index % 30 == 0:
                chroma = (
                    planes[width * height :].reshape(2, height // 2, width // 2).astype(np.float64)
                    - 128.0
                )
                is_flat = flat(pixels)
                cb, cr = (
                    plane.repeat(2, axis=0).repeat(2, axis=1)[is_flat] / 224.0 for plane in chroma
                )
                y = (luma[is_flat] - 16.0) / 219.0
                red, blue = y + 1.5748 * cr, y + 1.8556 * cb
                green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152
                shown = np.clip(np.rint(np.stack([red, green, blue], axis=1) * 255.0), 0, 255)
                colours = pixels[is_flat].astype(np.float64)
                off = np.abs(shown - colours).max(axis=1)
                errors.append(off)
                keys = (colours @ np.array([1.0, 256.0, 65536.0])).astype(np.int64)
                for key in np.unique(keys):
                    mine = keys == key
                    gap = np.abs(np.median(shown[mine], axis=0) - colours[mine][0]).max()
                    greatest = max(greatest, float(gap))
    everything = np.concatenate(errors)
    say(
        f"  mp4 {each.size[0]}x{each.size[1]}: luma PSNR {decibels(squares, count):.2f} dB "
        "over all frames"
    )
    say(
        f"  mp4 {each.size[0]}x{each.size[1]}: flat colours after decoding, in 255ths: the "
        "median of a colour is off by at"
        f" most {greatest:.0f}; of all flat pixels 99.9 % by at most "
        f"{np.percentile(everything, 99.9):.0f}, the worst"
        f" by {everything.max():.0f}"
    )


def gif_quality(each: Case) -> None:
    """Print how far a GIF is from the painted frames."""
    from PIL import Image, ImageSequence

    ends = [round(100 * (index + 1) / FPS) for index in range(each.length.frames)]
    squares, count = 0.0, 0
    with Image.open(each.out) as picture:
        shown = iter(ImageSequence.Iterator(picture))
        until, pixels = 0, np.empty(0, np.uint8)
        for end, wanted in zip(ends, painted(each.size, each.length), strict=True):
            if until < end:
                frame = next(shown)
                pixels = np.asarray(frame.convert("RGB"))
                until += round(frame.info["duration"] / 10)
            squares += float(np.square(pixels.astype(np.int32) - wanted).sum(dtype=np.float64))
            count += wanted.size
    size = f"{each.size[0]}x{each.size[1]}"
    say(f"  gif {size}: PSNR {decibels(squares, count):.2f} dB over all, red, green and blue")


def costs(
    result: Result, size: tuple[int, int], moments: Sequence[Moment]
) -> tuple[float, NDArray[np.float64]]:
    """Paint and convert; returns CPU seconds for setting up, and float64[frames, 2] for painting
    and converting.
    """
    began = time.process_time()
    canvas, planes = Canvas(result, Style(width=size[0], height=size[1])), Planes(*size)
    setting_up = time.process_time() - began
    taken = np.empty((len(moments), 2))
    for index, moment in enumerate(moments):
        start = time.process_time()
        frame = canvas.paint(moment)
        between = time.process_time()
        planes.update(frame)
        taken[index] = between - start, time.process_time() - between
    return setting_up, taken


def frame_costs(sizes: Sequence[tuple[int, int]], length: Length, runs: int) -> None:
    """Print what painting and converting a frame takes."""
    say("CPU milliseconds a frame, in one process")
    say(f"  {'':12}{'':26}{'paint':>8}{'convert':>9}{'both':>8}")
    result, schedule = length.plan()
    moments = list(film.moments(result, schedule))
    is_moving = np.diff(schedule.positions, prepend=0.0) > 0.0
    for size in sizes:
        measured = [costs(result, size, moments) for _ in range(runs)]
        taken = 1e3 * np.array([each[1] for each in measured])
        for title, means in (
            ("all frames", taken.mean(axis=1)),
            ("frames in which it moves", taken[:, is_moving].mean(axis=1)),
            ("the first frame", taken[:, 0]),
        ):
            paint, convert = np.median(means, axis=0)
            both = np.median(means.sum(axis=1))
            say(f"  {f'{size[0]}x{size[1]}':12}{title:26}{paint:8.3f}{convert:9.3f}{both:8.3f}")
        setting_up = 1e3 * statistics.median(each[0] for each in measured)
        say(f"  {f'{size[0]}x{size[1]}':12}{'set-up, once':26}{'':17}{setting_up:8.1f}")


def late_costs(size: tuple[int, int], runs: int, *, is_quick: bool) -> None:
    """Print what a frame costs early and late in a long race, and in one whose every step moves
    alike.
    """
    steps, early, late = (
        (1_000, (40, 60), (490, 510)) if is_quick else (10_000, (40, 60), (4_990, 5_010))
    )
    for title, racers in (("the default four", []), ("SGD alone, which bounces forever", ["sgd"])):
        result = optirace.race(optimizers=racers, steps=steps)
        schedule = timeline.schedule(steps, fps=FPS)
        moments = [
            moment for moment in film.moments(result, schedule) if moment.position <= late[1] + 1
        ]
        positions = np.array([moment.position for moment in moments])
        taken = 1e3 * np.median([costs(result, size, moments)[1] for _ in range(runs)], axis=0).sum(
            axis=1
        )
        means = [
            taken[(positions >= low) & (positions <= high)].mean() for low, high in (early, late)
        ]
        say(
            f"  paint and convert at {size[0]}x{size[1]}, {steps} steps, {title}: "
            f"{means[0]:.3f} ms in steps {early[0]} to"
            f" {early[1]}, {means[1]:.3f} ms in steps {late[0]} to {late[1]}, ratio "
            f"{means[1] / means[0]:.3f}"
        )


def table_start(runs: int) -> None:
    """Print how long the table takes, against importing what it needs."""
    script = Path(sys.executable).with_name("optirace")
    commands = {
        "optirace table": [str(script), "table"]
        if script.exists()
        else [sys.executable, "-m", "optirace", "table"],
        "import numpy, typer, rich": [sys.executable, "-c", "import numpy, typer, rich"],
        "pass": [sys.executable, "-c", "pass"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            taken[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(walls[1:]) for name, walls in taken.items()}
    say(f"start-up, medians of {runs} in turn, wall ms")
    for name, wall in medians.items():
        say(f"  {name:30}{1e3 * wall:8.1f}")
    quotient = medians["optirace table"] / medians["import numpy, typer, rich"]
    say(f"  {'table/import':30}{quotient:8.3f}")


def describe() -> None:
    """Print where this runs."""
    import imageio_ffmpeg
    import matplotlib as mpl

    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line for line in lines if line.startswith("model name")).split(":")[1].strip()
    say(f"{os.cpu_count()} x {model}, {platform.system()}, load {os.getloadavg()[0]:.2f}")
    say(
        f"Python {platform.python_version()}, numpy {np.__version__}, matplotlib {mpl.__version__},"
        f" ffmpeg {imageio_ffmpeg.get_ffmpeg_version()}, optirace {optirace.__version__}"
    )
    say()


def size_of(text: str) -> tuple[int, int]:
    width, height = map(int, text.split("x"))
    return width, height


def run_all(
    parts: Sequence[str], sizes: Sequence[tuple[int, int]], length: Length, long: Length, runs: int
) -> None:
    """Measure the commands, and look at what they have written."""
    with tempfile.TemporaryDirectory(prefix="optirace-bench-") as name:
        folder = Path(name)
        cases = [
            case(kind, size, length, folder) for size in sizes for kind in "abcd" if kind in parts
        ]
        # GIFs are compared at the first size alone: PillowWriter holds every frame in memory.
        cases += [case(kind, sizes[0], length, folder) for kind in "ge" if kind in parts]
        if "long" in parts:
            cases += [case(kind, sizes[-1], long, folder) for kind in "ad"]
        if cases:
            run_commands(cases, runs)
        if "quality" in parts:
            say()
            say("quality, against the painted frames")
            for each in cases:
                if each.length == length and each.kind == "a":
                    mp4_quality(each)
                elif each.kind == "g":
                    gif_quality(each)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure optirace against matplotlib's own animation."
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one run, few frames, 640x360: does the benchmark work?",
    )
    parser.add_argument("--size", type=size_of, nargs="+", default=[(1280, 720), (1920, 1080)])
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    given = parser.parse_args()
    parts = given.only.split(",")
    if set(parts) - set(PARTS):
        parser.error(f"--only: must be some of {','.join(PARTS)}")
    runs, sizes, length, long = given.runs, given.size, Length(7.5), Length(57.5)
    if given.quick:
        length, long = Length(1.5, (0.2, 0.3)), Length(2.5, (0.2, 0.3))
        runs, sizes = 1, [(640, 360)]
    describe()
    run_all(parts, sizes, length, long, runs)
    if "frames" in parts:
        say()
        frame_costs(sizes, length, runs)
    if "late" in parts:
        say()
        say("CPU of a frame, early and late in a long race at equal speed")
        late_costs(sizes[-1], runs, is_quick=given.quick)
    if "table" in parts:
        say()
        table_start(3 if given.quick else TABLE_RUNS)


if __name__ == "__main__":
    main()
