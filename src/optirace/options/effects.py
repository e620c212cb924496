"""Says which of the options that were typed change nothing, and why."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from optirace.settings import option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from optirace.output.outputs import Output
    from optirace.racing.engine import Race
    from optirace.settings.option import Asked, Option

USES: dict[str, tuple[str, Callable[[Output], bool]]] = {
    "film": ("no film is named", lambda each: not each.format.is_still),
    "video": ("no video is named", lambda each: bool(each.format.codecs)),
    "gif": ("no GIF is named", lambda each: each.format.suffix == ".gif"),
    "animated": (
        # of frames it is in the line of LaTeX that shows them
        "no .gif, .webp, .apng or folder of frames is named",
        lambda each: not each.format.is_still and not each.format.codecs,
    ),
    "still": ("no still is named", lambda each: each.format.is_still),
    "png": ("no .png is named", lambda each: str(each.path).lower().endswith(".png")),
}
"""What an option that is of some outputs alone says where there is none of them, and which these
are.
"""

CHART = "no chart is named with -o"


def idle(
    asked: Asked, race: Race, outputs: Sequence[Output] | None = None, *, has_chart: bool = True
) -> Iterator[str]:
    """Yield a line for each reason why options that were typed change nothing; of outputs None is
    asked nothing.
    """
    reasons: dict[str, list[str]] = {}
    for name, row in option.merged(asked.groups).items():
        if name in asked.typed and (why := _why(row, asked, race, outputs, has_chart=has_chart)):
            reasons.setdefault(why, []).append(f"--{row.key}")
    for why, (*others, last) in reasons.items():
        yield (
            f"{', '.join(others)} and {last} change nothing: {why}"
            if others
            else f"{last} changes nothing: {why}"
        )


def _why(
    row: Option, asked: Asked, race: Race, outputs: Sequence[Output] | None, *, has_chart: bool
) -> str:
    """Return why an option changes nothing; no text where it may."""
    if row.idle_beside in asked.values:
        return f"--{row.idle_beside} is given"
    if row.needs and not asked.values.get(row.needs):
        other = option.merged(asked.groups).get(row.needs)
        return (
            "it counts only with "
            f"{f'--{row.needs}' if other is None or not other.is_argument else f'a {row.needs}'}"
        )
    if row.of == "rule":
        return _of_rules(row.name, asked, race)
    if row.of == "chart":
        return "" if has_chart else CHART
    if row.of in USES and outputs is not None:
        why, is_one = USES[row.of]
        return "" if any(map(is_one, outputs)) else why
    return ""


def _of_rules(name: str, asked: Asked, race: Race) -> str:
    """Return why a value for all rules that have it changes none."""
    texts = asked.values.get("optimizers", ())
    own = [
        {setting.partition("=")[0].strip() for setting in text.partition(":")[2].split(",")}
        for text in texts
    ]
    having = [
        index
        for index, racer in enumerate(race.racers)
        if ":" not in racer.optimizer.name  # the object of a library has its own
        and name in {each.name.rstrip("_") for each in dataclasses.fields(racer.optimizer)}  # type: ignore[arg-type]  # rules are
    ]
    if not having:
        return f"no racer has {name}"
    return (
        f"every racer that has {name} sets its own"
        if own and all(name in own[index] for index in having)
        else ""
    )
