"""Titles, labels and notes in every script: drawn, or said to be no part of a font here, or
refused; never blank.
"""

import json
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import optirace
from optirace.cli import main
from optirace.drawing.raster import glyphs, missing
from optirace.errors import InvalidValueError
from optirace.look import characters, fonts
from optirace.look.themes import Style
from optirace.look.timeline import Note
from optirace.surfaces import SURFACES

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.text(
    st.sampled_from(
        "ab "
        "é日本ر\u05e9😀❤\ufe0f\u2800\u200b\u200d\u200f\u0301\u3164\u00a0\U0001d5d4\U0001d5a0\ufffc"
    ),
    min_size=1,
    max_size=8,
)
FACES = [fonts.SANS, fonts.BOLD]


def ink(words, face=fonts.SANS):
    run = glyphs.text(words, face, 24.0)
    return int(np.count_nonzero(run.coverage > 127))


def test_every_character_of_our_fonts_that_a_label_can_have_leaves_ink_or_is_meant_to_leave_none():
    for face in FACES:
        for code in fonts.font(face).get_charmap():
            character = chr(code)
            if character.isprintable() and not characters.is_unseen(character):
                assert ink(character, face), (face, hex(code))


@pytest.mark.parametrize("face", FACES)
def test_a_box_is_drawn_for_every_character_of_a_kind_that_no_font_here_has(face):
    lacking = [
        chr(code)
        for code in range(0x3041, 0x2FFFF, 97)
        if chr(code).isprintable() and fonts.missing(chr(code), face)
    ]
    assert len(lacking) > 300
    for character in (*lacking, "\ufffc"):
        assert ink(f"a{character}", face) > ink("a", face) + 20, hex(ord(character))


@settings(max_examples=300)
@given(TEXTS)
def test_whatever_the_words_each_character_is_refused_or_told_or_drawn(words):
    try:
        characters.checked("label", words, 30)
    except InvalidValueError as problem:
        assert str(problem).isprintable()
        assert not words.isprintable() or all(map(characters.is_unseen, words))
        return
    drawn, face = fonts.shown(words, fonts.BOLD)
    told = fonts.missing(words, fonts.BOLD)
    assert ink(words, fonts.BOLD) > 0
    assert drawn.count(characters.BOX) == sum(each in told for each in words) + words.count(
        characters.BOX
    )
    assert all(
        each == " " or each == "\u2800" or ord(each) in fonts.font(face).get_charmap()
        for each in drawn
    )


@pytest.mark.parametrize(
    "words", ["\u2800", " \u2800 ", "\ufe0f", "\u3164", "\u034f", "\U000e0100\u115f"]
)
def test_words_that_nobody_would_see_are_refused_as_title_label_and_note(words, capsys):
    for make in (
        lambda: Style(title=words),
        lambda: Note(3, words),
        lambda: optirace.race(optimizers=[f"sgd:label={words}"]),
    ):
        with pytest.raises(
            InvalidValueError, match=r"cannot be seen: it has only U\+[0-9A-F]{4,5} \(.+\)"
        ):
            make()
    assert main(["render", "-O", "sgd", "--title", words, "-o", "never.png"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("odd", "named"),
    [
        ("\u200b", "U+200B (zero width space) is not one; leave it out"),
        ("\u200d", "U+200D (zero width joiner) is not one; leave it out"),
        ("\u200f", "U+200F (right-to-left mark) is not one; leave it out"),
        ("\u202e", "U+202E (right-to-left override) is not one; leave it out"),
        ("\ufeff", "U+FEFF (zero width no-break space) is not one; leave it out"),
        ("\u00a0", "U+00A0 (no-break space) is not one; type a plain space for it"),
        ("\x1b", "U+001B is not one; leave it out"),
        ("\n", "U+000A is not one; type a plain space for it"),
        ("\ue000", "U+E000 is not one; leave it out"),
    ],
)
def test_a_character_that_is_no_part_of_a_line_is_named_with_what_to_type_instead(odd, named):
    for make in (
        lambda: Style(title=f"a{odd}b"),
        lambda: Note(3, f"a{odd}"),
        lambda: characters.checked("label", odd, 30),
    ):
        with pytest.raises(InvalidValueError) as refused:
            make()
        assert str(refused.value).endswith(named)
        assert str(refused.value).isprintable()


def test_no_title_at_all_is_fine():
    assert Style(title="").title == ""
    assert Style(title="  ").title == "  "


def test_marks_that_choose_a_form_of_the_character_before_them_are_drawn_as_nothing():
    assert fonts.shown("❤\ufe0f!", fonts.BOLD) == ("❤!", fonts.BOLD)
    assert not fonts.missing("❤\ufe0f", fonts.BOLD)


def test_a_face_that_lacks_what_another_has_gives_way_to_it():
    assert fonts.shown("\U0001d5a0", fonts.BOLD) == ("\U0001d5a0", fonts.SANS)
    assert fonts.shown("\U0001d5d4", fonts.SANS) == ("\U0001d5d4", fonts.BOLD)
    assert fonts.shown("abc é", fonts.BOLD) == ("abc é", fonts.BOLD)
    assert fonts.shown("日", fonts.BOLD) == ("□", fonts.BOLD)
    assert fonts.shown("→", fonts.MONO) == ("→", fonts.MONO)


COMMAND = [
    "render",
    "-O",
    "sgd:label=a日",
    "-O",
    "adam",
    "--steps",
    "3",
    "--title",
    "本日",
    "--note",
    "2:b語",
    "--size",
    "320x240",
]
LINE = (
    "optirace: no font here has 本 (U+672C), 日 (U+65E5) or 語 (U+8A9E): a box is drawn instead,"
    " in the title, label 'a日' and note 2 'b語'"
)


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.svg", "a.pdf"])
def test_a_command_says_once_and_in_one_line_what_no_font_has_and_where(name, tmp_path, capsys):
    assert main([*COMMAND, "-o", str(tmp_path / name), "-o", str(tmp_path / f"too{name}")]) == 0
    err = capsys.readouterr().err
    assert [
        line for line in err.splitlines() if "font" in line.lower() or "glyph" in line.lower()
    ] == [LINE]


def test_a_strip_says_it_too(tmp_path, capsys):
    assert main([*COMMAND, "--strip", "1,3", "-o", str(tmp_path / "a.svg")]) == 0
    assert LINE in capsys.readouterr().err.splitlines()


def test_the_plan_says_it_and_who_asks_for_silence_gets_it(tmp_path, capsys):
    assert main([*COMMAND, "--dry-run", "-o", str(tmp_path / "a.png")]) == 0
    assert capsys.readouterr().err == f"{LINE}\n"
    assert main([*COMMAND, "--quiet", "-o", str(tmp_path / "a.png")]) == 0
    assert capsys.readouterr().err == ""


def test_json_stays_json(tmp_path, capsys):
    assert main([*COMMAND, "--json", "-o", str(tmp_path / "a.png")]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["table"]
    assert LINE in told.err.splitlines()


def test_a_title_in_characters_that_no_font_has_is_no_blank(tmp_path):
    result = optirace.race(optimizers=["sgd"], steps=3)
    pictures = []
    for title in ("", "日本"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            optirace.render(result, tmp_path / "a.png", title=title)
        with Image.open(tmp_path / "a.png") as picture:
            pictures.append(np.asarray(picture.convert("L")).astype(int))
    rows, columns = np.nonzero(pictures[0] != pictures[1])
    assert len(rows) > 100
    assert columns.max() - columns.min() > 30  # two boxes


def test_python_is_warned_at_its_own_line_and_only_where_a_character_is_missing(tmp_path):
    result = optirace.race(optimizers=["sgd:label=日"], steps=3)
    with pytest.warns(
        optirace.MissingCharacterWarning,
        match=r"no font here has 日 \(U\+65E5\): a box .* in label '日'",
    ) as told:
        optirace.render(result, tmp_path / "a.png")
    assert len(told) == 1
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optirace.render(
            optirace.race(optimizers=["sgd:label=é Ж ش"], steps=3),
            tmp_path / "b.png",
            title="θ → ∞ 😀",
        )


def test_a_warning_that_is_an_error_leaves_the_file_that_was_there(tmp_path):
    (tmp_path / "a.png").write_bytes(b"mine")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(optirace.MissingCharacterWarning):
            optirace.render(
                optirace.race(optimizers=["sgd"], steps=3), tmp_path / "a.png", title="日"
            )
    assert (tmp_path / "a.png").read_bytes() == b"mine"


@pytest.mark.parametrize("beta", [[], ["--beta", "0.5:0.9:3"]])
def test_a_chart_of_a_sweep_says_it_and_takes_dollars_as_dollars(beta, tmp_path, capsys):
    racers = ["-O", r"momentum:label=$\foo$ 日", "-O", "nesterov:label=100$ \U0001d5d4"]
    assert (
        main(
            [
                "sweep",
                *racers,
                "--steps",
                "9",
                "--lr",
                "0.01:0.1:3",
                *beta,
                "-o",
                str(tmp_path / "a.svg"),
            ]
        )
        == 0
    )
    assert capsys.readouterr().err == (
        "optirace: no font here has 日 (U+65E5): a box is drawn instead, in label "
        + repr(r"$\foo$ 日")
        + "\n"
    )


def test_a_chart_of_ordinary_labels_says_nothing(tmp_path, capsys):
    assert (
        main(
            [
                "sweep",
                "-O",
                "sgd",
                "--steps",
                "9",
                "--lr",
                "0.01:0.1:3",
                "-o",
                str(tmp_path / "a.png"),
            ]
        )
        == 0
    )
    assert capsys.readouterr().err == ""


def test_the_formula_of_a_plug_in_is_looked_at_too(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(
        "from optirace.surfaces import Surface\n"
        'MINE = Surface(name="mine", formula=r"\\mathrm{日 é} \\theta_1^2 + \\theta_2^2", '
        "start=(1.0, 1.0),\n"
        "    value=lambda x, y: x * x + y * y, gradient=lambda x, y: (2 * x, 2 * y))\n"
        "SURFACES = [MINE]\n",
        encoding="utf-8",
    )
    asked = [
        "render",
        "--plugin",
        str(tmp_path / "mine.py"),
        "--surface",
        "mine",
        "--steps",
        "3",
        "-o",
        str(tmp_path / "a.png"),
    ]
    assert main(asked) == 0
    assert (
        "no font here has 日 (U+65E5): a currency sign is drawn instead, in the formula"
        in capsys.readouterr().err
    )


def test_what_is_said_of_very_many_characters_is_short():
    race = optirace.race(optimizers=["sgd"], steps=3).race
    title = "".join(map(chr, range(0x4E00, 0x4E00 + 60)))
    line = missing.told(race, title)
    assert "54 more" in line
    assert len(line) < 200


def test_words_in_ascii_ask_no_font(capsys):
    before = sys.modules.pop("optirace.drawing.raster.missing", None)
    try:
        assert main(["render", "-O", "sgd", "--steps", "3", "--dry-run", "-o", "a.png"]) == 0
        assert "optirace.drawing.raster.missing" not in sys.modules
    finally:
        if before is not None:
            sys.modules["optirace.drawing.raster.missing"] = before
    assert capsys.readouterr().err == ""


def test_our_own_formulas_have_every_character():
    for surface in SURFACES.values():
        assert surface.formula.isascii()
