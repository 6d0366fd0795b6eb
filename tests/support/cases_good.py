"""Bundles that verify: every kind of record, status, custody, disclosure and state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.cases import (
    EPC,
    Case,
    World,
    anchored,
    shipping,
    simple,
    wallet_key,
    without_anchor,
)
from tests.support.forge import START, Batch, card, document, event, item
from traceability.hashing.commitment import Field, RecordKind
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.statement import entry_leaf_hash
from traceability.verify.bundle import Bundle
from traceability.verify.identity import record_urn


def good() -> list[Case]:
    return [*_states(), *_codes(), *_records(), *_disclosures(), *_statuses(), *_keys()]


def _case(name: str, story: str, world: World, bundle: Bundle, **options: Any) -> Case:
    trust = options.pop("trust", None) or world.forge.trust(block_hashes={})
    return Case(name, story, bundle.to_bytes(), trust, **options)


def _states() -> list[Case]:
    world, _, bundle = anchored()
    trust = world.forge.trust()
    no_hashes = replace(trust, block_hashes={})
    main_only = dict([max(trust.block_hashes.items())])
    asking = replace(no_hashes, endpoints=("https://rpc.example",))
    later = replace(bundle, seen_proof=None)
    bare = without_anchor(bundle)
    return [
        _case("item-final", "an item with card, lot and what the signer saw", world, bundle,
              trust=trust, accept="final"),
        _case("item-final-seen-unpinned", "the seen block's hash is not known: no not_before",
              world, bundle, trust=replace(trust, block_hashes=main_only), accept="final"),
        _case("item-final-without-seen", "nothing shows when the signer saw the log", world,
              later, trust=trust, accept="final"),
        _case("item-anchored", "the block is not looked up; anchored suffices", world, bundle,
              trust=no_hashes, accept="anchored"),
        _case("item-anchored-for-final", "no block hash and no endpoint: trust is missing",
              world, bundle, trust=no_hashes, accept="final", exit_status=2),
        _case("item-anchored-endpoint-silent", "an endpoint is named, and was not reached",
              world, bundle, trust=asking, accept="final", exit_status=3),
        _case("item-logged", "no anchor; logged suffices", world, bare, trust=trust),
        _case("anchor-stripped-for-final", "stripping the anchor is no silent downgrade", world,
              bare, trust=trust, accept="final", exit_status=1),
        _case("anchor-stripped-for-anchored", "nor for one who accepts anchored", world, bare,
              trust=trust, accept="anchored", exit_status=1),
    ]  # fmt: skip


def _codes() -> list[Case]:
    world, batch, bundle = simple()
    urn = record_urn(entry_leaf_hash(batch.envelope), 1)
    forms = {
        "link": "https://id.gs1.org/01/09506000134352/21/S1",
        "other-host": "https://shop.example/x/01/09506000134352/10/L1/21/S1?17=270101",
        "epc-urn": "urn:epc:id:sgtin:9506000.013435.S1",
        "brackets": "(01)09506000134352(21)S1",
        "brackets-lot": "(01)09506000134352(10)L1(21)S1",
        "record-urn": urn,
    }
    cases = [
        _case(f"code-{name}", "the code asked for, in another form", world, bundle, code=code)
        for name, code in forms.items()
    ]
    lot = world.proof(batch, 0)
    cases.append(_case("code-lot", "a lot is named by its document", world, lot,
                       code="urn:epc:class:lgtin:9506000.013435.L1"))  # fmt: skip
    return [*cases, *_event_codes()]


def _event_codes() -> list[Case]:
    world = World.begin()
    batch = world.events(
        shipping()
        | {"quantityList": [{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1", "quantity": 4}]},
        {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing",
         "parentID": "urn:epc:id:sscc:9506000.0123456789",
         "childEPCs": ["urn:epc:id:sgtin:9506000.013435.S1"]},
        {"type": "TransformationEvent", "action": None, "bizStep": "commissioning",
         "inputEPCList": [f"{EPC}IN"], "outputEPCList": [f"{EPC}OUT"],
         "inputQuantityList": [{"epcClass": "https://id.gs1.org/01/09506000134352/10/ROD"}]},
        {"epcList": ["https://id.gs1.org/8003/09506000134352ASSET",
                     "urn:epc:id:sgln:9506000.13435.77", "https://example.org/things/7"]},
    )  # fmt: skip
    world.close()
    asked = [
        (0, "list", "(01)09506000134352(21)S2"),
        (0, "class", "(01)09506000134352(10)L1"),
        (1, "parent", "(00)095060001234567893"),
        (1, "child", "(01)09506000134352(21)S1"),
        (2, "input", "(01)09506000134352(21)IN"),
        (2, "output", "(01)09506000134352(21)OUT"),
        (2, "input-class", "(01)09506000134352(10)ROD"),
        (3, "grai-urn", "urn:epc:id:grai:9506000.13435.ASSET"),
        (3, "sgln-link", "https://id.gs1.org/414/9506000134352/254/77"),
        (3, "literal", "https://example.org/things/7"),
    ]
    return [
        _case(f"code-event-{name}", "an event names the code", world,
              world.proof(batch, index), code=code)
        for index, name, code in asked
    ]  # fmt: skip


def _records() -> list[Case]:
    world = World.begin(roles=("operator", "producer", "supplier"))
    report = document({"title": "Test report", "sort": "free"}, media_type="text/plain+json")
    batch = world.forge.batch(
        world.producer, [event(shipping()), report, card("Harbour Cables"), item("S1"),
                         document({}, media_type="text/plain+json")])  # fmt: skip
    world.close()
    names = ["event", "document", "participant", "item", "document-empty"]
    return [
        _case(f"record-{name}", f"a record of kind {name}", world, world.proof(batch, index))
        for index, name in enumerate(names)
    ]


def _disclosures() -> list[Case]:
    world = World.begin()
    rich = shipping(11) | {
        "readPoint": {"id": "urn:epc:id:sgln:9506000.13435.0"},
        "ilmd": {"lotNumber": "L1", "itemExpirationDate": "2027-01-01"},
        "example:note": {"zh": "铜", "en": "copper"},
        "example:list": [{"a": 1.5}, {"b": [1e21, -7, True, None]}],
        "example:empty": [],
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:1"}],
        "errorDeclaration": {"declarationTime": "2026-01-06T08:00:00Z"},
    }
    one = {"epcList": [f"{EPC}S1"]}
    batch = world.events(rich, one, one)
    world.close()
    record = batch.records[0]
    paths = [field.path for field in record.fields]
    member = [paths.index(("epcList", 10)), paths.index(("@context",))]
    shown = world.proof(batch, 0, show=member)
    everything = world.proof(batch, 0, show=range(len(paths)))
    extension = [paths.index(("@context",)), paths.index(("example:note", "en"))]
    return [
        _case("event-complete", "every shape of field", world, world.proof(batch, 0)),
        _case("event-partial", "one item of an event of eleven", world, shown,
              code=f"{EPC}S11"),
        _case("event-header-only", "nothing but the header", world, world.proof(batch, 0, show=[])),
        _case("event-all-shown-singly", "all leaves, each with its path", world, everything),
        _case("event-extension-with-context", "an extension and the context that explains it",
              world, world.proof(batch, 0, show=extension)),
        _case("event-of-two-fields", "a tree of few leaves", world, world.proof(batch, 1)),
        _case("event-whole-list-empty-record", "its twin in the same batch", world,
              world.proof(batch, 2, show=[1])),
    ]  # fmt: skip


def _statuses() -> list[Case]:
    stories: list[tuple[str, str, list[tuple[str, tuple[int, ...] | None]], str]] = [
        ("recalled-entry", "the whole batch is recalled", [("recalled", None)], "recalled"),
        ("recalled-record", "this record is recalled", [("recalled", (1,))], "recalled"),
        ("recalled-neighbours", "records before and behind are", [("recalled", (0, 2))], "current"),
        ("recalled-far", "one record far behind is", [("recalled", (4,))], "current"),
        ("recall-lifted", "and released again", [("recalled", None), ("recall_lifted", None)],
         "current"),
        ("recall-lifted-for-one", "a batch recalled, one record released",
         [("recalled", None), ("recall_lifted", (1,))], "current"),
        ("recalled-again", "released and recalled again",
         [("recalled", (1,)), ("recall_lifted", (1,)), ("recalled", None)], "recalled"),
        ("corrected", "replaced by a correction", [("corrected", (1,))], "corrected"),
        ("erased", "content erased elsewhere", [("corrected", (1,)), ("erased", (1,))], "erased"),
        ("erased-and-recalled", "a recall outweighs an erasure",
         [("recalled", None), ("erased", (1,))], "recalled"),
        ("statuses-on-all-sides", "two runs: records between −1 and this one have statuses",
         [("recalled", (0, 2, 3)), ("corrected", (0,))], "current"),
    ]  # fmt: skip
    cases = []
    for name, story, changes, status in stories:
        world = World.begin()
        other = world.items(count=3)
        batch = world.items()
        behind = world.items(count=4)
        for kind, records in changes:
            world.forge.status(batch, kind, records=records)
        if name == "statuses-on-all-sides":
            world.forge.status(other, "recalled")
            world.forge.status(behind, "recalled", records=(0, 1, 2, 3))
        world.close()
        cases.append(_case(name, story, world, world.proof(batch), status=status))
    return [*cases, _logged_twice()]


def _logged_twice() -> Case:
    world = World.begin()
    batch = world.items()
    world.forge.status(batch, "recalled")
    index = world.forge.append_raw(batch.envelope)
    world.close()
    again: Batch = replace(batch, index=index)
    return _case("logged-twice", "logging the same entry again does not launder its recall",
                 world, world.proof(again), status="recalled")  # fmt: skip


def _keys() -> list[Case]:
    world = World.begin(custody="operator")
    batch = world.items()
    world.close()
    operator = _case("custody-operator", "signed by the operator for the producer", world,
                     world.proof(batch, with_card=True))  # fmt: skip

    world = World.begin()
    batch = world.items()
    world.forge.revoke(world.producer, suspect_from=batch.index)
    world.close()
    revoked = _case("key-revoked-later", "valid then; suspect, which is a warning", world,
                    world.proof(batch), warnings=("KEY_SUSPECT",))  # fmt: skip

    world = World.begin()
    batch = world.items()
    world.forge.revoke(world.producer, suspect_from=batch.index + 1)
    world.close()
    before = _case("key-suspect-later", "signed before the key was suspect: no warning", world,
                   world.proof(batch))  # fmt: skip

    world = World.begin()
    batch = world.items()
    carrier = world.forge.register("Carrier", roles=("carrier",), prefixes=())
    moved = world.events(shipping(), member=carrier)
    world.close()
    foreign = _case("carrier-ships-foreign-goods", "a carrier handles everybody's goods", world,
                    world.proof(moved, 0))  # fmt: skip

    world = World.begin()
    made = world.events(
        shipping() | {"bizStep": "urn:epcglobal:cbv:bizstep:commissioning", "action": "ADD",
                      "readPoint": {"id": "https://id.gs1.org/414/4012345000009"}})  # fmt: skip
    world.close()
    issued = _case("commissioning-in-prefix", "commissioned under the key's own prefix", world,
                   world.proof(made, 0))  # fmt: skip
    return [operator, revoked, before, foreign, issued, *_wallets(), _far_claim(), _foreign_salt()]


def _wallets() -> list[Case]:
    world = World.begin()
    member = world.forge.register("Wallet Works", key=wallet_key("Wallet Works"))
    batch = world.forge.batch(member, [item("W1"), item("W2")])
    world.forge.status(batch, "recalled", records=(1,))
    world.forge.revoke(member)
    world.close()
    recalled = world.forge.bundle(batch, 1)
    return [
        _case("wallet-signed", "the second scheme: EIP-712 from a wallet", world,
              world.forge.bundle(batch, 0, with_card=True)),
        _case("wallet-recalled", "recalled and revoked by a wallet", world, recalled,
              status="recalled"),
    ]  # fmt: skip


def _far_claim() -> Case:
    world = World.begin()
    header = world.forge.header(world.producer.key, claimed_time=START.replace(year=2031))
    batch = world.items(header=header)
    world.close()
    return _case("claimed-time-in-the-future", "a claim is told apart, not checked", world,
                 world.proof(batch))  # fmt: skip


def _foreign_salt() -> Case:
    salt = b64u_encode(bytes(16))
    world = World.begin()
    record = item("S1")
    field = Field((), bytes(16), record.fields[0].value)
    batch = world.forge.batch(world.producer, [replace(record, fields=(field,))])
    world.close()
    assert record.kind is RecordKind.ITEM
    return _case("salt-of-zeros", f"a salt is the signer's choice, even {salt}", world,
                 world.proof(batch, 0))  # fmt: skip
