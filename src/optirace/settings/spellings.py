"""Reads what is written as in other programs: racers such as `Adam(lr=0.3)`, and what to type for
what is nearly a number.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from optirace.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 60
"""Characters of a word that may be meant for a number."""

_NAMED = {"480p": "854x480", "720p": "1280x720", "1080p": "1920x1080", "4k": "3840x2160"}


def racers(text: str) -> list[str]:
    """Return the racers that a text names, each as `name:key=value,...`; the text alone where it
    can be read in no other way.

    Only our own rules are looked for, so a text of a plugin or a library stays as it is. Between
    racers, and between settings, may stand commas or spaces; a setting belongs to the racer before
    it. What has a colon keeps its spaces: labels have some.

    >>> racers("Adam(lr=0.3, beta1=0.8)"), racers("adam lr=0.3")
    (['adam:lr=0.3,beta1=0.8'], ['adam:lr=0.3'])
    >>> racers("Adam, SGD"), racers("adam:lr=0.3,sgd")
    (['adam', 'sgd'], ['adam:lr=0.3', 'sgd'])
    >>> racers("adam:lr=0.3,label=a b"), racers("mine sgd"), racers("torch:NAdam,lr=0.1")
    (['adam:lr=0.3,label=a b'], ['mine sgd'], ['torch:NAdam,lr=0.1'])
    """
    name, paren, rest = text.strip().partition("(")
    if paren and rest.endswith(")"):
        return list(_read(text, f"{name},{rest[:-1]}"))
    return (
        list(_read(text, text)) if ":" in text or "," in text or len(text.split()) > 1 else [text]
    )


def _read(whole: str, text: str) -> Iterator[str]:
    """Read racers that stand in a row, or yield the whole text."""
    parts = (
        text.split(",")
        if ":" in text
        else "=".join(map(str.strip, text.split("="))).replace(",", " ").split()
    )
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
            yield from (
                f"{name}:{','.join(settings)}" if settings else name for name, settings in told
            )
            return
    yield whole


def is_number(text: str) -> bool:
    """Say whether a text is a finite number."""
    try:
        return "_" not in text and math.isfinite(float(text))
    except ValueError:
        return False


def number(subject: str, text: str) -> str:
    """Return what to do about a text that is nearly a number: one with a unit, a comma for a point,
    or several.

    >>> number("fps", "30fps"), number("tol", "0,1"), number("tol", "small")
    ('type 30', 'type 0.1', '')
    >>> number("--lr", "0.1,0.2")
    'to compare several, type: optirace sweep --lr 0.1,0.2'
    """
    if len(text) > _LONGEST:
        return ""
    if found := re.fullmatch(
        r"([-+]?[0-9]*\.?[0-9]+)\s*[a-df-zA-DF-Z%]\w*", text.strip(), re.ASCII
    ):
        return f"type {found[1]}"
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 or not all(map(is_number, parts)):
        return ""
    if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
        return f"type {parts[0]}.{parts[1]}"
    return (
        f"to compare several, type: optirace sweep --lr {','.join(parts)}"
        if subject.lstrip("-") == "lr"
        else ""
    )


def whole(text: str) -> str:
    """Return what to do about a text that is nearly a whole number.

    >>> whole("1e3"), whole("1,000"), whole("1_000"), whole("200.0"), whole("2.5"), whole("many")
    ('type 1000', 'type 1000', 'type 1000', 'type 200', '', '')
    """
    plain = text.strip().replace(",", "").replace("_", "")
    value = float(plain) if len(text) <= _LONGEST and is_number(plain) else math.nan
    return f"type {value:.0f}" if abs(value) < 1e9 and value == round(value) else ""


def size(text: str) -> str:
    """Return what to do about a text that is nearly a size; a width alone is made 16:9.

    >>> size("1280*720"), size("1280, 720"), size("640"), size("720p"), size("large")
    ('type 1280x720', 'type 1280x720', 'type 640x360', 'type 1280x720', '')
    """
    plain = text.strip().lower()[:_LONGEST]
    if plain in _NAMED:
        return f"type {_NAMED[plain]}"
    found = re.fullmatch(r"([0-9]{2,5})(?:[^0-9]{1,3}([0-9]{2,5}))?(?:\s*px)?", plain, re.ASCII)
    return f"type {found[1]}x{found[2] or 2 * round(int(found[1]) * 9 / 32)}" if found else ""


def setting(text: str, part: str) -> str:
    """Return what to do about a part of a racer that is no key with its value.

    >>> setting("adam:0.3", "0.3"), setting("adam:lr:0.3", "lr:0.3"), setting("adam:fast", "fast")
    ('type adam:lr=0.3', 'type adam:lr=0.3', '')
    """
    key, colon, value = part.strip().partition(":")
    mended = f"{key}={value}" if colon else f"lr={key}"
    return f"type {text.replace(part, mended)}" if is_number(value if colon else key) else ""
