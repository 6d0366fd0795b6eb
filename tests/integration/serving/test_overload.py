"""More than a process takes in hand: refused with a time to come again, while reading goes on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from ledger_api.admission import Admission, Limits, Overloaded
from ledger_api.app import create_app
from ledger_api.auth import create_api_key
from ledger_api.scoreboard import Figure, Slot
from ledger_api.server_protocol import protocol_for
from ledger_api.settings import Settings
from tests.support.api import problem
from tests.support.ledger import add_participant, document, event
from tests.support.serving import served
from traceability.ledger.node import Node
from traceability.ledger.submission import SubmissionResult

SECONDS = 30.0
ADDRESSES = ("/api/batches", "/epcis/events")
TIGHT = Settings(
    max_submissions=2, max_submissions_per_key=1, max_capture_jobs=1, drafting_processes=0
)


class Busy:
    """A served ledger whose submissions can be held up."""

    def __init__(self, node: Node, client: TestClient) -> None:
        self.node = node
        self.client = client
        self.participant = add_participant(node)
        self.pool = ThreadPoolExecutor(4)
        self.begun = threading.Semaphore(0)
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        submit = node.submission.submit_body

        def held(*args: Any, **named: Any) -> SubmissionResult:
            self.begun.release()
            assert self.may_go_on.wait(SECONDS)
            return submit(*args, **named)

        setattr(node.submission, "submit_body", held)  # noqa: B010 # for this test

    def key(self) -> dict[str, str]:
        _, token = create_api_key(
            self.node.store, "participant", participant=self.participant, now=0
        )
        return {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def send(self, number: int, key: dict[str, str], *, to: str = "/api/batches") -> Any:
        one = document(event(number, eventID=f"urn:example:{number}"))
        return self.client.post(to, json=one, headers=key)

    @contextmanager
    def in_hand(self, count: int, key: dict[str, str] | None = None) -> Iterator[list[Future[Any]]]:
        """Have so many submissions in hand, each with a key of its own, until the block ends."""
        self.may_go_on.clear()
        futures = [self.pool.submit(self.send, one, key or self.key()) for one in range(count)]
        try:
            for _ in futures:
                assert self.begun.acquire(timeout=SECONDS)
            yield futures
        finally:
            self.may_go_on.set()


@pytest.fixture
def busy(sqlite_node: Node) -> Iterator[Busy]:
    with TestClient(create_app(sqlite_node, TIGHT), base_url="http://127.0.0.1:8000") as client:
        found = Busy(sqlite_node, client)
        yield found
        found.may_go_on.set()
        found.pool.shutdown()


def figures(busy: Busy) -> dict[str, float]:
    lines = [line.split() for line in busy.client.get("/metrics").text.splitlines()]
    return {name: float(value) for name, value in (one for one in lines if one[0] != "#")}


@pytest.mark.parametrize("address", ADDRESSES)
def test_one_submission_too_many_is_503_and_taken_later(busy: Busy, address: str) -> None:
    key = busy.key()
    with busy.in_hand(2) as futures:
        refused = busy.send(9, key, to=address)
        assert (refused.status_code, refused.json()["title"]) == (503, "server is busy")
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) > 0
        assert busy.client.get("/readyz").status_code == 200
        assert figures(busy)["itemproof_submissions_in_hand"] == 2
        assert figures(busy)["itemproof_refused_busy_total"] == 1
    assert [one.result(SECONDS).status_code for one in futures] == [201, 201]
    assert busy.send(9, key, to=address).status_code == 201
    assert figures(busy)["itemproof_submissions_in_hand"] == 0
    assert figures(busy)["itemproof_submission_bytes_in_hand"] == 0


def test_one_key_too_often_is_429_while_another_is_served(busy: Busy) -> None:
    key, other = busy.key(), busy.key()
    with busy.in_hand(1, key) as futures:
        refused = busy.send(8, key)
        problem(refused, 429, "TOO_MANY_REQUESTS")
        assert int(refused.headers["retry-after"]) > 0
        served_one = busy.pool.submit(busy.send, 9, other)
        assert busy.begun.acquire(timeout=SECONDS)
    assert served_one.result(SECONDS).status_code == 201
    assert futures[0].result(SECONDS).status_code == 201
    assert busy.send(8, key).status_code == 201


def test_one_document_too_many_to_capture_is_503(
    busy: Busy, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = busy.key()
    with busy.in_hand(0):  # The job is begun, and held up.
        assert busy.send(1, key, to="/epcis/capture").status_code == 202
        refused = busy.send(2, key, to="/epcis/capture")
        assert refused.status_code == 503, refused.text
        assert refused.headers["retry-after"]
        assert figures(busy)["itemproof_refused_jobs_total"] == 1
        assert figures(busy)["itemproof_waiting_capture_jobs"] == 1
    monkeypatch.setattr("ledger_api.epcis.capturing._check_queue", lambda *_: None)
    assert busy.send(2, key, to="/epcis/capture").status_code == 202


class TestBytes:
    def test_of_documents_in_hand_are_bounded(self) -> None:
        slot = Slot()
        admission = Admission(Limits(body_bytes=100), slot)
        with admission.place("a", announced="60", most=1000):
            with (
                pytest.raises(Overloaded, match="documents of 60 bytes"),
                admission.place("b", announced="41", most=1000),
            ):
                pass
            with admission.place("b", announced="40", most=1000) as place:
                place.hold(40)
                with pytest.raises(Overloaded):
                    place.hold(41)
            assert slot.get(Figure.SUBMISSION_BYTES) == 60
        assert (slot.get(Figure.SUBMISSION_BYTES), slot.get(Figure.SUBMISSIONS)) == (0, 0)

    def test_of_one_document_alone_may_be_more(self) -> None:
        slot = Slot()
        admission = Admission(Limits(body_bytes=100), slot)
        with admission.place("a", announced="101", most=1000):
            assert slot.get(Figure.SUBMISSION_BYTES) == 101
            with (
                pytest.raises(Overloaded, match="documents of 101 bytes"),
                admission.place("b", announced="1", most=1000),
            ):
                pass
        assert (slot.get(Figure.SUBMISSION_BYTES), slot.get(Figure.SUBMISSIONS)) == (0, 0)

    def test_that_are_spooled_do_not_count(self) -> None:
        slot = Slot()
        with Admission(Limits(body_bytes=100), slot).place("a", announced="999", most=70):
            assert slot.get(Figure.SUBMISSION_BYTES) == 70


def test_one_connection_too_many_is_told_so_and_many_more_are_not(sqlite_node: Node) -> None:
    slot = Slot()
    with (
        served(
            create_app(sqlite_node, TIGHT, slot=slot), protocol=protocol_for(1, slot)
        ) as address,
        ExitStack() as stack,
    ):
        host, port = address.removeprefix("http://").split(":")
        stack.enter_context(socket.create_connection((host, int(port))))
        with httpx.Client(base_url=address, headers={"Accept-Language": "en"}) as second:
            problem(second.get("/healthz"), 503, "TOO_MANY_CONNECTIONS")
        stack.enter_context(socket.create_connection((host, int(port))))
        third = stack.enter_context(socket.create_connection((host, int(port)), timeout=SECONDS))
        assert hung_up(third)
        assert slot.get(Figure.REFUSED_CONNECTIONS) >= 2
    with served(create_app(sqlite_node, TIGHT), protocol=protocol_for(1, slot)) as address:
        assert httpx.get(f"{address}/healthz").status_code == 200


def hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_connection_that_asks_nothing_is_ended(
    sqlite_node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger_api.server_protocol.HEAD_SECONDS", 0.1)
    with served(create_app(sqlite_node, TIGHT)) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
            connection.sendall(b"GET /heal")
            assert hung_up(connection)
        assert httpx.get(f"{address}/healthz").status_code == 200
