"""The work that is attacked: firms submit at once while the node logs, anchors and follows.

It runs in a process of its own, tells each acknowledgement as soon as there is one, and may be
killed at any moment. Whoever gets an error tries again, as people and programs do.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.attack.faults import Faults, Kind
from tests.support.ledger import GTIN, document, event
from traceability.errors import ItemProofError
from traceability.ledger.drafting import DocumentBody
from traceability.ledger.node import Node
from traceability.ledger.submission import SubmissionResult

T = TypeVar("T")

SUBMITTERS = 3
DOCUMENTS = 3
EVENTS = 4
ATTEMPTS = 5
FINAL_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where a ledger lies and on which chain it is anchored."""

    folder: Path
    database_url: str
    rpc_url: str
    publisher_key: Path

    @property
    def settings(self) -> Settings:
        """Return the settings of its node."""
        return Settings(
            database_url=self.database_url,
            rpc_urls=(self.rpc_url,),
            publisher_key_file=self.publisher_key,
            finality="depth:1",
        )


def all_documents() -> list[tuple[int, int]]:
    """Return submitter and number of every document."""
    return [(one, number) for one in range(SUBMITTERS) for number in range(DOCUMENTS)]


def event_ids(submitter: int, number: int) -> list[str]:
    """Return the ids of a document's events."""
    return [f"urn:example:{submitter}:{number}:{index}" for index in range(EVENTS)]


def body_of(submitter: int, number: int) -> DocumentBody:
    """Return a document."""
    events = [
        event(index, eventID=name, epcList=[_item(submitter, number, index)])
        for index, name in enumerate(event_ids(submitter, number))
    ]
    return DocumentBody(json.dumps(document(*events)).encode())


def _item(submitter: int, number: int, index: int) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/S{submitter}.{number}.{index}"


def work(ledger: Ledger, kind: Kind | None, at: int, told: Connection) -> None:
    """Open the ledger, submit everything, anchor it; one durable write fails on the way."""
    faults = Faults(kind, at)
    faults.install()
    lock = threading.Lock()

    def tell(*said: Any) -> None:
        with lock:
            told.send(said)

    _again(lambda: _opened(ledger, tell))
    tell("writes", faults.count, faults.fired)
    told.close()


def _opened(ledger: Ledger, tell: Callable[..., None]) -> None:
    with open_node(ledger.settings, ledger.folder) as node:
        participant = _again(lambda: default_participant(node))
        threads = [
            threading.Thread(target=_submit_all, args=(node, participant, one, tell))
            for one in range(SUBMITTERS)
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            try:
                node.anchor_step()
            except (ItemProofError, OSError):
                continue  # As the workers of a serving node: the next round goes on.
        for thread in threads:
            thread.join()
        _again(lambda: node.anchor_and_wait(timeout_seconds=FINAL_SECONDS))


def _submit_all(node: Node, participant: bytes, submitter: int, tell: Callable[..., None]) -> None:
    for number in range(DOCUMENTS):
        result = _again(partial(_submit, node, participant, submitter, number))
        tell("kept", submitter, number, result.status)


def _submit(node: Node, participant: bytes, submitter: int, number: int) -> SubmissionResult:
    return node.submission.submit_body(body_of(submitter, number), participant=participant)


def _again(task: Callable[[], T]) -> T:
    """Do what an injected fault may refuse once."""
    for _ in range(ATTEMPTS - 1):
        try:
            return task()
        except (ItemProofError, OSError):
            continue
    return task()
