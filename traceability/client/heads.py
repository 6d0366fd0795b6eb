"""The log as its signer sees it: signed heads, each proven to continue the one seen before.

Source: C2SP tlog-checkpoint and tlog-tiles; RFC 9162, section 2.1. A log that shows two
histories is caught by whoever remembers the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from traceability.client.faults import NodeUnavailable, SplitView
from traceability.client.transport import Transport
from traceability.errors import ProofRejected
from traceability.merkle.checkpoint import Checkpoint, verify_checkpoint
from traceability.merkle.proofs import verify_consistency, verify_inclusion
from traceability.merkle.tiles import TILE_HEIGHT, TILE_WIDTH, TileNodes, tile_path
from traceability.verify.trust import Trust

OK = 200
HASH_BYTES = 32
_LEVEL_SHIFT = 48
_LOW_BITS = (1 << _LEVEL_SHIFT) - 1


class LogView:
    """A log behind a transport, believed only as far as it proves itself to the trust file."""

    def __init__(self, transport: Transport, trust: Trust) -> None:
        self._transport = transport
        self._trust = trust

    def newest(self, seen: str | None) -> tuple[Checkpoint, str]:
        """Return the served head and its note; it must continue the head seen before.

        Raises
        ------
        SplitView
            It does not: the two notes are evidence.
        CheckpointInvalid, SignatureInvalid
            It is no head by the trusted log key.
        """
        note = self._get("/log/checkpoint").decode("utf-8", "replace")
        head = self.parse(note)
        if seen is not None:
            self._require_continued(self.parse(seen), head, note)
        return head, note

    def parse(self, note: str) -> Checkpoint:
        """Return the head that the trusted log key signed."""
        return verify_checkpoint(
            note, origin=self._trust.origin, public_key=self._trust.log_key.public_key
        )

    def require_entry(self, leaf_hash: bytes, leaf_index: int, head: Checkpoint) -> None:
        """Demand that a head holds an entry where its receipt says.

        Raises
        ------
        InclusionProofError
        """
        nodes = TileNodes(lambda keys: self._tiles(keys, head.tree_size), head.tree_size)
        verify_inclusion(
            leaf_hash,
            leaf_index,
            tree_size=head.tree_size,
            inclusion_path=nodes.inclusion_path(leaf_index),
            root_hash=head.root_hash,
        )

    def _require_continued(self, before: Checkpoint, now: Checkpoint, note: str) -> None:
        if now.tree_size < before.tree_size:
            raise SplitView(
                f"log has become shorter: {before.tree_size} entries were seen, "
                f"now {now.tree_size} are shown",
                note=note,
            )
        nodes = TileNodes(lambda keys: self._tiles(keys, now.tree_size), now.tree_size)
        try:
            same = now.tree_size == before.tree_size
            path = [] if same else nodes.consistency_path(before.tree_size)
            verify_consistency(
                before.tree_size,
                before.root_hash,
                tree_size=now.tree_size,
                root_hash=now.root_hash,
                consistency_path=path,
            )
        except ProofRejected as error:
            raise SplitView(
                f"log of {now.tree_size} entries does not continue the one of "
                f"{before.tree_size} that was seen: {error.fault}",
                note=note,
            ) from error

    def _tiles(self, keys: Sequence[int], tree_size: int) -> dict[int, bytes]:
        found = {}
        for key in keys:
            level, index = key >> _LEVEL_SHIFT, key & _LOW_BITS
            width = min(TILE_WIDTH, (tree_size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
            data = self._get(f"/log/{tile_path(level, index, width)}")
            found[key] = data[: width * HASH_BYTES]
        return found

    def _get(self, path: str) -> bytes:
        answer = self._transport.ask("GET", path)
        if answer.status != OK:
            raise NodeUnavailable(f"node answers {answer.status} to {path!r}: is this a log?")
        return answer.body
