"""What a frame adds to the picture before it."""

from typing import Any

import numpy as np
import pytest

import optirace
from optirace.look.frame import Frame, stride_of
from optirace.output.encode import patches

OPAQUE = np.uint32(0xFF000000)


def frames(width, height, count):
    """Return frames of random pixels, of which one in fifty changes each time, the padding always,
    and the last are alike.
    """
    random = np.random.default_rng(width)
    packed = random.integers(0, 1 << 24, (height, stride_of(width)), np.uint32) | OPAQUE
    everything = np.arange(packed.size // 32)
    made = [Frame(packed, width, everything)]
    for _ in range(count):
        packed = packed.copy()
        is_new = random.random(packed.shape) < 0.02
        packed[is_new] = random.integers(0, 1 << 24, is_new.sum(), np.uint32) | OPAQUE
        packed[:, width:] ^= 1
        made.append(Frame(packed, width, everything))
    return [*made, Frame(packed, width, everything), Frame(packed, width, everything[:0])]


@pytest.mark.parametrize("width", [64, 50])
def test_a_change_tells_every_pixel_that_is_no_longer_what_it_was_and_no_other(width):
    shown, before = patches.Shown(), np.zeros((20, width), np.uint32)
    for frame in frames(width, 20, 5):
        change, after = shown.change(frame), frame.packed[:, :width]
        down, across = np.divmod(change.positions, stride_of(width))
        assert list(zip(*np.nonzero(after != before), strict=True)) == list(
            zip(down, across, strict=True)
        )
        assert before[down, across].tolist() == change.before.tolist()
        assert after[down, across].tolist() == change.after.tolist()
        assert (
            frame.packed.reshape(20, -1)[:, :width] == shown.pixels.reshape(20, -1)[:, :width]
        ).all()
        before = after


@pytest.mark.parametrize("width", [64, 50])
def test_patches_laid_one_over_the_other_are_the_frames(width):
    shown, picture = patches.Shown(), np.zeros((20, width), np.uint32)
    for frame in frames(width, 20, 5):
        before, patch = picture.copy(), shown.patch(frame)
        if patch is not None:
            place = patch.place
            assert (0, 0) == (place.left % 2, place.top % 2)
            part = picture[
                place.top : place.top + place.height, place.left : place.left + place.width
            ]
            part[:] = np.where(patch.packed > 0, patch.packed, part)
        assert (frame.packed[:, :width] == picture).all()
        assert (patch is None) == (before == picture).all()


def test_a_patch_is_the_smallest_rectangle_from_an_even_corner():
    packed = np.full((20, 64), OPAQUE)
    shown = patches.Shown()
    assert (64, 20) == shown.patch(Frame(packed, 64, np.arange(40))).packed.shape[::-1]
    packed[7, [11, 13, 30]] += 1
    packed[9, 12] += 1
    patch = shown.patch(Frame(packed, 64, np.arange(40)))
    assert (10, 6, 21, 4) == (
        patch.place.left,
        patch.place.top,
        patch.place.width,
        patch.place.height,
    )
    wanted = np.zeros((4, 21), np.uint32)
    wanted[1, [1, 3, 20]] = wanted[3, 2] = OPAQUE + 1
    assert (wanted == patch.packed).all()


def test_what_lies_in_a_short_gap_is_painted_again_and_a_longer_gap_is_not(monkeypatch):
    monkeypatch.setattr(patches, "GAPS_IN_SIDE", 8)
    place = patches.placed(np.array([3, 6, 10, 15, 16 + 2]), 16, 20)
    assert (2, 0, 14, 2) == (place.left, place.top, place.width, place.height)
    assert [3, 6, 10, 15, 18, 4, 5] == place.of_picture.tolist()
    assert [1, 4, 8, 13, 14, 2, 3] == place.of_block.tolist()


def test_what_frames_change_is_worked_out_once_for_all_sinks_of_a_film(tmp_path, monkeypatch):
    asked = []
    original = patches.Shown._differing
    monkeypatch.setattr(
        patches.Shown,
        "_differing",
        lambda self, frame: asked.append(frame) or original(self, frame),
    )
    options: dict[str, Any] = {"size": (240, 240), "fps": 10, "duration": 1.0, "hold": (0.2, 0.3)}
    optirace.render(
        optirace.race(steps=50),
        *(tmp_path / f"race.{kind}" for kind in ("gif", "webp", "apng", "mp4")),
        **options,
    )
    assert 2 + 10 + 3 - 1 == len(asked)
