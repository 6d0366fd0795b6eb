"""event attributes: what events say of how things were made, found by name and value."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_MAKING = "type = 'TransformationEvent' OR action = 'ADD'"
_WHERE = {"name_low": "low IS NOT NULL", "name_high": "low < high"}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "event_attributes",
        sa.Column("event", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("ordinal", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("uom", sa.String(16)),
        sa.Column("low", sa.BigInteger),
        sa.Column("high", sa.BigInteger),
        sa.PrimaryKeyConstraint("event", "ordinal", name="pk_event_attributes"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_event_attributes_name_value", "event_attributes", ["name", "value"])
    for name, condition in _WHERE.items():
        op.create_index(
            f"ix_event_attributes_{name}",
            "event_attributes",
            name.split("_"),
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
    op.create_index(
        "ix_events_made_at",
        "events",
        ["read_point", "event_time"],
        sqlite_where=sa.text(_MAKING),
        postgresql_where=sa.text(_MAKING),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_events_made_at", "events")
    op.drop_table("event_attributes")
