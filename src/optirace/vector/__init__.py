"""Draws stills of a race as shapes and words, for print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.vector import page, stills

if TYPE_CHECKING:
    from optirace.canvas import Moment
    from optirace.engine import Result
    from optirace.style import Style


def still(result: Result, suffix: str, *, look: Style, moment: Moment) -> bytes:
    """Draw a moment with every racer in its place, and return the file; `suffix` is .svg, .pdf or .png.

    The same moment gives the same bytes, whatever fonts, styles and settings there are on the machine.
    """
    with page.settings():
        return stills.draw(result, look, moment).encoded(suffix)
