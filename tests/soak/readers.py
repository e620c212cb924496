"""Reads crafted and damaged films of every format: a line or an answer each, in little time and
memory.

    python tests/soak/readers.py MUTATIONS [SHARE [SUFFIX...]]

Of each format real files are made, and then damaged where it hurts: in lengths, counts, kinds and
nesting, cut short, and with parts of other files in them. With a SHARE below 1, crafted files have
that much less of what they have too much of. Prints for each format how many were read and refused,
the longest time and the most memory.
"""

import collections
import contextlib
import itertools
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import crafted

from optirace import cli
from optirace.cli import rerun
from optirace.errors import OptiraceError
from optirace.output import embed, provenance
from optirace.output.formats import FORMATS
from optirace.output.read import contents

SMALL = [
    "--size",
    "240x240",
    "--fps",
    "10",
    "--duration",
    "0.5",
    "--hold",
    "0,0.2",
    "--steps",
    "20",
    "-O",
    "sgd",
    "-O",
    "adam",
]
MOST_SECONDS, MOST_MEGABYTES = 1.0, 200
PARTS = {
    ".gif": [b"!\xf9\x04", b"!\xfe", b",", b";", b"\0", b"\xff"],
    ".mp4": [
        b"moov",
        b"trak",
        b"mdia",
        b"minf",
        b"stbl",
        b"stsd",
        b"stsz",
        b"stts",
        b"mdhd",
        b"udta",
        b"meta",
        b"ilst",
        b"data",
    ],
    ".webm": [
        b"\x18\x53\x80\x67",
        b"\x1f\x43\xb6\x75",
        b"\x15\x49\xa9\x66",
        b"\x16\x54\xae\x6b",
        b"\xae",
        b"\xe0",
        b"\xa3",
    ],
    ".webp": [b"RIFF", b"WEBP", b"VP8X", b"ANIM", b"ANMF", b"VP8L", b"EXIF"],
    ".svg": [
        b"<svg ",
        b"<metadata>",
        b"</metadata>",
        b"<dc:description>",
        b"</dc:description>",
        b"</svg>",
        b"&#",
        b"&",
    ],
    ".pdf": [
        b"/Subject (",
        b"/MediaBox [ 0 0 ",
        b"startxref",
        b"%%EOF",
        b"xref",
        b"\\",
        b")",
        b"/Creator (",
    ],
}
PNG = [b"IHDR", b"acTL", b"fcTL", b"IDAT", b"fdAT", b"iTXt", b"IEND", b"Comment\0\0\0\0\0"]
NUMBERS = [0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


def mutated(whole, others, parts, dice):
    """Return a whole file with one to four things done to it."""
    held = bytearray(whole)
    for _ in range(dice.randint(1, 4)):
        marks = [
            at
            for at in (
                held.find(dice.choice(parts), dice.randrange(len(held) + 1)) for _ in range(3)
            )
            if at >= 0
        ]
        at = (
            max(0, dice.choice(marks) + dice.randint(-8, 16))
            if marks and dice.random() < 0.7
            else dice.randrange(len(held) + 1)
        )
        size, order = dice.choice([1, 2, 3, 4, 8]), dice.choice(["big", "little"])
        what = dice.randrange(8)
        if what == 0:  # a length or a count
            held[at : at + size] = (dice.choice(NUMBERS) % 256**size).to_bytes(size, order)
        elif what == 1:  # the same, a little off
            near = int.from_bytes(held[at : at + size], order) + dice.choice([-8, -1, 1, 8])
            held[at : at + size] = (near % 256**size).to_bytes(size, order)
        elif what == 2:  # a kind
            kind = dice.choice(parts)
            held[at : at + len(kind)] = kind
        elif what == 3:  # a part within a part, or many
            start = dice.randrange(len(held) + 1)
            held[at:at] = held[start : start + dice.choice([1, 8, 64, 1000])] * dice.choice(
                [1, 2, 100]
            )
        elif what == 4:  # a part less
            del held[at : at + dice.choice([1, 4, 8, 64, 1000])]
        elif what == 5:  # cut short
            del held[at:]
        elif what == 6:  # a part of another file
            other = dice.choice(others)
            start = dice.randrange(len(other))
            held[at : at + dice.choice([0, 64])] = other[start : start + dice.choice([4, 64, 4000])]
        else:
            held[at : at + size] = dice.randbytes(size)
    return bytes(held)


def tell(path, kind):
    """Read a file as inspect, check and snippet do; return whether it was read, and what it took:
    seconds, megabytes.
    """
    memory, since = peak(), time.process_time()
    is_read = False
    with contextlib.suppress(OptiraceError):
        found = contents.read(path)
        is_read = True
        float(found.seconds or 0), float(found.fps or 0), f"{found.width}x{found.height}"
        note = provenance.read(found.note or "", path.name)
        note.origin.asked("fps")
        json.dumps([note.origin.typed(), note.origin.scene])
        rerun.kind_of(note.origin, path.name)
    with contextlib.suppress(OptiraceError):
        if kind not in (".svg", ".pdf", "frames/"):
            embed.snippet(path)
    return is_read, time.process_time() - since, peak() - memory


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 if sys.platform == "darwin" else 1000
    )


def reader(kind):
    """Read the files whose names come in, a line each, and say what each took; in a process whose
    memory is its own.
    """
    for line in sys.stdin:
        print(json.dumps(tell(Path(line.rstrip("\n")), kind)), flush=True)


def of_kind(kind, mutations, place):
    """Have the crafted and so many mutated files of a format read; print what they took."""
    path = place / ("race" if kind == "frames/" else f"race{kind}")
    whole = (path / "0.png" if path.is_dir() else path).read_bytes()
    others = [each.read_bytes() for each in place.glob("race*") if each.is_file()]
    dice = random.Random(f"{kind} {mutations}")  # noqa: S311 - not for secrets
    target = place / "damaged" / path.name
    (target if path.is_dir() else target.parent).mkdir(parents=True, exist_ok=True)

    def damaged():
        for number in range(mutations):
            (target / "0.png" if path.is_dir() else target).write_bytes(
                mutated(whole, others, PARTS.get(kind, PNG), dice)
            )
            yield f"mutation {number}", target

    worst, count, crafts = {}, collections.Counter(), 0
    with subprocess.Popen(
        [sys.executable, __file__, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        if sys.platform == "linux":
            # One that never ends is ended.
            resource.prlimit(
                child.pid, resource.RLIMIT_CPU, (200 + mutations // 10, 200 + mutations // 10)
            )
        for name, each in itertools.chain(
            [("itself", path)], crafted.of(kind, whole, place), damaged()
        ):
            print(each, file=child.stdin, flush=True)
            line = child.stdout.readline()
            assert line, f"{kind}: {name} ended the reader"
            is_read, seconds, megabytes = json.loads(line)
            worst[name] = seconds, megabytes if name != "itself" else 0
            if name.startswith("mutation"):
                count[is_read] += 1
            elif name != "itself":
                crafts += 1
                shutil.rmtree(each.parent) if each.parent.name == name else shutil.rmtree(each)
        child.stdin.close()
    slowest, largest = (max(worst, key=lambda name: worst[name][which]) for which in (0, 1))
    print(
        f"{kind}: {crafts} crafted, {count[True]} read and {count[False]} refused of {mutations}; "
        f"at most {worst[slowest][0]:.2f} s ({slowest}), {worst[largest][1]:.0f} MB ({largest})",
        flush=True,
    )
    assert crafts >= 12
    # The time is the processor's; but another machine may be several times slower than the one it
    # is measured on.
    assert worst[slowest][0] <= 5 * MOST_SECONDS * max(crafted.share, 0.3), slowest
    assert worst[largest][1] <= MOST_MEGABYTES, largest


def main(mutations, share, kinds):
    crafted.share = share
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        outputs = [
            word
            for kind in FORMATS
            for word in ("-o", f"{place}/race{kind}".replace("raceframes/", "race/"))
        ]
        assert 0 == cli.main(["render", "--quiet", *SMALL, *outputs])
        for kind in kinds:
            of_kind(kind, mutations // len(kinds), place)


if __name__ == "__main__":
    if sys.argv[1] in FORMATS:
        reader(sys.argv[1])
    else:
        main(
            int(sys.argv[1]),
            float(sys.argv[2]) if len(sys.argv) > 2 else 1.0,
            sys.argv[3:] or list(FORMATS),
        )
