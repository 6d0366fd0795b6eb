"""Shares of many suppliers, each drawn towards all as far as its sample is small.

Sources: G. Casella (1985), The American Statistician 39, 83-87 (empirical Bayes); J. K. Haseman
and L. L. Kupper (1979), Biometrics 35, 281-293 (beta-binomial likelihood).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any

import numpy as np

from analytics.errors import CountsError, ParameterError, TooFewError, VarianceError
from analytics.special_functions import special

# A prior worth more units than this says that the suppliers do not differ.
MOST_UNITS = 1e7


@dataclass(frozen=True, slots=True)
class Shrunk:
    """One supplier's share.

    Parameters
    ----------
    raw, value
        As counted, and drawn towards the others.
    low, high
        Credible interval of the share.
    weight
        Of the supplier's own sample in `value`, 0 to 1.
    """

    failures: int
    units: int
    raw: float | None
    value: float
    low: float
    high: float
    weight: float


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """All suppliers, with the beta distribution that they were drawn from.

    Parameters
    ----------
    alpha, beta
        Its parameters; their sum is what the prior is worth in units.
    differ
        Whether the suppliers differ beyond chance at all.
    """

    alpha: float
    beta: float
    differ: bool
    suppliers: tuple[Shrunk, ...]


def shrink(failures: Sequence[int], units: Sequence[int], *, confidence: float = 0.95) -> Shrinkage:
    """Fit a beta distribution to all suppliers and give each its posterior.

    Parameters
    ----------
    failures, units
        Shape (n_suppliers,); a supplier without units gets the distribution of all.
    confidence
        Probability of the credible interval.

    Raises
    ------
    CountsError, ParameterError
    TooFewError
        Fewer than two suppliers with units.
    VarianceError
        No failure, or no success, anywhere.
    """
    _check(failures, units, confidence)
    alpha, beta = _fitted(np.asarray(failures, float), np.asarray(units, float))
    found = tuple(
        _posterior(x, n, alpha=alpha, beta=beta, tail=(1 - confidence) / 2)
        for x, n in zip(failures, units, strict=True)
    )
    return Shrinkage(alpha, beta, alpha + beta < MOST_UNITS / 2, found)


def _check(failures: Sequence[int], units: Sequence[int], confidence: float) -> None:
    if len(failures) != len(units):
        raise CountsError(f"suppliers differ in number: got {len(failures)} and {len(units)}")
    for at, (x, n) in enumerate(zip(failures, units, strict=True), 1):
        if not 0 <= x <= n:
            raise CountsError(f"counts of supplier {at} contradict: got {x} of {n} units")
    if not 0 < confidence < 1:
        raise ParameterError(f"confidence outside (0, 1): got {confidence}")
    if sum(n > 0 for n in units) < 2:  # noqa: PLR2004 — one supplier has nobody to be drawn to
        raise TooFewError("too few suppliers with units: expected 2")
    if sum(failures) in (0, sum(units)):
        raise VarianceError(f"no share to learn from: {sum(failures)} of {sum(units)} units")


def _fitted(x: Any, n: Any) -> tuple[float, float]:
    """Return the parameters of greatest likelihood, searched as mean and worth."""
    from scipy import optimize  # type: ignore[import-untyped]  # noqa: PLC0415 # scipy ships no types

    betaln = special().betaln

    def loss(at: Any) -> float:
        mean = 1 / (1 + exp(-at[0]))
        worth = exp(min(at[1], log(MOST_UNITS)))
        a, b = mean * worth, (1 - mean) * worth
        return float(-(betaln(x + a, n - x + b) - betaln(a, b)).sum())

    share = float(x.sum() / n.sum())
    start = log(share / (1 - share))
    tries = [
        optimize.minimize(loss, (start, log(worth)), method="Nelder-Mead",
                          options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 2000})
        for worth in (10.0, 1000.0)
    ]  # fmt: skip
    best = min(tries, key=lambda found: float(found.fun))
    mean = 1 / (1 + exp(-float(best.x[0])))
    worth = exp(min(float(best.x[1]), log(MOST_UNITS)))
    return mean * worth, (1 - mean) * worth


def _posterior(x: int, n: int, *, alpha: float, beta: float, tail: float) -> Shrunk:
    a, b = alpha + x, beta + n - x
    inverse = special().betaincinv
    return Shrunk(
        failures=x,
        units=n,
        raw=x / n if n else None,
        value=a / (a + b),
        low=float(inverse(a, b, tail)),
        high=float(inverse(a, b, 1 - tail)),
        weight=n / (n + alpha + beta),
    )
