"""Steps 2 and 1: records that are not in the batch, fields that break the rules of disclosure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.support.cases import EPC, REMOVED, Case, World, edited, refused, shipping, signed, simple
from tests.support.cases_codes import codes
from tests.support.forge import Record, event, item, seeded
from traceability.hashing.commitment import Field, Path, RecordKind
from traceability.hashing.encoding import b64u_encode

HEADER: dict[str, Any] = {
    "kind": "event",
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "eventTime": "2026-01-05T08:00:00.000Z",
    "eventTimeZoneOffset": "+08:00",
    "bizStep": "shipping",
}
CONTEXT: tuple[Path, Any] = (("@context",), ["https://ref.gs1.org/standards/epcis/"])
PARTIAL = "/record/fields/partial"
Edited = tuple[str, str, list[tuple[str, Any]], int, str]
ONE_EPC: tuple[Path, Any] = (("epcList", 0), f"{EPC}S1")


def record() -> list[Case]:
    return [
        *_batch(),
        *_level_confusion(),
        *_partial_paths(),
        *_headers(),
        *_event_fields(),
        *_other_kinds(),
        *_partial_rules(),
        *codes(),
    ]


# Step 2.


def _batch() -> list[Case]:
    world, batch, bundle = simple()
    value: Any = bundle.to_json()
    path = value["record"]["path"]
    sibling: Any = world.proof(batch, 2).to_json()
    uri = "/record/fields/complete/0/2/id"
    made: list[tuple[str, str, list[tuple[str, Any]]]] = [
        ("record-index-other", "another index", [("/record/index", 2)]),
        ("record-index-outside", "an index that the batch does not have", [("/record/index", 5)]),
        ("record-path-cut", "the path cut", [("/record/path", path[:-1])]),
        ("record-interior-node", "an inner node's path",
         [("/record/path", path[1:]), ("/record/index", 0)]),
        ("record-path-long", "a hash too many", [("/record/path", [*path, path[0]])]),
        ("record-serial-changed", "another serial",
         [(uri, "https://id.gs1.org/01/09506000134352/10/L1/21/S9")]),
        ("record-lot-changed", "another lot",
         [(uri, "https://id.gs1.org/01/09506000134352/10/L2/21/S1")]),
        ("record-salt-changed", "another salt",
         [("/record/fields/complete/0/1", b64u_encode(bytes(16)))]),
        ("record-of-sibling", "the sibling's fields in this place",
         [("/record/fields", sibling["record"]["fields"])]),
        ("record-field-added", "a field that was not committed",
         [("/record/fields/complete/1", [["note"], b64u_encode(bytes(16)), "x"])]),
    ]  # fmt: skip
    cases = [
        refused(world, name, story, edited(bundle, *edits), step=2, reason="INCLUSION_PROOF")
        for name, story, edits in made
    ]
    cases.append(refused(world, "record-fields-none", "no field at all",
                          edited(bundle, ("/record/fields/complete", [])), step=4,
                          reason="HEADER_NOT_SHOWN"))  # fmt: skip
    return [*cases, *_kinds()]


def _kinds() -> list[Case]:
    """Show a record as another kind: the kind is part of its leaf."""
    world = World.begin(roles=("operator", "producer"))
    batch = world.forge.batch(world.producer, [event(shipping()), item("S1")])
    world.close()
    bundle = world.proof(batch, 0)
    cases = [
        refused(world, f"record-kind-{kind}", f"an event shown as {kind}",
                 edited(bundle, ("/record/kind", kind)), step=2, reason="INCLUSION_PROOF")
        for kind in ("participant", "document")
    ]  # fmt: skip
    twin = replace(item("S1"), kind=RecordKind.DOCUMENT)
    world, made = signed(twin)
    mixed = replace(made, record=replace(made.record, kind=RecordKind.ITEM))
    cases.append(refused(world, "record-kind-item", "an item's fields committed as a document",
                          mixed, step=2, reason="INCLUSION_PROOF"))  # fmt: skip
    return cases


def _level_confusion() -> list[Case]:
    """Batches whose root is a hash of another level."""
    cases = []
    one = event(shipping())
    roots = {
        "field-root": ("the record's field root as batch root", one.commitment.field_root),
        "header-leaf": ("its header's leaf as batch root", seeded("leaf")),
    }
    for name, (story, root) in roots.items():
        world = World.begin()
        batch = world.forge.batch(world.producer, [one], batch_root=root, record_count=1)
        world.close()
        bundle = world.proof(batch, 0)
        cases.append(
            refused(world, f"level-confusion-{name}", story, bundle, step=2,
                     reason="INCLUSION_PROOF")
        )  # fmt: skip
    return cases


def _partial_paths() -> list[Case]:
    world = World.begin()
    batch = world.events(shipping(5))
    world.close()
    bundle = world.proof(batch, 0, show=[2, 3])
    value: Any = bundle.to_json()
    shown = value["record"]["fields"]["partial"]
    made = [*_partial_counts(shown), *_partial_leaves(shown)]
    cases = [
        refused(world, name, story, edited(bundle, *edits), step=step, reason=reason)
        for name, story, edits, step, reason in made
    ]
    for name, story, edits in (
        ("partial-without-header", "the header left out", [(f"{PARTIAL}/0", REMOVED)]),
        ("partial-none", "no leaf", [(PARTIAL, [])]),
    ):
        made_so = edited(bundle, *edits)
        cases.append(refused(world, name, story, made_so, step=4, reason="HEADER_NOT_SHOWN"))
    return cases


def _partial_counts(shown: Any) -> list[Edited]:
    header = "HEADER_NOT_SHOWN"
    return [
        ("partial-count-lower", "a count lower than committed",
         [("/record/fields/count", 6)], 2, "INCLUSION_PROOF"),
        ("partial-count-higher", "a count higher than committed",
         [("/record/fields/count", 8)], 2, "INCLUSION_PROOF"),
        ("partial-count-four", "a count whose tree is lower",
         [("/record/fields/count", 4)], 2, header),
        ("partial-count-zero", "a count of zero", [("/record/fields/count", 0)], 2, header),
        ("partial-count-huge", "a count over 65,536",
         [("/record/fields/count", 70_000)], 2, header),
        ("partial-header-index", "the header said to be leaf 1",
         [(f"{PARTIAL}/0/index", 1)], 2, header),
        ("partial-header-path", "a hash too few above the header",
         [(f"{PARTIAL}/0/path", shown[0]["path"][:-1])], 2, header),
        ("partial-header-changed", "another header",
         [(f"{PARTIAL}/0/leaf/2/bizStep", "receiving")], 2, "INCLUSION_PROOF"),
    ]  # fmt: skip


def _partial_leaves(shown: Any) -> list[Edited]:
    return [
        ("partial-value-changed", "another value in a leaf",
         [(f"{PARTIAL}/1/leaf/2", f"{EPC}S9")], 1,
         "INCLUSION_PROOF"),
        ("partial-path-changed", "another path in a leaf",
         [(f"{PARTIAL}/1/leaf/0", ["epcList", 9])], 1, "INCLUSION_PROOF"),
        ("partial-index-changed", "another leaf index", [(f"{PARTIAL}/1/index", 4)], 1,
         "INCLUSION_PROOF"),
        ("partial-inner-node", "an inner node as a leaf",
         [(f"{PARTIAL}/1/path", shown[1]["path"][1:]), (f"{PARTIAL}/1/index", 1)], 1,
         "INCLUSION_PROOF"),
        ("partial-leaf-twice", "one leaf twice", [(f"{PARTIAL}/2", shown[1])], 1,
         "DISCLOSURE_INVALID"),
        ("partial-leaves-swapped", "leaves in another order",
         [(f"{PARTIAL}/1", shown[2]), (f"{PARTIAL}/2", shown[1])], 1, "DISCLOSURE_INVALID"),
    ]  # fmt: skip


# Step 1.


def _fields(parts: Sequence[tuple[Path, Any]], *, kind: RecordKind = RecordKind.EVENT) -> Record:
    """Return a record that a hostile signer committed, whatever its fields."""
    fields = tuple(Field(path, seeded("s", i)[:16], value) for i, (path, value) in enumerate(parts))
    return Record(kind, fields)


def _invalid(name: str, story: str, made: Record) -> Case:
    world, bundle = signed(made, roles=("operator", "producer"))
    return refused(world, name, story, bundle, step=1, reason="DISCLOSURE_INVALID")


def _headers() -> list[Case]:
    def without(name: str) -> dict[str, Any]:
        return {key: value for key, value in HEADER.items() if key != name}

    headers: list[tuple[str, str, dict[str, Any]]] = [
        ("header-without-type", "no event type", without("type")),
        ("header-without-time", "no event time", without("eventTime")),
        ("header-without-offset", "no time zone offset", without("eventTimeZoneOffset")),
        ("header-without-kind", "no kind", without("kind")),
        ("header-kind-other", "an event whose header says document", HEADER | {"kind": "document"}),
        ("header-type-unknown", "an event type that EPCIS does not have",
         HEADER | {"type": "ThoughtEvent"}),
        ("header-type-inherited", "a name that objects inherit", HEADER | {"type": "constructor"}),
        ("header-unknown-member", "a member that belongs into a field",
         HEADER | {"eventID": "urn:uuid:1"}),
        ("header-record-time", "the server's time in the header",
         HEADER | {"recordTime": "2026-01-05T08:00:00Z"}),
        ("header-proto", "a member named __proto__", HEADER | {"__proto__": "x"}),
        ("header-step-number", "a business step that is no text", HEADER | {"bizStep": 7}),
        ("header-declares-false", "declared_error: false", HEADER | {"declared_error": False}),
        ("header-declares-text", "declared_error as text", HEADER | {"declared_error": "true"}),
        ("header-declares-nothing", "an error declared that no field has",
         HEADER | {"declared_error": True}),
    ]  # fmt: skip
    cases = [
        _invalid(name, story, _fields([((), header), CONTEXT, ONE_EPC]))
        for name, story, header in headers
    ]
    declared = [((), HEADER), CONTEXT, ONE_EPC, (("errorDeclaration",), {"declarationTime": "x"})]
    cases.append(_invalid("header-hides-error", "an error that the header does not declare",
                          _fields(declared)))  # fmt: skip
    return cases


def _event_fields() -> list[Case]:
    def with_fields(*parts: tuple[Path, Any]) -> Record:
        return _fields([((), HEADER), CONTEXT, *parts])

    whole: list[tuple[str, str, list[tuple[Path, Any]]]] = [
        ("path-names-header", "a field that is in the header", [(("action",), "ADD")]),
        ("path-names-step", "a second business step", [(("bizStep",), "receiving")]),
        ("path-names-part-of-header", "an element of a header member", [(("type", 0), "x")]),
        ("path-names-record-time", "the server's time as a field",
         [(("recordTime",), "2026-01-05T08:00:00Z")]),
        ("path-empty-twice", "a second header", [((), HEADER)]),
        ("path-names-kind", "a second kind", [(("kind",), "item")]),
        ("path-index-large", "element 65,536", [(("epcList", 65_536), f"{EPC}S1")]),
        ("path-index-first", "a path that begins with a number", [((0, "epcList"), "x")]),
        ("path-split-by-name", "a plain member split by name", [(("readPoint", "id"), "urn:x:1")]),
        ("whole-list", "a list that must be split", [(("epcList",), [f"{EPC}S1"])]),
        ("whole-extension-list", "a list of an extension", [(("example:list",), [1])]),
        ("whole-ilmd", "ilmd that must be split", [(("ilmd",), {"lotNumber": "L1"})]),
        ("whole-extension", "an extension that must be split", [(("example:note",), {"a": 1})]),
        ("two-shapes-list", "a list whole and by element",
         [(("epcList",), []), ONE_EPC][::-1]),
        ("two-shapes-ilmd", "ilmd by name and by element",
         [(("ilmd", "a"), 1), (("ilmd", 0), 2)]),
        ("element-gap", "element 1 without element 0", [(("epcList", 1), f"{EPC}S1")]),
        ("element-gap-middle", "elements 0 and 2", [ONE_EPC, (("epcList", 2), f"{EPC}S3")]),
        ("order-broken", "fields in another order", [(("readPoint",), {"id": "urn:x:1"}), ONE_EPC]),
        ("order-by-number", "elements by number instead of by bytes",
         [(("epcList", i), f"{EPC}S{i}") for i in range(11)]),
        ("field-twice", "the same path twice", [ONE_EPC, ONE_EPC]),
    ]  # fmt: skip
    cases = [_invalid(name, story, with_fields(*parts)) for name, story, parts in whole]
    contexts: list[tuple[str, str, list[tuple[Path, Any]]]] = [
        ("context-missing", "an event without its context", [ONE_EPC]),
        ("context-text", "a context that is no array", [(("@context",), "x"), ONE_EPC]),
        ("context-split", "a context by element", [(("@context", 0), "x"), ONE_EPC]),
    ]
    cases += [
        _invalid(name, story, _fields([((), HEADER), *parts])) for name, story, parts in contexts
    ]
    return [*cases, _long_path(), _second_header()]


def _second_header() -> Case:
    issuing = HEADER | {"action": "ADD", "bizStep": "commissioning"}
    made = _fields([((), issuing), ((), issuing), CONTEXT])
    story = "a second header where codes are read before fields are checked"
    return _invalid("path-empty-twice-in-commissioning", story, made)


def _long_path() -> Case:
    made = _fields([((), HEADER), CONTEXT, (("epcList", "0"), f"{EPC}S1")])
    return _invalid("element-by-name", "an element whose index is text", made)


def _other_kinds() -> list[Case]:
    id_ = {"kind": "item", "id": f"{EPC}S1"}
    stories: list[tuple[str, str, RecordKind, list[tuple[Path, Any]]]] = [
        ("item-two-fields", "an item with a second field", RecordKind.ITEM,
         [((), id_), (("note",), "x")]),
        ("item-header-more", "an item header with a quantity", RecordKind.ITEM,
         [((), id_ | {"quantity": 1})]),
        ("participant-header-name", "a name in a participant's header", RecordKind.PARTICIPANT,
         [((), {"kind": "participant", "name": "X"})]),
        ("document-without-media-type", "a document without media type", RecordKind.DOCUMENT,
         [((), {"kind": "document"})]),
        ("document-media-type-list", "a media type that is no text", RecordKind.DOCUMENT,
         [((), {"kind": "document", "media_type": []})]),
        ("document-whole-list", "a document's list that must be split", RecordKind.DOCUMENT,
         [((), {"kind": "document", "media_type": "x"}), (("pages",), [1])]),
        ("document-names-kind", "a document's field that could contradict its header",
         RecordKind.DOCUMENT, [((), {"kind": "document", "media_type": "x"}), (("kind",), "y")]),
        ("document-names-media-type", "another media type as a field", RecordKind.DOCUMENT,
         [((), {"kind": "document", "media_type": "x"}), (("media_type",), "y")]),
        ("participant-names-record-time", "the server's time on a card", RecordKind.PARTICIPANT,
         [((), {"kind": "participant"}), (("recordTime",), "y")]),
    ]  # fmt: skip
    return [
        _invalid(name, story, _fields(parts, kind=kind)) for name, story, kind, parts in stories
    ]


def _partial_rules() -> list[Case]:
    """Hide in a partial disclosure what a complete one would show."""
    declared = [((), HEADER), CONTEXT, (("errorDeclaration",), {"declarationTime": "x"})]
    disordered = [((), HEADER), CONTEXT, (("readPoint",), {"id": "urn:x:1"}), ONE_EPC]
    two = [((), {"kind": "item", "id": f"{EPC}S1"}), (("note",), "x")]
    extended = {"epcClass": f"{EPC}S1", "example:grade": {"a": 1}}
    stories: list[tuple[str, str, Record, list[int]]] = [
        ("partial-extension-without-context", "an extension without the context that explains it",
         _fields([((), HEADER), CONTEXT, (("example:note", "en"), "x")]), [2]),
        ("partial-deep-extension-without-context", "one deep within a value",
         _fields([((), HEADER), CONTEXT, (("quantityList", 0), extended)]), [2]),
        ("partial-hides-declaration", "an undeclared error, its field shown",
         _fields(declared), [2]),
        ("partial-order-broken", "two leaves whose order is broken", _fields(disordered), [2, 3]),
        ("partial-item-of-two", "an item with a hidden second field",
         _fields(two, kind=RecordKind.ITEM), []),
    ]  # fmt: skip
    cases = []
    for name, story, made, show in stories:
        world = World.begin()
        batch = world.forge.batch(world.producer, [made, item("S1")])
        world.close()
        bundle = world.proof(batch, 0, show=show)
        cases.append(refused(world, name, story, bundle, step=1, reason="DISCLOSURE_INVALID"))
    return cases
