"""The single-file verifier, made once, and run in a Python that has nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from ledger_api.version import VERSION
from traceability.verify.alone.building import FILE_NAME, build_verifier

# -I: no environment, no user's packages. -S: no site-packages at all.
BARE = (sys.executable, "-I", "-S")
WITH_PACKAGES = (sys.executable, "-I")
# Reads a case a line, writes a verdict a line, with the verifier that stands in the file.
HARNESS = """
import base64, json, runpy, sys
runpy.run_path(sys.argv[1], run_name="single_file")["install"]()
from traceability.verify.alone.main import checked_by
from traceability.verify.trust import parse_trust
from traceability.verify.verifier import verify_bundle
for line in sys.stdin:
    case = json.loads(line)
    trust, bundle = (base64.b64decode(case[name]) for name in ("trust", "bundle"))
    report = verify_bundle(bundle, parse_trust(trust), accept=case["accept"], code=case["code"])
    failed = report.failed
    print(json.dumps({
        "exit_status": report.exit_status, "state": report.state,
        "status": report.facts.status if report.facts else None,
        "step": failed.step if failed else None, "reason": failed.code if failed else None,
        "warnings": [one["code"] for one in report.to_json()["warnings"]],
        "by": checked_by(),
    }))
"""


@pytest.fixture(scope="session")
def single_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the single file."""
    path = tmp_path_factory.mktemp("single") / FILE_NAME
    path.write_bytes(build_verifier(VERSION))
    return path


def run_single(
    file: Path,
    *arguments: str | Path,
    python: tuple[str, ...] = BARE,
    lang: str = "en",
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the file as a user does."""
    return subprocess.run(
        [*python, str(file), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd or file.parent,
        env={"PATH": os.environ["PATH"], "LANG": f"{lang}.UTF-8", "PYTHONUTF8": "1"},
    )


def verdicts(
    file: Path, cases: Iterable[tuple[bytes, bytes, str, str | None]], python: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return the verdicts on cases of trust file, bundle, least state and code."""
    lines = [
        json.dumps(
            {
                "trust": b64encode(trust).decode(),
                "bundle": b64encode(bundle).decode(),
                "accept": accept,
                "code": code,
            }
        )
        for trust, bundle, accept, code in cases
    ]
    done = subprocess.run(
        [*python, "-c", HARNESS, str(file)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
