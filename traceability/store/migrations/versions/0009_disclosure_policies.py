"""disclosure policies: a partial index finds these few records among all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_POLICIES = sa.text("media_type = 'application/vnd.itemproof.disclosure-policy+json'")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_records_policies",
        "records",
        ["batch", "record_index"],
        sqlite_where=_POLICIES,
        postgresql_where=_POLICIES,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_records_policies", table_name="records")
