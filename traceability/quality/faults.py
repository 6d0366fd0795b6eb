"""What can be wrong with a quality record, a metric or a policy, each with its stable code.

Source: none; the faults of `analytics`, which knows no ledger, are translated here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from analytics import errors
from traceability.errors import InvalidInput


class QualityMemberInvalid(InvalidInput):
    """A member of a quality record is missing or unknown."""

    code = "QUALITY_MEMBER"


class QualityValueInvalid(InvalidInput):
    """A value of a quality record has another type or lies out of range."""

    code = "QUALITY_VALUE"


class QualityCountsContradict(InvalidInput):
    """Counts or readings of a quality record contradict each other."""

    code = "QUALITY_COUNTS"


class QualitySpecificationInvalid(InvalidInput):
    """Specification limits are reversed, missing or without a quantum."""

    code = "QUALITY_SPECIFICATION"


class MetricSyntax(InvalidInput):
    """A metric is not written as a plain decimal."""

    code = "METRIC_SYNTAX"


class MetricRange(InvalidInput):
    """A metric lies outside the values it can take."""

    code = "METRIC_RANGE"


class ScorePolicyInvalid(InvalidInput):
    """A score policy is incomplete or contradicts itself."""

    code = "SCORE_POLICY"


class ReadingInvalid(InvalidInput):
    """A reading is no number, or finer than the gauge can tell."""

    code = "READING_INVALID"


class TooFewReadings(InvalidInput):
    """There are too few readings for what is asked."""

    code = "TOO_FEW_READINGS"


class ZeroVariance(InvalidInput):
    """Nothing varies, or nothing went wrong: there are no limits."""

    code = "ZERO_VARIANCE"


class StatisticParameterInvalid(InvalidInput):
    """A parameter of a chart or study lies outside its range."""

    code = "PARAMETER_INVALID"


class GaugeStudyUnbalanced(InvalidInput):
    """A gauge study is not crossed, or not balanced."""

    code = "STUDY_UNBALANCED"


class SamplingPlanUnknown(InvalidInput):
    """The standard has no sampling plan for what is asked."""

    code = "SAMPLING_PLAN_UNKNOWN"


TRANSLATIONS: dict[type[errors.AnalyticsError], type[InvalidInput]] = {
    errors.MetricSyntaxError: MetricSyntax,
    errors.MetricRangeError: MetricRange,
    errors.CountsError: QualityCountsContradict,
    errors.SpecificationError: QualitySpecificationInvalid,
    errors.PolicyError: ScorePolicyInvalid,
    errors.ReadingError: ReadingInvalid,
    errors.TooFewError: TooFewReadings,
    errors.VarianceError: ZeroVariance,
    errors.ParameterError: StatisticParameterInvalid,
    errors.DesignError: GaugeStudyUnbalanced,
    errors.PlanError: SamplingPlanUnknown,
}


@contextmanager
def translated(pointer: str = "") -> Iterator[None]:
    """Turn a fault of `analytics` inside the block into one of ours, at a pointer."""
    try:
        yield
    except errors.AnalyticsError as fault:
        raise TRANSLATIONS[type(fault)](str(fault), pointer=pointer) from fault
