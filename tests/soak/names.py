"""Renders to awkward names: a film is reported if and only if exactly that file is there and
decodes.

python tests/soak/names.py KIND...

A kind is a suffix without its dot, or frames/.
"""

import contextlib
import io
import os
import shutil
import stat
import sys
import tempfile
import unicodedata
from pathlib import Path

import av
from PIL import Image

from optirace import cli

PLAIN = [
    "-x", "--", "-", "a:b", "file:x", "pipe:1", "concat:a|b", "http:x", "%03d", "%d%s", "two words",
    " leading", "trailing ",
    "new\nline", "tab\there", "bell\a", "\x1b[31mred", "quote'\"", "back\\slash", "*?[x]", "$HOME",
    "${HOME}", "`id`", "$(id)",
    "~", "~root", "a;b", "a&b", "a|b", "a>b", "#x", "dot.", "two..dots", ".hidden", "con",
    "double.png", "x.tar.gz", "{x}",
    "übung", "损失", "\N{CHEQUERED FLAG}", "e\N{COMBINING ACUTE ACCENT}",
    unicodedata.normalize("NFC", "e\N{COMBINING ACUTE ACCENT}"),
    "\N{RIGHT-TO-LEFT OVERRIDE}cod", "\udcff",
]  # fmt: skip
"""Fine as they are, before a suffix."""

HOME = ("~", "$HOME", "${HOME}")
"""Names that are another folder's if nothing but a slash is behind them."""

QUICK = [
    "--size",
    "240x240",
    "--fps",
    "10",
    "--duration",
    "0.2",
    "--hold",
    "0",
    "--steps",
    "4",
    "--quiet",
]


def prepared(top, kind):
    """Return (name, whether it must be made, where the film then is) for names that need something
    on the disk first.
    """
    (top / "folder" / f"inside.{kind}").mkdir(parents=True)
    (top / "file").write_bytes(b"file")
    (top / "real").mkdir()
    (top / f"link.{kind}").symlink_to(Path("real", f"film.{kind}"))
    (top / "real" / f"film.{kind}").write_bytes(b"old")
    (top / f"dangling.{kind}").symlink_to(Path("real", f"new.{kind}"))
    (top / f"loop.{kind}").symlink_to(f"loop.{kind}")
    (top / f"null.{kind}").symlink_to("/dev/null")
    (top / f"full.{kind}").symlink_to("/dev/full")
    os.mkfifo(top / f"fifo.{kind}")
    longest = "x" * (254 - len(kind))
    return [
        *((f"{name}.{kind}", True, f"{name}.{kind}") for name in [*PLAIN, longest]),
        (f"upper.{kind.upper()}", True, f"upper.{kind.upper()}"),
        (f"missing/folder/x.{kind}", True, f"missing/folder/x.{kind}"),
        (f"./x.{kind}", True, f"x.{kind}"),
        (f"real//../y.{kind}", True, f"y.{kind}"),
        (f"link.{kind}", True, f"real/film.{kind}"),
        (f"dangling.{kind}", True, f"real/new.{kind}"),
        *((name, False, name) for name in ("", ".", "..", "/", "race", f".{kind}", f"x.{kind}.",
        f"x.{kind} ", "x.avi")),
        (f"x{kind}", False, f"x{kind}"),
        *((name, False, name) for name in (f"folder/inside.{kind}", "folder", "folder/",
        f"file/x.{kind}")),
        *((f"{name}.{kind}", False, f"{name}.{kind}") for name in ("loop", "null", "full", "fifo",
        "x" + longest, "a\0b")),
        *((name, False, name) for name in ("/dev/null", "/dev/full", "/dev/stdout",
        f"/dev/null/x.{kind}")),
        ("é" * 126 + f".{kind}", False, ""),
    ]  # fmt: skip


def prepared_for_frames(top):
    """Return the same for folders of frames, of which the first is what must be there."""
    (top / "file").write_bytes(b"file")
    (top / "full").mkdir()
    (top / "full" / "mine.txt").write_bytes(b"mine")
    (top / "link").symlink_to("real")
    (top / "real").mkdir()
    os.mkfifo(top / "fifo")
    return [
        *((f"{name}/", True, "home/0.png" if name in HOME else f"{name}/0.png") for name in PLAIN),
        *((f"{name}/", True, f"{name}/0.png") for name in ("missing/folder", "x" * 255,
        "real//../y")),
        ("link/", True, "real/0.png"),
        *((f"{name}/", False, name) for name in (".", "..", "", "/", "file", "file/x", "full",
        "fifo", "x" * 256, "a\0b")),
    ]  # fmt: skip


def decodes(path):
    if path.suffix.lower() in (".mp4", ".webm"):
        with path.open("rb") as file, av.open(file) as film:
            return sum(1 for _ in film.decode(video=0)) > 0
    with Image.open(path) as picture:
        picture.load()
    return True


def files(top):
    """Return every name below a folder that is not a folder, with what tells two files apart."""
    told = {str(path.relative_to(top)): path.lstat() for path in top.rglob("*")}
    return {
        name: (each.st_ino, each.st_size, each.st_mtime_ns)
        for name, each in told.items()
        if not stat.S_ISDIR(each.st_mode)
    }


def tell(name, top, *, is_fine, place):
    before = files(top)
    with (
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        status = cli.main(["render", f"--output={name}", *QUICK])
    after = files(top)
    changed = {
        each
        for each in before.keys() | after.keys()
        if each not in before or before[each] != after.get(each)
    }
    tale = f"{name!r}: status {status}, {err.getvalue()!r}, changed {sorted(changed)}"
    assert out.getvalue() == "", tale
    assert status == 0 if is_fine else status in (1, 2), tale
    if is_fine:
        wanted = os.path.normpath(place)
        assert {wanted} == {
            each for each in changed if os.path.dirname(each) != os.path.dirname(wanted)
        } | {wanted}, tale
        assert changed == {wanted} or name.endswith("/"), tale
        assert decodes(top / place), tale
        assert err.getvalue() == "", tale
    else:
        assert not changed, tale
        assert err.getvalue().count("\n") == 1, tale
        assert err.getvalue().startswith("optirace: "), tale


def main(kinds):
    count = 0
    for kind in kinds:
        top = Path(tempfile.mkdtemp(prefix="names-")).resolve()
        os.chdir(top)
        os.environ["HOME"] = str(top / "home")
        try:
            for name, is_fine, place in (
                prepared_for_frames(top) if kind == "frames/" else prepared(top, kind)
            ):
                tell(name, top, is_fine=is_fine, place=place)
                count += 1
        finally:
            os.chdir("/")
            shutil.rmtree(top)
    print(f"{count} names: a film where one is reported, and nowhere else")


if __name__ == "__main__":
    main(sys.argv[1:])
