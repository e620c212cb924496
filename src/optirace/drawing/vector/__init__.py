"""Draws stills of a race as shapes and words, for print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.drawing.vector import page, stills, strips
from optirace.look.about import About
from optirace.text import alttext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optirace.drawing.picture import Moment
    from optirace.look.themes import Style
    from optirace.racing.engine import Result


def still(result: Result, suffix: str, *, look: Style, moment: Moment, note: str = "") -> bytes:
    """Draw a moment with every racer in its place, and return the file; `suffix` is .svg, .pdf or
    .png.

    An SVG and a PDF carry `note`. The same moment gives the same bytes, whatever fonts, styles and
    settings there are on the machine.
    """
    with page.settings():
        about = About(look.title, alttext.alt(result, at=moment.shown))
        return stills.draw(result, look, moment).encoded(suffix, about, note)


def strip(
    result: Result, suffix: str, *, look: Style, steps: Sequence[int], note: str = ""
) -> tuple[bytes, int, int]:
    """Draw the surface at several steps side by side, and return the file, its width and its height
    in pixels.

    It is as wide as the look says, and as high as it takes; else as `still`. Raises
    InvalidValueError for more steps than fit.
    """
    with page.settings():
        sheet = strips.draw(result, look, steps)
        about = About(look.title, alttext.alt(result, strip=steps))
        return sheet.encoded(suffix, about, note), sheet.width, sheet.height
