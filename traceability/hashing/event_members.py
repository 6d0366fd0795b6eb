"""Which members of an EPCIS event its hash takes, in which order and under which vocabulary.

Source: GS1 Core Business Vocabulary 2.0, event ID by hash; the order and the vocabulary base are
those of version 1.9 of the reference, `epcis-event-hash-generator`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CBV = "https://ref.gs1.org/cbv/"
VOC = "https://gs1.org/voc/"


@dataclass(frozen=True, slots=True)
class Member:
    """How one member of an event is written.

    Parameters
    ----------
    vocabulary
        What stands before a bare word of this member.
    time
        Whether the member is a time.
    listed
        Whether the member is a list whose name is written once.
    element
        What stands before each element of a list.
    members
        Members of the object, or of each element, in order.
    """

    vocabulary: str = ""
    time: bool = False
    listed: bool = False
    element: str = ""
    members: Mapping[str, Member] | None = None


PLAIN = Member()
_TIME = Member(time=True)
_EPCS = Member(listed=True, element="epc")
_QUANTITIES = Member(
    listed=True,
    element="quantityElement",
    members={"epcClass": PLAIN, "quantity": PLAIN, "uom": PLAIN},
)
_DISPOSITION = Member(vocabulary=CBV + "Disp-")
_PLACE = Member(members={"id": PLAIN})
_METADATA = (
    dict.fromkeys(("time", "startTime", "endTime"), _TIME)
    | dict.fromkeys(("deviceID", "deviceMetadata", "rawData"), PLAIN)
    | dict.fromkeys(("dataProcessingMethod", "bizRules"), PLAIN)
)
_REPORT = (
    {"type": Member(vocabulary=VOC), "exception": Member(vocabulary=VOC)}
    | dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"), PLAIN)
    | {"time": _TIME}
    | dict.fromkeys(("microorganism", "chemicalSubstance", "value"), PLAIN)
    | {"component": Member(vocabulary=CBV + "Comp-")}
    | dict.fromkeys(("stringValue", "booleanValue", "hexBinaryValue", "uriValue"), PLAIN)
    | dict.fromkeys(("minValue", "maxValue", "meanValue", "sDev"), PLAIN)
    | dict.fromkeys(("percRank", "percValue", "uom", "coordinateReferenceSystem"), PLAIN)
)


def _typed(name: str, vocabulary: str) -> Member:
    """Return a list of objects of a type and a value, the type first."""
    kind = Member(vocabulary=CBV + vocabulary)
    return Member(listed=True, members={"type": kind, name: PLAIN})


# Members of an event in the order in which they are written.
ORDER: dict[str, Member] = {
    "eventTime": _TIME,
    "eventTimeZoneOffset": PLAIN,
    "certificationInfo": PLAIN,
    "parentID": PLAIN,
    "epcList": _EPCS,
    "inputEPCList": _EPCS,
    "childEPCs": _EPCS,
    "quantityList": _QUANTITIES,
    "childQuantityList": _QUANTITIES,
    "inputQuantityList": _QUANTITIES,
    "outputEPCList": _EPCS,
    "outputQuantityList": _QUANTITIES,
    "action": PLAIN,
    "transformationID": PLAIN,
    "bizStep": Member(vocabulary=CBV + "BizStep-"),
    "disposition": _DISPOSITION,
    "persistentDisposition": Member(members={"set": _DISPOSITION, "unset": _DISPOSITION}),
    "readPoint": _PLACE,
    "bizLocation": _PLACE,
    "sensorElementList": Member(
        listed=True,
        element="sensorElement",
        members={
            "sensorMetadata": Member(members=_METADATA),
            "sensorReport": Member(members=_REPORT),
        },
    ),
}
# Sorted by their text, among the extensions.
UNORDERED: dict[str, Member] = {
    "bizTransactionList": _typed("bizTransaction", "BTT-"),
    "sourceList": _typed("source", "SDT-"),
    "destinationList": _typed("destination", "SDT-"),
}
