"""A little of each script of tests/soak, which `make soak` runs at length."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from optirace.output.formats import FORMATS

pytestmark = pytest.mark.soak

SOAK = Path(__file__).parent / "soak"
NAMES = ["race.mp4", "race.webm", "race.gif", "race.webp", "race.apng", "race.png", "frames/"]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, or mounts")


def run(*words, before=()):
    done = subprocess.run(
        [*before, sys.executable, str(SOAK / words[0]), *words[1:]],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(done.stdout)
    assert (0, "") == (done.returncode, done.stderr), done.stderr[-2000:]
    return done.stdout


@ON_LINUX
def test_a_file_is_the_old_or_the_new_one_whenever_its_render_is_stopped_and_no_ffmpeg_lives_on():
    assert run("kills.py", "24", "3").startswith("24 stopped: "), "each signal in each output"


@ON_LINUX
@pytest.mark.parametrize(
    ("outputs", "least"),
    [
        (["race.mp4", "race.gif", "race.png", "init:race.toml", "race.webp", "frames/"], 63),
        (["race.png,frames/,race.mp4"], 38),
    ],
    ids=["alone", "together"],
)
def test_a_call_that_fails_leaves_the_old_files_or_is_got_over(outputs, least):
    assert least <= int(run("faults.py", *outputs).split()[0])


@ON_LINUX
def test_awkward_names_are_reported_if_and_only_if_their_file_is_there_and_decodes():
    assert int(run("names.py", "png", "frames/").split()[0]) >= 45 + 45


@ON_LINUX
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a file system of its own")
def test_a_disk_that_is_full_is_told_in_one_line_and_the_good_file_stays():
    allowed = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*allowed, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespaces here")
    assert "full disks told" in run("disks.py", "6", *NAMES, before=allowed)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_closed_and_full_streams_end_no_command_in_a_traceback_in_any_encoding():
    assert run("streams.py", "31") == "16 commands with streams of all sorts\n"


def test_command_lines_that_nobody_would_type_end_with_a_documented_status():
    assert run("lines.py", "60").startswith("60 command lines end as documented: ")


def test_notes_and_scenes_of_strangers_execute_import_and_write_nothing():
    told = run("notes.py", "2000")
    assert told.startswith("2000 notes and scenes, ")
    assert ": 0 executions, imports and writes; " in told
    assert all(
        int(count) >= 100 for count in re.findall(r"(\d+) (?:notes|scenes) (?:that|refused)", told)
    ), told


def test_settings_of_strangers_execute_import_and_write_nothing():
    told = run("records.py", "2000")
    assert told.startswith("2000 records: 0 executions, imports and writes; ")
    assert all(int(count) >= 100 for count in re.findall(r"(\d+) (?:that|refused)", told)), told


@ON_LINUX
def test_twenty_renders_keep_no_file_thread_child_or_memory():
    assert run("repeats.py", "20").startswith("20 renders: ")


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced there")
def test_eight_writers_of_one_name_leave_the_whole_file_of_one_of_them():
    assert "one of theirs, whole" in run("writers.py", "1")


@ON_LINUX
def test_crafted_and_damaged_films_are_read_or_refused_in_little_time_and_memory():
    told = run("readers.py", f"{100 * len(FORMATS)}", "0.1")
    assert [f"{kind}:" for kind in FORMATS] == [line.split()[0] for line in told.splitlines()]
    for line in told.splitlines():
        crafted, read, refused = map(int, re.findall(r"(\d+) (?:crafted|read|refused)", line))
        assert crafted >= 12, line
        assert min(read, refused) >= 5, line
