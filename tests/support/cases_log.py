"""Steps 7, 8, 5 and 6: another log, a forged checkpoint, an entry or a status out of place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.cases import REMOVED, Case, World, edited, simple
from tests.support.forge import OPENER, Forge, signing_key
from traceability.hashing.encoding import b64_encode, b64u_encode
from traceability.hashing.envelope import STATEMENT_TYPE, Envelope, Signature, sign_envelope
from traceability.hashing.statement import Genesis, PublicKey, entry_leaf_hash, log_id
from traceability.merkle.checkpoint import Checkpoint, note_key_hash, sign_checkpoint
from traceability.merkle.state_trees import KeyLeaf
from traceability.merkle.tree import EMPTY_ROOT
from traceability.verify.bundle import Bundle, KeyPart, LoggedPart

IDENTITY = (1).to_bytes(32, "little")
ORDER = 2**252 + 27742317777372353535851937790883648493


def log() -> list[Case]:
    return [*_genesis(), *_bad_genesis(), *_checkpoint(), *_entry(), *_state(), *_status()]


def _refused(world: World, name: str, story: str, data: bytes, *, step: int, reason: str) -> Case:
    return Case(name, story, data, world.forge.trust(), step=step, reason=reason)


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
        ("registrar-identity-point", "a registrar key that signs every message",
         replace(honest, signatures=(*honest.signatures, forged)), "PUBLIC_KEY_INVALID"),
    ]  # fmt: skip
    return [_pinned(forge, *case) for case in made]


def _key_id(public_key: bytes) -> bytes:
    from traceability.hashing.ed25519 import key_id

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


# Step 8.


def _checkpoint() -> list[Case]:
    world, _, bundle = simple()
    forge, note = world.forge, bundle.checkpoint
    stranger = signing_key("stranger")
    origin, size, root, _, line, _ = note.split("\n")
    blob = note_key_hash(forge.origin, forge.log_key.public_key)
    good_signature = forge.log_key.sign(f"{origin}\n{size}\n{root}\n".encode())
    s = int.from_bytes(good_signature[32:], "little") + ORDER
    malleable = good_signature[:32] + s.to_bytes(32, "little")
    wrong = forge.log_key.sign(b"something else")
    head = f"{origin}\n{size}\n{root}\n\n"

    def signed_by(signature: bytes, key_hash: bytes = blob, name: str = origin) -> str:
        return head + f"— {name} {b64_encode(key_hash + signature)}\n"

    def resigned(*lines: str) -> str:
        body = "".join(f"{line}\n" for line in lines)
        return f"{body}\n— {origin} {b64_encode(blob + forge.log_key.sign(body.encode()))}\n"

    made = [
        ("checkpoint-other-key", "signed by a stranger", "CHECKPOINT_INVALID",
         forge.checkpoint(key=stranger)),
        ("checkpoint-key-hash-kept", "signed by a stranger under the log key's hash",
         "SIGNATURE_INVALID", signed_by(stranger.sign(b"x"))),
        ("checkpoint-signature-of-other", "the log key's signature of other bytes",
         "SIGNATURE_INVALID", signed_by(wrong)),
        ("checkpoint-malleable", "S plus the group order", "SIGNATURE_INVALID",
         signed_by(malleable)),
        ("checkpoint-small-order-r", "R the identity point", "SIGNATURE_INVALID",
         signed_by(IDENTITY + good_signature[32:])),
        ("checkpoint-other-origin", "another origin, signed", "CHECKPOINT_INVALID",
         sign_checkpoint(Checkpoint("x.example/log/1", int(size), forge.root()), forge.log_key)),
        ("checkpoint-key-name", "signed under another key name", "CHECKPOINT_INVALID",
         signed_by(good_signature, name="elsewhere")),
        ("checkpoint-size-changed", "the size raised by one", "SIGNATURE_INVALID",
         note.replace(f"\n{size}\n", f"\n{int(size) + 1}\n", 1)),
        ("checkpoint-leading-zero", "a leading zero in the size, signed", "CHECKPOINT_INVALID",
         resigned(origin, "0" + size, root)),
        ("checkpoint-plus-sign", "a plus before the size, signed", "CHECKPOINT_INVALID",
         resigned(origin, "+" + size, root)),
        ("checkpoint-extension", "an extension line, signed", "CHECKPOINT_INVALID",
         resigned(origin, size, root, "extension")),
        ("checkpoint-two-signatures", "a second signature line", "CHECKPOINT_INVALID",
         note + line + "\n"),
        ("checkpoint-without-signature", "no signature line", "CHECKPOINT_INVALID", head),
        ("checkpoint-no-line-end", "no line end behind the signature", "CHECKPOINT_INVALID",
         note[:-1]),
        ("checkpoint-carriage-return", "Windows line ends", "CHECKPOINT_INVALID",
         note.replace("\n", "\r\n")),
        ("checkpoint-hyphen", "a hyphen for the dash", "CHECKPOINT_INVALID",
         note.replace("—", "-")),
        ("checkpoint-root-short", "a root of 31 bytes, signed", "ENCODING_INVALID",
         resigned(origin, size, b64_encode(bytes(31)))),
        ("checkpoint-root-url", "a root in base64url, signed", "ENCODING_INVALID",
         resigned(origin, size, b64u_encode(b"\xff" * 32))),
        ("checkpoint-signature-short", "a signature of 63 bytes", "ENCODING_INVALID",
         signed_by(good_signature[:63])),
    ]  # fmt: skip
    return [
        _refused(world, name, story, replace(bundle, checkpoint=text).to_bytes(), step=8,
                 reason=reason)
        for name, story, reason, text in made
    ]  # fmt: skip


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
        _refused(world, name, story, edited(bundle, *edits), step=5, reason="INCLUSION_PROOF")
        for name, story, edits in made
    ]
    resigned = _flipped(entry.envelope)
    changed = replace(bundle, entry=replace(entry, envelope=resigned)).to_bytes()
    cases.append(_refused(world, "entry-not-logged", "another signature than the log has",
                          changed, step=5, reason="INCLUSION_PROOF"))  # fmt: skip
    return [*cases, *_foreign_entries(), _size_from_the_prover()]


def _foreign_entries() -> list[Case]:
    world, _, bundle = simple()
    state = replace(bundle.entry, envelope=bundle.state.envelope)
    not_batch = _refused(world, "entry-is-state", "the state entry as if it were a batch",
                         replace(bundle, entry=state).to_bytes(), step=5,
                         reason="STATEMENT_TYPE_WRONG")  # fmt: skip
    cases = [not_batch]
    world = World.begin()
    header = world.forge.header(world.producer.key, log=bytes(32))
    foreign = world.items(header=header)
    world.close()
    cases.append(_refused(world, "entry-of-other-log", "a batch signed for another log, replayed",
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
    return _refused(world, name, story, bundle.to_bytes(), step=5, reason=reason)


def _size_from_the_prover() -> Case:
    """Claim eight leaves: a proof for seven also verifies for them."""
    world = World.begin()
    batch = world.items()
    world.items(count=3)
    world.close()
    bundle = world.proof(batch)
    head = Checkpoint(world.forge.origin, len(world.forge.entries) + 1, world.forge.root())
    note = sign_checkpoint(head, world.forge.log_key)
    return _refused(world, "checkpoint-size-too-large", "the log key signs a size too large",
                    replace(bundle, checkpoint=note).to_bytes(), step=6,
                    reason="STATE_STALE")  # fmt: skip


# Step 6.


def _state() -> list[Case]:
    cases = []
    stories: list[tuple[str, str, dict[str, Any], str]] = [
        ("state-index-low", "a state entry that says an earlier index", {"index": 2},
         "STATE_STALE"),
        ("state-index-high", "one that says a later index", {"index": 99}, "STATE_STALE"),
        ("state-other-keys-root", "a key root of nothing", {"keys_root": EMPTY_ROOT},
         "INCLUSION_PROOF"),
        ("state-other-keys-size", "a key tree said to be larger", {"keys_size": 9},
         "INCLUSION_PROOF"),
        ("state-other-status-root", "an empty status tree with a root",
         {"status_root": bytes(32)}, "STATUS_RUN_INVALID"),
        ("state-other-status-size", "an empty status tree with a size", {"status_size": 1},
         "STATUS_RUN_INVALID"),
        ("state-signed-by-registrar", "the registrar's signature",
         {"signers": [signing_key("registrar")]}, "SIGNERS_INVALID"),
        ("state-signed-twice", "two signatures", {"signers": [signing_key("log")] * 2},
         "SIGNERS_INVALID"),
    ]  # fmt: skip
    for name, story, changes, reason in stories:
        world = World.begin()
        batch = world.items()
        world.forge.state(**changes)
        data = world.proof(batch).to_bytes()
        cases.append(_refused(world, name, story, data, step=6, reason=reason))
    return [*cases, *_state_headers(), *_stale(), *_key_leaves()]


def _state_headers() -> list[Case]:
    cases = []
    for name, story, changes, reason in (
        ("state-other-log", "a state entry for another log", {"log": bytes(32)},
         "STATEMENT_OF_OTHER_LOG"),
        ("state-other-author", "a state entry that names another author", {"key": bytes(32)},
         "AUTHOR_MISMATCH"),
    ):  # fmt: skip
        world = World.begin()
        batch = world.items()
        world.forge.state(header=world.forge.header(world.forge.log_key, **changes))
        data = world.proof(batch).to_bytes()
        cases.append(_refused(world, name, story, data, step=6, reason=reason))
    return cases


def _stale() -> list[Case]:
    world = World.begin()
    batch = world.items()
    world.close()
    before = world.proof(batch)
    world.forge.status(batch, "recalled")
    recall_only = world.proof(batch)
    old = LoggedPart(before.state.envelope, world.forge.path(batch.index + 1))
    stale = replace(recall_only, state=old, status=before.status)
    world.close()
    after = world.proof(batch)
    older = LoggedPart(before.state.envelope, world.forge.path(batch.index + 1))
    replayed = replace(after, state=older, status=before.status)
    early = _too_early()
    return [
        _refused(world, "state-stale", "the recall came after the state entry",
                 stale.to_bytes(), step=6, reason="STATE_STALE"),
        _refused(world, "state-replayed", "the state before the recall, in a later checkpoint",
                 replayed.to_bytes(), step=6, reason="STATE_STALE"),
        _refused(world, "state-is-recall", "the last entry is no state entry",
                 recall_only.to_bytes(), step=6, reason="STATEMENT_TYPE_WRONG"),
        early,
    ]  # fmt: skip


def _too_early() -> Case:
    world = World.begin()
    forge = world.forge
    forge.state(index=len(forge.entries) + 1)
    state = forge.entries[-1]
    batch = world.items()
    bundle = forge.bundle(batch, 1)
    part = LoggedPart(state, forge.path(batch.index - 1))
    data = replace(bundle, state=part).to_bytes()
    return _refused(world, "state-before-entry", "a state entry that does not cover the batch",
                    data, step=6, reason="STATE_TOO_EARLY")  # fmt: skip


def _key_leaves() -> list[Case]:
    world = World.begin()
    batch = world.items()
    world.forge.revoke(world.producer)
    world.close()
    bundle = world.proof(batch)
    live = KeyLeaf(bundle.key.leaf.key_id, bundle.key.leaf.registered_at, None, None)
    other = world.forge.key_tree().leaves[1 - bundle.key.index]
    moved = KeyPart(other, bundle.key.index, bundle.key.path)
    made: list[tuple[str, str, Bundle]] = [
        ("key-leaf-revocation-hidden", "a revoked key shown as live",
         replace(bundle, key=replace(bundle.key, leaf=live))),
        ("key-leaf-of-other", "another key's leaf in its place", replace(bundle, key=moved)),
        ("key-leaf-index", "another index",
         replace(bundle, key=replace(bundle.key, index=1 - bundle.key.index))),
        ("state-path-short", "the state entry's path cut",
         replace(bundle, state=replace(bundle.state, path=bundle.state.path[:-1]))),
    ]  # fmt: skip
    cases = [
        _refused(world, name, story, changed.to_bytes(), step=6, reason="INCLUSION_PROOF")
        for name, story, changed in made
    ]
    return [*cases, _level_confusion()]


def _level_confusion() -> Case:
    """Use one tree's root for the other: leaves of two levels never agree."""
    world = World.begin()
    batch = world.items()
    keys = world.forge.key_tree()
    world.forge.state(status_size=keys.size, status_root=keys.root_hash)
    run = [{"leaf": ["status", b64u_encode(leaf.key_id), 0, "recalled", 1],
            "index": i, "path": [b64u_encode(h) for h in keys.path(i)]}
           for i, leaf in enumerate(keys.leaves)]  # fmt: skip
    data = edited(world.proof(batch), ("/status", [run]))
    return _refused(world, "level-confusion-key-tree", "the key tree's root as status root", data,
                    step=6, reason="INCLUSION_PROOF")  # fmt: skip


def _status() -> list[Case]:
    world = World.begin()
    batches = [world.items(count=3) for _ in range(5)]
    batch = sorted(batches, key=lambda b: entry_leaf_hash(b.envelope))[2]
    for other in batches:
        world.forge.status(other, "recalled", records=(0,))
    world.close()
    bundle = world.proof(batch, 0)
    value: Any = bundle.to_json()
    [run] = value["status"]
    assert len(run) == 3, "predecessor, recall, successor"
    made: list[tuple[str, str, list[tuple[str, Any]], str]] = [
        ("status-gap", "the record's own recall left out", [("/status/0/1", REMOVED)],
         "STATUS_RUN_INVALID"),
        ("status-no-predecessor", "the run begins at the record", [("/status", [run[1:]])],
         "STATUS_RUN_INVALID"),
        ("status-no-successor", "the run ends at the record", [("/status", [run[:-1]])],
         "STATUS_RUN_INVALID"),
        ("status-one-leaf", "only the predecessor", [("/status", [run[:1]])],
         "STATUS_RUN_INVALID"),
        ("status-reversed", "the run backwards", [("/status", [run[::-1]])],
         "STATUS_RUN_INVALID"),
        ("status-empty-run", "an empty run", [("/status", [[]])], "STATUS_RUN_INVALID"),
        ("status-no-run", "no run", [("/status", [])], "STATUS_RUN_INVALID"),
        ("status-two-runs-one-short", "two runs, the second without successor",
         [("/status", [run, run[:2]])], "STATUS_RUN_INVALID"),
        ("status-two-runs-swapped", "two runs in the wrong order",
         [("/status", [run[1:], run[:2]])], "STATUS_RUN_INVALID"),
        ("status-two-runs-second-empty", "two runs, the second empty",
         [("/status", [run, []])], "STATUS_RUN_INVALID"),
        ("status-leaf-changed", "a recall rewritten as lifted",
         [("/status/0/1/leaf/3", "recall_lifted")], "INCLUSION_PROOF"),
        ("status-index-shifted", "a leaf said to be elsewhere", [("/status/0/0/index", 9)],
         "INCLUSION_PROOF"),
        ("status-path-cut", "an inner node as a leaf's sibling", [("/status/0/1/path/0", REMOVED)],
         "INCLUSION_PROOF"),
    ]  # fmt: skip
    cases = [
        _refused(world, name, story, edited(bundle, *edits), step=6, reason=reason)
        for name, story, edits, reason in made
    ]
    return [*cases, *_empty_trees(), _laundered(), _unsorted()]


def _empty_trees() -> list[Case]:
    world, _, bundle = simple()
    leaf = {"leaf": ["status", b64u_encode(bytes(32)), 0, "recalled", 1], "index": 0, "path": []}
    made: list[tuple[str, str, Any, str]] = [
        ("status-empty-tree-no-run", "no run for an empty tree", [], "STATUS_RUN_INVALID"),
        ("status-empty-tree-two-runs", "two runs for it", [[], []], "STATUS_RUN_INVALID"),
        ("status-empty-tree-leaf", "a leaf in it", [[leaf]], "STATUS_RUN_INVALID"),
    ]
    return [
        _refused(world, name, story, edited(bundle, ("/status", runs)), step=6, reason=reason)
        for name, story, runs, reason in made
    ]


def _laundered() -> Case:
    world = World.begin()
    batch = world.items()
    world.forge.status(batch, "recalled")
    index = world.forge.append_raw(batch.envelope)
    world.close()
    again = replace(batch, index=index)
    data = edited(world.proof(again), ("/status", [[]]))
    return _refused(world, "logged-twice-recall-dropped",
                    "the same entry logged again, its recall left out", data, step=6,
                    reason="STATUS_RUN_INVALID")  # fmt: skip


def _unsorted() -> Case:
    """Put the status tree out of order: a visible run shows it."""
    from traceability.merkle.state_trees import SortedTree
    from traceability.verify.bundle import StatusPart

    world = World.begin()
    batches = [world.items(count=3) for _ in range(3)]
    for batch in batches:
        world.forge.status(batch, "recalled")
    ascending = world.forge.status_tree().leaves
    tree = SortedTree([ascending[1], ascending[0], ascending[2]])
    world.forge.state(status_root=tree.root_hash)
    run = tuple(StatusPart(leaf, i, tuple(tree.path(i))) for i, leaf in enumerate(tree.leaves))
    data = replace(world.forge.bundle(batches[0], 1), status=(run,)).to_bytes()
    return _refused(world, "status-tree-unsorted", "a status tree out of order", data, step=6,
                    reason="STATUS_RUN_INVALID")  # fmt: skip
