"""Commands: read options, call one public function, print."""

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import optirace
from optirace import errors
from optirace.cli import isolation, scene
from optirace.cli.terminal import Stopped, complain, say, stoppable
from optirace.system import limits

COMMANDS = (
    "render",
    "table",
    "sweep",
    "explain",
    "snippet",
    "list",
    "init",
    "inspect",
    "doctor",
    "completion",
)
"""Each is the function of its name in the module of its name. In the order of the help."""

_APP: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}
_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


class _Commands(Mapping[str, Any]):
    """The commands by name; one is loaded when it is asked for, which halves what the others would
    cost each start.
    """

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        module = import_module(f"optirace.cli.{name}")
        command: Any = scene.Command(
            name, module.GROUPS, getattr(module, name), context_settings=_SETTINGS
        )
        find_help = command.get_help_option
        command.get_help_option = lambda ctx: _said(find_help(ctx))
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": _Commands()})

    def get_help_option(self, ctx: Any) -> Any:
        return _said(super().get_help_option(ctx))


def _said(option: Any) -> Any:
    """Have the option that asks for help answer as results do: with an error where nobody gets
    it.
    """

    def show(context: Any, _: Any, is_asked: bool) -> None:
        if is_asked and not context.resilient_parsing:
            from optirace.cli import help  # noqa: A004 - the word of the option, for who asks

            say(help.page(context))
            context.exit()

    option.callback = show
    return option


app = typer.Typer(
    name="optirace",
    cls=_Group,
    help="Race gradient-descent optimizers on a loss surface and render the race as a film.",
    context_settings=_SETTINGS,
    **_APP,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        say(f"optirace {optirace.__version__}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status: 0 done, 1 failed, 2 misused, 128 + signal
    stopped, 4 a check failed.
    """
    isolation.isolate()
    limits.hush()
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        words = sys.argv[1:] if arguments is None else arguments
        with stoppable(()):
            return _run(words)
    except typer.TyperException as problem:
        return complain(problem.format_message(), problem.exit_code)
    except errors.InvalidValueError as problem:
        return complain(str(problem), 2, getattr(problem, "__notes__", ()))
    except errors.OptiraceError as problem:
        return complain(str(problem), 1)
    except Stopped as stop:
        return complain(str(stop), stop.status)
    except Exception as problem:
        limit = limits.behind(problem)
        if limit is None:
            raise
        return complain(limit, 1)


def complete() -> None:
    """Answer a shell that asks how a line may go on; whatever goes wrong, nobody is disturbed while
    typing.
    """
    with suppress(Exception):
        from optirace.cli import candidates  # for a shell that asks

        say(candidates.answer(_Commands()))


def _run(words: Sequence[str]) -> int:
    """Run a command line; what the parser refuses is tried once more in another spelling, or
    answered with the line to type.
    """
    try:
        return app(words or ["--help"], prog_name="optirace", standalone_mode=False) or (
            0 if words else 2
        )
    except typer.TyperException as problem:
        from optirace.cli import hints  # for a line that was refused

        hint = hints.of(words, problem, _Commands())
    if hint.words is None:
        return complain(hint.line, 2)
    try:
        return app(hint.words, prog_name="optirace", standalone_mode=False) or 0
    except typer.TyperException as problem:
        hint = hints.of(hint.words, problem, _Commands())
        return complain(hint.line or problem.format_message(), 2)
