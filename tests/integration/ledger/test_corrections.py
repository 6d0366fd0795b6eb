"""Error declarations become `corrected` statuses of the events that they correct."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tests.support.ledger import add_participant, document, event
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.envelope import parse_envelope
from traceability.hashing.statement import StatusStatement, parse_statement
from traceability.ledger.audit.audit import audit
from traceability.ledger.audit.difference import KEY_LOST
from traceability.ledger.corrections import due_statuses
from traceability.ledger.erasure_plan import declarations_of, plan_fields
from traceability.ledger.node import Node
from traceability.ledger.status_targets import Target

ID, FIXED = "urn:uuid:00000000-0000-4000-8000-000000000001", "urn:uuid:fixed"
OTHER = "urn:uuid:00000000-0000-4000-8000-000000000002"


def declared(reason: str = "incorrect_data", *corrective: str, **changes: Any) -> dict[str, Any]:
    """Return the event of `ID` again, declared an error."""
    declaration: dict[str, Any] = {"declarationTime": "2026-05-02T08:00:00.000Z", "reason": reason}
    if corrective:
        declaration["correctiveEventIDs"] = list(corrective)
    return event(1, eventID=ID, errorDeclaration=declaration, **changes)


def statements(node: Node) -> list[StatusStatement]:
    """Return every status that the log holds, in its order."""
    with node.store.reading() as repositories:
        rows = list(repositories.entries.between(0, repositories.entries.count_sequenced()))
    found = [parse_statement(parse_envelope(row.envelope).payload) for row in rows]
    return [one for one in found if isinstance(one, StatusStatement)]


@pytest.fixture
def participant(node: Node) -> bytes:
    return add_participant(node)


def submit(node: Node, participant: bytes, *events: dict[str, Any]) -> bytes:
    """Submit a document, put it in the log, and return the hash of its entry."""
    result = node.submission.submit(document(*events), participant=participant)
    assert result.count("rejected") == 0, result.records
    assert result.batch is not None
    node.sequencer.run(close=True)
    return result.batch.entry_hash


@pytest.mark.parametrize("reason", ["incorrect_data", "did_not_occur"])
def test_a_declaration_corrects_the_event_of_its_id(
    node: Node, participant: bytes, reason: str
) -> None:
    original = submit(node, participant, event(0), event(1, eventID=ID))
    submit(node, participant, declared(reason))
    (status,) = statements(node)
    assert (status.entry, status.records, status.kind) == (original, ((1, 1),), "corrected")
    assert (status.reason, status.replacement) == (reason, None)
    assert audit(node.store, second_place=node.second_place).ok


def test_an_event_without_declaration_corrects_nothing(node: Node, participant: bytes) -> None:
    submit(node, participant, event(1, eventID=ID))
    submit(node, participant, event(2, eventID=FIXED))
    assert statements(node) == []


def test_without_ids_the_content_says_what_is_corrected(node: Node, participant: bytes) -> None:
    original = submit(node, participant, event(1))
    declaration = {"declarationTime": "2026-05-02T08:00:00.000Z"}
    submit(node, participant, event(1, errorDeclaration=declaration))
    (status,) = statements(node)
    assert (status.entry, status.reason) == (original, "other")


def test_the_corrective_event_is_the_replacement(node: Node, participant: bytes) -> None:
    submit(node, participant, event(1, eventID=ID))
    fixed = submit(node, participant, event(2, eventID=FIXED))
    submit(node, participant, declared("incorrect_data", FIXED))
    (status,) = statements(node)
    assert status.replacement is not None
    assert (status.replacement.entry, status.replacement.record) == (fixed, 0)


def test_a_corrective_event_that_comes_later_is_named_then(node: Node, participant: bytes) -> None:
    submit(node, participant, event(1, eventID=ID))
    submit(node, participant, declared("incorrect_data", FIXED))
    fixed = submit(node, participant, event(2, eventID=FIXED))
    node.sequencer.run(close=True)
    first, second = statements(node)
    assert first.replacement is None
    assert second.replacement is not None
    assert second.replacement.entry == fixed
    submit(node, participant, event(3))
    assert len(statements(node)) == 2


@pytest.mark.parametrize(
    ("name", "expected"), [("readPoint", 1), ("eventID", 0), ("errorDeclaration", 0)]
)
def test_a_partly_erased_declaration_corrects_as_long_as_it_says_what(
    node: Node, participant: bytes, name: str, expected: int
) -> None:
    declaring = submit(node, participant, declared(readPoint={"id": "urn:example:door"}))
    target = Target(declaring, ((0, 0),))
    with node.store.reading() as repositories:
        plan = plan_fields(repositories, target, [name])
    said = declarations_of(plan, requester=bytes(16), basis="other", reason="other")
    node.erasures.erase(said)
    submit(node, participant, event(1, eventID=ID, readPoint={"id": "urn:example:door"}))
    found = [one for one in statements(node) if one.kind == "corrected"]
    assert [one.reason for one in found] == ["incorrect_data"] * expected


def test_a_corrective_event_of_another_participant_is_no_replacement(
    node: Node, participant: bytes
) -> None:
    submit(node, participant, event(1, eventID=ID))
    submit(node, participant, declared("incorrect_data", FIXED))
    submit(node, add_participant(node), event(2, eventID=FIXED))
    assert [one.replacement for one in statements(node)] == [None]


def test_nobody_corrects_the_event_of_another(node: Node, participant: bytes) -> None:
    submit(node, participant, event(1, eventID=ID))
    submit(node, add_participant(node), declared())
    assert statements(node) == []


def test_a_crash_before_the_status_leaves_it_to_the_next_run(
    node: Node, participant: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(node, participant, event(1, eventID=ID))
    with monkeypatch.context() as patched:
        patched.setattr(node.sequencer, "_settle", lambda _ripe: 0)
        submit(node, participant, declared())
    assert statements(node) == []
    node.sequencer.run()
    assert len(statements(node)) == 1
    node.sequencer.run()
    assert len(statements(node)) == 1


def test_who_signs_itself_is_told_what_is_due(node: Node) -> None:
    key = SigningKey.generate()
    own = add_participant(node, key=key)
    node.submission.submit(document(event(1, eventID=ID)), key=key)
    found = node.submission.submit(document(declared()), key=key)
    assert found.batch is not None
    node.sequencer.run(close=True)
    assert statements(node) == []
    with node.store.reading() as repositories:
        (due,) = due_statuses(repositories, found.batch.batch, [0])
        held = repositories.keys.of_participant(own)
    assert due.declaration.kind == "corrected"
    assert held[0].custody == "self"
    assert differing(node) == set()


def change(node: Node, statement: str) -> None:
    with node.store.unit_of_work() as work:
        assert work.connection.execute(text(statement)).rowcount == 1
        work.commit()


def differing(node: Node) -> set[tuple[str, str]]:
    """Return table and column of what the audit names."""
    report = audit(node.store, second_place=node.second_place)
    return {(one.table, one.column) for one in report.differences}


class TestAudit:
    def test_agrees_while_a_declaration_waits(self, node: Node, participant: bytes) -> None:
        submit(node, participant, declared())
        assert differing(node) == set()
        submit(node, participant, event(1, eventID=ID))
        node.sequencer.run(close=True)
        assert len(statements(node)) == 1
        assert differing(node) == set()

    def test_names_a_declaration_that_waits_no_more(self, node: Node, participant: bytes) -> None:
        submit(node, participant, declared())
        change(node, "delete from corrections")
        assert differing(node) == {("corrections", "")}

    def test_names_one_that_was_made_to_wait_for_something_else(
        self, node: Node, participant: bytes
    ) -> None:
        submit(node, participant, declared())
        change(node, "update corrections set waits_for = 'urn:uuid:never'")
        assert differing(node) == {("corrections", "waits_for")}

    def test_names_an_event_that_never_became_corrected(
        self, node: Node, participant: bytes
    ) -> None:
        submit(node, participant, declared())
        change(node, "delete from corrections")
        submit(node, participant, event(1, eventID=ID))
        node.sequencer.run(close=True)
        assert statements(node) == []
        assert differing(node) == {("statuses", "kind")}

    def test_names_a_replacement_that_is_waited_for_no_more(
        self, node: Node, participant: bytes
    ) -> None:
        submit(node, participant, event(1, eventID=ID))
        submit(node, participant, declared("incorrect_data", FIXED))
        assert differing(node) == set()
        change(node, "delete from corrections")
        assert differing(node) == {("corrections", "")}
        submit(node, participant, event(2, eventID=FIXED))
        assert differing(node) == {("corrections", "")}

    def test_agrees_where_a_replacement_came(self, node: Node, participant: bytes) -> None:
        submit(node, participant, event(1, eventID=ID))
        submit(node, participant, declared("incorrect_data", FIXED))
        submit(node, participant, event(2, eventID=FIXED))
        node.sequencer.run(close=True)
        assert differing(node) == set()

    def test_demands_no_more_of_an_event_that_was_corrected_and_erased(
        self, node: Node, participant: bytes
    ) -> None:
        original = submit(node, participant, event(1, eventID=ID), event(2))
        submit(node, participant, declared())
        with node.store.reading() as repositories:
            plan = plan_fields(repositories, Target(original, ((0, 0),)), ["eventID"])
        node.erasures.erase(
            declarations_of(plan, requester=bytes(16), basis="other", reason="other")
        )
        node.sequencer.run(close=True)
        assert differing(node) == set()
        # One is accounted for by what was erased; a second one is not.
        declaration = {"declarationTime": "2026-05-02T08:00:00.000Z", "reason": "did_not_occur"}
        submit(node, participant, event(7, eventID=OTHER, errorDeclaration=declaration))
        assert differing(node) == set()
        change(node, "delete from corrections")
        assert differing(node) == {("corrections", "")}

    def test_a_key_file_that_is_lost_leaves_its_status_unchecked(
        self, node: Node, participant: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submit(node, participant, event(1, eventID=ID))
        with monkeypatch.context() as patched:
            patched.setattr(node.sequencer, "_settle", lambda _ripe: 0)
            submit(node, participant, declared())
        with node.store.reading() as repositories:
            (key,) = repositories.keys.of_participant(participant)
        (file,) = (node.data_dir / "keys" / "participants").glob(f"{key.key_id.hex()}*")
        away = file.rename(node.data_dir / "away")
        node.sequencer.run(close=True)
        assert statements(node) == []
        report = audit(node.store, second_place=node.second_place, can_sign=node.keyring.can_sign)
        assert (report.differences, report.ok) == ((), False)
        found = {(one.table, one.column, one.reason) for one in report.unchecked}
        assert found == {("statuses", "kind", KEY_LOST)}
        # With the key at hand it could have signed, and did not.
        away.rename(file)
        report = audit(node.store, second_place=node.second_place, can_sign=node.keyring.can_sign)
        assert [(one.table, one.column) for one in report.differences] == [("statuses", "kind")]
        assert report.unchecked == ()
