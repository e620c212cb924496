"""A tilted hat: down to the brim at once, then along its gentle slope to the lowest point."""

from optirace.surfaces import Surface

hat = Surface(
    name="hat",
    formula=r"(\theta_1^2 + \theta_2^2 - 4)^2 / 4 + \theta_1 / 4",
    value=lambda x, y: (x * x + y * y - 4.0) * (x * x + y * y - 4.0) / 4.0 + x / 4.0,
    gradient=lambda x, y: (x * (x * x + y * y - 4.0) + 0.25, y * (x * x + y * y - 4.0)),
    start=(2.5, 0.5),
    minima=((-2.030546615353373, 0.0),),
)
