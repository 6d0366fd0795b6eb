"""`verify --receipt`: whether the operator kept its promise, and the file that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger_api.cli.files import write_whole
from ledger_api.cli.running import Command
from ledger_api.statuses import EXIT_OK, EXIT_REFUSED, EXIT_UNAVAILABLE
from traceability.errors import ItemProofError, Unavailable

if TYPE_CHECKING:
    from ledger_api.chain_view import EndpointsView
    from traceability.hashing.statement import Receipt
    from traceability.ledger.mirror.source import LogSource
    from traceability.verify.receipt_file import Judged, ReceiptFile, WitnessPart
    from traceability.verify.trust import Trust

# What is still open refutes nothing, and is no yes.
STATUS = {
    "kept": EXIT_OK,
    "broken": EXIT_REFUSED,
    "pending": EXIT_UNAVAILABLE,
    "unresolved": EXIT_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Sources:
    """Where evidence is looked for, besides the file itself."""

    mirror: Path | None = None
    log: str | None = None
    rpc: Sequence[str] = ()


def judge_receipt(
    command: Command, path: Path, *, trust: Path | None, sources: Sources, output: Path | None
) -> int:
    """Judge a receipt and print the verdict; write it with its evidence where one is reached."""
    from ledger_api.chain_view import EndpointsView
    from traceability.chain.values import Finality
    from traceability.verify.receipt_file import (
        MAX_RECEIPT_FILE_BYTES,
        ReceiptFile,
        parse_receipt_file,
    )
    from traceability.verify.trust import load_trust

    trusted = load_trust(trust or command.data_dir / "trust.json")
    trusted = replace(trusted, endpoints=tuple(sources.rpc) or trusted.endpoints)
    with path.open("rb") as handle:
        file = parse_receipt_file(handle.read(MAX_RECEIPT_FILE_BYTES + 1))
    finality = Finality.parse(command.settings.finality)
    with EndpointsView(trusted, finality=finality) as view:
        judged, faults = _judge(file, trusted, view, sources)
    value = _value(judged)
    if output is not None and judged.decisive:
        write_whole(output, ReceiptFile(file.envelope, judged.decisive).to_bytes())
        value["path"] = str(output)
    judgement = judged.judgement
    status = STATUS[judgement.verdict]
    if faults and status == EXIT_UNAVAILABLE:
        command.output.error(faults[0], beside=value)
        return status
    for fault in faults:
        command.output.warn(fault)
    reason = command.output.say(judgement.code, **judgement.numbers)
    command.output.answer(value, _lines(command, value, reason))
    return status


def _judge(
    file: ReceiptFile, trust: Trust, view: EndpointsView, sources: Sources
) -> tuple[Judged, list[ItemProofError]]:
    """Judge by everything that answers; what does not, or lies, is told beside the verdict.

    Log and mirror are the operator's: silence or false evidence there must not hide what the
    chain alone shows.
    """
    from traceability.verify.receipt import open_receipt
    from traceability.verify.receipt_file import ReceiptFile, judge_file

    receipt = open_receipt(file.envelope.to_bytes(), trust)
    chain = view if trust.endpoints else None
    judge = partial(judge_file, trust=trust, now=datetime.now(UTC))
    found: list[WitnessPart] = []
    faults: list[ItemProofError] = []
    for place in (_of_log(receipt, trust, sources), _of_chain(receipt, trust, view)):
        try:
            for part in place:
                judge(ReceiptFile(file.envelope, ()), found=[part], chain=chain)
                found.append(part)
        except ItemProofError as fault:
            faults.append(fault)
    try:
        return judge(file, found=found, chain=chain), faults
    except Unavailable as fault:
        return judge(file, found=found), [*faults, fault]


def _of_log(receipt: Receipt, trust: Trust, sources: Sources) -> Iterator[WitnessPart]:
    from traceability.ledger.mirror.witnesses import witnesses_of_log

    with opened_source(sources) as source:
        if source is not None:
            yield from witnesses_of_log(source, receipt, trust)


@contextmanager
def opened_source(sources: Sources) -> Iterator[LogSource | None]:
    """Yield the log or the mirror that is named, if one is."""
    from traceability.ledger.mirror.folder import MirrorFolder
    from traceability.ledger.mirror.source import FolderSource, HttpSource

    if sources.mirror is not None:
        yield FolderSource(MirrorFolder(sources.mirror))
    elif sources.log is not None:
        with HttpSource(sources.log) as source:
            yield source.find()
    else:
        yield None


def _of_chain(receipt: Receipt, trust: Trust, view: EndpointsView) -> Iterator[WitnessPart]:
    from traceability.ledger.mirror.witnesses import witnesses_of_chain

    if trust.endpoints:
        newest = view.client().finalized_number()
        yield from witnesses_of_chain(view.head_at, newest, receipt)


def _value(judged: Judged) -> dict[str, Any]:
    from ledger_api.reports import time_json
    from traceability.hashing.encoding import b64u_encode

    receipt = judged.receipt
    return {
        "verdict": judged.judgement.verdict,
        "reason_code": judged.judgement.code,
        "reason": judged.judgement.reason,
        "entry": b64u_encode(receipt.entry_leaf_hash),
        "leaf_index": receipt.leaf_index,
        "received": time_json(receipt.received),
        "anchored_by": time_json(receipt.anchored_by),
        "witnesses": len(judged.decisive),
        "unknown_blocks": judged.unknown_blocks,
    }


def _lines(command: Command, value: dict[str, Any], reason: str) -> list[str]:
    say = command.output.say
    verdict = say(f"receipt_{value['verdict']}")
    lines = [say("receipt", **(value | {"verdict": verdict})), f"  {reason}"]
    if value["unknown_blocks"]:
        lines.append(say("unknown_blocks", count=value["unknown_blocks"]))
    if "path" in value:
        lines.append(say("receipt_file", path=value["path"]))
    return lines
