"""Tells the versions of the libraries that decide a format's bytes."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def of(libraries: Iterable[str]) -> dict[str, str]:
    """Return the version of each library by its name; ffmpeg's is that of the program that runs."""
    return {name: _ffmpeg() if name == "ffmpeg" else metadata.version(name) for name in libraries}


def _ffmpeg() -> str:
    from optirace.encoders import h264  # noqa: PLC0415 - finds ffmpeg; a still does without

    return h264.version()
