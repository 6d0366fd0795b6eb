"""Reading what callers want to have said of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.errors import InvalidInput
from traceability.hashing.envelope import Envelope, envelope_from_json
from traceability.hashing.statement import (
    ERASED,
    STATUS_KINDS,
    STATUS_REASONS,
    StatusStatement,
    parse_statement,
)
from traceability.ledger.partners import OPERATOR, Asker
from traceability.ledger.status_targets import (
    replacement_of,
    target_of_batch,
    targets_of_code,
)
from traceability.ledger.statuses import Declaration
from traceability.store.repositories import Repositories
from traceability.strict_json import JSONValue, parse_json

MEDIA_TYPE = "application/vnd.itemproof.status+json"
DECLARABLE = tuple(kind for kind in STATUS_KINDS if kind != ERASED)
_MEMBERS = {"code", "batch", "records", "kind", "reason", "replacement"}


class DeclarationInvalid(InvalidInput):
    """What should be said of which records is not in its documented form."""

    code = "DECLARATION_INVALID"


def check_choice(name: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse a word that is not of a closed list.

    Raises
    ------
    DeclarationInvalid
    """
    if value not in allowed:
        raise DeclarationInvalid(
            f"{name} is unknown: expected one of {', '.join(allowed)}",
            pointer=f"/{name}",
            got=value[:40],
        )


@dataclass(frozen=True, slots=True)
class DeclarationAsked:
    """What is to be said, of a code or of a batch."""

    kind: str
    reason: str
    code: str | None = None
    batch: int | None = None
    records: str | None = None
    replacement: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be said.

        Raises
        ------
        DeclarationInvalid
        """
        if (self.code is None) == (self.batch is None):
            raise DeclarationInvalid("either a code or a batch is named, and not both")
        if self.records is not None and self.batch is None:
            raise DeclarationInvalid("records are those of a batch", pointer="/records")
        check_choice("kind", self.kind, DECLARABLE)
        check_choice("reason", self.reason, STATUS_REASONS)

    @classmethod
    def read(cls, body: bytes) -> DeclarationAsked:
        """Read a JSON body."""
        value = parse_json(body)
        if not isinstance(value, dict) or set(value) - _MEMBERS:
            raise DeclarationInvalid(
                f"declaration is malformed: expected some of {', '.join(sorted(_MEMBERS))}"
            )
        batch = value.get("batch")
        if batch is not None and type(batch) is not int:
            raise DeclarationInvalid("batch is not a number", pointer="/batch")
        return cls(
            kind=_text(value, "kind") or "",
            reason=_text(value, "reason") or "",
            code=_text(value, "code"),
            batch=batch,
            records=_text(value, "records"),
            replacement=_text(value, "replacement"),
        )

    def declarations(
        self, repositories: Repositories, *, asker: Asker = OPERATOR
    ) -> list[Declaration]:
        """Return what is to be said, one of each batch that it concerns."""
        if self.code is not None:
            targets = targets_of_code(repositories, self.code, asker=asker)
        else:
            targets = [target_of_batch(repositories, self.batch or 0, self.records)]
        new = self.replacement
        replacement = None if new is None else replacement_of(repositories, new, asker=asker)
        return [
            Declaration(target.entry, target.records, self.kind, self.reason, replacement)
            for target in targets
        ]


def _text(value: dict[str, JSONValue], name: str) -> str | None:
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise DeclarationInvalid(f"{name} is not text", pointer=f"/{name}")
    return found


def read_signed(body: bytes) -> tuple[Envelope, StatusStatement]:
    """Read the envelope of a status that its author signed."""
    envelope = envelope_from_json(parse_json(body))
    statement = parse_statement(envelope.payload)
    if not isinstance(statement, StatusStatement):
        raise DeclarationInvalid(
            f"envelope holds another statement: expected status, got {statement.type}"
        )
    return envelope, statement
