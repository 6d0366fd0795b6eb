"""erased codes: keyed hashes, so that who scans the code of an erased item is told so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "erased_codes",
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("batch", sa.BigInteger, nullable=False),
        sa.Column("record_index", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("code_hash", "batch", "record_index", name="pk_erased_codes"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("erased_codes")
