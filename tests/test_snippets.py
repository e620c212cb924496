"""What to paste: names and words come through every target's markup as they are."""

import html.parser
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import imageio_ffmpeg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

import optirace
from optirace import cli
from optirace.errors import InvalidValueError
from optirace.output import embed
from optirace.output.read import contents

ALT = 'The "best" of <b>50%</b> & $x_1^2$ in [C:\\temp] #1 {~}'
AWKWARD = [
    "race.gif",
    "my race.gif",
    "a'b.gif",
    "50% & more #1_2.gif",
    "(x) [y] {z} ~^$.gif",
    "-- x -->.gif",
    "a% b.gif",
]
NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["C", "Z"]),
    min_size=1,
    max_size=20,
)


class Tags(html.parser.HTMLParser):
    """The attributes of each element, by its name."""

    def __init__(self, text):
        super().__init__()
        self.told = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        assert tag not in self.told
        self.told[tag] = dict(attrs)


def tags(text):
    return Tags(text).told


def unescaped(text):
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


def from_latex(name):
    """Expand as TeX does: a control word takes the spaces after it, and two spaces are one."""
    strings = {word: mark for mark, word in embed._LATEX_NAMES.items()}
    name = re.sub(r"  +", " ", name)
    name = re.sub(
        r"\\csname c_(\w+?)_str\\endcsname *", lambda found: f"\0{strings[found[1]]}", name
    )
    assert not re.search(r"(?<!\0)[#%&$~^{}]", name)
    return re.sub(r"\\space *", " ", name).replace("\0", "")


@pytest.fixture
def gif(tmp_path):
    def make(name):
        path = tmp_path / name
        Image.new("P", (64, 36)).save(path, "GIF")
        return path

    return make


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """A film with all that may stand beside it, and one without."""
    folder = tmp_path_factory.mktemp("media")
    result = optirace.race(steps=40)
    quick: dict[str, Any] = {"size": (320, 240), "fps": 10, "duration": 0.5, "hold": (0.2, 0.3)}
    optirace.render(
        result, folder / "my race.mp4", folder / "my race.png", captions=True, alt=True, **quick
    )
    optirace.render(result, folder / "bare_film.mp4", **quick)
    return folder


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("target", embed.TARGETS)
def test_an_awkward_name_leads_to_the_file(gif, name, target):
    path = gif(name)
    text = embed.snippet(path, target, ALT)
    if target in ("html", "reveal"):
        found, said = unquote(tags(text)["img"]["src"]), tags(text)["img"]["alt"]
    elif target == "beamer":
        address, said = re.search(r"^\\href\{run:(.*?)\}\{(.*)\}$", text, re.MULTILINE).groups()
        found, said = from_latex(address), ALT
    elif target == "quarto":
        address, said = re.fullmatch(r'!\[\]\((\S+)\)\{fig-alt="(.*)"\}\n', text).groups()
        found, said = unquote(address), unescaped(said)
    else:
        said, address = re.fullmatch(r"!\[(.*)\]\(([^\s()<>]+)\)\n", text).groups()
        assert not re.search(r"(?<!\\)[\[\]*_`<>&$^~{}]", said)
        found, said = unquote(address), unescaped(said)
    assert str(path) == found
    assert ALT == said


@given(NAMES)
@settings(max_examples=50, deadline=None)
@example("a\N{COMBINING ACUTE ACCENT}b")
def test_any_name_and_any_words_are_one_attribute_each(name):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name[:20]}.gif")
        Image.new("P", (64, 36)).save(path, "GIF")
        said = tags(embed.snippet(path, "html", name))["img"]
        assert str(path) == unquote(said["src"])
        assert {"src", "style", "width", "height", "alt"} == set(said)
        assert name == said["alt"]


def test_a_film_in_html_has_its_size_its_words_its_still_and_a_way_to_stop_it(media):
    said = tags(embed.snippet(media / "my race.mp4"))
    assert ("320", "240") == (said["video"]["width"], said["video"]["height"])
    assert {"controls", "loop", "muted", "playsinline"} <= set(said["video"])
    assert (media / "my race.alt.txt").read_text().strip() == said["video"]["aria-label"]
    assert str(media / "my race.png") == unquote(said["video"]["poster"])
    assert {"src": said["a"]["href"], "type": "video/mp4"} == said["source"]
    assert str(media / "my race.vtt") == unquote(said["track"]["src"])
    assert "captions" == said["track"]["kind"]


def test_what_is_not_beside_a_film_is_not_named(media):
    said = tags(embed.snippet(media / "bare_film.mp4"))
    assert "poster" not in said["video"]
    assert "track" not in said
    assert "Bare film: optimizers race down a loss surface." == said["video"]["aria-label"]


def test_a_slide_of_reveal_plays_its_film_when_it_is_shown(media):
    text = embed.snippet(media / "my race.mp4", "reveal")
    assert text.startswith("<section>\n<video ")
    assert "data-autoplay" in tags(text)["video"]
    assert "controls" in tags(text)["video"]


def test_quarto_is_told_of_files_that_it_does_not_find_by_itself(media):
    text = embed.snippet(media / "my race.mp4", "quarto")
    told = json.loads(re.search(r"resources: (\[.*\]) -->", text)[1])
    assert [str(media / "my race.png"), str(media / "my race.vtt")] == told
    assert '::: {.content-visible when-format="html"}\n```{=html}\n<video ' in text
    assert re.search(r'unless-format="html"\}\n!\[\]\(\S+\.png\)\{fig-alt="Animation', text)
    assert "resources" not in embed.snippet(media / "bare_film.mp4", "quarto")


def test_markdown_links_a_film_from_its_still_or_its_words(media):
    assert re.search(
        r"\n\[!\[Animation.*\]\(\S+race\.png\)\]\(\S+race\.mp4\)\n$",
        embed.snippet(media / "my race.mp4", "markdown"),
    )
    assert re.search(
        r"\n\[Bare film: .*\]\(\S+bare_film\.mp4\)\n$",
        embed.snippet(media / "bare_film.mp4", "markdown"),
    )


def test_myst_takes_the_film_or_its_still_by_one_name(media):
    assert re.search(
        r"\n!\[Animation.*\]\(\S+my%20race\.\*\)\n$", embed.snippet(media / "my race.mp4", "myst")
    )
    assert re.fullmatch(
        r"!\[Bare film: .*\]\(\S+bare_film\.mp4\)\n", embed.snippet(media / "bare_film.mp4", "myst")
    )


def test_beamer_opens_a_film_from_its_still(media):
    text = embed.snippet(media / "my race.mp4", "beamer")
    assert all(line.startswith("%") for line in text.splitlines()[:-1])
    assert re.search(
        (
            r"\\href\{run:\S+my race\.mp4\}\{\\includegraphics\[.*alt=\{Animation.*\}\]\{\S+my "
            r"race\.png\}\}$"
        ),
        text,
    )
    assert r"theta1\textasciicircum{}2" in text
    still = embed.snippet(media / "my race.png", "beamer")
    assert still.startswith(r"\includegraphics[")


def test_latex_is_not_given_a_name_that_it_cannot_read(gif):
    with pytest.raises(
        InvalidValueError, match=r"a.b\.gif': LaTeX finds no file with such a name; rename it"
    ):
        embed.snippet(gif('a"b.gif'), "beamer")


def test_a_gif_gives_way_to_its_still_where_less_motion_is_wanted(gif):
    path = gif("race.gif")
    path.with_suffix(".png").write_bytes(b"")
    said = tags(embed.snippet(path, "html", "x"))
    assert {
        "media": "(prefers-reduced-motion: reduce)",
        "srcset": str(path.with_suffix(".png")),
    } == said["source"]


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["race-8.png", "race-9.png", "race-10.png"], r"{frames/race-}{8}{10}"),
        (["0001.png", "0002.png", "notes.txt"], r"{frames/}{0001}{0002}"),
    ],
)
def test_beamer_animates_a_folder_of_frames(tmp_path, monkeypatch, names, line):
    (tmp_path / "frames").mkdir()
    for name in names:
        (tmp_path / "frames" / name).touch()
    monkeypatch.chdir(tmp_path)
    text = embed.snippet(Path("frames"), "beamer")
    told, shown = text.splitlines()
    assert told.endswith("; 30 is frames per second, which the folder does not say.")
    alt = "alttext={Frames: optimizers race down a loss surface.}"
    assert (
        rf"\animategraphics[autoplay,controls,loop,poster=last,width=\linewidth,{alt}]{{30}}{line}"
        == shown
    )


@pytest.mark.parametrize(
    ("words", "scene", "fps"),
    [
        ([], "", "30"),
        (["--fps", "12"], "", "12"),
        (["--fps", "30000/1001"], "", "29.97"),
        (["race.toml"], "fps = 8\n", "8"),
        (["race.toml", "--fps", "9"], "fps = 8\n", "9"),
    ],
)
def test_beamer_shows_a_folder_of_ours_at_its_own_rate_with_its_words(
    tmp_path, monkeypatch, words, scene, fps
):
    monkeypatch.chdir(tmp_path)
    Path("race.toml").write_text(scene)
    assert 0 == cli.main(
        [
            "render",
            *words,
            "-o",
            "a/",
            "--alt",
            "--size",
            "240x240",
            "--duration",
            "0.2",
            "--hold",
            "0",
            "--quiet",
        ]
    )
    Path("a.alt.txt").write_text("50 % of it")
    told, shown = embed.snippet(Path("a"), "beamer").splitlines()
    last = len(list(Path("a").iterdir())) - 1
    assert told.endswith("Okular.")
    assert shown.endswith(rf",alttext={{50 \% of it}}]{{{fps}}}{{a/}}{{0}}{{{last}}}")


def test_beamer_shows_what_python_made_at_its_own_rate(tmp_path):
    optirace.render(
        optirace.race(steps=4),
        f"{tmp_path}/a/",
        size=(240, 240),
        duration=0.2,
        hold=(0, 0),
        fps=12.5,
    )
    assert "]{12.5}{" in embed.snippet(tmp_path / "a", "beamer")


@pytest.mark.parametrize("name", [".", "./", "../my_frames"])
def test_the_folder_that_one_stands_in_is_shown_by_its_name(tmp_path, monkeypatch, name):
    folder = tmp_path / "my_frames"
    folder.mkdir()
    for index in range(2):
        (folder / f"{index}.png").touch()
    monkeypatch.chdir(folder)
    assert "alttext={My frames: optimizers race down a loss surface.}" in embed.snippet(
        Path(name), "beamer"
    )


@pytest.mark.parametrize("names", [[], ["1.png", "3.png"], ["a1.png", "b2.png"]])
def test_a_folder_without_a_row_of_frames_is_refused(tmp_path, names):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(
        InvalidValueError, match="must hold frames of one name, numbered without a gap"
    ):
        embed.snippet(tmp_path, "beamer")


STILL, FILM = "Still of step 40 of 40: the end.", "Animation, 1 second: the race."


@pytest.mark.parametrize("target", ["html", "markdown", "quarto", "myst", "reveal", "beamer"])
def test_the_words_are_those_of_the_kind_that_is_shown(media, target):
    for name, begins in (
        ("my race.mp4", "Animation, 1 second"),
        ("my race.png", "Still of step 40 of 40"),
    ):
        said = embed.snippet(media / name, target)
        assert begins in said, name
        assert ({"Animation, 1 second", "Still of step 40 of 40"} - {begins}).pop() not in said, (
            name
        )


@pytest.mark.parametrize(
    ("suffix", "texts", "shown"),
    [
        (".png", {".alt.txt": STILL}, STILL),  # as 0.1.0 named it
        (".png", {".alt.txt": FILM}, None),
        (".png", {".alt.txt": "By hand."}, "By hand."),
        (".png", {".alt.txt": FILM, ".still.alt.txt": "By hand."}, "By hand."),
        (".gif", {".alt.txt": FILM}, FILM),
        (".gif", {".alt.txt": STILL}, None),
        (".gif", {".alt.txt": "By hand.", ".still.alt.txt": STILL}, "By hand."),
        (".gif", {".still.alt.txt": STILL}, None),
    ],
)
def test_words_of_the_other_kind_are_passed_over(tmp_path, suffix, texts, shown):
    path = tmp_path / f"my_race{suffix}"
    Image.new("L", (64, 36)).save(path)
    for end, words in texts.items():
        (tmp_path / f"my_race{end}").write_text(words)
    assert (shown or "My race: optimizers race down a loss surface.") == tags(embed.snippet(path))[
        "img"
    ]["alt"]


def test_what_cannot_be_shown_is_told_in_a_line(tmp_path, capsys):
    (tmp_path / "bad.mp4").write_bytes(b"no film")
    (tmp_path / "odd.gif").write_bytes(b"GIF89a" + struct.pack("<HH", 2, 2))
    (tmp_path / "odd.alt.txt").write_bytes(b"\xff\xfe\xff")
    for words, line in (
        (["bad.mp4"], "bad.mp4': is not a .mp4 file"),
        (["none.mp4"], "none.mp4': no such file or directory; name a file that is there"),
        (
            ["race.avi"],
            "race.avi': must be a frames folder or end in .mp4, .webm, .gif, .webp, .apng, .png",
        ),
        (["odd.gif"], "odd.alt.txt': must be UTF-8 text that can be read; or give --alt TEXT"),
        ([""], "': is a folder, and only beamer shows frames; name a film for html"),
    ):
        assert 2 == cli.main(["snippet", str(tmp_path / words[0])])
        assert capsys.readouterr().err.endswith(line + "\n")
    assert 2 == cli.main(["snippet", "race.mp4", "--for", "htm"])
    assert (
        "optirace: for 'htm': unknown; did you mean html? must be one of "
        in capsys.readouterr().err
    )
    with pytest.raises(InvalidValueError, match="target 'htm': unknown; did you mean html"):
        optirace.snippet("race.mp4", "htm")


def test_the_command_prints_what_python_returns(media, capsys):
    assert 0 == cli.main(
        ["snippet", str(media / "bare_film.mp4"), "--for", "reveal", "--alt", "A race"]
    )
    assert optirace.snippet(media / "bare_film.mp4", "reveal", "A race") == capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.gif", {}),
        ("a.webp", {}),
        ("b.webp", {"lossless": True}),
        ("c.webp", {"save_all": True}),
    ],
)
def test_the_size_of_a_picture_is_read_from_its_head(tmp_path, name, options):
    pictures = [Image.new("RGBA", (321, 124), colour) for colour in ("red", "blue")]
    if "save_all" in options:
        options = {**options, "append_images": pictures[1:]}
    mode = "RGB" if name == "a.webp" else "RGBA"
    pictures[0].convert(mode).save(tmp_path / name, **options)
    assert (321, 124) == contents.size(tmp_path / name)


def test_the_size_of_a_film_is_read_from_its_head(media, tmp_path):
    assert (320, 240) == contents.size(media / "my race.mp4")
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    for name, to in (("file.webm", []), ("pipe.webm", ["-f", "webm"])):
        place = "pipe:1" if to else str(tmp_path / name)
        command = [
            ffmpeg,
            "-v",
            "error",
            "-i",
            media / "my race.mp4",
            "-c:v",
            "libvpx-vp9",
            *to,
            place,
        ]
        done = subprocess.run(command, check=True, capture_output=True)
        if to:  # a stream, whose segment says no length
            (tmp_path / name).write_bytes(done.stdout)
        assert (320, 240) == contents.size(tmp_path / name)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ".webp", ".apng", ".png"])
@given(
    st.binary(max_size=60),
    st.sampled_from(
        [b"", b"\x1a\x45\xdf\xa3\x80", b"RIFF0000WEBP", b"\0\0\0\x30moov\0\0\0\x20trak"]
    ),
)
@settings(max_examples=60, deadline=None)
def test_any_bytes_have_a_size_or_none(suffix, content, head):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{suffix}")
        path.write_bytes(head + content)
        size = contents.size(path)
    assert size is None or all(isinstance(number, int) and number >= 0 for number in size)


def test_asking_for_other_commands_loads_no_snippets():
    code = (
        "import sys; from optirace import cli; cli.main(['table']); "
        "print('optirace.output.embed' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "False" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", ["x" * 256, f"{'x' * 300}.mp4"])
def test_a_name_that_is_too_long_is_told_in_a_line(name, capsys):
    assert 2 == cli.main(["snippet", name])
    out, err = capsys.readouterr()
    assert ("", 1) == (out, err.count("\n"))
    assert err.startswith(f"optirace: snippet '{name}': ")


@pytest.mark.skipif(sys.platform != "linux", reason="names are any bytes on Linux alone")
@pytest.mark.parametrize("target", embed.TARGETS)
def test_a_name_that_is_not_utf_8_is_written_byte_by_byte(
    gif, tmp_path, monkeypatch, target, capsys
):
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"r\xe9sum\xe9.gif")
    shutil.copy(gif("a.gif"), name)
    Path(name).with_suffix(".png").write_bytes(b"")
    status = cli.main(["snippet", name, "--for", target])
    out, err = capsys.readouterr()
    if target == "beamer":
        assert (2, "", 1) == (status, out, err.count("\n"))
        assert "LaTeX finds no file with such a name; rename it" in err
    else:
        assert (0, "") == (status, err)
        assert "r%E9sum%E9.gif" in out
        assert out.encode()


def test_a_name_with_no_room_for_words_beside_it_goes_without(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = f"{'x' * 251}.gif"
    Image.new("P", (4, 2)).save(name)
    assert 'width="4" height="2"' in embed.snippet(Path(name), "html")
