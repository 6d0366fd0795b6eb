"""What an event may say beyond its shape: action against members, names, nested vocabularies.

Source: EPCIS 2.0, sections 7.4.1 to 7.4.6 (members by event type and action), 7.3.7 and 7.3.8
(sensor elements, persistent disposition) and 10.2 (extensions); CBV 2.0, section 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from traceability.events.cbv import (
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    MEASUREMENTS,
    SENSOR_ALERTS,
)
from traceability.events.faults import FaultCode, shown

if TYPE_CHECKING:
    from traceability.events.reading import EventReader, Path

# The members of which one must name something, and whether DELETE may leave them out.
_CHILDREN = ("childEPCs", "childQuantityList")
_INPUTS = ("inputEPCList", "inputQuantityList")
_OUTPUTS = ("outputEPCList", "outputQuantityList")
_THINGS = ("epcList", "quantityList")
# Members of a sensor report, and those of which each needs one.
_PARTNERS = {
    "percRank": ("percValue",),
    "percValue": ("percRank",),
    "component": ("value", "minValue", "maxValue", "meanValue", "percValue"),
}
# The objects of an event that extensions may enter, sensor elements aside.
_EXTENSIBLE = ("ilmd", "readPoint", "bizLocation", "errorDeclaration")


def check_rules(reader: EventReader) -> None:
    """Note every breach of a rule that the schema cannot hold."""
    event = reader.event
    _check_members(reader, event["type"], event.get("action"))
    _check_names(reader, event, ())
    for member in _EXTENSIBLE:
        if member in event and isinstance(event[member], dict):
            _check_names(reader, event[member], (member,))
    if "recordTime" in event:
        reader.time(event["recordTime"], ("recordTime",))
    if isinstance(event.get("errorDeclaration"), dict):
        declaration = event["errorDeclaration"]
        reader.word(ERROR_REASONS, declaration.get("reason"), ("errorDeclaration", "reason"))
        reader.time(declaration.get("declarationTime"), ("errorDeclaration", "declarationTime"))
    if "persistentDisposition" in event:
        _check_persistent_disposition(reader)
    if "sensorElementList" in event:
        _check_sensors(reader)


def _check_members(reader: EventReader, kind: str, action: str | None) -> None:
    """Check which members the event type and action ask for or forbid."""
    event = reader.event
    if kind == "TransformationEvent":
        _check_transformation(reader)
    elif kind == "ObjectEvent":
        if not (event.get("sensorElementList") and "readPoint" in event):
            _require_one(reader, _THINGS, instead=" or sensorElementList with readPoint")
        if "ilmd" in event and action in ("OBSERVE", "DELETE"):
            expected = "it only with action ADD"
            fault = "ilmd has no place in this event"
            reader.note(("ilmd",), FaultCode.ILMD, fault, expected=expected, got=action)
    elif action != "DELETE":
        _require_one(reader, _THINGS if kind == "TransactionEvent" else _CHILDREN)
    if kind == "AggregationEvent" and action in ("ADD", "DELETE") and "parentID" not in event:
        expected = "it with every action but OBSERVE"
        fault = "parentID is missing"
        got = f"none with {action}"
        reader.note(("parentID",), FaultCode.PARENT_MISSING, fault, expected=expected, got=got)


def _check_transformation(reader: EventReader) -> None:
    """Check that inputs and outputs are named; one suffices where a transformationID joins."""
    if "transformationID" in reader.event:
        _require_one(reader, (*_INPUTS, *_OUTPUTS))
    else:
        _require_one(reader, _INPUTS)
        _require_one(reader, _OUTPUTS)


def _require_one(reader: EventReader, members: tuple[str, ...], *, instead: str = "") -> None:
    """Note a fault unless one of the members holds something."""
    for member in members:
        if reader.event.get(member):
            return
    expected = " or ".join(members) + " with an element" + instead
    fault = "event is about nothing"
    reader.note(members[:1], FaultCode.OBJECTS_MISSING, fault, expected=expected, got="none")


def _check_names(reader: EventReader, holder: Mapping[str, Any], path: Path) -> None:
    """Refuse extension names in GS1's vocabularies, and two names for one URI."""
    names = [name for name in holder if ":" in name]
    if not names:
        return
    context, seen = reader.context, set[str]()
    for name in names:
        uri, is_reserved = context.judge(name, in_ilmd=path == ("ilmd",))
        if is_reserved:
            fault = f"extension name {shown(name)} is GS1's own"
            expected = "a name in a vocabulary of your own"
            got = shown(uri)
            reader.note((*path, name), FaultCode.NAME_RESERVED, fault, expected=expected, got=got)
        elif uri in seen:
            fault = "extension stands twice under two names"
            got = shown(uri)
            reader.note((*path, name), FaultCode.NAME_TWICE, fault, expected="it once", got=got)
        seen.add(uri)


def _check_persistent_disposition(reader: EventReader) -> None:
    """Check the words of both lists, each once whatever its form."""
    for member, words in _members(reader.event["persistentDisposition"]):
        seen: set[str] = set()
        for index, text in enumerate(words if isinstance(words, list) else ()):
            path = ("persistentDisposition", member, index)
            word = reader.word(DISPOSITIONS, text, path)
            if word is not None and word in seen:
                fault = "disposition stands twice"
                got = shown(text)
                reader.note(path, FaultCode.DUPLICATE, fault, expected="it once", got=got)
            seen.add(word or "")


def _members(holder: object) -> Iterator[tuple[str, Any]]:
    """Yield the members of a value if it is an object."""
    if isinstance(holder, dict):
        yield from holder.items()


def _check_sensors(reader: EventReader) -> None:
    """Check names, words and times of each sensor element, its metadata and its reports."""
    for path, element in _objects(reader.event["sensorElementList"], ("sensorElementList",)):
        _check_names(reader, element, path)
        metadata = element.get("sensorMetadata")
        if isinstance(metadata, dict):
            _check_metadata(reader, metadata, (*path, "sensorMetadata"))
        for inner, report in _objects(element.get("sensorReport"), (*path, "sensorReport")):
            _check_report(reader, report, inner)


def _check_metadata(reader: EventReader, metadata: Mapping[str, Any], path: Path) -> None:
    """Check a sensor element's metadata: a period ends when it begins or later."""
    _check_names(reader, metadata, path)
    reader.time(metadata.get("time"), (*path, "time"))
    start = reader.time(metadata.get("startTime"), (*path, "startTime"))
    end = reader.time(metadata.get("endTime"), (*path, "endTime"))
    if start is not None and end is not None and end < start:
        reader.note(
            (*path, "endTime"),
            FaultCode.TIME_ORDER,
            "endTime lies before startTime",
            expected=f"a time from {shown(metadata['startTime'])} on",
            got=shown(metadata["endTime"]),
        )


def _check_report(reader: EventReader, report: Mapping[str, Any], path: Path) -> None:
    """Check a sensor report: its words, and the members that stand together or not at all."""
    _check_names(reader, report, path)
    reader.word(MEASUREMENTS, report.get("type"), (*path, "type"))
    reader.word(SENSOR_ALERTS, report.get("exception"), (*path, "exception"))
    reader.word(COMPONENTS, report.get("component"), (*path, "component"))
    reader.time(report.get("time"), (*path, "time"))
    for member, partners in _PARTNERS.items():
        if member in report and not any(partner in report for partner in partners):
            reader.note(
                (*path, partners[0]),
                FaultCode.SENSOR,
                f"{member} stands alone",
                expected=f"{' or '.join(partners)} beside it",
                got="none",
            )


def _objects(value: object, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the objects of a list with their paths."""
    for index, element in enumerate(value if isinstance(value, list) else ()):
        if isinstance(element, dict):
            yield (*path, index), element
