"""The options that say how a race is filmed, and what becomes of the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optirace.errors import InvalidValueError
from optirace.look import themes, timeline
from optirace.output import size_limit
from optirace.output.choices import CODECS, Choices
from optirace.output.files.folder import SEQUENCE
from optirace.output.formats import FORMATS
from optirace.settings.kinds import COUNT, FLAG, HOLD, NOTE, NUMBER, RATE, SIZE, STEPS, TEXT, one_of
from optirace.settings.option import Kind, option

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from optirace.look.timeline import Note, Schedule


def _bytes(subject: str, value: Any) -> int:
    if isinstance(value, str):
        return size_limit.size(subject, value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("neither words nor bytes")
    return size_limit.checked(subject, value)


def _times(subject: str, value: Any) -> int:
    return themes.checked_loop(subject, COUNT.read(subject, value))


CODEC = one_of(lambda: CODECS)
PIPED = one_of(lambda: [suffix[1:] for suffix in FORMATS if suffix != SEQUENCE])
THEME = one_of(lambda: themes.THEMES)
QUALITY = one_of(lambda: themes.QUALITIES)
LOOP: Kind[int] = Kind("COUNT", _times, COUNT.wanted, COUNT.takes)
BYTES: Kind[int] = Kind("SIZE", _bytes, write=size_limit.exactly)
SIZES = "Width and height in pixels: even numbers from 240 to 4096."
BY_NAME = "Size by name: {names}. Replaces --size."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FileOptions:
    """The files."""

    output: Sequence[str] = option(
        (),
        TEXT,
        "File to write; the suffix sets the format: .mp4 .webm .gif .webp .apng .png .svg .pdf,"
        " or frames/ for a folder of PNGs. Repeatable.",
        "-o",
        "--output",
        metavar="FILE",
        is_repeated=True,
        said_by="scene",
    )
    format: str | None = option(
        None, TEXT, "Format of standard output (-o -), such as gif.", metavar="NAME", of="stdout"
    )
    codec: str | None = option(
        None,
        CODEC,
        "Video codec: h264 or av1 in .mp4, vp9 or av1 in .webm.",
        metavar="NAME",
        shown="h264, vp9 in .webm",
        of="video",
        said_by="film",
    )
    chroma: int = option(
        420,
        COUNT,
        (
            "Chroma subsampling of videos: 420 plays most widely; 444 keeps thin lines crisp, "
            "but many players refuse it."
        ),
        metavar="NUMBER",
        of="video",
        said_by="film",
    )
    animate: bool = option(
        False, FLAG, "Write .png files as animated PNGs.", of="png", said_by="film"
    )
    loop: int = option(
        0,
        LOOP,
        "Number of times a .gif, .webp or .apng plays; 0 loops forever.",
        of="animated",
        said_by="film",
    )
    max_size: int | str | None = option(
        None,
        BYTES,
        (
            "Largest size of a GIF, such as 10MB or 512kB: lowers its frame rate, then size, "
            "then colours, until it fits."
        ),
        shown="any",
        of="gif",
        said_by="film",
    )
    poster: bool = option(
        False,
        FLAG,
        "Also write a poster, a .png still, next to every film.",
        of="film",
        said_by="scene",
    )
    captions: bool = option(
        False,
        FLAG,
        "Write captions of the race to a WebVTT file next to the film (race.vtt).",
        of="film",
        said_by="scene",
    )
    alt: bool = option(
        False,
        FLAG,
        "Write alt text next to the file: race.alt.txt for a film, race.still.alt.txt for a still.",
        said_by="scene",
    )
    force: bool = option(
        False,
        FLAG,
        "Overwrite files that a scene names and that optirace has not made.",
        needs="scene",
    )

    def choices(self) -> Choices:
        """Return what is wanted of the formats beyond their names."""
        return Choices(
            codec=self.codec, chroma=self.chroma, animate=self.animate, format=self.format
        )

    def limit(self) -> int | None:
        """Return the most bytes of a GIF."""
        return None if self.max_size is None else BYTES.read("max_size", self.max_size)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PictureOptions:
    """The picture."""

    speed: float = option(
        2.0,
        NUMBER,
        "Playback speed: 1 shows ten steps per second.",
        idle_beside="duration",
        rival="duration",
        of="film",
        said_by="film",
    )
    duration: float | None = option(
        None,
        NUMBER,
        "Length of the race in the film, in seconds; replaces --speed. --hold comes on top.",
        metavar="SECONDS",
        rival="speed",
        of="film",
        said_by="film",
    )
    fps: float | Fraction = option(
        30,
        RATE,
        "Frame rate in frames per second, such as 30 or 30000/1001.",
        of="film",
        said_by="film",
    )
    size: tuple[int, int] | None = option(
        None, SIZE, SIZES, shown="1280x720", rival="quality", said_by="film"
    )
    quality: str | None = option(
        None, QUALITY, BY_NAME, "-q", "--quality", rival="size", said_by="film"
    )
    theme: str = option("light", THEME, "Colour theme: {names}.", said_by="film")
    hold: tuple[float, float] = option(
        (1.0, 1.5),
        HOLD,
        "Seconds to hold the last frame, or the first and the last frame.",
        of="film",
        said_by="film",
    )
    title: str = option(themes.TITLE, TEXT, "Title of the film.", said_by="film")
    arrows: bool | None = option(
        None,
        FLAG,
        "Draw velocity arrows for every racer that has a first moment, or for none.",
        "--arrows/--no-arrows",
        shown="Momentum's",
        said_by="film",
    )
    at: int | None = option(
        None,
        COUNT,
        "Step to show in stills.",
        metavar="STEP",
        shown="the end",
        of="still",
        said_by="film",
    )
    strip: Sequence[int] = option(
        (),
        STEPS,
        "Show these steps side by side in stills.",
        shown="none",
        of="still",
        said_by="film",
    )
    notes: Sequence[Note | str] = option(
        (),
        NOTE,
        "Pause the film at a step and show a note. Repeatable.",
        "--note",
        is_repeated=True,
        said_by="film",
    )

    def style(self) -> themes.Style:
        """Return how the film looks."""
        width, height = size(self.size, self.quality)
        return themes.Style(
            width=width,
            height=height,
            theme=themes.THEMES[self.theme],
            title=self.title,
            arrows=self.arrows,
        )

    def schedule(self, steps: int) -> Schedule:
        """Return the film's clock."""
        return timeline.schedule(
            steps,
            speed=self.speed,
            duration=self.duration,
            fps=RATE.read("fps", self.fps),
            hold=self.hold,
            notes=[NOTE.read("note", each) for each in self.notes],
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OutputOptions:
    """The output."""

    dry_run: bool = option(
        False, FLAG, "Print what would be written, and write nothing.", said_by="scene"
    )
    check: bool = option(
        False,
        FLAG,
        (
            "Compare the existing files with a fresh render. Exit with 4 and the reason if they "
            "differ. Write nothing."
        ),
        said_by="scene",
    )
    quiet: bool = option(False, FLAG, "Print errors only.", said_by="scene")
    as_json: bool = option(
        False,
        FLAG,
        "Print the files and the table as one JSON object; with --dry-run, the plan.",
        "--json",
        said_by="scene",
    )
    shown: bool = option(False, FLAG, "Show the first file in the system's viewer.", "--open")


def size(asked: tuple[int, int] | None, quality: str | None) -> tuple[int, int]:
    """Return the width and height that --size or --quality asks for."""
    if asked is not None and quality is not None:
        raise InvalidValueError(
            "--size and --quality", "use one or the other", about=("size", "quality")
        )
    return asked if asked is not None else themes.QUALITIES[quality or "720p"]
