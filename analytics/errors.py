"""The faults of this package, each with a stable code; callers turn them into their own.

AnalyticsError
├── MetricSyntaxError       a metric is not written as a plain decimal
├── MetricRangeError        a metric lies outside the values it can take
├── CountsError             counts contradict each other
├── SpecificationError      specification limits are reversed, missing or without a quantum
├── PolicyError             a score policy is incomplete or contradicts itself
├── ReadingError            a reading is no number, or finer than the gauge can tell
├── TooFewError             there are too few readings for what is asked
├── VarianceError           nothing varies, or nothing went wrong: there are no limits
├── ParameterError          a parameter of a chart or study lies outside its range
├── DesignError             a gauge study is not crossed, or not balanced
└── PlanError               the standard has no sampling plan for what is asked
"""

from __future__ import annotations

from typing import ClassVar


class AnalyticsError(ValueError):
    """Input from which nothing honest can be computed."""

    code: ClassVar[str] = "ANALYTICS_ERROR"


class MetricSyntaxError(AnalyticsError):
    """A metric is not written as a plain decimal."""

    code = "METRIC_SYNTAX"


class MetricRangeError(AnalyticsError):
    """A metric lies outside the values it can take."""

    code = "METRIC_RANGE"


class CountsError(AnalyticsError):
    """Counts contradict each other."""

    code = "COUNTS_CONTRADICT"


class SpecificationError(AnalyticsError):
    """Specification limits are reversed, missing or without a quantum."""

    code = "SPECIFICATION_INVALID"


class PolicyError(AnalyticsError):
    """A score policy is incomplete or contradicts itself."""

    code = "POLICY_INVALID"


class ReadingError(AnalyticsError):
    """A reading is no number, or finer than the gauge can tell."""

    code = "READING_INVALID"


class TooFewError(AnalyticsError):
    """There are too few readings for what is asked."""

    code = "TOO_FEW_READINGS"


class VarianceError(AnalyticsError):
    """Nothing varies, or nothing went wrong: there are no limits."""

    code = "ZERO_VARIANCE"


class ParameterError(AnalyticsError):
    """A parameter of a chart or study lies outside its range."""

    code = "PARAMETER_INVALID"


class DesignError(AnalyticsError):
    """A gauge study is not crossed, or not balanced."""

    code = "STUDY_UNBALANCED"


class PlanError(AnalyticsError):
    """The standard has no sampling plan for what is asked."""

    code = "SAMPLING_PLAN_UNKNOWN"
