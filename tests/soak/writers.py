"""Has eight processes write one name at once: the file is that of one of them, whole, and each of
them is told so.

python tests/soak/writers.py ROUNDS
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from optirace import cli

PROCESSES = 8
QUICK = [
    "--size",
    "240x240",
    "--fps",
    "10",
    "--duration",
    "0.4",
    "--hold",
    "0.2",
    "--steps",
    "4",
    "--quiet",
]


def main(rounds):
    for number in range(rounds):
        kind = ("mp4", "gif", "png")[number % 3]
        with tempfile.TemporaryDirectory() as place:
            films = set()
            for index in range(PROCESSES):
                alone = Path(place, f"{index}.{kind}")
                assert cli.main(command(alone, index)[3:]) == 0
                films.add(hashlib.sha256(alone.read_bytes()).hexdigest())
                alone.unlink()
            assert len(films) == PROCESSES, "titles make no difference"
            shared = Path(place, f"race.{kind}")
            running = [
                subprocess.Popen(command(shared, index), stderr=subprocess.PIPE)
                for index in range(PROCESSES)
            ]
            for process in running:
                assert process.communicate() == (None, b"")
            assert {0} == {process.returncode for process in running}
            assert [shared] == list(Path(place).iterdir()), list(Path(place).iterdir())
            assert hashlib.sha256(shared.read_bytes()).hexdigest() in films, (
                f"a {kind} that nobody wrote"
            )
    print(f"{rounds} rounds of {PROCESSES} processes: the file is one of theirs, whole")


def command(path, index):
    return [
        sys.executable,
        "-m",
        "optirace",
        "render",
        "-o",
        str(path),
        "--title",
        f"Film {index}",
        *QUICK,
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]))
