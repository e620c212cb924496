"""Every error whose message is meant for the user: data, of which `str` makes the one line that is
printed.
"""

from __future__ import annotations

import copy
import os.path
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OTHER_NAMES = {
    "markdown": "md",
    "latex": "tex",
    "torch": "pytorch",
    "keras": "tensorflow tf",
    "optax": "jax",
    "720p": "720 hd",
    "1080p": "1080 fullhd full-hd fhd",
    "4k": "2160p uhd",
    "h264": "avc x264 libx264",
    "rosenbrock": "banana",
    "bowl": "quadratic parabola",
    "sgd": "gd gradient-descent",
    "heavy-ball": "heavyball polyak",
    "nesterov": "nag",
    "lr": "learning_rate learning-rate rate alpha eta step_size",
    "beta": "momentum mu rho decay",
    "beta1": "b1 beta_1",
    "beta2": "b2 beta_2",
    "eps": "epsilon",
    "schedule": "scheduler lr_schedule lr-schedule",
    "label": "name",
}
"""What else people call a name."""

LONGEST_WORD, LONGEST_PART = 60, 1000
"""As many characters of what was given as a message repeats, and of whatever else stands in it,
such as the name of a file.
"""


class Location(NamedTuple):
    """A line of a file of the user's."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


class OptiraceError(Exception):
    """The root of them all; the command exits with 1.

    `str` is one line, fit to be printed as it stands: `PLACE: SUBJECT VALUE: PROBLEM; HINT`, each
    part where there is one. Lines that show the place, such as a formula with a mark under it, are
    a note (`add_note`), which Python prints as well.

    Args:
        subject: What is wrong: the name of an option, a file.
        problem: What is wrong with it and what is allowed, or the error of a part of it.
        value: What was given; of a long text that is no path the line repeats the beginning.
        shown: How the line writes the value, if otherwise than text in quotes and numbers with
            commas between.
        hint: What to do, such as something to type.
        place: Where it was given, if not on the command line.
        at: At which character of the value the mistake stands, the first being 0.
        about: The names of the options it is about, where the subject is none.

    >>> place = Location("race.toml", 3)
    >>> str(OptiraceError("speed", "must be above 0", value=-1.0, hint="leave it out", place=place))
    'race.toml, line 3: speed -1.0: must be above 0; leave it out'

    """

    def __init__(
        self,
        subject: str,
        problem: str | OptiraceError = "",
        *,
        value: object = None,
        shown: str = "",
        hint: str = "",
        place: Location | None = None,
        at: int | None = None,
        about: tuple[str, ...] = (),
    ) -> None:
        super().__init__(subject, problem)
        self.subject = subject
        self.problem = problem
        self.value = value
        self.shown = shown
        self.hint = hint
        self.place = place
        self.at = at
        self.about = about

    def __str__(self) -> str:
        head = " ".join(
            filter(
                None,
                (
                    short(self.subject, LONGEST_PART),
                    short(self.shown, LONGEST_PART) or _shown(self.value),
                ),
            )
        )
        problem = (
            short(self.problem, LONGEST_PART)
            if isinstance(self.problem, str)
            else str(self.problem)
        )
        line = ": ".join(filter(None, (str(self.place or ""), head, problem)))
        return f"{line}; {short(self.hint, LONGEST_PART)}" if self.hint else line

    def parts(self) -> Iterator[OptiraceError]:
        """Yield this error, the one of a part that is its problem, and so on."""
        each: str | OptiraceError = self
        while isinstance(each, OptiraceError):
            yield each
            each = each.problem

    def but(self, *, subject: str | None = None, place: Location | None = None) -> Self:
        """Return the same error, notes and all, of another subject or with a place."""
        changed = copy.copy(self)
        changed.subject = self.subject if subject is None else subject
        changed.place = place or self.place
        changed.args = (changed.subject, changed.problem)
        return changed


class InvalidValueError(OptiraceError, ValueError):
    """A value that was asked for and cannot be used; the command exits with 2 and has touched
    nothing.
    """


class OutputError(OptiraceError):
    """A file that could not be made; whatever stood at its name before still stands there."""


class MissingCharacterWarning(UserWarning):
    """Words have characters that no font here has: what was drawn has boxes for them."""


def short(text: str, most: int = LONGEST_WORD) -> str:
    """Return a text, or its beginning and dots where it has more than so many characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(short(value))
    if isinstance(value, PurePath):
        return repr(short(str(value), LONGEST_PART))
    return short(
        ",".join(map(str, value))
        if isinstance(value, tuple)
        else ""
        if value is None
        else str(value)
    )


def nearest(word: str, names: Iterable[str], least: float = 0.6) -> str:
    """Return the name that a word may be meant for, or no text where none has so large a part of
    it.

    >>> nearest("Adma", ["sgd", "adamax", "adam"]), nearest("newton", ["sgd", "adam"])
    ('adam', '')
    >>> nearest("md", ["csv", "markdown"])
    'markdown'
    """
    return next(iter(near(word, names, 1, least)), "")


def near(word: str, names: Iterable[str], count: int, least: float = 0.0) -> list[str]:
    """Return so many names, the nearest first, that have so large a part of a word; a slip and
    another word beat all.
    """
    import difflib  # for mistakes

    word = word[
        :LONGEST_WORD
    ].lower()  # what is longer is none of them, and would take long to compare
    likeness = {name: difflib.SequenceMatcher(None, word, name).ratio() for name in names}
    likeness = {name: part + _is_a_slip(word, name) for name, part in likeness.items()}
    likeness |= {name: 2.0 for name in likeness if word in OTHER_NAMES.get(name, "").split()}
    told = sorted(
        (name for name in likeness if likeness[name] >= least), key=lambda name: -likeness[name]
    )
    return told[:count]


def _is_a_slip(word: str, name: str) -> bool:
    """Say whether one letter is missing, wrong or too many, or two have changed places."""
    for _ in range(2):  # what they begin with alike, and then what they end with
        same = len(os.path.commonprefix([word, name]))  # noqa: RUF071 - letter by letter
        word, name = word[same:][::-1], name[same:][::-1]
    return max(len(word), len(name)) <= 1 or (len(word) == 2 and word == name[::-1])


def chosen(subject: str, word: str, names: Iterable[str]) -> str:
    """Return the name that a word is, in whatever case it was typed; raises what `unknown` returns
    where it is none.

    >>> chosen("theme", "Dark", ["light", "dark"])
    'dark'
    """
    names, word = list(names), str(word)
    if word.strip().lower() not in names:
        raise unknown(subject, word, names)
    return word.strip().lower()


def did_you_mean(word: str, names: Iterable[str], otherwise: str = "") -> str:
    """Return the hint with the nearest name, or another one where none is near."""
    near = nearest(word, names)
    return f"did you mean {near}?" if near else otherwise


def unknown(
    subject: str,
    word: str,
    names: Iterable[str],
    *,
    whole: str = "",
    other: str = "",
    forms: Iterable[str] = (),
    see: str = "",
) -> InvalidValueError:
    """Return the error for a word that is none of these names: first the nearest, then all of them.

    Args:
        subject: What the word is the name of.
        word: What was given.
        names: The names that there are.
        whole: What was given, where the word is a part of it.
        other: What else may stand there.
        forms: The names as they are typed, with their values.
        see: The command that lists the names, where they are too many for a line; then the nearest
            three are offered.

    >>> str(unknown("theme", "drak", ["light", "dark"]))
    "theme 'drak': unknown; did you mean dark? must be one of light, dark"

    """
    names = list(names)
    *first, last = ["", *(near(word, names, 3, 0.3) if see else near(word, names, 1, 0.6))]
    offer = f"{', '.join(first[1:])} or {last}" if first[1:] else last
    allowed = f"see: {see}" if see else f"must be one of {', '.join(list(forms) or names)}"
    hint = f"{f'did you mean {offer}? ' if offer else ''}{allowed}{other}"
    return InvalidValueError(subject, "unknown", value=whole or word, hint=hint)
