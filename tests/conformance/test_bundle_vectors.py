"""The proof bundles of tests/vectors/bundles: the stated verdict, failing step and reason.

The same files are read by `tests/js/bundle_vectors.test.mjs`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.cases import read
from traceability.hashing.canonical import canonicalize
from traceability.verify.trust import parse_trust
from traceability.verify.verifier import verify_bundle

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "vectors" / "bundles"
CASES = [
    pytest.param(case, id=f"{path.stem}/{case['name']}")
    for path in sorted(FOLDER.glob("*.json"))
    for case in read(json.loads(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("case", CASES)
def test_bundle_gets_its_stated_verdict(case: dict[str, Any]) -> None:
    trust = parse_trust(canonicalize(case["trust"]))
    report = verify_bundle(case["bundle"], trust, accept=case["accept"], code=case.get("code"))
    failed = report.failed
    found = {
        "exit_status": report.exit_status,
        "state": report.state,
        "status": report.facts.status if report.facts else None,
        "step": failed.step if failed else None,
        "reason": failed.code if failed else None,
        "warnings": [one["code"] for one in report.to_json()["warnings"]],
    }
    assert found == case["expected"]
    assert report.verified is (report.exit_status == 0)


def test_every_step_is_failed_by_some_vector() -> None:
    failed = {param.values[0]["expected"]["step"] for param in CASES}
    assert failed == {*range(11), None}


def test_vectors_are_what_the_script_writes() -> None:
    script = ROOT / "scripts" / "make_bundle_vectors.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
