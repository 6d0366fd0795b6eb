"""The check by hand in docs/auditing.md: each command as it stands there, on its own example."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.single_file import run_single
from traceability.verify.evidence import storage_slot
from traceability.verify.trust import load_trust

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "audit"
GUIDE = (ROOT / "docs" / "auditing.md").read_text(encoding="utf-8")
BY_HAND = GUIDE[GUIDE.index("## 8. Check one field by hand") :]
BLOCKS = re.findall(r"^```bash\n(.*?)^```$", BY_HAND, re.M | re.S)
SAYS = [
    "the record is in the signed batch",
    "the batch is in the log",
    "they are the slots of the log",
    "it is the contract",
    "the contract holds the root",
    "and the size",
    "it is the block",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the example."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "audit"))


def run(folder: Path, commands: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", "\n".join(commands)], cwd=folder, capture_output=True, text=True, check=False
    )


def said(folder: Path) -> list[str]:
    lines = run(folder, BLOCKS).stdout.splitlines()
    return [line for line in lines if line in SAYS]


def test_every_command_runs_and_says_what_the_page_says(folder: Path) -> None:
    done = run(folder, ["set -e", *BLOCKS])
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if line in SAYS] == SAYS
    assert all(f'"{line}"' in BY_HAND for line in SAYS)


def test_ends_at_the_root_that_the_contract_holds(folder: Path) -> None:
    head = run(folder, [*BLOCKS, 'echo "0x$HEAD"']).stdout.splitlines()[-1]
    storage = json.loads((folder / "storage.json").read_text())
    assert head == storage["result"]["storageProof"][0]["value"]


@pytest.mark.parametrize(
    ("file", "old", "new", "missing"),
    [
        ("proof.json", "03VKFXQC2F76ZWRP", "03VKFXQC2F76ZWRQ", SAYS[0]),
        ("proof.json", '"index":3', '"index":2', SAYS[0]),
        ("storage.json", "167caeb5", "267caeb5", SAYS[4]),
        ("storage.json", "34bf2c2", "34bf2c3", SAYS[4]),
        ("storage.json", '60"', '61"', SAYS[5]),
        ("my-trust.json", "0x391bc1", "0x491bc1", SAYS[3]),
        ("block.json", '"hash": "0x8f', '"hash": "0x9f', SAYS[6]),
        (
            "storage.json",
            '"key": "0x507a',
            '"key": "0x517a',
            SAYS[2],
        ),
    ],
)
def test_what_is_changed_is_no_longer_said(
    folder: Path, file: str, old: str, new: str, missing: str
) -> None:
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert missing not in said(folder)


def test_a_changed_value_moves_the_hashes_up_to_the_signed_statement_and_no_further(
    folder: Path,
) -> None:
    names = ("FIELD", "ROOT", "RECORD", "BATCH", "ENTRY", "HEAD")
    show = [f'echo "={name} ${name}"' for name in names]
    before = [x for x in run(folder, [*BLOCKS, *show]).stdout.splitlines() if x.startswith("=")]
    path = folder / "proof.json"
    path.write_text(path.read_text().replace("03VKFXQC2F76ZWRP", "03VKFXQC2F76ZWRQ"))
    after = [x for x in run(folder, [*BLOCKS, *show]).stdout.splitlines() if x.startswith("=")]
    kept = [name for name, old, new in zip(names, before, after, strict=True) if old == new]
    assert kept == ["ENTRY", "HEAD"]
    assert said(folder) == SAYS[1:]


def test_the_minutes_add_up_to_an_hour() -> None:
    sections = re.findall(r"^## (\d+)\. .*\((\d+) minutes", GUIDE, re.M)
    assert [int(number) for number, _ in sections] == list(range(1, 9))
    assert sum(int(minutes) for _, minutes in sections) == 60
    rows = re.findall(r"^\| (\d+) \|", GUIDE[: GUIDE.index("## 2.")], re.M)
    assert sum(map(int, rows)) == int(sections[0][1])


def test_the_same_example_is_accepted_by_the_single_file(single_file: Path) -> None:
    trust = EXAMPLE / "my-trust.json"
    done = run_single(single_file, EXAMPLE / "proof.json", "--trust", trust)
    assert done.returncode == 0, done.stdout + done.stderr
    block = EXAMPLE / "block.json"
    done = run_single(single_file, EXAMPLE / "proof.json", "--trust", trust, "--block", block)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_slots_asked_for_are_those_of_the_log(single_file: Path) -> None:
    trust = EXAMPLE / "my-trust.json"
    done = run_single(single_file, "--slots", "--trust", trust)
    log = load_trust(trust).log
    found = json.loads(done.stdout)
    assert found == {f"slot{n}": "0x" + storage_slot(log, n).hex() for n in (0, 1)}
    storage = json.loads((EXAMPLE / "storage.json").read_text())
    keys = [one["key"] for one in storage["result"]["storageProof"]]
    assert [int(key, 16) for key in keys] == [int(slot, 16) for slot in found.values()]
