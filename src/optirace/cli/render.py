"""`optirace render`: the race on film."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optirace.cli import made, options, scene, terminal
from optirace.errors import InvalidValueError
from optirace.look import themes, timeline
from optirace.output import posters, sidecars, sinks, size_limit
from optirace.output.choices import Choices
from optirace.output.files.folder import as_named
from optirace.racing import engine
from optirace.settings import specs
from optirace.text import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optirace.look.timeline import Schedule
    from optirace.output.files.target import PathLike


@options.of_race
def render(
    typed: options.Typed,
    *,
    context: typer.Context,
    output: Annotated[
        list[str] | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="File to write; the suffix sets the format: .mp4 .webm .gif .webp .apng .png .svg .pdf,"
            " or frames/ for a folder of PNGs. Repeatable.",
        ),
    ] = None,
    speed: Annotated[str, typer.Option(metavar="NUMBER", help="Playback speed: 1 shows ten steps per second.")] = "2",
    duration: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS", help="Length of the race in the film, in seconds; replaces --speed. --hold comes on top."
        ),
    ] = None,
    fps: Annotated[
        str, typer.Option(metavar="NUMBER", help="Frame rate in frames per second, such as 30 or 30000/1001.")
    ] = "30",
    size: Annotated[
        str | None,
        typer.Option(metavar="WxH", help="Width and height in pixels: even numbers from 240 to 4096.", show_default="1280x720"),
    ] = None,
    quality: Annotated[
        str | None,
        typer.Option("-q", "--quality", metavar="NAME", help="Size by name: 480p, 720p, 1080p or 4k. Replaces --size."),
    ] = None,
    theme: Annotated[str, typer.Option(metavar="NAME", help="light or dark.")] = "light",
    hold: Annotated[
        str, typer.Option(metavar="[START,]END", help="Seconds to hold the last frame, or the first and the last frame.")
    ] = "1,1.5",
    title: Annotated[str, typer.Option(metavar="TEXT", help="Title of the film.")] = themes.TITLE,
    loop: Annotated[
        str, typer.Option(metavar="COUNT", help="Number of times a .gif, .webp or .apng plays; 0 loops forever.")
    ] = "0",
    arrows: Annotated[
        bool | None,
        typer.Option(
            "--arrows/--no-arrows",
            help="Draw velocity arrows for every racer that has a first moment, or for none.",
            show_default="Momentum's",
        ),
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="STEP", help="Step to show in stills.", show_default="the end")] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Video codec: h264 or av1 in .mp4, vp9 or av1 in .webm.", show_default="h264, vp9 in .webm"
        ),
    ] = None,
    chroma: Annotated[
        str,
        typer.Option(
            metavar="NUMBER",
            help="Chroma subsampling of videos: 420 plays most widely; 444 keeps thin lines crisp, but many players refuse it.",
        ),
    ] = "420",
    animate: Annotated[bool, typer.Option("--animate", help="Write .png files as animated PNGs.")] = False,
    piped: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="Format of standard output (-o -), such as gif.")
    ] = None,
    strip: Annotated[
        str | None,
        typer.Option(metavar="STEP,STEP...", help="Show these steps side by side in stills.", show_default="none"),
    ] = None,
    poster: Annotated[bool, typer.Option("--poster", help="Also write a poster, a .png still, next to every film.")] = False,
    max_size: Annotated[
        str | None,
        typer.Option(
            "--max-size",
            metavar="SIZE",
            help="Largest size of a GIF, such as 10MB or 512kB: lowers its frame rate, then size, then colours, until it fits.",
            show_default="any",
        ),
    ] = None,
    notes: Annotated[
        list[str] | None,
        typer.Option("--note", metavar="STEP[,SECONDS]:TEXT", help="Pause the film at a step and show a note. Repeatable."),
    ] = None,
    captions: Annotated[
        bool, typer.Option("--captions", help="Write captions of the race to a WebVTT file next to the film (race.vtt).")
    ] = False,
    alt: Annotated[
        bool,
        typer.Option("--alt", help="Write alt text next to the file: race.alt.txt for a film, race.still.alt.txt for a still."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be written, and write nothing.")] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Compare the existing files with a fresh render. Exit with 4 and the reason if they differ. Write nothing.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that a scene names and that optirace has not made.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the files and the table as one JSON object; with --dry-run, the plan.")
    ] = False,
    shown: Annotated[bool, typer.Option("--open", help="Show the first file in the system's viewer.")] = False,
) -> None:
    """Render the race to files and print the standings."""
    choices = Choices(codec=codec, chroma=specs.whole("--chroma", chroma), animate=animate, format=piped)
    paths = _named(output or (), choices, has_poster=poster)
    check_untyped = None if force or check else _untyped(context, paths, choices)
    if check_untyped is not None:
        check_untyped()
    race = typed.race()
    if theme not in themes.THEMES:
        raise specs.unknown("--theme", theme, themes.THEMES)
    width, height = options.size_of(size, quality)
    look = themes.Style(width=width, height=height, theme=themes.THEMES[theme], title=title, arrows=arrows)
    times = themes.checked_loop("--loop", specs.whole("--loop", loop))
    schedule = timeline.schedule(
        race.steps,
        speed=specs.number("--speed", speed),
        duration=None if duration is None else specs.number("--duration", duration),
        fps=specs.rate("--fps", fps),
        hold=specs.hold("--hold", hold),
        notes=list(map(specs.note, notes or ())),
    )
    step = None if at is None else specs.whole("--at", at)
    limit = None if max_size is None else size_limit.size("--max-size", max_size)
    panels = [] if strip is None else _panels(strip, paths, choices, is_again=scene.AGAIN in context.meta)
    posters.check_strip(panels, paths, at=step, last=race.steps, choices=choices)
    sinks.check_targets(paths, fps=schedule.fps, at=step, steps=race.steps, choices=choices, is_written=not check)
    files = [path for path in paths if os.fspath(path) != "-"]
    _check_uses(is_piped=len(files) < len(paths), check=check, dry_run=dry_run, as_json=as_json)
    _check_shown(files, shown=shown, check=check, dry_run=dry_run)
    texts = sidecars.texts(paths, captions=captions, alt=alt, choices=choices, is_written=not check)
    _tell_missing(race, title, schedule, is_quiet=quiet)
    if dry_run:
        planned = made.planned(paths, schedule, look, choices, texts)
        terminal.say(made.object_of(planned) if as_json else made.plan(planned))
        return
    result = engine.run(race)
    named = [*files, *(text.path for text in texts)]
    with terminal.stoppable(named), terminal.progress_of(named, is_quiet=quiet or check) as progress:
        from optirace.cli import rerun  # noqa: PLC0415 - only a film is told how it was made
        from optirace.output import film  # noqa: PLC0415 - the fonts, and all that paints

        make = partial(
            film.render,
            result,
            style=look,
            schedule=schedule,
            at=step,
            loop=times,
            strip=panels,
            max_size=limit,
            choices=choices,
            origin=rerun.origin(context),
        )
        if check:
            from optirace.cli.check import checked  # noqa: PLC0415 - who checks makes no film

            def elsewhere(places: "Sequence[PathLike]") -> None:
                moved = [replace(text, path=Path(place)) for text, place in zip(texts, places[len(files) :], strict=True)]
                make(places[: len(files)], texts=moved)

            raise typer.Exit(checked(named, elsewhere, is_quiet=quiet, as_json=as_json))
        written = make(paths, texts=texts, progress=progress, check=check_untyped)
    if not quiet:
        made.tell(written, schedule, times)
    if shown:
        made.show(files)
    if as_json:
        terminal.say(made.object_of(made.written(written), tables.table(result)))
    elif not quiet and len(files) == len(paths):
        terminal.say(terminal.drawn(tables.table(result), more="optirace table --wide"))


def _tell_missing(race: engine.Race, title: str, schedule: "Schedule", *, is_quiet: bool) -> None:
    """Say which characters no font here has; words in ASCII alone need no font to know."""
    words = (title, race.surface.formula, *(racer.label for racer in race.racers), *(note.text for note in schedule.notes))
    if not is_quiet and not all(map(str.isascii, words)):
        from optirace.drawing.raster import missing  # noqa: PLC0415 - the fonts

        if lacking := missing.told(race, title, schedule.notes):
            terminal.note(f"optirace: {lacking}")


def _check_uses(*, is_piped: bool, check: bool, dry_run: bool, as_json: bool) -> None:
    if as_json and is_piped and not dry_run:
        raise InvalidValueError("--json and -o -: give one of them, both go to standard output")
    if check and is_piped:
        raise InvalidValueError("--check and -o -: give one of them, what was sent on is not here to be compared")
    if check and dry_run:
        raise InvalidValueError("--check and --dry-run: give one of them, a check makes nothing either")


def _check_shown(files: "Sequence[PathLike]", *, shown: bool, check: bool, dry_run: bool) -> None:
    if shown and (check or dry_run or not files):
        other = "--check" if check else "--dry-run" if dry_run else "-o -"
        raise InvalidValueError(f"--open and {other}: use one or the other; no file is written that could be shown")


def _named(output: "Sequence[str]", choices: "Choices", *, has_poster: bool) -> "list[PathLike]":
    """Return the names to write to: those that were typed, and their posters."""
    if "" in output:
        raise InvalidValueError("output '': no file name; give one such as -o race.mp4")
    paths = list(map(as_named, output))
    return [*paths, *(posters.of(paths, choices) if has_poster else [])]


def _untyped(context: typer.Context, paths: "Sequence[PathLike]", choices: "Choices") -> "Callable[[], None] | None":
    """Return what refuses to write over what optirace has not made at names that nobody typed, if there are such.

    They are a scene's, and those that go with them. It is called before the work, and again before anything is replaced.
    """
    used, asked = context.meta.get(scene.USED, ()), context.params
    named = len(asked["output"] or ())
    untyped = [
        *(paths[:named] if "output" in used else ()),
        *(paths[named:] if "output" in used or "poster" in used else ()),
    ]
    kinds = {kind: asked[kind] and ("output" in used or kind in used) for kind in ("captions", "alt")}
    if not untyped and not any(kinds.values()):
        return None
    from optirace.output import ours  # noqa: PLC0415 - readers of every format, for who has a scene

    texts = sidecars.texts(paths, captions=kinds["captions"], alt=kinds["alt"], choices=choices, is_written=False)
    return partial(ours.check, [path for path in untyped if os.fspath(path) != "-"], [text.path for text in texts], paths)


def _panels(strip: str, paths: "Sequence[PathLike]", choices: "Choices", *, is_again: bool) -> list[int]:
    """Return the steps of a strip; none where a film is made anew, for the strip was another file."""
    steps = [specs.whole("--strip", each.strip()) for each in strip.split(",")]
    return steps if not is_again or any(sinks.format_of(path, choices).is_still for path in paths) else []
