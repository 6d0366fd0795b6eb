"""A supplier's score between 0 and 100, its interval, its two grades and what they rest on.

Source: the policy (`score_policy`), and the grading rules that `grading` cites. All sums are
of integers and fractions; the few quantiles are rounded outward before they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from analytics.exact import fixed
from analytics.grading import METRICS, Grade, grade
from analytics.intervals import Interval
from analytics.loss_rates import LossRates, loss_rates
from analytics.score_policy import MOST_POINTS, ScorePolicy
from analytics.supplier_data import SupplierData
from analytics.supplier_metrics import SupplierMetrics, supplier_metrics

CODE_VERSION = "itemproof-score/1"  # Raised whenever the same integers give another score.

_SCORE_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Excluded:
    """Data that do not count, and why.

    Parameters
    ----------
    reason
        Stable name.
    count, unit
        How many `units`, `readings` or `records`.
    """

    reason: str
    count: int
    unit: str

    def to_json(self) -> dict[str, object]:
        """Return the exclusion as outsiders see it."""
        return {"reason": self.reason, "count": self.count, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one metric adds to the score.

    Parameters
    ----------
    metric
        One of `METRICS`.
    share
        Its weight over all weights.
    points, low, high
        Points out of 100 at the estimate and at the ends of its interval.
    """

    metric: str
    share: Fraction
    points: Fraction
    low: Fraction
    high: Fraction

    def to_json(self) -> dict[str, object]:
        """Return the contribution as outsiders see it, in points of the score."""
        return {
            "metric": self.metric,
            "weight": fixed(self.share, 4),
            "points": fixed(self.points, 4),
            "contribution": fixed(self.share * self.points, 4),
            "low": fixed(self.share * self.low, 4, rounding="down"),
            "high": fixed(self.share * self.high, 4, rounding="up"),
        }


@dataclass(frozen=True, slots=True)
class SupplierScore:
    """The result for one supplier, exact; `to_json` renders it.

    Parameters
    ----------
    score, low, high
        0 to 100; `low <= score <= high`.
    text_grade, demonstrated_grade
        From the estimates, and from the 95 % bounds that the data demonstrate.
    contributions
        One for each metric, in the order of `METRICS`.
    flags
        What a reader must know, by name.
    """

    gln: str
    score: Fraction
    low: Fraction
    high: Fraction
    text_grade: Grade
    demonstrated_grade: Grade
    contributions: tuple[Contribution, ...]
    metrics: SupplierMetrics
    losses: LossRates
    excluded: tuple[Excluded, ...]
    flags: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Return the score as outsiders see it; two decimals, the interval rounded outward."""
        return {
            "gln": self.gln,
            "score": _shown(fixed(self.score, _SCORE_DECIMALS)),
            "low": _shown(fixed(self.low, _SCORE_DECIMALS, rounding="down")),
            "high": _shown(fixed(self.high, _SCORE_DECIMALS, rounding="up")),
            "text_grade": self.text_grade.level,
            "demonstrated_grade": self.demonstrated_grade.level,
            "level": self.text_grade.level,
            "name": self.text_grade.name_zh,
            "name_en": self.text_grade.name_en,
            "limiting": list(self.text_grade.limiting),
            "gap": [gap.to_json() for gap in self.text_grade.gap],
            "demonstrated_limiting": list(self.demonstrated_grade.limiting),
            "flags": list(self.flags),
            "excluded": [item.to_json() for item in self.excluded],
            "contributions": [item.to_json() for item in self.contributions],
            "metrics": self.metrics.to_json(self.losses),
        }


def score_supplier(
    data: SupplierData, policy: ScorePolicy, *, excluded: tuple[Excluded, ...] = ()
) -> SupplierScore:
    """Score one supplier from integer statistics under a policy.

    Parameters
    ----------
    data
        The supplier's integers.
    excluded
        Records that the caller left out, listed first.

    Notes
    -----
    A metric that was not computed earns nothing, and could earn everything: 0 points, low 0,
    high 100. Where the data show an unstable process, the regulation allows no Cpk: high 0.
    The interval takes all metrics at their worst (best) bounds; the bounds hold jointly
    (Bonferroni), so its coverage is at least the policy's confidence.
    """
    rates = loss_rates(data.losses, data.outputs)
    metrics = supplier_metrics(data, policy)
    text = grade(metrics.estimates(rates))
    demonstrated = grade(metrics.demonstrated(rates))
    contributions = tuple(_contributions(metrics, rates, policy))
    return SupplierScore(
        gln=data.gln,
        score=sum((item.share * item.points for item in contributions), Fraction(0)),
        low=sum((item.share * item.low for item in contributions), Fraction(0)),
        high=sum((item.share * item.high for item in contributions), Fraction(0)),
        text_grade=text,
        demonstrated_grade=demonstrated,
        contributions=contributions,
        metrics=metrics,
        losses=rates,
        excluded=(*excluded, *_excluded(data, metrics, rates, policy)),
        flags=_flags(data, text, metrics),
    )


def _contributions(
    metrics: SupplierMetrics, rates: LossRates, policy: ScorePolicy
) -> list[Contribution]:
    estimates = metrics.estimates(rates)
    values: Mapping[str, Fraction | None] = {
        "sigma": estimates.dpmo,
        "cpk": estimates.cpk,
        "rty": estimates.rty,
        "internal_loss": estimates.internal_loss,
        "external_loss": estimates.external_loss,
    }
    # Losses are sums of accounts, not samples: no interval.
    intervals = {"sigma": metrics.dpmo_interval, "cpk": metrics.cpk_interval}
    intervals["rty"] = metrics.rty_interval
    return [
        _contribution(name, values[name], intervals.get(name), metrics=metrics, policy=policy)
        for name in METRICS
    ]


def _contribution(
    name: str,
    value: Fraction | None,
    interval: Interval | None,
    *,
    metrics: SupplierMetrics,
    policy: ScorePolicy,
) -> Contribution:
    share = policy.share(name)
    if value is None:
        impossible = name == "cpk" and metrics.is_unstable
        most = Fraction(0 if impossible else MOST_POINTS)
        return Contribution(name, share, Fraction(0), Fraction(0), most)
    ends = (interval.low, interval.high) if interval else (value, value)
    low, high = sorted(policy.points_at(name, end) for end in ends)
    return Contribution(name, share, policy.points_at(name, value), low, high)


def _excluded(
    data: SupplierData, metrics: SupplierMetrics, rates: LossRates, policy: ScorePolicy
) -> list[Excluded]:
    resubmitted = uncounted = 0
    for key, statistics in data.subgroups.items():
        if key.kind not in policy.counted_kinds:
            uncounted += statistics.inspected
        elif not key.is_first:
            resubmitted += statistics.inspected
    found = [
        Excluded("resubmission", resubmitted, "units"),
        Excluded("kind_not_counted", uncounted, "units"),
        Excluded("superseded_specification", metrics.superseded_readings, "readings"),
        *(Excluded(reason, count, "records") for reason, count in rates.unused),
    ]
    return [item for item in found if item.count]


def _flags(data: SupplierData, text: Grade, metrics: SupplierMetrics) -> tuple[str, ...]:
    reasons = sorted({part.capability.reason for part in metrics.characteristics})
    flags = [*text.flags, *(f"cpk_{reason}" for reason in reasons if reason)]
    if not data.subgroups and not data.losses and not data.outputs:
        flags.append("no_data")
    return tuple(flags)


def _shown(text: str) -> float:
    """Turn two decimals into the JSON number with the same digits."""
    return float(text)
