"""The demonstration, scene by scene, on a real node with its own local chain.

Every scene checks itself against the plan; what does not come out as planned ends the story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from ledger_api.demo.accounts import accounts
from ledger_api.demo.cast import DRUM, HALF_DRUM, PARTIES, RODS, SCORED, Party
from ledger_api.demo.chapters import chapter_document, chapters
from ledger_api.demo.checks import EXPECTED
from ledger_api.demo.folder import PROOF
from ledger_api.demo.plan import Plan, drum_uri
from ledger_api.demo.tampering import audit_node, tamper
from ledger_api.reports import anchor_json, checkpoint_json
from traceability.errors import ItemProofError
from traceability.ledger.documents import submit_documents
from traceability.ledger.mint import Lot
from traceability.ledger.node import Node
from traceability.ledger.participants import Card, Scopes
from traceability.lineage.tracing import recall
from traceability.quality.scores import run_scores
from traceability.quality.stored import stored_rows
from traceability.strict_json import JSONValue
from traceability.verify.trust import load_trust
from traceability.verify.verifier import verify_bundle

# Says a step: its name in `wording.LINES` and what to fill in.
Say = Callable[..., None]


class DemoFailed(ItemProofError):
    """A scene of the demonstration did not come out as planned."""

    code = "DEMO_FAILED"


@dataclass(frozen=True, slots=True)
class Story:
    """The demonstration on one node.

    Parameters
    ----------
    base_url
        What the drums' codes begin with.
    say
        Told of every step that is done.
    """

    node: Node
    plan: Plan
    base_url: str
    say: Say

    def tell(self) -> dict[str, Any]:
        """Run every scene, and return the facts for `--json`."""
        self._open()
        ids = self._register()
        serials = self._mint(ids)
        self._submit(ids, serials)
        self._sequence()
        facts = {"items": sum(map(len, serials.values()))} | self._anchor()
        facts |= self._prove(serials)
        facts |= self._recall(serials)
        facts |= self._score()
        return facts | self._tamper()

    def _open(self) -> None:
        genesis = self.node.identity.genesis
        log = self.node.identity.log.hex()[:16]
        self.say("chain", chain_id=genesis.chain_id, contract=genesis.contract, log=log)

    def _register(self) -> dict[Party, bytes]:
        """Register every party, and anchor that: batches can then say what they have seen."""
        ids: dict[Party, bytes] = {}
        for party in PARTIES:
            note: tuple[str, JSONValue] = ("note", "invented for the demonstration")
            card = Card(party.name, party.gln, (note,))
            scopes = Scopes((party.role,), (party.prefix,) if party.issues else ())
            ids[party] = self.node.registrar.add_participant(card, scopes).participant
        self.node.anchor_and_wait()
        anchor = self.node.standing().anchor
        self.say("participants", count=len(ids), block=anchor and anchor.block_number)
        return ids

    def _mint(self, ids: dict[Party, bytes]) -> dict[str, list[str]]:
        """Mint every lot of drums, and return the serials of each lot in ascending order."""
        serials: dict[str, list[str]] = {}
        for lot in _lots(self.plan):
            minted = self.node.mint(lot, participant=ids[DRUM.maker])
            with self.node.store.reading() as repositories:
                rows = repositories.items.serials_between(minted.batch, 1, lot.quantity + 1)
            serials[lot.lot] = [serial for serial, _ in rows]
        self.say("minted", items=sum(map(len, serials.values())), lots=len(serials))
        return serials

    def _submit(self, ids: dict[Party, bytes], serials: dict[str, list[str]]) -> None:
        batches = events = documents = 0
        for party in SCORED:
            declared = accounts(self.plan, party)
            submit_documents(self.node, declared, participant=ids[party])
            batches, documents = batches + 1, documents + len(declared)
        for chapter in chapters(self.plan, serials):
            told = chapter_document(self.plan, chapter)
            result = self.node.submission.submit(told, participant=ids[chapter.party])
            refused = [fault for record in result.records for fault in record.faults]
            if refused or result.count("accepted") != len(chapter.events):
                _fail(f"event refused: expected none, got {refused[:1] or 'a duplicate'}")
            batches, events = batches + 1, events + len(chapter.events)
        self.say("submitted", batches=batches, events=events, documents=documents)

    def _sequence(self) -> None:
        self.node.sequencer.run(close=True)
        head = self.node.standing().checkpoint
        if head is None:
            _fail("log has no checkpoint")
        self.say("sequenced", entries=head.tree_size, root=head.root_hash.hex()[:16])

    def _anchor(self) -> dict[str, Any]:
        self.node.anchor_and_wait()
        standing = self.node.standing()
        checkpoint = checkpoint_json(standing.checkpoint)
        anchor = anchor_json(standing.anchor, self.node.identity)
        if checkpoint is None or anchor is None or anchor["state"] != "final":
            _fail("log is not anchored: expected a final anchor")
        if anchor["root_hash"] != checkpoint["root_hash"]:
            _fail("anchor is of another head than the newest")
        self.say("anchored", block=anchor["block_number"], gas=anchor["gas_used"])
        return {"entries": checkpoint["tree_size"], "checkpoint": checkpoint, "anchor": anchor}

    def _prove(self, serials: dict[str, list[str]]) -> dict[str, Any]:
        drum = self.plan.shown
        serial = serials[drum.lot][drum.index]
        code = f"https://id.gs1.org/01/{DRUM.gtin}/10/{drum.lot}/21/{serial}"
        url = code.replace("https://id.gs1.org", self.base_url.rstrip("/"))
        path = self.node.data_dir / PROOF
        path.write_bytes(self.node.prove(code).to_bytes())
        data = path.read_bytes()
        report = verify_bundle(data, load_trust(self.node.trust_file), accept="final", code=code)
        if not report.verified:
            _fail(f"proof bundle is refused: {report.failed}")
        self.say("proof", size=len(data), state=report.state, path=path)
        return {"item_url": url, "proof_file": str(path), "verified": report.verified}

    def _recall(self, serials: dict[str, list[str]]) -> dict[str, Any]:
        """Recall the bad rod lot, and compare drum by drum with what the plan says."""
        rod = self.plan.bad_rod
        expected = {
            drum_uri(self.plan, drum, serial=serials[drum.lot][drum.index])
            for drum in self.plan.tainted
        }
        with self.node.store.reading() as repositories:
            found = recall(repositories, RODS[rod.maker].lot_uri(rod.number)).serials
        if found != expected:
            _fail(
                f"recall differs from the plan: expected {len(expected)} drums, got "
                f"{len(found & expected)} of them and {len(found - expected)} others"
            )
        self.say("recall", lot=rod.number, expected=len(expected), found=len(found))
        return {"recall": {"expected": len(expected), "found": len(found)}}

    def _score(self) -> dict[str, Any]:
        with self.node.store.reading() as repositories:
            size = repositories.entries.count_sequenced()
            result = run_scores(stored_rows(repositories, below=size), as_of_size=size)
        found = {
            score.gln: (score.text_grade.level, score.text_grade.limiting)
            for score in result.suppliers
        }
        expected = {party.gln: grade for party, grade in EXPECTED.items()}
        if found != expected:
            _fail(f"grades differ from the plan: expected {expected}, got {found}")
        self.say("scores", scores={party: EXPECTED[party] for party in SCORED})
        return {
            "scores": [
                {"gln": gln, "level": level, "limiting": list(limiting)}
                for gln, (level, limiting) in found.items()
            ]
        }

    def _tamper(self) -> dict[str, Any]:
        """Let the bad lot's number be falsified in a copy, in the first record that names it."""
        rod = self.plan.bad_rod
        done = tamper(self.node, f"{RODS[rod.maker].lot_uri(rod.number)}".encode())
        if done.named != done.changed:
            _fail(f"audit does not name the changed row {sorted(done.changed)}")
        untouched = audit_node(self.node)
        if not untouched.ok:
            _fail(f"audit of the ledger itself finds differences: {untouched.total}")
        changed, named = len(done.changed), len(done.named)
        row = min(done.named)
        records = untouched.checked["records"]
        self.say("tampered", changed=changed, named=named, row=row, records=records)
        return {"tamper": {"changed": changed, "named": named}}


def _lots(plan: Plan) -> Iterable[Lot]:
    for number, quantity in plan.lots.items():
        goods = HALF_DRUM if number == plan.half_lot else DRUM
        day = number[1:]
        yield Lot(
            goods.gtin,
            number,
            quantity,
            {
                "name": {"zh": goods.name_zh, "en": goods.name_en},
                "model": "BVR 450/750 V",
                "conductor": "Cu 7 × 1.70 mm, 16 mm²",
                "standard": "JB/T 8734.2",
                "length": "250 m" if goods is HALF_DRUM else "500 m",
                "production_date": f"20{day[:2]}-{day[2:4]}-{day[4:]}",
                "country_of_origin": "CN",
                "manufacturer": goods.maker.name,
            },
        )


def _fail(fault: str) -> NoReturn:
    raise DemoFailed(fault)


def planned_batches(plan: Plan) -> int:
    """Return how many batches the story submits."""
    serials = {lot: [str(number) for number in range(size)] for lot, size in plan.lots.items()}
    return len(plan.lots) + len(SCORED) + sum(1 for _ in chapters(plan, serials))
