"""Says what a file or a folder is while it is in the making, and puts several in their places
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Self

    from optirace.errors import OutputError


class Draft(Protocol):
    """A temporary file or folder beside its target; it either replaces the target or vanishes."""

    name: str
    """The target as it was named, for messages."""

    path: Path
    """Where it is made."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def error(self, problem: str, hint: str = "") -> OutputError:
        """Say what went wrong with it, and after its name what the encoder itself has to say."""

    def digest(self) -> tuple[int, str]:
        """Have the disk confirm what was written, and return its length and SHA-256."""

    def keep_earlier(self) -> None:
        """Make sure that what stands at the target can come back, and that no other run sweeps
        it.
        """

    def replace(self) -> None:
        """Put it in the target's place."""

    def is_in_place(self) -> bool:
        """Return whether it stands at the target."""

    def put_back(self) -> None:
        """Undo `replace`, or what was done of it; where even that fails, what was earlier keeps
        another name.
        """

    def forget_earlier(self) -> None:
        """Let go of what stood at the target earlier, unless it has not come back."""

    def settle(self) -> None:
        """Let go of what is in place."""


def commit(
    drafts: Sequence[Draft],
    deliver: Callable[[], None] | None = None,
    check: Callable[[], None] | None = None,
) -> None:
    """Put finished drafts in the places of their targets: all, or, when one cannot be or an
    interrupt comes, none.

    `deliver` sends what cannot be taken back, and raises OutputError. It is called when all are in
    place and can still leave it: whoever reads gets nothing unless the files are there, and the
    files go back unless all of it was read. `check` looks at the targets once more, right before
    they are replaced, and raises for one that must stay.

    Only a kill between two replacements, which no process sees, leaves some of them new; each is
    whole even then. Raises OutputError.
    """
    is_delivered = deliver is None
    try:
        for current in drafts if len(drafts) > 1 or deliver is not None else ():
            current.keep_earlier()
        (check or _nothing)()
        for current in drafts:
            current.replace()
        (deliver or _nothing)()
        is_delivered = True
    except BaseException as problem:
        if not (is_delivered and all(draft.is_in_place() for draft in drafts)):
            _put_back(drafts)
        if isinstance(problem, OSError):
            raise current.error((problem.strerror or str(problem)).lower()) from problem
        raise
    finally:
        for draft in drafts:
            draft.forget_earlier()
    for draft in drafts:
        draft.settle()


def _put_back(drafts: Sequence[Draft]) -> None:
    for draft in drafts:
        draft.put_back()


def _nothing() -> None:
    """Look at nothing, and send nothing."""
