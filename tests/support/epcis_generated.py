"""Generated events without faults, with all members and extensions of all kinds, for round trips.

Source: EPCIS 2.0 (ISO/IEC 19987:2024), section 7.4; the values are made up.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.epcis import GS1
from traceability.events.cbv import (
    BIZ_STEPS,
    BIZ_TRANSACTION_TYPES,
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    MEASUREMENTS,
    SENSOR_ALERTS,
    SOURCE_DESTINATION_TYPES,
)

CONTEXT: list[Any] = [
    GS1,
    {"ext": "https://ns.example.com/ext/", "other": "urn:example:other:", "odd": "ex:a?b=c&d#"},
]
NAMES = st.sampled_from(
    """
    ext:plain ext:two other:x odd:e-f.g ext:9 undefined:name ext:a/b ext:%E8%BD%A6 ext:%41 ext:
    https://ns.example.com/whole
    """.split()  # noqa: SIM905  (a list of words reads better than 11 strings)
)
INNER = NAMES | st.sampled_from(["plain", "id", "type", "a b", "#text", "@id", "", "车", "xmlns"])
TEXTS = st.text(max_size=8) | st.sampled_from(
    [" x ", "", "\r\n", "]]>", "<&>\"'", "\x01", "\t", "\u3000", "null", "007", "\ufffe", "𝄞"]
)
# Those further from 0 than 1e100, or nearer to it than 1e-100, are faults: EPCIS_NUMBER_RANGE.
FRACTIONS = st.floats(1e-100, 1e100)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | FRACTIONS | FRACTIONS.map(lambda value: -value)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=3),
    max_leaves=6,
)
EXTENSIONS = st.dictionaries(NAMES, VALUES, max_size=2)
EPCS = st.integers(0, 10**6).map(lambda number: f"urn:epc:id:sgtin:9521234.056789.{number}") | (
    st.integers(0, 10**6).map(lambda number: f"https://id.gs1.org/01/09521234567899/21/{number}")
)
CLASSES = st.sampled_from(["urn:epc:class:lgtin:9521234.056789.L1", "urn:example:class:1"])
URIS = st.sampled_from(["urn:example:1", "https://example.com/a?b=1&c=%20#d", "urn:example:'2'"])
PLACES = st.sampled_from(
    ["urn:epc:id:sgln:9521234.00001.0", "https://id.gs1.org/414/9521234000013"]
)
TIMES = st.datetimes().map(lambda time: time.isoformat(timespec="milliseconds") + "Z")
AMOUNTS = st.integers(1, 10**9) | st.floats(1e-6, 1e20)


def words(vocabulary: Any) -> st.SearchStrategy[str]:
    """Return the words of a vocabulary, and one of a user's."""
    return st.sampled_from([*vocabulary.words, "urn:example:word"])


def lists(elements: st.SearchStrategy[Any], **unique: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(elements, max_size=3, **unique)


def typed(name: str, vocabulary: Any) -> st.SearchStrategy[Any]:
    return lists(st.fixed_dictionaries({"type": words(vocabulary), name: URIS}))


def extended(
    required: dict[str, Any], optional: dict[str, Any] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with members of the standard and of extensions."""
    known = st.fixed_dictionaries(required, optional=optional or {})
    return st.builds(lambda own, added: {**added, **own}, known, EXTENSIONS)


QUANTITIES = lists(
    st.fixed_dictionaries({"epcClass": CLASSES, "quantity": AMOUNTS, "uom": st.just("KGM")})
    | st.fixed_dictionaries({"epcClass": CLASSES})
)
METADATA = extended({}, {"time": TIMES, "deviceID": URIS, "bizRules": URIS, "rawData": URIS})
_VALUES = {"value", "minValue", "maxValue", "meanValue", "percValue"}


def _sound(report: dict[str, Any]) -> dict[str, Any]:
    """Leave a component out where there is no value for it."""
    alone = "component" in report and not _VALUES & report.keys()
    return {name: each for name, each in report.items() if name != "component" or not alone}


REPORTS = extended(
    {"type": words(MEASUREMENTS)},
    {
        "exception": words(SENSOR_ALERTS),
        "component": words(COMPONENTS),
        "value": NUMBERS,
        "sDev": NUMBERS,
        "stringValue": TEXTS,
        "booleanValue": st.booleans(),
        "hexBinaryValue": st.just("f0F0"),
        "uriValue": URIS,
        "uom": TEXTS,
        "time": TIMES,
        "coordinateReferenceSystem": URIS,
    },
).map(_sound)
SENSORS = lists(
    extended(
        {"sensorReport": st.lists(REPORTS, min_size=1, max_size=2)}, {"sensorMetadata": METADATA}
    )
)
BASE = {
    "recordTime": TIMES,
    "eventID": URIS,
    "errorDeclaration": extended(
        {"declarationTime": TIMES},
        {"reason": words(ERROR_REASONS), "correctiveEventIDs": lists(URIS)},
    ),
}
WHY = {
    "bizStep": words(BIZ_STEPS),
    "disposition": words(DISPOSITIONS),
    "readPoint": extended({"id": PLACES}),
    "bizLocation": extended({"id": PLACES}),
    "bizTransactionList": typed("bizTransaction", BIZ_TRANSACTION_TYPES),
    "sourceList": typed("source", SOURCE_DESTINATION_TYPES),
    "destinationList": typed("destination", SOURCE_DESTINATION_TYPES),
}
SINCE_2_0 = {
    "certificationInfo": URIS | lists(URIS),
    "sensorElementList": SENSORS,
}
DISPOSITION = st.fixed_dictionaries(
    {}, optional={name: st.lists(words(DISPOSITIONS), min_size=1, max_size=2, unique=True)
                  for name in ("set", "unset")}
).filter(bool)  # fmt: skip
EPC_LIST = lists(EPCS, unique_by=lambda epc: epc.rpartition("/")[2].rpartition(".")[2])
ACTIONS = st.sampled_from(["ADD", "OBSERVE", "DELETE"])
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ObjectEvent": (
        {"action": st.just("ADD"), "epcList": EPC_LIST.filter(bool)},
        {"quantityList": QUANTITIES, "ilmd": extended({})},
    ),
    "AggregationEvent": (
        {"action": ACTIONS, "parentID": URIS, "childEPCs": EPC_LIST.filter(bool)},
        {"childQuantityList": QUANTITIES},
    ),
    "TransactionEvent": (
        {
            "action": ACTIONS,
            "epcList": EPC_LIST.filter(bool),
            "bizTransactionList": typed("bizTransaction", BIZ_TRANSACTION_TYPES).filter(bool),
        },
        {"parentID": URIS, "quantityList": QUANTITIES},
    ),
    "TransformationEvent": (
        {"inputEPCList": EPC_LIST.filter(bool), "outputEPCList": EPC_LIST.filter(bool)},
        {
            "inputQuantityList": QUANTITIES,
            "outputQuantityList": QUANTITIES,
            "transformationID": URIS,
            "ilmd": extended({}),
        },
    ),
    "AssociationEvent": (
        {"action": ACTIONS, "parentID": URIS, "childEPCs": EPC_LIST.filter(bool)},
        {"childQuantityList": QUANTITIES},
    ),
}


def events(kind: str, *, version: str = "2.0") -> st.SearchStrategy[dict[str, Any]]:
    """Return events of one kind, with members of the version only."""
    required, optional = KINDS[kind]
    later: dict[str, Any] = dict(SINCE_2_0) if version == "2.0" else {}
    if version == "2.0" and kind == "ObjectEvent":
        later["persistentDisposition"] = DISPOSITION
    fixed = {
        "type": st.just(kind),
        "eventTime": TIMES,
        "eventTimeZoneOffset": st.just("+08:00"),
        **required,
    }
    more = {name: each for name, each in {**BASE, **WHY, **optional, **later}.items()
            if name not in required}  # fmt: skip
    return extended(fixed, more)


def all_events(*, version: str = "2.0") -> st.SearchStrategy[dict[str, Any]]:
    """Return events of every kind that a version has."""
    kinds = [kind for kind in KINDS if version == "2.0" or kind != "AssociationEvent"]
    return st.one_of([events(kind, version=version) for kind in kinds])
