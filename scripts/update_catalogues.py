"""Bring the catalogues of texts up to date, or say what is missing from them.

    python scripts/update_catalogues.py [--check]

Domain `pages` is extracted from the templates; its ids are the English sentences. Domain
`terms` has the words for codes: every error of the packages, every step, state and standard
event word. Without --check, new ids are added (English sentences filled in) and those that no
template uses are removed; what still lacks a translation is listed.
"""

from __future__ import annotations

import argparse
import importlib
import io
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from ledger_api.i18n.required_terms import required_terms
from ledger_api.i18n.translations import LANGUAGES, LOCALES, Language, source_of

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "ledger_api" / "web" / "templates"
PACKAGES = ("traceability", "analytics", "ledger_api")
LINE_WIDTH = 96
HEADER = """msgid ""
msgstr ""
"Language: {}\\n"
"Plural-Forms: {}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""


def import_everything() -> None:
    """Import every module, so that every error class is known."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations." not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def page_messages() -> set[str]:
    """Return the English sentences that the templates use."""
    extracted = extract_from_dir(
        TEMPLATES, [("**.html", "jinja2")], options_map={"**.html": {"silent": "false"}}
    )
    return {str(message) for _, _, message, _, _ in extracted}


def read_catalogue(language: Language, domain: str) -> Catalog:
    """Return a catalogue as its translators left it; an empty one if there is none."""
    path = source_of(language, domain)
    if not path.is_file():
        return Catalog(locale=LOCALES[language], domain=domain)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALES[language], domain=domain, abort_invalid=True)


def wanted_ids(domain: str) -> set[tuple[str | None, str]]:
    """Return the context and id of every message that a domain needs."""
    if domain == "pages":
        return {(None, message) for message in page_messages()}
    return set(required_terms())


def updated(language: Language, domain: str) -> Catalog:
    """Return a catalogue with exactly the ids wanted, sorted, translations kept."""
    old = read_catalogue(language, domain)
    kept = {(message.context, str(message.id)): message for message in messages(old)}
    new = Catalog(locale=LOCALES[language], domain=domain)
    for context, text in sorted(wanted_ids(domain), key=lambda key: (key[0] or "", key[1])):
        before = kept.get((context, text))
        fill = text if (language, domain) == ("en", "pages") else ""
        string = str(before.string) if before is not None else ""
        flags = before.flags if before is not None else set()
        new.add(text, string=string or fill, context=context, flags=flags)
    return new


def messages(catalogue: Catalog) -> Iterator[Message]:
    """Yield every message but the header."""
    return (message for message in catalogue if message.id)


def to_bytes(catalogue: Catalog) -> bytes:
    """Return a catalogue in its written form, without dates, so that it can be compared."""
    written = io.BytesIO(HEADER.format(catalogue.locale, catalogue.plural_forms).encode())
    written.seek(0, io.SEEK_END)
    write_po(written, catalogue, width=LINE_WIDTH, no_location=True, omit_header=True)
    return written.getvalue()


def faults_of(language: Language, domain: str, *, check: bool) -> list[str]:
    """Write (or with `check` compare) one catalogue; return what is wrong with it."""
    catalogue = updated(language, domain)
    path = source_of(language, domain)
    name = path.relative_to(ROOT)
    before = read_catalogue(language, domain)
    found = {(message.context, str(message.id)) for message in messages(before)}
    wanted = wanted_ids(domain)
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_bytes(catalogue))
        found = wanted
    faults = [f"{name}: missing {key}" for key in sorted(wanted - found, key=str)]
    faults += [f"{name}: unused {key}" for key in sorted(found - wanted, key=str)]
    for message in messages(catalogue):
        if (message.context, str(message.id)) not in found:
            continue
        if not message.string or message.fuzzy:
            faults.append(f"{name}: not translated {(message.context, message.id)}")
        elif problems := list(message.check(catalogue)):
            faults.append(f"{name}: {message.id!r}: {problems[0]}")
    return faults


def main() -> None:
    """Update or check all catalogues; exit 1 if anything is missing."""
    parser = argparse.ArgumentParser(description="Update the catalogues of texts.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    check = parser.parse_args().check
    import_everything()
    faults = [
        fault
        for language in LANGUAGES
        for domain in ("pages", "terms")
        for fault in faults_of(language, domain, check=check)
    ]
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
