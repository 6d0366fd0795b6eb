"""Events of any content parse to what they say, in any form, and no value breaks the parser."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.epcis import EVENTS, EXAMPLE, GS1, document, event, query_document
from traceability.codes.keys import check_digit
from traceability.codes.uris import canonical_uri
from traceability.errors import InvalidInput
from traceability.events.cbv import BIZ_STEPS, DISPOSITIONS
from traceability.events.context import GS1_CONTEXT
from traceability.events.identifiers import canonical_thing
from traceability.events.jsonld import parse_document
from traceability.hashing.event_hash import event_hash, format_event_time

SERIALS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ-._%", min_size=1, max_size=22)
DIGITS = st.text("0123456789", min_size=13, max_size=13)
KINDS = st.sampled_from(sorted(EVENTS))
NAMES = st.sampled_from(
    """
    @context type action bizStep epcList readPoint quantityList ilmd eventTime sensorElementList
    errorDeclaration persistentDisposition parentID childEPCs bizTransactionList sourceList x /
    example:x epcis:x inputEPCList eventID eventTimeZoneOffset certificationInfo id set source
    sensorReport epcClass quantity uom reason declarationTime
    """.split()  # noqa: SIM905  (a list of words reads better than 34 strings)
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9)
    | st.sampled_from([GS1, "urn:x:y", "ADD", "2026-01-02T03:04:05Z", "shipping", *EVENTS])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(DIGITS, SERIALS, st.sampled_from(["https://id.gs1.org", "http://a.example/x", "urn"]))
def test_the_short_way_to_a_canonical_uri_is_the_long_way(
    digits: str, serial: str, base: str
) -> None:
    code = f"{base}/01/{digits}{check_digit(digits)}/21/{serial}"
    if base == "urn":
        code = f"urn:epc:id:sgtin:{digits[1:8]}.{digits[0]}{digits[8:]}.{serial}"
    found: list[str | type] = []
    for canonical in (canonical_uri, lambda text: canonical_thing(text, GS1_CONTEXT)):
        try:
            found.append(canonical(code))
        except InvalidInput as error:
            found.append(type(error))
    assert found[0] == found[1]


@given(KINDS, st.sampled_from([*BIZ_STEPS.words]), st.sampled_from([*DISPOSITIONS.words]))
def test_words_mean_the_same_in_every_form(kind: str, step: str, disposition: str) -> None:
    forms = [
        (step, disposition),
        (f"cbv:BizStep-{step}", f"cbv:Disp-{disposition}"),
        (f"https://ref.gs1.org/cbv/BizStep-{step}", f"https://ref.gs1.org/cbv/Disp-{disposition}"),
        (f"urn:epcglobal:cbv:bizstep:{step}", f"urn:epcglobal:cbv:disp:{disposition}"),
    ]
    samples = [event(kind, bizStep=one, disposition=other) for one, other in forms]
    events = parse_document(document(*samples)).require_faultless()
    assert {(found.biz_step, found.disposition) for found in events} == {(step, disposition)}


@given(st.lists(st.tuples(KINDS, st.booleans()), max_size=4))
def test_every_kind_of_document_gives_the_same_events(chosen: list[tuple[str, bool]]) -> None:
    context = [GS1, EXAMPLE]
    samples = [event(kind) if plain else event(kind, example__x=1) for kind, plain in chosen]
    listed = [{**sample, "@context": context} for sample in samples]
    kinds: list[Any] = [document(*samples), query_document(*samples), listed]
    parsed = [parse_document(each).require_faultless() for each in kinds]
    parsed.append(tuple(parse_document(each).require_faultless()[0] for each in listed))
    said = [[(found.payload, found.objects, found.event_time) for found in each] for each in parsed]
    assert said == [said[0]] * 4
    assert [found["@context"] for found, *_ in said[0]] == [context] * len(samples)


@given(
    st.one_of(st.integers(1, 2**53), st.floats(1e-100, 1e100)),
    st.none() | st.sampled_from(["KGM", "MTR", "C62"]),
)
def test_quantities_are_positive_and_whole_without_unit(number: float, uom: str | None) -> None:
    quantity = {"epcClass": "urn:x:class", "quantity": number} | ({"uom": uom} if uom else {})
    parsed = parse_document(document(event(quantityList=[quantity])))
    if uom is None and number != int(number):
        assert [fault.code for fault in parsed.faults] == ["EPCIS_QUANTITY"]
        return
    found = parsed.require_faultless()[0].objects[-1].quantity
    assert found == Decimal(repr(number))
    negative = parse_document(document(event(quantityList=[{**quantity, "quantity": -number}])))
    assert [fault.code for fault in negative.faults] == ["EPCIS_QUANTITY"]


@settings(max_examples=300)
@given(KINDS, st.dictionaries(NAMES, VALUES, max_size=4), VALUES)
def test_no_value_breaks_the_parser(kind: str, members: dict[str, Any], value: Any) -> None:
    bent = {**event(kind), **members}
    for whole in (document(bent), document(bent, **members), [bent], bent, value):
        parsed = parse_document(whole)
        pointers = [fault.pointer for fault in parsed.faults]
        assert len(set(pointers)) == len(pointers)
        assert all(", got " in fault.message for fault in parsed.faults)
        assert not (parsed.faults and parsed.type == "event" and parsed.events)
        assert all(event_hash(found.payload).prehash for found in parsed.events)


TIMES = st.datetimes().map(datetime.isoformat) | st.sampled_from(
    [
        "0000-01-01T00:00:00",
        "9999-12-31T23:59:59.9996",
        "2016-12-31T23:59:60",
        "2026-06-30T24:00:00",
    ]
)
ZONES = st.sampled_from(["Z", "+14:00", "-12:00", "+00:00", ""])


@given(TIMES, ZONES)
def test_every_time_that_is_taken_can_be_hashed(text: str, zone: str) -> None:
    time = text + zone
    metadata = {"time": time, "startTime": time, "endTime": time}
    sensors = [{"sensorMetadata": metadata, "sensorReport": [{"type": "Mass", "time": time}]}]
    declaration = {"declarationTime": time}
    sample = event(
        eventTime=time, recordTime=time, sensorElementList=sensors, errorDeclaration=declaration
    )
    parsed = parse_document(document(sample))
    assert len(parsed.faults) in (0, 7)
    for found in parsed.events:
        assert event_hash(found.payload).prehash.count(format_event_time(time)) == 5
