"""The picture as data: it says what is drawn."""

import html
import json
import re
from typing import Any

import numpy as np
import pytest

import optirace
from optirace.drawing import dump, layout, vector
from optirace.drawing.vector import printer
from optirace.look.themes import THEMES, Style
from optirace.look.timeline import Note
from optirace.output import film

RACES: list[dict[str, Any]] = [
    {},
    {"optimizers": ["adam"], "surface": "rosenbrock"},
    {"optimizers": ["sgd:lr=0.2", "heavy-ball"], "lr": 0.3, "steps": 40},
    {"surface": "x**2 + sin(3*y)", "noise": 0.1, "steps": 40},
]
SIZES = [(1280, 720), (480, 480), (360, 640)]


@pytest.fixture(scope="module", params=range(len(RACES)))
def result(request):
    return optirace.race(**RACES[request.param])


def words_of(told):
    """The words of elements, and of the lines in panels, in their order."""
    for each in told:
        yield from words_of(each.get("lines", ()))
        if each.get("words", "").strip():
            yield each["words"]
        if "mathtext" in each:
            yield f"${each['mathtext']}$"


@pytest.mark.parametrize("size", SIZES)
def test_it_has_the_words_of_a_still_in_their_order(result, size):
    style = Style(width=size[0], height=size[1])
    moment = film.still(result, 20, [Note(20, "Here it begins to be seen")])
    told = dump.dump(result, style, moment, printer.Typesetter())
    ticks, others = [], []
    for words in words_of([*told["printed"], told["counter"], *told["rows"], *told["note"]]):
        (ticks if re.fullmatch(r"[\d.\N{MINUS SIGN}]+", words) else others).append(words)
    drawn = vector.still(result, ".svg", look=style, moment=moment).decode()
    written = [html.unescape(words) for words in re.findall(r"<!-- (.*?) -->", drawn)]
    for words in others:
        assert any(
            words == each or words.startswith(each.removesuffix("\N{HORIZONTAL ELLIPSIS}"))
            for each in written
        ), words
    assert sorted(ticks) == sorted(
        each for each in written if re.fullmatch(r"[\d.\N{MINUS SIGN}]+", each)
    )
    assert len(ticks) + len(others) == len(written)


@pytest.mark.parametrize("theme", THEMES)
def test_it_is_json_and_reads_back(result, theme):
    style = Style(theme=THEMES[theme])
    told = dump.dump(result, style, film.still(result, 7), printer.Typesetter())
    text = json.dumps(told, allow_nan=False)
    assert text == json.dumps(json.loads(text))
    assert {"rule", "text", "formula", "mark"} == {each["kind"] for each in told["printed"]}
    assert [] == told["note"]


@pytest.mark.parametrize("step", [0, 7, 40])
def test_each_track_leads_to_its_marker(result, step):
    style, plan = Style(), layout.arrange(1280, 720, len(result.race.racers))
    told = dump.dump(result, style, film.still(result, step), printer.Typesetter())
    box = plan.surface
    assert (
        len(told["tracks"])
        == len(told["moving"])
        == len(result.trajectories)
        == len(told["rows"]) // 4
    )
    for track, marker, trajectory in zip(
        told["tracks"], told["moving"], result.trajectories, strict=True
    ):
        assert (trajectory.racer.label, min(step, trajectory.steps)) == (
            track["label"],
            track["done"],
        )
        assert trajectory.steps + 1 == len(track["path"]) == len(track["curve"])
        assert track["colour"] == marker["colours"][0]
        x, y = track["path"][track["done"]]
        if box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1:
            assert [x, y] == pytest.approx([marker["x"], marker["y"]])
        else:
            assert marker["shape"].startswith("triangle")
            assert box.x0 < marker["x"] < box.x1
            assert box.y0 < marker["y"] < box.y1
    start = np.array([track["path"][0] for track in told["tracks"]])
    assert (start == start[0]).all()
