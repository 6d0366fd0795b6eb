"""Steps 7 and 5: another log, or an entry that is not in it; 8 and 6 are beside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.cases import IDENTITY, Case, World, edited, refused, simple, wallet_key
from tests.support.cases_checkpoint import checkpoint
from tests.support.cases_state import state
from tests.support.forge import OPENER, Forge, signing_key
from traceability.hashing.ed25519 import key_id
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, Signature, sign_envelope
from traceability.hashing.statement import Genesis, PublicKey, entry_leaf_hash, log_id
from traceability.merkle.checkpoint import Checkpoint, sign_checkpoint
from traceability.verify.bundle import Bundle


def log() -> list[Case]:
    return [*_genesis(), *_bad_genesis(), *checkpoint(), *_entry(), *state()]


# Step 7.


def _genesis() -> list[Case]:
    world, _, bundle = simple()
    trust, data = world.forge.trust(), bundle.to_bytes()
    foreign = signing_key("another log key")
    other_key = PublicKey("ed25519", foreign.public_key)
    elsewhere = Forge(contract="0x" + "c1" * 20)
    opened = _with_genesis(world, bundle, opener="0x" + "0f" * 20)
    unsigned = replace(bundle.genesis, signatures=bundle.genesis.signatures[:1])
    typed = replace(bundle.genesis, payload_type="application/json")
    made = [
        ("trust-other-chain", "the trust file names another chain", data,
         replace(trust, chain_id=1), "GENESIS_MISMATCH"),
        ("trust-other-contract", "the trust file names another contract", data,
         replace(trust, contract="0x" + "c1" * 20), "GENESIS_MISMATCH"),
        ("trust-other-log-key", "the trust file names another log key", data,
         replace(trust, log_key=other_key), "GENESIS_MISMATCH"),
        ("trust-other-log", "a whole other log, of the same keys", data, elsewhere.trust(),
         "LOG_MISMATCH"),
        ("genesis-other-opener", "a genesis with another opener", opened, trust, "LOG_MISMATCH"),
        ("genesis-other-log", "another log's genesis",
         edited(bundle, ("/genesis", elsewhere.entries[0].to_json())), trust, "LOG_MISMATCH"),
        ("genesis-signature-less", "the registrar's signature taken off",
         replace(bundle, genesis=unsigned).to_bytes(), trust, "SIGNERS_INVALID"),
        ("genesis-is-batch", "the batch in the place of genesis",
         replace(bundle, genesis=bundle.entry.envelope).to_bytes(), trust,
         "STATEMENT_TYPE_WRONG"),
        ("genesis-payload-type", "a genesis of another payload type",
         replace(bundle, genesis=typed).to_bytes(), trust, "STATEMENT_TYPE_WRONG"),
        ("genesis-signature-changed", "one bit of the registrar's signature",
         replace(bundle, genesis=_flipped(bundle.genesis)).to_bytes(), trust,
         "SIGNATURE_INVALID"),
    ]  # fmt: skip
    return [
        Case(name, story, changed, with_trust, step=7, reason=reason)
        for name, story, changed, with_trust, reason in made
    ]


def _flipped(envelope: Envelope) -> Envelope:
    *rest, last = envelope.signatures
    sig = bytes([last.sig[0] ^ 1]) + last.sig[1:]
    return replace(envelope, signatures=(*rest, replace(last, sig=sig)))


def _with_genesis(world: World, bundle: Bundle, *, opener: str) -> bytes:
    forge = world.forge
    log_key = PublicKey("ed25519", forge.log_key.public_key)
    registrar = PublicKey("ed25519", forge.registrar.public_key)
    genesis = Genesis(forge.chain_id, forge.contract, opener, log_key, registrar)
    keys = [forge.log_key, forge.registrar]
    envelope = sign_envelope(STATEMENT_TYPE, genesis.to_payload(), keys)
    return replace(bundle, genesis=envelope).to_bytes()


def _bad_genesis() -> list[Case]:
    """Make logs whose own genesis is bad: the trust file pins them all the same."""
    forge = Forge()
    log_key = PublicKey("ed25519", forge.log_key.public_key)
    registrar = PublicKey("ed25519", forge.registrar.public_key)
    payload = Genesis(forge.chain_id, forge.contract, OPENER, log_key, registrar).to_payload()
    longer = payload[:-1] + b',"zone":"x"}'
    spaced = payload.replace(b",", b", ", 1)
    identity = PublicKey("ed25519", IDENTITY)
    weak = Genesis(forge.chain_id, forge.contract, OPENER, log_key, identity).to_payload()
    wallet = wallet_key("registrar")
    by_wallet = Genesis(
        forge.chain_id, forge.contract, OPENER, log_key, PublicKey(wallet.alg, wallet.public_key)
    ).to_payload()
    both = [forge.log_key, forge.registrar]
    honest = sign_envelope(STATEMENT_TYPE, weak, [forge.log_key])
    forged = Signature(_key_id(IDENTITY), IDENTITY + bytes(32))
    made = [
        ("genesis-unknown-member", "a genesis with an unknown member",
         sign_envelope(STATEMENT_TYPE, longer, both), "STATEMENT_INVALID"),
        ("genesis-not-canonical", "a genesis whose payload has a space",
         sign_envelope(STATEMENT_TYPE, spaced, both), "NOT_CANONICAL"),
        ("genesis-signed-by-one", "a genesis that the log key signed twice",
         sign_envelope(STATEMENT_TYPE, payload, [forge.log_key] * 2), "SIGNERS_INVALID"),
        ("genesis-signers-swapped", "registrar first",
         sign_envelope(STATEMENT_TYPE, payload, both[::-1]), "SIGNERS_INVALID"),
        ("registrar-wallet", "a registrar whose key is a wallet's",
         sign_envelope(STATEMENT_TYPE, by_wallet, [forge.log_key, wallet]), "STATEMENT_INVALID"),
        ("registrar-identity-point", "a registrar key that signs every message",
         replace(honest, signatures=(*honest.signatures, forged)), "PUBLIC_KEY_INVALID"),
    ]  # fmt: skip
    return [_pinned(forge, *case) for case in made]


def _key_id(public_key: bytes) -> bytes:
    return key_id("ed25519", public_key)


def _pinned(forge: Forge, name: str, story: str, genesis: Envelope, reason: str) -> Case:
    world, _, bundle = simple()
    found = log_id(
        chain_id=forge.chain_id,
        contract=forge.contract,
        opener=OPENER,
        genesis_leaf_hash=entry_leaf_hash(genesis),
    )
    origin = world.forge.origin.rpartition("/")[0] + "/" + found.hex()
    trust = world.forge.trust(log=found, origin=origin)
    data = replace(bundle, genesis=genesis).to_bytes()
    return Case(name, story, data, trust, step=7, reason=reason)


# Step 5.


def _entry() -> list[Case]:
    world, _, bundle = simple()
    entry = bundle.entry
    path = [b64u_encode(part) for part in entry.path]
    made: list[tuple[str, str, list[tuple[str, Any]]]] = [
        ("entry-index-other", "another index", [("/entry/index", entry.index - 1)]),
        ("entry-index-outside", "an index behind the log's end", [("/entry/index", 99)]),
        ("entry-path-short", "the path without its last hash", [("/entry/path", path[:-1])]),
        ("entry-path-long", "the path with a hash too many", [("/entry/path", [*path, path[0]])]),
        ("entry-path-swapped", "two hashes swapped",
         [("/entry/path", [path[1], path[0], *path[2:]])]),
        ("entry-path-empty", "no path", [("/entry/path", [])]),
        ("entry-interior-node", "the first sibling left out, as if an inner node were the leaf",
         [("/entry/path", path[1:]), ("/entry/index", entry.index // 2)]),
    ]  # fmt: skip
    cases = [
        refused(world, name, story, edited(bundle, *edits), step=5, reason="INCLUSION_PROOF")
        for name, story, edits in made
    ]
    resigned = _flipped(entry.envelope)
    changed = replace(bundle, entry=replace(entry, envelope=resigned)).to_bytes()
    cases.append(refused(world, "entry-not-logged", "another signature than the log has",
                          changed, step=5, reason="INCLUSION_PROOF"))  # fmt: skip
    return [*cases, *_foreign_entries(), _size_from_the_prover()]


def _foreign_entries() -> list[Case]:
    world, _, bundle = simple()
    state = replace(bundle.entry, envelope=bundle.state.envelope)
    not_batch = refused(world, "entry-is-state", "the state entry as if it were a batch",
                         replace(bundle, entry=state).to_bytes(), step=5,
                         reason="STATEMENT_TYPE_WRONG")  # fmt: skip
    cases = [not_batch]
    world = World.begin()
    header = world.forge.header(world.producer.key, log=bytes(32))
    foreign = world.items(header=header)
    world.close()
    cases.append(refused(world, "entry-of-other-log", "a batch signed for another log, replayed",
                          world.proof(foreign).to_bytes(), step=5,
                          reason="STATEMENT_OF_OTHER_LOG"))  # fmt: skip
    for name, story, change, reason in (
        ("entry-unknown-member", "a batch with an unknown member",
         lambda p: p[:-1] + b',"zone":"x"}', "STATEMENT_INVALID"),
        ("entry-count-text", "a record count in quotes",
         lambda p: p.replace(b'"record_count":5', b'"record_count":"5"'), "STATEMENT_INVALID"),
        ("entry-count-zero", "a batch of no records",
         lambda p: p.replace(b'"record_count":5', b'"record_count":0'), "STATEMENT_INVALID"),
        ("entry-suite-other", "another suite",
         lambda p: p.replace(b"itemproof-1", b"itemproof-2"), "STATEMENT_INVALID"),
        ("entry-time-without-milliseconds", "a time in seconds",
         lambda p: p.replace(b".000Z", b"Z"), "STATEMENT_INVALID"),
        ("entry-time-impossible", "the 31st of February",
         lambda p: p.replace(b"2026-01-05", b"2026-02-31"), "STATEMENT_INVALID"),
        ("entry-duplicate-member", "a member twice",
         lambda p: p[:-1] + b',"type":"batch"}', "JSON_DUPLICATE_KEY"),
    ):  # fmt: skip
        cases.append(_payload(name, story, change, reason))
    return cases


def _payload(name: str, story: str, change: Any, reason: str) -> Case:
    world = World.begin()
    batch = world.items()
    payload = change(batch.envelope.payload)
    assert payload != batch.envelope.payload, name
    envelope = sign_envelope(STATEMENT_TYPE, payload, [world.producer.key])
    world.forge.entries[batch.index] = envelope
    world.close()
    bundle = world.proof(replace(batch, envelope=envelope))
    return refused(world, name, story, bundle.to_bytes(), step=5, reason=reason)


def _size_from_the_prover() -> Case:
    """Claim eight leaves: a proof for seven also verifies for them."""
    world = World.begin()
    batch = world.items()
    world.items(count=3)
    world.close()
    bundle = world.proof(batch)
    head = Checkpoint(world.forge.origin, len(world.forge.entries) + 1, world.forge.root())
    note = sign_checkpoint(head, world.forge.log_key)
    return refused(world, "checkpoint-size-too-large", "the log key signs a size too large",
                    replace(bundle, checkpoint=note).to_bytes(), step=6,
                    reason="STATE_STALE")  # fmt: skip
