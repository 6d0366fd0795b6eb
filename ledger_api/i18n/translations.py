"""Catalogues of texts, and the choice between them.

Source: GNU gettext (two domains: `pages` with English sentences as ids, `terms` with codes as
ids); RFC 9110, section 12.5.4 (Accept-Language).
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
LOCALES: dict[Language, str] = {"zh": "zh_Hans", "en": "en"}
HTML_LANGUAGES: dict[Language, str] = {"zh": "zh-Hans", "en": "en"}
DOMAINS = ("pages", "terms")

HERE = Path(__file__).parent
BUILT = HERE.parent / "web" / "static" / "build"

_MAX_RANGES = 20  # A header of more is not a browser's.
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,32})?\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*",
    re.ASCII,
)


def choose_language(
    asked: str | None, accept_language: str | None, *, default: Language = "zh"
) -> Language:
    """Return the language asked for in the address, else the browser's best, else the default."""
    for language in LANGUAGES:
        if asked is not None and asked.lower().replace("_", "-").split("-")[0] == language:
            return language
    best: Language = default
    best_weight = 0.0
    for part in (accept_language or "").split(",", _MAX_RANGES)[:_MAX_RANGES]:
        found = _RANGE.fullmatch(part)
        weight = float(found[2] or 1) if found else 0.0
        name = found[1].lower() if found else ""
        for language in (default,) if name == "*" else LANGUAGES:
            if weight > best_weight and name in (language, "*"):
                best, best_weight = language, weight
    return best


def source_of(language: Language, domain: str) -> Path:
    """Return the catalogue that translators edit."""
    return HERE / "locale" / LOCALES[language] / "LC_MESSAGES" / f"{domain}.po"


def built_of(language: Language, domain: str) -> Path:
    """Return the compiled catalogue, made at set-up and carried by the wheel."""
    return BUILT / f"{domain}.{LOCALES[language]}.mo"


def compile_catalogue(language: Language, domain: str) -> bytes:
    """Compile a catalogue; what a translator marked as unsure is left out."""
    with source_of(language, domain).open("rb") as file:
        catalogue = read_po(file, locale=LOCALES[language], domain=domain, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


@cache
def translations(language: Language, domain: str) -> Translations:
    """Return a catalogue: the compiled one, or the source where it has changed since."""
    built, source = built_of(language, domain), source_of(language, domain)
    fresh = built.is_file() and built.stat().st_mtime >= source.stat().st_mtime
    data = built.read_bytes() if fresh else compile_catalogue(language, domain)
    return Translations(io.BytesIO(data), domain=domain)
