"""Documents whose bytes are hostile are refused with their own code, before any event is read.

Source: RFC 8259, sections 4, 6 and 8.1; RFC 7493 (I-JSON).
"""

import json
import time

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
    ['"赤"', "1e308", "[" * 28 + "]" * 28, '"\\ud83d\\ude9a"', '{"a": 1, "A": 2}', "0.1", "null"],
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


@pytest.mark.parametrize("number", ["1e308", "1.7976931348623157e308", "5e-324", "0.1"])
def test_quantities_at_the_ends_of_a_double_are_taken_exactly(number: str) -> None:
    text = json.dumps(
        document(event(quantityList=[{"epcClass": LOT, "quantity": 7, "uom": "KGM"}]))
    )
    (found,) = read(text.replace(": 7", f": {number}").encode()).require_faultless()
    assert found.objects[-1].quantity is not None
    assert float(found.objects[-1].quantity) == float(number)


def test_a_list_of_a_hundred_thousand_faulty_events_is_cut() -> None:
    started = time.process_time()
    faults = parse_document([{}] * 100_000).faults
    assert faults[-1].code == "EPCIS_TOO_MANY_FAULTS"
    assert time.process_time() - started < SECONDS
