"""Small EPCIS documents in XML for tests."""

from __future__ import annotations

MAX = 10**6
TIME = "<eventTime>2026-01-02T03:04:05Z</eventTime>"
ZONE = "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
EPCS = "<epcList><epc>urn:epc:id:sgtin:4012345.077889.25</epc></epcList>"
BASE = TIME + ZONE + EPCS + "<action>OBSERVE</action>"


def xml(*events: str, version: str = "2.0", namespaces: str = "", header: str = "") -> bytes:
    number = 2 if version == "2.0" else 1
    return (
        f'<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:{number}" {namespaces} '
        f'schemaVersion="{version}" creationDate="2026-01-02T03:04:05Z">\n{header}<EPCISBody>\n'
        f"<EventList>\n{chr(10).join(events)}</EventList></EPCISBody></epcis:EPCISDocument>"
    ).encode()


def object_event(more: str = "") -> str:
    return f"<ObjectEvent>{BASE}{more}</ObjectEvent>"
