"""Errors in the standard's own words: their type, their status, and what a person reads.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 12.5, and its OpenAPI file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger_api.epcis import faults
from ledger_api.i18n.fault_texts import error_detail, fault_detail
from ledger_api.i18n.terms import error_words
from ledger_api.i18n.translations import Language
from ledger_api.problems import MediaTypeUnknown, http_status
from traceability.errors import ItemProofError
from traceability.events.faults import DocumentFaulty, Fault
from traceability.events.xml.faults import NotExpressible, XmlTooLarge
from traceability.ledger.faults import EventIdConflict
from traceability.strict_json import JSONTooLargeError

# What the general table of problems does not tell apart.
_STATUSES: dict[type[ItemProofError], int] = {
    faults.NotAcceptable: 406,
    NotExpressible: 406,
    faults.MethodNotAllowed: 405,
    faults.CaptureLimitExceeded: 413,
    JSONTooLargeError: 413,
    XmlTooLarge: 413,
    faults.UriTooLong: 414,
    faults.ContentEncodingUnknown: 415,
    MediaTypeUnknown: 415,
    faults.NotImplementedHere: 501,
}
_TYPES = {
    400: "ValidationException",
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchNameException",
    406: "NotAcceptableException",
    409: "ResourceAlreadyExistsException",
    413: "CaptureLimitExceededException",
    414: "URITooLongException",
    415: "UnsupportedMediaTypeException",
}


def status_of(error: ItemProofError) -> int:
    """Return the HTTP status of an error in this binding."""
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status
    return http_status(error)


def type_of(error: ItemProofError) -> str:
    """Return the standard's name for an error."""
    if isinstance(error, faults.QueryParameterInvalid):
        return "epcisException:QueryParameterException"
    return f"epcisException:{_TYPES.get(status_of(error), 'ImplementationException')}"


def problem_json(error: ItemProofError, language: Language) -> dict[str, Any]:
    """Return an error as a problem, with every fault where it has several."""
    several = error.faults if isinstance(error, DocumentFaulty | faults.EventRefused) else ()
    code = several[0].code if len(several) == 1 else error.code
    words = error_words(code, language=language)
    is_one = len(several) == 1
    found: dict[str, Any] = {
        "type": type_of(error),
        "title": words.title,
        "status": status_of(error),
        "detail": fault_detail(several[0], language=language)
        if is_one
        else error_detail(error, language=language),
        "message": error.fault,
        "code": code,
        "remedy": words.remedy,
    }
    for name in ("pointer", "expected", "got"):
        value = getattr(error, name)
        if value:
            found[name] = value
    if several:
        found["errors"] = [fault_json(fault, language) for fault in several]
    return found


def told(fault: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return the members of a fault, and one sentence about it."""
    return {**fault, "detail": fault_detail(Fault(**fault), language=language)}


def fault_json(fault: Fault, language: Language) -> dict[str, Any]:
    """Return one fault of a document as a problem."""
    words = error_words(fault.code, language=language)
    is_conflict = fault.code == EventIdConflict.code
    kind = "ResourceAlreadyExistsException" if is_conflict else "ValidationException"
    return {
        "type": f"epcisException:{kind}",
        "title": words.title,
        "status": 409 if is_conflict else 400,
        "detail": fault_detail(fault, language=language),
        "remedy": words.remedy,
        **fault.to_dict(),
    }
