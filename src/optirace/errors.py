"""Every error whose message is meant for the person at the terminal."""


class OptiraceError(Exception):
    """The root of them all: one line, subject first, fit to be printed as it stands; the command exits with 1.

    Lines that show the place, such as a formula with a mark under it, are a note (`add_note`), which Python prints as well.
    """


class InvalidValueError(OptiraceError, ValueError):
    """A value that was asked for and cannot be used; the command exits with 2 and has touched nothing."""

    at: int | None = None
    """At which character of the value the mistake stands, the first being 0, where that is known."""


class OutputError(OptiraceError):
    """A file that could not be made; whatever stood at its name before still stands there."""


class MissingCharacterWarning(UserWarning):
    """Words have characters that no font here has: what was drawn has boxes for them."""
