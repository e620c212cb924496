"""The words beside the race."""

import pytest

from optirace import specs
from optirace.canvas import board, glyphs, layout
from optirace.vector import page


@pytest.mark.parametrize("size", [(1280, 720), (480, 270), (720, 720), (540, 960)])
@pytest.mark.parametrize(
    "options", [{"tune": True}, {"noise": 0.5, "seed": 12345}, {"tune": True, "noise": 0.5, "seed": 12345}]
)
def test_what_is_said_over_the_board_is_whole(size, options):
    race = specs.race(shared={}, steps=40, **options)
    plan = layout.arrange(*size, 4)
    room = plan.board.width - page.width("loss", glyphs.SANS, 14.5 * plan.unit) - 12 * plan.unit
    told = board.remarks(race)
    assert told == page.fitted(told, glyphs.SANS, 14.5 * plan.unit, room)[0]
    assert ("best of 16" in told, "noise 0.5, seed 12345" in told) == ("tune" in options, "noise" in options)
