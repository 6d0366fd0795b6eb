"""The score policy that ships with the project, and the hash that names a policy.

Source: `analytics/policy.json`; RFC 8785 for the bytes that are hashed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from analytics.score_policy import ScorePolicy, parse_policy
from traceability.hashing.canonical import canonicalize
from traceability.hashing.encoding import sha256
from traceability.quality.faults import translated
from traceability.strict_json import JSONValue, parse_json


@lru_cache(maxsize=1)
def default_policy() -> Mapping[str, Any]:
    """Return the shipped policy as data."""
    text = files("analytics").joinpath("policy.json").read_bytes()
    return cast(Mapping[str, Any], parse_json(text))


def read_policy(value: Mapping[str, Any]) -> ScorePolicy:
    """Return a policy ready for use.

    Raises
    ------
    ScorePolicyInvalid
        The data are no policy.
    """
    with translated():
        return parse_policy(value)


def policy_hash(value: Mapping[str, Any]) -> bytes:
    """Return the digest that a score statement commits to: SHA-256 of the JCS bytes."""
    return sha256(canonicalize(cast(JSONValue, dict(value))))
