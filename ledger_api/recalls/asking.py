"""A recall asked of a node, from its question to its signed folder; command and API share it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

from ledger_api.recalls.defaults import MOST_MINUTES
from ledger_api.recalls.folder import SIGNATURE, sums_of, write_report
from traceability.errors import InvalidInput
from traceability.ledger.node import Node
from traceability.ledger.recalls import RecallAsked, Recalled, recall_report, sign_report
from traceability.lineage.recalls.report import Target
from traceability.lineage.results import ProofURL, RecordReference, proof_path
from traceability.verify.recall_report import Manifest, ReportInvalid, check_files, open_manifest
from traceability.verify.trust import Trust


class TargetInvalid(InvalidInput):
    """The target of a recall is no number in its range."""

    code = "RECALL_TARGET_INVALID"


@dataclass(frozen=True, slots=True)
class Written:
    """A report in its folder."""

    recalled: Recalled
    files: tuple[str, ...]


def target_of(minutes: str, percent: str) -> Target:
    """Read a target.

    Raises
    ------
    TargetInvalid
    """
    return Target(
        _number("minutes", minutes, most=MOST_MINUTES), _number("percent", percent, most=100)
    )


def _number(name: str, text: str, *, most: int) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or not 0 <= found <= most:
        raise TargetInvalid(
            f"target is no number in its range: expected 0 to {most} {name}, got {text[:40]!r}",
            pointer=f"/target_{name}",
            expected=f"0 to {most}",
            got=text[:40],
        )
    return found


def proofs_at(base_url: str) -> ProofURL:
    """Return what makes the whole address of a record's proof: a report leaves this server."""
    base = base_url.rstrip("/")

    def address(record: RecordReference) -> str:
        return base + proof_path(record)

    return address


def write_recall(
    node: Node, asked: RecallAsked, target: Path, *, base_url: str, timezone: str
) -> Written:
    """Ask, say what is to be said, and write the signed folder."""
    recalled = recall_report(node, asked, proof_url=proofs_at(base_url))
    files = write_report(
        target,
        recalled.report,
        timezone=timezone,
        author=author_name(node, asked.participant),
        sign=partial(sign_report, node, participant=asked.participant),
    )
    return Written(recalled, files)


def author_name(node: Node, participant: bytes | None) -> str | None:
    """Return the name of the participant that signs."""
    if participant is None:
        return None
    with node.store.reading() as repositories:
        row = repositories.participants.get(participant)
    return participant.hex() if row is None else row.name


def check_folder(folder: Path, trust: Trust) -> Manifest:
    """Check the signature of a report's folder and every byte in it.

    Raises
    ------
    ReportInvalid, ReportChanged, SignersInvalid, SignatureInvalid
    """
    try:
        signature = (folder / SIGNATURE).read_bytes()
    except OSError as error:
        raise ReportInvalid(
            f"folder has no signature of a report: expected {SIGNATURE} in {str(folder)!r}"
        ) from error
    manifest = open_manifest(signature, trust)
    check_files(manifest, sums_of(folder))
    return manifest
