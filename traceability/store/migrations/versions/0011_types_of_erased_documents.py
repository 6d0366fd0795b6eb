"""types of erased documents: where nothing commits to one any more, it is forgotten, too.

An erased document keeps its header since, and with it a committed type. Of those that were erased
before, nobody can tell whether they were disclosure policies; the index finds them, too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_IS_POLICY = "media_type = 'application/vnd.itemproof.disclosure-policy+json'"
_POLICIES = sa.text(_IS_POLICY)
_POLICIES_OR_UNKNOWN = sa.text(f"({_IS_POLICY} OR (kind = 4 AND media_type IS NULL))")
_FORGET = (
    "UPDATE records SET media_type = NULL WHERE kind = 4 AND payload IS NULL AND NOT EXISTS "
    "(SELECT 1 FROM partial_records p "
    "WHERE p.batch = records.batch AND p.record_index = records.record_index)"
)


def upgrade() -> None:
    """Apply."""
    op.execute(sa.text(_FORGET))
    _replace_index(_POLICIES_OR_UNKNOWN)


def downgrade() -> None:
    """Undo: what is forgotten stays so."""
    _replace_index(_POLICIES)


def _replace_index(condition: sa.TextClause) -> None:
    op.drop_index("ix_records_policies", table_name="records")
    op.create_index(
        "ix_records_policies",
        "records",
        ["batch", "record_index"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
