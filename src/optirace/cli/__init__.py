"""Commands: read options, call one public function, print."""

import io
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import optirace
from optirace import errors
from optirace.cli import explain as explain_command
from optirace.cli import init as init_command
from optirace.cli import render as render_command
from optirace.cli import scene
from optirace.cli import table as table_command
from optirace.cli.terminal import Stopped, complain

app = typer.Typer(
    name="optirace",
    help="Race gradient-descent optimizers on a loss surface and put the race on film.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("render", cls=scene.Command)(render_command.render)
app.command("table", cls=scene.Command)(table_command.table)
app.command("explain")(explain_command.explain)
app.command("init")(init_command.init)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"optirace {optirace.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status: 0 done, 1 failed, 2 misused, 128 + signal stopped."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        return app(arguments, prog_name="optirace", standalone_mode=False) or 0
    except typer.TyperException as problem:
        return complain(problem.format_message(), problem.exit_code)
    except errors.InvalidValueError as problem:
        return complain(str(problem), 2, getattr(problem, "__notes__", ()))
    except errors.OptiraceError as problem:
        return complain(str(problem), 1)
    except Stopped as stop:
        return complain(str(stop), stop.status)
