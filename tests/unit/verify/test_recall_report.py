"""The signed list of a report's files: who may sign it, and that every byte counts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from traceability.errors import ItemProofError
from traceability.hashing.ed25519 import SigningKey
from traceability.hashing.encoding import b64_encode
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.hashing.signatures import SecretKey
from traceability.hashing.statement import PublicKey
from traceability.verify.recall_report import (
    REPORT_TYPE,
    Author,
    FileSum,
    Manifest,
    ReportChanged,
    ReportInvalid,
    check_files,
    open_manifest,
)
from traceability.verify.trust import Trust

LOG_KEY, FIRM, STRANGER = (SigningKey.generate() for _ in range(3))
LOG = bytes(range(32))
TRUST = Trust(
    chain_id=1,
    contract="0x" + "11" * 20,
    code_hash=bytes(32),
    log=LOG,
    log_key=PublicKey(LOG_KEY.alg, LOG_KEY.public_key),
    origin=f"ledger.example/log/{LOG.hex()}",
)
FILES = {"report.json": FileSum(10, b"a" * 32), "notices/0001-1-zh.html": FileSum(5, b"b" * 32)}
MANIFEST = Manifest(LOG, {"code": "x", "passed": True, "seconds": 0.5}, FILES)
WITH_AUTHOR = replace(MANIFEST, author=Author(b"p" * 16, PublicKey(FIRM.alg, FIRM.public_key)))


def signed(manifest: Manifest, *keys: SecretKey, kind: str = REPORT_TYPE) -> bytes:
    return sign_envelope(kind, manifest.to_bytes(), keys or [LOG_KEY]).to_bytes()


def test_what_the_log_key_signed_is_read_back() -> None:
    assert open_manifest(signed(MANIFEST), TRUST) == MANIFEST


def test_a_report_for_ten_thousand_holders_can_be_checked() -> None:
    files = {
        f"notices/{at:05d}-9521007000011-zh.html": FileSum(at, b"c" * 32) for at in range(40_004)
    }
    large = replace(MANIFEST, files=files)
    assert open_manifest(signed(large), TRUST) == large


def test_a_participant_signs_before_the_log_key() -> None:
    assert open_manifest(signed(WITH_AUTHOR, FIRM, LOG_KEY), TRUST) == WITH_AUTHOR


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (signed(MANIFEST, STRANGER), "SIGNERS_INVALID"),
        (signed(WITH_AUTHOR, LOG_KEY), "SIGNERS_INVALID"),
        (signed(WITH_AUTHOR, STRANGER, LOG_KEY), "SIGNERS_INVALID"),
        (signed(MANIFEST, FIRM, LOG_KEY), "SIGNERS_INVALID"),
        (signed(MANIFEST, kind=STATEMENT_TYPE), "ENVELOPE_INVALID"),
        (signed(replace(MANIFEST, log=bytes(32))), "REPORT_INVALID"),
        (b"{}", "REPORT_INVALID"),
        (b"no json", "REPORT_INVALID"),
    ],
)
def test_nobody_else_signs(data: bytes, code: str) -> None:
    with pytest.raises(ItemProofError) as caught:
        open_manifest(data, TRUST)
    assert caught.value.code == code


def test_a_changed_payload_is_refused() -> None:
    envelope: dict[str, Any] = json.loads(signed(MANIFEST))
    changed = replace(MANIFEST, summary={"code": "x", "passed": False, "seconds": 0.5})
    envelope["payload"] = b64_encode(changed.to_bytes())
    with pytest.raises(ItemProofError) as caught:
        open_manifest(json.dumps(envelope).encode(), TRUST)
    assert caught.value.code == "SIGNATURE_INVALID"


@pytest.mark.parametrize(
    "change",
    [
        {"suite": "itemproof-2"},
        {"type": "receipt"},
        {"summary": []},
        {"files": [{"name": "../evil", "size": 1, "sha256": "00" * 32}]},
        {"files": [{"name": "/etc/passwd", "size": 1, "sha256": "00" * 32}]},
        {"files": [{"name": "a", "size": 1, "sha256": "0" * 63}]},
        {"files": [{"name": "a", "size": -1, "sha256": "00" * 32}]},
        {"files": 2 * [{"name": "a", "size": 1, "sha256": "00" * 32}]},
        {"author": {"participant": "00" * 16, "alg": "ünknown", "public_key": "AA"}},
        {"more": 1},
    ],
)
def test_a_list_of_another_shape_is_refused_though_it_is_signed(change: dict[str, Any]) -> None:
    from traceability.hashing.canonical import canonicalize

    payload = canonicalize(json.loads(MANIFEST.to_bytes()) | change)
    data = sign_envelope(REPORT_TYPE, payload, [LOG_KEY]).to_bytes()
    with pytest.raises(ReportInvalid):
        open_manifest(data, TRUST)


@pytest.mark.parametrize(
    ("found", "name", "fault"),
    [
        ({**FILES, "report.json": FileSum(10, b"x" * 32)}, "report.json", "not the one"),
        ({**FILES, "report.json": FileSum(11, b"a" * 32)}, "report.json", "not the one"),
        ({"report.json": FILES["report.json"]}, "notices/0001-1-zh.html", "is missing"),
        ({**FILES, "extra.pdf": FileSum(1, b"c" * 32)}, "extra.pdf", "is not of the report"),
    ],
)
def test_a_changed_missing_or_added_file_is_named(
    found: dict[str, FileSum], name: str, fault: str
) -> None:
    check_files(MANIFEST, FILES)
    with pytest.raises(ReportChanged, match=fault) as caught:
        check_files(MANIFEST, found)
    assert caught.value.pointer == f"/{name}"
