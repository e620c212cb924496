"""Sets mathtext as glyphs in places that are the same at every size; matplotlib's parser is asked
for what is not stored.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from optirace.errors import InvalidValueError
from optirace.look import fonts
from optirace.system import turns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


STORED = Path(__file__).with_name("formulas.json")
"""The layouts of what the films of our surfaces show, made by `make formulas`: the parser takes a
tenth of a second to load.
"""

SYMBOLS = (r"\eta =", r"\beta =", r"\quad", *"0123456789.")
"""Of these a row of numbers is put together."""

Glyph: TypeAlias = tuple[str, float, int, float, float]
"""Font, size, number in the font, and its origin: right of the start, and above the baseline."""

Rule: TypeAlias = tuple[float, float, float, float]
"""A black rectangle: its lower left corner, width and height."""

_REFERENCE = 2000.0
"""Pixels per em at which the parser places glyphs: so many that its rounding to 1/64 does not show
at any size.
"""

_SYMBOL = re.compile("|".join(map(re.escape, SYMBOLS)))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the glyphs of a formula stand; lengths in ems, from the start of its baseline."""

    width: float
    glyphs: tuple[Glyph, ...]
    rules: tuple[Rule, ...]


def layout(mathtext: str) -> Layout:
    """Place the glyphs of mathtext (without its dollar signs) in Computer Modern.

    Raises InvalidValueError for what is no mathtext.
    """
    if mathtext in _stored():
        return _stored()[mathtext]
    symbols = _SYMBOL.findall(mathtext)
    if "".join(symbols).replace(" ", "") == mathtext.replace(" ", ""):
        return _row([_stored()[each] for each in symbols])
    return parsed(mathtext)


@functools.cache
def _stored() -> dict[str, Layout]:
    told = json.loads(STORED.read_text(encoding="ascii"))
    return {
        mathtext: Layout(width, *(tuple(map(tuple, each)) for each in placed))
        for mathtext, (width, *placed) in told.items()
    }


def _row(parts: list[Layout]) -> Layout:
    """Return layouts side by side."""
    glyphs: list[Glyph] = []
    left = 0.0
    for part in parts:
        glyphs += [(font, size, number, left + x, y) for font, size, number, x, y in part.glyphs]
        left += part.width
    return Layout(left, tuple(glyphs), ())


@functools.lru_cache(maxsize=64)  # the parser keeps 3 kB of each call forever
def parsed(mathtext: str) -> Layout:
    """Place the glyphs by matplotlib's parser."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser

    # What `parse` does, without its import of the whole Agg backend, a tenth of a second.
    parser: Any = MathTextParser("path")
    look = FontProperties(size=_REFERENCE, math_fontfamily="cm")
    try:
        parse = parser._parse_cached  # noqa: SLF001 - the range of matplotlib in pyproject.toml has it
        with turns.alone():
            found = parse(f"${mathtext}$", 72, look, True, fonts.LoadFlags.NO_HINTING)
    except ValueError as problem:
        reason = str(problem).strip().splitlines()[-1]
        raise InvalidValueError("formula", f"must be mathtext: {reason}", value=mathtext) from None
    glyphs = tuple(
        (Path(font.fname).stem, _ems(size), int(number), _ems(x), _ems(y))
        for font, size, _, number, x, y in found.glyphs
    )
    rules = tuple(
        (_ems(x), _ems(y), _ems(width), _ems(height)) for x, y, width, height in found.rects
    )
    return Layout(_ems(found.width), glyphs, rules)


def _ems(pixels: float) -> float:
    return round(float(pixels) / _REFERENCE, 4)


def raster(mathtext: str, size: float) -> tuple[NDArray[np.uint8], int]:
    """Rasterise mathtext at a size in pixels per em: coverage, cropped to its ink, and the rows of
    it above the baseline.
    """
    placed = layout(mathtext)
    margin = round(size) + 2
    ys = [y for *_, y in placed.glyphs] + [y for _, y, _, _ in placed.rules] + [0.0]
    baseline = margin + round(max(ys) * size)
    image = np.zeros(
        (baseline - round(min(ys) * size) + 2 * margin, round(placed.width * size) + 2 * margin),
        np.uint8,
    )
    for name, share, number, x, y in placed.glyphs:
        with turns.alone():
            font = fonts.font(name)
            font.set_size(share * size, 72)
            glyph = font.load_glyph(cast("Any", number), flags=fonts.LoadFlags.FORCE_AUTOHINT)
            top = baseline - round(y * size + glyph.horiBearingY / 64)
            font.draw_glyph_to_bitmap(image, margin + round(x * size), top, glyph, antialiased=True)
    for x, y, width, height in placed.rules:
        thick = max(1, round(height * size))
        top = baseline - round((y + height / 2) * size + thick / 2)
        left = margin + round(x * size)
        image[top : top + thick, left : left + max(1, round(width * size))] = 255
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    image = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    image.setflags(write=False)
    return image, baseline - int(rows[0])


def _point() -> Layout:
    """Return the point of a number; by itself it would end a sentence, with a space."""
    whole, digit = parsed("0.0"), parsed("0")
    font, size, number, x, y = whole.glyphs[1]
    return Layout(
        round(whole.width - 2 * digit.width, 4),
        ((font, size, number, round(x - digit.width, 4), y),),
        (),
    )


def dumped(formulas: Iterable[str]) -> str:
    """Return what STORED holds when it holds the symbols and these formulas, a line each."""
    layouts = {
        mathtext: _point() if mathtext == "." else parsed(mathtext)
        for mathtext in [*SYMBOLS, *formulas]
    }
    lines = (
        f"{json.dumps(name)}: {json.dumps([each.width, each.glyphs, each.rules])}"
        for name, each in layouts.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
