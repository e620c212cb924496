"""What a film is in a real browser; skipped where there is no `chromium`, which .ci/run installs on
Debian.
"""

import base64
import contextlib
import http.server
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optirace
from optirace.drawing.raster import Canvas
from optirace.look import timeline
from optirace.look.themes import THEMES, Style
from optirace.output import film
from optirace.output.formats import FORMATS

CHROMIUM = shutil.which("chromium")
TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".gif": "image/gif",
    ".png": "image/png",
    ".apng": "image/apng",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
"""What a web server calls each kind of file that a browser plays or shows by itself, whether we
make it yet or not.
"""

KINDS = [suffix for suffix in FORMATS if suffix in TYPES]
VIDEOS = [suffix for suffix in KINDS if TYPES[suffix].startswith("video")]
PICTURES = [suffix for suffix in KINDS if TYPES[suffix].startswith("image")]
SIZE = (480, 270)
FPS = Fraction(25)
FRAMES = 40
TIMING: dict[str, Any] = {"duration": 1.0, "hold": (0.2, 0.4)}
SOUGHT = [27, 9]
"""Frames to seek, by asking for the middle of the time for which they stand: forth from the end of
the film, and back.
"""

THEME = THEMES["dark"]  # white would be white in any range of luma and by any matrix
SECONDS = 60
"""How long a browser may take to start and to play every film, which takes it five."""

PAGE = """<!doctype html>
<meta charset="utf-8">
<body>
<script>
"use strict";
const event = (element, name) => new Promise((resolve, reject) => {
  element.addEventListener(name, resolve, {once: true});
  const fail = () => reject(new Error(element.error?.message || "cannot be shown"));
  element.addEventListener("error", fail, {once: true});
});
function drawn(element, width, height) {
  const context = Object.assign(document.createElement("canvas"), {width, height}).getContext("2d");
  context.drawImage(element, 0, 0);
  let bytes = "";
  const image = context.getImageData(0, 0, width, height);
  for (const byte of image.data) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}
async function play(url, wanted) {
  const looks = {muted: true, playsInline: true, controls: true};
  const video = Object.assign(document.createElement("video"), looks);
  document.body.append(video);
  const known = event(video, "loadeddata");
  video.src = url;
  await known;
  const shown = [];
  const look = (_, about) => {
    shown.push(about.mediaTime);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  const ended = event(video, "ended");
  await video.play();
  await ended;
  const found = {size: [video.videoWidth, video.videoHeight], duration: video.duration};
  Object.assign(found, {end: video.currentTime, shown: [...shown], seeks: []});
  for (const time of wanted) {
    const sought = event(video, "seeked");
    video.currentTime = time;
    await sought;
    found.seeks.push([video.currentTime, drawn(video, video.videoWidth, video.videoHeight)]);
  }
  return found;
}
async function show(url, type) {
  const image = new Image();
  document.body.append(image);
  const loaded = event(image, "load");
  image.src = url;
  await loaded;
  const found = {size: [image.naturalWidth, image.naturalHeight], delays: []};
  const isKnown = await ImageDecoder.isTypeSupported(type);
  if (!isKnown) return {...found, last: drawn(image, ...found.size)};
  const decoder = new ImageDecoder({type, data: (await fetch(url)).body});
  await decoder.completed;
  const track = decoder.tracks.selectedTrack;
  for (let frameIndex = 0; frameIndex < track.frameCount; frameIndex++) {
    const {image: picture} = await decoder.decode({frameIndex});
    found.delays.push(picture.duration);
    if (frameIndex == track.frameCount - 1) found.last = drawn(picture, ...found.size);
    picture.close();
  }
  found.repeats = track.repetitionCount === Infinity ? "forever" : track.repetitionCount;
  return found;
}
(async () => {
  const found = {};
  for (const [url, type] of Object.entries(FILES)) {
    try {
      found[url] = await (type.startsWith("video") ? play(url, SOUGHT) : show(url, type));
    } catch (error) {
      found[url] = {error: String(error)};
    }
  }
  await fetch("found", {method: "POST", body: JSON.stringify(found)});
})();
</script>
"""


def server(folder, found):
    """Return a server of a folder, in the parts that a player asks for, which puts what is posted
    to it into a queue.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self):
            with contextlib.suppress(ConnectionError):  # a player hangs up once it has enough
                super().handle()

        def do_GET(self):
            path = folder / Path(self.path).name
            if not path.is_file():
                self.send_error(404)
                return
            data = path.read_bytes()
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            first, last = (
                (int(part[1]), int(part[2] or len(data) - 1)) if part else (0, len(data) - 1)
            )
            self.send_response(206 if part else 200)
            if part:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Type", TYPES.get(path.suffix, "text/html"))
            self.send_header("Content-Length", str(last + 1 - first))
            self.end_headers()
            self.wfile.write(data[first : last + 1])

        def do_POST(self):
            found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def browse(url, found, profile):
    """Open a page in a browser until it has posted something, and return that, or None if it is not
    heard of in time.
    """
    said = profile.with_suffix(".txt")
    with said.open("wb") as log:
        browser = subprocess.Popen(
            [
                CHROMIUM,
                *(
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--no-first-run",
                ),
                *(
                    "--disable-background-networking",
                    "--no-proxy-server",
                    "--force-color-profile=srgb",
                ),
                *("--autoplay-policy=no-user-gesture-required", f"--user-data-dir={profile}", url),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and browser.poll() is None:
            with contextlib.suppress(queue.Empty):
                return found.get(timeout=0.5)
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()


@pytest.fixture(scope="module")
def race():
    return optirace.race(steps=40)


@pytest.fixture(scope="module")
def painted(race):
    """What each frame should show: float64[frames, height, width, 3]."""
    schedule = timeline.schedule(race.race.steps, fps=FPS, **TIMING)
    canvas = Canvas(race, Style(width=SIZE[0], height=SIZE[1], theme=THEME))
    frames = np.stack(
        [canvas.paint(moment).pixels[..., :3].copy() for moment in film.moments(race, schedule)]
    )
    assert FRAMES == len(frames)
    return frames.astype(np.float64)


@pytest.fixture(scope="module")
def seen(race, tmp_path_factory):
    """What the browser found in each kind of file."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: no film is played in a browser")
    folder = tmp_path_factory.mktemp("site")
    files = {f"race{suffix}": TYPES[suffix] for suffix in KINDS}
    optirace.render(
        race, *(folder / name for name in files), size=SIZE, fps=FPS, theme=THEME.name, **TIMING
    )
    middles = [float((index + Fraction(1, 2)) / FPS) for index in SOUGHT]
    (folder / "page.html").write_text(
        PAGE.replace("FILES", json.dumps(files)).replace("SOUGHT", json.dumps(middles))
    )
    found = queue.Queue()
    with server(folder, found) as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{site.server_port}/page.html"
            profiles = [tmp_path_factory.mktemp("profile") for _ in range(2)]
            reports = (
                browse(url, found, profile) for profile in profiles
            )  # a browser may fail to start, once
            report = next((report for report in reports if report is not None), None)
        finally:
            site.shutdown()
            thread.join()
    if report is None:
        pytest.fail(
            "chromium was not heard of, twice: "
            + profiles[-1].with_suffix(".txt").read_text()[-2000:]
        )
    return {Path(name).suffix: about for name, about in report.items()}


def pixels(encoded):
    """Read a picture as a page drew it: float64[height, width, 3]."""
    return (
        np.frombuffer(base64.b64decode(encoded), np.uint8)
        .reshape(SIZE[1], SIZE[0], 4)[..., :3]
        .astype(np.float64)
    )


def paper():
    return [int(THEME.paper[start : start + 2], 16) for start in (1, 3, 5)]


def flat_errors(picture, wanted):
    """Return how far the squares of 8 x 8 pixels that should be of one colour are from it:
    float64[squares] of 255.
    """
    height, width = (side // 8 * 8 for side in wanted.shape[:2])
    squares, seen = (
        image[:height, :width]
        .reshape(height // 8, 8, width // 8, 8, 3)
        .swapaxes(1, 2)
        .reshape(-1, 64, 3)
        for image in (wanted, picture)
    )
    is_flat = (squares == squares[:, :1]).all(axis=(1, 2))
    assert len(np.unique(squares[is_flat, 0], axis=0)) >= 2  # the paper, and the surface
    return np.abs((seen[is_flat] - squares[is_flat]).mean(axis=1)).max(axis=1)


def luma_and_chroma(red, blue):
    """Return the matrix from RGB to luma and chroma, by the weights of red and blue in the luma:
    float64[3, 3].
    """
    luma = np.array([red, 1.0 - red - blue, blue])
    return np.stack(
        [
            luma,
            ([0.0, 0.0, 1.0] - luma) / (2.0 - 2.0 * blue),
            ([1.0, 0.0, 0.0] - luma) / (2.0 - 2.0 * red),
        ]
    )


BT709 = luma_and_chroma(0.2126, 0.0722)
BT601 = luma_and_chroma(0.299, 0.114)


def as_read_by(matrix, picture):
    """Return how a picture looks that is stored by BT.709, with a chroma for four pixels, and read
    by another matrix.
    """
    stored = picture @ BT709.T
    height, width = stored.shape[:2]
    chroma = stored[..., 1:].reshape(height // 2, 2, width // 2, 2, 2).mean(axis=(1, 3))
    stored[..., 1:] = chroma.repeat(2, axis=0).repeat(2, axis=1)
    return np.clip(stored @ np.linalg.inv(matrix).T, 0.0, 255.0)


@pytest.mark.parametrize("suffix", KINDS)
def test_a_browser_shows_the_file_at_its_size(seen, suffix):
    assert "error" not in seen[suffix]
    assert list(SIZE) == seen[suffix]["size"]


@pytest.mark.parametrize("suffix", VIDEOS)
def test_a_browser_plays_the_film_from_its_start_to_its_end(seen, suffix):
    found = seen[suffix]
    assert float(FRAMES / FPS) == pytest.approx(found["duration"], abs=1e-3)
    assert found["duration"] == found["end"]
    shown = np.array(found["shown"]) * float(FPS)
    assert np.diff(shown).min() >= 0.0
    assert np.abs(shown - np.round(shown)).max() <= 0.03
    assert len(np.unique(np.round(shown))) >= 5  # a busy machine drops some of the forty
    assert shown[-1] - shown[0] >= FRAMES // 2


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.parametrize("index", SOUGHT)
def test_a_seek_lands_on_the_frame_of_that_time(seen, painted, suffix, index):
    time_, picture = seen[suffix]["seeks"][SOUGHT.index(index)]
    assert float((index + Fraction(1, 2)) / FPS) == pytest.approx(time_, abs=1e-3)
    assert index == ((painted - pixels(picture)) ** 2).mean(axis=(1, 2, 3)).argmin()


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.parametrize("index", SOUGHT)
def test_colours_of_the_played_film_are_within_3_of_255(seen, painted, suffix, index):
    picture = pixels(seen[suffix]["seeks"][SOUGHT.index(index)][1])
    assert np.abs(picture[:8, :8] - paper()).max() <= 3.0
    assert np.mean(flat_errors(picture, painted[index]) <= 3.0) >= 0.95


@pytest.mark.parametrize("suffix", VIDEOS)
@pytest.mark.parametrize("index", SOUGHT)
def test_a_browser_reads_the_film_by_the_matrix_it_was_written_by(seen, painted, suffix, index):
    picture = pixels(seen[suffix]["seeks"][SOUGHT.index(index)][1])
    right, wrong = (
        ((picture - as_read_by(matrix, painted[index])) ** 2).mean() for matrix in (BT709, BT601)
    )
    assert right < wrong


@pytest.mark.parametrize("suffix", [suffix for suffix in PICTURES if not FORMATS[suffix].is_still])
def test_a_moving_picture_lasts_as_long_as_the_film_and_plays_for_ever(seen, suffix):
    found = seen[suffix]
    assert round(1_000_000 * FRAMES / FPS) == sum(found["delays"])
    assert len(found["delays"]) >= FRAMES // 2
    assert "forever" == found["repeats"]


@pytest.mark.parametrize("suffix", PICTURES)
def test_colours_of_a_picture_are_within_3_of_255(seen, painted, suffix):
    picture = pixels(seen[suffix]["last"])
    assert np.abs(picture[:8, :8] - paper()).max() <= 3.0
    assert np.mean(flat_errors(picture, painted[-1]) <= 3.0) >= 0.95
