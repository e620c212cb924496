"""Where in a TOML text everything stands."""

import json
import shlex
import tomllib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from optirace import cli
from optirace.output import provenance
from optirace.settings import statements

KEYS = st.one_of(st.sampled_from(["a", "b-c", "D_1", "7"]), st.text(max_size=3).map(json.dumps))
BLANKS = st.sampled_from(["", " ", "\t", "\n", "# ]}'\"\n", "\n\n  "])
STRINGS = st.one_of(
    st.text(
        st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]),
        max_size=6,
    ).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(
        [
            '"""a\n\n"quoted" """',
            '"""\\\n   on"""',
            '""""""',
            '"""\n""x"""""',
            "'''\n\\'''",
            "''''a''''",
            "'#'",
            '"\\"#"',
            '"\\\\"',
        ]
    ),
)
SCALARS = st.one_of(
    STRINGS,
    st.sampled_from(["1", "-2.5e3", "nan", "true", "1979-05-27 07:32:00", "0x1F", "07:32:00"]),
)


def listed(inner):
    """Write a list with blanks, comments and line ends where they may be."""
    parts = st.lists(st.tuples(BLANKS, inner, BLANKS), max_size=4)
    return st.tuples(parts, st.booleans()).map(
        lambda told: (
            "["
            + ",".join(f"{a}{b}{c}" for a, b, c in told[0])
            + ("," if told[0] and told[1] else "")
            + "\n]"
        )
    )


def table(inner):
    return st.lists(
        st.tuples(st.sampled_from("pqrst"), inner), max_size=3, unique_by=lambda pair: pair[0]
    ).map(lambda pairs: "{ " + ", ".join(f"{key} = {value}" for key, value in pairs) + " }")


VALUES = st.recursive(SCALARS, lambda inner: st.one_of(listed(inner), table(inner)), max_leaves=8)
HEADS = st.sampled_from(["[[rows]]", "[[ rows ]] # [x]", "[[rows.inner]]", "[ t . u ]", '["t"]'])
TEXTS = st.lists(
    st.tuples(
        BLANKS,
        st.one_of(HEADS, st.tuples(KEYS, VALUES).map(" = ".join)),
        st.sampled_from(["", " # a"]),
    )
).map(lambda rows: "".join(f"{blank}{row}{end}\n" for blank, row, end in rows))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_every_key_and_value_that_tomllib_reads_has_its_place(text):
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # a key that is given twice
    held(told, statements.places(text))
    whole = [each.text for each in statements.statements(text)]
    assert repr(told) == repr(tomllib.loads("".join(whole)))


def held(value, place):
    inner = (
        dict(enumerate(value))
        if isinstance(value, list)
        else value
        if isinstance(value, dict)
        else {}
    )
    assert set(inner) == set(place.inner)
    for key, each in inner.items():
        held(each, place.inner[key])
    if place.source:
        assert repr(value) == repr(tomllib.loads(f"v = {place.source}")["v"])
    if isinstance(value, str):
        assert len(value) == len(statements._lines_of(place.source))


LINES = """
lr = 0.1
view = [
  @-6,  # left

  @3, @-4,
  @4,
]
racers = [
  {name = "sgd", lr = @0.1},
  {name = "adam", lr = @0.2, beta1 = @0.9},

  {name = "lion", lr = @0.3}]
strip = [ @3,
  @4,
  @5]
hold = [
  @1,
  @2]
[[notes]]
step = @3
text = \"\"\"
a\\
b\"\"\"
[[notes]]
step =@4
text = "b"
hold = @2
"""


@pytest.mark.slow
@pytest.mark.parametrize("mark", range(LINES.count("@")))
@pytest.mark.parametrize("bad", ["nan", "true", '"x\\nx"'])
def test_a_bad_value_is_told_with_its_own_line_wherever_it_stands(
    mark, bad, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    parts = LINES.split("@")
    line = "@".join(parts[: mark + 1]).count("\n") + 1
    parts[mark + 1] = bad + parts[mark + 1].lstrip("-.0123456789")
    (tmp_path / "race.toml").write_text("".join(parts))
    assert 2 == cli.main(["render", "race.toml", "-o", "a.png", "--dry-run"])
    assert capsys.readouterr().err.startswith(f"optirace: race.toml, line {line}: ")
    (tmp_path / "race.toml").write_text(LINES.replace("@", ""))
    assert 0 == cli.main(["render", "race.toml", "-o", "a.png", "--dry-run"]), (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("bad", range(4))
@pytest.mark.parametrize(
    ("head", "join", "end"),
    [('"""', "\\\n    ", '"""'), ('"""\\\n\n', "\\\n\n", '"""'), ("'", "+", "'")],
)
def test_a_mistake_in_a_formula_of_several_lines_is_told_with_its_line(
    bad, head, join, end, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    parts = ["x^2", " + y^2", " - x", " + y"]
    before = f"# a scene\nsurface = {head}" + join.join(parts[:bad])
    parts[bad] = " + foo"
    (tmp_path / "race.toml").write_text(f"# a scene\nsurface = {head}{join.join(parts)}{end}\n")
    assert 2 == cli.main(["table", "race.toml"])
    line = (before + (join if bad else "")).count("\n") + 1
    told = capsys.readouterr().err
    assert told.startswith(f"optirace: race.toml, line {line}: surface '"), told
    assert "name 'foo': unknown" in told
    assert "\n  " in told
    assert told.endswith("^\n")


@pytest.mark.slow
@pytest.mark.parametrize("row", ['{name = "sgd"},\n', "[1],\n", '"""\n""",\n', "1,\n"])
def test_a_value_as_long_as_a_scene_may_be_is_read_a_line_at_a_time(row):
    # One that is read anew for each of its lines takes minutes: this is about being done at all.
    rows = 99_000 // len(row)
    text = "a = [\n" + row * rows + "]\nb = 1\n"
    place = statements.places(text)
    assert rows == len(place.inner["a"].inner)
    assert rows * row.count("\n") + 3 == place.inner["b"].line
    assert "b = 1\n" == [*statements.statements(text)][-1].text


def test_a_table_below_a_row_is_of_the_last_one():
    place = statements.places("[[a]]\nb = 1\n[[a]]\n[a.c]\nd = 2\n")
    assert [1, 3] == [row.line for row in place.inner["a"].inner.values()]
    assert 5 == place.inner["a"].inner[1].inner["c"].inner["d"].line


@given(st.one_of(st.text(max_size=40), st.text("ab=.[]{}\"'#\\\n ", max_size=40)))
@settings(max_examples=500)
def test_a_text_says_what_tomllib_reads(text):
    try:
        whole = tomllib.loads(text)
    except (ValueError, RecursionError):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever tomllib says
            statements.read(text)
    else:
        assert repr(whole) == repr(statements.read(text))


@pytest.mark.parametrize(
    "text",
    [
        "a." * 17 + "a = 1",
        "[" + "a." * 50_000 + "a]",
        "x = {" + "'a' . " * 17 + "a = 1}",
        '"a".b.' * 9,
    ],
)
def test_a_key_of_very_many_parts_is_refused(text):
    with pytest.raises(ValueError, match="a key of more than 16 parts"):
        statements.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "x = '" + "a." * 50 + "'",
        "x = [" + "1.5, " * 50 + "]",
        "# " + "a." * 50,
        "a.b.c = 1.5\n" * 1,
    ],
)
def test_dots_elsewhere_are_no_parts_of_a_key(text):
    assert tomllib.loads(text) == statements.read(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        'x = """\n',
        "x = '''\n",
        '\\"""',
        "'''a\n",
        '"',
        "'",
        '"\n',
        "[",
        "[[note]]\n",
        "\\",
        " ",
        "a.",
        "#",
        "x={",
    ],
    ids=repr,
)
def test_no_mark_of_a_text_is_looked_at_twice(text):
    whole = text * (99_999 // len(text))
    # What is found joins to the whole; and of a million marks a pattern that looks back would take
    # hours.
    assert whole == "".join(token[0] for token in statements._TOKEN.finditer(whole))
    assert 10 * whole == "".join(token[0] for token in statements._TOKEN.finditer(10 * whole))


@given(st.one_of(st.text(max_size=30), st.text("ab '\"\\\n\t\f", max_size=30)))
@example("''")
@example('a\'\'b "\\a\\""')
@settings(max_examples=500)
def test_the_words_of_a_command_are_those_of_shlex(command):
    try:
        wanted = shlex.split(command)
    except ValueError:
        with pytest.raises(ValueError, match="does not end"):
            provenance.words_of(command)
    else:
        assert wanted == provenance.words_of(command)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("a", ["a" * 10**5]),
        ("'a' ", ["a"] * 10**5),
        ("\\a", ["a" * 10**5]),
        ("''", [""]),
        ('"\\\\"', ["\\" * 10**5]),
    ],
    ids=["a", "quoted", "escaped", "nothing", "escaped and quoted"],
)
def test_the_words_of_a_very_long_command_are_found(part, words):
    assert words == provenance.words_of(part * 10**5)
