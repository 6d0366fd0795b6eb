"""A record is committed field by field, in one order, and nothing can contradict its header."""

from __future__ import annotations

from typing import Any

import pytest

from traceability.hashing.canonical import CannotCanonicalize, canonicalize
from traceability.hashing.commitment import (
    MAX_FIELDS,
    Commitment,
    Field,
    RecordInvalid,
    RecordKind,
    commit,
    commit_record,
    item_header,
    item_leaf_hashes,
    needs_context,
    salted_fields,
    sort_key,
    split_record,
)
from traceability.hashing.encoding import b64u_encode, sha256
from traceability.hashing.salts import salt_digests

SECRET = bytes(range(32))
EVENT: dict[str, Any] = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "eventTime": "2026-01-02T03:04:05Z",
    "eventTimeZoneOffset": "+00:00",
    "recordTime": "2026-01-02T03:04:06Z",
    "epcList": [f"urn:epc:id:sgtin:952123.456789.{n}" for n in range(11)],
    "readPoint": {"id": "urn:epc:id:sgln:952123.456789.0"},
}
PREFIX = "https://id.gs1.org/01/09521234567899/10/L-1/21/"


class TestSplitting:
    def test_header_first_then_by_the_bytes_of_the_path(self) -> None:
        paths = [path for path, _ in split_record(RecordKind.EVENT, EVENT)]
        assert paths[:4] == [(), ("@context",), ("epcList", 0), ("epcList", 10)]
        assert paths[4:6] == [("epcList", 1), ("epcList", 2)]
        assert paths[-1] == ("readPoint",)
        assert [sort_key(path) for path in paths[1:]] == sorted(map(sort_key, paths[1:]))

    def test_header_holds_what_the_event_has_and_no_more(self) -> None:
        header = split_record(RecordKind.EVENT, EVENT)[0][1]
        assert header == {
            "kind": "event",
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "eventTime": "2026-01-02T03:04:05Z",
            "eventTimeZoneOffset": "+00:00",
        }

    def test_the_time_of_recording_is_no_field(self) -> None:
        assert ("recordTime",) not in dict(split_record(RecordKind.EVENT, EVENT))

    def test_a_declared_error_shows_in_the_header(self) -> None:
        fields = dict(
            split_record(RecordKind.EVENT, {**EVENT, "errorDeclaration": {"reason": "x"}})
        )
        header = fields[()]
        assert isinstance(header, dict)
        assert header["declared_error"] is True
        assert fields[("errorDeclaration",)] == {"reason": "x"}

    def test_long_lists_keep_their_indexes(self) -> None:
        fields = split_record(RecordKind.EVENT, {**EVENT, "epcList": ["x"] * 2000})
        assert {path[1] for path, _ in fields if path[:1] == ("epcList",)} == set(range(2000))

    def test_long_member_names_are_split_like_short_ones(self) -> None:
        name = "example:" + "x" * 100
        fields = dict(split_record(RecordKind.EVENT, {**EVENT, name: {"a": 1}}))
        assert fields[(name, "a")] == 1

    def test_cards_and_documents_have_their_own_headers(self) -> None:
        assert split_record(RecordKind.PARTICIPANT, {"name": "x"}) == [
            ((), {"kind": "participant"}),
            (("name",), "x"),
        ]
        assert split_record(RecordKind.DOCUMENT, {"a": 1}, media_type="text/plain")[0] == (
            (),
            {"kind": "document", "media_type": "text/plain"},
        )

    @pytest.mark.parametrize(
        ("change", "message", "pointer"),
        [
            ({"@context": "x"}, "event has no @context array", "/@context"),
            ({"eventTime": 5}, "event's eventTime is not text", "/eventTime"),
            ({"type": "Event"}, "event is of no EPCIS type", "/type"),
            ({"kind": "item"}, "event has a member named 'kind'", "/kind"),
        ],
    )
    def test_refuses_an_event_that_its_header_cannot_tell(
        self, change: dict[str, Any], message: str, pointer: str
    ) -> None:
        split_record(RecordKind.EVENT, EVENT)
        with pytest.raises(RecordInvalid, match=message) as caught:
            split_record(RecordKind.EVENT, {**EVENT, **change})
        assert caught.value.pointer == pointer

    def test_refuses_one_field_too_many(self) -> None:
        room = MAX_FIELDS - 2
        event = {**EVENT, "readPoint": [], "epcList": ["x"] * (room - 1)}
        assert len(split_record(RecordKind.EVENT, event)) == MAX_FIELDS
        with pytest.raises(RecordInvalid, match="expected at most 65536, got 65537"):
            split_record(RecordKind.EVENT, {**event, "epcList": ["x"] * room})


class TestSalts:
    def test_depend_on_secret_and_path(self) -> None:
        label = b"itemproof/salt/1".ljust(32, b"\0")
        assert (
            salt_digests(SECRET, [b'["a",1]'])[0][:16] == sha256(label + SECRET + b'["a",1]')[:16]
        )
        assert salt_digests(SECRET, [b'["a",1]']) != salt_digests(SECRET, [b'["a","1"]'])

    def test_refuses_a_secret_of_another_length(self) -> None:
        with pytest.raises(RecordInvalid, match="expected 32 bytes"):
            salted_fields(RecordKind.EVENT, EVENT, SECRET[:31])

    def test_an_item_has_no_secret(self) -> None:
        with pytest.raises(RecordInvalid, match="record of kind item has no salted fields"):
            salted_fields(RecordKind.ITEM, {}, SECRET)


class TestCommitting:
    def test_the_leaf_takes_one_block_with_its_prefix(self) -> None:
        data = Commitment(RecordKind.DOCUMENT, 3, sha256(b"")).leaf_data()
        assert data == b"itemproof/rec/1\n\x04\x00\x00\x00\x00\x03" + sha256(b"")
        assert len(data) == 54

    def test_a_field_is_hashed_with_path_and_salt(self) -> None:
        field = Field(("epcList", 3), b"s" * 16, {"b": 1, "a": 2.5})
        expected = ["epcList", 3], b64u_encode(b"s" * 16), {"a": 2.5, "b": 1}
        assert field.leaf_data() == canonicalize(list(expected))

    def test_the_short_way_gives_the_same(self) -> None:
        fields = salted_fields(RecordKind.EVENT, EVENT, SECRET)
        assert commit_record(RecordKind.EVENT, EVENT, SECRET) == commit(RecordKind.EVENT, fields)

    def test_every_change_changes_the_root(self) -> None:
        fields = salted_fields(RecordKind.EVENT, EVENT, SECRET)
        roots = {commit(RecordKind.EVENT, fields).field_root}
        for at, field in enumerate(fields):
            for changed in (
                field._replace(value="other"),
                field._replace(salt=bytes(16)),
                field._replace(path=("other",)),
            ):
                other = [*fields[:at], changed, *fields[at + 1 :]]
                roots.add(commit(RecordKind.EVENT, other).field_root)
        assert len(roots) == 1 + 3 * len(fields)

    def test_refuses_no_fields_and_salts_of_another_length(self) -> None:
        with pytest.raises(RecordInvalid, match="record has 0 fields"):
            commit(RecordKind.EVENT, [])
        with pytest.raises(RecordInvalid, match="salt of another length: expected 16 bytes"):
            commit(RecordKind.EVENT, [Field((), b"short", {})])

    @pytest.mark.parametrize("value", ["\ud800", ["\ud800"], {"a": 2**53}])
    def test_refuses_values_without_canonical_form(self, value: Any) -> None:
        with pytest.raises((RecordInvalid, CannotCanonicalize)):
            commit(RecordKind.DOCUMENT, [Field((), bytes(16), value)])


class TestItems:
    def test_in_bulk_as_one_by_one(self) -> None:
        serials = [f"{number:016d}" for number in range(5000)]
        salts = b"".join(sha256(serial.encode())[:16] for serial in serials)
        hashes = item_leaf_hashes(PREFIX, serials, salts)
        for at in (0, 1, 4095, 4096, 4999):
            field = Field((), salts[16 * at : 16 * at + 16], item_header(PREFIX + serials[at]))
            assert commit(RecordKind.ITEM, [field]).leaf_hash() == hashes[at]
        assert len(hashes) == len(set(hashes)) == 5000

    def test_of_no_serials_there_are_none(self) -> None:
        assert item_leaf_hashes(PREFIX, [], b"") == []

    @pytest.mark.parametrize("serial", ['a"b', "a\\b", "a b", "é", "a\nb", "\x7f", "a<b"])
    def test_refuses_characters_that_no_uri_holds(self, serial: str) -> None:
        item_leaf_hashes(PREFIX, ["A%2Fb"], bytes(16))
        with pytest.raises(RecordInvalid, match="character that URIs do not"):
            item_leaf_hashes(PREFIX, [serial], bytes(16))
        with pytest.raises(RecordInvalid, match="character that URIs do not"):
            item_leaf_hashes(PREFIX + serial, ["1"], bytes(16))

    @pytest.mark.parametrize("length", [0, 15, 17, 32])
    def test_refuses_another_number_of_salts(self, length: int) -> None:
        with pytest.raises(RecordInvalid, match=f"expected 16 bytes, got {length}"):
            item_leaf_hashes(PREFIX, ["1"], bytes(length))


@pytest.mark.parametrize(
    ("path", "value", "needed"),
    [
        (("readPoint",), {"id": "urn:x:y"}, False),
        (("ilmd", "lotNumber"), "L:1", False),
        (("example:a",), 1, True),
        (("ilmd", "example:a"), 1, True),
        (("sensorElementList", 0), {"sensorReport": [{"example:a": 1}]}, True),
        (("epcList", 0), ["a:b"], False),
    ],
)
def test_names_with_a_colon_need_the_context(path: Any, value: Any, *, needed: bool) -> None:
    assert needs_context(path, value) is needed
