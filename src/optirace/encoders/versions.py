"""Tells the versions of the libraries that decide a format's bytes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from optirace import fonts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def of(libraries: Iterable[str]) -> dict[str, str]:
    """Return the version of each library by its name; ffmpeg's is that of the program that runs.

    Asked of the modules themselves, which are loaded anyway: the packages' metadata would load a mail parser.
    """
    return {name: _OF[name]() for name in libraries}


def _ffmpeg() -> str:
    from optirace.encoders import video  # noqa: PLC0415 - finds ffmpeg; a still does without

    return video.version()


_OF: dict[str, Callable[[], str]] = {
    "ffmpeg": _ffmpeg,
    "matplotlib": lambda: str(fonts.module("_version").version),
    "numpy": lambda: str(import_module("numpy").__version__),
    "pillow": lambda: str(import_module("PIL").__version__),
}
