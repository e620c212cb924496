"""What the commands do, for Python: the same words, the same values."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optirace.errors import InvalidValueError, MissingCharacterWarning, unknown
from optirace.options import objects
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
    from optirace.diagnostics import Check
    from optirace.look.timeline import Note
    from optirace.output.compare import Difference
    from optirace.output.sinks import Written
    from optirace.racing.engine import Race, Result
    from optirace.racing.sweeps import Sweep
    from optirace.settings.option import Asked
    from optirace.surfaces import Point, Surface, View
    from optirace.text.sweep_table import Ranges
    from optirace.text.tables import Table


def race(
    *,
    # The options of race, written by `make fix`.
    surface: str | Surface | Callable[[Any, Any], Any] = "bowl",
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
    optimizers: Sequence[str | Any] = (),
    convention: str = "lecture",
    lr_schedule: str | None = None,
    noise: float = 0.0,
    seed: int = 0,
    tune: bool | str | Sequence[str] = (),
    plugins: Sequence[str | os.PathLike[str]] = (),
    # So far.
    gradient: Callable[[Any, Any], Any] | None = None,
) -> Result:
    """Run a race on a surface, by default on theta1^2 + 10*theta2^2.

    The values are those of the command line, as numbers or as the words that one types there. Its
    films carry them, so that `optirace inspect --rerun` can make them anew. Raises
    InvalidValueError for values out of range.

    Objects do as well: `surface` may be a function of x and y made of operators, NumPy's functions
    and np.where, which is differentiated exactly, or a `Surface`; `optimizers` may be
    `optirace.Adam(lr=0.3)` or objects of a class of yours.

    Args:
        gradient: Returns the two partial derivatives of a function that is the surface, for what no
            formula says. Both take and return float64 arrays of any shape.
        surface: Loss surface: a name (see `optirace list surfaces`) or a formula in x and y.
        view: Region to show. By default the surface's.
        minimum: Position of the global minimum. By default the surface's.
        lr: Learning rate for every racer that does not set its own. By default the surface's, or
            0.1.
        beta: Decay rate beta of the running average, for every optimizer that has one. By default
            0.9.
        beta1: Decay rate beta1 (gradient average in Adam), for every optimizer that has one. By
            default 0.9.
        beta2: Decay rate beta2 (squared-gradient average in Adam), for every optimizer that has
            one. By default 0.999.
        eps: Term eps added to the denominator, for every optimizer that has one. By default 1e-8.
        steps: Number of optimizer steps.
        start: Starting point of every racer. By default the surface's.
        tol: A racer has converged once its loss stays within this distance of the minimum.
        optimizers: Enter a racer, optionally with its own settings: adam:lr=0.3,label=fast. By
            default the four.
        convention: Whose formulas and defaults to use: lecture, torch, keras or optax.
        lr_schedule: Learning rate schedule, such as step:50:0.5, cosine, exponential:0.99,
            warmup:20:cosine (two full steps: 20, the last of the rise, and 21, the first of the
            cosine). By default constant.
        noise: Standard deviation of the Gaussian noise added to each gradient component.
        seed: Random seed of the noise. At each step all racers get the same draw.
        tune: Give each racer the best of 16 learning rates, with `tune` lr,beta its best beta too,
            if it sets none. By default none.
        plugins: Python file that defines optimizers or surfaces. The file is executed. By default
            none.

    >>> race(optimizers=["sgd"], steps=1).trajectories[0].points[1].tolist()
    [-4.0, -3.0]

    """
    asked, wanted = _read(locals())
    return replace(engine.run(wanted), asked=asked)


def _read(given: dict[str, Any]) -> tuple[Asked | None, Race]:
    """Return the race of some options, and what words ask for it, if words do."""
    told = dict(given)
    told["surface"], known = objects.surface(
        told.get("surface", "bowl"), told.pop("gradient", None), plug_ins.SHIPPED
    )
    if not isinstance(told.get("optimizers", ()), str):
        told["optimizers"], known = objects.optimizers(told.get("optimizers", ()), known)
    asked = option.read((RaceOptions,), told, by_name=True)
    return asked if known is plug_ins.SHIPPED else None, race_options.race(
        asked.of(RaceOptions), known=known
    )


def _named(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Return the name of a file, and refuse what is none."""
    if not hasattr(path, "__fspath__") and not isinstance(path, str):
        raise InvalidValueError("path", "must be the name of a file", shown=objects.shown(path))
    return path


def _numbers(name: str, values: Any) -> Sequence[float]:
    """Return the values of an axis of a sweep, which `sweeps.run` looks at further."""
    try:
        return [float(value) for value in values]
    except (TypeError, ValueError):
        raise InvalidValueError(
            name, "must be numbers that ascend", shown=objects.shown(values)
        ) from None


def _checked(result: Any, *kinds: str) -> Any:
    """Return what another function returned, and refuse what it did not; its class is not loaded to
    be asked for.
    """
    if type(result).__name__ not in kinds:
        makers = {"Result": "optirace.race", "Sweep": "optirace.sweep"}
        wanted = f"must be what {' or '.join(makers[kind] for kind in kinds)} returns"
        raise InvalidValueError("result", wanted, shown=objects.shown(result))
    return result


def table(result: Result | Sweep, every: int | None = None) -> Table | Ranges:
    """Return the standings of a race, or where the racers of a sweep work, as a table that prints
    itself.

    With `every` N, a race's table has a row for each racer and N-th step instead. Raises
    InvalidValueError for `every` below 1 or with a sweep.
    """
    _checked(result, "Result", "Sweep")
    if every is not None and type(every) is not int:
        raise InvalidValueError(
            "every", "must be a whole number such as 50", shown=objects.shown(every)
        )
    if isinstance(result, engine.Result):
        return tables.table(result, every)
    from optirace.text import sweep_table  # a race alone needs none of it

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

    That is .mp4, .gif, .webm, .webp or .apng, or for a still .png, .svg or .pdf. A name that ends
    with a slash becomes a folder of PNGs; "-" is standard output, and `format` says what goes
    there: "gif". Every file records the race, the options given here and the versions that decide
    its bytes.

    Args:
        result: The race.
        *paths: The files to make.
        progress: Is told (frames done, frames in all), from 1 again for a GIF that is made again.
        format: Format of standard output (-o -), such as gif.
        codec: Video codec: h264 or av1 in .mp4, vp9 or av1 in .webm. By default h264, vp9 in .webm.
        chroma: Chroma subsampling of videos: 420 plays most widely; 444 keeps thin lines crisp, but
            many players refuse it.
        animate: Write .png files as animated PNGs.
        loop: Number of times a .gif, .webp or .apng plays; 0 loops forever.
        max_size: Largest size of a GIF, such as 10MB or 512kB: lowers its frame rate, then size,
            then colours, until it fits. By default any.
        poster: Also write a poster, a .png still, next to every film.
        captions: Write captions of the race to a WebVTT file next to the film (race.vtt).
        alt: Write alt text next to the file: race.alt.txt for a film, race.still.alt.txt for a
            still.
        speed: Playback speed: 1 shows ten steps per second.
        duration: Length of the race in the film, in seconds; replaces `speed`. `hold` comes on top.
        fps: Frame rate in frames per second, such as 30 or 30000/1001.
        size: Width and height in pixels: even numbers from 240 to 4096. By default 1280x720.
        quality: Size by name: 480p, 720p, 1080p or 4k. Replaces `size`.
        theme: Colour theme: light or dark.
        hold: Seconds to hold the last frame, or the first and the last frame.
        title: Title of the film.
        arrows: Draw velocity arrows for every racer that has a first moment, or for none. By
            default Momentum's.
        at: Step to show in stills. By default the end.
        strip: Show these steps side by side in stills. By default none.
        notes: Pause the film at a step and show a note.

    Either all files are complete and in place, or none has changed. Any thread may call it, and
    several at once: the files are those made alone. Raises InvalidValueError for values out of
    range, OutputError when a file cannot be made; warns with MissingCharacterWarning of characters
    that no font here has, for which boxes are drawn.

    """
    _checked(result, "Result")
    for path in paths:
        _named(path)
    asked = option.read((FileOptions, PictureOptions), locals(), by_name=True)
    from optirace.drawing.raster import missing  # as below
    from optirace.options import record  # fonts and encoders are loaded by who films
    from optirace.output import film, outputs, provenance, sidecars  # likewise

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
    """Run every racer of a race with every learning rate, and where its rule has one with every
    beta (or mu); both ascend.

    `jobs` processes share the work, by default one for a small grid and else as many as there are
    cores. `progress` is told (runs done, runs in all). `table` prints it. Raises InvalidValueError
    for values out of range.

    >>> found = sweep(race(optimizers=["sgd"]), lr=[0.05, 0.2])
    >>> found.range(found.swept[0]).fastest, found.range(found.swept[0]).diverges
    (0.05, 0.2)
    """
    from optirace.racing import sweeps  # a race alone needs none of it

    if jobs is not None and type(jobs) is not int:
        raise InvalidValueError(
            "jobs", "must be a whole number such as 4", shown=objects.shown(jobs)
        )
    race = _checked(result, "Result").race
    betas = None if beta is None else _numbers("beta", beta)
    return sweeps.run(race, lr=_numbers("lr", lr), beta=betas, jobs=jobs, progress=progress)


def explain(what: Result | str | Any, **options: Any) -> str:
    """Explain an optimizer on a surface: lines of text, each with its newline.

    Args:
        what: A racer, as words or an object, or a result, whose racers are explained on its
            surface.
        **options: Those of `race`, such as surface="rosenbrock" or convention="torch", where `what`
            is a racer.

    Raises InvalidValueError for options that `race` does not have, and for values out of range.

    >>> print(explain("adam:lr=0.3").splitlines()[0])
    Adam (adam)

    """
    from optirace.text import explanation  # the words, for who asks

    if isinstance(what, engine.Result):
        if options:
            raise InvalidValueError(
                ", ".join(options),
                "a result says its own",
                hint="leave it out, or name an optimizer",
            )
        return explanation.explain(what.race)
    names = [name for name in option.options(RaceOptions) if name != "optimizers"]
    for name in options.keys() - {*names, "gradient"}:
        raise unknown("option", name, names)
    return explanation.explain(_read({**options, "optimizers": [what]})[1])


def inspect(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a film, a still, a chart or a folder of frames says of itself; nothing is run.

    Args:
        path: A file that optirace has made.

    The keys are those of `optirace inspect --format json`: path, format, size [width, height],
    frames, fps, seconds, bytes, sha256, the command that makes it anew, plugins, scene, settings,
    numbers and versions; None for what it has not. Raises InvalidValueError for a file that is none
    of ours, OutputError for one that cannot be read.

    """
    from optirace.output import facts, provenance  # readers of every format, for who asks
    from optirace.output.read import contents  # likewise

    place = Path(_named(path))
    found = contents.read(place)
    return facts.of(place, found, provenance.read(found.note or "", str(place)))


def check(
    result: Result, *paths: str | os.PathLike[str], **options: Any
) -> tuple[Difference | None, ...]:
    """Compare files with those that `render` would make now, and write nothing.

    Args:
        result: The race.
        *paths: The files, as they were named to `render`.
        **options: Those of `render`.

    Returns for each file None where every byte is the same, else the gravest difference: its `kind`
    is missing, numbers, pixels, drawing or bytes, its `words` say more. Raises what `render`
    raises.

    """
    from optirace.output import compare  # players of every format, for who asks

    return tuple(
        compare.differences(
            [_named(path) for path in paths], lambda places: render(result, *places, **options)
        )
    )


def doctor() -> tuple[Check, ...]:
    """Look at Python, the packages, ffmpeg, the fonts, the folder and the terminal, as `optirace
    doctor` does.

    It takes about a second and changes nothing. Each check says its name, whether it is ok, what
    was found and what to do.
    """
    from optirace import diagnostics  # for who asks

    return diagnostics.checks()


def list(kind: str, plugins: Sequence[str | os.PathLike[str]] = ()) -> Listing:  # noqa: A001 - the word of the command
    """List the surfaces, optimizers, conventions, themes or formats there are, with installed
    plugins and those of files.

    >>> [entry["name"] for entry in list("themes").entries]
    ['light', 'dark']
    """
    from optirace import catalogue  # a race alone needs none of it

    return catalogue.listing(kind, plug_ins.collected(map(Path, plugins)))


def snippet(path: str | os.PathLike[str], target: str = "html", alt: str | None = None) -> str:
    """Return what to paste to show a file on a page or a slide, as `optirace snippet` prints it
    (see `snippets.snippet`).
    """
    from optirace.output import embed  # a race alone is pasted nowhere

    return embed.snippet(Path(_named(path)), target, alt)
