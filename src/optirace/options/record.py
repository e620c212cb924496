"""Says what a film or a chart was asked for with, as it carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optirace.options.race import RaceOptions, plugin_paths
from optirace.output import provenance

if TYPE_CHECKING:
    from optirace.settings.option import Asked


def origin(kind: str, asked: Asked) -> provenance.Origin:
    """Return what a command, `render` or `sweep`, was asked for with."""
    plugins = {
        path.name: provenance.digest_of(path)
        for path in plugin_paths(asked.of(RaceOptions).plugins)
    }
    return provenance.Origin(made_by=kind, settings=asked.record(), plugins=plugins)
