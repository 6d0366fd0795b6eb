"""whose events are held against the one-code rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "one_code_rules",
        sa.Column("participant", sa.LargeBinary(length=16), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.CheckConstraint("mode in ('warn', 'enforce')", name=op.f("ck_one_code_rules_mode")),
        sa.PrimaryKeyConstraint("participant", name=op.f("pk_one_code_rules")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("one_code_rules")
