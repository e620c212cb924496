"""What a file says of its making."""

import contextlib
import hashlib
import json
import os
import re
import socket
import struct
import time
import tracemalloc
import zlib
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import av
import numpy as np
import PIL
import pytest
from PIL import Image

import optirace
from optirace import cli
from optirace.errors import InvalidValueError, OptiraceError
from optirace.look import themes, timeline
from optirace.output import film, outputs, provenance, versions
from optirace.output.formats import FORMATS
from optirace.output.read import contents, png_chunks
from optirace.output.video import ffmpeg

SMALL = [
    "--size",
    "240x240",
    "--fps",
    "10",
    "--duration",
    "0.5",
    "--hold",
    "0,0.2",
    "--steps",
    "20",
]
KINDS = tuple(FORMATS)
PAINTED = {"matplotlib", "numpy", "optirace"}
DECIDED_BY = {
    ".mp4": {"ffmpeg"},
    ".gif": {"pillow"},
    ".png": {"pillow"},
    ".webm": {"ffmpeg"},
    ".webp": {"pillow"},
    ".apng": {"zlib"},
    "frames/": {"zlib"},
    ".svg": {"contourpy"},
    ".pdf": {"contourpy", "fonttools", "zlib"},
}
"""What decides a format's bytes besides what paints."""


def note(path):
    return provenance.read(contents.read(path).note, path.name)


def rendered(folder, *words, kinds=KINDS):
    named = [f"{folder}/race{kind}" for kind in kinds]
    outputs = [word for name in named for word in ("-o", name)]
    assert 0 == cli.main(["render", "--quiet", *SMALL, *words, *outputs])
    return [Path(name) for name in named]


def files(path):
    return sorted(path.iterdir()) if path.is_dir() else [path]


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    words = ["-O", "adam:label=fast one", "-O", "sgd", "--no-arrows", "--lr", "0.05"]
    return dict(zip(KINDS, rendered(tmp_path_factory.mktemp("typed"), *words), strict=True))


@pytest.mark.slow
def test_a_file_carries_its_settings_as_data(typed):
    settings = {
        "duration": 0.5,
        "fps": "10",
        "size": "240x240",
        "hold": [0.0, 0.2],
        "arrows": False,
        "lr": 0.05,
        "steps": 20,
    }
    settings["optimizer"] = ["adam:label=fast one", "sgd"]
    assert dict.fromkeys(KINDS, ("render", settings)) == {
        kind: (note(path).origin.made_by, note(path).origin.settings)
        for kind, path in typed.items()
    }


def tag(path):
    with av.open(str(path)) as movie:
        return {name.lower(): value for name, value in movie.metadata.items()}["comment"]


def picture(path, read):
    with Image.open(path) as opened:
        opened.load()
        return read(opened)


def user_comment(opened):
    kind, words = opened.getexif().get_ifd(0x8769)[0x9286].split(b"\0\0\0")
    assert b"ASCII" == kind
    return words.decode()


def subject(path):
    """Go the way of a reader of PDFs: from the end to the table of what stands where, and to the
    information.
    """
    whole = path.read_bytes()
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", whole)[1])
    assert whole[table:].startswith(b"xref\n0 ")
    entries = whole[table:].split(b"\n")[2:]
    place = int(entries[int(re.search(rb"/Info (\d+) 0 R", whole[table:])[1])].split()[0])
    information = whole[place : whole.index(b"endobj", place)]
    words = re.search(rb"/Subject \((.*[^\\])\)", information, re.DOTALL)[1]
    return re.sub(rb"\\([()\\])", rb"\1", words).decode("ascii")


DESCRIPTION = ".//{http://purl.org/dc/elements/1.1/}description"
FOUND_BY_OTHERS = {
    ".mp4": tag,
    ".webm": tag,
    ".gif": lambda path: picture(path, lambda opened: opened.info["comment"].decode()),
    ".png": lambda path: picture(path, lambda opened: opened.text["Comment"]),
    ".apng": lambda path: picture(path, lambda opened: opened.text["Comment"]),
    ".webp": lambda path: picture(path, user_comment),
    "frames/": lambda path: picture(path / "0.png", lambda opened: opened.text["Comment"]),
    ".svg": lambda path: ET.parse(path).find(DESCRIPTION).text,  # noqa: S314 - our own
    ".pdf": subject,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_usual_tools_find_the_note(typed, tmp_path, kind):
    assert contents.read(typed[kind]).note == FOUND_BY_OTHERS[kind](typed[kind])
    (awkward,) = rendered(tmp_path, "--title", """)\\(-->]]>&lt;'"\\""", kinds=[kind])
    assert contents.read(awkward).note == FOUND_BY_OTHERS[kind](awkward)
    assert """)\\(-->]]>&lt;'"\\""" == note(awkward).origin.settings["title"]


def test_av1_tells_how_it_was_made_in_either_container(tmp_path):
    for path in rendered(tmp_path, "--codec", "av1", kinds=[".mp4", ".webm"]):
        assert contents.read(path).note == tag(path)
        assert ("av1", PAINTED | {"ffmpeg"}) == (
            contents.read(path).codec,
            set(note(path).versions),
        )


@pytest.mark.slow
def test_a_webp_says_that_it_has_what_it_has(typed, tmp_path):
    (silent,) = unsaid(tmp_path, kinds=[".webp"])
    assert 0x08 == typed[".webp"].read_bytes()[20] ^ silent.read_bytes()[20]
    assert b"EXIF" not in silent.read_bytes()


def test_of_a_folder_the_first_picture_alone_tells_so_that_the_others_change_with_what_they_show(
    typed, tmp_path
):
    words = ["-O", "adam:label=fast one", "-O", "sgd", "--no-arrows", "--lr", "0.05", "--loop", "3"]
    (same,) = rendered(tmp_path, *words, kinds=["frames/"])
    changed = [
        path.name
        for path in files(same)
        if path.read_bytes() != (typed["frames/"] / path.name).read_bytes()
    ]
    assert ["0.png"] == changed
    assert {None} == {contents.read(path).note for path in files(same) if path.name != "0.png"}


@pytest.mark.slow
def test_a_strip_and_a_poster_and_a_png_that_moves_tell_how_they_were_made(tmp_path):
    for path in rendered(tmp_path, "--strip", "0,5", kinds=[".png", ".svg", ".pdf"]):
        assert PAINTED | DECIDED_BY[path.suffix] | {"contourpy"} == set(note(path).versions)
        assert [0, 5] == note(path).origin.settings["strip"]
    (film,) = rendered(tmp_path / "beside", "--poster", kinds=[".mp4"])
    assert note(film).origin == note(film.with_suffix(".png")).origin
    (moving,) = rendered(tmp_path / "moving", "--animate", kinds=[".png"])
    assert PAINTED | DECIDED_BY[".apng"] == set(note(moving).versions)
    assert ".apng" == contents.read(moving).suffix


def test_texts_beside_a_film_hold_words_alone(tmp_path):
    """The film says how they were made; a person reads them, mends them and translates them."""
    rendered(tmp_path, "--captions", "--alt", kinds=[".gif"])
    for name in ("race.vtt", "race.alt.txt"):
        assert "optirace" not in (tmp_path / name).read_text(encoding="utf-8")


def test_a_file_tells_the_versions_that_decide_its_bytes_and_no_others(typed):
    for kind, path in typed.items():
        told = note(path).versions
        assert PAINTED | DECIDED_BY[kind] == set(told)
        assert (optirace.__version__, np.__version__) == (told["optirace"], told["numpy"])


def test_a_version_is_that_of_what_runs():
    told = versions.of(["contourpy", "fonttools", "pillow", "zlib"])
    assert metadata.version("fonttools") == told["fonttools"]
    assert metadata.version("contourpy") == told["contourpy"]
    assert (PIL.__version__, zlib.ZLIB_RUNTIME_VERSION) == (told["pillow"], told["zlib"])


def test_a_note_is_compact_ascii_with_sorted_keys(typed):
    for path in typed.values():
        line = contents.read(path).note
        assert json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")) == line


def test_a_file_names_neither_the_machine_nor_its_folders(typed):
    for path in typed.values():
        assert not any(str(path.parent).encode() in each.read_bytes() for each in files(path))
        assert socket.gethostname() not in re.findall(r"[\w-]+", contents.read(path).note)
        assert "/" not in contents.read(path).note


def test_size_frames_and_length_are_read_from_the_file(typed):
    found = {kind: contents.read(path) for kind, path in typed.items()}
    assert {(240, 240)} == {(each.width, each.height) for each in found.values()}
    for kind in (".mp4", ".webm"):
        assert (7, Fraction(10), Fraction(7, 10)) == (
            found[kind].frames,
            found[kind].fps,
            found[kind].seconds,
        )
    for kind in (".gif", ".webp", ".apng"):
        assert (Fraction(7, 10), None) == (found[kind].seconds, found[kind].fps)
        assert found[kind].frames == picture(typed[kind], lambda opened: opened.n_frames)
    assert (7, None, None) == (
        found["frames/"].frames,
        found["frames/"].fps,
        found["frames/"].seconds,
    )
    for kind in (".png", ".svg", ".pdf"):
        assert (1, None, None) == (found[kind].frames, found[kind].fps, found[kind].seconds)


@pytest.mark.slow
@pytest.mark.parametrize("fps", ["30000/1001", "24000/1001", "60", "12.5", "7"])
def test_a_video_tells_its_exact_rate_and_length(tmp_path, fps):
    for path in rendered(tmp_path, "--fps", fps, "--hold", "0,0.3", kinds=[".mp4", ".webm"]):
        found = contents.read(path)
        assert (Fraction(fps), found.frames / Fraction(fps)) == (found.fps, found.seconds)


@pytest.mark.slow
def test_the_order_and_the_short_forms_of_options_change_no_byte(tmp_path, typed):
    again = rendered(
        tmp_path,
        "--lr",
        "0.05",
        "--no-arrows",
        "--optimizer",
        "adam:label=fast one",
        "--optimizer",
        "sgd",
    )
    assert [contents.digest(path) for path in typed.values()] == [
        contents.digest(path) for path in again
    ]


def test_a_film_carries_the_same_whoever_says_it_and_nothing_that_is_so_by_default(tmp_path):
    scene = tmp_path / "mine.toml"
    scene.write_text(
        f'# from {tmp_path}\noutput = [\n  "{tmp_path}/race.mp4",\n]\nquiet = true\n\nlr = '
        "0.2\nspeed = 2\n"
        'lr_schedule = "cosine"\n'
        '[[racers]]\nname = "adam"\nlabel = "fast"\n',
        encoding="utf-8",
    )
    (by_scene,) = rendered(tmp_path, str(scene), kinds=[".gif"])
    words = [
        "-O",
        "adam:label=fast",
        "--lr",
        "2e-1",
        "--lr-schedule",
        "cosine",
        "--noise",
        "0",
        "--theme",
        "light",
    ]
    (by_words,) = rendered(tmp_path / "words", *words, kinds=[".gif"])
    assert by_scene.read_bytes() == by_words.read_bytes()
    settings = {"optimizer": ["adam:label=fast"], "lr": 0.2, "lr-schedule": "cosine"}
    small = {"duration": 0.5, "fps": "10", "size": "240x240", "hold": [0.0, 0.2], "steps": 20}
    assert settings | small == note(by_scene).origin.settings


@pytest.mark.parametrize("in_scene", [False, True])
def test_a_plug_in_is_named_without_its_folder_and_with_its_digest(tmp_path, in_scene):
    plugin = tmp_path / "rule.py"
    plugin.write_bytes((Path(__file__).parent.parent / "examples" / "my_rule.py").read_bytes())
    words = ["--plugin", str(plugin)]
    if in_scene:
        (tmp_path / "a.toml").write_text(f'plugins = ["{plugin}"]\n')
        words = [str(tmp_path / "a.toml"), "--trust"]
    (path,) = rendered(tmp_path, *words, "-O", "softsign", kinds=[".png"])
    origin = note(path).origin
    assert {"rule.py": hashlib.sha256(plugin.read_bytes()).hexdigest()} == origin.plugins
    assert "plugin" not in origin.settings


def test_python_records_the_race_and_the_film(tmp_path):
    result = optirace.race(lr=0.05, steps=20, optimizers=["adam:label=fast"])
    path = tmp_path / "race.png"
    optirace.render(result, path, size=(240, 240), title="Öl", notes=["3:Here"], theme="light")
    told = note(path).origin
    settings = {
        "lr": 0.05,
        "steps": 20,
        "optimizer": ["adam:label=fast"],
        "size": "240x240",
        "title": "Öl",
        "note": ["3:Here"],
    }
    assert ("render", settings, {}) == (told.made_by, told.settings, told.plugins)


def test_python_may_give_numbers_of_any_library(tmp_path):
    numbers: Any = {"start": np.array([1, -2]), "steps": np.int64(5), "lr": np.float32(0.5)}
    look: Any = {"size": np.array([240, 240]), "hold": (Fraction(1, 2), 1), "fps": Fraction(25, 2)}
    optirace.render(optirace.race(optimizers=["sgd"], **numbers), tmp_path / "race.png", **look)
    told = {
        "start": [1.0, -2.0],
        "steps": 5,
        "lr": 0.5,
        "optimizer": ["sgd"],
        "size": "240x240",
        "hold": [0.5, 1.0],
    }
    assert told | {"fps": "25/2"} == note(tmp_path / "race.png").origin.settings


@pytest.mark.slow
def test_without_an_origin_a_file_says_nothing(tmp_path):
    for path in unsaid(tmp_path):
        assert contents.read(path).note is None


def unsaid(folder, origin=None, kinds=KINDS):
    """Make files that say nothing, or this."""
    result = optirace.race(steps=5, optimizers=["sgd"])
    paths = [f"{folder}/silent{kind}" for kind in kinds]
    schedule = timeline.schedule(5, duration=0.5, fps=Fraction(10), hold=(0.0, 0.0))
    script = outputs.Script(style=themes.Style(width=240, height=240), schedule=schedule)
    film.render(result, [*map(outputs.output, paths)], script, origin=origin)
    return [*map(Path, paths)]


def test_every_number_of_a_race_counts():
    def digest(**options):
        return provenance.numbers(optirace.race(steps=20, optimizers=["sgd"], **options))

    assert digest(lr=0.05) == digest(lr=0.05)
    assert digest(lr=0.05) != digest(lr=np.nextafter(0.05, 1.0))


@pytest.mark.slow
def test_what_is_too_long_is_recorded_by_its_digest_and_read_as_nothing(tmp_path):
    long = provenance.Origin(made_by="render", settings={"title": "x" * 40_000})
    line = provenance.text(long, numbers="", versions={})
    assert len(line) < 1000
    read = provenance.read(line, "a").origin
    assert ("render", None, None) == (read.made_by, read.settings, read.typed())
    full = "()" * 14_500
    for path in unsaid(tmp_path, provenance.Origin(made_by="render", settings={"title": full})):
        assert full == note(path).origin.settings["title"]


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "[]", "5", "null", "{}", '{"numbers":1,"versions":{}}',
        '{"numbers":"","versions":[]}', "[" * 100_000,
        '{"numbers":"","versions":{"numpy":2}}', '{"numbers":"","versions":{},"command":7}',
        "made by another program",
        '{"numbers":"","versions":{},"scene":"\\ud800"}',
        '{"numbers":"","versions":{},"made_by":7}',
        '{"numbers":"","versions":{},"made_by":"render","settings":[]}',
        '{"numbers":"","versions":{},"made_by":"render","settings":{"lr":{}}}',
        '{"numbers":"","versions":{},"plugins":["a"]}',
        '{"numbers":"","versions":{},"scene":["a"]}',
    ],
)  # fmt: skip
def test_what_is_no_note_is_told_in_one_line(line):
    with pytest.raises(OptiraceError, match=r"^race\.mp4: has no record of how it was made$"):
        provenance.read(line, "race.mp4")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_what_a_note_tells_can_be_told_again_as_json(number):
    line = f'{{"numbers":"","versions":{{}},"settings":{{"race":[{number},1e3]}}}}'
    told = provenance.read(line, "race.mp4").origin.settings
    assert {"race": [number, 1000.0]} == json.loads(json.dumps(told, allow_nan=False))


def test_a_gif_of_another_program_is_read(tmp_path):
    path = tmp_path / "other.gif"
    pictures = [
        Image.fromarray(np.full((4, 6, 3), (40 * n, 9 * n, 200 - n), np.uint8)).quantize(4 + n)
        for n in range(5)
    ]
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=70, comment=b"c" * 600
    )
    found = contents.read(path)
    assert (6, 4, 5, Fraction(7, 20), "c" * 600) == (
        found.width,
        found.height,
        found.frames,
        found.seconds,
        found.note,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_short_or_of_another_kind_is_told_in_one_line(tmp_path, typed, kind):
    path = tmp_path / f"race{kind}"
    if kind == "frames/":
        path.mkdir()
    target = path / "0.png" if kind == "frames/" else path
    whole = files(typed[kind])[0].read_bytes()
    for held in (
        b"",
        b"x" * 999,
        whole[:9],
        whole[: len(whole) // 2],
        whole[:-2],
        b"GIF89a" + bytes(8),
    ):
        target.write_bytes(held)
        with pytest.raises(
            OptiraceError, match=rf"{path}: is not a complete {contents.shown(kind)}$"
        ):
            contents.read(path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_told_in_one_line(tmp_path, typed, kind):
    path, random = tmp_path / f"race{kind}", np.random.default_rng(3)
    if kind == "frames/":
        path.mkdir()
    target = path / "0.png" if kind == "frames/" else path
    whole = files(typed[kind])[0].read_bytes()
    for turn in range(200):
        held = bytearray(whole)
        at = int(random.integers(0, 1500 if turn % 2 else len(held) - 4))
        held[at : at + 4] = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"", held[:99], random.bytes(2))[
            turn % 5
        ]
        target.write_bytes(held)
        try:
            contents.read(path)
        except OptiraceError as problem:
            assert f"{path}: is not a complete {contents.shown(kind)}" == str(problem)


def with_many(kind, typed):
    """Yield files that say very much, or in a way that takes long to follow."""
    whole = files(typed[kind])[0].read_bytes()
    empty = png_chunks.chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 0, 0, 0))
    if kind == ".gif":
        yield whole[:-1] + b"!\xfe\x01a\x00" * 200_000 + b";"
    elif kind == ".mp4":
        yield whole + struct.pack(">I4s", 8, b"free") * 300_000
    elif kind == ".webm":
        yield (
            b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01"
            + (3_000_000).to_bytes(7)
            + b"\xec\x80" * 1_500_000
        )
    elif kind in (".png", ".apng", "frames/"):
        parts = [empty[:28] + struct.pack(">HH", 1, 1 + n) + empty[32:] for n in range(60_000)]
        yield whole[:33] + b"".join(parts) + whole[33:]
    elif kind == ".webp":
        yield (
            whole[:4]
            + struct.pack("<I", len(whole) + 1_000_000)
            + whole[8:]
            + b"JUNK\0\0\0\0" * 125_001
        )
    elif kind == ".svg":
        yield whole.replace(b"</metadata>", b"<metadata>" * 500_000)
    elif kind == ".pdf":
        yield whole.replace(b"/Subject (", b"/Subject (" * 100_000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_says_very_much_is_read_or_told_in_seconds(tmp_path, typed, kind):
    path = tmp_path / f"race{kind}"
    if kind == "frames/":
        path.mkdir()
    for held in with_many(kind, typed):
        (path / "0.png" if kind == "frames/" else path).write_bytes(held)
        since = time.process_time()
        with contextlib.suppress(OptiraceError):
            contents.read(path)
        assert time.process_time() - since < 5.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", [".mp4", ".webm", ".apng"])
def test_a_file_of_very_many_parts_takes_little_memory(tmp_path, typed, kind):
    path = tmp_path / f"race{kind}"
    path.write_bytes(next(with_many(kind, typed)))
    tracemalloc.start()
    with pytest.raises(OptiraceError, match="is not a complete"):
        contents.read(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.mp4", "no such file or directory"),
        (".", "is a folder that holds 'a.txt', which is not a frame"),
        ("a\0.mp4", "embedded null byte"),
        ("a.txt", "must end in one of .mp4, .gif, .png, .webm, .webp, .apng, frames/, .svg, .pdf"),
        ("pipe.mp4", "is a pipe, not a file"),
    ],
)
def test_a_name_that_is_none_of_a_film_is_told_in_one_line(tmp_path, name, words):
    (tmp_path / "a.txt").touch()
    if name == "pipe.mp4":
        os.mkfifo(tmp_path / name)
    with pytest.raises(InvalidValueError, match=f"{words}$"):
        contents.read(tmp_path / name)


def test_an_ffmpeg_of_ones_own_is_asked_for_its_version(tmp_path, monkeypatch):
    own = tmp_path / "ffmpeg"
    own.symlink_to(ffmpeg.program())
    bundled = versions.of(["ffmpeg"])["ffmpeg"]
    assert re.fullmatch(r"[\d.]+ [(]imageio-ffmpeg [\d.]+[)]", bundled)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(own))
    told = versions.of(["ffmpeg"])["ffmpeg"]
    assert bundled.split()[0] in told
    assert "imageio-ffmpeg" not in told
    for broken in ("#!/bin/sh\nexit 1\n", "#!/bin/sh\necho hello\n", "no program"):
        own.unlink()
        own.write_text(broken)
        own.chmod(0o755)
        assert {"ffmpeg": "unknown"} == versions.of(["ffmpeg"])
