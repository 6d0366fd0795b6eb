"""Step 6: states that are stale or not the log key's, keys and statuses out of place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.cases import REMOVED, Case, World, edited, refused, simple
from tests.support.forge import signing_key
from traceability.hashing.encoding import b64u_encode
from traceability.hashing.statement import entry_leaf_hash
from traceability.merkle.state_trees import KeyLeaf, SortedTree
from traceability.merkle.tree import EMPTY_ROOT
from traceability.verify.bundle import Bundle, KeyPart, LoggedPart, StatusPart


def state() -> list[Case]:
    return [*_states(), *_status(), *_long_runs(), *_empty_trees(), _laundered(), _unsorted()]


def _states() -> list[Case]:
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
        cases.append(refused(world, name, story, data, step=6, reason=reason))
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
        cases.append(refused(world, name, story, data, step=6, reason=reason))
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
        refused(world, "state-stale", "the recall came after the state entry",
                 stale.to_bytes(), step=6, reason="STATE_STALE"),
        refused(world, "state-replayed", "the state before the recall, in a later checkpoint",
                 replayed.to_bytes(), step=6, reason="STATE_STALE"),
        refused(world, "state-is-recall", "the last entry is no state entry",
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
    return refused(world, "state-before-entry", "a state entry that does not cover the batch",
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
        refused(world, name, story, changed.to_bytes(), step=6, reason="INCLUSION_PROOF")
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
    return refused(world, "level-confusion-key-tree", "the key tree's root as status root", data,
                    step=6, reason="INCLUSION_PROOF")  # fmt: skip


def _recalled() -> tuple[World, Bundle]:
    """Return the proof of a recalled record with other statuses on both sides."""
    world = World.begin()
    batches = [world.items(count=3) for _ in range(5)]
    batch = sorted(batches, key=lambda b: entry_leaf_hash(b.envelope))[2]
    for other in batches:
        world.forge.status(other, "recalled", records=(0,))
    world.close()
    return world, world.proof(batch, 0)


def _status() -> list[Case]:
    world, bundle = _recalled()
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
    return [
        refused(world, name, story, edited(bundle, *edits), step=6, reason=reason)
        for name, story, edits, reason in made
    ]


def _long_runs() -> list[Case]:
    """Show all that should be shown, in another form than the one."""
    world, bundle = _recalled()
    value: Any = bundle.to_json()
    [run] = value["status"]
    tree = world.forge.status_tree()
    more = [{"leaf": leaf.to_json(), "index": i, "path": [b64u_encode(h) for h in tree.path(i)]}
            for i, leaf in enumerate(tree.leaves)]  # fmt: skip
    made: list[tuple[str, str, Any]] = [
        ("status-two-runs-the-same", "the run twice, though one brackets both positions",
         [run, run]),
        ("status-second-predecessor", "the run begins two before the record",
         [[*more[:1], *run]]),
        ("status-second-successor", "the run ends two behind the record", [[*run, *more[-1:]]]),
    ]  # fmt: skip
    return [
        refused(world, name, story, edited(bundle, ("/status", runs)), step=6,
                reason="STATUS_RUN_INVALID")
        for name, story, runs in made
    ]  # fmt: skip


def _empty_trees() -> list[Case]:
    world, _, bundle = simple()
    leaf = {"leaf": ["status", b64u_encode(bytes(32)), 0, "recalled", 1], "index": 0, "path": []}
    made: list[tuple[str, str, Any, str]] = [
        ("status-empty-tree-no-run", "no run for an empty tree", [], "STATUS_RUN_INVALID"),
        ("status-empty-tree-two-runs", "two runs for it", [[], []], "STATUS_RUN_INVALID"),
        ("status-empty-tree-leaf", "a leaf in it", [[leaf]], "STATUS_RUN_INVALID"),
    ]
    return [
        refused(world, name, story, edited(bundle, ("/status", runs)), step=6, reason=reason)
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
    return refused(world, "logged-twice-recall-dropped",
                    "the same entry logged again, its recall left out", data, step=6,
                    reason="STATUS_RUN_INVALID")  # fmt: skip


def _unsorted() -> Case:
    """Put the status tree out of order: a visible run shows it."""
    world = World.begin()
    batches = [world.items(count=3) for _ in range(3)]
    for batch in batches:
        world.forge.status(batch, "recalled")
    ascending = world.forge.status_tree().leaves
    tree = SortedTree([ascending[1], ascending[0], ascending[2]])
    world.forge.state(status_root=tree.root_hash)
    run = tuple(StatusPart(leaf, i, tuple(tree.path(i))) for i, leaf in enumerate(tree.leaves))
    data = replace(world.forge.bundle(batches[0], 1), status=(run,)).to_bytes()
    return refused(world, "status-tree-unsorted", "a status tree out of order", data, step=6,
                    reason="STATUS_RUN_INVALID")  # fmt: skip
