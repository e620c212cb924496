"""Hands raw pictures to a pipe, on Linux as pages of memory instead of copies."""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING

import numpy as np

from optirace.system import unix

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PIPE_BYTES = 1 << 20
"""What Linux lets anyone ask for: fewer changes between us and the reader than with 64 KiB."""


class Feed:
    """A pipe that is fed with pictures of one size.

    Where pages can be spliced, two pictures take turns: the one sent last may still lie in the
    pipe, page by page, and must not change; the one before has been read, because the pipe holds
    less than a picture.
    """

    def __init__(self, size: int) -> None:
        self.pictures: list[NDArray[np.uint8]] = []
        """One or two of uint8[size]: the memory to paint in before `send`, each in its turn."""
        self._size, self._turn = size, 0
        self._files = unix.memory_files(2, size)
        try:
            self.pictures += [
                np.frombuffer(mmap.mmap(file, size), np.uint8) for file in self._files
            ]
        except OSError:
            self.close()
        if not self._files:
            self.pictures = [np.zeros(size, np.uint8)]

    def widen(self, pipe: int) -> None:
        """Let the pipe hold as much as it may, yet less than a picture."""
        unix.widen(pipe, min(MOST_PIPE_BYTES, 1 << self._size.bit_length() - 1))

    def send(self, pipe: int) -> None:
        """Send the picture whose turn it is, whole; raises BrokenPipeError when nobody reads."""
        if self._files:
            file = self._files[self._turn]
            self._turn ^= 1
            unix.send_pages(file, pipe, self._size)
        else:
            sent, rest = 0, self.pictures[0].data
            while sent < self._size:
                sent += os.write(pipe, rest[sent:])

    def close(self) -> None:
        """Give the memory files back; their memory lives as long as the pictures."""
        for file in self._files:
            os.close(file)
        self._files.clear()
