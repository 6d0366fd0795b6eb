"""Runs our JSON Schema and says in our words what it found, one fault a place.

Source: `schema.json` beside this file; JSON Schema draft 2020-12, formats asserted.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from traceability.events.faults import MAX_FAULTS, Fault, FaultCode, pointer_to, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = jsonschema_rs.ValidationErrorKind

_MANY_PARTS = 100_000
_ZONELESS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?")
# What the formats, and the definitions that hold a pattern or an enumeration, expect.
_EXPECTED = {
    "uri": (FaultCode.URI, "an absolute URI"),
    "date-time": (FaultCode.TIME, "date, T, time and zone, such as 2026-01-02T03:04:05.678+08:00"),
    "time": (FaultCode.TIME, "date, T, time and zone, such as 2026-01-02T03:04:05.678+08:00"),
    "offset": (FaultCode.TIME_ZONE, "an offset such as +08:00, at most 14:00"),
    "version": (FaultCode.VERSION, "version 2 of EPCIS, such as 2.0"),
    "unit": (FaultCode.UNIT, "2 or 3 capital letters or digits of UN/CEFACT Recommendation 20"),
    "hexBinaryValue": (FaultCode.VALUE, "pairs of hexadecimal digits"),
    "action": (FaultCode.ACTION, "ADD, OBSERVE or DELETE"),
}
_JSON_TYPES = {"array": "an array", "boolean": "true or false", "number": "a number",
               "object": "an object", "string": "text"}  # fmt: skip
_OUT_OF_RANGE = (
    FaultCode.NUMBER_RANGE,
    "is out of range",
    "0 or a number between 1e-100 and 1e100, whatever its sign",
)
_ABOUT_VALUES: dict[type, tuple[FaultCode, str, str]] = {
    Kind.ExclusiveMinimum: (FaultCode.QUANTITY, "is not positive", "a number above 0"),
    Kind.MinItems: (FaultCode.EMPTY, "is empty", "at least one element"),
    Kind.MinProperties: (FaultCode.EMPTY, "is empty", "at least one member"),
    Kind.UniqueItems: (FaultCode.DUPLICATE, "holds an element twice", "each element once"),
    Kind.Maximum: _OUT_OF_RANGE,
    Kind.Minimum: _OUT_OF_RANGE,
    Kind.Not: _OUT_OF_RANGE,
}


def check_shape(value: Mapping[str, Any], definition: str, *, pointer: str) -> list[Fault]:
    """Return where a value departs from one definition of the schema.

    Parameters
    ----------
    definition
        A name of the schema's `$defs`: an event type or a document type.
    pointer
        JSON pointer of the value.
    """
    validator = _validator(definition)
    if validator.is_valid(value):
        return []
    found: dict[str, Fault] = {}
    for error in _errors(validator, value):
        for fault in _translate(error, pointer):
            found.setdefault(fault.pointer, fault)
    return list(found.values())


def _errors(
    validator: jsonschema_rs.Validator, value: Mapping[str, Any]
) -> Iterator[jsonschema_rs.ValidationError]:
    """Yield all errors, or the first only of a value so large that they would fill the memory."""
    if not _is_large(value):
        yield from islice(validator.iter_errors(value), MAX_FAULTS)
        return
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        yield error


def _is_large(value: Any) -> bool:
    """Tell whether a value has more than `_MANY_PARTS` parts, however deep."""
    todo, seen = [value], 0
    while todo and seen <= _MANY_PARTS:
        part = todo.pop()
        if isinstance(part, dict | list):
            todo.extend(part.values() if isinstance(part, dict) else part)
            seen += len(part)
    return seen > _MANY_PARTS


@cache
def _validator(definition: str) -> jsonschema_rs.Validator:
    """Return the validator of one definition."""
    found = _validators().get(f"#/$defs/{definition}")
    if found is None:
        raise KeyError(definition)
    return found


@cache
def _validators() -> jsonschema_rs.ValidatorMap:
    """Compile the schema, once a process."""
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    return jsonschema_rs.validator_map_for(json.loads(text), validate_formats=True, offline=True)


def _translate(error: jsonschema_rs.ValidationError, pointer: str) -> Iterator[Fault]:
    """Yield our faults for one error of the library."""
    path = error.instance_path
    match error.kind:
        case Kind.Required(name):
            yield _missing(pointer_to(pointer, [*path, name]), name)
        case Kind.UnevaluatedProperties(names) | Kind.AdditionalProperties(names):
            for name in names:
                yield _unknown(pointer_to(pointer, [*path, name]), name, in_event=not path)
        case _:
            subject = _subject(path)
            code, fault, expected = _describe(error)
            got = shown(error.instance)
            yield Fault(
                pointer_to(pointer, path),
                code,
                f"{subject} {fault}: expected {expected}, got {got}",
                expected,
                got,
            )


def _missing(pointer: str, name: str) -> Fault:
    """Return the fault of an absent member."""
    if name == "quantity":
        message = "quantity is missing: expected it beside uom, got none"
        return Fault(pointer, FaultCode.QUANTITY, message, "a quantity beside uom", "none")
    message = f"{name} is missing: expected it, got none"
    return Fault(pointer, FaultCode.MEMBER_MISSING, message, name, "none")


def _unknown(pointer: str, name: str, *, in_event: bool) -> Fault:
    """Return the fault of a member that has no place where it stands."""
    if name == "ilmd" and in_event:
        expected = "it only in an ObjectEvent with action ADD or a TransformationEvent"
        message = f"ilmd has no place in this event: expected {expected}, got it here"
        return Fault(pointer, FaultCode.ILMD, message, expected, "ilmd")
    expected = "a member of the standard, or an extension such as prefix:name"
    message = f"member is unknown here: expected {expected}, got {shown(name)}"
    return Fault(pointer, FaultCode.MEMBER_UNKNOWN, message, expected, shown(name))


def _subject(path: list[str | int]) -> str:
    """Return what a fault is about: the nearest member's name."""
    names = [step for step in path if isinstance(step, str)]
    if not names:
        return "document or event"
    return names[-1] if isinstance(path[-1], str) else f"element {path[-1]} of {names[-1]}"


def _describe(error: jsonschema_rs.ValidationError) -> tuple[FaultCode, str, str]:
    """Return code, fault and expectation of an error about one value."""
    known = _ABOUT_VALUES.get(type(error.kind))
    if known is not None:
        return known
    match error.kind:
        case Kind.Type(types):
            wanted = " or ".join(_JSON_TYPES[name] for name in types)
            return FaultCode.JSON_TYPE, "has the wrong JSON type", wanted
        case Kind.Format(name):
            return _about_text(name, error.instance)
        case Kind.MaxLength(limit):
            return FaultCode.TOO_LARGE, "is too long", f"at most {limit} characters"
        case Kind.Pattern() | Kind.Enum():
            return _about_text(str(error.schema_path[-2]), error.instance)
    return FaultCode.VALUE, "is not what the schema allows", error.kind.name


def _about_text(name: str, text: object) -> tuple[FaultCode, str, str]:
    """Return the same for text of the wrong form."""
    code, expected = _EXPECTED[name]
    if code is FaultCode.TIME and isinstance(text, str) and _ZONELESS.fullmatch(text):
        return FaultCode.TIME_ZONE, "has no time zone", expected
    return code, "has the wrong form", expected
