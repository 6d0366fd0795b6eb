"""Find links of Markdown pages whose file or heading is not there.

Source: GitHub's rule for the anchors of headings: lower case, without punctuation, a hyphen for
each space, and `-1`, `-2` … where a heading stands again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?[^)]*\)")
_HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ID = re.compile(r"<[a-z][a-z0-9]*\s[^>]*\b(?:id|name)=\"([^\"]+)\"")
_SHOWN = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_EMPHASIS = re.compile(r"\*+(\S(?:.*?\S)?)\*+|(?<!\w)_+(\S(?:.*?\S)?)_+(?!\w)")
# Letters, marks, numbers and connectors stay, as in \p{Word}.
_WORD = ("L", "M", "N", "Pc")


def slug(heading: str) -> str:
    """Return the anchor of a heading that stands once."""
    shown = _TAG.sub("", _SHOWN.sub(r"\1", heading))
    shown = _EMPHASIS.sub(lambda found: found[1] or found[2], shown)
    kept = [one for one in shown.strip().lower() if one in " -" or _is_word(one)]
    return "".join(kept).replace(" ", "-")


def _is_word(character: str) -> bool:
    return unicodedata.category(character).startswith(_WORD)


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line that stands in no fenced block."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _FENCE.match(line)
        if fence:
            fence = "" if line.strip() and not line.strip().strip(fence) else fence
        elif found:
            fence = found[1][0]
        else:
            yield number, line


def anchors(text: str) -> set[str]:
    """Return every anchor of a page."""
    found: set[str] = set()
    for _, line in prose(text):
        found.update(_ID.findall(line))
        heading = _HEADING.match(line)
        if heading is not None:
            first, again = slug(heading[1]), 0
            name = first
            while name in found:
                again += 1
                name = f"{first}-{again}"
            found.add(name)
    return found


def link_faults(page: Path, text: str, *, root: Path) -> Iterator[tuple[int, str]]:
    """Yield line and fault of each link to a file or heading that is not there.

    Parameters
    ----------
    page
        Where the text stands, from `root`.
    """
    for number, line in prose(text):
        for target, anchor in LINK.findall(line):
            place = root / page.parent / target if target else root / page
            if target and not place.exists():
                yield number, f"dead link: {target!r}"
            elif anchor and place.suffix == ".md":
                there = place.read_text(encoding="utf-8") if target else text
                if unquote(anchor) not in anchors(there):
                    yield number, f"no heading {'#' + anchor!r} in {target or page.name!r}"
