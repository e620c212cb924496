"""What every moving format is to a decoder that knows nothing of us."""

import itertools
from fractions import Fraction

import av
import numpy as np
import pytest

import optirace
from optirace.output.formats import FORMATS

FRAMES = 36
RATES = [Fraction(25), Fraction(10), Fraction(30000, 1001)]
SIZES = [(270, 240), (246, 242)]
UNREAD = {".webp"}
"""FFmpeg's libraries decode no WebP that moves."""

KINDS = [
    kind.suffix
    for kind in FORMATS.values()
    if not kind.is_still and kind.suffix[0] == "." and kind.suffix not in UNREAD
]
TICKS = {".mp4": Fraction(0), ".gif": Fraction(1, 100)}
"""Seconds: how finely a format tells time, 0 where it is exact; one that is not named counts
milliseconds or less.
"""


@pytest.fixture(scope="module")
def race():
    return optirace.race(optimizers=["sgd", "momentum"], steps=20)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("fps", RATES, ids=str)
@pytest.mark.parametrize("suffix", KINDS)
def test_every_frame_is_decoded_at_its_size_and_time(race, tmp_path, suffix, fps, size):
    """Something moves in every frame, so that no format may join two."""
    path = tmp_path / f"race{suffix}"
    optirace.render(race, path, size=size, fps=fps, duration=float(FRAMES / fps), hold=(0.0, 0.0))
    with av.open(str(path)) as container:
        (stream,) = container.streams
        frames = [
            (frame.pts * frame.time_base, frame.to_ndarray(format="rgb24"))  # type: ignore[call-arg]
            for frame in container.decode(stream)
        ]
    assert FRAMES == len(frames)
    assert {(size[1], size[0], 3)} == {picture.shape for _, picture in frames}
    times = [time for time, _ in frames]
    assert sorted(set(times)) == times
    tick = TICKS.get(suffix, Fraction(1, 1000))
    assert max(abs(time - index / fps) for index, time in enumerate(times)) <= tick / 2
    for (_, before), (_, after) in itertools.pairwise(frames):
        assert np.any(before != after)
