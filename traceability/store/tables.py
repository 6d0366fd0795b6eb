"""The schema: what is kept off chain, and which entry of the log commits to it.

Times are integer milliseconds since 1970 UTC; digests are raw bytes; payloads are the exact
committed bytes, never a database's JSON type.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from traceability.store.making_tables import event_attributes_table, index_of_making
from traceability.store.naming import NAMING

metadata = MetaData(naming_convention=NAMING)

# SQLite numbers rows itself only for the type INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")

# Names and values of the ledger itself: log id, chain, contract, suite, keys' ids.
meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

# The signed statements, in order of arrival; `leaf_index` is empty until sequenced.
entries = Table(
    "entries",
    metadata,
    Column("arrival", RowId, primary_key=True, autoincrement=True),
    Column("leaf_index", BigInteger, unique=True),
    Column("leaf_hash", LargeBinary(32), nullable=False, unique=True),
    Column("type", String(16), nullable=False),
    Column("key_id", LargeBinary(32)),
    Column("sequence", BigInteger),
    Column("envelope", LargeBinary, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("anchored_by", BigInteger),
    UniqueConstraint("key_id", "sequence"),
    sqlite_autoincrement=True,
)

# A second statement under a used (key, sequence): evidence against its signer.
conflicting_entries = Table(
    "conflicting_entries",
    metadata,
    Column("conflict", RowId, primary_key=True, autoincrement=True),
    Column("key_id", LargeBinary(32), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("received", BigInteger, nullable=False),
)

# Where each signing key's chain of statements stands; the row that capture locks.
key_chains = Table(
    "key_chains",
    metadata,
    Column("key_id", LargeBinary(32), primary_key=True),
    Column("next_sequence", BigInteger, nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
)

participants = Table(
    "participants",
    metadata,
    Column("participant", LargeBinary(16), primary_key=True),
    Column("gln", String(13), unique=True),
    Column("name", Text, nullable=False),
)

# The participants' cards, as committed by the registrations that name them.
cards = Table(
    "cards",
    metadata,
    Column("card", LargeBinary(32), primary_key=True),
    Column("participant", LargeBinary(16), nullable=False),
    Column("payload", LargeBinary),
    Column("secret", LargeBinary(32)),
)

# Registered keys. Arrival numbers decide at capture; leaf indexes once sequenced.
keys = Table(
    "keys",
    metadata,
    Column("key_id", LargeBinary(32), primary_key=True),
    Column("alg", String(32), nullable=False),
    Column("public_key", LargeBinary(64), nullable=False),
    Column("participant", LargeBinary(16), nullable=False, index=True),
    Column("custody", String(16), nullable=False),
    Column("roles", Text, nullable=False),
    Column("prefixes", Text, nullable=False),
    Column("card", LargeBinary(32), nullable=False),
    Column("registered_arrival", BigInteger, nullable=False),
    Column("revoked_arrival", BigInteger),
    Column("registered_at", BigInteger, index=True),
    Column("until", BigInteger),
    Column("suspect_from", BigInteger),
)

# Statuses of records, ranges expanded; `record_index` −1 stands for the whole batch.
statuses = Table(
    "statuses",
    metadata,
    Column("entry_hash", LargeBinary(32), primary_key=True),
    Column("record_index", BigInteger, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("arrival", BigInteger, primary_key=True, index=True),
    Column("entry_index", BigInteger, index=True),
    sqlite_with_rowid=False,
)

# What refers to another row is held by SQLite alone (migration 0007 says why).
batches = Table(
    "batches",
    metadata,
    Column("batch", RowId, primary_key=True, autoincrement=True),
    Column("arrival", BigInteger, ForeignKey("entries.arrival"), nullable=False, unique=True),
    Column("participant", LargeBinary(16), nullable=False),
    Column("record_count", BigInteger, nullable=False),
    Column("batch_root", LargeBinary(32), nullable=False),
    Column("submitted", BigInteger, nullable=False),
    Index("ix_batches_participant_batch", "participant", "batch"),
)

# A participant says in such documents who sees what of its records.
POLICY_TYPE = "application/vnd.itemproof.disclosure-policy+json"
POLICY_OR_UNKNOWN = f"(media_type = '{POLICY_TYPE}' OR (kind = 4 AND media_type IS NULL))"
_is_policy = text(POLICY_OR_UNKNOWN)  # An erased document without a type may have been one.
# Events, cards and documents; items have their own, narrower table.
records = Table(
    "records",
    metadata,
    Column("batch", BigInteger, ForeignKey("batches.batch"), primary_key=True),
    Column("record_index", BigInteger, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("field_count", BigInteger, nullable=False),
    Column("field_root", LargeBinary(32), nullable=False),
    Column("media_type", String(128)),
    Column("payload", LargeBinary),
    Column("secret", LargeBinary(32)),
    CheckConstraint("kind in (1, 3, 4)", name="kind"),
    Index(
        "ix_records_policies",
        "batch",
        "record_index",
        sqlite_where=_is_policy,
        postgresql_where=_is_policy,
    ),
    sqlite_with_rowid=False,
)

# One lot's items within one batch: serials ascend with the record index.
item_runs = Table(
    "item_runs",
    metadata,
    Column("batch", BigInteger, ForeignKey("batches.batch"), primary_key=True),
    Column("gtin", String(14), nullable=False),
    Column("lot", String(20), nullable=False),
    Column("first_index", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Index("ix_item_runs_gtin_lot", "gtin", "lot"),
)

items = Table(
    "items",
    metadata,
    *(Column(name, BigInteger, primary_key=True) for name in ("batch", "record_index")),
    Column("serial", String(20), nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    sqlite_with_rowid=False,
)

# Upper levels of a large batch's tree; level 0 is recomputed from its records.
batch_tiles = Table(
    "batch_tiles",
    metadata,
    Column("batch", BigInteger, primary_key=True),
    Column("tile", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

log_tiles = Table(
    "log_tiles",
    metadata,
    Column("tile", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("tree_size", BigInteger, primary_key=True, autoincrement=False),
    Column("root_hash", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("ends_with_state", Boolean, nullable=False),
    Column("signed", BigInteger, nullable=False),
)

# What lineage asks: the events, and which objects each of them names.
events = Table(
    "events",
    metadata,
    Column("event", RowId, primary_key=True, autoincrement=True),
    Column("batch", BigInteger, nullable=False),
    Column("record_index", BigInteger, nullable=False),
    Column("type", String(24), nullable=False),
    Column("action", String(8)),
    Column("event_time", BigInteger, nullable=False),
    Column("biz_step", Text, index=True),
    Column("disposition", Text),
    Column("read_point", Text),
    Column("biz_location", Text),
    Column("transformation_id", Text, index=True),
    Column("event_id", Text, index=True),
    Column("declares_error", Boolean, nullable=False),
    # Keyed, since the hash of a low-entropy event could be guessed from outside.
    Column("content_mac", LargeBinary(32), nullable=False, index=True),
    UniqueConstraint("batch", "record_index"),
    index_of_making(),
)

epcs = Table(
    "epcs",
    metadata,
    Column("epc", RowId, primary_key=True, autoincrement=True),
    Column("uri", Text, nullable=False, unique=True),
)

# role: 1 epc, 2 parent, 3 child, 4 input, 5 output; `ordinal` tells repeats in one list apart.
event_epcs = Table(
    "event_epcs",
    metadata,
    Column("event", BigInteger, primary_key=True),
    Column("role", SmallInteger, primary_key=True),
    Column("epc", BigInteger, primary_key=True),
    Column("ordinal", SmallInteger, primary_key=True),
    Column("quantity", Text),
    Column("uom", String(8)),
    Index("ix_event_epcs_epc_role_event", "epc", "role", "event"),
    sqlite_with_rowid=False,
)

event_attributes = event_attributes_table(metadata)

# One row per signed anchor transaction, from signing to finality (chain/anchor_store.py).
anchors = Table(
    "anchors",
    metadata,
    Column("attempt", RowId, primary_key=True, autoincrement=True),
    Column("tx_hash", LargeBinary(32), nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("from_size", BigInteger, nullable=False),
    Column("tree_size", BigInteger, nullable=False, index=True),
    Column("root_hash", LargeBinary(32), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("signed_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("block_number", BigInteger),
    Column("block_hash", LargeBinary(32)),
    Column("gas_used", BigInteger),
    Column("evidence", LargeBinary),
    Column("evidence_block_number", BigInteger),
    Column("evidence_block_hash", LargeBinary(32)),
    Column("drop_reason", Text),
    # Gas, and wei for a unit of it: expected before sending, then paid.
    *(Column(name, BigInteger) for name in ("estimated_gas", "estimated_price", "gas_price")),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("participant", LargeBinary(16)),
    Column("secret_hash", LargeBinary(32), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
)

# What EPCIS clients have handed over: the body until it is captured, then what became of it.
_waiting = text("finished IS NULL")
capture_jobs = Table(
    "capture_jobs",
    metadata,
    Column("job", RowId, primary_key=True, autoincrement=True),
    Column("capture_id", String(32), nullable=False, unique=True),
    Column("participant", LargeBinary(16), nullable=False),
    Column("form", String(8), nullable=False),
    Column("proceed", Boolean, nullable=False),
    Column("body", LargeBinary),
    Column("created", BigInteger, nullable=False),
    Column("resumed", Integer, nullable=False),
    Column("finished", BigInteger),
    Column("success", Boolean),
    Column("batch", BigInteger),
    Column("outcome", LargeBinary),
    Index("ix_capture_jobs_waiting", "job", sqlite_where=_waiting, postgresql_where=_waiting),
    Index("ix_capture_jobs_participant_job", "participant", "job"),
    sqlite_autoincrement=True,
)

# The document of a job that is too long for `body`, in parts of one length but the last.
capture_job_parts = Table(
    "capture_job_parts",
    metadata,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

# What became of such a document, piece by piece: `first` is the place of its first result among
# all, `count` is how many it has, `batch` holds what was accepted of it.
capture_job_results = Table(
    "capture_job_results",
    metadata,
    Column("job", BigInteger, primary_key=True, autoincrement=False),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("batch", BigInteger),
    Column("outcome", LargeBinary, nullable=False),
)

# The answers to requests that named themselves, so that a repeated one is not done twice.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("api_key", String(32), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("request_hash", LargeBinary(32), nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False, index=True),
)

# Whose events are held against the one-code rules; without a row, nobody's.
one_code_rules = Table(
    "one_code_rules",
    metadata,
    Column("participant", LargeBinary(16), primary_key=True),
    Column("mode", String(8), nullable=False),
    CheckConstraint("mode in ('warn', 'enforce')", name="mode"),
)

# Events that declare an error, until the status of what they correct is signed. `waits_for` is
# the id of an event that must be recorded first; without one it is due now.
corrections = Table(
    "corrections",
    metadata,
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    Column("record_index", BigInteger, primary_key=True, autoincrement=False),
    Column("waits_for", Text),
)

# What is left of a record of which fields were erased: a list, each leaf with its salt or, where
# it is erased, as its hash alone. Payload and secret of the record are gone.
partial_records = Table(
    "partial_records",
    metadata,
    *(Column(name, BigInteger, primary_key=True) for name in ("batch", "record_index")),
    Column("leaves", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# Keyed hashes of codes of erased records: who has the code is told, and nobody reads it here.
erased_codes = Table(
    "erased_codes",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    *(Column(name, BigInteger, primary_key=True) for name in ("batch", "record_index")),
    sqlite_with_rowid=False,
)

# What is left of an erased item: what the tree of its batch is made of, and nothing to guess by.
erased_items = Table(
    "erased_items",
    metadata,
    *(Column(name, BigInteger, primary_key=True) for name in ("batch", "record_index")),
    Column("field_root", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)
