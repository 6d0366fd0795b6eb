"""Reading what callers want to know of a fault, or to have recalled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ledger_api.recalls.asking import target_of
from ledger_api.recalls.defaults import DEFAULT_MINUTES, DEFAULT_PERCENT, EXACT_TEXT
from traceability.errors import InvalidInput
from traceability.hashing.statement import STATUS_REASONS
from traceability.ledger.partners import Asker
from traceability.ledger.recalls import RecallAsked
from traceability.lineage.balance.tolerance import read_tolerance
from traceability.strict_json import JSONValue, parse_json

_MEMBERS = {"code", "target_minutes", "target_percent", "tolerance", "asked", "reason"}


class RecallRequestInvalid(InvalidInput):
    """What is asked of a recall is not in its documented form."""

    code = "RECALL_REQUEST_INVALID"


@dataclass(frozen=True, slots=True)
class RecallBody:
    """The body of a request, as text; `asked` is when the call came."""

    code: str
    target_minutes: str = DEFAULT_MINUTES
    target_percent: str = DEFAULT_PERCENT
    tolerance: str = EXACT_TEXT
    asked: str = ""
    reason: str = ""

    @classmethod
    def read(cls, body: bytes) -> RecallBody:
        """Read a JSON body.

        Raises
        ------
        RecallRequestInvalid, JSONSyntaxError
        """
        value = parse_json(body)
        if not isinstance(value, dict) or set(value) - _MEMBERS or "code" not in value:
            raise RecallRequestInvalid(
                "request is malformed: expected code, perhaps "
                f"{', '.join(sorted(_MEMBERS - {'code'}))}"
            )
        return cls(**{name: _text(name, one) for name, one in value.items()})

    def question(
        self, *, now: datetime, is_exercise: bool, participant: bytes | None, asker: Asker
    ) -> RecallAsked:
        """Return what is asked.

        Raises
        ------
        RecallRequestInvalid, TargetInvalid, ToleranceInvalid
        """
        if is_exercise and self.reason:
            raise RecallRequestInvalid("an exercise has no reason", pointer="/reason")
        if not is_exercise and self.reason not in STATUS_REASONS:
            raise RecallRequestInvalid(
                f"reason is unknown: expected one of {', '.join(STATUS_REASONS)}",
                pointer="/reason",
                got=self.reason[:40],
            )
        return RecallAsked(
            code=self.code.strip(),
            target=target_of(self.target_minutes, self.target_percent),
            asked=_moment(self.asked, now),
            tolerance=read_tolerance(self.tolerance),
            reason=self.reason or None,
            participant=participant,
            asker=asker,
        )


def _text(name: str, value: JSONValue) -> str:
    """Return a member as text; numbers are taken for the two targets."""
    if name.startswith("target_") and isinstance(value, int | float) and type(value) is not bool:
        return str(value)
    if not isinstance(value, str):
        raise RecallRequestInvalid(f"{name} is not text", pointer=f"/{name}")
    return value


def _moment(text: str, now: datetime) -> datetime:
    """Return when the call came; one without offset is UTC, one to come is refused."""
    if not text:
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise RecallRequestInvalid(
            f"asked is no time: expected 2026-05-01T08:00+08:00, got {text[:40]!r}",
            pointer="/asked",
        ) from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if found > now:
        raise RecallRequestInvalid(f"asked has not come yet: {text[:40]!r}", pointer="/asked")
    return found
