"""Draws the picture of a film with matplotlib's own artists, as a yardstick for the benchmark.

This is the film as one would write it with matplotlib at hand: every artist is made once and
updated in place. It has every element of optirace's picture and shows the same moments at the same
size, with the same codec settings, and is saved with FuncAnimation and FFMpegWriter, with
hand-written blitting, or as a GIF with PillowWriter.
"""

from __future__ import annotations

import argparse
import math
import subprocess
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import imageio_ffmpeg
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects, ticker
from matplotlib.animation import FFMpegWriter, FuncAnimation, PillowWriter
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.patches import FancyArrowPatch, Rectangle

import optirace
from optirace.drawing import layout
from optirace.drawing.bands import RING_RATIO, RINGS
from optirace.drawing.board import loss_text
from optirace.drawing.scales import nice_ticks
from optirace.drawing.tracks import TAIL
from optirace.look import timeline
from optirace.look.themes import MARKERS, THEMES, TITLE
from optirace.output import film
from optirace.output.sinks import Film
from optirace.output.video import h264
from optirace.racing import engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from optirace.drawing.picture import Moment
    from optirace.look.geometry import Box
    from optirace.look.timeline import Schedule
    from optirace.racing.engine import Result

DPI = 100
POINT = 72 / DPI
"""Points in a pixel: matplotlib measures type and lines in points."""

SHAPES = {
    "circle": ("o", 2.0),
    "square": ("s", 1.6),
    "diamond": ("D", 1.63),
    "triangle": ("^", 1.95),
}
"""matplotlib's marker, and its size for a radius of one."""

FPS = Fraction(30)


class Picture:
    """The figure and the artists that change."""

    def __init__(
        self, result: Result, width: int, height: int, *, is_blitted: bool = False
    ) -> None:
        plt.switch_backend("Agg")
        plt.rcParams.update({"mathtext.fontset": "cm", "font.family": "DejaVu Sans"})
        self.result, self.theme, self.width, self.height = result, THEMES["light"], width, height
        self.layout = layout.arrange(width, height, len(result.race.racers))
        self.unit = self.layout.unit * POINT
        self.figure = plt.figure(
            figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=self.theme.paper
        )
        self.moving: list[Artist] = []
        """What changes from frame to frame, the lowest first."""
        self.verdicts = [engine.verdicts(result, each) for each in result.trajectories]
        self.colours = [self.theme.racers[each.racer.style] for each in result.trajectories]
        self.shapes = [SHAPES[list(MARKERS)[each.racer.style]] for each in result.trajectories]
        self._make_surface()
        self._make_chart()
        self._make_words()
        if is_blitted:
            for artist in self.moving:
                artist.set_animated(True)

    def _axes(self, box: Box) -> Axes:
        place = (
            box.x0 / self.width,
            1 - box.y1 / self.height,
            box.width / self.width,
            box.height / self.height,
        )
        return self.figure.add_axes(place)

    def _marker(self, index: int, radius: float, casing: float) -> dict[str, Any]:
        shape, size = self.shapes[index]
        return {
            "linestyle": "none",
            "marker": shape,
            "markersize": (radius * size + casing) * self.unit,
            "markerfacecolor": self.colours[index],
            "markeredgecolor": self.theme.paper,
            "markeredgewidth": casing * self.unit,
        }

    def _make_surface(self) -> None:
        result, theme, u, box = self.result, self.theme, self.unit, self.layout.surface
        axes = self._axes(box)
        x0, x1, y0, y1 = self.view = result.view
        x, y = np.meshgrid(np.linspace(x0, x1, 201), np.linspace(y0, y1, 201))
        gap = result.race.surface.value(x, y) - result.minimum
        highest = float(gap.max())
        levels = [highest * RING_RATIO ** (RINGS - ring) for ring in range(RINGS)]
        ramp = LinearSegmentedColormap.from_list("ramp", [theme.deep, theme.high])
        bands = [ramp(index / RINGS) for index in range(RINGS + 1)]
        axes.contourf(x, y, gap, levels=[-1.0, *levels, 2.0 * highest], colors=bands)
        axes.contour(x, y, gap, levels=levels, colors=theme.contour, linewidths=1.0 * u, alpha=0.62)
        axes.set_xticks(
            nice_ticks(x0, x1, max(3, min(10, int(box.width / (62 * self.layout.unit)))))
        )
        axes.set_yticks(
            nice_ticks(y0, y1, max(3, min(9, int(box.height / (44 * self.layout.unit)))))
        )
        axes.set(xlim=(x0, x1), ylim=(y0, y1))
        axes.tick_params(
            labelsize=15 * u,
            labelcolor=theme.quiet,
            color=theme.quiet,
            length=4 * u,
            width=u,
            pad=4 * u,
        )
        axes.spines[:].set_visible(False)
        axes.set_xlabel(r"$\theta_1$", size=21 * u, color=theme.text, labelpad=1 * u)
        axes.yaxis.set_label_coords((20 * self.layout.unit - box.x0) / box.width, 0.48)
        axes.set_ylabel(r"$\theta_2$", size=21 * u, color=theme.text, rotation=0)

        cased = [patheffects.withStroke(linewidth=6.4 * u, foreground=theme.paper)]
        self.trails, self.tails, self.heads = [], [], []
        self.arrows: list[FancyArrowPatch | None] = []
        self.velocities: list[np.ndarray | None] = []
        for colour in self.colours:
            look = {
                "lw": 1.7 * u,
                "marker": "o",
                "ms": 3.2 * u,
                "mew": 0,
                "solid_joinstyle": "round",
            }
            (trail,) = axes.plot(
                [], [], color=to_rgba(colour, 0.42), mfc=to_rgba(colour, 0.85), zorder=3, **look
            )
            self.trails.append(trail)
        for colour in self.colours:
            look = {"solid_capstyle": "round", "solid_joinstyle": "round", "path_effects": cased}
            (tail,) = axes.plot([], [], color=colour, lw=3.6 * u, zorder=4, **look)
            self.tails.append(tail)
        edge = {"markeredgecolor": theme.paper, "zorder": 5, "linestyle": "none"}
        (star,) = axes.plot(
            *zip(*result.race.surface.minima, strict=True),
            marker="*", ms=19.5 * u, mfc=theme.text, mew=1.5 * u, **edge,
        )  # fmt: skip
        ringed = [patheffects.withStroke(linewidth=5.4 * u, foreground=theme.paper)]
        (ring,) = axes.plot(
            *result.race.start, marker="o", ms=12 * u, mfc="none", mec=theme.text, mew=2.4 * u,
            path_effects=ringed,
            zorder=5, linestyle="none",
        )  # fmt: skip
        for trajectory, colour in zip(result.trajectories, self.colours, strict=True):
            if trajectory.velocity is None or not trajectory.racer.optimizer.is_velocity:
                self.arrows.append(None)
                self.velocities.append(None)
                continue
            arrow = FancyArrowPatch(
                (0, 0), (1, 1), arrowstyle="-|>,head_length=16,head_width=6.5", mutation_scale=u,
                shrinkA=0, shrinkB=0,
                linewidth=3.6 * u, color=colour, path_effects=cased, zorder=6, joinstyle="round",
                capstyle="round",
            )  # fmt: skip
            axes.add_patch(arrow)
            pixels = trajectory.velocity * np.array([box.width / (x1 - x0), box.height / (y1 - y0)])
            longest = float(np.sqrt((pixels * pixels).sum(axis=1)).max())
            scale = 0.36 * min(box.width, box.height) / longest
            lengths = np.sqrt((pixels * pixels).sum(axis=1)) * scale
            self.arrows.append(arrow)
            self.velocities.append(np.column_stack([-trajectory.velocity * scale, lengths]))
        for index in range(len(self.colours)):
            (head,) = axes.plot([], [], zorder=7, clip_on=False, **self._marker(index, 8.0, 1.5))
            self.heads.append(head)
        arrows = [arrow for arrow in self.arrows if arrow is not None]
        self.moving += [*self.trails, *self.tails, star, ring, *arrows, *self.heads]

    def _make_chart(self) -> None:
        result, theme, u, box = self.result, self.theme, self.unit, self.layout.chart
        axes = self._axes(box)
        gaps = np.concatenate([each.losses - result.minimum for each in result.trajectories])
        gaps = gaps[gaps > 0.0]
        high = math.ceil(math.log10(float(gaps.max())) - 0.02)
        low = math.floor(math.log10(max(float(gaps.min()), 1e-11 * 10.0**high)))
        most = max(2, min(7, int(box.height / (30 * self.layout.unit))))
        stride = next(step for step in (1, 2, 5, 10, 20, 50) if (high - low) / step < most)
        axes.set_yscale("log")
        axes.set(xlim=(0, result.race.steps), ylim=(10.0**low, 10.0 ** (high + 0.25)))
        axes.set_xticks(
            nice_ticks(
                0, result.race.steps, max(2, min(6, int(box.width / (56 * self.layout.unit))))
            )
        )
        axes.set_yticks(
            [10.0**power for power in range(math.ceil(low / stride) * stride, high + 1, stride)]
        )
        axes.yaxis.set_major_formatter(
            ticker.FuncFormatter(lambda value, _: f"$10^{{{round(math.log10(value))}}}$")
        )
        axes.yaxis.set_minor_locator(ticker.NullLocator())
        axes.grid(axis="y", color=theme.rule, linewidth=1.0 * u)
        axes.set_axisbelow(True)
        axes.tick_params(color=theme.quiet, labelcolor=theme.quiet, width=u, pad=4 * u)
        axes.tick_params(axis="x", labelsize=13 * u, length=4 * u)
        axes.tick_params(axis="y", labelsize=15 * u, length=0, pad=8 * u)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set(color=theme.quiet, linewidth=u)
        axes.set_xlabel("step", size=14.5 * u, color=theme.quiet, labelpad=6 * u)
        self.low, self.high = 10.0**low, 10.0 ** (high + 0.25)
        self.curves, self.ends = [], []
        for colour in self.colours:
            look = {
                "solid_joinstyle": "round",
                "solid_capstyle": "round",
                "clip_on": False,
                "zorder": 3,
            }
            self.curves += axes.plot([], [], color=colour, lw=2.3 * u, **look)
        for index in range(len(self.colours)):
            self.ends += axes.plot(
                [], [], clip_on=False, zorder=4, **self._marker(index, 5.0, 1.05)
            )
        self.moving += [*self.curves, *self.ends]

    def _make_words(self) -> None:
        """Write and draw what stands in no axes: one axes over the whole figure has its pixels as
        coordinates.
        """
        theme, u, px, place = self.theme, self.unit, self.layout.unit, self.layout
        axes = self.figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, self.width), ylim=(self.height, 0))
        axes.axis("off")
        axes.patch.set_visible(False)
        quiet = {"color": theme.quiet, "size": 14.5 * u}
        axes.text(
            place.title.x0,
            place.title.y1 - 9 * px,
            TITLE,
            size=31 * u,
            weight="bold",
            color=theme.text,
        )
        law = r"$\mathcal{L}(\theta_1, \theta_2) = " + self.result.race.surface.formula + "$"
        axes.text(place.formula.x0, place.formula.y1 - 13 * px, law, size=21 * u, color=theme.quiet)
        baseline = place.counter.y0 + 33 * px
        axes.text(
            place.counter.x1,
            baseline,
            r"$\eta = 0.10\quad \beta = 0.90$",
            size=20 * u,
            color=theme.quiet,
            ha="right",
        )
        axes.text(place.board.x1, place.board.y0 - 9 * px, "loss", ha="right", **quiet)
        axes.text(place.chart.x0, place.chart.y0 - 12 * px, "loss", **quiet)
        self.counter = axes.text(
            place.counter.x0,
            baseline,
            "",
            size=31 * u,
            weight="bold",
            family="monospace",
            color=theme.text,
        )
        self.rows: list[tuple[Line2D, Any, Any, Any]] = []
        scale, box = place.text_scale, place.board
        left = box.x0 + 36 * px * scale
        self.baseline = 0.54 * place.row
        self.below, self.above = 16.5 * px * scale, 7.5 * px * scale
        for index, trajectory in enumerate(self.result.trajectories):
            look = self._marker(index, 10.5 * scale, 0.0)
            (marker,) = axes.plot([box.x0 + 10 * px * scale], [0], **look)
            name = axes.text(
                left, 0, trajectory.racer.label, size=20.5 * u * scale, color=theme.text
            )
            loss = axes.text(
                box.x1,
                0,
                "",
                size=20.5 * u * scale,
                family="monospace",
                color=theme.text,
                ha="right",
                va="baseline",
            )
            fate = axes.text(left, 0, "", size=13.5 * u * scale, color=theme.quiet)
            self.rows.append((marker, name, loss, fate))
        track = place.progress
        axes.add_patch(
            Rectangle((track.x0, track.y0), track.width, track.height, color=theme.rule, lw=0)
        )
        self.progress = Rectangle((track.x0, track.y0), 0, track.height, color=theme.quiet, lw=0)
        axes.add_patch(self.progress)
        self.moving += [
            self.counter,
            *(artist for row in self.rows for artist in row),
            self.progress,
        ]

    def update(self, moment: Moment) -> Sequence[Artist]:
        """Bring every artist to a moment."""
        done = min(math.floor(moment.position), self.result.race.steps)
        for index, trajectory in enumerate(self.result.trajectories):
            step = min(done, trajectory.steps)
            points = trajectory.points
            after = min(step + 1, trajectory.steps)
            head = points[step] + (points[after] - points[step]) * (
                min(moment.position, trajectory.steps) - step
            )
            self.trails[index].set_data(points[: step + 1].T)
            self.tails[index].set_data(np.vstack([points[max(0, step - TAIL) : step + 1], head]).T)
            self.heads[index].set_data(head[:, None])
            arrow, velocity = self.arrows[index], self.velocities[index]
            if arrow is not None and velocity is not None:
                *along, length = velocity[step]
                arrow.set_visible(
                    bool(length >= 12.0 * self.layout.unit) and done <= trajectory.steps
                )
                arrow.set_positions(
                    head,
                    head + np.array(along) * (1.0 + 5.2 * self.layout.unit / max(length, 1e-9)),
                )
            losses = np.clip(
                trajectory.losses[: step + 1] - self.result.minimum, self.low, self.high
            )
            self.curves[index].set_data(np.arange(step + 1), losses)
            self.ends[index].set_data([step], losses[-1:])
            marker, name, loss, fate = self.rows[index]
            y = self.layout.board.y0 + moment.places[index] * self.layout.row + self.baseline
            outcome = self.verdicts[index].at(moment.shown)
            marker.set_ydata([y - self.above])
            for text in (name, loss):
                text.set_y(y)
            fate.set_y(y + self.below)
            loss.set_text(
                loss_text(float(trajectory.losses[moment.shown]))
                if moment.shown <= trajectory.steps
                else "-"
            )
            fate.set_text("" if outcome.kind == "descending" else str(outcome))
        self.counter.set_text(f"step {done:>{max(3, len(str(self.result.race.steps)))}}")
        self.progress.set_width(
            self.layout.progress.width * moment.position / self.result.race.steps
        )
        return self.moving


def ours(width: int, height: int, path: str) -> list[str]:
    """Return what we tell ffmpeg, to make a file of raw yuv420p frames on its standard input."""
    return h264.arguments(path, Film(width=width, height=height, fps=FPS, frames=1))


def codec(width: int, height: int) -> list[str]:
    """Return our options for the encoder, without those of its input, the encoder's name and the
    file's.
    """
    words = ours(width, height, "")
    words = words[words.index("pipe:0") + 1 : -1]
    at = words.index("-c:v")
    # Ours arrive as BT.709 already; ffmpeg must convert these likewise, to be tagged alike.
    convert = (
        "scale=out_color_matrix=bt709:out_range=tv,setparams=color_primaries=bt709:color_trc=bt709"
    )
    return [*words[:at], "-vf", convert, *words[at + 2 :]]


def animate(picture: Picture, moments: list[Moment]) -> FuncAnimation:
    """Return the animation as FuncAnimation makes it."""
    return FuncAnimation(
        picture.figure,
        picture.update,
        frames=moments,
        init_func=lambda: picture.moving,
        interval=1000 / float(FPS),
    )


def save_plain(picture: Picture, moments: list[Moment], path: str) -> None:
    """Save with FuncAnimation and FFMpegWriter."""
    plt.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()
    extra = codec(picture.width, picture.height)
    animate(picture, moments).save(
        path, writer=FFMpegWriter(fps=float(FPS), codec="libx264", extra_args=extra), dpi=DPI
    )


def save_blitted(picture: Picture, moments: list[Moment], path: str) -> None:
    """Save with blitting by hand: the background is kept, and each frame only the moving artists
    are drawn.
    """
    canvas = picture.figure.canvas
    canvas.draw()
    background = canvas.copy_from_bbox(picture.figure.bbox)
    command = [
        *(
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-hide_banner",
            "-loglevel",
            "error",
            "-y",
            "-f",
            "rawvideo",
        ),
        *(
            "-pix_fmt",
            "rgba",
            "-video_size",
            f"{picture.width}x{picture.height}",
            "-framerate",
            str(FPS),
        ),
        *("-i", "pipe:0", "-c:v", "libx264", *codec(picture.width, picture.height), path),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0) as process:
        for moment in moments:
            canvas.restore_region(background)
            for artist in picture.update(moment):
                picture.figure.draw_artist(artist)
            left = memoryview(canvas.buffer_rgba()).cast("B")
            while left:
                left = left[process.stdin.write(left) :]
        process.stdin.close()
    if process.returncode:
        raise SystemExit("ffmpeg failed")


def save_gif(picture: Picture, moments: list[Moment], path: str) -> None:
    """Save with FuncAnimation and PillowWriter."""
    animate(picture, moments).save(path, writer=PillowWriter(fps=float(FPS)), dpi=DPI)


VARIANTS = {"funcanimation": save_plain, "blit": save_blitted, "pillow": save_gif}


def plan(
    steps: int, duration: float, hold: tuple[float, float] = (1.0, 1.5)
) -> tuple[Result, Schedule]:
    """Return the race and the schedule that the command line has for the same words."""
    return optirace.race(steps=steps), timeline.schedule(
        steps, duration=duration, fps=FPS, hold=hold
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the film with matplotlib's own means.")
    parser.add_argument("variant", choices=[*VARIANTS, "still"])
    parser.add_argument("path")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--duration", type=float, default=7.5)
    parser.add_argument("--hold", default="1,1.5")
    parser.add_argument("--at", type=int, default=34, help="the step of a still")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    start, end = map(float, given.hold.split(","))
    result, schedule = plan(given.steps, given.duration, (start, end))
    picture = Picture(result, width, height, is_blitted=given.variant == "blit")
    if given.variant == "still":
        picture.update(film.still(result, given.at))
        picture.figure.savefig(given.path, dpi=DPI)
    else:
        VARIANTS[given.variant](picture, list(film.moments(result, schedule)), given.path)


if __name__ == "__main__":
    main()
