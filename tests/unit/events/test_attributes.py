"""What is found in an event of how something was made, and what is left alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.ledger import document, event
from traceability.events.attributes import MOST, Attribute, attributes_of, scaled
from traceability.events.jsonld import parse_document
from traceability.hashing.canonical import canonicalize, parse_canonical

OWN = {"@context": [{"itemproof": "urn:itemproof:vocab:1:"}]}


def found(**members):
    read = parse_document(document(event(1, **OWN, **members)))
    assert read.faults == ()
    return attributes_of(read.events[0])


def reported(**report):
    return found(
        sensorElementList=[{"sensorReport": [{"type": "Temperature", "uom": "CEL", **report}]}]
    )


class TestCauses:
    def test_members_of_the_own_vocabulary_are_found_by_any_prefix(self):
        said = found(**{"itemproof:machine": "M1", "urn:itemproof:vocab:1:tool": ["T1", "T2"]})
        assert said == (
            Attribute("machine", "M1"), Attribute("tool", "T1"), Attribute("tool", "T2"),
        )  # fmt: skip

    def test_members_of_the_ilmd_are_found(self):
        assert found(action="ADD", ilmd={"itemproof:furnaceRun": 4711}) == (
            Attribute("furnace_run", "4711"),
        )

    def test_members_of_other_vocabularies_are_not(self):
        assert found(**{"urn:example:machine": "M1"}) == ()

    @pytest.mark.parametrize("value", ["", "x" * 257, "a\0b", True, 1.5, {"id": "M1"}, None])
    def test_what_is_no_short_text_is_no_key(self, value):
        read = parse_document(document(event(1)))
        payload = read.events[0].payload | {"urn:itemproof:vocab:1:machine": value}
        assert attributes_of(read.events[0]._replace(payload=payload)) == ()

    def test_papers_of_making_are_keys_and_those_of_delivery_are_not(self):
        papers = [
            {"type": "prodorder", "bizTransaction": "urn:example:order:1"},
            {"type": "desadv", "bizTransaction": "urn:example:note:1"},
        ]
        assert found(bizTransactionList=papers) == (Attribute("prodorder", "urn:example:order:1"),)

    def test_devices_are_found_once(self):
        element = {
            "sensorMetadata": {"deviceID": "urn:example:sensor:1"},
            "sensorReport": [{"type": "Speed", "deviceID": "urn:example:sensor:1"}],
        }
        assert found(sensorElementList=[element]) == (Attribute("device", "urn:example:sensor:1"),)


class TestParameters:
    def test_a_value_is_kept_as_it_was_said(self):
        assert reported(value=1195.5) == (
            Attribute("parameter:Temperature", "1195.5", "CEL", 1195500000, 1195500000),
        )

    def test_least_and_greatest_are_the_bounds(self):
        (one,) = reported(minValue=10, maxValue=12.5, meanValue=11)
        assert (one.value, one.low, one.high) == ("10..12.5", 10**7, 12500000)

    def test_a_report_without_a_number_is_none(self):
        assert reported(stringValue="hot") == ()


class TestAmounts:
    def test_heaps_of_scrap_of_one_weight_are_two(self):
        heap = {"quantity": 5, "uom": "KGM"}
        said = found(**{"itemproof:scrap": [heap, heap, {"uom": "KGM"}]})
        assert said == (
            Attribute("scrap", "5", "KGM", 1, 1), Attribute("scrap", "5", "KGM", 2, 2),
        )  # fmt: skip

    @pytest.mark.parametrize(
        "written",
        [
            {"value": "84.5", "unitCode": "KGM"},
            {"gs1:value": 84.5, "gs1:unitCode": "KGM"},
            {"value": 84.5, "uom": "KGM"},
            "84.5 KGM",
        ],
    )
    def test_net_weight_is_read_in_each_written_form(self, written):
        assert found(action="ADD", ilmd={"cbvmda:netWeight": written}) == (
            Attribute("net_weight", "84.5", "KGM"),
        )

    @pytest.mark.parametrize("written", ["heavy", "84.5", {"unitCode": "KGM"}, 84.5, ["84 KGM"]])
    def test_another_form_is_no_net_weight(self, written):
        assert found(action="ADD", ilmd={"cbvmda:netWeight": written}) == ()


class TestCanonicalForm:
    @pytest.mark.parametrize("number", [10, 10.5, 0.1, -0.0, 2965.2, 1e22, 123456789.25])
    def test_a_committed_event_says_the_same_as_the_submitted_one(self, number):
        report = {"type": "Temperature", "value": number, "minValue": -3.0, "uom": "CEL"}
        read = parse_document(
            document(
                event(
                    1,
                    action="ADD",
                    **{
                        "urn:itemproof:vocab:1:tool": ["T2", "T1", number],
                        "urn:itemproof:vocab:1:scrap": [{"uom": "KGM", "quantity": number}] * 2,
                        "urn:itemproof:vocab:1:machine": 4711.0,
                    },
                    ilmd={"cbvmda:netWeight": {"value": number, "unitCode": "KGM"}},
                    sensorElementList=[{"sensorReport": [report]}],
                )
            )
        )
        (submitted,) = read.events
        (committed,) = parse_document(parse_canonical(canonicalize(submitted.payload))).events
        assert attributes_of(committed) == attributes_of(submitted)
        assert Attribute("machine", "4711") in attributes_of(submitted)


class TestScaled:
    def test_millionths_are_rounded_outwards(self):
        assert scaled(Decimal("0.0000015")) == 1
        assert scaled(Decimal("0.0000015"), up=True) == 2
        assert scaled(Decimal("-0.0000015")) == -2

    def test_what_does_not_fit_is_cut(self):
        assert scaled(Decimal("1e30")) == MOST
        assert scaled(Decimal("-1e30")) == -MOST
