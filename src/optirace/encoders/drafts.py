"""Says what a file or a folder is while it is in the making."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from optirace.errors import OutputError


class Draft(Protocol):
    """What becomes the file or the folder; see target.Draft."""

    name: str
    path: Path

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def error(self, message: str, detail: str = "") -> OutputError: ...  # noqa: D102
    def digest(self) -> tuple[int, str]: ...  # noqa: D102
    def commit(self) -> None: ...  # noqa: D102
