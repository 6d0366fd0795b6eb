"""Events with their codes and words in the form that a reader asks for.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 12.7.1, headers GS1-EPC-Format and
GS1-CBV-XML-Format; CBV 2.0, section 8 (identifiers) and 7 (words).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, Literal

from traceability.codes.uris import parse_code
from traceability.errors import InvalidInput
from traceability.events.xml.names import (
    EPC_LISTS,
    PLACES,
    QUANTITY_LISTS,
    REASONS,
    SENSOR_WORDS,
    STATES,
    TYPED_LISTS,
    WORD_MEMBERS,
    Words,
)

EPCForm = Literal["No_Preference", "Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"]
CBVForm = Literal["No_Preference", "Always_Web_URI", "Always_URN", "Never_Translates"]

Change = Callable[[Any], Any]


def in_epc_form(event: Mapping[str, Any], form: EPCForm) -> dict[str, Any]:
    """Return an event with its codes in one form.

    Codes are what, where, who and which transaction an event names, and a sensor's device. What
    is no GS1 key, or has no such form, stays as it is: a URN needs the length of the company
    prefix, which GS1 publishes for most numbers but not for all, and cannot say a lot beside a
    serial number. Without preference nothing is translated.

    Parameters
    ----------
    event
        It is not changed; what stays the same is shared.
    form
        The value of the header GS1-EPC-Format.
    """
    translate = {"Always_GS1_Digital_Link": _as_digital_link, "Always_EPC_URN": _as_urn}.get(form)
    if translate is None:
        return dict(event)
    found = dict(event)
    for name in EPC_LISTS:
        _change(found, name, partial(_each, change=translate))
    for name in ("parentID", "transformationID"):
        _change(found, name, translate)
    for name in PLACES:
        _change(found, name, partial(_member, name="id", change=translate))
    for name in QUANTITY_LISTS:
        _change(found, name, partial(_members, name="epcClass", change=translate))
    for name, (inner, _) in TYPED_LISTS.items():
        _change(found, name, partial(_members, name=inner, change=translate))
    _change(found, "sensorElementList", partial(_sensors, changes={"deviceID": translate}))
    return found


def in_cbv_form(event: Mapping[str, Any], form: CBVForm) -> dict[str, Any]:
    """Return an event with the standard's words as Web URIs or URNs, for XML.

    Words of sensors have no URN and stay; so do those of user vocabularies. Without preference
    nothing is translated.

    Parameters
    ----------
    event
        It is not changed; what stays the same is shared.
    form
        The value of the header GS1-CBV-XML-Format.
    """
    choose = {"Always_Web_URI": Words.web, "Always_URN": Words.strict_urn}.get(form)
    if choose is None:
        return dict(event)
    found = dict(event)
    for name, words in WORD_MEMBERS.items():
        _change(found, name, _text(partial(choose, words)))
    for name, (_, words) in TYPED_LISTS.items():
        change = _text(partial(choose, words))
        _change(found, name, partial(_members, name="type", change=change))
    state = partial(_each, change=_text(partial(choose, STATES)))
    for member in ("set", "unset"):
        _change(found, "persistentDisposition", partial(_member, name=member, change=state))
    reason = _text(partial(choose, REASONS))
    _change(found, "errorDeclaration", partial(_member, name="reason", change=reason))
    changes = {name: _text(partial(choose, words)) for name, words in SENSOR_WORDS.items()}
    _change(found, "sensorElementList", partial(_sensors, changes=changes))
    return found


def _change(members: dict[str, Any], name: str, change: Change) -> None:
    """Put a changed value in the place of a member, if there is one."""
    if name in members:
        members[name] = change(members[name])


def _text(change: Callable[[str], str]) -> Change:
    """Return a change that leaves alone what is no text."""
    return lambda value: change(value) if isinstance(value, str) else value


def _each(values: Any, *, change: Change) -> Any:
    """Change the elements of a list."""
    return [change(value) for value in values] if isinstance(values, list) else values


def _member(value: Any, *, name: str, change: Change) -> Any:
    """Change one member of an object."""
    if not isinstance(value, dict) or name not in value:
        return value
    return {**value, name: change(value[name])}


def _members(values: Any, *, name: str, change: Change) -> Any:
    """Change one member of each object in a list."""
    return _each(values, change=partial(_member, name=name, change=change))


def _sensors(values: Any, *, changes: Mapping[str, Change]) -> Any:
    """Change members of sensors' metadata and reports."""

    def part(value: Any) -> Any:
        for name, change in changes.items():
            value = _member(value, name=name, change=change)
        return value

    def element(value: Any) -> Any:
        value = _member(value, name="sensorMetadata", change=part)
        return _member(value, name="sensorReport", change=partial(_each, change=part))

    return _each(values, change=element)


def _as_digital_link(text: Any) -> Any:
    """Return a code as a Digital Link URI, if it is an EPC URN of a GS1 key."""
    is_urn = isinstance(text, str) and text.startswith("urn:epc:")
    return _digital_link(text) if is_urn else text


def _as_urn(text: Any) -> Any:
    """Return a code as an EPC URN, if it is a Digital Link URI that has one."""
    is_web = isinstance(text, str) and text[:4].lower() == "http"
    return _urn(text) if is_web else text


@lru_cache(maxsize=16_384)
def _digital_link(text: str) -> str:
    """Return the Digital Link URI of an EPC URN."""
    try:
        return parse_code(text).digital_link()
    except InvalidInput:
        return text


@lru_cache(maxsize=16_384)
def _urn(text: str) -> str:
    """Return the EPC URN of a Digital Link URI."""
    try:
        return parse_code(text).epc_urn()
    except InvalidInput:
        return text
