"""Looks for the minima of the formulas of tests/minima_corpus.py and of the shipped surfaces, and
prints what that takes.
"""

from __future__ import annotations

import runpy
import statistics
import time
from pathlib import Path

from optirace.racing import minima
from optirace.surfaces import SURFACES, formula

CORPUS = runpy.run_path(str(Path(__file__).parent.parent / "tests" / "minima_corpus.py"))


def main() -> None:
    starts = {surface.expression: surface.start for surface in SURFACES.values()} | CORPUS["STARTS"]
    texts = [
        *(surface.expression for surface in SURFACES.values()),
        *CORPUS["BOUNDED"],
        *CORPUS["UNBOUNDED"],
        *CORPUS["NEVER"],
    ]
    taken = []
    for text in texts:
        surface, start, times = formula.surface(text), starts.get(text, (-5.0, 3.0)), []
        for _ in range(3):
            began = time.process_time()
            minima.search(surface, start, ())
            times.append((time.process_time() - began) * 1e3)
        taken.append((min(times), text))
    half = statistics.median(each for each, _ in taken)
    print(f"{len(taken)} formulas: {half:.1f} ms of a processor for half of them; the slowest")
    for milliseconds, text in sorted(taken, reverse=True)[:5]:
        print(f"  {milliseconds:5.1f} ms  {text}")


if __name__ == "__main__":
    main()
