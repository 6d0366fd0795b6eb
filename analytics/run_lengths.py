"""How long a chart runs before it sounds: average run lengths, computed.

Sources: C. W. Champ and W. H. Woodall (1987), Technometrics 29, 393-399 (run rules as a Markov
chain); E. S. Page (1954), Biometrika 41, 100-115 (CUSUM); S. V. Crowder (1987), Technometrics
29, 401-407 (EWMA). Rules that look at ranks or long patterns have no small chain: they are
simulated with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import erfc, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analytics.errors import ParameterError
from analytics.pattern_rules import PATTERNS, sounding

_NODES = 80
_SEED = 20260101
_RUNS = 2000
_BLOCK = 1024
_MEMORY = 4  # Points before the newest that a rule of the chain looks at.
_LONGEST = 9  # Run of one side that `nelson_2` waits for.
_LIMITS = {"nelson_1": 1, "western_electric_1": 1}
_RUN_RULES = {"nelson_2": 9, "western_electric_4": 8}
_TWO_OF_THREE = {"nelson_5", "western_electric_2"}
_FOUR_OF_FIVE = {"nelson_6", "western_electric_3"}
_CHAINED = {*_LIMITS, *_RUN_RULES, *_TWO_OF_THREE, *_FOUR_OF_FIVE}
Method = Literal["chain", "simulation", "integral_equation"]


@dataclass(frozen=True, slots=True)
class RunLength:
    """An average run length.

    Parameters
    ----------
    points
        Points until the first signal, on average.
    standard_error
        Of a simulation; 0 where the number is computed.
    """

    points: float
    standard_error: float
    method: Method


@lru_cache(maxsize=64)
def rules_run_length(rules: tuple[str, ...], shift: float = 0.0) -> RunLength:
    """Return the run length of rules that watch independent normal points.

    Parameters
    ----------
    rules
        Names of `chart_rules`, together.
    shift
        Of the mean, in sigmas of the points.

    Raises
    ------
    ParameterError
        No rule, or an unknown one.
    """
    unknown = [rule for rule in rules if rule not in PATTERNS]
    if not rules or unknown:
        raise ParameterError(f"no run length of these rules: got {', '.join(unknown) or 'none'}")
    if set(rules) <= _CHAINED:
        return RunLength(_chain(frozenset(rules), shift), 0.0, "chain")
    return _simulated(rules, shift)


@lru_cache(maxsize=64)
def cusum_run_length(reference: float, interval: float, shift: float = 0.0) -> RunLength:
    """Return the run length of a two-sided CUSUM without head start."""
    up = _one_sided_cusum(reference - shift, interval)
    down = _one_sided_cusum(reference + shift, interval)
    return RunLength(1 / (1 / up + 1 / down), 0.0, "integral_equation")


@lru_cache(maxsize=64)
def ewma_run_length(weight: float, width: float, shift: float = 0.0) -> RunLength:
    """Return the run length of an EWMA with steady limits, begun at the mean.

    Notes
    -----
    L(z) = 1 + 1/λ ∫ L(y) φ((y − (1 − λ)z)/λ − shift) dy over the limits.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = width * sqrt(weight / (2 - weight))
    y, measure = nodes * half, weights * half
    kernel = _density((y - (1 - weight) * y[:, None]) / weight - shift) / weight * measure
    lengths = np.linalg.solve(np.eye(_NODES) - kernel, np.ones(_NODES))
    row = _density(y / weight - shift) / weight * measure
    return RunLength(float(1 + row @ lengths), 0.0, "integral_equation")


@lru_cache(maxsize=16)
def false_alarms_per_point(rules: tuple[str, ...], points: int = 400_000) -> float:
    """Return the share of points of a long stable series at which some rule sounds."""
    series = np.random.default_rng(_SEED).standard_normal((1, points))
    return float(sounding(series, rules).mean())


def _one_sided_cusum(reference: float, interval: float) -> float:
    """Solve L(z) = 1 + L(0) Φ(k − z) + ∫ L(y) φ(y + k − z) dy over (0, h), at z = 0."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    y = np.concatenate(([0.0], (nodes + 1) * interval / 2))
    measure = np.concatenate(([0.0], weights * interval / 2))
    kernel = _density(y + reference - y[:, None]) * measure
    kernel[:, 0] += [_below(reference - z) for z in y]
    lengths = np.linalg.solve(np.eye(len(y)) - kernel, np.ones(len(y)))
    return float(lengths[0])


def _density(x: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.exp(-x * x / 2) / sqrt(2 * np.pi)
    return found


def _below(x: float) -> float:
    return erfc(-x / sqrt(2)) / 2


class _State(tuple[int, ...]):
    """The last four zones, newest last (±1 within one sigma, ±2, ±3), then the run's length."""

    __slots__ = ()


def _chain(rules: frozenset[str], shift: float) -> float:
    """Solve the chain of all states that a chart can be in before it sounds."""
    zones = _zones(rules, shift)
    start = _State((0,) * _MEMORY + (0,))
    numbers = {start: 0}
    steps: list[tuple[int, int, float]] = []
    todo = [start]
    while todo:
        state = todo.pop()
        for zone, probability in zones:
            after = _after(state, zone, rules)
            if after is None:
                continue
            if after not in numbers:
                numbers[after] = len(numbers)
                todo.append(after)
            steps.append((numbers[state], numbers[after], probability))
    return _expected_steps(len(numbers), steps)


def _zones(rules: frozenset[str], shift: float) -> list[tuple[int, float]]:
    """Return zones and probabilities; beyond three sigmas is silent only without rule 1."""
    edges = [1.0, 2.0, 3.0] if rules & _LIMITS.keys() else [1.0, 2.0, np.inf]
    bounds = [-edge for edge in reversed(edges)] + [0.0] + edges
    names = [-3, -2, -1, 1, 2, 3]
    chances = [_below(bound - shift) for bound in bounds]
    return [(name, chances[at + 1] - chances[at]) for at, name in enumerate(names)]


def _after(state: _State, zone: int, rules: frozenset[str]) -> _State | None:
    """Return the state after a point, or None if a rule sounds."""
    side = 1 if zone > 0 else -1
    window = [*state[:_MEMORY], zone]
    run = min(_LONGEST, state[_MEMORY] + 1 if state[_MEMORY - 1] * side > 0 else 1)
    if any(run >= wait for rule, wait in _RUN_RULES.items() if rule in rules):
        return None
    if rules & _TWO_OF_THREE and _count(window[-3:], side, 3) >= 2:  # noqa: PLR2004 — two of three
        return None
    if rules & _FOUR_OF_FIVE and _count(window, side, 2) >= 4:  # noqa: PLR2004 — four of five
        return None
    return _State((*window[1:], run if rules & _RUN_RULES.keys() else 0))


def _count(window: Sequence[int], side: int, least: int) -> int:
    return sum(zone * side >= least for zone in window)


def _expected_steps(states: int, steps: Sequence[tuple[int, int, float]]) -> float:
    from scipy import sparse  # type: ignore[import-untyped]  # noqa: PLC0415 # scipy ships no types
    from scipy.sparse import linalg  # type: ignore[import-untyped]  # noqa: PLC0415 # likewise

    rows, columns, chances = zip(*steps, strict=True)
    moves = sparse.csc_matrix((chances, (rows, columns)), shape=(states, states))
    lengths: Any = linalg.spsolve(sparse.identity(states, format="csc") - moves, np.ones(states))
    return float(lengths[0])


def _simulated(rules: tuple[str, ...], shift: float) -> RunLength:
    """Follow many charts until each sounds; those that outlast the block count in full."""
    series = np.random.default_rng(_SEED).standard_normal((_RUNS, _BLOCK)) + shift
    heard = sounding(series, rules)
    ended = heard.any(axis=1)
    lengths = np.where(ended, heard.argmax(axis=1) + 1, _BLOCK)
    signals = max(int(ended.sum()), 1)
    points = float(lengths.sum()) / signals
    return RunLength(points, points / sqrt(signals), "simulation")
