"""The optimizer objects of torch and optax race beside ours, or are refused in one line."""

import contextlib
import dataclasses
import re
import subprocess
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import optirace
from optirace import optimizers
from optirace.errors import InvalidValueError
from optirace.settings import adapters

VALUES = [
    ("0.1", 0.1),
    ("-3", -3),
    ("1e-8", 1e-8),
    ("(0.9, 0.99)", (0.9, 0.99)),
    ("[0.9,0.99]", (0.9, 0.99)),
    ("true", True),
    ("False", False),
    ("none", None),
    ("'two words'", "two words"),
    ("cosine", "cosine"),
]


def points(words, **options):
    return optirace.race(optimizers=[words], **options).trajectories[0].points


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_a_value_is_read_as_a_literal_or_a_word(text, value):
    assert value == adapters._value("key", text)
    assert type(value) is type(adapters._value("key", text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1e999",
        "nan",
        "inf",
        "(1, 1e999)",
        "9" * 400,
        "1" * 201,
        "{1: 2}",
        "1j",
        "b'x'",
        "open('x')",
        "a + b",
        "x()",
        "(((((",
    ],
)
def test_what_is_not_a_value_is_refused(text):
    with pytest.raises(
        InvalidValueError, match=r"^key .*: must be a finite number, a tuple such as"
    ):
        adapters._value("key", text)


@given(st.text())
def test_no_text_breaks_the_reader_of_values(text):
    try:
        adapters._value("key", text)
    except InvalidValueError as problem:
        assert str(problem).startswith("key ")


@pytest.mark.slow
@pytest.mark.parametrize("library", ["torch", "optax"])
def test_a_library_that_is_not_installed_is_named_in_one_line(library):
    code = (
        f"import sys; sys.modules[{library!r}] = None; from optirace import cli; "
        "sys.exit(cli.main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, "table", "-O", f"{library}:adam,lr=0.1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    line = (
        f"optirace: optimizer '{library}:adam,lr=0.1': needs the package {library}, which is "
        "not installed; "
    )
    line += 'type: pip install "optirace[libraries]"\n'
    assert (2, line, "") == (done.returncode, done.stderr, done.stdout)


@pytest.mark.parametrize(
    "text",
    [
        "torch:",
        "torch:NAdam:lr=1",
        "torch:.x",
        "optax:a..b",
        "optax:2x",
        "torch:NAdam,lr",
        "TORCH: ,",
    ],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_loaded(text):
    with pytest.raises(InvalidValueError, match="with a comma after the name"):
        adapters.racer(text)


@pytest.fixture
def small_optax(monkeypatch):
    """Stand in for optax and jax where they are absent: plain descent over NumPy, enough for the
    words around a library.

    It proves nothing about the real ones; the tests below that name them do.
    """
    text = """
from typing import Any, NamedTuple
import warnings
class GradientTransformation(NamedTuple):
    init: Any
    update: Any
def sgd(learning_rate, scale=1.0, names=("a", "b")):
    warnings.warn("deprecated")
    if scale < 0:
        raise ValueError("scale must not\\nbe negative")
    step = lambda gradient, state, theta: (-learning_rate * scale * gradient, state + 1)
    return GradientTransformation(lambda theta: 0, step)
def number():
    return 1
def rateless():
    return sgd(0.5)
"""
    optax: Any = ModuleType("optax")
    jax: Any = ModuleType("jax")
    exec(text, optax.__dict__)  # noqa: S102 - the text stands above
    jax.numpy, jax.enable_x64 = np, contextlib.nullcontext
    monkeypatch.setitem(sys.modules, "optax", optax)
    monkeypatch.setitem(sys.modules, "jax", jax)


@pytest.mark.usefixtures("small_optax")
@pytest.mark.parametrize("others", [[], ["sgd"], ["optax:sgd,learning_rate=0.1"]])
def test_a_schedule_is_refused_for_an_object_without_a_learning_rate(others):
    words = "optimizer 'optax:rateless': has no learning rate that a schedule could change"
    with pytest.raises(InvalidValueError, match=re.escape(words)):
        optirace.race(optimizers=[*others, "optax:rateless"], lr_schedule="cosine")
    assert optirace.explain(optirace.race(optimizers=[*others, "optax:rateless"], steps=1))


@pytest.mark.usefixtures("small_optax")
def test_the_words_around_a_library_become_a_racer():
    words = ["optax:sgd,learning_rate=0.05,scale=0.5,names=('x','y')", "optax:sgd,label=b, c"]
    result = optirace.race(optimizers=[*words, "optax:rateless", "sgd:lr=0.025"], lr=0.2, steps=40)
    typed, shared, rateless, ours = result.trajectories
    assert {"lr": 0.05, "scale": 0.5, "names": ("x", "y")} == optimizers.hyper(
        typed.racer.optimizer
    )
    assert {"lr": 0.2} == optimizers.hyper(shared.racer.optimizer)
    assert {} == optimizers.hyper(rateless.racer.optimizer)
    assert ["sgd (optax)", "b, c", "rateless (optax)"] == [
        each.racer.label for each in (typed, shared, rateless)
    ]
    assert ours.points == pytest.approx(typed.points)
    assert ("diverged", "diverged") == (shared.outcome.kind, rateless.outcome.kind)
    for form in ("rich", "json", "csv", "markdown", "latex"):
        assert "rateless (optax)" in optirace.table(result).text(form)


@pytest.mark.usefixtures("small_optax")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("optax:sgdd", "optax has no optimizer sgdd; did you mean sgd?"),
        ("optax:zzz", "optax has no optimizer zzz"),
        (
            "optax:sgd",
            "optax says: TypeError: sgd() missing 1 required positional argument: 'learning_rate'",
        ),
        ("optax:sgd,lr=1,learning_rate=1", "learning_rate is given twice"),
        ("optax:sgd,lr=-1", "lr -1: must be a finite number, 0 or more"),
        ("optax:sgd,lr=1,scale=-1", "optax says: ValueError: scale must not be negative"),
        ("optax:number", "optax says: TypeError: it returns int, not a gradient transformation"),
        ("optax:GradientTransformation", "optax has no optimizer GradientTransformation"),
    ],
)
def test_what_a_library_refuses_is_one_line(words, message):
    with pytest.raises(InvalidValueError) as problem:
        optirace.race(optimizers=[words])
    assert f"optimizer '{words}': {message}" == str(problem.value)


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="torch is not installed")


@pytest.fixture
def optax():
    return pytest.importorskip("optax", reason="optax is not installed")


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize(
    ("words", "ours"),
    [
        ("torch:torch.optim.Adam,lr=0.1", "adam"),
        (
            "torch:Adam,lr=0.3,betas=(0.8,0.99),eps=1e-3",
            "adam:lr=0.3,beta1=0.8,beta2=0.99,eps=1e-3",
        ),
        ("torch:SGD,lr=0.05", "sgd:lr=0.05"),
    ],
)
def test_torch_equals_the_rule_of_ours(words, ours):
    assert points(ours, steps=40) == pytest.approx(points(words, steps=40), rel=0, abs=1e-12)


@pytest.mark.usefixtures("optax")
@pytest.mark.parametrize(
    ("words", "ours"),
    [
        ("optax:adam,learning_rate=0.1", "adam"),
        ("optax:optax.adam,lr=0.1,b1=0.8,eps=1e-3", "adam:beta1=0.8,eps=1e-3"),
        ("optax:rmsprop,lr=0.1,eps=1e-3", "rmsprop:eps=1e-3"),
        ("optax:sgd,learning_rate=0.05", "sgd:lr=0.05"),
    ],
)
def test_optax_equals_the_rule_of_ours(words, ours):
    assert points(ours, steps=40) == pytest.approx(points(words, steps=40), rel=0, abs=1e-12)


def test_torch_shrinks_weights_where_the_racer_stands(torch):
    theta = torch.nn.Parameter(torch.tensor([-5.0, 3.0], dtype=torch.float64))
    alone = torch.optim.AdamW([theta], lr=0.1, weight_decay=0.5)
    for _ in range(30):
        theta.grad = theta.detach() * torch.tensor([2.0, 20.0], dtype=torch.float64)
        alone.step()
    raced = points("torch:AdamW,lr=0.1,weight_decay=0.5", steps=30)
    assert theta.detach().numpy() == pytest.approx(raced[-1], abs=1e-12)


def test_optax_shrinks_weights_where_the_racer_stands(optax):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        theta = jax.numpy.asarray([-5.0, 3.0])
        alone = optax.lion(learning_rate=0.1, weight_decay=0.5)
        state = alone.init(theta)
        for _ in range(30):
            change, state = alone.update(theta * jax.numpy.asarray([2.0, 20.0]), state, theta)
            theta = theta + change
    raced = points("optax:lion,learning_rate=0.1,weight_decay=0.5", steps=30)
    assert np.asarray(theta) == pytest.approx(raced[-1], abs=1e-12)


def test_the_settings_of_a_person_using_jax_stay_theirs(optax):  # noqa: ARG001 - skips
    jax = pytest.importorskip("jax")
    points("optax:contrib.prodigy", steps=3)
    assert jax.numpy.asarray(1.0).dtype == np.float32


@pytest.mark.usefixtures("torch")
def test_a_torch_racer_tells_what_was_typed():
    words = "torch:SGD,momentum=0.9,nesterov=true,label=Nesterov, of torch"
    result = optirace.race(
        optimizers=[words, "torch:NAdam", "torch:NAdam,lr=0.2,betas=(0.9,0.99)"], lr=0.01
    )
    sgd, nadam, other = (each.racer for each in result.trajectories)
    assert ("Nesterov, of torch", "torch:SGD") == (sgd.label, sgd.optimizer.name)
    assert {"lr": 0.01, "momentum": 0.9, "nesterov": True} == optimizers.hyper(sgd.optimizer)
    assert {"lr": 0.01} == optimizers.hyper(nadam.optimizer)
    assert ("NAdam (torch)", "NAdam (torch) lr=0.2 betas=(0.") == (nadam.label, other.label)
    assert sgd.optimizer.source.startswith("torch 2.")
    for form in ("rich", "json", "csv", "markdown", "latex"):
        assert "0.99" in optirace.table(result).text(form)


@pytest.mark.usefixtures("torch")
def test_a_racer_of_a_library_is_filmed(tmp_path):
    words = [
        "torch:SGD,lr=0.05,momentum=0.9,nesterov=true",
        "torch:Adam,lr=0.1,betas=(0.8,0.99)",
        "adam",
    ]
    still = optirace.render(
        optirace.race(optimizers=words, steps=20), tmp_path / "race.png", size=(640, 360)
    )
    assert 1 == still[0].frames


@pytest.mark.usefixtures("torch")
def test_the_librarys_default_rate_holds_where_none_is_given():
    rule = optirace.race(optimizers=["torch:NAdam"], steps=1).trajectories[0].racer.optimizer
    assert 2e-3 == rule.lr


@pytest.mark.usefixtures("torch", "optax")
@pytest.mark.parametrize("words", ["torch:Adam,lr=0.1", "optax:adam,lr=0.1"])
def test_a_rate_may_change_from_step_to_step(words):
    rules: list[Any] = [
        optirace.race(optimizers=[text], steps=1).trajectories[0].racer.optimizer
        for text in (words, "adam")
    ]
    theta = np.array([-5.0, 3.0])
    states = [rule.init(theta) for rule in rules]
    for step in range(10):
        gradient = np.array([2.0, -1.0]) * step
        changes = []
        for index, rule in enumerate(rules):
            change, states[index] = dataclasses.replace(rule, lr=0.1 / (1 + step)).update(
                gradient, states[index]
            )
            changes.append(change)
        assert changes[1] == pytest.approx(changes[0], abs=1e-12)


@pytest.mark.usefixtures("torch", "optax")
@pytest.mark.parametrize(
    "words", ["torch:Adam,lr=0.1", "optax:adam,lr=0.1", "torch:SGD,lr=1e300", "optax:sgd,lr=1e300"]
)
def test_two_races_have_nothing_in_common_and_warn_of_nothing(words):
    assert points(words, steps=20).tobytes() == points(words, steps=20).tobytes()


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("torch:NAdm", "torch.optim has no optimizer NAdm; did you mean NAdam?"),
        ("torch:nadam", "torch.optim has no optimizer nadam; did you mean NAdam?"),
        ("torch:os.system,command=ls", "os has no optimizer system"),
        ("torch:torch.optim.Optimizer", "torch.optim has no optimizer Optimizer"),
        ("torch:torch.optimm.Adam", "there is no module torch.optimm"),
        ("torch:no_such_package.Lion", "needs the package no_such_package, which is not installed"),
        ("torch:NAdam,lr=-1", "lr -1: must be a finite number, 0 or more"),
        ("torch:NAdam,lr=fast", "lr 'fast': must be a finite number, 0 or more"),
        ("torch:NAdam,lr=1,lr=2", "lr is given twice"),
        ("torch:NAdam,label=", "label '': must be 1 to 30 printable characters"),
        (
            "torch:NAdam,lrr=0.1",
            "torch says: TypeError: NAdam.__init__() got an unexpected keyword argument 'lrr'",
        ),
        (
            "torch:NAdam,class=1,__init__=2",
            "torch says: TypeError: NAdam.__init__() got an unexpected keyword argument",
        ),
        ("torch:Adam,betas=(2,2)", "torch says: ValueError: Invalid beta parameter"),
        (
            "torch:Adam,betas=two words, or three",
            "betas 'two words, or three': must be a finite number",
        ),
        ("torch:LBFGS", "torch says: TypeError: LBFGS.step needs a closure"),
        (
            "torch:SparseAdam",
            "torch says: RuntimeError: SparseAdam does not support dense gradients",
        ),
    ],
)
def test_what_torch_cannot_race_is_one_line(words, message):
    with pytest.raises(InvalidValueError) as problem:
        optirace.race(optimizers=[words])
    assert message in str(problem.value)
    assert 1 == len(str(problem.value).splitlines())


@pytest.mark.usefixtures("optax")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("optax:adm", "optax has no optimizer adm; did you mean adam?"),
        ("optax:contrib.prodigi", "optax.contrib has no optimizer prodigi; did you mean prodigy?"),
        ("optax:contrb.prodigy", "there is no module optax.contrb"),
        (
            "optax:lion",
            "optax says: TypeError: lion() missing 1 required positional argument: 'learning_rate'",
        ),
        ("optax:lion,lr=1,learning_rate=1", "learning_rate is given twice"),
        (
            "optax:sgd,lr=1,beta=1",
            "optax says: TypeError: sgd() got an unexpected keyword argument 'beta'",
        ),
        ("optax:global_norm,updates=1", "optax says: TypeError: it returns"),
        ("optax:polyak_sgd", "optax says: TypeError: "),
        (
            "optax:_src.alias.functools.partial,func=1",
            "there is no module optax._src.alias.functools",
        ),
        ("optax:_src.alias.Callable", "optax._src.alias has no optimizer Callable"),
    ],
)
def test_what_optax_cannot_race_is_one_line(words, message):
    with pytest.raises(InvalidValueError) as problem:
        optirace.race(optimizers=[words])
    assert message in str(problem.value)
    assert 1 == len(str(problem.value).splitlines())


@pytest.mark.usefixtures("torch", "optax")
@given(st.sampled_from(["torch:Adam", "torch:", "optax:adam", "optax:"]), st.text())
def test_no_text_breaks_the_reader_of_racers(start, text):
    for words in (start + text, f"{start},lr={text}", f"{start},{text}=1"):
        try:
            adapters.racer(words)
        except InvalidValueError as problem:
            assert str(problem).startswith("optimizer ")


@pytest.mark.usefixtures("optax")
def test_a_partial_of_optax_is_a_function_of_optax():
    assert np.isfinite(points("optax:nadam,lr=0.1", steps=5)).all()


@pytest.mark.usefixtures("torch")
def test_a_package_of_torch_optimizers_is_raced_by_its_own_name():
    pytest.importorskip("pytorch_optimizer", reason="pytorch_optimizer is not installed")
    moved = points("torch:pytorch_optimizer.Lion,lr=0.1", steps=2)
    assert [[-5.0, 3.0], [-4.9, 2.9], [-4.8, 2.8]] == [pytest.approx(row) for row in moved.tolist()]
