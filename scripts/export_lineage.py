"""Write the lineage of a whole ledger as Parquet, for batch work on a cluster.

    python scripts/export_lineage.py DATABASE_URL FOLDER [--expect CODE …]

The rules of docs/lineage.md are applied here: erroneous events are left out, events of one
transformation are one run, and what was in a container that was an input is an input. What is
left for the cluster is plain joins over four tables: `inputs` and `outputs` (run, node),
`members` (lot, serial) and `codes` (node, code). With --expect the folder also gets what the
store itself recalls for some codes, to compare.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # it ships no types

from traceability.lineage.codes import Codes
from traceability.lineage.membership import Lots, lot_code
from traceability.lineage.queries import Reader
from traceability.lineage.results import Item, Limits
from traceability.lineage.streaming import stream_recall
from traceability.lineage.upstream import Upstream
from traceability.lineage.walking import Sources
from traceability.store.engine import open_engine
from traceability.store.repositories import Repositories
from traceability.store.repositories.events import ROLES
from traceability.store.unit_of_work import reading

EVENTS_AT_ONCE = 2_000
ROWS_AT_ONCE = 100_000
NUMBERS = pa.int64()
SCHEMAS = {
    "inputs": pa.schema([("run", NUMBERS), ("node", NUMBERS)]),
    "outputs": pa.schema([("run", NUMBERS), ("node", NUMBERS)]),
    "members": pa.schema([("lot", NUMBERS), ("serial", NUMBERS)]),
    "codes": pa.schema([("node", NUMBERS), ("code", pa.string())]),
}
_MAKING = "SELECT event FROM events WHERE type = 'TransformationEvent' ORDER BY event"
_CODES = "SELECT epc, uri FROM epcs ORDER BY epc"
_GTINS = "SELECT DISTINCT gtin FROM item_runs ORDER BY gtin"


class Table:
    """A Parquet file that is being written."""

    def __init__(self, folder: Path, name: str) -> None:
        self._schema = SCHEMAS[name]
        self._writer = pq.ParquetWriter(folder / f"{name}.parquet", self._schema)
        self.rows = 0

    def add(self, rows: Iterable[tuple[int, int | str]]) -> None:
        """Append rows."""
        every = iter(rows)
        while some := list(islice(every, ROWS_AT_ONCE)):
            columns = [pa.array(values) for values in zip(*some, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
            self.rows += len(some)

    def close(self) -> None:
        """End the file."""
        self._writer.close()


def export(repositories: Repositories, folder: Path) -> dict[str, int]:
    """Write the four tables; return how many rows each has."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {name: Table(folder, name) for name in SCHEMAS}
    try:
        events = repositories.connection.exec_driver_sql(_MAKING).scalars()
        while some := set(islice(events, EVENTS_AT_ONCE)):
            _add_runs(repositories, some, tables)
        unnamed = _add_members(repositories, tables["members"])
        named = repositories.connection.exec_driver_sql(_CODES)
        tables["codes"].add((number, code) for number, code in named)
        tables["codes"].add(unnamed.items())
    finally:
        for table in tables.values():
            table.close()
    return {name: table.rows for name, table in tables.items()}


def _add_runs(repositories: Repositories, events: set[int], tables: dict[str, Table]) -> None:
    sources = Sources(Reader(repositories.connection))
    counting = sources.events.counting(events, type="TransformationEvent")
    runs = {event: min(group) for event, group in sources.groups(counting).items()}
    inputs = Upstream(sources, Limits()).consumed(counting)
    tables["inputs"].add((runs[event], node) for event in inputs for node in inputs[event])
    made = sources.reader.named_in(counting, ROLES["output"])
    tables["outputs"].add((runs[event], node) for event, node in made)


def _add_members(repositories: Repositories, table: Table) -> dict[int, str]:
    """Write which serials lots have; return the codes that no event has named, numbered below 0."""
    reader = Reader(repositories.connection)
    unnamed: dict[str, int] = {}
    for gtin in list(repositories.connection.exec_driver_sql(_GTINS).scalars()):
        lots = Lots(reader)
        for lot in sorted({lot_code(run) for run in lots.runs_of([gtin])}):
            for members in lots.members_in_parts(lot, size=ROWS_AT_ONCE):
                codes = [lot, *(one.serial for one in members)]
                known = Codes(reader).known(codes)
                nodes = [known.get(one) or _number(one, unnamed) for one in codes]
                table.add((nodes[0], node) for node in nodes[1:])
    return {number: code for code, number in unnamed.items()}


def _number(code: str, unnamed: dict[str, int]) -> int:
    return unnamed.setdefault(code, -1 - len(unnamed))


def expected(repositories: Repositories, codes: Iterable[str]) -> Iterator[dict[str, object]]:
    """Yield what the store recalls for each code: how many codes, and a hash of them."""
    for code in codes:
        started = time.perf_counter()
        rows = stream_recall(repositories, code, limits=Limits(max_items=1 << 40))
        found = sorted(row.code for row in rows if isinstance(row, Item))
        digest = hashlib.sha256("\n".join(found).encode()).hexdigest()
        seconds = round(time.perf_counter() - started, 2)
        yield {"code": code, "items": len(found), "sha256": digest, "seconds": seconds}


def main() -> None:
    """Export, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--expect", nargs="*", default=[], metavar="CODE")
    wanted = parser.parse_args()
    engine = open_engine(wanted.database_url)
    with reading(engine) as repositories:
        started = time.perf_counter()
        rows = export(repositories, wanted.folder)
        print(json.dumps({**rows, "seconds": round(time.perf_counter() - started, 1)}))
        found = list(expected(repositories, wanted.expect))
    (wanted.folder / "expected.json").write_text(json.dumps(found, indent=2) + "\n")
    engine.dispose()


if __name__ == "__main__":
    main()
