"""Each rule: an event that keeps it, and the same event with one thing changed, refused for it.

Source: EPCIS 2.0, sections 7.3 and 7.4; CBV 2.0, sections 7 and 8.
"""

import pytest

from tests.support import rule_cases, sensor_cases
from tests.support.epcis import document, event
from traceability.events.jsonld import parse_document

CASES = rule_cases.CASES | sensor_cases.CASES


@pytest.mark.parametrize("name", CASES)
def test_accepts_the_event_that_keeps_the_rule(name: str) -> None:
    kind, good, *_ = CASES[name]
    parsed = parse_document(document(event(kind, **good)))
    assert parsed.faults == ()
    assert len(parsed.events) == 1


@pytest.mark.parametrize("name", CASES)
def test_refuses_the_event_that_breaks_it_with_one_fault(name: str) -> None:
    kind, _, bad, pointer, code, message = CASES[name]
    parsed = parse_document(document(event(kind), event(kind, **bad)))
    found = [(fault.pointer, fault.code) for fault in parsed.faults]
    assert found == [("/epcisBody/eventList/1" + pointer, code)]
    assert message in parsed.faults[0].message
    assert [each.pointer for each in parsed.events] == ["/epcisBody/eventList/0"]


def test_every_message_is_one_lower_case_clause_that_names_both_sides() -> None:
    for kind, _, bad, *_ in CASES.values():
        (fault,) = parse_document(document(event(kind, **bad))).faults
        assert ", got " in fault.message
        assert not fault.message.endswith(".")
        assert "\n" not in fault.message
        assert len(fault.message) < 250


def test_a_type_without_sample_is_refused() -> None:
    for kind in ("ExtendedEvent", "https://example.org/MyEvent", "epcis:ObjectEvent", 7, None, []):
        (fault,) = parse_document(document({**event(), "type": kind})).faults
        assert fault.code == "EPCIS_EVENT_TYPE"
        assert fault.pointer == "/epcisBody/eventList/0/type"
        assert "expected one of ObjectEvent, AggregationEvent" in fault.message


def test_a_missing_type_is_one_fault_and_not_fourteen() -> None:
    bare = event()
    del bare["type"]
    (fault,) = parse_document(document(bare)).faults
    assert (fault.pointer, fault.got) == ("/epcisBody/eventList/0/type", "none")
