"""The single file: made of the project's own sources, and of one mind with the verifier."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ledger_api.i18n.terms import error_words
from tests.conformance.test_bundle_vectors import CASES
from tests.support.single_file import BARE, WITH_PACKAGES, run_single, verdicts
from traceability.hashing.canonical import canonicalize
from traceability.verify.alone import archive, contents
from traceability.verify.alone.chinese import TITLES, fault_in_chinese, titled

ROOT = Path(__file__).resolve().parents[2]
ZERO = "0x" + "00" * 32
FIELDS = ("exit_status", "state", "status", "step", "reason", "warnings")
ALL: list[dict[str, Any]] = [param.values[0] for param in CASES]
GOOD = next(case for case in ALL if case["expected"]["exit_status"] == 0)


def sources(file: Path) -> dict[str, str]:
    """Return the texts that stand in the file, read without running it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            name = ast.literal_eval(node.targets[0].slice)
            found[name] = ast.literal_eval(node.value)
    return found


def test_its_sources_are_those_of_the_repository(single_file: Path) -> None:
    listed = dict(
        reversed(match)
        for match in re.findall(r"^#   ([0-9a-f]{64})  (\S+)$", single_file.read_text(), re.M)
    )
    assert len(listed) == len(sources(single_file)) > 40
    for path, digest in listed.items():
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == digest, path
    for name, text in sources(single_file).items():
        base = ROOT / name.replace(".", "/")
        at = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        assert at.read_text(encoding="utf-8") == text, name


def test_it_holds_the_whole_verifier_and_nothing_that_makes_proofs(single_file: Path) -> None:
    names = sources(single_file).keys()
    assert {"traceability.verify.verifier", "traceability.hashing.secp256k1"} <= names
    assert not {"traceability.verify.building", "traceability.store"} & names


@pytest.mark.parametrize(("python", "by"), [(BARE, "own"), (WITH_PACKAGES, "cryptography")])
def test_every_vector_gets_its_stated_verdict(
    single_file: Path, python: tuple[str, ...], by: str
) -> None:
    cases = [
        (canonicalize(case["trust"]), case["bundle"], case["accept"], case.get("code"))
        for case in ALL
    ]
    found = verdicts(single_file, cases, python)
    assert {one.pop("by") for one in found} == {by}
    assert len(found) == len(ALL)
    for case, verdict in zip(ALL, found, strict=True):
        expected = {name: case["expected"][name] for name in FIELDS}
        assert verdict == expected, case["name"]


class TestCommandLine:
    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[Path, Path]:
        """Return a good bundle and its trust file."""
        bundle, trust = tmp_path / "proof.json", tmp_path / "trust.json"
        bundle.write_bytes(GOOD["bundle"])
        trust.write_text(json.dumps(GOOD["trust"]))
        return bundle, trust

    @pytest.mark.parametrize(
        ("lang", "word", "own"), [("en", "verified", "this file's own"), ("zh", "已验证", "自带")]
    )
    def test_says_yes_and_who_checked(
        self, single_file: Path, files: tuple[Path, Path], lang: str, word: str, own: str
    ) -> None:
        done = run_single(single_file, files[0], "--trust", files[1], lang=lang)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(word)
        assert own in done.stdout

    def test_says_the_same_as_json(self, single_file: Path, files: tuple[Path, Path]) -> None:
        done = run_single(single_file, files[0], "--trust", files[1], "--json")
        found = json.loads(done.stdout)
        assert (found["verified"], found["signatures_checked_by"]) == (True, "own")
        done = run_single(
            single_file, files[0], "--trust", files[1], "--json", python=WITH_PACKAGES
        )
        assert json.loads(done.stdout)["signatures_checked_by"] == "cryptography"
        done = run_single(
            single_file, files[0], "--trust", files[1], "--json", "--plain", python=WITH_PACKAGES
        )
        assert json.loads(done.stdout)["signatures_checked_by"] == "own"

    def test_refuses_one_changed_byte(self, single_file: Path, files: tuple[Path, Path]) -> None:
        bundle, trust = files
        data = bytearray(bundle.read_bytes())
        data[len(data) // 2] ^= 1
        bundle.write_bytes(data)
        done = run_single(single_file, bundle, "--trust", trust)
        assert done.returncode == 1
        assert done.stdout.startswith("NOT verified")

    def test_refuses_another_code(self, single_file: Path, files: tuple[Path, Path]) -> None:
        done = run_single(single_file, files[0], "--trust", files[1], "--code", "urn:x:y")
        assert done.returncode == 1
        assert "CODE_MISMATCH" in done.stdout

    @pytest.mark.parametrize("arguments", [(), ("--trust", "nothing.json"), ("--accept", "maybe")])
    def test_usage_and_missing_trust_are_2(
        self, single_file: Path, files: tuple[Path, Path], arguments: tuple[str, ...]
    ) -> None:
        assert run_single(single_file, files[0], *arguments).returncode == 2

    def test_a_block_comes_from_an_explorer(
        self, single_file: Path, files: tuple[Path, Path], tmp_path: Path
    ) -> None:
        bundle, trust = files
        value = dict(GOOD["trust"])
        pinned = value.pop("block_hashes")
        trust.write_text(json.dumps(value))
        done = run_single(single_file, bundle, "--trust", trust)
        assert done.returncode == 2, done.stdout
        right = [("--block", self.block(tmp_path, *one)) for one in pinned.items()]
        wrong = [("--block", self.block(tmp_path, number, ZERO)) for number in pinned]
        for blocks, status in ((right, 0), (wrong, 1), (right + wrong, 2)):
            named = [part for block in blocks for part in block]
            assert run_single(single_file, bundle, "--trust", trust, *named).returncode == status

    @staticmethod
    def block(folder: Path, number: str, block_hash: str) -> Path:
        """Write a block as an explorer shows it."""
        path = folder / f"block-{number}-{block_hash[:6]}.json"
        block = {"number": hex(int(number)), "hash": block_hash}
        path.write_text(json.dumps({"jsonrpc": "2.0", "id": 1, "result": block}))
        return path

    @pytest.mark.parametrize(
        "text", ["[]", "{}", '{"number": 7}', '{"number": "0x7", "hash": "x"}']
    )
    def test_what_is_no_block_is_named(
        self, single_file: Path, files: tuple[Path, Path], tmp_path: Path, text: str
    ) -> None:
        (tmp_path / "block.json").write_text(text)
        done = run_single(
            single_file, files[0], "--trust", files[1], "--block", tmp_path / "block.json"
        )
        assert done.returncode == 2
        assert "BLOCK_FILE_INVALID" in done.stderr


class TestChinese:
    def test_every_code_has_its_title_of_the_catalogue(self, single_file: Path) -> None:
        found = {
            code: error_words(code, language="zh").title
            for text in sources(single_file).values()
            for code in re.findall(r'code = "([A-Z0-9_]+)"', text)
        }
        assert len(found) > 60
        assert found.items() <= TITLES.items()
        for code, title in TITLES.items():
            assert title == error_words(code, language="zh").title, code

    @pytest.mark.parametrize("module", [archive, contents])
    def test_every_fault_of_an_evidence_bundle_has_words(self, module: ModuleType) -> None:
        templates = list(fault_templates(inspect.getsource(module)))
        assert len(templates) > 5
        for text in templates:
            chinese = fault_in_chinese(text.replace("{}", "'1'"))
            assert re.search("[\u4e00-\u9fff]", chinese), text

    def test_of_an_unknown_fault_only_what_it_quotes_is_told(self) -> None:
        assert fault_in_chinese("no such words: 'proof.json' (why)") == "'proof.json'"
        assert fault_in_chinese("(9) ANCHOR_MISSING: no anchor") == "(9) " + titled(
            "ANCHOR_MISSING"
        )

    @pytest.mark.parametrize(
        ("arguments", "status"),
        [
            (("proof.json", "--trust", "trust.json"), 0),
            (("proof.json", "--trust", "trust.json", "--code", "urn:x:y"), 1),
            (("trust.json", "--trust", "trust.json"), 1),
            (("no-such.json", "--trust", "trust.json"), 2),
            (("proof.json", "--trust", "no-such.json"), 2),
            (("proof.json", "--trust", "proof.json"), 2),
            (("proof.json", "--trust", "trust.json", "--block", "no-such.json"), 2),
            (("--all", "no-such.zip", "--trust", "trust.json"), 2),
            (("--all", ".", "--trust", "trust.json"), 1),
            (("--all", "proof.json", "--trust", "trust.json"), 1),
            (("proof.json",), 2),
            (("proof.json", "--trust"), 2),
            (("--trust", "trust.json"), 2),
            (("proof.json", "--trust", "trust.json", "--accept", "maybe"), 2),
            (("proof.json", "--slots", "--trust", "trust.json"), 2),
            (("proof.json", "--wrong", "--trust", "trust.json"), 2),
        ],
    )
    def test_every_line_is_wholly_chinese(
        self, single_file: Path, tmp_path: Path, arguments: tuple[str, ...], status: int
    ) -> None:
        write_good(tmp_path)
        done = run_single(single_file, *arguments, "--lang", "zh", cwd=tmp_path)
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        lines = [one for one in (done.stdout + done.stderr).splitlines() if one]
        assert lines
        for line in lines:
            words = re.findall(r"(?<![\w.-])[a-z]{3,}(?![\w.-])", without_names(line))
            assert not words, line


class TestMistypedName:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("no-such.json", "--trust", "trust.json"), "FILE_UNUSABLE"),
            (("--all", "no-such.zip", "--trust", "trust.json"), "FILE_UNUSABLE"),
            ((".", "--trust", "trust.json"), "FILE_UNUSABLE"),
            (("proof.json", "--trust", "trust.json", "--block", "no-such.json"), "FILE_UNUSABLE"),
            (("proof.json", "--trust", "no-such.json"), "TRUST_FILE_MISSING"),
        ],
    )
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_is_one_line_and_2(
        self, single_file: Path, tmp_path: Path, arguments: tuple[str, ...], code: str, lang: str
    ) -> None:
        write_good(tmp_path)
        done = run_single(single_file, *arguments, lang=lang, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert code in line
        assert next(name for name in arguments if name == "." or "no-such" in name) in line

    def test_a_file_that_is_there_and_is_no_bundle_is_1(
        self, single_file: Path, tmp_path: Path
    ) -> None:
        write_good(tmp_path)
        done = run_single(single_file, "trust.json", "--trust", "trust.json", cwd=tmp_path)
        assert done.returncode == 1


def write_good(folder: Path) -> None:
    """Write a good bundle and its trust file."""
    (folder / "proof.json").write_bytes(GOOD["bundle"])
    (folder / "trust.json").write_text(json.dumps(GOOD["trust"]))


def without_names(line: str) -> str:
    """Return a line without quoted values and the names of options and packages."""
    return re.sub(r"'[^']*'|--[a-z]+|\bbundle\b|cryptography|\(Ed25519\)", "", line)


def fault_templates(source: str) -> Iterator[str]:
    """Yield what a module says of files: in `found.fault(…)`, `yield …` and `ArchiveInvalid(…)`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="fault"), args=[_, said]):
                found = said
            case ast.Yield(value=ast.Tuple(elts=[_, said])):
                found = said
            case ast.Call(func=ast.Name(id="ArchiveInvalid"), args=[said]):
                found = said
            case _:
                continue
        if isinstance(found, ast.Constant):
            yield str(found.value)
        elif isinstance(found, ast.JoinedStr):
            parts = found.values
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts)
