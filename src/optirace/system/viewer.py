"""Shows a file in the viewer that the system has for files of its kind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = {"darwin": "open", "win32": ""}
"""What opens a file, by platform; where no program is named, Python does it itself.

On all others it is xdg-open.
"""

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")


def show(path: Path) -> str:
    """Have a file shown, without waiting for what shows it; return why that cannot be, or
    nothing.
    """
    program = PROGRAMS.get(sys.platform, "xdg-open")
    try:
        if not program:
            getattr(os, "startfile")(path)  # noqa: B009 - only Windows has it
            return ""
        if program == "xdg-open" and not any(map(os.environ.get, SCREENS)):
            return f"there is no screen: {' and '.join(SCREENS)} are not set"
        found = shutil.which(program)
        if found is None:
            return f"there is no {program}"
        quiet = subprocess.DEVNULL
        viewer = subprocess.Popen(  # noqa: S603 - a program of the system, given one file
            [found, os.path.abspath(path)],  # noqa: PTH100 - as it is named, through links; and no name looks like an option
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,  # a Ctrl-C here is not for it
        )
    except OSError as problem:
        return (problem.strerror or str(problem)).lower()
    viewer.returncode = (
        0  # nobody waits for it, and Python warns of a process that nobody waited for
    )
    return ""
