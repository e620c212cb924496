"""Tells the versions of the libraries that decide a format's bytes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from optirace.look import fonts

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODULES = {"pillow": "PIL", "fonttools": "fontTools"}


def of(libraries: Iterable[str]) -> dict[str, str]:
    """Return the version of each library by its name; ffmpeg's is that of the program that runs.

    Asked of the modules themselves, which are loaded anyway: the packages' metadata would load a
    mail parser.
    """
    return {name: _version(name) for name in libraries}


def _version(name: str) -> str:
    if name == "ffmpeg":
        from optirace.output.video import ffmpeg  # finds ffmpeg; a still does without

        return ffmpeg.version()
    if name == "matplotlib":
        return str(fonts.module("_version").version)
    module = import_module(_MODULES.get(name, name))
    return str(getattr(module, "ZLIB_RUNTIME_VERSION", None) or module.__version__)
