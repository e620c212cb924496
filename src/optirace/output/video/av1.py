"""Makes AV1 in an MP4 or a WebM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.output.video import ffmpeg, vp9

if TYPE_CHECKING:
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

CRF = 30
CODEC = (
    f"-c:v libaom-av1 -usage realtime -cpu-used 8 -crf {CRF} -b:v 0 -row-mt 1 -aom-params "
    "tune-content=screen"
)


def mp4(draft: Draft, film: Film) -> ffmpeg.Video:
    """Return the encoder of an MP4."""
    return ffmpeg.Video(draft, film, mp4_arguments)


def webm(draft: Draft, film: Film) -> ffmpeg.Video:
    """Return the encoder of a WebM."""
    return ffmpeg.Video(draft, film, webm_arguments)


def mp4_arguments(name: str, film: Film) -> list[str]:
    """Return what ffmpeg is told to make an MP4."""
    return ffmpeg.arguments(name, film, codec=CODEC, container="-movflags +faststart -f mp4")


def webm_arguments(name: str, film: Film) -> list[str]:
    """Return what ffmpeg is told to make a WebM."""
    return ffmpeg.arguments(name, film, codec=CODEC, container=vp9.CONTAINER)
