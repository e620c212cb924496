"""Makes AV1 in an MP4 or a WebM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.encoders import h264, video, vp9

if TYPE_CHECKING:
    from optirace.encoders import Film
    from optirace.encoders.target import Draft

CRF = 30
CODEC = f"-c:v libaom-av1 -usage realtime -cpu-used 8 -crf {CRF} -b:v 0 -row-mt 1 -aom-params tune-content=screen"


def mp4(draft: Draft, film: Film) -> video.Video:
    """Return the encoder of an MP4."""
    return video.Video(draft, film, arguments=mp4_arguments, problem=h264.problem)


def webm(draft: Draft, film: Film) -> video.Video:
    """Return the encoder of a WebM."""
    return video.Video(draft, film, arguments=webm_arguments, problem=vp9.problem)


def mp4_arguments(name: str, film: Film) -> list[str]:
    """Return what ffmpeg is told to make an MP4."""
    return video.arguments(name, film, codec=CODEC, container="-movflags +faststart -f mp4", takes_note=True)


def webm_arguments(name: str, film: Film) -> list[str]:
    """Return what ffmpeg is told to make a WebM."""
    return video.arguments(name, film, codec=CODEC, container=vp9.CONTAINER, takes_note=True)
