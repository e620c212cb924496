"""Reads a command line that was refused as a person meant it: either the words to run, or the line
to type.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from optirace import catalogue
from optirace.cli import vocabulary
from optirace.cli.examples import EXAMPLES
from optirace.errors import nearest, short
from optirace.look import themes
from optirace.optimizers import OPTIMIZERS
from optirace.optimizers.conventions import CONVENTIONS
from optirace.output.formats import FORMATS
from optirace.settings import spellings
from optirace.surfaces import SURFACES

PROGRAM = "optirace"

_DASHES = re.compile("^[-\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}]+")
"""What a slide or a word processor makes of one or two hyphens."""

_NEAR = 0.7

CHARTS = (".png", ".svg", ".pdf")
"""What a sweep is drawn as."""

_NEGATIVE = re.compile(r"-[0-9.].*")
_PIXELS = re.compile(r"[0-9]{1,5}")


class Hint(NamedTuple):
    """What to do about a line that was refused."""

    words: list[str] | None
    """Run these instead: the same line, in another spelling."""

    line: str = ""
    """Or print this: what is wrong, and what to type."""


def of(words: Sequence[str], problem: Any, commands: Mapping[str, Any]) -> Hint:
    """Say what was meant by the words that the parser refused with a problem."""
    told = list(map(_dashed, words))
    name = told[0].lower()
    if {"-h", "--help"} & {*told}:
        return Hint([*([name] if name in commands else []), "--help"])
    if name not in commands:
        return _no_command(told, commands)
    command = commands[name]
    plain = [name, *_plain(told[1:], command)]
    if plain[1:] in (["-V"], ["--version"]):
        return Hint(["--version"])
    if plain != list(words):
        return Hint(plain)
    if _parses(plain, commands):  # whatever was refused is not in this line
        return Hint(None, problem.format_message())
    option = getattr(problem, "option_name", None)
    if option is not None:
        return Hint(None, _option(plain, option, commands))
    placed, strays = _sorted(plain, command)
    if not strays and placed != plain:
        return Hint(placed)
    line = _placed(placed, strays, commands) if strays else _missing(plain, command)
    return Hint(None, line or f"command {name!r}: cannot be read; see: {PROGRAM} {name} --help")


def _dashed(word: str) -> str:
    found = _DASHES.match(word)
    if found is None or set(found[0]) == {"-"}:
        return word
    return ("--" if len(word) - found.end() > 1 else "-") + word[found.end() :]


def _shown(word: str) -> str:
    """Return as much of a word as a message repeats."""
    return short(word)


def typed(*words: str) -> str:
    """Write a line to type; where it would make a film at no name, it gets one."""
    told = list(words)
    if told[0] == "render" and not {"-o", "--output"} & {word.partition("=")[0] for word in told}:
        told += ["-o", "race.mp4"]
    return shlex.join([PROGRAM, *told])


def _problem(words: Sequence[str], commands: Mapping[str, Any]) -> Exception | None:
    """Return what the parser has against a line, if anything; nothing is run."""
    from typer import BadParameter, TyperException  # the command is made of it

    try:
        context = commands[words[0]].make_context(words[0], list(words[1:]))
    except TyperException as problem:
        return problem
    scene = context.params.get("scene")
    return None if scene is None or scene.lower().endswith(".toml") else BadParameter("no scene")


def _parses(words: Sequence[str], commands: Mapping[str, Any]) -> bool:
    return _problem(words, commands) is None


def _offer(words: Sequence[str], commands: Mapping[str, Any], head: str = "type") -> str:
    """Write that a line may be typed, if it is one."""
    return (
        f"; {head}: {typed(*words)}"
        if _parses(words, commands)
        else f"; see: {PROGRAM} {words[0]} --help"
    )


# What stands in the place of a command.


def _no_command(words: list[str], commands: Mapping[str, Any]) -> Hint:
    name, rest = words[0], words[1:]
    word = name.lower()
    if word in ("-v", "version") and not rest:
        return Hint(["--version"])
    if word == "help":
        is_known = not rest or rest[0].lower() in commands
        return (
            Hint([*map(str.lower, rest[:1]), "--help"]) if is_known else _no_command(rest, commands)
        )
    if name.startswith("-"):
        return Hint(None, f"options follow a command: {_no_command_yet(words, commands)}")
    option = _stray(name)
    if option is not None:
        return Hint(
            None, f"{name}: a command comes first; type: {', or: '.join(_uses(name, option, rest))}"
        )
    return Hint(None, f"command {_shown(name)!r}: unknown{_command(word, rest, commands)}")


def _command(word: str, rest: list[str], commands: Mapping[str, Any]) -> str:
    """Return what to type for a command that is unknown."""
    kind = next((kind for kind in catalogue.KINDS if word in (kind, kind[:-1])), None)
    if kind is not None:
        return f"; type: {typed('list', kind)}"
    others = [
        command for command in commands if word in vocabulary.COMMANDS.get(command, "").split()
    ]
    if others:
        return (
            "; type: "
            f"{', or: '.join(typed(other, *_kept(rest, commands[other])) for other in others)}"
        )
    if near := nearest(word, commands):
        return _offer([near, *rest], commands, "did you mean")
    return f"; must be one of {', '.join(commands)}"


def _uses(name: str, option: list[str], rest: list[str]) -> Iterator[str]:
    """Yield the lines that may be meant by a name that stands where a command should."""
    if name.lower().endswith(".toml"):
        yield typed("render", name, *rest)
        return
    yield typed("render", *option, *rest)
    if option[0] == "-o" and Path(name).exists():
        yield typed("inspect", name)
    if option[0] == "-O" and not rest:
        yield typed("explain", *option[1:2])


def _no_command_yet(words: list[str], commands: Mapping[str, Any]) -> str:
    """Return a line for words that begin with an option."""
    at = next((index for index, word in enumerate(words) if word.lower() in commands), None)
    if at is not None:
        return typed(words[at].lower(), *words[:at], *words[at + 1 :])
    for name in commands:
        plain = [name, *_plain(words, commands[name])]
        if _parses(plain, commands):
            return typed(*plain)
    lines = _meant(["render", *words], 1, commands)
    return next(lines, None) or f"{PROGRAM} render --lr 0.1 -o race.mp4; see: {PROGRAM} --help"


def _kept(words: Sequence[str], command: Any) -> list[str]:
    """Return the options of a line that another command has too, with their values."""
    known, told = _options(command), list[str]()
    is_kept = True
    for word in words:
        if word.startswith("-") and not _NEGATIVE.fullmatch(word):
            is_kept = word.partition("=")[0] in known
        if is_kept:
            told.append(word)
    return told


# An option that a command has not.


def _options(command: Any) -> dict[str, Any]:
    """Return the options of a command by their words."""
    return {
        word: each
        for each in command.params
        if each.param_type_name == "option"
        for word in (*each.opts, *each.secondary_opts)
    }


def _plain(words: Sequence[str], command: Any) -> list[str]:
    """Write options as the command has them: `-steps`, `--Steps`, `--lr_schedule` and `--lr0.1`."""
    known, told = _options(command), []
    for word in words:
        name, equals, value = word.partition("=")
        plain = f"--{name.lstrip('-').lower().replace('_', '-')}"
        glued = re.fullmatch(r"(--?[a-z-]+)([-+]?[0-9.].*)", name)
        if not word.startswith("-") or name in known or _NEGATIVE.fullmatch(name):
            told.append(word)
        elif plain in known and len(plain) > 3:
            told.append(f"{plain}{equals}{value}")
        elif glued and not equals and f"--{glued[1].lstrip('-')}" in known:
            told += [f"--{glued[1].lstrip('-')}", glued[2]]
        else:
            told.append(word)
    return told


def _option(words: list[str], option: str, commands: Mapping[str, Any]) -> str:
    """Answer an option that is unknown, or that has no value, or a value too many."""
    known = _options(commands[words[0]])
    at = next((at for at, word in enumerate(words) if at and _is_word(word, option)), None)
    if at is None:
        return f"option {_shown(option)}: unknown; see: {PROGRAM} {words[0]} --help"
    word, equals, value = words[at].partition("=")
    told = f"option {_shown(word)}: unknown to {words[0]}"
    if option in known:
        return _value(option, known[option], equals=equals)
    if line := next(_meant(words, at, commands), None):
        return f"{told}; type: {line}"
    if near := nearest(word, [each for each in known if len(each) > 2], least=_NEAR):
        mended = [*words[:at], f"{near}{equals}{value}", *words[at + 1 :]]
        return f"{told}{_offer(mended, commands, 'did you mean')}"
    return f"{told}; see: {PROGRAM} {words[0]} --help"


def _meant(words: list[str], at: int, commands: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that may be meant by one in which a word is no option of its command: those
    of that command first.
    """
    word, equals, value = words[at].partition("=")
    meanings = list(_meanings(word, value if equals else None, words[at + 1 :]))
    for name in (words[0], *(other for other in commands if other != words[0])):
        for told in filter(lambda told: _suits(told, name, commands[name]), meanings):
            line = [name, *words[1:at], *told]
            if name != words[0]:
                line = [name, *_kept(line[1:], commands[name])]
            problem = _problem(line, commands)
            if problem is None:
                yield typed(*line)
            elif name == words[0] and (option := getattr(problem, "option_name", None)) is not None:
                later = [
                    index
                    for index, each in enumerate(line)
                    if index > at and _is_word(each, option)
                ]
                yield from _meant(line, later[0], commands) if later else ()


def _suits(told: list[str], name: str, command: Any) -> bool:
    """Say whether a command has an option, and of the kind that is meant: each command writes what
    the others do not.
    """
    if told[0] == "--format" and name == "render":
        return told[1] not in ("csv", "markdown", "latex", "json")
    is_film = told[0] == "-o" and told[1:] and not told[1].lower().endswith(CHARTS)
    return told[0].partition("=")[0] in _options(command) and not (is_film and name == "sweep")


def _is_word(word: str, option: str) -> bool:
    return word.partition("=")[0] == option or (
        len(option) == 2 and word[:2] == option and word[:2] != "--"
    )


def _meanings(word: str, value: str | None, after: list[str]) -> Iterator[list[str]]:
    """Yield what may be typed for an option and all that follows it; the option itself may be one
    of another command.
    """
    name = word.lstrip("-").lower().replace("_", "-")
    behind = after if value is None else [value, *after]
    yield [word if value is None else f"{word}={value}", *after]
    if name in ("width", "height") and behind and _PIXELS.fullmatch(behind[0]):
        yield [*_size(name, int(behind[0]), behind[1:])]
    for option in _named(name):
        flag = ["-o"] if option == "output" else [f"--{option}"]
        yield [*flag, *(after if option in vocabulary.FLAGS else behind)]
    meant = vocabulary.PHRASES.get(name) or _phrase(name)
    if meant is not None:
        yield [*meant, *after]


def _size(name: str, pixels: int, rest: list[str]) -> Iterator[str]:
    """Yield --size for a width, a height, or both; what is missing makes it 16:9."""
    other = f"--{'height' if name == 'width' else 'width'}"
    if rest[:1] == [other] and rest[1:] and _PIXELS.fullmatch(rest[1]):
        second, rest = int(rest[1]), rest[2:]
    else:
        second = 2 * round(pixels * (9 / 16 if name == "width" else 16 / 9) / 2)
    width, height = (pixels, second) if name == "width" else (second, pixels)
    yield from ("--size", f"{width}x{height}", *rest)


def _phrase(name: str) -> list[str] | None:
    """Return the option whose value was typed as an option."""
    if f".{name}" in FORMATS:
        return ["-o", f"race.{name}"]
    return _stray(name)


def _value(option: str, parameter: Any, *, equals: str) -> str:
    """Answer an option without its value, or a flag that has one."""
    if parameter.is_flag or equals:
        return (
            f"option {option}: takes no value; type: "
            f"{' or '.join([*parameter.opts, *parameter.secondary_opts])}"
        )
    return f"option {option}: its value is missing; type: {option} {parameter.metavar}"


def _named(word: str) -> list[str]:
    """Return the options that have a word among their other names."""
    return [name for name, others in vocabulary.OPTIONS.items() if word in others.split()]


# Words that belong to no option.


def _stray(word: str) -> list[str] | None:
    """Return the option that a word without one belongs to."""
    plain = word.strip().lower()
    named = [
        ("-O", OPTIMIZERS),
        ("--surface", SURFACES),
        ("--theme", themes.THEMES),
        ("-q", themes.QUALITIES),
        ("--convention", CONVENTIONS),
        ("--format", ("json", "csv", "markdown", "latex")),
    ]
    for option, names in named:
        if plain in names:
            return [option, plain]
    racers = spellings.racers(word)
    if (
        racers != [word]
        or plain.partition(":")[0] in OPTIMIZERS
        or plain.startswith(("torch:", "optax:"))
    ):
        return [each for racer in racers for each in ("-O", racer)]
    if plain.endswith(("/", ".toml", *FORMATS)):
        return ["-o", word]
    if {*plain} & {*"xy"} and {*plain} & {*"^*+"}:
        return ["--surface", word]
    return None


def _placed(placed: list[str], strays: list[str], commands: Mapping[str, Any]) -> str:
    """Answer a line with words that belong to no option."""
    told, names = list(placed), _options(commands[placed[0]])
    subject = _shown(" ".join(shlex.quote(stray) for stray in strays))
    for stray in strays:
        key, equals, value = stray.partition("=")
        keys = [each for each in (key.lower(), *_named(key.lower())) if f"--{each}" in names]
        option = [f"--{keys[0]}", value] if equals and keys else _stray(stray)
        if option is None:
            return f"{subject}: belongs to no option; see: {PROGRAM} {placed[0]} --help"
        told += option
    if placed[0] == "explain" and "-O" in told:
        return f"{subject}: explain takes one optimizer; type: {typed(*placed)}"
    for name in (placed[0], *commands):
        line = [name, *(told[1:] if name == placed[0] else _kept(told[1:], commands[name]))]
        if _parses(line, commands) and len(line) > 1:
            return f"{subject}: an option comes before it; type: {typed(*line)}"
    return f"{subject}: belongs to no option; see: {PROGRAM} {placed[0]} --help"


def _sorted(words: list[str], command: Any) -> tuple[list[str], list[str]]:
    """Return the words that the command has a place for, and the others; a setting behind a racer
    is put to it.
    """
    known, room = (
        _options(command),
        [each.name for each in command.params if each.param_type_name == "argument"],
    )
    placed = [words[0]]
    strays: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if word == "--":
            strays += rest
        elif word.startswith("-"):
            placed.append(word)
            if (
                word in known
                and not known[word].is_flag
                and (value := next(rest, None)) is not None
            ):
                placed.append(value)
        elif "=" in word and placed[-2:-1] in (["-O"], ["--optimizer"]):
            placed[-1] += f"{',' if ':' in placed[-1] else ':'}{word}"
        elif room and (room[0] != "scene" or word.lower().endswith(".toml")):
            room.pop(0)
            placed.append(word)
        else:
            strays.append(word)
    return placed, strays


def _missing(words: list[str], command: Any) -> str | None:
    """Answer a line that names nothing where the command needs a name."""
    needed = [
        each for each in command.params if each.param_type_name == "argument" and each.required
    ]
    if not needed:
        return None
    known = _options(command)
    for at, word in enumerate(words[:-1]):
        if word in ("-O", "--optimizer") and word in known:
            return (
                "an optimizer is missing; type: "
                f"{typed(words[0], words[at + 1], *words[1:at], *words[at + 2 :])}"
            )
    return f"{vocabulary.NEEDED[words[0]]} is missing; type: {EXAMPLES[words[0]][0][0]}"
