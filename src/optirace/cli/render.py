"""`optirace render`: the race on film."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from optirace.cli import made, scene, terminal
from optirace.errors import InvalidValueError
from optirace.options.film import FileOptions, OutputOptions, PictureOptions
from optirace.options.race import RaceOptions, SceneOptions, race
from optirace.output import outputs, sidecars
from optirace.racing import engine
from optirace.text import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from optirace.output.files.target import PathLike
    from optirace.output.outputs import Output
    from optirace.output.provenance import Origin
    from optirace.output.sidecars import Beside
    from optirace.output.sinks import Written
    from optirace.settings.option import Asked

GROUPS = (SceneOptions, FileOptions, PictureOptions, RaceOptions, OutputOptions)


class _Plan(NamedTuple):
    """What is to be made."""

    race: engine.Race
    wanted: "Sequence[Output]"
    script: outputs.Script
    texts: "Sequence[Beside]"
    check: "Callable[[], None] | None"
    """Refuses to write over what optirace has not made at names that nobody typed."""

    @property
    def files(self) -> "list[Output]":
        """Return what does not go to standard output."""
        return [each for each in self.wanted if not each.is_piped]

    @property
    def names(self) -> "list[PathLike]":
        """Return the names of all files, those of the texts last."""
        return [*(each.path for each in self.files), *(text.path for text in self.texts)]


def render(asked: "Asked") -> None:
    """Render the race to files and print the standings."""
    output = asked.of(OutputOptions)
    plan = _planned(asked, output)
    if not (output.quiet or output.check):
        scene.tell_idle(asked, plan.race, plan.wanted)
        _tell_missing(plan.race, plan.script)
    if output.dry_run:
        planned = made.planned(plan.wanted, plan.script, plan.texts)
        terminal.say(made.object_of(planned) if output.as_json else made.plan(planned))
        return
    result = engine.run(plan.race)
    with (
        terminal.stoppable(plan.names),
        terminal.progress_of(plan.names, is_quiet=output.quiet or output.check) as progress,
    ):
        from optirace.options import record  # only a film is told how it was made
        from optirace.output import film  # the fonts, and all that paints

        origin = record.origin("render", asked)
        if output.check:
            raise typer.Exit(_checked(plan, result, origin, output))
        written = film.render(
            result,
            plan.wanted,
            plan.script,
            texts=plan.texts,
            origin=origin,
            progress=progress,
            check=plan.check,
        )
    _tell(plan, result, written, output)


def _planned(asked: "Asked", output: OutputOptions) -> _Plan:
    """Read what is asked for, and refuse what could only fail later."""
    file, picture = asked.of(FileOptions), asked.of(PictureOptions)
    named = outputs.resolve(file.output, file.choices())
    wanted = (*named, *(outputs.posters(named) if file.poster else ()))
    check = None if file.force or output.check else _untyped(asked, wanted)
    if check is not None:
        check()
    raced = race(asked.of(RaceOptions), may_import=asked.may_import)
    script = outputs.Script(
        style=picture.style(),
        schedule=picture.schedule(raced.steps),
        at=picture.at,
        strip=()
        if asked.is_again and not _has_still(wanted)
        else picture.strip,  # the strip was another file
        loop=file.loop,
        max_size=file.limit(),
    )
    outputs.check(wanted, script, last=raced.steps, is_written=not output.check)
    files = [each for each in wanted if not each.is_piped]
    _check_uses(output, is_piped=len(files) < len(wanted))
    _check_shown(output, files)
    texts = sidecars.texts(
        wanted, captions=file.captions, alt=file.alt, is_written=not output.check
    )
    return _Plan(raced, wanted, script, texts, check)


def _checked(plan: _Plan, result: engine.Result, origin: "Origin", output: OutputOptions) -> int:
    """Compare the files with those that would be made, and return the exit status."""
    from optirace.cli.check import checked  # who checks makes no film
    from optirace.output import film  # as above

    def elsewhere(places: "Sequence[PathLike]") -> None:
        count = len(plan.files)
        moved = [each.at(place) for each, place in zip(plan.files, places[:count], strict=True)]
        beside = [
            replace(text, path=Path(place))
            for text, place in zip(plan.texts, places[count:], strict=True)
        ]
        film.render(result, moved, plan.script, texts=beside, origin=origin)

    return checked(plan.names, elsewhere, is_quiet=output.quiet, as_json=output.as_json)


def _tell(
    plan: _Plan, result: engine.Result, written: "Sequence[Written]", output: OutputOptions
) -> None:
    """Say what was made, show it, and print the standings."""
    if not output.quiet:
        made.tell(written, plan.script.schedule, plan.script.loop)
    if output.shown:
        made.show(plan.files)
    if output.as_json:
        terminal.say(made.object_of(made.written(written), tables.table(result)))
    elif not output.quiet and len(plan.files) == len(plan.wanted):
        terminal.say(terminal.drawn(tables.table(result), more="optirace table --wide"))


def _tell_missing(race: engine.Race, script: outputs.Script) -> None:
    """Say which characters no font here has; words in ASCII alone need no font to know."""
    title, notes = script.style.title, script.schedule.notes
    words = (
        title,
        race.surface.formula,
        *(racer.label for racer in race.racers),
        *(note.text for note in notes),
    )
    if not all(map(str.isascii, words)):
        from optirace.drawing.raster import missing  # the fonts

        if lacking := missing.told(race, title, notes):
            terminal.note(f"optirace: {lacking}")


def _check_uses(output: OutputOptions, *, is_piped: bool) -> None:
    if output.as_json and is_piped and not output.dry_run:
        raise InvalidValueError(
            "--json and -o -",
            "use one or the other",
            hint="both write to standard output",
            about=("json",),
        )
    if output.check and is_piped:
        raise InvalidValueError(
            "--check and -o -",
            "use one or the other",
            hint="there is no file to compare",
            about=("check",),
        )
    if output.check and output.dry_run:
        raise InvalidValueError(
            "--check and --dry-run",
            "use one or the other",
            hint="--check writes nothing either",
            about=("check", "dry-run"),
        )


def _check_shown(output: OutputOptions, files: "Sequence[Output]") -> None:
    if output.shown and (output.check or output.dry_run or not files):
        other = "--check" if output.check else "--dry-run" if output.dry_run else "-o -"
        raise InvalidValueError(
            f"--open and {other}",
            "use one or the other",
            hint="no file is written that could be shown",
            about=("open",),
        )


def _untyped(asked: "Asked", wanted: "Sequence[Output]") -> "Callable[[], None] | None":
    """Return what refuses to write over what optirace has not made at names that nobody typed, if
    there are such.

    They are a scene's, and those that go with them. It is called before the work, and again before
    anything is replaced.
    """
    file, used = asked.of(FileOptions), asked.from_file
    named = len(file.output)
    untyped = [
        *(wanted[:named] if "output" in used else ()),
        *(wanted[named:] if "output" in used or "poster" in used else ()),
    ]
    captions = file.captions and ("output" in used or "captions" in used)
    alt = file.alt and ("output" in used or "alt" in used)
    if not (untyped or captions or alt):
        return None
    from optirace.output import ours  # readers of every format, for who has a scene

    texts = [
        text.path for text in sidecars.texts(wanted, captions=captions, alt=alt, is_written=False)
    ]
    return partial(
        ours.check,
        [each.path for each in untyped if not each.is_piped],
        texts,
        [each.path for each in wanted],
    )


def _has_still(wanted: "Sequence[Output]") -> bool:
    return any(each.format.is_still for each in wanted)
