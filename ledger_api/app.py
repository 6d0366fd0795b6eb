"""The application: endpoints, pages and workers around one open node."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

from fastapi import FastAPI

from ledger_api import garbage, health, openapi, problems
from ledger_api.admission import Admission, Limits
from ledger_api.batches import endpoints as batches
from ledger_api.declarations import endpoints as declarations
from ledger_api.drafting_pool import DraftingPool
from ledger_api.epcis import endpoints as epcis
from ledger_api.evidence import endpoints as evidence
from ledger_api.items import endpoints as items
from ledger_api.keys import changing as key_changes
from ledger_api.keys import endpoints as keys
from ledger_api.lineage import endpoints as lineage
from ledger_api.log import endpoints as log
from ledger_api.policies import endpoints as policies
from ledger_api.quality import endpoints as quality
from ledger_api.recalls import endpoints as recalls
from ledger_api.scoreboard import Slot
from ledger_api.services import Services
from ledger_api.settings import Settings
from ledger_api.version import VERSION
from ledger_api.web import assets
from ledger_api.web import endpoints as web
from ledger_api.workers import Bells, Workers
from traceability.ledger.drafting import draft_body
from traceability.ledger.node import Node
from traceability.lineage.snapshot.keeping import Memory

DESCRIPTION = "Supply-chain traceability ledger: one item, one code, one proof."


def create_app(
    node: Node,
    settings: Settings,
    *,
    warm: bool = False,
    bells: Bells | None = None,
    slot: Slot | None = None,
) -> FastAPI:
    """Return the application; its workers run while it serves.

    Parameters
    ----------
    warm
        Start the processes that draw up documents with the server, not with the first document.
    bells, slot
        Shared with, and this process's own among, the other processes that serve the ledger.
    """
    drafting = DraftingPool(settings.drafting_processes)
    slot = slot or Slot()
    services = Services(
        node,
        settings,
        _workers(node, settings, bells, slot),
        is_test_chain=not settings.rpc_urls,
        elsewhere=drafting.call,
        slot=slot,
        admission=Admission(_limits(settings), slot),
    )
    app = FastAPI(
        title="ItemProof",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=partial(_lifespan, services, drafting, warm),
        # FastAPI's own pages load scripts from elsewhere; /docs is a page of ours.
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    problems.install(app)
    _include(app)
    openapi.install(app)
    return app


@asynccontextmanager
async def _lifespan(
    services: Services, drafting: DraftingPool, warm: bool, _app: FastAPI
) -> AsyncIterator[None]:
    """Run what works beside the requests, as long as they are answered."""
    submission = services.node.submission
    submission.drafter = drafting.draft
    if warm:
        _warm(drafting)
    services.slot.begin(os.getpid())
    services.workers.start()
    try:
        with _memory(services):
            yield
    finally:
        services.workers.stop()
        services.admission.close()
        services.slot.end()
        submission.drafter = draft_body
        drafting.close()


@contextmanager
def _memory(services: Services) -> Iterator[None]:
    """Keep the lineage in memory, where the settings say so."""
    if not services.settings.lineage_snapshot:
        yield
        return
    memory = services.node.memory = Memory(services.node.store)
    memory.start()
    try:
        yield
    finally:
        services.node.memory = None
        memory.stop()


def _workers(node: Node, settings: Settings, bells: Bells | None, slot: Slot) -> Workers:
    return Workers(
        node,
        max_body_bytes=settings.max_body_bytes,
        max_capture_events=settings.max_capture_events,
        capture_job_days=settings.capture_job_days,
        bells=bells,
        slot=slot,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        settings.max_submissions, settings.max_submissions_per_key, settings.max_submission_bytes
    )


def _warm(drafting: DraftingPool) -> None:
    drafting.start()
    garbage.settle()


def _include(app: FastAPI) -> None:
    """Put every address in its place; pages come last."""
    parts = (
        batches,
        declarations,
        key_changes,
        keys,
        items,
        policies,
        evidence,
        lineage,
        recalls,
        quality,
        log,
        health,
    )
    for part in parts:
        app.include_router(part.router)
    for router in epcis.routers:
        app.include_router(router)
    assets.install(app)
    app.include_router(web.router)
