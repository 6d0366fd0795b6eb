"""statuses and erasure: corrections that are due, and what stays provable of erased content."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    # Each status entry is looked for by its arrival when it gets its place.
    op.create_index("ix_statuses_arrival", "statuses", ["arrival"])
    op.create_table(
        "corrections",
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("record_index", sa.BigInteger(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("batch", "record_index", name="pk_corrections"),
    )
    op.create_table(
        "partial_records",
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("record_index", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "record_index", name="pk_partial_records"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erased_items",
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("record_index", sa.BigInteger(), nullable=False),
        sa.Column("field_root", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("batch", "record_index", name="pk_erased_items"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo."""
    for name in ("erased_items", "partial_records", "corrections"):
        op.drop_table(name)
    op.drop_index("ix_statuses_arrival", "statuses")
