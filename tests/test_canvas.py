"""What is painted, probed pixel by pixel."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

import optirace
from optirace.drawing import layout, picture
from optirace.drawing.board import loss_text
from optirace.drawing.picture import Moment
from optirace.drawing.raster import Canvas, glyphs, rasterize, sprites
from optirace.drawing.raster.backdrop import shade
from optirace.drawing.raster.tail import Tail
from optirace.drawing.scales import nice_ticks
from optirace.look import fonts, geometry, timeline
from optirace.look.themes import MARKERS, THEMES, Style
from optirace.output import film
from optirace.surfaces import SURFACES

SMALL = Style(width=480, height=270)


@pytest.fixture(scope="module")
def lecture():
    return optirace.race()


def painted(result, style, step):
    return Canvas(result, style).paint(film.still(result, step)).pixels[..., :3].astype(int)


def rgb(colour):
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])


def place(result, style, point):
    """Return the pixel of a point of the surface, by the axes' own definition."""
    box = layout.arrange(style.width, style.height, len(result.race.racers)).surface
    x0, x1, y0, y1 = result.view
    return (
        box.x0 + (point[0] - x0) / (x1 - x0) * box.width,
        box.y1 - (point[1] - y0) / (y1 - y0) * box.height,
    )


def test_painting_in_pieces_equals_painting_at_once(lecture):
    for end in (4, 9, 40, 200):
        pieces = Canvas(lecture, SMALL)
        for position in [*np.linspace(0, end, 7)[:-1], float(end)]:
            shown = int(position)
            frame = pieces.paint(Moment(float(position), shown, film.still(lecture, shown).places))
        at_once = Canvas(lecture, SMALL).paint(film.still(lecture, end))
        assert at_once.pixels.tobytes() == frame.pixels.tobytes()


def test_what_a_frame_does_not_call_changed_is_as_it_was(lecture):
    style = Style(width=854, height=480)
    page = Canvas(lecture, style)
    before = None
    for moment in itertools.islice(film.moments(lecture, timeline.schedule(200, speed=6)), 25, 90):
        frame = page.paint(moment)
        now = frame.packed.copy()
        if before is not None:
            per_row = now.shape[1] // 16
            rows, columns = np.nonzero(now != before)
            cells = np.unique(rows // 2 * per_row + columns // 16)
            assert np.isin(cells, frame.changed).all()
            assert (np.diff(frame.changed) > 0).all()
        else:
            assert now.size // 32 == len(frame.changed)
        before = now


def test_the_same_moment_again_changes_nothing(lecture):
    page = Canvas(lecture, SMALL)
    page.paint(film.still(lecture, 30))
    assert 0 == len(page.paint(film.still(lecture, 30)).changed)


def test_a_canvas_does_not_go_back(lecture):
    page = Canvas(lecture, SMALL)
    page.paint(film.still(lecture, 30))
    with pytest.raises(ValueError, match="lies before"):
        page.paint(film.still(lecture, 29))


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("size", [(1280, 720), (960, 720), (720, 720), (720, 1280)])
@pytest.mark.parametrize("step", [12, 34, 60])
def test_each_marker_is_where_its_racer_is_in_its_colour(lecture, theme, size, step):
    style = Style(width=size[0], height=size[1], theme=theme)
    pixels = painted(lecture, style, step)
    spots = {
        each.racer.style: place(lecture, style, each.points[step]) for each in lecture.trajectories
    }
    for index, (x, y) in spots.items():
        if any(np.hypot(x - u, y - v) < 25 for other, (u, v) in spots.items() if other != index):
            continue
        seen = pixels[int(y), int(x)]
        far = [np.abs(seen - rgb(colour)).sum() for colour in theme.racers[:4]]
        assert index == int(np.argmin(far))
        assert far[index] <= 6


def test_a_tail_is_bright_and_what_is_older_is_faded(lecture):
    style = Style()
    pixels = painted(lecture, style, 60)
    momentum = lecture.trajectories[1]
    colour, deep = rgb(style.theme.racers[1]), rgb(style.theme.high)

    def share(step):
        points = (momentum.points[step] + momentum.points[step + 1]) / 2
        x, y = place(lecture, style, points)
        near = pixels[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].reshape(-1, 3)
        return max(1 - np.abs(each - colour).sum() / np.abs(deep - colour).sum() for each in near)

    assert share(52) > 0.95
    assert 0.2 < share(3) < 0.75


def test_a_racer_that_bounces_for_ever_is_no_darker_than_one_that_passed_once():
    result = optirace.race(optimizers=["sgd"], steps=300)
    style = Style()
    pixels = painted(result, style, 300)
    x, y = place(result, style, (-3.2, 0.0))
    box = layout.arrange(1280, 720, 1).surface
    far_right = pixels[box.y0 + 5, box.x1 - 5]
    assert np.abs(pixels[int(y), int(x)] - rgb(style.theme.racers[0])).sum() > 60
    assert np.abs(far_right - rgb(style.theme.racers[0])).sum() > 200


def test_the_minimum_shows_through_any_trail(lecture):
    style = Style()
    x, y = place(lecture, style, (0.0, 0.0))
    pixels = painted(lecture, style, 34)
    assert np.abs(pixels[int(y), int(x)] - rgb(style.theme.text)).sum() < 20


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_painted_pixel_is_opaque_as_the_sinks_rely_on(theme):
    result = optirace.race(lr=0.11)
    schedule = timeline.schedule(
        200, duration=1.0, fps=Fraction(30), notes=[timeline.Note(step=100, text="away", hold=0.1)]
    )
    film_canvas = Canvas(result, Style(width=484, height=270, theme=theme))
    for moment in film.moments(result, schedule):
        assert (film_canvas.paint(moment).packed >> 24 == 255).all()


def test_a_minimum_on_the_edge_of_the_view_is_whole_and_one_beyond_it_is_not_shown():
    style, box = Style(), layout.arrange(1280, 720, 4).surface
    for x1, is_shown in ((512.0, True), (511.0, False)):
        result = optirace.race(surface="eggholder", view=(-512.0, x1, -512.0, 512.0), steps=2)
        x, y = place(result, style, (512.0, 404.231805))
        star = painted(result, style, 2)[round(y) - 3 : round(y) + 4, box.x1 + 1 : round(x) + 6]
        assert is_shown == bool((np.abs(star - rgb(style.theme.text)).sum(axis=2) < 60).any())


@pytest.mark.parametrize(
    ("words", "name"),
    [({"surface": "saddle"}, "lowest seen"), ({"surface": "mccormick"}, "minimum")],
)
def test_the_chart_says_above_what_losses_are_shown(words, name):
    assert f"loss \N{MINUS SIGN} {name}" == picture.chart_name(optirace.race(steps=3, **words))
    assert "loss" == picture.chart_name(optirace.race(steps=3))


def test_a_racer_that_leaves_the_view_is_marked_at_the_edge():
    result = optirace.race(lr=0.11, optimizers=["sgd"])
    style = Style()
    x0, x1, _, y1 = result.view
    step = next(step for step, point in enumerate(result.trajectories[0].points) if point[1] > y1)
    pixels = painted(result, style, step)
    box = layout.arrange(1280, 720, 1).surface
    x, _ = place(result, style, result.trajectories[0].points[step])
    edge = pixels[box.y0 : box.y0 + 14, int(x) - 5 : int(x) + 6].reshape(-1, 3)
    assert np.abs(edge - rgb(style.theme.racers[0])).sum(axis=1).min() <= 6
    above = pixels[: box.y0 - 1, int(x) - 5 : int(x) + 6].reshape(-1, 3)
    assert np.abs(above - rgb(style.theme.racers[0])).sum(axis=1).min() > 100
    assert x0 < result.trajectories[0].points[step, 0] < x1


def test_arrows_are_for_momentum_for_all_or_for_none(lecture):
    kinds = {
        arrows: painted(lecture, Style(arrows=arrows), 8).tobytes()
        for arrows in (None, True, False)
    }
    assert 3 == len(set(kinds.values()))


def test_the_film_does_not_tell_the_end(lecture):
    other = optirace.race(steps=200, optimizers=["sgd", "momentum", "rmsprop", "adam"], tol=1e-3)
    short = optirace.race(steps=200, optimizers=["sgd", "momentum", "rmsprop", "adam:label=Adam"])
    assert painted(other, SMALL, 20).tobytes() == painted(short, SMALL, 20).tobytes()
    early, late = painted(lecture, Style(), 10), painted(lecture, Style(), 200)
    box = layout.arrange(1280, 720, 4).board
    quiet = rgb(Style().theme.quiet)
    notes = [
        (np.abs(shot[box.y0 : box.y1, box.x0 : box.x1] - quiet).sum(axis=2) < 12).sum()
        for shot in (early, late)
    ]
    assert notes[0] < notes[1] / 10


@pytest.mark.parametrize("racers", [1, 4, 12])
@pytest.mark.parametrize(
    "size",
    [
        (480, 270),
        (1280, 720),
        (3840, 2160),
        (960, 720),
        (640, 480),
        (720, 720),
        (2160, 2160),
        (270, 480),
        (2160, 3840),
    ],
)
def test_nothing_overlaps_or_is_clipped(size, racers):
    width, height = size
    told = layout.arrange(width, height, racers)
    boxes = {
        name: getattr(told, name)
        for name in ("title", "formula", "counter", "surface", "board", "chart", "progress")
    }
    for name, box in boxes.items():
        assert 0 <= box.x0 < box.x1 <= width, name
        assert 0 <= box.y0 < box.y1 <= height, name
    for (one, a), (two, b) in itertools.combinations(boxes.items(), 2):
        assert a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0, (one, two)
    assert told.row * racers <= told.board.height + 1
    assert min(told.surface.width, told.surface.height) >= 0.25 * min(width, height)
    assert told.chart.height >= 80 * told.unit


@pytest.mark.parametrize("size", [(480, 270), (720, 720), (270, 480)])
def test_twelve_racers_with_long_labels_stay_in_their_places(size):
    result = optirace.race(
        optimizers=[f"adam:lr=1e-{index},label={'W' * 28}{index:02}" for index in range(12)],
        steps=30,
        start=(-5, 3),
    )
    style = Style(width=size[0], height=size[1])
    pixels = painted(result, style, 30)
    told = layout.arrange(size[0], size[1], 12)
    ink_on = np.abs(pixels - rgb(style.theme.paper)).sum(axis=2) > 40
    board = told.board
    assert not ink_on[board.y0 : board.y1, board.x1 : board.x1 + max(1, int(8 * told.unit))].any()
    # The name ends before the digits begin.
    for row in range(12):
        top = board.y0 + round(row * told.row)
        line = ink_on[top : top + int(told.row), board.x0 : board.x1].any(axis=0)
        runs = np.flatnonzero(np.diff(np.flatnonzero(~line)) > 1)
        assert len(runs) >= 2


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (90.0, "90.000"),
        (0.0, "0.000"),
        (1.7e-29, "1.70e-29"),
        (-1.0316285, "-1.032"),
        (1e300, "1.00e+300"),
        (-1e-300, "-1.00e-300"),
        (float("inf"), "-"),
    ],
)
def test_a_loss_is_short(loss, text):
    assert text == loss_text(loss)
    assert len(text) <= 10


def test_a_line_covers_what_its_width_says():
    buffer = 64 * 64
    starts, ends = np.array([[10.0, 32.0]]), np.array([[50.0, 32.0]])
    (stroke,) = rasterize.strokes(starts, ends, 4.5, np.array([[0, 0, 64, 64]]), 64)
    mask = np.zeros(buffer)
    mask[stroke.index] = rasterize.profile(4.5, 2.0).take(stroke.nearness) / 255.0
    area = 40 * 4 + np.pi * 4
    assert area == pytest.approx(mask.sum(), rel=0.03)
    assert len(set(stroke.index)) == len(stroke.index)


@pytest.mark.parametrize("angle", np.linspace(0, 2 * np.pi, 13))
def test_a_line_is_as_heavy_in_every_direction(angle):
    way = np.array([np.cos(angle), np.sin(angle)]) * 20.0
    middle = np.array([32.3, 31.7])
    (stroke,) = rasterize.strokes(
        (middle - way)[None], (middle + way)[None], 4.5, np.array([[0, 0, 64, 64]]), 64
    )
    mass = rasterize.profile(4.5, 2.0).take(stroke.nearness).sum() / 255.0
    assert 40 * 4 + np.pi * 4 == pytest.approx(mass, rel=0.03)


def test_lines_far_away_cost_nothing_and_lines_through_the_view_are_cut():
    box = np.array([[8, 8, 56, 56]] * 4)
    starts = np.array([[-1e7, -1e7], [32.0, -1e7], [1e7, 20.0], [70.0, 70.0]])
    ends = np.array([[-1e7, 1e7], [32.0, 1e7], [1e7, 20.0], [1e7, 1e7]])
    away, through, point, beyond = rasterize.strokes(starts, ends, 3.0, box, 64)
    assert (0, 0, 0) == (len(away.index), len(point.index), len(beyond.index))
    rows = through.index // 64
    assert (8, 55) == (rows.min(), rows.max())


def test_strokes_measured_together_equal_strokes_measured_alone():
    generator = np.random.default_rng(3)
    starts, ends = generator.uniform(-20, 90, (2, 40, 2))
    box = np.array([[0, 0, 64, 64]])
    together = rasterize.strokes(starts, ends, 3.0, np.repeat(box, 40, axis=0), 64)
    for start, end, stroke in zip(starts, ends, together, strict=True):
        (alone,) = rasterize.strokes(start[None], end[None], 3.0, box, 64)
        assert sorted(zip(alone.index, alone.nearness, strict=True)) == sorted(
            zip(stroke.index, stroke.nearness, strict=True)
        )


def test_merging_strokes_is_the_nearest_of_them_and_leaves_a_blank_sheet():
    merger = rasterize.Merger(64 * 64)
    box = np.array([[0, 0, 64, 64]] * 2)
    one, two = rasterize.strokes(
        np.array([[5.0, 5.0], [5.0, 50.0]]), np.array([[50.0, 50.0], [50.0, 5.0]]), 3.0, box, 64
    )
    both = merger.merge([one, two])
    expected = np.zeros(64 * 64, np.uint8)
    np.maximum.at(expected, one.index, one.nearness)
    np.maximum.at(expected, two.index, two.nearness)
    assert expected.reshape(-1, 16)[both.rows].tobytes() == both.nearness.tobytes()
    assert expected.sum() == both.nearness.view(np.uint8).sum(dtype=np.int64)
    again = merger.merge([two, one])
    assert both.nearness.tobytes() == again.nearness.tobytes()
    assert 0 == len(merger.merge([]).rows)


def test_a_tail_is_the_union_of_its_last_strokes_however_they_came():
    generator = np.random.default_rng(11)
    points = np.concatenate(
        [
            generator.uniform(2, 62, (14, 2)),
            [[32, 5], [32, 60]] * 12,
            generator.uniform(2, 62, (9, 2)),
        ]
    )
    boxes = np.repeat([[0, 0, 64, 64]], len(points) - 1, axis=0)
    strokes = list(rasterize.strokes(points[:-1], points[1:], 3.0, boxes, 64))
    tail, shown = Tail(64 * 64, 6), np.zeros(64 * 64, np.uint8)
    done = 0
    for count in (1, 1, 3, 6, 1, 9, 1, 1, 1, 1, 1, 1, 1, 2, 14, 1):
        changed = tail.extend(strokes[done : done + count])
        done += count
        expected = np.zeros(64 * 64, np.uint8)
        for stroke in strokes[max(0, done - 6) : done]:
            np.maximum.at(expected, stroke.index, stroke.nearness)
        assert expected.tobytes() == tail.near.tobytes()
        shown[changed] = tail.near[changed]
        assert expected.tobytes() == shown.tobytes()


def test_a_tail_that_bounces_on_one_line_changes_nothing():
    ends = np.array([[32.0, 5.0], [32.0, 60.0]] * 8)
    strokes = list(
        rasterize.strokes(ends[:-1], ends[1:], 3.0, np.repeat([[0, 0, 64, 64]], 15, axis=0), 64)
    )
    tail = Tail(64 * 64, 6)
    assert len(tail.extend(strokes[:8])) > 100
    assert 0 == len(tail.extend(strokes[8:9]))


@pytest.mark.parametrize("coverage", [0, 1, 127, 128, 254, 255])
def test_blending_is_exact_to_half_a_unit(coverage):
    generator = np.random.default_rng(5)
    under = generator.integers(0, 2**24, 4000, dtype=np.uint32) | np.uint32(0xFF000000)
    mixed = rasterize.over(under, rasterize.packed("#7b3fc4"), np.full(4000, coverage, np.uint8))
    a, b = (each.view(np.uint8).reshape(-1, 4)[:, :3].astype(float) for each in (under, mixed))
    expected = a + (rgb("#7b3fc4") - a) * coverage / 255.0
    assert np.abs(expected - b).max() < 1.6
    assert (mixed >> 24 == 255).all()


@pytest.mark.parametrize("name", [*MARKERS, "star", "ring"])
def test_a_marker_is_of_one_piece_and_centred(name):
    sprite = sprites.shape(name, 10.0, 2.0, ("#000000", "#ffffff"), (16.5, 16.5), 64)
    rows, columns = np.divmod(sprite.offsets, 64)
    assert 0 < rows.min()
    assert rows.max() < sprite.height
    assert abs(columns.mean() - 16.0) < 2.0
    assert abs(rows.mean() - 16.0) < 2.0
    assert sprite.rest.min() == 0


def test_a_marker_between_pixels_moves_with_its_place():
    marker = sprites.Marker("circle", 6.0, 1.0, ("#ff0000", "#000000"))
    centres = []
    for x in (30.0, 30.5, 31.0):
        page = np.full((64, 64), rasterize.packed("#000000"), np.uint32)
        marker.stamp(page, x, 32.0, geometry.Box(0, 0, 64, 64))
        red = (page & 0xFF).astype(float)
        centres.append((red.sum(axis=0) * (np.arange(64) + 0.5)).sum() / red.sum())
    assert [30.0, 30.5, 31.0] == pytest.approx(centres, abs=0.06)


@pytest.mark.parametrize(
    ("low", "high"), [(-6.0, 3.0), (0.0, 200.0), (0.0, 1e6), (-1e-3, 2e-3), (0.0, 7.0)]
)
def test_ticks_are_round_and_few(low, high):
    ticks = nice_ticks(low, high, 6)
    assert 2 <= len(ticks) <= 6
    assert low - 1e-9 <= ticks[0] < ticks[-1] <= high + 1e-9
    assert 1 == len({round(b - a, 9) for a, b in itertools.pairwise(ticks)})


def test_the_surface_gets_lighter_towards_its_minimum_and_holes_show_paper():
    theme = THEMES["light"]
    bowl = SURFACES["bowl"]
    page = (
        shade(bowl, bowl.view, 300, 200, theme, 1.0, floor=0.0)
        .view(np.uint8)
        .reshape(200, 300, 4)[..., :3]
        .astype(int)
    )
    assert page[100, 200].sum() > page[100, 100].sum() > page[2, 2].sum()
    assert np.abs(page[2, 2] - rgb(theme.high)).max() <= 12


def test_the_view_holds_the_start_and_all_that_stays_near():
    result = optirace.race(start=(-20.0, 9.0))
    x0, x1, y0, y1 = result.view
    assert x0 < -20.0 < x1
    assert y0 < 9.0 < y1
    assert SURFACES["bowl"].view == pytest.approx(optirace.race().view)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 720), (960, 720), (720, 720), (720, 1280)])
def test_a_tall_formula_stays_between_the_title_and_the_surface(size):
    style = Style(width=size[0], height=size[1])
    arranged = layout.arrange(size[0], size[1], 4)
    top, bottom = arranged.formula.y0 - 5 * arranged.unit, arranged.surface.y0
    assert top >= arranged.title.y1 - 9 * arranged.unit
    pictures = {}
    for formula in ("x^2", "sqrt((x^2+y^2)/(1+sqrt(1+(x/2)^2)))+1/(1+1/(2+x^2))"):
        result = optirace.race(
            surface=formula, optimizers=["adam"], steps=9, view=(-6.0, 6.0, -4.0, 4.0)
        )
        pictures[formula] = (
            Canvas(result, style)
            .paint(film.still(result, 9))
            .packed[: arranged.surface.y0, : arranged.surface.x1]
        )
    plain, tall = pictures.values()
    rows = np.flatnonzero((plain != tall).any(axis=1))
    assert top - 1 <= rows[0] < rows[-1] < bottom


def test_words_are_shortened_only_when_they_must_be():
    wide, narrow = (glyphs.fitted("Optimization", fonts.SANS, 20, width) for width in (500, 60))
    assert wide.width > 100
    assert 30 < narrow.width <= 60


def test_a_character_without_a_glyph_is_no_warning():
    assert glyphs.text("\N{GRINNING FACE} ok", fonts.SANS, 20).width > 20
