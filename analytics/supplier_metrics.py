"""The metrics of one supplier with their bounds, from integer statistics alone.

Sources: ISO 13053-1:2011 (DPMO, yields), ISO 22514-2:2017 (capability); bounds as
`intervals` cites them, joint over several quantities by Bonferroni's inequality.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from analytics.capability import Capability, capability
from analytics.exact import fixed, round_to
from analytics.grading import Metrics, shown
from analytics.integer_statistics import IntegerStatistics
from analytics.intervals import Interval, exact_lower, exact_upper, normal_quantile, wilson
from analytics.loss_rates import LossRates
from analytics.score_policy import ScorePolicy
from analytics.supplier_data import Characteristic, SubgroupKey, SupplierData
from analytics.yields import (
    MILLION,
    Gate,
    defects_per_million,
    defects_per_unit,
    rolled_throughput_yield,
    sigma_level,
)

_SAMPLED_METRICS = 3  # DPMO, yield and Cpk share the doubt of the score's interval.
_Parts = list[tuple[SubgroupKey, IntegerStatistics]]


@dataclass(frozen=True, slots=True)
class CharacteristicResult:
    """Capability of the current version of one key characteristic at one stage."""

    kind: str
    stage: str
    characteristic: Characteristic
    capability: Capability

    def to_json(self) -> dict[str, object]:
        """Return the result as outsiders see it."""
        found = self.capability
        return {
            "kind": self.kind,
            "stage": self.stage,
            "name": self.characteristic.name,
            "readings": found.readings,
            "cp": shown(found.cp, 4),
            "cpk": shown(found.cpk, 4),
            "pp": shown(found.pp, 4),
            "ppk": shown(found.ppk, 4),
            "established": not found.reason,
            "reason": found.reason,
            "chart": found.chart.kind if found.chart else None,
            "signals": sorted({signal.rule for signal in found.signals}),
        }


@dataclass(frozen=True, slots=True)
class SupplierMetrics:
    """Estimates, joint intervals for the score, and one-sided bounds for the grade.

    Parameters
    ----------
    inspected, nonconformities, opportunities
        Sums over first submissions of the counted kinds; units, defects, opportunities.
    gates
        First submissions at each check of each stage.
    characteristics
        Results of the key characteristics.
    superseded_readings
        Readings against a specification that a later one replaced.
    dpmo_interval, rty_interval, cpk_interval
        Two-sided, joint at the policy's confidence; None where the metric is.
    dpmo_upper, rty_lower, cpk_lower
        One-sided bounds, each at the policy's confidence.
    """

    inspected: int
    nonconformities: int
    opportunities: int
    gates: tuple[Gate, ...]
    characteristics: tuple[CharacteristicResult, ...]
    superseded_readings: int
    dpmo_interval: Interval | None
    rty_interval: Interval | None
    cpk_interval: Interval | None
    dpmo_upper: Fraction | None
    rty_lower: Fraction | None
    cpk_lower: Fraction | None

    @property
    def dpmo(self) -> Fraction | None:
        """Return defects per million opportunities; None if nothing was inspected."""
        if not self.opportunities:
            return None
        return defects_per_million(self.nonconformities, self.opportunities)

    @property
    def cpk(self) -> Fraction | None:
        """Return the least Cpk; None unless every key characteristic has one."""
        found = [part.capability.cpk for part in self.characteristics]
        known = [value for value in found if value is not None]
        return min(known) if known and len(known) == len(found) else None

    @property
    def rty(self) -> Fraction | None:
        """Return the rolled throughput yield; None if nothing was inspected."""
        return rolled_throughput_yield(self.gates)

    @property
    def is_unstable(self) -> bool:
        """Return whether a chart of a key characteristic shows a signal."""
        return any(part.capability.reason == "unstable" for part in self.characteristics)

    def estimates(self, rates: LossRates) -> Metrics:
        """Return the point values, as the text of the regulation takes them."""
        return Metrics(self.dpmo, self.cpk, self.rty, rates.internal, rates.external)

    def demonstrated(self, rates: LossRates) -> Metrics:
        """Return the values that the data demonstrate; losses are no samples."""
        lower = None if self.cpk is None else self.cpk_lower
        return Metrics(self.dpmo_upper, lower, self.rty_lower, rates.internal, rates.external)

    def to_json(self, rates: LossRates) -> dict[str, object]:
        """Return the metrics as outsiders see them: decimal strings, bounds outward."""
        return {
            "sigma": self._sigma_json(),
            "cpk": {
                "value": shown(self.cpk, 4),
                **_bounds(self.cpk_interval, 4),
                "characteristics": [part.to_json() for part in self.characteristics],
            },
            "rty": {
                "value": shown(self.rty, 6),
                **_bounds(self.rty_interval, 6),
                "gates": [_gate_json(gate) for gate in self.gates],
            },
            "internal_loss": {"value": shown(rates.internal, 6), "year": rates.year},
            "external_loss": {"value": shown(rates.external, 6), "year": rates.year},
        }

    def _sigma_json(self) -> dict[str, object]:
        level = None if self.dpmo is None else sigma_level(self.dpmo)
        units = self.inspected
        return {
            "value": shown(level, 4),
            "dpmo": shown(self.dpmo, 4),
            **_bounds(self.dpmo_interval, 4),
            "dpu": shown(defects_per_unit(self.nonconformities, units), 6) if units else None,
            "nonconformities": self.nonconformities,
            "opportunities": self.opportunities,
            "inspected": self.inspected,
        }


def supplier_metrics(data: SupplierData, policy: ScorePolicy) -> SupplierMetrics:
    """Compute every metric of a supplier and its bounds."""
    counted = list(data.counted(policy.counted_kinds))
    gates = _gates(counted)
    results, superseded = _characteristics(counted, policy)
    nonconformities = sum(statistics.nonconformities for _, statistics in counted)
    opportunities = sum(statistics.opportunities for _, statistics in counted)
    doubt = (1 - policy.confidence) / _SAMPLED_METRICS
    upper = None
    if opportunities:
        upper = MILLION * exact_upper(nonconformities, opportunities, confidence=policy.confidence)
    return SupplierMetrics(
        inspected=sum(statistics.inspected for _, statistics in counted),
        nonconformities=nonconformities,
        opportunities=opportunities,
        gates=gates,
        characteristics=results,
        superseded_readings=superseded,
        dpmo_interval=_dpmo_interval(nonconformities, opportunities, doubt),
        rty_interval=_rty_interval(gates, doubt),
        cpk_interval=_cpk_interval(results, doubt),
        dpmo_upper=upper,
        rty_lower=_rty_lower(gates, policy.confidence),
        cpk_lower=_cpk_lower(results, policy.confidence),
    )


def _gates(counted: _Parts) -> tuple[Gate, ...]:
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for key, statistics in counted:
        sums[key.gate][0] += statistics.inspected
        sums[key.gate][1] += statistics.passed
    return tuple(
        Gate(kind, stage, name or None, inspected, passed)
        for (kind, stage, name), (inspected, passed) in sorted(sums.items())
    )


def _characteristics(
    counted: _Parts, policy: ScorePolicy
) -> tuple[tuple[CharacteristicResult, ...], int]:
    """Judge each key characteristic against its latest version.

    A characteristic that was key once stays key, whatever later versions say: otherwise a
    new version would be a way out.
    """
    versions: dict[tuple[str, str, str], dict[Characteristic, list[IntegerStatistics]]]
    versions = defaultdict(lambda: defaultdict(list))
    for key, statistics in counted:
        if key.characteristic is not None:
            versions[key.gate][key.characteristic].append(statistics)
    keyed = [gate for gate, found in versions.items() if any(v.is_key for v in found)]
    stability = policy.stability.shared(len(keyed))
    results = []
    superseded = 0
    for kind, stage, name in sorted(keyed):
        found = versions[kind, stage, name]
        latest = max(found, key=lambda version: max(p.first_ordinal for p in found[version]))
        superseded += sum(p.readings for v, parts in found.items() if v != latest for p in parts)
        judged = capability(found[latest], latest.limits, policy=stability)
        results.append(CharacteristicResult(kind, stage, latest, judged))
    return tuple(results), superseded


def _dpmo_interval(nonconformities: int, opportunities: int, doubt: Fraction) -> Interval | None:
    if not opportunities:
        return None
    found = wilson(nonconformities, opportunities, confidence=1 - doubt)
    return Interval(MILLION * found.low, MILLION * found.high)


def _rty_interval(gates: tuple[Gate, ...], doubt: Fraction) -> Interval | None:
    if not gates:
        return None
    confidence = 1 - doubt / len(gates)
    found = [wilson(gate.passed, gate.inspected, confidence=confidence) for gate in gates]
    low = prod((part.low for part in found), start=Fraction(1))
    high = prod((part.high for part in found), start=Fraction(1))
    return Interval(low, high)


def _rty_lower(gates: tuple[Gate, ...], confidence: Fraction) -> Fraction | None:
    if not gates:
        return None
    each = 1 - (1 - confidence) / len(gates)
    bounds = (exact_lower(gate.passed, gate.inspected, confidence=each) for gate in gates)
    return prod(bounds, start=Fraction(1))


def _cpk_interval(results: tuple[CharacteristicResult, ...], doubt: Fraction) -> Interval | None:
    if not results:
        return None
    z = normal_quantile(1 - doubt / (2 * len(results)))
    found = [part.capability.cpk_interval(z) for part in results]
    known = [interval for interval in found if interval is not None]
    if len(known) < len(found):
        return None
    return Interval(min(part.low for part in known), min(part.high for part in known))


def _cpk_lower(results: tuple[CharacteristicResult, ...], confidence: Fraction) -> Fraction | None:
    """Bound the least Cpk: each above its own bound suffices, without Bonferroni."""
    z = normal_quantile(confidence)
    found = [part.capability.cpk_interval(z) for part in results]
    return min((interval.low for interval in found if interval is not None), default=None)


def _bounds(interval: Interval | None, decimals: int) -> dict[str, str | None]:
    if interval is None:
        return {"low": None, "high": None}
    return {
        "low": fixed(interval.low, decimals, rounding="down"),
        "high": fixed(interval.high, decimals, rounding="up"),
    }


def _gate_json(gate: Gate) -> dict[str, object]:
    return {
        "kind": gate.kind,
        "stage": gate.stage,
        "characteristic": gate.characteristic,
        "inspected": gate.inspected,
        "passed": gate.passed,
        "first_pass_yield": fixed(round_to(gate.first_pass_yield, 6), 6),
    }
