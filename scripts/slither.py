"""Look for known mistakes in the contracts with slither.

    python scripts/slither.py

A finding that is no fault is answered where it stands, by a comment
`slither-disable-next-line DETECTOR -- the reason`. Exit 1 if slither finds anything else, or an
answer gives no reason or answers nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "contracts"
SLITHER = ROOT / ".tools" / "slither" / "bin" / "slither"
ANSWER = re.compile(r"slither-disable\S*(?P<rest>.*)")
REASON = re.compile(r"^ (?P<detector>[a-z0-9-]+) -- \w")


@dataclass(frozen=True, slots=True)
class Finding:
    """What slither found, and where."""

    detector: str
    place: str
    words: str


def answers(sources: Iterable[Path]) -> tuple[list[str], list[str]]:
    """Return the detectors that sources answer, and the places of answers without a reason."""
    given, empty = [], []
    for path in sources:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = ANSWER.search(line)
            reason = found and REASON.match(found["rest"])
            if reason:
                given.append(reason["detector"])
            elif found:
                empty.append(f"{path.name}:{number}")
    return given, empty


def findings(folder: Path) -> list[Finding]:
    """Compile the sources in a folder and return what slither finds in them."""
    path = os.pathsep.join(
        map(str, [CONTRACTS / "node_modules/.bin", ROOT / ".tools/bin", os.environ.get("PATH", "")])
    )
    environment = os.environ | {"PATH": path}
    build = ("forge", "build", "--build-info", "--offline", "--use", "./solc.js")
    subprocess.run(build, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    report = folder / "report.json"
    command = [str(SLITHER), ".", "--ignore-compile", "--json", str(report)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if not report.exists():
        raise SystemExit(f"slither broke off: {done.stderr[-2000:]}")
    return read(json.loads(report.read_text(encoding="utf-8")))


def read(report: dict[str, Any]) -> list[Finding]:
    """Return the findings of slither's report."""
    if not report["success"]:
        raise SystemExit(f"slither broke off: {report['error']}")
    return [
        Finding(one["check"], place_of(one), one["description"].strip())
        for one in report["results"].get("detectors", [])
    ]


def place_of(found: dict[str, Any]) -> str:
    """Return the file and line that a finding begins with."""
    source = found["elements"][0]["source_mapping"] if found["elements"] else None
    return f"{source['filename_relative']}:{source['lines'][0]}" if source else "the contracts"


def copied(folder: Path, *, answered: bool) -> Path:
    """Copy sources and settings, with their answers or without, as slither is to see them."""
    for name in ("foundry.toml", "solc.js", "slither.config.json"):
        shutil.copy(CONTRACTS / name, folder / name)
    (folder / "node_modules").symlink_to(CONTRACTS / "node_modules")
    shutil.copytree(CONTRACTS / "src", folder / "src")
    if not answered:
        for path in folder.glob("src/*.sol"):
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub("slither-disable", "answered", text), encoding="utf-8")
    return folder


def judged(*, answered: bool) -> list[Finding]:
    """Return what slither finds, with the answers or without them."""
    with tempfile.TemporaryDirectory(prefix="itemproof-slither-") as folder:
        return findings(copied(Path(folder), answered=answered))


def main() -> int:
    """Print each finding and each answer that does not hold; exit 1 if there is any."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    given, empty = answers(sorted(CONTRACTS.glob("src/*.sol")))
    open_findings = judged(answered=True)
    answered = [found.detector for found in judged(answered=False)]
    for found in open_findings:
        print(f"{found.place}: {found.detector}: {found.words}")
    for place in empty:
        print(f"{place}: an answer to slither without a detector and a reason")
    needless = [name for name in given if name not in answered]
    for name in needless:
        print(f"contracts/src: {name!r} is answered and was not found")
    print(f"slither: {len(open_findings)} open findings, {len(given)} answered")
    return 1 if open_findings or empty or needless else 0


if __name__ == "__main__":
    sys.exit(main())
