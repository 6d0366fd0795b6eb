"""documents of any length: their parts until they are captured, and what became of each piece."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "capture_job_parts",
        sa.Column("job", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job", "part", name=op.f("pk_capture_job_parts")),
    )
    op.create_table(
        "capture_job_results",
        sa.Column("job", sa.BigInteger(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job", "piece", name=op.f("pk_capture_job_results")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # A part lives for minutes: packing it would cost more than its space.
        op.execute("ALTER TABLE capture_job_parts ALTER COLUMN data SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Undo."""
    op.drop_table("capture_job_results")
    op.drop_table("capture_job_parts")
