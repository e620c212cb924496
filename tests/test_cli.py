"""The commands as a person types them."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import optirace
from optirace import cli
from optirace.optimizers import OPTIMIZERS

COMMAND = [sys.executable, "-m", "optirace"]


def run(*words, **options):
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, encoding="utf-8", check=False, **options
    )


def test_the_table_is_printed(capsys):
    assert 0 == cli.main(["table"])
    out, err = capsys.readouterr()
    labels = [OPTIMIZERS[name].label for name in ("momentum", "adam", "rmsprop", "sgd")]
    assert labels == [
        label for line in out.splitlines() for label in labels if f" {label}  " in line
    ], "best first"
    assert err == ""


def test_options_reach_the_race(capsys):
    numbers = (
        "--lr 0.2 --beta 0.5 --beta1 0.7 --beta2 0.9 --eps 1e-3 --steps 50 --start 1,-2 --tol 0.5"
    )
    racers = "-O adam -O momentum:lr=0.3 --optimizer rmsprop"
    assert 0 == cli.main(["table", "--format", "json", *numbers.split(), *racers.split()])
    told = json.loads(capsys.readouterr().out)
    hyper = {racer["name"]: racer["hyper"] for racer in told["racers"]}
    assert {"lr": 0.2, "beta1": 0.7, "beta2": 0.9, "eps": 1e-3, "convention": "hat"} == hyper[
        "adam"
    ]
    assert {"lr": 0.3, "beta": 0.5, "lr_in": "step", "convention": "average"} == hyper["momentum"]
    assert {"lr": 0.2, "beta": 0.5, "eps": 1e-3, "convention": "inside"} == hyper["rmsprop"]
    assert ([1.0, -2.0], 50, 0.5) == (told["start"], told["steps"], told["tol"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["table", "--lr", "nan"], "optirace: lr 'nan': must be a finite number such as 0.1"),
        (["table", "--steps", "-5"], "optirace: steps -5: must be from 1 to 1000000"),
        (["table", "--steps", "2.5"], "optirace: steps '2.5': must be a whole number such as 200"),
        (["table", "--start", "1"], "optirace: start '1': must be two numbers separated by a comma, such as -5,3"),
        (["table", "-O", "adm"], "optirace: optimizer 'adm': unknown; did you mean adam, nadam or radam? see: optirace list optimizers"),
        (["table", "--format", "jsn"], "optirace: format 'jsn': unknown; did you mean json? must be one of rich, json, csv, markdown, latex"),
        (["table", "--every", "0"], "optirace: every 0: must be 1 or more"),
        (["render"], "optirace: output: missing; add a file, such as -o race.mp4"),
        (["render", "-o", "race.avi"], "optirace: output race.avi: suffix .avi: unknown; use one of .mp4, .gif, .png, .webm, .webp, .apng, frames/, .svg, .pdf, as in race.mp4"),
        (["render", "-o", "race"], "optirace: output race: no suffix, so the format is unknown; use one of .mp4, .gif, .png, .webm, .webp, .apng, frames/, .svg, .pdf, as in race.mp4"),
        (["render", "-o", ""], "optirace: output '': no file name; add one, such as -o race.mp4"),
        (["explain", "adam", "--optimizer", "sgd"], "optirace: optimizer: not used here: explain takes one optimizer, named first; remove it"),
        (["explain", "adam", "--tune"], "optirace: tune: nothing is raced here, so no rate is the best; leave it out, or give --lr"),
        (["render", "-o", "a.mp4", "--size", "641x361"], "optirace: size 641x361: both must be even and from 240 to 4096; the nearest is 642x362"),
        (["render", "-o", "a.mp4", "-q", "720"], "optirace: quality '720': unknown; did you mean 720p? must be one of 480p, 720p, 1080p, 4k"),
        (["render", "-o", "a.mp4", "-q", "4k", "--size", "640x360"], "optirace: --size and --quality: use one or the other"),
        (["render", "-o", "a.mp4", "--theme", "drak"], "optirace: theme 'drak': unknown; did you mean dark? must be one of light, dark"),
        (["render", "-o", "a.gif", "--fps", "60"], "optirace: fps 60: .gif takes at most 50 frames per second; use --fps 50"),
        (["render", "-o", "a.gif", "--loop", "-1"], "optirace: loop -1: must be from 0 (forever) to 65535"),
        (["render", "-o", "a.png", "--at", "201"], "optirace: at 201: must be a step of the race, from 0 to 200"),
        (["render", "-o", "a.mp4", "-o", "a.mp4"], "optirace: output a.mp4: is named twice"),
        (["render", "-o", "a.mp4", "--title", "a\nb"], r"optirace: title 'a\nb': must be at most 200 printable characters, and U+000A is not one; type a plain space for it"),
        (["render", "-o", "a\nb.avi"], r"optirace: output 'a\nb.avi': suffix .avi: unknown; use one of .mp4, .gif, .png, .webm, .webp, .apng, frames/, .svg, .pdf, as in 'a\nb.mp4'"),
    ],
)  # fmt: skip
def test_a_wrong_value_gets_one_clear_line_and_exit_2(words, line, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert 2 == cli.main(words)
    out, err = capsys.readouterr()
    assert (f"{line}\n", "") == (err, out)
    assert [] == list(tmp_path.iterdir())


def test_help_is_plain_ascii_and_lists_the_commands(capsys):
    assert 0 == cli.main(["--help"])
    told = capsys.readouterr().out
    assert "render" in told
    assert "table" in told
    for command in cli.COMMANDS:
        assert 0 == cli.main([command, "--help"])
        told += capsys.readouterr().out
    assert told.isascii()


def test_no_command_at_all_is_answered_with_the_help(capsys):
    assert 0 == cli.main(["--help"])
    told = capsys.readouterr()
    assert told.out.startswith("Usage: optirace")
    assert 2 == cli.main([])
    assert told == capsys.readouterr()


def test_the_version_is_printed(capsys):
    assert 0 == cli.main(["--version"])
    assert f"optirace {optirace.__version__}\n" == capsys.readouterr().out


def test_a_dry_run_says_what_it_would_make_and_makes_nothing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert 0 == cli.main(
        [
            "render",
            "-o",
            "new/race.mp4",
            "-o",
            "race.png",
            "-o",
            "race.gif",
            "-q",
            "1080p",
            "--dry-run",
        ]
    )
    assert [
        "new/race.mp4: H.264 video for slides, browsers and players, 1920x1080, 375 frames, 30 a second, 12.5 seconds",
        "race.png: still picture of one moment, 1920x1080, one frame",
        "race.gif: animated GIF for READMEs and web pages, 1920x1080, 375 frames, 30 a second, 12.5 seconds",
    ] == capsys.readouterr().out.splitlines()
    assert 0 == cli.main(["render", "-o", "race.mp4", "--codec", "av1", "--dry-run"])
    assert capsys.readouterr().out.startswith("race.mp4: AV1 video, 1280x720, ")
    assert [] == list(tmp_path.iterdir())


def test_render_prints_one_json_object_when_asked(tmp_path):
    done = run(
        "render",
        "-o",
        "a.mp4",
        "-o",
        "a.png",
        "--json",
        "--size",
        "320x240",
        "--duration",
        "0.5",
        cwd=tmp_path,
    )
    assert 0 == done.returncode
    told = json.loads(done.stdout)
    film, still = told["files"]
    assert ["path", "sha256", "bytes", "frames", "fps", "size", "seconds"] == list(film)
    assert (90, 30.0, [320, 240], 3.0) == (
        film["frames"],
        film["fps"],
        film["size"],
        film["seconds"],
    )
    assert (tmp_path / "a.mp4").stat().st_size == film["bytes"]
    assert (1, None, None) == (still["frames"], still["fps"], still["seconds"])
    assert 4 == len(told["table"]["racers"])
    assert ["a.mp4  320x240  3 s", "a.png  320x240     "] == [
        line[:19] for line in done.stderr.splitlines()
    ]


def test_render_prints_the_table_and_quiet_prints_nothing(tmp_path):
    loud = run("render", "-o", "a.png", "--size", "320x240", cwd=tmp_path)
    assert (0, True) == (loud.returncode, "oscillating" in loud.stdout)
    quiet = run("render", "-o", "a.png", "--size", "320x240", "--quiet", cwd=tmp_path)
    assert (0, "", "") == (quiet.returncode, quiet.stdout, quiet.stderr)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_the_table_prints_on_any_console(encoding):
    done = subprocess.run(
        [*COMMAND, "table"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert (0, b"") == (done.returncode, done.stderr)
    assert "oscillating" in done.stdout.decode(encoding)


def test_a_typed_formula_is_raced_as_the_surface_of_that_name(capsys):
    told = []
    for surface in ("bowl", "x**2 + 10*y**2", "10*theta2^2+theta1^2"):
        assert 0 == cli.main(
            ["table", "--surface", surface, "--minimum", "0,0", "--format", "json"]
        )
        told.append(json.loads(capsys.readouterr().out)["racers"])
    assert told[0] == told[1] == told[2]


def test_a_place_in_a_formula_is_shown_below_the_line(capsys):
    assert 2 == cli.main(["table", "--surface", "x**2 + 1/2y"])
    assert [
        "optirace: surface 'x**2 + 1/2y': '1/2y' has two readings; write x**2 + (1/2)*y or x**2 + 1/(2*y)",
        "  x**2 + 1/2y",
        "            ^",
    ] == capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("surface", ["bowll", "rosen-brock", "saddle-3"])
def test_a_name_that_no_surface_has_is_not_read_as_a_formula(surface, capsys):
    assert 2 == cli.main(["table", "--surface", surface])
    assert capsys.readouterr().err.startswith(
        f"optirace: surface '{surface}': unknown; did you mean "
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, which Linux has")
def test_a_full_stdout_is_told():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "table"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (1, "optirace: stdout: no space left on device\n") == (done.returncode, done.stderr)


def test_a_closed_stdout_is_told():
    done = subprocess.run(
        ["sh", "-c", '"$0" -m optirace table >&-', sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (1, "optirace: stdout is closed: there is nowhere to print the result\n") == (
        done.returncode,
        done.stderr,
    )


@pytest.mark.slow
def test_a_reader_that_left_early_is_no_traceback():
    done = subprocess.run(
        [
            "sh",
            "-c",
            '"$0" -m optirace table --every 1 --steps 100000 -O sgd --format csv | head -1',
            sys.executable,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "name,label,step,theta1,theta2,loss\n" == done.stdout
    assert "Traceback" not in done.stderr


def test_the_table_loads_neither_matplotlib_nor_an_encoder():
    code = (
        "import sys; from optirace import cli; cli.main(['table']);"
        "print([name for name in ('matplotlib', 'imageio_ffmpeg', 'imageio', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.splitlines()[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the threads of a process")
@pytest.mark.skipif(
    (os.cpu_count() or 1) < 2, reason="on one core numpy's matrix library starts no thread anyway"
)
def test_the_command_starts_no_thread_that_it_has_no_use_for():
    code = (
        "import os, sys; from optirace.__main__ import main; sys.argv = ['optirace', 'table', '--steps', '2'];"
        "os._exit = lambda _: None; main(); import numpy; print(len(os.listdir('/proc/self/task')))"
    )
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert "1" == done.stdout.splitlines()[-1]


def test_who_measures_the_command_gets_its_end():
    words = [sys.executable, "-m", "cProfile", "-m", "optirace", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "function calls" in done.stdout


def test_a_stream_that_cannot_take_a_letter_takes_another():
    words = ["table", "--steps", "2", "-O", "adam:label=\u635f\u00dc"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([*COMMAND, *words], capture_output=True, env=environment, check=False)
    assert (0, b"") == (done.returncode, done.stderr)
    assert b" ?? " in done.stdout


def test_importing_the_package_is_light():
    code = "import sys; import optirace; print([name for name in ('numpy', 'matplotlib', 'typer', 'rich') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


def test_the_package_tells_its_names():
    assert {"race", "render", "table", "sweep", "explain", "list"} <= set(dir(optirace))
    assert "list" not in optirace.__all__
    with pytest.raises(AttributeError, match="no attribute 'rendr'"):
        optirace.rendr  # noqa: B018 - the look-up is the test


def test_signals_are_handed_back_after_a_render(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert 0 == cli.main(["render", "-o", "a.png", "--size", "320x240"])
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    capsys.readouterr()


def test_a_sweep_prints_where_each_racer_works(capsys):
    assert 0 == cli.main(["sweep", "-O", "sgd", "-O", "momentum:label=heavy"])
    out, err = capsys.readouterr()
    assert err == ""
    assert "diverges from lr" in out
    rows = [line.split() for line in out.splitlines() if "steps" in line]
    assert ["SGD", "0.01442", "to", "0.0934", "0.08174", "in", "29", "steps"] == rows[0][1:9]
    assert ["heavy", "0.01104", "to", "1.759"] == rows[1][1:5]


def test_a_sweep_as_json_holds_finite_numbers_and_a_range_for_every_beta(capsys):
    words = [
        "--lr",
        "0.1,5e200,0.01",
        "--beta",
        "0,0.5",
        "-O",
        "sgd",
        "-O",
        "momentum",
        "--steps",
        "150",
        "--format",
        "json",
    ]
    assert 0 == cli.main(["sweep", *words])

    def refuse(word):
        raise AssertionError(word)

    told = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert {"from": 0.01, "to": 5e200, "count": 3} == told["lr"]
    assert {"from": 0.0, "to": 0.5, "count": 2} == told["beta"]
    sgd, momentum = told["racers"]
    assert (None, None, {}, 3, 5e200) == (
        sgd["betas"],
        sgd["beta"],
        sgd["hyper"],
        sgd["runs"],
        sgd["diverges_from"],
    )
    assert [0.0, 0.5] == [each["beta"] for each in momentum["betas"]]
    assert {key: momentum[key] for key in momentum["betas"][1]} == momentum["betas"][1]
    assert (6, 2) == (momentum["runs"], momentum["diverged"])


def test_one_beta_of_a_sweep_is_what_the_same_beta_is_among_several(capsys):
    def steps(*betas):
        words = ["-O", "heavy-ball", "-O", "heavy-ball:mu=0.3,label=own"][
            : 2 if len(betas) > 1 else 4
        ]
        assert 0 == cli.main(
            ["sweep", "--lr", "0.05,0.1", "--beta", ",".join(betas), "--format", "json", *words]
        )
        return [racer["fastest_steps"] for racer in json.loads(capsys.readouterr().out)["racers"]]

    assert steps("0.5", "0.99")[0] == steps("0.5")[0]
    assert steps("0.5")[1] == steps("0.9")[1]


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        (
            ["--noise", "0.5", "--seed", "7"],
            "Gaussian noise of standard deviation 0.5 on the gradient, seed 7",
        ),
        (
            ["--surface", "x"],
            "the loss has no minimum: gaps are measured from the lowest loss seen, -45",
        ),
        (
            ["--surface", "saddle"],
            "the loss has no minimum: gaps are measured from the lowest loss seen",
        ),
        (["--lr-schedule", "cosine"], "SGD: the schedule cosine scales the lr that is told"),
        (["-O", "adam", "--beta", "0,0.9"], "Adam: has no beta, so only its lr is swept"),
    ],
)
def test_a_sweep_says_what_is_not_plain_about_it(words, remark, capsys):
    assert 0 == cli.main(["sweep", "-O", "sgd", "--lr", "0.1,0.2", *words])
    assert remark in " ".join(capsys.readouterr().out.split())
    assert 0 == cli.main(["sweep", "-O", "sgd", "--lr", "0.1,0.2"])
    assert remark not in " ".join(capsys.readouterr().out.split())


def test_one_beta_of_a_sweep_holds_for_all(capsys):
    words = ["-O", "momentum", "-O", "sgd", "-O", "heavy-ball"]
    assert 0 == cli.main(["sweep", "--lr", "0.1,0.2", "--beta", "0.5", "--format", "json", *words])
    told = json.loads(capsys.readouterr().out)
    assert told["beta"] is None
    momentum, sgd, heavy = (racer["hyper"] for racer in told["racers"])
    assert (0.5, 0.5, {}) == (momentum["beta"], heavy["mu"], sgd)


@pytest.mark.slow
def test_a_sweep_draws_its_charts(tmp_path, capsys):
    paths = [tmp_path / f"sweep.{suffix}" for suffix in ("png", "svg", "pdf")]
    options = [word for path in paths for word in ("-o", str(path))]
    assert 0 == cli.main(
        [
            "sweep",
            "--lr",
            "1e-2:1:9",
            "--theme",
            "dark",
            "--metric",
            "steps",
            "--size",
            "640x360",
            *options,
        ]
    )
    assert [b"\x89PNG", b"<?xm", b"%PDF"] == [path.read_bytes()[:4] for path in paths]
    assert "fastest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "a.mp4"], "output a.mp4: a sweep is drawn as one of .png, .svg, .pdf"),
        (["-o", ""], "output '': no file name; add one, such as -o sweep.png"),
        (["-O", "adam:lr=3"], "optimizer 'adam:lr=3': lr is swept; leave it out"),
        (
            ["-O", "momentum:beta=0.5", "--beta", "0,0.9"],
            "optimizer 'momentum:beta=0.5': beta is swept; leave it out",
        ),
        (["--beta", "0.5,1"], "beta 1.0: must be from 0 to below 1"),
        (
            ["--lr", "1:2"],
            "lr '1:2': must be FROM:TO:COUNT, such as 0.001:1:31, or numbers separated by commas; type 1:2:31",
        ),
        (["--tune"], "tune: a sweep tries the rates of --lr; leave it out"),
        (
            ["--metric", "los"],
            "metric 'los': unknown; did you mean loss? must be one of loss, steps",
        ),
        (["--jobs", "0"], "jobs 0: must be from 1 to 1024"),
        (["--lr", "0.1", "-o", "a.png"], "lr: a chart needs two rates or more, all above 0"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_one_line(
    words, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert 2 == cli.main(["sweep", *words])
    assert ("", f"optirace: {message}\n") == tuple(capsys.readouterr())
    assert [] == list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_sweep_that_is_stopped_leaves_no_process(number, status, tmp_path):
    words = [
        "sweep",
        "--steps",
        "1000000",
        "--lr",
        "1e-3:1e-2:100000",
        "--jobs",
        "2",
        "-o",
        "a.png",
    ]
    process = subprocess.Popen(
        [*COMMAND, *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        while (
            Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().count(" ") < 2
        ):  # who share the work
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, number)
        assert "optirace: interrupted, a.png left as it was\n" == process.communicate(timeout=30)[1]
        assert status == process.returncode
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert [] == list(tmp_path.iterdir())


def test_other_commands_do_not_load_the_sweep():
    code = "import sys; from optirace import cli; cli.main(['table']); print(sorted(m for m in sys.modules if 'sweep' in m))"
    assert (
        "[]"
        == subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.splitlines()[-1]
    )
