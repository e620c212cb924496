"""Loss surfaces, and the table of those we ship."""

from optirace.surfaces import quadratics, ripples, saddles, valleys, wells
from optirace.surfaces.surface import Array, Point, Surface, View

__all__ = ["SURFACES", "Array", "Point", "Surface", "View"]

SURFACES: dict[str, Surface] = {
    surface.name: surface
    for surface in (*quadratics.ROWS, *valleys.ROWS, *wells.ROWS, *ripples.ROWS, *saddles.ROWS)
}
