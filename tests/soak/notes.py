"""Opens the notes of strangers' films and strangers' scenes, and counts what they have executed,
imported and written.

python tests/soak/notes.py COUNT [SEED]

Real commands, scenes and settings are changed where a word, a key or a value begins, and joined
with what would do harm if it were anything but data. Each is read as `inspect` and `render` read
it, up to the race and the names of its files, in this process, under an audit hook. Nothing may be
executed, imported or written, and nothing may end in an exception of another kind than the one that
tells a person in a line.
"""

import gc
import itertools
import json
import random
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

from optirace import cli
from optirace.cli import isolation, rerun, scene
from optirace.errors import OptiraceError
from optirace.output import provenance
from optirace.settings import plugins, specs

COMMANDS = [
    "optirace render", "optirace render race.toml",
    "optirace render --lr 0.1 --optimizer adam:lr=0.3,label=fast",
    "optirace render --surface 'sin(x)*cos(y) + x^2/10' --view -1,1,-2,2 --minimum 0,0 --start 1,1",
    ("optirace render --optimizer torch:NAdam,lr=0.1 --optimizer torch:torch.optim.NAdam "
        "--steps 20 --title 'a b'"),
    ("optirace render --note '3,1:Look' --strip 1,2 --max-size 10MB --hold 0,1 --fps "
        "30000/1001 --no-arrows --loop 2 --at 3"),
    ("optirace render --convention torch --lr-schedule warmup:20:cosine --noise 1 --seed 4 "
        "--codec av1 --chroma 444 --animate"),
    ("optirace sweep --lr 1e-3:3:61 --beta 0:0.9:4 --metric steps --optimizer momentum "
        "--theme dark --quality 480p"),
]  # fmt: skip
SCENES = [
    "", "lr = 0.1\nsteps = 20\n", 'title = """a\nb"""\nsurface = "bowl"\n',
    "view = [\n  -1,\n  1, # a\n  -2, 2]\n",
    '[[racers]]\nname = "adam"\nlr = 0.3\nlabel = "x"\n[[racers]]\nname = "torch:NAdam"\n',
    ('racers = [{name = "sgd", lr = 0.1},\n{name = "adam"}]\n[[notes]]\nstep = 3\ntext = '
        '"a"\nhold = 1\n'),
    'optimizers = ["sgd", "torch:torch.optim.NAdam,lr=0.2"]\noutput = "a.mp4"\nquality = "480p"\n',
]  # fmt: skip
HARM = [
    "--plugin", "evil.py", "--plugin=evil.py", "-o", "--output", "/owned.mp4", "--output=owned.png",
    "~/owned.gif",
    "--trust", "--force", "--poster", "--captions", "--alt", "--check", "--jobs", "--help",
    "--version", "--", "-",
    "-O", "torch:evil.Rule", "TORCH : evil.Rule,lr=1", "torch:torch.evil.Rule",
    "torch:torch.os.system",
    "torch:torch.optim.sys.modules", "optax:evil.x", "torch:os.path.join", "torch:torchevil.Rule",
    "torch:builtins.eval", "torch:NAdam,lr=__import__('os').system('true')",
    "torch:NAdam,lr=(1,)*9",
    "__import__('os').system('touch owned')", "$(touch owned)", "`touch owned`", "; touch owned",
    "evil",
    "${HOME}/owned", "x.__class__", "\x00", "\x1b]0;x\x07", "\ud83d\ude00", "'", '"', "\\", "\n",
    "9" * 400, "nan",
    "-1", "../evil", "adam:label=;import evil", "max(" * 40, "evil.toml", "optirace", "sweep",
    "render", "race.toml",
    "fps=1", "file:///owned",
]  # fmt: skip
RACERS = [word for word in HARM if word.strip().lower().startswith(("torch", "optax"))]
PAIRS = [
    *(f"--optimizer '{racer}'" for racer in RACERS if "'" not in racer),
    "--plugin evil.py", "-O torch:evil.Rule", "--output a.gif",
    "--steps 7", "--title evil", "--note 1:evil", "--surface evil", "--surface '__import__(1)'",
    "--optimizer evil:lr=1",
]  # fmt: skip
KEYS = [
    "plugin", "plugins", "plug_in", '"plug\\u0069n"', "'plugin'", "output", "outputs", "trust",
    "force", "is_trusted",
    "is_told",
    "optimizer", "optimizers", "racers", "poster", "captions", "alt", "check", "dry_run", "quiet",
    "json", "jobs", "format",
    "surface", "plugin.x", "scene", "import", "note", "lr",
]  # fmt: skip
QUOTED = [
    '"{}"',
    "'{}'",
    '["{}"]',
    "{{name = '{}'}}",
    '[{{name = "{}", lr = 1}}]',
    '"""{}"""',
    "{}",
    "[[\n'{}']]",
]
HARMLESS = {
    "open": lambda told: (
        isinstance(told[1], str) and not set(told[1]) & set("wax+") and (told[2] or 0) & 3 == 0
    ),
    **dict.fromkeys(
        (
            "os.listdir",
            "os.scandir",
            "sys._getframe",
            "builtins.id",
            "object.__getattr__",
            "object.__setattr__",
        ),
        lambda _: True,
    ),
}
"""Events that neither execute, import nor write, and what their arguments must be for that."""
MAKERS = {"dataclasses", "typing", "collections", "inspect", "annotationlib"}
"""Modules of Python that compile what they have written themselves: a class, an annotation of
ours.
"""
counted = {}
armed = []
"""Holds something while the hook counts."""


def hook(event, told):
    if not armed:
        return
    if event in HARMLESS and HARMLESS[event](told):
        return
    caller = sys._getframe(1).f_globals.get("__name__")
    if event in ("exec", "compile") and caller in MAKERS:
        return
    if (
        event == "compile" and caller == "ast" and told[1] == "<unknown>"
    ):  # a literal, which is taken apart and not run
        return
    counted[event, caller, str(told)[:200]] = counted.get((event, caller, str(told)[:200]), 0) + 1


def stub():
    """Stand in for torch, so that its racers are looked for where it is not installed, too."""
    torch: Any = ModuleType("torch")
    optim: Any = ModuleType("torch.optim")

    class Optimizer:
        pass

    class NAdam(Optimizer):
        def __init__(self, params, lr=0.1, betas=(0.9, 0.999)):
            del params, lr, betas

    Optimizer.__module__ = NAdam.__module__ = "torch.optim"
    optim.Optimizer, optim.NAdam, optim.sys, torch.optim, torch.os = (
        Optimizer,
        NAdam,
        sys,
        optim,
        sys.modules["os"],
    )
    sys.modules.update({"torch": torch, "torch.optim": optim, "optax": ModuleType("optax")})


def changed(draw, text, pieces):
    """Return a text with a few of its words changed."""
    words = text.split(" ")
    for _ in range(draw.choice([0, 1, 1, 1, 1, 2, 3])):
        at, kind = draw.randrange(len(words) + 1), draw.randrange(5)
        if kind == 0:
            words.insert(at, draw.choice(PAIRS if draw.random() < 0.5 else pieces))
        elif kind == 1 and at < len(words):
            words[at] = draw.choice(pieces)
        elif kind == 2 and at < len(words):
            del words[at]
        elif kind == 3 and at < len(words) and words[at]:
            place = draw.randrange(len(words[at]))
            words[at] = (
                words[at][:place]
                + draw.choice(pieces + ["=", ":", ",", "'", "-"])[:40]
                + words[at][place + 1 :]
            )
        else:
            words[at:at] = draw.choice(COMMANDS).split(" ")[draw.randrange(4) :]
    return " ".join(words)


def toml(draw):
    """Return a scene with something in it that a scene may not say, or not so."""
    lines = draw.choice(SCENES).split("\n")
    for _ in range(draw.choice([0, 1, 1, 1, 1, 2, 3])):
        key, value = draw.choice(KEYS), draw.choice(HARM)
        if draw.random() < 0.5:
            key, value = draw.choice(
                [
                    ("optimizers", draw.choice(RACERS)),
                    ("plugin", "evil.py"),
                    ("output", "~/evil.gif"),
                ]
            )
        line = (
            f"{key} = {draw.choice(QUOTED).format(value)}" if draw.random() < 0.8 else f"[[{key}]]"
        )
        at = draw.randrange(len(lines) + 1)
        lines[at : at + (draw.random() < 0.2)] = [line]
    return "\n".join(lines)


def note(draw):
    """Return the line that a film carries."""
    told = {
        "command": changed(draw, draw.choice(COMMANDS), HARM),
        "numbers": "0",
        "versions": {"optirace": "0.1.0"},
    }
    if draw.random() < 0.5:
        told["command"] = draw.choice(
            ["optirace render race.toml", f"optirace render race.toml {draw.choice(HARM)}"]
        )
        told["scene"] = toml(draw)
    if draw.random() < 0.1:
        key = draw.choice(["command", "scene", "settings", "plugins", "versions"])
        told[key] = draw.choice(
            [{"sha256": "0"}, ["evil"], {"evil.py": "0"}, {draw.choice(HARM): draw.choice(HARM)}, 7]
        )
    return json.dumps(told)


def opened(line, group):
    """Do with a note what inspect does before it races."""
    told = provenance.read(line, "x.gif")
    if told.origin.command is None:
        return
    with rerun.reopened(told.origin, "x.gif", group, []) as context:
        words = dict(context.params)
        if context.command.name == "render":
            with context.command.filled(context):
                asked(context.params)
        else:
            asked(words | {"lr": None, "beta": None})


def asked(words):
    """Turn words into what would race, without a race: a search for rates is one."""
    known = replace(plugins.SHIPPED, may_import=not words["is_told"])
    for racer in words["optimizers"] or ():
        specs.racer(racer, known)
    specs.surface(words["surface"], registry=known)


def read(text, group):
    """Do with a scene what render does before it races and names its files."""
    command = group.command.get_command(group, "render")
    with command.make_context("render", ["race.toml"], parent=group) as context:
        context.meta[scene.SAID] = ("race.toml", text)
        with command.filled(context):
            asked({"is_told": False, **context.params})
            if scene.USED in context.meta and context.params["plugins"]:
                raise AssertionError("a plugin of a scene got through")


def group():
    """Return the context above the commands, each of which is made once."""
    top: Any = typer.main.get_command(cli.app)
    made = {name: top.commands[name] for name in cli.COMMANDS}
    top.commands = made
    return top.make_context("optirace", ["table"])


def main(count, seed=0):
    isolation.isolate()
    stub()
    folder = Path(tempfile.mkdtemp())
    (folder / "evil.py").write_text("raise SystemExit('owned')\n")
    sys.path.insert(0, str(folder))
    for word in ("x^2 + y", "no surface"):  # what is ours is loaded before anybody counts
        with suppress(OptiraceError):
            specs.surface(word)
    for module in (
        "racing.lr_schedule",
        "optimizers.conventions",
        "look.timeline",
        "settings.adapters",
        "settings.scenes",
    ):
        import_module(f"optirace.{module}")
    sys.addaudithook(hook)
    above, draw = group(), random.Random(seed)  # noqa: S311 - what it draws is no secret
    told = {
        "notes that would race": 0,
        "notes refused": 0,
        "scenes that would race": 0,
        "scenes refused": 0,
    }
    began = time.process_time()
    for index in itertools.chain(
        range(-400, 0), range(count)
    ):  # the first load what a hostile word has nothing to do with
        line = note(draw) if index % 2 else toml(draw)
        if index == 0:
            gc.collect()
            began = time.process_time()
            told = dict.fromkeys(told, 0)
        armed[:] = [1] * (index >= 0)
        try:
            (opened if index % 2 else read)(line, above)
            outcome = "that would race"
        except (OptiraceError, typer.TyperException):
            outcome = "refused"
        except BaseException:
            armed.clear()
            print(line)
            raise
        armed.clear()
        told[f"{'notes' if index % 2 else 'scenes'} {outcome}"] += 1
    seconds = time.process_time() - began
    for (event, caller, words), times in counted.items():
        print(f"{times} times {event} in {caller}: {words}", file=sys.stderr)
    left = sorted(
        path.name for path in folder.iterdir() if path.name not in ("evil.py", "__pycache__")
    )
    with suppress(OSError):
        (folder / "evil.py").unlink()
        folder.rmdir()
    print(f"{count} notes and scenes, {count / max(seconds, 1e-9):.0f} a second of CPU: ", end="")
    print(
        f"{sum(counted.values())} executions, imports and writes; "
        f"{', '.join(f'{n} {what}' for what, n in told.items())}"
    )
    return 1 if counted or left or "evil" in sys.modules else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
