"""A command that takes its options from a scene as well: what is typed beats what the scene says, which beats the defaults."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand, TyperOption

from optirace.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optirace.scenes import Option

KEY = "optirace.scene"
"""Where in a context's meta stands the scene, if there is one."""

AGAIN = "optirace.again"
"""Where in a context's meta stands that a film's own command is run again, for it alone and not for what was made beside it."""

_RIVALS = {"size": "quality", "quality": "size", "speed": "duration", "duration": "speed"}
"""Options of which one says what the other says: the one that is typed silences the scene's other."""

_TYPED_ONLY = ("piped",)
"""Of no scene: where a film goes to standard output, the command says as what; the key belongs to the table."""


class Command(TyperCommand):
    """A command whose first word may be a scene."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        told = "A .toml file that says what the options say; options win. `optirace init` writes one."
        self.params.insert(0, TyperArgument(param_decls=["scene"], metavar="[SCENE]", required=False, help=told))

    def invoke(self, ctx: Any) -> Any:
        """Run the command with what is typed, else with what the scene says, else with the defaults."""
        with self.filled(ctx):
            return super().invoke(ctx)

    @contextmanager
    def filled(self, ctx: Any) -> "Iterator[None]":
        """Put into the context what the scene says, and say inside where in it a mistake stands; it is kept under KEY."""
        path = ctx.params.pop("scene")
        if path is None:
            yield
            return
        from optirace import scenes  # noqa: PLC0415 - only who has a scene

        scene = scenes.read(path, list(options_of(ctx.parent)))
        values = scene.values()
        typed = {name for name in ctx.params if ctx.get_parameter_source(name).name == "COMMANDLINE"}
        used = {name for name in ctx.params if name in values and not typed & {name, _RIVALS.get(name)}}
        parameters = {parameter.name: parameter for parameter in self.params}
        ctx.params |= {name: parameters[name].process_value(ctx, values[name]) for name in used}
        ctx.meta[KEY] = scene
        try:
            yield
        except InvalidValueError as problem:
            raise scene.located(problem, used) from None


def options_of(group: Any) -> "dict[Option, TyperOption]":
    """Return the options of all commands that take a scene, given the context above theirs: what a scene may say."""
    from optirace.scenes import Option  # noqa: PLC0415 - only who has a scene

    told: dict[str, tuple[Option, TyperOption]] = {}
    for command in group.command.commands.values():
        for parameter in command.params if isinstance(command, Command) else ():
            if isinstance(parameter, TyperOption) and parameter.name not in _TYPED_ONLY:
                option = Option(
                    name=parameter.name or "",
                    key=max(parameter.opts, key=len).lstrip("-"),
                    metavar=parameter.metavar or "",
                    is_flag=parameter.is_flag,
                    is_repeated=parameter.multiple,
                )
                told.setdefault(option.key, (option, parameter))
    return dict(told.values())
