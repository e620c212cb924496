"""Writes what to paste into a page, a book or a slide to show a film there, with its words for
those who cannot see it.
"""

from __future__ import annotations

import codecs
import html
import json
import os
import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from typing import TYPE_CHECKING
from urllib.parse import quote

from optirace.errors import InvalidValueError, OptiraceError, chosen
from optirace.output import provenance, sidecars
from optirace.output.read import contents
from optirace.settings import values
from optirace.system import reading
from optirace.text import alttext

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VIDEOS = {".mp4": "video/mp4", ".webm": "video/webm"}
MOVING = (".gif", ".webp", ".apng")
"""Pictures that move by themselves."""

UNTOLD_FPS = Fraction(30)
"""Frames a second of a film that was asked for without."""

LONGEST_ALT = 2000
"""Bytes that are believed to be a description."""

_LATEX_TEXT = {
    **{mark: f"\\{mark}" for mark in "#$%&_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_LATEX_NAMES = {
    "#": "hash",
    "%": "percent",
    "&": "ampersand",
    "$": "dollar",
    "~": "tilde",
    "^": "circumflex",
}
_LATEX_NAMES |= {"{": "left_brace", "}": "right_brace", "\\": "backslash"}
"""Strings of LaTeX's kernel since 2020, which stand for themselves even inside a frame of
Beamer.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A file to show, and what stands beside it."""

    path: Path
    """As it was named; a frames folder where it is one."""

    alt: str
    size: tuple[int, int] | None
    """Pixels; None for a frames folder."""

    poster: Path | None
    captions: Path | None

    @property
    def is_video(self) -> bool:
        """Whether it takes a player, and not a picture's place."""
        return self.path.suffix.lower() in VIDEOS


def snippet(path: Path, target: str = "html", alt: str | None = None) -> str:
    """Return what to paste to show a file at one of TARGETS, ending with a newline.

    A still of the same stem (race.png) is the poster, race.vtt the captions, and race.alt.txt (of a
    still race.still.alt.txt) says what is shown unless `alt` does; words that begin as those of the
    other kind do are passed over. Names are written as they are given: paste where they lead to the
    files. Raises InvalidValueError for an unknown target, for a file that is not there or is not
    what its suffix says, and for what a target cannot show.
    """
    target = chosen("target", target, TARGETS)
    if _is_folder(path) and target != "beamer":
        raise InvalidValueError(
            "snippet",
            "is a folder, and only beamer shows frames",
            value=path,
            hint=f"name a film for {target}",
        )
    return TARGETS[target](_shown(path, alt)) + "\n"


def _shown(path: Path, alt: str | None) -> Shown:
    if _is_folder(path):
        return Shown(path, _alt(path, alt), None, None, None)
    suffix = path.suffix.lower()
    allowed = [*VIDEOS, *MOVING, ".png"]
    if suffix not in allowed:
        raise InvalidValueError(
            "snippet", f"must be a frames folder or end in {', '.join(allowed)}", value=path
        )
    try:
        size = contents.size(path)
    except (OSError, ValueError) as error:
        raise InvalidValueError(
            "snippet", reading.reason(error), value=path, hint="name a file that is there"
        ) from None
    if size is None:
        raise InvalidValueError("snippet", f"is not a {suffix} file", value=path)
    places = [path.with_suffix(".png"), path.with_suffix(".vtt")]
    poster, captions = (place if _is_file(place) and place != path else None for place in places)
    return Shown(path, _alt(path, alt), size, poster, captions)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - Path's raises for a name that is too long


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - likewise


def _alt(path: Path, alt: str | None) -> str:
    if alt is None:
        alt = next(filter(None, map(_words_of, _alts(path), repeat(path))), None)
    if alt is None:
        name = " ".join(re.split(r"[\s_-]+", path.stem or path.absolute().name)).strip() or "Film"
        alt = f"{name[:1].upper()}{name[1:]}: optimizers race down a loss surface."
    return " ".join("".join(mark if mark.isprintable() else " " for mark in alt).split())


def _alts(path: Path) -> list[Path]:
    """Return where the words of a file may stand: of a film in race.alt.txt, of a still in
    race.still.alt.txt or there.
    """
    if not path.name:  # the folder that one stands in, named by a dot
        return []
    stem = path if _is_folder(path) else path.with_suffix("")
    of_film, of_still = (
        sidecars.place(stem, "alt", is_of_film=is_film) for is_film in (True, False)
    )
    return [of_still, of_film] if _is_still(path) else [of_film]


def _is_still(path: Path) -> bool:
    """Say whether a file is a PNG that does not move."""
    if path.suffix.lower() != ".png" or _is_folder(path):
        return False
    try:
        return contents.read(path).frames == 1
    except OptiraceError:
        return True


def _words_of(place: Path, path: Path) -> str | None:
    """Read the words beside a file; None where there are none, or where they say that they are of
    the other kind.
    """
    if not _is_file(place):
        return None
    try:
        with reading.opened(place) as file:
            # Of the last character only a part may have been read.
            alt = codecs.getincrementaldecoder("utf-8")().decode(file.read(LONGEST_ALT))
    except (OSError, ValueError):
        raise InvalidValueError(
            "snippet", "must be UTF-8 text that can be read", value=place, hint="or give --alt TEXT"
        ) from None
    return None if alt.startswith(alttext.OF_FILM if _is_still(path) else alttext.OF_STILL) else alt


def _url(path: Path) -> str:
    """Write a name as a relative address, in which only letters, digits, `/` and `-._~` stand for
    themselves.

    A name that is not UTF-8 is written byte by byte, as servers and browsers take it.
    """
    return quote(path.as_posix(), errors="surrogateescape")


def _quoted(text: str) -> str:
    """Write the value of an attribute of HTML."""
    return f'"{html.escape(text)}"'


def _markdown_text(text: str) -> str:
    """Escape what Markdown, GitHub's, Pandoc's or MyST's, would read as markup."""
    return re.sub(r"([\\`*_\[\]<>&$@^~{}|#!])", r"\\\1", text)


def _latex_text(text: str) -> str:
    return "".join(_LATEX_TEXT.get(mark, mark) for mark in text)


def _latex_path(path: Path) -> str:
    name = path.as_posix()
    if '"' in name or not name.isprintable():
        raise InvalidValueError(
            "snippet", "LaTeX finds no file with such a name", value=path, hint="rename it"
        )
    # TeX skips spaces after a control word and after another space.
    words = re.sub(r"(?<=[ #%&$~^{}\\]) ", "\0", name)
    marks = {
        **{mark: rf"\csname c_{word}_str\endcsname " for mark, word in _LATEX_NAMES.items()},
        "\0": r"\space ",
    }
    return "".join(marks.get(mark, mark) for mark in words)


def _video(shown: Shown, *words: str) -> str:
    """Write a player: what moves can be stopped (WCAG 2.2.2), and says what it shows (1.1.1)."""
    width, height = shown.size or (0, 0)
    attributes = [
        *words,
        f'width="{width}" height="{height}" controls loop muted playsinline preload="metadata"',
    ]
    attributes += [f"poster={_quoted(_url(shown.poster))}"] if shown.poster else []
    lines = [f"<video {' '.join(attributes)} aria-label={_quoted(shown.alt)}>"]
    lines += [
        f'  <source src={_quoted(_url(shown.path))} type="{VIDEOS[shown.path.suffix.lower()]}">'
    ]
    if shown.captions:
        lines += [
            (
                f'  <track kind="captions" src={_quoted(_url(shown.captions))} srclang="en" '
                'label="English">'
            )
        ]
    return "\n".join(
        [*lines, f"  <a href={_quoted(_url(shown.path))}>Download the film</a>", "</video>"]
    )


def _picture(shown: Shown, *words: str) -> str:
    """Write a picture; who asked for less motion is given the still instead of what cannot be
    stopped.
    """
    width, height = shown.size or (0, 0)
    attributes = [*words, f'width="{width}" height="{height}"', f"alt={_quoted(shown.alt)}"]
    image = f"<img src={_quoted(_url(shown.path))} {' '.join(attributes)}>"
    if not shown.poster:
        return image
    still = (
        f'<source media="(prefers-reduced-motion: reduce)" srcset={_quoted(_url(shown.poster))}>'
    )
    return f"<picture>\n  {still}\n  {image}\n</picture>"


def _html(shown: Shown) -> str:
    return (_video if shown.is_video else _picture)(shown, 'style="max-width: 100%; height: auto"')


def _reveal(shown: Shown) -> str:
    slide = (
        _video(shown, 'class="r-stretch"', "data-autoplay") if shown.is_video else _picture(shown)
    )
    return f"<section>\n{slide}\n</section>"


def _markdown(shown: Shown) -> str:
    words, address = _markdown_text(shown.alt), _url(shown.path)
    if not shown.is_video:
        return f"![{words}]({address})"
    face = f"![{words}]({_url(shown.poster)})" if shown.poster else words
    why = (
        "Markdown shows no video, and GitHub removes <video> from files: this links to it. A "
        ".gif plays in its place."
    )
    return f"<!-- {why} -->\n[{face}]({address})"


def _quarto(shown: Shown) -> str:
    alt = shown.alt.replace("\\", "\\\\").replace('"', '\\"')
    if not shown.is_video:
        return f'![]({_url(shown.path)}){{fig-alt="{alt}"}}'
    lines = []
    others = [path.as_posix() for path in (shown.poster, shown.captions) if path]
    if others:
        names = json.dumps(others).replace(">", "\\u003e")
        lines.append(
            "<!-- Quarto finds the film by itself, but not these; in the front matter: "
            f"resources: {names} -->"
        )
    lines += [
        '::: {.content-visible when-format="html"}',
        "```{=html}",
        _html(shown),
        "```",
        ":::",
        "",
    ]
    face = (
        f'![]({_url(shown.poster)}){{fig-alt="{alt}"}}'
        if shown.poster
        else _markdown_text(shown.alt)
    )
    return "\n".join([*lines, '::: {.content-visible unless-format="html"}', face, ":::"])


def _myst(shown: Shown) -> str:
    words = _markdown_text(shown.alt)
    if not (shown.is_video and shown.poster):
        return f"![{words}]({_url(shown.path)})"
    either = f"{_url(shown.path.with_suffix(''))}.*"
    return f"% The film on pages, the still of the same stem in PDF.\n![{words}]({either})"


def _beamer(shown: Shown) -> str:
    look = (
        rf"width=\linewidth,height=0.8\textheight,keepaspectratio,alt={{{_latex_text(shown.alt)}}}"
    )
    if shown.size is None:
        return _animation(shown)
    if shown.path.suffix.lower() == ".png":
        return rf"\includegraphics[{look}]{{{_latex_path(shown.path)}}}"
    face = (
        rf"\includegraphics[{look}]{{{_latex_path(shown.poster)}}}"
        if shown.poster
        else _latex_text(shown.alt)
    )
    why = [
        (
            "% A click opens the film in the system's player, in most viewers of PDF; the film "
            "must lie beside the PDF."
        ),
        (
            r"% \movie would play it in the slide, but in few of them; frames (-o frames/) play "
            r"in Acrobat and Okular."
        ),
    ]
    return "\n".join([*why, rf"\href{{run:{_latex_path(shown.path)}}}{{{face}}}"])


def animation(folder: Path, *, fps: Fraction, last: int, loop: int = 0) -> str:
    """Return the line of LaTeX's package animate that shows a folder of frames, `0.png` to `last`;
    0 loops are forever.

    Raises InvalidValueError for a name that LaTeX cannot find.
    """
    return _line(f"{_latex_path(folder)}/", "0", str(last), fps, is_endless=loop == 0)


def _line(
    stem: str, first: str, last: str, fps: Fraction, *, is_endless: bool, alt: str = ""
) -> str:
    """Write the line: it starts by itself, can be stopped, and shows the end on paper and where it
    cannot move.
    """
    options = ["autoplay", "controls", *["loop"] * is_endless, "poster=last", r"width=\linewidth"]
    options += [f"alttext={{{_latex_text(alt)}}}"] if alt else []
    return (
        rf"\animategraphics[{','.join(options)}]{{{float(fps):g}}}{{{stem}}}{{{first}}}{{{last}}}"
    )


def _animation(shown: Shown) -> str:
    """Write the line for a folder of frames of anybody's, numbered without a gap."""
    found = [re.fullmatch(r"(.*?)(\d+)\.(png|pdf|jpg)", path.name) for path in shown.path.iterdir()]
    numbers = {int(match[2]): match for match in found if match}
    firsts = sorted(numbers)
    kinds = {(match[1], match[3]) for match in found if match}
    if len(kinds) != 1 or len(firsts) != firsts[-1] - firsts[0] + 1:
        raise InvalidValueError(
            "snippet", "must hold frames of one name, numbered without a gap", value=shown.path
        )
    stem = _latex_path(shown.path / next(iter(kinds))[0]) + "/" * (not next(iter(kinds))[0])
    first, last = (numbers[number][2] for number in (firsts[0], firsts[-1]))
    fps = _fps(shown.path)
    guess = "" if fps else f"; {UNTOLD_FPS} is frames per second, which the folder does not say"
    return "\n".join(
        [
            rf"% \usepackage{{animate}}; plays in Acrobat and Okular{guess}.",
            _line(stem, first, last, fps or UNTOLD_FPS, is_endless=True, alt=shown.alt),
        ]
    )


def _fps(folder: Path) -> Fraction | None:
    """Return the frames per second of a folder that says how it was made."""
    try:
        asked = provenance.read(contents.read(folder).note or "", folder.name).origin.asked("fps")
        return UNTOLD_FPS if asked is None else values.rate("fps", asked)
    except OptiraceError:
        return None


TARGETS: dict[str, Callable[[Shown], str]] = {
    "html": _html,
    "markdown": _markdown,
    "quarto": _quarto,
    "myst": _myst,
    "beamer": _beamer,
    "reveal": _reveal,
}
