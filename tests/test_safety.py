"""What becomes of a good earlier file, of temporary files and of ffmpeg when a film fails, stops,
or has an awkward name.
"""

import contextlib
import errno
import gc
import hashlib
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import pytest
from PIL import Image

import optirace
from optirace import cli
from optirace.cli import terminal
from optirace.cli.terminal import Stopped, stoppable
from optirace.errors import InvalidValueError, OutputError
from optirace.output.files import target
from optirace.output.files.folder import Folder
from optirace.output.formats import FORMATS

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="signals, limits and file modes are those of POSIX"
)

GOOD = b"a good earlier file"
SIZE = (240, 240)
FRAMES = 6
QUICK: dict[str, Any] = {"size": SIZE, "fps": 10, "duration": 0.4, "hold": (0.1, 0.1)}
KINDS = ("mp4", "gif", "png")

# Starts a command line as `python -m optirace` does, with the signals as a terminal leaves them.
AS_MODULE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
runpy.run_module("optirace", run_name="__main__", alter_sys=True)
"""

# Raises a signal of the process as soon as an event of Python's is about what is wanted.
RAISED_AT = """
import os, signal, sys
def hook(event, arguments):
    if event == "{event}" and "{subject}" in str(arguments[0]):
        os.kill(os.getpid(), getattr(signal, os.environ["NAME"]))
sys.addaudithook(hook)
"""

LEFT = "optirace: interrupted, race.gif left as it was\n"
STOPPED = {
    "as the commands are loaded": (
        RAISED_AT.format(event="import", subject="typer") + AS_MODULE,
        "optirace: interrupted\n",
    ),
    # At its first enumeration, which Python makes for it.
    "as matplotlib's library for fonts is loaded": (
        """
import enum, os, signal
create = enum.EnumType._create_
def creating(*arguments, **named):
    if named.get("module") == "matplotlib.ft2font":
        os.kill(os.getpid(), getattr(signal, os.environ["NAME"]))
    return create(*arguments, **named)
enum.EnumType._create_ = creating
"""
        + AS_MODULE,
        LEFT,
    ),
    # Python lets nothing out of the end of an object.
    "as an object ends": (
        """
import os, signal, sys
class Ending:
    def __del__(self):
        os.kill(os.getpid(), getattr(signal, os.environ["NAME"]))
        sys.stdout.fileno()
def hook(event, arguments):
    if event == "open" and ".optirace-" in str(arguments[0]):
        Ending()
sys.addaudithook(hook)
"""
        + AS_MODULE,
        LEFT,
    ),
    "and again as the first is told": (
        """
import os, signal, sys
class Stream:
    def write(self, text):
        os.kill(os.getpid(), signal.SIGINT)
        return sys.__stderr__.write(text)
    def flush(self):
        sys.__stderr__.flush()
sys.stderr = Stream()
"""
        + RAISED_AT.format(event="import", subject="typer")
        + AS_MODULE,
        "optirace: interrupted\n",
    ),
    "and again as it is told": (
        """
import os, signal
from optirace import cli
complain = cli.complain
def complaining(*arguments):
    os.kill(os.getpid(), signal.SIGINT)
    return complain(*arguments)
cli.complain = complaining
"""
        + RAISED_AT.format(event="open", subject=".optirace-")
        + AS_MODULE,
        LEFT,
    ),
    "and again when the interpreter has ended, but the process not yet": (
        """
import ctypes, signal
library = ctypes.CDLL(None)
library["__cxa_atexit"](library["raise"], ctypes.c_void_p(signal.SIGINT), None)
"""
        + RAISED_AT.format(event="open", subject=".optirace-")
        + AS_MODULE,
        LEFT,
    ),
}

# Python tells its hooks of every process before it starts it: an interrupt at that very moment.
INTERRUPTED_AT_THE_START_OF_FFMPEG = """
import sys
import optirace, optirace.output.film, imageio_ffmpeg
imageio_ffmpeg.get_ffmpeg_exe()
result = optirace.race(steps=4)
def hook(event, arguments):
    if event == "subprocess.Popen":
        raise KeyboardInterrupt
sys.addaudithook(hook)
try:
    optirace.render(result, "race.mp4", size=(240, 240), duration=0.4)
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.fixture(scope="module")
def result():
    return optirace.race(steps=4)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to stand in, with a good file of each kind."""
    place = tmp_path / "films"
    place.mkdir()
    for kind in KINDS:
        (place / f"race.{kind}").write_bytes(GOOD)
    monkeypatch.chdir(place)
    return place


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


UNTOUCHED = {f"race.{kind}": GOOD for kind in KINDS}


def encoders_at_work(folder):
    """Return the command lines of processes that were told a temporary name in a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words, stands = (place / "cmdline").read_bytes(), (place / "cwd").readlink()
        except OSError:
            continue  # it has ended meanwhile
        if b".optirace-" in words and (stands == folder or os.fsencode(folder) in words):
            found.append(words)
    return found


def assert_nothing_happened(folder):
    assert contents(folder) == UNTOUCHED
    assert encoders_at_work(folder) == []


def is_whole(path):
    """Decode a file."""
    if path.suffix == ".mp4":
        with av.open(f"file:{path}") as film:
            return FRAMES == sum(1 for _ in film.decode(video=0))
    with Image.open(path) as picture:
        picture.load()
        return picture.size == SIZE


def python(script, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def executable(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 1", ["status 1"]),
        ("echo no such encoder >&2; exit 8", ["status 8", "no such encoder"]),
        ("cat > /dev/null; echo first >&2; echo then >&2; exit 3", ["status 3", "first", "then"]),
        ("echo x: No space left on device >&2; exit 1", ["no space left on device"]),
        ("kill -9 $$", ["killed"]),
    ],
)
def test_a_good_file_survives_an_encoder_that_fails_and_its_own_words_are_told(
    folder, tmp_path, monkeypatch, result, script, told
):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", executable(tmp_path / "encoder", script))
    with pytest.raises(OutputError) as caught:
        optirace.render(result, "race.mp4", **QUICK)
    assert 1 == len(str(caught.value).splitlines())
    assert [] == [words for words in ("race.mp4: ", *told) if words not in str(caught.value)]
    assert_nothing_happened(folder)


@pytest.mark.parametrize("frames", [0, 1, FRAMES - 1])
def test_a_good_file_survives_an_encoder_that_drops_frames_and_claims_success(
    folder, tmp_path, monkeypatch, result, frames
):
    real = shlex.quote(imageio_ffmpeg.get_ffmpeg_exe())
    kept = frames * SIZE[0] * SIZE[1] * 3 // 2
    script = f'{{ head -c {kept}; cat > /dev/null; }} | {real} "$@"; exit 0'
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", executable(tmp_path / "encoder", script))
    with pytest.raises(
        OutputError,
        match=(
            r"^race\.mp4: ffmpeg reported success, but it "
            rf"{'h' if frames else 'is not a complete .mp4 file'}"
        ),
    ):
        optirace.render(result, "race.mp4", **QUICK)
    assert_nothing_happened(folder)


def test_an_encoder_that_passes_everything_on_is_believed(folder, tmp_path, monkeypatch, result):
    real = shlex.quote(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv(
        "IMAGEIO_FFMPEG_EXE", executable(tmp_path / "encoder", f'cat | {real} "$@"; exit 0')
    )
    optirace.render(result, "race.mp4", **QUICK)
    assert is_whole(folder / "race.mp4")


def test_a_good_file_survives_a_missing_encoder(folder, monkeypatch, result):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nonexistent/ffmpeg")
    with pytest.raises(
        OutputError,
        match=r"^race\.mp4: ffmpeg cannot be started \(no such file or directory\); reinstall",
    ):
        optirace.render(result, "race.mp4", **QUICK)
    assert_nothing_happened(folder)


@pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="only Linux tells the open files of a process"
)
def test_an_encoder_that_cannot_be_found_leaves_no_file_open(folder, tmp_path, monkeypatch, result):
    def nowhere():
        raise RuntimeError("No ffmpeg exe could be found")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", nowhere)
    monkeypatch.setattr(imageio_ffmpeg, "__file__", str(tmp_path / "no ffmpeg" / "__init__.py"))
    gc.collect()  # what tests before this one have left
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(
        OutputError, match=r"^race\.mp4: ffmpeg cannot be started \(no ffmpeg exe could be found\)"
    ):
        optirace.render(result, "race.mp4", **QUICK)
    gc.collect()  # the traceback held what lies in memory
    assert before == len(os.listdir("/proc/self/fd"))
    assert_nothing_happened(folder)


def test_an_encoder_that_the_machine_has_is_found_on_the_path_and_never_in_the_folder_of_the_film(
    folder, tmp_path, monkeypatch, result
):
    places = [tmp_path / "bin", folder]
    places[0].mkdir()
    for place in places:
        executable(
            place / "ffmpeg", f"echo {place.name} >> {shlex.quote(str(tmp_path / 'ran'))}; exit 1"
        )
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: "ffmpeg")
    monkeypatch.setenv("PATH", str(places[0]), prepend=os.pathsep)
    with pytest.raises(OutputError, match=r"^race\.mp4: ffmpeg exited with status 1"):
        optirace.render(result, "race.mp4", **QUICK)
    assert {"bin"} == set((tmp_path / "ran").read_text().split())
    (tmp_path / "ran").unlink()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(
        OutputError,
        match=r"^race\.mp4: ffmpeg cannot be started \(there is no ffmpeg on the path\)",
    ):
        optirace.render(result, "race.mp4", **QUICK)
    assert not (tmp_path / "ran").exists()


def test_a_gif_and_a_still_need_no_encoder(folder, monkeypatch, result):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nonexistent/ffmpeg")
    optirace.render(result, "race.gif", "race.png", **QUICK)
    assert is_whole(folder / "race.gif")
    assert is_whole(folder / "race.png")


@pytest.mark.parametrize("ffmpeg", ["/bin/false", "/nonexistent/ffmpeg"])
def test_the_command_says_in_one_line_that_the_encoder_failed(folder, ffmpeg):
    if ffmpeg == "/bin/false" and not Path(ffmpeg).exists():
        pytest.skip("no /bin/false here")
    done = python(
        AS_MODULE, "render", "-o", "race.mp4", "--size", "240x240", IMAGEIO_FFMPEG_EXE=ffmpeg
    )
    assert (1, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert done.stderr.startswith("optirace: race.mp4: ffmpeg ")
    assert_nothing_happened(folder)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
@pytest.mark.parametrize(
    "names", [("race.mp4",), ("race.gif",), ("race.png", "race.gif", "race.mp4")]
)
@pytest.mark.parametrize("last", [1, FRAMES])
def test_a_good_file_survives_an_interrupt_or_error_from_the_progress_callback(
    folder, result, error, names, last
):
    at_work = []

    def progress(done, _):
        if done == last:
            at_work.extend(encoders_at_work(folder))
            raise error

    with pytest.raises(error):
        optirace.render(result, *names, progress=progress, **QUICK)
    if Path("/proc/self/cmdline").exists():
        assert ("race.mp4" in names) == len(at_work)
    assert_nothing_happened(folder)


def test_an_interrupt_while_the_encoder_starts_leaves_nothing_behind(folder):
    done = python(INTERRUPTED_AT_THE_START_OF_FFMPEG)
    assert (7, "") == (done.returncode, done.stderr)
    assert_nothing_happened(folder)


def everything(place):
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_disk_that_takes_no_more_is_told_in_one_line_and_the_good_file_stays(
    tmp_path, monkeypatch, capsys, suffix
):
    is_folder = suffix.endswith("/")
    name, good = (suffix, f"{suffix}0.png") if is_folder else (f"race{suffix}",) * 2
    words = [
        "render",
        "-o",
        name,
        "--size",
        "240x240",
        "--steps",
        "4",
        "--duration",
        "0.4",
        "--hold",
        "0,0.1",
        "--quiet",
    ]
    (tmp_path / "room").mkdir()
    monkeypatch.chdir(tmp_path / "room")
    assert 0 == cli.main(words)
    most = max(map(len, everything(tmp_path / "room").values()))
    place = tmp_path / "disk"
    (place / good).parent.mkdir(parents=True)
    (place / good).write_bytes(GOOD)
    monkeypatch.chdir(place)
    resource = pytest.importorskip("resource", reason="this system limits no files")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for share in range(8):
        limit = most * share // 8
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
        try:
            status = cli.main(words)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        line = (
            f"optirace: {name}: no space left on device (a file may have {limit:,} bytes: "
            "ulimit -f)\n"
        )
        assert (1, ("", line)) == (status, tuple(capsys.readouterr()))
        assert {good: GOOD} == everything(place)
        assert [name.rstrip("/")] == [path.name for path in place.iterdir()]
        assert [] == encoders_at_work(place)


def test_a_file_that_its_file_system_cannot_hold_is_told_as_well(folder, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))

    monkeypatch.setattr("optirace.output.encode.gif.Gif.write", refuse)
    resource = pytest.importorskip("resource")
    assert resource.RLIM_INFINITY == resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    assert 1 == cli.main(
        ["render", "-o", "race.gif", "--size", "240x240", "--steps", "4", "--quiet"]
    )
    assert (
        "optirace: race.gif: no space left on device (a file cannot be as large there)\n"
        == capsys.readouterr().err
    )
    assert_nothing_happened(folder)


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_the_command_with_one_line_and_leaves_the_file_as_it_was(
    folder, name, status
):
    command = ("render", "-o", "race.mp4", "--size", "480x480", "--steps", "20000")
    with subprocess.Popen(
        [sys.executable, "-c", AS_MODULE, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            deadline = time.monotonic() + 60
            while not any(path.stat().st_size for path in folder.glob(".optirace-*")):
                assert running.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            running.send_signal(getattr(signal, name))
            output, words = running.communicate(timeout=60)
        finally:
            running.kill()
    assert (status, "", "optirace: interrupted, race.mp4 left as it was\n") == (
        running.returncode,
        output,
        words,
    )
    assert_nothing_happened(folder)


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
@pytest.mark.parametrize("when", STOPPED)
def test_a_signal_at_an_awkward_moment_ends_the_command_with_one_line_as_well(
    folder, when, name, status
):
    code, line = STOPPED[when]
    done = python(code, "render", "-o", "race.gif", "--quiet", NAME=name)
    assert (status, "", line) == (done.returncode, done.stdout, done.stderr)
    assert_nothing_happened(folder)


@pytest.mark.parametrize(
    "names", [("race.gif", "race.mp4"), ("race.mp4", "race.gif"), ("race.png", "race.mp4")]
)
@pytest.mark.parametrize("script", ["exit 1", "cat > /dev/null; exit 1"])
def test_if_one_output_of_several_fails_none_is_replaced(
    folder, tmp_path, monkeypatch, result, names, script
):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", executable(tmp_path / "encoder", script))
    with pytest.raises(OutputError, match="ffmpeg exited with status 1"):
        optirace.render(result, *names, **QUICK)
    assert_nothing_happened(folder)


@pytest.mark.parametrize(
    "name",
    [
        "-x",
        "-",
        "a:b",
        "file:x",
        "pipe:1",
        "concat:a|b",
        "%03d",
        "with spaces ",
        "new\nline",
        "quote'\"\\",
        "*?[x]",
        "$HOME",
        "~",
        "übung-损失",
        "..",
        ".hidden",
    ],
)
@pytest.mark.parametrize("kind", ["mp4"])
def test_an_awkward_name_gets_exactly_its_file(tmp_path, monkeypatch, result, name, kind):
    monkeypatch.chdir(tmp_path)
    (written,) = optirace.render(result, f"{name}.{kind}", **QUICK)
    assert [f"{name}.{kind}"] == [path.name for path in tmp_path.iterdir()]
    data = (tmp_path / f"{name}.{kind}").read_bytes()
    assert (Path(f"{name}.{kind}"), len(data)) == (written.path, written.bytes)
    assert hashlib.sha256(data).hexdigest() == written.sha256
    assert is_whole(tmp_path / f"{name}.{kind}")


@pytest.mark.parametrize("name", ["-x.mp4", "new\nline.png"])
def test_the_command_takes_an_awkward_name_as_it_is(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    length = ["--fps", "10", "--duration", "0.4"] if name.endswith(".mp4") else []
    done = python(AS_MODULE, "render", "-o", name, "--size", "240x240", *length)
    assert (0, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert [name] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_name_that_a_folder_takes_is_fine_and_one_byte_more_is_refused(
    folder, result, kind
):
    longest = "x" * (os.pathconf(folder, "PC_NAME_MAX") - 4) + f".{kind}"
    optirace.render(result, longest, **QUICK)
    assert is_whole(folder / longest)
    (folder / longest).unlink()
    with pytest.raises(
        InvalidValueError,
        match=(
            r"^output x+\.(mp4|gif|png): the name is too long; file names here may have at most "
            r"\d+ bytes$"
        ),
    ):
        optirace.render(result, "x" + longest, **QUICK)
    assert_nothing_happened(folder)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "output '': no file name; add one, such as -o race.mp4"),
        (
            "..",
            (
                "output ..: no suffix, so the format is unknown; use one of .mp4, .gif, .png, "
                ".webm, .webp, .apng, frames/"
            ),
        ),
        (
            "race",
            (
                "output race: no suffix, so the format is unknown; use one of .mp4, .gif, .png, "
                ".webm, .webp, .apng, frames/"
            ),
        ),
        (
            "race.avi",
            (
                "output race.avi: suffix .avi: unknown; use one of .mp4, .gif, .png, .webm, "
                ".webp, .apng, frames/"
            ),
        ),
        (".mp4", "output .mp4: no suffix, so the format is unknown"),
        ("two\nlines", "output 'two\\nlines': no suffix, so the format is unknown"),
        ("a\0b.mp4", "output 'a\\x00b.mp4': a file name cannot hold a NUL"),
        ("nope/" + "../" * 40, "output nope/" + "../" * 39 + "..: is a folder; name a file in it"),
    ],
)
def test_a_name_that_says_no_format_is_refused_in_one_line(folder, result, name, words):
    with pytest.raises(InvalidValueError) as caught:
        optirace.render(result, name, **QUICK)
    assert words == str(caught.value)[: len(words)]
    assert 1 == len(str(caught.value).splitlines())
    assert_nothing_happened(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_a_fifo_and_a_device_are_refused_as_outputs(folder, tmp_path, result, kind):
    inside = tmp_path / f"folder.{kind}"
    inside.mkdir()
    pipe = tmp_path / f"pipe.{kind}"
    os.mkfifo(pipe)
    device = tmp_path / f"device.{kind}"
    device.symlink_to("/dev/null")
    with pytest.raises(
        InvalidValueError, match=rf"^output .*/folder\.{kind}: is a folder; name a file in it$"
    ):
        optirace.render(result, inside, **QUICK)
    for special in (pipe, device):
        with pytest.raises(
            InvalidValueError,
            match=rf"^output .*/{special.name}: is a pipe or a device; name a regular file$",
        ):
            optirace.render(result, special, **QUICK)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert [] == list(inside.iterdir())
    assert_nothing_happened(folder)


def test_the_null_device_itself_is_refused(result):
    with pytest.raises(
        InvalidValueError, match=r"^output /dev/null: no suffix, so the format is unknown"
    ):
        optirace.render(result, "/dev/null", **QUICK)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_dangling", [False, True])
def test_a_symbolic_link_is_followed_and_stays_a_link(tmp_path, result, kind, is_dangling):
    real, link = tmp_path / "real" / f"film.{kind}", tmp_path / f"link.{kind}"
    real.parent.mkdir()
    if not is_dangling:
        real.write_bytes(GOOD)
    link.symlink_to(real)
    (written,) = optirace.render(result, link, **QUICK)
    assert link == written.path
    assert link.is_symlink()
    assert is_whole(real)
    assert {"real", link.name} == {path.name for path in tmp_path.iterdir()}
    assert [real.name] == [path.name for path in real.parent.iterdir()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_failed_film_takes_the_folders_with_it_that_it_made(tmp_path, result, kind):
    def progress(_done, _total):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        optirace.render(
            result,
            tmp_path / "one" / "two" / f"race.{kind}",
            tmp_path / "race.gif",
            progress=progress,
            **QUICK,
        )
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_missing_folders_are_made(tmp_path, result, kind):
    path = tmp_path / "one" / "two" / f"race.{kind}"
    optirace.render(result, path, **QUICK)
    assert [path] == list(path.parent.iterdir())
    assert is_whole(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_where_a_folder_should_be_is_refused(folder, result, kind):
    with pytest.raises(
        OutputError, match=rf"^race\.png/film\.{kind}: .*race\.png is a file, not a folder$"
    ):
        optirace.render(result, f"race.png/film.{kind}", **QUICK)
    assert_nothing_happened(folder)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused(folder, result, kind):
    folder.chmod(0o555)
    try:
        with pytest.raises(OutputError, match=r"the folder .* is not writable$"):
            optirace.render(result, f"race.{kind}", **QUICK)
    finally:
        folder.chmod(0o755)
    assert_nothing_happened(folder)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_the_permissions_of_a_new_file_obey_the_umask(tmp_path, result, kind, mask, mode):
    path = tmp_path / f"race.{kind}"
    before = os.umask(mask)
    try:
        optirace.render(result, path, **QUICK)
    finally:
        os.umask(before)
    assert oct(mode) == oct(stat.S_IMODE(path.stat().st_mode))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", [0o604, 0o750])
def test_the_permissions_of_a_replaced_file_stay(folder, result, kind, mode):
    path = folder / f"race.{kind}"
    path.chmod(mode)
    optirace.render(result, path, **QUICK)
    assert oct(mode) == oct(stat.S_IMODE(path.stat().st_mode))
    assert is_whole(path)


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_a_write_protected_file_is_refused(folder, result):
    (folder / "race.gif").chmod(0o444)
    with pytest.raises(OutputError, match=r"^race\.gif: is write-protected$"):
        optirace.render(result, "race.gif", **QUICK)
    assert_nothing_happened(folder)


@pytest.mark.parametrize("is_old", [True, False])
def test_a_temporary_file_of_a_killed_run_is_swept_away_once_it_is_old(folder, result, is_old):
    left = folder / ".optirace-1-0123456789ab.mp4"
    left.write_bytes(b"half a film")
    if is_old:
        os.utime(left, (0, 0))
    optirace.render(result, "race.png", **QUICK)
    assert is_old is not left.exists()


def test_what_only_looks_like_a_temporary_file_is_not_ours(folder, result):
    (folder / ".optirace-data").mkdir()
    others = [
        ".optirace-data/thesis.txt",
        ".optirace-film.mp4",
        ".optirace-1-0123456789ab",
        ".optirace-1-0123456789abc.mp4",
    ]
    for name in others:
        (folder / name).write_bytes(b"mine")
        os.utime(folder / name, (0, 0))
    os.utime(folder / ".optirace-data", (0, 0))
    optirace.render(result, "race.png", **QUICK)
    assert [b"mine"] * len(others) == [(folder / name).read_bytes() for name in others]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_what_has_a_temporary_name_and_is_no_file_is_never_opened(folder, monkeypatch, kind):
    mine, place = folder / "mine", folder / ".optirace-1-0123456789ab.mp4"
    mine.write_bytes(b"mine")
    os.mkfifo(place) if kind == "pipe" else place.symlink_to(mine)
    os.utime(place, (0, 0), follow_symlinks=False)
    monkeypatch.setattr(os, "open", lambda *_, **__: pytest.fail("it was opened"))
    target.sweep(folder)
    assert place.lstat().st_mtime == 0
    assert mine.read_bytes() == b"mine"


@pytest.mark.parametrize(("kind", "suffix"), [(target.Draft, ".gif"), (Folder, "")])
def test_what_another_run_is_making_is_left_alone_however_old(folder, result, kind, suffix):
    with kind(folder / f"new{suffix}", suffix) as draft:
        os.utime(draft.path, (0, 0))
        optirace.render(result, "race.png", **QUICK)
        assert draft.path.exists()


@pytest.mark.usefixtures("folder")
def test_a_signal_after_the_result_has_nothing_to_stop():
    code = """
import ctypes, signal
library = ctypes.CDLL(None)
library["__cxa_atexit"](library["raise"], ctypes.c_void_p(signal.SIGINT), None)
"""
    done = python(code + AS_MODULE, "render", "-o", "race.png", "--size", "240x240", "--quiet")
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_a_stop_that_does_not_come_to_an_end_can_be_asked_for_again(folder, monkeypatch):
    said = []
    with pytest.raises(Stopped), stoppable([folder / "race.gif"]):  # noqa: PT012 - the signals are in it
        for patience in (60.0, 60.0, 0.0):
            monkeypatch.setattr(terminal, "PATIENCE", patience)
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                said.append("not heeded")
            except Stopped:
                said.append("heeded")
    assert ["heeded", "not heeded", "heeded"] == said


@pytest.mark.parametrize(
    "other", ["link.gif", "../films/race.gif", "real/../race.gif", "{folder}/race.gif"]
)
def test_two_names_of_one_file_are_refused(folder, result, other):
    (folder / "link.gif").symlink_to(folder / "race.gif")
    (folder / "real").mkdir()
    other = other.format(folder=folder)
    with pytest.raises(InvalidValueError) as caught:
        optirace.render(result, "race.gif", other, **QUICK)
    assert f"output {other}: is the same file as race.gif" == str(caught.value)
    assert GOOD == (folder / "race.gif").read_bytes()
    assert 5 == len(list(folder.iterdir()))


@pytest.mark.parametrize("again", ["race.mp4", "./race.mp4", Path("race.mp4")])
def test_a_name_given_twice_is_refused(folder, result, again):
    with pytest.raises(InvalidValueError, match=r"^output race\.mp4: is named twice$"):
        optirace.render(result, "race.mp4", "race.gif", again, **QUICK)
    assert_nothing_happened(folder)


@pytest.mark.parametrize(("word", "text"), [("--alt", "race.alt.txt"), ("--captions", "race.vtt")])
def test_a_text_beside_a_film_is_not_the_film(folder, capsys, word, text):
    (folder / text).symlink_to("race.gif")
    assert 2 == cli.main(["render", "-o", "race.gif", word, "--size", "240x240"])
    assert f"optirace: output {text}: is the same file as race.gif\n" == capsys.readouterr().err
    assert GOOD == (folder / "race.gif").read_bytes()


def test_no_name_at_all_is_refused(result):
    with pytest.raises(
        InvalidValueError, match=r"^output: missing; add a file, such as -o race\.mp4$"
    ):
        optirace.render(result, **QUICK)


# The first handler is in place and the others are not: a signal at that very moment.
STOPPED_WHILE_HANDLERS_ARE_SET = """
import os, signal, sys
from optirace import cli
real, calls = signal.signal, 0
def early(number, handler):
    global calls
    calls += 1
    earlier = real(number, handler)
    if calls == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGINT)
    return earlier
real(signal.SIGINT, signal.default_int_handler)
signal.signal = early
sys.exit(cli.main(["render", "-o", "race.png", "--size", "240x240", "--quiet"]))
"""


@pytest.mark.parametrize(
    ("call", "words"), [(1, "interrupted"), (5, "interrupted, race.png left as it was")]
)
def test_a_signal_is_told_even_while_its_handlers_are_set(folder, call, words):
    done = python(STOPPED_WHILE_HANDLERS_ARE_SET, str(call))
    assert (130, "", f"optirace: {words}\n") == (done.returncode, done.stdout, done.stderr)
    assert_nothing_happened(folder)


def test_a_signal_that_comes_too_late_says_that_the_file_is_complete(folder):
    with pytest.raises(Stopped) as stopped, stoppable([Path("race.gif"), Path("race.png")]):  # noqa: PT012 - the signal is in it
        (folder / "race.gif").write_bytes(b"new")
        os.kill(os.getpid(), signal.SIGTERM)
    assert (143, "interrupted, race.gif, race.png were already complete") == (
        stopped.value.status,
        str(stopped.value),
    )


def test_a_signal_tells_what_became_of_the_files_once_they_are_put_back(folder):
    with pytest.raises(Stopped) as stopped, stoppable([Path("race.gif")]):  # noqa: PT012 - the signal is in it
        (folder / "earlier").hardlink_to(folder / "race.gif")
        (folder / "race.png").replace(folder / "race.gif")
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            (folder / "earlier").replace(folder / "race.gif")
    assert "interrupted, race.gif left as it was" == str(stopped.value)


@pytest.mark.parametrize(
    "words",
    [
        ["render", "-o", "race.gif"],
        ["render", "-o", "frames/"],
        ["sweep", "-o", "a.png"],
        ["init"],
        ["render", "-o", "a/b.png"],
    ],
)
def test_a_folder_that_is_gone_is_told_before_any_work(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    assert 1 == cli.main(words)
    out, err = capsys.readouterr()
    name = words[-1] if "-o" in words else "race.toml"
    assert (
        "",
        (
            f"optirace: {name.rstrip('/')}: the current directory no longer exists; change to "
            "another\n"
        ),
    ) == (out, err)


def test_a_whole_path_needs_no_folder_to_stand_in(tmp_path, monkeypatch, result):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for _ in range(2):
        optirace.render(result, f"{tmp_path}/frames/", f"{tmp_path}/race.mp4", **QUICK)
    assert {"frames", "race.mp4"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("words", [["-o", "-", "--format", "gif"], ["-o", "race.gif", "--check"]])
def test_no_place_for_a_temporary_file_is_told_in_one_line(folder, monkeypatch, capsys, words):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)
    assert 1 == cli.main(["render", *words, "--size", "240x240", "--duration", "0.4"])
    out, err = capsys.readouterr()
    assert "" == out
    assert re.fullmatch(
        r"optirace: (-|check): cannot create a temporary file; set TMPDIR to a writable folder\n",
        err,
    )
    assert_nothing_happened(folder)


@pytest.mark.parametrize("error", [BufferError, OutputError])
def test_an_error_on_the_way_out_does_not_hide_a_stop(folder, error):
    with pytest.raises(Stopped) as stopped, stoppable([folder / "race.gif"]):  # noqa: PT012 - the signal is in it
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            raise error
    told = stopped.value.status, str(stopped.value)  # type: ignore[unreachable]
    assert (143, f"interrupted, {folder}/race.gif left as it was") == told


def test_a_stop_that_somebody_takes_for_an_error_comes_at_the_end(folder):
    with (
        pytest.raises(Stopped) as stopped,
        stoppable([folder / "race.gif"]),
        contextlib.suppress(BaseException),
    ):
        os.kill(os.getpid(), signal.SIGINT)
    assert (130, f"interrupted, {folder}/race.gif left as it was") == (
        stopped.value.status,
        str(stopped.value),
    )
