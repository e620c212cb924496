"""Loads what makes a format when a film of it is opened, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optirace.output.files import folder, target
    from optirace.output.sinks import Encoder, Film


def open_mp4(draft: target.Draft, film: Film) -> Encoder:
    """Return the encoder of an MP4: H.264, or AV1 where that is wanted."""
    from optirace.output.video import av1, h264  # finds ffmpeg; only a film needs it

    return av1.mp4(draft, film) if film.codec == "av1" else h264.mp4(draft, film)


def open_webm(draft: target.Draft, film: Film) -> Encoder:
    """Return the encoder of a WebM: VP9, or AV1 where that is wanted."""
    from optirace.output.video import av1, vp9  # finds ffmpeg; only a film needs it

    return av1.webm(draft, film) if film.codec == "av1" else vp9.webm(draft, film)


def open_webp(draft: target.Draft, film: Film) -> Encoder:
    """Return the encoder of an animated WebP."""
    from optirace.output.encode import webp  # loads Pillow; only a film needs it

    return webp.open_webp(draft, film)


def open_apng(draft: target.Draft, film: Film) -> Encoder:
    """Return the encoder of an APNG."""
    from optirace.output.encode import apng  # only a film needs it

    return apng.open_apng(draft, film)


def open_sequence(draft: folder.Folder, film: Film) -> Encoder:
    """Return the encoder of a folder of PNGs."""
    from optirace.output.encode import sequence  # only a film needs it

    return sequence.Sequence(draft, film)


def open_gif(draft: target.Draft, film: Film) -> Encoder:
    """Return the encoder of a GIF."""
    from optirace.output.encode import gif  # loads Pillow; only a film needs it

    return gif.Gif(draft, film)


def open_png(draft: target.Draft, film: Film) -> Encoder:
    """Return the encoder of a PNG."""
    from optirace.output.encode import png  # loads Pillow; only a film needs it

    return png.Png(draft, film)
