"""What a drawing says about itself to those who cannot see it."""

from __future__ import annotations

from typing import NamedTuple

LANGUAGE = "en"
"""Of the words that we write (BCP 47); a title or a label may be in another, which nobody says."""

PDF_CATALOG = b" /Lang (en) /ViewerPreferences << /DisplayDocTitle true >>"
"""What a PDF's catalog says of its language, and that a window is to show its title."""


class About(NamedTuple):
    """What those are told who cannot see a drawing; words of a person's may hold any character."""

    title: str
    description: str
