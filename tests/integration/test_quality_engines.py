"""One statement, four engines: the integers, the hash and the scores agree to the bit."""

import random
import sqlite3
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import make_url

from analytics.duckdb_statistics import run_duckdb, to_arrow
from analytics.integer_statistics import (
    MAX_DEVIATION,
    STATEMENT,
    IntegerStatistics,
    Observation,
    decode,
    run_python,
)
from analytics.supplier_data import SupplierData
from tests.support.quality import inspection_rows
from traceability.quality.statistics import observations, statistics_hash

COLUMNS = """subgroup INTEGER NOT NULL, ordinal BIGINT NOT NULL, deviation INTEGER,
inspected INTEGER NOT NULL, passed INTEGER NOT NULL, nonconformities INTEGER NOT NULL,
opportunities BIGINT NOT NULL"""
Engine = Callable[[list[Observation]], dict[int, IntegerStatistics]]


def run_sqlite(rows: list[Observation]) -> dict[int, IntegerStatistics]:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE observations ({COLUMNS})")
    connection.executemany("INSERT INTO observations VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    found = decode(connection.execute(STATEMENT).fetchall())
    connection.close()
    return found


def run_postgresql(url: str, rows: list[Observation]) -> dict[int, IntegerStatistics]:
    uri = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE TEMPORARY TABLE observations ({COLUMNS})")
        with connection.cursor().copy("COPY observations FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return decode(connection.execute(STATEMENT).fetchall())


@pytest.fixture(params=["duckdb", "sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "postgresql":
        url = str(request.getfixturevalue("empty_postgres_url"))
        return lambda rows: run_postgresql(url, rows)
    return run_sqlite if request.param == "sqlite" else lambda rows: run_duckdb(to_arrow(rows))


def test_every_engine_gives_the_integers_of_python(engine: Engine) -> None:
    given = list(observations(inspection_rows(seed=3, lots=120)).rows)
    random.Random(5).shuffle(given)
    assert engine(given) == run_python(given)


def test_every_engine_holds_extreme_deviations(engine: Engine) -> None:
    extremes = (MAX_DEVIATION, -MAX_DEVIATION, MAX_DEVIATION)
    given = [Observation(0, at, deviation, 0, 0, 0, 0) for at, deviation in enumerate(extremes)]
    assert engine(given) == run_python(given)


def test_every_engine_gives_the_same_hash(engine: Engine) -> None:
    given = observations(inspection_rows(seed=4, lots=60))

    def digest(found: dict[int, IntegerStatistics]) -> bytes:
        groups = {given.keys[number]: statistics for number, statistics in found.items()}
        return statistics_hash([SupplierData("6901234567892", groups)])

    rows = list(given.rows)
    assert digest(engine(rows)) == digest(run_python(rows))
    changed = rows[7]._replace(deviation=(rows[7].deviation or 0) + 1)
    assert digest(engine([*rows[:7], changed, *rows[8:]])) != digest(run_python(rows))
