"""A bar is for terminals, colours are for who wants them, and neither outlives a command that is
stopped.
"""

import os
import re
import signal
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty")

WORDS = ["render", "-o", "race.gif", "--size", "240x240", "--steps", "20"]
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
CURSOR = re.compile(rb"\x1b\[\??[0-9;]*[A-Zh-l]")
BAR = "\N{BOX DRAWINGS HEAVY HORIZONTAL}".encode()
SHOWN = b"\x1b[?25h"
"""Lets the cursor be seen again."""


class Session:
    """A command some of whose streams are a terminal."""

    def __init__(self, *streams, words=WORDS, cwd, **environment):
        self.screen, theirs = pty.openpty()
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "optirace", *words],
            cwd=cwd,
            env=kept | {"TERM": "xterm-256color"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=theirs if "stdout" in streams else subprocess.PIPE,
            stderr=theirs if "stderr" in streams else subprocess.PIPE,
        )
        os.close(theirs)

    def seen(self, until=None):
        """Return what the terminal has got by the time that it shows something, or the command
        ends.
        """
        seen = b""
        try:
            while until is None or until not in seen:
                part = os.read(self.screen, 65536)
                if not part:
                    break
                seen += part
        except OSError:  # how Linux says that the other side has gone
            pass
        return seen

    def end(self):
        """Return the exit status and what went to stdout and stderr, where they are no terminal."""
        piped = [stream and stream.read() for stream in (self.process.stdout, self.process.stderr)]
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return self.process.wait(60), *piped


def whole(session):
    """Return what a terminal has seen once the command is over, what went elsewhere, and hang
    up.
    """
    seen, (status, out, err) = session.seen(), session.end()
    os.close(session.screen)
    assert 0 == status, (seen, err)
    return seen, out, err


@pytest.mark.slow
def test_a_terminal_has_a_bar_which_goes_and_a_table_in_colour(tmp_path):
    seen, _, _ = whole(Session("stdout", "stderr", cwd=tmp_path))
    bar, table = seen.split(SHOWN)
    assert BAR in bar
    assert COLOUR.search(bar)
    assert COLOUR.search(table)
    assert BAR not in table
    assert re.search(rb"race\.gif  240x240  3\.5 s  \d+ kB\r\n", table)


def test_a_bar_goes_to_stderr_and_leaves_a_piped_table_plain(tmp_path):
    seen, out, _ = whole(Session("stderr", cwd=tmp_path))
    assert BAR in seen
    assert b"racer" in out
    assert b"\x1b" not in out


def test_without_a_terminal_on_stderr_there_is_a_line_for_a_file(tmp_path):
    seen, _, err = whole(Session("stdout", cwd=tmp_path))
    assert BAR not in seen
    assert re.fullmatch(rb"race\.gif  240x240  3\.5 s  \d+ kB\n", err)


@pytest.mark.slow
@pytest.mark.parametrize("streams", [("stdout", "stderr"), ("stdout",), ("stderr",)])
def test_a_terminal_that_is_dumb_gets_no_control_code(tmp_path, streams):
    seen, _, err = whole(Session(*streams, cwd=tmp_path, TERM="dumb"))
    assert b"\x1b" not in seen
    assert BAR not in seen
    assert 1 == (seen + (err or b"")).count(b"race.gif  240x240  3.5 s  ")


def test_who_wants_no_colour_gets_a_bar_and_a_table_without(tmp_path):
    seen, _, _ = whole(Session("stdout", "stderr", cwd=tmp_path, NO_COLOR="1"))
    assert BAR in seen
    assert CURSOR.search(seen)
    assert not COLOUR.search(seen)


@pytest.mark.slow
@pytest.mark.parametrize("streams", [("stdout",), ("stderr",), ("stdout", "stderr")])
def test_a_quiet_command_says_nothing_on_a_terminal_either(tmp_path, streams):
    seen, _, err = whole(Session(*streams, words=[*WORDS, "--quiet"], cwd=tmp_path))
    assert (b"", b"") == (seen, err or b"")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_stopped_bar_goes_before_the_line_that_tells_of_it(tmp_path, name, status):
    (tmp_path / "race.gif").write_bytes(b"good")
    session = Session(
        "stderr", words=["render", "-o", "race.gif", "--steps", "20000"], cwd=tmp_path
    )
    assert BAR in session.seen(until=BAR)
    session.process.send_signal(getattr(signal, name))
    seen = session.seen()
    assert status == session.end()[0]
    os.close(session.screen)
    assert seen.endswith(b"optirace: interrupted, race.gif left as it was\r\n")
    assert SHOWN in seen
    assert [("race.gif", b"good")] == [
        (path.name, path.read_bytes()) for path in tmp_path.iterdir()
    ]


@pytest.mark.slow
def test_a_terminal_that_is_closed_stops_no_film(tmp_path):
    """As with nohup: its window has gone, and nothing can be said there any more."""
    session = Session(
        "stderr",
        cwd=tmp_path,
        words=["render", "-o", "race.gif", "--size", "240x240", "--steps", "200"],
    )
    assert BAR in session.seen(until=BAR)
    os.close(session.screen)
    assert 0 == session.end()[0]
    assert ["race.gif"] == [path.name for path in tmp_path.iterdir()]
