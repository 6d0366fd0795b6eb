"""Proofs and bundles at random, each judged by every verifier there is: they must agree.

Everything follows from SEED and a number, so that what is told can be made again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TypeVar

from tests.attack.bending import Bent, Genuine, bent, genuine_bundles, says_no_more
from tests.attack.judges import (
    JavaScript,
    Solidity,
    Verdict,
    javascript,
    library,
    python,
    python_bundle,
    solidity,
)
from tests.attack.proofs import Proof, proofs
from tests.attack.table import Attack, Outcome, Setting
from traceability.hashing.canonical import canonicalize
from traceability.verify.trust import parse_trust

SEED = "itemproof-1"
PROOFS, BUNDLES = (4_000, 1_000_000), (800, 100_000)
# Few enough that all judges are at work most of the time.
PROOFS_AT_ONCE, BUNDLES_AT_ONCE = 2_000, 250
MOST_TOLD = 3
One = TypeVar("One")


def batched(all_of_them: Iterable[One], number: int) -> Iterator[list[One]]:
    """Yield lists of at most so many."""
    source = iter(all_of_them)
    while some := list(islice(source, number)):
        yield some


# Proofs.


def judged(some: Sequence[Proof], js: JavaScript, sol: Solidity) -> list[tuple[bool, ...]]:
    """Return each proof's verdicts: Python, JavaScript, Solidity, pymerkle."""
    with ThreadPoolExecutor(2) as threads:
        others = [threads.submit(js.proofs, some), threads.submit(sol.proofs, some)]
        ours, theirs = list(map(python, some)), list(map(library, some))
        return list(zip(ours, *(other.result() for other in others), theirs, strict=True))


def fault_of(proof: Proof, verdicts: Sequence[bool]) -> str | None:
    """Tell what is wrong: judges disagree, or all are wrong where the truth is known."""
    if len(set(verdicts)) > 1:
        said = dict(zip(("python", "javascript", "solidity", "pymerkle"), verdicts, strict=True))
        return f"they disagree: {said} of {told(proof)}"
    if proof.expected is not None and verdicts[0] != proof.expected:
        return f"wrongly {'accepted' if verdicts[0] else 'refused'}: {told(proof)}"
    return None


def told(proof: Proof) -> str:
    """Return a proof as JSON."""
    hashes = {"start": proof.start.hex(), "root": proof.root.hex()}
    path = [node.hex() for node in proof.path]
    return json.dumps(proof._asdict() | hashes | {"path": path})


def fuzz_proofs(setting: Setting, folder: Path) -> Outcome:
    """Judge proofs, a quarter of them genuine."""
    del folder
    number = PROOFS[setting.scale >= 100]
    counts: Counter[str] = Counter()
    faults: list[str] = []
    with javascript() as js, solidity() as sol:
        for some in batched(islice(proofs(SEED), number), PROOFS_AT_ONCE):
            for proof, verdicts in zip(some, judged(some, js, sol), strict=True):
                counts[f"{proof.kind} {'accepted' if verdicts[0] else 'refused'}"] += 1
                faults += filter(None, [fault_of(proof, verdicts)])
    said = ", ".join(f"{counts[name]:,} {name}" for name in sorted(counts))
    evidence = f"seed {SEED!r}: {said}; Python, JavaScript, Solidity and pymerkle agree"
    return Outcome(number, number - len(faults), " | ".join(faults[:MOST_TOLD]) or evidence)


# Bundles.


def trust_groups(some: Sequence[Bent]) -> Iterator[list[Bent]]:
    """Yield those that are judged under the same trust file."""
    groups: dict[str, list[Bent]] = {}
    for one in some:
        groups.setdefault(json.dumps(one.of.trust, sort_keys=True), []).append(one)
    yield from groups.values()


def judge_bundles(group: Sequence[Bent], js: JavaScript) -> list[tuple[Bent, Verdict, Verdict]]:
    """Return each bundle with what Python and JavaScript say of it."""
    trust = parse_trust(canonicalize(group[0].of.trust))
    with ThreadPoolExecutor(1) as thread:
        theirs = thread.submit(js.bundles, group, group[0].of.trust)
        ours = [python_bundle(one, trust) for one in group]
        return list(zip(group, ours, theirs.result(), strict=True))


def bundle_fault(one: Bent, ours: Verdict, theirs: Verdict, known: Sequence[Genuine]) -> str | None:
    """Tell what is wrong with two verdicts."""
    if ours.kind != theirs.kind or "broke" in (ours.exit_status, theirs.exit_status):
        return f"they disagree: python {tuple(ours)}, javascript {tuple(theirs)}"
    if one.data == one.of.data:
        return None if ours.exit_status == 0 else "a genuine bundle is refused"
    if ours.exit_status == 0 and not says_no_more(one, known):
        return "accepted, though it says what no genuine bundle says"
    return None


def numbered(genuine: Sequence[Genuine], number: int) -> Iterator[Bent]:
    """Yield all genuine bundles, and changed ones until there are so many."""
    yield from (Bent(one, one.data, "nothing") for one in genuine)
    yield from (bent(genuine, SEED, at) for at in range(number - len(genuine)))


def fuzz_bundles(setting: Setting, folder: Path) -> Outcome:
    """Judge bundles, all but a few of them changed."""
    del folder
    number, genuine = BUNDLES[setting.scale >= 100], genuine_bundles()
    counts: Counter[str] = Counter()
    faults: list[str] = []
    with ExitStack() as stack:
        nodes = [stack.enter_context(javascript()) for _ in range(2)]
        with ThreadPoolExecutor(len(nodes)) as threads:
            chunks = batched(numbered(genuine, number), BUNDLES_AT_ONCE)
            for pair in batched(chunks, len(nodes)):
                for found in threads.map(_judge_chunk, pair, nodes):
                    _count(found, genuine, counts, faults)
    said = f"{counts['genuine']:,} genuine and {counts['less']:,} that show less accepted"
    places = sum(name.startswith("step") for name in counts)
    refused = f"{counts['refused']:,} refused with {places} different steps and codes"
    evidence = f"seed {SEED!r}: {said}, {refused}, the same in Python and JavaScript"
    return Outcome(number, number - len(faults), " | ".join(faults[:MOST_TOLD]) or evidence)


def _judge_chunk(chunk: Sequence[Bent], js: JavaScript) -> list[tuple[Bent, Verdict, Verdict]]:
    return [found for group in trust_groups(chunk) for found in judge_bundles(group, js)]


def _count(
    found: Sequence[tuple[Bent, Verdict, Verdict]],
    genuine: Sequence[Genuine],
    counts: Counter[str],
    faults: list[str],
) -> None:
    for one, ours, theirs in found:
        fault = bundle_fault(one, ours, theirs, genuine)
        if fault:
            faults.append(f"{fault}: {one.of.name}, {one.how[:200]}")
        if ours.exit_status == 0:
            counts["genuine" if one.data == one.of.data else "less"] += 1
        else:
            counts.update(("refused", f"step {ours.step} {ours.kind.code}"))


ATTACKS: tuple[Attack, ...] = (
    Attack("proofs at random, judged by four", fuzz_proofs),
    Attack("bundles at random, judged by two", fuzz_bundles),
)
