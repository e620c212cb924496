"""Makes H.264 in an MP4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.output.video import ffmpeg

if TYPE_CHECKING:
    from optirace.output.files.target import Draft
    from optirace.output.sinks import Film

# Measured on a default race. A race is a still picture on which little moves: B-frames, sub-pixel
# motion search and scene cuts cost a third of the time and save nothing; the macroblock tree with
# ten frames of lookahead is what keeps the file small (0.7 instead of 1.1 MB), and more lookahead
# makes it larger. Chroma, of which there is a quarter, gets three steps of quality more and luma
# one less than with crf 21 for both: about half as many flat pixels are off by more than 2 of 255,
# and an eighth to a half fewer by more than 3, in a file 2 % smaller. cpu-independent and the fixed
# number of threads make the same bytes on every machine.
X264 = (
    "subme=0:partitions=all:bframes=0:rc-lookahead=10:mbtree=1:scenecut=0:weightp=0:"
    "chroma-qp-offset=-3:cpu-independent=1"
)
CRF = 22


def mp4(draft: Draft, film: Film) -> ffmpeg.Video:
    """Return the encoder: High, or with full chroma High 4:4:4 Predictive, which browsers and
    slides refuse.
    """
    return ffmpeg.Video(draft, film, arguments)


def arguments(name: str, film: Film) -> list[str]:
    """Return what ffmpeg is told."""
    profile = "high444" if film.chroma == 444 else "high"
    # The filter drops the encoder's note of its own settings.
    codec = (
        f"-c:v libx264 -profile:v {profile} -preset superfast -crf {CRF} -x264-params {X264} "
        "-bsf:v filter_units=remove_types=6"
    )
    return ffmpeg.arguments(name, film, codec=codec, container="-movflags +faststart -f mp4")
