"""The beats of a race, as captions that a person who cannot see the film can follow."""

import hashlib
import itertools
import json
import re
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import optirace
from optirace import cli
from optirace.errors import InvalidValueError, OutputError
from optirace.look import timeline
from optirace.optimizers import OPTIMIZERS
from optirace.output import film, outputs, sidecars
from optirace.racing import outcomes
from optirace.surfaces import SURFACES
from optirace.text import webvtt

STAMP = r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
LECTURE = [
    timeline.Note(
        7,
        (
            "SGD leaps from wall to wall: a rate of 0.1 is exactly its limit in the steep "
            "direction, 2/20"
        ),
        4.0,
    ),
    timeline.Note(114, "Momentum and Adam have arrived. SGD never will: its loss stays at 90", 4.0),
]
CROWD = [f"{name}:label={f'{name} under a very long label'[:30]}" for name in list(OPTIMIZERS)[:12]]
RACES = {
    "default": ({}, {}),
    "past the limit": ({"lr": 0.11}, {}),
    "rosenbrock": ({"surface": "rosenbrock"}, {}),
    "saddle": ({"surface": "saddle"}, {}),
    "himmelblau": ({"surface": "himmelblau"}, {"speed": 0.5}),
    "formula": ({"surface": "x^2 + y^4"}, {"fps": Fraction(30000, 1001)}),
    "formula of two": ({"surface": "x^2 + y^4", "optimizers": ["adam", "momentum"]}, {}),
    "one racer": ({"optimizers": ["adam"]}, {"hold": (0.0, 5.0)}),
    "all diverge": ({"lr": 3.0, "optimizers": ["sgd", "sgd:lr=2"]}, {}),
    "nobody arrives": ({"lr": 1e-4, "optimizers": ["sgd", "momentum"]}, {"hold": (1.0, 8.0)}),
    "alike": ({"optimizers": ["sgd:lr=0.05", "sgd:lr=0.05,label=twin"]}, {}),
    "crowd": ({"optimizers": CROWD, "lr": 0.11}, {"hold": (1.0, 20.0)}),
    "late": ({"surface": "sin(x)*cos(y) + (x^2 + y^2)/10"}, {}),
    "stuck": ({"surface": "easom", "start": (-8.0, -8.0), "optimizers": ["sgd", "adam"]}, {}),
    "one step": ({"steps": 1}, {"hold": (0.0, 0.0)}),
    "in a blink": ({}, {"duration": 0.3, "hold": (0.0, 0.0)}),
    "long": ({"steps": 20000}, {"duration": 20.0}),
    "notes": ({"steps": 160}, {"notes": LECTURE, "speed": 1.5, "hold": (1.0, 3.0)}),
    "a note at each end": (
        {},
        {
            "notes": [timeline.Note(0, "Off they go"), timeline.Note(200, "Arrived", 1.0)],
            "hold": (1.0, 3.0),
        },
    ),
    "a note that lasts to the end": ({}, {"notes": [timeline.Note(199, "Nearly there", 0.0)]}),
}


def told(race, clock):
    result = optirace.race(**race)
    schedule = timeline.schedule(result.race.steps, **clock)
    lead = film.leaders(result, np.floor(schedule.positions).astype(int))
    return result, schedule, webvtt.cues(result, schedule, lead)


def words(cues):
    return [" ".join(cue.lines) for cue in cues]


def parsed(text):
    """Read WebVTT strictly by the W3C's syntax of files that conform, of 2019, as (start, end,
    lines), in seconds.
    """
    assert re.match(r"WEBVTT([ \t][^\n]*)?\n\n", text)
    assert "\r" not in text
    assert "\0" not in text
    assert text.endswith("\n")
    cues = []
    for block in re.split(r"\n\n+", text.partition("\n\n")[2].strip("\n")):
        lines = block.split("\n")
        if "-->" not in lines[0]:
            lines.pop(0)  # an identifier
        times = re.fullmatch(rf"{STAMP} --> {STAMP}", lines[0])
        assert times, lines[0]
        numbers = list(map(int, times.groups()))
        start, end = (
            Fraction(hours * 3600 + minutes * 60 + seconds) + Fraction(thousandths, 1000)
            for hours, minutes, seconds, thousandths in (numbers[:4], numbers[4:])
        )
        assert start < end
        assert not cues or cues[-1][0] <= start
        for line in lines[1:]:
            assert line.strip()
            assert "-->" not in line
            assert "<" not in line
            assert not re.search(r"&(?!(amp|lt|gt|lrm|rlm|nbsp);)", line)
        assert lines[1:]
        plain = [
            line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            for line in lines[1:]
        ]
        cues.append((start, end, plain))
    return cues


@pytest.mark.parametrize("name", RACES)
def test_the_file_is_webvtt_whose_cues_are_short_and_take_turns(name):
    _, schedule, cues = told(*RACES[name])
    read = parsed(webvtt.vtt(cues))
    assert [list(cue.lines) for cue in cues] == [lines for _, _, lines in read]
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(read))
    assert all(len(lines) <= 2 and max(map(len, lines)) <= 42 for _, _, lines in read)
    assert read[-1][1] - schedule.seconds < Fraction(1, 1000)


@pytest.mark.parametrize("name", RACES)
def test_nothing_is_told_before_the_film_shows_it(name):
    result, schedule, cues = told(*RACES[name])
    verdicts = [outcomes.verdicts(result, each) for each in result.trajectories]
    for cue in cues:
        if cue.lines[0] in " ".join(note.text for note in schedule.notes):
            continue
        shown = int(schedule.positions[round(cue.start * schedule.fps)])
        said = " ".join(cue.lines)
        if said.startswith("The end"):
            assert result.race.steps == shown
        if any(
            word in said
            for word in (
                "racers have diverged",
                "None converged",
                "of 4 converged",
                "still descends",
            )
        ):
            assert result.race.steps == shown
        assert all(int(step) <= shown for step in re.findall(r"[Ss]tep (\d+)", said))
        for each, verdict in zip(result.trajectories, verdicts, strict=True):
            if shown < result.race.steps:
                assert "converged" not in said
                if f"{each.racer.label}: within" in said:
                    assert "within" in {verdict.at(step).kind for step in range(shown + 1)}


@pytest.mark.parametrize("surface", [*SURFACES, "x^2 + y^4"])
@pytest.mark.parametrize("hold", [1.5, 4.0])
def test_the_last_that_is_told_of_an_arrival_is_that_of_the_table(surface, hold):
    names = [
        "sgd:label=Ann-of-the-north",
        "momentum:label=Bob-of-the-south",
        "rmsprop:label=Cid-of-the-east",
        "adam:label=Dee-of-the-west",
    ]
    result, _, cues = told({"surface": surface, "optimizers": names}, {"hold": (1.0, hold)})
    said = " ".join(words(cues))
    for each in result.trajectories:
        if each.outcome.kind == "converged":
            arrivals = re.findall(
                (
                    rf"{each.racer.label}(?::| converged| first,)? [^,.:A-Z]*?(?:[0.]+1 [a-z "
                    r"]*)?(?:since|at)(?: step)? (\d+)[,.]"
                ),
                said,
            )
            assert arrivals[-1:] == [str(each.outcome.at_step)], said


@pytest.mark.parametrize("name", ["default", "past the limit", "rosenbrock", "himmelblau"])
def test_a_cue_stands_long_enough_to_be_read(name):
    *running, before_the_end, end = told(*RACES[name])[2]
    assert all(webvtt.SHORTEST <= cue.end - cue.start <= webvtt.LONGEST for cue in [*running, end])
    assert webvtt.BRIEFEST <= before_the_end.end - before_the_end.start


def test_the_default_race_is_told_from_start_to_end():
    assert [
        "4 racers start at (-5, 3), loss 115: SGD, SGD + Momentum, RMSProp, Adam",
        "Step 8: SGD + Momentum leads, loss 30.6.",
        "Step 59: RMSProp takes the lead, loss 0.0338.",
        "RMSProp: within 0.001 since 69. Step 89: SGD oscillates.",
        "SGD + Momentum: within 0.001 since 104. Step 117: RMSProp leaves the minimum.",
        "Adam: within 0.001 since 114. Step 143: RMSProp oscillates.",
        "Step 200, the end. 2 of 4 converged: SGD + Momentum at 104, Adam at 114.",
    ] == words(told(*RACES["default"])[2])


def test_what_is_told_does_not_know_how_the_race_goes_on():
    short, long = (
        words(cue for cue in told({"steps": steps}, {})[2] if cue.start < 6) for steps in (125, 200)
    )
    assert short == long
    assert len(short) == 4


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("past the limit", "Step 11: SGD climbs, loss 4970; it was 115 at the start."),
        ("past the limit", "SGD diverged at step 39, out of the race."),
        ("all diverge", "Step 200, the end. All 2 racers have diverged."),
        ("nobody arrives", "Step 200, the end. None converged; best is SGD, tail loss 65.1."),
        ("one racer", "Adam starts at (-5, 3), loss 115."),
        ("one racer", "Step 200, the end. Adam converged at step 114."),
        ("past the limit", "Step 113: RMSProp leaves the minimum. Adam: within 0.001 since 110."),
        ("himmelblau", "RMSProp: within 0.001 of the minimum since step 73."),
        ("stuck", "Step 11: SGD is stuck. Step 11: Adam is stuck."),
        ("notes", "Step 160, the end. 2 of 4 converged: SGD + Momentum at 104, Adam at 114."),
    ],
)
def test_beats_are_told_in_plain_words(name, said):
    assert said in words(told(*RACES[name])[2])


def test_the_end_names_each_racer_once():
    said = " ".join(words(cue for cue in told({}, {"hold": (1.0, 30.0)})[2] if cue.start > 10.9))
    assert "2 of 4 converged: SGD + Momentum at 104, Adam at 114. RMSProp oscillates" in said
    assert [1, 1, 1] == [said.count(name) for name in ("Momentum", "Adam", "RMSProp")]


def test_racers_that_are_level_have_no_leader():
    assert not any("lead" in said for said in words(told(*RACES["alike"])[2]))


def test_a_note_is_told_exactly_as_long_as_the_film_shows_it():
    _, schedule, cues = told(*RACES["notes"])
    for index, note in enumerate(schedule.notes):
        frames = np.flatnonzero(schedule.told == index)
        of_note = [cue for cue in cues if cue.lines[0] in note.text]
        assert note.text == " ".join(words(of_note))
        assert int(frames[0]) / schedule.fps == of_note[0].start
        assert int(frames[-1] + 1) / schedule.fps == of_note[-1].end


@pytest.mark.parametrize("pause", [0.0, 0.1, 0.5, 2.0, 30.0])
@pytest.mark.parametrize("step", [40, 55, 59, 60])
@pytest.mark.parametrize("hold", [0.1, 0.5, 1.5, 4.0])
@pytest.mark.parametrize(
    "text",
    [
        "All are there",
        "Look where each of the four has come to in sixty steps, and who is still under way",
    ],
)
def test_no_note_takes_the_end_away(hold, step, pause, text):
    notes = [timeline.Note(step, text, pause)]
    _, schedule, cues = told({"steps": 60}, {"notes": notes, "hold": (1.0, hold)})
    said = words(cues)
    assert 1 == sum(each.startswith("Step 60, the end.") for each in said)
    assert text == " ".join(each for each in said if each in text)
    assert all(one.end <= other.start for one, other in itertools.pairwise(cues))
    assert cues[-1].end == schedule.seconds


def test_a_note_at_the_last_step_is_told_before_the_end():
    said = words(told(*RACES["a note at each end"])[2])
    assert said.index("Arrived") == len(said) - 3
    assert said[-2].startswith("Step 200, the end.")


def test_marks_of_webvtt_in_a_label_are_words():
    _, _, cues = told({"optimizers": ["sgd:label=a<b> & c --> d", "adam"]}, {})
    assert "a&lt;b&gt; &amp; c --&gt; d" in webvtt.vtt(cues)
    assert "a<b> & c --> d" in " ".join(" ".join(lines) for _, _, lines in parsed(webvtt.vtt(cues)))


def test_times_go_past_an_hour_and_never_before_their_frame():
    cue = webvtt.Cue(Fraction(1001, 30000), Fraction(3661), ("x",))
    assert "00:00:00.034 --> 01:01:01.000\nx\n" in webvtt.vtt([cue])


QUICK: dict[str, Any] = {"size": (240, 240), "fps": 10, "duration": 0.5, "hold": (0.2, 0.3)}


def test_texts_stand_beside_the_files_and_are_told_of(tmp_path):
    names = [tmp_path / name for name in ("race.mp4", "race.png", "last.png")]
    written = optirace.render(optirace.race(steps=40), *names, captions=True, alt=True, **QUICK)
    texts = ["race.vtt", "race.alt.txt", "race.still.alt.txt", "last.still.alt.txt"]
    assert ["race.mp4", "race.png", "last.png", *texts] == [file.path.name for file in written]
    assert [0, 0, 0, 0] == [file.frames for file in written[3:]]
    for file in written:
        assert hashlib.sha256(file.path.read_bytes()).hexdigest() == file.sha256
        assert file.path.stat().st_size == file.bytes
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        file.path.name for file in written
    )
    assert parsed((tmp_path / "race.vtt").read_text(encoding="utf-8"))
    assert (
        (tmp_path / "race.alt.txt").read_text().startswith("Animation, 1 second: the 4 optimizers")
    )
    for name in ("race", "last"):
        told = (tmp_path / f"{name}.still.alt.txt").read_text()
        assert told.startswith("Still of step 40 of 40: the 4 optimizers")


KINDS = {
    ".mp4": True,
    ".gif": True,
    ".webm": True,
    ".webp": True,
    ".apng": True,
    "/": True,
    ".png": False,
    ".svg": False,
    ".pdf": False,
}
"""What films each suffix stands for, and what stills."""


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "a.still", "race"]), st.sampled_from(list(KINDS))),
        unique=True,
        min_size=1,
    )
)
def test_each_kind_of_each_name_has_words_of_its_own(files):
    paths = [f"{stem}{suffix}" for stem, suffix in files]
    try:
        texts = sidecars.texts(
            [*map(outputs.output, paths)], captions=False, alt=True, is_written=False
        )
    except InvalidValueError as problem:
        assert "a.still" in str(problem)  # a film of that name and a still of a
        return
    for stem, suffix in files:
        (own,) = [
            text
            for text in texts
            if text.path.name == f"{stem}{'' if KINDS[suffix] else '.still'}.alt.txt"
        ]
        assert own.is_of_film is KINDS[suffix]
    assert len(texts) == len({(stem, KINDS[suffix]) for stem, suffix in files})


@pytest.mark.parametrize("animate", [False, True])
def test_a_picture_has_the_words_of_what_it_is(tmp_path, animate):
    optirace.render(optirace.race(steps=40), tmp_path / "a.png", alt=True, animate=animate, **QUICK)
    (told,) = tmp_path.glob("*.alt.txt")
    assert ("a.alt.txt" if animate else "a.still.alt.txt") == told.name
    assert told.read_text().startswith(
        "Animation, 1 second: " if animate else "Still of step 40 of 40: "
    )
    said = optirace.snippet(tmp_path / "a.png", "markdown")
    assert ("Animation, 1 second:" in said) is animate
    assert ("Still of step 40 of 40:" in said) is not animate


@pytest.mark.parametrize(
    "names", [["race.png"], ["race.png", "race.mp4"], ["race.svg", "race.png", "race.gif"]]
)
def test_a_strip_and_the_still_of_a_step_are_told_as_what_they_show(tmp_path, names):
    paths = [tmp_path / name for name in names]
    optirace.render(optirace.race(steps=40), *paths, alt=True, strip=(0, 5, 30), **QUICK)
    told = (tmp_path / "race.still.alt.txt").read_text()
    assert told.startswith(
        "Strip of 3 panels, from left to right step 0, 5 and 30 of 40: the 4 optimizers"
    )
    assert "over its contour lines during 30 steps" in told
    optirace.render(optirace.race(steps=40), *paths, alt=True, at=7, **QUICK)
    assert (
        (tmp_path / "race.still.alt.txt")
        .read_text()
        .startswith("Still of step 7 of 40: the 4 optimizers")
    )
    assert (tmp_path / "race.alt.txt").exists() is (len(names) > 1)


def test_without_the_options_there_are_no_texts(tmp_path):
    optirace.render(optirace.race(steps=40), tmp_path / "race.png", **QUICK)
    assert ["race.png"] == [path.name for path in tmp_path.iterdir()]


def test_a_still_has_no_captions():
    with pytest.raises(
        InvalidValueError, match=r"^captions: need a film; add one, such as -o race\.mp4$"
    ):
        sidecars.texts([outputs.output("race.png")], captions=True, alt=False)


def test_a_place_that_takes_no_text_is_refused_before_any_work(tmp_path):
    (tmp_path / "race.vtt").mkdir()
    (tmp_path / "race.gif").write_text("earlier")
    with pytest.raises(InvalidValueError, match=r"race\.vtt: is a folder"):
        optirace.render(optirace.race(steps=40), tmp_path / "race.gif", captions=True, **QUICK)
    assert "earlier" == (tmp_path / "race.gif").read_text()


def test_a_text_that_cannot_be_written_leaves_the_earlier_one(tmp_path):
    place = tmp_path / "race.vtt"
    place.write_text("earlier")
    with sidecars.page(place, "later") as page:
        draft = next(path for path in tmp_path.iterdir() if path != place)
        draft.unlink()
        draft.mkdir()
        with pytest.raises(OutputError, match="is a directory"):
            page.finish()
        draft.rmdir()
    assert "earlier" == place.read_text()
    assert [place] == list(tmp_path.iterdir())


def test_the_command_names_the_texts_and_counts_them_among_the_files(tmp_path):
    quick = ["--size", "240x240", "--duration", "0.3", "--hold", "0"]
    command = [
        sys.executable,
        "-m",
        "optirace",
        "render",
        "-o",
        "race.gif",
        "--captions",
        "--alt",
        *quick,
    ]
    planned = subprocess.run(
        [*command, "--dry-run"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert ["race.vtt: captions in WebVTT", "race.alt.txt: alt text"] == planned.splitlines()[1:]
    assert [] == list(tmp_path.iterdir())
    done = subprocess.run(
        [*command, "--json"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    files = json.loads(done.stdout)["files"]
    assert ["race.gif", "race.vtt", "race.alt.txt"] == [file["path"] for file in files]
    assert [None, None] == [file["frames"] for file in files[1:]]
    assert ["race.gif", "race.vtt", "race.alt.txt"] == [
        line.split()[0] for line in done.stderr.splitlines()
    ]


def test_kept_texts_are_checked_with_their_film(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [
        "render",
        "-o",
        "race.gif",
        "--captions",
        "--alt",
        "--size",
        "240x240",
        "--duration",
        "0.3",
        "--quiet",
    ]
    assert 0 == cli.main(words)
    assert 0 == cli.main([*words, "--check"])
    (tmp_path / "race.vtt").write_text("WEBVTT\n")
    (tmp_path / "race.alt.txt").unlink()
    assert 4 == cli.main([*words[:-1], "--check"])
    told = capsys.readouterr().out.splitlines()
    assert [
        "race.gif: unchanged",
        "race.vtt: its words differ",
        "race.alt.txt: does not exist",
    ] == told
