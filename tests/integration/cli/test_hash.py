"""`itemproof hash`: sound events are hashed and faulty ones told, in JSON-LD and XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app
from tests.support.ledger import document, event
from traceability.hashing.event_hash import event_hash

XML_EVENT = """<ObjectEvent xmlns:ex="https://ns.example.com/epcis/">
 <eventTime>2026-05-01T08:00:{second}.000Z</eventTime>
 <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
 <epcList><epc>urn:epc:id:sgtin:9521234.056789.1</epc></epcList>
 <action>OBSERVE</action><bizStep>{step}</bizStep>{more}
</ObjectEvent>"""
XML = """<?xml version="1.0"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
 creationDate="2026-05-01T09:00:00.000Z"><EPCISBody><EventList>
{events}
</EventList></EPCISBody></epcis:EPCISDocument>
"""


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["hash", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def written(folder: Path, value: Any, name: str = "events.json") -> str:
    path = folder / name
    text = value if isinstance(value, str) else json.dumps(value)
    path.write_text(text, encoding="utf-8")
    return str(path)


def xml(*steps: str, more: str = "") -> str:
    events = [
        XML_EVENT.format(second=f"{number:02d}", step=step, more=more)
        for number, step in enumerate(steps)
    ]
    return XML.format(events="\n".join(events))


def test_tells_faulty_events_and_hashes_the_others(tmp_path: Path) -> None:
    faulty = event(2, eventTime="2026-05-01T08:00:00", action="LOOK")
    path = written(tmp_path, document(event(1), faulty, event(3)))
    status, answer = run(path)
    assert status == 1
    assert [found["pointer"] for found in answer["events"]] == [
        "/epcisBody/eventList/0",
        "/epcisBody/eventList/2",
    ]
    assert [found["event_hash"] for found in answer["events"]] == [
        event_hash({**event(number), "@context": document()["@context"]}).uri for number in (1, 3)
    ]
    assert {(fault["pointer"], fault["path"]) for fault in answer["faults"]} == {
        ("/epcisBody/eventList/1/eventTime", path),
        ("/epcisBody/eventList/1/action", path),
    }


def test_is_0_where_no_event_has_faults(tmp_path: Path) -> None:
    status, answer = run(written(tmp_path, document(event(1), event(3))))
    assert (status, len(answer["events"]), answer["faults"]) == (0, 2, [])


def test_goes_past_a_file_that_is_no_document(tmp_path: Path) -> None:
    broken = written(tmp_path, "{", "broken.json")
    good = written(tmp_path, document(event(1)))
    status, answer = run(broken, good)
    assert status == 1
    assert [found["path"] for found in answer["events"]] == [good]
    assert [(fault["path"], fault["code"]) for fault in answer["faults"]] == [
        (broken, "JSON_SYNTAX")
    ]


def test_names_the_line_of_a_fault_in_xml(tmp_path: Path) -> None:
    status, answer = run(written(tmp_path, xml("shipping", "casting", "packing"), "events.xml"))
    assert (status, len(answer["events"])) == (1, 2)
    (fault,) = answer["faults"]
    assert (fault["code"], fault["line"]) == ("EPCIS_VOCABULARY", 14)


def test_prints_hashes_alone_on_standard_output(tmp_path: Path) -> None:
    path = written(tmp_path, document(event(1), event(2, action="LOOK")))
    result = CliRunner().invoke(app, ["hash", path])
    assert result.exit_code == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith("ni:///sha-256;")
    assert line.endswith(f"{path}#/epcisBody/eventList/0")
    (fault,) = result.stderr.splitlines()
    assert fault.startswith(f"{path}#/epcisBody/eventList/1/action  EPCIS_ACTION")


class TestIgnoreFields:
    """A member that is left out leaves the hash of the event without it."""

    def hashes(self, path: str, *names: str) -> list[str]:
        options = [option for name in names for option in ("--ignore-fields", name)]
        status, answer = run(path, *options)
        assert (status, answer["faults"]) == (0, [])
        return [found["event_hash"] for found in answer["events"]]

    @pytest.mark.parametrize("name", ["ex:batch", "{https://ns.example.com/epcis/}batch"])
    def test_leaves_members_out_of_xml(self, tmp_path: Path, name: str) -> None:
        path = written(tmp_path, xml("packing", more="<ex:batch>7</ex:batch>"), "with.xml")
        without = self.hashes(written(tmp_path, xml("packing"), "without.xml"))
        assert self.hashes(path, name) == without
        assert self.hashes(path) != without
        assert self.hashes(path, "ex:lot") == self.hashes(path)

    def test_leaves_several_out_at_any_depth(self, tmp_path: Path) -> None:
        context = [*document()["@context"], {"ex": "https://ns.example.com/epcis/"}]
        more = {
            "ex:outer": {"ex:note": "a", "ex:kept": "b"},
            "ex:note": "c",
            "disposition": "retail_sold",
        }
        less = {"ex:outer": {"ex:kept": "b"}}
        full = written(tmp_path, document(event(1, **more)) | {"@context": context}, "full.json")
        bare = written(tmp_path, document(event(1, **less)) | {"@context": context}, "bare.json")
        assert self.hashes(full, "ex:note", "disposition") == self.hashes(bare)
        assert self.hashes(full, "ex:note") != self.hashes(bare)
