"""capture jobs, idempotency keys, and batches by participant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "capture_jobs",
        sa.Column(
            "job",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("capture_id", sa.String(length=32), nullable=False),
        sa.Column("participant", sa.LargeBinary(length=16), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("proceed", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("resumed", sa.Integer(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_capture_jobs")),
        sa.UniqueConstraint("capture_id", name=op.f("uq_capture_jobs_capture_id")),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("finished IS NULL")
    with op.batch_alter_table("capture_jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_capture_jobs_waiting", ["job"], sqlite_where=waiting, postgresql_where=waiting
        )
        batch_op.create_index("ix_capture_jobs_participant_job", ["participant", "job"])
    if op.get_bind().dialect.name == "postgresql":
        # A body lives for moments: packing it would cost more than its space.
        op.execute("ALTER TABLE capture_jobs ALTER COLUMN body SET STORAGE EXTERNAL")
    op.create_table(
        "idempotency_keys",
        sa.Column("api_key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("api_key", "name", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_created"), ["created"])
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index("ix_batches_participant_batch", ["participant", "batch"])


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.drop_index("ix_batches_participant_batch")
    op.drop_table("idempotency_keys")
    op.drop_table("capture_jobs")
