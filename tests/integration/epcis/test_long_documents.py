"""Long documents over HTTP: taken to disk, captured piece by piece, told page by page."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from ledger_api.epcis import capturing, spooling
from ledger_api.epcis.jobs import CaptureJobs
from ledger_api.epcis.paging import EVENTS, Place, token_of
from tests.integration.epcis.test_jobs import Died
from tests.integration.ledger.test_master_data import told
from tests.support.api import Api
from tests.support.capture import (
    CAPTURE,
    asked,
    captured,
    count_events,
    job_of,
    posted,
    refusal,
)
from tests.support.ledger import add_participant, document, event
from traceability.events.xml.writing import write_xml
from traceability.ledger import pieces
from traceability.ledger.audit.audit import audit
from traceability.ledger.node import Node
from traceability.store.repositories.one_code import RuleMode
from traceability.store.times import to_milliseconds
from traceability.store.unit_of_work import UnitOfWork

XML = {"Content-Type": "application/xml"}
KIB = 1024


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a document of 4 KiB be long, its parts be 1 KiB, and three events a piece."""
    monkeypatch.setattr(spooling, "WHOLE_BYTES", 2 * KIB)
    monkeypatch.setattr(spooling, "WRITTEN_AT_ONCE", KIB)
    monkeypatch.setattr(pieces, "EVENTS_AT_ONCE", 3)


def long_document(count: int = 20, **faulty: Any) -> dict[str, Any]:
    found = [event(number, eventID=f"urn:example:{number}") for number in range(count)]
    for place, change in faulty.items():
        found[int(place.removeprefix("n"))] |= change
    return document(*found)


CASTING = {"bizStep": "casting"}


def pages(api: Api, job: dict[str, Any], per_page: int) -> list[list[dict[str, Any]]]:
    """Return the events of a job, page by page."""
    found: list[list[dict[str, Any]]] = []
    path = f"{CAPTURE}/{job['captureID']}?perPage={per_page}"
    while path:
        response = asked(api, path)
        assert response.status_code == 200, response.text
        found.append(response.json()["events"])
        link = response.headers.get("link", "")
        path = link.partition("<")[2].partition(">")[0]
    return found


class TestCapture:
    @pytest.mark.parametrize("form", ["json", "xml", "gzip"])
    def test_takes_a_long_document(self, api: Api, form: str) -> None:
        value = long_document()
        body = write_xml(value, version="2.0") if form == "xml" else json.dumps(value).encode()
        headers = XML if form == "xml" else {}
        if form == "gzip":
            body, headers = gzip.compress(body), {"Content-Encoding": "gzip"}
        job = job_of(api, posted(api, CAPTURE, body, headers=headers))
        assert (job["success"], job["errors"]) == (True, [])
        totals = {name: job[name] for name in ("accepted", "duplicate", "rejected", "batches")}
        assert totals == {"accepted": 20, "duplicate": 0, "rejected": 0, "batches": 7}
        found = pages(api, job, 8)
        assert [len(page) for page in found] == [8, 8, 4]
        events = [one for page in found for one in page]
        assert [one["eventID"] for one in events] == [f"urn:example:{n}" for n in range(20)]
        assert len({one["record"] for one in events}) == 20
        assert all(one["eventHash"].startswith("ni:") for one in events)
        assert (
            len(
                asked(api, "/epcis/events?perPage=100").json()["epcisBody"]["queryResults"][
                    "resultsBody"
                ]["eventList"]
            )
            == 20
        )
        with api.node.store.reading() as repositories:
            assert repositories.capture_jobs.part(1, 0) is None
        api.node.sequencer.run(close=True)
        assert audit(api.node.store, second_place=api.node.second_place).ok

    def test_of_a_short_document_is_as_before(self, api: Api) -> None:
        job = captured(api, document(event(1), event(2)))
        assert {"batch", "entryHash", "receiptUrl"} <= set(job)
        assert len(job["events"]) == 2

    def test_of_many_short_events_is_piece_by_piece(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(capturing, "WHOLE_EVENTS", 3)
        job = captured(api, document(*(event(number) for number in range(4))))
        assert (job["accepted"], job["batches"]) == (4, 2)

    def test_rolls_back_by_a_fault_in_the_last_piece(self, api: Api) -> None:
        job = captured(api, long_document(n19=CASTING))
        assert (job["success"], job["accepted"], job["rejected"]) == (False, 0, 20)
        assert len(job["errors"]) == 20
        last = pages(api, job, 1000)[0][-1]
        assert last["errors"][0]["pointer"] == "/epcisBody/eventList/19/bizStep"
        assert count_events(api) == 0

    def test_proceeds_with_exactly_the_good_ones(self, api: Api) -> None:
        value = long_document(n0=CASTING, n19=CASTING)
        headers = {"GS1-Capture-Error-Behaviour": "proceed"}
        job = captured(api, value, headers=headers)
        assert (job["success"], job["accepted"], job["rejected"]) == (False, 18, 2)
        results = [one["result"] for page in pages(api, job, 7) for one in page]
        assert results == ["rejected"] + ["accepted"] * 18 + ["rejected"]
        assert [one["pointer"] for one in job["errors"]] == [
            "/epcisBody/eventList/0/bizStep",
            "/epcisBody/eventList/19/bizStep",
        ]

    def test_tells_some_errors_at_once_and_how_many_more_there_are(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ledger_api.epcis.long_jobs.MOST_TOLD", 4)
        job = captured(api, long_document(n19=CASTING))
        assert len(job["errors"]) == 5
        assert "16 more" in job["errors"][-1]["detail"]

    def test_tells_the_reason_of_a_rollback_before_what_was_rolled_back(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ledger_api.epcis.long_jobs.MOST_TOLD", 4)
        job = captured(api, long_document(n7=CASTING, n19=CASTING))
        codes = [error["code"] for error in job["errors"]]
        assert codes == ["EPCIS_VOCABULARY"] * 2 + ["ROLLED_BACK"] * 2 + ["EPCIS_TOO_MANY_FAULTS"]

    @pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
    def test_names_both_events_of_a_breach_between_pieces(self, api: Api, behaviour: str) -> None:
        with api.node.store.unit_of_work() as work:
            work.repositories.one_code.set_mode(api.participant, RuleMode.ENFORCE)
            work.commit()
        value = long_document()
        listed = value["epcisBody"]["eventList"]
        made = {"action": "ADD", "bizStep": "commissioning"}
        for one in listed:
            del one["eventID"]
            one.update(made)
        listed[19]["epcList"] = listed[4]["epcList"]
        job = captured(api, value, headers={"GS1-Capture-Error-Behaviour": behaviour})
        breach = next(one for one in job["errors"] if one["code"] == "COMMISSIONED_TWICE")
        kept = pages(api, job, 100)[0][4].get("record")
        other = kept if behaviour == "proceed" else "/epcisBody/eventList/4"
        assert f"'{other}'" in breach["detail"]
        assert f"'{other}'" in breach["got"]

    @pytest.mark.parametrize("form", ["json", "xml"])
    def test_tells_of_master_data(self, api: Api, form: str) -> None:
        listed = long_document()["epcisBody"]["eventList"]
        value: Any = told(*listed)
        headers = XML if form == "xml" else {}
        if form == "xml":
            value = write_xml(value, version="2.0")
        found = captured(api, value, headers=headers)["masterData"]
        told_figures = (found["result"], found["vocabularies"], found["elements"])
        assert told_figures == ("accepted", 1, 2)
        assert found["record"].endswith(":3")
        again = captured(api, value, headers=headers)["masterData"]
        assert again == {"result": "duplicate", "vocabularies": 1, "elements": 2}

    def test_without_master_data_says_nothing_of_it(self, api: Api) -> None:
        assert "masterData" not in captured(api, long_document())

    def test_tells_master_data_that_was_rolled_back(self, api: Api) -> None:
        listed = long_document(n19=CASTING)["epcisBody"]["eventList"]
        found = captured(api, told(*listed))["masterData"]
        assert found == {"result": "rejected", "vocabularies": 1, "elements": 2}

    @pytest.mark.parametrize(("mode", "count"), [(RuleMode.WARN, 1), (RuleMode.OFF, 0)])
    def test_counts_the_breaches_that_are_told(self, api: Api, mode: RuleMode, count: int) -> None:
        with api.node.store.unit_of_work() as work:
            work.repositories.one_code.set_mode(api.participant, mode)
            work.commit()
        value = long_document()
        listed = value["epcisBody"]["eventList"]
        for one in listed:
            one.update({"action": "ADD", "bizStep": "commissioning"})
        listed[19]["epcList"] = listed[4]["epcList"]
        job = captured(api, value)
        assert (job["accepted"], job["breaches"]) == (20, count)
        events = [one for page in pages(api, job, 100) for one in page]
        assert sum(len(one.get("breaches", ())) for one in events) == count

    def test_again_is_all_duplicates(self, api: Api) -> None:
        captured(api, long_document())
        job = captured(api, long_document())
        assert (job["success"], job["duplicate"], job["batches"]) == (True, 20, 0)
        events = pages(api, job, 1000)[0]
        assert all(one["record"] for one in events)

    def test_of_a_token_of_another_job_is_refused(self, api: Api) -> None:
        first, second = captured(api, long_document()), captured(api, long_document())
        link = asked(api, f"{CAPTURE}/{first['captureID']}?perPage=3").headers["link"]
        token = link.partition("nextPageToken=")[2].partition(">")[0]
        path = f"{CAPTURE}/{second['captureID']}?nextPageToken={token}"
        refusal(asked(api, path), 400, "QueryParameterException", "QUERY_PARAMETER_INVALID")

    def test_of_a_token_of_all_events_is_refused(self, api: Api) -> None:
        job = captured(api, long_document())
        token = token_of(Place(EVENTS, 1, 5), now=to_milliseconds(api.node.clock()))
        response = asked(api, f"{CAPTURE}/{job['captureID']}?nextPageToken={token}")
        refusal(response, 400, "QueryParameterException", "QUERY_PARAMETER_INVALID")

    def test_is_done_once_under_a_key(self, api: Api) -> None:
        headers = api.headers("participant") | {"Idempotency-Key": "long"}
        first = posted(api, CAPTURE, long_document(), headers=headers)
        again = posted(api, CAPTURE, long_document(), headers=headers)
        other = posted(api, CAPTURE, long_document(21), headers=headers)
        assert first.headers["location"] == again.headers["location"]
        assert other.status_code == 409
        job_of(api, first)
        assert len(asked(api, CAPTURE).json()) == 1


class TestRefusal:
    def test_of_a_faulty_envelope_is_at_once(self, api: Api) -> None:
        value = long_document()
        del value["creationDate"]
        refusal(posted(api, CAPTURE, value), 400, "ValidationException", "EPCIS_MEMBER_MISSING")
        body = write_xml(long_document(), version="2.0").replace(b"xsd:2", b"xsd:3")
        response = posted(api, CAPTURE, body, headers=XML)
        refusal(response, 400, "ValidationException", "XML_DOCUMENT_TYPE")
        assert asked(api, CAPTURE).json() == []

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("count", [1, 20], ids=["short", "long"])
    def test_of_a_byte_order_mark_names_the_encoding(
        self, api: Api, encoding: str, count: int
    ) -> None:
        body = json.dumps(long_document(count)).encode(encoding)
        refusal(posted(api, CAPTURE, body), 400, "ValidationException", "JSON_ENCODING")

    def test_of_another_version_is_at_once(self, api: Api) -> None:
        body = write_xml(long_document(), version="2.0")
        headers = XML | {"GS1-EPCIS-Version": "1.2", "GS1-CBV-Version": "1.2"}
        response = posted(api, CAPTURE, body, headers=headers)
        refusal(response, 400, "ValidationException", "EPCIS_VERSION_CONFLICT")

    def test_of_what_is_broken_further_on_is_the_jobs(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ledger_api.epcis.bodies.XML_EVENTS_AT_ONCE", 3)
        monkeypatch.setattr("traceability.events.xml.parsing.CHUNK", KIB)
        body = write_xml(long_document(), version="2.0")[:-200]
        job = job_of(api, posted(api, CAPTURE, body, headers=XML))
        assert job["success"] is False
        assert [one["code"] for one in job["errors"]] == ["XML_SYNTAX"]
        assert count_events(api) == 0

    def test_of_too_many_events(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        app = api.client.app
        services = app.state.services
        settings = services.settings.model_copy(update={"max_capture_events": 19})
        monkeypatch.setattr(app.state, "services", replace(services, settings=settings))
        monkeypatch.setattr(services.workers._jobs, "_max_events", 19)  # the worker's own
        kind, code = "CaptureLimitExceededException", "CAPTURE_LIMIT_EXCEEDED"
        refusal(posted(api, CAPTURE, long_document()), 413, kind, code)
        body = write_xml(long_document(), version="2.0")
        job = job_of(api, posted(api, CAPTURE, body, headers=XML))
        assert [one["code"] for one in job["errors"]] == [code]
        assert captured(api, long_document(19))["accepted"] == 19


def promise(node: Node, value: Any) -> int:
    """Keep a long job as the binding does, and do nothing about it."""
    participant = add_participant(node)
    data = json.dumps(value).encode()
    with node.store.unit_of_work() as work:
        jobs = work.repositories.capture_jobs
        job = jobs.add(
            "long", participant=participant, form="json", proceed=False, body=None, created=1
        )
        jobs.add_parts(job, (data[at : at + KIB] for at in range(0, len(data), KIB)))
        work.commit()
    return job


class TestCrash:
    @pytest.mark.parametrize("committed", [False, True])
    @pytest.mark.parametrize("faulty", [{}, {"n19": CASTING}], ids=["good", "faulty"])
    def test_leaves_nothing_or_all(
        self,
        node: Node,
        monkeypatch: pytest.MonkeyPatch,
        *,
        committed: bool,
        faulty: dict[str, Any],
    ) -> None:
        number = promise(node, long_document(**faulty))
        jobs = CaptureJobs(node, on_captured=lambda: None, limit=KIB)
        commit = UnitOfWork.commit

        def dies(work: UnitOfWork) -> None:
            if committed:
                commit(work)
            raise Died

        with monkeypatch.context() as patched:
            patched.setattr(UnitOfWork, "commit", dies)
            with pytest.raises(Died):
                jobs.do(number)
        kept = 0 if faulty else 20
        with node.store.reading() as repositories:
            assert repositories.batches.count_records() == (kept if committed else 0)
            assert (repositories.capture_jobs.unfinished(number) is None) == committed
        jobs.run()
        with node.store.reading() as repositories:
            assert repositories.batches.count_records() == kept
            row = repositories.capture_jobs.get("long")
            assert row is not None
            assert row.success is not bool(faulty)
            assert len(repositories.capture_jobs.results(number, first=0, limit=100)) == 7

    def test_of_the_server_puts_the_job_off(self, node: Node) -> None:
        number = promise(node, long_document())
        stopped = CaptureJobs(node, on_captured=lambda: None, limit=KIB)
        stopped.stop()
        with pytest.raises(Exception, match="put off"):
            stopped.do(number)
        CaptureJobs(node, on_captured=lambda: None, limit=KIB).run()
        with node.store.reading() as repositories:
            assert repositories.batches.count_records() == 20
