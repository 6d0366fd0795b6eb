"""Where the events of a long document stand in it, told by the names that their records had.

A breach of a one-code rule names an earlier piece's event by its record. Once the document is
rolled back there is no such record, and the sender is told the event's place instead.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from traceability.verify.identity import record_urn

if TYPE_CHECKING:
    from traceability.events.faults import Fault
    from traceability.ledger.submission import RecordResult

_NAME = re.compile(r"(urn:itemproof:record:[A-Za-z0-9_-]{43}):([0-9]{1,15})")


class Places:
    """The places of accepted events, four bytes each."""

    def __init__(self) -> None:
        # By the beginning of the records' names: the pointer of the list, and their numbers in it.
        self._lists: dict[str, tuple[str, array[int]]] = {}

    def add(self, entry_hash: bytes, judged: Sequence[RecordResult]) -> None:
        """Note the events of one batch."""
        pointers = [one.pointer.rpartition("/") for one in judged if one.result == "accepted"]
        if pointers and all(number.isdecimal() for _, _, number in pointers):
            numbers = array("I", [int(number) for _, _, number in pointers])
            self._lists[record_urn(entry_hash, 0).rpartition(":")[0]] = pointers[0][0], numbers

    def told(self, record: RecordResult) -> RecordResult:
        """Return a result whose faults name places instead of records of this document."""
        if not self._lists or not record.faults:
            return record
        return record._replace(faults=tuple([self._told(fault) for fault in record.faults]))

    def _told(self, fault: Fault) -> Fault:
        message, got = (
            text and _NAME.sub(self._place, text) for text in (fault.message, fault.got)
        )
        return replace(fault, message=message or "", got=got)

    def _place(self, found: re.Match[str]) -> str:
        if found[1] not in self._lists:
            return found[0]
        pointer, numbers = self._lists[found[1]]
        return f"{pointer}/{numbers[int(found[2])]}"
