"""Asks matplotlib where the glyphs of our surfaces' formulas stand, and stores it: python
tests/make_formulas.py.
"""

from optirace.drawing import picture
from optirace.drawing.raster import formulas
from optirace.surfaces import SURFACES


def shown():
    """Return what the films of the surfaces that we ship show."""
    return [*picture.AXES, *sorted({picture.law_of(surface) for surface in SURFACES.values()})]


if __name__ == "__main__":
    formulas.STORED.write_text(formulas.dumped(shown()), encoding="ascii")
