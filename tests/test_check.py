"""Whether a kept file is still what would be made."""

import json
import re
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from optirace import checking, cli, encoders, provenance
from optirace.encoders import FORMATS, blocks, chunks, contents, decoded
from optirace.errors import OptiraceError
from optirace.frame import CELL_HEIGHT, CELL_WIDTH, Frame, stride_of

SMALL = [
    "--size",
    "240x240",
    "--fps",
    "10",
    "--duration",
    "0.5",
    "--hold",
    "0.2,0.2",
    "--steps",
    "20",
    "-O",
    "sgd",
    "-O",
    "adam",
]
KINDS = (".mp4", ".gif", ".png")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    assert 0 == cli.main(["render", "--quiet", *SMALL, *outputs(folder)])
    return folder


def outputs(folder, kinds=KINDS):
    return [word for kind in kinds for word in ("-o", str(folder / f"race{kind}"))]


def checked(capsys, folder, *words, kinds=KINDS):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    status = cli.main(["render", "--check", *SMALL, *words, *outputs(folder, kinds)])
    out, err = capsys.readouterr()
    assert "" == err
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    return status, out.replace(f"{folder}/", "").splitlines()


def test_files_that_would_be_made_again_pass_and_nothing_is_written(kept, capsys):
    assert (0, [f"race{kind}: is what would be made" for kind in KINDS]) == checked(capsys, kept)


def test_a_file_that_is_not_there_fails(tmp_path, capsys):
    assert (4, ["race.gif: does not exist"]) == checked(capsys, tmp_path, kinds=[".gif"])


def test_other_numbers_are_told_before_other_pixels(kept, capsys):
    status, lines = checked(capsys, kept, "--lr", "0.05")
    assert 4 == status
    for kind, line in zip(KINDS, lines, strict=True):
        assert re.fullmatch(
            rf"race\{kind}: numbers differ; it was made by `optirace render --duration 0.5 .+ --optimizer adam`", line
        )


@pytest.mark.parametrize("kind", KINDS)
def test_other_pixels_are_told_with_their_share_and_their_largest_difference(kept, capsys, kind):
    status, (line,) = checked(capsys, kept, "--theme", "dark", kinds=[kind])
    assert 4 == status
    share = "" if FORMATS[kind].is_still else "100 % of the film, "
    most = re.match(rf"race\{kind}: pixels differ: {share}by at most (\d+) of 255; it was made by `optirace render ", line)
    assert 150 < int(most[1]) <= 255


def grey(path, levels):
    """Write a film of frames that are grey all over."""
    stride = stride_of(240)
    everywhere = np.arange(240 * stride // (CELL_HEIGHT * CELL_WIDTH))
    with encoders.open_sink(path, width=240, height=240, fps=Fraction(10), frames=len(levels)) as sink:
        for level in levels:
            packed = np.full((240, stride, 4), level, np.uint8).view(np.uint32)[..., 0]
            sink.write(Frame(packed, 240, everywhere))
        sink.finish()
        sink.commit()
    return path


@pytest.mark.parametrize("kind", [".mp4", ".gif"])
def test_the_share_of_a_film_is_told_by_time_and_the_difference_at_its_largest(tmp_path, kind):
    one = grey(tmp_path / f"one{kind}", [40, 40, 40, 200, 200, 90, 90, 90])
    two = grey(tmp_path / f"two{kind}", [40, 40, 40, 200, 100, 90, 90, 90])
    found = checking.difference(one, two)
    said = re.fullmatch(
        r"pixels differ: 12[.]5 % of the film, by at most (\d+) of 255; it does not say how it was made", found.words
    )
    assert 95 <= int(said[1]) <= 105
    assert found == checking.difference(two, one)


@pytest.mark.parametrize(("kind", "rate"), [(".mp4", " at 10 frames a second"), (".gif", "")])
def test_another_length_is_told_in_seconds(kept, capsys, kind, rate):
    _, (line,) = checked(capsys, kept, "--hold", "0.2,0.3", kinds=[kind])
    assert line.startswith(f"race{kind}: pixels differ: 0.9 seconds{rate} is now 1 seconds{rate}; it was made by ")


@pytest.mark.parametrize("kind", KINDS)
def test_another_size_is_told_in_pixels(kept, capsys, kind):
    _, (line,) = checked(capsys, kept, "--size", "320x240", kinds=[kind])
    assert line.startswith(f"race{kind}: pixels differ: 240x240 is now 320x240; it was made by ")


SPELLED = {
    ".mp4": str.encode,
    ".gif": blocks.comment,
    ".png": lambda line: chunks.chunk(b"iTXt", chunks.KEYWORD + line.encode()),
}


def renoted(kept, folder, kind, before, after):
    """Return a copy of a kept file in which its note says something else, of the same length."""
    path = folder / f"race{kind}"
    held, line = (kept / path.name).read_bytes(), contents.read(kept / path.name).note
    assert 1 == line.count(before)
    path.write_bytes(held.replace(SPELLED[kind](line), SPELLED[kind](line.replace(before, after))))
    return path


def told(kept, path):
    return checking.difference(path, kept / path.name)


@pytest.mark.parametrize("kind", KINDS)
def test_another_version_alone_changes_bytes_only(kept, tmp_path, kind):
    now = provenance.read(contents.read(kept / f"race{kind}").note, "").versions["numpy"]
    before = re.sub(r"\d", "9", now)
    path = renoted(kept, tmp_path, kind, f'"numpy":"{now}"', f'"numpy":"{before}"')
    assert checking.Difference("bytes", f"bytes differ only; numpy {before} is now {now}") == told(kept, path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_a_note_is_compared_by_its_pixels(kept, tmp_path, kind):
    path = renoted(kept, tmp_path, kind, '{"command"', '["command"')
    assert checking.Difference("bytes", "bytes differ only; it does not say how it was made") == told(kept, path)


def test_a_film_of_python_a_scene_and_plug_ins_are_reasons(kept, tmp_path):
    command = json.loads(contents.read(kept / "race.gif").note)["command"]
    path = renoted(kept, tmp_path, ".gif", f'"command":{json.dumps(command)}', '"plugins":{"a.py":"1"},"scene":"lr = 1"')
    wanted = "bytes differ only; it was made from Python; its scene was another; its plug-ins were others"
    assert checking.Difference("bytes", wanted) == told(kept, path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_such_file_or_cannot_be_played_is_told(kept, tmp_path, kind):
    path = tmp_path / f"race{kind}"
    path.mkdir()
    assert checking.Difference("missing", "cannot be read") == told(kept, path)
    path.rmdir()
    path.write_bytes(b"another program's")
    assert checking.Difference("bytes", f"is no whole {kind} file") == told(kept, path)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_that_are_damaged_are_told(kept, tmp_path, kind):
    path = tmp_path / f"race{kind}"
    held = bytearray((kept / path.name).read_bytes())
    at = {".mp4": held.find(b"mdat") + 4, ".gif": held.rfind(b"!\xf9"), ".png": held.find(b"IDAT") + 4}[kind]
    damaged = slice(at + 30, at + 40) if kind == ".gif" else slice(at, len(held) - 20)
    held[damaged] = b"\xaa" * len(held[damaged])
    path.write_bytes(held)
    if kind == ".gif":
        assert told(kept, path) is not None
    else:
        assert checking.Difference("pixels", "pixels differ: it cannot be played") == told(kept, path)


def test_a_film_is_played_a_picture_at_a_time_and_its_player_is_stopped(kept):
    pictures = decoded.pictures(kept / "race.mp4")
    first, time = next(pictures)
    assert ((240, 240, 3), 1) == (first.shape, time)
    pictures.close()
    assert 9 == sum(time for _, time in decoded.pictures(kept / "race.mp4"))
    assert 90 == sum(time for _, time in decoded.pictures(kept / "race.gif"))
    with pytest.raises(OptiraceError, match=r"cannot be played$"):
        list(decoded.pictures(kept / "none.gif"))


def test_json_tells_the_kind_and_the_words(kept, capsys):
    status, lines = checked(capsys, kept, "--json", "--lr", "0.05", kinds=[".gif"])
    (row,) = json.loads("\n".join(lines))["files"]
    assert (4, "numbers") == (status, row["differs"])
    assert row["words"].startswith("numbers differ; it was made by ")
    status, lines = checked(capsys, kept, "--json", kinds=[".gif"])
    assert (0, [{"path": "race.gif", "differs": None, "words": None}]) == (status, json.loads("\n".join(lines))["files"])


def test_quiet_tells_by_the_status_alone(kept, capsys):
    assert (0, []) == checked(capsys, kept, "--quiet", kinds=[".png"])
    assert (4, []) == checked(capsys, kept, "--quiet", "--theme", "dark", kinds=[".png"])


def test_the_process_exits_with_4(kept):
    words = [sys.executable, "-m", "optirace", "render", "--check", *SMALL, "--lr", "0.05", *outputs(kept, [".png"])]
    assert 4 == subprocess.run(words, capture_output=True, check=False).returncode
