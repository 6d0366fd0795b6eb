"""Integer statistics, grades, bounds and scores keep their promises on any input."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.duckdb_statistics import run_duckdb, to_arrow
from analytics.exact import fixed, parse_decimal, sqrt_down, sqrt_up
from analytics.grading import METRICS, Metrics, grade
from analytics.integer_statistics import MAX_DEVIATION, Observation, merge, run_python, variance
from analytics.intervals import exact_upper, wilson
from analytics.supplier_score import score_supplier
from tests.support.quality import SUPPLIER, accounts, inspection
from traceability.quality.policy import default_policy, read_policy
from traceability.quality.records import QualityRow
from traceability.quality.statistics import collect

DEVIATIONS = st.integers(-MAX_DEVIATION, MAX_DEVIATION)
FRACTIONS = st.fractions(0, 1, max_denominator=10**6)
POLICY = read_policy(default_policy())


@st.composite
def observation_lists(draw: st.DrawFn) -> list[Observation]:
    subgroups = draw(st.lists(st.integers(0, 4), max_size=40))
    ordinals = draw(st.permutations(range(len(subgroups))))
    return [
        Observation(subgroup, ordinal, draw(st.none() | DEVIATIONS), *draw(st.tuples(
            *[st.integers(0, 2_000_000_000)] * 4)))
        for subgroup, ordinal in zip(subgroups, ordinals, strict=True)
    ]  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(observation_lists())
def test_duckdb_and_python_agree_to_the_bit(rows: list[Observation]) -> None:
    assert run_duckdb(to_arrow(rows)) == run_python(rows)


@given(st.lists(DEVIATIONS, min_size=2, max_size=30), st.integers(1, 29))
def test_merged_parts_have_the_variance_of_the_whole(deviations: list[int], cut: int) -> None:
    def rows(subgroup: int, values: list[int]) -> list[Observation]:
        return [Observation(subgroup, at, value, 0, 0, 0, 0) for at, value in enumerate(values)]

    cut = min(cut, len(deviations) - 1)
    parts = run_python(rows(1, deviations[:cut]) + rows(2, deviations[cut:]))
    whole = run_python(rows(0, deviations))[0]
    merged = merge(list(parts.values()))
    assert variance(merged) == variance(whole) >= 0
    step = abs(deviations[cut] - deviations[cut - 1])
    assert merged.moving_range == whole.moving_range - step


@given(st.fractions(-(10**9), 10**9, max_denominator=10**6), st.integers(0, 12))
def test_written_decimals_bracket_the_value(value: Fraction, decimals: int) -> None:
    low = parse_decimal(fixed(value, decimals, rounding="down"), name="x")
    high = parse_decimal(fixed(value, decimals, rounding="up"), name="x")
    near = parse_decimal(fixed(value, decimals), name="x")
    assert low <= value <= high
    assert near in (low, high)
    assert high - low in (0, Fraction(1, 10**decimals))


@given(st.fractions(0, 10**12, max_denominator=10**9))
def test_roots_bracket_the_root(value: Fraction) -> None:
    assert sqrt_down(value) ** 2 <= value <= sqrt_up(value) ** 2


@given(st.integers(1, 10**7), st.data(), st.sampled_from(["0.8", "0.95", "0.99"]))
def test_bounds_hold_the_estimate_and_widen_with_confidence(
    trials: int, data: st.DataObject, confidence: str
) -> None:
    successes = data.draw(st.integers(0, trials))
    found = wilson(successes, trials, confidence=Fraction(confidence))
    wider = wilson(successes, trials, confidence=Fraction("0.995"))
    assert wider.low <= found.low <= Fraction(successes, trials) <= found.high <= wider.high
    assert exact_upper(successes, trials, confidence=Fraction(confidence)) >= Fraction(
        successes, trials
    )


METRIC_VALUES = st.builds(
    Metrics,
    dpmo=st.none() | st.fractions(0, 10**6, max_denominator=10**6),
    cpk=st.none() | st.fractions(-1, 3, max_denominator=1000),
    rty=st.none() | FRACTIONS,
    internal_loss=st.none() | FRACTIONS,
    external_loss=st.none() | FRACTIONS,
)


@given(METRIC_VALUES)
def test_a_grade_names_what_limits_it(metrics: Metrics) -> None:
    found = grade(metrics)
    levels = dict(found.levels)
    assert found.limiting
    assert list(found.limiting) == [name for name in METRICS if name in found.limiting]
    if found.level == "insufficient_data":
        assert all(levels[name] is None for name in found.limiting)
        return
    assert all((levels[name] or 1) == found.level for name in found.limiting)
    assert all(level is None or level >= found.level for level in levels.values())


@given(METRIC_VALUES, st.fractions(0, 1, max_denominator=1000))
def test_a_better_metric_never_lowers_the_grade(metrics: Metrics, factor: Fraction) -> None:
    from dataclasses import replace

    if None in (metrics.dpmo, metrics.cpk, metrics.rty):
        return
    assert metrics.dpmo is not None
    assert metrics.cpk is not None
    better = replace(metrics, dpmo=metrics.dpmo * factor, cpk=metrics.cpk + factor)
    before, after = grade(metrics).level, grade(better).level
    assert after >= before  # type: ignore[operator]  # the test knows


@given(st.sampled_from(METRICS), st.lists(st.fractions(0, 10**6), min_size=2, max_size=6))
def test_points_run_one_way(metric: str, values: list[Fraction]) -> None:
    points = [POLICY.points_at(metric, value) for value in sorted(values)]
    steps = [after - before for before, after in pairwise(points)]
    assert all(step >= 0 for step in steps) or all(step <= 0 for step in steps)
    assert all(0 <= value <= 100 for value in points)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 500), st.integers(0, 20), st.sampled_from("abc"), st.booleans()),
        max_size=12,
    ),
    st.booleans(),
)
def test_a_score_lies_in_its_interval(
    counts: list[tuple[int, int, str, bool]], has_accounts: bool
) -> None:
    rows = [
        QualityRow(at, 0, inspection(
            inspected=inspected, passed=max(0, inspected - failed), stage=stage,
            nonconformities=min(failed, inspected), submission=1 if first else 2,
        ))
        for at, (inspected, failed, stage, first) in enumerate(counts)
    ]  # fmt: skip
    rows += accounts(leaf_index=50) if has_accounts else []
    collected = collect(rows, as_of_size=100, suppliers=[SUPPLIER])
    found = score_supplier(collected.suppliers[0], POLICY)
    assert 0 <= found.low <= found.score <= found.high <= 100
    assert found.score < 100
    text, demonstrated = found.text_grade.level, found.demonstrated_grade.level
    assert isinstance(text, str) or isinstance(demonstrated, str) or demonstrated <= text
