"""What a PostgreSQL database is made of, as its catalogues say.

What it should be made of is in `schema_postgresql.json`, which a test compares with what the
migrations make: they cannot be run where a database may only be read.

Source: PostgreSQL, "System Catalogs"; "System Information Functions and Operators".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text

FILE = Path(__file__).with_name("schema_postgresql.json")

# Our tables as a query that names none but them reaches them, whichever schema they are in.
_OURS = """
    WITH ours AS (
      SELECT name, to_regclass(name) AS oid FROM unnest(CAST(:names AS text[])) AS n(name))"""

# Each yields table, kind, name, definition.
_QUERIES = (
    # What the table is: an ordinary one, whose rows are seen by all, and no other's parent.
    """
    SELECT o.name, 'table', o.name, concat_ws(' ',
      CASE c.relkind WHEN 'r' THEN 'table' ELSE 'relation of kind ' || c.relkind::text END,
      CASE WHEN c.relpersistence <> 'p' THEN 'not logged' END,
      CASE WHEN c.relrowsecurity THEN 'with row security' END)
    FROM ours o JOIN pg_class c ON c.oid = o.oid""",
    """
    SELECT o.name, 'column', a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
      CASE WHEN a.attcollation <> t.typcollation
        THEN 'COLLATE ' || a.attcollation::regcollation::text END,
      CASE WHEN a.attnotnull THEN 'NOT NULL' END,
      CASE WHEN a.attidentity <> '' THEN 'IDENTITY ' || a.attidentity::text END,
      CASE WHEN a.attgenerated <> '' THEN 'GENERATED ' || a.attgenerated::text END,
      'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
    FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped""",
    # Columns that may not be empty are told of as columns.
    """
    SELECT o.name, 'constraint', c.conname, concat_ws(' ', pg_get_constraintdef(c.oid),
      CASE WHEN NOT c.convalidated AND pg_get_constraintdef(c.oid) NOT LIKE '%NOT VALID'
        THEN 'NOT VALID' END)
    FROM ours o JOIN pg_constraint c ON c.conrelid = o.oid
    WHERE c.contype IN ('p', 'u', 'c', 'f', 'x')""",
    """
    SELECT o.name, 'index', c.relname, concat_ws(' ',
      replace(pg_get_indexdef(i.indexrelid), ' ON ' || quote_ident(n.nspname) || '.', ' ON '),
      CASE WHEN NOT i.indisvalid THEN '(not valid)' END,
      CASE WHEN NOT i.indisready THEN '(not ready)' END,
      CASE WHEN NOT i.indislive THEN '(being dropped)' END)
    FROM ours o JOIN pg_index i ON i.indrelid = o.oid JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_class r ON r.oid = o.oid JOIN pg_namespace n ON n.oid = r.relnamespace""",
    """
    SELECT o.name, 'trigger', t.tgname, pg_get_triggerdef(t.oid)
    FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid WHERE NOT t.tgisinternal""",
    """
    SELECT o.name, 'rule', r.rulename, pg_get_ruledef(r.oid)
    FROM ours o JOIN pg_rewrite r ON r.ev_class = o.oid WHERE r.rulename <> '_RETURN'""",
    """
    SELECT o.name, 'policy', p.polname, coalesce(pg_get_expr(p.polqual, p.polrelid), 'a policy')
    FROM ours o JOIN pg_policy p ON p.polrelid = o.oid""",
    """
    SELECT DISTINCT o.name, 'view', v.relname, pg_get_viewdef(v.oid)
    FROM ours o JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = o.oid
    JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    JOIN pg_class v ON v.oid = r.ev_class WHERE v.relkind IN ('v', 'm') AND v.oid <> o.oid""",
    """
    SELECT o.name, 'inheritance', i.inhrelid::regclass::text,
      'inherits from ' || i.inhparent::regclass::text
    FROM ours o JOIN pg_inherits i ON o.oid IN (i.inhparent, i.inhrelid)""",
)
# How a table or an index is laid out, which a database's administrator may change.
_STORAGE = re.compile(r" WITH \([^()]*\)")


def postgresql_objects(
    connection: Connection, tables: Sequence[str]
) -> dict[tuple[str, str, str], str]:
    """Return the definitions of some tables, of what is on them, and of views over them."""
    return {
        (str(table), str(kind), str(name)): _STORAGE.sub("", " ".join(str(definition).split()))
        for query in _QUERIES
        for table, kind, name, definition in connection.execute(
            text(_OURS + query), {"names": list(tables)}
        )
    }


# Of an index that holds every row: its name, and the columns that put its rows in its own order.
_WHOLE_INDEXES = """
    SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY k.place)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE i.indrelid = to_regclass(:name) AND i.indpred IS NULL AND i.indexprs IS NULL
      AND i.indisvalid AND m.amname = 'btree' AND k.place <= i.indnkeyatts
    GROUP BY c.relname ORDER BY c.relname"""
_OF_ROWS = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")
_OF_INDEXES = ("enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort")


@contextmanager
def without_indexes(connection: Connection) -> Iterator[None]:
    """Let queries read a table's rows themselves meanwhile, whatever its indexes hold."""
    if connection.dialect.name != "postgresql":
        yield
        return
    with _switched_off(connection, _OF_ROWS):
        yield


def postgresql_index_faults(connection: Connection, table: str) -> dict[str, str]:
    """Return which indexes of a table do not hold as many entries as it has rows.

    What is read of each is what a query would: an index out of which rows were kept while it was
    not maintained, and which was then said to be again, yields fewer.
    """
    if connection.dialect.name != "postgresql":
        return {}
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": table}) is None:
        return {}
    found: dict[str, str] = {}
    with _switched_off(connection, _OF_ROWS):
        rows = connection.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 # the name is ours
    indexes = list(connection.execute(text(_WHOLE_INDEXES), {"name": table}))
    with _switched_off(connection, _OF_INDEXES):
        for name, columns in indexes:
            ordered = f"SELECT {columns} FROM {table} ORDER BY {columns} OFFSET 0"  # noqa: S608 # as the catalogue quotes them
            query = f"SELECT count(*) FROM ({ordered}) o"  # noqa: S608 # as above
            plan = "\n".join(line for (line,) in connection.execute(text(f"EXPLAIN {query}")))
            if f" using {name} on " not in plan:
                continue  # Another index has the same order: it is counted under its own name.
            held = connection.scalar(text(query))
            if held != rows:
                found[str(name)] = f"{held} of {rows} rows"
    return found


@contextmanager
def _switched_off(connection: Connection, settings: Sequence[str]) -> Iterator[None]:
    """Change what the planner may use, until the block ends."""
    with connection.begin_nested() as savepoint:
        for setting in settings:
            connection.execute(text(f"SET LOCAL {setting} = off"))
        yield
        savepoint.rollback()


@cache
def postgresql_expected() -> dict[tuple[str, str, str], str]:
    """Return what the migrations make."""
    kept = json.loads(FILE.read_bytes())
    return {
        (table, kind, name): definition
        for table, kinds in kept.items()
        for kind, names in kinds.items()
        for name, definition in names.items()
    }


def to_json(objects: dict[tuple[str, str, str], str]) -> str:
    """Return the file's form of definitions."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for (table, kind, name), definition in sorted(objects.items()):
        found.setdefault(table, {}).setdefault(kind, {})[name] = definition
    return json.dumps(found, indent=1) + "\n"
