"""What each page shows, as plain values that the endpoints fill in.

Nothing here knows the store. Texts are in their author's words or are names for which the
catalogue has words; times are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ledger_api.i18n.local_text import LocalText
from traceability.hashing.commitment import Field
from traceability.strict_json import JSONValue
from traceability.verify.report import Report, Step

Level = Literal["item", "lot", "product"]
VerdictKind = Literal["final", "anchored", "logged", "received", "mismatch", "unchecked"]
Custody = Literal["self", "operator"]


@dataclass(frozen=True, slots=True)
class Code:
    """The code that was scanned or typed, in its parts."""

    uri: str
    gtin: str
    lot: str | None = None
    serial: str | None = None

    @property
    def level(self) -> Level:
        """What the code names: one item, a lot, or a kind of product."""
        if self.serial is not None:
            return "item"
        return "lot" if self.lot is not None else "product"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One property of the goods, `name` as the record has it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ChainPart:
    """The chain and contract that hold the log's heads."""

    chain_id: int
    contract: str
    log_id: str
    is_test: bool


@dataclass(frozen=True, slots=True)
class SignerPart:
    """Who signed and how the key is bound; operator custody is always said."""

    name: str
    custody: Custody
    gln: str | None = None
    credit_code: str | None = None  # 统一社会信用代码
    is_suspect: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the server found when it checked the record's proof bundle.

    Parameters
    ----------
    kind
        How far the proof reaches; `unchecked` if there was nothing to check it against.
    steps
        In the order in which they were taken; empty if no bundle exists yet.
    tree_size
        The log's size that `status` was read at; what came later is unknown.
    """

    kind: VerdictKind
    status: str = "current"
    steps: tuple[Step, ...] = ()
    signer: SignerPart | None = None
    claimed_time: datetime | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    tree_size: int | None = None
    entry_index: int | None = None

    @property
    def failed(self) -> Step | None:
        """The step that failed, if one did."""
        return next((step for step in self.steps if step.result == "failed"), None)


def verdict_of(report: Report) -> Verdict:
    """Return the verdict that a verifier's report amounts to."""
    facts = report.facts
    if report.failed is not None or facts is None:
        return Verdict("mismatch" if report.failed else "unchecked", steps=report.steps)
    signer = SignerPart(
        name=facts.signer.name,
        custody="operator" if facts.signer.custody == "operator" else "self",
        gln=card_text(facts.signer.card, "gln"),
        credit_code=card_text(facts.signer.card, "credit_code"),
        is_suspect=bool(facts.warnings),
    )
    return Verdict(
        report.state or "unchecked",
        status=facts.status,
        steps=report.steps,
        signer=signer,
        claimed_time=facts.claimed_time,
        not_before=report.not_before,
        not_after=report.not_after,
        tree_size=facts.status_size,
        entry_index=facts.entry_index,
    )


def card_text(card: tuple[Field, ...], member: str) -> str | None:
    """Return a text that the signer's card shows."""
    found: list[JSONValue] = [shown.value for shown in card if shown.path == (member,)]
    return found[0] if found and isinstance(found[0], str) else None


@dataclass(frozen=True, slots=True)
class Stop:
    """One event of the journey.

    Parameters
    ----------
    biz_step
        Bare CBV name, or a URI of somebody's own vocabulary; empty if the event has none.
    offset
        The event's own zone, `+08:00`; without it the time is shown in the page's.
    place, party
        Names, or identifiers where no name is known.
    details
        Short facts, such as what was put in.
    state
        received, logged, anchored or final.
    proof_url
        Where this event's bundle is.
    is_error
        The event was declared an error later.
    """

    biz_step: str
    event_time: datetime
    offset: str | None = None
    place: LocalText = field(default_factory=LocalText)
    party: LocalText = field(default_factory=LocalText)
    details: tuple[LocalText, ...] = ()
    state: str = "logged"
    proof_url: str | None = None
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Recall:
    """What is known of a recall; `notice_url` is the author's own page.

    `by` is the name of the participant that recalled; without one, the operator did.
    """

    since: datetime | None = None
    reason: str = ""
    notice_url: str | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One thing that was said of a record since; `basis` is that of an erasure."""

    kind: str
    reason: str
    since: datetime
    by: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class ProofLinks:
    """Where the bundle and the trust root can be fetched."""

    bundle_url: str
    trust_url: str = "/log/trust.json"


@dataclass(frozen=True, slots=True)
class ItemView:
    """The consumer page; `verdict` is None for a kind of product, and for an erased item."""

    code: Code
    name: LocalText
    chain: ChainPart
    verdict: Verdict | None = None
    attributes: tuple[Attribute, ...] = ()
    journey: tuple[Stop, ...] = ()
    is_journey_cut: bool = False
    recall: Recall | None = None
    status_now: str = "current"
    history: tuple[StatusRow, ...] = ()
    links: ProofLinks | None = None


@dataclass(frozen=True, slots=True)
class ProblemView:
    """Why there is nothing to show; `code` is an error's stable code."""

    status: int
    code: str
    detail: str = ""
    given: str = ""
    expected: str = ""
    got: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """How much the log holds."""

    items: int
    records: int
    entries: int
    participants: int


@dataclass(frozen=True, slots=True)
class LandingView:
    """The first page."""

    figures: Figures
    chain: ChainPart
    example_url: str | None = None


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """One supplier's score: 0 to 100, with the interval that its data allow.

    `text_grade` and `demonstrated_grade` are levels 1 to 5, or None where data are missing;
    `limiting` names metrics; `excluded` counts what does not count, by reason.
    """

    gln: str
    name: LocalText
    score: str
    low: str
    high: str
    text_grade: int | None
    demonstrated_grade: int | None
    limiting: tuple[str, ...] = ()
    inspected: int | None = None
    excluded: tuple[tuple[str, int], ...] = ()
    proof_url: str | None = None


@dataclass(frozen=True, slots=True)
class QualityView:
    """All suppliers, best first."""

    suppliers: tuple[SupplierRow, ...]
    chain: ChainPart
    computed: datetime | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One fault of a submitted record."""

    code: str
    pointer: str
    message: str
    expected: str = ""
    got: str = ""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What became of one submitted record: accepted, duplicate or rejected."""

    pointer: str
    result: str
    event_id: str | None = None
    faults: tuple[FaultRow, ...] = ()
    # Of the one-code rules, where they are told and not refused.
    breaches: tuple[FaultRow, ...] = ()
    warning: str = ""
    proof_url: str | None = None


@dataclass(frozen=True, slots=True)
class SubmissionPart:
    """The answer to an upload; `fault` is set if the file could not be read at all."""

    file_name: str
    status: str
    records: tuple[RecordRow, ...] = ()
    is_trial: bool = False
    fault: FaultRow | None = None
    receipt_url: str | None = None
    anchored_by: datetime | None = None
    http_status: int = 200

    def count(self, result: str) -> int:
        """Return how many records ended so."""
        return sum(record.result == result for record in self.records)


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """One batch, its status now, and how many of its records are recalled by themselves."""

    batch: int
    received: datetime
    records: int
    status: str
    said: StatusRow | None = None
    lot: str = ""
    url: str = ""
    recalled: int = 0


@dataclass(frozen=True, slots=True)
class DeclaringPart:
    """The answer to a recall or its lifting; `kind` is empty where only batches were asked."""

    kind: str = ""
    typed: str = ""
    is_repeated: bool = False
    fault: FaultRow | None = None
    batches: tuple[BatchStanding, ...] = ()
    http_status: int = 200


@dataclass(frozen=True, slots=True)
class SupplierView:
    """The upload page, with the answer to the last upload or recall."""

    chain: ChainPart
    submission: SubmissionPart | None = None
    declaring: DeclaringPart | None = None


@dataclass(frozen=True, slots=True)
class ScanView:
    """The page for typing a code, with what was wrong with the last one."""

    typed: str = ""
    problem: ProblemView | None = None
