"""For participants that sign on their own machine: batches, signatures, sending, what was answered.

It needs no database and no server's code. Read `drafts.py` first (what is signed), then
`submitting.py` (how it is sent once, whatever breaks); docs/signing.md has an example.
"""

from traceability.client.drafts import (
    BatchDraft,
    DraftItems,
    DraftRecord,
    document_record,
    draft_batch,
    event_record,
    event_records,
    lot_records,
    master_data_record,
)
from traceability.client.key_folder import KeyFolder
from traceability.client.submitting import Accepted, Submitter
from traceability.client.transport import HttpTransport

__all__ = [
    "Accepted",
    "BatchDraft",
    "DraftItems",
    "DraftRecord",
    "HttpTransport",
    "KeyFolder",
    "Submitter",
    "document_record",
    "draft_batch",
    "event_record",
    "event_records",
    "lot_records",
    "master_data_record",
]
