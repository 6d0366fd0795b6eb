"""What a faulty value should be and is, in the reader's language.

The packages below say both sides of a fault in English; the words here are all that they use,
quoted values and names of members aside, which stay as they are.
"""

from __future__ import annotations

import re
from functools import cache

from ledger_api.i18n.terms import error_words, term
from ledger_api.i18n.translations import Language
from traceability.errors import ItemProofError
from traceability.events.faults import Fault
from traceability.lineage.one_code.faults import OneCodeBreach

KIND = "fault text"
_QUOTES = ("'", '"')  # A refused value begins with one.
DETAIL = "{title}: expected {expected}, got {got}"
# Each {} is a name, a number or a quoted value. Longer templates come before their parts.
TEMPLATES = (
    "{} with an element or sensorElementList with readPoint", "{} with an element",
    "{} beside it", "a time from {} on", "a URI after at most {} prefixes", "one of {}",
    "at most {} members and elements", "at most {} characters", "at most {}",
    "{} to {} characters", "{} to {} digits", "{} characters", "{} digits", "none with {}",
    "{} to {}",
)  # fmt: skip
# Whole messages whose sides alone would not say it; the words are all that they use.
RULES: tuple[type[OneCodeBreach], ...] = (OneCodeBreach, *OneCodeBreach.__subclasses__())
UNFORESEEN = "program failed: the operator finds why in the log under {}"
MESSAGES = (UNFORESEEN, *(f"{{}} {rule.breach}: {{}} contradicts {{}}" for rule in RULES))
NAMELESS = "this event"
TEXTS = (
    NAMELESS,
    *(rule.rule for rule in RULES),
    "0 or a number between 1e-100 and 1e100, whatever its sign",
    "2 or 3 capital letters or digits of UN/CEFACT Recommendation 20",
    "a GLN, an asset, geo: or a URI of your own", "a class or lot", "a company prefix length",
    "a digit", "a long integer", "a meaning outside GS1's vocabularies",
    "a member of the standard, or an extension such as prefix:name",
    "a name in a vocabulary of your own", "a number", "a number above 0",
    "a quantity beside uom", "a reference", "a single thing with its serial",
    "a time from year 1 to year 9999, UTC", "a whole number, or a uom beside it",
    "a word of the CBV or a URI of your own", "an absolute URI", "an array", "an object",
    "an offset such as +08:00, at most 14:00", "another set", "at least one element",
    "at least one member", "date, T, time and zone, such as 2026-01-02T03:04:05.678+08:00",
    "digits", "each element once", "each thing once", "geo:latitude,longitude in degrees",
    "it", "it once", "it only in an ObjectEvent with action ADD or a TransformationEvent",
    "it only with action ADD", "it with every action but OBSERVE", "more", "no type", "none",
    "once", "pairs of hexadecimal digits", "text", "the path", "the query", "true or false",
    "version 2 of EPCIS, such as 2.0",
)  # fmt: skip


def fault_side(text: str, *, language: Language) -> str:
    """Return one side of a fault, what was expected or got; names and values stay."""
    if text in TEXTS:
        return term(KIND, text, language=language)
    for template, pattern in _patterns(TEMPLATES) if text[:1] not in _QUOTES else ():
        match = pattern.fullmatch(text)
        if match is not None:
            words = [_listed(part, language) for part in match.groups()]
            return term(KIND, template, language=language).format(*words)
    return _listed(text, language)


def fault_sentence(message: str, *, language: Language) -> str:
    """Return a message that is told as a whole, such as both events of a breach; else nothing."""
    for template, pattern in _patterns(MESSAGES):
        match = pattern.fullmatch(message)
        if match is not None:
            words = [_named(part, language) for part in match.groups()]
            return term(KIND, template, language=language).format(*words)
    return ""


def _named(event: str, language: Language) -> str:
    """Return how a breach names an event; one without any name is told by words of ours."""
    if not event.startswith(f"'{NAMELESS}' ("):
        return event
    return term(KIND, NAMELESS, language=language) + event.removeprefix(f"'{NAMELESS}'")


def fault_detail(fault: Fault, *, language: Language) -> str:
    """Return one sentence about a fault: in English its message, else what the code means."""
    if language == "en":
        return fault.message
    sentence = fault_sentence(fault.message, language=language)
    if sentence:
        return sentence
    title = error_words(fault.code, language=language).title
    if fault.expected is None or fault.got is None:
        return title
    return term(KIND, DETAIL, language=language).format(
        title=title,
        expected=fault_side(fault.expected, language=language),
        got=fault_side(fault.got, language=language),
    )


def error_detail(error: ItemProofError, *, language: Language) -> str:
    """Return one sentence about an error, as `fault_detail` does."""
    fault = Fault(error.pointer, error.code, error.fault, error.expected, error.got)
    return fault_detail(fault, language=language)


def _listed(text: str, language: Language) -> str:
    """Return alternatives with the language's word between them; a quoted value stays."""
    if text[:1] in _QUOTES or language == "en":
        return text
    return text.replace(" or ", " 或 ")


@cache
def _patterns(templates: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the templates with what they match."""
    return tuple(
        (template, re.compile(re.escape(template).replace(r"\{\}", "(.+?)"), re.DOTALL))
        for template in templates
    )
