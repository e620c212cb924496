"""Describes the board: what all racers share, and of each a row with its marker, its name, its loss
and how it stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optirace import optimizers
from optirace.drawing.elements import Mark, Text
from optirace.look.fonts import MONO, SANS
from optirace.look.themes import MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optirace.drawing.elements import Element, Typesetter
    from optirace.drawing.layout import Layout
    from optirace.look.themes import Style
    from optirace.racing.engine import Race, Racer, Result
    from optirace.racing.outcomes import Verdicts

_LETTERS = {
    "lr": r"\eta",
    "beta": r"\beta",
    "beta1": r"\beta_1",
    "beta2": r"\beta_2",
    "eps": r"\epsilon",
}
_GREEK = {
    "lr": "\N{GREEK SMALL LETTER ETA}",
    "beta": "\N{GREEK SMALL LETTER BETA}",
    "eps": "\N{GREEK SMALL LETTER EPSILON}",
}
_GREEK |= {"beta1": "\N{GREEK SMALL LETTER BETA}1", "beta2": "\N{GREEK SMALL LETTER BETA}2"}


@dataclass(frozen=True, slots=True)
class Row:
    """What a racer's row says at a moment."""

    place: float
    """0 is the top."""

    loss: str
    remark: str
    """How it stands; empty where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How rows are set: type sizes, and lengths from the upper left corner of a row."""

    marker: tuple[float, float, float]
    """Right of that, above the baseline, and the radius."""

    left: float
    """Where words begin."""

    rise: float
    """Down to the baseline."""

    drop: float
    """From there to that of the settings."""

    large: float
    small: float
    name_room: float
    note_room: float


def setting(plan: Layout, typesetter: Typesetter, digit: float) -> Setting:
    """Set the rows of a board, for numbers whose digits are so many pixels wide."""
    u, scale, snap = plan.unit, plan.text_scale, typesetter.snap
    left = 36 * u * scale
    return Setting(
        marker=(snap(10 * u * scale), snap(7.5 * u * scale), 10.5 * u * scale),
        left=snap(left),
        rise=snap(0.54 * plan.row),
        drop=snap(16.5 * u * scale),
        large=20.5 * u * scale,
        small=13.5 * u * scale,
        name_room=plan.board.width - left - 9.5 * digit,
        note_room=plan.board.width - left,
    )


def rows(
    result: Result, verdicts: Sequence[Verdicts], places: Sequence[float], shown: int
) -> list[Row]:
    """Describe what the board says after a step, with each racer at its place."""
    told = []
    for trajectory, verdict, place in zip(result.trajectories, verdicts, places, strict=True):
        loss = float(trajectory.losses[shown]) if shown <= trajectory.steps else math.inf
        told.append(Row(place, loss_text(loss), str(verdict.at(shown))))
    return told


def marker(racer: Racer, style: Style, set_: Setting) -> Mark:
    """Describe a racer's marker, right of the left end of its row and from its baseline."""
    x, y, size = set_.marker
    return Mark(
        list(MARKERS)[racer.style],
        x,
        -y,
        size,
        0.0,
        (style.theme.racers[racer.style], style.theme.paper),
    )


def elements(
    result: Result, told: Sequence[Row], plan: Layout, style: Style, typesetter: Typesetter
) -> Iterator[Element]:
    """Describe the rows where they stand."""
    box, theme, racers = plan.board, style.theme, result.race.racers
    set_ = setting(
        plan, typesetter, typesetter.width("0", MONO, 20.5 * plan.unit * plan.text_scale)
    )
    size = typesetter.alike([racer.label for racer in racers], SANS, set_.large, set_.name_room)
    for racer, row in zip(racers, told, strict=True):
        baseline, left = (
            box.y0 + typesetter.snap(row.place * plan.row) + set_.rise,
            box.x0 + set_.left,
        )
        mark = marker(racer, style, set_)
        yield replace(mark, x=box.x0 + mark.x, y=baseline + mark.y)
        yield Text(racer.label, size, theme.text, left, baseline, room=set_.name_room)
        yield Text(row.loss, set_.large, theme.text, box.x1, baseline, 1.0, MONO)
        words = line(note(result, racer), row.remark)
        yield Text(words, set_.small, theme.quiet, left, baseline + set_.drop, room=set_.note_room)


def line(note: str, remark: str) -> str:
    """Return the words below a name."""
    return "   ".join(filter(None, (note, remark)))


def loss_text(loss: float) -> str:
    """Write a loss in at most nine characters.

    >>> loss_text(90.0), loss_text(1.7e-29), loss_text(-1.0316285)
    ('90.000', '1.70e-29', '-1.032')
    """
    if not math.isfinite(loss):
        return "-"
    return f"{loss:.3f}" if loss == 0.0 or 1e-3 <= abs(loss) < 1e4 else f"{loss:.2e}"


def law(result: Result) -> str:
    """Return in mathtext what all racers share; empty where there is nothing."""
    return r"\quad ".join(
        f"{_LETTERS.get(key, key)} = {number(value)}" for key, value in shared(result).items()
    )


def number(value: float) -> str:
    r"""Write a number in mathtext.

    >>> number(0.1), number(0.999), number(1e-05), number(2.5e-06)
    ('0.10', '0.999', '10^{-5}', '2.5 \\times 10^{-6}')
    """
    if 0.01 <= value < 1000 and round(value, 2) == value:
        return f"{value:.2f}"
    mantissa, _, exponent = f"{value:g}".partition("e")
    power = f"10^{{{int(exponent)}}}" if exponent else ""
    return power if power and mantissa == "1" else r" \times ".join(filter(None, (mantissa, power)))


def note(result: Result, racer: Racer) -> str:
    """Return the settings that a racer's row tells."""
    return "  ".join(
        f"{_GREEK.get(key, key)}={optimizers.short(value)}"
        for key, value in own(result, racer).items()
    )


_TUNED = ("\N{GREEK SMALL LETTER ETA}", "\N{GREEK SMALL LETTER BETA}")
"""The letters of a rate and a beta that were tuned."""


def remarks(race: Race) -> str:
    """Return what the film must say of a race that is not the plain one."""
    told = [f"noise {race.noise:g}, seed {race.seed}"] if race.noise else []
    if race.rates_tried or race.betas_tried:
        # There is no room for what best means; the table below a race says all of it.
        letters = [
            letter
            for letter, tried in zip(_TUNED, (race.rates_tried, race.betas_tried), strict=True)
            if tried
        ]
        how = "tuned" if race.betas_tried else f"best of {len(race.rates_tried)}"
        over = f", {len(race.seeds_tried)} seeds" if race.seeds_tried else ", by steps or tail loss"
        told.insert(0, f"{','.join(letters)} {how}{over}")
    return "   ".join(told)


def shared(result: Result) -> dict[str, float]:
    """Return the hyperparameters that may stand beside the step counter: the same in every racer
    that has them.
    """
    values_of: dict[str, float] = {}
    for key in ("lr", "beta"):
        values = {optimizers.hyper(racer.optimizer).get(key) for racer in result.race.racers} - {
            None
        }
        if len(values) == 1 and isinstance(value := next(iter(values)), int | float):
            values_of[key] = float(value)
    return values_of


def own(result: Result, racer: Racer) -> dict[str, Any]:
    """Return the settings that a racer's row must tell: those in which racers differ, or that are
    not the usual.
    """
    told: dict[str, Any] = {}
    usual = optimizers.hyper(type(racer.optimizer)())
    for key, value in racer.settings.items():
        rivals = {each.settings.get(key) for each in result.race.racers} - {None}
        is_usual = value == usual.get(key)
        if len(rivals) > 1 or (key not in ("lr", "beta") and not is_usual):
            told[key] = value
    return told
