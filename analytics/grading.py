"""The five levels of manufacturing quality, each metric decided exactly.

Source: 制造业卓越质量工程实施意见 (Ministry of Industry and Information Technology), annex;
the exact limits of the sigma levels are 1 − Φ(level − 1.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from analytics.errors import MetricRangeError
from analytics.exact import GRID_DECIMALS, fixed, parse_decimal, plain, round_to

Level = Literal[1, 2, 3, 4, 5]
GradeLevel = Level | Literal["insufficient_data"]

METRICS = ("sigma", "cpk", "rty", "internal_loss", "external_loss")
LOSSES = ("internal_loss", "external_loss")
NAMES: dict[GradeLevel, tuple[str, str]] = {
    1: ("经验级", "experience"),
    2: ("检验级", "inspection"),
    3: ("保证级", "assurance"),
    4: ("预防级", "prevention"),
    5: ("卓越级", "excellence"),
    "insufficient_data": ("", ""),
}

# DPMO limits of levels 2 to 5: as the text rounds them, and exactly, to 6 decimals.
DPMO_TEXT = tuple(map(Fraction, ("66800", "6200", "230", "3.4")))
DPMO_EXACT = tuple(map(Fraction, ("66807.201269", "6209.665326", "232.629079", "3.397673")))
# Whoever meets either reading of a limit meets the limit.
DPMO_LIMITS = tuple(map(max, DPMO_EXACT, DPMO_TEXT))
CPK_LIMITS = tuple(map(Fraction, ("1", "1.33", "1.67", "2")))
RTY_LIMITS = tuple(map(Fraction, ("0.90", "0.95", "0.97", "0.98")))
# Level 2 names a loss of at least 3.0 % (2.3 %): any computed loss reaches level 2, and
# a low one does not disqualify.
INTERNAL_LOSS_LIMITS = tuple(map(Fraction, ("0.03", "0.015", "0.0075")))
EXTERNAL_LOSS_LIMITS = tuple(map(Fraction, ("0.023", "0.01", "0.005")))

_TOP = 5
_SHOWN_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Metrics:
    """The five metrics of a supplier, exactly; None where one was not computed.

    Parameters
    ----------
    dpmo
        Nonconformities per million opportunities, 0 to 1,000,000.
    cpk
        Capability index of a process in statistical control; may be negative.
    rty
        Rolled throughput yield, 0 to 1.
    internal_loss, external_loss
        Loss over annual output, 0 or more.
    """

    dpmo: Fraction | None
    cpk: Fraction | None
    rty: Fraction | None
    internal_loss: Fraction | None
    external_loss: Fraction | None

    def __post_init__(self) -> None:
        _check_range("dpmo", self.dpmo, least=0, most=1_000_000)
        _check_range("rty", self.rty, least=0, most=1)
        _check_range("internal_loss", self.internal_loss, least=0, most=None)
        _check_range("external_loss", self.external_loss, least=0, most=None)


@dataclass(frozen=True, slots=True)
class Gap:
    """What one limiting metric must reach for the next level."""

    metric: str
    value: str | None
    needed: str

    def to_json(self) -> dict[str, str | None]:
        """Return the gap as outsiders see it."""
        return {"metric": self.metric, "value": self.value, "needed": self.needed}


@dataclass(frozen=True, slots=True)
class Grade:
    """A level, what holds it back, and what a reader must know about it.

    Parameters
    ----------
    level
        1 to 5, or "insufficient_data".
    limiting
        Metrics at the level of the grade, in the order of `METRICS`; with insufficient
        data, the missing ones.
    flags
        `<metric>_missing`, `one_loss_missing`, `sigma_limits_disagree`.
    levels
        Level of each metric; None where it is missing.
    gap
        One entry for each limiting metric below level 5.
    """

    level: GradeLevel
    limiting: tuple[str, ...]
    flags: tuple[str, ...]
    levels: tuple[tuple[str, Level | None], ...]
    gap: tuple[Gap, ...]

    @property
    def name_zh(self) -> str:
        """Return the regulation's name of the level; empty without one."""
        return NAMES[self.level][0]

    @property
    def name_en(self) -> str:
        """Return the English name of the level; empty without one."""
        return NAMES[self.level][1]

    def to_json(self) -> dict[str, object]:
        """Return the grade as outsiders see it."""
        return {
            "level": self.level,
            "name": self.name_zh,
            "name_en": self.name_en,
            "limiting": list(self.limiting),
            "flags": list(self.flags),
            "levels": dict(self.levels),
            "gap": [gap.to_json() for gap in self.gap],
        }


def parse_metrics(
    *,
    dpmo: str | None = None,
    cpk: str | None = None,
    rty: str | None = None,
    internal_loss: str | None = None,
    external_loss: str | None = None,
) -> Metrics:
    """Read metrics from text, exactly: decimals, or percentages for yield and losses.

    An empty text is a missing metric.

    Raises
    ------
    MetricSyntaxError, MetricRangeError
        Not a plain decimal; a value that the metric cannot take.
    """
    return Metrics(
        dpmo=_parse("dpmo", dpmo, percent=False),
        cpk=_parse("cpk", cpk, percent=False),
        rty=_parse("rty", rty, percent=True),
        internal_loss=_parse("internal_loss", internal_loss, percent=True),
        external_loss=_parse("external_loss", external_loss, percent=True),
    )


def grade(metrics: Metrics) -> Grade:
    """Map each metric to its level and take the least.

    Notes
    -----
    1. Cpk or a loss that was not computed puts the supplier on level 1 (未做统计).
    2. Where DPMO or RTY is missing, a metric on level 1 decides; otherwise the data are
       insufficient.
    """
    found = _levels(metrics)
    missing = tuple(name for name in METRICS if found[name] is None)
    uncomputed = tuple(name for name in missing if name in ("cpk", *LOSSES))
    counted = {name: 1 if name in uncomputed else level for name, level in found.items()}
    known = [level for level in counted.values() if level is not None]
    level: GradeLevel = min(known)
    if None in counted.values() and level != 1:
        level = "insufficient_data"
    limiting = missing if level == "insufficient_data" else _at(counted, level)
    return Grade(
        level=level,
        limiting=limiting,
        flags=_flags(metrics.dpmo, missing),
        levels=tuple((name, found[name]) for name in METRICS),
        gap=tuple(_gap(name, metrics, found[name] or 1) for name in limiting if level != _TOP),
    )


def _levels(metrics: Metrics) -> dict[str, Level | None]:
    return {
        "sigma": _level(metrics.dpmo, lambda v: sum(v <= limit for limit in DPMO_LIMITS)),
        "cpk": _level(metrics.cpk, lambda v: sum(v >= limit for limit in CPK_LIMITS)),
        "rty": _level(metrics.rty, lambda v: sum(v >= limit for limit in RTY_LIMITS)),
        "internal_loss": _level(
            metrics.internal_loss, lambda v: 1 + sum(v < limit for limit in INTERNAL_LOSS_LIMITS)
        ),
        "external_loss": _level(
            metrics.external_loss, lambda v: 1 + sum(v < limit for limit in EXTERNAL_LOSS_LIMITS)
        ),
    }


def _level(value: Fraction | None, passed: Callable[[Fraction], int]) -> Level | None:
    return None if value is None else 1 + passed(value)  # type: ignore[return-value]  # four limits


def _at(levels: dict[str, Level | None], level: Level) -> tuple[str, ...]:
    return tuple(name for name in METRICS if levels[name] == level)


def _flags(dpmo: Fraction | None, missing: tuple[str, ...]) -> tuple[str, ...]:
    flags = [f"{name}_missing" for name in missing]
    if sum(name in missing for name in LOSSES) == 1:
        flags.append("one_loss_missing")
    if dpmo is not None and any(
        (dpmo <= exact) != (dpmo <= text) for exact, text in zip(DPMO_EXACT, DPMO_TEXT, strict=True)
    ):
        flags.append("sigma_limits_disagree")
    return tuple(flags)


def _gap(name: str, metrics: Metrics, level: Level) -> Gap:
    """Say what the next level asks of a metric; a missing one must first be computed."""
    limits = {
        "sigma": (metrics.dpmo, "dpmo <= ", DPMO_LIMITS, 1),
        "cpk": (metrics.cpk, "cpk >= ", CPK_LIMITS, 1),
        "rty": (metrics.rty, "rty >= ", RTY_LIMITS, 1),
        "internal_loss": (metrics.internal_loss, "internal_loss < ", INTERNAL_LOSS_LIMITS, 2),
        "external_loss": (metrics.external_loss, "external_loss < ", EXTERNAL_LOSS_LIMITS, 2),
    }
    value, relation, ladder, lowest = limits[name]
    if value is None and name != "cpk":
        return Gap(name, None, "computed")
    return Gap(name, shown(value), relation + plain(ladder[level - lowest]))


def shown(value: Fraction | None, decimals: int = _SHOWN_DECIMALS) -> str | None:
    """Write a metric with fixed decimals; None stays None."""
    return None if value is None else fixed(value, decimals)


def _parse(name: str, text: str | None, *, percent: bool) -> Fraction | None:
    if text is None or text == "":
        return None
    return parse_decimal(text, name=name, percent=percent)


def _check_range(name: str, value: Fraction | None, *, least: int, most: int | None) -> None:
    if value is None or (value >= least and (most is None or value <= most)):
        return
    wanted = f"{least} to {most}" if most is not None else f"at least {least}"
    hint = "; write 98 % as 0.98 or 98%" if name == "rty" else ""
    got = fixed(round_to(value, GRID_DECIMALS), _SHOWN_DECIMALS)
    raise MetricRangeError(f"{name} out of range: expected {wanted}, got {got}{hint}")
