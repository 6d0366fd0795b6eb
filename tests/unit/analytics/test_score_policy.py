"""A policy is data: complete, monotone, and refused otherwise."""

import copy
import json
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pytest

from analytics.errors import PolicyError
from analytics.grading import (
    CPK_LIMITS,
    DPMO_LIMITS,
    EXTERNAL_LOSS_LIMITS,
    INTERNAL_LOSS_LIMITS,
    METRICS,
    RTY_LIMITS,
)
from analytics.score_policy import parse_policy

SHIPPED: dict[str, Any] = json.loads(files("analytics").joinpath("policy.json").read_bytes())


def changed(*path: str, to: object) -> dict[str, Any]:
    value = copy.deepcopy(SHIPPED)
    inner = value
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = to
    return value


class TestShippedPolicy:
    def test_weights_add_up_to_a_hundred(self) -> None:
        policy = parse_policy(SHIPPED)
        assert sum(policy.weights.values()) == 100
        assert sum(policy.share(name) for name in METRICS) == 1

    @pytest.mark.parametrize(
        ("metric", "limits", "points"),
        [
            ("sigma", DPMO_LIMITS, (40, 60, 80, 100)),
            ("cpk", CPK_LIMITS, (40, 60, 80, 100)),
            ("rty", RTY_LIMITS, (40, 60, 80, 100)),
            ("internal_loss", INTERNAL_LOSS_LIMITS, (60, 80, 100)),
            ("external_loss", EXTERNAL_LOSS_LIMITS, (60, 80, 100)),
        ],
    )
    def test_gives_each_limit_of_the_regulation_its_points(
        self, metric: str, limits: tuple[Fraction, ...], points: tuple[int, ...]
    ) -> None:
        policy = parse_policy(SHIPPED)
        assert tuple(policy.points_at(metric, limit) for limit in limits) == points


class TestPointsAt:
    def test_is_linear_between_and_level_beyond(self) -> None:
        policy = parse_policy(SHIPPED)
        assert policy.points_at("cpk", Fraction("0.5")) == 20
        assert policy.points_at("cpk", Fraction(-3)) == 0
        assert policy.points_at("cpk", Fraction(9)) == 100


class TestRefusals:
    @pytest.mark.parametrize(
        ("value", "message"),
        [
            ({}, "policy has missing or unknown members"),
            ({**SHIPPED, "extra": 1}, "policy has missing or unknown members"),
            (changed("confidence", to="1"), "confidence out of range"),
            (changed("confidence", to=0.95), "confidence is not a decimal string"),
            (changed("confidence", to="x"), "confidence is not a plain decimal"),
            (changed("version", to=""), "version is not a text"),
            (changed("counted_kinds", to=7), "policy is incomplete or malformed"),
            (changed("weights", "cpk", to="-1"), "weights out of range"),
            (changed("weights", to=dict.fromkeys(METRICS, "0")), "weights out of range"),
            (changed("weights", "luck", to="1"), "weights has missing or unknown members"),
            (changed("weights", to={}), "policy is incomplete or malformed"),
            (changed("points", "cpk", to=[["0", "0"], ["0", "9"]]), "points of cpk do not run"),
            (changed("points", "cpk", to=[["0", "9"], ["1", "0"]]), "points of cpk do not run"),
            (changed("points", "sigma", to=[["0", "0"], ["1", "9"]]), "points of sigma do not"),
            (changed("points", "rty", to=[["0", "0"], ["1", "101"]]), "points of rty out of range"),
            (changed("stability", "rules", to=["luck"]), "stability names an unknown rule"),
            (changed("stability", "minimum_readings", to=1), "minimum_readings out of range"),
            (changed("stability", "false_alarm", to="0"), "false_alarm out of range"),
            (changed("stability", to=[]), "stability has missing or unknown members"),
        ],
    )
    def test_names_the_fault(self, value: dict[str, Any], message: str) -> None:
        with pytest.raises(PolicyError, match=message):
            parse_policy(value)

    def test_accepts_the_textbook_limits(self) -> None:
        policy = parse_policy(changed("stability", "false_alarm", to=None))
        assert policy.stability.false_alarm is None
