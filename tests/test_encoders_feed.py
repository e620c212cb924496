"""What comes out of the pipe is what was put in, however fast anybody is."""

import os
import threading
import time

import numpy as np
import pytest

from optirace.output.video import pipe as feed

needs_pages = pytest.mark.skipif(
    not hasattr(os, "splice"), reason="only Linux passes pages of memory through a pipe"
)
WAYS = [pytest.param(True, id="pages", marks=needs_pages), pytest.param(False, id="copies")]


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    if not request.param:
        monkeypatch.delattr(os, "splice", raising=False)
    return request.param


def read(pipe, size, pauses, found):
    while True:
        time.sleep(next(pauses))
        picture = b""
        while len(picture) < size:
            part = os.read(pipe, min(70_000, size - len(picture)))
            if not part:
                return
            picture += part
        found.append({*np.frombuffer(picture, np.uint8).tolist()})


@pytest.mark.slow
@pytest.mark.parametrize("size", [240 * 240 * 3 // 2, 854 * 480 * 3 // 2, 4096 * 256])
def test_every_picture_arrives_whole_at_a_slow_reader(way, size):
    outlet, inlet = os.pipe()
    fed = feed.Feed(size)
    assert (2 if way else 1) == len(fed.pictures)
    fed.widen(inlet)
    found: list[set[int]] = []
    pauses = iter(0.02 * (index % 3 == 0) for index in range(100))
    reader = threading.Thread(target=read, args=(outlet, size, pauses, found))
    reader.start()
    for number in range(25):
        fed.pictures[number % len(fed.pictures)][:] = number
        fed.send(inlet)
    os.close(inlet)
    reader.join()
    os.close(outlet)
    fed.close()
    assert [{number} for number in range(25)] == found


@pytest.mark.parametrize("size", [86_400, 614_880, 1 << 20, 3_110_400])
def test_a_pipe_never_holds_more_than_a_picture(size):
    fcntl = pytest.importorskip("fcntl")
    if not hasattr(fcntl, "F_GETPIPE_SZ"):
        pytest.skip("only Linux tells how much a pipe holds")
    outlet, inlet = os.pipe()
    feed.Feed(size).widen(inlet)
    held = fcntl.fcntl(inlet, fcntl.F_GETPIPE_SZ)
    os.close(inlet)
    os.close(outlet)
    assert size / 2 < held <= size or 1 << 20 == held <= size


@pytest.mark.usefixtures("way")
def test_nobody_who_reads_is_an_error():
    outlet, inlet = os.pipe()
    os.close(outlet)
    with pytest.raises(BrokenPipeError):
        feed.Feed(1 << 20).send(inlet)
    os.close(inlet)


def test_closing_gives_the_files_back(way):
    before = len(os.listdir("/proc/self/fd")) if way else 0
    for _ in range(3):
        feed.Feed(1 << 16).close()
    assert before == (len(os.listdir("/proc/self/fd")) if way else 0)
