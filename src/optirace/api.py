"""What the commands do, for Python: the same words, the same values."""

from __future__ import annotations

import warnings
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optirace.errors import InvalidValueError, MissingCharacterWarning
from optirace.look import themes, timeline
from optirace.output import size_limit
from optirace.racing import engine
from optirace.settings import plugins as plug_ins
from optirace.settings import specs
from optirace.text import tables

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from optirace.catalogue import Listing
    from optirace.output.sinks import Written
    from optirace.racing.engine import Result
    from optirace.racing.sweeps import Sweep
    from optirace.surfaces import Point, View
    from optirace.text.sweep_table import Ranges
    from optirace.text.tables import Table


def race(
    *,
    surface: str = "bowl",
    view: View | None = None,
    minimum: Point | None = None,
    optimizers: Sequence[str] = (),
    lr: float | None = None,
    beta: float | None = None,
    beta1: float | None = None,
    beta2: float | None = None,
    eps: float | None = None,
    steps: int = 200,
    start: Point | None = None,
    tol: float = 1e-3,
    lr_schedule: str | None = None,
    noise: float = 0.0,
    seed: int = 0,
    convention: str = "lecture",
    tune: bool | str | Sequence[str] = False,
    plugins: Sequence[str | os.PathLike[str]] = (),
) -> Result:
    """Run a race on a surface, by default on theta1^2 + 10*theta2^2.

    `surface` is a name; `view` (x0, x1, y0, y1) is the part of the plane to look at, `minimum` where the loss is lowest,
    `start` where the racers start: by default the surface's own, as are the learning rates where it suggests some.
    `optimizers` are words as on the command line, `"momentum:beta=0.99,label=heavy"`; by default the four of the lecture.
    A value given here goes to every racer whose rule has it and does not set it itself. `tol` is how near to the minimum a
    loss must stay to have converged.

    `lr_schedule` changes the learning rates, `"cosine"` or `"warmup:20:step:50"` (see `lr_schedule.RateSchedule`). `noise`
    is the standard deviation of Gaussian noise on the gradient, the same draw of `seed` for every racer. `convention` is
    whose forms and defaults the rules have: lecture, torch, keras or optax. `tune` gives every racer the best of 16
    learning rates, and `"lr,beta"` or `["lr", "beta"]` its best beta too, except where its own are typed (see
    `tuning.tuned`). `plugins` are Python files with more rules and surfaces, which are executed. Raises InvalidValueError
    for values out of range.

    >>> race(optimizers=["sgd"], steps=1).trajectories[0].points[1].tolist()
    [-4.0, -3.0]
    """
    for name, words in (("optimizers", optimizers), ("plugins", plugins)):
        if isinstance(words, str):
            raise InvalidValueError(name, f"must be a list, such as [{words!r}]", value=words)
    given = {"lr": lr, "beta": beta, "beta1": beta1, "beta2": beta2, "eps": eps}
    shared = {name: value for name, value in given.items() if value is not None}
    registry = plug_ins.collected(map(Path, plugins))
    race = specs.race(
        surface=specs.surface(surface, view=view, minimum=minimum, registry=registry),
        texts=optimizers,
        start=start,
        steps=steps,
        tol=tol,
        noise=noise,
        seed=seed,
        shared=shared,
        schedule=lr_schedule,
        convention=convention,
        tune=tune,
        registry=registry,
    )
    return engine.run(race)


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
    speed: float = 2.0,
    duration: float | None = None,
    fps: float | Fraction = 30,
    size: tuple[int, int] = (1280, 720),
    theme: str = "light",
    hold: tuple[float, float] = (1.0, 1.5),
    title: str = themes.TITLE,
    loop: int = 0,
    arrows: bool | None = None,
    at: int | None = None,
    codec: str | None = None,
    chroma: int = 420,
    animate: bool = False,
    format: str | None = None,  # noqa: A002 - the word of the command line
    strip: Sequence[int] = (),
    poster: bool = False,
    max_size: str | int | None = None,
    notes: Sequence[str] = (),
    captions: bool = False,
    alt: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Written, ...]:
    """Put a race on film, in one pass, as every file named; the suffix chooses the format.

    That is .mp4, .gif, .webm, .webp or .apng, or for a still .png, .svg or .pdf. A name that ends with a slash becomes a
    folder of PNGs; "-" is standard output, and `format` says what goes there: "gif".

    `speed` 1 shows ten steps a second; `duration` fits the race into so many seconds instead; `hold` is the stillness at
    the start and at the end, in seconds. `size` is width and height in pixels, both even. `arrows` shows the velocity of
    all rules that have a first moment, of none, or (None) of those with a velocity. `at` is the step that stills show, by
    default the last; `strip` lets them show several steps side by side instead; `poster` adds a .png beside every film. A GIF
    larger than `max_size`, in bytes or in words (`"10MB"`), is made again at a lower frame rate, then size, then with fewer
    colours, until it fits. `notes` are words as on the command line: at step 34 of `"34:Momentum is ahead"` the film shows
    them and stands still for two seconds, or for as many as `"34,3:Momentum is ahead"` says. `captions` puts the beats of
    the race, as WebVTT, beside every film, `race.vtt` for `race.mp4`; `alt` puts what is shown, in a few sentences, in
    `race.alt.txt`, and of stills in `race.still.alt.txt`. `progress` is told (frames done, frames in all), from 1 again for
    a GIF that is made again. Every file records the race, the options given here and the versions that decide its bytes.

    `codec` is that of videos: h264, vp9 or av1, as far as the suffix takes it. `chroma` 444 gives every pixel of them a colour
    of its own, which not every player knows. With `animate`, a .png moves.

    Either all files are complete and in place, or none has changed. Any thread may call it, and several at once: the files are
    those made alone. Raises InvalidValueError for values out of range, OutputError when a file cannot be made; warns with
    MissingCharacterWarning of characters that no font here has, for which boxes are drawn.
    """
    from optirace.drawing.raster import missing  # noqa: PLC0415 - as below
    from optirace.output import film, outputs, provenance, sidecars  # noqa: PLC0415 - fonts and encoders are loaded by who films
    from optirace.output.choices import Choices  # noqa: PLC0415 - likewise

    themes.checked_loop("loop", loop)
    look = themes.Style(width=size[0], height=size[1], theme=themes.theme(theme), title=title, arrows=arrows)
    exact = fps if isinstance(fps, Fraction) else Fraction(fps).limit_denominator(1001)
    told = [*map(specs.note, notes)]
    schedule = timeline.schedule(result.race.steps, speed=speed, duration=duration, fps=exact, hold=hold, notes=told)
    limit = size_limit.size("max_size", max_size) if isinstance(max_size, str) else max_size
    if limit is not None:
        size_limit.checked("max_size", limit)
    asked: dict[str, Any] = {
        "speed": speed,
        "duration": duration,
        "fps": str(exact),
        "size": size,
        "theme": theme,
        "hold": hold,
    }
    asked |= {"title": title, "loop": loop, "arrows": arrows, "at": at, "notes": [*notes]}
    asked |= {"codec": codec, "chroma": chroma, "animate": animate, "strip": [*strip], "max_size": limit}
    origin = provenance.Origin(settings=provenance.settings(result, asked))
    wanted = outputs.resolve(paths, Choices(codec=codec, chroma=chroma, animate=animate, format=format))
    if poster:
        wanted = (*wanted, *outputs.posters(wanted))
    script = outputs.Script(style=look, schedule=schedule, at=at, strip=strip, loop=loop, max_size=limit)
    outputs.check(wanted, script, last=result.race.steps)
    texts = sidecars.texts(wanted, captions=captions, alt=alt)
    if lacking := missing.told(result.race, title, told):
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
