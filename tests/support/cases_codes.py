"""Step 1: bundles of another item than asked for, and lots that are not the item's."""

from __future__ import annotations

from dataclasses import replace

from tests.support.cases import EPC, Case, World, edited, refused, shipping, simple
from tests.support.forge import Record, document, item, lot_document, seeded
from traceability.hashing.commitment import RecordKind
from traceability.hashing.envelope import STATEMENT_TYPE, sign_envelope
from traceability.verify.bundle import Bundle, CompleteDisclosure, LotPart, RecordPart
from traceability.verify.identity import record_urn


def codes() -> list[Case]:
    return [*_codes(), *_lots()]


def _codes() -> list[Case]:
    world, batch, bundle = simple()
    other_urn = record_urn(seeded("entry"), 1)
    asked = {
        "other-serial": "(01)09506000134352(21)S2",
        "other-lot": "(01)09506000134352(10)L2(21)S1",
        "product-only": "(01)09506000134352",
        "lot-only": "(01)09506000134352(10)L1",
        "wrong-check-digit": "(01)09506000134353(21)S1",
        "nonsense": "S1",
        "empty": "",
        "other-record": other_urn,
        "serial-case": "(01)09506000134352(21)s1",
    }
    cases = [
        Case(f"code-{name}", f"asked for {code!r}", bundle.to_bytes(), world.forge.trust(),
             step=1, reason="CODE_MISMATCH", code=code)
        for name, code in asked.items()
    ]  # fmt: skip
    lot = world.proof(batch, 0)
    cases.append(Case("code-item-of-lot", "an item, and the bundle is its lot's",
                      lot.to_bytes(), world.forge.trust(), step=1, reason="CODE_MISMATCH",
                      code="(01)09506000134352(10)L1(21)S1"))  # fmt: skip
    return [*cases, *_undisclosed_codes()]


def _undisclosed_codes() -> list[Case]:
    world = World.begin()
    mention = {"bizTransactionList": [{"type": "po", "bizTransaction": f"{EPC}S7"}]}
    batch = world.events(shipping(3) | mention, {"example:list": [f"{EPC}S7"]})
    world.close()
    asked = [
        ("code-not-disclosed", "an item of the event whose leaf is not shown", 0, [2], f"{EPC}S3"),
        ("code-only-mentioned", "a code that stands in a transaction", 0, None, f"{EPC}S7"),
        ("code-in-extension", "a code in an extension", 1, None, f"{EPC}S7"),
    ]
    return [
        Case(name, story, world.proof(batch, index, show=show).to_bytes(), world.forge.trust(),
             step=1, reason="CODE_MISMATCH", code=code)
        for name, story, index, show, code in asked
    ]  # fmt: skip


def _lots() -> list[Case]:
    world, batch, _ = simple()
    bundle = world.proof(batch, with_lot=True)
    at = "/lot/fields/complete"
    path = bundle.lot.path if bundle.lot else ()
    other = replace(bundle, lot=LotPart(path, CompleteDisclosure(lot_document(lot="L2").fields)))
    made: list[tuple[str, str, Bundle | bytes]] = [
        ("lot-of-other", "another lot's attributes", other),
        ("lot-quantity-changed", "another quantity", edited(bundle, (f"{at}/4/2", 9))),
        ("lot-path-cut", "its path cut", edited(bundle, ("/lot/path", []))),
    ]
    cases = [
        refused(world, name, story, data, step=2, reason="INCLUSION_PROOF")
        for name, story, data in made
    ]
    return [*cases, *_signed_lots()]


def _signed_lots() -> list[Case]:
    """Batches in which record 0 is not the lot of the items."""
    firsts: list[tuple[str, str, Record, str]] = [
        ("lot-mismatch", "record 0 is of another lot", lot_document(lot="L2"), "LOT_MISMATCH"),
        ("lot-other-product", "record 0 is of another product",
         lot_document(gtin="09506000149301"), "LOT_MISMATCH"),
        ("lot-no-lot", "record 0 is another document",
         document({"gtin": "09506000134352", "lot": "L1"}, media_type="text/plain+json"),
         "LOT_MISMATCH"),
    ]  # fmt: skip
    cases = []
    for name, story, first, reason in firsts:
        world = World.begin()
        batch = world.forge.batch(world.producer, [first, item("S1")])
        world.close()
        bundle = world.proof(batch, 1, with_lot=True)
        cases.append(refused(world, name, story, bundle, step=1, reason=reason))
    return [*cases, _forged_envelope()]


def _forged_envelope() -> Case:
    """Sign a batch again with another root: it is not the logged one."""
    world, batch, bundle = simple()
    changed = replace(batch.statement, batch_root=seeded("root"))
    envelope = sign_envelope(STATEMENT_TYPE, changed.to_payload(), [world.producer.key])
    part = RecordPart(RecordKind.ITEM, 1, bundle.record.path, bundle.record.fields)
    data = replace(bundle, record=part, entry=replace(bundle.entry, envelope=envelope))
    return refused(world, "batch-signed-again", "another root, signed but not logged", data,
                    step=5, reason="INCLUSION_PROOF")  # fmt: skip
