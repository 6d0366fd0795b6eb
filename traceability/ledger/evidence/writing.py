"""Write an evidence bundle: everything that a third party needs to check some records, offline.

    README.txt, README.zh.txt     what this is, and how to check it
    itemproof_verify.py           the verifier in one file
    trust.operator.json           the operator's own trust file: its word, and no more
    index.csv                     a line for each record: number, name, kind, statuses as of a size
    proofs/0000001.json           its proof bundle
    events|documents|items|participants/0000001.json   the record itself, as it is disclosed
    anchors/<tree size>.json      header, account and storage proof of each anchor in the proofs
    checkpoints/<tree size>.txt   the signed head of each
    statuses/<leaf index>.json    the signed status entries that speak of the records
    SHA256SUMS                    of all files

The same ledger, choice and audience give the same bytes. Nothing is kept in memory of one record
when the next is written, but which anchors and statuses are written already.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import IO

from traceability.errors import Refused
from traceability.hashing.statement import ERASED
from traceability.ledger.audiences import audience_selection
from traceability.ledger.bundles import BundleBuilder, RecordAddress, RecordErased
from traceability.ledger.disclosure import Audience
from traceability.ledger.evidence.choosing import Choice, Chooser
from traceability.ledger.evidence.zipping import EvidenceZip
from traceability.ledger.node import Node
from traceability.ledger.partners import OPERATOR
from traceability.ledger.receipts import NotLoggedYet
from traceability.ledger.trust import trust_of
from traceability.merkle.checkpoint import parse_checkpoint
from traceability.store.repositories import Repositories
from traceability.store.repositories.entries import EntryRow
from traceability.verify.alone.building import FILE_NAME, build_verifier
from traceability.verify.alone.contents import (
    COLUMNS,
    GONE,
    GONE_EARLY,
    PROOFS,
    TOO_YOUNG,
    anchor_file,
    proven_line,
    record_of,
)
from traceability.verify.bundle import Bundle
from traceability.verify.identity import record_urn
from traceability.verify.payload import payload_bytes

Progress = Callable[[int], None]


class EvidenceEmpty(Refused):
    """Nothing fits what was asked for."""

    code = "EVIDENCE_EMPTY"


class EvidenceTooLarge(Refused):
    """More records than may be asked for here."""

    code = "EVIDENCE_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Written:
    """What an evidence bundle holds: records, those proven, and how many could not be and why."""

    records: int
    proofs: int
    erased: int
    waiting: int


@dataclass(slots=True)
class _Counts:
    records: int = 0
    proofs: int = 0
    erased: int = 0
    waiting: int = 0
    heads: set[int] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class EvidenceRequest:
    """What an evidence bundle is about, for whom it is, and whose program wrote it."""

    choice: Choice
    audience: Audience = "auditor"
    version: str = ""
    most: int | None = None


def no_progress(_records: int) -> None:
    """Tell nobody."""


def write_evidence(
    node: Node,
    request: EvidenceRequest,
    write: Callable[[bytes], object],
    *,
    folder: Path | None = None,
    progress: Progress = no_progress,
) -> Written:
    """Write an evidence bundle in one pass.

    Parameters
    ----------
    write
        Takes the ZIP's bytes as they come; if this raises, what it took is no ZIP.
    folder
        Where unnamed files lie meanwhile.

    Raises
    ------
    CodeUnknown, EvidenceEmpty, EvidenceTooLarge
    """
    with (
        node.store.reading() as repositories,
        EvidenceZip(write, folder=folder) as archive,
        tempfile.TemporaryFile(dir=folder) as index,
    ):
        writer = _Writer(node, repositories, archive, request, index)
        writer.frame()
        writer.records(progress)
        archive.add_from("index.csv", index)
        return writer.written()


class _Writer:
    """Writes one evidence bundle."""

    def __init__(
        self,
        node: Node,
        repositories: Repositories,
        archive: EvidenceZip,
        request: EvidenceRequest,
        index: IO[bytes],
    ) -> None:
        self._node = node
        self._repositories = repositories
        self._archive = archive
        self._request = request
        self._index = index
        self._counts = _Counts()
        self._builder = BundleBuilder(
            repositories, node.identity, states=node.states, upper=node.upper
        )
        self._line(COLUMNS)

    def frame(self) -> None:
        """Write what is the same for all evidence of this ledger."""
        texts = resources.files(__package__)
        for name, source in (("README.txt", "readme.en.txt"), ("README.zh.txt", "readme.zh.txt")):
            self._archive.add(name, texts.joinpath(source).read_bytes())
        self._archive.add(FILE_NAME, build_verifier(self._request.version))
        trust = trust_of(self._node.store, self._node.identity).to_json()
        text = json.dumps(trust, indent=2, sort_keys=True) + "\n"
        self._archive.add("trust.operator.json", text.encode())

    def records(self, progress: Progress) -> None:
        """Write every chosen record."""
        most = self._request.most
        for address in Chooser(self._repositories, self._request.choice).addresses():
            self._counts.records += 1
            if most is not None and self._counts.records > most:
                raise EvidenceTooLarge(
                    f"evidence has too many records: expected at most {most} over HTTP"
                )
            self._record(address)
            progress(self._counts.records)
        if not self._counts.records:
            raise EvidenceEmpty("evidence is empty: no record fits what was asked for")

    def written(self) -> Written:
        """Return what was written."""
        found = self._counts
        return Written(found.records, found.proofs, found.erased, found.waiting)

    def _record(self, address: RecordAddress) -> None:
        try:
            bundle = self._bundle(address)
        except RecordErased:
            self._counts.erased += 1
            self._note(address, GONE)
        except NotLoggedYet:
            self._counts.waiting += 1
            self._note(address, TOO_YOUNG)
        else:
            self._proven(address, bundle)

    def _bundle(self, address: RecordAddress) -> Bundle:
        codes = self._request.choice.codes
        chosen = audience_selection(
            self._repositories,
            address,
            audience=self._request.audience,
            code=codes[0] if len(codes) == 1 else None,
            asker=OPERATOR,
        )
        return self._builder.build(address, select=chosen)

    def _proven(self, address: RecordAddress, bundle: Bundle) -> None:
        self._counts.proofs += 1
        stem = f"{self._counts.records:07}.json"
        record = bundle.record
        self._archive.add(f"proofs/{stem}", bundle.to_bytes())
        payload = payload_bytes(record.kind, record.fields.fields)
        self._archive.add(record_of(f"{PROOFS}{stem}", record.kind), payload)
        self._head(bundle)
        entry = self._entry(address)
        self._line((stem[:-5], *proven_line(f"{PROOFS}{stem}", bundle, entry.leaf_hash)))
        self._statuses(address, entry)

    def _head(self, bundle: Bundle) -> None:
        """Write the head that a bundle ends at, and its anchor, each once."""
        size = parse_checkpoint(bundle.checkpoint).checkpoint.tree_size
        if size in self._counts.heads:
            return
        self._counts.heads.add(size)
        self._archive.add(f"checkpoints/{size}.txt", bundle.checkpoint.encode())
        if bundle.anchor is not None:
            self._archive.add(f"anchors/{size}.json", anchor_file(bundle))

    def _note(self, address: RecordAddress, why: str) -> None:
        """Write the index's line of a record that has no proof."""
        entry = self._entry(address)
        name = record_urn(entry.leaf_hash, address.record_index)
        found = self._statuses(address, entry)
        if why == GONE and not any(kind == ERASED and is_logged for kind, is_logged in found):
            why = GONE_EARLY
        kinds = ";".join(kind for kind, _ in found)
        index = "" if entry.leaf_index is None else str(entry.leaf_index)
        self._line((f"{self._counts.records:07}", name, "", "", index, why, kinds, "", ""))

    def _statuses(self, address: RecordAddress, entry: EntryRow) -> list[tuple[str, bool]]:
        """Write a record's status entries, each once; return kinds, and whether each is logged."""
        found = self._repositories.statuses.of_record(entry.leaf_hash, address.record_index)
        return [(status.kind, self._status(status.arrival)) for status in found]

    def _entry(self, address: RecordAddress) -> EntryRow:
        batch = self._repositories.batches.get(address.batch)
        entry = None if batch is None else self._repositories.entries.by_arrival(batch.arrival)
        if entry is None:
            raise AssertionError("a batch has its entry")
        return entry

    def _status(self, arrival: int) -> bool:
        """Write a logged status entry, once; tell whether it is logged."""
        entry = self._repositories.entries.by_arrival(arrival)
        if entry is None or entry.leaf_index is None:
            return False
        if arrival not in self._counts.statuses:
            self._counts.statuses.add(arrival)
            self._archive.add(f"statuses/{entry.leaf_index}.json", entry.envelope)
        return True

    def _line(self, values: tuple[str, ...]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(values)
        self._index.write(text.getvalue().encode())
