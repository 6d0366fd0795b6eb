"""Scores of all suppliers as of a tree size, with the hashes that let anybody recompute them.

Source: `analytics.supplier_score`; a `score` statement of the log carries the hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.grading import Grade, grade, parse_metrics
from analytics.supplier_score import CODE_VERSION, SupplierScore, score_supplier
from traceability.quality.faults import translated
from traceability.quality.policy import default_policy, policy_hash, read_policy
from traceability.quality.records import QualityRow
from traceability.quality.statistics import collect, statistics_hash


@dataclass(frozen=True, slots=True)
class ScoreRun:
    """One computation of all scores.

    Parameters
    ----------
    as_of_size
        Tree size whose entries were counted.
    policy_hash, statistics_hash
        SHA-256 digests of the policy and of the integers that the scores follow from.
    code_version
        Version of the arithmetic.
    suppliers
        Scores, ordered by GLN.
    """

    as_of_size: int
    policy_hash: bytes
    statistics_hash: bytes
    code_version: str
    suppliers: tuple[SupplierScore, ...]


def run_scores(
    rows: Iterable[QualityRow],
    *,
    as_of_size: int,
    policy: Mapping[str, Any] | None = None,
    suppliers: Iterable[str] = (),
) -> ScoreRun:
    """Score every supplier from the quality records below a tree size.

    Parameters
    ----------
    rows
        Quality records, in any order; the log's order decides.
    as_of_size
        Tree size.
    policy
        Policy as data; None for the one that ships with the project.
    suppliers
        GLNs to list even without any record: no data is no perfect score.

    Raises
    ------
    ScorePolicyInvalid
        The data are no policy.
    """
    value = default_policy() if policy is None else policy
    rules = read_policy(value)
    collected = collect(rows, as_of_size=as_of_size, suppliers=suppliers)
    with translated():
        scores = tuple(
            score_supplier(data, rules, excluded=collected.excluded.get(data.gln, ()))
            for data in collected.suppliers
        )
    return ScoreRun(
        as_of_size=as_of_size,
        policy_hash=policy_hash(value),
        statistics_hash=statistics_hash(collected.suppliers),
        code_version=CODE_VERSION,
        suppliers=scores,
    )


def score_suppliers(
    rows: Iterable[QualityRow], *, as_of_size: int, policy: Mapping[str, Any] | None = None
) -> tuple[SupplierScore, ...]:
    """Return the scores of `run_scores` alone."""
    return run_scores(rows, as_of_size=as_of_size, policy=policy).suppliers


def grade_metrics(
    *,
    dpmo: str | None = None,
    cpk: str | None = None,
    rty: str | None = None,
    internal_loss: str | None = None,
    external_loss: str | None = None,
) -> Grade:
    """Grade five metrics given as text; an absent or empty one was not computed.

    Raises
    ------
    MetricSyntax, MetricRange
        Not a plain decimal; a value that the metric cannot take.
    """
    with translated():
        return grade(
            parse_metrics(
                dpmo=dpmo,
                cpk=cpk,
                rty=rty,
                internal_loss=internal_loss,
                external_loss=external_loss,
            )
        )
