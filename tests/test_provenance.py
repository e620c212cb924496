"""What a file says of its making."""

import hashlib
import json
import re
import shlex
import socket
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import optirace
from optirace import cli, encoders, film, provenance, style, timeline
from optirace.encoders import contents, versions, video
from optirace.errors import InvalidValueError, OptiraceError

SMALL = ["--size", "240x240", "--fps", "10", "--duration", "0.5", "--hold", "0,0.2", "--steps", "20"]
KINDS = tuple(contents.READERS)


def note(path):
    return provenance.read(contents.read(path).note, path.name)


def rendered(folder, *words, kinds=KINDS):
    paths = [folder / f"race{kind}" for kind in kinds]
    named = [word for path in paths for word in ("-o", str(path))]
    assert 0 == cli.main(["render", "--quiet", *SMALL, *words, *named])
    return paths


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    return rendered(tmp_path_factory.mktemp("typed"), "-O", "adam:label=fast one", "-O", "sgd", "--no-arrows", "--lr", "0.05")


def test_a_file_carries_the_command_in_one_spelling(typed):
    command = (
        "optirace render --duration 0.5 --fps 10 --size 240x240 --hold 0,0.2 --no-arrows --lr 0.05 --steps 20 "
        "--optimizer 'adam:label=fast one' --optimizer sgd"
    )
    for path in typed:
        assert command == note(path).origin.command


def test_the_usual_tools_find_the_note(typed):
    mp4, gif, png = typed
    with av.open(str(mp4)) as movie:
        assert contents.read(mp4).note == movie.metadata["comment"]
    with Image.open(gif) as picture:
        assert contents.read(gif).note == picture.info["comment"].decode()
    with Image.open(png) as picture:
        assert contents.read(png).note == picture.text["Comment"]


def test_a_file_tells_the_versions_that_decide_its_bytes_and_no_others(typed):
    wanted = {".mp4": {"ffmpeg", "matplotlib", "numpy"}, ".gif": {"matplotlib", "numpy", "pillow"}}
    for path in typed:
        told = note(path).versions
        assert wanted.get(path.suffix, wanted[".gif"]) | {"optirace"} == set(told)
        assert (optirace.__version__, np.__version__) == (told["optirace"], told["numpy"])


def test_a_note_is_compact_ascii_with_sorted_keys(typed):
    for path in typed:
        line = contents.read(path).note
        assert json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")) == line


def test_a_file_names_neither_the_machine_nor_its_folders(typed):
    for path in typed:
        assert str(path.parent).encode() not in path.read_bytes()
        assert socket.gethostname() not in re.findall(r"[\w-]+", contents.read(path).note)
        assert "/" not in contents.read(path).note


def test_size_frames_and_length_are_read_from_the_file(typed):
    mp4, gif, png = map(contents.read, typed)
    assert (240, 240, 7, 10, Fraction(7, 10)) == (mp4.width, mp4.height, mp4.frames, mp4.fps, mp4.seconds)
    assert (240, 240, Fraction(7, 10), None) == (gif.width, gif.height, gif.seconds, gif.fps)
    assert (240, 240, 1, None, None) == (png.width, png.height, png.frames, png.fps, png.seconds)
    with Image.open(typed[1]) as picture:
        assert picture.n_frames == gif.frames


def test_the_order_and_the_short_forms_of_options_change_no_byte(tmp_path, typed):
    again = rendered(tmp_path, "--lr", "0.05", "--no-arrows", "--optimizer", "adam:label=fast one", "--optimizer", "sgd")
    for one, two in zip(typed, again, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_a_scene_is_carried_without_comments_and_without_what_names_files(tmp_path):
    scene = tmp_path / "mine.toml"
    scene.write_text(
        f'# from {tmp_path}\noutput = [\n  "{tmp_path}/race.mp4",\n]\nquiet = true\n\nlr = 0.2\nlr_schedule = "cosine"\n'
        '[[racers]]\nname = "adam"\nlabel = "fast"\n',
        encoding="utf-8",
    )
    (path,) = rendered(tmp_path, str(scene), kinds=[".gif"])
    origin = note(path).origin
    assert 'lr = 0.2\nlr_schedule = "cosine"\n[[racers]]\nname = "adam"\nlabel = "fast"\n' == origin.scene
    assert ["optirace", "render", "race.toml", "--duration"] == shlex.split(origin.command)[:4]
    first = path.read_bytes()
    scene.write_text(scene.read_text().replace("# from", "# made in"))
    scene.rename(tmp_path / "other.toml")
    rendered(tmp_path, str(tmp_path / "other.toml"), kinds=[".gif"])
    assert first == path.read_bytes()


@pytest.mark.parametrize("in_scene", [False, True])
def test_a_plug_in_is_named_without_its_folder_and_with_its_digest(tmp_path, in_scene):
    plugin = tmp_path / "rule.py"
    plugin.write_bytes((Path(__file__).parent.parent / "examples" / "my_rule.py").read_bytes())
    words = ["--plugin", str(plugin)]
    if in_scene:
        (tmp_path / "a.toml").write_text(f'plugins = ["{plugin}"]\n')
        words = [str(tmp_path / "a.toml")]
    (path,) = rendered(tmp_path, *words, "-O", "softsign", kinds=[".png"])
    origin = note(path).origin
    assert {"rule.py": hashlib.sha256(plugin.read_bytes()).hexdigest()} == origin.plugins
    assert "plugin" not in f"{origin.command} {origin.scene}"


def test_python_records_the_race_and_the_film(tmp_path):
    result = optirace.race(lr=0.05, steps=20, optimizers=["adam:label=fast"])
    path = tmp_path / "race.png"
    optirace.render(result, path, size=(240, 240), title="Öl", notes=["3:Here"])
    told = note(path).origin
    assert told.command is None
    assert ("Öl", [240, 240], ["3:Here"]) == tuple(told.settings["film"][key] for key in ("title", "size", "notes"))
    assert ("bowl", 20) == (told.settings["race"]["surface"]["name"], told.settings["race"]["steps"])
    assert ["fast"] == [racer["label"] for racer in told.settings["race"]["racers"]]


def test_python_may_give_numbers_of_any_library(tmp_path):
    result = optirace.race(start=(np.int64(1), np.int64(-2)), steps=5, optimizers=["sgd"])
    optirace.render(result, tmp_path / "race.png", size=(240, 240), hold=(Fraction(1, 2), 1))
    assert json.loads(contents.read(tmp_path / "race.png").note)["settings"]["film"]["hold"] == ["1/2", 1]


def test_without_an_origin_a_file_says_nothing(tmp_path):
    result = optirace.race(steps=5, optimizers=["sgd"])
    paths = [tmp_path / f"race{kind}" for kind in KINDS]
    schedule = timeline.schedule(5, duration=0.5, hold=(0.0, 0.0))
    film.render(result, paths, style=style.Style(width=240, height=240), schedule=schedule)
    for path in paths:
        assert contents.read(path).note is None


def test_every_number_of_a_race_counts():
    def digest(**options):
        return provenance.numbers(optirace.race(steps=20, optimizers=["sgd"], **options))

    assert digest(lr=0.05) == digest(lr=0.05)
    assert digest(lr=0.05) != digest(lr=np.nextafter(0.05, 1.0))


def test_what_is_too_long_is_recorded_by_its_digest_and_read_as_nothing(tmp_path):
    long = provenance.Origin(command="optirace render race.toml", scene=f'title = "{"x" * 40_000}"')
    line = provenance.text(long, numbers="", versions={})
    assert len(line) < 1000
    assert ("optirace render race.toml", None) == (
        provenance.read(line, "a").origin.command,
        provenance.read(line, "a").origin.scene,
    )
    full = provenance.text(provenance.Origin(command="x" * 29_000), numbers="", versions={})
    path = tmp_path / "a.gif"
    for kind in KINDS:
        path = tmp_path / f"a{kind}"
        with encoders.open_sink(path, width=240, height=240, fps=Fraction(10), frames=1, note=full) as sink:
            canvas = film.Canvas(optirace.race(steps=5, optimizers=["sgd"]), style.Style(width=240, height=240))
            sink.write(canvas.paint(film.still(optirace.race(steps=5, optimizers=["sgd"]), 5)))
            sink.finish()
            sink.commit()
        assert full == contents.read(path).note


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "[]", "5", "null", "{}", '{"numbers":1,"versions":{}}', '{"numbers":"","versions":[]}', "[" * 100_000,
        '{"numbers":"","versions":{"numpy":2}}', '{"numbers":"","versions":{},"command":7}', "made by another program",
        '{"numbers":"","versions":{},"scene":"\\ud800"}',
        '{"numbers":"","versions":{},"plugins":["a"]}', '{"numbers":"","versions":{},"scene":["a"]}',
    ],
)  # fmt: skip
def test_what_is_no_note_is_told_in_one_line(line):
    with pytest.raises(OptiraceError, match=r"^race\.mp4: does not say how it was made$"):
        provenance.read(line, "race.mp4")


@given(st.text(st.characters(codec="utf-8")), st.sets(st.sampled_from(["lr", "output", "title"])))
def test_what_is_left_of_a_scene_never_fails_and_is_left_as_it_is_the_second_time(text, leave_out):
    once = provenance.portable(text, leave_out)
    assert once == provenance.portable(once, leave_out)


def test_no_line_of_a_scene_ends_but_where_toml_says_so():
    text = 'title = "a\u2028b"\r\nlr = 1\r\nsize = [\r\n  1,\r\n]'
    assert 'title = "a\u2028b"\nsize = [\n  1,\n]\n' == provenance.portable(text, {"lr"})


def test_a_gif_of_another_program_is_read(tmp_path):
    path = tmp_path / "other.gif"
    pictures = [Image.fromarray(np.full((4, 6, 3), (40 * n, 9 * n, 200 - n), np.uint8)).quantize(4 + n) for n in range(5)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=70, comment=b"c" * 600)
    found = contents.read(path)
    assert (6, 4, 5, Fraction(7, 20), "c" * 600) == (found.width, found.height, found.frames, found.seconds, found.note)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_short_or_of_another_kind_is_told_in_one_line(tmp_path, typed, kind):
    path = tmp_path / f"race{kind}"
    whole = typed[KINDS.index(kind)].read_bytes()
    for held in (b"", b"x" * 999, whole[: len(whole) // 2], b"GIF89a" + bytes(8)):
        path.write_bytes(held)
        with pytest.raises(OptiraceError, match=rf"race{kind}: is no whole {kind} file$"):
            contents.read(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.mp4", "no such file or directory"),
        (".", "is a directory"),
        ("a\0.mp4", "embedded null byte"),
        ("a.txt", "must end in one of .mp4, .gif, .png"),
    ],
)
def test_a_name_that_is_none_of_a_film_is_told_in_one_line(tmp_path, name, words):
    (tmp_path / "a.txt").touch()
    with pytest.raises(InvalidValueError, match=f"{words}$"):
        contents.read(tmp_path / name)


def test_an_ffmpeg_of_ones_own_is_asked_for_its_version(tmp_path, monkeypatch):
    own = tmp_path / "ffmpeg"
    own.symlink_to(video.program())
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
