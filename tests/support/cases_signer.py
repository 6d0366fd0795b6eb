"""Steps 4 and 3: keys without right, scopes overstepped, signatures that are not the key's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.cases import (
    EPC,
    IDENTITY,
    ORDER,
    REMOVED,
    Case,
    World,
    edited,
    refused,
    shipping,
)
from tests.support.cases_key import keys
from tests.support.cases_wallet import wallets
from tests.support.forge import (
    GTIN,
    PREFIX,
    Batch,
    Record,
    card,
    document,
    event,
    item,
    seeded,
    signing_key,
)
from traceability.hashing.commitment import Field
from traceability.hashing.statement import Seen
from traceability.verify.bundle import Bundle, CompleteDisclosure


def signer() -> list[Case]:
    return [
        *keys(),
        *wallets(),
        *_roles(),
        *_prefixes(),
        *_cards(),
        *_signatures(),
        *_seen(),
    ]


# Step 4.


def _roles() -> list[Case]:
    body: dict[str, Any] = shipping()
    stories: list[tuple[str, str, str, Record]] = [
        ("role-carrier-item", "a carrier issues an item", "carrier", item("S1")),
        ("role-retailer-item", "a retailer does", "retailer", item("S1")),
        ("role-operator-item", "the operator does", "operator", item("S1")),
        ("role-auditor-item", "an auditor does", "auditor", item("S1")),
        ("role-auditor-event", "an auditor ships", "auditor", event(body)),
        ("role-producer-participant", "a producer writes a card", "producer", card("X")),
        ("role-auditor-participant", "an auditor does", "auditor", card("X")),
    ]
    cases = []
    for name, story, role, record in stories:
        world = World.begin(roles=(role,))
        batch = world.forge.batch(world.producer, [record])
        world.close()
        cases.append(
            refused(world, name, story, world.proof(batch, 0), step=4, reason="ROLE_OUT_OF_SCOPE")
        )
    world = World.begin(roles=("auditor",), prefixes=())
    report = document({"finding": "none"}, media_type="text/plain+json")
    batch = world.forge.batch(world.producer, [report])
    world.close()
    data = world.proof(batch, 0).to_bytes()
    good = Case("role-auditor-document", "a document by an auditor is in order", data,
                world.forge.trust())  # fmt: skip
    return [*cases, good]


def _prefixes() -> list[Case]:
    made: dict[str, Any] = {"bizStep": "commissioning", "action": "ADD"}
    foreign = "https://id.gs1.org/01/04012345000009/21/S1"
    inner = "https://id.gs1.org/01/19506000134359/21/S1"
    stories: list[tuple[str, str, Record]] = [
        ("prefix-item", "an item under another firm's prefix", item("S1", gtin="04012345000009")),
        ("prefix-commissioning", "commissioning of another firm's item",
         event(made | {"epcList": [foreign]})),
        ("prefix-commissioning-one-of-two", "one of two items is another firm's",
         event(made | {"epcList": [f"{EPC}S1", foreign]})),
        ("prefix-commissioning-urn", "the same as an EPC URN",
         event(made | {"epcList": ["urn:epc:id:sgtin:4012345.000000.S1"]})),
        ("prefix-commissioning-curie", "the step as a CURIE",
         event(made | {"bizStep": "cbv:BizStep-commissioning", "epcList": [foreign]})),
        ("prefix-commissioning-uri", "the step as a web URI",
         event(made | {"bizStep": "https://ref.gs1.org/cbv/BizStep-commissioning",
                       "epcList": [foreign]})),
        ("prefix-commissioning-class", "a class of another firm",
         event(made | {"quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.000000.L"}]})),
        ("prefix-commissioning-parent", "a parent of another firm",
         event(made | {"type": "AggregationEvent", "parentID": foreign})),
        ("prefix-commissioning-faulty", "a code with a wrong check digit",
         event(made | {"epcList": ["https://id.gs1.org/01/09506000134353/21/S1"]})),
        ("prefix-item-without-gtin", "an item that is no GTIN",
         _item_named("https://id.gs1.org/00/095060001234567893")),
        ("prefix-item-other-scheme", "an item under a private URI", _item_named("urn:x:1")),
        ("prefix-item-no-uri", "an item named by words", _item_named("drum 1")),
    ]  # fmt: skip
    cases = []
    for name, story, record in stories:
        world = World.begin()
        batch = world.forge.batch(world.producer, [record])
        world.close()
        cases.append(
            refused(world, name, story, world.proof(batch, 0), step=4,
                     reason="PREFIX_OUT_OF_SCOPE")
        )  # fmt: skip
    return [*cases, _no_prefix(), *_allowed(made, foreign, inner)]


def _item_named(uri: str) -> Record:
    record = item("S1")
    field = Field((), record.fields[0].salt, {"kind": "item", "id": uri})
    return replace(record, fields=(field,))


def _no_prefix() -> Case:
    world = World.begin(prefixes=())
    batch = world.forge.batch(world.producer, [item("S1")])
    world.close()
    return refused(world, "prefix-none", "a key without prefixes issues nothing",
                    world.proof(batch, 0), step=4, reason="PREFIX_OUT_OF_SCOPE")  # fmt: skip


def _allowed(made: dict[str, Any], foreign: str, inner: str) -> list[Case]:
    stories: list[tuple[str, str, Record]] = [
        ("prefix-indicator", "another packaging level of the own prefix",
         event(made | {"epcList": [inner]})),
        ("prefix-not-add", "observing another firm's item", event({"epcList": [foreign]})),
        ("prefix-delete", "commissioning with DELETE takes back",
         event(made | {"action": "DELETE", "epcList": [foreign]})),
        ("prefix-other-key", "an SSCC has no GTIN",
         event(made | {"epcList": ["urn:epc:id:sscc:4012345.0123456789"]})),
        ("prefix-private-step", "a step of one's own vocabulary",
         event(made | {"bizStep": "https://example.org/commissioning", "epcList": [foreign]})),
    ]  # fmt: skip
    cases = []
    for name, story, record in stories:
        world = World.begin()
        batch = world.forge.batch(world.producer, [record])
        world.close()
        data = world.proof(batch, 0).to_bytes()
        cases.append(Case(name, story, data, world.forge.trust()))
    assert GTIN[1:].startswith(PREFIX)
    return cases


def _cards() -> list[Case]:
    world = World.begin()
    batch = world.items()
    world.close()
    bundle = world.proof(batch, with_card=True)
    other = replace(bundle, card=CompleteDisclosure(card("Coast Carriers").fields))
    made: list[tuple[str, str, Bundle | bytes, str]] = [
        ("card-of-other", "another participant's card", other, "CARD_MISMATCH"),
        ("card-renamed", "another name on the card",
         edited(bundle, ("/card/fields/complete/2/2", "Harbor Cables")), "CARD_MISMATCH"),
        ("card-field-left-out", "a field left out",
         edited(bundle, ("/card/fields/complete/1", REMOVED)), "CARD_MISMATCH"),
        ("card-without-header", "a card that does not begin with its header",
         edited(bundle, ("/card/fields/complete/0", REMOVED)), "HEADER_NOT_SHOWN"),
        ("card-empty", "a card of nothing", edited(bundle, ("/card/fields/complete", [])),
         "HEADER_NOT_SHOWN"),
    ]  # fmt: skip
    return [refused(world, n, s, changed, step=4, reason=r) for n, s, changed, r in made]


# Step 3.


def _signatures() -> list[Case]:
    cases = []
    stranger, key = signing_key("stranger"), signing_key("Harbour Cables")
    for name, story, signers in (
        ("signature-by-other", "another key signed", [stranger]),
        ("signature-twice", "the key signed twice", [key, key]),
        ("signature-and-other", "a second signature", [key, stranger]),
    ):
        world = World.begin()
        batch = world.items(signers=signers)
        world.close()
        cases.append(
            refused(world, name, story, world.proof(batch), step=3, reason="SIGNERS_INVALID")
        )
    return [*cases, *_changed_signatures()]


def _changed_signatures() -> list[Case]:
    """Spoil signatures before the entry is logged, as an operator could."""
    cases = []
    for name, story, change in (
        ("signature-changed", "one bit of R", lambda s: bytes([s[0] ^ 1]) + s[1:]),
        ("signature-s-changed", "one bit of S", lambda s: s[:40] + bytes([s[40] ^ 1]) + s[41:]),
        ("signature-malleable", "S plus the group order", _malleable),
        ("signature-identity-r", "R the identity point", lambda s: IDENTITY + s[32:]),
        ("signature-of-zeros", "64 zero bytes", lambda _s: bytes(64)),
        ("signature-short", "63 bytes", lambda s: s[:63]),
        ("signature-long", "65 bytes", lambda s: s + b"\x00"),
        ("signature-empty", "no bytes", lambda _s: b""),
    ):
        world = World.begin()
        batch = world.items()
        [good] = batch.envelope.signatures
        spoilt = replace(batch.envelope, signatures=(replace(good, sig=change(good.sig)),))
        world.forge.entries[batch.index] = spoilt
        world.close()
        bundle = world.proof(replace(batch, envelope=spoilt))
        cases.append(refused(world, name, story, bundle, step=3, reason="SIGNATURE_INVALID"))
    return cases


def _malleable(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:], "little") + ORDER
    return signature[:32] + s.to_bytes(32, "little")


def _seen() -> list[Case]:
    cases = []
    for name, story, size in (
        ("seen-before-registration", "the signer saw a log without its own key", 1),
        ("seen-at-registration", "one that ends just before its registration", 4),
        ("seen-own-entry", "one that holds the batch itself", 8),
        ("seen-future", "one of the future", 99),
    ):
        world, batch = _late_key(size)
        bundle = world.proof(batch, 0)
        cases.append(refused(world, name, story, bundle, step=3, reason="SEEN_OUT_OF_RANGE"))
    for name, story, size in (
        ("seen-oldest", "the first that holds the registration is in order", 5),
        ("seen-newest", "the one just before the batch is in order", 7),
    ):
        world, batch = _late_key(size)
        data = world.proof(batch, 0).to_bytes()
        cases.append(Case(name, story, data, world.forge.trust()))
    return cases


def _late_key(seen_size: int) -> tuple[World, Batch]:
    """Return a world whose key is entry 4, and whose batch is entry 7."""
    world = World.begin()
    late = world.forge.register("Late")
    world.forge.register("Later")
    world.forge.state()
    seen = Seen(seen_size, seeded("root"))
    batch = world.forge.batch(late, [item("S1")], seen=seen)
    world.close()
    assert (late.registered_at, batch.index) == (4, 7)
    return world, batch
