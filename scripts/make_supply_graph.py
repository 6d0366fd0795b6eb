"""Fill an empty database with a made-up supply chain, for measuring lineage.

    python scripts/make_supply_graph.py sqlite:////tmp/graph.sqlite --rows 10000000

Rows are of `event_epcs`. No other command may use the database: its records have no proofs.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.benchmarks.lineage_graph import rod_lot
from scripts.benchmarks.lineage_store import fill


def main() -> None:
    """Fill the database and say what can be asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url", help="of an empty or new database")
    parser.add_argument("--rows", type=int, default=1_000_000, help="about so many")
    wanted = parser.parse_args()
    started = time.perf_counter()
    rows = fill(wanted.database_url, wanted.rows)
    print(f"{rows:,} rows in {time.perf_counter() - started:.0f} s; the largest family is of:")
    print(rod_lot(0))


if __name__ == "__main__":
    main()
