"""What an erasure would take: which entries it needs, and what each destroys. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.hashing.partial import PartialRecord
from traceability.hashing.statement import ALL_RECORDS, ERASED, Erasure, Ranges
from traceability.ledger.erasure import remaining, sources_of, unsalted_leaves
from traceability.ledger.faults import FieldsUnknown, RecordUnknown
from traceability.ledger.status_targets import Target, merged
from traceability.ledger.statuses import Declaration
from traceability.store.repositories import Repositories


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry that an erasure needs, and what it destroys, in words for the operator."""

    entry: bytes
    records: Ranges | int
    fields: Ranges | None
    destroys: tuple[str, ...]


def plan_records(repositories: Repositories, target: Target) -> list[Planned]:
    """Return what erasing records of a batch takes, the XML that they came in among it."""
    batch = repositories.batches.by_entry_hash(target.entry)
    if batch is None or isinstance(target.records, int):
        return [Planned(target.entry, target.records, None, ("all of the batch",))]
    sources = sources_of(repositories, batch, target.records)
    records = merged([*target.records, *((index, index) for index in sources)])
    names = [f"record {first}–{last}" for first, last in target.records]
    names += [f"record {index}: the XML document that it came in" for index in sources]
    return [Planned(target.entry, records, None, tuple(names))]


def plan_fields(repositories: Repositories, target: Target, names: Sequence[str]) -> list[Planned]:
    """Return what erasing fields of one record takes.

    A name is that of a member (all of its leaves), or a JSON path, or a leaf index.

    Raises
    ------
    FieldsUnknown
    """
    batch = repositories.batches.by_entry_hash(target.entry)
    records = target.records
    if batch is None or isinstance(records, int) or records[0][0] != records[-1][1]:
        raise FieldsUnknown("fields are those of one record")
    index = records[0][0]
    row = repositories.batches.record(batch.batch, index)
    present = None if row is None else remaining(repositories, row)
    if row is None or present is None:
        raise FieldsUnknown("record is an item or erased: it has no fields")
    chosen = {at for name in names for at in _indexes(present, name)}
    gone = [present.fields[at] for at in sorted(chosen) if at in present.fields]
    chosen.update(unsalted_leaves(present))
    fields = merged([(at, at) for at in chosen])
    words = [f"field {'/'.join(map(str, field.path))}" for field in gone]
    planned = [Planned(target.entry, records, fields, tuple(words))]
    sources = sources_of(repositories, batch, records)
    if sources:
        ranges = merged([(one, one) for one in sources])
        planned.append(Planned(target.entry, ranges, None, ("the XML document that it came in",)))
    return planned


def _indexes(record: PartialRecord, name: str) -> set[int]:
    if name.isascii() and name.isdigit():
        found = {int(name)} & (set(range(1, len(record.leaves))))
    else:
        steps = name.split("/")
        found = {
            index
            for index, field in record.fields.items()
            if index and [str(step) for step in field.path][: len(steps)] == steps
        }
    if not found:
        raise FieldsUnknown(f"record has no field {name[:80]!r}", got=name[:80])
    return found


def declarations_of(
    plan: Sequence[Planned], *, requester: bytes, basis: str, reason: str
) -> list[Declaration]:
    """Return what the entries of a plan say: a statement for each."""
    return [
        Declaration(
            one.entry, one.records, ERASED, reason, erasure=Erasure(requester, basis, one.fields)
        )
        for one in plan
    ]


def plan_card(repositories: Repositories, participant: bytes) -> list[Planned]:
    """Return what erasing a participant's cards takes: an entry for each that is there.

    Raises
    ------
    RecordUnknown
        The participant has no card, or none that is not erased.
    """
    planned: dict[bytes, Planned] = {}
    for key in repositories.keys.of_participant(participant):
        card = repositories.participants.card(key.card)
        entry = repositories.entries.by_arrival(key.registered_arrival)
        if card is None or card.payload is None or entry is None or key.card in planned:
            continue
        words = (f"card of participant {participant.hex()}, with its name and GLN",)
        planned[key.card] = Planned(entry.leaf_hash, ALL_RECORDS, None, words)
    if not planned:
        raise RecordUnknown("participant has no card that is not erased")
    return list(planned.values())
