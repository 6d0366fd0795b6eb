"""Step 4: keys that were never registered, not yet or no longer valid, or forge everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.cases import IDENTITY, Case, World, refused, simple
from tests.support.forge import PREFIX, Forge, item, seeded, signing_key
from traceability.hashing.ed25519 import key_id
from traceability.hashing.envelope import Signature
from traceability.hashing.statement import Header
from traceability.merkle.state_trees import KeyLeaf
from traceability.verify.bundle import LoggedPart


def keys() -> list[Case]:
    return [*_registrations(), *_bad_registrations(), *_identity_keys(), *_validity()]


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
    cases = [refused(world, n, s, changed, step=4, reason=r) for n, s, changed, r in made]
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
        cases.append(refused(world, name, story, changed, step=4, reason=reason))
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
        cases.append(refused(world, name, story, world.proof(batch, 0), step=4, reason=reason))
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
        cases.append(refused(world, name, story, world.proof(batch, 0), step=4, reason=reason))
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
        batch = forge.batch(replace(mallory, key=weak), [item("S1")])  # signs nothing
        world.close()
        cases.append(
            refused(world, name, story, world.proof(batch, 0), step=4, reason="PUBLIC_KEY_INVALID")
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
    revoked = refused(world, "key-revoked-before", "the key was revoked before the batch",
                       world.proof(batch), step=4, reason="KEY_NOT_VALID")  # fmt: skip

    world = World.begin()
    batch = world.items()
    leaf = world.forge.keys[world.producer.key.key_id]
    world.forge.keys[leaf.key_id] = replace(leaf, until=batch.index)
    world.close()
    edge = refused(world, "key-revoked-at-index", "a key is valid before `until`, not at it",
                    world.proof(batch), step=4, reason="KEY_NOT_VALID")  # fmt: skip

    world = World.begin()
    late = replace(world.producer, key=signing_key("Late"))
    batch = world.forge.batch(late, [item("S1")])
    member = world.forge.register("Late")
    world.close()
    bundle = world.proof(replace(batch, member=member), 0)
    early = refused(world, "key-registered-after", "the batch came before the registration",
                     bundle, step=4, reason="KEY_MISMATCH")  # fmt: skip
    return [revoked, edge, early, _same_participant_too_late(), _other_key()]


def _same_participant_too_late() -> Case:
    world = World.begin()
    participant = seeded("participant", "Late")[:16]
    late = replace(world.producer, key=signing_key("Late"), participant=participant)
    batch = world.forge.batch(late, [item("S1")])
    member = world.forge.register("Late")
    world.close()
    return refused(world, "key-not-yet-registered", "registered, but after the batch",
                    world.proof(replace(batch, member=member), 0), step=4,
                    reason="KEY_NOT_VALID")  # fmt: skip


def _other_key() -> Case:
    """Show the participant's other key in place of the one that signed."""
    world = World.begin()
    second = world.forge.register("Second", participant=world.producer.participant)
    batch = world.items()
    world.close()
    bundle = world.proof(replace(batch, member=second))
    return refused(world, "key-of-same-participant", "another key of the same participant",
                    bundle, step=4, reason="KEY_MISMATCH")  # fmt: skip
