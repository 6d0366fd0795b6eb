"""What a PostgreSQL database is made of, as its catalogues say.

What it should be made of is in `schema_postgresql.json`, which a test compares with what the
migrations make: they cannot be run where a database may only be read.

Source: PostgreSQL, "System Catalogs"; "System Information Functions and Operators".
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
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
