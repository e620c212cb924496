"""Prints the rooms of the house, the arrows between them, their floors and circles: `python
tests/structure.py [FOLDER]`.

A room is a package or a file on the top level; an arrow is an import that runs, at the top of a
file or inside a function. The floor of a room is the longest way down from it. A circle is a set of
files, or of rooms, that all reach one another.
"""

import ast
import functools
import sys
from pathlib import Path

PACKAGE = "optirace"
SOURCE = Path(__file__).parents[1] / "src" / PACKAGE


def modules(source=SOURCE):
    """Return every file by the name of its module, without the package's."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def imports(path):
    """Return (module, names) of every import that runs; what only types need does not run."""
    return [*_imports(path)]


def _imports(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
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
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, [alias.name for alias in node.names]


def arrows(source=SOURCE):
    """Return for every module those of ours that it imports."""
    known = modules(source)
    found = {}
    for name, path in known.items():
        reached = set()
        for module, names in imports(path):
            if module.split(".")[0] != PACKAGE:
                continue
            inside = module.removeprefix(PACKAGE).lstrip(".")
            for each in names or [""]:
                full = f"{inside}.{each}".strip(".")
                reached.add(full if full in known else inside)
        found[name] = reached - {name}
    return found


def rooms(source=SOURCE):
    """Return for every room those that it imports; the package's own name is no room."""
    found: dict[str, set[str]] = {name.split(".")[0]: set() for name in modules(source) if name}
    for name, reached in arrows(source).items():
        here = name.split(".")[0]
        if here:
            found[here] |= {
                there for each in reached if (there := each.split(".")[0]) and there != here
            }
    return found


def circles(graph):
    """Return the sets of names that reach one another, as R. E. Tarjan found them, 1972."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph.get(name, ())):
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            circle = {*stack[stack.index(name) :]}
            del stack[stack.index(name) :]
            if len(circle) > 1:
                found.append(circle)

    for name in graph:
        if name not in index:
            visit(name)
    return found


def floors(graph):
    """Return the floor of every name of a graph without circles: 0 where nothing is imported."""
    known = {}

    def floor(name):
        if name not in known:
            known[name] = 1 + max((floor(other) for other in graph.get(name, ())), default=-1)
        return known[name]

    return {name: floor(name) for name in graph}


def report(source):
    """Yield what there is, a line each."""
    houses = rooms(source)
    round_rooms, round_files = circles(houses), circles(arrows(source))
    lines = sum(
        len(path.read_text(encoding="utf-8").splitlines()) for path in modules(source).values()
    )
    yield f"{len(modules(source))} files, {lines} lines"
    yield f"{len(houses)} rooms, {sum(map(len, houses.values()))} arrows"
    yield f"{len(round_rooms)} circles of rooms, {len(round_files)} of files"
    yield from (f"  circle: {', '.join(sorted(circle))}" for circle in [*round_rooms, *round_files])
    standing = {} if round_rooms else floors(houses)
    for name in sorted(standing, key=lambda each: (-standing[each], each)):
        yield f"  {standing[name]:>2} {name:<14} {' '.join(sorted(houses[name]))}"


if __name__ == "__main__":
    sys.stdout.write(
        "".join(f"{line}\n" for line in report(Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE))
    )
