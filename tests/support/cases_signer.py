"""Steps 4 and 3: keys without right, scopes overstepped, signatures that are not the key's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.cases import EPC, REMOVED, Case, World, edited, shipping, simple
from tests.support.cases_log import IDENTITY, ORDER
from tests.support.forge import (
    GTIN,
    PREFIX,
    Batch,
    Forge,
    Record,
    card,
    document,
    event,
    item,
    seeded,
    signing_key,
)
from traceability.hashing.commitment import Field
from traceability.hashing.ed25519 import key_id
from traceability.hashing.envelope import Signature
from traceability.hashing.statement import Header, Seen
from traceability.merkle.state_trees import KeyLeaf
from traceability.verify.bundle import Bundle, CompleteDisclosure, LoggedPart


def signer() -> list[Case]:
    return [
        *_registrations(),
        *_bad_registrations(),
        *_identity_keys(),
        *_validity(),
        *_roles(),
        *_prefixes(),
        *_cards(),
        *_signatures(),
        *_seen(),
    ]


def _refused(
    world: World, name: str, story: str, bundle: Bundle | bytes, *, step: int, reason: str
) -> Case:
    data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
    return Case(name, story, data, world.forge.trust(), step=step, reason=reason)


# Step 4.


def _registrations() -> list[Case]:
    world, _, bundle = simple()
    forge = world.forge
    carrier = LoggedPart(forge.entries[2], forge.path(2))
    resigned = replace(forge.entries[1], signatures=forge.entries[1].signatures[::-1])
    made = [
        ("registration-of-other", "another key's registration",
         replace(bundle, registration=carrier), "INCLUSION_PROOF"),
        ("registration-is-state", "a state entry as registration",
         replace(bundle, registration=LoggedPart(bundle.state.envelope, forge.path(1))),
         "STATEMENT_TYPE_WRONG"),
        ("registration-path-cut", "its path cut",
         replace(bundle, registration=replace(bundle.registration, path=())), "INCLUSION_PROOF"),
        ("registration-not-logged", "signatures swapped, so another entry",
         replace(bundle, registration=replace(bundle.registration, envelope=resigned)),
         "SIGNERS_INVALID"),
    ]  # fmt: skip
    cases = [_refused(world, n, s, changed, step=4, reason=r) for n, s, changed, r in made]
    return [*cases, *_unregistered()]


def _unregistered() -> list[Case]:
    """Put a key into the tree whose registration the log does not hold."""
    cases = []
    for name, story, where in (
        ("key-in-tree-only", "a key in the tree, its registration made up", 1),
        ("key-in-tree-at-other", "its leaf points at another key's registration", 2),
    ):
        world = World.begin()
        forge = world.forge
        ghost = replace(world.producer, key=signing_key("ghost"), registered_at=where)
        forge.keys[ghost.key.key_id] = KeyLeaf(ghost.key.key_id, where, None, None)
        batch = forge.batch(ghost, [item("S1")])
        world.close()
        bundle = forge.bundle(batch, 0)
        invented = Forge().register("ghost", participant=ghost.participant)
        part = LoggedPart(forge.entries[where], forge.path(where))
        if where == 1:
            other = Forge()
            other.register("ghost", participant=ghost.participant, header=_header_like(forge))
            part = LoggedPart(other.entries[1], forge.path(1))
        assert invented.key.key_id == ghost.key.key_id
        reason = "INCLUSION_PROOF" if where == 1 else "KEY_MISMATCH"
        changed = replace(bundle, registration=part)
        cases.append(_refused(world, name, story, changed, step=4, reason=reason))
    return cases


def _header_like(forge: Forge) -> Header:
    return Forge(contract=forge.contract).header(forge.registrar)


def _bad_registrations() -> list[Case]:
    cases = []
    stories: list[tuple[str, str, dict[str, Any], str]] = [
        ("registered-without-registrar", "only the new key signed",
         {"signers": [signing_key("Mallory")]}, "SIGNERS_INVALID"),
        ("registered-without-new-key", "only the registrar signed",
         {"signers": [signing_key("registrar")]}, "SIGNERS_INVALID"),
        ("registered-by-stranger", "a stranger in the registrar's place",
         {"signers": [signing_key("stranger"), signing_key("Mallory")]}, "SIGNERS_INVALID"),
        ("registered-with-third", "a third signature",
         {"signers": [signing_key(n) for n in ("registrar", "Mallory", "log")]},
         "SIGNERS_INVALID"),
        ("registered-for-other-participant", "registered for another participant",
         {"participant": seeded("somebody")[:16]}, "KEY_MISMATCH"),
        ("registered-unsorted-prefixes", "prefixes out of order",
         {"prefixes": ("99", PREFIX)}, "STATEMENT_INVALID"),
        ("registered-prefix-letters", "a prefix that is no number",
         {"prefixes": ("95A",)}, "STATEMENT_INVALID"),
        ("registered-empty-prefix", "an empty prefix, under which all GTINs would fall",
         {"prefixes": ("",)}, "STATEMENT_INVALID"),
        ("registered-unknown-role", "a role that does not exist",
         {"roles": ("emperor",)}, "STATEMENT_INVALID"),
        ("registered-unknown-alg", "a signature scheme of another suite",
         {"alg": "p256"}, "STATEMENT_INVALID"),
        ("registered-unknown-custody", "a custody that does not exist",
         {"custody": "cloud"}, "STATEMENT_INVALID"),
    ]  # fmt: skip
    for name, story, changes, reason in stories:
        world = World.begin()
        mallory = world.forge.register("Mallory", **changes)
        batch = world.forge.batch(mallory, [item("S1")])
        world.close()
        cases.append(_refused(world, name, story, world.proof(batch, 0), step=4, reason=reason))
    return [*cases, *_registration_headers()]


def _registration_headers() -> list[Case]:
    cases = []
    stories: list[tuple[str, str, dict[str, Any], str]] = [
        ("registration-other-log", "a registration for another log", {"log": bytes(32)},
         "STATEMENT_OF_OTHER_LOG"),
        ("registration-other-author", "a registration that names the new key as author",
         {"key": signing_key("Mallory").key_id}, "AUTHOR_MISMATCH"),
    ]  # fmt: skip
    for name, story, changes, reason in stories:
        world = World.begin()
        header = world.forge.header(world.forge.registrar, **changes)
        mallory = world.forge.register("Mallory", header=header)
        batch = world.forge.batch(mallory, [item("S1")])
        world.close()
        cases.append(_refused(world, name, story, world.proof(batch, 0), step=4, reason=reason))
    return cases


def _identity_keys() -> list[Case]:
    """Register keys for which R = identity, S = 0 is a signature of every message."""
    order_two = (2**255 - 20).to_bytes(32, "little")
    not_canonical = (2**255 - 19 + 1).to_bytes(32, "little")
    stories = [
        ("key-identity-point", "the identity point as key", IDENTITY),
        ("key-order-two", "a point of order two", order_two),
        ("key-identity-not-canonical", "the identity point written as p + 1", not_canonical),
    ]
    cases = []
    for name, story, public in stories:
        world = World.begin()
        forge = world.forge
        found = key_id("ed25519", public)
        mallory = forge.register("Mallory", public_key=public)
        index = mallory.registered_at
        envelope = forge.entries[index]
        forged = Signature(found, IDENTITY + bytes(32))
        forge.entries[index] = replace(envelope, signatures=(envelope.signatures[0], forged))
        forge.keys[found] = KeyLeaf(found, index, None, None)
        weak = _WeakKey(found, public)
        batch = forge.batch(replace(mallory, key=weak), [item("S1")])  # type: ignore[arg-type]  # signs nothing
        world.close()
        cases.append(
            _refused(world, name, story, world.proof(batch, 0), step=4, reason="PUBLIC_KEY_INVALID")
        )
    return cases


class _WeakKey:
    """Looks like a signing key; its one signature fits every message."""

    alg = "ed25519"

    def __init__(self, found: bytes, public_key: bytes) -> None:
        self.key_id = found
        self.public_key = public_key

    def sign(self, _message: bytes) -> bytes:
        return IDENTITY + bytes(32)


def _validity() -> list[Case]:
    world = World.begin()
    world.forge.revoke(world.producer)
    batch = world.items()
    world.close()
    revoked = _refused(world, "key-revoked-before", "the key was revoked before the batch",
                       world.proof(batch), step=4, reason="KEY_NOT_VALID")  # fmt: skip

    world = World.begin()
    batch = world.items()
    leaf = world.forge.keys[world.producer.key.key_id]
    world.forge.keys[leaf.key_id] = replace(leaf, until=batch.index)
    world.close()
    edge = _refused(world, "key-revoked-at-index", "a key is valid before `until`, not at it",
                    world.proof(batch), step=4, reason="KEY_NOT_VALID")  # fmt: skip

    world = World.begin()
    late = replace(world.producer, key=signing_key("Late"))
    batch = world.forge.batch(late, [item("S1")])
    member = world.forge.register("Late")
    world.close()
    bundle = world.proof(replace(batch, member=member), 0)
    early = _refused(world, "key-registered-after", "the batch came before the registration",
                     bundle, step=4, reason="KEY_MISMATCH")  # fmt: skip
    return [revoked, edge, early, _same_participant_too_late(), _other_key()]


def _same_participant_too_late() -> Case:
    world = World.begin()
    participant = seeded("participant", "Late")[:16]
    late = replace(world.producer, key=signing_key("Late"), participant=participant)
    batch = world.forge.batch(late, [item("S1")])
    member = world.forge.register("Late")
    world.close()
    return _refused(world, "key-not-yet-registered", "registered, but after the batch",
                    world.proof(replace(batch, member=member), 0), step=4,
                    reason="KEY_NOT_VALID")  # fmt: skip


def _other_key() -> Case:
    """Show the participant's other key in place of the one that signed."""
    world = World.begin()
    second = world.forge.register("Second", participant=world.producer.participant)
    batch = world.items()
    world.close()
    bundle = world.proof(replace(batch, member=second))
    return _refused(world, "key-of-same-participant", "another key of the same participant",
                    bundle, step=4, reason="KEY_MISMATCH")  # fmt: skip


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
            _refused(world, name, story, world.proof(batch, 0), step=4, reason="ROLE_OUT_OF_SCOPE")
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
    made = {"bizStep": "commissioning", "action": "ADD"}
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
            _refused(world, name, story, world.proof(batch, 0), step=4,
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
    return _refused(world, "prefix-none", "a key without prefixes issues nothing",
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
    return [_refused(world, n, s, changed, step=4, reason=r) for n, s, changed, r in made]


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
            _refused(world, name, story, world.proof(batch), step=3, reason="SIGNERS_INVALID")
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
        cases.append(_refused(world, name, story, bundle, step=3, reason="SIGNATURE_INVALID"))
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
        cases.append(_refused(world, name, story, bundle, step=3, reason="SEEN_OUT_OF_RANGE"))
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
