"""Write, or compare, what the migrations make of a PostgreSQL database, which the audit expects.

    python scripts/make_postgresql_schema.py [--check]

A server is started for it, and its files are deleted at the end.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.postgres import running_postgres
from traceability.store.engine import open_engine
from traceability.store.migrate import upgrade
from traceability.store.schema_postgresql import FILE, postgresql_objects, to_json
from traceability.store.tables import metadata


def made() -> str:
    """Return the file's text, as the migrations on an empty database make it."""
    with running_postgres() as server, server.database() as url:
        engine = open_engine(url)
        try:
            upgrade(engine)
            with engine.connect() as connection:
                return to_json(postgresql_objects(connection, sorted(metadata.tables)))
        finally:
            engine.dispose()


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    text = made()
    if check:
        return int(FILE.read_text(encoding="utf-8") != text)
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
