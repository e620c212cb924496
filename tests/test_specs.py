"""Words become values, or one line that says why not."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optirace import optimizers
from optirace.errors import InvalidValueError
from optirace.settings import specs, values

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite)
def test_every_finite_number_is_read_back_exactly(value):
    assert value == values.number("--lr", repr(value))


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-inf", "1e400", "-1e400", "", "x", "1_000", "0x10", "1,5", "٣x"]
)
def test_what_is_not_a_finite_number_is_refused(text):
    with pytest.raises(InvalidValueError, match=r"^--lr .*: must be a finite number"):
        values.number("--lr", text)


@given(st.text())
def test_no_text_breaks_a_parser(text):
    for parse in (values.number, values.whole, values.pair, values.hold, values.rate, values.size):
        try:
            parse("--option", text)
        except InvalidValueError as problem:
            assert 1 == len(str(problem).splitlines())


@given(st.text())
def test_no_text_breaks_the_racers_parser(text):
    for words in (text, f"adam:{text}", f"adam:lr={text}", f"adam:label={text}"):
        try:
            specs.racer(words)
        except InvalidValueError as problem:
            assert str(problem).startswith(("optimizer", "label"))


@pytest.mark.parametrize(
    "words", ["rmsprop:convention=outside", "rmsprop:eps=outside", " RMSprop : eps = outside "]
)
def test_the_form_of_a_rule_is_a_word(words):
    assert {"convention": "outside"} == specs.racer(words).hyper
    (racer,) = specs.race(texts=[words], shared={"eps": 1e-3}).racers
    assert optimizers.RMSProp(eps=1e-3, convention="outside") == racer.optimizer


def test_the_place_of_eps_and_its_size_are_two_settings():
    assert {"convention": "inside", "eps": 1e-3} == specs.racer("adagrad:eps=inside,eps=1e-3").hyper


@given(
    st.sampled_from(sorted(optimizers.OPTIMIZERS)),
    st.floats(0, 0.99),
    st.text("abcXYZ 0123", min_size=1, max_size=30),
)
def test_a_racer_is_read_as_it_was_written(name, value, label):
    label = label.strip() or "x"
    spec = specs.racer(f"{name}:lr={value!r},label={label}")
    assert (name, {"lr": value}, label) == (spec.rule, spec.hyper, spec.label)


@given(finite, finite)
def test_a_pair_is_read_as_it_was_written(x, y):
    assert (x, y) == values.pair("--start", f"{x!r},{y!r}")


@given(st.integers(120, 2048), st.integers(120, 2048))
def test_an_even_size_is_read_and_an_odd_one_gets_the_nearest(half_width, half_height):
    width, height = 2 * half_width, 2 * half_height
    assert (width, height) == values.size("--size", f"{width}x{height}")
    if width < 4096:
        with pytest.raises(InvalidValueError, match=f"the nearest is {width + 2}x{height}"):
            values.size("--size", f"{width + 1}x{height}")


@pytest.mark.parametrize(
    "text",
    [
        "1x1",
        "100000x100000",
        "640",
        "640x",
        "x480",
        "-640x480",
        "640x480x2",
        "641.5x480",
        "²40x480",
    ],
)
def test_a_size_that_cannot_be_is_refused(text):
    with pytest.raises(InvalidValueError, match="size"):
        values.size("--size", text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30", Fraction(30)),
        ("30000/1001", Fraction(30000, 1001)),
        ("29.97", Fraction(2997, 100)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_a_frame_rate_is_exact(text, rate):
    assert rate == values.rate("--fps", text)


def test_a_rate_over_zero_is_refused():
    with pytest.raises(InvalidValueError, match="divide by zero"):
        values.rate("--fps", "30/0")


@pytest.mark.parametrize(
    ("text", "hold"), [("2", (1.0, 2.0)), ("0,0", (0.0, 0.0)), ("0.5,3", (0.5, 3.0))]
)
def test_a_hold_is_the_end_or_both(text, hold):
    assert hold == values.hold("--hold", text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("adm", "unknown; did you mean adam, nadam or radam? see: optirace list optimizers"),
        ("", "unknown; see: optirace list optimizers"),
        ("adam:bta1=0.5", "did you mean adam:beta1=0.5?"),
        ("adam:lr", "must be key=value"),
        ("adam:lr=", "must be a finite number"),
        ("adam:lr=1,lr=2", "lr is given twice"),
        ("adam:label=a,label=b", "label is given twice"),
        ("adam:label=", "1 to 30 printable"),
        ("adam:label=" + 31 * "x", "1 to 30 printable"),
        ("sgd:beta=0.5", "must be one of lr, schedule, label"),
        ("adam:schedule=cosin", "did you mean cosine?"),
        (
            "rmsprop:convention=outsid",
            "convention 'outsid': unknown; did you mean outside? must be one of inside, outside",
        ),
        ("rmsprop:convention=1", "convention '1': unknown; must be one of inside, outside"),
        ("rmsprop:eps=outside,convention=inside", "convention is given twice"),
        (
            "rmsprop:eps=outsid",
            (
                "eps 'outsid': unknown; did you mean outside? must be one of inside, outside, "
                "or a number such as 1e-8"
            ),
        ),
        ("optax", "must be optax:NAME,key=value,... with a comma after the name"),
        (1000 * "x", f"optimizer '{57 * 'x'}...': unknown; see: optirace list optimizers"),
        ("adam:eps=outside", "eps 'outside': must be a finite number"),
        ("sgd:convention=hat", "must be one of lr, schedule, label"),
    ],
)
def test_a_mistyped_racer_is_told_what_is_allowed(text, message):
    with pytest.raises(InvalidValueError) as problem:
        specs.racer(text)
    assert message in str(problem.value)


@pytest.mark.parametrize(
    ("text", "shown"), [("bowll", "bowll"), ("5", "5"), ("", ""), (1000 * "z", 57 * "z" + "...")]
)
def test_a_word_that_is_no_surface_is_told_that_a_formula_would_be(text, shown):
    with pytest.raises(InvalidValueError) as problem:
        specs.surface(text)
    assert str(problem.value).startswith(f"surface {shown!r}: unknown; ")
    assert str(problem.value).endswith(
        "see: optirace list surfaces; or type a formula in x and y, such as x^2 + 10*y^2"
    )


def test_a_racers_own_value_beats_the_shared_one():
    race = specs.race(
        texts=["sgd", "adam:lr=0.3,beta1=0.8"], shared={"lr": 0.05, "beta1": 0.5, "beta": 0.7}
    )
    assert [optimizers.SGD(lr=0.05), optimizers.Adam(lr=0.3, beta1=0.8)] == [
        racer.optimizer for racer in race.racers
    ]


def test_racers_of_one_rule_get_labels_and_styles_of_their_own():
    race = specs.race(
        texts=["adam", "adam:lr=0.3", "adam", "sgd", "momentum:label=heavy"], shared={}
    )
    assert ["Adam", "Adam lr=0.3", "Adam 2", "SGD", "heavy"] == [
        racer.label for racer in race.racers
    ]
    assert [3, 2, 4, 0, 1] == [racer.style for racer in race.racers]


def test_a_convention_sets_forms_and_defaults_and_what_is_typed_wins():
    race = specs.race(
        texts=["rmsprop", "adam:lr=0.3", "rmsprop:eps=inside"],
        shared={"beta2": 0.9},
        convention="torch",
    )
    rules = [racer.optimizer for racer in race.racers]
    assert optimizers.RMSProp(lr=0.01, beta=0.99, convention="outside") == rules[0]
    assert optimizers.Adam(lr=0.3, beta2=0.9) == rules[1]
    assert optimizers.RMSProp(lr=0.01, beta=0.99) == rules[2]
    assert ["convention", "given", "convention"] == [racer.lr_from for racer in race.racers]


def test_a_rule_that_a_library_does_not_have_is_refused_with_those_that_do():
    with pytest.raises(
        InvalidValueError,
        match="torch does not have it; use --convention lecture or keras or optax",
    ):
        specs.race(texts=["lion"], shared={}, convention="torch")
    with pytest.raises(InvalidValueError, match="did you mean keras"):
        specs.race(shared={}, convention="kers")


def test_a_rule_takes_its_rate_from_its_kin_unless_the_surface_knows_better():
    rates = {"momentum": 0.2, "adam": 1.0}
    words = [
        "momentum",
        "momentum:convention=heavy-ball",
        "nesterov",
        "amsgrad",
        "lion",
        "heavy-ball:lr=3",
    ]
    found = specs.racers(map(specs.racer, words), {}, rates)
    assert [0.2, 0.02, 0.01, 1.0, 0.03, 3.0] == [each.optimizer.lr for each in found]
    assert ["surface"] * 4 + ["rule", "given"] == [each.lr_from for each in found]
    (known,) = specs.racers([specs.racer("nesterov")], {}, rates | {"nesterov": 0.7})
    assert 0.7 == known.optimizer.lr


def test_a_racers_own_schedule_beats_the_shared_one():
    race = specs.race(texts=["sgd", "adam:schedule=step:50:0.5"], shared={}, schedule="cosine")
    assert ["cosine", "step:50:0.5"] == [racer.schedule.text for racer in race.racers]
    assert {"lr": 0.1, "schedule": "cosine"} == race.racers[0].settings


def test_a_rule_wears_its_own_colour_whatever_the_order():
    race = specs.race(texts=["adam", "sgd"], shared={})
    assert [3, 0] == [racer.style for racer in race.racers]


def test_a_rule_past_the_twelfth_wears_the_next_free_colour():
    race = specs.race(texts=["lion", "sgd", "adan", "momentum", "rmsprop-momentum"], shared={})
    assert [2, 0, 3, 1, 8] == [racer.style for racer in race.racers]


@given(
    st.lists(
        st.sampled_from([*optimizers.OPTIMIZERS, "rmsprop:label=x", "adam:lr=1"]),
        min_size=1,
        max_size=12,
    )
)
def test_no_two_racers_look_or_read_alike(texts):
    racers = specs.race(texts=texts, shared={}).racers
    assert (
        len(texts)
        == len({racer.style for racer in racers})
        == len({racer.label for racer in racers})
    )
    assert all(len(racer.label) <= 30 for racer in racers)


@pytest.mark.parametrize(
    ("text", "is_geometric", "numbers"),
    [
        ("1e-3:1:4", True, (0.001, 0.01, 0.1, 1.0)),
        ("0:0.99:34", False, tuple(round(0.03 * step, 2) for step in range(34))),
        ("0.5, 0.1,0.2,0.1", True, (0.1, 0.2, 0.5)),
        ("0.9", False, (0.9,)),
    ],
)
def test_a_grid_is_read(text, is_geometric, numbers):
    assert numbers == values.grid("lr", text, is_geometric=is_geometric)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1:2",
            (
                "lr '1:2': must be FROM:TO:COUNT, such as 0.001:1:31, or numbers separated by "
                "commas; type 1:2:31"
            ),
        ),
        ("0:1:5", "lr '0:1:5': FROM must be less than TO and above 0"),
        ("2:1:5", "lr '2:1:5': FROM must be less than TO and above 0"),
        ("1:2:1", "lr '1:2:1': must be 2 to 1000000 numbers"),
        ("1:2:1000001", "lr '1:2:1000001': must be 2 to 1000000 numbers"),
        ("1:nan:5", "lr 'nan': must be a finite number such as 0.1"),
        ("0.1,,0.2", "lr '': must be a finite number such as 0.1"),
    ],
)
def test_a_grid_that_is_none_is_refused(text, message):
    with pytest.raises(InvalidValueError) as problem:
        values.grid("lr", text, is_geometric=True)
    assert message == str(problem.value)
