"""What is to be erased, as the command line and HTTP ask it: read, planned, declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger_api.declarations.requests import DeclarationInvalid, check_choice
from traceability.errors import InvalidInput
from traceability.hashing.statement import ERASURE_BASES, STATUS_REASONS
from traceability.ledger.erasure_plan import (
    Planned,
    declarations_of,
    plan_card,
    plan_fields,
    plan_records,
)
from traceability.ledger.status_targets import Target, target_of_batch, targets_of_code
from traceability.ledger.statuses import Declaration
from traceability.store.repositories import Repositories
from traceability.strict_json import JSONValue, parse_json

REQUESTER_DIGITS = 32
# What no erasure reaches; the words are in `cli/wording.py` and in docs/privacy.md.
STAYS = (
    "salted_hashes",
    "header",
    "bundles",
    "codes",
    "copies_elsewhere",
    "disks",
    "backups",
)
_TEXTS = ("code", "records", "card", "requester", "basis", "reason")


class RequesterInvalid(InvalidInput):
    """The id under which the request is on file is 32 hex digits, drawn at random."""

    code = "REQUESTER_INVALID"


@dataclass(frozen=True, slots=True)
class ErasureAsked:
    """What is to be erased: a code, a batch or a card; whose request, and on what basis."""

    requester: str
    basis: str
    reason: str = "personal_data"
    code: str | None = None
    batch: int | None = None
    records: str | None = None
    card: bytes | None = None
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be logged.

        Raises
        ------
        DeclarationInvalid, RequesterInvalid
        """
        named = [one for one in (self.code, self.batch, self.card) if one is not None]
        if len(named) != 1:
            raise DeclarationInvalid("one of a code, a batch and a card is named")
        if self.records is not None and self.batch is None:
            raise DeclarationInvalid("records are those of a batch", pointer="/records")
        check_choice("basis", self.basis, ERASURE_BASES)
        check_choice("reason", self.reason, STATUS_REASONS)
        if len(self.requester) != REQUESTER_DIGITS or set(self.requester) - set("0123456789abcdef"):
            raise RequesterInvalid(
                f"requester is malformed: expected {REQUESTER_DIGITS} hex digits",
                pointer="/requester",
            )

    def plan(self, repositories: Repositories) -> list[Planned]:
        """Return which entries it takes, and what each destroys."""
        if self.card is not None:
            return plan_card(repositories, self.card)
        if self.code is not None:
            targets = targets_of_code(repositories, self.code)
        else:
            targets = [target_of_batch(repositories, self.batch or 0, self.records)]
        return [one for target in targets for one in self._planned(repositories, target)]

    def _planned(self, repositories: Repositories, target: Target) -> list[Planned]:
        if self.fields:
            return plan_fields(repositories, target, self.fields)
        return plan_records(repositories, target)

    def declarations(self, plan: list[Planned]) -> list[Declaration]:
        """Return what the entries of a plan say."""
        requester = bytes.fromhex(self.requester)
        return declarations_of(plan, requester=requester, basis=self.basis, reason=self.reason)


def read_erasure(body: bytes) -> tuple[ErasureAsked, bool]:
    """Read a JSON body; tell, too, whether it only asks for the plan."""
    value = parse_json(body)
    known = {*_TEXTS, "batch", "fields", "dry_run"}
    if not isinstance(value, dict) or set(value) - known:
        raise DeclarationInvalid(
            f"erasure is malformed: expected some of {', '.join(sorted(known))}"
        )
    texts = {name: _text(value, name) for name in _TEXTS if name in value}
    batch, fields = value.get("batch"), value.get("fields", [])
    if batch is not None and type(batch) is not int:
        raise DeclarationInvalid("batch is not a number", pointer="/batch")
    if not isinstance(fields, list) or not all(isinstance(one, str) for one in fields):
        raise DeclarationInvalid("fields are not texts", pointer="/fields")
    asked = ErasureAsked(
        requester=texts.get("requester", ""),
        basis=texts.get("basis", ""),
        reason=texts.get("reason", "personal_data"),
        code=texts.get("code"),
        batch=batch,
        records=texts.get("records"),
        card=_participant(texts.get("card")),
        fields=tuple(one for one in fields if isinstance(one, str)),
    )
    return asked, value.get("dry_run") is True


def _participant(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise DeclarationInvalid("card is not a participant's id", pointer="/card") from None


def _text(value: dict[str, JSONValue], name: str) -> str:
    found = value[name]
    if not isinstance(found, str):
        raise DeclarationInvalid(f"{name} is not text", pointer=f"/{name}")
    return found


def plan_json(plan: list[Planned], referring: list[str]) -> dict[str, Any]:
    """Return what would be destroyed, what stays, and which records name what is destroyed."""
    destroys = [
        {
            "entry": one.entry.hex(),
            "records": one.records
            if isinstance(one.records, int)
            else [list(pair) for pair in one.records],
            "fields": None if one.fields is None else [list(pair) for pair in one.fields],
            "destroys": list(one.destroys),
        }
        for one in plan
    ]
    return {"destroys": destroys, "stays": list(STAYS), "referring": referring}
