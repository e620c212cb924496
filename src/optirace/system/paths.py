"""Reads the names of files: what ~ and $HOME stand for, and from which folder the names in a scene
start.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from optirace.errors import InvalidValueError

_HOME = re.compile(
    r"(~|\$HOME|\$\{HOME\})(?=/|$)" if os.sep == "/" else r"(~|\$HOME|\$\{HOME\})(?=[/\\]|$)"
)
"""How a name in the home folder begins.

No other name of the shell is known, and no other place in a name is looked at.
"""


LONGEST = 32_767
"""Characters: no system takes a longer name, and Windows takes this one."""


def typed(name: str) -> str:
    """Return a name as a shell would have given it: with the home folder in the place of ~, $HOME
    or ${HOME} at its start.

    A shell leaves them where they stand in quotes or behind a `=`. A file that is really called ~
    is `./~`. Raises InvalidValueError where nothing says which folder is home, and for a name that
    no system takes.

    >>> typed("a/~.mp4"), typed("~me.mp4"), typed("./~/race.mp4")
    ('a/~.mp4', '~me.mp4', './~/race.mp4')
    """
    if len(name) > LONGEST:
        raise InvalidValueError("file", f"must have at most {LONGEST} characters", value=name)
    found = _HOME.match(name)
    if found is None:
        return name
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home raises what the system raises, or answers with a relative one
    if not Path(home).is_absolute():
        raise InvalidValueError(
            "file", f"nothing says where {found[1]} is", value=name, hint="name the folder itself"
        )
    return (home.rstrip("/") + name[found.end() :]) or home


def of_scene(name: str, scene: str) -> str:
    """Return a name that stands in a scene: it starts from the folder of the scene.

    Standard output is everywhere.

    >>> of_scene("race.mp4", "talks/race.toml"), of_scene("-", "talks/race.toml")
    ('talks/race.mp4', '-')
    >>> of_scene("frames/", "race.toml")
    'frames/'
    """
    return name if name in ("", "-") else os.path.join(os.path.dirname(scene), typed(name))  # noqa: PTH118, PTH120 - keep ends
