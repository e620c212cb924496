"""The rooms of the house, and which doors there are."""

import ast
from pathlib import Path

import pytest

import optirace

ROOT = Path(optirace.__file__).parent
RANKS = [
    ["errors", "frame", "limits", "memory", "turns", "columns"],
    ["exact", "crew", "paths", "reading", "statements", "markup"],
    ["terms"],
    ["surfaces", "optimizers", "conventions"],
    ["expressions", "rates", "noise"],
    ["style", "timeline", "fonts"],
    ["budget"],
    ["plugins"],
    ["libraries"],
    ["outcomes", "minima"],
    ["engine", "stability"],
    ["grids", "tuning"],
    ["specs"],
    ["scenes"],
    ["report", "captions"],
    ["alttext"],
    ["provenance"],
    ["lessons"],
    ["canvas", "encoders", "ranges"],
    ["listing", "snippets"],
    ["plotting"],
    ["vector"],
    ["film", "chart", "checking", "doctor"],
    ["api"],
    ["cli"],
    ["__main__", "__init__"],
]
RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}
UPWARD = {("engine", "report"), ("grids", "ranges")}  # table(): numbers that can tell themselves, when a person asks
_VECTORS = ("plotting.py", "vector/ground.py", "vector/page.py")
OWNERS = {
    "gmpy2": {"exact.py", "doctor.py"},
    "matplotlib": {"canvas/formulas.py", *(f"chart/{name}.py" for name in ("__init__", "curves", "maps", "sheets")), *_VECTORS},
    "contourpy": {"vector/ground.py"},
    "imageio_ffmpeg": {"encoders/video.py"},
    "imageio": {"encoders/png.py"},
    "PIL": {"encoders/decoded.py", "encoders/gif.py", "encoders/webp.py"},
    "typer": {
        f"cli/{name}.py"
        for name in (
            "__init__",
            "doctor",
            "explain",
            "init",
            "inspect",
            "list",
            "options",
            "render",
            "scene",
            "snippet",
            "sweep",
            "table",
        )
    },
    "rich": {"cli/terminal.py"},
}
FILES = sorted(ROOT.rglob("*.py"))


def imports(path):
    """Return (module, names, is at the top) of every import that runs."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module, [alias.name for alias in node.names]


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_the_list_only(path):
    here = room(path)
    for module, names in imports(path):
        if not module.startswith("optirace"):
            continue
        parts = module.split(".")
        for there in [parts[1]] if len(parts) > 1 else [name for name in names if name in RANK]:
            if there != here and (here, there) not in UPWARD:
                assert RANK[there] < RANK[here], f"{here} imports {there}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_is_named_by_its_owner_alone(path):
    name = path.relative_to(ROOT).as_posix()
    for module, _ in imports(path):
        library = module.split(".")[0]
        assert library not in OWNERS or name in OWNERS[library], f"{name} imports {library}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_one_sentence_about_itself_and_stays_short(path):
    text = path.read_text()
    first = ast.get_docstring(ast.parse(text)).splitlines()[0]
    assert first.endswith(".")
    assert len(text.splitlines()) <= 400


def test_every_room_is_on_the_list():
    assert set(RANK) == {room(path) for path in FILES}
