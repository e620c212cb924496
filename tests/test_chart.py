"""A sweep, drawn."""

import dataclasses
import functools
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

import optirace
from optirace.drawing import chart, plotting
from optirace.drawing.chart import curves, maps, sheets
from optirace.errors import InvalidValueError, OutputError
from optirace.look import themes
from optirace.output import charts
from optirace.output.provenance import Origin
from optirace.racing import sweeps
from optirace.settings import specs, values
from optirace.surfaces import SURFACES

RATES = values.grid("--lr", "1e-3:3:25", is_geometric=True)
BETAS = values.grid("--beta", "0:0.9:7", is_geometric=False)
TWELVE = [
    f"{name}:eps={eps},label=The long name of {name} {eps}"
    for eps in (0.1, 0.2, 0.3)
    for name in ("rmsprop", "adam")
]
TWELVE += [
    f"momentum:beta={beta},label=momentum with a beta of {beta}"
    for beta in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
]


@pytest.fixture(scope="module")
def line():
    return sweeps.run(specs.race(shared={}), lr=RATES)


@pytest.fixture(scope="module")
def plane():
    return sweeps.run(specs.race(shared={}), lr=RATES, beta=BETAS)


def look(theme="light", width=1280, height=720):
    return themes.Style(width=width, height=height, theme=themes.THEMES[theme])


def pixels(found, **options):
    metric = options.pop("metric", "loss")
    return np.array(
        Image.open(
            io.BytesIO(chart.encoded(found, ".png", look=look(**options), metric=metric))
        ).convert("RGB")
    )


def has_colour(picture, colour):
    wanted = np.array([int(colour[index : index + 2], 16) for index in (1, 3, 5)])
    return (np.abs(picture.astype(int) - wanted).max(axis=2) <= 3).sum() > 20


DRIVER = """
import sys
from optirace import cli
for name, more in (("line", []), ("plane", ["--beta", "0:0.9:7"])):
    outputs = [word for suffix in (".png", ".svg", ".pdf") for word in ("-o", name + suffix)]
    assert 0 == cli.main(["sweep", "--lr", "1e-3:3:25", *more, *outputs])
assert "matplotlib.pyplot" not in sys.modules
"""


def test_the_same_sweep_gives_the_same_bytes_whatever_the_settings_place_and_time_of_the_machine(
    tmp_path, line, plane
):
    (tmp_path / "matplotlibrc").write_text(
        "axes.facecolor: red\nfont.family: serif\nlines.linewidth: 9\nsavefig.dpi: 10\n"
    )
    environment = os.environ | {
        "TZ": "Asia/Tokyo",
        "PYTHONHASHSEED": "7",
        "SOURCE_DATE_EPOCH": "yesterday",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=tmp_path,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (tmp_path / "ours").mkdir()
    asked = {"lr": "1e-3:3:25"}
    for name, found, settings in (
        ("line", line, asked),
        ("plane", plane, asked | {"beta": "0:0.9:7"}),
    ):
        ours = [tmp_path / "ours" / f"{name}{suffix}" for suffix in plotting.CANVASES]
        charts.render(found, ours, look=look(), origin=Origin(made_by="sweep", settings=settings))
        for path in ours:
            drawn = path.read_bytes()
            assert drawn == (tmp_path / path.name).read_bytes(), path.name
            assert not any(word in drawn for word in (b"CreationDate", b"dc:date", b"Software"))


@pytest.mark.no_cover
@pytest.mark.parametrize("theme", themes.THEMES)
@pytest.mark.parametrize("metric", sweeps.METRICS)
def test_every_racer_wears_its_colour(line, plane, theme, metric):
    colours = themes.THEMES[theme].racers
    drawn = pixels(line, theme=theme, metric=metric)
    assert [True] * 4 == [has_colour(drawn, colour) for colour in colours[:4]]
    drawn = pixels(plane, theme=theme, metric=metric)
    assert [False, True, True, False] == [has_colour(drawn, colour) for colour in colours[:4]]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("width", "height"),
    [(1280, 720), (854, 480), (720, 1280), (1080, 1080), (242, 240), (3840, 2160)],
)
def test_a_chart_has_the_size_asked_for(line, width, height):
    assert (height, width, 3) == pixels(line, width=width, height=height).shape
    drawn = chart.encoded(line, ".svg", look=look(width=width, height=height))
    assert re.search(rb'<svg [^>]*width="(\d+)" height="(\d+)"', drawn).groups() == (
        b"%d" % width,
        b"%d" % height,
    )


@functools.cache
def swept(words, beta):
    return sweeps.run(specs.race(shared={}, texts=words), lr=RATES, beta=beta)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("width", "height"), [(1280, 720), (720, 1280), (720, 720), (1024, 768), (640, 360)]
)
@pytest.mark.parametrize("words", [(), tuple(TWELVE)], ids=["four", "twelve"])
def test_no_word_is_cut_off(width, height, words):
    for draw, beta in ((curves.draw, None), (maps.draw, BETAS)):
        found = swept(words, beta)
        with plotting.settings(chart._settings(look())):
            figure = draw(sheets.Sheet(found, look(width=width, height=height), "loss"))
            figure.draw_without_rendering()
            for text in figure.findobj(Text):
                chart._set_font(text)
            boxes = [axes.get_tightbbox() for axes in figure.axes] + [
                text.get_window_extent() for text in figure.texts
            ]
        for box in boxes:
            assert min(box.x0, box.y0) >= -1
            assert box.x1 <= width + 1
            assert box.y1 <= height + 1


def test_a_run_that_diverges_leaves_at_the_top(line):
    sheet = sheets.Sheet(line, look(), "loss")
    sgd = line.swept[0]
    with plotting.settings(chart._settings(look())):
        axes = curves.draw(sheet).axes[0]
    curve = axes.lines[
        next(
            index
            for index, each in enumerate(axes.lines)
            if np.size(each.get_xdata()) == len(RATES)
        )
    ]
    y = np.asarray(curve.get_ydata())
    first = int(np.argmax(sgd.ends.diverged[:, 0] >= 0))
    assert sheet.ceiling == y[first]
    assert np.isnan(y[first + 1 :]).all()
    assert (y[:first] < sheet.ceiling).all()


def test_the_stability_limit_is_drawn_where_it_is_known(plane):
    with plotting.settings(chart._settings(look())):
        figure = maps.draw(sheets.Sheet(plane, look(), "loss"))
    limits = [
        line for axes in figure.axes for line in axes.lines if np.size(line.get_xdata()) == 400
    ]
    assert 1 == len(limits)  # Momentum's; RMSProp has none
    x, beta = limits[0].get_data()
    assert 2 * (1 + np.asarray(beta)) / ((1 - np.asarray(beta)) * 20) == pytest.approx(
        np.asarray(x)
    )


def test_a_rate_that_is_scheduled_has_no_stability_limit_drawn():
    found = sweeps.run(
        specs.race(texts=["momentum"], shared={}, schedule="cosine"), lr=RATES, beta=BETAS
    )
    with plotting.settings(chart._settings(look())):
        figure = maps.draw(sheets.Sheet(found, look(), "loss"))
    assert [] == [
        line for axes in figure.axes for line in axes.lines if np.size(line.get_xdata()) == 400
    ]


@pytest.mark.parametrize(
    ("options", "lr"),
    [
        ({"texts": ["sgd", "momentum"]}, (5.0, 6.0, 7.0)),
        ({"texts": ["momentum"]}, (1e-9, 2e-9)),
        ({"start": (0.0, 0.0)}, RATES),
        ({"tol": 0.0}, RATES),
        ({"steps": 1}, RATES),
        ({"start": (1e90, 1.0)}, RATES),
    ],
    ids=["all diverge", "nothing moves", "from the minimum", "no tol", "one step", "from afar"],
)
@pytest.mark.parametrize("beta", [None, (0.0, 0.5, 0.9)])
def test_every_sweep_can_be_drawn(options, lr, beta):
    found = sweeps.run(specs.race(shared={}, **options), lr=lr, beta=beta)
    metric = "steps" if beta and found.race.start[0] < 0.0 else "loss"
    assert (360, 640, 3) == pixels(found, width=640, height=360, metric=metric).shape


def test_a_surface_without_a_known_minimum_can_be_drawn():
    surface = dataclasses.replace(SURFACES["bowl"], minima=())
    found = sweeps.run(specs.race(surface=surface, shared={}), lr=RATES, beta=BETAS)
    assert (360, 640, 3) == pixels(found, width=640, height=360).shape


def test_a_chart_says_what_is_not_plain_about_its_sweep(line):
    def words(found):
        with plotting.settings(chart._settings(look())):
            return " ".join(
                text.get_text()
                for text in curves.draw(sheets.Sheet(found, look(), "loss")).findobj(Text)
            )

    slope = specs.race(texts=["sgd"], shared={}, surface=specs.surface("x"), noise=0.5, seed=7)
    told = words(sweeps.run(slope, lr=[0.1, 0.2]))
    assert "gap to the lowest seen" in told
    assert "noise $0.5$, seed $7$" in told
    assert "gap to the minimum" in words(line)
    assert "noise" not in words(line)


def test_of_very_many_rates_some_are_drawn():
    found = sweeps.run(
        specs.race(shared={}, steps=2), lr=values.grid("--lr", "1e-3:3:100000", is_geometric=True)
    )
    assert len(chart.encoded(found, ".svg", look=look())) < 2_000_000


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.gif", r"^output a.gif: a sweep is drawn as one of .png, .svg, .pdf$"),
        ("a", r"^output a: a sweep is drawn as one of .png, .svg, .pdf$"),
    ],
)
def test_another_suffix_is_refused(name, message, line):
    with pytest.raises(InvalidValueError, match=message):
        charts.render(line, [Path(name)], look=look())


def test_a_chart_that_fails_leaves_the_file_that_was_there(tmp_path, line):
    kept = tmp_path / "kept.png"
    kept.write_bytes(b"old")
    with pytest.raises(
        InvalidValueError, match=r"^metric 'speed': unknown; must be one of loss, steps$"
    ):
        charts.render(line, [kept], look=look(), metric="speed")
    with pytest.raises(InvalidValueError, match="is named twice"):
        charts.render(line, [kept, kept], look=look())
    with pytest.raises(InvalidValueError, match="two rates or more"):
        charts.render(sweeps.run(line.race, lr=[0.1]), [kept], look=look())
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        charts.render(line, [tmp_path / "file" / "a.png"], look=look())
    assert b"old" == kept.read_bytes()
    assert ["file", "kept.png"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize("metric", sweeps.METRICS)
def test_a_mark_on_an_edge_is_whole_and_none_is_beyond(line, metric):
    figure = curves.draw(sheets.Sheet(line, look(), metric))
    upper = figure.axes[0]
    marks: list[Any] = [
        each for each in upper.get_lines() if each.get_marker() in ("o", "s", "D", "^")
    ]
    assert len(line.swept) == len(marks)
    low, high = upper.get_ylim()
    for each in marks:
        assert not each.get_clip_on()
        assert all(low <= value <= high for value in each.get_ydata())


@pytest.mark.no_cover
@pytest.mark.parametrize("metric", ["loss", "steps"])
@pytest.mark.parametrize("beta", [None, [0.5, 0.9]])
def test_a_chart_says_in_words_what_its_table_says(metric, beta):
    race = optirace.race(steps=60, optimizers=["momentum", "adam:label=a<b>"])
    found = optirace.sweep(race, lr=[0.01, 0.1, 1.0, 10.0], beta=beta)
    data = chart.encoded(found, ".svg", look=look(), metric=metric)
    root = ET.fromstring(data)  # noqa: S314 - our own file
    assert "img" == root.get("role")
    assert ("Loss after 60 steps" if metric == "loss" else "Steps to convergence, of 60") == root[
        0
    ].text
    told = root[1].text
    assert "over 4 learning rates from 0.01 to 10" in told
    assert (" and 2 betas from 0.5 to 0.9" in told) is (beta is not None)
    for swept in found.swept:
        best = found.range(swept)
        assert f"{swept.racer.label} converges " in told
        if best.fastest is not None:
            assert f"is fastest at {best.fastest:g} with {best.steps} steps" in told
        assert (
            "diverges nowhere" if best.diverges is None else f"diverges from {best.diverges:g} on"
        ) in told
    if beta is None:
        pdf = chart.encoded(found, ".pdf", look=look(), metric=metric)
        assert b"/Lang (en)" in pdf
        assert b"/Title (Loss after 60 steps)" in pdf or metric == "steps"
