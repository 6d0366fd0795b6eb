"""Recalls of a ledger: the report of one, its status entries, its signature.

The order of a real recall: (1) find what is to be recalled, (2) the status entries, all in one
transaction, (3) the report, which names them. A crash before the commit of (2) leaves nothing;
after it, records that are recalled, which is true and stands in the log, without a report: asked
again, the same entries answer and the report is made. A report that says what the log does not
say is never written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from traceability.hashing.encoding import b64u_encode
from traceability.hashing.envelope import Envelope, sign_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import PublicKey, Ranges
from traceability.ledger.node import Node
from traceability.ledger.participants import held_key
from traceability.ledger.partners import OPERATOR, Asker
from traceability.ledger.sight import sight_of
from traceability.ledger.status_targets import merged
from traceability.ledger.statuses import MAX_NAMED, RECALLED, Declaration, Declared
from traceability.lineage.balance.tolerance import EXACT, Tolerance
from traceability.lineage.choice import Choice
from traceability.lineage.recalls.making import Question, make_report
from traceability.lineage.recalls.report import MOCK, REAL, LogHead, Report, Said, Target
from traceability.lineage.records import WHOLE_BATCH, records_of
from traceability.lineage.results import Limits, ProofURL, RecordReference, proof_path
from traceability.store.repositories import Repositories
from traceability.strict_json import JSONValue
from traceability.verify.recall_report import REPORT_TYPE, Author, FileSum, Manifest

# An entry has at most 4,096 bytes; a range is at most 23 of them, in base64 31.
MOST_RANGES: Final = 80


@dataclass(frozen=True, slots=True)
class RecallAsked:
    """What is asked of a ledger.

    Parameters
    ----------
    asked
        When the question came.
    tolerance
        How much material may be missing.
    reason
        Of a real recall: why, one of the standing reasons. Without it, it is an exercise.
    participant
        Who signs beside the operator, and says that the records are recalled; none for the
        operator, who says it as the registrar.
    asker
        Whose question it is: the report tells what they may see.
    """

    code: str
    target: Target
    asked: datetime
    tolerance: Tolerance = EXACT
    reason: str | None = None
    participant: bytes | None = None
    asker: Asker = OPERATOR


@dataclass(frozen=True, slots=True)
class Recalled:
    """The report of a recall, and the status entries of a real one as they arrived."""

    report: Report
    declared: tuple[Declared, ...] = ()


def recall_report(node: Node, asked: RecallAsked, *, proof_url: ProofURL = proof_path) -> Recalled:
    """Return the report of a recall; of a real one, once its records are recalled.

    The entries have arrived then; the caller sees to it that they are logged.

    Raises
    ------
    CodeNotTraced
        Nothing is known of the code.
    CodeSyntaxError, CodeLengthError, CodeCharacterError, CodeCheckDigitError
    KeyUnknown, KeyRevoked
        The participant has no key here that could say it; nothing was said.
    """
    found = _report(node, asked, proof_url=proof_url)
    if asked.reason is None:
        return Recalled(found)
    declarations, unsaid = _declarations(node, found, asked)
    declared = node.statuses.declare(declarations, participant=asked.participant)
    said = zip(declared, declarations, strict=True)
    entries = tuple(_said(node, one, declaration) for one, declaration in said)
    report = replace(found, finished=node.clock(), said=entries, unsaid=tuple(unsaid))
    return Recalled(report, tuple(declared))


def _report(node: Node, asked: RecallAsked, *, proof_url: ProofURL) -> Report:
    with node.store.reading() as repositories:
        limits = Limits(choice=Choice(sight=sight_of(repositories, asked.asker)))
        head = repositories.tree.latest_checkpoint()
        size, root = (0, b"") if head is None else (head.tree_size, head.root_hash)
        log = LogHead(node.identity.origin, node.identity.log.hex(), size, root.hex())
        kind = MOCK if asked.reason is None else REAL
        question = Question(asked.code, kind, asked.target, asked.asked, asked.tolerance, log)
        return make_report(
            repositories, question, clock=node.clock, limits=limits, proof_url=proof_url
        )


def _said(node: Node, one: Declared, declaration: Declaration) -> Said:
    if isinstance(declaration.records, int):
        with node.store.reading() as repositories:
            batch = repositories.batches.by_entry_hash(declaration.entry)
            count = 0 if batch is None else batch.record_count
    else:
        count = sum(last - first + 1 for first, last in declaration.records)
    return Said(b64u_encode(one.entry_hash), count, one.repeated)


def _declarations(
    node: Node, found: Report, asked: RecallAsked
) -> tuple[list[Declaration], list[str]]:
    """Return what is to be said, and the names of records that its author may not say it of."""
    with node.store.reading() as repositories:
        wanted, batches = _records(repositories, found)
        allowed = _own(repositories, wanted, asked.participant)
        declarations = [
            Declaration(entry, ranges, RECALLED, asked.reason or "")
            for entry in sorted(allowed)
            for ranges in _statements(wanted[entry])
        ]
    unsaid = [
        RecordReference(batches[entry], index, entry).name
        for entry in sorted(wanted.keys() - allowed)
        for index in sorted(wanted[entry])
    ]
    return declarations, unsaid


def _records(
    repositories: Repositories, found: Report
) -> tuple[dict[bytes, set[int]], dict[bytes, int]]:
    """Return the records to recall, by the entry of their batch.

    Those of the single things and of the lots that were minted, as `declare` would take their
    codes. Of a lot that only events name, the record would be an event, which may name other
    goods: none but the code that was asked for is recalled so.
    """
    codes = {line.code for line in found.lines if line.kind == "item"} | {found.code}
    wanted: dict[bytes, set[int]] = {}
    batches: dict[bytes, int] = {}
    for records in records_of(repositories, codes).values():
        for record in records:
            wanted.setdefault(record.entry_hash, set()).add(record.record_index)
            batches[record.entry_hash] = record.batch
    return wanted, batches


def _own(
    repositories: Repositories, entries: Collection[bytes], participant: bytes | None
) -> set[bytes]:
    if participant is None:
        return set(entries)
    rows = {entry: repositories.batches.by_entry_hash(entry) for entry in entries}
    return {entry for entry, row in rows.items() if row and row.participant == participant}


def _statements(records: set[int]) -> Iterator[Ranges | int]:
    """Yield the records of one batch in statements that fit into an entry each."""
    if WHOLE_BATCH in records:
        yield WHOLE_BATCH
        return
    named = iter(sorted(records))
    while some := list(islice(named, MAX_NAMED)):
        ranges = iter(merged([(index, index) for index in some]))
        while part := tuple(islice(ranges, MOST_RANGES)):
            yield part


def sign_report(
    node: Node, report: Report, files: Mapping[str, FileSum], *, participant: bytes | None = None
) -> Envelope:
    """Return the signed list of a report's files: the participant first, the log key last.

    Raises
    ------
    KeyUnknown
        The node holds no key of the participant.
    """
    summary = dict(_summary(report))
    keys: list[SecretKey] = []
    author = None
    if participant is not None:
        with node.store.unit_of_work() as work:
            key = held_key(work.repositories, node.keyring, participant)
        keys.append(key)
        author = Author(participant, PublicKey(key.alg, key.public_key))
    manifest = Manifest(node.identity.log, summary, files, author)
    return sign_envelope(REPORT_TYPE, manifest.to_bytes(), [*keys, node.identity.log_key])


def _summary(report: Report) -> Iterable[tuple[str, JSONValue]]:
    """Yield what is signed of the report itself: enough to read without its files."""
    found = report.summary_json()
    names = ("type", "code", "log", "asked", "finished", "passed", "reasons", "percent", "figures")
    return ((name, found[name]) for name in names)
