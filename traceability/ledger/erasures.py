"""Erasing content of a ledger: the entry, the destruction, the list, and the freed bytes.

(1) Entry and destruction are one transaction (`statuses.py`), which also notes that (2) and (3)
are due. (2) The entry goes to the second place's list, so that no restored backup brings the
content back. (3) Freed pages are overwritten. (4) The note is taken away. A crash before (1)
leaves nothing; between (1) and (4) the next run finds the note and does (2) to (4) again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from traceability.errors import ItemProofError
from traceability.hashing.envelope import Envelope
from traceability.hashing.statement import StatusStatement
from traceability.ledger.erasure import PURGE_DUE
from traceability.ledger.erasure_list import add_to_list
from traceability.ledger.statuses import Declaration, Declared, Statuses
from traceability.store.purging import purge
from traceability.store.repositories.erasing import TOUCHED
from traceability.store.store import Store

logger = logging.getLogger(__name__)


class Erasures:
    """Erases content, and finishes what a crash has left."""

    def __init__(self, store: Store, statuses: Statuses, *, list_file: Path) -> None:
        self._store = store
        self._statuses = statuses
        self.list_file = list_file

    def erase(
        self, declarations: Sequence[Declaration], *, participant: bytes | None = None
    ) -> list[Declared]:
        """Log these erasures and destroy what they name, down to the files.

        Raises
        ------
        StoreUnavailable
            Either nothing was done; or, where the entries are in the log, the content is gone
            from every table and its bytes are overwritten by the next run.
        """
        declared = self._statuses.declare(declarations, participant=participant)
        self.finish()
        return declared

    def signed(self, envelope: Envelope, statement: StatusStatement) -> Declared:
        """Log an erasure that the records' participant signed, and do the same as `erase`.

        Raises
        ------
        StoreUnavailable
            As for `erase`; and those of `Statuses.signed`.
        """
        declared = self._statuses.signed(envelope, statement)
        self.finish()
        return declared

    def finish(self) -> bool:
        """Do what is due after an erasure; tell whether anything was."""
        with self._store.reading() as repositories:
            due = repositories.meta.get(PURGE_DUE)
            if not due:
                return False
            envelopes = repositories.statuses.erasing_entries()
        add_to_list(self.list_file, envelopes)
        purge(self._store.engine, TOUCHED)
        with self._store.unit_of_work() as work:
            # Another erasure since then is still due.
            if work.repositories.meta.get(PURGE_DUE) == due:
                work.repositories.meta.put(PURGE_DUE, b"")
            work.commit()
        return True

    def finish_if_possible(self) -> None:
        """Do what is due; what cannot be done now is tried again later."""
        try:
            self.finish()
        except (ItemProofError, OSError) as error:
            logger.warning("erasure.unfinished reason=%s", error)
