"""Rules of sensor elements, times and places: a change that keeps each, one that breaks it.

Source: EPCIS 2.0, section 7.3.7 (sensor elements); CBV 2.0, section 8.3 (places).
"""

from typing import Any

from tests.support.epcis import CASE, PLACE
from tests.support.rule_cases import DECLARATION, REPORT, Case, sensor


def period(start: str, end: str) -> dict[str, Any]:
    """Return the change to an event that adds one sensor element of a period."""
    metadata = {"startTime": start, "endTime": end}
    return {"sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [REPORT]}]}


# Event type, good change, bad change, pointer inside the event, code, part of the message.
CASES: dict[str, Case] = {
    "sensor element without report": (
        "ObjectEvent", sensor(), {"sensorElementList": [{"sensorReport": []}]},
        "/sensorElementList/0/sensorReport", "EPCIS_EMPTY", "sensorReport is empty"),
    "unknown measurement": (
        "ObjectEvent", sensor(type="gs1:Mass"), sensor(type="Luck"),
        "/sensorElementList/0/sensorReport/0/type", "EPCIS_VOCABULARY",
        "sensor report type is unknown"),
    "unknown sensor exception": (
        "ObjectEvent", sensor(exception="ALARM_CONDITION"), sensor(exception="PANIC"),
        "/sensorElementList/0/sensorReport/0/exception", "EPCIS_VOCABULARY",
        "sensor exception is unknown"),
    "unknown component": (
        "ObjectEvent", sensor(component="cbv:Comp-x"), sensor(component="w"),
        "/sensorElementList/0/sensorReport/0/component", "EPCIS_VOCABULARY",
        "component is unknown"),
    "half a byte": (
        "ObjectEvent", sensor(hexBinaryValue="F0F0"), sensor(hexBinaryValue="F0F"),
        "/sensorElementList/0/sensorReport/0/hexBinaryValue", "EPCIS_VALUE",
        "pairs of hexadecimal digits"),
    "name of GS1's in a sensor report": (
        "ObjectEvent", sensor(**{"example:x": 1}), sensor(**{"epcis:value": 1}),
        "/sensorElementList/0/sensorReport/0/epcis:value", "EPCIS_NAME_RESERVED", "is GS1's own"),
    "name of GS1's in sensor metadata": (
        "ObjectEvent",
        {"sensorElementList": [{"sensorMetadata": {"example:x": 1}, "sensorReport": [REPORT]}]},
        {"sensorElementList": [{"sensorMetadata": {"cbv:x": 1}, "sensorReport": [REPORT]}]},
        "/sensorElementList/0/sensorMetadata/cbv:x", "EPCIS_NAME_RESERVED", "is GS1's own"),
    "certification that is no URI": (
        "ObjectEvent", {"certificationInfo": ["urn:x:y"]}, {"certificationInfo": ["y"]},
        "/certificationInfo/0", "EPCIS_URI", "element 0 of certificationInfo"),
    "sensor period that ends before it begins": (
        "ObjectEvent",
        period("2026-01-02T01:00:00+01:00", "2026-01-02T00:00:00Z"),
        period("2026-01-02T01:00:01+01:00", "2026-01-02T00:00:00Z"),
        "/sensorElementList/0/sensorMetadata/endTime", "EPCIS_TIME_ORDER",
        "endTime lies before startTime: expected a time from '2026-01-02T01:00:01+01:00' on"),
    "rank of a percentile without its value": (
        "ObjectEvent", sensor(percRank=50, percValue=12.7), sensor(percRank=50),
        "/sensorElementList/0/sensorReport/0/percValue", "EPCIS_SENSOR",
        "percRank stands alone: expected percValue beside it, got none"),
    "value of a percentile without its rank": (
        "ObjectEvent", sensor(percRank=50, percValue=12.7), sensor(percValue=12.7),
        "/sensorElementList/0/sensorReport/0/percRank", "EPCIS_SENSOR", "percValue stands alone"),
    "component of no number": (
        "ObjectEvent",
        {"sensorElementList": [{"sensorReport": [{"type": "Mass", "component": "x", "value": 1}]}]},
        {"sensorElementList": [{"sensorReport": [{"type": "Mass", "component": "x"}]}]},
        "/sensorElementList/0/sensorReport/0/value", "EPCIS_SENSOR", "component stands alone"),
    "sensor time outside the calendar": (
        "ObjectEvent",
        sensor(time="0001-01-01T00:00:00Z"), sensor(time="0001-01-01T00:00:00+01:00"),
        "/sensorElementList/0/sensorReport/0/time", "EPCIS_TIME", "time is outside the calendar"),
    "record time outside the calendar": (
        "ObjectEvent", {"recordTime": "9999-12-31T23:59:58.9996Z"},
        {"recordTime": "9999-12-31T23:59:59.9996Z"},
        "/recordTime", "EPCIS_TIME", "recordTime is outside the calendar"),
    "declaration time outside the calendar": (
        "ObjectEvent", {"errorDeclaration": DECLARATION},
        {"errorDeclaration": {"declarationTime": "9999-12-31T23:59:59-01:00"}},
        "/errorDeclaration/declarationTime", "EPCIS_TIME", "declarationTime is outside"),
    "place that is a pallet": (
        "ObjectEvent", {"readPoint": {"id": PLACE}}, {"readPoint": {"id": CASE}},
        "/readPoint/id", "EPCIS_PLACE",
        "readPoint is no place: expected a GLN, an asset, geo: or a URI of your own, got "),
    "place that is an item": (
        "ObjectEvent", {"bizLocation": {"id": "urn:epc:id:giai:4012345.truck"}},
        {"bizLocation": {"id": "https://a.example/01/04012345778892/21/26"}},
        "/bizLocation/id", "EPCIS_PLACE", "bizLocation is no place"),
    "place off the globe": (
        "ObjectEvent", {"readPoint": {"id": "geo:-90,180.0;u=5"}},
        {"readPoint": {"id": "geo:-90.5,180.0;u=5"}},
        "/readPoint/id", "EPCIS_PLACE", "expected geo:latitude,longitude in degrees"),
    "coordinates in another system": (
        "ObjectEvent", {"readPoint": {"id": "geo:323482,4306480;crs=EPSG:32618"}},
        {"readPoint": {"id": "geo:323482,4306480;crs=wgs84"}},
        "/readPoint/id", "EPCIS_PLACE", "readPoint is no place"),
    "coordinates that are words": (
        "ObjectEvent", {"readPoint": {"id": "geo:42.698334,23.319941,-5.5"}},
        {"readPoint": {"id": "geo:here"}},
        "/readPoint/id", "EPCIS_PLACE", "got 'geo:here'"),
}  # fmt: skip
