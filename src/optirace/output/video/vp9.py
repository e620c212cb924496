"""Makes VP9 in a WebM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.output.video import ffmpeg

if TYPE_CHECKING:
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

CRF = 31
CONTAINER = "-cues_to_front 1 -f webm"


def webm(draft: Draft, film: Film) -> ffmpeg.Video:
    """Return the encoder: profile 0, or with full chroma profile 1."""
    return ffmpeg.Video(draft, film, arguments)


def arguments(name: str, film: Film) -> list[str]:
    """Return what ffmpeg is told."""
    profile = 1 if film.chroma == 444 else 0
    codec = (
        f"-c:v libvpx-vp9 -profile:v {profile} -deadline realtime -cpu-used 8 -crf {CRF} -b:v 0 "
        "-row-mt 1 -tile-columns 2"
    )
    return ffmpeg.arguments(name, film, codec=codec, container=CONTAINER)
