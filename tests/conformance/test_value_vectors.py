"""Every small vector has the result that it states; JavaScript reads the same files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from scripts import make_vectors
from tests.support.vectors.json_cases import double
from traceability.errors import ItemProofError
from traceability.hashing.canonical import canonicalize, parse_canonical
from traceability.hashing.commitment import (
    DisclosureInvalid,
    Field,
    RecordInvalid,
    RecordKind,
    commit,
    commit_record,
    item_leaf_hashes,
    salted_fields,
)
from traceability.hashing.ed25519 import SigningKey, check_public_key, key_id, verify_strict
from traceability.hashing.encoding import b64u_decode
from traceability.hashing.envelope import parse_envelope, verify_envelope
from traceability.hashing.signatures import pae
from traceability.hashing.statement import (
    entry_leaf_hash,
    log_id,
    parse_receipt,
    parse_statement,
)
from traceability.merkle.checkpoint import verify_checkpoint
from traceability.merkle.state_trees import KeyLeaf, SortedTree, StatusLeaf
from traceability.strict_json import parse_json
from traceability.verify.field_rules import check_complete, check_partial

FOLDER = Path(__file__).parents[1] / "vectors"
unhex = bytes.fromhex


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def named(cases: Iterable[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in cases]


def refused(code: str) -> Any:
    """Return a context that demands an error of ours with exactly this code."""
    return pytest.raises(ItemProofError, check=lambda error: error.code == code)  # type: ignore[attr-defined]  # pytest.raises types BaseException


def test_files_are_what_the_script_makes() -> None:
    for name, text in make_vectors.made().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, name


def test_every_file_names_its_source() -> None:
    for name in make_vectors.made():
        assert vectors(name.removesuffix(".json"))["source"]


JSON = vectors("json")


class TestJSON:
    @pytest.mark.parametrize("case", named(JSON["read"]))
    def test_reads_and_writes_canonically(self, case: dict[str, Any]) -> None:
        text, canonical = unhex(case["hex"]), unhex(case["canonical_hex"])
        assert canonicalize(parse_json(text)) == canonical
        assert canonicalize(parse_canonical(canonical)) == canonical
        if text != canonical:
            with refused("NOT_CANONICAL"):
                parse_canonical(text)

    @pytest.mark.parametrize("case", named(JSON["refused"]))
    def test_refuses_with_code_and_pointer(self, case: dict[str, Any]) -> None:
        with refused(case["code"]) as caught:
            parse_json(unhex(case["hex"]))
        assert caught.value.pointer == case["pointer"]
        with refused(case["code"]):
            parse_canonical(unhex(case["hex"]))

    @pytest.mark.parametrize("case", vectors("jcs")["numbers"])
    def test_writes_numbers_as_rfc_8785(self, case: dict[str, str]) -> None:
        assert canonicalize(double(case["ieee754"])) == case["text"].encode()

    @pytest.mark.parametrize("case", vectors("jcs")["values"])
    def test_writes_values_as_rfc_8785(self, case: dict[str, str]) -> None:
        assert canonicalize(json.loads(case["text"])) == case["canonical"].encode()


ED25519 = vectors("ed25519")


class TestEd25519:
    @pytest.mark.parametrize("case", named(ED25519["signatures"]))
    def test_verifies_or_refuses(self, case: dict[str, Any]) -> None:
        key, signature, message = (
            unhex(case[member]) for member in ("public_key", "signature", "message")
        )
        if case["ok"]:
            verify_strict(key, signature, message)
        else:
            with refused(case["code"]):
                verify_strict(key, signature, message)

    @pytest.mark.parametrize("case", named(ED25519["keys"]))
    def test_registers_or_refuses_a_key(self, case: dict[str, Any]) -> None:
        if case["ok"]:
            check_public_key(unhex(case["public_key"]))
        else:
            with refused(case["code"]):
                check_public_key(unhex(case["public_key"]))

    @pytest.mark.parametrize("case", ED25519["seeds"])
    def test_derives_the_public_key(self, case: dict[str, str]) -> None:
        assert SigningKey.from_seed(unhex(case["seed"])).public_key == unhex(case["public_key"])


DSSE = vectors("dsse")


class TestEnvelopes:
    @pytest.mark.parametrize("case", named(DSSE["envelopes"]))
    def test_verifies_or_refuses(self, case: dict[str, Any]) -> None:
        keys = [("ed25519", unhex(key)) for key in case["public_keys"]]

        def verify() -> None:
            envelope = parse_envelope(case["text"].encode())
            assert envelope.to_bytes() == case["text"].encode()
            verify_envelope(envelope, keys, payload_type=case["payload_type"])

        if not case["ok"]:
            with refused(case["code"]):
                verify()
            return
        verify()
        if "leaf_hash" in case:
            envelope = parse_envelope(case["text"].encode())
            assert entry_leaf_hash(envelope).hex() == case["leaf_hash"]

    @pytest.mark.parametrize("case", DSSE["pae"])
    def test_encodes_before_signing(self, case: dict[str, str]) -> None:
        assert pae(case["payload_type"], unhex(case["payload_hex"])).hex() == case["hex"]

    @pytest.mark.parametrize("case", DSSE["key_ids"])
    def test_names_keys(self, case: dict[str, str]) -> None:
        assert key_id("ed25519", unhex(case["public_key"])).hex() == case["key_id"]


STATEMENTS = vectors("statements")


class TestStatements:
    @pytest.mark.parametrize("case", named(STATEMENTS["good"]))
    def test_reads_and_writes_the_same_bytes(self, case: dict[str, str]) -> None:
        statement = parse_statement(case["payload"].encode())
        assert statement.type == case["type"]
        assert statement.to_payload() == case["payload"].encode()

    @pytest.mark.parametrize("case", named(STATEMENTS["refused"]))
    def test_refuses(self, case: dict[str, str]) -> None:
        with refused(case["code"]):
            parse_statement(case["payload"].encode())

    @pytest.mark.parametrize("case", named(STATEMENTS["receipts"]))
    def test_reads_and_writes_receipts(self, case: dict[str, str]) -> None:
        assert parse_receipt(case["payload"].encode()).to_payload() == case["payload"].encode()

    @pytest.mark.parametrize("case", named(STATEMENTS["refused_receipts"]))
    def test_refuses_receipts(self, case: dict[str, str]) -> None:
        with refused(case["code"]):
            parse_receipt(case["payload"].encode())

    @pytest.mark.parametrize("case", STATEMENTS["log_ids"])
    def test_derives_log_ids_from_120_bytes(self, case: dict[str, Any]) -> None:
        found = log_id(
            chain_id=case["chain_id"],
            contract=case["contract"],
            opener=case["opener"],
            genesis_leaf_hash=unhex(case["genesis_leaf_hash"]),
        )
        assert found.hex() == case["log_id"]


@pytest.mark.parametrize("case", named(vectors("checkpoints")["checkpoints"]))
def test_checkpoints_verify_or_are_refused(case: dict[str, Any]) -> None:
    key = unhex(case["public_key"])
    if case["ok"]:
        found = verify_checkpoint(case["note"], origin=case["origin"], public_key=key)
        assert (found.tree_size, found.root_hash.hex()) == (case["tree_size"], case["root_hash"])
        return
    with refused(case["code"]):
        verify_checkpoint(case["note"], origin=case["origin"], public_key=key)


COMMITMENTS = vectors("commitments")


def field(value: list[Any]) -> Field:
    path, salt, content = value
    return Field(tuple(path), b64u_decode(salt), content)


class TestCommitments:
    @pytest.mark.parametrize("case", named(COMMITMENTS["records"]))
    def test_splits_salts_and_commits(self, case: dict[str, Any]) -> None:
        kind, payload = RecordKind[case["kind"].upper()], case["payload"]
        secret, media_type = unhex(case["secret"]), case["media_type"]
        fields = salted_fields(kind, payload, secret, media_type=media_type)
        assert fields == [field(value) for value in case["fields"]]
        commitment = commit(kind, fields)
        assert commitment.leaf_data().hex() == case["leaf_data"]
        assert commitment.leaf_hash().hex() == case["leaf_hash"]
        assert commit_record(kind, payload, secret, media_type=media_type) == commitment

    @pytest.mark.parametrize("case", COMMITMENTS["items"])
    def test_commits_to_items_one_by_one_and_in_bulk(self, case: dict[str, Any]) -> None:
        only = field(case["fields"][0])
        assert commit(RecordKind.ITEM, [only]).leaf_hash().hex() == case["leaf_hash"]
        found = item_leaf_hashes(case["prefix"], [case["serial"]], only.salt)
        assert [value.hex() for value in found] == [case["leaf_hash"]]

    @pytest.mark.parametrize("case", named(COMMITMENTS["not_committed"]))
    def test_refuses_records(self, case: dict[str, Any]) -> None:
        kind, payload = RecordKind[case["kind"].upper()], case["payload"]
        if isinstance(payload.get("epcList"), dict):
            payload = {**payload, "epcList": ["x"] * payload["epcList"]["repeat"]}
        with pytest.raises(RecordInvalid):
            salted_fields(kind, payload, bytes(32), media_type="application/json")

    @pytest.mark.parametrize("case", named(COMMITMENTS["complete"]))
    def test_judges_complete_disclosures(self, case: dict[str, Any]) -> None:
        kind = RecordKind[case["kind"].upper()]
        fields = [field(value) for value in case["fields"]]
        if case["ok"]:
            check_complete(kind, fields)
        else:
            with pytest.raises(DisclosureInvalid):
                check_complete(kind, fields)

    @pytest.mark.parametrize("case", named(COMMITMENTS["partial"]))
    def test_judges_partial_disclosures(self, case: dict[str, Any]) -> None:
        kind = RecordKind[case["kind"].upper()]
        shown = [(index, field(value)) for index, value in case["shown"]]
        if case["ok"]:
            check_partial(kind, shown, field_count=case["count"])
        else:
            with pytest.raises(DisclosureInvalid):
                check_partial(kind, shown, field_count=case["count"])


STATE_TREES = vectors("state_trees")


def state_leaf(value: list[Any]) -> KeyLeaf | StatusLeaf:
    kind = StatusLeaf if value[0] == "status" else KeyLeaf
    return kind.from_json(value)


class TestStateTrees:
    @pytest.mark.parametrize("case", named(STATE_TREES["trees"]))
    def test_orders_and_hashes(self, case: dict[str, Any]) -> None:
        leaves = [state_leaf(value) for value in case["leaves"]]
        assert [leaf.to_json() for leaf in leaves] == case["leaves"]
        assert leaves == sorted(leaves, key=lambda leaf: leaf.sort_key())
        tree = SortedTree(leaves)
        assert (tree.size, tree.root_hash.hex()) == (case["size"], case["root_hash"])
        paths = [[value.hex() for value in tree.path(index)] for index in range(tree.size)]
        assert paths == case["paths"]

    @pytest.mark.parametrize("case", named(STATE_TREES["refused"]))
    def test_refuses_leaves(self, case: dict[str, Any]) -> None:
        with refused(case["code"]):
            state_leaf(case["leaf"])
