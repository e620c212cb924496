"""Where every frame stands on the race's clock."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optirace.errors import InvalidValueError
from optirace.look import timeline
from optirace.look.timeline import Note


def test_the_default_film_lasts_twelve_and_a_half_seconds():
    told = timeline.schedule(200)
    assert Fraction(25, 2) == told.seconds
    assert [0.0] * 30 == told.positions[:30].tolist()
    assert [200.0] * 46 == told.positions[-46:].tolist()
    assert 2 / 3 == pytest.approx(told.positions[30])


@settings(deadline=None)
@given(
    st.integers(1, 5000),
    st.floats(0.3, 200),
    st.sampled_from([Fraction(30), Fraction(25), Fraction(24000, 1001), Fraction(60), Fraction(1)]),
    st.tuples(st.floats(0, 3), st.floats(0, 3)),
)
def test_a_schedule_never_goes_back_and_is_exact_at_both_ends(steps, speed, fps, hold):
    told = timeline.schedule(steps, speed=speed, fps=fps, hold=hold)
    for row in (told.positions, told.shown, told.ranked):
        assert len(told.positions) == len(row)
        assert 0 == row[0]
        assert steps == row[-1]
        assert (np.diff(row) >= 0).all()
    assert (told.shown <= told.positions).all()


def test_duration_fits_the_race_and_the_stillness_comes_on_top():
    assert Fraction(10) == timeline.schedule(200, duration=7.5).seconds
    assert Fraction(4) == timeline.schedule(31, duration=4, hold=(0, 0)).seconds


def test_digits_change_at_most_ten_times_a_second():
    told = timeline.schedule(2000, speed=20, fps=Fraction(60))
    changes = np.flatnonzero(np.diff(told.shown))
    assert np.diff(changes)[:-1].min() >= 6


def test_rows_glide_and_arrive():
    places = np.array([[0, 1]] * 3 + [[1, 0]] * 10)
    gliding = timeline.glide(places, Fraction(30))
    assert (gliding[3] > 0).any()
    assert 0.0 < gliding[3][0] < 1.0
    assert [1.0, 0.0] == gliding[-1].tolist()
    assert (np.diff(gliding[:, 0]) >= 0).all()


def test_a_row_that_turns_back_midway_does_not_jump():
    places = np.array([[0]] * 2 + [[3]] * 1 + [[0]] * 8)
    gliding = timeline.glide(places, Fraction(60))
    assert np.abs(np.diff(gliding[:, 0])).max() < 1.5
    assert 0.0 == gliding[-1, 0]


@pytest.mark.parametrize(
    "options",
    [
        {"speed": 0.0}, {"speed": -1.0}, {"speed": float("nan")}, {"speed": float("inf")},
        {"speed": 1e-9},
        {"duration": 0.0}, {"duration": 4000.0}, {"fps": Fraction(0)}, {"fps": Fraction(121)},
        {"hold": (-1.0, 0.0)},
        {"hold": (0.0, 9999.0)},
    ],
)  # fmt: skip
def test_a_clock_that_cannot_be_is_refused(options):
    with pytest.raises(InvalidValueError):
        timeline.schedule(200, **options)


def test_a_race_shorter_than_a_frame_is_still_seen():
    assert [0.0, 1.0] == timeline.schedule(1, duration=0.001, hold=(0, 0)).positions.tolist()


def test_the_film_stands_still_at_a_note_and_goes_on_as_without_it():
    plain = timeline.schedule(200)
    told = timeline.schedule(200, notes=[Note(40, "late", 3.0), Note(10, "early")])
    assert [10, 40] == [note.step for note in told.notes]
    assert plain.seconds + 5 == told.seconds
    for index, (step, frames) in enumerate([(10, 60), (40, 90)]):
        pause = told.told == index
        assert frames == pause.sum()
        for row in (told.positions, told.shown, told.ranked):
            assert {step} == set(row[pause].tolist())
    assert plain.positions.tolist() == told.positions[told.told < 0].tolist()


@settings(deadline=None)
@given(
    st.integers(1, 300),
    st.floats(0.5, 100),
    st.sampled_from([Fraction(30), Fraction(24000, 1001), Fraction(7)]),
    st.dictionaries(st.floats(0, 1), st.sampled_from([0.0, 0.001, 0.7, 2.0]), max_size=4),
)
def test_notes_leave_a_schedule_in_order_and_exact_at_both_ends(steps, speed, fps, shares):
    notes = {
        round(share * steps): Note(round(share * steps), "here", hold)
        for share, hold in shares.items()
    }
    told = timeline.schedule(steps, speed=speed, fps=fps, notes=list(notes.values()))
    for row in (told.positions, told.shown, told.ranked):
        assert len(told.told) == len(row)
        assert (0, steps) == (row[0], row[-1])
        assert (np.diff(row) >= 0).all()
    assert (told.shown <= told.positions).all()
    for index, note in enumerate(told.notes):
        shown = told.positions[told.told == index]
        if note.hold:
            assert max(1, round(Fraction(note.hold) * fps)) == len(shown)
            assert {note.step} == set(shown.tolist())
        elif len(shown):
            assert note.step <= shown[0]


def test_a_note_without_a_pause_is_shown_for_two_seconds_or_until_the_next():
    told = timeline.schedule(
        200, notes=[Note(20, "a", 0.0), Note(40, "b", 0.0), Note(180, "c", 0.0)]
    )
    assert timeline.schedule(200).positions.tolist() == told.positions.tolist()
    assert [30, 60, 60] == [(told.told == index).sum() for index in range(3)]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (
            lambda: [Note(201, "far")],
            "note 201 'far': must be at a step of the race, from 0 to 200",
        ),
        (
            lambda: [Note(-1, "early")],
            "note -1 'early': must be at a step of the race, from 0 to 200",
        ),
        (lambda: [Note(3, "a"), Note(3, "b")], "note 3 'b': must be the only one at its step"),
        (
            lambda: [Note(3, " ")],
            (
                "note 3 ' ': must be 1 to 120 printable characters, and cannot be seen: it has "
                "only U+0020 (space)"
            ),
        ),
        (
            lambda: [Note(3, "a\nb")],
            (
                r"note 3 'a\nb': must be 1 to 120 printable characters, and U+000A is not one; "
                r"type a plain space for it"
            ),
        ),
        (lambda: [Note(3, "a", -1.0)], "note 3 'a': hold -1.0: must be from 0 to 3600 seconds"),
        (
            lambda: [Note(3, "a", 3600.0)],
            "the film would last 3610 seconds: at most 3600; raise --speed or give --duration",
        ),
    ],
)
def test_a_note_that_cannot_be_shown_is_refused(make, line):
    with pytest.raises(InvalidValueError) as caught:
        timeline.schedule(200, notes=make())
    assert line == str(caught.value)
