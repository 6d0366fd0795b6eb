"""What the verifier says: each step's result, and what follows from the steps that passed.

Source: `docs/formats.md`, section 8. Nothing is reported of a record that a step refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from traceability.errors import ItemProofError
from traceability.hashing.commitment import Field
from traceability.hashing.encoding import b64u_encode, format_time
from traceability.strict_json import JSONValue
from traceability.verify.faults import (
    CHAIN_NOT_ASKED,
    CHAIN_UNAVAILABLE,
    NOT_REACHED,
    NotChecked,
)

Result = Literal["passed", "failed", "not_checked"]
State = Literal["logged", "anchored", "final"]

STEP_NAMES = {
    0: "bundle",
    1: "fields",
    2: "record",
    3: "statement",
    4: "key",
    5: "entry",
    6: "state",
    7: "log",
    8: "checkpoint",
    9: "anchor",
    10: "block",
}
STEP_ORDER = (0, 7, 8, 5, 6, 4, 3, 2, 1, 9, 10)
# What a caller accepts, and the steps that it demands.
DEMANDED_STEPS: dict[State, range] = {
    "logged": range(9),
    "anchored": range(10),
    "final": range(11),
}
EXIT_YES, EXIT_REFUTED, EXIT_NO_TRUST, EXIT_UNAVAILABLE = 0, 1, 2, 3
KEY_SUSPECT = "KEY_SUSPECT"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A warning: the key signed this entry at or after the index from which it is suspect.

    No verdict changes by it: what the key signed before its revocation stands.
    """

    suspect_from: int
    entry_index: int

    def to_json(self) -> dict[str, JSONValue]:
        """Return the warning."""
        return {
            "code": KEY_SUSPECT,
            "reason": f"the key is suspect from entry {self.suspect_from} on, "
            f"and signed entry {self.entry_index}",
            "suspect_from": self.suspect_from,
            "entry_index": self.entry_index,
        }


def suspicion(suspect_from: int | None, entry_index: int | None) -> tuple[Suspicion, ...]:
    """Return the warning that is due of an entry in the log, if one is."""
    if suspect_from is None or entry_index is None or entry_index < suspect_from:
        return ()
    return (Suspicion(suspect_from, entry_index),)


@dataclass(frozen=True, slots=True)
class Step:
    """One step's result; `code` and `reason` are empty if it passed."""

    step: int
    result: Result
    code: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """The step's name."""
        return STEP_NAMES[self.step]

    def to_json(self) -> dict[str, JSONValue]:
        """Return the step; `code` and `reason` are null if it passed."""
        return {
            "step": self.step,
            "name": self.name,
            "result": self.result,
            "code": self.code or None,
            "reason": self.reason or None,
        }


class StepFailed(Exception):
    """A step failed and is on record; no later step is taken."""


class StepLog:
    """Collects results; the one place where a failed check is caught."""

    def __init__(self) -> None:
        self._steps = {
            number: Step(number, "not_checked", NOT_REACHED, "an earlier step failed")
            for number in STEP_ORDER
        }

    @contextmanager
    def step(self, number: int) -> Iterator[None]:
        """Take one step: its block passes, raises a fault, or raises `NotChecked`."""
        try:
            yield
        except NotChecked as why:
            self._steps[number] = Step(number, "not_checked", why.code, str(why))
        except ItemProofError as fault:
            self._steps[number] = Step(number, "failed", fault.code, str(fault))
            raise StepFailed from fault
        else:
            self._steps[number] = Step(number, "passed")

    def steps(self) -> tuple[Step, ...]:
        """Return all steps in the order in which they are taken."""
        return tuple(self._steps.values())


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, and how the key is bound to it."""

    participant: bytes
    key: bytes
    custody: str
    roles: tuple[str, ...]
    suspect_from: int | None
    card: tuple[Field, ...]

    @property
    def name(self) -> str:
        """The name on the card if it is shown, otherwise the participant's id."""
        for field in self.card:
            if field.path == ("name",) and field.value:
                return _one_text(field.value)
        return b64u_encode(self.participant)

    @property
    def description(self) -> str:
        """How the signature is to be described to a reader."""
        if self.custody == "operator":
            return f"signed by the operator for {self.name}"
        return f"signed by {self.name}"

    def to_json(self) -> dict[str, JSONValue]:
        """Return the signer; an undisclosed card is an empty array."""
        return {
            "participant": b64u_encode(self.participant),
            "name": self.name,
            "key": b64u_encode(self.key),
            "custody": self.custody,
            "roles": list(self.roles),
            "suspect_from": self.suspect_from,
            "card": _fields_json(self.card),
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What steps 0 to 8 prove about one record.

    `status` is derived from the log's first `status_size` entries; what came later is
    unknown. `field_count` is what the signer committed to.
    """

    kind: str
    entry_hash: bytes
    entry_index: int
    record_index: int
    field_count: int
    is_complete: bool
    fields: tuple[Field, ...]
    lot: tuple[Field, ...]
    signer: Signer
    claimed_time: datetime
    status: str
    statuses: tuple[tuple[str, int], ...]
    status_size: int

    @property
    def warnings(self) -> tuple[Suspicion, ...]:
        """What a reader is to be told although every step passed."""
        return suspicion(self.signer.suspect_from, self.entry_index)

    def to_json(self) -> dict[str, JSONValue]:
        """Return the members of the report that describe the record."""
        return {
            "record": {
                "kind": self.kind,
                "entry": b64u_encode(self.entry_hash),
                "entry_index": self.entry_index,
                "index": self.record_index,
                "field_count": self.field_count,
                "complete": self.is_complete,
            },
            "fields": _fields_json(self.fields),
            "lot": _fields_json(self.lot),
            "signer": self.signer.to_json(),
            "claimed_time": format_time(self.claimed_time),
            "status": self.status,
            "statuses": [{"kind": kind, "entry_index": index} for kind, index in self.statuses],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict, every step, and the proven facts; times are of blocks, in UTC."""

    accept: State
    steps: tuple[Step, ...]
    facts: RecordFacts | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None

    @property
    def state(self) -> State | None:
        """The state that the passed steps prove; none if a step up to 8 did not pass."""
        passed = {step.step for step in self.steps if step.result == "passed"}
        proven: tuple[State, ...] = ("final", "anchored", "logged")
        return next((state for state in proven if passed.issuperset(DEMANDED_STEPS[state])), None)

    @property
    def failed(self) -> Step | None:
        """The step that failed, if one did."""
        return next((step for step in self.steps if step.result == "failed"), None)

    @property
    def exit_status(self) -> int:
        """0 verified, 1 refuted or not enough, 2 nothing to check against, 3 try again."""
        if self.failed is not None:
            return EXIT_REFUTED
        missing = [
            step
            for step in self.steps
            if step.step in DEMANDED_STEPS[self.accept] and step.result != "passed"
        ]
        if not missing:
            return EXIT_YES
        by_code = {CHAIN_UNAVAILABLE: EXIT_UNAVAILABLE, CHAIN_NOT_ASKED: EXIT_NO_TRUST}
        return by_code.get(missing[0].code, EXIT_REFUTED) if len(missing) == 1 else EXIT_REFUTED

    @property
    def verified(self) -> bool:
        """Whether every demanded step passed and none failed."""
        return self.exit_status == EXIT_YES

    def to_json(self) -> dict[str, JSONValue]:
        """Return the whole report; what is not proven is null."""
        facts = self.facts
        value: dict[str, JSONValue] = {
            "verified": self.verified,
            "exit_status": self.exit_status,
            "accept": self.accept,
            "state": self.state,
            "steps": [step.to_json() for step in self.steps],
            "not_before": _time_json(self.not_before),
            "not_after": _time_json(self.not_after),
        }
        value |= dict.fromkeys(
            ("record", "fields", "lot", "signer", "claimed_time", "status", "statuses")
        )
        value["status_as_of"] = None
        value["warnings"] = []
        if facts is not None:
            value |= facts.to_json()
            value["status_as_of"] = {
                "tree_size": facts.status_size,
                "block_time": _time_json(self.not_after),
                "later": "unknown",
            }
            value["warnings"] = [one.to_json() for one in facts.warnings]
        return value


def _time_json(time: datetime | None) -> str | None:
    return None if time is None else format_time(time)


def _fields_json(fields: tuple[Field, ...]) -> list[JSONValue]:
    return [{"path": list(field.path), "value": field.value} for field in fields]


def _one_text(value: JSONValue) -> str:
    if isinstance(value, dict):
        value = next(iter(value.values()))
    return str(value)
