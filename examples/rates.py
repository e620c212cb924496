"""Find the learning rate with the lowest tail loss for each optimizer, and film the four at their
best.
"""

import sys

import optirace

OPTIMIZERS = ["sgd", "momentum", "rmsprop", "adam"]
RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]


def best_rate(optimizer: str) -> float:
    results = {rate: optirace.race(optimizers=[optimizer], lr=rate) for rate in RATES}
    return min(results, key=lambda rate: results[rate].trajectories[0].tail_loss)


def main(film: str) -> None:
    words = [f"{optimizer}:lr={best_rate(optimizer)}" for optimizer in OPTIMIZERS]
    result = optirace.race(optimizers=words)
    print(optirace.table(result))
    for file in optirace.render(result, film, title="Each at its best learning rate"):
        print(f"{file.path}: {file.bytes} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:] or ["rates.mp4"])
