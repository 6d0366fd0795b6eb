"""Which records belong into an evidence bundle: of codes, lots, batches, or all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from traceability.codes.identifier import Identifier
from traceability.errors import InvalidInput
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.lookup import CodeUnknown, find_record
from traceability.lineage.results import RecordReference
from traceability.lineage.tracing import CodeNotTraced, trace
from traceability.store.repositories import Repositories
from traceability.store.repositories.batches import BatchRow
from traceability.store.repositories.items import ItemRun

# A code that more events name than this belongs to a class: its batches can be asked for.
MAX_EVENTS_OF_CODE = 100_000
_RECORDS_AT_ONCE = 256


class EvidenceChoiceInvalid(InvalidInput):
    """What the evidence should be about is not said, or said twice."""

    code = "EVIDENCE_CHOICE_INVALID"


@dataclass(frozen=True, slots=True)
class Choice:
    """What an evidence bundle is about; times are milliseconds since 1970.

    Parameters
    ----------
    codes, lots, batches, everything
        One of them: codes of items, events or records; lot numbers; numbers of batches; all.
    upstream
        With codes: the events of what each was made of, too.
    items
        With lots, batches or all: the record of each single item, too.
    since, before
        Only what was received from then on, and until before then.
    """

    codes: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    batches: tuple[int, ...] = ()
    everything: bool = False
    upstream: bool = False
    items: bool = False
    since: int | None = None
    before: int | None = None

    def check(self) -> None:
        """Refuse a choice that is none, or several at once.

        Raises
        ------
        EvidenceChoiceInvalid
        """
        named = [*map(bool, (self.codes, self.lots, self.batches)), self.everything]
        if sum(named) != 1:
            raise EvidenceChoiceInvalid("evidence is of codes, of lots, of batches, or of all")
        if self.upstream and not self.codes:
            raise EvidenceChoiceInvalid("upstream goes with codes")


class Chooser:
    """Finds the records of a choice, each once, in an order that depends on the ledger alone."""

    def __init__(self, repositories: Repositories, choice: Choice) -> None:
        choice.check()
        self._repositories = repositories
        self._choice = choice

    def addresses(self) -> Iterator[RecordAddress]:
        """Yield the records in the order of the log.

        Raises
        ------
        CodeUnknown
            One of the codes, lots or batches is not known here.
        """
        choice = self._choice
        if choice.codes:
            yield from self._kept(self._of_codes(choice.codes))
        elif choice.lots:
            yield from self._kept(self._of_lots(choice.lots))
        else:
            for batch in self._batches():
                if self._is_within(batch):
                    yield from self._of_batch(batch)

    def _kept(self, found: Iterable[RecordAddress]) -> Iterator[RecordAddress]:
        within: dict[int, bool] = {}
        for address in sorted(set(found), key=lambda one: (one.batch, one.record_index)):
            if address.batch not in within:
                batch = self._repositories.batches.get(address.batch)
                within[address.batch] = batch is not None and self._is_within(batch)
            if within[address.batch]:
                yield address

    def _is_within(self, batch: BatchRow) -> bool:
        since, before = self._choice.since, self._choice.before
        if since is None and before is None:
            return True
        entry = self._repositories.entries.by_arrival(batch.arrival)
        received = 0 if entry is None else entry.received
        return (since is None or received >= since) and (before is None or received < before)

    def _of_codes(self, codes: Iterable[str]) -> Iterator[RecordAddress]:
        for code in codes:
            found = find_record(self._repositories, code)
            yield found.address
            if found.is_item:
                yield RecordAddress(found.address.batch, 0)
            yield from self._naming(found.identifier)
            if self._choice.upstream:
                yield from self._upstream(code)

    def _naming(self, identifier: Identifier | None) -> Iterator[RecordAddress]:
        if identifier is None:
            return
        events = self._repositories.events
        for event in events.naming(identifier.canonical, limit=MAX_EVENTS_OF_CODE):
            yield RecordAddress(event.batch, event.record_index)
        yield from self._erased(identifier.canonical)

    def _erased(self, uri: str) -> Iterator[RecordAddress]:
        for place in self._repositories.erased_codes.records_of(uri):
            yield RecordAddress(*place)

    def _upstream(self, code: str) -> Iterator[RecordAddress]:
        places: list[RecordReference] = []

        def noted(record: RecordReference) -> str:
            places.append(record)
            return record.name

        try:
            trace(self._repositories, code, direction="upstream", proof_url=noted)
        except CodeNotTraced:
            return  # No event names it: nothing is upstream.
        for place in places:
            yield RecordAddress(place.batch, place.record_index)

    def _of_lots(self, lots: Iterable[str]) -> Iterator[RecordAddress]:
        for lot in lots:
            gtin, _, number = lot.rpartition("/")
            runs = self._repositories.items.runs_of_lot(number, gtin=gtin or None)
            if not runs:
                raise CodeUnknown(f"lot {lot!r} is unknown: nothing was minted under it")
            for run in runs:
                yield from self._of_run(run)

    def _of_run(self, run: ItemRun) -> Iterator[RecordAddress]:
        yield RecordAddress(run.batch, 0)
        events = self._repositories.events
        base = f"https://id.gs1.org/01/{run.gtin}"
        uris = [f"{base}/10/{run.lot}"]
        for first in range(run.first_index, run.first_index + run.quantity, _RECORDS_AT_ONCE):
            last = min(first + _RECORDS_AT_ONCE, run.first_index + run.quantity)
            for item in self._repositories.items.between(run.batch, first, last):
                uris.append(f"{base}/21/{item.serial}")
                if self._choice.items:
                    yield RecordAddress(run.batch, item.record_index)
            if self._choice.items:
                for index in self._repositories.erasing.erased_items(run.batch, first, last):
                    yield RecordAddress(run.batch, index)
            for uri in uris:
                for event in events.naming(uri, limit=MAX_EVENTS_OF_CODE):
                    yield RecordAddress(event.batch, event.record_index)
                yield from self._erased(uri)
            uris = []

    def _batches(self) -> Iterator[BatchRow]:
        if self._choice.everything:
            yield from self._repositories.batches.all()
            return
        for number in sorted(set(self._choice.batches)):
            batch = self._repositories.batches.get(number)
            if batch is None:
                raise CodeUnknown(f"batch {number} is unknown")
            yield batch

    def _of_batch(self, batch: BatchRow) -> Iterator[RecordAddress]:
        run = self._repositories.items.run(batch.batch)
        last = batch.record_count if run is None or self._choice.items else run.first_index
        for index in range(last):
            yield RecordAddress(batch.batch, index)
