"""Colours that can be read and told apart."""

import itertools

import pytest
from coloraide import Color

from optirace.errors import InvalidValueError
from optirace.look import themes

THEMES = themes.THEMES.values()


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_words_stand_out_from_the_paper(theme):
    for words in (theme.text, theme.quiet):
        assert Color(words).contrast(Color(theme.paper)) >= 4.5


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("sight", ["protan", "deutan", "tritan"])
def test_the_first_six_racers_are_told_apart_by_everyone(theme, sight):
    seen = [Color(colour).filter(sight).clip() for colour in theme.racers[:6]]
    for one, two in itertools.combinations(seen, 2):
        assert one.delta_e(two, method="2000") >= 11.0


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_racer_has_a_colour_and_a_marker_of_its_own(theme):
    assert 12 == len(set(theme.racers)) == len(themes.MARKERS) == len(set(themes.MARKERS.values()))
    for colour in theme.racers:
        assert Color(colour).contrast(Color(theme.paper)) >= 3.0


@pytest.mark.parametrize(("index", "low", "high"), [(0, 10, 45), (1, 240, 275), (2, 135, 175)])
def test_the_lectures_colours_are_kept(index, low, high):
    for theme in THEMES:
        assert low <= Color(theme.racers[index]).convert("oklch")["hue"] <= high


@pytest.mark.parametrize("title", ["a\nb", "\x1b[31m", "x" * 201])
def test_a_title_that_cannot_be_written_is_refused(title):
    with pytest.raises(InvalidValueError, match="title"):
        themes.Style(title=title)


def test_a_theme_that_is_not_there_is_refused():
    with pytest.raises(InvalidValueError, match="must be one of light, dark"):
        themes.theme("blue")
