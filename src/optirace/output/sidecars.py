"""Puts texts beside films, with the care that films get."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from optirace.errors import InvalidValueError
from optirace.output import sinks
from optirace.output.choices import Choices
from optirace.output.files import folder, target
from optirace.output.formats import Format
from optirace.output.outputs import Output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optirace.look.frame import Frame

Kind: TypeAlias = Literal["captions", "alt"]

DESCRIPTIONS: dict[Kind, str] = {"captions": "captions in WebVTT", "alt": "alt text"}
SUFFIXES: dict[Kind, str] = {"captions": ".vtt", "alt": ".alt.txt"}
OF_STILL = ".still"
"""Stands before the suffix of the words of a still, so that each kind of a name has its own:
race.still.alt.txt.
"""


@dataclass(frozen=True, slots=True)
class Beside:
    """A text that belongs to the films or to the stills of one stem."""

    path: Path
    kind: Kind
    is_of_film: bool
    """Whether it is of films; else it is of stills."""


def texts(
    outputs: Sequence[Output], *, captions: bool, alt: bool, is_written: bool = True
) -> tuple[Beside, ...]:
    """Return the texts to be put beside files: for each stem one of its films and one of its
    stills, captions for films alone.

    Raises InvalidValueError for captions without a film, and what `target.check_place` and
    `target.check_distinct` do.
    """
    if not (captions or alt):
        return ()
    files = [output for output in outputs if not output.is_piped]
    stems = _stems(files)
    _check(stems, captions=captions)
    kinds = [kind for kind, is_wanted in zip(SUFFIXES, (captions, alt), strict=True) if is_wanted]
    told = tuple(
        Beside(place(stem, kind, is_of_film=is_film), kind, is_film)
        for stem, of_films in stems.items()
        for kind in kinds
        for is_film in sorted(of_films, reverse=True)
        if is_film or kind != "captions"
    )
    if is_written:
        _check_places(told)
    target.check_distinct([*(each.path for each in files), *(text.path for text in told)])
    return told


def _check(stems: Mapping[Path, set[bool]], *, captions: bool) -> None:
    if not stems:
        raise InvalidValueError(
            "captions" if captions else "alt",
            "needs an output file to go with",
            hint="add one, such as -o race.mp4",
        )
    if captions and not any(map(any, stems.values())):
        raise InvalidValueError("captions", "need a film", hint="add one, such as -o race.mp4")


def _check_places(texts: Sequence[Beside]) -> None:
    for text in texts:
        target.check_place(text.path)


def _stems(files: Sequence[Output]) -> dict[Path, set[bool]]:
    """Return of each stem whether it has a still (False), a film (True) or both."""
    stems: dict[Path, set[bool]] = {}
    for each in files:
        path = Path(each.path)
        stem = path if folder.is_meant(each.path) else path.with_suffix("")
        stems.setdefault(stem, set()).add(not each.format.is_still)
    return stems


def place(stem: Path, kind: Kind, *, is_of_film: bool) -> Path:
    """Return where a text of the films or of the stills of a stem goes.

    >>> place(Path("race"), "alt", is_of_film=False).name
    'race.still.alt.txt'
    """
    return stem.with_name(f"{stem.name}{'' if is_of_film else OF_STILL}{SUFFIXES[kind]}")


def page(path: Path, text: str) -> sinks.Sink:
    """Return the sink of a text, which takes no frames."""
    kind = Format(
        suffix=path.suffix,
        description="",
        is_still=False,
        highest_fps=1,
        opener=lambda draft, _: _Text(draft, text),
        libraries=(),
    )
    return sinks.Sink(
        Output(path, kind, Choices()), sinks.Film(width=0, height=0, fps=Fraction(1), frames=0)
    )


class _Text:
    """Writes a text where others write frames."""

    def __init__(self, draft: target.Draft, text: str) -> None:
        self._draft, self._text = draft, text

    def write(self, frame: Frame) -> None:
        """Leave a frame alone."""

    def finish(self) -> None:
        """Write the text, in UTF-8 with plain line feeds, and read it back."""
        self._draft.path.write_bytes(self._text.encode())
        if self._draft.path.read_bytes() != self._text.encode():
            raise self._draft.error("what was written does not read back as the text")

    def close(self) -> None:
        """Hold nothing."""
