"""Rectangles of pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels: columns x0 to x1 and rows y0 to y1, the ends excluded."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Rows."""
        return self.y1 - self.y0

    def within(self, other: Box) -> Box:
        """Return the part that lies inside another box; it may be empty, never inside out."""
        x0, y0 = min(max(self.x0, other.x0), other.x1), min(max(self.y0, other.y0), other.y1)
        return Box(x0, y0, max(x0, min(self.x1, other.x1)), max(y0, min(self.y1, other.y1)))
