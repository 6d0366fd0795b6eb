"""Many that submit at once: the firms, what they send, and the processes that take it in."""

from __future__ import annotations

import gc
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from traceability.events.jsonld import parse_document
from traceability.hashing.commitment import RecordKind
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, sign_envelope
from traceability.hashing.statement import BatchStatement, Header, Seen, entry_leaf_hash, log_id
from traceability.ledger.clock import system_clock
from traceability.ledger.keyring import Keyring
from traceability.ledger.node import Node
from traceability.ledger.opening import open_identity
from traceability.ledger.participants import Card, Scopes
from traceability.ledger.prepared import (
    PreparedBatch,
    prepare_batch,
    prepare_event,
    prepare_record,
)
from traceability.store.store import Store
from traceability.strict_json import JSONValue

_Prepare = Callable[[Node, "Firm", int], PreparedBatch]

_ROLES = ("producer", "operator")
_PREFIXES = tuple("0123456789")
_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_ITEM = "https://id.gs1.org/01/09521234567899/21/"
_CHAIN = 31337


class Signed(NamedTuple):
    """A batch as its participant sends it."""

    envelope: Envelope
    statement: BatchStatement
    batch: PreparedBatch


class Acknowledged(NamedTuple):
    """When a submitter was told that an entry is kept."""

    arrival: int
    at: float


@dataclass(frozen=True, slots=True)
class Firm:
    """A participant, and the seed of its key where it holds it itself."""

    participant: bytes
    seed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What one process submits, and where; each firm submits from a thread of its own."""

    url: str
    folder: Path
    firms: tuple[Firm, ...]
    each: int
    of_events: bool = False


class _OpenedChain:
    """A contract that has every log open: nothing is anchored here."""

    def chain_id(self) -> int:
        return _CHAIN

    def registry_address(self) -> str:
        return "0x" + "11" * 20

    def opener(self) -> str:
        return "0x" + "22" * 20

    def is_open(self, _log: bytes) -> bool:
        return True

    def open_log(self, genesis_leaf_hash: bytes) -> bytes:
        return log_id(
            chain_id=_CHAIN,
            contract=self.registry_address(),
            opener=self.opener(),
            genesis_leaf_hash=genesis_leaf_hash,
        )


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Node]:
    """Open a ledger that is never anchored."""
    with Store.open(url, folder) as store:
        keyring = Keyring(folder / "keys")
        chain = _OpenedChain()
        identity = open_identity(store, keyring, chain=chain, host="bench", clock=system_clock)
        yield Node(store, identity, data_dir=folder, keyring=keyring)


def register(node: Node, threads: int) -> tuple[Firm, ...]:
    """Register as many firms; every second one has its key held by the operator."""
    firms = []
    scopes = Scopes(_ROLES, _PREFIXES)
    for number in range(threads):
        seed = secrets.token_bytes(32) if number % 2 else None
        key = None if seed is None else SigningKey.from_seed(seed)
        row = node.registrar.add_participant(Card(f"Firm {number}"), scopes, key=key)
        firms.append(Firm(row.participant, seed))
    node.sequencer.run(close=True)
    return tuple(firms)


def submit_all(task: Task, told: Connection) -> None:
    """Prepare everything, say so, wait for the word, submit, and tell when each was kept."""
    with opened(task.url, task.folder) as node:
        prepare = _event_batch if task.of_events else _document_batch
        calls = [_calls(node, firm, task.each, prepare) for firm in task.firms]
        # What clients have prepared is no garbage of a server's to look through.
        gc.freeze()
        told.send("ready")
        told.recv()
        told.send(_in_threads(calls))


def _in_threads(calls: Sequence[Sequence[Callable[[], int]]]) -> list[Acknowledged]:
    found: list[Acknowledged] = []

    def work(own: Sequence[Callable[[], int]]) -> None:
        kept = [Acknowledged(call(), time.perf_counter()) for call in own]
        found.extend(kept)

    threads = [threading.Thread(target=work, args=(own,)) for own in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _calls(node: Node, firm: Firm, count: int, prepare: _Prepare) -> list[Callable[[], int]]:
    """Return the submissions of a firm, ready to be made."""
    batches = [prepare(node, firm, number) for number in range(count)]
    if firm.seed is None:
        return [partial(_own, node, firm, batch) for batch in batches]
    signed = _signed(node, firm, SigningKey.from_seed(firm.seed), batches)
    return [partial(_sent, node, one) for one in signed]


def _own(node: Node, firm: Firm, batch: PreparedBatch) -> int:
    captured = node.capture.own(batch, participant=firm.participant)
    if captured is None:
        raise AssertionError("a plain batch is kept with others")
    return captured.arrival


def _sent(node: Node, one: Signed) -> int:
    return node.capture.signed(one.envelope, one.statement, batch=one.batch).arrival


def _document_batch(_node: Node, firm: Firm, number: int) -> PreparedBatch:
    """Return a batch of one short document, as small as it gets: the entry is what is measured."""
    value: dict[str, JSONValue] = {
        "certificate": f"{firm.participant.hex()[:12]}{number:07d}",
        "result": "passed",
        "tested": "2026-05-01",
    }
    secret = secrets.token_bytes(32)
    record = prepare_record(
        RecordKind.DOCUMENT, value, secret=secret, media_type="application/json"
    )
    return prepare_batch([record])


def _event_batch(node: Node, firm: Firm, number: int) -> PreparedBatch:
    """Return a batch of one event, which is indexed for lineage besides."""
    value: dict[str, JSONValue] = {
        "@context": _CONTEXT,
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventTime": "2026-05-01T08:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "bizStep": "shipping",
        "epcList": [f"{_ITEM}{firm.participant.hex()[:12]}{number:07d}"],
    }
    event = parse_document(value).require_faultless()[0]
    mac = node.submission.content_mac(event)
    return prepare_batch([prepare_event(event, secret=secrets.token_bytes(32), content_mac=mac)])


def _signed(
    node: Node, firm: Firm, key: SigningKey, batches: Sequence[PreparedBatch]
) -> Iterator[Signed]:
    with node.store.reading() as repositories:
        chain = repositories.keys.chain(key.key_id)
        head = repositories.tree.latest_checkpoint()
    if chain is None or head is None:
        raise AssertionError("the firm is registered")
    sequence, previous = chain.next_sequence, chain.previous
    for batch in batches:
        statement = BatchStatement(
            header=Header(node.identity.log, key.key_id, sequence, previous, node.clock()),
            participant=firm.participant,
            seen=Seen(head.tree_size, head.root_hash),
            record_count=batch.record_count,
            batch_root=batch.batch_root,
        )
        envelope = sign_envelope(STATEMENT_TYPE, statement.to_payload(), [key])
        sequence, previous = sequence + 1, entry_leaf_hash(envelope)
        yield Signed(envelope, statement, batch)
