"""Draws with matplotlib's defaults alone, whatever fonts, styles and settings there are on the machine."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG

from optirace import turns
from optirace.encoders import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

CANVASES: dict[str, tuple[Any, str, str]] = {
    ".png": (FigureCanvasAgg, "Software", ""),
    ".svg": (FigureCanvasSVG, "Date", "Description"),
    ".pdf": (FigureCanvasPdf, "CreationDate", "Subject"),
}
"""For every suffix what draws it, what its file would say of when or where it was made, and as what it says how; a PNG takes
its note afterwards."""


@contextmanager
def undated() -> Iterator[None]:
    """Hide the date that packagers give to programs: matplotlib reads it where none is written, and fails over what is none."""
    date = os.environ.pop("SOURCE_DATE_EPOCH", None)
    try:
        yield
    finally:
        if date is not None:
            os.environ["SOURCE_DATE_EPOCH"] = date


@contextmanager
def settings(ours: dict[Any, Any]) -> Iterator[None]:
    """Draw with matplotlib's defaults and with ours, while no other thread of ours draws with it."""
    defaults: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")}
    with turns.alone(), mpl.rc_context(defaults | {"mathtext.fontset": "cm", "svg.hashsalt": "optirace"} | ours):
        yield


def encoded(figure: Figure, suffix: str, size: tuple[int, int], note: str = "") -> bytes:
    """Return a figure of so many pixels as the file that a suffix stands for, which carries a note, ASCII."""
    canvas, unsaid, said = CANVASES[suffix]
    metadata = {unsaid: None, **({said: note} if said and note else {})}
    if suffix == ".png":  # which rounds down
        width, height = ((length + 1e-3) / figure.dpi for length in size)
        figure.set_size_inches(width, height)
    file = io.BytesIO()
    with turns.alone(), undated():
        canvas(figure).print_figure(file, format=suffix[1:], dpi=figure.dpi, metadata=metadata)
    written = file.getvalue()
    if suffix == ".svg":
        for name, length in zip(("width", "height"), size, strict=True):
            start = written.index(f'{name}="'.encode(), written.index(b"<svg"))
            end = written.index(b'"', start + len(name) + 2)
            written = written[:start] + f'{name}="{length}'.encode() + written[end:]
    return chunks.with_note(written, note) if suffix == ".png" else written
