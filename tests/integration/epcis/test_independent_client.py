"""A client that others wrote for others works with this server as it is: `openepcis-client`.

It is given the server's address and a token, and nothing is changed in it. Page tokens it looks
for in the body, where the standard has no place for them: it goes on by `GE_recordTime`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from openepcis_client.core.client import Client
from openepcis_client.core.config import ClientConfig
from openepcis_client.core.errors import OpenEpcisError
from openepcis_client.events import (
    Capture,
    CaptureOutcome,
    Query,
    aggregation_event,
    document,
    error_declaration,
    instance_uri,
    object_event,
    quantity_element,
    sscc_uri,
    transaction_event,
    transformation_event,
)

from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.settings import Settings
from tests.support.ledger import add_participant
from tests.support.serving import served
from traceability.ledger.node import Node

GTIN = "9521234567899"
WHEN = datetime(2026, 5, 1, 16, 0, tzinfo=timezone(timedelta(hours=8)))
SSCC = "395212345678901236"


class Token:
    """A token that does not change, as the client's protocol for authorisation asks for one."""

    def __init__(self, token: str) -> None:
        self._token = token

    def bearer(self) -> str:
        return self._token

    def invalidate(self) -> None:
        """Keep the token: there is no other."""


@pytest.fixture
def connect(node: Node) -> Iterator[Any]:
    """Return what makes a client for a role."""
    participant = add_participant(node)
    with served(create_app(node, Settings(drafting_processes=0))) as address:

        def client(role: str) -> Client:
            owner = participant if role == "participant" else None
            _, token = create_api_key(node.store, role, participant=owner, now=0)
            return Client(ClientConfig(f"{address}/epcis"), Token(token))

        yield client


def settled(capture: Capture, receipt: Any) -> CaptureOutcome:
    deadline = time.monotonic() + 20
    while not (outcome := capture.outcome(receipt)).settled:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return outcome


def shipped(serial: str = "S1", **more: Any) -> dict[str, Any]:
    return object_event(
        action="OBSERVE",
        event_time=WHEN,
        biz_step="shipping",
        disposition="in_transit",
        epcs=[instance_uri(GTIN, serial=serial)],
        **more,
    )


def every_kind() -> list[dict[str, Any]]:
    lot = instance_uri(GTIN, lot="L1")
    return [
        shipped(),
        object_event(
            action="ADD",
            event_time=WHEN,
            biz_step="commissioning",
            quantities=[quantity_element(lot, 12.5, "KGM")],
        ),
        aggregation_event(
            action="ADD",
            event_time=WHEN,
            parent_id=sscc_uri(SSCC),
            biz_step="packing",
            child_epcs=[instance_uri(GTIN, serial="S1")],
        ),
        transaction_event(
            action="ADD",
            event_time=WHEN,
            biz_transactions=[("po", "https://erp.example.org/orders/P0001")],
            epcs=[instance_uri(GTIN, serial="S1")],
        ),
        transformation_event(
            event_time=WHEN,
            input_quantities=[quantity_element(lot, 2, "KGM")],
            output_epcs=[instance_uri(GTIN, serial="S2")],
        ),
    ]


def test_is_told_that_it_may_capture_and_ask(connect: Any) -> None:
    client = connect("participant")
    assert Capture(client).check() == ""
    assert Query(client).check() == ""


def test_without_a_valid_token_is_told_so(connect: Any) -> None:
    client = connect("participant")
    stranger = Client(client._config, Token("nobody"))
    assert "credential" in Capture(stranger).check()


def test_captures_every_kind_of_event_and_reads_it_back(connect: Any) -> None:
    client = connect("participant")
    sent = every_kind()
    receipt = Capture(client).submit(document(sent))
    assert receipt.answerable
    outcome = settled(Capture(client), receipt)
    assert (outcome.known, outcome.success, outcome.errors) == (True, True, ())
    found = list(Query(client).since())
    assert [one["type"] for one in found] == [one["type"] for one in sent]
    for mine, theirs in zip(sent, found, strict=True):
        assert {name: theirs[name] for name in mine} == mine
        assert theirs["eventID"]


def test_goes_on_where_it_stopped(connect: Any) -> None:
    client = connect("participant")
    settled(Capture(client), Capture(client).submit(document([shipped("S1")])))
    first = list(Query(client).since())
    later = datetime.fromisoformat(first[-1]["recordTime"]) + timedelta(milliseconds=1)
    settled(Capture(client), Capture(client).submit(document([shipped("S2")])))
    since = later.astimezone(UTC).isoformat()
    assert [one["epcList"][0][-2:] for one in Query(client).since(since)] == ["S2"]


def test_learns_what_is_wrong_with_an_event(connect: Any) -> None:
    client = connect("participant")
    wrong = shipped() | {"eventTime": "2026-05-01T08:00:00"}
    outcome = settled(Capture(client), Capture(client).submit(document([wrong])))
    assert (outcome.success, len(outcome.errors)) == (False, 1)


def test_learns_at_once_what_is_wrong_with_a_document(connect: Any) -> None:
    client = connect("participant")
    with pytest.raises(OpenEpcisError) as refused:
        Capture(client).submit({"type": "EPCISDocument"})
    assert refused.value.status == 400
    assert refused.value.problem["type"] == "epcisException:ValidationException"


def test_declares_an_error(connect: Any) -> None:
    client = connect("participant")
    name = "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427"
    settled(Capture(client), Capture(client).submit(document([shipped(event_identifier=name)])))
    declared = error_declaration(reason="incorrect_data", declaration_time=WHEN)
    mended = shipped(event_identifier=name, error_declaration=declared)
    outcome = settled(Capture(client), Capture(client).submit(document([mended])))
    assert outcome.success
    found = list(Query(client).since())
    assert [("errorDeclaration" in one) for one in found] == [False, True]


def test_does_not_take_an_unknown_job_for_a_success(connect: Any) -> None:
    outcome = Capture(connect("participant")).outcome("unknown")
    assert (outcome.known, outcome.success) == (False, False)


def test_of_another_role_learns_that_it_may_not(connect: Any) -> None:
    with pytest.raises(OpenEpcisError) as refused:
        Capture(connect("auditor")).submit(document(every_kind()))
    assert refused.value.is_auth_error
