"""Opens the settings of strangers' films, and counts what they have executed, imported and written.

python tests/soak/records.py COUNT [SEED]

The settings of real films are changed: keys that no film may say, and values of every type that
JSON has. Each is read as `inspect` reads it, up to the race, in this process, under the hook of
`notes.py`, with its harmful words.
"""

import itertools
import json
import random
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from optirace.cli import isolation, rerun
from optirace.errors import OptiraceError
from optirace.output import provenance

notes = import_module("notes")
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("render", {}),
    (
        "render",
        {
            "lr": 0.1,
            "optimizer": ["adam:lr=0.3,label=fast", "torch:NAdam"],
            "arrows": False,
            "steps": 20,
        },
    ),
    (
        "render",
        {
            "surface": "sin(x)*cos(y) + x^2/10",
            "view": [-1.0, 1.0, -2.0, 2.0],
            "start": [1, 1],
            "fps": "30000/1001",
        },
    ),
    (
        "render",
        {
            "note": ["3,1:Look"],
            "strip": [1, 2],
            "max-size": "10MB",
            "hold": [0, 1],
            "title": "a b",
            "tune": "lr,beta",
        },
    ),
    (
        "sweep",
        {
            "lr": "1e-3:3:61",
            "beta": "0:0.9:4",
            "metric": "steps",
            "optimizer": ["momentum"],
            "theme": "dark",
        },
    ),
]
VALUES: list[Any] = [
    None, True, False, 0, -1, 10**30, 1e308, "", [], {}, [[]], [None], [True], {"a": 1}, ["sgd", 1],
    [1, 2, 3], "x" * 31_000,
    *notes.HARM, *([word] for word in notes.HARM), *([word] for word in notes.RACERS),
]  # fmt: skip
KEYS = [
    *notes.KEYS,
    *itertools.chain(*(settings for _, settings in SETTINGS)),
    "codec",
    "loop",
    "at",
    "seed",
    "size",
    "--lr",
]
KINDS = [
    "render",
    "sweep",
    "table",
    "inspect",
    "",
    "render race.toml",
    "../render",
    None,
    7,
    "optirace",
]


def record(draw):
    """Return the line that a film carries."""
    kind, known = draw.choice(SETTINGS)
    settings = dict(known)
    for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
        key = draw.choice(KEYS if draw.random() < 0.5 else [*settings, "lr"])
        settings[key] = draw.choice(VALUES)
    told = {
        "made_by": kind,
        "settings": settings,
        "numbers": "0",
        "versions": {"optirace": "0.1.0"},
    }
    if draw.random() < 0.1:
        told["made_by"] = draw.choice(KINDS)
    if draw.random() < 0.1:
        told[draw.choice(["settings", "plugins", "scene", "command"])] = draw.choice(
            [*VALUES, notes.toml(draw)]
        )
    return json.dumps(told)


def opened(line, group):
    """Do with a note what inspect does before it races."""
    told = provenance.read(line, "x.gif")
    rerun.command(told.origin)
    if not told.origin.can_run:
        raise OptiraceError("x.gif", "cannot be run")
    with (
        rerun.reopened(told.origin, "x.gif", group, []) as context,
        context.command.filled(context),
    ):
        notes.asked(context.params)
        assert not context.params["plugins"], line
        assert context.params["is_told"], line


def main(count, seed=0):
    isolation.isolate()
    notes.stub()
    folder = Path(tempfile.mkdtemp())
    (folder / "evil.py").write_text("raise SystemExit('owned')\n")
    sys.path.insert(0, str(folder))
    for module in (
        "racing.lr_schedule",
        "racing.tuning",
        "optimizers.conventions",
        "settings.adapters",
        "settings.scenes",
    ):
        import_module(f"optirace.{module}")
    sys.addaudithook(notes.hook)
    above, draw = notes.group(), random.Random(seed)  # noqa: S311 - what it draws is no secret
    told = {"that would race": 0, "refused": 0}
    for index in itertools.chain(
        range(-2000, 0), range(count)
    ):  # the first load what a hostile word has nothing to do with
        line = record(draw)
        notes.armed[:] = [1] * (index >= 0)
        try:
            opened(line, above)
            outcome = "that would race"
        except (OptiraceError, typer.TyperException):
            outcome = "refused"
        except BaseException:
            notes.armed.clear()
            print(line)
            raise
        notes.armed.clear()
        told[outcome] += index >= 0
    for (event, caller, words), times in notes.counted.items():
        print(f"{times} times {event} in {caller}: {words}", file=sys.stderr)
    left = sorted(
        path.name for path in folder.iterdir() if path.name not in ("evil.py", "__pycache__")
    )
    with suppress(OSError):
        (folder / "evil.py").unlink()
        folder.rmdir()
    print(
        f"{count} records: {sum(notes.counted.values())} executions, imports and writes; ", end=""
    )
    print(", ".join(f"{number} {what}" for what, number in told.items()))
    return 1 if notes.counted or left or "evil" in sys.modules else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
