"""Whoever judges proofs: Python, JavaScript, Solidity and pymerkle, each asked about many at once.

A proof says nothing of the size of its tree: index and sizes are taken as given, by all alike.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pymerkle  # type: ignore[import-untyped]  # has no types
import solcx
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from scripts.compile_contracts import CONTRACTS, SETTINGS
from tests.attack.bending import Bent
from tests.attack.proofs import INCLUSION, Proof
from tests.support.anvil import running_anvil
from traceability.chain.client import ChainClient
from traceability.errors import ProofRejected
from traceability.merkle.proofs import verify_consistency, verify_inclusion
from traceability.verify.trust import Trust
from traceability.verify.verifier import verify_bundle

ROOT = Path(__file__).parents[2]
JUDGE_ADDRESS = "0x" + "aa" * 20
JUDGE_SOURCE = "test/support/ProofJudge.sol"
GAS = 1 << 40


def python(proof: Proof) -> bool:
    """Judge as the verifier does."""
    try:
        if proof.kind == INCLUSION:
            verify_inclusion(
                proof.start, proof.first, tree_size=proof.size, inclusion_path=proof.path,
                root_hash=proof.root,
            )  # fmt: skip
        else:
            verify_consistency(
                proof.first, proof.start, tree_size=proof.size, root_hash=proof.root,
                consistency_path=proof.path,
            )  # fmt: skip
    except ProofRejected:
        return False
    return True


# pymerkle, by others.


def library(proof: Proof) -> bool:
    """Judge as pymerkle does."""
    judge = library_inclusion if proof.kind == INCLUSION else library_consistency
    try:
        judge(proof)
    except pymerkle.InvalidProof:
        return False
    return True


def library_inclusion(proof: Proof) -> None:
    """Judge an inclusion proof: pymerkle's begins with the leaf, and counts from one."""
    if not 0 <= proof.first < proof.size:
        raise pymerkle.InvalidProof("index outside the tree")
    path = [proof.start, *proof.path]
    rule = inclusion_rule(proof.first + 1, proof.size)
    found = pymerkle.InclusionProof("sha256", True, proof.size, proof.first + 1, rule, path)
    found.verify(proof.start, proof.root, index=proof.first + 1, size=proof.size)


def library_consistency(proof: Proof) -> None:
    """Judge a consistency proof of RFC 9162 by pymerkle.

    Pymerkle opens the tree down to the leaf that follows the first size, while the standard's
    proof stops at the complete subtrees below it. Both are one where the first size is odd, but
    for the order of the two lowest nodes; for an even one the subtrees count as leaves.
    """
    if not 0 < proof.first <= proof.size:
        raise pymerkle.InvalidProof("sizes out of order")
    if proof.first == proof.size:
        hashes, first, size = [proof.start, *proof.path], proof.first, proof.size
    else:
        level = (proof.first & -proof.first).bit_length() - 1
        first, size = proof.first >> level, (proof.size - 1 >> level) + 1
        whole = [proof.start] if first == 1 else []
        hashes = [*whole, *proof.path]
        hashes[:2] = hashes[1::-1]
    rule, subset = consistency_rule(first, size)
    found = pymerkle.ConsistencyProof("sha256", True, size, first, rule, subset, hashes)
    found.verify(proof.start, proof.root, prior_size=first, later_size=size)


def inclusion_rule(index: int, size: int) -> list[int]:
    """Return the turns that pymerkle demands of a proof for this place."""
    rule: list[int] = pymerkle.core._inclusion_path_layout(index, size)[0]
    return rule


def consistency_rule(first: int, size: int) -> tuple[list[int], list[int]]:
    """Return the turns, and which nodes are of the earlier tree, that pymerkle demands."""
    rule, subset, _ = pymerkle.core._consistency_path_layout(first, size)
    return rule, subset


# Bundles, by Python.


class Verdict(NamedTuple):
    """What a verifier says of a bundle; `step` and `code` are of the step that failed."""

    exit_status: int | str
    state: str | None
    status: str | None
    step: int | None
    code: str | None

    @property
    def kind(self) -> Verdict:
        """The same, with one code for all faults of JSON: no parser tells every one apart."""
        is_json = self.code is not None and self.code.startswith("JSON_")
        return self._replace(code="NOT_CANONICAL") if is_json else self


def python_bundle(bent: Bent, trust: Trust) -> Verdict:
    """Judge a bundle as the Python verifier does; one that breaks it is told."""
    try:
        report = verify_bundle(bent.data, trust, accept=bent.of.accept, code=bent.of.code)
    except Exception as error:  # whatever it is, it must not be
        return Verdict("broke", None, None, None, repr(error)[:200])
    failed, facts = report.failed, report.facts
    return Verdict(
        report.exit_status,
        report.state,
        facts.status if facts else None,
        failed.step if failed else None,
        failed.code if failed else None,
    )


# JavaScript, in one process.


class JavaScript:
    """The browser's verifier in Node, asked by lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, question: dict[str, Any]) -> Any:
        """Return the answer to a question; no answer is an error."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the JavaScript judge has ended")
        return json.loads(line)

    def bundles(self, bundles: Sequence[Bent], trust: object) -> list[Verdict]:
        """Judge bundles under one trust file."""
        self.ask({"trust": trust})
        asked = [
            {
                "bytes": base64.b64encode(one.data).decode(),
                "accept": one.of.accept,
                "code": one.of.code,
            }
            for one in bundles
        ]
        return [Verdict(*found) for found in self.ask({"bundles": asked})]

    def proofs(self, proofs: Sequence[Proof]) -> list[bool]:
        """Judge proofs."""
        cases = [(one.kind, one.first, one.size, len(one.path)) for one in proofs]
        words = b"".join(map(words_of, proofs))
        verdicts = self.ask({"proofs": {"cases": cases, "words": base64.b64encode(words).decode()}})
        return [letter == "1" for letter in verdicts]


@contextmanager
def javascript() -> Iterator[JavaScript]:
    """Run Node while the context lasts."""
    node = shutil.which("node", path=f"{ROOT / '.tools/bin'}{os.pathsep}{os.environ['PATH']}")
    assert node, "Node is missing: run make test"
    command = [node, str(ROOT / "tests/js/judge.mjs")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield JavaScript(process)
        finally:
            process.kill()


# Solidity, on a chain.


class Solidity:
    """The registry's own views, asked about many proofs in a call."""

    def __init__(self, client: ChainClient, registry: str) -> None:
        self._client = client
        self._registry = registry

    def proofs(self, proofs: Sequence[Proof]) -> list[bool]:
        """Judge proofs."""
        cases, at = [], 0
        for one in proofs:
            kind = int(one.kind != INCLUSION)
            cases.append(
                one.first | one.size << 64 | at << 128 | len(one.path) << 160 | kind << 176
            )
            at += 2 + len(one.path)
        # Three arguments: the registry, and two arrays whose places come first.
        words = b"".join(map(words_of, proofs))
        head = encode(
            ["address", "uint256", "uint256"], [self._registry, 96, 128 + 32 * len(cases)]
        )
        body = _counted(b"".join(case.to_bytes(32) for case in cases)) + _counted(words)
        data = "0x" + (SELECTOR + head + body).hex()
        call = {"to": JUDGE_ADDRESS, "gas": hex(GAS), "data": data}
        answer = bytes.fromhex(self._client.ask("eth_call", call, "latest")[2:])
        return [letter == 1 for letter in answer[64 : 64 + len(cases)]]


SELECTOR = keccak(b"judge(address,uint256[],bytes32[])")[:4]


def _counted(words: bytes) -> bytes:
    return (len(words) // 32).to_bytes(32) + words


def words_of(proof: Proof) -> bytes:
    """Return a proof's hashes, one after the other."""
    return b"".join((proof.start, proof.root, *proof.path))


@cache
def judge_code() -> str:
    """Compile the contract that asks a registry."""
    paths = [*(CONTRACTS / "src").glob("*.sol"), CONTRACTS / JUDGE_SOURCE]
    sources = {
        path.relative_to(CONTRACTS).as_posix(): {"content": path.read_text(encoding="utf-8")}
        for path in paths
    }
    wanted = {JUDGE_SOURCE: {"ProofJudge": ["evm.deployedBytecode"]}}
    compiled = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": sources,
            "settings": {**SETTINGS, "outputSelection": wanted},
        },
        solc_binary=CONTRACTS / "solc.js",
    )
    code = compiled["contracts"][JUDGE_SOURCE]["ProofJudge"]["evm"]["deployedBytecode"]["object"]
    return "0x" + str(code)


@contextmanager
def solidity() -> Iterator[Solidity]:
    """Run a chain with the registry while the context lasts."""
    limits = ("--disable-block-gas-limit", "--no-request-size-limit")
    with running_anvil(*limits, accounts=1) as anvil, anvil.client(timeout_seconds=300.0) as client:
        registry = client.deploy(anvil.accounts[0])
        with anvil.client(contract=registry) as checking:
            checking.check_contract()
        client.ask("anvil_setCode", JUDGE_ADDRESS, judge_code())
        yield Solidity(client, registry)
