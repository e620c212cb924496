"""Swaps what two names stand for in one step, where the system can."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

from optirace.system import unix

if TYPE_CHECKING:
    from pathlib import Path

# Of renameat2 (Linux 3.15, glibc 2.28), which Python does not have.
_HERE, _EXCHANGE = -100, 2
_LACKING = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
"""What an old kernel answers, and a file system that cannot."""


def swapped(one: Path, other: Path) -> bool:
    """Swap two names of one file system and return True, or return False where that takes more than
    one step.
    """
    if not unix.is_linux():
        return False
    import ctypes  # only a folder that replaces another needs it

    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    sys.audit("os.rename", one, other, _HERE, _HERE)
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _LACKING:
        return False
    raise OSError(number, os.strerror(number), str(other))
