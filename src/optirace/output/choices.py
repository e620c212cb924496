"""What a person may want of a format beyond its name."""

from __future__ import annotations

from dataclasses import dataclass

from optirace.errors import InvalidValueError, unknown

NAMES = {"h264": "H.264", "vp9": "VP9", "av1": "AV1"}
CODECS = tuple(NAMES)
CHROMAS = (420, 444)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Raises InvalidValueError for what no format has."""

    codec: str | None = None
    """Of a video: h264, vp9 or av1; None is the first that the format takes."""

    chroma: int = 420
    """Of a video: 420 or 444."""

    animate: bool = False
    """A .png moves."""

    format: str | None = None
    """What goes to standard output: a suffix without its dot."""

    def __post_init__(self) -> None:
        """Check what no file name decides."""
        if self.codec is not None and self.codec not in CODECS:
            raise unknown("codec", self.codec, CODECS)
        if self.chroma not in CHROMAS:
            raise InvalidValueError(
                "chroma", f"must be {' or '.join(map(str, CHROMAS))}", value=self.chroma
            )
