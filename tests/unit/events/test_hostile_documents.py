"""Documents whose bytes are hostile are refused with their own code, before any event is read.

Source: RFC 8259, sections 4, 6 and 8.1; RFC 7493 (I-JSON).
"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.epcis import LOT, document, event
from traceability.errors import InvalidInput
from traceability.events.jsonld import parse_document
from traceability.events.model import Document
from traceability.strict_json import parse_json

SECONDS = 2.0  # Far more than any refusal takes; a quadratic reader would need minutes.
TEXT = json.dumps(document(event(example__note="MARK")))


def marked(value: str) -> bytes:
    """Return a good document with a piece of JSON in an extension."""
    return TEXT.replace('"MARK"', value).encode()


def read(data: bytes) -> Document:
    return parse_document(parse_json(data))


@pytest.mark.parametrize(
    "value",
    [
        '"赤"',
        "1e99",
        "-1e-99",
        "[" * 28 + "]" * 28,
        '"\\ud83d\\ude9a"',
        '{"a": 1, "A": 2}',
        "0.1",
        "null",
    ],
    ids=lambda value: value[:12],
)
def test_takes_what_is_unusual_and_good(value: str) -> None:
    (found,) = read(marked(value)).require_faultless()
    assert found.payload["example:note"] == json.loads(value)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xef\xbb\xbf" + marked("1"), "JSON_ENCODING"),
        (marked('"x"').decode().encode("utf-16"), "JSON_ENCODING"),
        (marked('"x"').decode().encode("utf-16-le"), "JSON_SYNTAX"),
        (marked('"x"').decode().encode("utf-32-be"), "JSON_SYNTAX"),
        (marked('"é"').decode().encode("latin-1"), "JSON_ENCODING"),
        (marked('"赤"').decode().encode("gb18030"), "JSON_ENCODING"),
        (marked('"\\ud83d"'), "JSON_STRING"),
        (marked("1e309"), "JSON_NUMBER"),
        (marked("-0.0"), "JSON_NUMBER"),
        (marked("NaN"), "JSON_NUMBER"),
        (marked("0.1000000000000000055"), "JSON_NUMBER"),
        (marked("1" * 401), "JSON_NUMBER"),
        (marked("[" * 29 + "]" * 29), "JSON_DEPTH"),
        (marked("[" * 10_000 + "]" * 10_000), "JSON_DEPTH"),
        (marked('{"a":' * 10_000 + "1" + "}" * 10_000), "JSON_DEPTH"),
        (marked('{"a": 1, "a": 1}'), "JSON_DUPLICATE_KEY"),
        (
            TEXT.replace('"action"', '"type": "ObjectEvent", "action"').encode(),
            "JSON_DUPLICATE_KEY",
        ),
        (marked("1") + b"{}", "JSON_SYNTAX"),
        (marked("1")[:-1], "JSON_SYNTAX"),
        (b"", "JSON_SYNTAX"),
        (b"[" * 10**7, "JSON_TOO_LARGE"),
        (b'"' + b"\\" * 10**7, "JSON_SYNTAX"),
    ],
    ids=lambda value: value[-24:] if isinstance(value, bytes) else value,
)
def test_refuses_hostile_bytes_quickly(data: bytes, code: str) -> None:
    started = time.process_time()
    with pytest.raises(InvalidInput) as caught:
        read(data)
    assert caught.value.code == code
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("number", ["1e100", "9.99e99", "1e-100", "0.1"])
def test_quantities_at_the_ends_of_the_range_are_taken_exactly(number: str) -> None:
    text = json.dumps(
        document(event(quantityList=[{"epcClass": LOT, "quantity": 7, "uom": "KGM"}]))
    )
    (found,) = read(text.replace(": 7", f": {number}").encode()).require_faultless()
    assert found.objects[-1].quantity is not None
    assert float(found.objects[-1].quantity) == float(number)


# A member of each place where a number may stand.
NUMBERS: dict[str, Callable[[float], dict[str, Any]]] = {
    "/quantityList/0/quantity": lambda number: {
        "quantityList": [{"epcClass": LOT, "quantity": number, "uom": "KGM"}]
    },
    "/sensorElementList/0/sensorReport/0/value": lambda number: {
        "sensorElementList": [{"sensorReport": [{"type": "Mass", "value": number, "uom": "KGM"}]}]
    },
    "/sensorElementList/0/example:note": lambda number: {
        "sensorElementList": [
            {"sensorReport": [{"type": "Mass", "value": 1, "uom": "KGM"}], "example:note": number}
        ]
    },
    "/readPoint/example:note/a/1": lambda number: {
        "readPoint": {"id": "urn:example:gate", "example:note": {"a": [0, number]}}
    },
    "/example:note": lambda number: {"example:note": number},
    "/example:note/0/0/b": lambda number: {"example:note": [[{"b": number}]]},
}


@pytest.mark.parametrize("place", NUMBERS)
class TestNumbersBeyondTheRange:
    """They are doubles, and would be written out in hundreds of digits wherever they are hashed."""

    @pytest.mark.parametrize("number", [1e308, 1.0000000000000002e100, 9.9e-101, 5e-324])
    @pytest.mark.parametrize("sign", [1, -1])
    def test_are_faults_where_they_stand(self, place: str, number: float, sign: int) -> None:
        faulty, good = event(**NUMBERS[place](sign * number)), event()
        found = parse_document(document(faulty, good))
        (fault,) = found.faults
        code = "EPCIS_QUANTITY" if sign < 0 and "quantity" in place else "EPCIS_NUMBER_RANGE"
        assert (fault.pointer, fault.code) == (f"/epcisBody/eventList/0{place}", code)
        assert fault.got == repr(sign * number)
        assert [each.pointer for each in found.events] == ["/epcisBody/eventList/1"]

    @pytest.mark.parametrize("number", [1e100, 1e-100, 0.1, 7])
    def test_begin_after_its_ends(self, place: str, number: float) -> None:
        (found,) = parse_document(document(event(**NUMBERS[place](number)))).require_faultless()
        assert found.payload[place.split("/")[1]] == NUMBERS[place](number)[place.split("/")[1]]


def test_zero_is_within_the_range() -> None:
    (found,) = parse_document(document(event(**{"example:note": [0, 0.0]}))).require_faultless()
    assert found.payload["example:note"] == [0, 0.0]


def test_master_data_keeps_to_the_range_too() -> None:
    def with_attribute(number: float) -> dict[str, Any]:
        attribute = {"id": "urn:example:length", "attribute": number}
        elements = [{"id": "urn:example:hall", "attributes": [attribute]}]
        words = [{"type": "urn:epcglobal:epcis:vtype:ReadPoint", "vocabularyElementList": elements}]
        return {**document(event()), "epcisHeader": {"epcisMasterData": {"vocabularyList": words}}}

    assert parse_document(with_attribute(1e99)).require_faultless()
    (fault,) = parse_document(with_attribute(1e308)).faults
    assert fault.code == "EPCIS_NUMBER_RANGE"


def test_a_list_of_a_hundred_thousand_faulty_events_is_cut() -> None:
    started = time.process_time()
    faults = parse_document([{}] * 100_000).faults
    assert faults[-1].code == "EPCIS_TOO_MANY_FAULTS"
    assert time.process_time() - started < SECONDS
