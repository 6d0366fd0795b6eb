"""Records and what is committed of them; disclosures that break a rule of their fields."""

from __future__ import annotations

from typing import Any

from tests.support.vectors.plain import b64u, h, jcs, leaf, mth, seeded

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
           {"example": "https://ns.example.com/epcis/"}]  # fmt: skip
HEADER = {
    "type": "ObjectEvent",
    "action": "ADD",
    "eventTime": "2026-01-02T03:04:05.000+08:00",
    "eventTimeZoneOffset": "+08:00",
    "bizStep": "commissioning",
    "disposition": "active",
}
EVENT: dict[str, Any] = {
    "@context": CONTEXT,
    **HEADER,
    "recordTime": "2026-01-02T03:05:00Z",
    "epcList": [f"https://id.gs1.org/01/09521234567899/21/{n}" for n in range(12)],
    "quantityList": [],
    "readPoint": {"id": "urn:epc:id:sgln:952123.456789.0"},
    "ilmd": {"lotNumber": "L-1", "example:grade": {"of": ["A", 1]}},
    "example:note": {"zh": "铜", "en": "copper"},
    "example:codes": ["x", None, True],
    "example:whole": 7,
    "example:nothing": {},
    "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 26}]}],
}
DECLARED = {**EVENT, "errorDeclaration": {"declarationTime": "2026-01-03T00:00:00Z"}}
BARE = {
    "@context": [],
    "type": "TransformationEvent",
    "eventTime": "x",
    "eventTimeZoneOffset": "y",
}
CARD = {
    "name": {"zh": "铜厂"},
    "gln": "9521234000016",
    "contacts": ["a@example.com"],
    "address": {},
}
DOCUMENT = {"content": "YWJj", "pages": [1, 2], "ilmd": {"a": 1}}
MEDIA_TYPE = "application/json"
LABEL = {"event": 1, "item": 2, "participant": 3, "document": 4}
URI = "https://id.gs1.org/01/09521234567899/10/L-1/21/"


def split(kind: str, payload: dict[str, Any], media_type: str | None) -> list[tuple[Any, Any]]:
    """Return paths and values, header first, by the words of docs/formats.md."""
    names = HEADER if kind == "event" else ()
    header = {"kind": kind, **{name: payload[name] for name in names if name in payload}}
    if media_type is not None:
        header["media_type"] = media_type
    if kind == "event" and "errorDeclaration" in payload:
        header["declared_error"] = True
    fields: list[tuple[Any, Any]] = []
    for name, value in payload.items():
        if name in names or name == "recordTime":
            continue
        if isinstance(value, list) and value and name != "@context":
            fields += [([name, index], part) for index, part in enumerate(value)]
        elif isinstance(value, dict) and value and (name == "ilmd" or ":" in name):
            fields += [([name, member], part) for member, part in value.items()]
        else:
            fields.append(([name], value))
    return [([], header), *sorted(fields, key=lambda field: jcs(field[0]))]


def salt(secret: bytes, path: Any) -> bytes:
    return h(b"itemproof/salt/1".ljust(32, b"\0") + secret + jcs(path))[:16]


def record_leaf(kind: str, count: int, root: bytes) -> bytes:
    return b"itemproof/rec/1\n" + bytes((LABEL[kind], 0)) + count.to_bytes(4, "big") + root


def _committed(kind: str, fields: list[list[Any]]) -> dict[str, Any]:
    root = mth([leaf(jcs(field)) for field in fields])
    data = record_leaf(kind, len(fields), root)
    return {
        "fields": fields,
        "field_count": len(fields),
        "field_root": root.hex(),
        "leaf_data": data.hex(),
        "leaf_hash": leaf(data).hex(),
    }


def fields_of(
    kind: str, payload: dict[str, Any], media_type: str | None = None, *, name: str = "record"
) -> list[list[Any]]:
    """Return the salted fields of a record as they are disclosed."""
    secret = seeded(f"secret of {name}")
    parts = split(kind, payload, media_type)
    return [[path, b64u(salt(secret, path)), value] for path, value in parts]


def content() -> dict[str, Any]:
    return {
        "source": "docs/formats.md, sections 'field' and 'record'",
        "records": [
            _record("an event", "event", EVENT),
            _record("an event with an error declaration", "event", DECLARED),
            _record("the smallest event", "event", BARE),
            _record("a participant's card", "participant", CARD),
            _record("an empty card", "participant", {}),
            _record("a document", "document", DOCUMENT, MEDIA_TYPE),
        ],
        "items": [_item(serial) for serial in ("0000000000000001", "ZZZZ", "A%2FB")],
        "not_committed": _not_committed(),
        "complete": [*_good_complete(), *_bad_headers(), *_bad_paths(), *_bad_wholes()],
        "partial": _partial(),
    }


def _record(
    name: str, kind: str, payload: dict[str, Any], media_type: str | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "payload": payload,
        "media_type": media_type,
        "secret": seeded(f"secret of {name}").hex(),
        **_committed(kind, fields_of(kind, payload, media_type, name=name)),
    }


def _item(serial: str) -> dict[str, Any]:
    field = [[], b64u(seeded(f"salt of {serial}", 16)), {"kind": "item", "id": URI + serial}]
    return {"prefix": URI, "serial": serial, **_committed("item", [field])}


def _not_committed() -> list[dict[str, Any]]:
    """Return records whose fields could contradict the header, or do not fill it."""
    long = {**BARE, "epcList": ["x"] * 65_536}
    cases = [
        ("an event without context", "event", {**EVENT, "@context": CONTEXT[0]}),
        ("an event with a member kind", "event", {**EVENT, "kind": "event"}),
        ("an event with a member declared_error", "event", {**EVENT, "declared_error": False}),
        ("an event without type", "event", _without(EVENT, "type")),
        ("an event without eventTime", "event", _without(EVENT, "eventTime")),
        ("an event without offset", "event", _without(EVENT, "eventTimeZoneOffset")),
        ("an event of no type", "event", {**EVENT, "type": "QuantityEvent"}),
        ("an event whose bizStep is no text", "event", {**EVENT, "bizStep": None}),
        ("a card with a member kind", "participant", {**CARD, "kind": "x"}),
        ("a card with a member recordTime", "participant", {**CARD, "recordTime": "x"}),
        ("a document with a member media_type", "document", {**DOCUMENT, "media_type": "x"}),
        ("a document with a member kind", "document", {**DOCUMENT, "kind": "x"}),
    ]
    found = [{"name": name, "kind": kind, "payload": payload} for name, kind, payload in cases]
    return [*found, {"name": "65,537 fields", "kind": "event", "payload": _short(long)}]


def _short(event: dict[str, Any]) -> dict[str, Any]:
    """Write a long list as its length, to keep the file small: `repeat` elements of `x`."""
    return {**event, "epcList": {"repeat": len(event["epcList"])}}


def _without(payload: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key != name}


def _case(name: str, kind: str, fields: list[list[Any]], *, ok: bool = False) -> dict[str, Any]:
    return {"name": name, "kind": kind, "fields": fields, "ok": ok}


def _good_complete() -> list[dict[str, Any]]:
    return [
        _case("a complete event", "event", fields_of("event", EVENT), ok=True),
        _case("an event with its declaration", "event", fields_of("event", DECLARED), ok=True),
        _case("the smallest event", "event", fields_of("event", BARE), ok=True),
        _case("a complete card", "participant", fields_of("participant", CARD), ok=True),
        _case("a document", "document", fields_of("document", DOCUMENT, MEDIA_TYPE), ok=True),
        _case("an item", "item", _item_fields(), ok=True),
    ]


def _item_fields(**members: Any) -> list[list[Any]]:
    return [[[], b64u(bytes(16)), {"kind": "item", "id": URI + "1", **members}]]


def _bad_headers() -> list[dict[str, Any]]:
    def event(**members: Any) -> list[list[Any]]:
        fields = fields_of("event", EVENT)
        fields[0][2] = {
            key: value for key, value in {**fields[0][2], **members}.items() if value is not None
        }
        return fields

    document = fields_of("document", DOCUMENT, MEDIA_TYPE)
    return [
        _case("a header member outside the list", "event", event(epcList="x")),
        _case("a header with recordTime", "event", event(recordTime="x")),
        _case("a header without type", "event", event(type=None)),
        _case("a header without eventTime", "event", event(eventTime=None)),
        _case("a header without its time zone", "event", event(eventTimeZoneOffset=None)),
        _case("a header without kind", "event", event(kind=None)),
        _case("a header of another kind", "event", event(kind="document")),
        _case("a header whose action is no text", "event", event(action=1)),
        _case("a header whose type is no EPCIS type", "event", event(type="Event")),
        _case("declared_error that is not true", "event", event(declared_error=False)),
        _case("a declared error without declaration", "event", event(declared_error=True)),
        _case("a declaration that the header hides", "event",
              _with(fields_of("event", EVENT), ["errorDeclaration"], {"x": 1})),
        _case("a header that is no object", "event", [[[], b64u(bytes(16)), "event"]]),
        _case("an item of two fields", "item",
              [*_item_fields(), [["lot"], b64u(bytes(16)), "L-1"]]),
        _case("an item with another member", "item", _item_fields(lot="L-1")),
        _case("an item whose id is no text", "item", _item_fields(id=5)),
        _case("a participant with a name in its header", "participant",
              [[[], b64u(bytes(16)), {"kind": "participant", "name": "x"}]]),
        _case("a document without media type", "document",
              [[[], b64u(bytes(16)), {"kind": "document"}], *document[1:]]),
        _case("fields without their header", "event", fields_of("event", EVENT)[1:]),
    ]  # fmt: skip


def _with(
    fields: list[list[Any]], path: list[Any], value: Any, *, sort: bool = True
) -> list[list[Any]]:
    """Return the fields with one more, at its place."""
    more = [*fields, [path, b64u(bytes(16)), value]]
    return [more[0], *sorted(more[1:], key=lambda field: jcs(field[0]))] if sort else more


def _bad_paths() -> list[dict[str, Any]]:
    event, card = fields_of("event", EVENT), fields_of("participant", CARD)
    document = fields_of("document", DOCUMENT, MEDIA_TYPE)
    named = [
        _case(f"a path that names {name}", "event", _with(event, [name], "x"))
        for name in (*HEADER, "kind", "declared_error", "recordTime")
    ]
    named += [
        _case(f"a path below {name}", "event", _with(event, [name, 0], "x"))
        for name in ("bizStep", "recordTime")
    ]
    number = next(at for at, field in enumerate(event) if field[0] == ["epcList", 5])
    swapped = [*event]
    swapped[1], swapped[2] = swapped[2], swapped[1]
    return [
        *named,
        _case("a card's path that names kind", "participant", _with(card, ["kind"], "x")),
        _case("a document's path that names media_type", "document",
              _with(document, ["media_type"], "x")),
        _case("a second header", "event", _with(event, [], {"kind": "event"})),
        _case("a path of three", "event", _with(event, ["ilmd", "a", "b"], "x")),
        _case("a path that begins with a number", "event", _with(event, [0], "x")),
        _case("a negative index", "event", _with(event, ["sensorElementList", -1], "x")),
        _case("an index that is no whole number", "event", _with(event, ["epcList", 0.5], "x")),
        _case("an index that is true", "event", _with(event, ["epcList", True], "x")),
        _case("a member of a plain object", "event", _with(event, ["bizLocation", "id"], "x")),
        _case("an element of @context", "event", _with(event, ["@context", 0], "x")),
        _case("a gap in the elements", "event", event[:number] + event[number + 1:]),
        _case("elements that do not begin at zero", "event",
              [field for field in event if field[0] != ["epcList", 0]]),
        _case("a member by element and whole", "event", _with(event, ["epcList"], [])),
        _case("a member by element and by member", "event",
              _with(event, ["example:codes", "x"], 1)),
        _case("a member by member and whole", "event", _with(event, ["ilmd"], {})),
        _case("one path twice", "event", [*event[:2], *event[1:]]),
        _case("two fields exchanged", "event", swapped),
        _case("elements in the order of numbers", "event", _numeric(event)),
        _case("no @context", "event", [field for field in event if field[0] != ["@context"]]),
    ]  # fmt: skip


def _numeric(event: list[list[Any]]) -> list[list[Any]]:
    """Return the fields with epcList's elements ascending as numbers, not as bytes."""
    first = next(at for at, field in enumerate(event) if field[0][:1] == ["epcList"])
    codes = sorted((f for f in event if f[0][:1] == ["epcList"]), key=lambda field: field[0][1])
    return [*event[:first], *codes, *event[first + len(codes) :]]


def _bad_wholes() -> list[dict[str, Any]]:
    event = fields_of("event", EVENT)

    def replaced(name: str, value: Any) -> list[list[Any]]:
        return _with([field for field in event if field[0][:1] != [name]], [name], value)

    return [
        _case("a whole list that must be split", "event", replaced("epcList", ["x"])),
        _case("a whole ilmd that must be split", "event", replaced("ilmd", {"a": 1})),
        _case("a whole extension that must be split", "event",
              replaced("example:note", {"a": 1})),
        _case("an empty list is a value", "event", replaced("epcList", []), ok=True),
        _case("an empty ilmd is a value", "event", replaced("ilmd", {}), ok=True),
        _case("null is a value", "event", replaced("epcList", None), ok=True),
        _case("a plain object stays whole", "event", replaced("readPoint", {"a": {"b": 1}}),
              ok=True),
        _case("@context that is no array", "event", replaced("@context", "https://example.com")),
    ]  # fmt: skip


def _partial() -> list[dict[str, Any]]:
    event = fields_of("event", EVENT)

    def case(name: str, *paths: list[Any], ok: bool = False, **change: Any) -> dict[str, Any]:
        indexes = [at for at, field in enumerate(event) if field[0] in paths]
        shown = [[at, event[at]] for at in change.get("indexes", indexes)]
        shown += [[len(event), [path, b64u(bytes(16)), "x"]] for path in change.get("more", ())]
        return {"name": name, "kind": "event", "count": change.get("count", len(event) + 1),
                "shown": shown, "ok": ok}  # fmt: skip

    return [
        case("header alone", [], ok=True),
        case("one code", [], ["epcList", 10], ok=True),
        case("a plain object", [], ["readPoint"], ok=True),
        case("one element", [], more=[["zList", 70]], ok=True),
        case("a negative index", [], more=[["zList", -1]]),
        case("an index that is a fraction", [], more=[["zList", 0.5]]),
        case("an index that is true", [], more=[["zList", True]]),
        case("an index that is null", [], more=[["zList", None]]),
        case("an index beyond every record", [], more=[["zList", 65_536]]),
        case("a path that names the header's kind", [], more=[["kind"]]),
        case("an extension with its context", [], ["@context"], ["example:whole"], ok=True),
        case("an extension without its context", [], ["example:whole"]),
        case("part of an extension without its context", [], ["example:note", "zh"]),
        case("ilmd's extension without the context", [], ["ilmd", "example:grade"]),
        case("ilmd's plain member without the context", [], ["ilmd", "lotNumber"], ok=True),
        case("no header", ["epcList", 10]),
        case("leaves that do not ascend", indexes=[0, 3, 2]),
        case("a leaf twice", indexes=[0, 3, 3]),
        case("more leaves than a record may have", [], count=65_537),
    ]
