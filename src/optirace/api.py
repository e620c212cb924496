"""What the commands do, for Python: the same words, the same values."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.errors import InvalidValueError, MissingCharacterWarning
from optirace.options import race as race_options
from optirace.options.film import FileOptions, PictureOptions
from optirace.options.race import RaceOptions
from optirace.racing import engine
from optirace.settings import option
from optirace.settings import plugins as plug_ins
from optirace.text import tables

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from optirace.catalogue import Listing
    from optirace.look.timeline import Note
    from optirace.output.sinks import Written
    from optirace.racing.engine import Result
    from optirace.racing.sweeps import Sweep
    from optirace.surfaces import Point, View
    from optirace.text.sweep_table import Ranges
    from optirace.text.tables import Table


def race(
    *,
    # The options of race, written by `make fix`.
    surface: str = "bowl",
    view: View | None = None,
    minimum: Point | None = None,
    lr: float | None = None,
    beta: float | None = None,
    beta1: float | None = None,
    beta2: float | None = None,
    eps: float | None = None,
    steps: int = 200,
    start: Point | None = None,
    tol: float = 0.001,
    optimizers: Sequence[str] = (),
    convention: str = "lecture",
    lr_schedule: str | None = None,
    noise: float = 0.0,
    seed: int = 0,
    tune: bool | str | Sequence[str] = (),
    plugins: Sequence[str | os.PathLike[str]] = (),
    # So far.
) -> Result:
    """Run a race on a surface, by default on theta1^2 + 10*theta2^2.

    The values are those of the command line, as numbers or as the words that one types there. Its films carry them, so that
    `optirace inspect --rerun` can make them anew. Raises InvalidValueError for values out of range.

    Args:
        surface: Loss surface: a name (see `optirace list surfaces`) or a formula in x and y.
        view: Region to show. By default the surface's.
        minimum: Position of the global minimum. By default the surface's.
        lr: Learning rate for every racer that does not set its own. By default the surface's, or 0.1.
        beta: Decay rate beta of the running average, for every optimizer that has one. By default 0.9.
        beta1: Decay rate beta1 (gradient average in Adam), for every optimizer that has one. By default 0.9.
        beta2: Decay rate beta2 (squared-gradient average in Adam), for every optimizer that has one. By default 0.999.
        eps: Term eps added to the denominator, for every optimizer that has one. By default 1e-8.
        steps: Number of optimizer steps.
        start: Starting point of every racer. By default the surface's.
        tol: A racer has converged once its loss stays within this distance of the minimum.
        optimizers: Enter a racer, optionally with its own settings: adam:lr=0.3,label=fast. By default the four.
        convention: Whose formulas and defaults to use: lecture, torch, keras or optax.
        lr_schedule: Learning rate schedule, such as step:50:0.5, cosine, exponential:0.99, warmup:20:cosine (two full
            steps: 20, the last of the rise, and 21, the first of the cosine). By default constant.
        noise: Standard deviation of the Gaussian noise added to each gradient component.
        seed: Random seed of the noise. At each step all racers get the same draw.
        tune: Give each racer the best of 16 learning rates, with `tune` lr,beta its best beta too, if it sets none. By
            default none.
        plugins: Python file that defines optimizers or surfaces. The file is executed. By default none.

    >>> race(optimizers=["sgd"], steps=1).trajectories[0].points[1].tolist()
    [-4.0, -3.0]

    """
    asked = option.read((RaceOptions,), locals(), by_name=True)
    return replace(engine.run(race_options.race(asked.of(RaceOptions))), asked=asked)


def table(result: Result | Sweep, every: int | None = None) -> Table | Ranges:
    """Return the standings of a race, or where the racers of a sweep work, as a table that prints itself.

    With `every` N, a race's table has a row for each racer and N-th step instead. Raises InvalidValueError for `every` below 1
    or with a sweep.
    """
    if isinstance(result, engine.Result):
        return tables.table(result, every)
    from optirace.text import sweep_table  # noqa: PLC0415 - a race alone needs none of it

    if every is not None:
        raise InvalidValueError("every", "a sweep keeps no steps", value=every, hint="leave it out")
    return sweep_table.Ranges(result)


def render(
    result: Result,
    *paths: str | os.PathLike[str],
    # The options of render, written by `make fix`.
    format: str | None = None,  # noqa: A002 - the word of the command line
    codec: str | None = None,
    chroma: int = 420,
    animate: bool = False,
    loop: int = 0,
    max_size: int | str | None = None,
    poster: bool = False,
    captions: bool = False,
    alt: bool = False,
    speed: float = 2.0,
    duration: float | None = None,
    fps: float | Fraction = 30,
    size: tuple[int, int] | None = None,
    quality: str | None = None,
    theme: str = "light",
    hold: tuple[float, float] = (1.0, 1.5),
    title: str = "Optimization in action",
    arrows: bool | None = None,
    at: int | None = None,
    strip: Sequence[int] = (),
    notes: Sequence[Note | str] = (),
    # So far.
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Written, ...]:
    """Put a race on film, in one pass, as every file named; the suffix chooses the format.

    That is .mp4, .gif, .webm, .webp or .apng, or for a still .png, .svg or .pdf. A name that ends with a slash becomes a
    folder of PNGs; "-" is standard output, and `format` says what goes there: "gif". Every file records the race, the options
    given here and the versions that decide its bytes.

    Args:
        result: The race.
        *paths: The files to make.
        progress: Is told (frames done, frames in all), from 1 again for a GIF that is made again.
        format: Format of standard output (-o -), such as gif.
        codec: Video codec: h264 or av1 in .mp4, vp9 or av1 in .webm. By default h264, vp9 in .webm.
        chroma: Chroma subsampling of videos: 420 plays most widely; 444 keeps thin lines crisp, but many players refuse it.
        animate: Write .png files as animated PNGs.
        loop: Number of times a .gif, .webp or .apng plays; 0 loops forever.
        max_size: Largest size of a GIF, such as 10MB or 512kB: lowers its frame rate, then size, then colours, until it
            fits. By default any.
        poster: Also write a poster, a .png still, next to every film.
        captions: Write captions of the race to a WebVTT file next to the film (race.vtt).
        alt: Write alt text next to the file: race.alt.txt for a film, race.still.alt.txt for a still.
        speed: Playback speed: 1 shows ten steps per second.
        duration: Length of the race in the film, in seconds; replaces `speed`. `hold` comes on top.
        fps: Frame rate in frames per second, such as 30 or 30000/1001.
        size: Width and height in pixels: even numbers from 240 to 4096. By default 1280x720.
        quality: Size by name: 480p, 720p, 1080p or 4k. Replaces `size`.
        theme: Colour theme: light or dark.
        hold: Seconds to hold the last frame, or the first and the last frame.
        title: Title of the film.
        arrows: Draw velocity arrows for every racer that has a first moment, or for none. By default Momentum's.
        at: Step to show in stills. By default the end.
        strip: Show these steps side by side in stills. By default none.
        notes: Pause the film at a step and show a note.

    Either all files are complete and in place, or none has changed. Any thread may call it, and several at once: the files are
    those made alone. Raises InvalidValueError for values out of range, OutputError when a file cannot be made; warns with
    MissingCharacterWarning of characters that no font here has, for which boxes are drawn.

    """
    asked = option.read((FileOptions, PictureOptions), locals(), by_name=True)
    from optirace.drawing.raster import missing  # noqa: PLC0415 - as below
    from optirace.options import record  # noqa: PLC0415 - fonts and encoders are loaded by who films
    from optirace.output import film, outputs, provenance, sidecars  # noqa: PLC0415 - likewise

    file, picture = asked.of(FileOptions), asked.of(PictureOptions)
    wanted = outputs.resolve(paths, file.choices())
    if file.poster:
        wanted = (*wanted, *outputs.posters(wanted))
    script = outputs.Script(
        style=picture.style(),
        schedule=picture.schedule(result.race.steps),
        at=picture.at,
        strip=picture.strip,
        loop=file.loop,
        max_size=file.limit(),
    )
    outputs.check(wanted, script, last=result.race.steps)
    texts = sidecars.texts(wanted, captions=file.captions, alt=file.alt)
    if result.asked is None:
        origin = provenance.Origin(settings=provenance.settings(result, asked.record()))
    else:
        origin = record.origin("render", asked.beside(result.asked))
    if lacking := missing.told(result.race, picture.title, script.schedule.notes):
        warnings.warn(lacking, MissingCharacterWarning, stacklevel=2)
    return film.render(result, wanted, script, texts=texts, origin=origin, progress=progress)


def sweep(
    result: Result,
    *,
    lr: Sequence[float],
    beta: Sequence[float] | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Run every racer of a race with every learning rate, and where its rule has one with every beta (or mu); both ascend.

    `jobs` processes share the work, by default one for a small grid and else as many as there are cores. `progress` is told
    (runs done, runs in all). `table` prints it. Raises InvalidValueError for values out of range.

    >>> found = sweep(race(optimizers=["sgd"]), lr=[0.05, 0.2])
    >>> found.range(found.swept[0]).fastest, found.range(found.swept[0]).diverges
    (0.05, 0.2)
    """
    from optirace.racing import sweeps  # noqa: PLC0415 - a race alone needs none of it

    return sweeps.run(result.race, lr=lr, beta=beta, jobs=jobs, progress=progress)


def explain(result: Result) -> str:
    """Explain the rule of a race's first racer on the race's surface: lines of text, each with its newline.

    >>> print(explain(race(optimizers=["adam:lr=0.3"])).splitlines()[0])
    Adam (adam)
    """
    from optirace.text import explanation  # noqa: PLC0415 - the words, for who asks

    return explanation.explain(result.race)


def list(kind: str, plugins: Sequence[str | os.PathLike[str]] = ()) -> Listing:  # noqa: A001 - the word of the command
    """List the surfaces, optimizers, conventions, themes or formats there are, with installed plug-ins and those of files.

    >>> [entry["name"] for entry in list("themes").entries]
    ['light', 'dark']
    """
    from optirace import catalogue  # noqa: PLC0415 - a race alone needs none of it

    return catalogue.listing(kind, plug_ins.collected(map(Path, plugins)))


def snippet(path: str | os.PathLike[str], target: str = "html", alt: str | None = None) -> str:
    """Return what to paste to show a file on a page or a slide, as `optirace snippet` prints it (see `snippets.snippet`)."""
    from optirace.output import embed  # noqa: PLC0415 - a race alone is pasted nowhere

    return embed.snippet(Path(path), target, alt)
