"""Files that nobody makes by accident: a dozen of each format, each of which asks a reader for
time, memory or belief.
"""

import functools
import json
import os
import struct
import zlib

from optirace.output.read import contents, gif_blocks, png_chunks, webp_chunks

LARGE = 900_000_000
"""Bytes of a file that is mostly a hole, which takes no room on a disk."""
DEEP = "[" * 50_000
LONG = "a" * 2_000_000
share = 1.0
"""How many of the parts that are too many there are; at one, reading them takes seconds."""


def times(number):
    return round(number * share)


@functools.cache
def bomb():
    return zlib.compress(bytes(100_000_000), 9)


def of(kind, whole, place):
    """Make the files of a format in a folder, from a whole one; yield the name and the path of
    each.
    """
    note = contents.read(place / f"race{kind}" if kind != "frames/" else place / "race").note
    told = {
        ".gif": gif,
        ".mp4": mp4,
        ".webm": webm,
        ".webp": animated_webp,
        ".svg": svg,
        ".pdf": pdf,
    }.get(kind, png)
    made = {
        "empty": b"",
        "half": whole[: len(whole) // 2],
        "twice": 2 * whole,
        "zeros": (b"", LARGE),
        **told(whole, note),
    }
    for name, held in made.items():
        path = place / "crafted" / name / ("race" if kind == "frames/" else f"race{kind}")
        (path if kind == "frames/" else path.parent).mkdir(parents=True)
        first, length = held if isinstance(held, tuple) else (held, None)
        file = path / "0.png" if kind == "frames/" else path
        file.write_bytes(first)
        if length is not None:
            os.truncate(file, length)
        yield name, path


def notes(note):
    """Return texts of notes that take long to follow, or say what cannot be."""
    told = json.loads(note)
    return {
        "a note of a nesting": DEEP,
        "a long note": LONG,
        "a note of digits": '{"numbers":' + "1" * 60_000 + "}",
        "a note of a long command": json.dumps(
            {**told, "command": "optirace render --title '" + "a'\"'\"'" * 8_000 + "'"}
        ),
        "a note of many words": json.dumps(
            {**told, "command": "optirace render" + " \\a" * 15_000}
        ),
        "a note of a scene of lines": json.dumps(
            {**told, "scene": 'x = """' + "\n" * 29_000 + '"""'}
        ),
        "a note of a scene of dots": json.dumps({**told, "scene": "a." * 28_000 + "a = 1"}),
        "a note of a scene of strings": json.dumps({**told, "scene": "x = '''" + "\\n" * 20_000}),
    }


def gif(whole, note):
    head, after = whole[: 13 + 768], whole.index(b"!\xf9", 13 + 768)
    image = gif_blocks.image(0, 0, 1, 1, b"\x02D\x01", 2)
    said = {
        name: head + gif_blocks.comment(text) + whole[after:]
        for name, text in notes(note).items()
        if text != LONG
    }
    comment = head + gif_blocks.COMMENT
    return said | {
        "a long note": comment + (b"\xff" + b"a" * 255) * 8_001 + b"\0" + whole[after:],
        "one comment of many parts": comment + b"\x01a" * times(10_000_000) + b"\0" + whole[after:],
        "a comment without an end": comment + b"\xff" * times(10_000_000),
        "many comments": head + gif_blocks.comment("a") * times(2_000_000) + whole[after:],
        "many images": head + image * times(2_000_000) + gif_blocks.TRAILER,
        "an image outside": head + gif_blocks.image(65_000, 65_000, 500, 500, b"\x01a",
        8) + gif_blocks.TRAILER,
        "no size": whole[:6] + bytes(4) + whole[10:],
        "many extensions": head + b"!\x01\0" * times(3_000_000) + whole[after:],
        "one image of many parts": head + gif_blocks.image(0, 0, 1, 1, b"\x01a" * times(10_000_000),
        8) + whole[after:],
        "a palette beyond the end": head + b",\0\0\0\0\1\0\1\0\x87",
        "a hole": (head + gif_blocks.COMMENT, LARGE),
        "no images": head + gif_blocks.TRAILER,
    }  # fmt: skip


def png(whole, note):
    head, rest = whole[: png_chunks.HEADER], whole[png_chunks.HEADER :]
    control = struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 1, 0, 0)
    clocks = b"".join(
        png_chunks.chunk(b"fcTL", control[:22] + number.to_bytes(2) + control[24:])
        for number in range(1, 60_000)
    )
    return {name: head + png_chunks.said(text) + rest for name, text in notes(note).items()} | {
        "many clocks": head + clocks + rest,
        "many images": head + png_chunks.chunk(b"fcTL", control) * times(800_000) + rest,
        "many parts": head + png_chunks.chunk(b"juNK", b"") * times(2_000_000) + rest,
        "a size that cannot be": whole[:16] + b"\xff" * 8 + whole[24:],
        "no size": whole[:16] + bytes(8) + whole[24:],
        "a text that unpacks": head + png_chunks.chunk(b"zTXt", b"Comment\0\0" + bomb()) + rest,
        "a profile that unpacks": head + png_chunks.chunk(b"iCCP", b"a\0\0" + bomb()) + rest,
        "pixels that unpack": head + png_chunks.chunk(b"IDAT", bomb()) + rest,
        "a chunk beyond the end": head + b"\xff\xff\xff\xffIDAT" + rest,
        "a chunk that is a hole": (head + (LARGE - len(head) - 12).to_bytes(4) + b"juNK", LARGE),
        "headers": head + head[8:] * times(100_000) + rest,
        "nothing but an end": whole[:8] + png_chunks.chunk(*png_chunks.END),
    }


def animated_webp(whole, note):
    def file(*parts):
        body = whole[12:30] + b"".join(parts)
        return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body

    rest = whole[30:]
    image = webp_chunks.chunk(b"ANMF", bytes(16) + webp_chunks.chunk(b"VP8L", b"a"))
    exif = {
        name: file(rest, webp_chunks.chunk(b"EXIF", webp_chunks.exif(text)))
        for name, text in notes(note).items()
    }
    return exif | {
        "many images": file(image * times(800_000)),
        "many parts": file(rest, webp_chunks.chunk(b"JUNK", b"") * times(2_000_000)),
        "many notes": file(rest, webp_chunks.chunk(b"EXIF",
        webp_chunks.exif("a")) * times(600_000)),
        "a note that is none": file(rest, webp_chunks.chunk(b"EXIF", b"II*\0" * times(100_000))),
        "a chunk beyond the end": file(rest, b"JUNK\xff\xff\xff\xff"),
        "no images": file(),
        "a size for each image": file(whole[12:30] * times(300_000), rest),
        "an empty image": file(webp_chunks.chunk(b"ANMF", b"")),
        "a profile that unpacks": file(webp_chunks.chunk(b"ICCP", bomb()), rest),
        "a hole": (whole[:4] + struct.pack("<I",
        LARGE - 8) + whole[8:30] + b"JUNK" + struct.pack("<I", LARGE - 38), LARGE),
        "a size of all bits": whole[:24] + b"\xff" * 6 + whole[30:],
    }  # fmt: skip


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def mp4(whole, _):
    def swapped(name, change):
        at = whole.index(name) + len(name)
        return whole[:at] + change + whole[at + len(change) :]

    index = whole.index(b"moov") - 4
    before, after = whole[:index], whole[index + int.from_bytes(whole[index : index + 4]) :]
    moov = whole[index + 8 : len(whole) - len(after)]
    track = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(b"stsd", bytes(8))))))
    at = whole.index(b"\xa9cmt")
    nested = b""
    for _ in range(20_000):
        nested = box(b"moov", nested) if len(nested) < 100_000 else nested
    return {
        "many boxes": whole + box(b"free") * times(1_000_000),
        "many boxes in the index": before + box(b"moov", moov,
        box(b"free") * times(1_000_000)) + after,
        "many tracks": before + box(b"moov", track * 9_000, moov) + after,
        "many indices": before + box(b"moov", moov) * 9_000 + after,
        "an index in an index": before + nested + after,
        "an index that is a hole": (before + struct.pack(">I4s", LARGE - len(before),
        b"moov") + moov, LARGE),
        "a box without length": before + bytes(4) + whole[index + 4 :],
        "a box of a long length": before + struct.pack(">I4sQ", 1, b"free", 2**63) + whole[index:],
        "a great many samples": swapped(b"stsz", b"\0\0\0\0\0\0\0\0\xff\xff\xff\xff"),
        "a great many times": swapped(b"stts", b"\0\0\0\0\xff\xff\xff\xff"),
        "a great many descriptions": swapped(b"stsd", b"\0\0\0\0\xff\xff\xff\xff"),
        "no clock": swapped(b"mdhd", bytes(20)),
        "a very long film": swapped(b"mdhd", bytes(12) + b"\0\0\0\1\xff\xff\xff\xff"),
        "a note beyond its box": whole[: at + 4] + b"\xff\xff\xff\xff" + whole[at + 8 :],
        "no size": whole.replace(struct.pack(">HH", 240, 240), bytes(4)),
    }  # fmt: skip


def element(kind, *parts, length=8):
    body = b"".join(parts)
    return (
        kind.to_bytes((kind.bit_length() + 7) // 8)
        + (len(body) | 1 << 7 * length).to_bytes(length)
        + body
    )


LENGTH = struct.pack(">d", 700.0)


def webm(_, note):
    def film(
        *parts, scale=b"\x0f\x42\x40", duration=LENGTH, width=b"\xf0", rate=b"\x05\xf5\xe1\x00"
    ):
        info = element(0x1549A966, element(0x2AD7B1, scale), element(0x4489, duration))
        picture = element(0xE0, element(0xB0, width), element(0xBA, b"\xf0"))
        track = element(
            0x1654AE6B, element(0xAE, element(0x86, b"V_VP9"), picture, element(0x23E383, rate))
        )
        return element(0x1A45DFA3) + element(0x18538067, info, track, *parts)

    block = element(0xA3, b"\x81\0\0\x80", length=1)
    cluster = element(0x1F43B675, element(0xE7, b"\0"), block)
    crowd = element(0x1F43B675, block * times(60_000))

    def tag(name, text):
        return element(
            0x1254C367,
            element(0x7373, element(0x67C8, element(0x45A3, name), element(0x4487, text))),
        )

    nested = b""
    for _ in range(1_000):
        nested = element(0x1F43B675, nested)
    said = {
        name: film(cluster, tag(b"COMMENT", text.encode())) for name, text in notes(note).items()
    }
    return said | {
        "a clock of 200 bytes": film(cluster, scale=b"\xff" * 200),
        "a width of 3,000 bytes": film(cluster, width=b"\xff" * 3_000),
        "a width of a megabyte": film(cluster, width=b"\xff" * times(1_000_000)),
        "a rate of a megabyte": film(cluster, rate=b"\xff" * times(1_000_000)),
        "a negative length": film(cluster, duration=struct.pack(">d", -5.0), rate=b"\1"),
        "a length of no number": film(cluster, duration=struct.pack(">d", float("nan"))),
        "an endless length": film(cluster, duration=struct.pack(">d", float("inf"))),
        "a very long length": film(cluster, duration=struct.pack(">d", 1e308), scale=b"\xff" * 8),
        "a rate of nothing": film(cluster, rate=b"\0"),
        "a rate that is nearly nothing": film(cluster, rate=b"\x7f" + b"\xff" * 7),
        "no frames": film(),
        "many frames": film(crowd * 20),
        "many clusters": film(cluster * times(400_000)),
        "clusters in clusters": film(nested, cluster),
        "many tags": film(cluster, tag(b"OTHER", b"a") * 60_000),
        "many of nothing": film(element(0xEC, length=1) * times(1_500_000), cluster),
        "a hole": (film(cluster) + b"\xec\x01" + (LARGE - len(film(cluster)) - 9).to_bytes(7),
        LARGE),
    }  # fmt: skip


def svg(whole, note):
    start, end = whole.index(b"<metadata>"), whole.index(b"</metadata>")
    told = whole.index(b"<dc:description>") + len("<dc:description>")
    rest = whole[whole.index(b"</dc:description>") :]
    entities = b"".join(
        b'<!ENTITY a%d "%s">' % (number, b"&a%d;" % (number - 1) * 10) for number in range(1, 20)
    )

    def saying(text):
        return whole[:told] + text.replace("&", "&amp;").replace("<", "&lt;").encode() + rest

    return {name: saying(text) for name, text in notes(note).items()} | {
        "entities": whole[: whole.index(b"<svg")]
        + b"<!DOCTYPE svg ["
        + entities
        + b"]>"
        + whole[whole.index(b"<svg") :],
        "many notes": whole[:start] + b"<dc:description>a" * times(1_000_000) + whole[start:],
        "many metadata": whole[:end] + b"<metadata>" * times(1_000_000) + whole[end:],
        "metadata without an end": whole.replace(b"</metadata>", b"") + b"</svg>",
        "a note of marks": whole[:told] + b"&amp;" * times(400_000) + rest,
        "a note of digits in a mark": whole[:told] + b"&#" + b"1" * 50_000 + b";" + rest,
        "a note of marks that are none": whole[:told] + b"&notanentityatallbutlong" * 2_500 + rest,
        "a size that cannot be": whole.replace(b'width="240"', b'width="999999999"', 1),
        "no size": whole.replace(b'width="240"', b'width="0"', 1),
        "many sizes": b"<?xml" + b"<svg " * 800 + whole[5:],
        "a hole": (whole, LARGE),
        "a drawing of nothing": b'<?xml<svg width="2" height="2"</svg>',
    }


def pdf(whole, note):
    start = whole.index(b"/Subject (") + len("/Subject (")
    table, end = whole.index(b"\nxref\n") + 1, whole.index(b"startxref\n") + len("startxref\n")

    def saying(text):
        words = text.encode().replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        return moved(whole[:start] + words + whole[whole.index(b")\n>>", start) : table])

    def moved(first):
        return first + whole[table:end] + b"%d\n%%%%EOF\n" % len(first)

    return {name: saying(text) for name, text in notes(note).items()} | {
        "a subject of 200 megabytes": moved(
            whole[:start] + b"a" * 200_000_000 + whole[start:table]
        ),
        "a subject without an end": moved(whole[: start - 1] + b"(" * times(1_000_000)),
        "a subject of backslashes": moved(whole[:start] + b"\\" * 1_000_001 + whole[start:table]),
        "many subjects": moved(
            whole[:start] + b"/Subject (" * times(1_000_000) + whole[start:table]
        ),
        "many authors": moved(
            whole[:start] + b"/Creator (/Producer (" * 6_000 + whole[start:table]
        ),
        "a table beyond the end": whole[:end] + b"999999999999\n%%EOF\n",
        "a table at no place": whole[:end] + b"9" * 90 + b"\n%%EOF\n",
        "a page of no size": whole.replace(b"0 0 240 240", b"0 0 0 0"),
        "a page that cannot be": whole.replace(b"0 0 240 240", b"0 0 999999999 2"),
        "many pages": whole[:9] + b"/MediaBox [ 0 0 " * times(1_000_000) + whole[9:],
        "a hole": (whole, LARGE),
        "no note": moved(whole[:table].replace(b"/Subject", b"/Sxbject")),
    }
