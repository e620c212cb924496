"""Divides a picture among its parts: pure arithmetic on its size and the number of racers."""

from __future__ import annotations

from dataclasses import dataclass

from optirace.look.geometry import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything stands, in pixels."""

    unit: float
    """A 720th of the short side: every type size and line width is a multiple of it."""

    title: Box
    formula: Box
    counter: Box
    surface: Box
    board: Box
    row: float
    """Height of a row of the board."""

    chart: Box
    """The plotting area of the loss chart, without its labels."""

    progress: Box

    @property
    def text_scale(self) -> float:
        """How much smaller than usual the board's type is, when many racers share it."""
        return min(1.0, self.row / (44.0 * self.unit))


def arrange(width: int, height: int, racers: int) -> Layout:
    """Lay out a picture of this size in pixels for so many racers: side by side, in two storeys, or
    stacked.
    """
    unit = min(width, height) / 720.0
    if width >= 1.15 * height:
        return _side_by_side(width, height, racers, unit)
    if height >= 1.25 * width:
        return _stacked(width, height, racers, unit)
    return _two_storeys(width, height, racers, unit)


def _box(x0: float, y0: float, x1: float, y1: float) -> Box:
    return Box(round(x0), round(y0), round(x1), round(y1))


def _side_by_side(width: int, height: int, racers: int, u: float) -> Layout:
    right = width - 45 * u
    panel = max(0.265 * width, 300 * u)
    left = right - panel
    bottom = height - 83 * u
    top = 112 * u
    row = min(44 * u, (bottom - top - 230 * u) / racers)
    board_bottom = top + row * racers
    return Layout(
        unit=u,
        title=_box(70 * u, 22 * u, left - 40 * u, 64 * u),
        formula=_box(70 * u, 64 * u, left - 58 * u, 100 * u),
        counter=_box(left, 22 * u, right, 64 * u),
        surface=_box(70 * u, top, left - 58 * u, bottom),
        board=_box(left, top, right, board_bottom),
        row=row,
        chart=_box(left + 52 * u, board_bottom + 62 * u, right, bottom),
        progress=_box(0, height - 6 * u, width, height),
    )


def _two_storeys(width: int, height: int, racers: int, u: float) -> Layout:
    right = width - 28 * u
    top = 104 * u
    rows = 44 * u * racers
    board = min(rows, 0.44 * height)
    lower = max(board, 0.29 * height)
    bottom = height - lower - 104 * u
    row = board / racers
    middle = width * 0.52
    board_top = bottom + 82 * u
    return Layout(
        unit=u,
        title=_box(66 * u, 18 * u, width - 250 * u, 58 * u),
        formula=_box(66 * u, 58 * u, width - 250 * u, 94 * u),
        counter=_box(width - 238 * u, 16 * u, right, 94 * u),
        surface=_box(66 * u, top, right, bottom),
        board=_box(28 * u, board_top, middle - 8 * u, board_top + board),
        row=row,
        chart=_box(middle + 62 * u, board_top, right, height - 66 * u),
        progress=_box(0, height - 6 * u, width, height),
    )


def _stacked(width: int, height: int, racers: int, u: float) -> Layout:
    left, right = 66 * u, width - 28 * u
    top = 168 * u
    rows = min(44 * u * racers, 0.36 * height)
    chart = max(0.14 * height, 120 * u)
    bottom = height - 66 * u - chart - 50 * u - rows - 96 * u
    bottom = min(bottom, top + 0.95 * (right - left))
    board_top = bottom + 86 * u
    return Layout(
        unit=u,
        title=_box(left, 24 * u, right, 66 * u),
        formula=_box(left, 66 * u, right, 102 * u),
        counter=_box(left, 108 * u, right, 154 * u),
        surface=_box(left, top, right, bottom),
        board=_box(28 * u, board_top, right, board_top + rows),
        row=rows / racers,
        chart=_box(left, board_top + rows + 46 * u, right, height - 66 * u),
        progress=_box(0, height - 6 * u, width, height),
    )
