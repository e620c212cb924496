"""A child that hangs is stopped, and none lives on when we are killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

import optirace
from optirace.errors import OutputError
from optirace.output.video import watchdog

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and scripts are those of POSIX")

GOOD = b"a good earlier file"
QUICK: dict[str, Any] = {"size": (240, 240), "fps": 10, "duration": 0.4, "hold": (0.1, 0.1)}
PICTURE = 240 * 240 * 3 // 2


@pytest.fixture
def film(tmp_path, monkeypatch):
    """Return a function that renders over a good file with a script in ffmpeg's place."""
    place = tmp_path / "films"
    place.mkdir()
    monkeypatch.chdir(place)
    result = optirace.race(steps=4)

    def render(script):
        program = tmp_path / "encoder"
        program.write_text(f'#!/bin/sh\n[ "$1" = -version ] && exit 1\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
        (place / "race.mp4").write_bytes(GOOD)
        try:
            return optirace.render(result, "race.mp4", **QUICK)
        except OutputError:
            assert [("race.mp4", GOOD)] == [
                (path.name, path.read_bytes()) for path in place.iterdir()
            ]
            raise

    return render


def is_there(number):
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone_soon(number):
    for _ in range(500):
        if not is_there(number):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    "script",
    [
        "exec sleep 300",
        "sleep 300",
        "cat > /dev/null; sleep 300",
        "echo stuck >&2; sleep 300; exit 1",
        "trap '' TERM; sleep 300",
    ],
)
def test_an_encoder_that_gets_nowhere_is_stopped_with_all_that_it_started(
    film, monkeypatch, script
):
    monkeypatch.setattr(watchdog, "STUCK_AFTER", 0.5)
    with pytest.raises(OutputError) as caught:
        film(script)
    said = " (ffmpeg: stuck)" if "stuck" in script else ""
    assert f"race.mp4: ffmpeg made no progress for 0.5 seconds and was stopped{said}" == str(
        caught.value
    )


def test_an_encoder_that_is_slow_is_left_to_its_work(film, monkeypatch):
    monkeypatch.setattr(watchdog, "STUCK_AFTER", 2.0)
    slow = (
        f"for i in 1 2 3 4 5 6; do sleep 0.4; dd bs={PICTURE} count=1 iflag=fullblock "
        "of=/dev/null 2>/dev/null; done; exit 9"
    )
    with pytest.raises(
        OutputError, match=r"^race\.mp4: ffmpeg exited with status 9, and said nothing$"
    ):
        film(slow)


def test_an_encoder_whose_file_grows_after_its_input_ended_is_left_to_its_work(film, monkeypatch):
    monkeypatch.setattr(watchdog, "STUCK_AFTER", 2.0)
    growing = (
        "for name; do :; done; cat > /dev/null; for i in 1 2 3 4 5 6; do sleep 0.4; echo . >> "
        "${name#file:}; done; exit 9"
    )
    with pytest.raises(
        OutputError, match=r"^race\.mp4: ffmpeg exited with status 9, and said nothing$"
    ):
        film(growing)


def test_a_race_that_takes_long_to_paint_is_no_fault_of_the_encoder(tmp_path, monkeypatch):
    monkeypatch.setattr(watchdog, "STUCK_AFTER", 0.4)
    slow = iter([1.0])
    optirace.render(
        optirace.race(steps=4),
        tmp_path / "race.mp4",
        progress=lambda _done, _total: time.sleep(next(slow, 0.0)),
        **QUICK,
    )
    assert (tmp_path / "race.mp4").stat().st_size > 0


def test_a_process_that_the_encoder_left_behind_does_not_keep_us(film):
    with pytest.raises(OutputError, match=r"^race\.mp4: ffmpeg exited with status 4"):
        film("sleep 8 & exit 4")


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
def test_a_tied_command_dies_with_its_parent_even_if_that_is_killed():
    code = (
        "import subprocess, time; from optirace.output.video import watchdog as leash;"
        "child = subprocess.Popen(leash.tied(['/bin/sleep', '300']), start_new_session=True);"
        "print(child.pid, flush=True); time.sleep(300)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        number = int(parent.stdout.readline())
        for _ in range(500):
            with open(f"/proc/{number}/cmdline") as file:
                if file.read().startswith("/bin/sleep"):
                    break
            time.sleep(0.01)
        parent.kill()
    assert gone_soon(number)


@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_a_tied_command_whose_parent_is_gone_already_never_starts(tmp_path):
    words = watchdog.tied(["/bin/sh", "-c", f"touch {tmp_path}/started"])
    assert str(os.getpid()) in words
    words[words.index(str(os.getpid()))] = "1"
    subprocess.run(words, check=True)
    assert [] == list(tmp_path.iterdir())


def test_a_tied_command_is_the_command_itself_for_all_that_can_be_seen():
    done = subprocess.run(
        watchdog.tied(["/bin/sh", "-c", "cat; echo $0 >&2; exit 5", "a b"]),
        input=b"x",
        capture_output=True,
        check=False,
    )
    assert (5, b"x", b"a b\n") == (done.returncode, done.stdout, done.stderr)


def test_elsewhere_a_command_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert ["ffmpeg", "-y"] == watchdog.tied(("ffmpeg", "-y"))


def test_ffmpeg_ends_by_itself_at_the_end_of_its_input():
    words = [
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-s",
        "240x240",
        "-i",
        "pipe:0",
        "-f",
        "null",
        "-",
    ]
    child = subprocess.Popen(
        [imageio_ffmpeg.get_ffmpeg_exe(), *words], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    child.stdin.write(bytes(PICTURE))
    child.stdin.close()
    assert 0 == child.wait(60)


def test_a_child_that_was_waited_for_is_not_killed_again():
    child = subprocess.Popen(["/bin/true"], start_new_session=True)
    child.wait()
    watchdog.kill(child)
    other = subprocess.Popen(["/bin/sleep", "300"], start_new_session=True)
    watchdog.kill(other)
    assert -signal.SIGKILL == other.wait(60)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_command_that_does_not_answer_is_stopped_with_all_that_it_started(tmp_path):
    program = tmp_path / "encoder"
    program.write_text("#!/bin/sh\nsleep 98765.4\n")
    program.chmod(0o755)
    with pytest.raises(subprocess.TimeoutExpired):
        watchdog.answer([str(program)], 0.3)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            assert b"98765.4" not in path.read_bytes() or gone_soon(path.parent.name)


def test_a_command_that_answers_is_told_of_and_one_that_cannot_start_as_well(tmp_path):
    done = watchdog.answer(
        [sys.executable, "-c", "import sys; print(sys.stdin.read() + 'out'); sys.exit('err')"], 30
    )
    assert (1, b"out\n", b"err\n") == (done.returncode, done.stdout, done.stderr)
    with pytest.raises(OSError, match="no such file or directory"):
        watchdog.answer([str(tmp_path / "none")], 30)
