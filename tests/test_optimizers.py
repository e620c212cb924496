"""Every rule of the table keeps the contract, and makes the steps of its paper."""

import dataclasses
import itertools
import re
from typing import Any

import numpy as np
import pytest
from matplotlib import mathtext

import optirace
from optirace import optimizers
from optirace.errors import InvalidValueError
from optirace.numerics import correctly_rounded as exact
from optirace.optimizers import OPTIMIZERS, moments
from optirace.surfaces import SURFACES
from optirace.text import explanation

START = np.array([-5.0, 3.0])
FIRST = {
    # On the bowl, where the gradient at (-5, 3) is (-10, 60).
    "sgd": (-4.0, -3.0),  # -5 + 0.1*10, 3 - 0.1*60
    "momentum": (-4.9, 2.4),  # v = g/10
    "rmsprop": (-5 + 0.1 / 0.1**0.5, 3 - 0.1 / 0.1**0.5),  # s = g^2/10
    "adam": (-4.9, 2.9),  # mhat/sqrt(vhat) = sign(g)
    "heavy-ball": (-4.9, 2.4),  # 0.01*g
    "nesterov": (-4.81, 1.86),  # 0.01*(g + 0.9*g)
    "adagrad": (-4.9, 2.9),  # a = g^2
    "adadelta": (-5 + 1e-3 / 0.1**0.5, 3 - 1e-3 / 0.1**0.5),  # sqrt(eps)/sqrt(g^2/10)*g
    "rmsprop-momentum": (-5 + 0.01 / 0.1**0.5, 3 - 0.01 / 0.1**0.5),  # b = g/sqrt(g^2/10)
    "rmsprop-centered": (-5 + 0.01 / 0.3, 3 - 0.01 / 0.3),  # g^2/10 - (g/10)^2 = 0.09*g^2
    "adamax": (-4.9, 2.9),  # u = abs(g)
    "nadam": (
        -5 + 0.105645178,
        3 - 0.105645178,
    ),  # mhat = g + mu_2*g/10/(1-mu_1*mu_2), mu_1, mu_2 = 0.45007347, 0.45014694
    "radam": (-4.0, -3.0),  # mhat = g, not scaled yet
    "adamw": (-4.9 + 0.1 * 0.01 * -5 * -1, 2.9 - 0.1 * 0.01 * 3),
    "amsgrad": (-4.9, 2.9),
    "adabelief": (-5 + 0.1 / 0.9, 3 - 0.1 / 0.9),  # shat = (g - g/10)^2
    "yogi": (-4.90001059, 2.90000167),  # mhat = g + 9e-6, vhat = g^2 + 1e-3
    "lion": (-4.97, 2.97),
    "signum": (-4.97, 2.97),
    "rprop": (-4.9, 2.9),
    "qhm": (-5 + 0.1 * 10 * 0.3007, 3 - 0.1 * 60 * 0.3007),  # 0.3 + 0.7*0.001
    "qhadam": (-4.9, 2.9),
    "adan": (-4.9, 2.9),
}


def fields(name):
    return {field.name: field.metadata for field in dataclasses.fields(OPTIMIZERS[name])}


def forms(name):
    return fields(name).get("convention", {}).get("choices", ())


def every_form(name):
    """Return the words of a rule for each of its forms, wherever its learning rate stands."""
    choices = {key: told["choices"] for key, told in fields(name).items() if "choices" in told}
    return [
        dict(zip(choices, words, strict=True)) for words in itertools.product(*choices.values())
    ]


RULES = [(name, words) for name in OPTIMIZERS for words in every_form(name)]
NUMBERS = [
    (name, key)
    for name in OPTIMIZERS
    for key, told in fields(name).items()
    if "choices" not in told
]


def slope(theta):
    return np.stack(SURFACES["bowl"].gradient(theta[..., 0], theta[..., 1]), axis=-1)


def path(rule, steps=60, start=START):
    """Return the points of a rule on the bowl, float64[steps + 1, ..., 2]."""
    points, state = [start], rule.init(start)
    for _ in range(steps):
        step, state = rule.update(slope(points[-1]), state)
        points.append(points[-1] - step)
    return np.array(points)


def make(name, **hyper):
    return OPTIMIZERS[name](**hyper)


def test_the_four_of_the_lecture_come_first():
    assert ["sgd", "momentum", "rmsprop", "adam"] == list(OPTIMIZERS)[:4]
    assert (
        23
        == len(OPTIMIZERS)
        == len(set(OPTIMIZERS.values()))
        == len({rule.label for rule in OPTIMIZERS.values()})
    )
    assert "muon" not in OPTIMIZERS


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rule_says_what_it_is(name):
    rule = OPTIMIZERS[name]
    assert name == rule.name
    mathtext.MathTextParser("path").parse(f"${rule.formula}$")
    assert re.search(r", (19|20)\d\d$", rule.source)
    assert rule.source.split(",")[0].split(" et al.")[0] in rule.__doc__.replace("\n    ", " ")
    assert rule.lesson.endswith(".")
    assert len(rule.lesson) <= 110
    assert rule.momentum is None or hasattr(rule().init(START), rule.momentum)
    assert rule.momentum or not rule.is_velocity


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_first_step_is_the_one_worked_by_hand(name):
    assert FIRST[name] == pytest.approx(path(make(name), 1)[1], abs=2e-8)


@pytest.mark.parametrize(("name", "hyper"), RULES)
def test_the_same_race_twice_gives_the_same_bits(name, hyper):
    assert path(make(name, **hyper)).tobytes() == path(make(name, **hyper)).tobytes()


@pytest.mark.parametrize(("name", "hyper"), RULES)
def test_a_rule_leaves_its_arguments_alone_and_runs_on_batches(name, hyper):
    rule = make(name, **hyper)
    batch = np.array([[-5.0, 3.0], [1.0, -0.5], [0.25, 8.0]])
    kept_batch = batch.copy()
    state, alone = rule.init(batch), [rule.init(row) for row in batch]
    for scale in (1.0, -0.5, 0.1, 2.0, 1.0, 1.0, -1.0):
        gradient = slope(batch) * scale
        kept, before = gradient.copy(), [np.array(letter) for letter in state]
        was = state
        step, state = rule.update(gradient, state)
        assert kept.tobytes() == gradient.tobytes()
        assert [each.tobytes() for each in before] == [np.array(letter).tobytes() for letter in was]
        for row in range(len(batch)):
            single, alone[row] = rule.update(gradient[row], alone[row])
            assert single.tobytes() == step[row].tobytes()
    assert kept_batch.tobytes() == batch.tobytes()


@pytest.mark.parametrize(("name", "hyper"), RULES)
def test_a_rule_is_made_of_ufuncs_that_every_machine_rounds_alike(name, hyper):
    rule = make(name, **hyper)
    plain = traced = rule.init(START)
    for scale in (1.0, -0.5, 0.1, 2.0, 1.0, 1.0, -1.0):
        step, plain = rule.update(slope(START) * scale, plain)
        told, traced = rule.update(exact.Exact(slope(START) * scale), traced)
        assert step.tobytes() == told.value.tobytes()


@pytest.mark.parametrize(("name", "key"), NUMBERS)
def test_a_sweep_of_a_hyper_parameter_equals_its_values_one_by_one(name, key):
    usual = getattr(make(name), key)
    values = [usual * share for share in (1.0, 0.5)] if usual else [0.0, 0.25]
    values = [max(value, fields(name)[key]["least"]) for value in values]
    for form in forms(name) or (None,):
        hyper = {"convention": form} if form else {}
        together = path(
            make(name, **{key: np.array(values)[:, None]}, **hyper), 12, np.tile(START, (2, 1))
        )
        for row, value in enumerate(values):
            assert (
                path(make(name, **{key: value}, **hyper), 12).tobytes()
                == together[:, row].tobytes()
            )


@pytest.mark.parametrize(("name", "hyper"), RULES)
def test_no_gradient_makes_a_rule_raise_or_warn(name, hyper):
    odd = (0.0, 5e-324, 1e200, 1e308, np.inf, -np.inf, np.nan, 0.0)
    extremes: list[dict[str, Any]] = [
        {},
        {"lr": 0.0},
        {"lr": 1e300},
        {"lr": np.array([[0.1], [1e300]])},
    ]
    extremes += [{"eps": 0.0}] * ("eps" in fields(name))
    extremes += [
        {"beta2": beta2} for beta2 in (0.0, 0.5, 0.6, 1 - 2**-53) if (name, "beta2") in NUMBERS
    ]
    extremes += [{"psi": psi} for psi in (0.0, 1e300) if name == "nadam"]
    with np.errstate(all="ignore"):
        for extreme, order in itertools.product(extremes, (1, -1)):
            rule = make(name, **hyper, **extreme)
            state = rule.init(np.tile(START, (2, 1)))
            for value in odd[::order]:
                step, state = rule.update(np.full((2, 2), value), state)
            assert (2, 2) == step.shape


@pytest.mark.parametrize(("name", "hyper"), RULES)
def test_a_rule_stands_still_where_the_gradient_is_zero_from_the_start(name, hyper):
    rule = make(name, **hyper, **({"initial": 0.0} if name == "yogi" else {}))
    assert 0.0 == np.abs(path(rule, 5, np.zeros(2))).max()


@pytest.mark.parametrize(("name", "key"), NUMBERS)
def test_a_number_out_of_its_range_is_refused_alone_and_in_a_sweep(name, key):
    for wrong in (-0.1, np.nan, np.inf):
        with pytest.raises(InvalidValueError, match=f"^{key} {wrong}: must be "):
            make(name, **{key: wrong})
        with pytest.raises(InvalidValueError, match=rf"^{key} \[\["):
            make(name, **{key: np.array([[getattr(make(name), key)], [wrong]])})


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if forms(name)])
def test_a_form_is_a_keyword_that_is_told_and_refused_by_name(name):
    usual, other = make(name), make(name, convention=forms(name)[-1])
    assert forms(name)[0] == usual.convention == list(optimizers.hyper(usual).values())[-1]
    assert "convention" not in optimizers.told(usual)
    assert forms(name)[-1] == optimizers.told(other)["convention"]
    assert path(usual).tobytes() != path(other).tobytes()
    with pytest.raises(
        InvalidValueError,
        match=f"^convention 'x': unknown; must be one of {', '.join(forms(name))}$",
    ):
        make(name, convention="x")
    numbers = [value for value in optimizers.hyper(usual).values() if not isinstance(value, str)]
    with pytest.raises(TypeError):
        OPTIMIZERS[name](*numbers, forms(name)[0])


def test_a_share_may_be_all_and_a_growth_may_be_none():
    assert 1.0 == make("qhm", nu=1.0).nu
    with pytest.raises(InvalidValueError, match=r"nu 1.01: must be from 0 to 1"):
        make("qhm", nu=1.01)
    assert 1.0 == make("rprop", eta_plus=1.0).eta_plus
    with pytest.raises(
        InvalidValueError, match=r"eta_plus 0.9: must be a finite number, 1 or more"
    ):
        make("rprop", eta_plus=0.9)


def test_adam_has_eps_outside_the_root_and_rmsprop_inside():
    gradient = np.array([-10.0, 60.0])
    assert START - 0.1 * gradient / (np.abs(gradient) + 2.0) == pytest.approx(
        path(make("adam", eps=2.0), 1)[1]
    )
    assert START - 0.1 * gradient / np.sqrt(0.1 * gradient**2 + 2.0) == pytest.approx(
        path(make("rmsprop", eps=2.0), 1)[1]
    )


def test_where_eps_is_0_its_place_does_not_matter():
    for name, usual in (
        ("rmsprop", "inside"),
        ("adagrad", "outside"),
        ("rmsprop-momentum", "inside"),
        ("adamax", "inside"),
    ):
        (other,) = set(forms(name)) - {usual}
        assert path(make(name, eps=0.0, convention=usual)) == pytest.approx(
            path(make(name, eps=0.0, convention=other))
        )
    for one, other in (("hat", "raw"), ("raw", "hat")):
        for name in ("adam", "adamw", "radam"):
            same = (
                path(make(name, eps=0.0, convention=one)),
                path(make(name, eps=0.0, convention=other)),
            )
            assert same[0] == pytest.approx(same[1], abs=1e-10)


@pytest.mark.parametrize("beta", [0.5, 0.9])
def test_running_average_momentum_is_the_heavy_ball_with_a_smaller_rate(beta):
    average = path(make("momentum", lr=0.1, beta=beta))
    assert average == pytest.approx(
        path(make("heavy-ball", lr=0.1 * (1.0 - beta), mu=beta)), abs=1e-12
    )
    same = make("momentum", lr=0.1 * (1.0 - beta), beta=beta, convention="heavy-ball")
    assert average == pytest.approx(path(same), abs=1e-12)


def test_dampening_of_torch_leaves_the_first_step_whole():
    theta, velocity, points = START, None, [START]
    for _ in range(60):
        velocity = slope(theta) if velocity is None else 0.9 * velocity + 0.1 * slope(theta)
        theta = theta - 0.1 * velocity
        points.append(theta)
    assert np.array(points) == pytest.approx(
        path(make("momentum", convention="torch-dampened")), abs=1e-12
    )


def test_nesterov_is_the_ball_that_asks_for_the_gradient_ahead_of_itself():
    phi, velocity, ahead = START, np.zeros(2), [START]
    for _ in range(60):
        velocity = 0.9 * velocity - 0.01 * slope(phi + 0.9 * velocity)
        phi = phi + velocity
        ahead.append(phi + 0.9 * velocity)
    assert np.array(ahead) == pytest.approx(path(make("nesterov")), abs=1e-12)


def test_qhm_is_sgd_momentum_and_nesterov():
    assert path(make("momentum")) == pytest.approx(path(make("qhm", beta=0.9, nu=1.0)), abs=1e-12)
    assert path(make("sgd", lr=0.05)) == pytest.approx(
        path(make("qhm", lr=0.05, nu=0.0)), abs=1e-12
    )
    assert path(make("nesterov", lr=0.01)) == pytest.approx(
        path(make("qhm", lr=0.1, beta=0.9, nu=0.9)), abs=1e-12
    )


def test_adams_children_are_adam_where_their_own_number_is_nothing():
    adam = path(make("adam"))
    assert adam == pytest.approx(path(make("qhadam", beta1=0.9, nu1=1.0)), abs=1e-12)
    assert adam.tobytes() == path(make("adamw", weight_decay=0.0)).tobytes()


def test_rmsprops_children_are_rmsprop_where_their_own_number_is_nothing():
    assert path(make("rmsprop")) == pytest.approx(
        path(make("rmsprop-momentum", lr=0.1, mu=0.0)), abs=1e-12
    )
    small = np.array([1e-8, -1e-8])
    step, _ = make("rmsprop-centered", lr=0.1).update(small, make("rmsprop-centered").init(START))
    assert 0.1 * small / np.sqrt(0.09 * small**2 + 1e-8) == pytest.approx(step)


def test_a_variance_that_rounding_makes_negative_counts_as_none():
    rule = make("rmsprop-centered", beta=0.5, convention="outside")
    state = rule.init(START)
    for _ in range(60):  # after 53 gradients of 0.55, s - gbar^2 is -6e-17
        step, state = rule.update(np.full(2, 0.55), state)
        assert np.isfinite(step).all()


def test_weight_decay_pulls_adamw_and_lion_by_lr_times_theta():
    for name in ("adamw", "lion"):
        with_decay, without = (
            make(name, weight_decay=decay).update(slope(START), make(name).init(START))[0]
            for decay in (0.5, 0)
        )
        assert make(name).lr * 0.5 * START == pytest.approx(with_decay - without)


@pytest.mark.parametrize("convention", forms("amsgrad"))
def test_the_largest_second_moment_of_amsgrad_never_shrinks(convention):
    rule = make("amsgrad", convention=convention)
    state, theta, largest = rule.init(START), START, [np.zeros(2)]
    for _ in range(60):
        step, state = rule.update(slope(theta), state)
        theta = theta - step
        largest.append(state.vmax)
    assert (np.diff(largest, axis=0) >= 0.0).all()
    assert (state.vmax > state.v).all()


def test_radam_is_plain_momentum_until_the_scale_is_known():
    theta, m = START, np.zeros(2)
    rectified = path(make("radam"), 7)
    for t in range(1, 8):
        m = 0.9 * m + 0.1 * slope(theta)
        theta = theta - 0.1 * m / (1.0 - 0.9**t)
        assert (t <= 5) == (rectified[t] == pytest.approx(theta, abs=1e-12))
    never = path(make("radam", beta2=0.5), 60)
    assert np.isfinite(never).all()


def test_qhadam_makes_the_steps_of_its_paper():
    theta, m, v, points = START, np.zeros(2), np.zeros(2), [START]
    for t in range(1, 61):
        g = slope(theta)
        m, v = 0.995 * m + 0.005 * g, 0.999 * v + 0.001 * g**2
        top = 0.3 * g + 0.7 * m / (1 - 0.995**t)
        theta = theta - 0.1 * top / (np.sqrt(0.25 * g**2 + 0.75 * v / (1 - 0.999**t)) + 1e-8)
        points.append(theta)
    assert np.array(points) == pytest.approx(path(make("qhadam", nu2=0.75)), abs=1e-11)


def test_adan_makes_the_steps_of_its_paper():
    theta, before, points = START, slope(START), [START]
    m, v, n = np.zeros(2), np.zeros(2), np.zeros(2)
    for t in range(1, 61):  # the paper's beta1, beta2, beta3 are 0.02, 0.08 and 0.01
        g = slope(theta)
        m = (1 - 0.02) * m + 0.02 * g
        v = (1 - 0.08) * v + 0.08 * (g - before)
        n = (1 - 0.01) * n + 0.01 * (g + (1 - 0.08) * (g - before)) ** 2
        unbiased = m / (1 - 0.98**t) + (1 - 0.08) * v / (1 - 0.92**t)
        theta = theta - 0.1 * unbiased / (np.sqrt(n / (1 - 0.99**t)) + 1e-8)
        before = g
        points.append(theta)
    assert np.array(points) == pytest.approx(path(make("adan")), abs=1e-11)


def test_rprop_grows_while_the_sign_stays_and_waits_where_it_turns():
    rule = make("rprop", max_step=0.15, min_step=0.07)
    state, lengths = rule.init(START[:1]), []
    for gradient in (3.0, 1.0, 2.0, 9.0, -1e-9, -5.0, -1.0, 0.0, 4.0):
        step, state = rule.update(np.array([gradient]), state)
        lengths.append(float(step[0]))
    assert [0.1, 0.12, 0.144, 0.15, 0.0, -0.075, -0.09, 0.0, 0.09] == pytest.approx(lengths)


def test_nadams_constant_has_the_same_bits_everywhere():
    # 45 digits, by mpmath, of the float64 0.96 to the float64 0.004, and to 0.5.
    assert float("0.999836725352675278270358943371582896376058812") == moments._power(0.96, 0.004)
    assert float("0.979795897113271221149047556408778402967018159") == moments._power(0.96, 0.5)
    assert [[1.0], [0.96], [0.0]] == moments._power(
        0.96, np.array([[0.0], [1.0], [1e300]])
    ).tolist()


@pytest.mark.parametrize(
    ("name", "hyper", "limit"),
    [
        ("sgd", {}, 2 / 20),
        ("momentum", {"beta": 0.9}, 2 * 1.9 / (0.1 * 20)),
        ("momentum", {"beta": 0.5}, 2 * 1.5 / (0.5 * 20)),
        ("heavy-ball", {"mu": 0.9}, 2 * 1.9 / 20),
        ("nesterov", {"mu": 0.9}, 2 * 1.9 / (2.8 * 20)),
    ],
)
def test_a_rate_just_past_the_stability_limit_climbs_and_just_below_descends(name, hyper, limit):
    below, past = (path(make(name, lr=limit * share, **hyper), 4000)[-1] for share in (0.99, 1.01))
    assert np.abs(below).max() < 1e-3
    assert np.abs(past).max() > 1e3


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_rule_gets_down_the_bowl_at_its_own_rate(name):
    (trajectory,) = optirace.race(optimizers=[name]).trajectories
    assert trajectory.outcome.kind != "diverged"
    assert trajectory.tail_loss < trajectory.losses[0]
    assert np.abs(trajectory.points).max() <= 5.0


def test_rprop_is_first_on_an_exact_slope_and_comes_to_a_halt_on_a_noisy_one():
    words = ["rprop", *(f"sgd:lr={lr}" for lr in (0.02, 0.05, 0.08, 0.09, 0.095))]
    exact = optirace.race(optimizers=words)
    assert "rprop" == exact.standings[0].racer.optimizer.name
    noisy = optirace.race(optimizers=words[:2], noise=10.0)
    rprop, sgd = noisy.trajectories
    assert rprop.tail_loss > 10.0 > sgd.tail_loss
    assert np.abs(np.diff(rprop.points[-20:], axis=0)).max() < 0.01


@pytest.mark.parametrize("convention", forms("radam"))
@pytest.mark.parametrize("beta2", [0.5, 0.9, 0.99, 0.999, 0.9999])
def test_radam_scales_above_the_threshold_that_its_words_name(convention, beta2):
    rule = make("radam", beta2=beta2, convention=convention)
    (threshold,) = {*re.findall(r"threshold of (\d) is that of torch", type(rule).__doc__)}
    ((few, why),) = [
        row for row in explanation.statements(rule) if row[0].endswith("theta -= lr*mhat")
    ]
    assert few.startswith(f"rho_t <= {threshold}:")
    assert f"{threshold} is the threshold of torch" in why
    gradients, state = np.random.default_rng(3).normal(size=(40, 2)), rule.init(START)
    for t, gradient in enumerate(gradients, 1):
        step, state = rule.update(gradient, state)
        rho = 2.0 / (1.0 - beta2) - 1.0 - 2.0 * t * beta2**t / (1.0 - beta2**t)
        is_plain = np.allclose(
            step, rule.lr * state.m / (1.0 - rule.beta1**t), rtol=1e-12, atol=0.0
        )
        assert is_plain is bool(rho <= int(threshold)), (t, rho)
    if beta2 >= 0.99:
        assert (
            4.0 < 2.0 / (1.0 - beta2) - 1.0 - 10.0 * beta2**5 / (1.0 - beta2**5) <= 5.0
        )  # where the paper scales already
