"""Draws with matplotlib's defaults alone, whatever fonts, styles and settings there are on the
machine.
"""

from __future__ import annotations

import hashlib
import html
import io
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG

from optirace.look.about import LANGUAGE, PDF_CATALOG, About
from optirace.system import turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

CANVASES: dict[str, tuple[Any, str, str]] = {
    ".png": (FigureCanvasAgg, "Software", ""),
    ".svg": (FigureCanvasSVG, "Date", "Description"),
    ".pdf": (FigureCanvasPdf, "CreationDate", "Subject"),
}
"""For every suffix what draws it, what its file would say of when or where it was made, and as what
it says how; a PNG takes its note afterwards."""


LONGEST = 3000
"""Characters of a title or a description; a formula may be longer, and who looks for the note looks
near the beginning.
"""


@contextmanager
def undated() -> Iterator[None]:
    """Hide the date that packagers give to programs: matplotlib reads it where none is written, and
    fails over what is none.
    """
    date = os.environ.pop("SOURCE_DATE_EPOCH", None)
    try:
        yield
    finally:
        if date is not None:
            os.environ["SOURCE_DATE_EPOCH"] = date


@contextmanager
def settings(ours: dict[Any, Any]) -> Iterator[None]:
    """Draw with matplotlib's defaults and with ours, while no other thread of ours draws with
    it.
    """
    defaults: dict[Any, Any] = {
        key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith("backend")
    }
    with (
        turns.alone(),
        mpl.rc_context(defaults | {"mathtext.fontset": "cm", "svg.hashsalt": "optirace"} | ours),
    ):
        yield


def encoded(
    figure: Figure, suffix: str, size: tuple[int, int], about: About, note: str = ""
) -> bytes:
    """Return a figure of so many pixels as the file that a suffix stands for, which carries a note,
    ASCII; a PNG has none yet.

    An SVG says what it is in a title and a description, a PDF in its title, and both in which
    language.
    """
    canvas, unsaid, said = CANVASES[suffix]
    titled = {"Title": _printable(about.title)} if suffix == ".pdf" else {}
    metadata = {unsaid: None, **titled, **({said: note} if said and note else {})}
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
        return _described(written, about)
    if suffix == ".pdf":
        return _in_language(written)
    return written


def _printable(words: str) -> str:
    words = " ".join("".join(mark if mark.isprintable() else " " for mark in words).split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 3]}..."


def _described(svg: bytes, about: About) -> bytes:
    """Name a drawing and describe it as SVG 2 and WAI-ARIA have it; the names of both are its own,
    for a page of several.
    """
    title, description = (html.escape(_printable(words), quote=False) for words in about)
    own = hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:12]
    start = svg.index(b"<svg")
    end = svg.index(b">", start)
    head = (
        f' role="img" lang="{LANGUAGE}" xml:lang="{LANGUAGE}" aria-labelledby="title-{own}" '
        f'aria-describedby="desc-{own}">'
    )
    words = (
        f'\n <title id="title-{own}">{title}</title>\n <desc id="desc-{own}">{description}</desc>'
    )
    return svg[:end] + head.encode() + words.encode() + svg[end + 1 :]


def _in_language(pdf: bytes) -> bytes:
    """Say in a document's catalog in which language it is, and that windows are to show its title,
    not its name (ISO 32000-1).

    matplotlib writes the catalog itself and says neither. All that stands behind it moves, so the
    table of places is mended.
    """
    at = pdf.index(b"/Type /Catalog") + len(b"/Type /Catalog")
    more = PDF_CATALOG
    table = int(pdf[pdf.rindex(b"startxref") :].split()[1])
    head, body, places = pdf[:at], pdf[at:table], pdf[table:]

    def moved(match: re.Match[bytes]) -> bytes:
        place = int(match[1])
        return b"%010d %b" % (place + len(more) * (place >= at), match[2])

    places = re.sub(rb"(?m)^(\d{10}) (\d{5} n)", moved, places)
    places = re.sub(rb"startxref\s+\d+", b"startxref\n%d" % (table + len(more)), places)
    return head + more + body + places
