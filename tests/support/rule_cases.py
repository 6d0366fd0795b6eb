"""Rules of events: for each a change that keeps it and one that breaks it.

Source: EPCIS 2.0, sections 7.3 and 7.4; CBV 2.0, sections 7 and 8.
"""

from typing import Any

from tests.support.epcis import ABSENT, CASE, ITEM, LOT, ORDER, PLACE

Case = tuple[str, dict[str, Any], dict[str, Any], str, str, str]

REPORT = {"type": "Temperature", "value": 26.0, "uom": "CEL"}
DECLARATION = {"declarationTime": "2026-02-01T00:00:00Z", "reason": "incorrect_data"}
LGTIN = "https://id.gs1.org/01/04012345123456/10/998877"


def sensor(**changes: Any) -> dict[str, Any]:
    """Return the change to an event that adds one sensor element."""
    return {"sensorElementList": [{"sensorReport": [{**REPORT, **changes}]}]}


def quantity(**members: Any) -> dict[str, Any]:
    """Return the change to an ObjectEvent that adds one quantity."""
    return {"quantityList": [{"epcClass": LOT, **members}]}


# Event type, good change, bad change, pointer inside the event, code, part of the message.
CASES: dict[str, Case] = {
    "action missing": (
        "ObjectEvent", {"action": "ADD"}, {"action": ABSENT},
        "/action", "EPCIS_MEMBER_MISSING", "action is missing: expected it, got none"),
    "action of another standard": (
        "ObjectEvent", {"action": "DELETE"}, {"action": "MOVE"},
        "/action", "EPCIS_ACTION",
        "action has the wrong form: expected ADD, OBSERVE or DELETE, got 'MOVE'"),
    "action in small letters": (
        "ObjectEvent", {"action": "ADD"}, {"action": "add"},
        "/action", "EPCIS_ACTION", "got 'add'"),
    "action of a transformation": (
        "TransformationEvent", {}, {"action": "ADD"},
        "/action", "EPCIS_MEMBER_UNKNOWN", "member is unknown here"),
    "event time missing": (
        "ObjectEvent", {}, {"eventTime": ABSENT},
        "/eventTime", "EPCIS_MEMBER_MISSING", "eventTime is missing"),
    "event time without zone": (
        "ObjectEvent", {"eventTime": "2026-01-02T03:04:05Z"}, {"eventTime": "2026-01-02T03:04:05"},
        "/eventTime", "EPCIS_TIME_ZONE",
        "eventTime has no time zone: expected date, T, time and zone"),
    "event time without zone, with fraction": (
        "ObjectEvent", {"eventTime": "2026-01-02T03:04:05.6789Z"},
        {"eventTime": "2026-01-02T03:04:05.6789"},
        "/eventTime", "EPCIS_TIME_ZONE", "has no time zone"),
    "event time on a day that is none": (
        "ObjectEvent", {"eventTime": "2024-02-29T03:04:05Z"}, {"eventTime": "2026-02-29T03:04:05Z"},
        "/eventTime", "EPCIS_TIME", "eventTime has the wrong form"),
    "event time in small letters": (
        "ObjectEvent", {"eventTime": "2026-01-02T03:04:05Z"}, {"eventTime": "2026-01-02t03:04:05z"},
        "/eventTime", "EPCIS_TIME", "eventTime has the wrong form"),
    "event time in a leap second": (
        "ObjectEvent", {"eventTime": "2016-12-31T23:59:59Z"}, {"eventTime": "2016-12-31T23:59:60Z"},
        "/eventTime", "EPCIS_TIME", "got '2016-12-31T23:59:60Z'"),
    "event time before the calendar": (
        "ObjectEvent", {"eventTime": "0001-01-01T00:00:00-14:00"},
        {"eventTime": "0001-01-01T00:00:00+14:00"},
        "/eventTime", "EPCIS_TIME", "eventTime is outside the calendar"),
    "event time that is a number": (
        "ObjectEvent", {}, {"eventTime": 1767294245},
        "/eventTime", "EPCIS_JSON_TYPE",
        "eventTime has the wrong JSON type: expected text, got 1767294245"),
    "offset missing": (
        "ObjectEvent", {}, {"eventTimeZoneOffset": ABSENT},
        "/eventTimeZoneOffset", "EPCIS_MEMBER_MISSING", "eventTimeZoneOffset is missing"),
    "offset beyond 14 hours": (
        "ObjectEvent", {"eventTimeZoneOffset": "+14:00"}, {"eventTimeZoneOffset": "+14:01"},
        "/eventTimeZoneOffset", "EPCIS_TIME_ZONE", "an offset such as"),
    "offset that is Z": (
        "ObjectEvent", {"eventTimeZoneOffset": "+00:00"}, {"eventTimeZoneOffset": "Z"},
        "/eventTimeZoneOffset", "EPCIS_TIME_ZONE", "got 'Z'"),
    "record time without zone": (
        "ObjectEvent", {"recordTime": "2026-01-02T03:04:05Z"},
        {"recordTime": "2026-01-02T03:04:05"},
        "/recordTime", "EPCIS_TIME_ZONE", "recordTime has no time zone"),
    "unknown member": (
        "ObjectEvent", {"example__colour": "red"}, {"colour": "red"},
        "/colour", "EPCIS_MEMBER_UNKNOWN", "an extension such as prefix:name, got 'colour'"),
    "member of another event type": (
        "ObjectEvent", {}, {"childEPCs": [ITEM]},
        "/childEPCs", "EPCIS_MEMBER_UNKNOWN", "got 'childEPCs'"),
    "extension name that is no URI": (
        "ObjectEvent", {"example__my_field": 1}, {"example__my field": 1},
        "/example:my field", "EPCIS_MEMBER_UNKNOWN", "got 'example:my field'"),
    "extension name of GS1's": (
        "ObjectEvent", {"example__bizStep": 1}, {"epcis__bizStep": 1},
        "/epcis:bizStep", "EPCIS_NAME_RESERVED",
        "extension name 'epcis:bizStep' is GS1's own: expected a name in a vocabulary of your own"),
    "extension name of GS1's in full": (
        "ObjectEvent", {"https://ref.example.org/epcis/x": 1}, {"https://ref.gs1.org/epcis/x": 1},
        "/https:~1~1ref.gs1.org~1epcis~1x", "EPCIS_NAME_RESERVED", "is GS1's own"),
    "extension name of GS1's through a prefix": (
        "ObjectEvent", {"context": {"e": "https://ref.gs1.org/epcis/"}, "f__bizStep": 1},
        {"context": {"e": "https://ref.gs1.org/epcis/"}, "e__bizStep": 1},
        "/e:bizStep", "EPCIS_NAME_RESERVED", "got 'https://ref.gs1.org/epcis/bizStep'"),
    "extension name of GS1's through two prefixes": (
        "ObjectEvent", {"context": {"g": "HTTP://ref.gs1.org/", "e": "g:voc2/"}, "e__bizStep": 1},
        {"context": {"g": "HTTP://REF.gs1.org/", "e": "g:epcis/"}, "e__bizStep": 1},
        "/e:bizStep", "EPCIS_NAME_RESERVED", "is GS1's own"),
    "extension twice under two names": (
        "ObjectEvent", {"example__a": 1, "https://example.org/vocabulary/b": 1},
        {"example__a": 1, "https://example.org/vocabulary/a": 1},
        "/https:~1~1example.org~1vocabulary~1a", "EPCIS_NAME_TWICE",
        "stands twice under two names"),
    "event ID that is no URI": (
        "ObjectEvent", {"eventID": "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
        {"eventID": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
        "/eventID", "EPCIS_URI", "eventID has the wrong form: expected an absolute URI"),
    "object event about nothing": (
        "ObjectEvent", {"epcList": ABSENT, **quantity(quantity=1)}, {"epcList": ABSENT},
        "/epcList", "EPCIS_OBJECTS_MISSING", "expected epcList or quantityList with an element"),
    "object event with two empty lists": (
        "ObjectEvent", {"epcList": [], **quantity(quantity=1)}, {"epcList": [], "quantityList": []},
        "/epcList", "EPCIS_OBJECTS_MISSING", "event is about nothing"),
    "sensor data of nowhere": (
        "ObjectEvent", {"epcList": [], **sensor()},
        {"epcList": [], **sensor(), "readPoint": ABSENT},
        "/epcList", "EPCIS_OBJECTS_MISSING", "or sensorElementList with readPoint"),
    "a thing twice": (
        "ObjectEvent", {"epcList": [ITEM, ITEM + "1"]}, {"epcList": [ITEM, ITEM]},
        "/epcList/1", "EPCIS_DUPLICATE", "epcList names a thing twice"),
    "a thing twice in two forms": (
        "AggregationEvent", {"childEPCs": [ITEM, "https://a.example/01/04012345778892/21/26"]},
        {"childEPCs": [ITEM, "https://a.example/01/04012345778892/21/25"]},
        "/childEPCs/1", "EPCIS_DUPLICATE", "childEPCs names a thing twice"),
    "a thing that is no URI": (
        "ObjectEvent", {"epcList": [ITEM, "urn:x:y"]}, {"epcList": [ITEM, "drum 7"]},
        "/epcList/1", "EPCIS_URI",
        "element 1 of epcList has the wrong form: expected an absolute URI"),
    "a thing that is a number": (
        "ObjectEvent", {"epcList": [ITEM, "urn:x:7"]}, {"epcList": [ITEM, 7]},
        "/epcList/1", "EPCIS_JSON_TYPE", "expected text, got 7"),
    "a list that is text": (
        "ObjectEvent", {"epcList": [ITEM]}, {"epcList": ITEM},
        "/epcList", "EPCIS_JSON_TYPE", "expected an array"),
    "wrong check digit": (
        "ObjectEvent", {"epcList": ["https://id.gs1.org/01/04012345778892/21/1"]},
        {"epcList": ["https://id.gs1.org/01/04012345778894/21/1"]},
        "/epcList/0", "CODE_CHECK_DIGIT", "expected 2, got 4"),
    "wrong check digit beside good codes": (
        "ObjectEvent", {"epcList": [ITEM, "https://x.example/00/140123452345678902"]},
        {"epcList": [ITEM, "https://x.example/00/140123452345678903"]},
        "/epcList/1", "CODE_CHECK_DIGIT", "expected 2, got 3"),
    "wrong check digit of a class": (
        "ObjectEvent", {"quantityList": [{"epcClass": LGTIN}]},
        {"quantityList": [{"epcClass": LGTIN.replace("56/10", "57/10")}]},
        "/quantityList/0/epcClass", "CODE_CHECK_DIGIT", "expected 6, got 7"),
    "wrong check digit of a place": (
        "ObjectEvent", {"readPoint": {"id": "https://id.gs1.org/414/4012345000054"}},
        {"readPoint": {"id": "https://id.gs1.org/414/4012345000055"}},
        "/readPoint/id", "CODE_CHECK_DIGIT", "expected 4, got 5"),
    "EPC of the wrong length": (
        "ObjectEvent", {"epcList": [ITEM]}, {"epcList": ["urn:epc:id:sgtin:4012345.77889.25"]},
        "/epcList/0", "CODE_LENGTH", "expected 13"),
    "a lot among single things": (
        "ObjectEvent", {"epcList": [ITEM]}, {"epcList": [ITEM, LGTIN]},
        "/epcList/1", "EPCIS_CODE_LEVEL", "expected a single thing with its serial"),
    "a lot as container": (
        "AggregationEvent", {"parentID": CASE}, {"parentID": LOT},
        "/parentID", "EPCIS_CODE_LEVEL", "expected a single thing with its serial"),
    "a single thing as class": (
        "ObjectEvent", {"quantityList": [{"epcClass": LOT, "quantity": 1}]},
        {"quantityList": [{"epcClass": ITEM, "quantity": 1}]},
        "/quantityList/0/epcClass", "EPCIS_CODE_LEVEL", "expected a class or lot"),
    "no quantity beside a unit": (
        "ObjectEvent", quantity(), quantity(uom="KGM"),
        "/quantityList/0/quantity", "EPCIS_QUANTITY", "expected it beside uom"),
    "quantity below zero": (
        "ObjectEvent", quantity(quantity=0.5, uom="KGM"), quantity(quantity=-0.5, uom="KGM"),
        "/quantityList/0/quantity", "EPCIS_QUANTITY",
        "quantity is not positive: expected a number above 0, got -0.5"),
    "quantity of zero": (
        "ObjectEvent", quantity(quantity=1), quantity(quantity=0),
        "/quantityList/0/quantity", "EPCIS_QUANTITY", "got 0"),
    "half an instance": (
        "ObjectEvent", quantity(quantity=2.5, uom="KGM"), quantity(quantity=2.5),
        "/quantityList/0/quantity", "EPCIS_QUANTITY",
        "expected a whole number, or a uom beside it, got 2.5"),
    "quantity in words": (
        "ObjectEvent", quantity(quantity=2), quantity(quantity="2"),
        "/quantityList/0/quantity", "EPCIS_JSON_TYPE", "expected a number, got '2'"),
    "quantity that is true": (
        "ObjectEvent", quantity(quantity=2), quantity(quantity=True),
        "/quantityList/0/quantity", "EPCIS_JSON_TYPE", "got true"),
    "unit in words": (
        "ObjectEvent", quantity(quantity=2, uom="MTR"), quantity(quantity=2, uom="metre"),
        "/quantityList/0/uom", "EPCIS_UNIT", "Recommendation 20, got 'metre'"),
    "quantity without class": (
        "ObjectEvent", quantity(quantity=2), {"quantityList": [{"quantity": 2}]},
        "/quantityList/0/epcClass", "EPCIS_MEMBER_MISSING", "epcClass is missing"),
    "extension in a quantity": (
        "ObjectEvent", quantity(), quantity(**{"example:x": 1}),
        "/quantityList/0/example:x", "EPCIS_MEMBER_UNKNOWN", "got 'example:x'"),
    "lot data with OBSERVE": (
        "ObjectEvent", {"action": "ADD", "ilmd": {"example:a": 1}},
        {"action": "OBSERVE", "ilmd": {"example:a": 1}},
        "/ilmd", "EPCIS_ILMD",
        "ilmd has no place in this event: expected it only with action ADD, got OBSERVE"),
    "lot data with DELETE": (
        "ObjectEvent", {"action": "ADD", "ilmd": {}}, {"action": "DELETE", "ilmd": {}},
        "/ilmd", "EPCIS_ILMD", "got DELETE"),
    "lot data in an aggregation": (
        "AggregationEvent", {}, {"ilmd": {"example:a": 1}},
        "/ilmd", "EPCIS_ILMD", "only in an ObjectEvent with action ADD or a TransformationEvent"),
    "lot data without prefix": (
        "TransformationEvent", {"ilmd": {"cbvmda:lotNumber": "7"}}, {"ilmd": {"lotNumber": "7"}},
        "/ilmd/lotNumber", "EPCIS_MEMBER_UNKNOWN", "got 'lotNumber'"),
    "lot data with a name of events": (
        "TransformationEvent", {"ilmd": {"gs1:grossWeight": 7}}, {"ilmd": {"epcis:action": 7}},
        "/ilmd/epcis:action", "EPCIS_NAME_RESERVED", "is GS1's own"),
    "master data outside ilmd": (
        "TransformationEvent", {"ilmd": {"cbvmda:lotNumber": "7"}}, {"cbvmda__lotNumber": "7"},
        "/cbvmda:lotNumber", "EPCIS_NAME_RESERVED", "got 'urn:epcglobal:cbv:mda:lotNumber'"),
    "aggregation without parent and with ADD": (
        "AggregationEvent", {"parentID": ABSENT, "action": "OBSERVE"},
        {"parentID": ABSENT, "action": "ADD"},
        "/parentID", "EPCIS_PARENT_MISSING",
        "expected it with every action but OBSERVE, got none with ADD"),
    "aggregation without parent and with DELETE": (
        "AggregationEvent", {"action": "DELETE"}, {"parentID": ABSENT, "action": "DELETE"},
        "/parentID", "EPCIS_PARENT_MISSING", "got none with DELETE"),
    "aggregation without children": (
        "AggregationEvent", {"childEPCs": ABSENT, "action": "DELETE"}, {"childEPCs": ABSENT},
        "/childEPCs", "EPCIS_OBJECTS_MISSING",
        "expected childEPCs or childQuantityList with an element"),
    "association without parent": (
        "AssociationEvent", {}, {"parentID": ABSENT},
        "/parentID", "EPCIS_MEMBER_MISSING", "parentID is missing"),
    "association without children": (
        "AssociationEvent", {"childEPCs": ABSENT, "action": "DELETE"}, {"childEPCs": []},
        "/childEPCs", "EPCIS_OBJECTS_MISSING", "event is about nothing"),
    "transaction without transactions": (
        "TransactionEvent", {}, {"bizTransactionList": []},
        "/bizTransactionList", "EPCIS_EMPTY",
        "bizTransactionList is empty: expected at least one element"),
    "transaction about nothing": (
        "TransactionEvent", {"epcList": ABSENT, "action": "DELETE"}, {"epcList": ABSENT},
        "/epcList", "EPCIS_OBJECTS_MISSING", "event is about nothing"),
    "transformation without inputs": (
        "TransformationEvent", {"inputQuantityList": ABSENT, "transformationID": "urn:x:1"},
        {"inputQuantityList": ABSENT},
        "/inputEPCList", "EPCIS_OBJECTS_MISSING", "expected inputEPCList or inputQuantityList"),
    "transformation without outputs": (
        "TransformationEvent", {"outputEPCList": ABSENT, "transformationID": "urn:x:1"},
        {"outputEPCList": []},
        "/outputEPCList", "EPCIS_OBJECTS_MISSING", "expected outputEPCList or outputQuantityList"),
    "transformation about nothing": (
        "TransformationEvent", {"outputEPCList": ABSENT, "transformationID": "urn:x:1"},
        {"inputQuantityList": ABSENT, "outputEPCList": ABSENT, "transformationID": "urn:x:1"},
        "/inputEPCList", "EPCIS_OBJECTS_MISSING", "event is about nothing"),
    "unknown business step": (
        "ObjectEvent", {"bizStep": "https://example.org/steps/dancing"}, {"bizStep": "dancing"},
        "/bizStep", "EPCIS_VOCABULARY",
        "bizStep is unknown: expected a word of the CBV or a URI of your own"),
    "business step that GS1 does not have": (
        "ObjectEvent", {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"},
        {"bizStep": "https://ref.gs1.org/cbv/BizStep-dancing"},
        "/bizStep", "EPCIS_VOCABULARY", "bizStep is unknown"),
    "business step that is a disposition": (
        "ObjectEvent", {"bizStep": "receiving"}, {"bizStep": "in_transit"},
        "/bizStep", "EPCIS_VOCABULARY", "got 'in_transit'"),
    "unknown disposition": (
        "ObjectEvent", {"disposition": "in_transit"}, {"disposition": "lost"},
        "/disposition", "EPCIS_VOCABULARY", "disposition is unknown"),
    "disposition that is a number": (
        "ObjectEvent", {"disposition": "active"}, {"disposition": 1},
        "/disposition", "EPCIS_JSON_TYPE", "expected text, got 1"),
    "unknown transaction type": (
        "TransactionEvent", {"bizTransactionList": [{"type": "inv", "bizTransaction": ORDER}]},
        {"bizTransactionList": [{"type": "bill", "bizTransaction": ORDER}]},
        "/bizTransactionList/0/type", "EPCIS_VOCABULARY", "bizTransaction type is unknown"),
    "source without type": (
        "ObjectEvent", {"sourceList": [{"type": "location", "source": PLACE}]},
        {"sourceList": [{"source": PLACE}]},
        "/sourceList/0/type", "EPCIS_MEMBER_MISSING", "type is missing"),
    "unknown destination type": (
        "ObjectEvent", {"destinationList": [{"type": "owning_party", "destination": PLACE}]},
        {"destinationList": [{"type": "owner", "destination": PLACE}]},
        "/destinationList/0/type", "EPCIS_VOCABULARY", "source or destination type is unknown"),
    "read point as text": (
        "ObjectEvent", {"readPoint": {"id": PLACE}}, {"readPoint": PLACE},
        "/readPoint", "EPCIS_JSON_TYPE", "readPoint has the wrong JSON type: expected an object"),
    "place without id": (
        "ObjectEvent", {"bizLocation": {"id": PLACE, "example:x": 1}}, {"bizLocation": {}},
        "/bizLocation/id", "EPCIS_MEMBER_MISSING", "id is missing"),
    "unknown member of a place": (
        "ObjectEvent", {"bizLocation": {"id": PLACE, "example:x": 1}},
        {"bizLocation": {"id": PLACE, "x": 1}},
        "/bizLocation/x", "EPCIS_MEMBER_UNKNOWN", "got 'x'"),
    "error declared at no time": (
        "ObjectEvent", {"errorDeclaration": DECLARATION},
        {"errorDeclaration": {"reason": "incorrect_data"}},
        "/errorDeclaration/declarationTime", "EPCIS_MEMBER_MISSING", "declarationTime is missing"),
    "unknown error reason": (
        "ObjectEvent", {"errorDeclaration": DECLARATION},
        {"errorDeclaration": {**DECLARATION, "reason": "typo"}},
        "/errorDeclaration/reason", "EPCIS_VOCABULARY", "error reason is unknown"),
    "corrective event that is no URI": (
        "ObjectEvent", {"errorDeclaration": {**DECLARATION, "correctiveEventIDs": ["urn:x:y"]}},
        {"errorDeclaration": {**DECLARATION, "correctiveEventIDs": ["urn:x:y", "y"]}},
        "/errorDeclaration/correctiveEventIDs/1", "EPCIS_URI", "element 1 of correctiveEventIDs"),
    "persistent disposition without word": (
        "ObjectEvent", {"persistentDisposition": {"set": ["recalled"]}},
        {"persistentDisposition": {}},
        "/persistentDisposition", "EPCIS_EMPTY", "persistentDisposition is empty"),
    "unknown persistent disposition": (
        "ObjectEvent", {"persistentDisposition": {"unset": ["recalled"]}},
        {"persistentDisposition": {"unset": ["cursed"]}},
        "/persistentDisposition/unset/0", "EPCIS_VOCABULARY", "disposition is unknown"),
    "persistent disposition twice in two forms": (
        "ObjectEvent", {"persistentDisposition": {"set": ["recalled", "cbv:Disp-stolen"]}},
        {"persistentDisposition": {"set": ["recalled", "cbv:Disp-recalled"]}},
        "/persistentDisposition/set/1", "EPCIS_DUPLICATE", "disposition stands twice"),
    "persistent disposition of a transaction": (
        "TransactionEvent", {}, {"persistentDisposition": {"set": ["recalled"]}},
        "/persistentDisposition", "EPCIS_MEMBER_UNKNOWN", "member is unknown here"),
    "eventID that no index holds": (
        "ObjectEvent", {"eventID": "urn:x:" + "a" * 1994}, {"eventID": "urn:x:" + "a" * 1995},
        "/eventID", "EPCIS_TOO_LARGE", "eventID is too long: expected at most 2000 characters"),
    "word that no index holds": (
        "ObjectEvent", {"bizStep": "urn:x:" + "a" * 1994}, {"bizStep": "urn:x:" + "a" * 1995},
        "/bizStep", "EPCIS_TOO_LARGE", "bizStep is too long: expected at most 2000 characters"),
}  # fmt: skip
