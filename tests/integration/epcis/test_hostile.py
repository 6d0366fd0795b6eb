"""What is sent to break a server: refused at once, within limits, and nothing is kept."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ledger_api.app import create_app
from ledger_api.epcis.bodies import unpack
from ledger_api.settings import Settings
from tests.support.api import Api
from tests.support.capture import CAPTURE, EVENTS, posted, refusal
from tests.support.ledger import add_participant, document, event
from traceability.ledger.node import Node
from traceability.strict_json import JSONTooLargeError

XML = {"Content-Type": "application/xml"}
MIB = 2**20
GOOD_XML = """<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
 creationDate="2026-05-01T09:00:00.000Z"><EPCISBody><EventList><ObjectEvent>
<eventTime>2026-05-01T08:00:00.000Z</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
<epcList><epc>https://id.gs1.org/01/09521234567899/21/X1</epc></epcList><action>OBSERVE</action>
</ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>"""
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{f"&{inner};" * 10}">'
        for inner, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
EXTERNAL = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE d [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>'


@pytest.fixture
def api(sqlite_node: Node) -> Iterator[Api]:
    """Return the application on SQLite: nothing here comes near a database."""
    participant = add_participant(sqlite_node)
    settings = Settings(drafting_processes=1)
    with TestClient(create_app(sqlite_node, settings), base_url="http://127.0.0.1") as client:
        yield Api(sqlite_node, client, participant)


@pytest.fixture(autouse=True)
def nothing_is_kept(api: Api) -> Iterator[None]:
    yield
    with api.node.store.reading() as repositories:
        assert repositories.batches.count_records() == 0
        assert repositories.capture_jobs.newest(limit=1) == []


@pytest.fixture(scope="module")
def zeros(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a gibibyte of zeros, packed."""
    path: Path = tmp_path_factory.mktemp("zeros") / "zeros.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        for _ in range(1024):
            packed.write(bytes(MIB))
    return path.read_bytes()


def json_with(part: str) -> bytes:
    value = json.dumps(document(event(1))).encode()
    return value.replace(b'"OBSERVE"', b'"OBSERVE", "example:a": ' + part.encode(), 1)


def test_json_that_is_long_and_deep(api: Api) -> None:
    response = posted(api, CAPTURE, b"[" * (9 * MIB))
    refusal(response, 400, "ValidationException", "JSON_DEPTH")


@pytest.mark.parametrize("path", [CAPTURE, EVENTS])
class TestJson:
    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"[" * 10_000 + b"]" * 10_000, "JSON_DEPTH"),
            (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "JSON_DEPTH"),
            (json_with("[" * 10_000 + "]" * 10_000), "JSON_DEPTH"),
            (json_with("1e309"), "JSON_NUMBER"),
            (json_with("-0"), "JSON_NUMBER"),
            (json_with("0.1000000000000000055"), "JSON_NUMBER"),
            (json_with("1" * 401), "JSON_NUMBER"),
            (json_with('{"a":1,"a":2}'), "JSON_DUPLICATE_KEY"),
            (json_with('"\\ud800"'), "JSON_STRING"),
            (json_with("NaN"), "JSON_NUMBER"),
            (b"\xef\xbb\xbf" + json_with("1"), "JSON_ENCODING"),
            (json_with("1").decode().encode("utf-16"), "JSON_ENCODING"),
            (json_with("1").decode().encode("utf-32"), "JSON_ENCODING"),
            (json_with('"é"').decode().encode("latin-1"), "JSON_ENCODING"),
            (b"", "JSON_SYNTAX"),
            (b"\0" * 100, "JSON_SYNTAX"),
        ],
    )
    def test_that_is_not_strict(self, api: Api, path: str, body: bytes, code: str) -> None:
        refusal(posted(api, path, body), 400, "ValidationException", code)

    def test_of_too_many_parts(self, api: Api, path: str) -> None:
        body = b"[" + b"[]," * (5 * MIB) + b"[]]"
        response = posted(api, path, body)
        # Where long documents are taken, it is the events that are too many.
        code = "CAPTURE_LIMIT_EXCEEDED" if path == CAPTURE else "JSON_TOO_LARGE"
        refusal(response, 413, "CaptureLimitExceededException", code)

    def test_of_too_many_bytes(self, api: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        services = api.client.app.state.services
        settings = services.settings.model_copy(update={"max_capture_bytes": 65 * MIB})
        monkeypatch.setattr(api.client.app.state, "services", replace(services, settings=settings))
        limit = (65 if path == CAPTURE else 64) * MIB
        response = posted(api, path, b" " * (limit + 1))
        refusal(response, 413, "CaptureLimitExceededException", "JSON_TOO_LARGE")
        assert response.headers["gs1-epcis-capture-file-size-limit"] == str(limit)

    def test_of_nothing_but_space(self, api: Api, path: str) -> None:
        response = posted(api, path, b" " * (9 * MIB))
        refusal(response, 400, "ValidationException", "JSON_SYNTAX")


@pytest.mark.parametrize("path", [CAPTURE, EVENTS])
class TestXml:
    @pytest.mark.parametrize("prologue", [BOMB, EXTERNAL, PARAMETER], ids=["bomb", "file", "net"])
    def test_with_declarations(self, api: Api, path: str, prologue: str) -> None:
        body = (prologue + GOOD_XML).encode()
        refusal(posted(api, path, body, headers=XML), 400, "ValidationException", "XML_DTD")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("<a>" * 10_000 + "</a>" * 10_000, "XML_DOCUMENT_TYPE"),
            (GOOD_XML.replace("<action>", "<x>" * 100 + "</x>" * 100 + "<action>"), "XML_LIMIT"),
            (GOOD_XML[:-5], "XML_SYNTAX"),
            (GOOD_XML.replace('"2.0"', '"3.0"'), "XML_VERSION"),
            (GOOD_XML.replace("xsd:2", "xsd:1"), "XML_VERSION"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?>" + GOOD_XML, "XML_ENCODING"),
            ("", "XML_SYNTAX"),
        ],
    )
    def test_that_is_no_document(self, api: Api, path: str, body: str, code: str) -> None:
        response = posted(api, path, body.encode(), headers=XML)
        refusal(response, 400, "ValidationException", code)

    @pytest.mark.parametrize(
        ("declared", "written"), [("UTF-8", "latin-1"), ("UTF-16", "utf-8"), ("UTF-8", "utf-16")]
    )
    def test_in_another_encoding_than_it_says(
        self, api: Api, path: str, declared: str, written: str
    ) -> None:
        text = f'<?xml version="1.0" encoding="{declared}"?>' + GOOD_XML.replace("X1", "é")
        response = posted(api, path, text.encode(written), headers=XML)
        found = refusal(response, 400, "ValidationException", response.json()["code"])
        assert found["code"] in ("XML_ENCODING", "XML_SYNTAX")

    def test_called_json(self, api: Api, path: str) -> None:
        response = posted(api, path, GOOD_XML.encode())
        refusal(response, 400, "ValidationException", "JSON_SYNTAX")


class TestPacked:
    def test_a_gibibyte_of_zeros(self, api: Api, zeros: bytes) -> None:
        response = posted(api, CAPTURE, zeros, headers={"Content-Encoding": "gzip"})
        refusal(response, 400, "ValidationException", "JSON_SYNTAX")

    def test_zeros_that_begin_as_a_document(self, api: Api, zeros: bytes) -> None:
        body = gzip.compress(b'{"a": "') + zeros
        response = posted(api, CAPTURE, body, headers={"Content-Encoding": "gzip"})
        refusal(response, 400, "ValidationException", "PACKED_BODY_INVALID")

    def test_takes_no_more_memory_than_the_limit(self, zeros: bytes) -> None:
        tracemalloc.start()
        try:
            with pytest.raises(JSONTooLargeError):
                unpack(zeros, 16 * MIB)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 24 * MIB

    def test_packed_twice(self, api: Api, zeros: bytes) -> None:
        twice = gzip.compress(zeros)
        response = posted(api, CAPTURE, twice, headers={"Content-Encoding": "gzip"})
        refusal(response, 400, "ValidationException", "JSON_ENCODING")

    def test_endless_small_members(self, api: Api) -> None:
        member = gzip.compress(b"")
        body = member * (MIB // len(member))
        response = posted(api, CAPTURE, body, headers={"Content-Encoding": "gzip"})
        refusal(response, 400, "ValidationException", "PACKED_BODY_INVALID")

    def test_bytes_after_the_end(self, api: Api) -> None:
        body = gzip.compress(json_with("1")) + b"rest"
        response = posted(api, CAPTURE, body, headers={"Content-Encoding": "gzip"})
        refusal(response, 400, "ValidationException", "PACKED_BODY_INVALID")

    @pytest.mark.parametrize("size", [1, MIB - 1, MIB, MIB + 1, 3 * MIB])
    def test_sound_ones_pass(self, size: int) -> None:
        data = (b"0123456789abcdef" * (size // 16 + 1))[:size]
        assert unpack(gzip.compress(data), 3 * MIB) == data
        blocks = [gzip.compress(data[start : start + 1000]) for start in range(0, size, 1000)]
        assert unpack(b"".join(blocks), 3 * MIB) == data
