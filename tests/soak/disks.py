"""Renders onto full disks of many sizes, over an existing file or folder.

    unshare --user --map-root-user --mount python tests/soak/disks.py SIZES [OUTPUT...]

Each output is a file name, or frames/; without any, all formats. Needs Linux, and the right to
mount, as root or in a user namespace has it; ends with status 77 where it may not mount.
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from optirace import cli
from optirace.output.formats import FORMATS

OLD = b"a good earlier file"
ALL = [name if name.endswith("/") else f"race{name}" for name in FORMATS]
WORDS = [
    "--size",
    "480x270",
    "--fps",
    "10",
    "--duration",
    "0.6",
    "--hold",
    "0,0.1",
    "--steps",
    "20",
    "--quiet",
]
PAGE = 4096


def render(name):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        status = cli.main(["render", "-o", name, *WORDS])
    return status, said.getvalue()


def contents():
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def whole(name):
    """Return what is made on a disk with room for it."""
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        assert render(name) == (0, ""), render(name)
        os.chdir("/")
        return {
            str(path.relative_to(place)): path.read_bytes()
            for path in Path(place).rglob("*")
            if path.is_file()
        }


def lay(name):
    if name.endswith("/"):
        os.mkdir(name)
    Path(name, "0.png" * name.endswith("/")).write_bytes(OLD)


def main(sizes, names):
    place = Path(tempfile.mkdtemp(prefix="disk-"))
    tally = {"refused": 0, "made": 0}
    try:
        for name in names:
            film = whole(name)
            pages = (
                sum(-(-len(held) // PAGE) for held in film.values()) + 2
            )  # the old one's, and one to spare
            for step in range(sizes):
                room = (
                    max(2, round(pages * (step + 1) / sizes)) + (step == sizes - 1) * 5000
                )  # for the spools of some formats
                # Mounting a file system is util-linux's.
                mount = ["mount", "-t", "tmpfs", "-o", f"size={room * PAGE}", "none", str(place)]
                if subprocess.run(mount, capture_output=True, check=False).returncode:
                    print("may not mount")
                    return 77
                try:
                    os.chdir(place)
                    lay(name)
                    old = contents()
                    status, said = render(name)
                    tale = f"{room} pages for a {name} of {pages}: status {status}, {said!r}"
                    assert [name.rstrip("/")] == os.listdir(), f"{tale}: {os.listdir()}"
                    if status:
                        assert (1, f"optirace: {name}: no space left on device\n") == (
                            status,
                            said,
                        ), tale
                        assert contents() == old, tale
                        tally["refused"] += 1
                    else:
                        assert said == "", tale
                        assert contents() == film, tale
                        tally["made"] += 1
                    assert not Path(f"/proc/self/task/{os.getpid()}/children").read_text(), (
                        f"{tale}: a child lives on"
                    )
                finally:
                    os.chdir("/")
                    subprocess.run(["umount", str(place)], check=True)
            assert not status, f"{tale}: even the largest disk was too small"
    finally:
        place.rmdir()
    print(f"{tally['refused']} full disks told, {tally['made']} large enough")
    assert tally["refused"] >= len(names) * sizes // 2
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:] or ALL))
