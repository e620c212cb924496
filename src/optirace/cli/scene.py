"""A command that takes its options from a scene as well: what is typed beats what the scene says, which beats the defaults."""

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand, TyperOption

from optirace.errors import InvalidValueError
from optirace.system import paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from optirace.settings.scenes import Option

ALONE = {"tune": "lr"}
"""Options that may stand without their value, and which it then is."""

KEY = "optirace.scene"
"""Where in a context's meta stands the scene, if there is one."""

USED = "optirace.used"
"""Where in a context's meta stand the names of the parameters that the scene fills."""

SAID = "optirace.said"
"""Where in a context's meta stands a scene that is in no file of its own, that of a film: what it is called, and its text."""

AGAIN = "optirace.again"
"""Where in a context's meta stands that a film's own command is run again, for it alone and not for what was made beside it."""

_RIVALS = {"size": "quality", "quality": "size", "speed": "duration", "duration": "speed"}
"""Options of which one says what the other says: the one that is typed silences the scene's other."""

_TYPED_ONLY = ("piped", "is_trusted", "force", "shown")
"""Of no scene: where a film goes to standard output, the command says as what, and the key belongs to the table; and no scene
says of itself what it may do."""


class Command(TyperCommand):
    """A command whose first word may be a scene."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        told = "Scene file (.toml) that sets options; the command line overrides it. `optirace init` writes one."
        self.params.insert(0, TyperArgument(param_decls=["scene"], metavar="[SCENE]", required=False, help=told))
        told = "Trust the scene: execute the plugins and load the modules that it names."
        self.params.insert(1, TyperOption(param_decls=["is_trusted", "--trust"], is_flag=True, default=False, help=told))

    def invoke(self, ctx: Any) -> Any:
        """Run the command with what is typed, else with what the scene says, else with the defaults."""
        with self.filled(ctx):
            return super().invoke(ctx)

    @contextmanager
    def filled(self, ctx: Any) -> "Iterator[None]":
        """Put into the context what the scene says, and say inside where in it a mistake stands; it is kept under KEY."""
        path, is_trusted = ctx.params.pop("scene"), ctx.params.pop("is_trusted")
        if path is None:
            if is_trusted:
                raise InvalidValueError("--trust: is about a scene; name one as well, such as race.toml")
            yield
            return
        from optirace.settings import scenes  # noqa: PLC0415 - only who has a scene

        known = list(options_of(ctx.parent))
        name, text = ctx.meta.get(SAID, (paths.typed(path), None))
        scene = scenes.read(name, known) if text is None else scenes.parse(name, text, known)
        values = scene.values()
        sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
        typed = {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}
        used = {name for name in ctx.params if name in values and not typed & {name, _RIVALS.get(name)}}
        parameters = {parameter.name: parameter for parameter in self.params}
        ctx.params |= {name: parameters[name].process_value(ctx, values[name]) for name in used}
        ctx.meta[KEY], ctx.meta[USED] = scene, used
        if "plugins" in used and not is_trusted:
            raise scene.refused("plugins", "a scene executes no file; type --plugin {}, or --trust for a scene of your own")
        if "optimizers" in used and not is_trusted:
            ctx.params["is_told"] = True
        try:
            yield
        except InvalidValueError as problem:
            raise scene.located(problem, used) from None


def with_values(parameters: "Sequence[Any]", words: "Sequence[str]") -> list[str]:
    """Put its value behind each option that stands without one.

    The next word is its value unless it is an option or what the command takes first: a scene, or in `explain` a rule.
    """
    options = [each for each in parameters if isinstance(each, TyperOption)]
    alone = {word: ALONE[each.name] for each in options if each.name in ALONE for word in each.opts}
    taking = {word for each in options if not each.is_flag and each.name not in ALONE for word in each.opts}
    first = [each.name for each in parameters if isinstance(each, TyperArgument)]
    told: list[str] = []
    rest = deque(words)
    while rest:
        told.append(rest.popleft())
        if told[-1] == "--":
            break
        if told[-1] in alone and not (rest and _is_value(rest[0], first)):
            told.append(alone[told[-1]])
        elif rest and told[-1] in taking | set(alone):
            told.append(rest.popleft())
    return [*told, *rest]


def _is_value(word: str, first: "Sequence[str | None]") -> bool:
    if word.startswith("-") or word.lower().endswith(".toml"):
        return False
    return first in ([], ["scene"]) or "," in word or word in ("lr", "beta", "none")


def options_of(group: Any) -> "dict[Option, TyperOption]":
    """Return the options of all commands that take a scene, given the context above theirs: what a scene may say."""
    from optirace.settings.scenes import Option  # noqa: PLC0415 - only who has a scene

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
                    alone=ALONE.get(parameter.name or "", ""),
                )
                told.setdefault(option.key, (option, parameter))
    return dict(told.values())
