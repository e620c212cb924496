"""Renders onto full disks of many sizes, over an existing file.

    unshare --user --map-root-user --mount python tests/soak/disks.py SIZES [KIND...]

Needs Linux, and the right to mount, as root or in a user namespace has it; ends with status 77 where it may not mount.
"""

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from optirace import cli

OLD = b"a good earlier file"
WORDS = ["--size", "480x270", "--fps", "10", "--duration", "1", "--hold", "0.2", "--quiet"]
PAGE = 4096


def render(path):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        status = cli.main(["render", "-o", path, *WORDS])
    return status, said.getvalue()


def whole(kind):
    """Return a file as it is on a disk with room for it."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, f"race.{kind}")
        assert render(str(path)) == (0, "")
        return path.read_bytes()


def main(sizes, kinds):
    place = Path(tempfile.mkdtemp(prefix="disk-"))
    tally = {"refused": 0, "made": 0}
    try:
        for kind in kinds:
            film = whole(kind)
            os.chdir("/")
            pages = len(film) // PAGE + 3  # its own, the old one's, and one to spare; a GIF is spooled as well
            for step in range(sizes):
                room = max(2, round(pages * (step + 1) / sizes)) + (step == sizes - 1) * 5000
                # Mounting a file system is util-linux's.
                mount = ["mount", "-t", "tmpfs", "-o", f"size={room * PAGE}", "none", str(place)]
                if subprocess.run(mount, capture_output=True, check=False).returncode:
                    print("may not mount")
                    return 77
                try:
                    os.chdir(place)
                    name = f"race.{kind}"
                    Path(name).write_bytes(OLD)
                    status, said = render(name)
                    tale = f"{room} pages for a {name} of {pages}: status {status}, {said!r}"
                    assert [name] == os.listdir(), f"{tale}: {os.listdir()}"
                    if status:
                        assert (1, f"optirace: no space left on device: {name}\n") == (status, said), tale
                        assert Path(name).read_bytes() == OLD, tale
                        tally["refused"] += 1
                    else:
                        assert hashlib.sha256(film).digest() == hashlib.sha256(Path(name).read_bytes()).digest(), tale
                        tally["made"] += 1
                finally:
                    os.chdir("/")
                    subprocess.run(["umount", str(place)], check=True)
            assert not status, f"{tale}: even the largest disk was too small"
    finally:
        place.rmdir()
    print(f"{tally['refused']} full disks told, {tally['made']} large enough")
    assert tally["refused"] >= len(kinds) * sizes // 2
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:] or ["mp4", "gif", "png"]))
