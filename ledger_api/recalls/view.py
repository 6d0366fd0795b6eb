"""What every form of a report needs beside the report: language, time zone, words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from ledger_api.i18n.terms import term
from ledger_api.i18n.translations import Language
from ledger_api.recalls.texts import Say, readable, say_in, taken_text
from traceability.lineage.recalls.report import (
    CUT_SHORT,
    MATERIAL_MISSING,
    MORE_THAN_MADE,
    PIECES,
    TOO_FEW_FOUND,
    TOO_SLOW,
    Report,
    Shortfall,
)
from traceability.store.times import from_milliseconds

# The units that people know by another name than their code (UN/ECE Recommendation 20).
_UNITS = {"KGM": ("千克", "kg"), "MTR": ("米", "m"), "LTR": ("升", "L"), "TNE": ("吨", "t"),
          "GRM": ("克", "g"), "H87": ("件", "pieces"), "EA": ("件", "pieces"),
          "C62": ("件", "pieces")}  # fmt: skip


# A report of a hundred thousand lines has few times, steps, lots and places.
_KEPT = 10_000


@lru_cache(_KEPT)
def _moment(time: datetime | int, timezone: str) -> str:
    at = from_milliseconds(time) if isinstance(time, int) else time.astimezone(UTC)
    return at.astimezone(ZoneInfo(timezone)).isoformat(sep=" ", timespec="seconds")


@lru_cache(_KEPT)
def _step(biz_step: str, language: Language) -> str:
    return term("biz_step", biz_step, language=language)


@dataclass(frozen=True, slots=True)
class View:
    """One report in one language.

    Parameters
    ----------
    base_url
        What the addresses of proofs begin with.
    author
        The name of the participant that signs; none where the operator alone does.
    """

    report: Report
    language: Language
    timezone: str
    author: str | None = None

    @property
    def say(self) -> Say:
        """The function that says a text in the report's language."""
        return say_in(self.language)

    def moment(self, time: datetime | int | None) -> str:
        """Return a time in the report's zone, with its offset."""
        if time is None:
            return ""
        return _moment(time, self.timezone)

    def number(self, value: Decimal | int | None) -> str:
        """Return an amount with thousands apart."""
        if value is None:
            return ""
        whole = Decimal(value)
        shown = f"{whole.normalize():f}" if whole % 1 else f"{int(whole)}"
        integral, _, rest = shown.partition(".")
        return f"{int(integral):,}" + (f".{rest}" if rest else "")

    def unit(self, unit: str | None) -> str:
        """Return a unit as people know it."""
        if unit == PIECES:
            return self.say("pieces")
        known = _UNITS.get(unit or "")
        return unit or "" if known is None else known[0 if self.language == "zh" else 1]

    def holder(self, number: int) -> str:
        """Return the name of a holder of the report."""
        if number < 0:
            return self.say("nobody")
        party = self.report.holders[number].party
        return party.name or party.gln or party.uri or party.participant or ""

    def step(self, biz_step: str | None) -> str:
        """Return the word for a business step."""
        return _step(biz_step, self.language) if biz_step else ""

    def code(self, code: str | None) -> str:
        """Return a code as labels print it."""
        return readable(code) if code else ""

    def taken(self) -> str:
        """Return the time taken."""
        return taken_text(self.report.taken.total_seconds(), self.language)

    def reasons(self) -> list[str]:
        """Say why the target was missed."""
        report = self.report
        breaks = 0 if report.balance is None else len(report.balance.shortfalls)
        values: dict[str, dict[str, object]] = {
            TOO_SLOW: {"taken": self.taken(), "minutes": self.number(report.target.minutes)},
            TOO_FEW_FOUND: {
                "percent": self.number(report.percent),
                "target": self.number(report.target.percent),
            },
            MATERIAL_MISSING: {"count": breaks},
            MORE_THAN_MADE: {},
            CUT_SHORT: {},
        }
        return [self.say(name, **values[name]) for name in report.reasons]

    def balance(self) -> str:
        """Say whether the material balances."""
        found = self.report.balance
        if found is None:
            return self.say("balance_none")
        name = "balance_breaks" if found.shortfalls else "balance_closes"
        count = len(found.shortfalls)
        return self.say(
            name,
            checked=found.checked,
            unchecked=found.unchecked,
            count=count,
            tolerance=found.tolerance,
        )

    def shortfall(self, one: Shortfall) -> list[str]:
        """Return what is missing, where, and how much went in, came out and is missing."""
        amounts = (one.inputs, one.outputs, one.missing)
        told = [f"{self.number(amount)} {self.unit(one.unit)}".strip() for amount in amounts]
        what = self.say(one.code)
        return [f"{what}: {one.message}" if one.message else what, self.code(one.subject), *told]

    def signer(self) -> str:
        """Say who signs the report."""
        if self.author is None:
            return self.say("operator")
        return self.say("for_participant", name=self.author)

    def finding(self, code: str, message: str) -> str:
        """Return the words for a finding."""
        known = term("finding", code, language=self.language)
        return message if known == code else known
