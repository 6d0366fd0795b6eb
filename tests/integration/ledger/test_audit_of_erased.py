"""The audit takes what is missing for erased only where an entry says just that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from tests.support.disclosure import policy, put, rule, submit
from tests.support.ledger import add_participant, event
from traceability.hashing.commitment import RecordKind, salted_fields
from traceability.hashing.partial import PartialRecord
from traceability.hashing.statement import Erasure, Ranges
from traceability.ledger.audit.audit import audit
from traceability.ledger.bundles import RecordAddress, RecordErased
from traceability.ledger.disclosure_policy import CLOSED_POLICY
from traceability.ledger.documents import Document, submit_documents
from traceability.ledger.node import Node
from traceability.ledger.policies import policy_in_force
from traceability.ledger.policy_setting import set_policy
from traceability.ledger.statuses import Declaration
from traceability.store.tables import POLICY_TYPE, events, partial_records, records
from traceability.strict_json import parse_json

PLACE = {"id": "https://id.gs1.org/414/9521234567899"}


def told(node: Node) -> list[str]:
    """Return the columns that an audit names."""
    report = audit(node.store, second_place=node.second_place)
    return sorted({f"{one.table}.{one.column}" for one in report.differences})


def run(node: Node, statement: Any) -> None:
    with node.store.engine.begin() as connection:
        connection.execute(statement)


def stored(node: Node, where: Any) -> Any:
    with node.store.engine.connect() as connection:
        return connection.execute(select(records).where(where)).first()


def at(row: Any) -> Any:
    return (records.c.batch == row.batch) & (records.c.record_index == row.record_index)


def hide(node: Node, row: Any, **more: Any) -> None:
    """Put all leaves of a record in its place, as if something of it were erased."""
    fields = salted_fields(
        RecordKind(row.kind), parse_json(row.payload), row.secret, media_type=row.media_type
    )
    leaves = PartialRecord.of(fields).to_bytes()
    place = {"batch": row.batch, "record_index": row.record_index}
    run(node, insert(partial_records).values(leaves=leaves, **place))
    run(node, update(records).where(at(row)).values(payload=None, secret=None, **more))


def erase(node: Node, row: Any, fields: Ranges | None = None) -> None:
    with node.store.reading() as repositories:
        batch = repositories.batches.get(row.batch)
        assert batch is not None
        entry = repositories.entries.by_arrival(batch.arrival)
        assert entry is not None
    why = Erasure(bytes(16), "consent_withdrawn", fields)
    records_ = ((row.record_index, row.record_index),)
    said = Declaration(entry.leaf_hash, records_, "erased", "personal_data", erasure=why)
    node.erasures.erase([said])
    node.sequencer.run(close=True)


@pytest.fixture
def owner(sqlite_node: Node) -> bytes:
    """Return a participant with one event, and an open policy after which came a closed one."""
    owner = add_participant(sqlite_node)
    submit(sqlite_node, owner, event(readPoint=PLACE))
    put(sqlite_node, owner, policy(events=rule("all", "all")))
    put(sqlite_node, owner, policy(2))
    return owner


@pytest.fixture
def an_event(sqlite_node: Node, owner: bytes) -> Any:
    """Return the event's row."""
    assert owner
    return stored(sqlite_node, records.c.kind == RecordKind.EVENT)


@pytest.fixture
def newest(sqlite_node: Node, owner: bytes) -> Any:
    """Return the row of the policy in force."""
    assert owner
    query = select(records).where(records.c.media_type == POLICY_TYPE).order_by(records.c.batch)
    with sqlite_node.store.engine.connect() as connection:
        return connection.execute(query).all()[-1]


class TestMissingContent:
    def test_leaves_in_the_place_of_a_record_need_an_entry(
        self, sqlite_node: Node, an_event: Any
    ) -> None:
        assert told(sqlite_node) == []
        hide(sqlite_node, an_event)
        assert {"partial_records.leaves", "records.payload"} <= set(told(sqlite_node))

    def test_a_policy_hidden_as_another_type_is_named(self, sqlite_node: Node, newest: Any) -> None:
        hide(sqlite_node, newest, media_type="text/plain")
        assert {"partial_records.leaves", "records.media_type"} <= set(told(sqlite_node))

    def test_erased_fields_are_accepted_and_no_others(
        self, sqlite_node: Node, an_event: Any
    ) -> None:
        erase(sqlite_node, an_event, ((2, 2),))
        assert told(sqlite_node) == []
        left = self.leaves(sqlite_node).without(((3, 3),)).to_bytes()
        run(sqlite_node, update(partial_records).values(leaves=left))
        assert "partial_records.leaves" in told(sqlite_node)

    def test_leaves_written_otherwise_are_named(self, sqlite_node: Node, an_event: Any) -> None:
        erase(sqlite_node, an_event, ((2, 2),))
        value = json.loads(self.leaves(sqlite_node).to_bytes())
        run(sqlite_node, update(partial_records).values(leaves=json.dumps(value).encode()))
        assert "partial_records.leaves" in told(sqlite_node)

    def leaves(self, node: Node) -> PartialRecord:
        with node.store.engine.connect() as connection:
            return PartialRecord.from_bytes(
                connection.execute(select(partial_records.c.leaves)).scalar_one()
            )

    @pytest.mark.parametrize("fields", [None, ((2, 2),)])
    def test_an_erased_event_has_no_type_of_media(
        self, sqlite_node: Node, an_event: Any, fields: Ranges | None
    ) -> None:
        erase(sqlite_node, an_event, fields)
        assert told(sqlite_node) == []
        run(sqlite_node, update(records).where(at(an_event)).values(media_type=POLICY_TYPE))
        assert told(sqlite_node) == ["records.media_type"]

    def test_the_hash_of_a_partly_erased_event_is_its_field_root(
        self, sqlite_node: Node, an_event: Any
    ) -> None:
        erase(sqlite_node, an_event, ((2, 2),))
        run(sqlite_node, update(events).values(content_mac=bytes(32)))
        assert told(sqlite_node) == ["events.content_mac"]


class TestPolicies:
    def opened(self, node: Node, owner: bytes) -> bool:
        with node.store.reading() as repositories:
            return policy_in_force(repositories, owner) != CLOSED_POLICY

    def test_one_that_is_erased_closes_and_the_next_counts_on(
        self, sqlite_node: Node, owner: bytes, newest: Any
    ) -> None:
        assert self.opened(sqlite_node, owner)
        erase(sqlite_node, newest)
        assert not self.opened(sqlite_node, owner)
        set_policy(sqlite_node, owner, policy(3, events=rule("all")))
        sqlite_node.sequencer.run(close=True)
        assert self.opened(sqlite_node, owner)

    @pytest.mark.parametrize("payload", [b"{", b"{}", b'{"format":"itemproof-disclosure-1"}'])
    def test_one_that_is_not_what_was_committed_closes(
        self, sqlite_node: Node, owner: bytes, newest: Any, payload: bytes
    ) -> None:
        run(sqlite_node, update(records).where(at(newest)).values(payload=payload))
        assert not self.opened(sqlite_node, owner)

    def test_one_whose_leaves_are_all_there_still_applies(
        self, sqlite_node: Node, owner: bytes, newest: Any
    ) -> None:
        with sqlite_node.store.reading() as repositories:
            before = policy_in_force(repositories, owner)
        hide(sqlite_node, newest)
        with sqlite_node.store.reading() as repositories:
            assert policy_in_force(repositories, owner) == before

    def test_a_false_type_of_anothers_document_closes_nothing(
        self, sqlite_node: Node, owner: bytes
    ) -> None:
        other = add_participant(sqlite_node, gln="9521005000013")
        submit(sqlite_node, other, event(7))
        last = stored(sqlite_node, records.c.batch == 4)
        run(sqlite_node, update(records).where(at(last)).values(media_type=POLICY_TYPE))
        assert self.opened(sqlite_node, owner)
        assert not self.opened(sqlite_node, other)


class TestErasedDocuments:
    """A wholly erased document keeps its header, so that its type stays committed."""

    def erased(self, node: Node, row: Any, **values: Any) -> list[str]:
        """Erase a record whole, change its columns behind the audit's back; return what it says."""
        erase(node, row)
        assert told(node) == []
        if values:
            run(node, update(records).where(at(row)).values(**values))
        return told(node)

    def in_force(self, node: Node, owner: bytes) -> Any:
        with node.store.reading() as repositories:
            return policy_in_force(repositories, owner)

    def test_nothing_but_the_header_is_left(self, sqlite_node: Node, newest: Any) -> None:
        erase(sqlite_node, newest)
        with sqlite_node.store.engine.connect() as connection:
            left = PartialRecord.from_bytes(
                connection.execute(select(partial_records.c.leaves)).scalar_one()
            )
        assert [field.value for field in left.fields.values()] == [
            {"kind": "document", "media_type": POLICY_TYPE}
        ]
        assert len(left.leaves) == newest.field_count
        with pytest.raises(RecordErased):
            sqlite_node.prove_record(RecordAddress(newest.batch, newest.record_index))

    def test_a_policy_made_another_document_is_named(self, sqlite_node: Node, newest: Any) -> None:
        assert self.erased(sqlite_node, newest, media_type="text/plain") == ["records.media_type"]

    def test_another_document_made_a_policy_is_named(self, sqlite_node: Node, owner: bytes) -> None:
        submit_documents(sqlite_node, [Document("text/plain", {"a": 1})], participant=owner)
        sqlite_node.sequencer.run(close=True)
        row = stored(sqlite_node, records.c.media_type == "text/plain")
        assert self.erased(sqlite_node, row, media_type=POLICY_TYPE) == ["records.media_type"]

    def test_without_its_header_no_type_is_believed(self, sqlite_node: Node, newest: Any) -> None:
        assert self.erased(sqlite_node, newest) == []
        run(sqlite_node, delete(partial_records))
        assert told(sqlite_node) == ["partial_records.leaves", "records.media_type"]

    def test_more_than_the_header_is_named(self, sqlite_node: Node, newest: Any) -> None:
        fields = salted_fields(
            RecordKind.DOCUMENT,
            parse_json(newest.payload),
            newest.secret,
            media_type=newest.media_type,
        )
        assert self.erased(sqlite_node, newest) == []
        more = PartialRecord.of(fields).without(((2, 2),)).to_bytes()
        run(sqlite_node, update(partial_records).values(leaves=more))
        assert told(sqlite_node) == ["partial_records.leaves"]

    def test_one_without_header_and_type_closes_what_came_before(
        self, sqlite_node: Node, owner: bytes, newest: Any
    ) -> None:
        """As it was erased before headers were kept: the audit accepts it, nothing opens."""
        self.erased(sqlite_node, newest, media_type=None)
        run(sqlite_node, delete(partial_records))
        assert told(sqlite_node) == []
        assert self.in_force(sqlite_node, owner) == CLOSED_POLICY
        put(sqlite_node, owner, policy(2, events=rule("all")))
        assert self.in_force(sqlite_node, owner) != CLOSED_POLICY

    def test_one_of_another_type_closes_nothing(self, sqlite_node: Node, owner: bytes) -> None:
        before = self.in_force(sqlite_node, owner)
        submit_documents(sqlite_node, [Document("text/plain", {"a": 1})], participant=owner)
        sqlite_node.sequencer.run(close=True)
        erase(sqlite_node, stored(sqlite_node, records.c.media_type == "text/plain"))
        assert self.in_force(sqlite_node, owner) == before

    def test_one_whose_content_was_changed_loses_its_type_with_it(
        self, sqlite_node: Node, owner: bytes, newest: Any
    ) -> None:
        run(sqlite_node, update(records).where(at(newest)).values(payload=b"{"))
        erase(sqlite_node, newest)
        assert stored(sqlite_node, at(newest)).media_type is None
        assert self.in_force(sqlite_node, owner) == CLOSED_POLICY
        assert told(sqlite_node) == []

    def test_erased_by_fields_first_and_then_whole_it_is_the_same(
        self, sqlite_node: Node, newest: Any
    ) -> None:
        erase(sqlite_node, newest, ((1, 1),))
        assert self.erased(sqlite_node, newest, media_type="text/plain") == ["records.media_type"]
