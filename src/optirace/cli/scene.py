"""A command whose options are rows: what is typed beats what its scene says, which beats the
defaults.
"""

from collections import deque
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand, TyperOption

from optirace.cli import terminal
from optirace.errors import InvalidValueError
from optirace.settings import option
from optirace.system import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from optirace.output.outputs import Output
    from optirace.racing.engine import Race
    from optirace.settings.option import Asked, Option
    from optirace.settings.scenes import Scene

SAID = "optirace.said"
"""Where in a context's meta stands a scene that is in no file of its own, that of a film: what it
is called, and its text.
"""

USED = "optirace.used"
"""Where in a context's meta stand the names of the options that its scene fills;
`tests/soak/notes.py` looks there.
"""

WITH_SCENE = ("render", "table")


class Flag(TyperOption):
    """An option on the command line; without a default, so that what has a value was typed."""

    def __init__(self, row: "Option") -> None:
        super().__init__(
            param_decls=[row.name, *row.flags],
            metavar=row.metavar or None,
            help=row.help,
            is_flag=row.is_flag,
            multiple=row.is_repeated,
            default=None,
        )
        self.row = row

    def get_help_record(self, ctx: Any) -> tuple[str, str] | None:
        """Return what stands left and right in the help."""
        self.help = _told(self.row)
        return super().get_help_record(ctx)


class Word(TyperArgument):
    """A word on the command line that has no flag."""

    def __init__(self, row: "Option") -> None:
        is_needed = not row.metavar.startswith("[")
        super().__init__(
            param_decls=[row.name], metavar=row.metavar, required=is_needed, help=row.help
        )
        self.row = row

    def get_help_record(self, ctx: Any) -> tuple[str, str] | None:
        """Return what stands left and right in the help."""
        self.help = _told(self.row)
        return super().get_help_record(ctx)


def _told(row: "Option") -> str:
    default = row.default_told()
    return f"{row.told()}  [default: {default}]" if default else row.told()


class Command(TyperCommand):
    """A command of rows; a group of them is a panel of its help."""

    def __init__(
        self, name: str, groups: tuple[type, ...], run: "Callable[..., None]", **more: Any
    ) -> None:
        params: list[Any] = [
            Word(row) if row.is_argument else Flag(row) for row in option.merged(groups).values()
        ]
        super().__init__(
            name,
            params=params,
            help=" ".join((run.__doc__ or "").split()),
            rich_markup_mode=None,
            **more,
        )
        self.groups, self._run = groups, run
        self._takes_context = "context" in run.__annotations__

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words, with its value behind each option that may stand without one, and each
        value as it is spelled.
        """
        if args:
            from optirace.cli import spellings  # a line without words has none

            args = spellings.as_typed(self.params, with_values(self.params, args))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command with what is typed, else with what the scene says, else with the
        defaults.
        """
        with self.filled(ctx) as asked:
            return self._run(asked, ctx) if self._takes_context else self._run(asked)

    @contextmanager
    def filled(self, ctx: Any) -> "Iterator[Asked]":
        """Read what is typed and what the scene says, and say inside where in the scene a mistake
        stands.

        The values are the parameters of the context then.
        """
        asked = ctx.obj or self.read(ctx)
        with located(asked.scene, asked.from_file):
            yield asked

    def read(
        self, ctx: Any, told: "Mapping[str, Any] | None" = None, *, is_again: bool = False
    ) -> "Asked":
        """Read what is typed and what the scene says into the context, once.

        `told` is what a film says, and `is_again` whether all of it is a film's.
        """
        typed, known = ctx.params, option.merged(self.groups)
        scene, told = None, told or {}
        if typed.get("scene") is not None:
            from optirace.settings import scenes  # only who has a scene

            if not typed["scene"].lower().endswith(scenes.SUFFIX):
                ctx.fail(
                    f"scene {typed['scene']!r}: must be a {scenes.SUFFIX} file"
                )  # a word that belongs elsewhere
            name, text = ctx.meta.get(SAID, (paths.typed(typed["scene"]), None))
            scene = (
                scenes.read(name, sayable())
                if text is None
                else scenes.parse(name, text, sayable())
            )
            told = scene.values()
        elif typed.get("is_trusted"):
            raise InvalidValueError(
                "trust", "applies to a scene file", hint="add one, such as race.toml"
            )
        used = option.of_file(self.groups, typed, told)
        if scene is not None and "plugins" in used and not typed["is_trusted"]:
            raise scene.refused(
                "plugins",
                "a scene executes no file; type --plugin {}, or --trust for a scene of your own",
            )
        with located(scene, used):
            asked = option.read(self.groups, typed, told)._replace(scene=scene, is_again=is_again)
        ctx.params = (
            {name: row.default for name, row in known.items()}
            | asked.values
            | {"is_told": not asked.may_import}
        )
        ctx.meta[USED], ctx.obj = used, asked
        return asked

    def panels(self) -> "dict[str, list[Any]]":
        """Return the options group by group, under the titles of the groups; an option of two
        groups is with the first.
        """
        left = {each.name: each for each in self.params}
        told: dict[str, list[Any]] = {}
        for group in self.groups:
            title = (group.__doc__ or "").rstrip(".")
            told.setdefault(title, []).extend(
                left.pop(name) for name in option.options(group) if name in left
            )
        return told


@contextmanager
def located(scene: "Scene | None", used: "Collection[str]") -> "Iterator[None]":
    """Say inside where in a scene a mistake stands, if it is in one of the options that it
    fills.
    """
    try:
        yield
    except InvalidValueError as problem:
        if scene is None:
            raise
        raise scene.located(problem, used) from None


def tell_idle(
    asked: "Asked",
    race: "Race",
    outputs: "Sequence[Output] | None" = None,
    *,
    has_chart: bool = True,
) -> None:
    """Say on stderr which of the options that were typed change nothing, a line a reason."""
    if asked.typed:
        from optirace.options import effects  # for who types an option

        for line in effects.idle(asked, race, outputs, has_chart=has_chart):
            terminal.note(f"optirace: {line}")


def sayable() -> "list[Option]":
    """Return what a scene may say: options of all commands that take one."""
    groups = [
        group for name in WITH_SCENE for group in import_module(f"optirace.cli.{name}").GROUPS
    ]
    rows = [
        row for group in groups for row in option.options(group).values() if row.said_by != "person"
    ]
    return [*{row.name: row for row in reversed(rows)}.values()][::-1]


def with_values(parameters: "Sequence[Any]", words: "Sequence[str]") -> list[str]:
    """Put its value behind each option that stands without one.

    The next word is its value unless it is an option or what the command takes first: a scene, or
    in `explain` a rule.
    """
    flags = [each for each in parameters if isinstance(each, Flag)]
    alone = {word: each.row.alone for each in flags if each.row.alone for word in each.opts}
    taking = {word for each in flags if not each.is_flag for word in each.opts}
    first = [each.name for each in parameters if isinstance(each, TyperArgument)]
    told: list[str] = []
    rest = deque(words)
    while rest:
        told.append(rest.popleft())
        if told[-1] == "--":
            break
        if told[-1] in alone and not (rest and _is_value(rest[0], first)):
            told.append(alone[told[-1]])
        elif rest and told[-1] in taking:
            told.append(rest.popleft())
    return [*told, *rest]


def _is_value(word: str, first: "Sequence[str | None]") -> bool:
    if word.startswith("-") or word.lower().endswith(".toml"):
        return False
    return first in ([], ["scene"]) or "," in word or word in ("lr", "beta", "none")
