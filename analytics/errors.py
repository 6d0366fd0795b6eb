"""The faults of this package, each with a stable code; callers turn them into their own.

AnalyticsError
├── MetricSyntaxError       a metric is not written as a plain decimal
├── MetricRangeError        a metric lies outside the values it can take
├── CountsError             counts contradict each other
├── SpecificationError      specification limits are reversed, missing or without a quantum
└── PolicyError             a score policy is incomplete or contradicts itself
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
