"""What is read: regular files, no more of each than its kind may have, and nothing that keeps us
waiting.
"""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from optirace import cli
from optirace.errors import InvalidValueError
from optirace.system import reading

MOST = 1000
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="its devices and /proc are Linux's")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Stand in a folder with a name of every kind."""
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(b"words")
    Path("link").symlink_to("file")
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("zero").symlink_to("/dev/zero")
    Path("full").symlink_to("/dev/full")
    Path("dangling").symlink_to("nothing")
    Path("loop").symlink_to("loop")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as there:
        there.bind("socket")
        yield


def other_kinds():
    return [
        ("folder", "is a directory, not a file"),
        ("pipe", "is a pipe, not a file"),
        ("socket", "is a socket, not a file"),
        ("zero", "is a device, not a file"),
        ("full", "is a device, not a file"),
        ("dangling", "no such file or directory"),
        ("loop", "too many levels of symbolic links"),
        ("file/", "not a directory"),
        ("x" * 300, "file name too long"),
        ("a\0b", "embedded null byte"),
    ]


@ON_LINUX
@pytest.mark.parametrize(("name", "words"), other_kinds())
def test_what_is_no_file_is_told_at_once_in_a_line(name, words):
    with pytest.raises(InvalidValueError, match=f"^subject: {words}$"):
        reading.content("subject", name, MOST)
    with pytest.raises((OSError, ValueError)) as problem:
        reading.opened(name)
    told: Any = problem.value
    assert words == reading.reason(told)
    with pytest.raises((OSError, ValueError)):
        list(reading.pieces(name))


@ON_LINUX
def test_a_file_that_may_not_be_read_is_told_in_a_line(monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may read everything
    with pytest.raises(InvalidValueError, match=r"^subject: permission denied$"):
        reading.content("subject", "file", MOST)


@pytest.mark.parametrize("name", ["file", "link", os.fsdecode(b"\xff\xfe")])
def test_a_file_and_a_link_to_one_are_read_whatever_they_are_called(name):
    Path(name).write_bytes(b"words")
    assert b"words" == reading.content("subject", name, MOST) == b"".join(reading.pieces(name))


@pytest.mark.parametrize("size", [0, 1, MOST - 1, MOST])
def test_a_file_of_up_to_the_bound_is_read_whole(size):
    Path("file").write_bytes(b"a" * size)
    assert size == len(reading.content("subject", "file", MOST))


@pytest.mark.parametrize("size", [MOST + 1, 10 << 30])
def test_of_a_file_that_is_longer_no_more_than_the_bound_is_read(size):
    os.truncate("file", size)
    with pytest.raises(InvalidValueError, match=f"^subject: must be at most {MOST} bytes$"):
        reading.content("subject", "file", MOST)


@ON_LINUX
def test_a_file_of_proc_that_says_it_is_empty_is_read_up_to_the_bound():
    assert 0 == os.stat("/proc/self/smaps").st_size
    with pytest.raises(InvalidValueError, match="must be at most 1000 bytes"):
        reading.content("subject", "/proc/self/smaps", MOST)
    assert [] == list(reading.pieces("/proc/self/smaps"))


def test_a_file_that_grows_while_it_is_read_ends_where_it_ended():
    Path("file").write_bytes(b"a" * 2 * reading.WINDOW)
    count = 0
    for piece in reading.pieces("file"):
        count += len(piece)
        with open("file", "ab") as file:
            file.write(piece)
    assert 2 * reading.WINDOW == count


def test_a_file_that_is_cut_short_while_it_is_read_ends_early():
    Path("file").write_bytes(b"a" * 3 * reading.WINDOW)
    with reading.opened("file") as file:
        stored = reading.Stored(file)
        assert ord("a") == stored[0]
        os.truncate("file", 10)
        assert b"" == stored[2 * reading.WINDOW :]
        with pytest.raises(IndexError):
            stored[2 * reading.WINDOW]
    pieces = reading.pieces("file")
    os.truncate("file", 3 * reading.WINDOW)
    next(pieces)
    os.truncate("file", 0)
    assert [] == list(pieces)


@pytest.mark.parametrize(
    "size",
    [0, 1, 5, reading.WINDOW - 1, reading.WINDOW, reading.WINDOW + 1, 3 * reading.WINDOW + 7],
)
def test_what_is_stored_is_cut_and_searched_like_bytes(size):
    wanted = bytes(index * index % 251 for index in range(size))
    Path("file").write_bytes(wanted)
    places = sorted(
        {
            0,
            1,
            4,
            size // 2,
            reading.WINDOW - 1,
            reading.WINDOW,
            reading.WINDOW + 1,
            size - 1,
            size,
            size + 9,
        }
        - {-1}
    )
    with reading.opened("file") as file:
        stored = reading.Stored(file)
        assert size == len(stored)
        for first in places:
            if first < size:
                assert wanted[first] == stored[first]
            else:
                with pytest.raises(IndexError):
                    stored[first]
            for end in places:
                assert wanted[first:end] == stored[first:end]
                needle = wanted[end : end + 3] or b"none"
                assert wanted.find(needle, first, size) == stored.find(needle, first, size)


@pytest.mark.slow
@ON_LINUX
@pytest.mark.parametrize("name", ["folder", "pipe", "socket", "zero"])
@pytest.mark.parametrize(
    "typed",
    [
        ["table", "{}.toml"],
        ["render", "{}.toml", "-o", "new.png"],
        ["init", "{}.toml"],
        ["table", "--plugin", "{}.py"],
        ["inspect", "{}.mp4"],
        ["inspect", "{}.png"],
        ["snippet", "{}.gif"],
        ["snippet", "{}.mp4"],
    ],
    ids=" ".join,
)
def test_no_command_waits_for_what_is_no_file(name, typed):
    suffix = next(word for word in typed if word.startswith("{}"))[2:]
    os.rename(name, f"{name}{suffix}")
    done = subprocess.run(
        [sys.executable, "-m", "optirace", *(word.format(name) for word in typed)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert "" == done.stdout
    assert 1 == done.stderr.count("\n")
    assert name in done.stderr


@pytest.mark.slow
@ON_LINUX
@pytest.mark.parametrize("name", ["pipe", "socket", "zero"])
@pytest.mark.parametrize("film", ["race.png", "race.svg", "race.gif"])
def test_a_check_of_what_is_no_file_says_so_at_once(capsys, name, film):
    os.rename(name, film)
    assert 4 == cli.main(
        ["render", "--size", "240x240", "--steps", "4", "--duration", "0.2", "--check", "-o", film]
    )
    kind = "device" if name == "zero" else name
    assert f"{film}: cannot be read: is a {kind}, not a file\n" == capsys.readouterr().out
