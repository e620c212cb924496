"""Keeps memory that is asked for again and again.

The GNU C library gives large blocks back to the system as soon as they are free, and gets them anew
page by page: every frame pays for pages that the frame before had. What it keeps is bounded by what
was in use at once.
"""

from __future__ import annotations

import contextlib

from optirace.system import unix

# mallopt(3): its names for what is asked of it, as malloc.h numbers them, and as the environment of
# a process spells them.
_OPTIONS = {
    (-1, "MALLOC_TRIM_THRESHOLD_"): 1 << 30,
    (-3, "MALLOC_MMAP_THRESHOLD_"): 1 << 25,  # the most that it takes
}

ENVIRONMENT = {name: str(size) for (_, name), size in _OPTIONS.items()}
"""What a child process is told, so that it does the same; where the library is another, nothing
comes of it.
"""


def keep() -> None:
    """Have this process keep large blocks that are free; where the C library is another, nothing
    changes.
    """
    if unix.is_linux():
        import ctypes  # numpy loads it anyway

        with contextlib.suppress(AttributeError, OSError):
            adjust = ctypes.CDLL(None).mallopt
            for (option, _), size in _OPTIONS.items():
                adjust(option, size)
