"""From the ledger to the views: what each page shows is read here, on one snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from ledger_api.i18n.local_text import LocalText
from ledger_api.items.states import state_of, suspicion_of
from ledger_api.lots import lot_attributes, lot_name
from ledger_api.reports import ANCHOR_STATES
from ledger_api.services import Services
from ledger_api.web.audit_views import AnchorRow, AskedPart, AuditView
from ledger_api.web.declaring import newest_said
from ledger_api.web.views import (
    Attribute,
    ChainPart,
    Code,
    Figures,
    ItemView,
    LandingView,
    ProofLinks,
    Recall,
    StatusRow,
    Stop,
    Verdict,
    verdict_of,
)
from traceability.chain.registry import artifact
from traceability.codes.identifier import Identifier
from traceability.errors import ItemProofError
from traceability.hashing.commitment import RecordKind
from traceability.ledger.audiences import policy_of
from traceability.ledger.bundles import RecordAddress
from traceability.ledger.disclosure_policy import DEFAULT_POLICY
from traceability.ledger.lookup import CodeUnknown, find_erased_item, find_item
from traceability.ledger.partners import PUBLIC
from traceability.ledger.standing import Standing, standing_of
from traceability.ledger.trust import trust_of
from traceability.lineage.journeys import journey
from traceability.lineage.results import JourneyStep
from traceability.store.repositories import Repositories
from traceability.store.repositories.items import ItemRun
from traceability.strict_json import parse_json
from traceability.verify.evidence import check_evidence
from traceability.verify.reading import parse_evidence
from traceability.verify.verifier import verify_bundle

# Stops on the consumer page; the journey goes on in the API.
MAX_STOPS = 12
MAX_ANCHORS = 20
# Stands for all records of a batch.
WHOLE_BATCH = -1
# Lot attributes with a place of their own on the page.
_OWN_PLACE = ("name", "gtin", "lot", "quantity")


def chain_part(services: Services) -> ChainPart:
    """Return the chain and contract of the log."""
    identity = services.node.identity
    return ChainPart(
        chain_id=identity.genesis.chain_id,
        contract=identity.genesis.contract,
        log_id=identity.log.hex(),
        is_test=services.is_test_chain,
    )


def item_view(services: Services, identifier: Identifier) -> ItemView:
    """Return the consumer page of an item, a lot or a kind of product.

    Raises
    ------
    CodeUnknown
        Nothing is recorded under the code.
    """
    with services.node.store.reading() as repositories:
        run = _run(repositories, identifier)
        return _ItemFilling(services, repositories, identifier, run).view()


def _run(repositories: Repositories, identifier: Identifier) -> ItemRun:
    if identifier.serial is not None:
        address = _item(repositories, identifier)
        run = None if address is None else repositories.items.run(address.batch)
    else:
        runs = repositories.items.runs_of(identifier.gtin or "", identifier.lot)
        run = runs[0] if runs else None
    if run is None:
        raise CodeUnknown(f"code {identifier.canonical} is unknown: no record names it")
    return run


def _item(repositories: Repositories, identifier: Identifier) -> RecordAddress | None:
    """Return where an item's record is, or was before it was erased."""
    found = find_item(repositories, identifier)
    return found or find_erased_item(repositories, identifier)


@dataclass(frozen=True, slots=True)
class _ItemFilling:
    """One page, being filled."""

    services: Services
    repositories: Repositories
    identifier: Identifier
    run: ItemRun

    def view(self) -> ItemView:
        code = Code(
            self.identifier.digital_link(),
            self.run.gtin,
            self.identifier.lot or (self.run.lot if self.identifier.serial else None),
            self.identifier.serial,
        )
        view = ItemView(
            code=code,
            name=lot_name(self.repositories, self.run),
            chain=chain_part(self.services),
            attributes=tuple(self._attributes()),
        )
        view = self._with_standing(view)
        if self.identifier.serial is None:
            return view
        if find_item(self.repositories, self.identifier) is None:
            return view  # Erased: there is nothing to prove.
        return self._with_proof(view)

    def _attributes(self) -> list[Attribute]:
        members = lot_attributes(self.repositories, self.run)
        return [
            Attribute(name, str(value))
            for name, value in members.items()
            if name not in _OWN_PLACE and isinstance(value, str | int | float)
        ]

    def _with_proof(self, view: ItemView) -> ItemView:
        steps = journey(self.repositories, self.identifier.canonical).steps
        return replace(
            view,
            verdict=self._verdict(),
            journey=tuple(self._stop(step) for step in steps[-MAX_STOPS:]),
            is_journey_cut=len(steps) > MAX_STOPS,
            links=ProofLinks(f"/api/proofs?code={self.identifier.digital_link()}"),
        )

    def _verdict(self) -> Verdict:
        code = self.identifier.digital_link()
        try:
            bundle = self.services.node.prove(code, audience="public", asker=PUBLIC).to_bytes()
        except ItemProofError:
            # The record has arrived and no state entry follows it yet.
            return Verdict("received")
        trust = trust_of(self.services.node.store, self.services.node.identity)
        verdict = verdict_of(verify_bundle(bundle, trust, accept="logged", code=code))
        return self._with_suspicion(verdict)

    def _with_suspicion(self, verdict: Verdict) -> Verdict:
        """Warn of a key that was revoked since, although the proof does not say so yet."""
        if verdict.entry_index is None or verdict.signer is None:
            return verdict
        entry = self.repositories.entries.by_leaf_index(verdict.entry_index)
        if entry is None or not suspicion_of(self.repositories, entry):
            return verdict
        return replace(verdict, signer=replace(verdict.signer, is_suspect=True))

    def _stop(self, step: JourneyStep) -> Stop:
        return Stop(
            biz_step=step.biz_step or "",
            event_time=step.event_time,
            place=self._place(self._open_place(step)),
            details=_carried_in(step),
            state=self._state(step),
            proof_url=step.proof_url,
            is_error=step.declared_erroneous,
        )

    def _open_place(self, step: JourneyStep) -> str | None:
        """Return where an event happened, unless its participant's policy keeps that back."""
        policy = policy_of(self.repositories, step.record.batch)
        shown = policy.rule(RecordKind.EVENT, {"type": step.type}).public
        places = {"readPoint": step.read_point, "bizLocation": step.biz_location}
        is_free = policy is DEFAULT_POLICY
        return next(
            (uri for name, uri in places.items() if uri and (is_free or shown.has(name))), None
        )

    def _place(self, uri: str | None) -> LocalText:
        """Return the name of the party at a GLN, or the code itself."""
        if uri is None:
            return LocalText()
        gln = uri.partition("/414/")[2][:13]
        row = self.repositories.participants.by_gln(gln) if gln else None
        return LocalText(zh=uri if row is None else row.name)

    def _state(self, step: JourneyStep) -> str:
        entry = self.repositories.entries.by_leaf_hash(step.record.entry_hash)
        return state_of(self.repositories, None if entry is None else entry.leaf_index)

    def _standing(self) -> Standing:
        """Return what was said of the item; of a lot, of all of its batch."""
        node = self.services.node
        if self.identifier.serial is None:
            address = RecordAddress(self.run.batch, WHOLE_BATCH)
        else:
            found = _item(self.repositories, self.identifier)
            address = found or RecordAddress(self.run.batch, WHOLE_BATCH)
        return standing_of(self.repositories, node.identity, address)

    def _with_standing(self, view: ItemView) -> ItemView:
        standing = self._standing()
        latest = standing.latest
        recall = None
        if standing.status == "recalled" and latest is not None:
            recall = Recall(latest.since, latest.reason, by=latest.name or "")
        return replace(
            view,
            recall=recall,
            status_now=standing.status,
            history=tuple(
                StatusRow(one.kind, one.reason, one.since, one.name or "", one.basis or "")
                for one in standing.history
            ),
        )


def _carried_in(step: JourneyStep) -> tuple[LocalText, ...]:
    """Say what the thing was inside of when the event happened, if it was."""
    if step.relation != "containment" or step.inherited_from is None:
        return ()
    code = step.inherited_from.rpartition("/")[2]
    return (LocalText(zh=f"装在 {code} 内", en=f"inside {code}"),)


def landing_view(services: Services) -> LandingView:
    """Return the first page: how much the log holds, and an item to look at."""
    with services.node.store.reading() as repositories:
        figures = Figures(
            items=repositories.items.count(),
            records=repositories.batches.count_records(),
            entries=repositories.entries.count_sequenced(),
            participants=len(repositories.participants.all()),
        )
        example = repositories.items.latest()
    path = None if example is None else f"/01/{example[0]}/10/{example[1]}/21/{example[2]}"
    return LandingView(figures=figures, chain=chain_part(services), example_url=path)


@lru_cache(maxsize=4 * MAX_ANCHORS)
def _block_time(evidence: bytes | None, log: bytes, contract: str) -> datetime | None:
    """Return the time of an anchor's block, as the evidence of its storage proves it."""
    if evidence is None:
        return None
    try:
        head = check_evidence(
            parse_evidence(parse_json(evidence)),
            log,
            contract=contract,
            code_hash=artifact().code_hash,
            # The number is not shown from here.
            foreign_block_numbers=True,
        )
    except ItemProofError:
        return None  # The audit names what is wrong with it.
    return datetime.fromtimestamp(head.timestamp, UTC)


def audit_view(services: Services, asked: AskedPart) -> AuditView:
    """Return where the log stands, and the answer to a question."""
    identity = services.node.identity
    with services.node.store.reading() as repositories:
        checkpoint = repositories.tree.latest_checkpoint()
        rows = repositories.anchors.all(limit=MAX_ANCHORS)
        waiting = len(repositories.entries.unsequenced(1000))
        anchored = repositories.anchors.latest()
        final = repositories.anchors.latest(states=("final",))
        said = tuple(newest_said(services, repositories))
    size = 0 if checkpoint is None else checkpoint.tree_size
    final_size = 0 if final is None else final.tree_size
    anchored_size = max(final_size, 0 if anchored is None else anchored.tree_size)
    return AuditView(
        chain=chain_part(services),
        origin=identity.origin,
        checkpoint="" if checkpoint is None else checkpoint.text,
        tree_size=size,
        root_hash="" if checkpoint is None else checkpoint.root_hash.hex(),
        states=(
            ("received", waiting),
            ("logged", size - anchored_size),
            ("anchored", anchored_size - final_size),
            ("final", final_size),
        ),
        anchors=tuple(
            AnchorRow(
                tree_size=row.tree_size,
                root_hash=row.root_hash.hex(),
                state=ANCHOR_STATES.get(row.state, "logged"),
                block_number=row.block_number,
                block_time=_block_time(row.evidence, identity.log, identity.genesis.contract),
                evidence_url=f"/log/anchor/{row.tree_size}" if row.evidence else None,
            )
            for row in rows
            if row.state != "dropped"
        ),
        said=said,
        is_chain_reachable=services.workers.anchorer.fault is None,
        asked=asked,
    )
