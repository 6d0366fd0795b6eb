"""Documents in XML from files: judged, submitted and hashed like their JSON-LD."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger_api.cli.app import app

XML = """<?xml version="1.0" encoding="{encoding}"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
 creationDate="2026-05-01T09:00:00.000Z"><EPCISBody><EventList><ObjectEvent>
 <eventTime>2026-05-01T08:00:00.000Z</eventTime>
 <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
 <epcList><epc>urn:epc:id:sgtin:9521234.056789.1</epc></epcList>
 <action>OBSERVE</action><bizStep>{step}</bizStep>
</ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>
"""


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    options = ["--data", str(folder / "data"), "--json"]
    result = CliRunner().invoke(app, [*arguments, *options])
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_is_judged_and_hashed(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "events.xml"
    path.write_bytes(XML.format(encoding=encoding, step="shipping").encode(encoding))
    status, answer = run(tmp_path, "validate", str(path))
    assert (status, answer["files"][0]["status"]) == (0, "ACCEPTED")
    status, answer = run(tmp_path, "hash", str(path))
    assert status == 0
    assert answer["events"][0]["event_hash"].startswith("ni:///sha-256;")


def test_fault_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "events.xml"
    path.write_text(XML.format(encoding="UTF-8", step="casting"), encoding="utf-8")
    status, answer = run(tmp_path, "validate", str(path))
    assert status == 1
    (error,) = answer["files"][0]["records"][0]["errors"]
    assert (error["code"], error["line"]) == ("EPCIS_VOCABULARY", 7)


def test_document_cut_in_half_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "events.xml"
    path.write_text(XML.format(encoding="UTF-8", step="shipping")[:300], encoding="utf-8")
    status, answer = run(tmp_path, "validate", str(path))
    assert status == 1
    assert answer["files"][0]["records"][0]["error"]["code"] == "XML_SYNTAX"


MASTER_DATA = """<?xml version="1.0"?>
<m:EPCISMasterDataDocument xmlns:m="urn:epcglobal:epcis-masterdata:xsd:2" schemaVersion="2.0"
 creationDate="2026-05-01T09:00:00.000Z"><EPCISBody><VocabularyList>
 <Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>
 <VocabularyElement id="https://id.gs1.org/414/9521234000006"/>
 </VocabularyElementList></Vocabulary></VocabularyList></EPCISBody></m:EPCISMasterDataDocument>
"""


def test_master_data_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "places.xml"
    path.write_text(MASTER_DATA, encoding="utf-8")
    status, answer = run(tmp_path, "validate", str(path))
    assert (status, answer["files"][0]["status"]) == (0, "ACCEPTED")
    found = {"result": "accepted", "vocabularies": 1, "elements": 1}
    assert answer["files"][0]["master_data"] == found
    monkeypatch.setenv("ITEMPROOF_LANG", "zh")
    data = str(tmp_path / "data")
    text = CliRunner().invoke(app, ["validate", str(path), "--data", data]).stdout
    assert "主数据：已接受，1 个词汇表，1 个条目" in text
