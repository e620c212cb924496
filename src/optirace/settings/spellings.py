"""Reads racers as other programs write them: `Adam(lr=0.3)`, `adam lr=0.3`, `adam,sgd`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optirace.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALL = re.compile(r"\s*([A-Za-z][\w-]*)\s*\(([^()]*)\)\s*")


def racers(text: str) -> list[str]:
    """Return the racers that a text names, each as `name:key=value,...`; the text alone where it can be read in no other way.

    Only our own rules are looked for, so a text of a plugin or a library stays as it is. Between racers, and between settings,
    may stand commas or spaces; a setting belongs to the racer before it. What has a colon keeps its spaces: labels have some.

    >>> racers("Adam(lr=0.3, beta1=0.8)"), racers("adam lr=0.3"), racers("Adam, SGD"), racers("adam:lr=0.3,sgd")
    (['adam:lr=0.3,beta1=0.8'], ['adam:lr=0.3'], ['adam', 'sgd'], ['adam:lr=0.3', 'sgd'])
    >>> racers("adam:lr=0.3,label=a b"), racers("mine sgd"), racers("torch:NAdam,lr=0.1")
    (['adam:lr=0.3,label=a b'], ['mine sgd'], ['torch:NAdam,lr=0.1'])
    """
    call = _CALL.fullmatch(text)
    if call is not None:
        return list(_read(text, f"{call[1]},{call[2]}"))
    if ":" not in text and not re.search(r"[\s,]", text.strip()):
        return [text]
    return list(_read(text, text))


def _read(whole: str, text: str) -> Iterator[str]:
    """Read racers that stand in a row, or yield the whole text."""
    parts = text.split(",") if ":" in text else "=".join(map(str.strip, text.split("="))).replace(",", " ").split()
    told: list[tuple[str, list[str]]] = []
    for part in filter(None, map(str.strip, parts)):
        name, _, first = part.partition(":")
        if "=" in name:
            if not told:
                break
            told[-1][1].append(part)
        elif name.strip().lower() in OPTIMIZERS:
            told.append((name.strip().lower(), [first.strip()] if first.strip() else []))
        else:
            break
    else:
        if told:
            yield from (f"{name}:{','.join(settings)}" if settings else name for name, settings in told)
            return
    yield whole
