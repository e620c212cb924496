"""Makes VP9 in a WebM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.output.read import matroska
from optirace.output.video import ffmpeg

if TYPE_CHECKING:
    from pathlib import Path

    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

CRF = 31
CONTAINER = "-cues_to_front 1 -f webm"


def webm(draft: Draft, film: Film) -> ffmpeg.Video:
    """Return the encoder: profile 0, or with full chroma profile 1."""
    return ffmpeg.Video(draft, film, arguments=arguments, problem=problem)


def arguments(name: str, film: Film) -> list[str]:
    """Return what ffmpeg is told."""
    profile = 1 if film.chroma == 444 else 0
    codec = f"-c:v libvpx-vp9 -profile:v {profile} -deadline realtime -cpu-used 8 -crf {CRF} -b:v 0 -row-mt 1 -tile-columns 2"
    return ffmpeg.arguments(name, film, codec=codec, container=CONTAINER, takes_note=True)


def problem(path: Path, film: Film) -> str | None:
    """Return what a WebM lacks to be the film, in words, or None."""
    found = matroska.problem(path, film, key_frames_every=ffmpeg.key_interval(film))
    if found is None and (matroska.contents(path).note or "") != film.note:
        return "it does not say how it was made"
    return found
