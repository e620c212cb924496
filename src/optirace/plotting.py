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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

CANVASES: dict[str, tuple[Any, str, str]] = {
    ".png": (FigureCanvasAgg, "Software", ""),
    ".svg": (FigureCanvasSVG, "Date", "Description"),
    ".pdf": (FigureCanvasPdf, "CreationDate", "Subject"),
}
"""For every suffix what draws it, what its file would say of when or where it was made, and as what it says how."""


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
    """Draw with matplotlib's defaults and with ours."""
    defaults: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")}
    with mpl.rc_context(defaults | {"mathtext.fontset": "cm", "svg.hashsalt": "optirace"} | ours):
        yield


def encoded(figure: Figure, suffix: str, dpi: float, note: str = "") -> bytes:
    """Return a figure as the file that a suffix stands for, which carries a note, ASCII."""
    canvas, unsaid, said = CANVASES[suffix]
    metadata = {unsaid: None, **({said: note} if said and note else {})}
    file = io.BytesIO()
    with undated():
        canvas(figure).print_figure(file, format=suffix[1:], dpi=dpi, metadata=metadata)
    return file.getvalue()
