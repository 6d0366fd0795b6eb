"""One item out of an event of 10,000 EPCs, and one of a lot, in a log of a million entries.

The log has ten thousand keys and a hundred thousand statuses. Its entries before and after are
made up (`synthetic_log.py`), the event, the lot, the heads, the state entry and the anchors are
not: each bundle is verified. `-anchored` has the anchor's evidence, `-whole` also that of the head
which the signer had seen, and `-sent` is the whole as HTTP packs it with gzip. The floor is the
bytes of the hashes in it, 32 for each, which the proof needs in whatever form it is written.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

from ledger_api.defaults import default_participant
from ledger_api.settings import Settings
from ledger_api.wiring import open_node
from scripts.benchmarks.events import sample_event
from scripts.benchmarks.measure import Part, Row
from scripts.benchmarks.synthetic_log import SEED, add_keys, add_statuses, lengthen
from traceability.hashing.canonical import canonicalize
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.trust import trust_of
from traceability.strict_json import JSONValue
from traceability.verify.bundle import Bundle
from traceability.verify.verifier import verify_bundle

ENTRIES, KEYS, STATUSES = 1_000_000, 10_000, 100_000
EPCS, ITEMS = 10_000, 1_000_000
GTIN = "09521234567899"
SAMPLE = 20
EVENT_BUDGET, ITEM_BUDGET = 12_288.0, 10_240.0
# Members that say when and where the log was anchored; a proof without them holds to the head.
EVIDENCE, SEEN = ("anchor", "seen_proof"), ("seen_proof",)
HASH_BYTES = 32
FORMS = ("", "-anchored", "-whole", "-sent")
NAMES = tuple(f"bundle-crowded-{what}{form}" for what in ("event", "item") for form in FORMS)


def _measure(*, quick: bool) -> Iterator[Row]:
    share = 10 if quick else 1
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        batch = _fill(data, ENTRIES // share, ITEMS // share)
        lengthen(data, ENTRIES // share - 1)
        add_keys(data / "ledger.sqlite", KEYS // share, below=ENTRIES // share)
        add_statuses(data / "ledger.sqlite", 0, STATUSES // share)
        with open_node(Settings(), data) as node:
            node.anchor_and_wait()
            codes = random_places(EPCS, 0)
            events = [node.prove(_epc(at), audience="public") for at in codes]
            places = random_places(ITEMS // share, 1)
            items = [node.prove_record(RecordAddress(batch, at)) for at in places]
            _verify(node, [*events, *items])
    yield from _rows("bundle-crowded-event", events, EVENT_BUDGET)
    yield from _rows("bundle-crowded-item", items, ITEM_BUDGET)


def random_places(of: int, first: int) -> list[int]:
    """Return the first place, the last, and some between."""
    chosen = Random(SEED)  # noqa: S311 # a sample, not a secret
    return [first, of - 1 + first, *(chosen.randrange(of) + first for _ in range(SAMPLE))]


def _epc(number: int) -> str:
    return f"https://id.gs1.org/01/{GTIN}/21/{number:016d}"


def _fill(data: Path, entries: int, items: int) -> int:
    """Anchor, submit the event and mint the lot in the middle of the log; return the lot's batch.

    Its signer has seen an anchored head, so that a bundle can say "not before".
    """
    with open_node(Settings(), data) as node:
        default_participant(node)
        node.anchor_and_wait()
    lengthen(data, entries // 2)
    with open_node(Settings(), data) as node:
        participant = default_participant(node)
        node.anchor_and_wait()
        event = sample_event(1) | {"epcList": [_epc(number) for number in range(EPCS)]}
        taken = node.submission.submit(event, participant=participant)
        if taken.status != "ACCEPTED":
            raise AssertionError("the event of the benchmark was not taken")
        minted = node.mint(Lot(GTIN, "CROWDED", items, {}), participant=participant)
        node.sequencer.run()
    return minted.batch


def _verify(node: Node, bundles: list[Bundle]) -> None:
    trust = trust_of(node.store, node.identity)
    for bundle in bundles:
        if bundle.anchor is None or bundle.seen_proof is None:
            raise AssertionError("a bundle of the benchmark lacks its evidence")
        if not verify_bundle(bundle.to_bytes(), trust).verified:
            raise AssertionError("a bundle of the benchmark does not verify")


def _rows(name: str, bundles: list[Bundle], budget: float) -> Iterator[Row]:
    """Yield the largest in each form."""
    for form, without in ((name, EVIDENCE), (f"{name}-anchored", SEEN), (f"{name}-whole", ())):
        size, hashes = max(_sizes(bundle, without) for bundle in bundles)
        yield Row(form, float(size), "B", budget, float(hashes))
    sent = max(len(gzip.compress(bundle.to_bytes())) for bundle in bundles)
    yield Row(f"{name}-sent", float(sent), "B", budget, float(hashes))


def _sizes(bundle: Bundle, without: tuple[str, ...]) -> tuple[int, int]:
    """Return the bytes of a bundle without some members, and those of the hashes in it."""
    value = {name: part for name, part in bundle.to_json().items() if name not in without}
    return len(canonicalize(value)), HASH_BYTES * _hashes(value)


def _hashes(value: JSONValue, name: str = "") -> int:
    """Count the hashes of all paths."""
    if isinstance(value, Mapping):
        return sum(_hashes(part, member) for member, part in value.items())
    if name in ("path", "consistency"):
        return len(value) if isinstance(value, list) else 0
    return sum(map(_hashes, value)) if isinstance(value, list) else 0


PART = Part(NAMES, _measure)
