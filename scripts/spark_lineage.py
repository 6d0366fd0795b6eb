"""Recall sets of many codes at once on Spark, from what export_lineage.py has written.

    spark-python scripts/spark_lineage.py FOLDER --like 'https://id.gs1.org/01/GTIN/10/%'

It runs in an environment of its own (requirements/spark.txt) and imports nothing of ItemProof.
Every step is one level for all codes at a time, in Spark SQL. The sets are written to
FOLDER/recalls; those that expected.json names are compared with it: a difference is exit 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

TABLES = ("inputs", "outputs", "members", "codes")
# What is one step from the frontier. A lot that is reached through a serial which may have been
# used with it is reached in part: its other serials are not.
STEP = """
SELECT DISTINCT root, node, whole FROM (
    SELECT f.root, o.node, true AS whole
    FROM frontier f JOIN inputs i ON i.node = f.node JOIN outputs o ON o.run = i.run
    UNION ALL
    SELECT f.root, m.serial, true FROM frontier f JOIN members m ON m.lot = f.node WHERE f.whole
    UNION ALL
    SELECT f.root, m.lot, false
    FROM frontier f JOIN used_members m ON m.serial = f.node WHERE f.whole
) found
WHERE NOT EXISTS (
    SELECT 1 FROM reached r
    WHERE r.root = found.root AND r.node = found.node AND r.whole = found.whole)"""
# Lots that were used by quantity, and something was made of them.
USED_MEMBERS = """
SELECT m.lot, m.serial FROM members m WHERE m.lot IN (
    SELECT i.node FROM inputs i LEFT SEMI JOIN outputs o ON o.run = i.run)"""
RECALLS = """
SELECT DISTINCT a.code AS root, c.code AS code
FROM reached r JOIN codes c ON c.node = r.node JOIN codes a ON a.node = r.root"""


def recalls(spark: SparkSession, like: str) -> tuple[DataFrame, int]:
    """Return (root, code) for every code that is like a pattern, and how many steps it took."""
    spark.sql(USED_MEMBERS).createOrReplaceTempView("used_members")
    start = "SELECT node AS root, node, true AS whole FROM codes WHERE code LIKE :like"
    frontier = spark.sql(start, args={"like": like}).localCheckpoint()
    reached = frontier
    steps = 0
    while not frontier.isEmpty():
        frontier.createOrReplaceTempView("frontier")
        reached.createOrReplaceTempView("reached")
        frontier = spark.sql(STEP).localCheckpoint()
        reached = reached.unionAll(frontier)
        steps += 1
    reached.createOrReplaceTempView("reached")
    return spark.sql(RECALLS), steps


def differences(folder: Path, found: DataFrame) -> list[str]:
    """Return the codes whose set is not the one that the store has recalled."""
    different = []
    for one in json.loads((folder / "expected.json").read_text()):
        codes = sorted(row.code for row in found.where(found.root == one["code"]).collect())
        digest = hashlib.sha256("\n".join(codes).encode()).hexdigest()
        same = (len(codes), digest) == (one["items"], one["sha256"])
        print(f"{one['code']}: {len(codes):,} codes, {'the same' if same else 'DIFFERENT'}")
        different += [] if same else [one["code"]]
    return different


def main() -> int:
    """Compute, write, compare, and print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--like", required=True, help="SQL pattern of the codes to recall")
    parser.add_argument("--master", default="local-cluster[2,1,1024]")
    wanted = parser.parse_args()
    # Not before: --help answers in every environment.
    from pyspark.sql import SparkSession  # noqa: PLC0415 # it may not be there

    folder = wanted.folder.resolve()
    spark: Any = SparkSession.builder.master(wanted.master).appName("lineage")
    spark = spark.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "8")
    spark = spark.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    for name in TABLES:
        spark.read.parquet(str(folder / f"{name}.parquet")).createOrReplaceTempView(name)
    started = time.perf_counter()
    found, steps = recalls(spark, wanted.like)
    found.write.mode("overwrite").parquet(str(folder / "recalls"))
    seconds = time.perf_counter() - started
    written = spark.read.parquet(str(folder / "recalls"))
    roots = written.select("root").distinct().count()
    told = {"codes": written.count(), "roots": roots, "steps": steps, "seconds": round(seconds, 1)}
    print(json.dumps(told))
    different = differences(folder, written)
    spark.stop()
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
