"""From committed rows to integer statistics, and the hash that names them.

Source: RFC 8785 for the bytes that are hashed. Sums are decimal strings, since they exceed
what a JSON number carries exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analytics.exact import plain
from analytics.integer_statistics import (
    IntegerStatistics,
    Observation,
    observe,
    run_python,
)
from analytics.loss_rates import AnnualLoss, AnnualOutput
from analytics.supplier_data import Characteristic, SubgroupKey, SupplierData
from analytics.supplier_score import Excluded
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import sha256
from traceability.quality.records import (
    Inspection,
    LossRecord,
    OutputRecord,
    QualityRow,
    Unreadable,
)
from traceability.strict_json import JSONValue

STATISTICS_VERSION = "itemproof-statistics/1"
DUCKDB_FROM_ROWS = 50_000  # Below it, starting DuckDB costs more than Python's loop.
UNCOUNTED_STATUSES = frozenset({"corrected", "erased"})  # The replacement counts instead.


@dataclass(frozen=True, slots=True)
class Observations:
    """Rows for the statement, and what its subgroup numbers stand for."""

    keys: tuple[SubgroupKey, ...]
    rows: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that scores follow from.

    Parameters
    ----------
    suppliers
        Data of each supplier, ordered by GLN.
    excluded
        Records of each supplier left out before any counting.
    """

    suppliers: tuple[SupplierData, ...]
    excluded: Mapping[str, tuple[Excluded, ...]]


def collect(
    rows: Iterable[QualityRow], *, as_of_size: int, suppliers: Iterable[str] = ()
) -> Collected:
    """Gather integer statistics from the entries below a tree size.

    Parameters
    ----------
    rows
        Quality records, in any order.
    as_of_size
        Tree size; entries from this leaf index on are as if not yet written.
    suppliers
        GLNs to list even without any record.
    """
    logged = sorted((row for row in rows if row.leaf_index < as_of_size), key=_place)
    counted = [row for row in logged if row.status not in UNCOUNTED_STATUSES]
    statistics = summarise(observations(counted))
    losses: dict[str, list[AnnualLoss]] = defaultdict(list)
    outputs: dict[str, list[AnnualOutput]] = defaultdict(list)
    for row in counted:
        if isinstance(row.content, LossRecord):
            losses[row.content.supplier].append(row.content.loss)
        elif isinstance(row.content, OutputRecord):
            outputs[row.content.supplier].append(row.content.output)
    groups: dict[str, dict[SubgroupKey, IntegerStatistics]] = defaultdict(dict)
    for key, found in statistics.items():
        groups[key.supplier][key] = found
    names = {row.content.supplier for row in logged} | set(suppliers)
    return Collected(
        suppliers=tuple(
            SupplierData(gln, groups[gln], tuple(losses[gln]), tuple(outputs[gln]))
            for gln in sorted(names)
        ),
        excluded=_excluded(logged),
    )


def observations(rows: Sequence[QualityRow]) -> Observations:
    """Lay inspections out for the statement, one row a reading, in the order of the log."""
    numbers: dict[SubgroupKey, int] = {}
    found: list[Observation] = []
    for row in rows:
        if isinstance(row.content, Inspection):
            subgroup = numbers.setdefault(_key(row.content), len(numbers))
            found.extend(_observe(row.content, subgroup, ordinal=len(found)))
    return Observations(tuple(numbers), tuple(found))


def summarise(given: Observations) -> dict[SubgroupKey, IntegerStatistics]:
    """Run the statement on the engine that suits the number of rows; the bits are the same."""
    engine = run_python if len(given.rows) < DUCKDB_FROM_ROWS else _duckdb
    found = engine(given.rows)
    return {given.keys[number]: statistics for number, statistics in found.items()}


def _duckdb(rows: Iterable[Observation]) -> dict[int, IntegerStatistics]:
    from analytics.duckdb_statistics import run_duckdb, to_arrow  # noqa: PLC0415 # a node starts without waiting for it

    return run_duckdb(to_arrow(rows))


def statistics_hash(suppliers: Sequence[SupplierData]) -> bytes:
    """Return the digest that a score statement commits to: SHA-256 of the JCS bytes."""
    return sha256(canonicalize(statistics_json(suppliers)))


def statistics_json(suppliers: Sequence[SupplierData]) -> JSONValue:
    """Return the integers behind the scores, in an order that no engine chooses.

    Subgroups are in the order of their first readings in the log, suppliers by GLN.
    """
    listed: list[JSONValue] = [_supplier_json(data) for data in suppliers]
    return {"version": STATISTICS_VERSION, "suppliers": listed}


def _supplier_json(data: SupplierData) -> JSONValue:
    ordered = sorted(data.subgroups.items(), key=lambda item: item[1].first_ordinal)
    return {
        "gln": data.gln,
        "subgroups": [_subgroup_json(key, statistics) for key, statistics in ordered],
        "losses": [
            [loss.year, loss.side, loss.kind, str(loss.amount_cents), loss.currency]
            for loss in data.losses
        ],
        "outputs": [
            [output.year, str(output.amount_cents), output.currency] for output in data.outputs
        ],
    }


def _subgroup_json(key: SubgroupKey, statistics: IntegerStatistics) -> JSONValue:
    numbers: list[JSONValue] = list(statistics.numbers())
    characteristic = None if key.characteristic is None else _version_json(key.characteristic)
    return [key.kind, key.stage, characteristic, key.lot, key.is_first, numbers]


@lru_cache(maxsize=4096)
def _version_json(version: Characteristic) -> JSONValue:
    return {
        "name": version.name,
        "unit": version.unit,
        "nominal": plain(version.nominal),
        "quantum": plain(version.quantum),
        "lower": None if version.lower is None else plain(version.lower),
        "upper": None if version.upper is None else plain(version.upper),
        "key": version.is_key,
    }


def _key(inspection: Inspection) -> SubgroupKey:
    return SubgroupKey(
        supplier=inspection.supplier,
        kind=inspection.kind,
        stage=inspection.stage,
        characteristic=inspection.characteristic,
        lot=inspection.lot,
        is_first=inspection.submission == 1,
    )


def _observe(inspection: Inspection, subgroup: int, *, ordinal: int) -> Iterator[Observation]:
    return observe(
        subgroup,
        inspection.deviations,
        ordinal=ordinal,
        inspected=inspection.inspected,
        passed=inspection.passed,
        nonconformities=inspection.nonconformities,
        opportunities_per_unit=inspection.opportunities,
    )


def _place(row: QualityRow) -> tuple[int, int]:
    return row.place


def _excluded(rows: Sequence[QualityRow]) -> dict[str, tuple[Excluded, ...]]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row.status in UNCOUNTED_STATUSES:
            counts[row.content.supplier, f"record_{row.status}"] += 1
        elif isinstance(row.content, Unreadable):
            counts[row.content.supplier, "record_unreadable"] += 1
    found: dict[str, tuple[Excluded, ...]] = defaultdict(tuple)
    for (gln, reason), count in sorted(counts.items()):
        found[gln] += (Excluded(reason, count, "records"),)
    return dict(found)
