"""Find, for each rule, the rate with which it comes down fastest, and film the four at their best."""

import sys

import optirace

RULES = ["sgd", "momentum", "rmsprop", "adam"]
RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]


def best_rate(rule: str) -> float:
    results = {rate: optirace.race(optimizers=[rule], lr=rate) for rate in RATES}
    return min(results, key=lambda rate: results[rate].trajectories[0].tail_loss)


def main(film: str) -> None:
    words = [f"{rule}:lr={best_rate(rule)}" for rule in RULES]
    result = optirace.race(optimizers=words)
    print(optirace.table(result))
    for file in optirace.render(result, film, title="Each at its best rate"):
        print(f"{file.path}: {file.bytes} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:] or ["rates.mp4"])
