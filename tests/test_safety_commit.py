"""Several files come into their places together, whichever call of the system fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from optirace.encoders import target
from optirace.errors import OutputError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and signals are those of POSIX")

FRAMES = 6

# Renders all formats again and again; each time the next call of one function of the system fails, as a full disk fails it.
WITH_A_FAULT = """
import errno, json, os, sys
from pathlib import Path
import imageio.v3, imageio_ffmpeg, optirace, optirace.film
from optirace.encoders import gif, h264, png
from optirace.errors import OptiraceError

imageio_ffmpeg.get_ffmpeg_exe()
result = optirace.race(steps=4)
name, calls, number = sys.argv[1], 0, 0

def count():
    global calls
    calls += 1
    if calls == number:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

def hook(event, arguments):
    if event == name and any(".optirace-" in str(each) or "race." in str(each) for each in arguments):
        count()

def counted(function):
    return lambda *arguments, **options: (count(), function(*arguments, **options))[1]

if name in ("os.fsync", "os.splice"):
    setattr(os, name[3:], counted(getattr(os, name[3:])))
else:
    sys.addaudithook(hook)
attempt = 0
while calls >= number:
    calls, number = 0, 0
    for kind in ("mp4", "gif", "png"):
        Path("race." + kind).write_bytes(b"old")
    attempt += 1
    number, said = attempt, None
    try:
        optirace.render(result, "race.mp4", "race.gif", "race.png", size=(240, 240), fps=10, duration=0.4, hold=(0.1, 0.1))
    except OptiraceError as error:
        said = str(error)
    made, number = calls, 0
    left = {path.name: path.read_bytes() == b"old" for path in Path.cwd().iterdir()}
    print(json.dumps([said, left]))
    calls, number = made, attempt
"""


def drafts_of(folder, contents):
    """Enter a draft with new content for every name of a mapping to old content; None has no file yet."""
    made = []
    for name, old in contents.items():
        if old is not None:
            (folder / name).write_bytes(old)
        draft = target.Draft(folder / name, ".png").__enter__()
        draft.path.write_bytes(b"new " + name.encode())
        draft.digest()
        made.append(draft)
    return made


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_drafts_come_into_place_and_nothing_else_stays(tmp_path):
    drafts = drafts_of(tmp_path, {"a": b"old a", "b": None, "c": b"old c"})
    target.commit(drafts)
    for draft in drafts:
        draft.close()
    assert {"a": b"new a", "b": b"new b", "c": b"new c"} == contents(tmp_path)


@pytest.mark.parametrize("blocked", range(3))
@pytest.mark.parametrize("has_links", [True, False])
def test_if_one_replacement_fails_every_file_is_as_it_was(tmp_path, monkeypatch, blocked, has_links):
    old = {"a": b"old a", "b": None, "c": b"old c"}
    drafts = drafts_of(tmp_path, old)
    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(PermissionError(1, "Not permitted")))
    # A folder that came to stand at the name meanwhile cannot be replaced by a file.
    place = tmp_path / list(old)[blocked]
    place.unlink(missing_ok=True)
    place.mkdir()
    with pytest.raises(OutputError, match=rf"^(is a directory|.*): {place}$"):
        target.commit(drafts)
    for draft in drafts:
        draft.close()
    assert place.is_dir()
    place.rmdir()
    assert {name: data for name, data in old.items() if data is not None and name != place.name} == contents(tmp_path)


@pytest.mark.parametrize("after", range(1, 7))
def test_an_interrupt_between_two_replacements_undoes_the_first(tmp_path, after):
    """Interrupt after the n-th link or rename that the system makes."""
    code = """
import sys
from pathlib import Path
from optirace.encoders import target
sys.path.insert(0, sys.argv[2])
import test_safety_commit
folder, after = Path.cwd(), int(sys.argv[1])
drafts = test_safety_commit.drafts_of(folder, {"a": b"old a", "b": b"old b", "c": b"old c"})
calls = 0
def hook(event, arguments):
    global calls
    calls += event in ("os.rename", "os.link")
    if event in ("os.rename", "os.link") and calls == after:
        raise KeyboardInterrupt
sys.addaudithook(hook)
try:
    target.commit(drafts)
except KeyboardInterrupt:
    for draft in drafts:
        draft.close()
    sys.exit(7)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(after), str(Path(__file__).parent)],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (7, "") == (done.returncode, done.stderr)
    assert {"a": b"old a", "b": b"old b", "c": b"old c"} == contents(tmp_path)


def test_the_second_name_of_an_old_file_is_not_swept_by_another_run(tmp_path):
    (draft,) = drafts_of(tmp_path, {"a": b"old a"})
    os.utime(tmp_path / "a", (0, 0))
    draft._keep_earlier()
    with target.Draft(tmp_path / "other", ".png"):
        pass
    assert draft._earlier.read_bytes() == b"old a"
    draft._forget_earlier()
    draft.close()
    assert {"a": b"old a"} == contents(tmp_path)


@pytest.mark.parametrize(
    ("call", "least"), [("open", 9), ("os.rename", 3), ("os.link", 0), ("os.fsync", 3), ("os.splice", FRAMES)]
)
def test_a_fault_in_any_call_of_the_system_leaves_all_files_as_they_were_or_makes_them_all(tmp_path, call, least):
    if call == "os.splice" and not hasattr(os, "splice"):
        pytest.skip("pictures are not spliced here")
    done = subprocess.run(
        [sys.executable, "-c", WITH_A_FAULT, call], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert (0, "") == (done.returncode, done.stderr)
    *attempts, (said, _) = map(json.loads, done.stdout.splitlines())
    assert said is None, "no call was left to fail"
    refused = 0
    for said, left in attempts:
        assert {f"race.{kind}": said is not None for kind in ("mp4", "gif", "png")} == left
        assert said is None or said.startswith("no space left on device: race.")
        refused += said is not None
    assert refused >= least
