"""Jinja environments, one a language, with the filters and globals that templates use."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from ledger_api.cli.wording import words
from ledger_api.i18n.fault_texts import fault_sentence, fault_side
from ledger_api.i18n.local_text import LocalText
from ledger_api.i18n.terms import error_words, term
from ledger_api.i18n.translations import (
    HTML_LANGUAGES,
    LOCALES,
    Language,
    translations,
)
from ledger_api.web.assets import asset_url
from traceability.hashing.statement_types import ROLES, STATUS_REASONS
from traceability.lineage.across.causes import KEYS

TEMPLATES = Path(__file__).parent / "templates"
GROUP = 4
# A digest is shown by its first and last characters; the whole is in the title and the bundle.
DIGEST_HEAD, DIGEST_TAIL = 10, 6
# What can go wrong where a browser signs, before a server has words for it.
SIGN_CODES = (
    "CHECKPOINT_INVALID", "CONSISTENCY_PROOF", "ENCODING_INVALID", "JSON_DEPTH",
    "JSON_DUPLICATE_KEY", "JSON_ENCODING", "JSON_NUMBER", "JSON_STRING", "JSON_SYNTAX",
    "KEY_CHAIN_DIFFERS", "KEY_DRAFT_INVALID", "KEY_DRAFT_OTHER", "KEY_FOLDER_BUSY",
    "KEY_NOT_USABLE", "NODE_UNAVAILABLE", "PUBLIC_KEY_INVALID", "RECEIPT_MISMATCH",
    "RECORD_INVALID", "SIGNATURE_INVALID", "SIGNERS_INVALID", "SPLIT_VIEW", "STATEMENT_INVALID",
    "STATEMENT_OF_OTHER_LOG", "TRUST_FILE_INVALID",
)  # fmt: skip

_DATE_PATTERNS: dict[Language, str] = {"zh": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}


@cache
def environment(language: Language) -> Environment:
    """Return the environment whose texts and formats are of one language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(  # type: ignore[attr-defined]  # added by the extension
        translations(language, "pages"), newstyle=True
    )
    made.filters.update(
        moment=_moment,
        number=partial(format_decimal, locale=LOCALES[language]),
        grouped=grouped,
        digest=_digest,
        local=partial(LocalText.pick, language=language),
        sentence=partial(fault_sentence, language=language),
        side=partial(fault_side, language=language),
    )
    made.globals.update(
        asset=asset_url,
        term=partial(term, language=language),
        error_words=partial(error_words, language=language),
        language=language,
        html_language=HTML_LANGUAGES[language],
        other_language="en" if language == "zh" else "zh",
        other_html_language=HTML_LANGUAGES["en" if language == "zh" else "zh"],
        link=_link,
        say=partial(words, language=language),
        cause_keys=KEYS,
        role_names=ROLES,
        status_reasons=STATUS_REASONS,
        sign_codes=SIGN_CODES,
    )
    return made


def grouped(code: str) -> str:
    """Return a serial in groups of four, as it is printed; shorter codes as they are."""
    if len(code) <= 2 * GROUP:
        return code
    return " ".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


@pass_context
def _moment(context: Context, time: datetime, offset: str | None = None) -> Markup:
    """Return a `<time>` in the page's zone, or in an event's own, which is then written out."""
    language: Language = context["language"]
    page_zone = ZoneInfo(context["page"].timezone)
    zone = page_zone if offset is None else _zone(offset)
    local = time.astimezone(zone)
    text = format_datetime(local, _DATE_PATTERNS[language], tzinfo=zone, locale=LOCALES[language])
    differs = local.utcoffset() != time.astimezone(page_zone).utcoffset()
    shown = f"{text} UTC{offset}" if offset is not None and differs else text
    return Markup('<time datetime="{}">{}</time>').format(
        local.isoformat(timespec="seconds"), shown
    )


def _zone(offset: str) -> timezone:
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = offset.lstrip("+-").split(":")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


def _digest(text: str) -> Markup:
    """Return a long digest shortened in the middle, whole in its title."""
    if len(text) <= DIGEST_HEAD + DIGEST_TAIL + 1:
        return Markup("<code>{}</code>").format(text)
    return Markup('<code title="{}">{}…{}</code>').format(
        text, text[:DIGEST_HEAD], text[-DIGEST_TAIL:]
    )


@pass_context
def _link(context: Context, path: str) -> str:
    """Return a path of ours that keeps the language which the visitor asked for."""
    page = context["page"]
    if not page.is_language_asked:
        return path
    return f"{path}{'&' if '?' in path else '?'}lang={page.language}"
