"""Measures `optirace sweep` over a million runs, against the same sweep in a jitted optax loop
where that is installed.

Commands are measured as whole new processes, children included, in turn; what is printed is the
median of the runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from bench import Usage, describe, measure, say

YARDSTICK = str(Path(__file__).with_name("optaxloop.py"))


def counts(command: list[str]) -> tuple[int, int]:
    """Return how many runs a command says have converged and diverged."""
    told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return (told := told.get("racers", [told])[0])["converged"], told["diverged"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a sweep of a million runs.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--grid", type=int, default=1_000_000, help="runs of a rule")
    parser.add_argument("--rules", nargs="+", default=["sgd", "momentum", "rmsprop", "adam"])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--jax", default=sys.executable, help="a Python that has jax and optax")
    given = parser.parse_args()
    describe()
    has_jax = not subprocess.run(
        [given.jax, "-c", "import jax, optax"], stderr=subprocess.DEVNULL, check=False
    ).returncode
    if not has_jax:
        say("jax and optax are not installed: optirace alone")
    say(f"{given.grid} runs of 200 steps a rule, whole processes, medians of {given.runs}")
    say(f"  {'':10}{'':18}{'wall s':>8}{'CPU s':>8}{'peak MiB':>10}{'/optax':>8}")
    for rule in given.rules:
        commands = {}
        for jobs in given.jobs:
            ours = [
                sys.executable,
                "-m",
                "optirace",
                "sweep",
                "-O",
                rule,
                "--lr",
                f"1e-3:3:{given.grid}",
            ]
            commands["optirace", jobs] = [*ours, "--jobs", str(jobs), "--format", "json"]
            if has_jax:
                commands["optax", jobs] = [
                    given.jax,
                    YARDSTICK,
                    rule,
                    "--runs",
                    str(given.grid),
                    "--cores",
                    str(jobs),
                ]
        usages: dict[tuple[str, int], list[Usage]] = {name: [] for name in commands}
        for _ in range(given.runs):
            for name, command in commands.items():
                usages[name].append(measure(command, is_sampled=True))
        for (what, jobs), found in usages.items():
            wall, cpu, peak = (
                statistics.median(getattr(usage, field) for usage in found)
                for field in ("wall", "cpu", "peak")
            )
            ratio = ""
            if has_jax and what == "optirace":
                other = statistics.median(usage.wall for usage in usages["optax", jobs])
                ratio = f"{wall / other:8.2f}"
            say(f"  {rule:10}{f'{what}, {jobs} cores':18}{wall:8.2f}{cpu:8.2f}{peak:10.0f}{ratio}")
        say(
            f"  {rule:10}converged, diverged: "
            f"{', '.join(f'{what} {counts(commands[what, jobs])}' for what, jobs in commands)}"
        )


if __name__ == "__main__":
    main()
