"""The words for codes: errors, steps, states and the vocabulary of events."""

from __future__ import annotations

from dataclasses import dataclass

from ledger_api.i18n.translations import Language, translations


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """What an error code means to a person, and what to do about it."""

    title: str
    remedy: str


def term(kind: str, name: str, *, language: Language) -> str:
    """Return the word for a name of a kind (`biz_step`, `state` …), or the name itself."""
    return str(translations(language, "terms").pgettext(kind, name))


def error_words(code: str, *, language: Language) -> ErrorWords:
    """Return the words for an error code; an unknown code has the general ones."""
    is_known = term("error title", code, language=language) != code
    known = code if is_known else "ITEMPROOF_ERROR"
    return ErrorWords(
        term("error title", known, language=language),
        term("error remedy", known, language=language),
    )
