"""What others read of a table: Markdown, LaTeX and CSV show labels as they are, whatever is in
them.
"""

import csv
import html
import io
import itertools
import math
import re
import shutil
import string
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import optirace
from optirace import catalogue
from optirace.racing import sweeps
from optirace.settings import plugins, specs
from optirace.text import markup, sweep_table
from optirace.text import tables as report
from optirace.text.columns import Column, Said, Words

AWKWARD = [
    "[best]",
    "*x",
    "a<b",
    "a|b",
    "x_1",
    "\u03b7 = 0.1",
    "100% & #1",
    r"\input{x}",
    "~^{}$",
    "<b>x</b>",
    "`a`",
    "--''\"",
    "caf\u00e9",
]
AWKWARD += [
    "\u901f\u5ea6",
    "\U0001f600",
    "q\u0301",
    "![a](b)",
    "https://a.b/c",
    "www.a.bc",
    "a@b.cd",
    "&lt;",
    ":smile:",
    "1. x",
    "- x",
    "a\\",
]
PRINTABLE = st.text(
    st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=30
).filter(str.isprintable)


def race_of(labels):
    """Return the table of a race whose racers have these labels, which words could not give all
    of.
    """
    return Words(
        [Column("racer", is_words=True), Column("loss")],
        [[label, Said("{}", (1.6e-8,))] for label in labels],
    )


def shown(markdown):
    """Return what the first cell of the first row of a table shows, and the tokens in it."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    cells = [token for before, token in itertools.pairwise(tokens) if before.type == "td_open"]
    return (
        "".join(child.content for child in cells[0].children),
        {child.type for child in cells[0].children},
        len(cells),
    )


@pytest.mark.parametrize("label", AWKWARD)
def test_markdown_shows_an_awkward_label_as_it_is(label):
    text, kinds, cells = shown(markup.markdown_table(race_of([label])))
    assert (" ".join(label.split()), {"text"}, 2) == (
        " ".join(text.split()),
        kinds - {"text_special"},
        cells,
    )


@settings(max_examples=300)
@given(PRINTABLE)
def test_no_label_is_anything_but_text_in_markdown(label):
    text, kinds, cells = shown(markup.markdown_table(race_of([label])))
    assert 2 == cells
    assert kinds <= {"text", "text_special"}
    assert label.strip() == text.strip()


@pytest.mark.parametrize(
    "note", ["- a: has no beta", "1. a: has no beta", "# a", "+ a", "> a", "=== a", "    a"]
)
def test_a_note_is_a_paragraph(note):
    tokens = (
        MarkdownIt("commonmark")
        .enable("table")
        .parse(markup.markdown_table(Words([Column("a")], [["b"]], (), [note])))
    )
    assert ["paragraph_open", "inline", "paragraph_close"] == [token.type for token in tokens[-3:]]
    assert note.strip() == "".join(child.content for child in tokens[-2].children)


@pytest.mark.parametrize(
    "label",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", " =1", "\uff1d1", "-x", "-", "+"],
)
def test_no_cell_of_a_csv_is_a_formula(label):
    result = optirace.race(optimizers=[f"sgd:label={label}"], steps=5)
    for told in (
        optirace.table(result),
        optirace.table(result, 5),
        sweep_table.Ranges(sweeps.run(result.race, lr=[0.1, 0.2])),
    ):
        rows = list(csv.reader(io.StringIO(report.written(told, "csv"))))
        for cell in (cell for row in rows for cell in row):
            is_number = re.fullmatch(r"-|[-+]?\d[\d.]*(e[-+]\d+)?", cell)
            assert is_number or cell.lstrip()[:1] not in {*"=+-@\t\r", "\uff1d"} or not cell
        assert label.strip() in {row[1].removeprefix("'").strip() for row in rows[1:]} | {
            row[2].removeprefix("'").strip() for row in rows[1:]
        }


def test_a_csv_says_inf_and_nan_where_json_says_null():
    result = optirace.race(lr=1e300)
    row = next(csv.DictReader(io.StringIO(optirace.table(result).text("csv").replace("\r", ""))))
    losses = [
        each["loss"] for each in csv.DictReader(io.StringIO(optirace.table(result).text("csv")))
    ]
    assert {"inf", "nan"} & set(losses)
    assert any(each["final"]["loss"] is None for each in optirace.table(result).data()["racers"])
    assert all(not math.isfinite(float(loss)) for loss in losses if loss in ("inf", "nan"))
    assert row["at_step"] == "1"


def compiled(folder, document):
    """Return what pdflatex says of a document, and the width of the box that is measured in it, in
    cm.
    """
    (folder / "a.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "a.tex"],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
    )
    log = done.stdout.decode("latin-1")
    assert 0 == done.returncode, log[-2000:]
    return [float(points) / 72.27 * 2.54 for points in re.findall(r"WIDTH=([\d.]+)pt", log)]


needs_latex = pytest.mark.skipif(
    shutil.which("pdflatex") is None,
    reason="pdflatex is not installed (Debian: texlive-latex-recommended)",
)
HEAD = "\\documentclass{article}\n\\usepackage{booktabs,array}\n\\begin{document}\n"


def measured(latex):
    """Return LaTeX that measures the tabular of a table."""
    tabular = latex[
        latex.index(r"\begin{tabular}") : latex.index(r"\end{tabular}") + len(r"\end{tabular}")
    ]
    return f"\\setbox0\\hbox{{\\small {tabular}}}\\typeout{{WIDTH=\\the\\wd0}}\n{latex}\n"


@needs_latex
def test_latex_compiles_whatever_the_labels_are(tmp_path):
    kinds = [
        *AWKWARD,
        string.punctuation,
        "?`!`<<>>,,",
        *(chr(code) for code in range(0xA1, 0x250) if chr(code).isprintable()),
        *(chr(code) for code in range(0x370, 0x400) if chr(code).isprintable()),
        *(chr(code) for code in range(0x2010, 0x2300) if chr(code).isprintable()),
    ]
    document = "".join(
        markup.latex_table(race_of(kinds[at : at + 40])) + "\n\\newpage\n"
        for at in range(0, len(kinds), 40)
    )
    compiled(tmp_path, HEAD + document + "\\end{document}\n")


@needs_latex
def test_latex_is_narrow_enough_for_a_slide(tmp_path):
    wide = ["sgd:label=" + "W" * 30, "adam:label=" + "Momentum of a rather long name"]
    tables = [
        optirace.table(optirace.race()),
        optirace.table(
            optirace.race(surface="rosenbrock", optimizers=["sgd", "adam", "momentum", "rmsprop"])
        ),
        optirace.table(optirace.race(optimizers=wide[1:], lr=1e300)),
        optirace.table(optirace.race(), 50),
        sweep_table.Ranges(
            sweeps.run(
                specs.race(shared={}, steps=60), lr=[0.001, 0.0123456, 0.1, 3.0], beta=[0.5, 0.9]
            )
        ),
        sweep_table.Ranges(
            sweeps.run(specs.race(shared={}, steps=60), lr=[0.001, 0.0123456, 0.1, 3.0])
        ),
        *(catalogue.listing(kind, plugins.SHIPPED) for kind in catalogue.KINDS),
    ]
    document = "\n\\newpage\n".join(measured(report.written(table, "latex")) for table in tables)
    widths = compiled(tmp_path, HEAD + document + "\\end{document}\n")
    assert len(tables) == len(widths)
    assert max(widths) <= 11.0, widths


def test_latex_sets_numbers_as_mathematics_between_the_rules_of_booktabs():
    lines = optirace.table(optirace.race()).text("latex").splitlines()
    assert [r"\toprule", r"\midrule", r"\bottomrule"] == [
        line for line in lines if line.endswith("rule")
    ]
    assert r"$1.63 \times 10^{-8}$" in next(
        line for line in lines if line.startswith("SGD + Momentum")
    )
    assert "hline" not in "\n".join(lines)


@given(PRINTABLE)
def test_latex_is_ascii(label):
    assert markup.latex(label).isascii()


def test_latex_tells_below_what_its_cells_leave_out():
    told = optirace.table(
        optirace.race(surface="rosenbrock", optimizers=["sgd", "adam:lr=0.3"], steps=5)
    ).text("latex")
    assert "lr suggested: SGD" in told
    assert "(suggested)" not in told


def test_a_notebook_shows_a_label_as_it_is():
    told = optirace.table(optirace.race(optimizers=["sgd:label=<b>&"], steps=5))
    assert "<b>&" in html.unescape(told._repr_html_().removeprefix("<pre>"))
    assert "<b>" not in told._repr_html_().removeprefix("<pre>")
