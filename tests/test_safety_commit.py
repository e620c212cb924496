"""Several files and folders come into their places together, or none does, whatever stops them."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optirace.errors import OutputError
from optirace.output.files import drafts, exchange, folder, target

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and signals are those of POSIX")

OLD = {"a": b"old a", "frames/": b"old frames", "c": b"old c"}
NEW = {"a": b"new a", "frames/": b"new frames", "c": b"new c", "b": b"new b", "more/": b"new more"}

# Stops again and again, each time at the next thing that the system hears of while drafts are
# committed.
INTERRUPTED_EVERYWHERE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import test_safety_commit as here
from optirace.output.files import drafts, exchange
if sys.argv[2] == "steps":
    exchange.swapped = lambda *_: False
calls, stop_at = 0, 0
def hook(event, arguments):
    global calls
    if stop_at:
        calls += 1
        if calls == stop_at:
            raise KeyboardInterrupt
sys.addaudithook(hook)
attempt, is_over = 0, False
while not is_over:
    attempt += 1
    place = Path.cwd() / str(attempt)
    place.mkdir()
    sent = []
    made = here.drafts_of(place, {**here.OLD, "b": None, "more/": None})
    try:
        calls, stop_at = 0, attempt
        drafts.commit(made, lambda: sent.append("sent") if sys.argv[3] == "sent" else None)
        is_over = calls < attempt
        stop_at = 0
    except KeyboardInterrupt:
        stop_at = 0
    for draft in made:
        draft.close()
    print(json.dumps({name: data.decode() for name, data in here.contents(place).items()}))
"""


def drafts_of(place, contents):
    """Enter a draft with new content for every name of a mapping to old content; None is not there
    yet.
    """
    made = []
    for name, old in contents.items():
        is_folder = name.endswith("/")
        if old is not None:
            (place / name).mkdir() if is_folder else None
            (place / name / "0.png" if is_folder else place / name).write_bytes(old)
        draft = (folder.Folder if is_folder else target.Draft)(
            f"{place}/{name}", ".png"
        ).__enter__()
        (draft.path / "0.png" if is_folder else draft.path).write_bytes(NEW[name])
        draft.digest()
        made.append(draft)
    return made


def contents(place):
    """Return what is in a folder: every file by its name, the frame of a folder by the folder's."""
    files = (path for path in place.rglob("*") if path.is_file())
    return {
        path.relative_to(place).as_posix().removesuffix("0.png"): path.read_bytes()
        for path in files
    }


def close(made):
    for draft in made:
        draft.close()


@pytest.fixture(params=["in one step", "in steps"])
def swap(request, monkeypatch):
    if request.param == "in steps":
        monkeypatch.setattr(exchange, "swapped", lambda *_: False)
    elif sys.platform != "linux":
        pytest.skip("swaps nothing in one step")


@pytest.mark.usefixtures("swap")
def test_all_drafts_come_into_place_and_nothing_else_stays(tmp_path):
    made = drafts_of(tmp_path, {**OLD, "b": None, "more/": None})
    drafts.commit(made)
    close(made)
    assert NEW == contents(tmp_path)
    assert sorted(name.rstrip("/") for name in NEW) == sorted(
        path.name for path in tmp_path.iterdir()
    )


@pytest.mark.skipif(sys.platform == "win32", reason="limits as these are of other systems")
def test_drafts_are_removed_where_not_one_more_file_may_be_opened(tmp_path, monkeypatch):
    made = drafts_of(tmp_path, {**OLD, "b": None, "more/": None})

    def refuse(*_, **__):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    for name in ("open", "scandir", "listdir"):
        monkeypatch.setattr(os, name, refuse)
    close(made)
    monkeypatch.undo()
    assert OLD == contents(tmp_path)
    assert not list(tmp_path.glob(".optirace-*"))


@pytest.mark.usefixtures("swap")
@pytest.mark.parametrize("blocked", [*OLD, "b", "more/"])
@pytest.mark.parametrize("has_links", [True, False])
def test_if_one_replacement_fails_all_is_as_it_was(tmp_path, monkeypatch, blocked, has_links):
    made = drafts_of(tmp_path, {**OLD, "b": None, "more/": None})
    if not has_links:
        monkeypatch.setattr(
            Path,
            "hardlink_to",
            lambda *_: (_ for _ in ()).throw(PermissionError(1, "Not permitted")),
        )
    # What came to stand at the name meanwhile cannot be replaced: a folder by a file, somebody's
    # notes by frames.
    place = tmp_path / blocked
    if blocked.endswith("/"):
        place.mkdir(exist_ok=True)
        (place / "mine.txt").write_bytes(b"mine")
    else:
        place.unlink(missing_ok=True)
        place.mkdir()
    before = contents(tmp_path)
    told = (
        "holds mine.txt by now, which is not a frame" if blocked.endswith("/") else "is a directory"
    )
    with pytest.raises(OutputError, match=rf"^{tmp_path}/{blocked}: .*{told}$"):
        drafts.commit(made)
    close(made)
    assert {name: data for name, data in before.items() if "optirace" not in name} == contents(
        tmp_path
    )
    assert place.is_dir()
    assert not list(tmp_path.glob(".optirace-*"))


@pytest.mark.usefixtures("swap")
@pytest.mark.parametrize(
    "old", [OLD, {"a": b"old a"}, {"frames/": b"old frames"}, {"b": None}, {"more/": None}]
)
def test_what_cannot_be_delivered_takes_the_others_back(tmp_path, old):
    made = drafts_of(tmp_path, old)
    seen = {}

    def deliver():
        seen.update(contents(tmp_path))
        raise OutputError("stdout: broken pipe")

    with pytest.raises(OutputError, match="broken pipe"):
        drafts.commit(made, deliver)
    close(made)
    assert {name: NEW[name] for name in old} == {
        name: data for name, data in seen.items() if name in old
    }
    assert {name: data for name, data in old.items() if data is not None} == contents(tmp_path)
    assert {name.rstrip("/") for name, data in old.items() if data} == {
        path.name for path in tmp_path.iterdir()
    }


def test_nothing_is_delivered_unless_the_files_are_in_place(tmp_path):
    made = drafts_of(tmp_path, {"a": b"old a"})
    (tmp_path / "a").unlink()
    (tmp_path / "a").mkdir()
    sent = []
    with pytest.raises(OutputError, match="is a directory"):
        drafts.commit(made, lambda: sent.append("sent"))
    close(made)
    assert [] == sent


@pytest.mark.parametrize("swapping", ["one", "steps"])
@pytest.mark.parametrize("delivery", ["sent", "none"])
def test_an_interrupt_at_any_moment_leaves_all_as_it_was_or_all_new(tmp_path, swapping, delivery):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            INTERRUPTED_EVERYWHERE,
            str(Path(__file__).parent),
            swapping,
            delivery,
        ],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (0, "") == (done.returncode, done.stderr)
    old, new = ({name: data.decode() for name, data in each.items()} for each in (OLD, NEW))
    found = list(map(json.loads, done.stdout.splitlines()))
    assert [] == [each for each in found if each not in (old, new)]
    assert len(found) > 20
    assert (old, new) == (found[0], found[-1])
    assert sorted(found, key=lambda each: each == new) == found


@pytest.mark.usefixtures("swap")
@pytest.mark.parametrize("name", ["a", "frames/"])
def test_what_was_earlier_keeps_another_name_when_it_cannot_come_back(tmp_path, monkeypatch, name):
    made = drafts_of(tmp_path, {name: OLD[name]})

    def refuse(*_):
        raise OSError(5, "Input/output error")

    def deliver():
        for module, function in ((exchange, "swapped"), (Path, "rename"), (Path, "replace")):
            monkeypatch.setattr(module, function, refuse)
        raise OutputError("stdout: broken pipe")

    with pytest.raises(OutputError, match="broken pipe"):
        drafts.commit(made, deliver)
    close(made)
    assert sorted([NEW[name], OLD[name]]) == sorted(contents(tmp_path).values())


@pytest.mark.parametrize("name", ["a", "frames/"])
def test_what_was_earlier_is_not_swept_by_another_run(tmp_path, name):
    made = drafts_of(tmp_path, {name: OLD[name]})
    os.utime(tmp_path / name, (0, 0))

    def deliver():
        for path in tmp_path.iterdir():
            os.utime(path, (0, 0))
        with target.Draft(tmp_path / "other", ".png"):
            assert OLD[name] in contents(tmp_path).values()
        raise OutputError("stdout: broken pipe")

    with pytest.raises(OutputError, match="broken pipe"):
        drafts.commit(made, deliver)
    close(made)
    assert {name: OLD[name]} == contents(tmp_path)


@pytest.mark.parametrize("is_old", [True, False])
def test_a_folder_of_a_killed_run_is_swept_by_any_other_once_it_is_old(tmp_path, is_old):
    left = tmp_path / ".optirace-1-0123456789ab.frames"
    left.mkdir()
    (left / "0.png").write_bytes(b"half a film")
    os.utime(left, (0, 0) if is_old else None)
    with target.Draft(tmp_path / "a", ".png"):
        assert is_old is not left.exists()


def test_a_draft_is_removed_even_if_a_signal_came_before_it_knew_of_it(tmp_path):
    file, place = (
        target.Draft(tmp_path / "new" / "a", ".png"),
        folder.Folder(f"{tmp_path}/frames/", ""),
    )
    file.path.parent.mkdir()
    file.path.touch()
    place.path.mkdir()
    close([file, place])
    assert ["new"] == [path.name for path in tmp_path.rglob("*")]


def test_a_file_system_that_cannot_swap_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "darwin")
    assert not exchange.swapped(tmp_path / "a", tmp_path / "b")


@pytest.mark.skipif(sys.platform != "linux", reason="swaps nothing in one step")
def test_a_swap_with_nothing_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(FileNotFoundError):
        exchange.swapped(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").is_dir()


WORDS = [
    "render",
    "--format",
    "apng",
    "--size",
    "480x480",
    "--fps",
    "10",
    "--steps",
    "20",
    "--duration",
    "2",
    "--quiet",
]


@pytest.fixture
def films(tmp_path):
    """Return a folder with an old film and old frames, and the command that sends a film and
    replaces both.
    """
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "0.png").write_bytes(b"old frames")
    (tmp_path / "race.gif").write_bytes(b"old film")
    outputs = [word for name in ("-", "frames/", "race.gif") for word in ("-o", name)]
    return tmp_path, [sys.executable, "-m", "optirace", *WORDS, *outputs]


def assert_old(place):
    assert {"frames/": b"old frames", "race.gif": b"old film"} == contents(place)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which Linux has")
def test_files_stay_when_standard_output_takes_nothing(films):
    place, command = films
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, cwd=place, check=False, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (1, "optirace: stdout: no space left on device\n") == (done.returncode, done.stderr)
    assert_old(place)


@pytest.mark.parametrize(("how", "status"), [("close", 1), ("TERM", 143), ("INT", 130)])
def test_files_come_back_when_whoever_reads_standard_output_stops_reading_or_we_are_stopped(
    films, how, status
):
    place, command = films
    with subprocess.Popen(
        command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        deadline = time.monotonic() + 60
        while (place / "race.gif").read_bytes() == b"old film":
            assert running.poll() is None, running.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if how == "close":
            assert 8 == len(running.stdout.read(8))
            running.stdout.close()
        else:
            running.send_signal(getattr(signal, f"SIG{how}"))
        said = running.stderr.read().decode()
        assert status == running.wait(60)
    interrupted = "interrupted, frames/, race.gif left as they were"
    assert f"optirace: {'stdout: broken pipe' if how == 'close' else interrupted}\n" == said
    assert_old(place)


def test_a_reader_gets_the_whole_film_and_the_files_are_new(films):
    place, command = films
    done = subprocess.run(command, cwd=place, check=True, capture_output=True)
    assert done.stdout.startswith(b"\x89PNG")
    assert done.stdout.endswith(b"IEND\xaeB`\x82")
    assert contents(place)["race.gif"].startswith(b"GIF89a")
    assert {"frames", "race.gif"} == {path.name for path in place.iterdir()}


@pytest.mark.parametrize("can_swap", [True, False])
def test_a_file_that_comes_into_a_folder_while_it_is_replaced_comes_back_with_it(
    tmp_path, monkeypatch, can_swap
):
    (draft,) = drafts_of(tmp_path, {"frames/": b"old"})
    looked = folder.other_than_frames

    def look(place):
        found = looked(place)
        if place == tmp_path / "frames":
            (place / "thesis.txt").write_bytes(b"a year of work")
        return found

    monkeypatch.setattr(folder, "other_than_frames", look)
    if not can_swap:
        monkeypatch.setattr(exchange, "swapped", lambda *_: False)
    with pytest.raises(OutputError, match=r"thesis\.txt"):
        drafts.commit([draft])
    draft.close()
    assert {"0.png": b"old", "thesis.txt": b"a year of work"} == {
        each.name: each.read_bytes() for each in (tmp_path / "frames").iterdir()
    }
    assert ["frames"] == os.listdir(tmp_path)


def test_what_must_stay_is_looked_at_once_more_before_anything_is_replaced(tmp_path):
    def check():
        raise OutputError("must stay")

    made = drafts_of(tmp_path, OLD)
    with pytest.raises(OutputError, match="must stay"):
        drafts.commit(made, check=check)
    for draft in made:
        draft.close()
    assert OLD == contents(tmp_path)
