"""What a case of the bundle vectors is, and the tools with which hostile ones are made.

`tests/support/cases_*.py` hold the stories; `scripts/make_bundle_vectors.py` writes them down.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.support.forge import Batch, Forge, Member, Record, event, item, lot_document, seeded
from traceability.hashing.canonical import canonicalize
from traceability.hashing.secp256k1 import WalletKey
from traceability.verify.bundle import Bundle
from traceability.verify.trust import Trust
from traceability.verify.verifier import verify_bundle

# The neutral point, with which every message seems signed; the order of the base point.
IDENTITY = (1).to_bytes(32, "little")
ORDER = 2**252 + 27742317777372353535851937790883648493
EPC = "https://id.gs1.org/01/09506000134352/21/"


def wallet_key(name: str) -> WalletKey:
    return WalletKey.from_seed(seeded("wallet", name))


@dataclass(frozen=True, slots=True)
class Case:
    """A bundle, what it is checked against, and the verdict; step and reason if refused."""

    name: str
    story: str
    data: bytes
    trust: Trust
    step: int | None = None
    reason: str | None = None
    accept: str = "logged"
    code: str | None = None
    exit_status: int | None = None
    status: str | None = "current"
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the vector; bytes that are no UTF-8 text are written in hex."""
        report = verify_bundle(self.data, self.trust, accept=self.accept, code=self.code)  # type: ignore[arg-type]  # a string of a case
        self._check(report.to_json())
        try:
            bundle = {"bundle": self.data.decode()}
        except UnicodeDecodeError:
            bundle = {"bundle_hex": self.data.hex()}
        asked = {"accept": self.accept} | ({"code": self.code} if self.code is not None else {})
        expected = {
            "exit_status": report.exit_status,
            "state": report.state,
            "status": report.to_json()["status"],
            "step": self.step,
            "reason": self.reason,
            "warnings": list(self.warnings),
        }
        named = {"name": self.name, "story": self.story}
        return named | asked | {"expected": expected} | bundle

    def _check(self, report: dict[str, Any]) -> None:
        failed = next((s for s in report["steps"] if s["result"] == "failed"), None)
        found = (failed["step"], failed["code"]) if failed else (None, None)
        detail = failed["reason"] if failed else ""
        assert found == (self.step, self.reason), f"{self.name}: {found} {detail}"
        wanted = self.exit_status if self.exit_status is not None else int(failed is not None)
        assert report["exit_status"] == wanted, f"{self.name}: exit {report['exit_status']}"
        if failed is None:
            assert report["status"] == self.status, f"{self.name}: {report['status']}"
        warned = tuple(one["code"] for one in report["warnings"])
        assert warned == self.warnings, f"{self.name}: {warned}"


def edited(bundle: Bundle, *edits: tuple[str, Any]) -> bytes:
    """Return the bundle with values replaced at JSON pointers; `REMOVED` takes them out."""
    value = copy.deepcopy(bundle.to_json())
    for pointer, new in edits:
        *parents, last = [p for p in pointer.split("/") if p]
        place: Any = value
        for part in parents:
            place = place[int(part) if isinstance(place, list) else part]
        key = int(last) if isinstance(place, list) else last
        if new is REMOVED:
            del place[key]
        elif isinstance(place, list) and key == len(place):
            place.append(new)
        else:
            place[key] = new
    return canonicalize(value)


REMOVED = object()


@dataclass(slots=True)
class World:
    """A log with one producer, whose registration is anchored."""

    forge: Forge
    producer: Member

    @classmethod
    def begin(cls, **changes: Any) -> World:
        forge = Forge()
        producer = forge.register("Harbour Cables", **changes)
        forge.register("Coast Carriers", roles=("carrier",), prefixes=())
        forge.state()
        forge.anchor()
        return cls(forge, producer)

    def items(self, *, count: int = 5, **changes: Any) -> Batch:
        records = [lot_document(), *[item(f"S{i}") for i in range(1, count)]]
        return self.forge.batch(self.producer, records, **changes)

    def events(self, *bodies: dict[str, Any], member: Member | None = None) -> Batch:
        return self.forge.batch(member or self.producer, [event(body) for body in bodies])

    def close(self, *, anchor: bool = False) -> None:
        self.forge.state()
        if anchor:
            self.forge.anchor()

    def proof(self, batch: Batch, index: int = 1, **options: Any) -> Bundle:
        return self.forge.bundle(batch, index, **options)


def simple(**changes: Any) -> tuple[World, Batch, Bundle]:
    """Return a closed world with one batch of items, and the proof of one."""
    world = World.begin()
    batch = world.items(**changes)
    world.close()
    return world, batch, world.proof(batch)


def anchored(**options: Any) -> tuple[World, Batch, Bundle]:
    """Return the same, anchored, with card, lot and what the signer had seen."""
    world = World.begin()
    batch = world.items()
    world.close(anchor=True)
    options = {"with_card": True, "with_lot": True, "with_seen": True} | options
    return world, batch, world.proof(batch, **options)


def shipping(count: int = 3) -> dict[str, Any]:
    return {"epcList": [f"{EPC}S{i}" for i in range(1, count + 1)]}


def signed(record: Record, *, roles: tuple[str, ...] = ("producer",)) -> tuple[World, Bundle]:
    """Return the proof of a record that a hostile signer made and logged."""
    world = World.begin(roles=roles)
    batch = world.forge.batch(world.producer, [record, item("S1")])
    world.close()
    return world, world.proof(batch, 0)


def write(groups: Mapping[str, Callable[[], Sequence[Case]]]) -> dict[str, str]:
    """Return file names and texts of all vectors; every expectation is checked on the way."""
    files = {}
    for group, make in groups.items():
        cases = make()
        names = [case.name for case in cases]
        assert len(set(names)) == len(names), f"{group}: a name stands twice"
        trusts = {canonicalize(case.trust.to_json()).decode(): case.trust for case in cases}
        labels = {text: f"t{i}" for i, text in enumerate(sorted(trusts))}
        body = {
            "source": "scripts/make_bundle_vectors.py",
            "trust": {label: json.loads(text) for text, label in labels.items()},
            "cases": list(
                _shortened(
                    case.to_json() | {"trust": labels[canonicalize(case.trust.to_json()).decode()]}
                    for case in cases
                )
            ),
        }
        files[f"{group}.json"] = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
    return files


def read(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a file's cases with their bundles as bytes, what was shortened put back."""
    texts: dict[str, str] = {}
    for case in body["cases"]:
        if "bundle_hex" in case:
            data = bytes.fromhex(case["bundle_hex"])
        elif "splice" in case:
            start, removed, inserted = case["splice"]
            base = texts[case["base"]]
            data = (base[:start] + inserted + base[start + removed :]).encode()
        else:
            texts[case["name"]] = case["bundle"]
            data = case["bundle"].encode()
        yield case | {"bundle": data, "trust": body["trust"][case["trust"]]}


def _shortened(vectors: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Write a bundle as one change of an earlier one where that is much shorter."""
    bases: dict[str, str] = {}
    for vector in vectors:
        text = vector.get("bundle")
        if text is None:
            yield vector
            continue
        splices = {name: _splice(base, text) for name, base in bases.items()}
        best = min(splices, key=lambda name: len(splices[name][2]), default=None)
        if best is not None and 2 * len(splices[best][2]) < len(text):
            del vector["bundle"]
            yield vector | {"base": best, "splice": list(splices[best])}
        else:
            bases[vector["name"]] = text
            yield vector


def _splice(base: str, text: str) -> tuple[int, int, str]:
    """Return where the texts begin to differ, what goes, and what comes in its place."""
    start = len(os.path.commonprefix([base, text]))  # noqa: RUF071  characters are meant
    rest = min(len(base), len(text)) - start
    tails = [base[::-1][:rest], text[::-1][:rest]]
    same = len(os.path.commonprefix(tails))  # noqa: RUF071  characters are meant
    return start, len(base) - start - same, text[start : len(text) - same]


def refused(
    world: World, name: str, story: str, made: Bundle | bytes, *, step: int, reason: str
) -> Case:
    """Return a case that is to be refused, under the world's own trust file."""
    data = made if isinstance(made, bytes) else made.to_bytes()
    return Case(name, story, data, world.forge.trust(), step=step, reason=reason)


def without_anchor(bundle: Bundle) -> Bundle:
    return replace(bundle, anchor=None, seen_proof=None)
