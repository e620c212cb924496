"""Rules and surfaces that others wrote are raced like ours, or are one line."""

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optirace
from optirace import optimizers, surfaces
from optirace.errors import InvalidValueError
from optirace.racing import engine
from optirace.settings import plugins, specs

EXAMPLES = Path(__file__).parent.parent / "examples"

RULE = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Mine:
    lr: float = 0.1

    def init(self, theta):
        return ()

    def update(self, gradient, state):
        return self.lr * gradient, state
"""

SURFACE = """
import math
import numpy as np
from optirace.surfaces import Surface

dish = Surface(
    name="dish",
    formula="x",
    value=lambda x, y: x * x + y * y,
    gradient=lambda x, y: (2.0 * x, 2.0 * y),
    start=(1.0, 2.0),
)
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Write a plugin and load it, by the name that a person in its folder types."""
    monkeypatch.chdir(tmp_path)

    def load(text, name="mine.py", registry=plugins.SHIPPED):
        Path(name).write_text(text)
        return plugins.load(Path(name), registry)

    yield load
    for name in [name for name in sys.modules if name.startswith("plugin ")]:
        del sys.modules[name]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Lay out a distribution with entry points, as an installer does."""

    def install(points, **modules):
        home = tmp_path / "others-1.0.dist-info"
        home.mkdir()
        (home / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
        (home / "entry_points.txt").write_text(points)
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
            monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.syspath_prepend(tmp_path)

    return install


def test_the_examples_have_ten_lines_and_race():
    registry = plugins.SHIPPED
    for name in ("my_rule.py", "my_surface.py"):
        lines = [line for line in (EXAMPLES / name).read_text().splitlines() if line]
        assert 10 == len(lines), name
        registry = plugins.load(EXAMPLES / name, registry)
    hat = specs.surface("hat", registry=registry)
    race = specs.race(
        surface=hat, texts=["softsign", "softsign:lr=0.2", "momentum"], shared={}, registry=registry
    )
    result = engine.run(race)
    assert ["SoftSign", "SoftSign lr=0.2", "SGD + Momentum"] == [
        each.racer.label for each in result.trajectories
    ]
    strides = np.abs(np.diff(result.trajectories[0].points, axis=0))
    assert 0.09 < strides.max() < 0.1
    assert hat.gradient(*hat.minima[0]) == pytest.approx((0.0, 0.0), abs=1e-9)
    h = 1e-6
    slopes = [
        (hat.value(1 + h, 2) - hat.value(1 - h, 2)) / 2 / h,
        (hat.value(1, 2 + h) - hat.value(1, 2 - h)) / 2 / h,
    ]
    assert slopes == pytest.approx(hat.gradient(1, 2))
    assert optirace.table(result).text("json")
    assert "(theta1^2 + theta2^2 - 4)^2/4 + theta1/4" == hat.expression


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        (r"\\theta_1^2 + \\theta_2^2", "theta1^2 + theta2^2"),
        ("x", "x"),
        (r"\\|\\theta\\|^2", r"\|\theta\|^2"),
        (r"f(\\theta_1)", r"f(\theta_1)"),
    ],
)
def test_a_surface_without_plain_text_has_its_formula_in_it_where_that_is_what_it_is(
    plugin, formula, told
):
    dish = plugin(SURFACE.replace('"x"', f'"{formula}"', 1)).surfaces["dish"]
    assert told == dish.expression
    assert formula.replace("\\\\", "\\") == dish.formula


def test_what_a_rule_leaves_out_is_filled_in(plugin):
    mine = plugin(RULE).optimizers["mine"]
    assert ("mine", "Mine", None, False, "", "mine.py") == (
        mine.name, mine.label, mine.momentum, mine.is_velocity, mine.formula, mine.source,
    )  # fmt: skip
    assert {"lr": 0.3} == optimizers.hyper(dataclasses.replace(mine(), lr=0.3))
    assert mine(lr=0.3) == mine(lr=0.3) != mine()


def test_what_a_rule_says_itself_stays(plugin):
    text = RULE.replace(
        "    lr:",
        '    name: ClassVar[str] = "own-name"\n    label: ClassVar[str] = "Its own"\n    lr:',
        1,
    )
    mine = plugin(
        "from __future__ import annotations\nfrom typing import ClassVar\n" + text
    ).optimizers["own-name"]
    assert "Its own" == mine.label


def test_the_shipped_tables_stay_as_they_are(plugin):
    before: list[Any] = [dict(optimizers.OPTIMIZERS), dict(surfaces.SURFACES)]
    registry = plugin(RULE + SURFACE)
    assert before == [optimizers.OPTIMIZERS, surfaces.SURFACES]
    assert {*before[0], "mine"} == set(registry.optimizers)
    assert {*before[1], "dish"} == set(registry.surfaces)
    assert plugins.SHIPPED.optimizer("mine") is None


def test_plug_ins_add_up(plugin):
    registry = plugin(SURFACE, "two.py", plugin(RULE))
    assert registry.optimizer("mine") is not None
    assert "dish" == registry.surface("dish").name


def test_a_variable_that_holds_a_shipped_surface_is_no_new_one(plugin):
    registry = plugin(
        RULE + "\nfrom optirace.surfaces import SURFACES\nbowl = SURFACES['bowl']\nagain = Mine\n"
    )
    assert set(surfaces.SURFACES) == set(registry.surfaces)


def test_no_bytecode_is_left_beside_a_plug_in(plugin):
    plugin(RULE)
    assert ["mine.py"] == [path.name for path in Path().iterdir()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ny = foo\n", "plugin mine.py, line 2: NameError: name 'foo' is not defined"),
        ("def broken(:\n    pass\n", "plugin mine.py, line 1: SyntaxError: invalid syntax"),
        ("x = '\\0'\n\0", "plugin mine.py"),
        ("\n\nimport no_such_package\n",
        "plugin mine.py, line 3: ModuleNotFoundError: No module named 'no_such_package'"),
        ("import sys\nsys.exit('done')\n", "plugin mine.py, line 2: SystemExit: done"),
        ("raise ValueError('one\\ntwo')\n", "plugin mine.py, line 1: ValueError: one two"),
        ("def f(): f()\nf()\n",
        "plugin mine.py, line 1: RecursionError: maximum recursion depth exceeded"),
        (
            "class Sad(Exception):\n    def __str__(self): raise RuntimeError\nraise Sad\n",
            "plugin mine.py, line 3: Sad",
        ),
        ("",
        ("plugin mine.py: defines neither a rule (a frozen dataclass with init and update) "
            "nor a surface (an instance of")),
        (RULE.replace("Mine", "_Mine"), "plugin mine.py: defines neither"),
        (RULE.replace("(frozen=True)", ""),
        "plugin mine.py: optimizer Mine: must be a frozen dataclass; write @dataclass(f"),
        (RULE.replace("@dataclass(frozen=True)", ""),
        "plugin mine.py: optimizer Mine: must be a frozen dataclass"),
        (RULE.replace("lr", "rate"), "plugin mine.py: optimizer Mine: must have a field lr"),
        (RULE.replace(" = 0.1", ""),
        "plugin mine.py: TypeError: Mine.__init__() missing 1 required positional argument: "),
        (RULE.replace("0.1", "'fast'"),
        "plugin mine.py: optimizer Mine: default of lr 'fast': must be a number"),
        (RULE.replace("Mine", "Adam"),
        "plugin mine.py: its 'adam' would hide optirace's own 'adam' in the list of optimizers"),
        (RULE.replace("Mine", "Größe"),
        "plugin mine.py: optimizer Größe: name 'größe': must be 1 to 30 of a-z"),
        (RULE.replace("return ()", "return theta.foo"),
        "plugin mine.py, line 9: AttributeError: 'numpy.ndarray' object has"),
        (RULE.replace("return ()", "theta *= 2"),
        "plugin mine.py, line 9: ValueError: output array is read-only"),
        (RULE.replace("def update(self, ", "def update(self, more, "),
        "plugin mine.py: TypeError: Mine.update() missing 1"),
        (RULE.replace(", state\n", "\n"),
        "plugin mine.py: optimizer Mine: update returned array([ 0.05, -0.2 ]): must be"),
        (RULE.replace("* gradient", "* 1.0"),
        "plugin mine.py: optimizer Mine: update returned the step 0.1: must be float"),
        (RULE.replace("* gradient", "* gradient / 0.0"),
        "plugin mine.py: optimizer Mine: update returned the step array("),
        (
            RULE.replace("    lr:", "    momentum = 'v'\n    lr:", 1),
            "plugin mine.py: optimizer Mine: momentum 'v': must be a letter of the state, or None",
        ),
        (RULE.replace("    lr:", "    label = ''\n    lr:", 1),
        "plugin mine.py: optimizer Mine: label '': must be 1 to 30"),
        (SURFACE.replace("x * x", "foo"),
        "plugin mine.py, line 9: NameError: name 'foo' is not defined"),
        (SURFACE.replace("x * x", "math.sin(x)"),
        "plugin mine.py, line 9: TypeError: only 0-dimensional arrays can be conv"),
        (SURFACE.replace("x * x", "np.log(-x)"),
        "plugin mine.py: surface 'dish': value at start: must be finite, and is nan"),
        (SURFACE.replace("+ y * y", ""),
        "plugin mine.py: surface 'dish': value at a grid: must have the shape (3, "),
        (SURFACE.replace("2.0 * y", "2.0"),
        "plugin mine.py: surface 'dish': gradient[1] at float64[3]: must have the shape"),
        (SURFACE.replace("(2.0 * x, 2.0 * y)", "2.0 * x"),
        "plugin mine.py: surface 'dish': gradient returned 2.0: must be"),
        (SURFACE.replace("(2.0 * x, 2.0 * y)", "[x, y]"),
        "plugin mine.py: surface 'dish': gradient returned [1.0, 2.0]: m"),
        (SURFACE.replace("2.0 * x,", "-2.0 * x,"),
        "'dish': gradient at 1,2: is (-2, 4), where the value climbs by (2, 4)"),
        (SURFACE.replace("(1.0, 2.0)", "(1.0, 'up')"),
        "plugin mine.py: surface 'dish': start (1.0, 'up'): must be two fin"),
        (SURFACE.replace("(1.0, 2.0)", "(1.0, 2.0), view=(1, 2, 3)"),
        "plugin mine.py: surface 'dish': view (1, 2, 3): must"),
        (SURFACE.replace("(1.0, 2.0)", "(1.0, 2.0), minima=(0, 0)"),
        "plugin mine.py: surface 'dish': minima (0, 0): must be"),
        (SURFACE.replace("(1.0, 2.0)", "(1.0, 2.0), lr={'sgd': 'x'}"),
        "plugin mine.py: surface 'dish': lr {'sgd': 'x'}: mus"),
        (SURFACE.replace("(1.0, 2.0)", "(1.0, 2.0), lr=[0.1]"),
        "plugin mine.py: surface 'dish': lr [0.1]: must be a learn"),
        ("raise GeneratorExit\n", "plugin mine.py, line 1: GeneratorExit"),
        (SURFACE.replace("(1.0, 2.0)", "(1.0, 2.0), view=(2, 1, 0, 1)"),
        "plugin mine.py: surface 'dish': view (2, 1, 0, 1):"),
        (SURFACE.replace("(1.0, 2.0)", "(1.0, 2.0), minima=((1e200, 0.0),)"),
        "'dish': value at its minimum: must be finite"),
        (SURFACE.replace('"dish"', '"bowl"'),
        "plugin mine.py: its 'bowl' would hide optirace's own 'bowl' in the list"),
        (SURFACE.replace('"dish"', '"Dish"'),
        "plugin mine.py: surface 'Dish': name 'Dish': must be 1 to 30 of a-z"),
        (SURFACE.replace('    formula="x",\n', ""),
        "plugin mine.py, line 6: TypeError: Surface.__init__() missing 1"),
    ],
)  # fmt: skip
def test_a_broken_plug_in_is_one_line(plugin, text, message):
    with pytest.raises(InvalidValueError) as problem:
        plugin(text)
    assert message in str(problem.value)
    assert 1 == len(str(problem.value).splitlines())


@pytest.mark.parametrize(
    ("name", "reason"),
    [("absent.py", "no such file or directory"), (".", "is a directory, not a file")],
)
def test_a_file_that_cannot_be_read_is_one_line(name, reason):
    with pytest.raises(InvalidValueError, match=rf"^plugin {name}: {reason}$"):
        plugins.load(Path(name))


def test_two_plug_ins_with_one_name_are_refused(plugin):
    registry = plugin(RULE, "first.py")
    with pytest.raises(
        InvalidValueError, match=r"plugin second\.py: its 'mine' would hide an earlier 'mine'"
    ):
        plugin(RULE, "second.py", registry)


def test_an_interrupt_is_not_the_plug_ins_to_keep(plugin):
    with pytest.raises(KeyboardInterrupt):
        plugin("raise KeyboardInterrupt\n")


def test_a_rule_that_breaks_in_the_middle_of_a_race_is_one_line(plugin):
    text = RULE.replace("return ()", "return 0").replace(
        "* gradient, state", "* gradient / (1 / (3 - state)), state + 1"
    )
    registry = plugin(text)
    race = specs.race(texts=["mine"], shared={}, registry=registry)
    with pytest.raises(
        InvalidValueError, match=r"^plugin mine\.py, line 12: ZeroDivisionError: division by zero$"
    ):
        engine.run(race)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            "(np.zeros(3), 4)",
            (
                r"update returned the step array\(\[0., 0., 0.\]\): must be float64\[2\], as "
                r"the gradient is"
            ),
        ),
        ("('far', 4)", r"update returned the step 'far': must be float64\[2\]"),
        ("(None, 4)", r"update returned the step None: must be float64\[2\]"),
        ("7", r"update returned 7: must be a pair \(step, state\)"),
    ],
)
def test_an_answer_that_is_wrong_in_the_middle_of_a_race_is_one_line(plugin, answer, message):
    right = "(self.lr * gradient, state + 1)"
    text = RULE.replace("return ()", "return 0").replace(
        "self.lr * gradient, state", f"{right} if state < 3 else {answer}"
    )
    race = specs.race(texts=["mine"], shared={}, registry=plugin(f"import numpy as np\n{text}"))
    with pytest.raises(InvalidValueError, match=rf"^plugin mine\.py: optimizer Mine: {message}"):
        engine.run(race)


def test_a_kink_at_the_start_is_no_wrong_gradient(plugin):
    cone = SURFACE.replace("x * x + y * y", "np.abs(x - 1.0) + y").replace(
        "2.0 * x, 2.0 * y", "np.sign(x - 0.99), 1.0 + 0.0 * y"
    )
    assert "dish" in plugin(cone).surfaces


def test_a_surface_that_breaks_in_the_middle_of_a_race_is_one_line(plugin):
    registry = plugin(
        SURFACE.replace("(2.0 * x, 2.0 * y)", "(2.0 * x / [1.0][int(np.max(x) < 0.5)], 2.0 * y)")
    )
    race = specs.race(surface=specs.surface("dish", registry=registry), texts=["sgd"], shared={})
    with pytest.raises(
        InvalidValueError, match=r"^plugin mine\.py, line 10: IndexError: list index out of range$"
    ):
        engine.run(race)


def test_a_value_that_a_rule_refuses_is_one_line(plugin):
    check = (
        "    def __post_init__(self):\n        if self.lr > 1.0:\n            raise "
        "ValueError('lr is too large')\n"
    )
    registry = plugin(RULE.replace("    def init", check + "\n    def init"))
    for texts, shared in ((["mine:lr=2"], {}), (["mine"], {"lr": 2.0})):
        with pytest.raises(
            InvalidValueError,
            match=r"^optimizer 'mine.*': plugin mine.py, line 10: ValueError: lr is too",
        ):
            specs.race(texts=texts, shared=shared, registry=registry)


def test_installed_rules_and_surfaces_are_found_by_their_names(installed):
    installed(
        "[optirace.optimizers]\nother = others:Mine\n[optirace.surfaces]\ndish = others:dish\n",
        others=RULE + SURFACE,
    )
    race = specs.race(surface=specs.surface("dish"), texts=["other:lr=0.2", "sgd"], shared={})
    result = engine.run(race)
    assert ["other", "sgd"] == [each.racer.optimizer.name for each in result.trajectories]
    assert result.trajectories[0].points[1] == pytest.approx((0.6, 1.2))
    registry, notes = plugins.SHIPPED.everything()
    assert {*optimizers.OPTIMIZERS, "other"} <= set(registry.optimizers)
    assert "dish" in registry.surfaces
    assert not [note for note in notes if "of others" in note]
    assert "name" not in vars(
        sys.modules["others"].Mine
    )  # nothing is written into the class of somebody else


def test_a_mistyped_name_is_told_the_nearest_installed_one(installed):
    installed(
        (
            "[optirace.optimizers]\nfrobnicate = others:Mine\n[optirace.surfaces]\ndish = "
            "others:dish\n"
        ),
        others=RULE,
    )
    with pytest.raises(InvalidValueError, match="did you mean frobnicate"):
        specs.racer("frobnicat")
    with pytest.raises(InvalidValueError, match="did you mean dish"):
        specs.surface("dsh")


@pytest.mark.parametrize(
    ("point", "text", "message"),
    [
        ("others:Mine", "import no_such_package",
        "plugin mine of others: ModuleNotFoundError: No module"),
        ("others:Yours", RULE,
        "plugin mine of others: AttributeError: module 'others' has no attribute 'Yours'"),
        ("others", RULE,
        "plugin mine of others: others: must be a rule (a frozen dataclass with init and update)"),
        ("others:Mine", RULE.replace("return ()", "return foo"),
        "plugin mine of others: NameError: name 'foo' is not"),
        ("others:Mine", RULE.replace("    lr", "    name = 'yours'\n    lr", 1),
        "name 'yours': must be the entry point's"),
    ],
)  # fmt: skip
def test_a_broken_entry_point_is_one_line_when_asked_for_and_a_note_else(
    installed, point, text, message
):
    installed(f"[optirace.optimizers]\nmine = {point}\n", others=text)
    assert specs.racer("adam").rule == "adam"
    with pytest.raises(InvalidValueError) as problem:
        specs.racer("mine")
    assert message in str(problem.value)
    registry, notes = plugins.SHIPPED.everything()
    assert "mine" not in registry.optimizers
    assert [note for note in notes if message in note]


def test_an_entry_point_does_not_hide_a_shipped_rule(installed):
    installed("[optirace.optimizers]\nadam = others:Mine\n", others=RULE)
    assert optimizers.OPTIMIZERS["adam"] is specs.racer("adam").kind
    registry, notes = plugins.SHIPPED.everything()
    assert optimizers.OPTIMIZERS["adam"] is registry.optimizers["adam"]
    assert [
        note
        for note in notes
        if "plugin adam of others: its 'adam' would hide optirace's own" in note
    ]


def test_the_default_race_asks_nobody_what_is_installed():
    code = (
        "import sys; from optirace.settings import specs; specs.race(shared={});"
        "print([name for name in ('importlib.metadata', 'optirace.settings.adapters', "
        "'torch', 'jax') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


def test_a_formula_that_is_no_mathtext_is_one_line_when_it_is_drawn(plugin, tmp_path):
    dish = plugin(SURFACE.replace('"x"', 'r"\\frac{"')).surfaces["dish"]
    result = engine.run(specs.race(surface=dish, shared={}, steps=5))
    with pytest.raises(
        InvalidValueError, match=r"^formula .*frac\{': must be mathtext: .*Expected \\frac"
    ) as problem:
        optirace.render(result, tmp_path / "dish.png")
    assert 1 == len(str(problem.value).splitlines())
    assert not (tmp_path / "dish.png").exists()
