"""Stills as shapes and words."""

import io
import json
import os
import re
import subprocess
import sys
import zlib
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

import optirace
from optirace import cli
from optirace.drawing import plotting, raster, vector
from optirace.drawing.vector import ground, page, strips
from optirace.errors import InvalidValueError, OutputError
from optirace.look import themes
from optirace.output import compare, film
from optirace.output.read import contents
from optirace.settings import values
from optirace.text import alttext

TWELVE = [
    f"{name}:eps={eps},label=The long name of {name} {eps}"
    for eps in (0.1, 0.2, 0.3)
    for name in ("rmsprop", "adam")
]
TWELVE += [
    f"momentum:beta={beta},label=momentum with a beta of {beta}"
    for beta in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
]
SIZES = [(1280, 720), (960, 720), (720, 720), (720, 1280)]


@pytest.fixture(scope="module")
def result():
    return optirace.race()


def look(theme="light", width=640, height=360, **words):
    return themes.Style(width=width, height=height, theme=themes.THEMES[theme], **words)


def drawn(result, how, step=None, notes=()):
    moment = film.still(result, result.race.steps if step is None else step, notes)
    return opened(vector.still(result, ".png", look=how, moment=moment))


def painted(result, how, step=None):
    frame = raster.Canvas(result, how).paint(
        film.still(result, result.race.steps if step is None else step)
    )
    return frame.pixels[:, :, :3].astype(int)


def opened(data):
    return np.array(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@pytest.mark.parametrize("theme", themes.THEMES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("words", [(), tuple(TWELVE)], ids=["four", "twelve"])
def test_a_drawn_still_looks_like_the_painted_one(theme, size, words):
    result = optirace.race(optimizers=words)
    how = look(theme, *size)
    one, two = drawn(result, how, 34), painted(result, how, 34)
    assert one.shape == two.shape
    foot = size[1] - 6 * min(size) // 720  # below is the line that tells how much of a film is over
    far = np.abs(one - two)[:foot].max(axis=2) > 40
    assert far.mean() < 0.05
    # Nowhere is a patch darker or of another hue: no part is missing or stands elsewhere.
    blocks = (one - two)[: foot // 24 * 24, : size[0] // 24 * 24].reshape(
        foot // 24, 24, size[0] // 24, 24, 3
    )
    assert np.abs(blocks.mean(axis=(1, 3))).max() < 50


@pytest.mark.parametrize("surface", ["rosenbrock", "eggholder", "himmelblau", "log(x)+y^2"])
def test_bands_lie_where_the_film_has_them(surface):
    result = optirace.race(surface=surface, start=(1.5, 1.5), steps=1)
    one, two = drawn(result, look(), 0), painted(result, look(), 0)
    assert np.abs(one - two)[70:300, 60:400].mean() < 4.0


@pytest.mark.parametrize("suffix", plotting.CANVASES)
def test_the_same_still_gives_the_same_bytes_which_tell_no_date(suffix, result):
    moment = film.still(result, 200)
    one, two = (vector.still(result, suffix, look=look(), moment=moment) for _ in range(2))
    assert one == two
    assert len(one) < 1_000_000
    assert not any(word in one for word in (b"CreationDate", b"dc:date", b"Software"))


def test_neither_settings_nor_place_nor_time_of_the_machine_change_a_still(tmp_path, result):
    (tmp_path / "matplotlibrc").write_text(
        "axes.facecolor: red\nfont.family: serif\nlines.linewidth: 9\nsavefig.dpi: 10\n"
    )
    command = "from optirace import cli; import sys; status = cli.main(sys.argv[1:])"
    command += "; assert 'matplotlib.pyplot' not in sys.modules; sys.exit(status)"
    environment = os.environ | {
        "TZ": "Asia/Tokyo",
        "MPLBACKEND": "qtagg",
        "PYTHONHASHSEED": "7",
        "SOURCE_DATE_EPOCH": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    words = ["render", "--size", "640x360", "-o", "a.svg", "-o", "a.pdf", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", command, *words],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
    )
    assert (b"", b"") == (done.stdout, done.stderr)
    for suffix in (".svg", ".pdf"):
        path = tmp_path / f"a{suffix}"
        whole = vector.still(
            result,
            suffix,
            look=look(),
            moment=film.still(result, 200),
            note=contents.read(path).note,
        )
        assert whole == path.read_bytes()


def test_an_svg_has_as_many_pixels_and_a_pdf_as_many_points_as_were_asked_for(tmp_path, result):
    svg, pdf = optirace.render(result, tmp_path / "a.svg", tmp_path / "a.pdf", size=(642, 360))
    head = svg.path.read_text(encoding="utf-8")
    assert re.search(r'<svg [^>]*width="642" height="360" viewBox="0 0 642 360"', head)
    assert b"/MediaBox [ 0 0 642 360 ]" in pdf.path.read_bytes()
    assert (1, 642, 360) == (pdf.frames, pdf.width, pdf.height)


def test_words_of_a_pdf_are_words_in_truetype(result):
    whole = vector.still(result, ".pdf", look=look(title="A title"), moment=film.still(result, 200))
    assert b"/Type3" not in whole
    assert b"/FontFile2" in whole
    assert b"/Image" not in whole.replace(b"/ImageC /ImageI", b"").replace(b"/ImageB", b"")
    streams = [
        zlib.decompress(part)
        for part in re.findall(rb"stream\r?\n(x.+?)\r?\nendstream", whole, re.DOTALL)
    ]
    assert any(b"Tj" in part or b"TJ" in part for part in streams)


def test_a_still_shows_its_step(result):
    one, two = (drawn(result, look(), step) for step in (0, 34))
    assert (np.abs(one - two).max(axis=2) > 40).sum() > 500


def test_a_note_lies_on_the_drawn_still_where_the_film_has_it(result):
    notes = [values.note("34:SGD leaps from wall to wall")]
    one = drawn(result, look(), 34, notes)
    two = (
        raster.Canvas(result, look())
        .paint(film.still(result, 34, notes))
        .pixels[:, :, :3]
        .astype(int)
    )
    changed = np.abs(one - drawn(result, look(), 34)).max(axis=2) > 30
    also = np.abs(two - painted(result, look(), 34)).max(axis=2) > 30
    for axis in (0, 1):
        for end in (0, -1):
            places = [np.flatnonzero(each.any(axis=axis))[end] for each in (changed, also)]
            assert abs(places[0] - places[1]) <= 2


def test_a_racer_that_has_left_the_surface_is_at_its_edge():
    result = optirace.race(optimizers=["sgd"], lr=0.2)
    one, two = (each(result, look())[56:320, 35:420] for each in (drawn, painted))
    red = np.array([int(themes.THEMES["light"].racers[0][at : at + 2], 16) for at in (1, 3, 5)])
    counts = [(np.abs(each - red).max(axis=2) < 12).sum() for each in (one, two)]
    assert counts[1] > 20
    assert 0.7 < counts[0] / counts[1] < 1.4


def test_a_line_walked_again_and_again_is_drawn_once():
    there = np.array([[1.0, 1.0], [5.0, 9.0]])
    once, often = page.line(there), page.line(np.tile(there, (500, 1)))
    assert [2, 2] == [len(np.asarray(each.vertices)) for each in (once, often)]
    cross = page.line(np.array([[0.0, 0.0], [4.0, 4.0], [0.0, 4.0], [4.0, 0.0]]))
    assert [1, 2, 2, 2] == cross.codes.tolist()


def test_a_racer_that_stands_still_is_a_dot():
    assert [[2.0, 3.0], [2.01, 3.0]] == page.line(np.full((5, 2), (2.0, 3.0))).vertices.tolist()


def test_a_curve_with_fewer_corners_is_the_same_curve():
    angles = np.linspace(0.0, 2.0 * np.pi, 2000)
    circle = 100.0 * np.column_stack([np.cos(angles), np.sin(angles)])
    fewer = ground.simplified(circle)
    assert len(fewer) < 500
    assert fewer[0].tolist() == fewer[-1].tolist() == [100.0, 0.0]
    middles = (fewer[1:] + fewer[:-1]) / 2
    assert np.abs(np.hypot(*middles.T) - 100.0).max() < 3 * ground.NEARNESS


def test_a_dollar_in_a_title_is_a_dollar_and_an_unknown_character_a_box(result):
    assert drawn(result, look(title="5 $ and 6 $ \N{HIRAGANA LETTER A}")).shape == (360, 640, 3)


def test_a_formula_that_is_no_mathtext_is_told():
    with pytest.raises(InvalidValueError, match=r"formula '\\\\nope': must be mathtext"):
        page.math_extent(r"\nope", 10.0)


def test_a_full_disk_leaves_what_was_there(tmp_path, result, monkeypatch):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"old")
    monkeypatch.setattr(
        "pathlib.Path.write_bytes",
        lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")),
    )
    with pytest.raises(OutputError, match=r"a\.pdf: no space left on device"):
        optirace.render(result, path, size=(240, 240))
    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", plotting.CANVASES)
def test_a_strip_is_as_wide_as_asked_for_and_the_same_every_time(tmp_path, result, suffix):
    one, two = optirace.render(
        *(result, tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"),
        size=(720, 240),
        strip=[0, 10, 50, 200],
    )
    assert one.sha256 == two.sha256
    assert (1, 720) == (one.frames, one.width)
    assert 180 < one.height < 300


def test_a_strip_shows_its_steps_in_order(tmp_path, result):
    (file,) = optirace.render(result, tmp_path / "a.png", size=(1280, 720), strip=[200, 0, 10, 50])
    panels = opened(file.path.read_bytes())[100:300, 71:1260]
    blue = np.array([int(themes.THEMES["light"].racers[1][at : at + 2], 16) for at in (1, 3, 5)])
    counts = [
        (np.abs(part - blue).max(axis=2) < 12).sum() for part in np.array_split(panels, 4, axis=1)
    ]
    assert (
        counts[1] < counts[3] < counts[2]
    )  # nobody has moved; a tail of 12 steps near the end; one that is all there is
    assert counts[0] > counts[1]


@pytest.mark.parametrize("theme", themes.THEMES)
@pytest.mark.parametrize("count", [1, 2, 5, 8, 12])
def test_no_word_of_a_strip_is_cut_off(theme, count):
    result = optirace.race(optimizers=TWELVE)
    with page.settings():
        sheet = strips.draw(result, look(theme, 720, 240), list(range(count)))
        sheet.figure.draw_without_rendering()
        boxes = [words.get_window_extent() for words in sheet.figure.texts]
    for box in boxes:
        assert min(box.x0, box.y0) >= -1
        assert box.x1 <= sheet.width + 1
        assert box.y1 <= sheet.height + 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--strip", "0,201"], "strip 201: must be a step of the race, from 0 to 200"),
        (["--strip", "3,3"], "strip 3: must be named once"),
        (["--strip", ""], "strip '': must be a whole number"),
        (["--strip", "1,x"], "strip 'x': must be a whole number"),
        (["--strip", "1,2", "--at", "3"], "strip and at: use one or the other"),
        (["--strip", "1,2", "-o", "a.mp4"], "strip: needs a still"),
    ],
)
def test_a_strip_that_cannot_be_is_told_in_one_line(tmp_path, capsys, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    assert 2 == cli.main(["render", *words, *(() if "-o" in words else ("-o", "a.pdf"))])
    told = capsys.readouterr()
    assert message in told.err
    assert 1 == told.err.count("\n")
    assert [] == list(tmp_path.iterdir())


def test_a_strip_that_is_too_high_is_refused(tmp_path, result):
    with pytest.raises(
        InvalidValueError, match=r"strip of 200 steps: would be \d+ pixels high, more than 4096"
    ):
        optirace.render(result, tmp_path / "a.png", strip=range(200))


def test_words_that_are_too_long_are_first_smaller_and_then_shortened():
    whole, size = page.fitted("learning rates", "DejaVuSans", 30.0, 180.0)
    assert "learning rates" == whole
    assert 20.0 <= size < 30.0
    words, size = page.fitted("learning rates" * 9, "DejaVuSans", 30.0, 180.0)
    assert (True, 20.0) == (words.endswith("\N{HORIZONTAL ELLIPSIS}"), size)
    assert 150.0 < page.width(words, "DejaVuSans", size) <= 180.0


def test_noise_is_told_over_the_board():
    loud = optirace.race(noise=1.0, steps=20)
    one, two = (each(loud, look("light", 1280, 720))[85:105, 890:1190] for each in (drawn, painted))
    assert abs((one < 160).sum() / (two < 160).sum() - 1.0) < 0.25


AWKWARD = [
    "A title",
    'a <b> & "c" ]]> -->',
    "(brackets) \\( and ) one more",
    "\N{GREEK SMALL LETTER THETA} Läuft \N{CYRILLIC CAPITAL LETTER ZHE}",
    "",
]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("title", AWKWARD)
@pytest.mark.parametrize("shown", [{"at": 7}, {"strip": (0, 5, 20)}, {}])
def test_an_svg_says_what_it_shows_to_who_cannot_see_it(tmp_path, title, shown):
    result = optirace.race(steps=20, optimizers=["sgd", "adam:label=a<b> & c"])
    optirace.render(result, tmp_path / "a.svg", size=(640, 360), title=title, **shown)
    root = ET.parse(tmp_path / "a.svg").getroot()  # noqa: S314 - our own file
    named, told = root[0], root[1]
    assert ("img", "en") == (root.get("role"), root.get("lang"))
    assert [f"{SVG}title", f"{SVG}desc"] == [named.tag, told.tag]
    assert (root.get("aria-labelledby"), root.get("aria-describedby")) == (
        named.get("id"),
        told.get("id"),
    )
    assert title == (named.text or "")
    assert alttext.alt(result, at=shown.get("at"), strip=shown.get("strip", ())) == told.text
    assert len(list(root.iter(f"{SVG}title"))) == 1


def test_two_drawings_on_a_page_have_names_of_their_own(result):
    one, two = (
        vector.still(result, ".svg", look=look(), moment=film.still(result, step))
        for step in (7, 8)
    )
    names = [set(re.findall(rb'id="((?:title|desc)-\w+)"', data)) for data in (one, two)]
    assert [2, 2] == [*map(len, names)]
    assert names[0].isdisjoint(names[1])


@pytest.mark.parametrize("title", AWKWARD)
@pytest.mark.parametrize("shown", [{"at": 7}, {"strip": (0, 5, 20)}])
def test_a_pdf_has_its_title_and_its_language_and_every_part_in_its_place(tmp_path, title, shown):
    result, path = optirace.race(steps=20), tmp_path / "a.pdf"
    optirace.render(result, path, size=(640, 360), title=title, **shown)
    data = path.read_bytes()
    (catalog,) = re.findall(rb"<< /Type /Catalog (.*)>>\n", data)
    assert catalog.startswith(b"/Lang (en) /ViewerPreferences << /DisplayDocTitle true >> /Pages ")
    place = int(re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", data)[1])
    assert data[place:].startswith(b"xref\n")
    entries = re.findall(rb"(?m)^(\d{10}) (\d{5}) n", data[place:])
    assert len(entries) > 10
    for number, (start, _) in enumerate(entries, 1):
        assert re.match(rb"%d 0 obj" % number, data[int(start) :]), number
    said = re.search(rb"/Title (\((?:[^\\()]|\\.)*+\))", data, re.DOTALL)[1][1:-1]
    said = re.sub(
        rb"\\(.)",
        lambda match: {b"n": b"\n", b"r": b"\r"}.get(match[1], match[1]),
        said,
        flags=re.DOTALL,
    )
    assert title == (
        said[2:].decode("utf-16-be") if said.startswith(b"\xfe\xff") else said.decode()
    )
    assert "render" == json.loads(contents.read(path).note)["made_by"]


@pytest.mark.parametrize("suffix", [".svg", ".pdf"])
def test_what_is_said_of_a_drawing_is_not_what_is_drawn(tmp_path, suffix, result, monkeypatch):
    drawings = []
    for words in ("One thing.", "Another <thing>."):
        monkeypatch.setattr(alttext, "alt", lambda *_, words=words, **__: words)
        path = tmp_path / f"{len(drawings)}{suffix}"
        path.write_bytes(
            vector.still(
                result,
                suffix,
                look=look(),
                moment=film.still(result, 200),
                note=f'{{"a": "{words}"}}',
            )
        )
        drawings.append(compare.DRAWINGS[suffix](path))
    assert drawings[0] == drawings[1]
    assert b"thing" not in drawings[0]
    assert not re.search(rb"aria-|/Lang|/Title|DisplayDocTitle", drawings[0])
