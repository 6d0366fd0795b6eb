"""`submit` and `validate` of files that are longer than what is read whole."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.support.ledger import document, event
from traceability.events.xml.writing import write_xml
from traceability.ledger import pieces, streaming


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file of 2 KiB be long, and three events a piece; all in this process."""
    monkeypatch.setattr(streaming, "WHOLE_BYTES", 2048)
    monkeypatch.setattr(pieces, "EVENTS_AT_ONCE", 3)
    monkeypatch.setenv("ITEMPROOF_DRAFTING_PROCESSES", "0")


def events(count: int = 20) -> list[dict[str, Any]]:
    return [event(number, eventID=f"urn:example:{number}") for number in range(count)]


def run(folder: Path, *arguments: str) -> tuple[int, Any]:
    options = ["--data", str(folder / "data"), "--json"]
    result = CliRunner().invoke(app, [*arguments, *options])
    return result.exit_code, json.loads(result.stdout)


def test_of_xml_is_taken_and_lists_only_what_is_not_accepted(tmp_path: Path) -> None:
    path = tmp_path / "events.xml"
    path.write_bytes(write_xml(document(*events()), version="2.0"))
    status, answer = run(tmp_path, "submit", str(path))
    (found,) = answer["files"]
    assert (status, found["status"], found["accepted"]) == (0, "ACCEPTED", 20)
    assert (found["batches"], found["records"], found["unlisted"]) == (7, [], 0)
    status, answer = run(tmp_path, "submit", str(path))
    (found,) = answer["files"]
    assert (status, found["duplicate"], found["batches"]) == (0, 20, 0)
    assert len(found["records"]) == 20
    status, answer = run(tmp_path, "audit")
    assert status == 0


def test_lists_no_more_than_anybody_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger_api.cli.long_files.MOST_LISTED", 2)
    path = tmp_path / "events.json"
    faulty = events()
    faulty[19]["bizStep"] = "casting"
    path.write_text(json.dumps(document(*faulty)))
    status, answer = run(tmp_path, "submit", str(path))
    (found,) = answer["files"]
    assert (status, found["status"], found["rejected"]) == (1, "REJECTED", 20)
    assert (len(found["records"]), found["unlisted"]) == (2, 18)
    status, answer = run(tmp_path, "submit", "--proceed", str(path))
    (found,) = answer["files"]
    assert (status, found["status"], found["accepted"]) == (1, "PARTIALLY_ACCEPTED", 19)
    (record,) = found["records"]
    assert record["error"]["pointer"] == "/epcisBody/eventList/19/bizStep"
    text = CliRunner().invoke(
        app, ["submit", str(path), "--data", str(tmp_path / "data")], env={"ITEMPROOF_LANG": "en"}
    )
    assert "18 more events" in text.stdout


def test_that_is_cut_off_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "events.xml"
    path.write_bytes(write_xml(document(*events()), version="2.0")[:-300])
    status, answer = run(tmp_path, "submit", str(path))
    (found,) = answer["files"]
    assert (status, found["accepted"], found["rejected"]) == (1, 0, 1)
    assert found["records"][0]["error"]["code"] == "XML_SYNTAX"


def test_may_come_from_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = json.dumps(document(*events())).encode()
    writer = threading.Thread(target=path.write_bytes, args=(data,))
    writer.start()
    status, answer = run(tmp_path, "submit", str(path))
    writer.join()
    assert (status, answer["files"][0]["accepted"]) == (0, 20)


class TestValidate:
    """A long file is judged as a short one is, and nothing is kept."""

    @pytest.mark.parametrize("form", ["json", "xml"])
    @pytest.mark.parametrize("has_ledger", [False, True])
    def test_knows_what_stands_before(self, tmp_path: Path, form: str, has_ledger: bool) -> None:
        listed = events()
        first = tmp_path / "first.json"
        first.write_text(json.dumps(document(listed[1])))
        if has_ledger:
            run(tmp_path, "submit", str(first))
        listed[18] = listed[4]
        listed[19]["eventID"] = listed[5]["eventID"]
        path = tmp_path / f"events.{form}"
        value = document(*listed)
        data = write_xml(value, version="2.0") if form == "xml" else json.dumps(value).encode()
        path.write_bytes(data)
        status, answer = run(tmp_path, "validate", str(path))
        (found,) = answer["files"]
        assert (status, found["status"], found["rejected"]) == (1, "REJECTED", 1)
        assert found["duplicate"] == (2 if has_ledger else 1)
        record = found["records"][0]
        assert record["pointer"] == "/epcisBody/eventList/19"
        assert record["error"]["code"] == "EVENT_ID_CONFLICT"

    def test_accepts_a_sound_file_and_keeps_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "events.json"
        path.write_text(json.dumps(document(*events())))
        for _ in range(2):
            status, answer = run(tmp_path, "validate", str(path))
            (found,) = answer["files"]
            assert (status, found["status"], found["accepted"]) == (0, "ACCEPTED", 20)
        assert not (tmp_path / "data").exists()

    def test_tells_only_what_surrounds_the_events_where_that_is_faulty(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "events.json"
        value = document(*events())
        del value["creationDate"]
        path.write_text(json.dumps(value))
        status, answer = run(tmp_path, "validate", str(path))
        (found,) = answer["files"]
        assert (status, found["rejected"]) == (1, 1)
        assert found["records"][0]["error"]["code"] == "EPCIS_MEMBER_MISSING"


class TestHash:
    @pytest.mark.parametrize("form", ["json", "xml"])
    def test_says_of_a_long_file_what_it_says_of_a_short_one(
        self, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed = events()
        listed[7]["bizStep"] = "casting"
        value = document(*listed)
        path = tmp_path / f"events.{form}"
        data = write_xml(value, version="2.0") if form == "xml" else json.dumps(value).encode()
        path.write_bytes(data)
        status, answer = run(tmp_path, "hash", str(path))
        monkeypatch.setattr(streaming, "WHOLE_BYTES", 2**20)
        assert (status, answer) == run(tmp_path, "hash", str(path))
        assert (status, len(answer["events"]), len(answer["faults"])) == (1, 19, 1)
        assert answer["faults"][0]["pointer"] == "/epcisBody/eventList/7/bizStep"
