"""Draws with matplotlib's defaults alone, whatever fonts, styles and settings there are on the machine."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

CANVASES: dict[str, tuple[Any, dict[str, Any]]] = {
    ".png": (FigureCanvasAgg, {"Software": None}),
    ".svg": (FigureCanvasSVG, {"Date": None}),
    ".pdf": (FigureCanvasPdf, {"CreationDate": None}),
}
"""For every suffix what draws it, and how its file says neither when nor where it was made."""


@contextmanager
def settings(ours: dict[Any, Any]) -> Iterator[None]:
    """Draw with matplotlib's defaults and with ours."""
    defaults: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")}
    with mpl.rc_context(defaults | {"mathtext.fontset": "cm", "svg.hashsalt": "optirace"} | ours):
        yield


def encoded(figure: Figure, suffix: str, dpi: float) -> bytes:
    """Return a figure as the file that a suffix stands for."""
    canvas, metadata = CANVASES[suffix]
    file = io.BytesIO()
    canvas(figure).print_figure(file, format=suffix[1:], dpi=dpi, metadata=metadata)
    return file.getvalue()
