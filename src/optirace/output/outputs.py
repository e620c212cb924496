"""Resolves where each file goes and as what, once; the rest of the work carries that."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from optirace.errors import InvalidValueError, chosen, nearest
from optirace.output.choices import Choices
from optirace.output.files import folder, stdout, target
from optirace.output.files.folder import SEQUENCE
from optirace.output.formats import DRAWING, FORMATS, Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from optirace.look.themes import Style
    from optirace.look.timeline import Schedule
    from optirace.output.files.target import PathLike


@dataclass(frozen=True, slots=True)
class Output:
    """A file that is asked for."""

    path: PathLike
    format: Format
    """With what the options make of it: the codec is its only one, a .png that moves is an APNG."""

    options: Choices

    @property
    def is_piped(self) -> bool:
        """Whether it goes to standard output."""
        return self.format.drafted is stdout.drafted

    def at(self, path: PathLike) -> Self:
        """Return the same at another place."""
        return replace(self, path=path)

    def check_place(self) -> None:
        """Say why no file can be made there; touches nothing.

        Raises InvalidValueError for a name that is wrong in itself, OutputError for a place that
        cannot be written to.
        """
        if self.is_piped:
            stdout.check_place()
        elif self.format.suffix == SEQUENCE:
            folder.check_place(self.path)
        else:
            target.check_place(self.path)

    def check_rate(self, fps: Fraction) -> None:
        """Refuse a frame rate that the format does not have."""
        kind = self.format
        if not kind.is_still and not 0 < fps <= kind.highest_fps:
            raise InvalidValueError(
                "fps",
                f"{kind.suffix} takes at most {kind.highest_fps} frames per second",
                value=float(fps),
                shown=f"{float(fps):g}",
                hint=f"use --fps {kind.highest_fps}",
            )

    def libraries(self, *, has_strip: bool) -> set[str]:
        """Return whose versions decide the bytes, besides ours."""
        return {*self.format.libraries, *(DRAWING if has_strip and self.format.is_still else ())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What the files show of a race, and how."""

    style: Style
    schedule: Schedule
    at: int | None = None
    """The step that stills show; None is the end."""

    strip: Sequence[int] = ()
    """The steps that they show side by side instead."""

    loop: int = 0
    max_size: int | None = None
    """Bytes: a GIF of more is made again, at a lower frame rate, then size, then with fewer
    colours, until it fits.
    """


def resolve(paths: Sequence[PathLike], options: Choices) -> tuple[Output, ...]:
    """Return what is asked for by names and options; raises InvalidValueError where that can be no
    file.
    """
    if not paths:
        raise InvalidValueError("output", "missing", hint="add a file, such as -o race.mp4")
    if "" in paths:
        raise InvalidValueError(
            "output", "no file name", value="", hint="add one, such as -o race.mp4"
        )
    outputs = tuple(output(path, options) for path in paths)
    if options.format is not None and not any(each.is_piped for each in outputs):
        raise InvalidValueError(
            "format",
            "applies to -o - only",
            value=options.format,
            shown=options.format,
            hint="for a file, the suffix sets the format",
        )
    return outputs


def output(path: PathLike, options: Choices | None = None) -> Output:
    """Return the file that a name and the options ask for, wherever that is; raises
    InvalidValueError for none.
    """
    options = options or Choices()
    path = folder.as_named(path)
    return Output(path, _format(path, options), options)


def posters(outputs: Iterable[Output]) -> list[Output]:
    """Return the stills that stand beside films, less those that are asked for anyway.

    Raises InvalidValueError where there is standard output alone.
    """
    files = [each for each in outputs if not each.is_piped]
    if not files:
        raise InvalidValueError(
            "poster", "needs a film to go with", hint="add one, such as -o race.mp4"
        )
    named = {each.path for each in files}
    films = [each for each in files if isinstance(each.path, Path) and not each.format.is_still]
    beside = {
        path: each for each in films if (path := Path(each.path).with_suffix(".png")) not in named
    }
    return [output(path, each.options) for path, each in beside.items()]


def check(outputs: Sequence[Output], script: Script, *, last: int, is_written: bool = True) -> None:
    """Refuse, before any work, what could only fail later: places, rates, and steps that the race,
    of `last`, does not have.

    What is only compared with what would be made need not be where a file can be written.
    """
    _check_strip(outputs, script, last)
    if script.at is not None and not 0 <= script.at <= last:
        raise InvalidValueError(
            "at", f"must be a step of the race, from 0 to {last}", value=script.at
        )
    for each in outputs:
        if is_written:
            each.check_place()
        each.check_rate(script.schedule.fps)
    target.check_distinct([each.path for each in outputs])


def _check_strip(outputs: Sequence[Output], script: Script, last: int) -> None:
    steps = script.strip
    if not steps:
        return
    if script.at is not None:
        raise InvalidValueError("strip and at", "use one or the other", about=("strip", "at"))
    for index, step in enumerate(steps):
        if not 0 <= step <= last:
            raise InvalidValueError(
                "strip", f"must be a step of the race, from 0 to {last}", value=step
            )
        if step in steps[:index]:
            raise InvalidValueError("strip", "must be named once", value=step)
    if not any(each.format.is_still for each in outputs):
        raise InvalidValueError("strip", "needs a still", hint="add one, such as -o strip.pdf")


def _format(path: PathLike, options: Choices) -> Format:
    name = os.fspath(path)
    if name == stdout.NAME:
        return _piped(options)
    if folder.is_meant(path):
        return FORMATS[SEQUENCE]
    leaf = (
        name.replace("\\", "/").rpartition("/")[2] if os.name == "nt" else name.rpartition("/")[2]
    )
    suffix = Path(leaf).suffix.lower()
    if suffix not in FORMATS:
        raise _unknown(name, leaf, suffix)
    return _chosen(suffix, options)


def _piped(options: Choices) -> Format:
    if options.format is None:
        raise target.refusal(
            stdout.NAME,
            "no suffix, so the format is unknown",
            hint="add one, as in -o - --format gif",
        )
    piped = [suffix.removeprefix(".") for suffix in FORMATS if suffix != SEQUENCE]
    suffix = f".{chosen('format', options.format, piped)}"
    return replace(_chosen(suffix, options), drafted=stdout.drafted)


def _unknown(name: str, leaf: str, suffix: str) -> InvalidValueError:
    """Say what is wrong with a name of no format."""
    allowed = ", ".join(FORMATS)
    if not leaf:
        return target.refusal(name, "no file name", hint=f"add one that ends in {allowed}")
    if not suffix:
        such = target.shown(leaf + next(iter(FORMATS)))
        return target.refusal(
            name, "no suffix, so the format is unknown", hint=f"use one of {allowed}, as in {such}"
        )
    suffixes = [each for each in FORMATS if each != SEQUENCE]
    such = target.shown(leaf[: -len(suffix)] + (nearest(suffix, suffixes) or suffixes[0]))
    unknown = InvalidValueError("suffix", "unknown", value=suffix, shown=target.shown(suffix))
    return target.refusal(name, unknown, hint=f"use one of {allowed}, as in {such}")


def _chosen(suffix: str, options: Choices) -> Format:
    """Return the format of a suffix, with the codec that is wanted as its only one."""
    kind = FORMATS[".apng" if suffix == ".png" and options.animate else suffix]
    if not kind.codecs or options.codec is None:
        return kind
    if options.codec not in kind.codecs:
        raise InvalidValueError(
            "codec",
            f"{suffix} takes {' or '.join(kind.codecs)}",
            value=options.codec,
            shown=options.codec,
        )
    return kind.of_codec(options.codec)
