"""What stands around events in XML: all of it is kept, or refused where it stands."""

from __future__ import annotations

import io

import pytest

from tests.unit.events.xml.test_xml_reading import MAX, object_event, xml
from traceability.events.xml.faults import XmlContentInvalid
from traceability.events.xml.reading import read_xml, stream_xml

VOCABULARY = (
    '<Vocabulary type="urn:epcglobal:epcis:vtype:{}"><VocabularyElementList>'
    '<VocabularyElement id="urn:x:1"/></VocabularyElementList></Vocabulary>'
)
LIST = "<VocabularyList>" + VOCABULARY.format("ReadPoint") + "</VocabularyList>"
OTHER = "<VocabularyList>" + VOCABULARY.format("BusinessLocation") + "</VocabularyList>"
DATA = f"<EPCISMasterData>{LIST}</EPCISMasterData>"


def master_data_document(body: str, header: str = "") -> bytes:
    return (
        '<m:EPCISMasterDataDocument xmlns:m="urn:epcglobal:epcis-masterdata:xsd:2" '
        'schemaVersion="2.0" creationDate="2026-05-01T09:00:00.000Z">'
        f"{header}<EPCISBody>{body}</EPCISBody></m:EPCISMasterDataDocument>"
    ).encode()


def query_document(results: str) -> bytes:
    return (
        '<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0" '
        'creationDate="2026-01-02T03:04:05Z"><EPCISBody><q:QueryResults>'
        f"{results}</q:QueryResults></EPCISBody></q:EPCISQueryDocument>"
    ).encode()


def test_vocabularies_of_header_and_body_are_all_kept() -> None:
    header = f"<EPCISHeader><extension>{DATA}</extension></EPCISHeader>"
    found = read_xml(master_data_document(OTHER, header), max_bytes=MAX).value
    listed = found["epcisHeader"]["epcisMasterData"]["vocabularyList"]
    assert [one["type"].rpartition(":")[2] for one in listed] == ["ReadPoint", "BusinessLocation"]


@pytest.mark.parametrize(
    "header",
    [
        f"<EPCISHeader><EPCISMasterData>{LIST}{OTHER}</EPCISMasterData></EPCISHeader>",
        f"<EPCISHeader>{DATA}<extension>{DATA}</extension></EPCISHeader>",
        f"<EPCISHeader>{DATA}</EPCISHeader><EPCISHeader>{DATA}</EPCISHeader>",
        f"<EPCISHeader>{DATA}</EPCISHeader>".replace(
            "</VocabularyElementList>", "</VocabularyElementList><VocabularyElementList/>"
        ),
        f"<EPCISHeader>{DATA}</EPCISHeader>".replace(
            'id="urn:x:1"/>',
            'id="urn:x:1"><children><id>urn:a</id></children><children/></VocabularyElement>',
        ),
    ],
    ids=["list", "master data", "header", "elements", "children"],
)
def test_master_data_that_stands_twice_is_refused(header: str) -> None:
    with pytest.raises(XmlContentInvalid, match="stands twice at line"):
        read_xml(xml(object_event(), header=header), max_bytes=MAX)
    with pytest.raises(XmlContentInvalid, match="stands twice at line"):
        list(stream_xml(io.BytesIO(xml(object_event(), header=header)), events_at_once=1))


@pytest.mark.parametrize(
    "source",
    [
        master_data_document(LIST + OTHER),
        query_document(f"<resultsBody>{LIST}{OTHER}</resultsBody>"),
        query_document("<queryName>a</queryName><queryName>b</queryName>"),
    ],
    ids=["body", "results", "query name"],
)
def test_what_can_stand_once_in_a_body_is_refused_again(source: bytes) -> None:
    with pytest.raises(XmlContentInvalid, match="stands twice at line"):
        read_xml(source, max_bytes=MAX)


@pytest.mark.parametrize(
    "source",
    [
        master_data_document(f"<EventList>{object_event()}</EventList>"),
        query_document(f"<EventList>{object_event()}</EventList>"),
        query_document("<resultsBody/>").replace(
            b"</q:QueryResults>", b"</q:QueryResults><EventList/>"
        ),
        xml(object_event()).replace(b"</EventList>", f"</EventList>{LIST}".encode()),
        xml(object_event()).replace(
            b"</EventList>",
            b'</EventList><q:QueryResults xmlns:q="urn:epcglobal:epcis-query:xsd:2"/>',
        ),
        xml(object_event()).replace(
            b"</EPCISBody>", f"</EPCISBody><EPCISHeader>{DATA}</EPCISHeader>".encode()
        ),
    ],
    ids=["events", "events of results", "event list", "vocabularies", "results", "late header"],
)
def test_what_stands_in_a_document_of_another_kind_is_refused(source: bytes) -> None:
    with pytest.raises(XmlContentInvalid, match="has no place here at line"):
        read_xml(source, max_bytes=MAX)
