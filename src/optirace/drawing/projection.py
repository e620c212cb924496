"""Says where points of the plane stand in a picture; every back-end asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from optirace.drawing import picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from optirace.drawing.elements import Element
    from optirace.drawing.layout import Layout
    from optirace.drawing.scales import Scales
    from optirace.look.themes import Style


class Projection(Protocol):
    """Points and vectors are float64[n, 2]; so are pixels, from the upper left corner."""

    def place(
        self, points: NDArray[np.float64], losses: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the pixels of points whose losses are float64[n]."""

    def along(
        self, vectors: NDArray[np.float64], points: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return steps in the plane as steps in the picture, at the points where they begin; a part
        may be infinite.
        """

    def furniture(
        self, plan: Layout, style: Style, size: float, *, has_left: bool = True
    ) -> Iterator[Element]:
        """Describe what stands round the surface: with numbers of a size below it and, unless
        another's serve, left of it.
        """


class Plan:
    """Seen from above: along two axes, whatever the loss."""

    def __init__(self, scales: Scales) -> None:
        self._scales = scales

    def place(
        self, points: NDArray[np.float64], losses: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return pixels."""
        del losses
        return np.stack(
            [self._scales.x.place(points[:, 0]), self._scales.y.place(points[:, 1])], axis=1
        )

    def along(
        self, vectors: NDArray[np.float64], points: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Scale each axis."""
        del points
        x, y = self._scales.x, self._scales.y
        scale = np.array(
            [(x.end - x.start) / (x.high - x.low), (y.end - y.start) / (y.high - y.low)]
        )
        return np.asarray(vectors * scale)

    def furniture(
        self, plan: Layout, style: Style, size: float, *, has_left: bool = True
    ) -> Iterator[Element]:
        """Describe ticks."""
        return picture.ticks(self._scales, plan, style, size, has_left=has_left)
