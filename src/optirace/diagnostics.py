"""Checks that all a film needs is there, and says what to do where it is not."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from optirace.look import fonts
from optirace.system import limits

if TYPE_CHECKING:
    from collections.abc import Callable

OLDEST_PYTHON = (3, 11)

LEAST_FREE = 200_000_000
"""Bytes: the largest film that a lecture has asked for, twice, for the earlier one stays until the
new one is complete.
"""

NEEDED_ENCODER = "libx264"
OTHER_ENCODERS = (
    "libx265",
    "libvpx-vp9",
    "libaom-av1",
    "libsvtav1",
    "libwebp_anim",
    "prores_ks",
    "ffv1",
)
"""What else ffmpeg may have that a film could be made with."""

REINSTALL = "python -m pip install --force-reinstall {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at, and what was found."""

    name: str
    ok: bool
    found: str
    advice: str = ""
    """What to do; empty where nothing needs to be done."""


def checks() -> tuple[Check, ...]:
    """Look at Python, packages, gmpy2, ffmpeg, fonts, this folder and the terminal; changes
    nothing, and takes a second.

    A check that ends in an error of any kind is a problem that was found.
    """
    with suppress(
        Exception
    ):  # a thread that imports would wait forever for what an interrupted import has left locked
        from optirace.output.video import ffmpeg  # its absence is a finding

        ffmpeg.program()
    with ThreadPoolExecutor(max_workers=1) as other:
        try:
            encoding = other.submit(_looked_at, *_SLOW).result
        except RuntimeError:  # no thread may be started; it then takes two seconds
            encoding = partial(_looked_at, *_SLOW)
        looked = {name: _looked_at(name, look) for name, look in _LOOKS}
        looked[_SLOW[0]] = encoding()
    return tuple(looked[name] for name in _ORDER)


def _looked_at(name: str, look: Callable[[], tuple[bool, str, str]]) -> Check:
    try:
        ok, found, advice = look()
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is what the person wants to know
        told = limits.behind(problem) or " ".join(str(problem).split()) or type(problem).__name__
        ok, found, advice = False, told, _ADVICE.get(name, "")
    return Check(name=name, ok=ok, found=found, advice="" if ok else advice)


def _python() -> tuple[bool, str, str]:
    found = f"{platform.python_implementation()} {platform.python_version()} in {sys.prefix}"
    return (
        sys.version_info >= OLDEST_PYTHON,
        found,
        "install Python {}.{} or later".format(*OLDEST_PYTHON),
    )


def _packages() -> tuple[bool, str, str]:
    found, wrong = [], []
    for name, bounds in requirements():
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} is missing")
            wrong.append(f'"{name}{bounds}"')
            continue
        found.append(
            f"{name} {version}" if is_within(version, bounds) else f"{name} {version}, not {bounds}"
        )
        if not is_within(version, bounds):
            wrong.append(f'"{name}{bounds}"')
    return not wrong, ", ".join(found), f"python -m pip install {' '.join(wrong)}"


def requirements() -> list[tuple[str, str]]:
    """Return the packages that the installed optirace needs, and the versions it takes: `("numpy",
    "<3,>=2.0")`.
    """
    told = importlib.metadata.requires("optirace") or []
    matches = (re.match(r"([\w.-]+)\s*([^;]*)", line) for line in told if "extra ==" not in line)
    return sorted((match[1], match[2].strip()) for match in matches if match)


def is_within(version: str, bounds: str) -> bool:
    """Say whether a version keeps to bounds with >= and <.

    >>> [is_within(version, "<3,>=2.0") for version in ("1.26.4", "2.0", "2.10.1", "3.0rc1")]
    [False, True, True, False]
    """
    numbers = _numbers(version)
    for limit in filter(None, bounds.split(",")):
        bound = _numbers(limit.lstrip("<>= "))
        if (limit.startswith(">=") and numbers < bound) or (
            limit.startswith("<") and numbers >= bound
        ):
            return False
    return True


def _numbers(version: str) -> list[int]:
    numbers = [
        int(part) for part in re.findall(r"\d+", re.split(r"[^\d.]", version, maxsplit=1)[0])
    ]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers


def _arithmetic() -> tuple[bool, str, str]:
    import gmpy2  # its absence is a finding

    right = float(gmpy2.exp(gmpy2.mpfr(1))) == math.e
    return right, f"gmpy2 {gmpy2.version()} with {gmpy2.mpfr_version()}", REINSTALL.format("gmpy2")


def _ffmpeg() -> tuple[bool, str, str]:
    from optirace.output.video import ffmpeg  # finds ffmpeg

    program, version, names = ffmpeg.abilities()
    has_it = NEEDED_ENCODER in names
    more = [name for name in OTHER_ENCODERS if name in names]
    found = (
        f"{version} with {', '.join([NEEDED_ENCODER] * has_it + more) or 'no encoder of use'}, "
        f"{program}"
    )
    return has_it, found, _ADVICE["ffmpeg"]


def _fonts() -> tuple[bool, str, str]:
    from optirace.drawing.raster import glyphs  # loads matplotlib

    faces = (fonts.SANS, fonts.BOLD, fonts.MONO, fonts.MONO_BOLD)
    blank = [face for face in faces if not glyphs.text("Adam 0.1", face, 20.0).coverage.any()]
    return not blank, f"{', '.join(face for face in faces if face not in blank)}", _ADVICE["fonts"]


def _folder() -> tuple[bool, str, str]:
    from optirace.output.files import (
        target,
    )  # a folder is looked at last, and names are checked by what writes

    with target.Draft("doctor.png", ".png"):
        return True, f"{target.shown(Path.cwd())} takes new files", ""


def _space() -> tuple[bool, str, str]:
    free = shutil.disk_usage(Path.cwd()).free
    return (
        free >= LEAST_FREE,
        f"{free / 1e6:,.0f} MB free here",
        f"free {LEAST_FREE // 1_000_000} MB, or write elsewhere",
    )


def _terminal() -> tuple[bool, str, str]:
    told = (sys.stdout and sys.stdout.encoding) or "none"
    if sys.stdout is None:
        return True, "stdout is closed", ""
    try:
        "\N{BLACK CIRCLE}\N{BOX DRAWINGS LIGHT HORIZONTAL}".encode(told)
    except (UnicodeEncodeError, LookupError):
        told += ", so tables are drawn in ASCII; PYTHONIOENCODING=utf-8 would draw lines"
    width = (
        f", {shutil.get_terminal_size().columns} columns"
        if sys.stdout.isatty()
        else ", no terminal"
    )
    return True, f"{told}{width}{', NO_COLOR' if os.environ.get('NO_COLOR') else ''}", ""


_ADVICE = {
    "packages": "python -m pip install . in a clone of optirace, with the Python that runs it",
    "arithmetic": REINSTALL.format("gmpy2"),
    "ffmpeg": f"unset IMAGEIO_FFMPEG_EXE, or {REINSTALL.format('imageio-ffmpeg')}",
    "fonts": REINSTALL.format("matplotlib"),
    "folder": "change to a folder of your own, or name one with -o",
}

_SLOW = ("ffmpeg", _ffmpeg)
"""Runs another program, while the others are looked at."""

_LOOKS = (
    ("python", _python),
    ("packages", _packages),
    ("arithmetic", _arithmetic),
    ("fonts", _fonts),
    ("folder", _folder),
    ("space", _space),
    ("terminal", _terminal),
)
_ORDER = ("python", "packages", "arithmetic", "ffmpeg", "fonts", "folder", "space", "terminal")
