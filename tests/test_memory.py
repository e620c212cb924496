"""Whether memory that is asked for again and again stays with the process."""

import os
import platform
import subprocess
import sys
from fractions import Fraction

import pytest

from optirace.errors import OutputError
from optirace.output import outputs, sinks
from optirace.system import malloc

FAULTS = """
import resource, sys
import numpy as np
from optirace.system import malloc as memory
if sys.argv[1:]:
    memory.keep()
def use():
    blocks = [np.ones(5 << 20, np.uint8) for _ in range(6)]
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*words, **environment):
    command = [sys.executable, "-c", FAULTS, *words]
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MALLOC_", "GLIBC_"))
    }
    return int(
        subprocess.run(
            command, env={**plain, **environment}, capture_output=True, text=True, check=True
        ).stdout
    )


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of the GNU C library")
def test_large_blocks_are_not_given_back_and_asked_for_again():
    pages = 20 * 6 * (5 << 20) // 4096
    assert faults() > 0.1 * pages
    assert faults("keep") < 0.01 * pages
    assert faults(**malloc.ENVIRONMENT) < 0.01 * pages


@pytest.mark.skipif(os.name != "posix", reason="the encoder is a shell script")
@pytest.mark.parametrize("own", [None, "77777"])
def test_the_encoder_does_the_same_unless_the_user_says_otherwise(own, tmp_path, monkeypatch):
    script = tmp_path / "ffmpeg"
    script.write_text("#!/bin/sh\nenv > told\nexit 8\n")
    script.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(script))
    for name in malloc.ENVIRONMENT:
        if own is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, own)
    with (
        pytest.raises(OutputError),
        sinks.open_sink(
            outputs.output(tmp_path / "a.mp4"),
            sinks.Film(width=32, height=32, fps=Fraction(10), frames=1),
        ) as sink,
    ):
        sink.finish()
    told = dict(line.partition("=")[::2] for line in (tmp_path / "told").read_text().splitlines())
    assert {name: own or size for name, size in malloc.ENVIRONMENT.items()}.items() <= told.items()


def test_the_command_keeps_its_memory():
    code = (
        "from optirace import __main__; __main__.malloc.keep = lambda: print('kept'); "
        "__main__.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True
    )
    assert "kept" == done.stdout.splitlines()[0]
