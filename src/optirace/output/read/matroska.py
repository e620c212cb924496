"""Reads a WebM back from its elements."""

from __future__ import annotations

import itertools
import struct
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from optirace.output.read.contents import LONGEST_NOTE, Contents, as_note, counted, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from optirace.system.reading import Stored

    Place: TypeAlias = tuple[int, int]
    """Where something starts and ends."""

# Identifiers of RFC 9559 (Matroska) and RFC 8794 (EBML).
EBML, SEGMENT, INFO, TRACKS, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
SCALE, DURATION = 0x2AD7B1, 0x4489
TRACK, CODEC, VIDEO, WIDTH, HEIGHT, COLOUR = 0xAE, 0x86, 0xE0, 0xB0, 0xBA, 0x55B0
MATRIX, RANGE, TRANSFER, PRIMARIES = 0x55B1, 0x55B9, 0x55BA, 0x55BB
BT709 = PRIMARIES, TRANSFER, MATRIX, RANGE
"""Each is 1 for BT.709 and the limited range of TV."""

FRAME_TIME = 0x23E383
TAGS, TAG, SIMPLE_TAG, NAME, STRING = 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
TIME, SIMPLE_BLOCK, GROUP, BLOCK, REFERENCE = 0xE7, 0xA3, 0xA0, 0xA1, 0xFB

CODECS = {"vp9": b"V_VP9", "av1": b"V_AV1"}
IS_KEY = 0x80

LARGEST_DENOMINATOR = 1001
"""Of a frame rate, of which a file tells the inverse, in nanoseconds."""


MOST_ELEMENTS = 1 << 16
"""In one element, for they are listed; ours are the clusters of a film, one for two seconds, and
the frames of a cluster.
"""

LONGEST_NUMBER = 8
"""Bytes (RFC 8794)."""


ROUNDED = 1.001
"""Ticks by which the time of a frame may be off: half of one for itself, half for the length, and
what arithmetic costs.
"""


def size(path: Path) -> tuple[int, int]:
    """Return width and height, of a stream too; raises LookupError or ValueError for what is no
    WebM.
    """
    with stored(path) as content:
        file = _Elements(content, is_stream=True)
        file.first(file.whole, EBML)
        place = file.whole
        for kind in (SEGMENT, TRACKS, TRACK, VIDEO):
            place = file.first(place, kind)
        return file.number(file.first(place, WIDTH)), file.number(file.first(place, HEIGHT))


def contents(path: Path) -> Contents:
    """Read any WebM; raises LookupError, ArithmeticError, ValueError or struct.error for what is
    none.
    """
    with stored(path) as content:
        file = _Elements(content)
        outer = dict(file.within(file.whole))
        if EBML not in outer:
            raise ValueError("no EBML")
        inner = list(file.within(outer[SEGMENT]))
        info, tracks = dict(file.within(dict(inner)[INFO])), list(file.within(dict(inner)[TRACKS]))
        track = dict(file.within(dict(tracks)[TRACK]))
        picture = dict(file.within(track[VIDEO]))
        name = file.words(track[CODEC], 100)
        times = [
            frame for kind, place in inner if kind == CLUSTER for frame in _frames(file, place)
        ]
        frames = len(times)
        tick, duration = Fraction(file.number(info[SCALE]), 10**9), file.real(info[DURATION])
        seconds, fps = Fraction(duration) * tick, None
        if FRAME_TIME in track:
            fps = (10**9 / Fraction(file.number(track[FRAME_TIME]))).limit_denominator(
                LARGEST_DENOMINATOR
            )
            if abs(seconds - frames / fps) > tick:
                fps = None
        return Contents(
            width=file.number(picture[WIDTH]),
            height=file.number(picture[HEIGHT]),
            frames=frames,
            seconds=seconds if fps is None else frames / fps,
            fps=fps,
            note=next(
                (told for kind, place in inner if kind == TAGS for told in _comments(file, place)),
                None,
            ),
            codec=next((codec for codec, known in CODECS.items() if known == name), None),
            key_interval=_key_interval(times),
            tick=tick,
            flaw=_flaw(file, len(tracks), times, duration, picture),
        )


def _key_interval(times: list[tuple[int, bool]]) -> int | None:
    keys = [*(index for index, (_, is_key) in enumerate(times) if is_key), len(times)]
    return (
        max(later - key for key, later in itertools.pairwise(keys))
        if times and keys[0] == 0
        else None
    )


def _flaw(
    file: _Elements,
    tracks: int,
    times: list[tuple[int, bool]],
    duration: float,
    picture: dict[int, Place],
) -> str | None:
    if tracks != 1:
        return f"it has {tracks} tracks, not 1"
    # Times are whole ticks, mostly of a millisecond.
    if any(
        abs(time - index * duration / len(times)) > ROUNDED for index, (time, _) in enumerate(times)
    ):
        return "its frames do not all last equally long"
    colour = dict(file.within(picture[COLOUR])) if COLOUR in picture else {}
    if [file.number(colour[which]) for which in BT709 if which in colour] != [1, 1, 1, 1]:
        return "its colours are not marked as BT.709"
    return None


def _comments(file: _Elements, tags: Place) -> Iterator[str]:
    for kind, tag in file.within(tags):
        for inner, place in file.within(tag) if kind == TAG else ():
            told = dict(file.within(place)) if inner == SIMPLE_TAG else {}
            if NAME in told and STRING in told and file.words(told[NAME], 10) == b"COMMENT":
                yield as_note(file.words(told[STRING], LONGEST_NOTE + 1))


_BLOCK = struct.Struct(">hB")


class _Elements:
    """The elements of a file, of which no more are followed than a file may have.

    A number says its own length by its leading zeros.
    """

    def __init__(self, content: Stored, *, is_stream: bool = False) -> None:
        """Take the content of a file; in a stream an element may say no length, and goes on to the
        end of the one around it.
        """
        self._content, self._count, self._is_stream = content, counted(), is_stream
        self.whole: Place = (0, len(content))

    def within(self, place: Place) -> Iterator[tuple[int, Place]]:
        """Yield the identifier of each element in a range of bytes, with where its content starts
        and ends.
        """
        (at, end), count = place, 0
        while at < end:
            next(self._count)
            count += 1
            window, first = self._content.around(at, 2 * LONGEST_NUMBER)
            length = 9 - window[first].bit_length()
            middle = first + length
            longer = 9 - window[middle].bit_length()
            last = middle + longer
            if length > LONGEST_NUMBER or longer > LONGEST_NUMBER or last > len(window):
                raise ValueError("a number that is cut off")
            kind = int.from_bytes(window[first:middle])
            size = int.from_bytes(window[middle:last]) & (1 << 7 * longer) - 1
            at += last - first
            if self._is_stream and size == (1 << 7 * longer) - 1:
                size = end - at
            if at + size > end or count > MOST_ELEMENTS:
                raise ValueError("an element that ends outside the one around it")
            yield kind, (at, at + size)
            at += size

    def first(self, place: Place, wanted: int) -> Place:
        """Return where the content of the first element of a kind in a range of bytes starts and
        ends.
        """
        for kind, found in self.within(place):
            if kind == wanted:
                return found
        raise ValueError("an element is missing")

    def number(self, place: Place) -> int:
        """Return a whole number."""
        if place[1] - place[0] > LONGEST_NUMBER:
            raise ValueError("a number that is too long")
        return int.from_bytes(self._content[slice(*place)])

    def real(self, place: Place) -> float:
        """Return a number with a fraction."""
        (value,) = self._content.unpack(">f" if place[1] - place[0] == 4 else ">d", place[0])
        return float(value)

    def words(self, place: Place, most: int) -> bytes:
        """Return text, as far as so many bytes."""
        return self._content[place[0] : min(place[1], place[0] + most)]

    def block(self, place: Place) -> tuple[int, int]:
        """Return a block's time, in ticks from its cluster's, and its flags."""
        window, first = self._content.around(place[0], LONGEST_NUMBER + 3)
        # Behind the number of the track, which says its own length by its leading zeros.
        time, flags = _BLOCK.unpack_from(window, first + 9 - window[first].bit_length())
        return time, flags


def _frames(file: _Elements, cluster: Place) -> Iterator[tuple[int, bool]]:
    """Yield each frame of a cluster: when it comes, in ticks, and whether it is a key frame."""
    start = 0
    for kind, place in file.within(cluster):
        if kind == TIME:
            start = file.number(place)
        elif kind == SIMPLE_BLOCK:
            time, flags = file.block(place)
            yield start + time, bool(flags & IS_KEY)
        elif kind == GROUP:
            inner = dict(file.within(place))
            yield start + file.block(inner[BLOCK])[0], REFERENCE not in inner
