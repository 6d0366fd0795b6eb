"""Alembic's entry point: migrations run on a connection that the caller opened."""

from __future__ import annotations

from alembic import context

from traceability.store.tables import metadata

LOCK_TIMEOUT = "5s"

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    context.run_migrations()
