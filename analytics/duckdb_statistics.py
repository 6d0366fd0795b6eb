"""The integer statistics computed by DuckDB, over an Arrow table.

Source: `integer_statistics.py` has the statement. These libraries take half a second to import,
so whoever may do without them imports this file late.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]  # pyarrow ships no types

from analytics.integer_statistics import STATEMENT, IntegerStatistics, Observation, decode

SCHEMA = pa.schema(
    [
        pa.field("subgroup", pa.int32(), nullable=False),
        pa.field("ordinal", pa.int64(), nullable=False),
        pa.field("deviation", pa.int32()),
        pa.field("inspected", pa.int32(), nullable=False),
        pa.field("passed", pa.int32(), nullable=False),
        pa.field("nonconformities", pa.int32(), nullable=False),
        pa.field("opportunities", pa.int64(), nullable=False),
    ]
)


def run_duckdb(observations: pa.Table, *, threads: int = 2) -> dict[int, IntegerStatistics]:
    """Run the statement with DuckDB, in memory.

    Parameters
    ----------
    observations
        Shape (n_rows, 7), columns as in `SCHEMA`.
    threads
        Upper bound; the result does not depend on it.
    """
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.register("observations", observations)
        found = connection.sql(STATEMENT).to_arrow_table()
    columns = [column.to_pylist() for column in found.columns]
    return decode(zip(*columns, strict=True))


def to_arrow(observations: Iterable[Observation]) -> pa.Table:
    """Lay observations out as the Arrow table that DuckDB reads."""
    columns = list(zip(*observations, strict=True)) or [()] * len(SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
