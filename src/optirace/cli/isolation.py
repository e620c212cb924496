"""Keeps matplotlib from reading what the machine and the folder say of it, in a process that is
ours.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class _Finder:
    """Finds matplotlib, whoever imports it first, as everybody would, and has it run where it finds
    no settings.

    Its import reads a matplotlibrc, the working folder's before all others, and fails where that is
    not in UTF-8; another may set the locale of the process. Nothing that can be told to it before
    prevents that.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Have the others find matplotlib."""
        if name != "matplotlib":
            return None
        found = (
            finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self
        )
        spec = next(filter(None, found), None)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_alone(module: ModuleType) -> None:
                with _alone():
                    execute(module)
                module.get_cachedir = _lenient(module.get_cachedir)  # type: ignore[attr-defined] # of this one module

            spec.loader.exec_module = execute_alone  # type: ignore[method-assign] # of this one loader
        return spec


def _lenient(find: Callable[[], str]) -> Callable[[], str]:
    """Return a function that finds the folder for what can be made again, or one that takes nothing
    where there is none.
    """

    def found() -> str:
        try:
            return find()
        except OSError:
            return os.devnull

    return found


@contextmanager
def _alone() -> Iterator[None]:
    """Name an empty file as the settings, and hide the one that would be read before it."""
    import logging  # matplotlib loads it anyway, most commands load no matplotlib

    # It tells of folders that it may not write to, and of fonts that it looks for: not our person's
    # concern.
    logging.getLogger("matplotlib").addHandler(logging.NullHandler())
    names = ("MATPLOTLIBRC", "MPLBACKEND")
    before, exists = {name: os.environ.pop(name, None) for name in names}, os.path.exists
    os.environ["MATPLOTLIBRC"] = os.devnull
    os.path.exists = lambda path: path != "matplotlibrc" and exists(path)
    try:
        yield
    finally:
        os.path.exists = exists
        os.environ.pop("MATPLOTLIBRC")
        os.environ.update({name: value for name, value in before.items() if value is not None})


def isolate() -> None:
    """Have matplotlib run with its defaults from now on, if it does not run yet."""
    if "matplotlib" not in sys.modules and not any(
        isinstance(finder, _Finder) for finder in sys.meta_path
    ):
        sys.meta_path.insert(0, _Finder())
