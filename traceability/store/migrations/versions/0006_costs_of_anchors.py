"""costs of anchors: what was expected before sending, what a unit of gas cost in the block."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"

COLUMNS = ("estimated_gas", "estimated_price", "gas_price")


def upgrade() -> None:
    """Apply."""
    for name in COLUMNS:
        op.add_column("anchors", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Undo."""
    for name in COLUMNS:
        op.drop_column("anchors", name)
