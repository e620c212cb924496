"""What a scene of a stranger may do, and what only a person who types may."""

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import optirace
from optirace import cli
from optirace.errors import InvalidValueError
from optirace.output import ours
from optirace.output.files import drafts
from optirace.output.read import contents
from optirace.settings import adapters

EVIL = "open('owned', 'w').close()\n"
RULE = (Path(__file__).parent.parent / "examples" / "my_rule.py").read_text(encoding="utf-8")
QUICK = 'size = "240x240"\nduration = 0.2\nfps = 10\nhold = [0, 0]\nsteps = 4\n'
REFUSAL = "exists and was not made by optirace; type its name with -o, or --force"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    def run(*words):
        capsys.readouterr()
        status = cli.main(list(map(str, words)))
        return status, capsys.readouterr().err

    return run


def scene(text, name="race.toml"):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize(
    "words",
    [
        ["render", "-o", "a.png"],
        ["render", "-o", "a.png", "--dry-run"],
        ["render", "-o", "a.png", "--check"],
        ["table"],
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        'plugin = ["evil.py"]', 'plugins = ["evil.py"]', 'plugin = "evil.py"',
        '"plug\\u0069n" = "evil.py"', "plugin = ['evil.py']",
        'plugin = [\n"""evil.py"""]', "'plugins' = 'evil.py'",
    ],
)  # fmt: skip
def test_a_scene_executes_no_file_unless_a_person_says_so(run, words, text):
    Path("evil.py").write_text(EVIL + RULE)
    status, err = run(*words[:1], scene(f"# a stranger's\n{QUICK}{text}\n"), *words[1:])
    assert 2 == status
    assert err.startswith("optirace: race.toml, line ")
    assert err.endswith(
        ": plugin 'evil.py': a scene executes no file; type --plugin evil.py, or --trust "
        "for a scene of your own\n"
    )
    assert ["evil.py", "race.toml"] == sorted(os.listdir())


@pytest.mark.parametrize("words", [["--trust"], ["--plugin", "talk/mine.py"]])
def test_who_types_trust_or_the_plug_in_gets_it(run, words):
    name = scene(f'{QUICK}plugin = "mine.py"\noptimizer = "softsign"', "talk/race.toml")
    Path("talk/mine.py").write_text(EVIL + RULE)
    assert (0, "") == run("table", name, *words)
    assert Path("owned").exists()


def test_trust_is_about_a_scene(run):
    assert (2, "optirace: trust: applies to a scene file; add one, such as race.toml\n") == run(
        "table", "--trust"
    )


def _made(_, __, lr=0.1):
    """Take what torch's optimizers take."""
    del lr


@pytest.fixture
def torch(monkeypatch, folder):
    """Stand in for torch, with a part that is loaded, one that is not, and an attribute that would
    load one.
    """
    (folder / "lib" / "torch").mkdir(parents=True)
    for name in ("evil.py", "torch/asleep.py"):
        (folder / "lib" / name).write_text(f"open({str(folder / 'owned')!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(folder / "lib")
    torch: Any = ModuleType("torch")
    optim: Any = ModuleType("torch.optim")
    torch.__path__ = [str(folder / "lib" / "torch")]
    optim.Optimizer = type("Optimizer", (), {})
    optim.NAdam = type(
        "NAdam", (optim.Optimizer,), {"__init__": _made, "__module__": "torch.optim"}
    )
    torch.optim, torch.os, torch.__getattr__ = optim, os, lambda _: (folder / "owned").touch()
    for name, module in (("torch", torch), ("torch.optim", optim)):
        monkeypatch.setitem(sys.modules, name, module)
    yield folder / "owned"
    for name in ("evil", "torch.asleep"):
        sys.modules.pop(name, None)


FOREIGN = [
    "torch:evil.Rule",
    " TORCH : evil.Rule,lr=1",
    "torch:torchevil.Rule",
    "torch:os.path.x",
    "torch:Torch.optim.NAdam",
]
ASLEEP = [
    "torch:torch.asleep.Rule",
    "torch:torch.os.path",
    "torch:torch.os.path.join",
    "torch:torch.unknown.Rule",
]


@pytest.mark.parametrize("racer", [*FOREIGN, *ASLEEP])
def test_a_racer_in_a_scene_has_nothing_loaded(run, torch, racer):
    status, err = run(
        "render", scene(f"{QUICK}optimizers = [\n'sgd',\n'{racer}']"), "-o", "a.png", "--dry-run"
    )
    assert 2 == status
    wanted = (
        " a file may not have the module " if racer in FOREIGN else " torch has loaded no module "
    )
    assert err.startswith(f"optirace: race.toml, line 8: optimizer {racer!r}:{wanted}")
    assert not torch.exists()
    assert (racer in FOREIGN) == adapters.is_foreign(racer)


def test_a_racer_in_a_scene_may_be_of_torch_itself(run, torch):
    name = scene(
        f"{QUICK}racers = [{{name = 'torch:NAdam', label = 'a'}}, {{name = "
        "'torch:torch.optim.NAdam', lr = 0.2}]"
    )
    assert (0, "") == run("render", name, "-o", "a.png", "--dry-run")
    assert not torch.exists()


@pytest.mark.parametrize("words", [["--trust"], ["-O", "torch:evil.Rule"]])
def test_who_types_trust_or_the_racer_has_its_module_loaded(run, torch, words):
    status, err = run(
        "render", scene(f"{QUICK}optimizer = 'torch:evil.Rule'"), "-o", "a.png", "--dry-run", *words
    )
    assert (2, True) == (status, torch.exists())
    assert "evil has no optimizer Rule" in err


def test_python_asks_in_its_own_words(torch):
    with pytest.raises(InvalidValueError, match="evil has no optimizer Rule"):
        optirace.race(optimizers=["torch:evil.Rule"])
    assert torch.exists()


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    top = tmp_path_factory.mktemp("films")
    for name in ("race.gif", "race.png", "race.svg", "race.pdf", "race.mp4", "frames/"):
        optirace.render(
            optirace.race(steps=4),
            f"{top}/{name}",
            size=(240, 240),
            fps=10,
            duration=0.2,
            hold=(0, 0),
        )
    return top


def other(name, content=b"not ours"):
    if name.endswith("/"):
        Path(name).mkdir()
        Path(name, "0.png").write_bytes(content)
    else:
        Path(name).write_bytes(content)


def kept(name):
    place = Path(name)
    return contents.digest(place) if place.is_dir() else place.read_bytes()


NAMES = ["a.gif", "a.png", "a.svg", "a.pdf", "a.mp4", "a.webm", "a.webp", "a.apng", "frames/"]


@pytest.mark.parametrize("words", [["render"], ["render", "--dry-run"]])
@pytest.mark.parametrize("name", NAMES)
def test_a_scene_replaces_nothing_that_optirace_has_not_made(run, words, name):
    other(name)
    before = kept(name)
    status, err = run(*words, scene(f'{QUICK}tune = "lr"\noutput = ["first.png", "{name}"]'))
    assert (2, f"optirace: race.toml, line 7: output {name}: {REFUSAL}\n") == (status, err)
    assert before == kept(name)
    assert not Path("first.png").exists()


@pytest.mark.parametrize("name", ["a.gif", "a.pdf", "frames/"])
@pytest.mark.parametrize("how", ["-o", "--force"])
def test_what_is_typed_replaces_what_the_person_names(run, films, name, how):
    other(name, films.joinpath("race.png").read_bytes() if name == "frames/" else b"not ours")
    if name == "frames/":  # a picture that says nothing
        Path("frames/0.png").write_bytes(
            Path("frames/0.png").read_bytes().replace(b"numbers", b"nubmers")
        )
    before, words = kept(name), ["--force"] if how == "--force" else ["-o", name]
    assert 2 == run("render", scene(f'{QUICK}output = "{name}"'))[0]
    assert 0 == run("render", "race.toml", "--quiet", *words)[0]
    assert before != kept(name)


@pytest.mark.parametrize(
    "name",
    ["race.gif", "race.png", "race.svg", "race.pdf", "race.mp4", "frames/", "new.webp", "empty/"],
)
def test_a_scene_replaces_what_optirace_made_and_makes_what_is_new(run, films, name):
    if (films / name).is_dir():
        Path(name).mkdir()
        for each in (films / name).iterdir():
            Path(name, each.name).write_bytes(each.read_bytes())
    elif (films / name).exists():
        Path(name).write_bytes((films / name).read_bytes())
    elif name == "empty/":
        Path(name).mkdir()
    text = f'{QUICK}title = "another"\noutput = "{name}"'
    for _ in range(2):
        assert (0, "") == run("render", scene(text), "--quiet")
        assert ours.is_ours(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_somebody_puts_at_a_name_of_a_scene_during_the_render_stays(run, monkeypatch, name):
    made = drafts.commit

    def commit(*arguments):
        other(name)
        return made(*arguments)

    monkeypatch.setattr(drafts, "commit", commit)
    status, err = run(
        "render", scene(f'{QUICK}output = ["first.png", "new/{name}", "{name}"]'), "--quiet"
    )
    assert (2, f"optirace: race.toml, line 6: output {name}: {REFUSAL}\n") == (status, err)
    assert b"not ours" == (Path(name, "0.png") if name.endswith("/") else Path(name)).read_bytes()
    assert sorted([name.rstrip("/"), "race.toml"]) == sorted(os.listdir())


@pytest.mark.parametrize("which", ["0.png", "1.png", "2.png"])
def test_a_folder_of_ours_with_a_picture_of_somebody_else_is_not_replaced_by_a_scene(
    run, films, which
):
    Path("frames").mkdir()
    for each in (films / "frames").iterdir():
        Path("frames", each.name).write_bytes(each.read_bytes())
    image = Image.new("RGB", (240, 240), "red")
    note = PngInfo()
    if which == "0.png":
        note.add_itxt("Comment", contents.read(films / "race.png").note)
    image.save(f"frames/{which}", pnginfo=note)
    before = kept("frames")
    refused = run("render", scene(f'{QUICK}output = "frames/"'), "--quiet")
    assert (2, f"optirace: race.toml, line 6: output frames/: {REFUSAL}\n") == refused
    assert before == kept("frames")


def test_a_scene_makes_anew_all_that_it_made(run):
    text = QUICK + (
        'alt = true\ncaptions = true\nposter = true\noutput = ["a.gif", "b.png", "frames/", '
        '"c.mp4"]'
    )
    for _ in range(2):
        assert (0, "") == run("render", scene(text), "--quiet")
    texts = [
        "a.alt.txt",
        "a.still.alt.txt",
        "a.vtt",
        "b.still.alt.txt",
        "c.alt.txt",
        "c.still.alt.txt",
        "c.vtt",
    ]
    assert sorted([*texts, "frames.alt.txt", "frames.vtt"]) == sorted(
        each for each in os.listdir() if each.endswith(("txt", "vtt"))
    )
    Path("b.png").write_bytes(b"not ours")
    assert 2 == run("render", "race.toml")[0]


def test_a_link_is_what_it_leads_to(run, films):
    Path("thesis.pdf").write_bytes(b"a year of work")
    Path("mine.pdf").write_bytes((films / "race.pdf").read_bytes())
    for name in ("thesis", "mine", "none"):
        Path(f"{name}-link.pdf").symlink_to(f"{name}.pdf")
    assert (2, f"optirace: race.toml, line 6: output thesis-link.pdf: {REFUSAL}\n") == run(
        "render", scene(f'{QUICK}output = "thesis-link.pdf"')
    )
    assert b"a year of work" == Path("thesis.pdf").read_bytes()
    for name in ("mine", "none"):
        assert (0, "") == run("render", scene(f'{QUICK}output = "{name}-link.pdf"'), "--quiet")
        assert ours.is_ours(f"{name}.pdf")


BESIDE = {"poster": "a.png", "captions": "a.vtt", "alt": "a.alt.txt"}


@pytest.mark.parametrize("flag", BESIDE)
@pytest.mark.parametrize("who", ["both", "flag", "name"])
def test_what_goes_beside_a_film_is_as_safe(run, flag, who):
    # Who is of the scene: both the film and what goes beside it, the latter alone, or the name that
    # it takes.
    other(BESIDE[flag])
    text = (
        QUICK
        + ('output = "a.gif"\n' if who != "flag" else "")
        + (f"{flag} = true\n" if who != "name" else "")
    )
    words = (["-o", "a.gif"] if who == "flag" else []) + ([f"--{flag}"] if who == "name" else [])
    status, err = run("render", scene(text), *words)
    assert (2, True) == (status, err.endswith(f"output {BESIDE[flag]}: {REFUSAL}\n"))
    assert b"not ours" == Path(BESIDE[flag]).read_bytes()
    assert not Path("a.gif").exists()
    assert (0, "") == run("render", "race.toml", *words, "--quiet", "--force")
    assert b"not ours" != Path(BESIDE[flag]).read_bytes()
    other(
        BESIDE[flag]
    ) if flag != "poster" else None  # a person has changed a word of a text beside a film of ours
    assert (0, "") == run("render", "race.toml", *words, "--quiet")


@pytest.mark.parametrize("flag", BESIDE)
def test_what_a_person_asks_for_beside_a_film_is_made(run, flag):
    other(BESIDE[flag])
    assert (0, "") == run("render", scene(QUICK), "-o", "a.gif", f"--{flag}", "--quiet")
    assert b"not ours" != Path(BESIDE[flag]).read_bytes()


def test_a_check_of_a_scene_reads_whatever_is_there(run):
    other("a.png")
    assert 4 == run("render", scene(f'{QUICK}output = "a.png"'), "--check", "--quiet")[0]
    assert b"not ours" == Path("a.png").read_bytes()


def test_the_names_in_a_scene_start_from_its_folder(run, folder):
    Path("talk").mkdir()
    Path("talk/mine.py").write_text(RULE)
    name = scene(
        (
            f'{QUICK}plugin = "mine.py"\noptimizer = "softsign"\noutput = ["a.gif", "in/b.png", '
            '"frames/"]'
        ),
        "talk/race.toml",
    )
    assert (0, "") == run("render", name, "--trust", "--quiet")
    assert ["a.gif", "frames", "in", "mine.py", "race.toml"] == sorted(os.listdir("talk"))
    assert (0, "") == run(
        "render", name, "--trust", "--quiet", "-o", "here.gif", "--plugin", "talk/mine.py"
    )
    assert Path("here.gif").exists()
    assert (0, "") == run(
        "render", scene(f'{QUICK}output = "{folder}/c.gif"', "talk/other.toml"), "--quiet"
    )
    assert Path("c.gif").exists()


@pytest.mark.parametrize("home", ["~", "$HOME", "${HOME}"])
def test_home_is_where_a_name_says_so(run, folder, monkeypatch, home):
    monkeypatch.setenv("HOME", str(folder / "me"))
    Path("me").mkdir()
    Path("me/mine.py").write_text(RULE)
    scene(
        f'{QUICK}output = "{home}/scene.gif"\nplugin = "{home}/mine.py"\noptimizer = "softsign"',
        "me/race.toml",
    )
    assert (0, "") == run("render", f"{home}/race.toml", "--trust", "--quiet")
    assert (0, "") == run(
        "render", f"--output={home}/a.gif", "--size", "240x240", "--duration", "0.2", "--quiet"
    )
    assert (
        0
        == run(
            "render", "-o", f"{home}/frames/", "--size", "240x240", "--duration", "0.2", "--quiet"
        )[0]
    )
    assert (0, "") == run("sweep", "-o", f"{home}/sweep.svg", "--lr", "0.01:1:3")
    assert (0, "") == run("table", "--plugin", f"{home}/mine.py", "-O", "softsign")
    assert (0, "") == run("list", "optimizers", "--plugin", f"{home}/mine.py")
    assert (0, "") == run("inspect", f"{home}/a.gif")
    assert (0, "") == run("inspect", f"{home}/scene.gif", "--plugin", f"{home}/mine.py")
    assert (0, "") == run("snippet", f"{home}/a.gif")
    assert (0, "") == run("init", f"{home}/new.toml")
    optirace.render(optirace.race(steps=3), f"{home}/python.png", size=(240, 240))
    assert [
        "a.gif",
        "frames",
        "mine.py",
        "new.toml",
        "python.png",
        "race.toml",
        "scene.gif",
        "sweep.svg",
    ] == sorted(os.listdir("me"))
    assert ["me"] == os.listdir()


def test_a_file_that_is_called_so_is_named_from_its_folder(run, monkeypatch):
    monkeypatch.setenv("HOME", "relative")
    assert (0, "") == run(
        "render", "-o", "./~/$HOME/a.gif", "--size", "240x240", "--duration", "0.2", "--quiet"
    )
    assert ["a.gif"] == os.listdir("./~/$HOME")
    assert (
        2,
        "optirace: file '~/a.gif': nothing says where ~ is; name the folder itself\n",
    ) == run("render", "-o", "~/a.gif")
