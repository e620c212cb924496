"""Soaks the reader of formulas in random and hostile text, and prints the slowest and the largest.

Every text must become a surface or an InvalidValueError, and none may do anything that Python
reports to its audit hooks: compile, import, open, start a process. A surface's value and gradient
are computed at a point and on a grid of 50 x 50.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import resource
import sys
import time

import numpy as np

from optirace.errors import InvalidValueError
from optirace.surfaces import formula
from optirace.surfaces.formula import rules
from optirace.surfaces.formula import words as spelling

CANARY = "canary"
ATTACKS = (
    f"__import__('os').system('touch {CANARY}')",
    f"open('{CANARY}', 'w')",
    f"exec(\"open('{CANARY}', 'w')\")",
    "().__class__.__base__.__subclasses__()",
    "(lambda: x)()",
    "[x for x in y]",
    "(x := 2)",
    "f'{x}'",
    "x if y else 1",
    "9**9**9",
    "1e999",
    "0x10",
    "1_000",
    "1j",
    "х",  # noqa: RUF001 - the Cyrillic letter
    "Ｘ",  # noqa: RUF001 - full width
    "\0",
    "\ud800",
    "\n",
    "9" * 999,
)
LEAVES = (
    "x",
    "y",
    "x*y",
    "x**2",
    "2",
    "0.5",
    "1e3",
    "1e-300",
    "1e300",
    "pi",
    "x",
    "y",
    "x+y",
    "y-x",
    "2x",
    "x y",
    "x²",
    "|x|",
    "√y",
)
EXPONENTS = ("2", "3", "-1", "0.5", "1.5", "64", "-64", "0.1", "x", "y", "(2/3)", "{-2}")


def valid(draw: random.Random, leaves: int) -> str:
    """Write a formula of so many leaves, which may still be finite nowhere."""
    if leaves <= 1:
        return draw.choice(LEAVES)
    kind, split = draw.randrange(8), draw.randrange(1, leaves)
    if kind == 0:
        return f"{draw.choice(list(rules.FUNCTIONS))}({valid(draw, leaves - 1)})"
    if kind == 1:
        return f"({valid(draw, leaves - 1)})**{draw.choice(EXPONENTS)}"
    if kind == 2:
        return (
            f"{draw.choice(['min', 'max', 'hypot', 'arctan2'])}({valid(draw, split)}, "
            f"{valid(draw, leaves - split)})"
        )
    if kind == 6:
        test = f"{valid(draw, split)} {draw.choice(['<', '>=', '=', '≠'])} {draw.choice(LEAVES)}"
        return f"where({test}, {valid(draw, leaves - split)}, {draw.choice(LEAVES)})"
    if kind == 7:
        return draw.choice(["|{}|({})", "({})({})", "\\frac{{{}}}{{{}}}"]).format(
            valid(draw, split), valid(draw, leaves - split)
        )
    if kind == 3:
        return f"-({valid(draw, leaves - 1)})"
    return f"({valid(draw, split)}{draw.choice('+-*/')}{valid(draw, leaves - split)})"


def mutated(draw: random.Random) -> str:
    text = valid(draw, draw.randrange(1, 40))
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(len(text) + 1)
        text = (
            text[:at]
            + draw.choice([*ATTACKS, *"+-*/^(),.'[]=_ e9|{}<²√", "**", ""])
            + text[at + draw.randrange(3) :]
        )
    return text


def chained(draw: random.Random) -> str:
    """Nest or repeat one thing as often as the limits allow, or too often."""
    times = draw.choice([5, 20, 37, 39, 40, 100, 149, 1000, 30_000])
    if draw.random() < 0.4:
        return (
            draw.choice(
                [
                    "x+",
                    "x*",
                    "x/",
                    "x**",
                    "x-y*",
                    "x**64*",
                    "sin(x)*",
                    "x ",
                    "|x",
                    "x²",
                    "|x|",
                    "√",
                    "sin^2",
                ]
            )
            * times
            + "x"
        )
    openings = [
        "(",
        "-",
        "sin(",
        "exp(",
        "sqrt(1+",
        "abs(x-",
        "1/(1+",
        "min(x,",
        "tanh(y*",
        "log(2+",
        "2**(",
        "x**(",
        "x*(",
        "|",
        "√(",
        "where(x>0,y,",
        "x(",
        "where((",
    ]
    opening = draw.choice(openings)
    return opening * times + draw.choice("xy") + ")" * (times * opening.count("("))


def worded(draw: random.Random) -> str:
    pool = [
        *spelling.KNOWN,
        *spelling.SPELLINGS,
        *ATTACKS,
        *"+-*/^(),. ",
        "**",
        "2",
        ".5",
        "lambda",
        "if",
        "import",
    ]
    return "".join(draw.choices(pool, k=draw.randrange(60)))


def characters(draw: random.Random) -> str:
    return "".join(
        chr(draw.choice([draw.randrange(128), draw.randrange(0x110000)]))
        for _ in range(draw.randrange(200))
    )


def drawn(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.4:
        return valid(draw, draw.randrange(1, 90))
    return (
        mutated if kind < 0.6 else chained if kind < 0.75 else worded if kind < 0.95 else characters
    )(draw)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--formulas", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    draw = random.Random(asked.seed)  # noqa: S311 - no secret
    texts = [*ATTACKS, *(drawn(draw) for _ in range(asked.formulas - len(ATTACKS)))]
    x, y = np.linspace(-6, 3, 50)[None, :], np.linspace(-4, 4, 50)[:, None]
    formula.surface("x + y").value(x, y)
    events: list[str] = []
    formula.surface("exp(2)*x").value(1.0, 1.0)  # loads what rounds a constant
    with contextlib.suppress(InvalidValueError):
        formula.surface("sine(x)")  # loads what finds the nearest name
    sys.addaudithook(lambda event, _: events.append(event))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    accepted, slowest, slowest_refusal = 0, (0.0, ""), (0.0, "")
    with np.errstate(all="ignore"):
        for text in texts:
            started = time.perf_counter()
            try:
                surface = formula.surface(text)
            except InvalidValueError:
                slowest_refusal = max(slowest_refusal, (time.perf_counter() - started, text))
                continue
            results = (
                surface.value(-5.0, 3.0),
                *surface.gradient(-5.0, 3.0),
                surface.value(x, y),
                *surface.gradient(x, y),
            )
            slowest = max(slowest, (time.perf_counter() - started, text))
            accepted += 1
            shapes = [np.shape(each) for each in results]
            if shapes != [()] * 3 + [(50, 50)] * 3:
                raise SystemExit(f"{text!r}: shapes {shapes}")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if events:
        raise SystemExit(f"something was done: {sorted(set(events))}")
    print(
        f"{len(texts)} texts: {accepted} surfaces, the rest refused; nothing else raised, "
        "nothing was executed"
    )
    print(f"slowest surface {slowest[0] * 1e3:.1f} ms: {slowest[1][:60]!r}")
    print(f"slowest refusal {slowest_refusal[0] * 1e3:.1f} ms: {slowest_refusal[1][:60]!r}")
    print(
        f"peak memory {after / 1024:.0f} MiB, {(after - before) / 1024:.1f} of them since "
        "the first text"
    )


if __name__ == "__main__":
    main()
