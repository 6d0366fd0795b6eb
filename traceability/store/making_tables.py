"""How things were made, as lineage asks for it: a table, and an index of the events."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, text

_IS_MAKING = text("type = 'TransformationEvent' OR action = 'ADD'")
_IS_NUMBER = text("low IS NOT NULL")
_IS_WIDE = text("low < high")


def index_of_making() -> Index:
    """Return the index of what was made or brought into being at a place, and when."""
    return _index("ix_events_made_at", "read_point", "event_time", where=_IS_MAKING)


def event_attributes_table(metadata: MetaData) -> Table:
    """Return the table of what events say: a name, a value and, of a number, its unit.

    `low` and `high` are the bounds of a number in millionths; of scrap, its place in the list.
    """
    return Table(
        "event_attributes",
        metadata,
        Column("event", BigInteger, primary_key=True, autoincrement=False),
        Column("ordinal", Integer, primary_key=True, autoincrement=False),
        Column("name", String(80), nullable=False),
        Column("value", Text, nullable=False),
        Column("uom", String(16)),
        Column("low", BigInteger),
        Column("high", BigInteger),
        Index("ix_event_attributes_name_value", "name", "value"),
        _index("ix_event_attributes_name_low", "name", "low", where=_IS_NUMBER),
        _index("ix_event_attributes_name_high", "name", "high", where=_IS_WIDE),
        sqlite_with_rowid=False,
    )


def _index(name: str, *columns: str, where: object) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)
