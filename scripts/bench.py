"""Measure what the design budgets, each row beside its floor or peer in the same run.

    python scripts/bench.py [--only GLOB] [--quick]

Prints a table and writes `bench-results.json`, a list of
`{name, value, unit, budget, floor, met}`. A benchmark is not a test: it never fails.
"""

from __future__ import annotations

import argparse
import json
import sys
from fnmatch import fnmatch
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.benchmarks import (
    anchoring,
    auditing,
    crowded_log,
    disclosing,
    exporting,
    hashing,
    http,
    lineage,
    lineage_ingest,
    lineage_snapshot,
    minting,
    mirror,
    recalling,
    sequencing,
    statuses,
    streaming,
    xml,
)
from scripts.benchmarks.measure import Row

RESULTS = Path("bench-results.json")
# Each measures one part and yields its rows; a part runs if any of its names is wanted.
PARTS = (
    hashing.PART,
    disclosing.PART,
    crowded_log.PART,
    statuses.PART,
    xml.PART,
    minting.PART,
    anchoring.PART,
    *auditing.PARTS,
    sequencing.PART,
    mirror.PART,
    http.PART,
    streaming.PART,
    *lineage.PARTS,
    *lineage_ingest.PARTS,
    *lineage_snapshot.PARTS,
    recalling.PART,
    exporting.PART,
)


def main() -> None:
    """Run the wanted parts and print their rows as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="glob over row names, such as 'mint*'")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    wanted = parser.parse_args()
    rows: list[Row] = []
    print(f"{'name':44} {'value':>14} {'unit':12} {'budget':>12} {'floor':>12}  met")
    for part in PARTS:
        if not any(fnmatch(name, wanted.only) for name in part.names):
            continue
        for row in part.measure(quick=wanted.quick):
            rows.append(row)
            print(row.line(), flush=True)
    RESULTS.write_text(json.dumps([row.to_json() for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
