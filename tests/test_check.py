"""Whether a kept file is still what would be made."""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from optirace import cli
from optirace.errors import OptiraceError
from optirace.look.frame import CELL_HEIGHT, CELL_WIDTH, Frame, stride_of
from optirace.output import compare, decoded, provenance, sinks
from optirace.output.formats import FORMATS
from optirace.output.outputs import output
from optirace.output.read import contents, gif_blocks, png_chunks, webp_chunks

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
KINDS = tuple(FORMATS)
DRAWN = [kind for kind in KINDS if kind in compare.DRAWINGS]
PICTURES = [kind for kind in KINDS if kind not in DRAWN]
TIMED = [kind for kind in PICTURES if kind != "frames/" and not FORMATS[kind].is_still]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    assert 0 == cli.main(["render", "--quiet", *SMALL, *outputs(folder)])
    return folder


def outputs(folder, kinds=KINDS):
    return [word for kind in kinds for word in ("-o", f"{folder}/race{kind}")]


def files(path):
    return sorted(path.iterdir()) if path.is_dir() else [path]


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def checked(capsys, folder, *words, kinds=KINDS):
    before = everything(folder)
    status = cli.main(["render", "--check", *SMALL, *words, *outputs(folder, kinds)])
    out, err = capsys.readouterr()
    assert "" == err
    assert before == everything(folder)
    return status, out.replace(f"{folder}/", "").splitlines()


def test_files_that_would_be_made_again_pass_and_nothing_is_written(kept, capsys):
    assert (0, [f"race{kind}: unchanged" for kind in KINDS]) == checked(capsys, kept)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_there_fails(tmp_path, capsys, kind):
    assert (4, [f"race{kind}: does not exist"]) == checked(capsys, tmp_path, kinds=[kind])


def test_what_was_sent_on_cannot_be_compared(capsys):
    assert 2 == cli.main(["render", "--check", *SMALL, "-o", "-", "--format", "gif"])
    line = "optirace: --check and -o -: use one or the other; there is no file to compare\n"
    assert ("", line) == capsys.readouterr()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("av1.mp4", ["--codec", "av1"]),
        ("av1.webm", ["--codec", "av1"]),
        ("sharp.webm", ["--chroma", "444"]),
        ("moving.png", ["--animate"]),
        ("strip.png", ["--strip", "0,10"]),
        ("strip.svg", ["--strip", "0,10"]),
        ("strip.pdf", ["--strip", "0,10"]),
    ],
)
def test_whatever_a_format_can_be_passes_and_fails_for_its_reason(tmp_path, capsys, name, words):
    kept = ["-o", str(tmp_path / name)]
    assert 0 == cli.main(["render", "--quiet", *SMALL, *words, *kept])
    assert 0 == cli.main(["render", "--quiet", "--check", *SMALL, *words, *kept])
    capsys.readouterr()
    kind = "its drawing differs;" if name.endswith((".svg", ".pdf")) else "pixels differ: "
    for more, wanted in (["--theme", "dark"], kind), (["--lr", "0.05"], "numbers differ;"):
        assert 4 == cli.main(["render", "--check", *SMALL, *words, *more, *kept])
        assert capsys.readouterr().out.startswith(f"{tmp_path / name}: {wanted}")


def test_a_png_that_moves_is_no_still(tmp_path, capsys):
    kept = ["-o", str(tmp_path / "race.png")]
    assert 0 == cli.main(["render", "--quiet", *SMALL, *kept])
    assert 4 == cli.main(["render", "--check", *SMALL, "--animate", *kept])
    assert (
        f"{tmp_path}/race.png: pixels differ: a still is now 0.9 seconds; the file was made by "
        in capsys.readouterr().out
    )


def test_other_numbers_are_told_before_other_pixels(kept, capsys):
    status, lines = checked(capsys, kept, "--lr", "0.05")
    assert 4 == status
    for kind, line in zip(KINDS, lines, strict=True):
        assert re.fullmatch(
            (
                rf"race{re.escape(kind)}: numbers differ; the file was made by `optirace render "
                r".+ --optimizer adam .+ --steps 20`"
            ),
            line,
        )


@pytest.mark.parametrize("kind", PICTURES)
def test_other_pixels_are_told_with_their_share_and_their_largest_difference(kept, capsys, kind):
    status, (line,) = checked(capsys, kept, "--theme", "dark", kinds=[kind])
    assert 4 == status
    share = (
        ""
        if FORMATS[kind].is_still
        else f"100 % of the {'frames' if kind == 'frames/' else 'film'}, "
    )
    most = re.match(
        (
            rf"race{re.escape(kind)}: pixels differ: {share}by at most (\d+) of 255; the file "
            r"was made by `optirace render "
        ),
        line,
    )
    assert 150 < int(most[1]) <= 255


@pytest.mark.parametrize("kind", DRAWN)
def test_of_shapes_and_words_it_is_told_that_they_differ(kept, capsys, kind):
    made = "the file was made by `optirace render "
    _, (line,) = checked(capsys, kept, "--theme", "dark", kinds=[kind])
    assert line.startswith(f"race{kind}: its drawing differs; {made}")
    _, (line,) = checked(capsys, kept, "--size", "320x240", kinds=[kind])
    assert line.startswith(f"race{kind}: its drawing differs: 240x240 is now 320x240; {made}")
    _, (line,) = checked(capsys, kept, "--loop", "3", kinds=[kind])
    assert line.startswith(f"race{kind}: bytes differ only; {made}")


def grey(name, levels):
    """Write a film of frames that are grey all over."""
    stride = stride_of(240)
    everywhere = np.arange(240 * stride // (CELL_HEIGHT * CELL_WIDTH))
    with sinks.open_sink(
        output(name), sinks.Film(width=240, height=240, fps=Fraction(10), frames=len(levels))
    ) as sink:
        for level in levels:
            packed = np.full((240, stride, 4), [level, level, level, 255], np.uint8).view(
                np.uint32
            )[..., 0]
            sink.write(Frame(packed, 240, everywhere))
        sink.finish()
        return sink.commit().path


@pytest.mark.parametrize("kind", [*TIMED, "frames/"])
def test_the_share_of_a_film_is_told_by_time_and_the_difference_at_its_largest(tmp_path, kind):
    one = grey(f"{tmp_path}/one{kind}", [40, 40, 40, 200, 200, 90, 90, 90])
    two = grey(f"{tmp_path}/two{kind}", [40, 40, 40, 200, 100, 90, 90, 90])
    found = compare.difference(one, two)
    said = re.fullmatch(
        (
            r"pixels differ: 12[.]5 % of the (?:film|frames), by at most (\d+) of 255; it has "
            r"no record of how it was made"
        ),
        found.words,
    )
    assert 95 <= int(said[1]) <= 105
    assert found == compare.difference(two, one)


@pytest.mark.parametrize("kind", TIMED)
def test_another_length_is_told_in_seconds(kept, capsys, kind):
    rate = " at 10 frames per second" if kind in decoded.VIDEOS else ""
    _, (line,) = checked(capsys, kept, "--hold", "0.2,0.3", kinds=[kind])
    assert line.startswith(
        f"race{kind}: pixels differ: 0.9 seconds{rate} is now 1 seconds{rate}; the file was "
        "made by "
    )


def test_another_number_of_frames_is_told(kept, capsys):
    _, (line,) = checked(capsys, kept, "--hold", "0.2,0.3", kinds=["frames/"])
    assert line.startswith(
        "raceframes/: pixels differ: 9 pictures are now 10; the file was made by "
    )


@pytest.mark.parametrize("kind", PICTURES)
def test_another_size_is_told_in_pixels(kept, capsys, kind):
    _, (line,) = checked(capsys, kept, "--size", "320x240", kinds=[kind])
    assert line.startswith(
        f"race{kind}: pixels differ: 240x240 is now 320x240; the file was made by "
    )


SPELLED = {
    ".gif": gif_blocks.comment,
    ".png": png_chunks.said,
    ".apng": png_chunks.said,
    "frames/": png_chunks.said,
    ".svg": lambda line: (
        line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
    ),
    ".pdf": lambda line: re.sub(r"([()\\])", r"\\\1", line).encode(),
}
"""How a format writes a note, where that is not as it is."""


def renoted(kept, folder, kind, before, after):
    """Return a copy of a kept file in which its note says something else, of the same length."""
    path, spelled = folder / f"race{kind}", SPELLED.get(kind, str.encode)
    line = contents.read(kept / path.name).note
    assert 1 == line.count(before)
    if kind == "frames/":
        shutil.copytree(kept / path.name, path)
    target = path / "0.png" if kind == "frames/" else path
    held = files(kept / path.name)[0].read_bytes()
    assert 1 == held.count(spelled(line))
    target.write_bytes(held.replace(spelled(line), spelled(line.replace(before, after))))
    return path


def told(kept, path):
    return compare.difference(path, kept / path.name)


@pytest.mark.parametrize("kind", KINDS)
def test_another_version_alone_changes_bytes_only(kept, tmp_path, kind):
    now = provenance.read(contents.read(kept / f"race{kind}").note, "").versions["numpy"]
    before = re.sub(r"\d", "9", now)
    path = renoted(kept, tmp_path, kind, f'"numpy":"{now}"', f'"numpy":"{before}"')
    assert compare.Difference("bytes", f"bytes differ only; numpy {before} is now {now}") == told(
        kept, path
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_a_note_is_compared_by_its_pixels(kept, tmp_path, kind):
    path = renoted(kept, tmp_path, kind, '{"made_by"', '["made_by"')
    assert compare.Difference(
        "bytes", "bytes differ only; it has no record of how it was made"
    ) == told(kept, path)


def test_a_film_of_python_a_scene_and_plug_ins_are_reasons(kept, tmp_path):
    path = renoted(
        kept, tmp_path, ".gif", '"made_by":"render"', '"plugins":{"a.py":"1"},"scene":"lr = 1"'
    )
    wanted = (
        "bytes differ only; it was made from Python; its scene file was different; its plugins "
        "were different"
    )
    assert compare.Difference("bytes", wanted) == told(kept, path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_such_file_or_cannot_be_played_is_told(kept, tmp_path, kind):
    path = tmp_path / f"race{kind}"
    if kind == "frames/":
        path.touch()
    else:
        path.mkdir()
    assert compare.Difference("missing", "cannot be read") == told(kept, path)
    if kind == "frames/":
        path.unlink()
        path.mkdir()
        (path / "0.png").write_bytes(b"another program's")
    else:
        path.rmdir()
        path.write_bytes(b"another program's")
    assert compare.Difference("bytes", f"is not a complete {contents.shown(kind)}") == told(
        kept, path
    )


DAMAGED = {
    ".mp4": lambda held: slice(held.find(b"mdat") + 4, len(held) - 20),
    ".webm": lambda held: slice(
        held.find(b"\x1f\x43\xb6\x75") + 100, held.find(b"\x1f\x43\xb6\x75") + 4000
    ),
    ".gif": lambda held: slice(held.rfind(b"!\xf9") + 30, held.rfind(b"!\xf9") + 40),
    ".png": lambda held: slice(held.find(b"IDAT") + 4, len(held) - 20),
    ".apng": lambda held: slice(held.find(b"fdAT") + 8, held.find(b"fdAT") + 60),
    ".webp": lambda held: slice(held.find(b"VP8L") + 8, held.find(b"VP8L") + 900),
    "frames/": lambda held: slice(held.find(b"IDAT") + 4, len(held) - 20),
    ".svg": lambda held: slice(len(held) // 2, len(held) // 2 + 99),
    ".pdf": lambda held: slice(len(held) // 2, len(held) // 2 + 99),
}


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_that_are_damaged_are_told(kept, tmp_path, kind):
    path = tmp_path / f"race{kind}"
    if kind == "frames/":
        shutil.copytree(kept / path.name, path)
    held = bytearray(files(kept / path.name)[0].read_bytes())
    damaged = DAMAGED[kind](held)
    held[damaged] = b"\xaa" * len(held[damaged])
    (path / "0.png" if kind == "frames/" else path).write_bytes(held)
    if kind in DRAWN:
        assert compare.Difference("drawing", "its drawing differs") == told(kept, path)
    elif kind in (".gif", ".webm"):
        assert told(kept, path).words.startswith("pixels differ: ")
    else:
        assert compare.Difference("pixels", "pixels differ: it cannot be played") == told(
            kept, path
        )


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_damaged_file_a_difference_is_told_whatever_it_is(kept, tmp_path, kind):
    path, random = tmp_path / f"race{kind}", np.random.default_rng(6)
    if kind == "frames/":
        shutil.copytree(kept / path.name, path)
    target = path / "0.png" if kind == "frames/" else path
    whole = files(kept / path.name)[0].read_bytes()
    for turn in range(30):
        held = bytearray(whole)
        at = int(random.integers(0, 1500 if turn % 2 else len(held) - 4))
        held[at : at + 4] = (b"\xff\xff\xff\xff", b"\0\1\2\3\4", b"", held[:99], random.bytes(2))[
            turn % 5
        ]
        target.write_bytes(held)
        found = told(kept, path)
        assert "\n" not in (found.words if held != whole else "")


def test_a_picture_of_another_size_than_the_film_is_told(kept, tmp_path):
    path = tmp_path / "race.gif"
    assert 0 == cli.main(["render", "--quiet", *SMALL, "--size", "320x240", "-o", str(path)])
    held = path.read_bytes()
    path.write_bytes(held[:6] + struct.pack("<H", 240) + held[8:])
    assert "is not a complete .gif file" == told(kept, path).words


def test_what_pillow_only_warns_of_is_told_and_nothing_else_is_said(kept, tmp_path):
    path, held = tmp_path / "race.apng", (kept / "race.apng").read_bytes()
    path.write_bytes(held.replace(held[33:53], png_chunks.chunk(b"acTL", bytes(8))))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert compare.Difference("pixels", "pixels differ: it cannot be played") == told(
            kept, path
        )
    assert [] == said


@pytest.mark.parametrize("kind", [".gif", ".webp", ".apng"])
def test_very_many_pictures_are_counted_and_not_compared(kept, tmp_path, kind):
    path, held = tmp_path / f"race{kind}", (kept / f"race{kind}").read_bytes()
    if kind == ".gif":
        path.write_bytes(
            held[:-1]
            + (b"!\xf9\x04\x05\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0") * 200
            + b";"
        )
    elif kind == ".webp":
        more = webp_chunks.chunk(b"ANMF", bytes(16)) * 200
        path.write_bytes(held[:4] + struct.pack("<I", len(held) + len(more) - 8) + held[8:] + more)
    else:
        more = (
            png_chunks.chunk(b"fcTL", struct.pack(">IIIIIHHBB", 99, 1, 1, 0, 0, 0, 10, 0, 0)) * 200
        )
        path.write_bytes(held[:-12] + more + held[-12:])
    assert re.match(r"pixels differ: 20\d pictures are now \d", told(kept, path).words)


def test_a_film_is_played_a_picture_at_a_time_and_its_player_is_stopped(kept):
    pictures: Any = decoded.pictures(kept / "race.mp4")
    first, time = next(pictures)
    assert ((240, 240, 3), 1) == (first.shape, time)
    pictures.close()
    assert 9 == sum(time for _, time in decoded.pictures(kept / "race.mp4"))
    for kind in (".gif", ".webp", ".apng"):
        assert 900_000 == sum(time for _, time in decoded.pictures(kept / f"race{kind}"))
    with pytest.raises(OptiraceError, match="no such file or directory"):
        list(decoded.pictures(kept / "none.gif"))


def test_json_tells_the_kind_and_the_words(kept, capsys):
    status, lines = checked(capsys, kept, "--json", "--lr", "0.05", kinds=[".gif"])
    (row,) = json.loads("\n".join(lines))["files"]
    assert (4, "numbers") == (status, row["differs"])
    assert row["words"].startswith("numbers differ; the file was made by ")
    status, lines = checked(capsys, kept, "--json", kinds=[".gif"])
    assert (0, [{"path": "race.gif", "differs": None, "words": None}]) == (
        status,
        json.loads("\n".join(lines))["files"],
    )


def test_quiet_tells_by_the_status_alone(kept, capsys):
    assert (0, []) == checked(capsys, kept, "--quiet", kinds=[".png"])
    assert (4, []) == checked(capsys, kept, "--quiet", "--theme", "dark", kinds=[".png"])


def test_the_process_exits_with_4(kept):
    words = [
        sys.executable,
        "-m",
        "optirace",
        "render",
        "--check",
        *SMALL,
        "--lr",
        "0.05",
        *outputs(kept, [".png"]),
    ]
    assert 4 == subprocess.run(words, capture_output=True, check=False).returncode


def test_a_plan_is_nothing_to_check(kept, capsys):
    assert 2 == cli.main(["render", *SMALL, "-o", f"{kept}/race.gif", "--check", "--dry-run"])
    told = "optirace: --check and --dry-run: use one or the other; --check writes nothing either\n"
    assert ("", told) == capsys.readouterr()


def test_what_is_only_compared_need_not_be_where_one_can_write(kept, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, *_: not str(path).startswith(str(kept)))
    words = ["--captions", "--alt", "--poster"]
    status, lines = checked(capsys, kept, *words, kinds=[".mp4", "frames/"])
    assert (4, "race.mp4: unchanged") == (status, lines[0])
    assert [line.rpartition(" ")[2] for line in lines[-3:]] == ["exist"] * 3
    assert 1 == cli.main(["render", *SMALL, *outputs(kept, [".mp4"])])
    assert re.fullmatch(r"optirace: \S+race\.mp4: is write-protected\n", capsys.readouterr().err)


@pytest.mark.parametrize("name", ["extra.txt", "99.png"])
def test_a_damaged_folder_of_frames_is_none_that_would_be_made(kept, tmp_path, capsys, name):
    shutil.copytree(kept / "raceframes", tmp_path / "raceframes")
    (tmp_path / "raceframes" / name).touch()
    assert (4, ["raceframes/: is not a complete folder of frames"]) == checked(
        capsys, tmp_path, kinds=["frames/"]
    )


@pytest.mark.parametrize("kind", [".mp4", ".webm"])
def test_a_video_is_played_by_the_reader_of_its_format_and_not_for_ever(
    kept, tmp_path, monkeypatch, kind
):
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/words\nexec sleep 600\n")
    program.chmod(0o700)
    monkeypatch.setattr("optirace.output.video.ffmpeg.program", lambda: str(program))
    monkeypatch.setattr("optirace.output.video.watchdog.STUCK_AFTER", 1.0)
    with pytest.raises(OptiraceError, match="cannot be played"):
        list(decoded.pictures(kept / f"race{kind}"))
    words = (tmp_path / "words").read_text().split("\n")
    given = words[: words.index("-i")]
    assert {".mp4": "mov", ".webm": "matroska"}[kind] == given[given.index("-f") + 1]
    frames = contents.read(kept / f"race{kind}").frames
    assert f"{60 + frames}" == given[given.index("-timelimit") + 1]
    assert "file,pipe" == given[given.index("-protocol_whitelist") + 1]


@pytest.mark.parametrize("kind", [kind for kind in PICTURES if kind != "frames/"])
def test_a_file_that_is_very_much_larger_is_not_played(kept, tmp_path, monkeypatch, kind):
    monkeypatch.setattr(compare, "MOST_MORE", 0)
    monkeypatch.setattr(compare, "MOST_TIMES", 0)
    path = tmp_path / f"race{kind}"
    shutil.copy(kept / f"race{kind}", path)
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    found = compare.difference(path, kept / f"race{kind}")
    assert (
        found.words.startswith("is not a complete")
        or f"{path.stat().st_size} bytes are now" in found.words
    )
