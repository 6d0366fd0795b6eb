"""`/api/statuses` over HTTP: participants say it of their own, operators of any."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger_api.declarations.requests import MEDIA_TYPE
from tests.support.api import Api, problem
from tests.support.ledger import GTIN, add_participant, document, event
from tests.support.suppliers import Supplier, signed_body
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import b64u_decode, b64u_encode
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.event_hash import event_hash
from traceability.hashing.statement import Header
from traceability.ledger.mint import Lot
from traceability.ledger.statuses import Declaration

ITEM = f"https://id.gs1.org/01/{GTIN}/21/S1"
RECALL = {"code": ITEM, "kind": "recalled", "reason": "safety"}


@pytest.fixture
def batch(api: Api) -> int:
    found = api.submit(document(event(0), event(1)))
    assert found.status_code == 201, found.text
    return int(found.json()["batch"])


def declare(api: Api, value: Any, role: str = "participant") -> Any:
    return api.client.post("/api/statuses", json=value, headers=api.headers(role))


def status(api: Api, code: str = ITEM) -> dict[str, Any]:
    found: dict[str, Any] = api.client.get("/api/statuses", params={"code": code}).json()
    return found


def test_a_recall_is_told_to_everybody(api: Api, batch: int) -> None:
    assert status(api)["status"] == "current"
    answer = declare(api, RECALL)
    assert answer.status_code == 201, answer.text
    found = status(api)
    assert found["status"] == "recalled"
    (said,) = found["history"]
    assert (said["kind"], said["reason"], said["by"]) == ("recalled", "safety", "participant")
    assert said["participant"] == api.participant.hex()
    item = api.client.get(f"/api/items/{ITEM}").json()
    assert (item["status"], item["history"]) == ("recalled", found["history"])
    again = declare(api, RECALL)
    assert (again.status_code, again.json()["entries"][0]["repeated"]) == (200, True)


def test_an_operator_says_it_as_the_registrar(api: Api, batch: int) -> None:
    assert declare(api, {**RECALL, "reason": "regulation"}, "operator").status_code == 201
    (said,) = status(api)["history"]
    assert said["by"] == "operator"
    assert "participant" not in said


def test_nobody_else_says_it(api: Api, batch: int) -> None:
    other = Api(api.node, api.client, add_participant(api.node))
    problem(declare(other, RECALL), 403, "STATUS_NOT_ALLOWED")
    problem(declare(api, RECALL, "auditor"), 403, "API_ROLE_MISSING")
    anonymous = api.client.post("/api/statuses", json=RECALL)
    problem(anonymous, 401, "NOT_AUTHENTICATED")
    assert status(api)["status"] == "current"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "erased"}, "DECLARATION_INVALID"),
        ({"kind": None}, "DECLARATION_INVALID"),
        ({"reason": "because"}, "DECLARATION_INVALID"),
        ({"batch": 1}, "DECLARATION_INVALID"),
        ({"code": None}, "DECLARATION_INVALID"),
        ({"records": "0"}, "DECLARATION_INVALID"),
        ({"code": None, "batch": 1, "records": "x"}, "RECORDS_MALFORMED"),
        ({"code": None, "batch": "1"}, "DECLARATION_INVALID"),
        ({"more": 1}, "DECLARATION_INVALID"),
    ],
)
def test_a_malformed_declaration_is_refused(
    api: Api, batch: int, change: dict[str, Any], code: str
) -> None:
    value = {name: part for name, part in (RECALL | change).items() if part is not None}
    problem(declare(api, value), 400, code)


def test_what_cannot_be_said_is_refused_by_name(api: Api, batch: int) -> None:
    problem(declare(api, {**RECALL, "kind": "recall_lifted"}), 409, "NOT_RECALLED")
    problem(declare(api, {**RECALL, "code": ITEM + "9"}), 404, "CODE_UNKNOWN")
    wide = {"batch": batch, "records": "1-2", "kind": "recalled", "reason": "safety"}
    problem(declare(api, wide), 404, "RECORD_UNKNOWN")
    wide["records"] = "0,1"
    assert declare(api, wide).status_code == 201


def test_a_lot_is_recalled_with_all_its_items(api: Api) -> None:
    api.node.mint(Lot(GTIN, "L1", 2, {}), participant=api.participant)
    api.node.mint(Lot(GTIN, "L1", 2, {}), participant=api.participant)
    api.node.sequencer.run(close=True)
    lot = f"https://id.gs1.org/01/{GTIN}/10/L1"
    answer = declare(api, {**RECALL, "code": lot})
    assert len(answer.json()["entries"]) == 2
    with api.node.store.reading() as repositories:
        runs = repositories.items.runs_of(GTIN, "L1")
        items = [item for run in runs for item in repositories.items.between(run.batch, 1, 3)]
    assert {status(api, f"{lot}/21/{item.serial}")["status"] for item in items} == {"recalled"}


def test_a_participant_sends_its_own_statement(api: Api) -> None:
    key = SigningKey.generate()
    owner = add_participant(api.node, key=key)
    own = Api(api.node, api.client, owner)
    supplier = Supplier(api.node, key, owner)
    headers = own.headers("participant") | {"Content-Type": "application/vnd.itemproof.batch+json"}
    wrong = event(3, eventID="urn:example:3")
    for value in (wrong, {**wrong, "errorDeclaration": {"declarationTime": wrong["eventTime"]}}):
        body = signed_body(supplier, supplier.batch(value))
        answer = api.client.post("/api/batches", content=body, headers=headers)
        assert answer.status_code == 201, answer.text
    (due,) = answer.json()["due_statuses"]
    assert (due["kind"], due["records"]) == ("corrected", [[0, 0]])
    with api.node.store.reading() as repositories:
        chain = repositories.keys.chain(key.key_id)
        original = repositories.batches.get(1)
    assert chain is not None
    assert original is not None
    header = Header(
        api.node.identity.log, key.key_id, chain.next_sequence, chain.previous, api.node.clock()
    )
    said = Declaration(b64u_decode(due["entry"], length=32), ((0, 0),), "corrected", due["reason"])
    envelope = sign_envelope(STATEMENT_TYPE, said.statement(header).to_payload(), [key])
    body = json.dumps(envelope.to_json()).encode()
    headers["Content-Type"] = MEDIA_TYPE
    assert api.client.post("/api/statuses", content=body, headers=headers).status_code == 201
    name = f"urn:itemproof:record:{b64u_encode(said.entry)}:0"
    assert status(api, name)["status"] == "corrected"


def test_another_media_type_is_refused(api: Api) -> None:
    headers = api.headers("operator") | {"Content-Type": "text/plain"}
    answer = api.client.post("/api/statuses", content=b"{}", headers=headers)
    problem(answer, 415, "MEDIA_TYPE_UNKNOWN")
    headers["Content-Type"] = MEDIA_TYPE
    answer = api.client.post("/api/statuses", content=b"{}", headers=headers)
    assert answer.status_code == 400


REQUEST = {"requester": "5c1f0e6f2a9d4b7c8e3a1d2f4b6c8a90", "basis": "consent_withdrawn"}


def erase(api: Api, value: Any, role: str = "operator") -> Any:
    return api.client.post("/api/erasures", json=REQUEST | value, headers=api.headers(role))


def test_an_operator_erases_what_was_asked(api: Api, batch: int) -> None:
    trial = erase(api, {"code": ITEM, "dry_run": True}).json()
    assert (trial["erased"], trial["destroys"][0]["records"]) == (False, [[1, 1]])
    assert status(api)["status"] == "current"
    name = api.client.get(f"/api/items/{ITEM}").json()
    urn = f"urn:itemproof:record:{name['entry_hash']}:{name['record_index']}"
    found = erase(api, {"code": ITEM})
    assert (found.status_code, found.json()["erased"]) == (200, True), found.text
    api.node.sequencer.run(close=True)
    said = status(api, urn)
    assert (said["status"], said["history"][0]["basis"]) == ("erased", "consent_withdrawn")
    assert status(api)["history"] == said["history"]
    other = {"code": f"{ITEM}9"}
    problem(api.client.get("/api/statuses", params=other), 404, "CODE_UNKNOWN")
    problem(api.client.get("/api/proofs", params={"code": urn}), 404, "RECORD_ERASED")


def test_records_that_name_the_erased_event_are_named(api: Api) -> None:
    assert api.submit(document(event(5))).status_code == 201
    with api.node.store.reading() as repositories:
        row = repositories.batches.record(1, 0)
    assert row is not None
    assert row.payload is not None
    content = event_hash(json.loads(row.payload)).uri
    wrong = {
        "declarationTime": "2026-03-01T08:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": [content],
    }
    refers = event(6, eventID="urn:example:6", errorDeclaration=wrong)
    other = {"@context": [{"x": "https://example.org/"}], "x:see": content + "x"}
    assert api.submit(document(refers, event(7, **other))).status_code == 201
    api.node.sequencer.run(close=True)
    with api.node.store.reading() as repositories:
        entry = repositories.batches.get(2)
        assert entry is not None
        name = repositories.entries.by_arrival(entry.arrival)
    assert name is not None
    named = [f"urn:itemproof:record:{b64u_encode(name.leaf_hash)}:0"]
    asked = {"batch": 1, "records": "0"}
    assert erase(api, {**asked, "dry_run": True}).json()["referring"] == named
    assert erase(api, {"batch": 2, "records": "0", "dry_run": True}).json()["referring"] == []
    assert erase(api, {**asked}).json()["referring"] == named
    assert status(api, named[0])["status"] == "current"


def test_single_fields_are_erased_by_name(api: Api) -> None:
    place = {"id": "https://id.gs1.org/414/9521234567899"}
    assert api.submit(document(event(4, readPoint=place))).status_code == 201
    found = erase(api, {"batch": 1, "records": "0", "fields": ["readPoint"]})
    assert found.status_code == 200, found.text
    (said,) = status(api, f"https://id.gs1.org/01/{GTIN}/21/S4")["history"]
    assert said["part"] is True


def test_only_an_operator_erases(api: Api, batch: int) -> None:
    for role in ("participant", "auditor"):
        problem(erase(api, {"batch": batch}, role), 403, "API_ROLE_MISSING")
    assert status(api)["status"] == "current"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"requester": "Li Lei"}, "REQUESTER_INVALID"),
        ({"basis": "whim"}, "DECLARATION_INVALID"),
        ({"batch": None}, "DECLARATION_INVALID"),
        ({"records": "0", "fields": ["nothing"]}, "FIELDS_UNKNOWN"),
        ({"fields": [1]}, "DECLARATION_INVALID"),
        ({"card": "x"}, "DECLARATION_INVALID"),
        ({"more": 1}, "DECLARATION_INVALID"),
    ],
)
def test_a_malformed_erasure_is_refused(
    api: Api, batch: int, change: dict[str, Any], code: str
) -> None:
    value = {name: part for name, part in ({"batch": batch} | change).items() if part is not None}
    problem(erase(api, value), 400, code)


def test_the_consumer_page_shows_the_recall_before_it_is_anchored(api: Api) -> None:
    api.node.mint(Lot(GTIN, "L1", 1, {}), participant=api.participant)
    api.node.sequencer.run(close=True)
    with api.node.store.reading() as repositories:
        (item,) = repositories.items.between(1, 1, 2)
    lot = f"/01/{GTIN}/10/L1"

    def page(path: str) -> str:
        found = api.client.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})
        assert found.status_code == 200, found.text
        return str(found.text)

    for path in (lot, f"{lot}/21/{item.serial}"):
        assert "Recalled: do not use" not in page(path)
    assert declare(api, {**RECALL, "code": f"https://id.gs1.org{lot}"}).status_code == 201
    for path in (lot, f"{lot}/21/{item.serial}"):
        text = page(path)
        assert text.index("Recalled: do not use") < text.index("<h1>")
        assert "What was said of it since" in text
    assert "Logged since, not yet in this proof: Recalled" in page(f"{lot}/21/{item.serial}")
    lifted = {"code": f"https://id.gs1.org{lot}", "kind": "recall_lifted", "reason": "resolved"}
    assert declare(api, lifted).status_code == 201
    text = page(f"{lot}/21/{item.serial}")
    assert "Recalled: do not use" not in text
    assert "Recall lifted" in text


def test_a_proof_says_by_a_header_what_was_logged_since(api: Api, batch: int) -> None:
    api.node.sequencer.run(close=True)
    answer = api.client.get("/api/proofs", params={"code": ITEM})
    assert "ItemProof-Newer-Status" not in answer.headers
    assert declare(api, RECALL).status_code == 201
    answer = api.client.get("/api/proofs", params={"code": ITEM})
    assert answer.headers["ItemProof-Newer-Status"] == "recalled"


def asked(api: Api, question: str, code: str) -> dict[str, Any]:
    answer = api.client.get(
        f"/api/{question}", params={"code": code}, headers=api.headers("auditor")
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestLineage:
    @pytest.fixture
    def made(self, api: Api) -> tuple[str, list[str]]:
        """Return a lot of two items and their codes, of which an event names the first."""
        api.node.mint(Lot(GTIN, "L1", 2, {}), participant=api.participant)
        api.node.sequencer.run(close=True)
        with api.node.store.reading() as repositories:
            rows = repositories.items.between(1, 1, 3)
        items = [f"https://id.gs1.org/01/{GTIN}/21/{row.serial}" for row in rows]
        assert api.submit(document(event(0, epcList=[items[0]]))).status_code == 201
        return f"https://id.gs1.org/01/{GTIN}/10/L1", items

    @pytest.mark.parametrize("question", ["trace", "recall", "journey"])
    def test_says_nothing_of_what_nothing_was_said_of(
        self, api: Api, made: tuple[str, list[str]], question: str
    ) -> None:
        found = asked(api, question, made[1][0])
        assert (found["status"], found["statuses"]) == ("current", [])

    @pytest.mark.parametrize("question", ["trace", "recall", "journey"])
    def test_names_the_items_of_a_recalled_lot(
        self, api: Api, made: tuple[str, list[str]], question: str
    ) -> None:
        lot, items = made
        assert declare(api, {**RECALL, "code": lot}).status_code == 201
        found = asked(api, question, items[0])
        assert found["status"] == "recalled"
        (said,) = found["statuses"]
        assert items[0] in said["codes"]
        assert (said["status"], said["reason"], said["participant"]) == (
            "recalled",
            "safety",
            api.participant.hex(),
        )
        lifted = {**RECALL, "code": lot, "kind": "recall_lifted", "reason": "resolved"}
        assert declare(api, lifted).status_code == 201
        assert asked(api, question, items[0])["statuses"] == []

    def test_names_only_the_item_that_was_recalled(
        self, api: Api, made: tuple[str, list[str]]
    ) -> None:
        lot, items = made
        assert declare(api, {**RECALL, "code": items[1]}).status_code == 201
        (said,) = asked(api, "recall", lot)["statuses"]
        assert said["codes"] == [items[1]]
        assert asked(api, "journey", items[0])["status"] == "current"

    def test_marks_the_step_of_a_journey_that_was_corrected(
        self, api: Api, made: tuple[str, list[str]]
    ) -> None:
        _, items = made
        (step,) = asked(api, "journey", items[0])["steps"]
        assert step["status"] == "current"
        wrong = {"code": step["record"], "kind": "corrected", "reason": "incorrect_data"}
        assert declare(api, wrong).status_code == 201
        found = asked(api, "journey", items[0])
        (step,) = found["steps"]
        assert (step["status"], step["said"]["reason"]) == ("corrected", "incorrect_data")
        # The item is not the event: its own record is as it was.
        assert found["status"] == "current"

    def test_names_a_code_without_an_item_by_the_first_event_of_it(
        self, api: Api, batch: int
    ) -> None:
        assert declare(api, RECALL).status_code == 201
        assert asked(api, "trace", ITEM)["status"] == status(api)["status"] == "recalled"
        other = ITEM.replace("S1", "S0")
        assert asked(api, "trace", other)["status"] == "current"

    def test_a_lot_has_the_gravest_status_of_its_batches(self, api: Api) -> None:
        for _ in range(2):
            api.node.mint(Lot(GTIN, "L1", 1, {}), participant=api.participant)
        api.node.sequencer.run(close=True)
        lot = f"https://id.gs1.org/01/{GTIN}/10/L1"
        assert status(api, lot)["status"] == "current"
        recall = {"batch": 2, "kind": "recalled", "reason": "safety"}
        assert declare(api, recall).status_code == 201
        assert status(api, lot)["status"] == "recalled"
        assert asked(api, "recall", lot)["status"] == "recalled"
