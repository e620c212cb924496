"""`optirace render`: the race on film."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from optirace.cli import made, terminal
from optirace.errors import InvalidValueError
from optirace.options.film import FileOptions, OutputOptions, PictureOptions
from optirace.options.race import RaceOptions, SceneOptions, race
from optirace.output import posters, sidecars, sinks
from optirace.output.files.folder import as_named
from optirace.racing import engine
from optirace.text import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optirace.look.timeline import Schedule
    from optirace.output.choices import Choices
    from optirace.output.files.target import PathLike
    from optirace.settings.option import Asked

GROUPS = (SceneOptions, FileOptions, PictureOptions, RaceOptions, OutputOptions)


def render(asked: "Asked") -> None:
    """Render the race to files and print the standings."""
    file, picture, output = asked.of(FileOptions), asked.of(PictureOptions), asked.of(OutputOptions)
    choices = file.choices()
    paths = _named(file.output, choices, has_poster=file.poster)
    check_untyped = None if file.force or output.check else _untyped(asked, paths, choices)
    if check_untyped is not None:
        check_untyped()
    raced = race(asked.of(RaceOptions), may_import=asked.may_import)
    look, schedule = picture.style(), picture.schedule(raced.steps)
    panels = [] if asked.is_again and not _has_still(paths, choices) else [*picture.strip]  # the strip was another file
    posters.check_strip(panels, paths, at=picture.at, last=raced.steps, choices=choices)
    sinks.check_targets(paths, fps=schedule.fps, at=picture.at, steps=raced.steps, choices=choices, is_written=not output.check)
    files = [path for path in paths if os.fspath(path) != "-"]
    _check_uses(output, is_piped=len(files) < len(paths))
    _check_shown(output, files)
    texts = sidecars.texts(paths, captions=file.captions, alt=file.alt, choices=choices, is_written=not output.check)
    _tell_missing(raced, picture.title, schedule, is_quiet=output.quiet)
    if output.dry_run:
        planned = made.planned(paths, schedule, look, choices, texts)
        terminal.say(made.object_of(planned) if output.as_json else made.plan(planned))
        return
    result = engine.run(raced)
    named = [*files, *(text.path for text in texts)]
    with terminal.stoppable(named), terminal.progress_of(named, is_quiet=output.quiet or output.check) as progress:
        from optirace.cli import rerun  # noqa: PLC0415 - only a film is told how it was made
        from optirace.output import film  # noqa: PLC0415 - the fonts, and all that paints

        make = partial(
            film.render,
            result,
            style=look,
            schedule=schedule,
            at=picture.at,
            loop=file.loop,
            strip=panels,
            max_size=file.limit(),
            choices=choices,
            origin=rerun.origin("render", asked),
        )
        if output.check:
            from optirace.cli.check import checked  # noqa: PLC0415 - who checks makes no film

            def elsewhere(places: "Sequence[PathLike]") -> None:
                moved = [replace(text, path=Path(place)) for text, place in zip(texts, places[len(files) :], strict=True)]
                make(places[: len(files)], texts=moved)

            raise typer.Exit(checked(named, elsewhere, is_quiet=output.quiet, as_json=output.as_json))
        written = make(paths, texts=texts, progress=progress, check=check_untyped)
    if not output.quiet:
        made.tell(written, schedule, file.loop)
    if output.shown:
        made.show(files)
    if output.as_json:
        terminal.say(made.object_of(made.written(written), tables.table(result)))
    elif not output.quiet and len(files) == len(paths):
        terminal.say(terminal.drawn(tables.table(result), more="optirace table --wide"))


def _tell_missing(race: engine.Race, title: str, schedule: "Schedule", *, is_quiet: bool) -> None:
    """Say which characters no font here has; words in ASCII alone need no font to know."""
    words = (title, race.surface.formula, *(racer.label for racer in race.racers), *(note.text for note in schedule.notes))
    if not is_quiet and not all(map(str.isascii, words)):
        from optirace.drawing.raster import missing  # noqa: PLC0415 - the fonts

        if lacking := missing.told(race, title, schedule.notes):
            terminal.note(f"optirace: {lacking}")


def _check_uses(output: OutputOptions, *, is_piped: bool) -> None:
    if output.as_json and is_piped and not output.dry_run:
        raise InvalidValueError("--json and -o -", "give one of them, both go to standard output", about=("json",))
    if output.check and is_piped:
        raise InvalidValueError(
            "--check and -o -", "give one of them, what was sent on is not here to be compared", about=("check",)
        )
    if output.check and output.dry_run:
        raise InvalidValueError(
            "--check and --dry-run", "give one of them, a check makes nothing either", about=("check", "dry-run")
        )


def _check_shown(output: OutputOptions, files: "Sequence[PathLike]") -> None:
    if output.shown and (output.check or output.dry_run or not files):
        other = "--check" if output.check else "--dry-run" if output.dry_run else "-o -"
        raise InvalidValueError(
            f"--open and {other}", "use one or the other", hint="no file is written that could be shown", about=("open",)
        )


def _named(output: "Sequence[str]", choices: "Choices", *, has_poster: bool) -> "list[PathLike]":
    """Return the names to write to: those that were typed, and their posters."""
    if "" in output:
        raise InvalidValueError("output", "no file name", value="", hint="give one such as -o race.mp4")
    paths = list(map(as_named, output))
    return [*paths, *(posters.of(paths, choices) if has_poster else [])]


def _untyped(asked: "Asked", paths: "Sequence[PathLike]", choices: "Choices") -> "Callable[[], None] | None":
    """Return what refuses to write over what optirace has not made at names that nobody typed, if there are such.

    They are a scene's, and those that go with them. It is called before the work, and again before anything is replaced.
    """
    file, used = asked.of(FileOptions), asked.from_file
    named = len(file.output)
    untyped = [
        *(paths[:named] if "output" in used else ()),
        *(paths[named:] if "output" in used or "poster" in used else ()),
    ]
    captions = file.captions and ("output" in used or "captions" in used)
    alt = file.alt and ("output" in used or "alt" in used)
    if not (untyped or captions or alt):
        return None
    from optirace.output import ours  # noqa: PLC0415 - readers of every format, for who has a scene

    texts = sidecars.texts(paths, captions=captions, alt=alt, choices=choices, is_written=False)
    return partial(ours.check, [path for path in untyped if os.fspath(path) != "-"], [text.path for text in texts], paths)


def _has_still(paths: "Sequence[PathLike]", choices: "Choices") -> bool:
    return any(sinks.format_of(path, choices).is_still for path in paths)
