"""Learning rates that change."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optirace.errors import InvalidValueError
from optirace.options.race import RaceOptions
from optirace.racing.lr_schedule import RateSchedule
from optirace.settings.option import options


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("constant", [1, 1, 1, 1, 1, 1]),
        ("step:2", [1, 1, 0.5, 0.5, 0.25, 0.25]),
        ("step:4:0.1", [1, 1, 1, 1, 0.1, 0.1]),
        ("cosine", [(1 + np.cos(np.pi * step / 6)) / 2 for step in range(6)]),
        ("cosine:0.2", [0.2 + 0.8 * (1 + np.cos(np.pi * step / 6)) / 2 for step in range(6)]),
        ("exponential:0.5", [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]),
        ("warmup:4", [0.25, 0.5, 0.75, 1, 1, 1]),
        ("warmup:2:exponential:0.5", [0.5, 1, 1, 0.5, 0.25, 0.125]),
        ("warmup:10:cosine", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
        (" Warmup:6 ", [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1]),
    ],
)
def test_a_schedule_has_its_shares(text, shares):
    assert shares == pytest.approx(RateSchedule(text).shares(6), rel=1e-15)


@pytest.mark.parametrize(
    "text", ["constant", "step", "cosine", "exponential", "warmup:30", "warmup:30:cosine"]
)
@pytest.mark.parametrize("steps", [1, 2, 29, 30, 31, 200])
def test_there_is_a_share_between_0_and_1_for_every_step(text, steps):
    shares = RateSchedule(text).shares(steps)
    assert (steps,) == shares.shape
    assert ((shares > 0.0) & (shares <= 1.0)).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cosin", "did you mean cosine?"),
        ("", "must be one of constant"),
        ("step:0", "'0' must be 1 or more steps"),
        ("step:2.5", "'2.5' must be 1 or more steps"),
        ("step:nan", "'nan' must be 1 or more steps"),
        ("exponential:2", "'2' must be a factor from 0 to 1"),
        ("cosine:-1", "'-1' must be a factor from 0 to 1"),
        ("cosine:0:1", "must be cosine[:END]"),
        ("warmup", "'' must be 1 or more steps"),
        ("warmup:5:warm", "did you mean warmup?"),
    ],
)
def test_a_schedule_that_cannot_be_is_told_what_is_allowed(text, message):
    with pytest.raises(InvalidValueError) as problem:
        RateSchedule(text)
    assert str(problem.value).startswith(f"lr-schedule {text!r}: ")
    assert message in str(problem.value)


@given(st.text("acdeimnoprstuwx:0123456789.-", max_size=30))
def test_no_text_breaks_a_schedule(text):
    try:
        assert (7,) == RateSchedule(text).shares(7).shape
    except InvalidValueError as problem:
        assert 1 == len(str(problem).splitlines())


@pytest.mark.parametrize("then", ["constant", "cosine", "cosine:0.3", "step:1", "exponential:0.5"])
@pytest.mark.parametrize("rise", [1, 2, 20])
def test_a_warmup_makes_two_full_steps_its_last_and_the_first_of_what_follows(rise, then):
    shares = RateSchedule(f"warmup:{rise}:{then}").shares(100)
    full = (np.flatnonzero(shares == 1.0) + 1).tolist()
    assert [rise, rise + 1] == full[:2]
    assert then == "constant" or [rise, rise + 1] == full


def test_the_words_about_warmup_name_the_steps_that_are_full():
    full = (np.flatnonzero(RateSchedule("warmup:20:cosine").shares(200) == 1.0) + 1).tolist()
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    for told in (RateSchedule.shares.__doc__, readme, options(RaceOptions)["lr_schedule"].help):
        words = " ".join(told.split())
        said = re.search(
            r"warmup:20:cosine\W+(?:makes )?\(?two full steps([^;]*?)(cosine|\.)", words
        )
        assert full == [
            int(number)
            for number in re.findall(r"\d+", said[1] + words[said.end() : said.end() + 5])
        ]


@pytest.mark.parametrize("count", [9, 10_000])
def test_a_schedule_of_very_many_warmups_is_refused_in_a_line(count):
    with pytest.raises(InvalidValueError, match=r"must have at most 8 warmups$"):
        RateSchedule("warmup:3:" * count + "cosine").shares(20)
    assert 20 == len(RateSchedule("warmup:3:" * 8 + "cosine").shares(20))
