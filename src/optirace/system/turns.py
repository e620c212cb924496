"""Lets one thread at a time use what all threads of a program share: matplotlib, its settings and
fonts, and Python's warnings.

A font of matplotlib's holds the words it was given last, and its settings, like the filter of
warnings, are those of the whole program: two threads that draw would read each other's words, or
crash. What is ours alone, such as the pixels of a film, needs no turn, so that films of several
threads still come along side by side.
"""

from __future__ import annotations

import os
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = threading.RLock()


@contextmanager
def alone() -> Iterator[None]:
    """Wait for the turn, and keep it; who has it may take it again.

    Keep it for as long as something shared is set and read, and never while somebody else's
    function runs that may wait for another thread.
    """
    with _lock:
        yield


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the turn, and let no warning be said."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _renew() -> None:
    """Give a copy of this process a turn that nobody has: the thread that had it was not copied,
    and would never end it.
    """
    global _lock  # noqa: PLW0603 - one for the program
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
