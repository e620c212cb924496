"""The rooms of the house, and which doors there are."""

import ast
import inspect
from pathlib import Path

from tests import structure

import optirace

ROOT = Path(optirace.__file__).parent
RANKS = [
    ["errors"],
    ["system"],
    ["numerics"],
    ["optimizers", "surfaces"],
    ["racing"],
    ["look"],
    ["settings"],
    ["text"],
    ["drawing"],
    ["output"],
    ["catalogue", "diagnostics"],
    ["options"],
    ["api"],
    ["cli"],
    ["__main__"],
]
INSIDE = {
    "drawing": [
        [
            "bands",
            "board",
            "dump",
            "elements",
            "layout",
            "picture",
            "plotting",
            "projection",
            "scales",
            "tracks",
        ],
        ["chart", "raster", "vector"],
    ],
    "output": [["files"], ["read"], ["encode", "video"]],  # and then the files of the room
}
OWNERS = {
    "gmpy2": {"numerics.correctly_rounded", "diagnostics"},
    "matplotlib": {
        "drawing.raster.formulas",
        "drawing.chart",
        "drawing.chart.curves",
        "drawing.chart.maps",
        "drawing.chart.sheets",
        "drawing.plotting",
        "drawing.vector.ground",
        "drawing.vector.page",
    },
    "contourpy": {"drawing.vector.ground"},
    "imageio_ffmpeg": {"output.video.ffmpeg"},
    "imageio": {"output.encode.png"},
    "PIL": {"output.decoded", "output.encode.gif", "output.encode.webp"},
    "rich": {"cli.terminal"},
}
MODULES = structure.modules()


def rank(ranks, name):
    """Return the place of a room on a list; what is not named on it comes last."""
    return next((index for index, names in enumerate(ranks) if name in names), len(ranks))


def test_every_room_is_on_the_list():
    assert {name for names in RANKS for name in names} == {
        name.split(".")[0] for name in MODULES if name
    }


def test_imports_go_down_the_list_only_and_in_no_circle():
    wrong = {
        (here, there)
        for here, reached in structure.rooms().items()
        for there in reached
        if there and rank(RANKS, there) >= rank(RANKS, here)
    }
    assert set() == wrong
    assert [] == structure.circles(structure.rooms())
    assert [] == structure.circles(structure.arrows())


def test_inside_a_room_imports_go_down_as_well():
    wrong = []
    for here, reached in structure.arrows().items():
        room, _, inner = here.partition(".")
        ranks = INSIDE.get(room)
        if not ranks or not inner:
            continue
        for there in reached:
            other, _, name = there.partition(".")
            if other == room and name and name.split(".")[0] != inner.split(".")[0]:
                above, below = rank(ranks, inner.split(".")[0]), rank(ranks, name.split(".")[0])
                if below > above or (below == above < len(ranks) and {above} != {0}):
                    wrong.append((here, there))
    assert [] == wrong


def test_no_room_is_named_like_a_public_function():
    functions = {name for name in optirace.__all__ if inspect.isfunction(getattr(optirace, name))}
    assert functions >= {"race", "render", "table", "sweep", "explain"}
    assert set() == functions & {name.split(".")[0] for name in MODULES}


def test_a_library_is_named_by_its_owner_alone():
    named = {
        (name, library)
        for name, path in MODULES.items()
        for module, _ in structure.imports(path)
        if (library := module.split(".")[0]) in {*OWNERS, "typer"}
    }
    typer = {(name, library) for name, library in named if library == "typer"}
    assert all(name == "cli" or name.startswith("cli.") for name, _ in typer)
    assert [] == sorted(
        (name, library) for name, library in named - typer if name not in OWNERS[library]
    )


def test_a_module_says_one_sentence_about_itself_and_stays_short():
    texts = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}
    firsts = {
        name: (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")[0]
        for name, text in texts.items()
    }
    assert [] == [name for name, first in firsts.items() if not first.endswith(".")]
    assert [] == [name for name, text in texts.items() if len(text.splitlines()) > 500]
