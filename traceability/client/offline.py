"""Signing on a machine without a network: a signed batch goes into a file, which another sends.

The folder of the key remembers what was signed here, as it does where a program also sends. Each
file is written whole; what a crash leaves:

| step | a crash before it leaves | after it |
|---|---|---|
| 1. `signed/<n>.json`: the batch | nothing | a batch that nobody was given: n is used again |
| 2. `state.json`: number, entry, head | as above | number n is taken; the batch is there |
| 3. the file that was asked for | as above | done |

Whether a newer head continues one seen before takes the log's tiles, which are not here: whoever
sends checks that. Here it is only seen to that heads do not become shorter, and that two of one
size are one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from traceability.client import faults
from traceability.client.drafts import BatchDraft
from traceability.client.key_folder import KeyFolder, KeyState
from traceability.client.revocations import KeyPositionInvalid
from traceability.client.sending import Signed
from traceability.client.statements import Standing, signed_batch, standing_of
from traceability.errors import ItemProofError
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import entry_leaf_hash
from traceability.merkle.checkpoint import Checkpoint, verify_checkpoint
from traceability.strict_json import parse_json
from traceability.verify.trust import Trust

MAX_POSITION_BYTES = 64 * 1024


class OfflineSigner:
    """Signs with one key for one log, and sends nothing.

    Parameters
    ----------
    folder
        Where the key's chain is remembered; one for each key, on a disk that lasts.
    clock
        For tests.
    """

    def __init__(
        self,
        trust: Trust,
        *,
        key: SecretKey,
        folder: KeyFolder,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._trust = trust
        self._key = key
        self._folder = folder
        self._clock = clock

    def sign(
        self, draft: BatchDraft, *, position: bytes, note: str, refused: bool = False
    ) -> Signed:
        """Sign a batch as the key's next statement.

        Parameters
        ----------
        position
            The node's answer about the key, as it was carried here.
        note
            A signed head of the log, as it was carried here.
        refused
            The node refused what was signed here and not answered: its numbers are free.

        Raises
        ------
        KeyNotUsable, KeyChainDiffers, SplitView, KeyPositionInvalid, HeadOutdated
            Nothing was signed.
        """
        with self._folder.locked():
            state = self._state()
            head = self._head(note, state)
            standing = self._standing(_answer(position, self._key), state, refused=refused)
            signed = signed_batch(
                draft,
                self._key,
                log=self._trust.log,
                standing=standing,
                head=head,
                now=self._clock(),
            )
            self._folder.keep_signed(standing.sequence, signed.body)
            seen = replace(state, seen=note)
            leaf_hash = entry_leaf_hash(signed.envelope)
            self._folder.keep_state(seen.advanced(standing.sequence, leaf_hash))
            return signed

    def _state(self) -> KeyState:
        return self._folder.state(log=self._trust.log, key_id=self._key.key_id)

    def _head(self, note: str, state: KeyState) -> Checkpoint:
        """Return the head that was carried here, unless it contradicts the one seen last."""
        head = self._parsed(note)
        if state.seen is None:
            return head
        seen = self._parsed(state.seen)
        if head.tree_size < seen.tree_size:
            raise faults.HeadOutdated(
                f"head is older than one seen here: expected at least {seen.tree_size} entries, "
                f"got {head.tree_size}"
            )
        if head.tree_size == seen.tree_size and head.root_hash != seen.root_hash:
            raise faults.SplitView(
                f"log has two heads of {head.tree_size} entries: compare them with verify --fork",
                note=note,
            )
        return head

    def _parsed(self, note: str) -> Checkpoint:
        return verify_checkpoint(
            note, origin=self._trust.origin, public_key=self._trust.log_key.public_key
        )

    def _standing(self, told: Standing, state: KeyState, *, refused: bool) -> Standing:
        """Return where the key's chain stands: what was signed here counts, answered or not."""
        known = state.next_sequence
        if known is None or told.sequence == known:
            if not refused or known is None:
                state.require(told.sequence, told.previous)
            return told
        if told.sequence > known:
            raise faults.KeyChainDiffers(
                f"something else has signed with this key: expected at most {known} statements, "
                f"got {told.sequence}"
            )
        return told if refused else told._replace(sequence=known, previous=state.previous)


def _answer(position: bytes, key: SecretKey) -> Standing:
    """Read the node's answer about the key.

    Raises
    ------
    KeyPositionInvalid, KeyNotUsable
    """
    fault = "file is not the node's answer about this key: expected that of GET /api/keys/"
    try:
        value = parse_json(position, max_bytes=MAX_POSITION_BYTES)
        if isinstance(value, dict) and value.get("key_id") == key.key_id.hex():
            return standing_of(value)
    except faults.KeyNotUsable:
        raise
    except (ItemProofError, ValueError) as error:
        raise KeyPositionInvalid(fault + key.key_id.hex()) from error
    raise KeyPositionInvalid(fault + key.key_id.hex())
