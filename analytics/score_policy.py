"""A score policy: weights, points and rules as data, so that anybody can read and rerun it.

Source: `policy.json` beside this file; each metric earns 60, 80 and 100 points at the limits
of levels 3, 4 and 5 of the regulation that `grading` cites, linearly between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from analytics.capability import StabilityPolicy
from analytics.chart_rules import NELSON, WESTERN_ELECTRIC
from analytics.errors import MetricSyntaxError, PolicyError
from analytics.exact import parse_decimal
from analytics.grading import METRICS

MOST_POINTS = 100

Points = tuple[tuple[Fraction, Fraction], ...]


@dataclass(frozen=True, slots=True)
class ScorePolicy:
    """How metrics become a score between 0 and 100.

    Parameters
    ----------
    version
        Name of the policy; its hash is what a statement commits to.
    confidence
        Joint coverage of the interval of the score, and one-sided confidence of each bound
        behind the demonstrated grade; in (0, 1).
    counted_kinds
        Kinds of inspection that count for yield, DPMO and capability.
    weights
        Weight of each metric, at least 0, not all 0.
    points
        For each metric, pairs (value, points), values ascending, 0 to 100 points.
    stability
        What it takes to call a process stable.
    """

    version: str
    confidence: Fraction
    counted_kinds: tuple[str, ...]
    weights: Mapping[str, Fraction]
    points: Mapping[str, Points]
    stability: StabilityPolicy

    def share(self, metric: str) -> Fraction:
        """Return the weight of a metric as a share of all weights."""
        return self.weights[metric] / sum(self.weights.values())

    def points_at(self, metric: str, value: Fraction) -> Fraction:
        """Return the points of a value: linear between its neighbours, level beyond the ends."""
        ladder = self.points[metric]
        if value <= ladder[0][0]:
            return ladder[0][1]
        for (left, before), (right, after) in pairwise(ladder):
            if value <= right:
                return before + (after - before) * (value - left) / (right - left)
        return ladder[-1][1]


def parse_policy(value: Mapping[str, Any]) -> ScorePolicy:
    """Read a policy, its numbers being decimal strings.

    Raises
    ------
    PolicyError
        A member is missing, unknown, of another type, or contradicts the rest.
    """
    members = {"version", "confidence", "counted_kinds", "stability", "weights", "points"}
    _check_members("policy", value, members)
    try:
        policy = ScorePolicy(
            version=_text("version", value["version"]),
            confidence=_number("confidence", value["confidence"]),
            counted_kinds=tuple(_text("kind", kind) for kind in value["counted_kinds"]),
            weights={name: _number(name, value["weights"][name]) for name in METRICS},
            points={name: _ladder(name, value["points"][name]) for name in METRICS},
            stability=_stability(value["stability"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        if isinstance(fault, PolicyError):
            raise
        raise PolicyError(f"policy is incomplete or malformed: {fault}") from fault
    _check(policy, value)
    return policy


def _stability(value: Mapping[str, Any]) -> StabilityPolicy:
    members = {"minimum_subgroups", "minimum_readings", "rules", "false_alarm"}
    _check_members("stability", value, members)
    rules = tuple(_text("rule", rule) for rule in value["rules"])
    unknown = [rule for rule in rules if rule not in NELSON + WESTERN_ELECTRIC]
    if unknown:
        raise PolicyError(f"stability names an unknown rule: got {unknown[0]!r}")
    alarm = value["false_alarm"]
    return StabilityPolicy(
        minimum_subgroups=_count("minimum_subgroups", value["minimum_subgroups"], least=2),
        minimum_readings=_count("minimum_readings", value["minimum_readings"], least=2),
        rules=rules,
        false_alarm=None if alarm is None else _share("false_alarm", alarm),
    )


def _ladder(name: str, pairs: Sequence[Sequence[str]]) -> Points:
    ladder = tuple((_number(name, value), _number(name, points)) for value, points in pairs)
    steps = {(after[1] > before[1]) - (after[1] < before[1]) for before, after in pairwise(ladder)}
    ascending = all(before[0] < after[0] for before, after in pairwise(ladder))
    # More of the metric is always better (Cpk, yield) or always worse, never both.
    direction = 1 if name in ("cpk", "rty") else -1
    if not ascending or steps != {direction}:
        raise PolicyError(f"points of {name} do not run one way: expected strictly monotone pairs")
    if not all(0 <= points <= MOST_POINTS for _, points in ladder):
        raise PolicyError(f"points of {name} out of range: expected 0 to {MOST_POINTS}")
    return ladder


def _check(policy: ScorePolicy, value: Mapping[str, Any]) -> None:
    for name in ("weights", "points"):
        _check_members(name, value[name], set(METRICS))
    _share("confidence", value["confidence"])
    if min(policy.weights.values()) < 0 or not any(policy.weights.values()):
        raise PolicyError("weights out of range: expected none negative, one positive")


def _check_members(name: str, value: object, members: set[str]) -> None:
    if not isinstance(value, Mapping) or set(value) != members:
        wanted = ", ".join(sorted(members))
        raise PolicyError(f"{name} has missing or unknown members: expected {wanted}")


def _number(name: str, value: object) -> Fraction:
    if not isinstance(value, str):
        raise PolicyError(f"{name} is not a decimal string: got {value!r}")
    try:
        return parse_decimal(value, name=name)
    except MetricSyntaxError as fault:
        raise PolicyError(str(fault)) from fault


def _share(name: str, value: object) -> Fraction:
    share = _number(name, value)
    if not 0 < share < 1:
        raise PolicyError(f"{name} out of range: expected between 0 and 1, got {value!r}")
    return share


def _count(name: str, value: object, *, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise PolicyError(f"{name} out of range: expected at least {least}, got {value!r}")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise PolicyError(f"{name} is not a text: got {value!r}")
    return value
