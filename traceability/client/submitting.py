"""Signing a batch and sending it until it is answered: never two statements under one number.

1. What an earlier run left in the outbox is sent again first.
2. The served head must continue the one seen last; the node's word for where the key's chain
   stands must be this folder's own, once it has one.
3. The statement is signed, and the whole body kept in the outbox, before anything is sent.
4. What `sending.py` says of an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from traceability.client import faults
from traceability.client.drafts import BatchDraft
from traceability.client.heads import OK
from traceability.client.key_folder import KeyFolder
from traceability.client.sending import Accepted, Sender, Signed, check_caller, object_of
from traceability.client.statements import Standing, signed_batch, standing_of
from traceability.client.transport import Transport
from traceability.hashing.signatures import SecretKey
from traceability.verify.trust import Trust

__all__ = ["Accepted", "Submitter"]


class Submitter(Sender):
    """Signs with one key for one log, and sends.

    Parameters
    ----------
    folder
        Where the key's chain is remembered; one for each key, on a disk that lasts.
    clock, sleep
        For tests.
    """

    def __init__(
        self,
        transport: Transport,
        trust: Trust,
        *,
        key: SecretKey,
        folder: KeyFolder,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(transport, trust, key_id=key.key_id, folder=folder, sleep=sleep)
        self._key = key
        self._clock = clock

    def submit(self, draft: BatchDraft) -> Accepted:
        """Sign a batch and send it; what was left unsent goes first.

        Raises
        ------
        NodeUnavailable, NodeRefusedCaller
            Not answered; it is in the outbox and goes first next time.
        BatchRefused
            The node refused it; it is set aside, and its number is free.
        KeyNotUsable, KeyChainDiffers, SplitView
            Nothing was signed.
        """
        with self._folder.locked():
            self._resume()
            signed = self._sign(draft)
            self._folder.keep_outbox(signed.body)
            return self._deliver(signed)

    def _sign(self, draft: BatchDraft) -> Signed:
        head = self._newest()
        return signed_batch(
            draft,
            self._key,
            log=self._trust.log,
            standing=self._standing(),
            head=head,
            now=self._clock(),
        )

    def _standing(self) -> Standing:
        """Return where the node says that the key's chain stands, which this folder says too."""
        answer = self._transport.ask("GET", f"/api/keys/{self._key_id.hex()}")
        value = object_of(answer)
        if answer.status != OK:
            check_caller(value)
            if value.get("code") == "KEY_NOT_FOUND":
                raise faults.KeyNotUsable(
                    f"node does not know the key {self._key_id.hex()[:16]}: register it first"
                )
            raise faults.NodeUnavailable(f"node answers {answer.status} when asked for the key")
        found = standing_of(value)
        self._state().require(found.sequence, found.previous)
        return found
