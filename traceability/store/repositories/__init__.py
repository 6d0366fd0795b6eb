"""All SQL but lineage's, one file per group of tables; each takes an open connection.

Start with `entries.py` and `batches.py`. Nothing here commits: `unit_of_work.py` does.
"""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Connection

from traceability.store.repositories.access import AccessRepository
from traceability.store.repositories.anchors import AnchorRepository
from traceability.store.repositories.auditing import AuditRepository
from traceability.store.repositories.batches import BatchRepository
from traceability.store.repositories.capture_jobs import CaptureJobRepository
from traceability.store.repositories.corrections import CorrectionRepository
from traceability.store.repositories.entries import EntryRepository
from traceability.store.repositories.erased_codes import ErasedCodeRepository
from traceability.store.repositories.erasing import ErasingRepository
from traceability.store.repositories.events import EventRepository
from traceability.store.repositories.idempotency import IdempotencyRepository
from traceability.store.repositories.items import ItemRepository
from traceability.store.repositories.keys import KeyRepository
from traceability.store.repositories.meta import MetaRepository
from traceability.store.repositories.one_code import OneCodeRepository
from traceability.store.repositories.participants import ParticipantRepository
from traceability.store.repositories.policies import PolicyRepository
from traceability.store.repositories.rebuilding import RebuildRepository
from traceability.store.repositories.recorded import RecordedRepository
from traceability.store.repositories.statuses import StatusRepository
from traceability.store.repositories.tree import TreeRepository


class Repositories:
    """Every repository on one connection, made when first asked for.

    Parameters
    ----------
    code_key
        Keys the hashes of erased codes. Without it none is kept, and none is found.
    """

    def __init__(self, connection: Connection, *, code_key: bytes | None = None) -> None:
        self.connection = connection
        self.code_key = code_key

    @cached_property
    def erased_codes(self) -> ErasedCodeRepository:
        """Codes whose records are erased, by their keyed hashes."""
        return ErasedCodeRepository(self.connection, self.code_key)

    @cached_property
    def meta(self) -> MetaRepository:
        """Names and values of the ledger itself."""
        return MetaRepository(self.connection)

    @cached_property
    def entries(self) -> EntryRepository:
        """The signed statements."""
        return EntryRepository(self.connection)

    @cached_property
    def keys(self) -> KeyRepository:
        """Registered keys and the chains of their statements."""
        return KeyRepository(self.connection)

    @cached_property
    def participants(self) -> ParticipantRepository:
        """Participants and their cards."""
        return ParticipantRepository(self.connection)

    @cached_property
    def statuses(self) -> StatusRepository:
        """Statuses of records."""
        return StatusRepository(self.connection)

    @cached_property
    def corrections(self) -> CorrectionRepository:
        """Events that declare an error, until the status of what they correct is signed."""
        return CorrectionRepository(self.connection)

    @cached_property
    def erasing(self) -> ErasingRepository:
        """Destroying content."""
        return ErasingRepository(self.connection, self.erased_codes)

    @cached_property
    def batches(self) -> BatchRepository:
        """Batches and their records."""
        return BatchRepository(self.connection)

    @cached_property
    def items(self) -> ItemRepository:
        """Item records, found by code."""
        return ItemRepository(self.connection)

    @cached_property
    def events(self) -> EventRepository:
        """Events and the objects that they name."""
        return EventRepository(self.connection)

    @cached_property
    def tree(self) -> TreeRepository:
        """Tiles and checkpoints."""
        return TreeRepository(self.connection)

    @cached_property
    def anchors(self) -> AnchorRepository:
        """Anchor transactions and their evidence."""
        return AnchorRepository(self.connection)

    @cached_property
    def auditing(self) -> AuditRepository:
        """What the audit reads by ranges."""
        return AuditRepository(self.connection)

    @cached_property
    def access(self) -> AccessRepository:
        """API keys."""
        return AccessRepository(self.connection)

    @cached_property
    def rebuilding(self) -> RebuildRepository:
        """Rows that come back from a mirror."""
        return RebuildRepository(self.connection)

    @cached_property
    def recorded(self) -> RecordedRepository:
        """Events as they are given back."""
        return RecordedRepository(self.connection)

    @cached_property
    def capture_jobs(self) -> CaptureJobRepository:
        """Documents handed over, and what became of them."""
        return CaptureJobRepository(self.connection)

    @cached_property
    def idempotency(self) -> IdempotencyRepository:
        """Answers to requests that named themselves."""
        return IdempotencyRepository(self.connection)

    @cached_property
    def one_code(self) -> OneCodeRepository:
        """Whose events are held against the one-code rules."""
        return OneCodeRepository(self.connection)

    @cached_property
    def policies(self) -> PolicyRepository:
        """Disclosure policies among the records."""
        return PolicyRepository(self.connection)
