"""Step 0: bytes that are no bundle, or a bundle in another than its one form."""

from __future__ import annotations

import base64
from typing import Any

from tests.support.cases import REMOVED, Case, World, anchored, edited, shipping, simple
from traceability.hashing.encoding import b64u_encode

HASH = b64u_encode(bytes(32))


def form() -> list[Case]:
    return [*_bytes(), *_members(), *_values(), *_base64(), *_envelopes(), *_limits()]


def _bytes() -> list[Case]:
    world, _, bundle = simple()
    good, trust = bundle.to_bytes(), world.forge.trust()
    twice = good.replace(b'"suite":"itemproof-1"', b'"suite":"itemproof-1","suite":"itemproof-1"')
    nested = b"[" * 41 + b"]" * 41
    made: list[tuple[str, str, bytes, str]] = [
        ("empty", "no bytes at all", b"", "JSON_SYNTAX"),
        ("cut", "a bundle cut in half", good[: len(good) // 2], "JSON_SYNTAX"),
        ("two", "two bundles in a row", good + good, "JSON_SYNTAX"),
        ("null", "JSON, but no object", b"null", "BUNDLE_VALUE"),
        ("array", "an array", b"[]", "BUNDLE_VALUE"),
        ("byte-order-mark", "a byte order mark in front", b"\xef\xbb\xbf" + good, "JSON_ENCODING"),
        ("not-utf8", "a byte that is no UTF-8", good.replace(b"L1", b"L\xff", 1), "JSON_ENCODING"),
        ("overlong-utf8", "an overlong slash", good.replace(b"/", b"\xc0\xaf", 1), "JSON_ENCODING"),
        ("newline", "a line end behind it", good + b"\n", "NOT_CANONICAL"),
        ("space", "a space after a comma", good.replace(b",", b", ", 1), "NOT_CANONICAL"),
        ("escaped-letter", "a letter written as an escape",
         good.replace(b"itemproof-1", b"\\u0069temproof-1", 1), "NOT_CANONICAL"),
        ("escaped-slash", "a slash with a needless backslash",
         good.replace(b"/", b"\\/", 1), "NOT_CANONICAL"),
        ("unsorted", "members in another order", _unsorted(good), "NOT_CANONICAL"),
        ("duplicate-key", "a member twice, with the same value", twice, "JSON_DUPLICATE_KEY"),
        ("number-with-point", "an index of 1.0", _index(good, b"1.0"), "NOT_CANONICAL"),
        ("number-with-exponent", "an index of 1e0", _index(good, b"1e0"), "NOT_CANONICAL"),
        ("number-minus-zero", "an index of -0", _index(good, b"-0"), "JSON_NUMBER"),
        ("number-rounded", "an index that doubles cannot hold",
         _index(good, b"9007199254740993"), "JSON_NUMBER"),
        ("number-leading-zero", "an index of 01", _index(good, b"01"), "JSON_SYNTAX"),
        ("number-infinite", "an index of 1e999", _index(good, b"1e999"), "JSON_NUMBER"),
        ("number-nan", "an index of NaN", _index(good, b"NaN"), "JSON_NUMBER"),
        ("half-surrogate", "half of a surrogate pair",
         good.replace(b"itemproof-1", b"\\ud800", 1), "JSON_STRING"),
        ("too-deep", "arrays nested 41 deep", nested, "JSON_DEPTH"),
        ("very-deep", "2,000 arrays, none closed", b"[" * 2_000, "JSON_DEPTH"),
    ]  # fmt: skip
    return [Case(n, s, data, trust, step=0, reason=code) for n, s, data, code in made]


def _index(good: bytes, number: bytes) -> bytes:
    return good.replace(b'"index":1,', b'"index":%b,' % number, 1)


def _unsorted(good: bytes) -> bytes:
    suite = b'"suite":"itemproof-1"}'
    assert good.endswith(suite)
    return b"{" + suite[:-1] + b"," + good[1 : -len(suite) - 1] + b"}"


def _cases(world: World, bundle: Any, made: list[tuple[str, str, list[tuple[str, Any]], str]],
           ) -> list[Case]:  # fmt: skip
    trust = world.forge.trust()
    return [
        Case(name, story, edited(bundle, *edits), trust, step=0, reason=code)
        for name, story, edits, code in made
    ]


def _members() -> list[Case]:
    world, _, bundle = anchored()
    names = list(bundle.to_json())
    optional = ("card", "lot", "anchor", "seen_proof")
    made: list[tuple[str, str, list[tuple[str, Any]], str]] = [
        (f"without-{name}", f"no member {name}", [(f"/{name}", REMOVED)], "BUNDLE_MEMBERS")
        for name in names
        if name not in optional
    ]
    made.append(("seen-proof-alone", "the anchor stripped, the seen proof left",
                 [("/anchor", REMOVED)], "BUNDLE_MEMBERS"))  # fmt: skip
    places = ["", "/record", "/record/fields", "/entry", "/state", "/key", "/registration",
              "/card", "/lot", "/anchor", "/seen_proof", "/seen_proof/anchor"]  # fmt: skip
    made += [
        (f"unknown-in{place.replace('/', '-') or '-bundle'}", "a member that nobody checks",
         [(f"{place}/hint", "0xabc")], "BUNDLE_MEMBERS")
        for place in places
    ]  # fmt: skip
    made += [
        ("complete-and-partial", "both kinds of disclosure",
         [("/record/fields/partial", [])], "BUNDLE_MEMBERS"),
        ("neither-complete-nor-partial", "no kind of disclosure",
         [("/record/fields", {})], "BUNDLE_MEMBERS"),
        ("one-slot", "evidence for one slot", [("/anchor/slots/1", REMOVED)], "BUNDLE_VALUE"),
        ("three-slots", "evidence for three", [("/anchor/slots/2", [])], "BUNDLE_LIMIT"),
    ]  # fmt: skip
    return _cases(world, bundle, made)


def _values() -> list[Case]:
    world, _, bundle = simple()
    made: list[tuple[str, str, list[tuple[str, Any]], str]] = [
        ("suite-unknown", "another suite", [("/suite", "itemproof-2")], "BUNDLE_VALUE"),
        ("suite-number", "a suite that is a number", [("/suite", 1)], "BUNDLE_VALUE"),
        ("kind-unknown", "a kind that is none", [("/record/kind", "lot")], "BUNDLE_VALUE"),
        ("kind-number", "a kind as its number", [("/record/kind", 2)], "BUNDLE_VALUE"),
        ("kind-inherited", "a name that objects inherit in some languages",
         [("/record/kind", "constructor")], "BUNDLE_VALUE"),
        ("index-negative", "index −1", [("/record/index", -1)], "BUNDLE_VALUE"),
        ("index-fraction", "index 1.5", [("/record/index", 1.5)], "BUNDLE_VALUE"),
        ("index-text", "an index in quotes", [("/record/index", "1")], "BUNDLE_VALUE"),
        ("index-true", "an index of true", [("/record/index", True)], "BUNDLE_VALUE"),
        ("index-null", "an index of null", [("/entry/index", None)], "BUNDLE_VALUE"),
        ("index-two-to-53", "an index of 2^53", [("/entry/index", 2.0**53)], "BUNDLE_VALUE"),
        ("path-object", "a path that is no array", [("/entry/path", {})], "BUNDLE_VALUE"),
        ("path-of-numbers", "a path of numbers", [("/entry/path", [1])], "BUNDLE_VALUE"),
        ("checkpoint-number", "a checkpoint that is no text", [("/checkpoint", 5)],
         "BUNDLE_VALUE"),
        ("field-of-two", "a field without value", [("/record/fields/complete/0/2", REMOVED)],
         "BUNDLE_VALUE"),
        ("field-path-fraction", "a path through 1.5",
         [("/record/fields/complete/0/0", ["epcList", 1.5])], "BUNDLE_VALUE"),
        ("field-path-negative", "a path through −1",
         [("/record/fields/complete/0/0", ["epcList", -1])], "BUNDLE_VALUE"),
        ("field-path-true", "a path through true",
         [("/record/fields/complete/0/0", ["epcList", True])], "BUNDLE_VALUE"),
        ("field-path-text", "a path that is no array",
         [("/record/fields/complete/0/0", "epcList")], "BUNDLE_VALUE"),
    ]  # fmt: skip
    return [*_cases(world, bundle, made), *_key_values(), *_status_values()]


def _key_values() -> list[Case]:
    world, _, bundle = simple()
    leaf = bundle.key.leaf.to_json()
    made: list[tuple[str, str, list[tuple[str, Any]], str]] = [
        ("key-leaf-tag", "a status leaf's name on a key leaf",
         [("/key/leaf", ["status", *leaf[1:]])], "STATE_LEAF_INVALID"),
        ("key-leaf-short", "a key leaf of four", [("/key/leaf", leaf[:4])],
         "STATE_LEAF_INVALID"),
        ("key-leaf-negative", "registered at −1",
         [("/key/leaf", [*leaf[:2], -1, None, None])], "STATE_LEAF_INVALID"),
        ("key-leaf-fraction", "valid until 1.5",
         [("/key/leaf", [*leaf[:3], 1.5, None])], "STATE_LEAF_INVALID"),
        ("key-leaf-object", "a key leaf that is an object", [("/key/leaf", {})],
         "STATE_LEAF_INVALID"),
    ]  # fmt: skip
    return _cases(world, bundle, made)


def _status_values() -> list[Case]:
    world = World.begin()
    batch = world.items()
    world.forge.status(batch, "recalled")
    world.close()
    bundle = world.proof(batch)
    leaf = bundle.status[0][0].leaf.to_json()
    made: list[tuple[str, str, list[tuple[str, Any]], str]] = [
        ("status-kind-unknown", "a status that does not exist",
         [("/status/0/0/leaf", [*leaf[:3], "fine", leaf[4]])], "STATE_LEAF_INVALID"),
        ("status-record-minus-two", "record −2",
         [("/status/0/0/leaf", [*leaf[:2], -2, *leaf[3:]])], "STATE_LEAF_INVALID"),
        ("status-tag", "a key leaf's name on a status leaf",
         [("/status/0/0/leaf", ["key", *leaf[1:]])], "STATE_LEAF_INVALID"),
        ("status-three-runs", "three runs", [("/status", [[], [], []])], "BUNDLE_LIMIT"),
        ("status-object", "runs that are no array", [("/status", {})], "BUNDLE_VALUE"),
    ]  # fmt: skip
    return _cases(world, bundle, made)


def _base64() -> list[Case]:
    world, _, bundle = anchored(with_card=False, with_lot=False, with_seen=False)
    value: Any = bundle.to_json()
    text = value["entry"]["path"][0]
    loose = text[:-1] + chr(ord(text[-1]) + 1)
    assert base64.urlsafe_b64decode(loose + "=") == base64.urlsafe_b64decode(text + "=")
    made: list[tuple[str, str, list[tuple[str, Any]], str]] = [
        ("base64-padded", "padding behind base64url", [("/entry/path/0", text + "=")],
         "BUNDLE_BASE64"),
        ("base64-loose-bits", "bits behind the last byte", [("/entry/path/0", loose)],
         "BUNDLE_BASE64"),
        ("base64-plus", "a character of the other alphabet",
         [("/entry/path/0", "+" + text[1:])], "BUNDLE_BASE64"),
        ("base64-space", "a space within", [("/entry/path/0", text[:-1] + " ")], "BUNDLE_BASE64"),
        ("base64-foreign", "a letter outside ASCII", [("/entry/path/0", text[:-1] + "é")],
         "BUNDLE_BASE64"),
        ("hash-short", "a hash of 31 bytes", [("/entry/path/0", b64u_encode(bytes(31)))],
         "BUNDLE_BASE64"),
        ("hash-long", "a hash of 33 bytes", [("/entry/path/0", b64u_encode(bytes(33)))],
         "BUNDLE_BASE64"),
        ("salt-short", "a salt of 15 bytes",
         [("/record/fields/complete/0/1", b64u_encode(bytes(15)))], "BUNDLE_BASE64"),
        ("header-padded", "padding in the evidence", [("/anchor/header", "AAA=")],
         "BUNDLE_BASE64"),
        ("key-leaf-hash-short", "a key id of 31 bytes",
         [("/key/leaf/1", b64u_encode(bytes(31)))], "ENCODING_INVALID"),
    ]  # fmt: skip
    return _cases(world, bundle, made)


def _envelopes() -> list[Case]:
    world, _, bundle = simple()
    envelope: Any = bundle.entry.envelope.to_json()
    [signature] = envelope["signatures"]
    payload = envelope["payload"]
    at = "/entry/envelope"
    made: list[tuple[str, str, list[tuple[str, Any]], str]] = [
        ("envelope-unknown", "a member beside the signatures", [(f"{at}/note", "x")],
         "ENVELOPE_INVALID"),
        ("envelope-without-type", "no payload type", [(f"{at}/payloadType", REMOVED)],
         "ENVELOPE_INVALID"),
        ("envelope-text", "an envelope as text", [(at, "{}")], "ENVELOPE_INVALID"),
        ("envelope-unsigned", "no signature", [(f"{at}/signatures", [])], "ENVELOPE_INVALID"),
        ("envelope-five", "five signatures", [(f"{at}/signatures", [signature] * 5)],
         "ENVELOPE_INVALID"),
        ("signature-unknown", "a member beside sig", [(f"{at}/signatures/0/alg", "none")],
         "ENVELOPE_INVALID"),
        ("signature-without-keyid", "no key id", [(f"{at}/signatures/0/keyid", REMOVED)],
         "ENVELOPE_INVALID"),
        ("keyid-short", "a key id of 31 bytes",
         [(f"{at}/signatures/0/keyid", b64u_encode(bytes(31)))], "ENCODING_INVALID"),
        ("sig-url-alphabet", "a signature in base64url",
         [(f"{at}/signatures/0/sig", b64u_encode(b"\xff" * 64))], "ENCODING_INVALID"),
        ("payload-unpadded", "a payload with a character too few",
         [(f"{at}/payload", payload.rstrip("=")[:-1])], "ENCODING_INVALID"),
        ("genesis-envelope-null", "no genesis", [("/genesis", None)], "ENVELOPE_INVALID"),
    ]  # fmt: skip
    return _cases(world, bundle, made)


def _limits() -> list[Case]:
    world, _, bundle = simple()
    long_payload = base64.b64encode(b"x" * 4_000).decode()
    made: list[tuple[str, str, list[tuple[str, Any]], str]] = [
        ("path-of-65", "a path of 65 hashes", [("/entry/path", [HASH] * 65)], "BUNDLE_LIMIT"),
        ("entry-too-long", "an entry over 4,096 bytes",
         [("/entry/envelope/payload", long_payload)], "BUNDLE_LIMIT"),
        ("checkpoint-too-long", "a checkpoint over 1,024 characters",
         [("/checkpoint", "x" * 1_025)], "BUNDLE_LIMIT"),
        ("field-path-of-three", "a path of three",
         [("/record/fields/complete/0/0", ["ilmd", "a", "b"])], "BUNDLE_LIMIT"),
        ("field-of-four", "a field of four", [("/record/fields/complete/0/3", 0)],
         "BUNDLE_LIMIT"),
        ("nodes-of-66", "66 trie nodes",
         [("/anchor", {"header": "", "account": [""] * 66, "slots": [[], []]})], "BUNDLE_LIMIT"),
    ]  # fmt: skip
    return [*_cases(world, bundle, made), _events_shape()]


def _events_shape() -> Case:
    world = World.begin()
    batch = world.events(shipping())
    world.close()
    data = edited(world.proof(batch, 0, show=[1]), ("/record/fields/partial/1/index", "1"))
    return Case("partial-index-text", "a leaf index in quotes", data, world.forge.trust(),
                step=0, reason="BUNDLE_VALUE")  # fmt: skip
