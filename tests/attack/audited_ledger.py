"""A small ledger that has something in every committed column, with final anchors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from tests.attack.audited_erasures import Former, erase_every_way
from tests.support.anvil import running_anvil
from tests.support.ledger import GTIN, add_participant, document, event
from tests.support.suppliers import Supplier
from traceability.chain.accounts import address_of, load_or_create_account
from traceability.chain.client import ChainClient
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.statement import Erasure, Ranges
from traceability.ledger.faults import SequenceConflict
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.statuses import Declaration
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import StoredEvent
from traceability.store.repositories.items import ItemRun

FUNDS_WEI = 10**21
STEPS = 50
LOTS = ("L1", "L2")
LOT = f"https://id.gs1.org/01/{GTIN}/10/"
ITEM = f"https://id.gs1.org/01/{GTIN}/21/"
PLACE = "https://id.gs1.org/414/9521005000013"
CORRECTED = "urn:uuid:3e9f5d0a-54a4-4d37-9a0e-6f7c5b8f2d11"
PALLET = "https://id.gs1.org/00/095212340000000013"


class Audited(NamedTuple):
    """The ledger, and what was in its tables before most of the erasures."""

    node: Node
    former: Former


@contextmanager
def audited_ledger(folder: Path, *, database_url: str | None = None) -> Iterator[Audited]:
    """Yield the ledger, on a chain of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        anvil = stack.enter_context(running_anvil(accounts=0))
        settings = Settings(
            database_url=database_url or f"sqlite:///{folder / 'ledger.sqlite'}",
            rpc_urls=(anvil.url,),
            publisher_key_file=folder / "publisher.key",
            lock_dir=folder / "locks",
        )
        account = load_or_create_account(folder / "publisher.key")
        with anvil.client() as client:
            client.fund(address_of(account), FUNDS_WEI)
        node = stack.enter_context(open_node(settings, folder / "data"))
        with anvil.client(contract=node.identity.genesis.contract) as client:
            former = _fill(node, partial(_anchor, node, client))
        yield Audited(node, former)


def _anchor(node: Node, chain: ChainClient) -> None:
    """Anchor what has arrived, and bury the anchor until it is final."""
    for _ in range(STEPS):
        node.sequencer.run(close=True)
        node.anchor_step()
        chain.mine(3)
        standing = node.standing()
        newest, anchor = standing.checkpoint, standing.anchor
        if newest and anchor and (anchor.tree_size, anchor.state) == (newest.tree_size, "final"):
            return
    raise AssertionError("the anchor did not become final")


def _fill(node: Node, anchor: Callable[[], None]) -> Former:
    own = add_participant(node, gln="9521005000013")
    key = SigningKey.generate()
    supplier = Supplier(node, key, add_participant(node, gln="9521234567899", key=key))
    taken = node.submission.submit(document(*_events()), participant=own)
    assert taken.status == "ACCEPTED", taken
    node.mint(Lot(GTIN, "L1", 300, {"name": "cable"}), participant=own)
    anchor()
    node.mint(Lot(GTIN, "L2", 4, {"name": "cable"}), participant=own)
    _sign_twice(supplier)
    _declare(node, own)
    revoked = SigningKey.generate()
    add_participant(node, key=revoked)
    node.registrar.revoke(revoked.key_id, reason="compromised", suspect_from=5)
    former = erase_every_way(node, own)
    anchor()
    return former


def _events() -> list[dict[str, Any]]:
    facts = {"disposition": "active", "readPoint": {"id": PLACE}, "bizLocation": {"id": PLACE}}
    quantities = [
        {"epcClass": f"{LOT}A", "quantity": 1.5, "uom": "KGM"},
        {"epcClass": f"{LOT}A", "quantity": 2.5, "uom": "KGM"},
        {"epcClass": f"{LOT}B", "quantity": 3},
    ]
    nothing = {"action": None, "epcList": None}
    children = {"parentID": PALLET, "childEPCs": [f"{ITEM}C1", f"{ITEM}C2"], "epcList": None}
    return [
        event(1, eventID=CORRECTED, **facts),
        event(
            2,
            type="TransformationEvent",
            transformationID="urn:epcglobal:cbv:xform:9521005000013:1",
            inputQuantityList=quantities,
            outputEPCList=[f"{ITEM}O1"],
            **nothing,
        ),
        event(3, type="AggregationEvent", **(children | {"action": "ADD"})),
        event(4, type="AssociationEvent", **(children | {"action": "ADD"})),
        event(
            5,
            type="TransactionEvent",
            bizTransactionList=[
                {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9521005000013:PO-42"}
            ],
        ),
        event(6, quantityList=quantities, **facts, **_making()),
        *_declaring(),
    ]


def _declaring() -> list[dict[str, Any]]:
    """Return two events that declare an error: of what is not recorded, or not replaced yet."""
    said: dict[str, Any] = {"declarationTime": "2026-05-02T08:00:00.000Z"}
    return [
        event(7, eventID="urn:uuid:3e9f5d0a-54a4-4d37-9a0e-6f7c5b8f2d12", errorDeclaration=said),
        event(
            1,
            eventID=CORRECTED,
            errorDeclaration=said
            | {"correctiveEventIDs": ["urn:uuid:3e9f5d0a-54a4-4d37-9a0e-6f7c5b8f2d13"]},
        ),
    ]


def _making() -> dict[str, Any]:
    """Return what an event says of how something was made, something in every column."""
    temperature = {"type": "Temperature", "uom": "CEL", "minValue": 1190, "maxValue": 1200.5}
    element = {"sensorMetadata": {"deviceID": "urn:x:d"}, "sensorReport": [temperature]}
    machines = {"urn:itemproof:vocab:1:machine": ["M1", "M2"]}
    return machines | {"sensorElementList": [element]}


def _sign_twice(supplier: Supplier) -> None:
    """Log a batch, and send another under the same number, which is kept as evidence."""
    first, second = supplier.batch(event(20)), supplier.batch(event(21))
    statement, other = supplier.statement(first), supplier.statement(second)
    supplier.node.capture.signed(supplier.sign(statement), statement, batch=first)
    try:
        supplier.node.capture.signed(supplier.sign(other), other, batch=second)
    except SequenceConflict:
        return
    raise AssertionError("a second statement of one number was taken")


def _declare(node: Node, participant: bytes) -> None:
    """Recall some items, and erase one item, one event, and one field of a document."""
    node.sequencer.run(close=True)
    with node.store.reading() as repositories:
        lots = [_entry(repositories, repositories.items.runs_of_lot(lot)[0]) for lot in LOTS]
        own = repositories.events.naming(f"{ITEM}S5")[0]
        events = _entry(repositories, own)
    declarations = [
        Declaration(lots[0], ((3, 5), (9, 9)), "recalled", "quality"),
        Declaration(lots[0], ((4, 4),), "recall_lifted", "resolved"),
    ]
    for one in declarations:
        node.statuses.declare([one], participant=participant)
    event = ((own.record_index, own.record_index),)
    node.erasures.erase(
        [
            _erasing(lots[0], ((20, 20), (200, 200))),
            _erasing(events, event),
            *(_erasing(lot, ((0, 0),), fields=((1, 1),)) for lot in lots),
        ]
    )


def _erasing(entry: bytes, records: Ranges, fields: Ranges | None = None) -> Declaration:
    why = Erasure(bytes(16), "consent_withdrawn", fields)
    return Declaration(entry, records, "erased", "personal_data", erasure=why)


def _entry(repositories: Repositories, of: ItemRun | StoredEvent) -> bytes:
    """Return the leaf hash of the entry of the batch to which a row belongs."""
    batch = repositories.batches.get(of.batch)
    entry = None if batch is None else repositories.entries.by_arrival(batch.arrival)
    assert entry is not None
    return entry.leaf_hash
