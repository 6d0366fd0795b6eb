"""no references on PostgreSQL: a batch's to its entry, a record's and a run of items' to its batch.

There each row that refers locks the row that it refers to, which takes longer than the insert.
Both are written in one transaction by one place of the code, and the audit names rows that belong
to nothing. SQLite keeps them: it checks them in passing, and would have to copy the tables.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

REFERENCES = (
    ("batches", "arrival", "entries"),
    ("records", "batch", "batches"),
    ("item_runs", "batch", "batches"),
)


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column, _ in REFERENCES:
            op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column, referred in REFERENCES:
            op.create_foreign_key(f"fk_{table}_{column}", table, referred, [column], [column])
