"""The kinds of files there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from optirace.output import openers
from optirace.output.choices import NAMES
from optirace.output.files import folder, target
from optirace.output.files.folder import SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from optirace.output.files.drafts import Draft
    from optirace.output.sinks import Encoder, Film

Opener: TypeAlias = "Callable[[Any, Film], Encoder]"
"""Takes a draft as the format's `drafted` makes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file."""

    suffix: str
    description: str
    is_still: bool
    """Takes one frame, not all."""

    highest_fps: int
    opener: Opener | None
    """None for shapes and words, which are not made of frames: the file comes whole."""
    libraries: tuple[str, ...]
    """Whose versions decide the bytes, besides ours; those of DRAWING where a still is a strip,
    too.
    """
    codecs: tuple[str, ...] = ()
    """Of a video: those it takes, the usual one first."""

    drafted: Callable[[target.PathLike, str], Draft] = target.Draft

    def of_codec(self, codec: str) -> Self:
        """Return a video's format with this as its only codec."""
        usual = codec == self.codecs[0]
        return replace(
            self,
            codecs=(codec,),
            description=self.description if usual else f"{NAMES[codec]} video",
        )


PAINTING = ("matplotlib", "numpy")
"""What a frame is painted with."""

DRAWING = ("contourpy", *PAINTING)
"""What shapes and words are drawn with."""

FORMATS: dict[str, Format] = {
    kind.suffix: kind
    for kind in (
        Format(
            suffix=".mp4",
            description="H.264 video for slides, browsers and players",
            is_still=False,
            highest_fps=120,
            opener=openers.open_mp4,
            libraries=("ffmpeg", *PAINTING),
            codecs=("h264", "av1"),
        ),
        Format(
            suffix=".gif",
            description="animated GIF for READMEs and web pages",
            is_still=False,
            highest_fps=50,
            opener=openers.open_gif,
            libraries=(*PAINTING, "pillow"),
        ),
        Format(
            suffix=".png",
            description="still picture of one moment",
            is_still=True,
            highest_fps=120,
            opener=openers.open_png,
            libraries=(*PAINTING, "pillow"),
        ),
        Format(
            suffix=".webm",
            description="VP9 video for web pages",
            is_still=False,
            highest_fps=120,
            opener=openers.open_webm,
            libraries=("ffmpeg", *PAINTING),
            codecs=("vp9", "av1"),
        ),
        Format(
            suffix=".webp",
            description="animated WebP in exact colours",
            is_still=False,
            highest_fps=90,
            opener=openers.open_webp,
            libraries=(*PAINTING, "pillow"),
        ),
        Format(
            suffix=".apng",
            description="animated PNG in exact colours",
            is_still=False,
            highest_fps=90,
            opener=openers.open_apng,
            libraries=(*PAINTING, "zlib"),
        ),
        Format(
            suffix=SEQUENCE,
            description="folder of PNGs, one for each frame, for LaTeX",
            is_still=False,
            highest_fps=120,
            opener=openers.open_sequence,
            libraries=(*PAINTING, "zlib"),
            drafted=folder.Folder,
        ),
        Format(
            suffix=".svg",
            description="the still as vector graphics, for web pages",
            is_still=True,
            highest_fps=120,
            opener=None,
            libraries=DRAWING,
        ),
        Format(
            suffix=".pdf",
            description="the still as vector graphics, for print",
            is_still=True,
            highest_fps=120,
            opener=None,
            libraries=(*DRAWING, "fonttools", "zlib"),
        ),
    )
}
